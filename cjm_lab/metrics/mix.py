"""Mix and rates: whether a conversion changed because of who came or of what they did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, difference, no_estimate, share
from cjm_lab.metrics._frames import framed

Floats = npt.NDArray[np.float64]

_COLUMNS = ["share_before", "share_after", "rate_before", "rate_after"]
_TYPES = {"part": "str", "segment": "str", **dict.fromkeys(_COLUMNS, "float64")}


def mix_and_rates(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    repeats: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how a change of a conversion splits into change of mix and change of rates.

    The mix is which share of the customers belongs to which segment, a rate is the conversion
    within a segment. The parts sum to the whole change; which segments they sum over is a choice of
    the researcher, and other segments give another split. It describes, it does not say why.

    Parameters
    ----------
    before, after
        Two periods or groups without a customer in common: the result of ``funnel(..., by=...)``,
        of which the last step of each segment counts, or any table with one row a ``segment`` and
        the columns ``customers`` (who converted) and ``n`` (who entered).
    repeats
        Number of resamples.
    seed
        Seed of the random generator.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        ``part segment share_before share_after rate_before rate_after value low high n se method``.
        First the whole ``change`` (after minus before, Newcombe), its parts ``mix`` and ``rates``
        (``segment`` empty), then the ``mix`` and the ``rates`` of each segment, which sum to them.
        A segment's mix is negative if it grew though its rate is below the overall one, or shrank
        though above. A segment that occurs once only is wholly mix. Intervals come from resampling
        the customers of each period.

    Raises
    ------
    ParameterError
        If a column is missing, a segment has two rows, or more customers converted than entered.

    References
    ----------
    Kitagawa (1955), Journal of the American Statistical Association 50, 1168-1194: the symmetric
    form without an interaction; Efron & Tibshirani (1993), An Introduction to the Bootstrap, 13.3.

    Examples
    --------
    Both rates stay, .1 and .3, while the share of ads grows from .5 to .75: all of it is mix.

    >>> before = pd.DataFrame({"segment": ["ad", "mail"], "customers": [10, 30], "n": [100, 100]})
    >>> after = pd.DataFrame({"segment": ["ad", "mail"], "customers": [15, 15], "n": [150, 50]})
    >>> mix_and_rates(before, after)[["part", "value"]].round(3).values.tolist()[:3]
    [['change', -0.05], ['mix', -0.05], ['rates', 0.0]]
    """
    old, new = _counts(before, "before"), _counts(after, "after")
    segments = list(dict.fromkeys([*old.index, *new.index]))
    n0, x0 = old.reindex(segments, fill_value=0).to_numpy(dtype=float).T
    n1, x1 = new.reindex(segments, fill_value=0).to_numpy(dtype=float).T
    whole = _overall(x1, n1, level), _overall(x0, n0, level)
    change = replace(difference(*whole), method="Newcombe")
    if not (n0.sum() and n1.sum()):
        change = no_estimate("nobody entered", n=change.n, level=level)
        found = [replace(change, value=nan)] * (2 + 2 * len(segments))
    else:
        rng = np.random.default_rng(seed)
        draws = _parts(*_resampled(n0, x0, repeats, rng), *_resampled(n1, x1, repeats, rng))
        found = _with_intervals(_parts(n0, x0, n1, x1), draws, change.n, level)
    return framed(_rows(segments, change, found, (n0, x0, n1, x1)), _TYPES)


def _counts(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return who entered and who converted by segment."""
    missing = [column for column in ("segment", "customers", "n") if column not in table.columns]
    if missing:
        raise ParameterError(
            f"{name} must have the columns segment, customers and n, got none named {missing[0]}; "
            "funnel(..., by=...) makes them"
        )
    if "step" in table.columns:  # a funnel: its goal counts
        table = table.groupby("segment", sort=False).tail(1)
    if table["segment"].duplicated().any():
        twice = table["segment"][table["segment"].duplicated()].iloc[0]
        raise ParameterError(f"{name} must have one row a segment, got two of {twice!r}")
    wrong = table[~table["customers"].between(0, table["n"])]
    if len(wrong):
        segment, customers, n = wrong[["segment", "customers", "n"]].iloc[0]
        raise ParameterError(
            f"{name} must have from 0 to n customers who converted, got {customers} of {n} in "
            f"{segment!r}"
        )
    return table.set_index("segment")[["n", "customers"]]


def _parts(n0: Floats, x0: Floats, n1: Floats, x1: Floats) -> Floats:
    """Return mix, rates, the mix of each segment and the rates of each, along the last axis."""
    share0, share1 = (n / n.sum(axis=-1, keepdims=True) for n in (n0, n1))
    rate0, rate1 = (
        np.divide(x, n, out=np.full(np.shape(x), nan), where=n > 0) for x, n in ((x0, n0), (x1, n1))
    )
    # Where nobody was, the other period's rate stands in: the segment's change is mix, not rates.
    # Where nobody was in either, the rate has no weight.
    rate0, rate1 = (
        np.nan_to_num(np.where(np.isnan(a), b, a)) for a, b in ((rate0, rate1), (rate1, rate0))
    )
    # Shares sum to 1, so any constant may be taken off the rates: off the overall one, a segment
    # that grows counts for what sets it apart.
    overall = ((share0 * rate0 + share1 * rate1) / 2).sum(axis=-1, keepdims=True)
    mix = (share1 - share0) * ((rate0 + rate1) / 2 - overall)
    rates = (rate1 - rate0) * (share0 + share1) / 2
    sums = [part.sum(axis=-1, keepdims=True) for part in (mix, rates)]
    return np.concatenate([*sums, mix, rates], axis=-1)


def _resampled(
    n: Floats, x: Floats, repeats: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return who entered and who converted by segment in resamples of the customers."""
    # Drawing customers with replacement draws their cells from a multinomial distribution.
    cells = np.concatenate([x, n - x])
    drawn = rng.multinomial(int(n.sum()), cells / cells.sum(), size=repeats).astype(float)
    converted, not_converted = np.split(drawn, 2, axis=1)
    return converted + not_converted, converted


def _with_intervals(values: Floats, draws: Floats, n: int, level: float) -> list[Estimate]:
    """Return percentile intervals; none where all resamples are alike."""
    tail = 50 * (1 - level)
    bounds = np.percentile(draws, [tail, 100 - tail], axis=0)
    found = []
    for value, low, high, se in zip(values, *bounds, draws.std(axis=0, ddof=1), strict=True):
        estimate = Estimate(float(value), float(low), float(high), n, "bootstrap", float(se))
        if se < 1e-12:  # nobody or everybody converted, or there is one segment only
            estimate = Estimate(float(value), nan, nan, n, "all alike")
        found.append(replace(estimate, level=level))
    return found


def _overall(x: Floats, n: Floats, level: float) -> Estimate:
    """Return the conversion of all segments together."""
    return share(int(x.sum()), int(n.sum()), level=level)


def _rows(
    segments: list[str],
    change: Estimate,
    found: list[Estimate],
    counts: tuple[Floats, Floats, Floats, Floats],
) -> Iterator[tuple[dict[str, Any], Estimate]]:
    """Yield what each estimate is about: the whole, its parts, the parts of each segment."""
    n0, x0, n1, x1 = counts

    def about(part: str, segment: str, rows: Any) -> dict[str, Any]:
        pairs = [(n0[rows].sum(), n0.sum()), (n1[rows].sum(), n1.sum())]
        pairs += [(x0[rows].sum(), n0[rows].sum()), (x1[rows].sum(), n1[rows].sum())]
        sides = [top / bottom if bottom else nan for top, bottom in pairs]
        return {"part": part, "segment": segment, **dict(zip(_COLUMNS, sides, strict=True))}

    for part, estimate in zip(("change", "mix", "rates"), [change, *found[:2]], strict=True):
        yield about(part, "", slice(None)), estimate
    kinds = [(part, i) for part in ("mix", "rates") for i in range(len(segments))]
    for (part, i), estimate in zip(kinds, found[2:], strict=True):
        yield about(part, segments[i], slice(i, i + 1)), estimate
