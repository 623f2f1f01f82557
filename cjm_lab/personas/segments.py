"""Segments of customers by latent class analysis, and the honest answer that there are none."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.personas.saved import SegmentAttribute, SegmentModel
from cjm_lab.study.attributes import categories, distinctive, usable_columns

#: Shuffled copies, resamples, random starts of a model and steps of a start.
COPIES, RESAMPLES, STARTS, STEPS = 5, 5, 3, 60
#: Fewer people than this don't carry a model.
FEWEST = 50
#: Agreement under resampling below this is poor (Steinley 2004).
POOR = 0.65
_NO_SEGMENTS = "No clear segments"


@dataclass(frozen=True)
class Segments:
    """What `segment` found.

    Parameters
    ----------
    labels
        The segment's name of each customer, ``""`` where there are no segments, and for customers
        of whom no attribute is known.
    table
        One row a number of segments tried: segments, log_likelihood, bic.
    columns
        The attributes that made the segments.
    gain, shuffled_gain
        How much the chosen number of segments adds to the log-likelihood of one, in the data and
        at most in copies whose columns were shuffled.
    agreement
        Median adjusted Rand index between these segments and those of resampled customers; 1 is
        the same people together.
    explanation
        The result in plain words.
    model
        What scores later customers (`save_segments`, `score_segments`); None without segments.
    """

    labels: pd.Series
    table: pd.DataFrame
    columns: tuple[str, ...]
    gain: float
    shuffled_gain: float
    agreement: float
    explanation: str
    model: SegmentModel | None = None

    @property
    def names(self) -> list[str]:
        """Names of the segments, the largest first; empty where there are none."""
        found = self.labels[self.labels != ""]
        return found.value_counts(sort=True).index.tolist()


def segment(
    customers: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    max_segments: int = 5,
    seed: int = 0,
) -> Segments:
    """Return the groups that customers' attributes fall into, or that there are none.

    Latent class analysis with missing values. The number of segments is the one after which BIC
    rises, and it must add more to the log-likelihood than in copies of the table whose columns were
    shuffled one by one, where no segment can exist. Numbers are cut into quarters first: mixtures
    of normals would find classes in mere skewness.

    Parameters
    ----------
    customers
        One row a customer.
    columns
        Attributes to segment by; by default all that tell kinds of people.
    max_segments
        Largest number tried.
    seed
        Of the random starts, the shuffled copies and the resamples.

    Returns
    -------
    Segments
        "No clear segments" is a result.

    Raises
    ------
    ParameterError
        If a column is missing or `max_segments` is below 1.

    References
    ----------
    Morin et al. (2025), StepMix, Journal of Statistical Software 113; Schwarz (1978), BIC;
    Hubert & Arabie (1985), adjusted Rand index; Steinley (2004), Psychological Methods 9, 386-396
    (which agreement is poor).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> alike = pd.DataFrame({c: rng.choice(["a", "b"], 300) for c in ["x", "y", "z"]})
    >>> segment(alike, ["x", "y", "z"]).names
    []
    """
    columns = usable_columns(customers) if columns is None else columns
    for column in columns:
        if column not in customers.columns:
            raise ParameterError(one_of("column", list(customers.columns), column))
    if max_segments < 1:
        raise ParameterError(f"max_segments must be 1 or more, got {max_segments}")
    table = categories(customers, columns)
    table = table.loc[:, table.nunique() > 1]
    used = tuple(table.columns)
    nobody = pd.Series("", index=customers.index, dtype="str", name="segment")
    if len(table) < FEWEST or len(used) < 2:
        why = (
            f"{len(table)} customers are too few to tell groups from chance"
            if len(table) < FEWEST
            else "segments need at least two attributes that vary"
        )
        return Segments(nobody, _fits_table([]), used, nan, nan, nan, f"{_NO_SEGMENTS}: {why}.")
    codes = _Codes.of(table)
    fits = [_fit(codes, 1, seed, 1)]
    most = min(max_segments, len(codes.patterns()[0]))  # no more kinds of people than there are
    while len(fits) < most and fits[-1].bic <= min(fit.bic for fit in fits):
        fits.append(_fit(codes, len(fits) + 1, seed))
    best = min(fits, key=lambda fit: fit.bic)
    gain = best.log_likelihood - fits[0].log_likelihood
    shuffled = _shuffled_gain(codes, best.segments, seed) if best.segments > 1 else nan
    if best.segments == 1 or gain <= shuffled:
        words = _nothing_found(fits, used, gain, shuffled)
        return Segments(nobody, _fits_table(fits), used, gain, shuffled, nan, words)
    labels = pd.Series(best.assign(codes), index=customers.index)
    names = _names(table, labels)
    agreement = _agreement(codes, labels.to_numpy(), best.segments, seed)
    named = labels.map(names).astype("str").rename("segment").mask(table.isna().all(axis=1), "")
    sizes = named[named != ""].value_counts(normalize=True)
    parts = ", ".join(f"{name} ({share:.0%})" for name, share in sizes.items())
    words = (
        f"{best.segments} segments by {', '.join(used)}: {parts}. Against one group they add "
        f"{gain:.0f} to the log-likelihood; copies with shuffled columns gain at most "
        f"{shuffled:.0f}. Resampled customers fall into the same groups with an agreement of "
        f"{agreement:.2f} (1 is the same)."
    )
    if agreement < POOR:
        words += " That is poor: other customers would give other groups, so plan nothing on them."
    model = _model(customers, table, names, best)
    return Segments(named, _fits_table(fits), used, gain, shuffled, agreement, words, model)


@dataclass(frozen=True)
class _Codes:
    """Categories as integers from 0, NaN where unknown; one row a customer."""

    values: npt.NDArray[np.float64]
    most: int
    total: int

    @classmethod
    def of(cls, table: pd.DataFrame) -> _Codes:
        columns = [pd.factorize(table[name], sort=True)[0] for name in table]
        values = np.column_stack(columns).astype(float)
        kinds = values.max(axis=0) + 1
        return cls(np.where(values < 0, nan, values), int(kinds.max()), int(kinds.sum()))

    def patterns(self) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
        """Return the distinct rows with how often each occurs, and which one each customer has."""
        frame = pd.DataFrame(self.values)
        groups = frame.groupby(list(frame.columns), dropna=False, sort=True)
        which = groups.ngroup().to_numpy().astype(np.intp)
        return groups.size().rename("count").reset_index(), which


@dataclass(frozen=True)
class _Fit:
    segments: int
    log_likelihood: float
    bic: float
    model: Any

    def assign(self, codes: _Codes) -> npt.NDArray[np.intp]:
        """Return the most probable class of each customer."""
        patterns, which = codes.patterns()
        return self.model.predict(_one_hot(patterns, codes))[which]


def _fit(codes: _Codes, k: int, seed: int, starts: int = STARTS) -> _Fit:
    """Fit k classes to the distinct rows, each weighted by how often it occurs."""
    from cjm_lab.personas.latent import KNOWN_ANSWERS, StepMix

    patterns, _ = codes.patterns()
    counts = patterns["count"].to_numpy(dtype=float)
    n = counts.sum()
    x = _one_hot(patterns, codes)
    model = StepMix(
        n_components=min(k, len(x)),
        measurement=KNOWN_ANSWERS,
        measurement_params={
            "integer_codes": False,
            "max_n_outcomes": codes.most,
            "total_outcomes": codes.total,
        },
        n_init=starts,
        max_iter=STEPS,
        abs_tol=0.05 / n,  # of the mean: a step that adds less than .05 in all ends the search
        random_state=seed,
        verbose=0,
        progress_bar=0,
    )
    with warnings.catch_warnings():
        # a start that was cut off only understates what k classes gain; the best start counts
        warnings.filterwarnings("ignore", "Initializations did not converge")
        model.fit(x, sample_weight=counts)
    log_likelihood = float(model.score(x, sample_weight=counts) * n)
    return _Fit(
        k, log_likelihood, model.n_parameters * float(np.log(n)) - 2 * log_likelihood, model
    )


def _one_hot(patterns: pd.DataFrame, codes: _Codes) -> npt.NDArray[np.float64]:
    from cjm_lab.personas.latent import one_hot

    return one_hot(patterns.drop(columns="count").to_numpy(dtype=float), codes.most, codes.total)


def _shuffled_gain(codes: _Codes, k: int, seed: int) -> float:
    """Return the largest gain over one class in copies whose columns were shuffled."""
    rng = np.random.default_rng(seed)
    alone = _fit(codes, 1, seed, 1).log_likelihood  # shuffling a column leaves it as it is
    copies = [replace(codes, values=rng.permuted(codes.values, axis=0)) for _ in range(COPIES)]
    return max(_fit(copy, k, seed, 1).log_likelihood for copy in copies) - alone


def _agreement(codes: _Codes, labels: npt.NDArray[np.intp], k: int, seed: int) -> float:
    """Return the median agreement with the segments of resampled customers."""
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    n = len(codes.values)
    agreements = []
    for _ in range(RESAMPLES):
        drawn = replace(codes, values=codes.values[rng.integers(0, n, n)])
        agreements.append(adjusted_rand_score(labels, _fit(drawn, k, seed, 2).assign(codes)))
    return float(np.median(agreements))


def _names(table: pd.DataFrame, labels: pd.Series) -> dict[int, str]:
    """Return a name for each class: what its members have more often than the others."""
    names: dict[int, str] = {}
    for label in labels.value_counts().index:
        name = first = distinctive(table, labels == label)
        again = 1
        while name in names.values():
            again += 1
            name = f"{first} #{again}"
        names[label] = name
    return names


def _model(
    customers: pd.DataFrame, table: pd.DataFrame, names: dict[int, str], fit: _Fit
) -> SegmentModel:
    """Return the fitted classes with their names, categories and the ends of number ranges."""
    parameters = fit.model.get_parameters()
    classes = list(names)  # those that somebody is in
    weights = parameters["weights"][classes]
    pis = parameters["measurement"]["pis"][classes].reshape(len(classes), len(table.columns), -1)
    attributes = []
    for place, name in enumerate(table):
        known = sorted(table[name].dropna().unique())
        # of an attribute that nobody of a class answered all categories have the same chance
        chance = pis[:, place, : len(known)]
        chance = chance / chance.sum(axis=1, keepdims=True)
        ends = _upper_ends(customers[name], table[name], known)
        order = np.argsort(ends) if ends else np.arange(len(known))
        attributes.append(
            SegmentAttribute(
                str(name),
                tuple(str(known[i]) for i in order),
                tuple(sorted(ends)),
                tuple(tuple(map(float, row)) for row in chance[:, order]),
            )
        )
    shares = tuple(map(float, weights / weights.sum()))
    return SegmentModel(tuple(names.values()), shares, tuple(attributes))


def _upper_ends(column: pd.Series, cut: pd.Series, known: Sequence[str]) -> list[float]:
    """Return the largest number of each category where numbers were cut into ranges, else none."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return []
    ranges = column.astype(float).groupby(cut).agg(["min", "max"])
    whole = bool((ranges["min"] == ranges["max"]).all())  # each number is a category of its own
    return [] if whole else [float(x) for x in ranges.loc[list(known), "max"]]


def _nothing_found(fits: list[_Fit], used: tuple[str, ...], gain: float, shuffled: float) -> str:
    """Return in plain words why there are no segments."""
    attributes = ", ".join(used)
    if len(fits) > 1 and fits[0].bic <= min(fit.bic for fit in fits[1:]):
        reason = (
            f"one group describes the customers best (BIC {fits[0].bic:.0f} against "
            f"{fits[1].bic:.0f} with two)"
        )
    else:
        reason = (
            f"the groups found add {gain:.0f} to the log-likelihood, no more than copies with "
            f"shuffled columns do ({shuffled:.0f})"
        )
    return (
        f"{_NO_SEGMENTS}: {reason}. Who has one value of {attributes} is no more likely to share "
        "the others, so any split would be arbitrary. Compare customers by one attribute at a "
        "time, or declare personas from interviews in study.yaml and test them here."
    )


def _fits_table(fits: list[_Fit]) -> pd.DataFrame:
    return pd.DataFrame(
        [(fit.segments, fit.log_likelihood, fit.bic) for fit in fits],
        columns=["segments", "log_likelihood", "bic"],
    )
