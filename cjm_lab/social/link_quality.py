"""How right and how complete the keywords of a study are, and what they overlook."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cjm_lab.estimate import Estimate, share, weighted_share
from cjm_lab.social.label_record import settled_labels
from cjm_lab.social.term_counts import (
    FEWEST,
    NEGATIONS,
    count_terms,
    said_by,
    said_shortest,
    without_parts,
)
from cjm_lab.study import Study

_QUALITY = ["touchpoint", "measure", "value", "low", "high", "n", "method"]
_UNLINKED = ["term", "mentions", "share", "example"]


def link_quality(
    links: pd.DataFrame, labels: pd.DataFrame, study: Study, *, level: float = 0.95
) -> pd.DataFrame:
    """Return precision and recall of the links, where people said what a mention is about.

    Only mentions to which somebody gave a touchpoint count: of the others nobody said that they are
    about nothing. Where people name one touchpoint a mention (the reason for a complaint, say), a
    mention that speaks of two counts as wrong at the other: precision is then a lower bound. Where
    they name one for negative mentions only, both are those of complaints.

    Parameters
    ----------
    links
        One row a mention and touchpoint: ``mention_id`` and ``touchpoint``.
    labels
        The labels' record; ``inclusion_prob`` weights the mentions where it differs.
    study
        Gives the touchpoints in the order of the journey.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        Two rows a touchpoint that somebody named, of those that nobody did nothing is known:
        touchpoint, measure (precision: of the mentions linked to it, those about it; recall: of the
        mentions about it, those linked), value, low, high (Wilson), n and method. Without a mention
        linked there is no precision.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pay", "name": "Payment"}, {"id": "van", "name": "Delivery"}]}]})
    >>> links = pd.DataFrame({"mention_id": list("abc"), "touchpoint": "pay"})
    >>> labels = pd.DataFrame({"mention_id": list("abde"), "label": "negative",
    ...     "touchpoint": ["pay", "van", "pay", ""]})
    >>> link_quality(links, labels, study)[["touchpoint", "measure", "value", "n"]].values.tolist()
    [['pay', 'precision', 0.5, 2], ['pay', 'recall', 0.5, 2], ['van', 'recall', 0.0, 1]]
    """
    if labels.empty or "touchpoint" not in labels:
        return pd.DataFrame(columns=_QUALITY)
    given = settled_labels(labels, by_touchpoint=True).reset_index()
    given = given[given["touchpoint"].fillna("") != ""]
    weight = 1 / given.drop_duplicates("mention_id").set_index("mention_id")["inclusion_prob"]
    rows = []
    for touchpoint in study.touchpoints:
        about = pd.Index(given.loc[given["touchpoint"] == touchpoint.id, "mention_id"].unique())
        linked = pd.Index(links.loc[links["touchpoint"] == touchpoint.id, "mention_id"].unique())
        if about.empty:
            continue
        found = linked.intersection(weight.index)
        for measure, base, hits in (("precision", found, about), ("recall", about, linked)):
            if len(base):
                e = _share(base.isin(hits), weight[base].to_numpy(), level)
                row = (touchpoint.id, measure, e.value, e.low, e.high, e.n, e.method)
                rows.append(dict(zip(_QUALITY, row, strict=True)))
    return pd.DataFrame(rows, columns=_QUALITY)


def unlinked_terms(mentions: pd.DataFrame, links: pd.DataFrame, *, top: int = 20) -> pd.DataFrame:
    """Return the frequent terms of the mentions that no keyword links to a touchpoint.

    Parameters
    ----------
    mentions
        The tidy table without duplicates: ``mention_id``, ``text`` and, where known,
        ``author_key``.
    links
        One row a mention and touchpoint.
    top
        Number of terms.

    Returns
    -------
    DataFrame
        The most frequent first: term (one word or two), mentions that contain it, their share of
        the unlinked ones, and an example. Terms of fewer than five mentions, or five authors, are
        not shown.

    Examples
    --------
    >>> said = ["The lid leaks"] * 6 + ["Pay"]
    >>> said = pd.DataFrame({"mention_id": list("abcdefg"), "text": said})
    >>> links = pd.DataFrame({"mention_id": ["g"], "touchpoint": ["pay"]})
    >>> unlinked_terms(said, links)[["term", "mentions", "share"]].values.tolist()
    [['lid leaks', 6, 1.0]]
    """
    rest = mentions[~mentions["mention_id"].isin(links["mention_id"])].reset_index(drop=True)
    authors = rest.get("author_key")
    terms, matrix = count_terms(rest["text"])
    counts = np.asarray(matrix.sum(axis=0)).ravel()
    # of a phrase and a word said as often the phrase tells more
    words = np.array([term.count(" ") for term in terms])
    order = np.lexsort((np.array(terms), -words, -counts))
    order = order[said_by(matrix[:, order], authors) >= FEWEST]
    keywords = [i for i in order if terms[i] not in NEGATIONS]  # no keyword by themselves
    rows = [
        {
            "term": terms[i],
            "mentions": int(counts[i]),
            "share": float(counts[i] / len(rest)),
            "example": said_shortest(rest["text"], matrix[:, [i]].nonzero()[0], authors, most=1)[0],
        }
        for i in without_parts(terms, counts, keywords, top)
    ]
    return pd.DataFrame(rows, columns=_UNLINKED)


def _share(hits: np.ndarray, weights: np.ndarray, level: float) -> Estimate:
    """Return a share with Wilson's interval, weighted where the weights are known and differ."""
    if np.isnan(weights).any() or np.ptp(weights) <= 1e-9 * weights.max():
        return share(int(hits.sum()), len(hits), level=level)
    return weighted_share(hits.astype(float), weights, level=level)
