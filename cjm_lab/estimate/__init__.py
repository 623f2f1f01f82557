"""Estimates and the statistics that every room shares.

How often each interval holds the truth is in COVERAGE.md beside this file, as
``benchmarks/coverage.py`` measured it.
"""

from cjm_lab.estimate._estimate import Estimate, no_estimate
from cjm_lab.estimate.design import Design
from cjm_lab.estimate.differences import benjamini_hochberg, difference, p_value
from cjm_lab.estimate.intervals import (
    clustered_ratio,
    linearized_se,
    mean,
    needed_n,
    share,
    weighted_share,
    z_value,
)
from cjm_lab.estimate.raters import agreement, krippendorff_alpha
from cjm_lab.estimate.resampling import bootstrap

__all__ = [
    "Design",
    "Estimate",
    "agreement",
    "benjamini_hochberg",
    "bootstrap",
    "clustered_ratio",
    "difference",
    "krippendorff_alpha",
    "linearized_se",
    "mean",
    "needed_n",
    "no_estimate",
    "p_value",
    "share",
    "weighted_share",
    "z_value",
]
