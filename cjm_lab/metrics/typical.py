"""The typical journey to a goal: the paths most customers took, and the most likely one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import inf, nan

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, share
from cjm_lab.metrics._frames import framed
from cjm_lab.metrics.chain import MarkovChain, markov_chain
from cjm_lab.metrics.stream import DAY_US, JourneyStream, within
from cjm_lab.period import Period

#: Between the touchpoints of a path.
ARROW = " > "

_LIKELY = "product of first-order probabilities; no interval: the data chose the path"

#: Touchpoints of a path, customers who took it, median days.
Path = tuple[tuple[int, ...], int, float]


def typical_journey(
    stream: JourneyStream,
    *,
    goal: str,
    scenario: Mapping[str, str] | None = None,
    collapse_repeats: bool = True,
    top: int = 5,
    longest: int = 20,
    window_days: float | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the paths that most converted customers took, and the most likely path of the chain.

    The two differ, and both are told. An actual path is a whole sequence that customers took; the
    more steps, the rarer any one of them. The most likely path multiplies the probabilities of a
    first-order Markov chain, which forgets all but the last touchpoint: it joins what many
    customers do at each step into one path, which perhaps nobody took from end to end.

    Parameters
    ----------
    stream
        Events of customers in order; `JourneyStream.of_customers` makes that of a persona.
    goal
        Event that ends the path, or id of a touchpoint; what comes after it the first time doesn't
        count.
    scenario
        How the customer came: ``channel``, ``device``, ``campaign`` or ``page`` of the first event
        ever, such as ``{"channel": "ad", "device": "mobile"}``.
    collapse_repeats
        Whether further events at the same touchpoint in a row count as one.
    top
        Number of actual paths.
    longest
        Touchpoints of a path at the most, without the goal. Longer ones are not shown, though their
        customers count in the shares.
    window_days, period, as_of
        As in `markov_chain`: only the most likely path depends on the window.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``kind`` (``actual``, then ``most likely``), ``rank``, ``path`` (touchpoints with ' > '
        between them, the goal last), ``customers`` (who took exactly it), ``median_days`` (from the
        first touchpoint to the goal), ``value`` (share of the conversions; of the most likely path
        that which the chain expects), ``low``, ``high`` (Wilson; the most likely path has none),
        ``n`` (converted customers). Equals are ordered by length, then by the study's order of
        touchpoints. Without conversions there are no rows.

    Raises
    ------
    ParameterError
        If goal or scenario are unknown, or `top` or `longest` below 1.

    References
    ----------
    Kemeny & Snell (1976), Finite Markov Chains, 3.3 (the chain); Viterbi (1967), IEEE Transactions
    on Information Theory 13, 260-269 (the shortest path on -log p).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "bob", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1, 2, 3], unit="D", utc=True),
    ...     "event": ["ad", "order", "ad", "visit", "order"],
    ... })
    >>> found = typical_journey(journey_stream(log), goal="order")
    >>> found[["path", "median_days", "value"]].round(9).values.tolist()
    [['ad > order', 1.0, 0.5], ['ad > visit > order', 2.0, 0.5], ['ad > order', 1.0, 0.5]]
    """
    if min(top, longest) < 1:
        raise ParameterError(f"top and longest must be at least 1, got {top!r} and {longest!r}")
    if scenario:
        stream = _entered(stream, scenario)
    paths, converted = _actual(stream, goal, period, collapse_repeats=collapse_repeats)
    rows = []

    def add(kind: str, rank: int, path: Path, estimate: Estimate) -> None:
        codes, customers, days = path
        text = ARROW.join([*(stream.touchpoints[code] for code in codes), goal])
        about = {"kind": kind, "rank": rank, "path": text}
        rows.append((about | {"customers": customers, "median_days": days}, estimate))

    shown = paths.filter(pl.col("codes").list.len() <= longest)
    for rank, path in enumerate(shown.head(top).iter_rows(), start=1):
        add("actual", rank, path, share(path[1], converted, level=level))
    if converted:
        chain = markov_chain(stream, goal=goal, window_days=window_days, period=period, as_of=as_of)
        likely, probability = _most_likely(chain, longest)
        if likely is not None:
            same = paths.filter(pl.col("codes") == pl.lit(pl.Series([likely], dtype=_CODES)))
            took = same.row(0) if len(same) else (likely, 0, nan)
            value = probability / chain.conversion
            add("most likely", 1, took, Estimate(value, nan, nan, converted, _LIKELY, level=level))
    types = {"kind": "str", "rank": "int64", "path": "str"}
    return framed(rows, types | {"customers": "int64", "median_days": "float64"})


_CODES = pl.List(pl.Int64)


def _entered(stream: JourneyStream, scenario: Mapping[str, str]) -> JourneyStream:
    """Return the stream of the customers whose first event fits the scenario."""
    first = stream.table().filter(nw.col("position") == 1)
    for name, text in scenario.items():
        texts = stream.texts(name, name="scenario")
        if text not in texts and len(stream):
            raise ParameterError(one_of(name, texts, text))
        first = first.filter(nw.col(name) == (texts.index(text) if text in texts else -1))
    codes = first.select("customer").collect()["customer"].to_numpy()
    return stream.of_customers(stream.customer_ids(np.sort(codes)))


def _actual(
    stream: JourneyStream, goal: str, period: Period | None, *, collapse_repeats: bool
) -> tuple[pl.DataFrame, int]:
    """Return the paths to the goal, the most frequent first, and the number of conversions."""
    position, at = nw.col("position"), nw.col("occurred_us")
    table = stream.table()
    reached = table.filter(stream.is_at(goal))
    reached = reached.group_by("customer").agg(
        position.min().alias("goal"), at.min().alias("goal_us")
    )
    if period is not None:
        came = table.filter((position == 1) & within("occurred_us", period)).select("customer")
        reached = reached.join(came, on="customer")
    path = table.filter(~nw.col("touchpoint").is_null()).join(reached, on="customer")
    path = path.filter(position < nw.col("goal"))
    path = path.select(
        "customer", "position", "touchpoint", (nw.col("goal_us") - at).alias("to_goal_us")
    )
    # Sequences are compared after collecting: engines differ in what lists can do.
    events = path.collect().to_polars().cast(pl.Int64).sort("customer", "position")
    if collapse_repeats:
        again = (pl.col("customer").diff() == 0) & (pl.col("touchpoint").diff() == 0)
        events = events.filter(~again.fill_null(False))
    each = events.group_by("customer").agg(
        pl.col("touchpoint").alias("codes"), pl.col("to_goal_us").max()
    )
    converted = int(reached.select(nw.len()).collect().item())
    straight = pl.DataFrame(
        {"codes": [[]] * (converted - len(each)), "to_goal_us": 0},
        schema={"codes": _CODES, "to_goal_us": pl.Int64},
    )
    paths = (
        pl.concat([each.drop("customer"), straight])
        .group_by("codes")
        .agg(pl.len().alias("customers"), (pl.col("to_goal_us").median() / DAY_US).alias("days"))
        .sort(-pl.col("customers").cast(pl.Int64), pl.col("codes").list.len(), "codes")
    )
    return paths, converted


def _most_likely(chain: MarkovChain, longest: int) -> tuple[list[int] | None, float]:
    """Return the most likely path to the goal, at most so long, and its probability.

    The shortest path on -log p, step by step: after k steps the cost of the best way to each
    touchpoint. So a limit on the length holds exactly; of equals the shorter path wins, then the
    earlier touchpoint.
    """
    size = len(chain.touchpoints)
    with np.errstate(divide="ignore"):
        start, moves = -np.log(chain.start), -np.log(chain.moves)
    best, cost = float(start[size]), start[:size]
    came: list[npt.NDArray[np.intp]] = []
    found: list[int] | None = [] if best < inf else None
    for _ in range(longest if size else 0):
        # Rounded, so that the same factors in another order are equal.
        total = (cost + moves[:, size]).round(12)
        last = int(total.argmin())
        if total[last] < round(best, 12):
            best, found = float(total[last]), [last]
            for before in reversed(came):
                found.insert(0, int(before[found[0]]))
        if cost.min() >= best:
            break
        onward = cost[:, None] + moves[:, :size]
        came.append(onward.round(12).argmin(axis=0))
        cost = onward[came[-1], np.arange(size)]
    if not found:
        return found, float(chain.start[size])
    steps = chain.moves[found, [*found[1:], size]]
    return found, float(chain.start[found[0]] * steps.prod())
