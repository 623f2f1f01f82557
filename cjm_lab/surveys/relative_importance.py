"""How much of an outcome's variance goes with each driver: LMG, Johnson, and resampled sums.

Everything is computed from the covariance matrix of drivers and outcome, so that a thousand
resamples of a hundred thousand respondents cost one matrix product, not a thousand regressions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial

import numpy as np
import numpy.typing as npt

from cjm_lab.errors import ParameterError

Floats = npt.NDArray[np.float64]

#: LMG looks at every subset of the drivers: twice as many with each driver more.
MOST_DRIVERS = 20

#: Part of a column's variance that must be left beside the others for it to count as a column.
_ALONE = 1e-10
#: Numbers held at once while the subsets are swept, and cells of a table of draws.
_SWEPT_AT_ONCE, _DRAWN_AT_ONCE = 2**18, 2**26
_ROWS_AT_ONCE = 4096


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
    at_once = max(1, _SWEPT_AT_ONCE // 2 ** len(sizes))
    parts = [
        _shapley(_r2_of_subsets(stack[first : first + at_once], sizes))
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
    values, vectors = np.linalg.eigh(stack[:, :-1, :-1])
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


def _r2_of_subsets(stack: Floats, sizes: Sequence[int]) -> Floats:
    """Return R2 of every subset: driver j is in those whose number has bit j set.

    Drivers are decided one after the other. For each choice so far one matrix is held, the
    covariance of what is left given what was included: leaving a driver out drops its rows,
    including it subtracts what it explains (the Schur complement).
    """
    left = np.ascontiguousarray(np.moveaxis(stack, 0, -1))  # long runs for each operation
    for size in sizes:
        left = _decided(left, size)
    explained = left[0, 0].reshape(-1, len(stack))
    return explained[:1] - explained


def _decided(left: Floats, size: int) -> Floats:
    """Return the covariances without the first driver's columns, then those given them.

    Only the upper triangles are kept up. A column without variance explains nothing.
    """
    rest, ways = len(left) - size, left.shape[-1]
    both = np.empty((rest, rest, 2 * ways))
    both[..., :ways] = both[..., ways:] = left[size:, size:]
    given, block = both[..., ways:], left[:size].copy()
    for i, row in enumerate(block):
        pivot = row[i]
        part = row * np.divide(1, pivot, out=np.zeros_like(pivot), where=pivot > _ALONE)
        for other in range(i + 1, size):
            block[other, other:] -= part[other] * row[other:]
        for other in range(rest):
            given[other, other:] -= part[size + other] * row[size + other :]
    return both


def _shapley(worth: Floats) -> Floats:
    """Return the Shapley values, shape (b, p), of games given by every subset's worth."""
    subsets = np.arange(len(worth))
    players = len(worth).bit_length() - 1
    size = np.bitwise_count(subsets).astype(int)
    whole = factorial(players)
    joining = [factorial(s) * factorial(players - 1 - s) / whole for s in range(players)]
    with_it = np.array([0.0, *joining])[size]
    without = np.array([*joining, 0.0])[size]
    return np.stack(
        [np.where(subsets >> j & 1, with_it, -without) @ worth for j in range(players)], axis=1
    )
