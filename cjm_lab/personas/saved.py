"""Saved segments: score later customers with the same model, and match a new one to the old."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.estimate import Estimate, share
from cjm_lab.study.personas import attribute_text
from cjm_lab.words import shown
from cjm_lab.workspace import write_text

if TYPE_CHECKING:
    from cjm_lab.personas.segments import Segments

#: A category that never occurred in a segment isn't impossible there.
_SMALLEST = 1e-15


@dataclass(frozen=True)
class SegmentAttribute:
    """How often each category of one attribute occurs in each segment.

    Parameters
    ----------
    name
        The customers' column.
    categories
        The categories known when the segments were made.
    upper_ends
        Of a number cut into ranges: the largest number of each category; else empty.
    probabilities
        One row a segment, one number a category.
    """

    name: str
    categories: tuple[str, ...]
    upper_ends: tuple[float, ...]
    probabilities: tuple[tuple[float, ...], ...]

    def codes(self, column: pd.Series) -> npt.NDArray[np.intp]:
        """Return the place of each customer's category, -1 where it is missing or unknown."""
        if not self.upper_ends:
            return pd.Index(self.categories).get_indexer(pd.Index(attribute_text(column)))
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=nan)
        place = np.searchsorted(self.upper_ends[:-1], numbers)  # the last range has no upper end
        return np.where(np.isnan(numbers), -1, place)


@dataclass(frozen=True)
class SegmentModel:
    """What it takes to say which segment a customer belongs to.

    Parameters
    ----------
    names
        The segments.
    weights
        Share of customers of each.
    attributes
        The attributes that made them.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    attributes: tuple[SegmentAttribute, ...]

    def __post_init__(self) -> None:
        """Refuse what doesn't fit together."""
        k = len(self.names)
        fits = len(self.weights) == k > 0 and len(set(self.names)) == k
        numbers = [*self.weights]
        for one in self.attributes:
            fits &= [len(row) for row in one.probabilities] == [len(one.categories)] * k
            fits &= len(one.upper_ends) in (0, len(one.categories))
            fits &= list(one.upper_ends) == sorted(one.upper_ends)
            numbers += [p for row in one.probabilities for p in row]
        if not (fits and all(isfinite(p) and 0 <= p <= 1 for p in numbers)):
            raise ParameterError(
                f"a segment model must have a weight and, for each attribute, a probability of "
                f"each category for each of its {k} segments, got numbers that don't fit; "
                "save the segments again"
            )


def score_segments(model: SegmentModel, customers: pd.DataFrame) -> pd.Series:
    """Return the most probable segment of each customer under a saved model.

    Bayes' rule with the attributes that are known: what is missing, or a category that the model
    never saw (`unseen_categories` counts them), says nothing. Of whom nothing is known there is no
    segment, ``""``.

    Parameters
    ----------
    model
        From `segment` or `load_segments`.
    customers
        One row a customer.

    Returns
    -------
    pandas.Series
        Text, aligned with `customers`.

    References
    ----------
    Hagenaars & McCutcheon (2002), Applied Latent Class Analysis, ch. 1 (modal assignment).

    Examples
    --------
    Nine tenths of the young and a tenth of the others are on the phone; 1 of 4 is young. A phone is
    young with .25 x .9 against .75 x .1.

    >>> device = SegmentAttribute("device", ("desktop", "phone"), (), ((0.1, 0.9), (0.9, 0.1)))
    >>> model = SegmentModel(("young", "others"), (0.25, 0.75), (device,))
    >>> score_segments(model, pd.DataFrame({"device": ["phone", "desktop", "", "fridge"]})).tolist()
    ['young', 'others', '', '']
    """
    log_odds = np.tile(np.log(model.weights), (len(customers), 1))
    known = np.zeros(len(customers), dtype=bool)
    for attribute in model.attributes:
        if attribute.name not in customers.columns:
            continue
        codes = attribute.codes(customers[attribute.name])
        chance = np.clip(np.array(attribute.probabilities), _SMALLEST, 1 - _SMALLEST)
        says_nothing = np.zeros((len(model.names), 1))
        log_odds += np.hstack([np.log(chance), says_nothing]).T[codes]
        known |= codes >= 0
    names = np.array(model.names, dtype=object)[log_odds.argmax(axis=1)]
    return pd.Series(np.where(known, names, ""), customers.index, dtype="str", name="segment")


def unseen_categories(model: SegmentModel, customers: pd.DataFrame) -> pd.DataFrame:
    """Return what a saved model can't read in these customers: how old it has become.

    Parameters
    ----------
    model
        From `segment` or `load_segments`.
    customers
        One row a customer.

    Returns
    -------
    pandas.DataFrame
        attribute, category (``""`` where the whole column is missing), value low high (share of
        these customers, Wilson), n.

    Examples
    --------
    >>> device = SegmentAttribute("device", ("desktop", "phone"), (), ((0.1, 0.9), (0.9, 0.1)))
    >>> model = SegmentModel(("young", "others"), (0.25, 0.75), (device,))
    >>> people = pd.DataFrame({"device": ["phone", "desktop", "", "fridge"]})
    >>> unseen_categories(model, people)[["attribute", "category", "value"]].values.tolist()
    [['device', 'fridge', 0.25]]
    """
    n = len(customers)
    rows: list[tuple[object, ...]] = []
    for attribute in model.attributes:
        if attribute.name not in customers.columns:
            counts = pd.Series({"": n})
        else:
            text = attribute_text(customers[attribute.name])
            new = (attribute.codes(customers[attribute.name]) < 0) & (text != "")
            counts = text[new].value_counts().sort_index()
        for category, count in counts.items():
            e = share(int(count), n)
            rows.append((attribute.name, category, e.value, e.low, e.high, n))
    return pd.DataFrame(rows, columns=["attribute", "category", "value", "low", "high", "n"])


def save_segments(segments: Segments, path: str | Path) -> Path:
    """Write the model of the segments found as plain JSON.

    Parameters
    ----------
    segments
        What `segment` found.
    path
        The file; it is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If there are no segments.
    """
    if segments.model is None:
        raise ParameterError(
            f"segments to save must have been found, got none ({segments.explanation})"
        )
    return write_text(Path(path), model_json(segments.model))


def load_segments(path: str | Path) -> SegmentModel:
    """Return the model that `save_segments` wrote.

    Raises
    ------
    SourceError
        If the file is missing or isn't such a model.
    """
    path = Path(path)
    try:
        return model_from(path.read_text(encoding="utf-8"))
    except OSError:
        raise SourceError(
            f"saved segments must lie in {path.name}, got no file; save them with save_segments"
        ) from None
    except ValueError as error:  # UnicodeDecodeError is one too
        raise SourceError(
            f"{path.name} must be a segment model in JSON, got {error}; save the segments again"
        ) from None


def model_json(model: SegmentModel) -> str:
    """Return a model as JSON, the same text for the same model."""
    return json.dumps(asdict(model), ensure_ascii=False, indent=1) + "\n"


def model_from(document: str | Mapping[str, object]) -> SegmentModel:
    """Return a model from its JSON, or from what the JSON was read into.

    Raises
    ------
    ParameterError
        If it is something else.
    """
    reader = TypeAdapter(SegmentModel)
    try:
        if isinstance(document, str):
            return reader.validate_json(document)
        return reader.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ParameterError(f"{first['msg']}{f' ({place})' if place else ''}") from None


@dataclass(frozen=True)
class SegmentMatch:
    """How new segments follow from old ones.

    Parameters
    ----------
    names
        Old name of each new segment; a segment with no counterpart keeps its own.
    vanished
        Old segments without a counterpart.
    moved
        Share of the customers in both who are in another segment now.
    explanation
        The result in plain words.
    """

    names: dict[str, str]
    vanished: tuple[str, ...]
    moved: Estimate
    explanation: str


def match_segments(old: pd.Series, new: pd.Series, *, level: float = 0.95) -> SegmentMatch:
    """Return which new segment is which old one: the pairing under which fewest customers move.

    Parameters
    ----------
    old, new
        The segment of each customer with the same index (such as customer ids), ``""`` for none:
        the old model's and the new one's labels of the same customers.
    level
        Confidence level.

    Raises
    ------
    ParameterError
        If a customer occurs twice.

    References
    ----------
    Kuhn (1955), The Hungarian method for the assignment problem.

    Examples
    --------
    >>> old = pd.Series(["young"] * 6 + ["office"] * 4)
    >>> new = pd.Series(["phone"] * 5 + ["desktop"] * 5)
    >>> found = match_segments(old, new)
    >>> found.names
    {'desktop': 'office', 'phone': 'young'}
    >>> found.moved.value
    0.1
    """
    from scipy.optimize import linear_sum_assignment

    for labels in (old, new):
        if not labels.index.is_unique:
            raise ParameterError(
                "each customer must have one segment, got "
                f"{labels.index[labels.index.duplicated()][0]} twice; drop the repeats"
            )
    both = pd.DataFrame({"old": old, "new": new}).dropna()
    both = both[(both["old"] != "") & (both["new"] != "")]
    counts = pd.crosstab(both["new"], both["old"])
    pairs = zip(*linear_sum_assignment(-counts.to_numpy()), strict=True)
    # a pair without a common customer is no match
    paired = {counts.index[i]: counts.columns[j] for i, j in pairs if counts.iat[i, j]}
    taken = set(both["old"])
    own = {name: f"{name} (new)" if name in taken else name for name in counts.index}
    names = {str(name): str(paired.get(name, own[name])) for name in counts.index}
    vanished = tuple(str(name) for name in counts.columns if name not in paired.values())
    moved = share(int((both["new"].map(names) != both["old"]).sum()), len(both), level=level)
    return SegmentMatch(names, vanished, moved, _match_words(names, paired, vanished, moved))


def _match_words(
    names: dict[str, str], paired: dict[str, str], vanished: tuple[str, ...], moved: Estimate
) -> str:
    if not moved.n:
        return "No customer is in a segment of both: nothing can be matched."
    same = "; ".join(f"{new} is the former {old}" for new, old in paired.items())
    words = [f"{same}."]
    if new := [own for name, own in names.items() if name not in paired]:
        words.append(f"Without a counterpart among the former ones: {', '.join(new)}.")
    if vanished:
        words.append(f"No longer there: {', '.join(vanished)}.")
    words.append(f"{shown(moved, 'share').full} of the customers are in another segment now.")
    return " ".join(words)
