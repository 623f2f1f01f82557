"""The emotion curve: shape, peak and end, personas, and what matters beside how it feels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import isnan, nan
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate
from cjm_lab.journey.model import NO_EVIDENCE, Cell, CellStatus, Item, PersonaCurve
from cjm_lab.journey.rows import Row, Rows
from cjm_lab.ledger import row_estimate
from cjm_lab.study import Study
from cjm_lab.words import capital, shown

ImportanceSource = Literal["stated", "derived", "drivers"]

#: A line or a curve needs so many points.
_FEWEST_POINTS = 2

#: Sources of importance, the one to prefer first: measure of the ledger and the line's name.
_SOURCES = {
    "stated": ("importance_stated", "stated importance"),
    "derived": ("importance_derived", "derived importance"),
    "drivers": ("driver", "derived importance: share of the key drivers"),
}


class Importance(NamedTuple):
    """How much the touchpoints matter: one source on one scale, and the row of each touchpoint."""

    name: str
    measure: str
    scale: tuple[float, float]
    rows: dict[str, Row]

    def rescaled(self, touchpoint: str) -> Estimate:
        """Return the importance of a touchpoint as a part of the scale's length, from 0 to 1.

        A correlation below zero counts as none, as in a value gap.
        """
        low, high = self.scale
        known = row_estimate(self.rows[touchpoint])
        ends = np.array([known.value, known.low, known.high])
        value, least, most = np.clip((ends - low) / (high - low), 0, 1).tolist()
        return replace(known, value=value, low=least, high=most, se=known.se / (high - low))


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


def persona_curves(study: Study, rows: Rows) -> tuple[PersonaCurve, ...]:
    """Return the emotion curve of each declared persona that was asked at two touchpoints or more.

    Parameters
    ----------
    study
        Personas, stages and touchpoints, the columns of the map.
    rows
        Rows with the measures valence and, for the weights, stage_share.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    >>> persona_curves(study, Rows(evidence_frame()))
    ()
    """
    curves = []
    for persona in study.personas:
        felt = [
            (column, estimate)
            for column, touchpoint in enumerate(study.touchpoints)
            if (estimate := rows.estimate("valence", touchpoint.id, persona.id)) is not None
        ]
        shares = {
            row["stage"]: row_estimate(row)
            for row in rows.all("stage_share", "", persona.id)
            if not isnan(row["value"])
        }
        weights = tuple(shares.get(stage.id) for stage in study.stages) if shares else ()
        if len(felt) >= _FEWEST_POINTS:
            curves.append(PersonaCurve(persona.id, persona.name, tuple(felt), weights))
    return tuple(curves)


def importance_of(
    study: Study, rows: Rows, *, source: ImportanceSource | None = None
) -> Importance | None:
    """Return the importance of the touchpoints from one source, None where there is none.

    What customers state comes first, then what is derived from the overall score, then the shares
    of the key drivers: the first source with two touchpoints or more. Stated and derived importance
    answer unlike questions and are never mixed; neither are answers on several scales, of which
    the usual one counts.

    Parameters
    ----------
    study
        The touchpoints.
    rows
        Rows with the measures importance_stated, importance_derived and driver.
    source
        Take this source and no other.

    Raises
    ------
    ParameterError
        If there is no such source.

    References
    ----------
    Matzler, Bailom, Hinterhuber, Renzl & Pichler (2004), Industrial Marketing Management 33,
    271-277: why stated and derived importance differ.
    """
    if source is not None and source not in _SOURCES:
        raise ParameterError(one_of("source", _SOURCES, source))
    found = [_importance(study, rows, name) for name in ([source] if source else _SOURCES)]
    known = [importance for importance in found if importance.rows]
    enough = [importance for importance in known if len(importance.rows) >= _FEWEST_POINTS]
    return next(iter(enough or known), None)


def _importance(study: Study, rows: Rows, source: str) -> Importance:
    """Return what one source says; of several drivers at a touchpoint the strongest counts."""
    measure, name = _SOURCES[source]
    found: dict[str, Row] = {}
    for touchpoint in study.touchpoints:
        known = [row for row in rows.all(measure, touchpoint.id) if not isnan(row["value"])]
        if known:
            found[touchpoint.id] = max(known, key=lambda row: row["value"])
    if source != "stated":
        how = next((row["note"].partition(";")[0] for row in found.values()), "")
        name = f"{name}: {how}" if source == "derived" and how else name
        return Importance(name, measure, (0.0, 1.0), found)
    asked_on = {at: (row["scale_min"], row["scale_max"]) for at, row in found.items()}
    scales = Counter(scale for scale in asked_on.values() if scale[1] > scale[0])
    if not scales:
        return Importance(name, measure, (0.0, 1.0), {})
    usual = scales.most_common(1)[0][0]
    alike = {at: row for at, row in found.items() if asked_on[at] == usual}
    return Importance(name, measure, usual, alike)


def importance_cells(study: Study, rows: Rows) -> tuple[Cell, ...]:
    """Return the lane ``matters``: the importance of each touchpoint, on a scale of its own.

    Parameters
    ----------
    study, rows
        As in `importance_of`, which chooses the one source of the whole line.

    Returns
    -------
    tuple of Cell
        One a touchpoint. Stated importance is observed, derived importance reasoned.
    """
    importance = importance_of(study, rows)
    if importance is None:
        return tuple(Cell(note=NO_EVIDENCE) for _ in study.touchpoints)
    return tuple(_matters(importance, touchpoint.id) for touchpoint in study.touchpoints)


def _matters(importance: Importance, touchpoint: str) -> Cell:
    """Return one point of the importance line."""
    row = importance.rows.get(touchpoint)
    if row is None:
        return Cell(note=NO_EVIDENCE)
    estimate = row_estimate(row)
    text = shown(estimate, importance.measure)
    stated = importance.measure == "importance_stated"
    value = f"{text.value} of {importance.scale[1]:g}" if stated else text.value
    status: CellStatus = "observed" if stated else "reasoned"
    item = Item(value, f"{text.interval} {text.n}".strip(), "point", estimate)
    return Cell((item,), status, (row["evidence_id"],))


def disagreements(study: Study, rows: Rows) -> tuple[str, ...]:
    """Return where those asked and those who write disagree, as plain sentences.

    Both must be clear: the whole interval of satisfaction on one side of neutral, and the whole
    interval of the negative share, from a labeled sample, on the other side of one half. An
    automatic share has no interval and takes no part.

    Parameters
    ----------
    study
        The touchpoints, in the order of the sentences.
    rows
        Rows with the measures valence and negative_share.
    """
    return tuple(
        sentence
        for touchpoint in study.touchpoints
        if (sentence := _disagreement(touchpoint.id, touchpoint.name, rows))
    )


def _disagreement(touchpoint: str, name: str, rows: Rows) -> str:
    """Return the sentence about one touchpoint, empty where the two agree or one is unclear."""
    felt = rows.estimate("valence", touchpoint)
    negative = rows.estimate("negative_share", touchpoint)
    if felt is None or negative is None:
        return ""
    survey = f"({shown(felt, 'valence').full})"
    social = f"({shown(negative, 'negative_share').full} negative, by labels)"
    if felt.low > 0 and negative.low > 0.5:
        they = f"those asked are satisfied {survey}, those who write mostly complain {social}"
    elif felt.high < 0 and negative.high < 0.5:
        they = f"those asked are dissatisfied {survey}, most who write do not complain {social}"
    else:
        return ""
    return f"{capital(name)}: survey and mentions disagree; {they}."
