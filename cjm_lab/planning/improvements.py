"""Improvements that the journey's Markov chain can carry on to the goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, no_estimate, z_value
from cjm_lab.planning.pert import pert_mean

if TYPE_CHECKING:
    from cjm_lab.metrics.chain import MarkovChain

Array = npt.NDArray[np.float64]

#: The measure whose lift the chain can carry on to the goal.
FORECAST_MEASURE = "conversion"

_UNKNOWN = no_estimate("not known")

#: The columns of a lift.
LIFT = ["lift_low", "lift_likely", "lift_high"]

#: From the ends of a 95 % interval to those of a PERT distribution with the same standard error.
_FROM_INTERVAL = sqrt(7) / z_value(0.95)


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
    new_share
        Share of those who convert that were no customers before; ``nan`` where unknown, and then
        no customers are forecast.
    customer_value
        What a new customer orders in as many months as the horizon has, the first order included;
        ``nan`` where unknown, and then no lifetime value is forecast.
    cost_range
        Multiples of a stated cost that it may turn out to be (PERT, most likely 1); None: as
        stated.
    """

    chain: MarkovChain
    journeys: Estimate
    order_value: Estimate
    horizon_months: int = 12
    note: str = ""
    new_share: Estimate = _UNKNOWN
    customer_value: Estimate = _UNKNOWN
    cost_range: tuple[float, float] | None = None

    @property
    def cost_multiple(self) -> tuple[float, float, float]:
        """Lowest, most likely and highest multiple of a stated cost."""
        low, high = self.cost_range or (1.0, 1.0)
        return low, 1.0, high


@dataclass(frozen=True, slots=True)
class Option:
    """An improvement that the chain can carry on: where, by how much, at what cost.

    `effort` is in person-weeks of its `owner`, ``nan`` where nobody said.
    """

    resource: str
    touchpoints: tuple[str, ...]
    lift: tuple[float, float, float]
    cost_once: float
    cost_month: float
    owner: str = ""
    effort: float = 0.0

    def cost(self, months: int) -> float:
        """Return what it costs over that many months."""
        return self.cost_once + self.cost_month * months

    @property
    def expected_lift(self) -> float:
        """Mean of the PERT distribution."""
        return pert_mean(self.lift)


def touchpoints_in(cell: str) -> list[str]:
    """Return the touchpoint ids in a cell of resources.csv, between semicolons or blanks.

    Examples
    --------
    >>> touchpoints_in("cup; pot")
    ['cup', 'pot']
    """
    return cell.replace(";", " ").split()


def check_lifts(resources: pd.DataFrame) -> None:
    """Refuse lifts whose low, likely and high value are not in that order.

    Raises
    ------
    ParameterError
        With the first such resource.
    """
    low, likely, high = (resources[bound] for bound in LIFT)
    wrong = resources[(low > likely) | (likely > high) | (low > high)]
    if len(wrong):
        row = wrong.iloc[0]
        got = ", ".join(f"{row[bound]:g}" for bound in LIFT)
        raise ParameterError(
            f"lift_low <= lift_likely <= lift_high must hold, got {got} "
            f"(resource {row['resource']!r})"
        )


def options_of(resources: pd.DataFrame, chain: MarkovChain) -> list[Option]:
    """Return the resources whose lift the chain can carry on, in the order of the table.

    Of a pilot the table holds the 95 % interval. A PERT distribution between its ends would be
    surer than the pilot, so they are moved out until its standard deviation is the pilot's standard
    error: that of a symmetric one is its width / (2 sqrt 7).

    Raises
    ------
    ParameterError
        If a lift's low, likely and high value are not in that order.
    """
    usable = resources[
        (resources["measure"] == FORECAST_MEASURE) & resources[LIFT].notna().all(axis=1)
    ]
    check_lifts(usable)
    options = []
    for row in usable.to_dict("records"):
        low, likely, high = (float(row[bound]) for bound in LIFT)
        named = touchpoints_in(row["touchpoints"])
        places = tuple(dict.fromkeys(name for name in named if name in chain.touchpoints))
        if row.get("lift_source") == "pilot":
            low, high = (likely + (end - likely) * _FROM_INTERVAL for end in (low, high))
        if places:
            options.append(option_of(row, places, (low, likely, high)))
    return options


def option_of(
    row: Mapping[Any, Any], places: tuple[str, ...], lift: tuple[float, float, float]
) -> Option:
    """Return a row of resources as an option; of two costs one may be blank: no such cost."""
    once, month = row["cost_once"], row["cost_month"]
    if not isnan(once) or not isnan(month):
        once, month = np.nan_to_num(once), np.nan_to_num(month)
    effort = float(row.get("effort", np.nan))
    return Option(
        row["resource"], places, lift, float(once), float(month), row.get("owner", ""), effort
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
            won = won_back(lift, _lost(chain, touchpoint))
            kept[touchpoint] = kept.get(touchpoint, 1.0) * (1 - won)
    points: Mapping[str, Any] = {t: _lost(chain, t) * (1 - part) for t, part in kept.items()}
    if not points:
        first = chain.touchpoints[0]
        return chain.with_lift(first, np.zeros_like(_lost(chain, first)))
    *before, last = points
    return chain.lifted({t: points[t] for t in before}).with_lift(last, points[last])


def won_back(lift: Any, lost: Any) -> Any:
    """Return the part of those lost at a touchpoint that a lift wins back, all of them at most."""
    return np.minimum(lift / np.where(lost > 0, lost, 1.0), 1.0)


def _lost(chain: MarkovChain, touchpoint: str) -> Array:
    """Return the share of visits to a touchpoint after which the customer is lost."""
    return chain.moves[..., chain.touchpoints.index(touchpoint), -1]
