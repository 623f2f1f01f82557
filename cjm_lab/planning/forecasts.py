"""What an improvement would change, forecast through the journey's Markov chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.planning.improvements import Array, Option, Outlook, conversion_with, options_of
from cjm_lab.planning.pert import pert_draws

if TYPE_CHECKING:
    from cjm_lab.metrics.chain import MarkovChain


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
    new_share: Array
    customer_value: Array
    cost_multiples: dict[str, Array]
    #: Of the chance that a later month's customers behave by.
    seed: int

    def draws(self, resources: Iterable[str]) -> dict[str, Array]:
        """Return the draws of every measure of `forecast` for some options together."""
        chosen = [self.options[name] for name in resources]
        lifts = [(option, self.lifts[option.resource]) for option in chosen]
        conversion = conversion_with(self.chain, lifts)
        gain = conversion - conversion_with(self.chain, [])
        orders = gain * self.journeys
        months = self.outlook.horizon_months
        zero = np.zeros_like(gain)
        multiples = self.cost_multiples
        once = sum((multiples[o.resource] * o.cost_once for o in chosen), start=zero)
        running = sum((multiples[o.resource] * o.cost_month for o in chosen), start=zero)
        customers, revenue = orders * self.new_share, orders * self.order_value
        return {
            "conversion_lift": gain,
            "expected_conversion": self._month_of(conversion),
            "added_orders": orders,
            "added_customers": customers,
            "added_revenue": revenue,
            "added_lifetime_value": customers * months * self.customer_value,
            "net_value": revenue * months - once - running * months,
            "payback_months": _months_until(once, revenue - running),
        }

    def outcome(self, resources: Iterable[str]) -> dict[str, Estimate]:
        """Return the measures of `forecast` for some options together.

        Examples
        --------
        >>> from cjm_lab.metrics.chain import MarkovChain
        >>> moves = np.array([[0.0, 0.5, 0.5]])
        >>> chain = MarkovChain(("payment",), np.array([1.0, 0, 0]), moves, 1000, 500)
        >>> fix = Option("Keep the card form", ("payment",), (0.1, 0.1, 0.1), 900, 0)
        >>> outlook = Outlook(chain, Estimate(200, 200, 200, n=200, method="count", se=0.0),
        ...                   Estimate(50, 50, 50, n=100, method="t", se=0.0), 12)
        >>> outcome = simulate([fix], outlook).outcome(["Keep the card form"])
        >>> format(outcome["added_orders"], ".0f"), format(outcome["payback_months"], ".1f")
        ('20 [20, 20] n=1000', '0.9 [0.9, 0.9] n=1000')
        """
        draws = self.draws(resources)
        months = draws.pop("payback_months")
        found = {measure: self._estimate(values) for measure, values in draws.items()}
        return found | self._payback(months)

    def _estimate(self, values: Array) -> Estimate:
        """Return mean and predictive interval of the draws."""
        low, high = np.percentile(values, self._tails)
        return Estimate(
            float(values.mean()),
            float(low),
            float(high),
            n=self.outlook.chain.customers,
            method=f"Monte Carlo of {len(values)} draws, predictive",
            se=float(values.std(ddof=1)),
            level=self.level,
        )

    def _payback(self, months: Array) -> dict[str, Estimate]:
        """Return the chance to pay back within the horizon, and the median of the months.

        A bound beyond the horizon is drawn in to it: what happens later is not forecast. A median
        beyond it is unknown.
        """
        n, horizon = self.outlook.chain.customers, float(self.outlook.horizon_months)
        if np.isnan(months).any():
            unknown = Estimate(nan, nan, nan, n=n, method="value not known", level=self.level)
            return {"payback_chance": unknown, "payback_months": unknown}
        chance = float((months <= horizon).mean())
        se = sqrt(chance * (1 - chance) / len(months))
        tail = self._tails
        # "higher" and "lower": no mean of a number and never.
        low = float(np.percentile(months, tail[0], method="lower"))
        high = float(np.percentile(months, tail[1], method="higher"))
        median = float(np.percentile(months, 50, method="higher"))
        known = median <= horizon
        return {
            "payback_chance": Estimate(
                chance, nan, nan, n, f"share of {len(months)} draws", se, level=self.level
            ),
            "payback_months": Estimate(
                median if known else nan,
                low if known else nan,
                min(high, horizon) if known else nan,
                n,
                f"median of {len(months)} draws, predictive",
                level=self.level,
            ),
        }

    @property
    def _tails(self) -> list[float]:
        """Percentiles at the ends of the interval."""
        tail = 50 * (1 - self.level)
        return [tail, 100 - tail]

    def _month_of(self, conversion: Array) -> Array:
        """Return the share that a later month would show, with the chance of its customers."""
        begun = np.maximum(1, np.rint(self.journeys)).astype(np.int64)
        rng = np.random.default_rng([self.seed, 1])
        return np.asarray(rng.binomial(begun, np.clip(conversion, 0, 1)) / begun, dtype=float)


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
        The journey's chain, its traffic, the values of an order and of a customer, the horizon.
    level
        Confidence level of the predictive intervals.
    seed
        Seed of the random generator.
    draws
        Number of Monte Carlo draws.

    Returns
    -------
    DataFrame
        One row a resource and measure: ``resource measure value low high n method se n_eff level``.

        - ``conversion_lift``: by how much the true conversion would rise; the interval holds what
          is unsure in the lift and in the sample that the chain is made of
        - ``expected_conversion``: the share that a later month would show; its interval also holds
          the chance of that month's customers, so that what is observed may be held against it
        - ``added_orders``, ``added_customers``, ``added_revenue``: a month
        - ``added_lifetime_value``: what the customers won over the horizon order in as many months
          from their first order on
        - ``net_value``: added revenue over the horizon less the cost
        - ``payback_chance``: chance that the net value is not below zero
        - ``payback_months``: median, unknown where it lies beyond the horizon

        What the outlook doesn't know is unknown here.

    Notes
    -----
    A lift is causal only where a pilot with a control stands behind it. Gains begin at once and
    stay as they are; money of later months counts in full.

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
    >>> found = forecast(fix, outlook).set_index("measure")["value"].round(6)
    >>> found[["conversion_lift", "added_orders", "added_revenue", "net_value"]].tolist()
    [0.1, 20.0, 1000.0, 11100.0]
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


def simulate(
    options: Sequence[Option],
    outlook: Outlook,
    *,
    level: float = 0.95,
    seed: int = 0,
    draws: int = 4000,
) -> Simulation:
    """Return draws of the chain, the traffic, the values, the costs and the lifts.

    Sampling error: each row of the chain is a Dirichlet of its counted moves; traffic and values
    are normal with their standard errors. Lifts are PERT of low, likely and high, and so are the
    multiples of the costs.

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
        {option.resource: pert_draws(*option.lift, rng, (draws,)) for option in options},
        normal(outlook.journeys),
        normal(outlook.order_value),
        level,
        np.minimum(1.0, normal(outlook.new_share)),
        normal(outlook.customer_value),
        {option.resource: pert_draws(*outlook.cost_multiple, rng, (draws,)) for option in options},
        seed,
    )


def _months_until(once: Array, a_month: Array) -> Array:
    """Return the months until a monthly gain has paid a cost back; infinite: never."""
    gains = a_month > 0
    months = np.where(gains, once / np.where(gains, a_month, 1.0), np.inf)
    months[(once == 0) & (a_month == 0)] = 0.0
    return np.where(np.isnan(once + a_month), nan, months)


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
