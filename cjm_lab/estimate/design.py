"""How a sample was drawn: weights, strata, clusters, and what its variance follows from."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd

from cjm_lab.errors import ParameterError

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

#: R's survey sweeps the influences of a raked sample this often over the margins.
_SWEEPS = 10


@dataclass(frozen=True, eq=False)
class Design:
    """A sample's weights and how it was drawn, one value a respondent.

    Every score takes a Design where it takes weights; its standard error is then Taylor-linearized
    with the variance between ultimate clusters within strata, first stage with replacement unless
    `fpc` is given. A Design always holds the whole sample: for a subgroup (a domain) pass answers
    that are NaN outside it, so that all clusters keep their part in the variance.

    Parameters
    ----------
    weights
        Zero or positive.
    strata
        Stratum of each respondent; without it there's one.
    clusters
        Cluster of each respondent, within its stratum; without it each respondent is one.
    fpc
        Number of clusters in the population of the respondent's stratum.
    margins
        Category of each respondent in each attribute that the weights were raked to, one sequence
        an attribute; `Raking.design` fills it.

    Raises
    ------
    ParameterError
        If lengths differ, a value is missing, a stratum has a single cluster, or `fpc` is not the
        same count throughout a stratum.

    References
    ----------
    Lumley (2010), Complex Surveys, ch. 2 and 7; Särndal, Swensson & Wretman (1992), Model Assisted
    Survey Sampling, 5.5. The variance is that of svyrecvar in R's survey.

    Examples
    --------
    >>> from cjm_lab.estimate import mean
    >>> shops = Design(np.ones(6), clusters=["a", "a", "b", "b", "c", "c"])
    >>> print(format(mean([1, 2, 4, 4, 6, 7], shops), ".3f"), shops.degrees)
    4.000 [-2.210, 10.210] n=6 2
    """

    weights: npt.ArrayLike
    strata: npt.ArrayLike | None = None
    clusters: npt.ArrayLike | None = None
    fpc: npt.ArrayLike | None = None
    margins: tuple[npt.ArrayLike, ...] = ()
    _w: Floats = field(init=False, repr=False)
    _stratum: Codes = field(init=False, repr=False)
    _cluster: Codes = field(init=False, repr=False)
    _size: Floats | None = field(init=False, repr=False)
    _margins: tuple[Codes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check what was given and number strata, clusters and categories from 0."""
        w = np.asarray(self.weights, dtype=float)
        if w.ndim != 1 or np.any(w < 0) or np.any(np.isnan(w)):
            raise ParameterError("weights must be zero or positive and complete")
        n = len(w)
        stratum = np.zeros(n, dtype=np.intp)
        if self.strata is not None:
            stratum = _codes(self.strata, n, "strata")
        cluster = np.arange(n)
        if self.clusters is not None:
            cluster = _codes(self.clusters, n, "clusters")
            # the same name in two strata is two clusters
            cluster = _codes(stratum * (n + 1) + cluster, n, "clusters")
        margins = tuple(_codes(margin, n, "margins") for margin in self.margins)
        for name, value in {"_w": w, "_stratum": stratum, "_cluster": cluster}.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_margins", margins)
        object.__setattr__(self, "_size", None if self.fpc is None else self._population(n))
        self._refuse_lonely()

    def __len__(self) -> int:
        """Return the number of respondents."""
        return len(self._w)

    @property
    def name(self) -> str:
        """What the standard error takes into account, for the name of a method."""
        known = {
            "strata": self.strata is not None,
            "clusters": self.clusters is not None,
            "fpc": self.fpc is not None,
            "raked": bool(self.margins),
        }
        return ", ".join(part for part, given in known.items() if given)

    @property
    def degrees(self) -> int:
        """Degrees of freedom: clusters minus strata."""
        return self.degrees_of(np.ones(len(self), dtype=bool))

    def degrees_of(self, rows: npt.NDArray[np.bool_]) -> int:
        """Return the degrees of freedom of a domain: its clusters minus its strata."""
        inside = rows & (self._w > 0)
        clusters = len(np.unique(self._cluster[inside]))
        return max(0, clusters - len(np.unique(self._stratum[inside])))

    def covariance(self, influences: npt.ArrayLike) -> Floats:
        """Return the covariance matrix of statistics from their linearized values.

        Parameters
        ----------
        influences
            One row a respondent, one column a statistic: weight times derivative, 0 outside a
            domain.

        Examples
        --------
        >>> Design(np.ones(4)).covariance([[-1.0], [1.0], [1.0], [-1.0]]).round(3).tolist()
        [[5.333]]
        """
        x = self._swept(np.asarray(influences, dtype=float))
        strata = len(np.unique(self._stratum))
        clusters = int(self._cluster.max()) + 1
        of_cluster = np.zeros(clusters, dtype=np.intp)
        of_cluster[self._cluster] = self._stratum
        totals = np.zeros((clusters, x.shape[1]))
        np.add.at(totals, self._cluster, x)
        count = np.bincount(of_cluster, minlength=strata)
        sums = np.zeros((strata, x.shape[1]))
        np.add.at(sums, of_cluster, totals)
        scale = count / np.maximum(count - 1, 1)
        if self._size is not None:
            size = np.zeros(strata)
            size[self._stratum] = self._size
            scale = scale * (1 - count / size)
        centered = totals - (sums / count[:, None])[of_cluster]
        return (centered * scale[of_cluster][:, None]).T @ centered

    def influence(self, values: npt.ArrayLike) -> Floats:
        """Return the linearized values of the weighted mean of a domain: NaN lies outside it.

        Examples
        --------
        >>> Design([1.0, 1.0, 2.0]).influence([np.nan, 3.0, 6.0]).round(3).tolist()
        [-0.0, -0.667, 0.667]
        """
        y = np.asarray(values, dtype=float)
        if y.shape != self._w.shape:
            raise ParameterError(
                f"answers must have one value a respondent of the design ({len(self)}), got"
                f" {len(y)}; for a subgroup set the answers of the others to missing"
            )
        inside = ~np.isnan(y) & (self._w > 0)
        w = np.where(inside, self._w, 0.0)
        y = np.where(inside, y, 0.0)
        return w * (y - w @ y / w.sum()) / w.sum()

    def correlation(self, a: npt.ArrayLike, b: npt.ArrayLike) -> float:
        """Return the correlation of the weighted means of two domains, or of two questions.

        Groups that share clusters move together: 0 holds for independent respondents only.

        Examples
        --------
        >>> shops = Design(np.ones(4), clusters=["a", "a", "b", "b"])
        >>> shops.correlation([1.0, np.nan, 2.0, np.nan], [np.nan, 5.0, np.nan, 9.0])
        1.0
        """
        v = self.covariance(np.column_stack([self.influence(a), self.influence(b)]))
        spread = sqrt(v[0, 0] * v[1, 1])
        return float(np.clip(v[0, 1] / spread, -1, 1)) if spread > 0 else 0.0

    def _swept(self, x: Floats) -> Floats:
        """Return influences less what the margins explain, as raking fixes the margins' totals."""
        if not self._margins:
            return x
        heavy = self._w > 0
        w = np.where(heavy, self._w, 1.0)[:, None]
        counts = [np.maximum(np.bincount(m[heavy]), 1)[:, None] for m in self._margins]
        for _ in range(_SWEEPS):
            for margin, count in zip(self._margins, counts, strict=True):
                sums = np.zeros((len(count), x.shape[1]))
                np.add.at(sums, margin[heavy], (x / w)[heavy])
                x = np.where(heavy[:, None], x - w * (sums / count)[margin], x)
        return x

    def _population(self, n: int) -> Floats:
        """Return fpc checked: one count a stratum, no fewer than the clusters drawn."""
        size = np.asarray(self.fpc, dtype=float)
        if size.shape != (n,) or np.any(np.isnan(size)):
            raise ParameterError(f"fpc must have one number a respondent ({n}), none missing")
        by = pd.DataFrame({"stratum": self._stratum, "size": size, "cluster": self._cluster})
        table = by.groupby("stratum").agg(
            least=("size", "min"), most=("size", "max"), drawn=("cluster", "nunique")
        )
        bad = table[(table["least"] != table["most"]) | (table["least"] < table["drawn"])]
        if len(bad):
            worst = bad.iloc[0]
            raise ParameterError(
                "fpc must be the number of clusters in the population of each stratum, the same"
                f" throughout it; got {worst['least']:g} to {worst['most']:g} where"
                f" {worst['drawn']:g} were drawn; give counts, not fractions, or leave fpc out"
            )
        return size

    def _refuse_lonely(self) -> None:
        if self.strata is None or not len(self):
            return
        drawn = pd.Series(self._cluster).groupby(self._stratum).nunique()
        lonely = drawn.index[drawn == 1].to_numpy()
        if self._size is not None:  # a stratum that was taken whole has no sampling error
            lonely = np.array([s for s in lonely if self._size[self._stratum == s][0] > 1])
        if len(lonely):
            names = pd.unique(np.asarray(self.strata, dtype=object)[np.isin(self._stratum, lonely)])
            raise ParameterError(
                "each stratum must have two clusters or more, got one in"
                f" {[str(name) for name in names[:5]]}; merge such a stratum with the one most"
                " like it"
            )


def _codes(labels: npt.ArrayLike, n: int, name: str) -> Codes:
    """Return labels as numbers from 0."""
    codes, _ = pd.factorize(np.asarray(labels, dtype=object))
    if len(codes) != n:
        raise ParameterError(f"{name} must have one value a respondent ({n}), got {len(codes)}")
    if (codes < 0).any():
        raise ParameterError(
            f"{name} must be known for every respondent, missing for {(codes < 0).sum()}; give"
            " these a category of their own or leave them out"
        )
    return codes.astype(np.intp)
