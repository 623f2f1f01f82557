"""Raking: weights with which a sample has the population's shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Design
from cjm_lab.study.personas import attribute_text
from cjm_lab.surveys.resampling import weights_for

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Raking:
    """Raked weights and how well they do.

    Parameters
    ----------
    weights
        One a respondent, mean 1, with the sample's index.
    margins
        attribute, category, target, before, after: shares, and the gap that is left.
    categories
        The attributes' values as text, one column a margin.
    converged
        Whether every margin is met within the tolerance.
    iterations
        How often all margins were gone through.
    largest_gap
        Largest difference of a share from its target.
    trimmed
        How many weights lie at the cap.

    Examples
    --------
    >>> sample = pd.DataFrame({"sex": ["f", "f", "f", "m"]})
    >>> raking = rake(sample, {"sex": {"f": 0.5, "m": 0.5}})
    >>> raking.weights.round(3).tolist(), round(raking.n_eff, 2)
    ([0.667, 0.667, 0.667, 2.0], 3.0)
    """

    weights: pd.Series
    margins: pd.DataFrame
    categories: pd.DataFrame
    converged: bool
    iterations: int
    largest_gap: float
    trimmed: int

    @property
    def design_effect(self) -> float:
        """Kish's: how much the variance of a mean grows by the weights alone."""
        return float((self.weights**2).mean() / self.weights.mean() ** 2)

    @property
    def n_eff(self) -> float:
        """Kish's effective number of respondents."""
        return len(self.weights) / self.design_effect

    @property
    def said(self) -> str:
        """What a reader must know of the weights, in brackets; empty if all went well."""
        parts = []
        if not self.converged:
            parts.append(
                f"not converged after {self.iterations} iterations: shares are off by up to"
                f" {100 * self.largest_gap:.2g} points"
            )
        if self.trimmed:
            parts.append(f"{self.trimmed} weight{'s' * (self.trimmed > 1)} trimmed")
        return f" ({'; '.join(parts)})" if parts else ""

    def design(
        self,
        *,
        strata: npt.ArrayLike | None = None,
        clusters: npt.ArrayLike | None = None,
        fpc: npt.ArrayLike | None = None,
    ) -> Design:
        """Return the Design of the raked sample, for the scores.

        Parameters
        ----------
        strata, clusters, fpc
            How the sample was drawn, see `Design`.
        """
        margins = tuple(self.categories[name].to_numpy() for name in self.categories)
        return Design(
            self.weights.to_numpy(), strata=strata, clusters=clusters, fpc=fpc, margins=margins
        )


def rake(
    sample: pd.DataFrame,
    margins: Mapping[str, Mapping[str, float]],
    *,
    weights: npt.ArrayLike | None = None,
    trim: float | None = None,
    tolerance: float = 1e-6,
    max_iterations: int = 200,
) -> Raking:
    """Return weights with which the sample has the population's share of every category.

    Parameters
    ----------
    sample
        One row a respondent; a column for each attribute of `margins`.
    margins
        For each attribute the population's share or count of each category:
        ``{"sex": {"f": 0.51, "m": 0.49}}``. A missing value is the category ``""``: it needs a
        target too, or the respondent must be left out.
    weights
        Weights to start from, such as those of the sample's design; without them all are alike.
    trim
        No weight may exceed `trim` times the mean weight; what is cut off goes to the others of
        the same categories, as the margins are gone through again.
    tolerance
        Raking ends when no share is farther than this from its target.
    max_iterations
        Raking ends here at the latest, and then says how far it is off.

    Returns
    -------
    Raking
        Weights with mean 1 and the report on them.

    Raises
    ------
    ParameterError
        If an attribute is missing, a category has no target or a target has no respondent, or
        targets aren't positive and shares don't add up to 1.

    References
    ----------
    Deming & Stephan (1940), Annals of Mathematical Statistics 11, 427-444 (iterative proportional
    fitting); Kish (1965), Survey Sampling, 11.7 (design effect of weights).

    Examples
    --------
    >>> sample = pd.DataFrame({"sex": list("ffffmm"), "age": ["young", "old"] * 3})
    >>> raking = rake(sample, {"sex": {"f": 50, "m": 50}, "age": {"young": 2, "old": 1}})
    >>> raking.weights.round(2).tolist(), raking.converged
    ([1.0, 0.5, 1.0, 0.5, 2.0, 1.0], True)
    """
    if not len(sample) or not margins:
        raise ParameterError(
            f"raking needs respondents and margins, got {len(sample)} and {len(margins)}"
        )
    if trim is not None and trim <= 1:
        raise ParameterError(f"trim must be above 1, the mean weight, got {trim!r}; 5 is usual")
    codes, targets = {}, {}
    categories = pd.DataFrame(index=sample.index)
    for name, wanted in margins.items():
        if name not in sample:
            raise ParameterError(one_of("attribute of the margins", map(str, sample), name))
        categories[name] = attribute_text(sample[name])
        codes[name], targets[name] = _matched(name, categories[name], wanted)
    start = weights_for(weights, len(sample))
    for name, code in codes.items():
        empty = np.bincount(code, start, len(targets[name])) == 0
        if empty.any():
            lost = [key for key, none in zip(map(str, margins[name]), empty, strict=True) if none]
            raise ParameterError(_nobody(name, lost))
    w, iterations = _fitted(start, list(codes.values()), list(targets.values()), trim,
                            tolerance, max_iterations)  # fmt: skip
    table = _report(margins, codes, targets, start, w)
    gap = float(table["gap"].abs().max())
    return Raking(
        weights=pd.Series(w, index=sample.index, name="weight"),
        margins=table,
        categories=categories,
        converged=gap <= tolerance,
        iterations=iterations,
        largest_gap=gap,
        trimmed=0 if trim is None else int((w > trim * (1 - 1e-9)).sum()),
    )


def _matched(name: str, values: pd.Series, wanted: Mapping[str, float]) -> tuple[Codes, Floats]:
    """Return the category number of each respondent and the target share of each category."""
    keys = [str(key) for key in wanted]
    target = np.array(list(wanted.values()), dtype=float)
    if not (target > 0).all():
        raise ParameterError(
            f"targets of {name!r} must be positive, got {dict(wanted)}; leave a category that"
            " doesn't occur out, with its respondents"
        )
    total = target.sum()
    if (target <= 1).all() and (target % 1).any() and not 0.99 <= total <= 1.01:
        raise ParameterError(
            f"shares of {name!r} must add up to 1, got {total:g}; add what is missing, or give"
            " counts"
        )
    code = pd.Index(keys).get_indexer(pd.Index(values))
    strange = values[code < 0]
    if len(strange):
        found = sorted(set(strange))
        raise ParameterError(
            f"every category of {name!r} must have a target, got none for"
            f" {[text or '(missing)' for text in found]} ({len(strange)} of {len(values)}"
            " respondents); give one (a missing value is the category ''), merge it with another,"
            " or leave these respondents out"
        )
    empty = sorted(set(keys) - set(values))
    if empty:
        raise ParameterError(_nobody(name, empty))
    return code.astype(np.intp), target / total


def _nobody(name: str, categories: list[str]) -> str:
    return (
        f"every target of {name!r} must have respondents, got none in {categories}; merge it with"
        " the category most like it"
    )


def _fitted(
    start: Floats,
    codes: list[Codes],
    targets: list[Floats],
    trim: float | None,
    tolerance: float,
    max_iterations: int,
) -> tuple[Floats, int]:
    """Return the weights after iterative proportional fitting, and how many rounds it took."""
    w, n = start.copy(), len(start)
    for iteration in range(1, max_iterations + 1):
        for code, target in zip(codes, targets, strict=True):
            w *= (n * target / np.bincount(code, w, len(target)))[code]
        if trim is not None:
            w = np.minimum(w, trim)
            w *= n / w.sum()
        shares = (
            np.bincount(code, w, len(target)) / n - target
            for code, target in zip(codes, targets, strict=True)
        )
        if max(np.abs(gap).max() for gap in shares) <= tolerance:
            return w, iteration
    return w, max_iterations


def _report(
    margins: Mapping[str, Mapping[str, float]],
    codes: Mapping[str, Codes],
    targets: Mapping[str, Floats],
    before: Floats,
    after: Floats,
) -> pd.DataFrame:
    parts = []
    for name, target in targets.items():
        share = [np.bincount(codes[name], w, len(target)) / w.sum() for w in (before, after)]
        part = {"attribute": name, "category": [str(key) for key in margins[name]]}
        parts.append(pd.DataFrame(part | {"target": target, "before": share[0], "after": share[1]}))
    table = pd.concat(parts, ignore_index=True)
    table["gap"] = table["after"] - table["target"]
    return table
