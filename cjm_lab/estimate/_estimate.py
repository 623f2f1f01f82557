"""The Estimate: a value with its interval, its n and the name of its method."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isnan, log10, nan


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval.

    Parameters
    ----------
    value
        The estimate itself; ``nan`` when there was nothing to estimate from.
    low, high
        Bounds of the interval, in the unit of `value`; ``nan`` where no honest interval exists, and
        then `method` says why (``"bias unknown"``).
    n
        Number of independent answers, customers or mentions behind the value.
    method
        Name of the formula.
    se
        Standard error in the unit of `value`, where the method has one.
    n_eff
        Effective number of answers, where weights were used: Kish's, or for a share of a complex
        design the one with its standard error.
    level
        Confidence level of the interval.

    Examples
    --------
    >>> print(Estimate(34.19, 29.209, 38.943, n=895, method="adjusted Wald"))
    34.2 [29.2, 38.9] n=895
    >>> f"{Estimate(0.2, 0.0524, 0.3339, n=150, method='Newcombe'):%}"
    '20 % [5, 33] n=150'
    """

    value: float
    low: float
    high: float
    n: int
    method: str
    se: float = nan
    n_eff: float = nan
    level: float = 0.95

    @property
    def has_interval(self) -> bool:
        """Whether both bounds are known."""
        return not (isnan(self.low) or isnan(self.high))

    def __str__(self) -> str:
        """Print value, interval and n with the digits that the interval's width deserves."""
        return format(self, f".{self._digits()}f")

    def __format__(self, spec: str) -> str:
        """Format every number by `spec`; ``%`` gives whole percents, an empty one ``str()``."""
        if not spec:
            return str(self)
        if isnan(self.value):
            return f"no answers n={self.n}"
        if spec == "%":
            digits = 0 if self.has_interval and self.high - self.low >= 0.01 else 1
            spec, factor, unit = f".{digits}f", 100.0, " %"
        else:
            factor, unit = 1.0, ""
        number = f"{format(self.value * factor, spec)}{unit}"
        if not self.has_interval:
            return f"{number} ({self.method}) n={self.n}"
        low, high = format(self.low * factor, spec), format(self.high * factor, spec)
        return f"{number} [{low}, {high}] n={self.n}"

    def _digits(self) -> int:
        """Two significant digits of the interval's width, one decimal at the least."""
        width = self.high - self.low
        if isnan(width) or width <= 0:
            return 2
        return max(1, min(6, 1 - floor(log10(width))))


def no_estimate(method: str, n: int = 0, level: float = 0.95) -> Estimate:
    """Return the Estimate of nothing: value and interval unknown.

    Examples
    --------
    >>> print(no_estimate("Wilson"))
    no answers n=0
    """
    return Estimate(nan, nan, nan, n=n, method=method, level=level)
