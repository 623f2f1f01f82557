"""Which of the inputs of a forecast makes it as unsure as it is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cjm_lab.estimate import bootstrap
from cjm_lab.planning.forecasts import Simulation
from cjm_lab.planning.improvements import Array, conversion_with

_REPEATS = 200


def what_matters(
    simulation: Simulation, resources: Iterable[str], *, seed: int = 0
) -> pd.DataFrame:
    """Return how much of what is unsure in a forecast goes with each of its inputs.

    Inputs are the lift and the cost of each option, the traffic, the value of an order, and the
    journey's chain, which is known from a sample: its draws are summed up in the gain that the
    lifts as expected have in each. The forecast is the net value, or the added orders where no
    value is known.

    Parameters
    ----------
    simulation
        From `cjm_lab.planning.simulate`.
    resources
        The options that are bought together.
    seed
        Seed of the resampling.

    Returns
    -------
    DataFrame
        One row an input that varies, the most important first: ``input``, ``resource`` (of a lift
        or a cost), ``value`` (its squared rank correlation with the forecast, as a part of the sum
        of all of them), ``low``, ``high`` (bootstrap of the draws: how far the simulation is
        exact), ``n`` (draws), ``method``, ``se``, ``correlation`` (Spearman's, with its sign).

    References
    ----------
    Hamby (1994), Environmental Monitoring and Assessment 32, 135-154 (rank correlations of the
    draws as a measure of sensitivity; inputs are drawn independently, so that the squares may be
    added).

    Examples
    --------
    >>> from cjm_lab.estimate import Estimate
    >>> from cjm_lab.metrics.chain import MarkovChain
    >>> from cjm_lab.planning.forecasts import simulate
    >>> from cjm_lab.planning.improvements import Option, Outlook
    >>> moves = np.array([[0.0, 0.5, 0.5]])
    >>> chain = MarkovChain(("payment",), np.array([1.0, 0, 0]), moves, 100_000, 50_000)
    >>> fix = Option("Keep the card form", ("payment",), (0.0, 0.1, 0.2), 900, 0)
    >>> outlook = Outlook(chain, Estimate(200, 200, 200, n=200, method="count", se=1.0),
    ...                   Estimate(50, 50, 50, n=100, method="t", se=0.0), 12)
    >>> what_matters(simulate([fix], outlook), [fix.resource])["input"].tolist()[0]
    'lift of Keep the card form'
    """
    from scipy.stats import rankdata

    names = list(resources)
    draws = simulation.draws(names)
    known = not np.isnan(draws["net_value"]).any()
    target = draws["net_value" if known else "added_orders"]
    inputs = {key: v for key, v in _inputs(simulation, names, known).items() if np.ptp(v) > 0}
    columns = ["input", "resource", "value", "low", "high", "n", "method", "se", "correlation"]
    if not inputs or np.ptp(target) == 0:
        return pd.DataFrame(columns=columns)
    ranks = rankdata([target, *inputs.values()], axis=1)

    def parts(rows: np.ndarray) -> Array:
        squares = np.corrcoef(ranks[:, rows])[0, 1:] ** 2
        return np.asarray(squares / squares.sum(), dtype=float)

    shares = bootstrap(parts, len(target), repeats=_REPEATS, level=simulation.level, seed=seed)
    correlations = np.corrcoef(ranks)[0, 1:]
    rows = [
        [*key, e.value, e.low, e.high, e.n, "squared rank correlations", e.se, float(r)]
        for key, e, r in zip(inputs, shares, correlations, strict=True)
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def _inputs(
    simulation: Simulation, names: list[str], with_money: bool
) -> dict[tuple[str, str], Array]:
    """Return the draws of each input by its name and, of an option, by that."""
    fixed = [(o, o.expected_lift) for o in (simulation.options[name] for name in names)]
    chain = simulation.chain
    gain = conversion_with(chain, fixed) - conversion_with(chain, [])
    found = {(f"lift of {name}", name): simulation.lifts[name] for name in names}
    found[("journeys begun a month", "")] = simulation.journeys
    found[("the journey, known from a sample", "")] = gain
    if with_money:
        found[("value of an order", "")] = simulation.order_value
        found |= {
            (f"cost of {name}", name): simulation.cost_multiples[name]
            for name in names
            if simulation.options[name].cost(1) != 0
        }
    return found
