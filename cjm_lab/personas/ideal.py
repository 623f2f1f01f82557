"""The ideal customer: which attributes go with value, and how far to trust a score made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, benjamini_hochberg, mean, no_estimate, share
from cjm_lab.estimate.intervals import z_value
from cjm_lab.personas.agreement import area_under_curve, recalibrated
from cjm_lab.personas.profiles import suppressed
from cjm_lab.study.attributes import categories, usable_columns
from cjm_lab.surveys.base import SMALL_BASE
from cjm_lab.words import listed, number, shown

Floats = npt.NDArray[np.float64]

#: Customers are scored by models of the others, made so many times.
FOLDS = 10
#: Fewer customers than this, or fewer of either kind, don't carry a model.
FEWEST, FEWEST_OF_A_KIND = 50, 20
#: Differences with an adjusted p value below this are named.
CLEAR = 0.05
#: People are rarely told apart so well by what doesn't follow from the value itself.
SUSPICIOUS = 0.95
_UNKNOWN, _RARE = "not known", "all others, not shown"
_EFFECTS = [
    "attribute", "category", "n", "share", "share_low", "share_high", "value", "low", "high", "p",
    "p_adjusted",
]  # fmt: skip
_BINS = ["score", "predicted", "value", "low", "high", "n"]


@dataclass(frozen=True)
class IdealCustomer:
    """What `ideal_customer` found.

    Parameters
    ----------
    target
        What was looked for, in words.
    base
        Share of the customers of whom it is true.
    scores
        Fit score from 0 to 100 by customer id: the chance, in percent, that it is true, by a model
        that didn't see this customer. A list of people: it belongs in data/processed.
    table
        One row an attribute and category: n, ``share`` of them of whom it is true (Wilson), and
        ``value low high``, the difference in predicted share between all being of this category and
        all being of the others, the other attributes left as they are; p, p_adjusted
        (Benjamini-Hochberg).
    calibration
        One row a group of customers with a similar score: ``score`` (the range), ``predicted``
        (mean), ``value low high`` (the share of whom it is true, Wilson), n.
    auc, brier, slope, intercept
        How well the scores part customers (.5 is a coin); mean squared error; the calibration
        slope (1 is right, less is too sure of itself) and intercept (0 is right).
    found
        Whether anything goes with value: not where the interval of `auc` holds .5.
    explanation
        The result in plain words.
    """

    target: str
    base: Estimate
    scores: pd.Series
    table: pd.DataFrame
    calibration: pd.DataFrame
    auc: Estimate
    brier: Estimate
    slope: Estimate
    intercept: Estimate
    found: bool
    explanation: str

    @property
    def summary(self) -> pd.DataFrame:
        """The four figures of the score: measure, value, low, high, n, method."""
        named = {
            "AUC": self.auc, "Brier score": self.brier, "calibration slope": self.slope,
            "calibration intercept": self.intercept,
        }  # fmt: skip
        return pd.DataFrame(
            [(name, e.value, e.low, e.high, e.n, e.method) for name, e in named.items()],
            columns=["measure", "value", "low", "high", "n", "method"],
        )


def ideal_customer(
    customers: pd.DataFrame,
    value: pd.Series,
    *,
    columns: Sequence[str] | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> IdealCustomer:
    """Return which attributes go with value or retention, and a fit score with its calibration.

    Parameters
    ----------
    customers
        One row a customer, with ``customer_id``.
    value
        By customer id: money in a period (then the most valuable quarter is looked for), or a bool
        such as being a customer still. Customers without one are left out.
    columns
        Attributes to look at; by default all that tell kinds of people. Leave out what
        follows from value, such as the number of orders.
    seed
        Of the split of the customers.
    level
        Confidence level.

    Returns
    -------
    IdealCustomer
        "Nothing goes with value" is a result.

    Raises
    ------
    ParameterError
        If a column is missing, or a customer occurs twice.

    Notes
    -----
    Logistic regression with a ridge penalty of 1 on the categories (numbers in quarters, "not
    known" a category, those of fewer than 5 people taken together and not shown). Each score comes
    from a model of nine tenths of the customers that the scored one isn't among. Intervals of the
    differences are by the sandwich of one model of all customers; the attributes are assumed to
    add up. All of it is association: whoever is made to resemble the ideal customer need not become
    one.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837-845; Van Calster et al. (2019), BMC
    Medicine 17:230 (calibration); Lane & Nelder (1982), Biometrics 38, 613-621 (average predicted
    differences).

    Examples
    --------
    Of 100 in offices 80 stay, of 100 at home 30.

    >>> people = pd.DataFrame({"customer_id": range(200), "place": ["office", "home"] * 100,
    ...                        "city": ["Bari", "Bari", "Rome", "Rome"] * 50})
    >>> stays = pd.Series([i // 2 < (80 if i % 2 == 0 else 30) for i in range(200)])
    >>> found = ideal_customer(people, stays)
    >>> found.table[["attribute", "category", "share"]].values.tolist()[:2]
    [['place', 'home', 0.3], ['place', 'office', 0.8]]
    """
    columns = usable_columns(customers) if columns is None else list(columns)
    for column in ["customer_id", *columns]:
        if column not in customers.columns:
            raise ParameterError(one_of("column", list(customers.columns), column))
    for ids in (pd.Index(customers["customer_id"]), value.index):
        if not ids.is_unique:
            raise ParameterError(
                "each customer must occur once, got "
                f"{ids[ids.duplicated()][0]} twice; drop or add up the repeats"
            )
    known = value.dropna()
    people = customers[customers["customer_id"].isin(known.index)]
    known = known.reindex(people["customer_id"])
    target, words = _target(known)
    kinds = _kinds(people, columns)
    n, true = len(people), int(target.sum())
    base = share(true, n, level=level)
    if n < FEWEST or min(true, n - true) < FEWEST_OF_A_KIND or kinds.shape[1] == 0:
        return _too_few(words, base, kinds.shape[1], level)
    x = pd.get_dummies(kinds, prefix_sep="\x1f").to_numpy(dtype=float)
    predicted = _out_of_fold(x, target, seed)
    auc = area_under_curve(predicted, target, level=level)
    slope, intercept = recalibrated(predicted, target, level=level)
    brier = replace(mean((predicted - target) ** 2, level=level), method="mean squared error")
    table = _effects(kinds, x, target, level)
    ids = pd.Index(people["customer_id"], name="customer_id")
    found = auc.value > 0.5 and not auc.low <= 0.5  # wholly parted, there is no interval
    return IdealCustomer(
        words,
        base,
        pd.Series(100 * predicted, index=ids, name="fit"),
        table,
        _calibration(predicted, target, level),
        auc,
        brier,
        slope,
        intercept,
        found,
        _explanation(words, base, auc, slope, table, found),
    )


def _target(value: pd.Series) -> tuple[Floats, str]:
    """Return of whom it is true, and what: a bool itself, or being in the upper quarter."""
    if pd.api.types.is_bool_dtype(value.infer_objects()):  # a bool with gaps is of objects
        return value.to_numpy(dtype=float), str(value.name or "true")
    numbers = value.to_numpy(dtype=float)
    bound = float(np.quantile(numbers, 0.75)) if len(numbers) else nan
    name = value.name or "value"
    if (numbers > bound).any():  # where many are alike, such as 0, they are below, not above
        return (numbers > bound).astype(float), f"{name} above {number(bound)}"
    return (numbers >= bound).astype(float), f"{name} of {number(bound)}"


def _kinds(people: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the attributes as categories, "not known" one of them, rare ones taken together."""
    kinds = categories(people, columns)
    for column in columns:
        text = kinds[column].astype("str").fillna(_UNKNOWN)
        kinds[column] = text.mask(text.map(suppressed(text.value_counts())), _RARE)
    return kinds.loc[:, kinds.nunique() > 1]


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=100)


def _out_of_fold(x: Floats, target: Floats, seed: int) -> Floats:
    """Return each customer's chance by a model of customers in the other folds."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    chance = cross_val_predict(_model(), x, target, cv=folds, method="predict_proba")
    return np.asarray(chance[:, 1], dtype=float)


def _effects(kinds: pd.DataFrame, x: Floats, target: Floats, level: float) -> pd.DataFrame:
    """Return each category's share, and what it changes other attributes being equal."""
    from scipy import stats

    fitted = _model().fit(x, target)
    beta = np.concatenate([fitted.intercept_, fitted.coef_[0]])
    design = np.column_stack([np.ones(len(target)), x])
    influence = _influence(design, beta, target)
    rows: list[tuple[object, ...]] = []
    first = 1
    for column in kinds:
        names = sorted(kinds[column].unique())
        own = slice(first, first + len(names))
        first += len(names)
        for place, (effect, se) in enumerate(_average_differences(design, beta, influence, own)):
            members = design[:, own][:, place]
            seen = share(int(target @ members), int(members.sum()), level=level)
            low, high = (effect + side * z_value(level) * se for side in (-1, 1))
            p = 2 * stats.norm.sf(abs(effect) / se)
            about = (column, names[place], seen.n, seen.value, seen.low, seen.high)
            rows.append((*about, effect, max(-1.0, low), min(1.0, high), p))
    table = pd.DataFrame(rows, columns=_EFFECTS[:-1])
    table = table[table["category"] != _RARE].reset_index(drop=True)
    return table.assign(p_adjusted=benjamini_hochberg(table["p"].to_numpy(dtype=float)))


def _influence(design: Floats, beta: Floats, target: Floats) -> Floats:
    """Return how much each customer moves each coefficient, times their number."""
    p = _logistic(design @ beta)
    penalty = np.diag([0.0] + [1.0] * (len(beta) - 1))
    hessian = (design * (p * (1 - p))[:, None]).T @ design + penalty
    moved = np.linalg.solve(hessian, (design * (target - p)[:, None]).T)
    return np.asarray(moved.T * len(target))


def _average_differences(
    design: Floats, beta: Floats, influence: Floats, own: slice
) -> list[tuple[float, float]]:
    """Return the average predicted difference of each category of an attribute, and its SE.

    Each customer counts twice: as one of those averaged over, and through the coefficients.
    """
    n, members = len(design), design[:, own]
    rest = design @ beta - members @ beta[own]
    if_all = _logistic(rest[:, None] + beta[own])
    weight = if_all * (1 - if_all)
    gradients = weight.T @ design / n  # of each average prediction by the coefficients
    gradients[:, own] = np.diag(weight.mean(axis=0))
    through = influence @ gradients.T
    counts = members.sum(axis=0)
    found = []
    for place in range(len(counts)):
        against = -counts / (n - counts[place])  # the others as often as they are
        against[place] = 1.0
        differences = if_all @ against
        effect = float(differences.mean())
        each = differences - effect + through @ against
        found.append((effect, float(np.sqrt((each**2).sum()) / n)))
    return found


def _calibration(predicted: Floats, target: Floats, level: float) -> pd.DataFrame:
    """Return predicted beside observed in tenths of the customers, fewer where they are few."""
    bins = min(10, max(1, len(target) // SMALL_BASE))
    group = np.nan_to_num(pd.qcut(predicted, bins, labels=False, duplicates="drop"))  # all alike
    rows = []
    for _, part in pd.DataFrame({"p": predicted, "y": target}).groupby(group):
        e = share(int(part["y"].sum()), len(part), level=level)
        ends = f"{100 * part['p'].min():.0f} to {100 * part['p'].max():.0f}"
        rows.append((ends, part["p"].mean(), e.value, e.low, e.high, e.n))
    return pd.DataFrame(rows, columns=_BINS)


def _explanation(
    words: str, base: Estimate, auc: Estimate, slope: Estimate, table: pd.DataFrame, found: bool
) -> str:
    """Return the result in plain words, and what it isn't."""
    parts = f"an AUC of {auc:.2f}, where .5 is a coin"
    whole = f"{words} is true of {shown(base, 'share').full} of the customers"
    if not found:
        return (
            f"Nothing goes with value: {whole}, and these attributes tell them from the others no "
            f"better than chance ({parts}). Don't aim at an ideal customer by them."
        )
    clear = table[table["p_adjusted"] < CLEAR]
    clear = clear.reindex(clear["value"].abs().sort_values(ascending=False, kind="stable").index)
    names = [
        f"{row['attribute']} {row['category']} "
        f"({shown(_difference_of(row), 'share', change=True).value})"
        for _, row in clear.head(4).iterrows()
    ]
    told = (
        f"What goes with it most, other attributes being equal: {listed(names)}; "
        f"{len(table)} categories were compared, p corrected for that."
        if names
        else "No single attribute stands out; it is their sum."
    )
    trust = "The scores can be read as percent."
    if slope.has_interval and slope.high < 1:
        trust = "High scores are too high and low ones too low: read them as a ranking."
    elif slope.has_interval and slope.low > 1:
        trust = "The scores are too cautious: high ones are too low and low ones too high."
    if auc.value >= SUSPICIOUS:
        trust += " That is suspiciously well: look for an attribute that only follows from value."
    return (
        f"{whole}. The fit score, made for each customer by a model of others, tells them apart "
        f"with {parts}. {told} {trust} This is association, not cause: who is made to resemble "
        "these customers need not become as valuable."
    )


def _difference_of(row: pd.Series) -> Estimate:
    return Estimate(row["value"], row["low"], row["high"], n=int(row["n"]), method="sandwich")


def _too_few(words: str, base: Estimate, attributes: int, level: float) -> IdealCustomer:
    none = no_estimate("too few customers", n=base.n, level=level)
    why = (
        f"{base.n} customers, {words} true of {round(base.value * base.n) if base.n else 0}, are "
        f"too few; it takes {FEWEST}, and {FEWEST_OF_A_KIND} of either kind"
        if attributes
        else "no attribute varies between the customers"
    )
    return IdealCustomer(
        words,
        base,
        pd.Series([], dtype="float64", name="fit"),
        pd.DataFrame(columns=_EFFECTS),
        pd.DataFrame(columns=_BINS),
        auc=none,
        brier=none,
        slope=none,
        intercept=none,
        found=False,
        explanation=f"What goes with value can't be told: {why}.",
    )


def _logistic(x: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(x), dtype=float)
