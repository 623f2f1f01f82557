"""The share of mentions with a label, from the few that people labeled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design, Estimate, no_estimate, share, weighted_share

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

#: Below this many labels there is no estimate.
FEWEST_LABELS = 30

# Of one frame the map speaks with certainty that a comparison of two must not borrow.
_BOTH = "interval with, se without finite-population correction"

# With fewer of either kind a symmetric interval no longer covers.
_FEWEST_OF_A_KIND = 10


def labeled_share(
    labels: pd.Series,
    score: pd.Series | pd.DataFrame,
    *,
    target: str = "negative",
    inclusion_prob: pd.Series | None = None,
    cluster: pd.Series | None = None,
    stratum: pd.Series | None = None,
    finite: bool = True,
    level: float = 0.95,
) -> Estimate:
    """Return the share of mentions with a label, estimated from a labeled random sample.

    The regression estimator corrects the sample's share by what automatic scores say of all
    mentions, with the weights that make the variance smallest: a useless score costs nothing, and a
    biased one adds no bias.

    Parameters
    ----------
    labels
        Label of each sampled mention, on the index of mention ids; those outside the frame, blank
        and ``undecided`` ones are left out.
    score
        Automatic score of every mention of the frame, on the index of mention ids; several scores
        are the columns of a table. A missing one counts as 0.
    target
        The label to count.
    inclusion_prob
        Probability with which each labeled mention was drawn; without it (or where one is missing)
        every mention of the frame had the same.
    cluster
        Author of every mention of the frame, on the index of mention ids; blank, or without it,
        each mention is its own.
    stratum
        Stratum from which each labeled mention was drawn, on the index of `labels`; without it
        there was one. Labels outside the frame count as members of their stratum: pass the whole
        sample where the frame is a part (a touchpoint) of what it was drawn from.
    finite
        Narrow the interval by the part of the frame that was labeled: right for the share of these
        mentions, wrong for a comparison of two periods, for which `se` always is.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Wilson's interval where fewer than 10 mentions have or lack the label, or no score varies.
        Below 30 labels no estimate: the method says how many are missing. `se` is clustered by
        author and without finite-population correction: the mentions of the frame are themselves a
        sample of what might have been written.

    Raises
    ------
    ParameterError
        If an inclusion probability is 0, negative or above 1.

    Notes
    -----
    With slopes b, residual e and weight w of a labeled mention, its part of the estimate is
    w e / W, and that of each of the N mentions of the frame b (x - X) / N. Of n labels from H
    strata and k scores the interval's variance is (n - H) / (n - H - k) times the sum over strata
    of n_h / (n_h - 1) (1 - f_h) sum (z - z_h)^2, z = w e / W; b makes that sum smallest. With U_a
    the sum of all parts of author a, who wrote m_a mentions, times (N - 1) / (N - m_a) (the
    jackknife's), and c authors labeled, se^2 = c / (c - 1 - k) sum U_a^2 less what lies between
    strata, (1 - f_h) n_h z_h^2, which drawing within them has no part in.

    References
    ----------
    Cochran (1977), Sampling Techniques, 7.3 (regression estimator), 7.10 (in strata); Sarndal,
    Swensson & Wretman (1992), Model Assisted Survey Sampling, 6.4 (several scores), 9.3 (two
    phases), 10.3 (domains); Lumley (2010), Complex Surveys, 2 (clusters).

    Examples
    --------
    >>> score = pd.Series(0.0, index=range(400))  # says nothing: the labels stand alone
    >>> labels = pd.Series(["negative", "positive"] * 20, index=range(0, 400, 10))
    >>> print(labeled_share(labels, score))
    0.50 [0.35, 0.65] n=40
    >>> labeled_share(labels.head(12), score).method
    '18 more labels needed'
    """
    sample = _sample(labels, score.index, inclusion_prob, cluster, stratum)
    n, known = int(sample.known.sum()), sample.known
    if n < FEWEST_LABELS:
        return no_estimate(f"{FEWEST_LABELS - n} more labels needed", n=n, level=level)
    left_out = f", {sample.undecided} undecided left out" if sample.undecided else ""
    y = (labels.to_numpy(dtype=object) == target).astype("float64")
    all_x = np.nan_to_num(score.to_numpy(dtype="float64")).reshape(len(score), -1)
    x = np.where(known[:, None], all_x[sample.place], 0.0)
    w = np.where(known, 1 / sample.drawn, 0.0) / (1 / sample.drawn[known]).sum()
    n_eff = 1 / (w @ w) if np.ptp(w[known]) > 1e-9 * w.max() else nan

    plain = float(w @ y)
    alone = sample.se(np.zeros(len(score)), w * (y - plain), 0)
    if finite and n == len(score):
        method = f"all labeled; {_BOTH}{left_out}"
        return Estimate(plain, plain, plain, n=n, method=method, se=alone, level=level)
    spread = np.sqrt(w @ (x - w @ x) ** 2)
    varies = spread > 1e-6 * np.maximum(np.abs(all_x).max(axis=0), 1e-300)
    rarer = min(y[known].sum(), n - y[known].sum())
    if rarer < _FEWEST_OF_A_KIND or not varies.any():
        # A comparison is of authors, the map's own share of these mentions.
        whole = None if finite or cluster is None else sample.authors[sample.place[known]]
        wilson = _wilson(y[known], w[known], np.isnan(n_eff), whole, level)
        return replace(wilson, method=f"labels, Wilson{left_out}", se=alone, n_eff=n_eff)
    value, error, seen, k = _regress(
        sample, y, w, x[:, varies] / spread[varies], all_x[:, varies] / spread[varies]
    )
    se, df, method = sample.se(seen, error, k), n - sample.strata - k, "regression estimator"
    method += ", strata" if sample.strata > 1 else ""
    if finite:
        variance = (n - sample.strata) / max(df, 1) * (sample.within(error) ** 2).sum()
        half, method = float(np.sqrt(variance)), f"{method}; {_BOTH}"
    else:
        half, df = se, len(np.unique(sample.authors[sample.place[known]])) - sample.strata - k
    half *= float(special.stdtrit(df, 0.5 + level / 2)) if df > 0 else nan
    return Estimate(
        float(np.clip(value, 0, 1)),
        float(np.clip(value - half, 0, 1)),
        float(np.clip(value + half, 0, 1)),
        n=n,
        method=f"{method}{left_out}" if df > 0 else "too few authors or strata too small",
        se=se,
        n_eff=n_eff,
        level=level,
    )


@dataclass(frozen=True)
class _Sample:
    """Where the labels lie in frame, strata and authors; one value a label, authors of the frame.

    A label outside the frame, or undecided, has a place of its own in its stratum and no value.
    """

    place: Codes
    known: npt.NDArray[np.bool_]
    undecided: int
    drawn: Floats
    stratum: Codes
    authors: Codes

    @property
    def strata(self) -> int:
        """Number of strata with a value."""
        return len(np.unique(self.stratum[self.known]))

    def within(self, parts: Floats) -> Floats:
        """Return parts of an estimate so that their sum of squares is its variance in strata."""
        table = parts.reshape(len(parts), -1)
        count = np.bincount(self.stratum)[self.stratum]
        means = np.column_stack([np.bincount(self.stratum, column) for column in table.T])
        # A single one in its stratum deviates from 0, the mean of all (R survey's "adjust").
        inner = table - np.where(count > 1, 1 / count, 0.0)[:, None] * means[self.stratum]
        scale = np.where(count > 1, count / np.maximum(count - 1, 1), 1.0) * (1 - self.drawn)
        return (inner * np.sqrt(scale)[:, None]).reshape(parts.shape)

    def se(self, seen: Floats, error: Floats, slopes: int) -> float:
        """Return the linearized standard error from the parts of frame and labels."""
        parts = seen.copy()
        np.add.at(parts, self.place[self.known], error[self.known])
        labeled = len(np.unique(self.authors[self.place[self.known]]))
        if labeled <= 1 + slopes:
            return nan
        # who wrote much pulls the estimate along, and looks less apart than he is (jackknife)
        pull = (len(seen) - 1) / np.maximum(len(seen) - np.bincount(self.authors), 1)
        of_authors = ((pull * np.bincount(self.authors, parts)) ** 2).sum()
        # drawing within strata adds nothing between them
        count = np.maximum(np.bincount(self.stratum), 1)
        left = np.bincount(self.stratum, 1 - self.drawn) / count
        between = (left * np.bincount(self.stratum, error) ** 2 / count).sum()
        variance = labeled / (labeled - 1 - slopes) * of_authors - between
        return float(np.sqrt(max(variance, 0.0)))


def _sample(
    labels: pd.Series,
    frame: pd.Index,
    inclusion_prob: pd.Series | None,
    cluster: pd.Series | None,
    stratum: pd.Series | None,
) -> _Sample:
    """Return where each label lies."""
    place = frame.get_indexer(labels.index)
    said = labels.to_numpy(dtype=object)  # comparing a few strings is quicker in numpy
    inside = (place >= 0) & (said != "") & ~pd.isna(said)
    known = inside & (said != "undecided")
    drawn = np.full(len(labels), known.sum() / max(len(frame), 1))
    if inclusion_prob is not None:
        given = inclusion_prob.reindex(labels.index).to_numpy(dtype="float64")
        if (given[known] <= 0).any() or (given[known] > 1).any():
            wrong = given[known][(given[known] <= 0) | (given[known] > 1)][0]
            raise ParameterError(
                f"inclusion_prob must be above 0 and at most 1, got {wrong:g}; it is the number"
                " drawn from a stratum divided by its size"
            )
        if not np.isnan(given[known]).any():
            # who could not decide answered nothing
            drawn = np.where(np.isnan(given), drawn, given * known.sum() / max(inside.sum(), 1))
    codes = (~known).astype(np.intp)  # without strata nobody outside belongs to the sample
    if stratum is not None:
        codes = pd.factorize(stratum.reindex(labels.index).fillna(""))[0].astype(np.intp)
    undecided = int(inside.sum() - known.sum())
    return _Sample(place, known, undecided, drawn, codes, _authors(frame, cluster))


def _regress(
    sample: _Sample, y: Floats, w: Floats, x: Floats, all_x: Floats
) -> tuple[float, Floats, Floats, int]:
    """Return the regression estimate, the parts of labels and of frame in it, and its slopes."""
    plain, center = float(w @ y), w @ x
    slopes, _, rank, _ = np.linalg.lstsq(
        sample.within(w[:, None] * (x - center)), sample.within(w * (y - plain)), rcond=1e-9
    )
    value = plain + float((all_x.mean(axis=0) - center) @ slopes)
    error = w * (y - plain - (x - center) @ slopes)
    return value, error, (all_x - all_x.mean(axis=0)) @ slopes / len(all_x), int(rank)


def _authors(mentions: pd.Index, cluster: pd.Series | None) -> Codes:
    """Return a number for the author of each mention; who is not known is nobody else."""
    own = np.arange(len(mentions))
    if cluster is None:
        return own
    codes, names = pd.factorize(cluster.reindex(mentions))
    blank = (codes < 0) | np.isin(codes, np.flatnonzero(names == ""))
    return pd.factorize(np.where(blank, own, len(own) + codes))[0].astype(np.intp)


def _wilson(y: Floats, w: Floats, equal: bool, authors: Codes | None, level: float) -> Estimate:
    """Return Wilson's interval, on the effective n of weights and authors."""
    if authors is not None:
        return weighted_share(y, Design(w, clusters=authors), level=level)
    return share(y.sum(), len(y), level=level) if equal else weighted_share(y, w, level=level)
