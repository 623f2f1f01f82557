"""The model of one common factor, fitted two ways, and each respondent's influence on it."""

from __future__ import annotations

from collections.abc import Callable
from math import nan, sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Objective = Callable[[Floats, Floats], float]
Gradient = Callable[[Floats, Floats], Floats]

#: Least part of an item's variance that may be its own.
_FLOOR = 1e-4


def omega_total(x: Floats, model: str) -> tuple[float, float] | None:
    """Return omega total and its standard error; nan where an item has no error of its own.

    The standard error is the infinitesimal jackknife's: the spread of the respondents' influences
    on omega through the gradient of the fit.

    Parameters
    ----------
    x
        One row a respondent, one column an item, complete.
    model
        One of `MODELS`.

    Returns
    -------
    tuple or None
        None where the fit didn't converge.

    References
    ----------
    Jennrich (2008), Psychometrika 73, 579-594.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(500, 1)) + rng.normal(size=(500, 4))
    >>> value, se = omega_total(x, "cfa")
    >>> round(value, 1), round(se, 2)
    (0.8, 0.02)
    """
    objective, gradient, scores, omega_of = _FUNCTIONS[model]
    x = x - x.mean(axis=0)
    x = x / (x.std(axis=0) if model == "minres" else x.std())
    s = x.T @ x / len(x)
    found = _fit(objective, gradient, s, model)
    if found is None:
        return None
    value, unique = omega_of(found)
    if unique.min() < 10 * _FLOOR * s.diagonal().mean():
        return value, nan
    hessian = _slopes(lambda p: gradient(p, s), found)
    direction = _slopes(lambda p: np.array([omega_of(p)[0]]), found)[0]
    influence = -scores(found, x, s) @ np.linalg.lstsq(hessian, direction)[0]
    se = float(influence.std(ddof=1) / sqrt(len(x)))
    return value, se


def _fit(objective: Objective, gradient: Gradient, s: Floats, model: str) -> Floats | None:
    """Return the parameters where the gradient vanishes, None where it doesn't."""
    from scipy.optimize import minimize

    size, axes = np.linalg.eigh(s)
    loadings = axes[:, -1] * sqrt(size[-1])
    loadings *= np.sign(loadings.sum()) or 1.0
    k = len(s)
    if model == "minres":
        found = minimize(objective, loadings, args=(s,), jac=gradient, options={"gtol": 1e-9}).x
        steep = gradient(found, s)
    else:  # unique variances stay above the floor
        floor = _FLOOR * s.diagonal().mean()
        unique = np.maximum(s.diagonal() - loadings**2, 0.1 * s.diagonal())

        def opened(p: Floats) -> Floats:
            return np.r_[p[:k], floor + np.exp(np.clip(p[k:], -30, 30))]

        def slope(p: Floats) -> Floats:
            at = opened(p)
            return gradient(at, s) * np.r_[np.ones(k), at[k:] - floor]

        start = np.r_[loadings, np.log(unique)]
        options = {"gtol": 1e-9}
        p = minimize(lambda p: objective(opened(p), s), start, jac=slope, options=options).x
        found, steep = opened(p), slope(p)
    return found if bool(np.abs(steep).max() < 1e-5) else None


def _slopes(function: Callable[[Floats], Floats], at: Floats) -> Floats:
    """Return the Jacobian by central differences."""
    step = 1e-5
    moves = step * np.eye(len(at))
    return np.array([(function(at + m) - function(at - m)) / (2 * step) for m in moves]).T


def _ml_misfit(p: Floats, s: Floats) -> float:
    sigma, _ = _implied(p)
    return float(np.linalg.slogdet(sigma)[1] + np.trace(np.linalg.solve(sigma, s)))


def _ml_gradient(p: Floats, s: Floats) -> Floats:
    sigma, loadings = _implied(p)
    inverse = np.linalg.inv(sigma)
    a = inverse - inverse @ s @ inverse
    return np.r_[2 * a @ loadings, a.diagonal()]


def _ml_scores(p: Floats, x: Floats, s: Floats) -> Floats:
    """Return each respondent's part in the gradient."""
    sigma, loadings = _implied(p)
    y = np.linalg.solve(sigma, x.T).T
    return -np.c_[2 * y * (y @ loadings)[:, None], y**2]


def _ml_omega(p: Floats) -> tuple[float, Floats]:
    loadings, unique = p[: len(p) // 2], p[len(p) // 2 :]
    common = loadings.sum() ** 2
    return float(common / (common + unique.sum())), unique


def _implied(p: Floats) -> tuple[Floats, Floats]:
    loadings, unique = p[: len(p) // 2], p[len(p) // 2 :]
    return np.outer(loadings, loadings) + np.diag(unique), loadings


def _minres_misfit(p: Floats, s: Floats) -> float:
    residual = s - np.outer(p, p)
    return float((residual**2).sum() - (residual.diagonal() ** 2).sum()) / 2


def _minres_gradient(p: Floats, s: Floats) -> Floats:
    residual = s - np.outer(p, p)
    return -2 * (residual @ p - residual.diagonal() * p)


def _minres_scores(p: Floats, x: Floats, s: Floats) -> Floats:
    """Return each respondent's part in the gradient; a correlation also moves by its variances."""
    square = x**2
    return -2 * (x * (x @ p)[:, None] - (square * (s @ p) + square @ (s * p).T) / 2)


def _minres_omega(p: Floats) -> tuple[float, Floats]:
    common, unique = p.sum() ** 2, 1 - p**2
    return float(common / (common + unique.sum())), unique


_FUNCTIONS: dict[
    str,
    tuple[
        Objective,
        Gradient,
        Callable[[Floats, Floats, Floats], Floats],
        Callable[[Floats], tuple[float, Floats]],
    ],
] = {
    "cfa": (_ml_misfit, _ml_gradient, _ml_scores, _ml_omega),
    "minres": (_minres_misfit, _minres_gradient, _minres_scores, _minres_omega),
}

#: Maximum likelihood on the covariances; least squares on the correlations.
MODELS = tuple(_FUNCTIONS)
