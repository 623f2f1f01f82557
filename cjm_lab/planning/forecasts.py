"""What an improvement would change, forecast through the journey's Markov chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate

if TYPE_CHECKING:
    from cjm_lab.metrics.chain import MarkovChain

Array = npt.NDArray[np.float64]

#: The measure whose lift the chain can carry on to the goal.
FORECAST_MEASURE = "conversion"


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a forecast starts from.

    Parameters
    ----------
    chain
        Journeys up to the conversion.
    journeys
        Journeys begun a month, with their standard error.
    order_value
        Mean value of an order; ``nan`` where unknown, and then no value is forecast.
    horizon_months
        Months over which a gain and a monthly cost count.
    note
        Which journeys the chain is made of, if not those of the period.
    """

    chain: MarkovChain
    journeys: Estimate
    order_value: Estimate
    horizon_months: int = 12
    note: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """An improvement that the chain can carry on: where, by how much, at what cost."""

    resource: str
    touchpoints: tuple[str, ...]
    lift: tuple[float, float, float]
    cost_once: float
    cost_month: float

    def cost(self, months: int) -> float:
        """Return what it costs over that many months."""
        return self.cost_once + self.cost_month * months

    @property
    def expected_lift(self) -> float:
        """Mean of the PERT distribution."""
        low, likely, high = self.lift
        return (low + 4 * likely + high) / 6


@dataclass(frozen=True, eq=False)
class Simulation:
    """Draws of the journey as it may be and of the lifts as they may turn out; see `simulate`."""

    options: dict[str, Option]
    outlook: Outlook
    chain: MarkovChain
    lifts: dict[str, Array]
    journeys: Array
    order_value: Array
    level: float

    def outcome(self, resources: Iterable[str]) -> dict[str, Estimate]:
        """Return conversion_lift, added_orders (a month) and net_value of some options together.

        Examples
        --------
        >>> from cjm_lab.metrics.chain import MarkovChain
        >>> moves = np.array([[0.0, 0.5, 0.5]])
        >>> chain = MarkovChain(("payment",), np.array([1.0, 0, 0]), moves, 1000, 500)
        >>> fix = Option("Keep the card form", ("payment",), (0.1, 0.1, 0.1), 900, 0)
        >>> outlook = Outlook(chain, Estimate(200, 200, 200, n=200, method="count", se=0.0),
        ...                   Estimate(50, 50, 50, n=100, method="t", se=0.0), 12)
        >>> outcome = simulate([fix], outlook).outcome(["Keep the card form"])
        >>> format(outcome["added_orders"], ".0f")
        '20 [20, 20] n=1000'
        """
        chosen = [self.options[name] for name in resources]
        lifts = [(option, self.lifts[option.resource]) for option in chosen]
        gain = conversion_with(self.chain, lifts) - conversion_with(self.chain, [])
        orders = gain * self.journeys
        months = self.outlook.horizon_months
        cost = sum(option.cost(months) for option in chosen)
        net = orders * months * self.order_value - cost
        draws = {"conversion_lift": gain, "added_orders": orders, "net_value": net}
        return {measure: self._estimate(values) for measure, values in draws.items()}

    def _estimate(self, values: Array) -> Estimate:
        """Return mean and predictive interval of the draws."""
        tail = 50 * (1 - self.level)
        low, high = np.percentile(values, [tail, 100 - tail])
        return Estimate(
            float(values.mean()),
            float(low),
            float(high),
            n=self.outlook.chain.customers,
            method=f"Monte Carlo of {len(values)} draws, predictive",
            se=float(values.std(ddof=1)),
            level=self.level,
        )


def forecast(
    resources: pd.DataFrame,
    outlook: Outlook,
    *,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 4000,
) -> pd.DataFrame:
    """Return what each resource alone would change.

    Parameters
    ----------
    resources
        The tidy table. Forecast are those with a lift on ``conversion`` at a touchpoint of the
        chain: by how many points more of the customers there move on.
    outlook
        The journey's chain, its traffic, the value of an order and the horizon.
    level
        Confidence level of the predictive intervals.
    seed
        Seed of the random generator.
    draws
        Number of Monte Carlo draws.

    Returns
    -------
    DataFrame
        One row a resource and measure (``conversion_lift``, ``added_orders`` a month,
        ``net_value`` over the horizon in the currency of orders and costs): ``resource measure
        value low high n method se n_eff level``.

    Notes
    -----
    A lift is causal only where a pilot with a control stands behind it.

    References
    ----------
    Malcolm et al. (1959), Operations Research 7, 646-669 (PERT); Kemeny & Snell (1976), Finite
    Markov Chains, 3.3.

    Examples
    --------
    >>> from cjm_lab.metrics.chain import MarkovChain
    >>> moves = np.array([[0.0, 0.5, 0.5]])
    >>> chain = MarkovChain(("payment",), np.array([1.0, 0, 0]), moves, 1000, 500)
    >>> outlook = Outlook(chain, Estimate(200, 200, 200, n=200, method="count", se=0.0),
    ...                   Estimate(50, 50, 50, n=100, method="t", se=0.0), 12)
    >>> fix = pd.DataFrame([["Keep the card form", "payment", "conversion", .1, .1, .1, 900, 0]],
    ...     columns=["resource", "touchpoints", "measure", "lift_low", "lift_likely", "lift_high",
    ...              "cost_once", "cost_month"])
    >>> forecast(fix, outlook)["value"].round(6).tolist()
    [0.1, 20.0, 11100.0]
    """
    simulation = simulate(
        options_of(resources, outlook.chain), outlook, level=level, seed=seed, draws=draws
    )
    rows = [
        {"resource": name, "measure": measure, **asdict(estimate)}
        for name in simulation.options
        for measure, estimate in simulation.outcome([name]).items()
    ]
    columns = ["resource", "measure", "value", "low", "high", "n", "method", "se", "n_eff", "level"]
    return pd.DataFrame(rows, columns=columns)


def options_of(resources: pd.DataFrame, chain: MarkovChain) -> list[Option]:
    """Return the resources whose lift the chain can carry on, in the order of the table.

    Raises
    ------
    ParameterError
        If a lift's low, likely and high value are not in that order.
    """
    bounds = ["lift_low", "lift_likely", "lift_high"]
    usable = resources[
        (resources["measure"] == FORECAST_MEASURE) & resources[bounds].notna().all(axis=1)
    ]
    options = []
    for row in usable.to_dict("records"):
        low, likely, high = (float(row[bound]) for bound in bounds)
        if not low <= likely <= high:
            raise ParameterError(
                f"lift_low <= lift_likely <= lift_high must hold, got {low:g}, {likely:g}, "
                f"{high:g} (resource {row['resource']!r})"
            )
        named = [name.strip() for name in row["touchpoints"].split(";")]
        places = tuple(dict.fromkeys(name for name in named if name in chain.touchpoints))
        once, month = row["cost_once"], row["cost_month"]
        if not pd.isna(once) or not pd.isna(month):  # one of the two may be blank: no such cost
            once, month = np.nan_to_num(once), np.nan_to_num(month)
        if places:
            options.append(
                Option(row["resource"], places, (low, likely, high), float(once), float(month))
            )
    return options


def simulate(
    options: Sequence[Option],
    outlook: Outlook,
    *,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 4000,
) -> Simulation:
    """Return draws of the chain, the traffic, the order value and the lifts.

    Sampling error: each row of the chain is a Dirichlet of its counted moves, traffic and order
    value are normal with their standard errors. Lifts are PERT of low, likely and high.

    Parameters
    ----------
    options
        The improvements, from `options_of`.
    outlook
        What the forecast starts from.
    level
        Confidence level of the predictive intervals.
    seed
        Seed of the random generator.
    draws
        Number of draws.
    """
    rng = np.random.default_rng(seed)

    def normal(estimate: Estimate) -> Array:
        return np.maximum(0.0, rng.normal(estimate.value, np.nan_to_num(estimate.se), draws))

    return Simulation(
        {option.resource: option for option in options},
        outlook,
        _drawn_chain(outlook.chain, rng, draws),
        {option.resource: _pert(option.lift, rng, draws) for option in options},
        normal(outlook.journeys),
        normal(outlook.order_value),
        level,
    )


def conversion_with(chain: MarkovChain, lifts: Sequence[tuple[Option, Any]]) -> Any:
    """Return the conversion of a chain, or of a stack of them, with some options in place.

    An option wins back a part of those lost at its touchpoints; a second one there can only win
    back from those still lost, so that overlapping options add up to less than their sum.

    Examples
    --------
    >>> from cjm_lab.metrics.chain import MarkovChain
    >>> chain = MarkovChain(("pay",), np.array([1.0, 0, 0]), np.array([[0.0, 0.5, 0.5]]), 100, 50)
    >>> fix = Option("Keep the card form", ("pay",), (0.25, 0.25, 0.25), 900, 0)
    >>> conversion_with(chain, [(fix, 0.25)]), conversion_with(chain, [(fix, 0.25), (fix, 0.25)])
    (0.75, 0.875)
    """
    kept: dict[str, Any] = {}
    for option, lift in lifts:
        for touchpoint in option.touchpoints:
            lost = _lost(chain, touchpoint)
            won = np.minimum(lift / np.where(lost > 0, lost, 1.0), 1.0)
            kept[touchpoint] = kept.get(touchpoint, 1.0) * (1 - won)
    points: Mapping[str, Any] = {t: _lost(chain, t) * (1 - part) for t, part in kept.items()}
    if not points:
        first = chain.touchpoints[0]
        return chain.with_lift(first, np.zeros_like(_lost(chain, first)))
    *before, last = points
    return chain.lifted({t: points[t] for t in before}).with_lift(last, points[last])


def _lost(chain: MarkovChain, touchpoint: str) -> Array:
    """Return the share of visits to a touchpoint after which the customer is lost."""
    return chain.moves[..., chain.touchpoints.index(touchpoint), -1]


def _drawn_chain(chain: MarkovChain, rng: np.random.Generator, draws: int) -> MarkovChain:
    """Return a stack of chains as likely as the observed one, given how many moves were seen."""
    size = len(chain.touchpoints)
    begun = chain.customers * chain.start
    visits = np.linalg.solve(np.eye(size) - chain.moves[:, :size].T, begun[:size])
    moves = _dirichlet(visits[:, None] * chain.moves, rng, draws)
    moves[..., -1] += 1 - moves.sum(axis=-1)  # a touchpoint nobody visited leads to lost
    return replace(chain, start=_dirichlet(begun, rng, draws), moves=moves)


def _dirichlet(counts: Array, rng: np.random.Generator, draws: int) -> Array:
    """Return draws of probabilities from counts along the last axis; a zero count stays zero."""
    gamma = rng.standard_gamma(np.maximum(counts, 0.0), size=(draws, *counts.shape))
    total = gamma.sum(axis=-1, keepdims=True)
    return gamma / np.where(total > 0, total, 1.0)


def _pert(lift: tuple[float, float, float], rng: np.random.Generator, draws: int) -> Array:
    """Return draws of a PERT distribution."""
    low, likely, high = lift
    if high == low:
        return np.full(draws, likely)
    a = 1 + 4 * (likely - low) / (high - low)
    return low + (high - low) * rng.beta(a, 6 - a, draws)
