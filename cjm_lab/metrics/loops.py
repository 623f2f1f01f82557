"""Where journeys go in circles, and where they come to nothing."""

from __future__ import annotations

from datetime import date

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from cjm_lab.estimate import Estimate, benjamini_hochberg, share
from cjm_lab.metrics._frames import clustered_share, framed, slices
from cjm_lab.metrics.matrix import by_journey
from cjm_lab.metrics.places import WINDOW_DAYS
from cjm_lab.metrics.stream import JourneyStream, window_us, within
from cjm_lab.period import Period


def rework(
    stream: JourneyStream,
    *,
    window_days: float | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return which share of the customers at each touchpoint comes back to it in the same journey.

    Parameters
    ----------
    stream
        Events of customers in order; events at no touchpoint are skipped.
    window_days
        Days after the first event at the touchpoint within which a return counts. With a window
        only visits whose window has closed by `as_of` count. None counts all.
    period
        Only journeys whose first event at the touchpoint lies in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a visited touchpoint, in the order of the journey: ``touchpoint``, ``customers``
        (who came back in any journey), ``extra_events`` (all but the first of a journey),
        ``self_repeats`` (of these, the touchpoint before was the same), ``loops`` (of these, the
        way was A-B-A: one other touchpoint between), ``value`` (share of the customers there),
        ``low``, ``high`` (Wilson), ``n`` (customers there).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 3, 4, 1], unit="h", utc=True),
    ...     "event": ["basket", "basket", "visit", "basket", "basket"],
    ... })
    >>> found = rework(journey_stream(log)).to_dict("records")[0]
    >>> [found[column] for column in ["touchpoint", "customers", "n"]]
    ['basket', 1, 2]
    >>> [found[column] for column in ["extra_events", "self_repeats", "loops"]]
    [2, 1, 1]
    """
    window, at, place = window_us(window_days), nw.col("occurred_us"), nw.col("touchpoint")
    events = by_journey(stream).filter(~place.is_null())
    events = events.with_columns(
        before=place.shift(1).over("journey", order_by="position"),
        earlier=place.shift(2).over("journey", order_by="position"),
    )
    first = events.group_by("journey", "touchpoint").agg(at.min().alias("first"))
    if period is not None:
        first = first.filter(within("first", period))
    if window is not None:
        first = first.filter(nw.col("first") + window < stream.ends_before_us(as_of))
    visits = events.join(first, on=["journey", "touchpoint"])
    if window is not None:
        visits = visits.filter(at <= nw.col("first") + window)
    again, looped = nw.col("before") == place, nw.col("earlier") == place
    visits = visits.with_columns(
        again=nw.when(again).then(nw.lit(1)).otherwise(nw.lit(0)),
        looped=nw.when(looped & ~again).then(nw.lit(1)).otherwise(nw.lit(0)),
    )
    sums = [nw.col(name).sum() for name in ("again", "looped")]
    each = visits.group_by("customer", "journey", "touchpoint").agg(nw.len().alias("n"), *sums)
    each = each.with_columns(n=nw.col("n").cast(nw.Int64) - 1)  # the first is no return
    people = each.group_by("customer", "touchpoint").agg(nw.col("n").sum(), *sums)
    back = people.with_columns(back=(nw.col("n") > 0).cast(nw.Int64))
    total = back.group_by("touchpoint").agg(
        nw.len().alias("there"), nw.col("back").sum(), nw.col("n").sum(), *sums
    )
    found = total.collect().to_pandas().astype("int64").sort_values("touchpoint")
    rows = []
    for one in found.to_dict("records"):
        about = {
            "touchpoint": stream.touchpoints[one["touchpoint"]],
            "customers": one["back"],
            "extra_events": one["n"],
            "self_repeats": one["again"],
            "loops": one["looped"],
        }
        rows.append((about, share(one["back"], one["there"], level=level)))
    counts = ["customers", "extra_events", "self_repeats", "loops"]
    return framed(rows, {"touchpoint": "str"} | dict.fromkeys(counts, "int64"))


def dead_ends(
    stream: JourneyStream,
    *,
    goal: str,
    window_days: float | None = WINDOW_DAYS,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return where journeys end without the goal more often than by chance.

    If a journey that fails could as well have ended at any of its events, it would end at a
    touchpoint with the share of its events that lie there. ``expected`` is the mean of these
    chances over all journeys that were there, 0 for those that reach the goal; the test compares
    it with the journeys that did end there.

    Parameters
    ----------
    stream
        Events of customers in order; events at no touchpoint are skipped.
    goal
        Event that ends a journey well, or id of a touchpoint. What comes after it doesn't count.
    window_days
        Days after its last event until a journey is over. Journeys that are not by `as_of` are
        open and left out, whether or not they reached the goal. None counts all.
    period
        Only journeys whose first event lies in it.
    as_of
        Last day that was observed; by default the day of the last event.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a visited touchpoint, in the order of the journey: ``touchpoint``, ``journeys``
        (that end there without the goal), ``expected``, ``p_value`` (one-sided,
        Benjamini-Hochberg over the touchpoints; NaN where chance leaves no choice), ``value``
        (share of the journeys that were there), ``low``, ``high`` (Wilson; where customers have
        several journeys, on the effective number), ``n`` (customers there).

    Raises
    ------
    ParameterError
        If the goal is neither an event nor a touchpoint.

    References
    ----------
    Hodges & Le Cam (1960), Annals of Mathematical Statistics 31, 737-740: the sum of trials with
    unequal chances q, of variance sum q (1 - q).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1, 2], unit="h", utc=True),
    ...     "event": ["visit", "basket", "visit", "order"],
    ... })
    >>> found = dead_ends(journey_stream(log), goal="order", window_days=None)
    >>> found[["touchpoint", "journeys", "expected", "value"]].values.tolist()
    [['basket', 1, 0.5, 1.0], ['visit', 0, 0.25, 0.0]]
    """
    each = _ends(stream, goal, window_us(window_days), period, as_of)
    chance = each["visits"] / each["length"] * (1 - each["reached"])
    each = each.assign(chance=chance, variance=chance * (1 - chance), journeys=1)
    sums = each.groupby(["touchpoint", "customer"], as_index=False)[
        ["journeys", "ended", "chance", "variance"]
    ].sum()
    rows, p = [], []
    for code, of in slices(sums["touchpoint"]).items():
        here = sums[of]
        ended, chance, variance = here[["ended", "chance", "variance"]].sum()
        p.append(special.ndtr((chance - ended) / np.sqrt(variance)) if variance > 0 else np.nan)
        about = {
            "touchpoint": stream.touchpoints[code],
            "journeys": int(ended),
            "expected": chance / here["journeys"].sum(),
            "p_value": np.nan,
        }
        rows.append((about, share_of_journeys(here["ended"], here["journeys"], level=level)))
    types = {"touchpoint": "str", "journeys": "int64", "expected": "float64", "p_value": "float64"}
    return framed(rows, types).assign(p_value=benjamini_hochberg(p))


def share_of_journeys(
    hits: npt.ArrayLike, journeys: npt.ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Return a share of journeys: Wilson, on the effective number where customers have several.

    Parameters
    ----------
    hits, journeys
        One pair of counts a customer.
    level
        Confidence level.

    Examples
    --------
    >>> print(share_of_journeys([1, 0, 1, 0], [1, 1, 1, 1]).method)
    Wilson
    >>> print(share_of_journeys([1, 0, 1, 0], [1, 1, 2, 1]).method)
    Wilson, clustered by customer
    """
    y, n = np.asarray(hits), np.asarray(journeys)
    if n.max(initial=0) <= 1:
        return share(int(y.sum()), int(n.sum()), level=level)
    return clustered_share(y, n, level=level)


def _ends(
    stream: JourneyStream,
    goal: str,
    window: int | None,
    period: Period | None,
    as_of: date | None,
) -> pd.DataFrame:
    """Return each journey's touchpoints before the goal: visits there, whether it ended there."""
    position, at = nw.col("position"), nw.col("occurred_us")
    table = by_journey(stream)
    reached = table.filter(stream.is_at(goal)).group_by("journey").agg(position.min().alias("goal"))
    path = table.filter(~nw.col("touchpoint").is_null()).join(reached, on="journey", how="left")
    path = path.filter(nw.col("goal").is_null() | (position < nw.col("goal")))
    ends = path.group_by("journey").agg(
        position.max().alias("last"),
        at.min().alias("since"),
        at.max().alias("until"),
        nw.len().alias("length"),
    )
    if period is not None:
        ends = ends.filter(within("since", period))
    if window is not None:
        ends = ends.filter(nw.col("until") + window < stream.ends_before_us(as_of))
    lost = nw.col("goal").is_null()
    path = path.join(ends, on="journey").with_columns(
        reached=nw.when(lost).then(nw.lit(0)).otherwise(nw.lit(1)),
        ended=nw.when(lost & (position == nw.col("last"))).then(nw.lit(1)).otherwise(nw.lit(0)),
    )
    each = path.group_by("touchpoint", "customer", "journey").agg(
        nw.len().alias("visits"),
        nw.col("length").max(),
        nw.col("reached").max(),
        nw.col("ended").sum(),
    )
    found = each.collect().to_pandas().astype("int64")
    return found.sort_values(["touchpoint", "customer", "journey"], ignore_index=True)
