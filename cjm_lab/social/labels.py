"""The share of mentions with a label, from the few that people labeled."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from cjm_lab.estimate import Estimate, no_estimate, share, weighted_share

#: Below this many labels there is no estimate.
FEWEST_LABELS = 30

# Of one frame the map speaks with certainty that a comparison of two must not borrow.
_BOTH = "interval with, se without finite-population correction"

# With fewer of either kind a symmetric interval no longer covers.
_FEWEST_OF_A_KIND = 10


def labeled_share(
    labels: pd.Series,
    score: pd.Series,
    *,
    target: str = "negative",
    inclusion_prob: pd.Series | None = None,
    cluster: pd.Series | None = None,
    finite: bool = True,
    level: float = 0.95,
) -> Estimate:
    """Return the share of mentions with a label, estimated from a labeled random sample.

    The regression estimator corrects the sample's share by what the automatic score says of all
    mentions, with the weight that makes the variance smallest: a useless score costs nothing, and a
    biased one adds no bias.

    Parameters
    ----------
    labels
        Label of each sampled mention, on the index of mention ids; those outside the frame and
        ``undecided`` ones are left out.
    score
        Automatic score of every mention of the frame, on the index of mention ids; a missing one
        counts as 0.
    target
        The label to count.
    inclusion_prob
        Probability with which each labeled mention was drawn; without it (or where one is missing)
        every mention of the frame had the same.
    cluster
        Author of every mention of the frame, on the index of mention ids; blank, or without it,
        each mention is its own.
    finite
        Narrow the interval by the part of the frame that was labeled: right for the share of these
        mentions, wrong for a comparison of two periods, for which `se` always is.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Wilson's interval where fewer than 10 mentions have or lack the label, or the score doesn't
        vary. Below 30 labels no estimate: the method says how many are missing. `se` is clustered
        by author and without finite-population correction: the mentions of the frame are
        themselves a sample of what might have been written.

    Notes
    -----
    The estimate is linear in u_i = b (x_i - X) / N of each mention of the frame, plus w_i e_i / W
    of the labeled ones (slope b, residual e, weight w). With U_a the sum over author a and c
    authors labeled, se^2 = c / (c - 2) sum U_a^2; c / (c - 1) where no slope is estimated.

    References
    ----------
    Cochran (1977), Sampling Techniques, 7.3 (regression estimator); Sarndal, Swensson & Wretman
    (1992), Model Assisted Survey Sampling, 6.4 (unequal probabilities), 9.3 (two phases); Lumley
    (2010), Complex Surveys, 2 (clusters).

    Examples
    --------
    >>> score = pd.Series(0.0, index=range(400))  # says nothing: the labels stand alone
    >>> labels = pd.Series(["negative", "positive"] * 20, index=range(0, 400, 10))
    >>> print(labeled_share(labels, score))
    0.50 [0.35, 0.65] n=40
    >>> labeled_share(labels.head(12), score).method
    '18 more labels needed'
    """
    place = score.index.get_indexer(labels.index)
    inside = labels[place >= 0]
    known = (inside != "undecided").to_numpy()
    decided, place = inside[known], place[place >= 0][known]
    n = len(decided)
    if n < FEWEST_LABELS:
        return no_estimate(f"{FEWEST_LABELS - n} more labels needed", n=n, level=level)
    undecided = len(inside) - n
    left_out = f", {undecided} undecided left out" if undecided else ""

    y = (decided == target).to_numpy(dtype="float64")
    all_x = np.nan_to_num(score.to_numpy(dtype="float64"))
    x = all_x[place]
    drawn = np.full(n, n / len(score))
    if inclusion_prob is not None:
        given = inclusion_prob.reindex(decided.index).to_numpy(dtype="float64")
        if not np.isnan(given).any():
            drawn = given * n / len(inside)  # who could not decide answered nothing
    w = 1 / drawn
    n_eff = float(w.sum() ** 2 / (w**2).sum()) if np.ptp(w) > 1e-9 * w.max() else np.nan

    plain = float(np.average(y, weights=w))
    authors = _authors(score.index, cluster)
    alone = _clustered_se(np.zeros(len(score)), w * (y - plain) / w.sum(), place, authors, 1)
    if finite and n == len(score):
        method = f"all labeled; {_BOTH}{left_out}"
        return Estimate(plain, plain, plain, n=n, method=method, se=alone, level=level)
    dx = x - np.average(x, weights=w)
    spread = float((w * dx**2).sum())
    rarer = min(y.sum(), n - y.sum())
    if rarer < _FEWEST_OF_A_KIND or spread <= 1e-12 * w.sum():
        equal = np.isnan(n_eff)
        wilson = share(y.sum(), n, level=level) if equal else weighted_share(y, w, level=level)
        return replace(wilson, method=f"labels, Wilson{left_out}", se=alone, n_eff=n_eff)
    slope = float((w * dx * (y - plain)).sum() / spread)
    value = plain + slope * float(all_x.mean() - np.average(x, weights=w))
    error = w * (y - plain - slope * dx) / w.sum()
    seen = slope * (all_x - all_x.mean()) / len(score)
    se, df, method = _clustered_se(seen, error, place, authors, 2), n - 2, "regression estimator"
    if finite:
        within = np.sqrt(max(n / df * float(((1 - drawn) * error**2).sum()), 0.0))
        method = f"{method}; {_BOTH}"
    else:
        within, df = se, len(np.unique(authors[place])) - 2
    half = float(stats.t.ppf(0.5 + level / 2, df)) * float(within)
    return Estimate(
        min(1.0, max(0.0, value)),
        min(1.0, max(0.0, value - half)),
        min(1.0, max(0.0, value + half)),
        n=n,
        method=f"{method}{left_out}",
        se=se,
        n_eff=n_eff,
        level=level,
    )


def _authors(mentions: pd.Index, cluster: pd.Series | None) -> npt.NDArray[np.int64]:
    """Return a number for the author of each mention; who is not known is nobody else."""
    own = np.arange(len(mentions))
    if cluster is None:
        return own
    known = cluster.reindex(mentions).fillna("").astype("str").to_numpy()
    return np.where(known == "", own, len(own) + np.unique(known, return_inverse=True)[1])


def _clustered_se(
    seen: npt.NDArray[np.float64],
    error: npt.NDArray[np.float64],
    place: npt.NDArray[np.intp],
    authors: npt.NDArray[np.int64],
    fitted: int,
) -> float:
    """Return the linearized standard error from the parts of frame and labels in an estimate."""
    parts = seen.copy()
    parts[place] += error
    labeled = len(np.unique(authors[place]))
    if labeled <= fitted:
        return nan
    return float(np.sqrt(labeled / (labeled - fitted) * (np.bincount(authors, parts) ** 2).sum()))
