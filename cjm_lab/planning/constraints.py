"""What a set of improvements must hold, may not hold together, and what people have time for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.planning.improvements import Option
from cjm_lab.planning.whole_sets import subset_sums
from cjm_lab.words import listed

Flags = npt.NDArray[np.bool_]

#: Person-weeks and money are sums of typed numbers: nobody means the last digit of a float.
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Constraints:
    """Names that must be bought, lists of which at most one is, person-weeks by owner."""

    must_have: tuple[str, ...] = ()
    either_or: tuple[tuple[str, ...], ...] = ()
    capacity: Mapping[str, float] = field(default_factory=dict)

    def met_by_all(self, options: Sequence[Option]) -> Flags:
        """Return for every set of options whether it holds; see `subset_sums` for the order."""
        met = np.ones(1 << len(options), dtype=bool)
        for row, least, most in self._rows(options):
            sums = subset_sums(row)
            met &= (sums >= least - TOLERANCE) & (sums <= most + TOLERANCE)
        return met

    def met_by(self, options: Sequence[Option], inside: Flags) -> Flags:
        """Return for some sets, (sets, options), whether each holds."""
        met = np.ones(len(inside), dtype=bool)
        for row, least, most in self._rows(options):
            sums = inside @ np.array(row)
            met &= (sums >= least - TOLERANCE) & (sums <= most + TOLERANCE)
        return met

    def broken(self, options: Sequence[Option]) -> str:
        """Say why no set can hold at any budget, empty if one can."""
        must = [option for option in options if option.resource in self.must_have]
        names = {option.resource for option in must}
        for group in self.either_or:
            both = [name for name in group if name in names]
            if len(both) > 1:
                return f"{listed(both)} must be had, but only one of them may"
        for owner, weeks in self.capacity.items():
            needed = sum(_weeks(option) for option in must if option.owner == owner)
            if needed > weeks + TOLERANCE:
                return (
                    f"what must be had takes {needed:g} person-weeks of {owner}, who has {weeks:g}"
                )
        return ""

    def refused(self, bought: Sequence[Option], option: Option) -> str:
        """Say why an option may not join a set, empty if it may."""
        names = [one.resource for one in bought]
        for group in self.either_or:
            rivals = [name for name in names if name in group and option.resource in group]
            if rivals:
                return f"either this or {rivals[0]}"
        if option.owner in self.capacity:
            weeks = sum(_weeks(one) for one in (*bought, option) if one.owner == option.owner)
            limit = self.capacity[option.owner]
            if weeks > limit + TOLERANCE:
                return f"{option.owner} would need {weeks:g} person-weeks and has {limit:g}"
        return ""

    def unsaid(self, options: Sequence[Option]) -> list[str]:
        """Say whose person-weeks nobody stated although they are limited."""
        return [
            f"the person-weeks of {option.resource} are not known: none are counted"
            for option in options
            if option.owner in self.capacity and isnan(option.effort)
        ]

    def _rows(self, options: Sequence[Option]) -> Iterable[tuple[list[float], float, float]]:
        """Yield what is summed over a set, the least and the most that the sum may be."""
        names = [option.resource for option in options]
        must = [float(name in self.must_have) for name in names]
        if any(must):
            yield must, sum(must), sum(must)
        for group in self.either_or:
            yield [float(name in group) for name in names], 0.0, 1.0
        for owner, weeks in self.capacity.items():
            yield [_weeks(o) if o.owner == owner else 0.0 for o in options], 0.0, weeks


def constraints_of(
    resources: pd.DataFrame,
    *,
    must_have: Iterable[str] = (),
    either_or: Iterable[Collection[str]] = (),
    capacity: Mapping[str, float] | None = None,
) -> Constraints:
    """Return the constraints, their names checked against the table of resources.

    Raises
    ------
    ParameterError
        If a resource or an owner is not in the table, or person-weeks are below 0.

    Examples
    --------
    >>> table = pd.DataFrame({"resource": ["Card form"], "owner": ["Shop"]})
    >>> constraints_of(table, must_have=["Card from"])
    Traceback (most recent call last):
    cjm_lab.errors.ParameterError: must_have must be one of ['Card form'], got 'Card from' \
(resources); did you mean 'Card form'?
    """
    known = resources["resource"].tolist()
    groups = tuple(tuple(group) for group in either_or)
    must = tuple(must_have)
    for place, names in (("must_have", must), *(("either_or", group) for group in groups)):
        for name in names:
            if name not in known:
                raise ParameterError(one_of(place, known, name, "resources"))
    weeks = dict(capacity or {})
    owners = sorted({owner for owner in resources["owner"] if owner}) if weeks else []
    for owner, limit in weeks.items():
        if owner not in owners:
            raise ParameterError(one_of("capacity", owners, owner, "owners of resources"))
        if not limit >= 0:
            raise ParameterError(f"capacity must be 0 or more, got {limit:g} (owner {owner!r})")
    return Constraints(must, groups, weeks)


def _weeks(option: Option) -> float:
    """Return the person-weeks of an option; unknown ones count none."""
    return 0.0 if isnan(option.effort) else option.effort
