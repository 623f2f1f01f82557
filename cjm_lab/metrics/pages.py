"""Popular pages, where sessions begin and end, what is looked for, and going back and forth."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from cjm_lab.estimate import Estimate, share
from cjm_lab.metrics._frames import clustered_share, framed, slices
from cjm_lab.metrics.stream import JourneyStream
from cjm_lab.period import Period

#: How many pages or pairs of pages are shown.
MOST_FREQUENT = 20


def page_shares(
    stream: JourneyStream,
    *,
    at: str | None = None,
    top: int = MOST_FREQUENT,
    period: Period | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the most popular pages, and those on which sessions begin and end.

    Parameters
    ----------
    stream
        Events of customers in order; events without a page are skipped.
    at
        Only the pages of this event or touchpoint: where the log has the term looked for as the
        page of a ``search``, ``at="search"`` shows what customers look for.
    top
        How many pages each measure shows, those of most customers first.
    period
        Only events in it: a session begins and ends with its first and last page inside.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``measure``, ``page``, ``customers`` and ``times``: ``page_share`` (share of the customers
        with a page who saw this one, Wilson; ``times`` is its views) and, unless `at` is given,
        ``landing_share`` and ``exit_share`` (share of the sessions that begin or end there,
        interval clustered by customer; ``times`` is those sessions); ``value``, ``low``, ``high``,
        ``n`` (customers).

    Raises
    ------
    ParameterError
        If nobody knows the event.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"], "event": "view", "page": ["home", "tea", "tea"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="m", utc=True)})
    >>> page_shares(journey_stream(log)).head(3)[["measure", "page", "value"]].values.tolist()
    [['page_share', 'tea', 1.0], ['page_share', 'home', 0.5], ['landing_share', 'home', 0.5]]
    """
    table = stream.table(period).filter(~nw.col("page").is_null())
    if at is not None:
        table = table.filter(stream.is_at(at))
    table = table.select("customer", "session", "position", "page")
    seen = stream.counts(table, nw.col("page"))
    everyone = seen["customer"].nunique()
    rows = []
    for code, part in _most(seen, top):
        about = _about(stream, "page_share", code, part)
        rows.append((about, share(len(part), everyone, level=level)))
    if at is None:
        rows += _edges(stream, table, top, level)
    types = {"measure": "str", "page": "str", "customers": "int64", "times": "int64"}
    return framed(rows, types)


def _edges(
    stream: JourneyStream, table: nw.LazyFrame[Any], top: int, level: float
) -> list[tuple[dict[str, object], Estimate]]:
    """Return the shares of sessions that begin and end on the pages."""
    position = nw.col("position")
    each = table.group_by("customer", "session").agg(
        position.min().alias("first"), position.max().alias("last")
    )
    number = each.group_by("customer").agg(nw.len().alias("sessions")).collect().to_pandas()
    number = number.sort_values("customer", ignore_index=True)
    rows = []
    for measure, edge in (("landing_share", "first"), ("exit_share", "last")):
        there = table.join(
            each.select("customer", nw.col(edge).alias("position")), on=["customer", "position"]
        )
        for code, part in _most(stream.counts(there, nw.col("page")), top):
            estimate = _share_of(part, number["customer"], number["sessions"], level)
            rows.append((_about(stream, measure, code, part), estimate))
    return rows


def back_and_forth(
    stream: JourneyStream,
    *,
    top: int = MOST_FREQUENT,
    period: Period | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how often customers go from one page to another and straight back.

    Going back and forth says that a page was not what it seemed from the one before, or that two
    pages have to be compared.

    Parameters
    ----------
    stream
        Events of customers in order; events without a page are skipped, and a page seen again
        right after itself is no move.
    top
        How many pairs are shown, those with most returns first.
    period
        Only events in it.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row for all moves (both pages ""), then one a pair: ``page``, ``via``, ``customers``
        (who went back), ``times`` (how often), ``moves`` (from the page to the other within a
        session), ``value`` (share of these moves after which the next one leads straight back),
        ``low``, ``high`` (clustered by customer), ``n`` (customers who moved so).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": "ann", "event": "view", "page": ["list", "tea", "list", "cup"],
    ...     "occurred_at": pd.to_datetime([1, 2, 3, 4], unit="m", utc=True)})
    >>> back_and_forth(journey_stream(log))[["page", "via", "value"]].values.tolist()[1]
    ['list', 'tea', 1.0]
    """
    size = max(1, len(stream.pages))
    move = nw.col("before").cast(nw.Int64) * size + nw.col("page")
    # One pass gives both: which moves there were, and which of them undid the one before.
    undid = nw.when(nw.col("page") == nw.col("earlier")).then(nw.lit(1)).otherwise(nw.lit(0))
    found = stream.counts(_visits(stream.table(period)), move * 2 + undid)
    undoing = found[found["code"] % 2 == 1]
    moves = _per_pair(found, found["code"] // 2)
    # What was undone is the move the other way.
    page, before = undoing["code"] // 2 % size, undoing["code"] // 2 // size
    back = _per_pair(undoing, page * size + before)
    rows = []
    if len(moves):
        all_moves = moves.groupby("customer")["count"].sum().reset_index()
        all_back = back.groupby("customer")["count"].sum().reset_index()
        rows.append(_pair("", "", all_back, all_moves, level))
    of_pair = slices(moves["code"])
    for code, part in _most(back, top, by="count"):
        names = stream.pages[code // size], stream.pages[code % size]
        rows.append(_pair(*names, part, moves[of_pair[code]], level))
    types = dict.fromkeys(["page", "via"], "str")
    return framed(rows, types | dict.fromkeys(["customers", "times", "moves"], "int64"))


def _per_pair(found: pd.DataFrame, code: pd.Series) -> pd.DataFrame:
    """Return the counts of each code and customer, sorted."""
    each = found.assign(code=code).groupby(["code", "customer"])["count"].sum()
    return each.reset_index()


def _visits(table: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return each move of a session: the page reached, the one before and the one before that."""

    def shifted(column: str) -> nw.Expr:
        return nw.col(column).shift(1).over("customer", order_by="position")

    page, session = nw.col("page"), nw.col("session")
    views = (
        table.filter(~page.is_null())
        .select("customer", "session", "position", "page")
        .with_columns(before=shifted("page"), session_before=shifted("session"))
    )
    again = (page == nw.col("before")) & (session == nw.col("session_before"))
    # Repeated views go first, so that what came before a view is always another page.
    visits = views.filter(nw.col("before").is_null() | ~again)
    visits = visits.with_columns(before=shifted("page"), session_before=shifted("session"))
    visits = visits.with_columns(earlier=shifted("before"), first=shifted("session_before"))
    return visits.filter(session == nw.col("session_before")).select(
        "customer",
        "page",
        "before",
        nw.when(nw.col("first") == session).then(nw.col("earlier")).alias("earlier"),
    )


def _pair(
    page: str, via: str, back: pd.DataFrame, moves: pd.DataFrame, level: float
) -> tuple[dict[str, object], Estimate]:
    """Return the row of one pair of pages, or of all."""
    about = {"page": page, "via": via, "customers": len(back)}
    about |= {"times": int(back["count"].sum()), "moves": int(moves["count"].sum())}
    return about, _share_of(back, moves["customer"], moves["count"], level)


def _share_of(part: pd.DataFrame, customers: pd.Series, of: pd.Series, level: float) -> Estimate:
    """Return the counts of some customers as a share of the counts of all."""
    count = np.zeros(len(customers))
    count[np.searchsorted(customers, part["customer"])] = part["count"]
    return clustered_share(count, of, level=level)


def _most(found: pd.DataFrame, top: int, *, by: str = "customer") -> list[tuple[int, pd.DataFrame]]:
    """Return the rows of the most frequent codes: by customers, or by how often; ties by code."""
    if not len(found):
        return []
    weight = found.groupby("code")["count"].agg("sum" if by == "count" else "size")
    chosen = weight.sort_values(ascending=False, kind="stable").index[:top]
    of_code = slices(found["code"])
    return [(int(code), found[of_code[int(code)]]) for code in chosen]


def _about(stream: JourneyStream, measure: str, code: int, part: pd.DataFrame) -> dict[str, object]:
    """Return what a row about a page says of it."""
    page = {"measure": measure, "page": stream.pages[code]}
    return page | {"customers": len(part), "times": int(part["count"].sum())}
