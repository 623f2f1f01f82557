"""The emotion curve: its shape between touchpoints, and its peak and end."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
import numpy.typing as npt

from cjm_lab.estimate import Estimate


def tangents(x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the slopes of a monotone cubic curve through the points.

    Between two points the curve never leaves the range of their values, so the picture shows no
    high or low that nobody reported.

    Parameters
    ----------
    x
        Positions, rising, shape (n,).
    y
        Values, shape (n,).

    Returns
    -------
    ndarray
        One slope a point: zero at every local high and low, else the weighted harmonic mean of
        the slopes on both sides.

    References
    ----------
    Fritsch & Butland (1984), SIAM J. Sci. Stat. Comput. 5, 300-304.

    Examples
    --------
    >>> tangents([0, 1, 2, 3], [0, 1, 3, 2]).round(3).tolist()
    [0.5, 1.333, 0.0, -2.5]
    """
    from scipy.interpolate import PchipInterpolator

    at, values = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(at) < 2:
        return np.zeros(len(at))
    return np.asarray(PchipInterpolator(at, values).derivative()(at), dtype=float)


def peak_end(values: Sequence[float], *, signed: bool = True) -> float:
    """Return the mean of the peak and the end of an experience.

    Parameters
    ----------
    values
        Valence, or pain, in the order of the journey.
    signed
        On a signed scale the peak is the value farthest from neutral, and the negative one of
        two equally far; on a one-sided scale it is the highest.

    References
    ----------
    Kahneman, Fredrickson, Schreiber & Redelmeier (1993), Psychological Science 4, 401-405.

    Examples
    --------
    >>> round(peak_end([1.5, -1.3, 0.8]), 2), peak_end([8, 7], signed=False)
    (1.15, 7.5)
    """
    if not len(values):
        return nan
    peak = _peak_at(values) if signed else int(np.argmax(values))
    return (values[peak] + values[-1]) / 2


def peak_end_and_mean(points: Sequence[Estimate]) -> tuple[Estimate, Estimate]:
    """Return peak-end and mean of a curve, each with its interval.

    The same people answer at several touchpoints, so the points are not independent. The bounds
    are the means of the bounds, which holds however the points hang together (and is wide).

    Examples
    --------
    >>> curve = [Estimate(v, v - 0.2, v + 0.2, n=90, method="t") for v in (1.5, -1.3, 0.8)]
    >>> print(*(format(e, ".2f") for e in peak_end_and_mean(curve)), sep=" · ")
    1.15 [0.95, 1.35] n=90 · 0.33 [0.13, 0.53] n=90
    """
    peak = points[_peak_at([p.value for p in points])]
    return (
        _mean_of([peak, points[-1]], "peak-end, any correlation"),
        _mean_of(points, "mean of touchpoints, any correlation"),
    )


def _peak_at(values: Sequence[float]) -> int:
    """Return where the value farthest from neutral lies, the negative one of a tie."""
    return max(range(len(values)), key=lambda i: (abs(values[i]), -values[i]))


def _mean_of(points: Sequence[Estimate], method: str) -> Estimate:
    """Return the mean of estimates, with bounds that hold for any correlation between them."""
    return Estimate(
        value=float(np.mean([p.value for p in points])),
        low=float(np.mean([p.low for p in points])),
        high=float(np.mean([p.high for p in points])),
        n=min(p.n for p in points),
        method=method,
        level=points[0].level,
    )
