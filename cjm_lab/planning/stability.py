"""How sure an order is: how often each comes first when the inputs vary within their ranges."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share, z_value
from cjm_lab.planning.improvements import LIFT, check_lifts
from cjm_lab.planning.pert import pert_draws
from cjm_lab.planning.priorities import Method, score_formula, scored_by
from cjm_lab.planning.resources import ease_of, impact_of

Array = npt.NDArray[np.float64]

#: Efforts and confidences are guesses: they may be off by this factor, up or down.
FACTOR = 1.5


def rank_stability(
    inputs: pd.DataFrame,
    *,
    method: Method = "rice",
    formula: str = "",
    top: int = 3,
    factor: float = FACTOR,
    level: float = 0.95,
    draws: int = 4000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how often each opportunity is among the first when its inputs vary.

    The lift is drawn as PERT from low, likely and high, and the impact follows from it; reach from
    its interval; confidence (at most 1) and effort, from which ease follows, are multiplied with a
    number between 1/factor and factor, evenly on the scale of its logarithm. All are drawn as if
    independent. Equal scores are put in order by chance, so that the shares add up to `top`.

    Parameters
    ----------
    inputs
        One row an opportunity, as `priority_inputs` returns them; a lift without low and high, and
        a reach without interval, don't vary.
    method, formula
        As `prioritize` takes them.
    top
        How many count as the first.
    factor
        By how much efforts and confidences may be off, 1 or more.
    level
        Confidence level of the interval of reach.
    draws
        Number of draws.
    seed
        Seed of the random generator.

    Returns
    -------
    DataFrame
        The best score first: ``resource score rank``, ``value low high n method`` (share of draws
        among the first, n the number of draws, the interval its Monte Carlo error), ``first``
        (share of draws at rank 1).

    Raises
    ------
    ParameterError
        If a lift's low, likely and high value are not in that order, `top` or `factor` is below 1,
        or as `prioritize` does.

    References
    ----------
    Malcolm et al. (1959), Operations Research 7, 646-669 (PERT).

    Examples
    --------
    >>> ideas = pd.DataFrame({"resource": ["Form", "Film"], "reach": [900.0, 100.0],
    ...     "reach_low": [850.0, 80.0], "reach_high": [950.0, 120.0], "scale": 1.0, "effort": 2.0,
    ...     "lift_low": 0.06, "lift_likely": 0.07, "lift_high": 0.09, "confidence": 0.5})
    >>> ideas = ideas.assign(impact=1.0, ease=6.0)
    >>> rank_stability(ideas, top=1)[["resource", "value"]].values.tolist()
    [['Form', 1.0], ['Film', 0.0]]
    """
    for name, got in (("top", top), ("factor", factor)):
        if got < 1:
            raise ParameterError(f"{name} must be 1 or more, got {got:g}")
    scoring = score_formula(inputs, method, formula)
    scored = scored_by(scoring, inputs, method)
    if scored.empty:
        columns = ["resource", "score", "rank", "value", "low", "high", "n", "method", "first"]
        return scored.reindex(columns=columns)
    rng = np.random.default_rng(seed)
    drawn = _drawn(scored, scoring.names, factor=factor, level=level, draws=draws, rng=rng)
    scores = np.broadcast_to(scoring(drawn), (len(scored), draws))
    ranks = _ranks(scores, rng)
    among = [asdict(share(int(hits), draws)) for hits in (ranks <= top).sum(axis=1)]
    shares = pd.DataFrame(among, index=scored.index)[["value", "low", "high", "n", "method"]]
    shares["method"] = "Monte Carlo, " + shares["method"]
    return pd.concat([scored[["resource", "score", "rank"]], shares], axis=1).assign(
        first=(ranks == 1).mean(axis=1)
    )


def _drawn(
    table: pd.DataFrame,
    names: tuple[str, ...],
    *,
    factor: float,
    level: float,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Return draws of the columns that a formula names, one row an opportunity."""
    shape = (len(table), draws)
    values = {name: table[[name]].to_numpy("float64", na_value=np.nan) for name in names}
    off = {name: factor ** rng.uniform(-1, 1, shape) for name in ("effort", "confidence")}
    if {"impact", "lift_likely"} & set(names):
        lift = _lifts(table, draws, rng)
        scale = table[["scale"]].to_numpy("float64")
        values |= {"lift_likely": lift, "impact": impact_of(lift / scale)}
    if "reach" in names:
        reach, low, high = (table[[name]].to_numpy("float64") for name in
                            ("reach", "reach_low", "reach_high"))  # fmt: skip
        normal = rng.standard_normal(shape) / z_value(level)
        side = np.fmax(np.where(normal < 0, reach - low, high - reach), 0)
        values["reach"] = np.maximum(reach + normal * side, 0)
    if {"effort", "ease"} & set(names):
        effort = table[["effort"]].to_numpy("float64") * off["effort"]
        values |= {"effort": effort, "ease": ease_of(effort)}
    if "confidence" in names:
        values["confidence"] = np.minimum(values["confidence"] * off["confidence"], 1)
    return values


def _lifts(table: pd.DataFrame, draws: int, rng: np.random.Generator) -> Array:
    """Return PERT draws of the lifts; one without low and high stays as it is."""
    check_lifts(table)
    low, likely, high = (table[[name]].to_numpy("float64") for name in LIFT)
    return pert_draws(low, likely, high, rng, (len(table), draws))


def _ranks(scores: Array, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Return the rank of each row in each column, 1 = highest; equal ones in order of chance."""
    falling = -np.nan_to_num(scores, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    order = np.lexsort((rng.random(scores.shape), falling), axis=0)
    return np.argsort(order, axis=0) + 1
