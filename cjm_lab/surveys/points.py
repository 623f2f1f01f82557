"""What each respondent's answers are worth in a score, checked against the scale asked on."""

from __future__ import annotations

from collections.abc import Collection
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError

Floats = npt.NDArray[np.float64]
Scale = tuple[float, float]


def nps_points(answers: npt.ArrayLike) -> Floats:
    """Return 100 for a promoter, 0 for a passive and -100 for a detractor."""
    x = _on_scale(answers, (0, 10), whole=True)
    return np.where(np.isnan(x), nan, 100.0 * (x >= 9) - 100.0 * (x <= 6))


def csat_points(answers: npt.ArrayLike, *, scale_max: float = 5, scale_min: float = 1) -> Floats:
    """Return 1 for one of the two best answers, 0 for any other."""
    x = _on_scale(answers, (scale_min, scale_max))
    return np.where(np.isnan(x), nan, x >= scale_max - 1)


def ces_points(
    answers: npt.ArrayLike, *, top: bool = False, scale: Scale = (1, 7), reversed: bool = False
) -> Floats:
    """Return each answer, 7 the easiest; or 1 for one above the middle, 0 for any other."""
    x = _on_scale(answers, scale)
    if reversed:
        x = scale[0] + scale[1] - x
    return np.where(np.isnan(x), nan, x > sum(scale) / 2) if top else x


def sus_points(answers: npt.ArrayLike) -> Floats:
    """Return each respondent's SUS from 0 to 100."""
    x = _items(answers, (1, 5), 10)
    return 2.5 * ((x[:, 0::2] - 1).sum(axis=1) + (5 - x[:, 1::2]).sum(axis=1))


def umux_points(answers: npt.ArrayLike) -> Floats:
    """Return each respondent's UMUX-Lite from 0 to 100."""
    return (_items(answers, (1, 7), 2).sum(axis=1) - 2) * 100 / 12


def likert_points(
    answers: npt.ArrayLike, *, scale: Scale = (1, 5), reversed: Collection[int | str] = ()
) -> Floats:
    """Return each respondent's mean over the items that they answered."""
    frame = pd.DataFrame(_matrix(answers), columns=getattr(answers, "columns", None))
    _refuse_outside(frame.to_numpy(), scale, _name(answers))
    for item in reversed:
        frame[item] = scale[0] + scale[1] - frame[item]
    return frame.mean(axis=1).to_numpy()


def outcome_points(outcome: npt.ArrayLike) -> Floats:
    """Return 1 where something is true of a respondent, 0 where it is not."""
    return _on_scale(outcome, (0, 1), whole=True)


def rating_points(answers: npt.ArrayLike, *, scale: Scale | None = None) -> Floats:
    """Return the answers as they are."""
    return _on_scale(answers, scale)


def _on_scale(answers: npt.ArrayLike, scale: Scale | None, *, whole: bool = False) -> Floats:
    """Return the answers as numbers, checked against the scale."""
    x = _numbers(answers).ravel()
    _refuse_outside(x, scale, _name(answers), whole=whole)
    return x


def _items(answers: npt.ArrayLike, scale: Scale, k: int) -> Floats:
    """Return the answers to a questionnaire of k items; who left one out has none."""
    x = _matrix(answers)
    if x.shape[1] != k:
        raise ParameterError(
            f"answers must have {k} items, one a column, got {x.shape[1]}; keep the questionnaire's"
            " order and leave other columns out"
        )
    _refuse_outside(x, scale, _name(answers))
    return np.where(np.isnan(x).any(axis=1, keepdims=True), nan, x)


def _matrix(answers: npt.ArrayLike) -> Floats:
    x = _numbers(answers)
    return x if x.ndim == 2 else x.reshape(-1, 1)


def _numbers(answers: Any) -> Floats:
    try:
        if isinstance(answers, pd.Series | pd.DataFrame):
            return answers.to_numpy(dtype=float, na_value=nan)
        return np.asarray(answers, dtype=float)
    except (TypeError, ValueError):
        raise ParameterError(
            f"{_name(answers)} must be numbers, got text; map the labels to numbers first"
        ) from None


def _name(answers: object) -> str:
    name = getattr(answers, "name", None)
    return "answers" if name is None else f"answers to {str(name)!r}"


def _refuse_outside(x: Floats, scale: Scale | None, name: str, *, whole: bool = False) -> None:
    """Raise for the first answer that the scale doesn't have."""
    if scale is None:
        return
    wrong = (x < scale[0]) | (x > scale[1])
    if whole:
        wrong |= ~np.isnan(x) & (x != np.round(x))
    if wrong.any():
        kind = "whole numbers on" if whole else "on"
        raise ParameterError(
            f"{name} must be {kind} the scale {scale[0]:g} to {scale[1]:g}, got {x[wrong][0]:g}"
            f" ({int(wrong.sum())} of {x.size}); correct the scale, or set answers that mean"
            " 'not applicable' to missing"
        )
