"""The models of how often customers buy, until when, and for how much: BG/NBD and Gamma-Gamma."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from cjm_lab.errors import ParameterError

Floats = npt.NDArray[np.float64]
#: Takes the logarithms of the parameters; returns the log-likelihood of each customer and its
#: derivatives by those logarithms, one column a parameter.
Likelihood = Callable[[Floats], tuple[Floats, Floats]]

#: Largest slope a customer at which a maximum counts as found.
_SLOPE = 1e-5
#: Largest standard error of a logarithm: beyond it a whole line of parameters fits equally well.
_FLAT = 5.0
#: Nearest that a parameter may come to a removable pole of the expectations.
_POLE = 1e-6
#: Largest a and b: beyond them the chances to leave hardly differ (by 10 %), or hardly anybody
#: leaves, and 2F1 overflows.
_LARGEST = 100.0, 300.0


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters with the largest likelihood.

    Parameters
    ----------
    names
        Names of the parameters.
    parameters
        Their values, all positive.
    covariance
        Covariance of their logarithms: the inverse of the observed information.
    scores
        Derivatives of each customer's log-likelihood by the logarithms, shape (n, parameters).
    log_likelihood
        Its largest value, the sum over customers.
    n
        Number of customers.
    """

    names: tuple[str, ...]
    parameters: Floats
    covariance: Floats
    scores: Floats
    log_likelihood: float
    n: int

    @property
    def se(self) -> Floats:
        """Standard errors of the parameters by the delta method."""
        return self.parameters * np.sqrt(np.diag(self.covariance))


def bg_nbd(frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike) -> Fit:
    """Return the BG/NBD model: orders at a rate, and a chance to leave for good after each.

    Rates vary between customers as Gamma(r, alpha), chances to leave as Beta(a, b).

    Parameters
    ----------
    frequency
        Number of repeat orders of each customer.
    recency
        Time from the first to the last order, 0 without a repeat order.
    age
        Time from the first order to the end of the record, in the unit of `recency`.

    Returns
    -------
    Fit
        r, alpha (in the unit of time), a, b.

    Raises
    ------
    ParameterError
        If nobody bought again, if the three don't fit together, or if the likelihood has no
        maximum that the data can tell from others.

    References
    ----------
    Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24,
    275-284, equation 6.

    Examples
    --------
    >>> bg_nbd([0, 0], [0, 0], [30, 20])
    Traceback (most recent call last):
    ...
    cjm_lab.errors.ParameterError: frequency must hold repeat orders, got 0; use a longer record
    """
    x, t_x, t = _columns(frequency, recency, age)
    if (x < 0).any() or (t_x > t).any() or ((x > 0) != (t_x > 0)).any():
        raise ParameterError(
            "recency must lie between 0 and age and be 0 only without repeat orders, got other"
            " values; make them with purchase_summary"
        )
    if not x.any():
        raise ParameterError("frequency must hold repeat orders, got 0; use a longer record")
    # In units of the mean age alpha is near 1, as the other parameters are.
    scale = t.mean()
    likelihood = _bg_nbd_likelihood(x, t_x / scale, t / scale)
    fit = _maximum("BG/NBD", ("r", "alpha", "a", "b"), likelihood)
    # The density of x arrivals has the unit time^-x.
    return _rescaled(fit, "alpha", scale, fit.log_likelihood - x.sum() * np.log(scale))


def gamma_gamma(frequency: npt.ArrayLike, monetary: npt.ArrayLike) -> Fit:
    """Return the Gamma-Gamma model: amounts vary around a customer's mean, means between customers.

    Parameters
    ----------
    frequency
        Number of repeat orders of each customer, at least 1.
    monetary
        Their mean amount, above 0.

    Returns
    -------
    Fit
        p, q, v (in the unit of the amounts).

    Raises
    ------
    ParameterError
        If an amount is not above zero, if all are alike, or if the likelihood has no maximum that
        the data can tell from others.

    References
    ----------
    Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, equation 1a.

    Examples
    --------
    >>> gamma_gamma([1, 2], [30.0, 30.0])
    Traceback (most recent call last):
    ...
    cjm_lab.errors.ParameterError: monetary must differ between customers, got 30 for all; ...
    """
    x, m = _columns(frequency, monetary)
    if not len(m):
        raise ParameterError("monetary must hold amounts, got none; use a longer record")
    if (x < 1).any() or not (m > 0).all():
        raise ParameterError(
            "frequency must be at least 1 and monetary above 0, got"
            f" {x.min():g} and {m.min():g}; leave out who never bought again"
        )
    if np.ptp(m) <= 1e-9 * m.max():
        raise ParameterError(
            f"monetary must differ between customers, got {m[0]:g} for all; none is needed"
        )
    scale = m.mean()
    fit = _maximum("Gamma-Gamma", ("p", "q", "v"), _gamma_gamma_likelihood(x, m / scale))
    return _rescaled(fit, "v", scale, fit.log_likelihood - len(m) * np.log(scale))


def p_alive(
    parameters: Sequence[float] | Floats,
    frequency: npt.ArrayLike,
    recency: npt.ArrayLike,
    age: npt.ArrayLike,
) -> Floats:
    """Return the chance of each customer to be still a customer.

    One who bought once has 1 by construction: in BG/NBD nobody leaves before a repeat order.

    Parameters
    ----------
    parameters
        r, alpha, a, b.
    frequency, recency, age
        As in `bg_nbd`.

    References
    ----------
    Fader, Hardie & Lee (2008), Computing P(alive) Using the BG/NBD Model.

    Examples
    --------
    With r = alpha = a = b = 1, one repeat order at time 1 of 3: 1 / (1 + (4 / 2)^2).

    >>> p_alive([1, 1, 1, 1], [0, 1], [0, 1], [3, 3]).tolist()
    [1.0, 0.2]
    """
    r, alpha, a, b = parameters
    x, t_x, t = _columns(frequency, recency, age)
    gone = np.log(a) - np.log(b + x.clip(1) - 1) + (r + x) * np.log((alpha + t) / (alpha + t_x))
    return np.where(x > 0, special.expit(-gone), 1.0)


def expected_orders(
    parameters: Sequence[float] | Floats,
    frequency: npt.ArrayLike,
    recency: npt.ArrayLike,
    age: npt.ArrayLike,
    ahead: float,
) -> Floats:
    """Return how many orders each customer is expected to make in the time `ahead`.

    A customer with 0, 0, 0 is a new one: what follows is expected beside the first order.

    Parameters
    ----------
    parameters
        r, alpha, a, b.
    frequency, recency, age
        As in `bg_nbd`.
    ahead
        Length of the time ahead, in the unit of `age`.

    References
    ----------
    Fader, Hardie & Lee (2005), equations 9 and 10, with Euler's transformation of 2F1, so that no
    factor overflows for customers with many orders.

    Examples
    --------
    >>> expected_orders([1, 1, 2, 1], [0], [0], [0], 3.0).round(4).tolist()  # 2 (1 - ln 4 / 3)
    [1.0758]
    """
    r, alpha, a, b = parameters
    x, t_x, t = _columns(frequency, recency, age)
    shrink = min(1.0, _LARGEST[0] / a, _LARGEST[1] / b)
    a, b = _off(a * shrink, 1.0), b * shrink
    b = _off(a + b, 1.0) - a
    z = ahead / (alpha + t + ahead)
    c = a + b + x - 1
    late = (1 - z) ** (a - 1) * special.hyp2f1(a + b - 1 - r, a - 1, c, z)
    orders = c / (a - 1) * (1 - late)
    return orders * p_alive(parameters, x, t_x, t)


def expected_amount(
    parameters: Sequence[float] | Floats, frequency: npt.ArrayLike, monetary: npt.ArrayLike
) -> Floats:
    """Return the amount an order of each customer is expected to have.

    It lies between the customer's own mean and that of all, nearer to the own the more orders there
    are. Where the variation between customers has no mean (q not above 1), that of a customer
    without repeat orders is infinite.

    Parameters
    ----------
    parameters
        p, q, v.
    frequency
        Number of repeat orders, 0 for a customer of whom nothing is known.
    monetary
        Their mean amount; without meaning where `frequency` is 0.

    References
    ----------
    Fader & Hardie (2013), equation 5.

    Examples
    --------
    >>> expected_amount([2, 3, 20], [0, 2], [0.0, 50.0]).tolist()  # 40 / 2, 2 (20 + 100) / (4 + 2)
    [20.0, 40.0]
    """
    p, q, v = parameters
    x, m = _columns(frequency, monetary)
    total = np.where(x > 0, x * m, 0.0)
    below = p * x + q - 1
    return np.where(below > 0, p * (v + total) / np.where(below > 0, below, 1.0), np.inf)


def _bg_nbd_likelihood(x: Floats, t_x: Floats, t: Floats) -> Likelihood:
    """Return the log-likelihood of BG/NBD."""
    psi, again = special.psi, x > 0
    others = x.clip(1) - 1

    def likelihood(logs: Floats) -> tuple[Floats, Floats]:
        r, alpha, a, b = np.exp(logs)
        stays, leaves = np.log(alpha + t), np.log(alpha + t_x)
        rate = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
        kept = special.betaln(a, b + x) - special.betaln(a, b)
        alive = -(r + x) * stays
        gone = np.where(again, np.log(a) - np.log(b + others) - (r + x) * leaves, -np.inf)
        either = np.logaddexp(alive, gone)
        left = np.exp(gone - either)
        slopes = [
            psi(r + x) - psi(r) + np.log(alpha) - (1 - left) * stays - left * leaves,
            r / alpha - (r + x) * ((1 - left) / (alpha + t) + left / (alpha + t_x)),
            psi(a + b) - psi(a + b + x) + left / a,
            psi(a + b) - psi(a + b + x) + psi(b + x) - psi(b) - left / (b + others),
        ]
        return rate + kept + either, np.column_stack(slopes) * np.exp(logs)

    return likelihood


def _gamma_gamma_likelihood(x: Floats, m: Floats) -> Likelihood:
    """Return the log-likelihood of Gamma-Gamma."""
    psi, gammaln = special.psi, special.gammaln

    def likelihood(logs: Floats) -> tuple[Floats, Floats]:
        p, q, v = np.exp(logs)
        total = np.log(x * m + v)
        each = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * logs[2]
        each = each + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * total
        slopes = [
            x * (psi(p * x + q) - psi(p * x) + np.log(m * x) - total),
            psi(p * x + q) - psi(q) + logs[2] - total,
            q / v - (p * x + q) / (x * m + v),
        ]
        return each, np.column_stack(slopes) * np.exp(logs)

    return likelihood


def _maximum(model: str, names: tuple[str, ...], likelihood: Likelihood) -> Fit:
    """Return the fit with the largest likelihood, or refuse."""
    from scipy import optimize

    def loss(logs: Floats) -> tuple[float, Floats]:
        each, slopes = likelihood(logs)
        return -float(each.mean()), -slopes.mean(axis=0)

    # Far from the maximum a step may overflow: the line search then takes a shorter one.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = optimize.minimize(
            loss, np.zeros(len(names)), jac=True, method="BFGS", options={"gtol": 1e-7}
        )
        steps = 1e-4 * np.eye(len(names))
        curves = [(loss(found.x + h)[1] - loss(found.x - h)[1]) / 2e-4 for h in steps]
    information = (np.array(curves) + np.array(curves).T) / 2
    # The flag of BFGS also falls when rounding stops it at the maximum, hence slope and curvature.
    each, scores = likelihood(found.x)
    top = np.isfinite(information).all() and np.abs(found.jac).max() < _SLOPE
    curved = top and np.linalg.eigvalsh(information)[0] > 0
    covariance = np.linalg.inv(information) / len(each) if curved else np.full((1, 1), np.inf)
    if np.diag(covariance).max() > _FLAT**2:
        got = ", ".join(f"{n} {v:.3g}" for n, v in zip(names, np.exp(found.x), strict=True))
        raise ParameterError(
            f"the likelihood of {model} must have one maximum, got none near {got}; these orders"
            " don't determine the model: use a longer record or more customers"
        )
    return Fit(
        names=names,
        parameters=np.exp(found.x),
        covariance=covariance,
        scores=scores,
        log_likelihood=float(each.sum()),
        n=len(each),
    )


def _rescaled(fit: Fit, name: str, scale: float, log_likelihood: float) -> Fit:
    """Return the fit in the unit of the data: logarithms move, their covariance stays."""
    parameters = np.where(np.array(fit.names) == name, scale, 1.0) * fit.parameters
    return Fit(fit.names, parameters, fit.covariance, fit.scores, log_likelihood, fit.n)


def _columns(*columns: npt.ArrayLike) -> list[Floats]:
    """Return columns as floats of one length."""
    return [np.atleast_1d(np.asarray(column, dtype=float)) for column in columns]


def _off(value: float, pole: float) -> float:
    """Return the value, moved away from a removable pole."""
    return pole + _POLE if abs(value - pole) < _POLE else value
