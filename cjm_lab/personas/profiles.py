"""Who belongs to each segment: size, and what it has more or less often than the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import benjamini_hochberg, share
from cjm_lab.personas.segments import Segments
from cjm_lab.study.attributes import categories, usable_columns
from cjm_lab.surveys.base import FEWEST_PEOPLE

_COLUMNS = [
    "segment", "attribute", "category", "value", "low", "high", "n", "others", "index", "p",
    "p_adjusted", "how",
]  # fmt: skip


def profile(
    customers: pd.DataFrame,
    segments: Segments | pd.Series,
    columns: Sequence[str] | None = None,
    *,
    made_from: Collection[str] = (),
    level: float = 0.95,
) -> pd.DataFrame:
    """Return each segment's size and the shares of its attributes beside those of the others.

    Attributes that made the segments are described only: testing them would find what was put in.
    Categories of fewer than five people are suppressed, and with them the next smallest where the
    rest would give them away.

    Parameters
    ----------
    customers
        One row a customer.
    segments
        What `segment` found, or the segment or persona of each customer, ``""`` for none.
    columns
        Attributes to look at; by default all that tell kinds of people.
    made_from
        Attributes that made the segments, where `segments` doesn't say it itself.
    level
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        segment, attribute (``""`` in the row of the size), category, value low high (share within
        the segment, Wilson), n (people of the segment whose attribute is known), others (share
        among the others), index (value / others), p (two-sided z test of two shares, pooled),
        p_adjusted (Benjamini-Hochberg over all tests) and how: size, described, tested.

    Raises
    ------
    ParameterError
        If a column is missing.

    References
    ----------
    Wilson (1927); Benjamini & Hochberg (1995).

    Examples
    --------
    >>> people = pd.DataFrame({"device": ["phone"] * 9 + ["desktop"] * 11})
    >>> who = pd.Series(["young"] * 10 + [""] * 10)
    >>> table = profile(people, who, ["device"])
    >>> table[["attribute", "category", "value", "others"]].values.tolist()[0]
    ['', '', 0.5, nan]
    """
    if isinstance(segments, Segments):
        made_from, labels = {*made_from, *segments.columns}, segments.labels
    else:
        labels = segments
    columns = usable_columns(customers) if columns is None else columns
    for column in columns:
        if column not in customers.columns:
            raise ParameterError(one_of("column", list(customers.columns), column))
    table = categories(customers, columns)
    sizes = labels[labels != ""].value_counts()
    rows: list[tuple[object, ...]] = []
    for name, size in sizes.items():
        e = share(int(size), len(labels), level=level)
        rows.append((name, "", "", e.value, e.low, e.high, e.n, *[np.nan] * 4, "size"))
        for column in columns:
            how = "described" if column in made_from else "tested"
            rows += [
                (name, column, *row, np.nan, how)
                for row in _shares(table[column], labels == name, level)
            ]
    result = pd.DataFrame(rows, columns=_COLUMNS)
    tested = result["how"] == "tested"
    result["p"] = result["p"].where(tested)
    result["p_adjusted"] = benjamini_hochberg(result["p"].to_numpy(dtype=float))
    return result


def two_shares_p(
    a: npt.ArrayLike, n_a: float, b: npt.ArrayLike, n_b: float
) -> npt.NDArray[np.float64]:
    """Return two-sided p values of no difference between shares a of n_a and b of n_b, pooled.

    References
    ----------
    Agresti (2013), Categorical Data Analysis, 3.1.2 (score test of two proportions).

    Examples
    --------
    >>> two_shares_p([56], 70, [48], 80).round(4).tolist()
    [0.008]
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if not (n_a and n_b):
        return np.full(x.shape, np.nan)
    pooled = (x + y) / (n_a + n_b)
    se = np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    z = np.divide(x / n_a - y / n_b, se, out=np.zeros_like(se), where=se > 0)
    return 2 * special.ndtr(-np.abs(z))


def _shares(column: pd.Series, members: pd.Series, level: float) -> list[tuple[object, ...]]:
    """Return category, value, low, high, n, others, index and p of one attribute in a segment."""
    counts = column[members].value_counts().sort_index()
    rest = column[~members].value_counts().reindex(counts.index, fill_value=0)
    n, n_rest = int(counts.sum()), int(column[~members].notna().sum())
    p = two_shares_p(counts, n, rest, n_rest)
    shown = ~suppressed(counts)
    rows: list[tuple[object, ...]] = []
    for i, category in enumerate(counts.index):
        if shown.iloc[i]:
            e = share(int(counts.iloc[i]), n, level=level)
            others = rest.iloc[i] / n_rest if n_rest else np.nan
            index = e.value / others if others else np.nan
            rows.append((category, e.value, e.low, e.high, n, others, index, p[i]))
    return rows


def suppressed(counts: pd.Series) -> pd.Series:
    """Return which categories to hide: fewer than five people, or telling who they are.

    Examples
    --------
    100 less 60 and 37 would give the three away.

    >>> suppressed(pd.Series({"bronze": 60, "silver": 37, "gold": 3})).tolist()
    [False, True, True]
    """
    ascending = counts.sort_values(kind="stable")
    hidden_before = ascending.cumsum() - ascending
    hide = (ascending < FEWEST_PEOPLE) | ((hidden_before > 0) & (hidden_before < FEWEST_PEOPLE))
    return hide.reindex(counts.index)
