"""The models of attribution: what each makes of paths, summed up and resampled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from cjm_lab.metrics.chain import removal_losses
from cjm_lab.metrics.touches import Array, Ints, Paths

#: The models, simple rules first.
MODELS = ("first", "last", "linear", "time_decay", "position", "markov", "shapley")

#: More customers than this are drawn in as many random groups: intervals stay as wide, and the time
#: they take no longer grows with the log.
GROUPS = 10_000
#: Resamples in memory at one time.
_CHUNK = 100

#: Parts of a sum: the path each comes from (None: those of the touches), its column, its weight
#: (None: 1 each).
_Parts = tuple[Ints | None, Ints, Array | None]


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums of paths from which the credit of every model follows.

    Parameters
    ----------
    models, size
        Names of the models; number of places, k.
    sums
        One after the other what each model needs: ``markov`` how often each move was made (k + 1
        rows, places and start; k + 2 columns, places, goal and lost), the others the conversions
        credited to each place; at the end the conversions without a touch.
    revenue
        What each model credits of the value of conversions: one row a model, k + 1 columns, the
        last without a touch. Missing where no value is known.
    parts, times, grouped
        The sums by unit of resampling, one row a unit; how often each unit occurred; whether it is
        a random group of customers.
    customers
        Number of customers who converted.
    seen
        Number of touches at each place.
    """

    models: tuple[str, ...]
    size: int
    sums: Array = field(repr=False)
    revenue: Array = field(repr=False)
    parts: csr_array = field(repr=False)
    times: Array = field(repr=False)
    grouped: bool
    customers: int
    seen: Ints = field(repr=False)

    def conversions(self, sums: Array) -> Array:
        """Return the conversions each model credits: (..., models, k + 1) of (..., sums)."""
        ends = np.cumsum([_width(model, self.size) for model in self.models])
        credit = [
            removal_credit(part, self.size) if model == "markov" else part
            for model, part in zip(self.models, np.split(sums, ends, axis=-1), strict=False)
        ]
        alone = sums[..., -1:]
        return np.stack([np.concatenate([part, alone], axis=-1) for part in credit], axis=-2)

    def resampled(self, repeats: int, seed: int) -> Iterator[Array]:
        """Yield the sums of resamples, some at a time; each unit occurs a Poisson number of times.

        References
        ----------
        Chamandy et al. (2012), Estimating Uncertainty for Massive Data Streams (Poisson bootstrap);
        Wolter (2007), Introduction to Variance Estimation, 2 (random groups).
        """
        rng = np.random.default_rng(seed)
        cells = self.parts.shape[0] * self.parts.shape[1]
        # A product of dense matrices is faster unless nearly all is zero.
        parts = self.parts.toarray() if cells < min(20 * self.parts.nnz, 5e7) else self.parts
        for done in range(0, repeats, _CHUNK):
            drawn = rng.poisson(self.times, (min(_CHUNK, repeats - done), len(self.times)))
            yield drawn.astype(float) @ parts


def tally(
    blocks: Iterable[Paths],
    units: int,
    *,
    size: int,
    models: Sequence[str],
    times: Array | None = None,
    half_life_us: float = 1.0,
    resampling: bool = True,
    seed: int = 0,
) -> Tally:
    """Sum up paths.

    Parameters
    ----------
    blocks
        Paths; no unit is in two of them.
    units
        Number of units of resampling; their codes count from 0.
    size
        Number of places.
    models
        Names of the models.
    times
        How often each unit occurred; by default once, and then many are put into groups.
    half_life_us
        Microseconds in which the weight of a touch halves, for ``time_decay``.
    resampling
        Whether the sums by unit are wanted.
    seed
        Seed of the random generator that makes the groups.
    """
    grouped, group = times is None and units > GROUPS, np.arange(units)
    if grouped:
        group = np.random.default_rng(seed).permutation(units) % GROUPS
    drawn = np.ones(min(units, GROUPS)) if times is None else times
    starts = np.cumsum([0, *(_width(model, size) for model in models)])
    sums, parts = np.zeros(starts[-1] + 1), csr_array((len(drawn), starts[-1] + 1))
    revenue, known = np.zeros((len(models), size + 1)), False
    customers, seen = 0.0, np.zeros(size, dtype=np.int64)
    for paths in blocks:
        each = None if times is None else times[paths.unit]
        value = (
            np.nan_to_num(paths.revenue) if each is None else np.nan_to_num(paths.revenue) * each
        )
        alone = np.flatnonzero(paths.sizes == 0)
        revenue[:, -1] += value[alone].sum()
        found: list[tuple[int, _Parts]] = [(starts[-1], (alone, np.zeros_like(alone), None))]
        for row, (model, start) in enumerate(zip(models, starts, strict=False)):
            shared = _shared(paths, model, half_life_us)
            revenue[row, :-1] += _binned(paths, shared, value, size)
            used = _moves(paths, size) if model == "markov" else [shared]
            found += [(start, part) for part in used]
        for start, part in found:
            sums[start:] += _binned(paths, part, each, len(sums) - start)
        if resampling:
            path = np.concatenate([paths.path if p is None else p for _, (p, _, _) in found])
            column = np.concatenate([c + start for start, (_, c, _) in found])
            weight = np.concatenate([np.ones(len(c)) if w is None else w for _, (_, c, w) in found])
            cells = (group[paths.unit[path]], column)
            parts = parts + csr_array((weight, cells), shape=parts.shape)
        known = known or bool(np.isfinite(paths.revenue).any())
        buyers = paths.unit[paths.converted]
        buyers = buyers[np.diff(buyers, prepend=-1) > 0]
        customers += len(buyers) if times is None else times[buyers].sum()
        seen += np.bincount(paths.place, minlength=size)
    if "markov" in models:
        row = list(models).index("markov")
        moves = sums[starts[row] : starts[row + 1]]
        revenue[row, :-1] = removal_credit(moves, size, revenue[row, :-1])
    return Tally(
        models=tuple(models),
        size=size,
        sums=sums,
        revenue=revenue if known else np.full_like(revenue, np.nan),
        parts=parts,
        times=drawn,
        grouped=grouped,
        customers=int(customers),
        seen=seen,
    )


def removal_credit(moves: Array, size: int, earned: Array | None = None) -> Array:
    """Return the conversions, or what they earned, in proportion to the removal effects.

    Parameters
    ----------
    moves
        Counts of moves as in `Tally`, flat; one chain or a stack of them.
    size
        Number of places.
    earned
        What the moves from each place to the goal earned; by default their number.

    Examples
    --------
    Everyone comes by an ad; half of them go on to a shop, where half buy:

    >>> ad, shop, start = [0, 2, 0, 2], [0, 0, 1, 1], [4, 0, 0, 0]
    >>> removal_credit(np.array([*ad, *shop, *start]), 2).tolist()
    [0.5, 0.5]
    """
    counts = moves.reshape(*moves.shape[:-1], size + 1, size + 2)
    total = counts.sum(axis=-1, keepdims=True)
    shares = counts / np.where(total > 0, total, 1)
    gained = counts[..., :-1, size] if earned is None else earned
    paid = gained / np.where(total > 0, total, 1)[..., :-1, 0]
    lost = removal_losses(shares[..., :-1, :size], paid, shares[..., -1, :size])
    whole = lost.sum(axis=-1, keepdims=True)
    return gained.sum(axis=-1, keepdims=True) * lost / np.where(whole != 0, whole, 1)


def _width(model: str, size: int) -> int:
    """Return how many sums a model needs."""
    return (size + 1) * (size + 2) if model == "markov" else size


def _binned(paths: Paths, parts: _Parts, times: Array | None, width: int) -> Array:
    """Return the sums of parts, each as often as its path occurred."""
    path, column, weight = parts
    if times is not None:
        often = times[paths.path if path is None else path]
        weight = often if weight is None else often * weight
    return np.bincount(column, weight, width).astype(float)


def _shared(paths: Paths, model: str, half_life_us: float) -> _Parts:
    """Return which part of its path's conversion each touch, or each place of a path, gets."""
    if model in ("first", "last", "markov"):
        # A chain earns where it goes to the goal, which is at the last touch.
        ends = paths.first if model == "first" else paths.last
        touched = np.flatnonzero(paths.sizes)
        bought = paths.converted[touched]
        return touched[bought], paths.place[ends[bought]], None
    touches = np.flatnonzero(paths.converted[paths.path])
    path, place = paths.path[touches], paths.place[touches]
    if model == "shapley":
        size = int(place.max(initial=0)) + 1
        path, place = np.divmod(np.unique(path * size + place), size)
        weight = np.ones(len(path))
    elif model == "time_decay":
        # Counted from the last touch, so that no weight of a long path vanishes.
        nearest = np.repeat(paths.at_us[paths.last], paths.sizes[paths.sizes > 0])[touches]
        weight = np.exp2((paths.at_us[touches] - nearest) / half_life_us)
    elif model == "position":
        weight = (0.2 / np.maximum(paths.sizes - 2, 1))[paths.path]
        weight[paths.first] = weight[paths.last] = 0.4
        weight = weight[touches]
    else:
        weight = np.ones(len(path))
    return path, place, weight / np.bincount(path, weight, len(paths.converted))[path]


def _moves(paths: Paths, size: int) -> list[_Parts]:
    """Return the moves on from each touch, to the goal or lost at the last, and the first moves.

    Staying at a place is counted as a move; it changes no removal effect.
    """
    touched, last = np.flatnonzero(paths.sizes), paths.last
    column = paths.place * (size + 2)
    column[:-1] += paths.place[1:]
    column[last] = paths.place[last] * (size + 2) + np.where(
        paths.converted[touched], size, size + 1
    )
    first = size * (size + 2) + paths.place[paths.first]
    return [(None, column, None), (touched, first, None)]
