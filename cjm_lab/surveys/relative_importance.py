"""How much of an outcome's variance goes with each driver: LMG, Johnson, and resampled sums.

Everything is computed from the covariance matrix of drivers and outcome, so that a thousand
resamples of a hundred thousand respondents cost one matrix product, not a thousand regressions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import factorial

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from cjm_lab.errors import ParameterError

Floats = npt.NDArray[np.float64]

#: LMG looks at every subset of the drivers: twice as many with each driver more.
MOST_DRIVERS = 20

#: Part of a column's variance that must be left beside the others for it to count as a column.
_ALONE = 1e-10
#: Numbers held at once while the subsets are swept, and cells of a table of draws.
_SWEPT_AT_ONCE, _DRAWN_AT_ONCE = 2**18, 2**27
_ROWS_AT_ONCE = 4096
#: Up to this width LAPACK solves eigenproblems without parting them (SMLSIZ).
_QR_UP_TO = 25


def lmg(covariance: npt.ArrayLike, sizes: Sequence[int] | None = None) -> Floats:
    """Return each driver's share of R2, averaged over all orders of entering the regression.

    Parameters
    ----------
    covariance
        Covariance or correlation matrix with the outcome last, or a stack of them.
    sizes
        Columns of each driver where one has several, such as a rating and its indicator of 'not
        applicable'; they enter together. One each by default.

    Returns
    -------
    numpy.ndarray
        One number a driver, in the unit of R2; together they are R2. A stack gives a row each.

    Raises
    ------
    ParameterError
        If there are more than `MOST_DRIVERS` drivers or the sizes don't fit the matrix.

    References
    ----------
    Lindeman, Merenda & Gold (1980); Groemping (2006), Relative importance for linear regression
    in R: the package relaimpo. The same as the Shapley value of R2 (Lipovetsky & Conklin 2001).

    Examples
    --------
    Two drivers that correlate .5 with each other and .6 and .3 with the outcome:

    >>> lmg([[1, 0.5, 0.6], [0.5, 1, 0.3], [0.6, 0.3, 1]]).round(3).tolist()
    [0.315, 0.045]
    """
    stack, sizes, shape = _prepared(covariance, sizes)
    # drivers of many columns first, while few subsets are told apart
    order = np.argsort(np.negative(sizes), kind="stable")
    columns = np.split(np.arange(stack.shape[-1]), np.cumsum(sizes))
    places = np.concatenate([*(columns[j] for j in order), columns[-1]])
    stack, sizes = stack[:, places][:, :, places], [sizes[j] for j in order]
    at_once = min(len(stack), max(1, _SWEPT_AT_ONCE // 2 ** len(sizes)))
    room = _room(sizes, at_once)
    parts = [
        _shapley(_r2_of_subsets(stack[first : first + at_once], sizes, room))
        for first in range(0, len(stack), at_once)
    ]
    worth = np.concatenate(parts)[:, np.argsort(order)]
    return worth.reshape(*shape, len(sizes))


def johnson_weights(covariance: npt.ArrayLike, sizes: Sequence[int] | None = None) -> Floats:
    """Return each driver's share of R2 by Johnson's relative weights.

    Parameters
    ----------
    covariance, sizes
        As in `lmg`; a driver of several columns has the sum of their weights.

    Returns
    -------
    numpy.ndarray
        One number a driver, in the unit of R2; a stack gives a row each.

    Raises
    ------
    ParameterError
        If the sizes don't fit the matrix.

    References
    ----------
    Johnson (2000), A heuristic method for estimating the relative weight of predictor variables
    in multiple regression. Multivariate Behavioral Research 35, 1-19.

    Examples
    --------
    Of two drivers they are the same as LMG:

    >>> johnson_weights([[1, 0.5, 0.6], [0.5, 1, 0.3], [0.6, 0.3, 1]]).round(3).tolist()
    [0.315, 0.045]
    """
    stack, sizes, shape = _prepared(covariance, sizes)
    values, vectors = _eigen(stack[:, :-1, :-1])
    roots = np.sqrt(np.clip(values, 0, None))
    inverse = np.divide(1, roots, out=np.zeros_like(roots), where=values > _ALONE)
    back = np.swapaxes(vectors, 1, 2)
    loadings = (vectors * roots[:, None, :]) @ back
    on_orthogonal = (vectors * inverse[:, None, :]) @ back @ stack[:, :-1, -1:]
    weights = (loadings**2 @ on_orthogonal**2)[:, :, 0]
    starts = np.cumsum([0, *sizes[:-1]])
    return np.add.reduceat(weights, starts, axis=1).reshape(*shape, len(sizes))


def drawn_sums(features: Callable[[slice], Floats], n: int, *, repeats: int, seed: int) -> Floats:
    """Return the sums of features over resampled people, one row a resample.

    The features of all people need never be held at once, and a resample costs a part of one
    matrix product: made for many people with many features.

    Parameters
    ----------
    features
        Takes a slice of the people and returns their features, shape (people, k).
    n
        Number of people; each resample draws n of them with replacement.
    repeats, seed
        Number of resamples, and the seed of the random generator.

    Returns
    -------
    numpy.ndarray
        Shape (repeats, k).

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, 6.1: a resample is how often each
    person was drawn, and a sum over it is a sum weighted by these counts.

    Examples
    --------
    Each resample of three people has three people:

    >>> drawn_sums(lambda rows: np.ones((3, 1))[rows], 3, repeats=2, seed=0).tolist()
    [[3.0], [3.0]]
    """
    rng = np.random.default_rng(seed)
    sums = np.zeros((repeats, features(slice(0, 1)).shape[1]))
    at_once = max(1, min(repeats, _DRAWN_AT_ONCE // n))
    for first in range(0, repeats, at_once):
        part = sums[first : first + at_once]
        # one person among n is drawn more than 255 times once in 10^500 resamples
        drawn = np.empty((len(part), n), dtype=np.uint8)
        for row in drawn:
            row[:] = np.bincount(rng.integers(0, n, n), minlength=n)
        for start in range(0, n, _ROWS_AT_ONCE):
            rows = slice(start, min(start + _ROWS_AT_ONCE, n))
            part += drawn[:, rows].astype(np.float64) @ features(rows)
    return sums


def _prepared(
    covariance: npt.ArrayLike, sizes: Sequence[int] | None
) -> tuple[Floats, list[int], tuple[int, ...]]:
    """Return a stack of correlation matrices, the drivers' sizes and the shape of the stack."""
    given = np.asarray(covariance, dtype=float)
    if given.ndim < 2 or given.shape[-1] != given.shape[-2] or given.shape[-1] < 2:
        raise ParameterError(
            f"covariance must be square with the outcome last, got shape {given.shape}"
        )
    columns = given.shape[-1] - 1
    blocks = [1] * columns if sizes is None else [int(size) for size in sizes]
    if sum(blocks) != columns or min(blocks) < 1:
        raise ParameterError(
            f"sizes must be positive and add up to the {columns} columns before the outcome, "
            f"got {blocks}"
        )
    if len(blocks) > MOST_DRIVERS:
        raise ParameterError(
            f"there must be at most {MOST_DRIVERS} drivers, got {len(blocks)}: all their subsets "
            "are compared; leave out or average those that ask for the same"
        )
    stack = given.reshape(-1, columns + 1, columns + 1)
    spread = np.sqrt(np.clip(np.diagonal(stack, axis1=1, axis2=2), 0, None))
    inverse = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    return stack * inverse[:, :, None] * inverse[:, None, :], blocks, given.shape[:-2]


def _eigen(stack: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues and eigenvectors of symmetric matrices."""
    if stack.shape[-1] <= _QR_UP_TO:
        return np.linalg.eigh(stack)
    # numpy's way with more columns sets threads off that spin for seconds where cores are shared
    found = [eigh(matrix, driver="ev", check_finite=False) for matrix in stack]
    values, vectors = zip(*found, strict=True)
    return np.array(values), np.array(vectors)


def _room(sizes: Sequence[int], many: int) -> list[Floats]:
    """Return empty upper triangles row by row, and a spare one.

    A row has room for all choices until its own driver is decided.
    """
    width = sum(sizes) + 1
    before = np.repeat(np.arange(len(sizes) + 1), [*sizes, 1])
    rows = [np.empty((width - i, many << int(before[i]))) for i in range(width)]
    return [*rows, np.empty(max(row.size for row in rows))]


def _r2_of_subsets(stack: Floats, sizes: Sequence[int], room: list[Floats]) -> Floats:
    """Return R2 of every subset: driver j is in those whose number has bit j set.

    Drivers are decided one after the other. For each choice so far one matrix is held, the
    covariance of what is left given what was included: leaving a driver out drops its rows,
    including it subtracts what it explains (the Schur complement).
    """
    many, starts = len(stack), np.cumsum([0, *sizes])
    *rows, spare = room
    for i, row in enumerate(rows):
        row[:, :many] = stack[:, i, i:].T  # long runs for each operation
    for driver, (first, end) in enumerate(pairwise(starts)):
        _decide(rows, int(first), int(end), many << driver, spare.reshape(-1))
    explained = rows[-1][0, : many << len(sizes)].reshape(-1, many)
    return explained[:1] - explained


def _decide(rows: list[Floats], first: int, end: int, ways: int, spare: Floats) -> None:
    """Write, behind the covariances so far, those given the driver of columns first to end.

    A column without variance explains nothing.
    """
    old, new = slice(0, ways), slice(ways, 2 * ways)
    for i in range(first, end):
        row, pivot = rows[i][1:, old], rows[i][0, old]
        part = row * np.divide(1, pivot, out=np.zeros_like(pivot), where=pivot > _ALONE)
        for j in range(i + 1, len(rows)):
            explained = spare[: (len(rows) - j) * ways].reshape(-1, ways)
            np.multiply(row[j - i - 1 :], part[j - i - 1], out=explained)
            if j < end:
                rows[j][:, old] -= explained
            else:
                base = rows[j][:, old if i == first else new]
                np.subtract(base, explained, out=rows[j][:, new])


def _shapley(worth: Floats) -> Floats:
    """Return the Shapley values, shape (b, p), of games given by every subset's worth."""
    subsets = np.arange(len(worth))
    players = len(worth).bit_length() - 1
    size = np.bitwise_count(subsets).astype(int)
    whole = factorial(players)
    joining = [factorial(s) * factorial(players - 1 - s) / whole for s in range(players)]
    either = np.array([0.0, *joining])[size] + np.array([*joining, 0.0])[size]
    # a player's value is the worth of subsets with the player less that of those without, which is
    # that of all subsets less the first: one number that all players share
    left = np.ascontiguousarray(worth.T) * either
    values = np.empty((len(left), players))
    for player in reversed(range(players)):  # the last player is in the second half of the subsets
        absent, present = left[:, : 1 << player], left[:, 1 << player :]
        values[:, player] = present.sum(axis=1)
        left = absent + present
    shared = (values.sum(axis=1) - worth[-1] + worth[0]) / players  # values add up to the worth
    return values - shared[:, None]
