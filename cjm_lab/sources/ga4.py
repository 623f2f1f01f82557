"""Exports of Google Analytics 4: what their fields mean as tidy events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from cjm_lab.errors import SourceError
from cjm_lab.sources.ga4_rows import ORDER, PARAMS

_LAST = "session_traffic_source_last_click"
_CROSS, _MANUAL = f"{_LAST}.cross_channel_campaign", f"{_LAST}.manual_campaign"
_OWN, _FIRST = "collected_traffic_source.manual", "traffic_source"


@dataclass(frozen=True, slots=True)
class _Scope:
    """One of the places where an export says what brought somebody: which is said in `words`."""

    words: str
    channel: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    medium: tuple[str, ...] = ()
    campaign: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        return (*self.channel, *self.source, *self.medium, *self.campaign)


_OF_SESSION = tuple(
    f"{_LAST}.{kind}_campaign.campaign_name" for kind in ("cross_channel", "google_ads", "manual")
)
#: Levels of attribution are never mixed: the first that an export knows is taken for all of it.
_SCOPES = (
    _Scope(
        "default channel group of the session",
        channel=(f"{_CROSS}.default_channel_group",),
        campaign=_OF_SESSION,
    ),
    _Scope(
        "source / medium of the session's last click",
        source=(f"{_CROSS}.source", f"{_MANUAL}.source"),
        medium=(f"{_CROSS}.medium", f"{_MANUAL}.medium"),
        campaign=_OF_SESSION,
    ),
    _Scope(
        "source / medium that the event came with",
        source=(f"{_OWN}_source",),
        medium=(f"{_OWN}_medium",),
        campaign=(f"{_OWN}_campaign_name",),
    ),
    _Scope(
        "source / medium that first brought the user",
        source=(f"{_FIRST}.source",),
        medium=(f"{_FIRST}.medium",),
        campaign=(f"{_FIRST}.name",),
    ),
)
#: What is read of an export.
_PATHS = (
    "event_name", *ORDER, "user_id", "user_pseudo_id", "device.category",
    "ecommerce.purchase_revenue", f"{PARAMS}ga_session_id", f"{PARAMS}page_location",
    f"{PARAMS}value", f"{PARAMS}currency", *(path for one in _SCOPES for path in one.paths),
)  # fmt: skip

_UNKNOWN = ("", "(not set)", "(data deleted)")
_NO_CAMPAIGN = (*_UNKNOWN, "(direct)", "(organic)", "(referral)", "(none)")
#: A page that sends its empty user as a text writes one of these after somebody has logged out.
_NOBODY = (*_UNKNOWN, "null", "undefined")
#: A long run of letters and digits, or a UUID: what opens an account or names a person.
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
_LONG = r"[A-Za-z0-9]{16}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-"


def paths_of(columns: Mapping[str, str]) -> list[str]:
    """Return the paths that are read of an export, those of `columns` after the usual ones."""
    return [*dict.fromkeys((*_PATHS, *columns.values()))]


def tidy_ga4(
    flat: pl.DataFrame, columns: Mapping[str, str], place: str
) -> tuple[pl.DataFrame, int, list[str]]:
    """Return events under tidy names in the order of their times, how many are left out, and notes.

    Parameters
    ----------
    flat
        What `flatten_ga4` returned, of all files together: devices are known by all of them.
    columns
        Tidy name to the path that goes before what is said here.
    place
        Where the rows come from, for messages.

    Notes
    -----
    A customer is the ``user_id``, where unknown the only ``user_id`` that was ever seen on the
    device (``user_pseudo_id``), so that what somebody did before logging in is theirs; on a device
    with several users, or none, it is the device. A later login thus changes whose earlier events
    are.

    Raises
    ------
    SourceError
        If no event has what `columns` names.
    """
    for path in columns.values():
        if len(flat) and flat[path].is_null().all():
            raise SourceError(
                f"{place} must have the field {path!r}, no event has it; correct the name"
            )
    flat = flat.sort(*ORDER, nulls_last=True, maintain_order=True)
    people, notes = _customers(flat)
    scope = _scope(flat)
    number = _number(flat, notes)
    tidy = flat.select(
        people.alias("customer_id"),
        pl.from_epoch("event_timestamp", "us").dt.replace_time_zone("UTC").alias("occurred_at"),
        pl.col("event_name").alias("event"),
        _channel(scope).alias("channel"),
        _session(people).alias("session_id"),
        number.alias("value"),
        page_path(flat[f"{PARAMS}page_location"]).alias("page"),
        pl.coalesce(_known(path, _NO_CAMPAIGN) for path in scope.campaign).alias("campaign"),
        _known("device.category").alias("device"),
    ).with_columns(flat[path].alias(name) for name, path in columns.items())
    kept = tidy.filter(pl.col("customer_id").is_not_null())
    left_out = len(tidy) - len(kept)
    if len(kept) and "channel" not in columns:
        known = float(kept["channel"].count() / len(kept))
        notes.append(f"channel: {scope.words}, known of {known:.0%} of the events")
    if left_out:
        notes.append(f"left out: {left_out:,} events without user_id and user_pseudo_id")
    return kept, left_out, notes


def page_path(locations: pl.Series) -> pl.Series:
    """Return the paths of addresses: no host, no query, no fragment, no token.

    Examples
    --------
    >>> page_path(pl.Series(["https://jo:pw@tea.example/shop/?q=jo#top", "https://tea.example",
    ...                      "/set/a1b2c3d4e5f6a7b8c9d0", "file:///home/jo"])).to_list()
    ['/shop/', '/', '/set/[token]', None]
    """
    text = pl.col("page").str.strip_chars()
    plain = (
        text.str.replace(r"^(?i:https?:)?//[^/?#]*", "")
        .str.replace_all("%(?:25)+", "%")  # encoded twice, an e-mail would not be seen as one
        .str.replace(r"(?is)(?:[?#;]|%3f|%23|%3b).*$", "")
    )
    path = pl.when(plain == "").then(pl.lit("/")).otherwise(plain)
    given = text.str.contains(r"^(?:(?i:https?:)?//|/)")
    pages = pl.DataFrame({"page": locations.cast(pl.String)})
    found = pages.select(pl.when(given).then(path).alias("page"))["page"]
    near = found.filter(found.str.contains(_LONG).fill_null(False)).unique()
    if not len(near):
        return found
    cut = pl.Series([_without_tokens(one) for one in near], dtype=pl.String)
    return found.replace(near, cut)


def _without_tokens(path: str) -> str:
    return "/".join("[token]" if _TOKEN.search(part) else part for part in path.split("/"))


def _customers(flat: pl.DataFrame) -> tuple[pl.Series, list[str]]:
    """Return whose each event is, and what is to be said of it."""
    ids = flat.select(user=_known("user_id", _NOBODY), device=_known("user_pseudo_id", _NOBODY))
    users = ids.drop_nulls().group_by("device").agg(
        pl.col("user").n_unique().alias("users"), pl.col("user").first().alias("only")
    )  # fmt: skip
    ids = ids.join(users, on="device", how="left", maintain_order="left")
    alone = pl.when(pl.col("users") == 1).then(pl.col("only"))
    anonymous = pl.col("user").is_null()
    adopted, shared = ids.select(
        (anonymous & (pl.col("users") == 1)).sum().alias("adopted"),
        (anonymous & (pl.col("users") > 1)).sum().alias("shared"),
    ).row(0)
    notes = []
    if adopted:
        notes.append(f"{adopted:,} events without user_id are of the only user_id of their device")
    if shared:
        notes.append(f"{shared:,} events without user_id stay with a device of several users")
    return ids.select(pl.coalesce("user", alone, "device")).to_series(), notes


def _scope(flat: pl.DataFrame) -> _Scope:
    """Return the first level of attribution that an export knows."""
    for scope in _SCOPES[:-1]:
        named = [_known(path).is_not_null().any() for path in (*scope.channel, *scope.source)]
        if flat.select(pl.any_horizontal(named)).item():
            return scope
    return _SCOPES[-1]


def _channel(scope: _Scope) -> pl.Expr:
    if scope.channel:
        return pl.coalesce(_known(path) for path in scope.channel)
    source, medium = (
        pl.coalesce(_known(path) for path in paths) for paths in (scope.source, scope.medium)
    )
    both = pl.format("{} / {}", source.fill_null("(not set)"), medium.fill_null("(not set)"))
    return pl.when(source.is_not_null() | medium.is_not_null()).then(both)


def _session(people: pl.Series) -> pl.Expr:
    """Return ids of sessions that occur once: GA4 numbers those of each device by their start."""
    whose = pl.coalesce(_known("user_pseudo_id", _NOBODY), people)
    return whose + "." + _known(f"{PARAMS}ga_session_id")


def _number(flat: pl.DataFrame, notes: list[str]) -> pl.Series:
    """Return the revenue of each event, else its parameter `value`; what is odd goes to notes."""
    written = pl.coalesce(_known("ecommerce.purchase_revenue"), _known(f"{PARAMS}value"))
    number = written.cast(pl.Float64, strict=False)
    usable = pl.when(number.is_finite()).then(number)
    found = flat.select(
        usable.alias("value"),
        (written.is_not_null() & usable.is_null()).alias("wrong"),
        _known(f"{PARAMS}currency").str.to_uppercase().alias("currency"),
    )
    if wrong := found["wrong"].sum():
        notes.append(f"{wrong:,} values that are no numbers are unknown")
    named = found.filter(pl.col("value").is_not_null())["currency"].drop_nulls().unique().sort()
    if len(named) > 1:
        several = ", ".join(map(str, named.head(5).str.head(10)))
        notes.append(f"values are in {len(named)} currencies ({several}) and not converted")
    return found["value"]


def _known(path: str, unknown: tuple[str, ...] = _UNKNOWN) -> pl.Expr:
    """Return a text that says something, else nothing."""
    text = pl.col(path).str.strip_chars()
    return pl.when(~text.is_in(unknown)).then(text)
