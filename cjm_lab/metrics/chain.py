"""The journey as an absorbing Markov chain: conversion, removal effects, what-if."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, bootstrap, share
from cjm_lab.metrics._frames import framed
from cjm_lab.metrics.stream import JourneyStream, window_us, within
from cjm_lab.period import Period

Array = npt.NDArray[np.float64]

_START, _GOAL, _LOST = -1, -2, -3


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """Where customers go from each touchpoint until they convert or are lost; see `markov_chain`.

    Parameters
    ----------
    touchpoints
        The k touchpoints; staying at one is not a move.
    start
        Share of customers who begin at each touchpoint and, last but one, at the goal; k + 2 values
        that sum to 1.
    moves
        Probability of each next place, k rows and k + 2 columns: the touchpoints, the goal, lost.
        A touchpoint that nobody visited leads to lost.
    customers, converted
        Number of journeys, and of those that reached the goal.
    """

    touchpoints: tuple[str, ...]
    start: Array = field(repr=False)
    moves: Array = field(repr=False)
    customers: int
    converted: int

    @property
    def conversion(self) -> float:
        """Probability of reaching the goal; without lifts it is converted / customers."""
        return float(_conversion(self.moves, self.start))

    def estimate(self, *, level: float = 0.95) -> Estimate:
        """Return the observed conversion with Wilson's interval."""
        return share(self.converted, self.customers, level=level)

    def lifted(self, lifts: Mapping[str, float]) -> MarkovChain:
        """Return the chain in which more customers move on from some touchpoints.

        Parameters
        ----------
        lifts
            For each touchpoint, by how much the probability of moving on rises (0.05 = 5 points).
            It is taken from the lost, at most as many as there are, and goes to the next
            touchpoints and the goal in their present proportion.

        Raises
        ------
        ParameterError
            If a touchpoint is unknown.

        Examples
        --------
        >>> moves = np.array([[0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.4, 0.6]])
        >>> chain = MarkovChain(("basket", "payment"), np.array([1.0, 0, 0, 0]), moves, 100, 20)
        >>> round(chain.lifted({"basket": 0.1, "payment": 0.1}).conversion, 10)
        0.3
        """
        moves = self.moves
        for touchpoint, lift in lifts.items():
            moves = _lifted(moves, self._at(touchpoint), np.asarray(lift, dtype=float))
        return replace(self, moves=moves)

    def with_lift(self, touchpoint: str, lift: Any) -> Any:
        """Return the conversion if `lift` more of the customers at a touchpoint moved on.

        Parameters
        ----------
        touchpoint
            Where the improvement is made.
        lift
            Points of probability, as in `lifted`; an array gives an array.

        Returns
        -------
        float or ndarray
            Conversion from the start, solved exactly.

        Examples
        --------
        >>> moves = np.array([[0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.4, 0.6]])
        >>> chain = MarkovChain(("basket", "payment"), np.array([1.0, 0, 0, 0]), moves, 100, 20)
        >>> round(chain.with_lift("basket", 0.1), 10), round(chain.with_lift("basket", 0.9), 10)
        (0.24, 0.4)
        """
        moves = _lifted(self.moves, self._at(touchpoint), np.asarray(lift, dtype=float))
        conversion = _conversion(moves, self.start)
        return float(conversion) if np.ndim(lift) == 0 else conversion

    def _at(self, touchpoint: str) -> int:
        """Return the row of a touchpoint."""
        if touchpoint not in self.touchpoints:
            raise ParameterError(one_of("touchpoint", self.touchpoints, touchpoint))
        return self.touchpoints.index(touchpoint)


def markov_chain(
    stream: JourneyStream,
    *,
    goal: str,
    window_days: float | None = None,
    period: Period | None = None,
    as_of: date | None = None,
) -> MarkovChain:
    """Return the journeys up to the goal as an absorbing Markov chain of first order.

    Parameters
    ----------
    stream
        Events of customers in order; events at no touchpoint are skipped.
    goal
        Event that ends the journey, or id of a touchpoint.
    window_days
        Days after the last event until a journey without the goal counts as lost. Younger journeys
        are open and left out. None counts all of them as lost.
    period
        Only customers whose first event ever lies in it. Of journeys that begin less than a window
        before `as_of` only those that convert can be over: let it end before.
    as_of
        Last day that was observed; by default the day of the last event.

    Returns
    -------
    MarkovChain
        States are all touchpoints; the goal and being lost absorb.

    Raises
    ------
    ParameterError
        If the goal is neither an event nor a touchpoint.

    References
    ----------
    Kemeny & Snell (1976), Finite Markov Chains, 3.3; Anderl et al. (2016), International Journal of
    Research in Marketing 33, 457-474.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1], unit="h", utc=True),
    ...     "event": ["basket", "order", "basket"],
    ... })
    >>> markov_chain(journey_stream(log), goal="order").conversion
    0.5
    """
    moves = _moves(stream, goal, window_days, period, as_of)
    return _chain(stream, moves.groupby(["here", "there"])["count"].sum().reset_index())


def removal_effects(
    stream: JourneyStream,
    *,
    goal: str,
    window_days: float | None = None,
    period: Period | None = None,
    as_of: date | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how much conversion would fall if everyone who reaches a touchpoint were lost there.

    That is a property of the paths, credit and not effect: who passes a touchpoint may differ in
    much else.

    Parameters
    ----------
    stream, goal, window_days, period, as_of
        As in `markov_chain`.
    repeats
        Number of resamples of customers for the interval; 0 gives none.
    level
        Confidence level.
    seed
        Seed of the random generator.

    Returns
    -------
    DataFrame
        One row a visited touchpoint: ``touchpoint``, ``value`` (share of the conversions that would
        be lost), ``low``, ``high`` (bootstrap over customers), ``n`` (journeys).

    References
    ----------
    Anderl et al. (2016), International Journal of Research in Marketing 33, 457-474.

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "bob", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 1, 2], unit="h", utc=True),
    ...     "event": ["ad", "order", "search", "order"],
    ... })
    >>> removal_effects(journey_stream(log), goal="order", repeats=0)["value"].tolist()
    [0.5, 0.5]
    """
    moves = _moves(stream, goal, window_days, period, as_of)
    people, customer = np.unique(moves["customer"], return_inverse=True)
    pairs, pair = np.unique(moves[["here", "there"]].to_numpy(), axis=0, return_inverse=True)
    visited = np.unique(pairs[pairs[:, 0] >= 0, 0])
    if not len(people) or not len(visited):
        return framed([], {"touchpoint": "str"})
    shape = (len(people), len(pairs))
    counts = csr_array((moves["count"].to_numpy(float), (customer, pair.ravel())), shape=shape).T
    size = len(stream.touchpoints)

    def effects(rows: npt.NDArray[np.intp]) -> Array:
        """Return the removal effects of the customers drawn."""
        weight = counts @ np.bincount(rows, minlength=len(people)).astype(float)
        start, matrix = _probabilities(pairs, weight, size)
        lost = removal_losses(matrix[:, :size], matrix[:, size], start[:size])[visited]
        whole = _conversion(matrix, start)
        return lost / whole if whole else np.full(len(visited), np.nan)

    if repeats and (pairs[:, 1] == _GOAL).any():
        estimates = bootstrap(effects, len(people), repeats=repeats, level=level, seed=seed)
    else:
        estimates = [
            Estimate(float(v), np.nan, np.nan, n=len(people), method="exact solve", level=level)
            for v in effects(np.arange(len(people)))
        ]
    rows = [
        ({"touchpoint": stream.touchpoints[code]}, estimate)
        for code, estimate in zip(visited, estimates, strict=True)
    ]
    return framed(rows, {"touchpoint": "str"})


def removal_losses(moves: Array, gains: Array, start: Array) -> Array:
    """Return what an absorbing chain would lose if each place in turn led nowhere.

    With N the fundamental matrix, s the start and h = N g what comes from each place, removing
    place i loses (s N)_i h_i / N_ii: the probability to come to i at all, times what comes from
    there.

    Parameters
    ----------
    moves
        Probability of each move between the k places, (..., k, k); one chain or a stack of them.
    gains
        What one visit of each place brings at once, such as the probability of the goal, (..., k).
    start
        Probability to begin at each place, (..., k).

    Returns
    -------
    ndarray
        (..., k)

    References
    ----------
    Kemeny & Snell (1976), Finite Markov Chains, 3.5.7 (probability of ever being at a place).

    Examples
    --------
    Everyone comes by an ad; half of them go on to a shop, where half buy:

    >>> moves = np.array([[0, 0.5], [0, 0]])
    >>> removal_losses(moves, np.array([0, 0.5]), np.array([1.0, 0])).tolist()
    [0.25, 0.25]
    """
    visits = np.linalg.inv(np.eye(moves.shape[-1]) - moves)
    come = (start[..., None, :] @ visits)[..., 0, :] / np.diagonal(visits, axis1=-2, axis2=-1)
    losses: Array = come * (visits @ gains[..., None])[..., 0]
    return losses


def _moves(
    stream: JourneyStream,
    goal: str,
    window_days: float | None,
    period: Period | None,
    as_of: date | None,
) -> pd.DataFrame:
    """Count the moves of each customer: customer, here, there, count.

    Places are touchpoint codes, the start, the goal and lost. A further event at the touchpoint
    where the customer is already is no move; it changes neither conversion nor removal effects.
    """
    window, position = window_us(window_days), nw.col("position")
    table = stream.table()
    reached = (
        table.filter(stream.is_at(goal)).group_by("customer").agg(position.min().alias("goal"))
    )
    if period is not None:
        came = table.filter((position == 1) & within("occurred_us", period)).select("customer")
        table, reached = table.join(came, on="customer"), reached.join(came, on="customer")
    path = table.filter(~nw.col("touchpoint").is_null()).join(reached, on="customer", how="left")
    path = path.filter(nw.col("goal").is_null() | (position < nw.col("goal")))
    ends = path.group_by("customer").agg(
        position.min().alias("first"),
        position.max().alias("last"),
        nw.col("occurred_us").max().alias("until"),
    )
    path = path.join(ends, on="customer")
    if window is not None:
        closed = nw.col("until") + window < stream.ends_before_us(as_of)
        path = path.filter(closed | ~nw.col("goal").is_null())
    end = nw.when(nw.col("goal").is_null()).then(nw.lit(_LOST)).otherwise(nw.lit(_GOAL))
    onward = nw.when(position < nw.col("last")).then(nw.col("next_touchpoint")).otherwise(end)
    steps = path.select("customer", nw.col("touchpoint").alias("here"), onward.alias("there"))
    entry = path.filter(position == nw.col("first")).select(
        "customer", nw.lit(_START).alias("here"), nw.col("touchpoint").alias("there")
    )
    at_once = reached.join(ends, on="customer", how="anti").select(
        "customer", nw.lit(_START).alias("here"), nw.lit(_GOAL).alias("there")
    )
    counted = [
        part.filter(nw.col("here") != nw.col("there"))
        .group_by("customer", "here", "there")
        .agg(nw.len().alias("count"))
        .collect()
        .to_pandas()
        for part in (steps, entry, at_once)
    ]
    return pd.concat(counted, ignore_index=True).astype("int64")


def _chain(stream: JourneyStream, moves: pd.DataFrame) -> MarkovChain:
    """Return the chain of counted moves."""
    start, matrix = _probabilities(
        moves[["here", "there"]].to_numpy(), moves["count"].to_numpy(float), len(stream.touchpoints)
    )
    return MarkovChain(
        stream.touchpoints,
        start=start,
        moves=matrix,
        customers=int(moves.loc[moves["here"] == _START, "count"].sum()),
        converted=int(moves.loc[moves["there"] == _GOAL, "count"].sum()),
    )


def _probabilities(pairs: npt.NDArray[np.int64], weight: Array, size: int) -> tuple[Array, Array]:
    """Return start and move probabilities from the weight of each pair of places."""
    counts = np.zeros((size + 1, size + 2))
    # Codes below zero index from the end: the start is the last row, the goal the last column but
    # one, lost the last.
    here = pairs[:, 0]
    there = np.select([pairs[:, 1] == _GOAL, pairs[:, 1] == _LOST], [size, size + 1], pairs[:, 1])
    np.add.at(counts, (here, there), weight)
    counts[counts.sum(axis=1) == 0, size + 1] = 1.0
    shares = counts / counts.sum(axis=1, keepdims=True)
    return shares[-1], shares[:-1]


def _conversion(moves: Array, start: Array) -> Array:
    """Return the probability of the goal from the start, of one chain or a stack of them."""
    size = moves.shape[-2]
    # Lifts may leave a loop that nobody ever leaves; a vanishing loss keeps the system solvable and
    # gives such a loop the conversion it has, none.
    system = np.eye(size) - (1 - 1e-13) * moves[..., :size]
    reached = np.linalg.solve(system, moves[..., size, None])[..., 0]
    return (start[..., :size] * reached).sum(axis=-1) + start[..., size]


def _lifted(moves: Array, row: int, lift: Array) -> Array:
    """Return the moves with more moving on from one row; an array of lifts gives a stack."""
    lost = moves[..., row, -1]
    onward = 1 - lost
    gain = np.clip(lift, -onward, lost)
    # Where nobody moves on, nobody knows where to.
    gain = np.where(onward > 0, gain, 0.0)
    factor = 1 + gain / np.where(onward > 0, onward, 1.0)
    new = np.array(np.broadcast_to(moves, (*np.shape(gain), *moves.shape[-2:])))
    new[..., row, :-1] *= factor[..., None]
    new[..., row, -1] = lost - gain
    return new
