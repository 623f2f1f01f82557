"""Mentions in tables: what Google Play, Zendesk, Meltwater and Brandwatch call their columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import reduce

import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.sources.delimited import DELIMITERS
from cjm_lab.sources.exports import key_of
from cjm_lab.sources.files import as_text
from cjm_lab.sources.formats import Grid
from cjm_lab.sources.mention_parts import (
    channel_names,
    epoch_times,
    ids_made,
    join_parts,
    language_codes,
    nameless_links,
    refuse_rounded,
    unescaped,
)

#: Rows that may stand above the header of an export.
_MOST_ABOVE = 40
_LONGEST_HEADER = 50_000
#: How exports write times that are not ISO, the clock beside the day; never day and month alike.
_CLOCKS = ("%I:%M%p", "%I:%M %p", "%I:%M:%S %p", "%H:%M", "%H:%M:%S")
_DAYS = ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%Y-%m-%d")
_TIME_FORMS = (*(f"{day} {clock}" for day in _DAYS for clock in _CLOCKS), *_DAYS)

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableLayout:
    """What an export calls its columns, as `key_of` spells them.

    Parameters
    ----------
    head
        Columns that it always has.
    some
        Columns of which it has two at least.
    columns
        Tidy column to where it stands: the first that is not blank.
    text
        Parts of the text, in their order.
    attributes
        Attribute to where it stands; other columns are left out unless they are asked for, for
        many hold names of people.
    counts
        Reactions that are added up where the export has no column of engagement.
    channel
        Channel where no column says it.
    entities
        Whether texts hold HTML's entities.
    milliseconds
        Where times stand as milliseconds since 1970, which go before `published_at`.
    """

    head: frozenset[str]
    some: frozenset[str]
    columns: Mapping[str, Names]
    text: tuple[Names, ...]
    attributes: Mapping[str, Names]
    counts: Names = ()
    channel: str = ""
    entities: bool = False
    milliseconds: Names = ()


TABLE_LAYOUTS: dict[str, TableLayout] = {
    "google_play": TableLayout(
        frozenset({"packagename", "starrating", "reviewtext"}),
        frozenset({"appversioncode", "reviewerlanguage", "device", "reviewlink", "reviewtitle",
                   "reviewsubmitdateandtime", "reviewsubmitmillissinceepoch"}),
        {"published_at": ("reviewsubmitdateandtime",), "lang": ("reviewerlanguage",),
         "url": ("reviewlink",)},
        (("reviewtitle",), ("reviewtext",)),
        {"rating": ("starrating",), "device": ("device",),
         "app_version": ("appversionname", "appversioncode")},
        channel="google play",
        milliseconds=("reviewsubmitmillissinceepoch",),
    ),
    "zendesk": TableLayout(
        frozenset({"id", "subject", "createdat"}),
        frozenset({"requester", "requesterid", "via", "assignee", "submitter", "tickettype",
                   "satisfactionscore", "status", "priority"}),
        {"mention_id": ("id",), "customer_id": ("requesterid",), "published_at": ("createdat",),
         "author": ("requesterid", "requester"), "channel": ("via", "channel"), "url": ("url",)},
        (("subject",), ("description",)),
        {"status": ("status",), "priority": ("priority",), "type": ("tickettype", "type"),
         "tags": ("tags",), "satisfaction": ("satisfactionscore",)},
        channel="zendesk",
    ),
    "meltwater": TableLayout(
        frozenset({"hitsentence"}),
        frozenset({"openingtext", "inputname", "keywords", "reach", "influencer", "documentid",
                   "authorname", "headline", "keyphrases"}),
        {"mention_id": ("documentid", "tweetid"), "published_at": ("date", "alternatedateformat"),
         "channel": ("sourcename", "source"), "lang": ("language",), "url": ("url",),
         "author": ("authorhandle", "twitterscreenname", "authorname", "influencer"),
         "engagement": ("engagement",)},
        (("title", "headline"), ("openingtext",), ("hitsentence",)),
        {"vendor_sentiment": ("sentiment",), "query": ("inputname",), "keywords": ("keywords",),
         "domain": ("sourcedomain",), "country": ("country",), "reach": ("reach",),
         "author_followers": ("twitterfollowers", "followers"),
         "author_description": ("twitterbio", "authorbio")},
        ("likes", "comments", "shares", "reposts", "replies"),
        entities=True,
    ),
    "brandwatch": TableLayout(
        frozenset({"queryname", "date"}),
        frozenset({"queryid", "snippet", "fulltext", "pagetype", "resourceid", "threadentrytype"}),
        {"mention_id": ("resourceid", "mentionid"), "published_at": ("date",),
         "channel": ("pagetype", "contentsourcename", "domain"), "lang": ("language",),
         "url": ("url", "originalurl"), "author": ("author",),
         "engagement": ("engagement", "engagementscore")},
        (("title",), ("fulltext", "snippet")),
        {"vendor_sentiment": ("sentiment",), "query": ("queryname",), "domain": ("domain",),
         "country": ("country",), "impressions": ("impressions",),
         "account_type": ("accounttype",), "author_gender": ("gender",),
         "author_followers": ("xfollowers", "twitterfollowers"),
         "author_verified": ("xverified", "twitterverified")},
        ("likes", "comments", "shares", "xlikes", "xreposts", "xreplies", "twitterlikes",
         "twitterretweets", "twitterreplycount"),
        entities=True,
    ),
}  # fmt: skip


def find_table_layout(header: Collection[str]) -> str:
    """Return the layout that a header shows, "plain" if none.

    Examples
    --------
    >>> find_table_layout(["Date", "Headline", "Hit Sentence", "Reach", "Input Name"])
    'meltwater'
    """
    keys = {key_of(str(name)) for name in header}
    if {"mention_id", "text"} <= {*header}:
        return "plain"
    return next(
        (name for name, one in TABLE_LAYOUTS.items()
         if one.head <= keys and len(one.some & keys) > 1),
        "plain",
    )  # fmt: skip


def lines_above(head: str) -> int:
    r"""Return how many lines stand above the header of an export that writes its query first.

    Examples
    --------
    >>> lines_above("Report:,Bulk\nBrand:,Tea\n\nQuery Id,Query Name,Date,Full Text\n1,2,3,4\n")
    3
    """
    lines = head.splitlines()[: _MOST_ABOVE + 1]
    for number, line in enumerate(lines):
        for delimiter in DELIMITERS if len(line) < _LONGEST_HEADER else ():
            if line.count(delimiter) > 1 and _is_header(
                next(csv.reader([line], delimiter=delimiter))
            ):
                return number
    return 0


def below_preamble(grid: Grid) -> Grid:
    """Return a workbook's cells from the header of an export on, wherever that stands."""
    if _is_header(grid.header):
        return grid
    for number, row in enumerate(grid.cells.head(_MOST_ABOVE).itertuples(index=False)):
        if _is_header(names := [str(cell) for cell in row]):
            above = f"{number + 1} rows above the header left out"
            cells = grid.cells.iloc[number + 1 :].reset_index(drop=True)
            return Grid(names, cells, grid.encoding, grid.delimiter, f"{grid.note}; {above}")
    return grid


def _is_header(cells: Collection[str]) -> bool:
    return find_table_layout([str(cell).strip() for cell in cells]) != "plain"


def flatten_table(
    frame: pd.DataFrame, layout: str, file: str, wanted: Collection[str], dates: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return an export under tidy names, the columns wanted under their own, and notes.

    Raises
    ------
    SourceError
        If the export lacks its texts, or a value cannot be read.
    """
    spec, notes = TABLE_LAYOUTS[layout], []
    own = {key_of(str(name)): str(name) for name in reversed(frame.columns)}
    if not any(key in own for keys in spec.text for key in keys):
        raise SourceError(
            f"{file} must have a column of texts as exports of {layout} have, such as "
            f"{spec.text[-1][0]!r}, it has {list(map(str, frame.columns))[:20]}; take layout out "
            "of study.yaml or correct it"
        )

    def column(keys: Names) -> pd.Series:
        found = [as_text(frame[own[key]]) for key in keys if key in own]
        blank = pd.Series("", index=frame.index, dtype="str")
        return reduce(lambda one, other: one.mask(one == "", other), found, blank)

    flat = {tidy: column(keys) for tidy, keys in spec.columns.items()}
    texts = [column(keys) for keys in spec.text]
    if spec.entities:
        texts = [unescaped(part) for part in texts]
    flat["text"] = _joined(texts)
    flat["published_at"] = _published(flat["published_at"], column(("time",)), dates)
    if (millis := column(spec.milliseconds)).ne("").any():
        flat["published_at"] = epoch_times(
            millis, file, "Review Submit Millis Since Epoch", milliseconds=True
        )
    flat["url"] = nameless_links(flat["url"])
    ids = flat.get("mention_id", column(())).str.strip('"')
    if layout == "google_play":
        found = flat["url"].str.extract(r"[?&#]reviewId=([^&#]+)", expand=False).fillna("")
        ids = found.str.replace("%3A", ":", case=False, regex=False)
    refuse_rounded(ids, file)
    if (missing := ids == "").any():
        stamp = as_text(flat["published_at"])
        from_text = stamp + " " + flat["text"]
        ids = ids.mask(missing, ids_made(flat["url"].mask(flat["url"] == "", from_text)))
        made = int((missing & (flat["text"] != "")).sum())
        notes += [f"{made:,} ids made from the link, or else time and text"] if made else []
    flat["mention_id"] = ids
    if "lang" in flat:
        flat["lang"] = language_codes(flat["lang"])
    channel = flat.get("channel", column(()))
    flat["channel"] = channel_names(channel.mask(channel == "", spec.channel))
    if layout == "brandwatch":
        flat["repost_of"] = _reposts(column, flat["url"], ids)
    counts = [pd.to_numeric(column((key,)), errors="coerce") for key in spec.counts if key in own]
    if counts and (flat["engagement"] == "").all():
        flat["engagement"] = pd.concat(counts, axis=1).sum(axis=1, min_count=1)
    elif "engagement" in flat:
        flat["engagement"] = flat["engagement"].str.replace(",", "", regex=False)
    flat |= {name: column(keys) for name, keys in spec.attributes.items() if {*keys} & {*own}}
    flat |= {name: frame[name] for name in wanted if name in frame.columns}
    return pd.DataFrame(flat), notes


def _joined(parts: list[pd.Series]) -> pd.Series:
    """Return parts of texts as one text a row."""
    several = pd.concat([part != "" for part in parts], axis=1).sum(axis=1) > 1
    first = reduce(lambda one, other: one.mask(one == "", other), parts)
    if not several.any():
        return first
    rows = zip(*(part[several] for part in parts), strict=True)
    joined = pd.Series([join_parts(row) for row in rows], index=first.index[several], dtype="str")
    return first.mask(several, joined.reindex(first.index))


def _published(date: pd.Series, time: pd.Series, dates: str) -> pd.Series:
    """Return when mentions were published in a form that is read without being guessed."""
    known = date != ""
    clock = not dates or re.search("%[HI]", dates)
    if clock and (time != "").any() and not date.str.contains(":", regex=False).any():
        date = (date + " " + time).str.strip().mask(~known, "")
    if dates or not known.any():
        return date
    zoned = date.str.replace(r" (?:UTC|GMT)$", "+00:00", regex=True)
    zoned = zoned.str.replace(r" ([+-]\d\d:?\d\d)$", r"\1", regex=True)
    if pd.to_datetime(zoned[known], format="ISO8601", errors="coerce", utc=True).notna().all():
        return zoned
    for form in _TIME_FORMS:
        parsed = pd.to_datetime(date[known], format=form, errors="coerce")
        if parsed.notna().all():
            return parsed.reindex(date.index)
    return date


def _reposts(column: Callable[[Names], pd.Series], url: pd.Series, ids: pd.Series) -> pd.Series:
    """Return which mention each passes on: its id where the file has it, else its address."""
    passed_on = nameless_links(column(("xretweetof", "xrepostof", "twitterretweetof", "retweetof")))
    shared = column(("threadentrytype",)).str.casefold().isin(["share", "retweet", "repost"])
    thread = nameless_links(column(("threadurl", "threadid")))
    passed_on = passed_on.mask((passed_on == "") & shared, thread)
    known = dict(zip(url, ids, strict=True))
    there = passed_on.map(known).fillna("")
    return passed_on.mask((there != "") & (passed_on != ""), there).astype("str")
