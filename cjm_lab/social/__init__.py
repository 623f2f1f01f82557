"""What people say: polarity, links to touchpoints, shares from labels."""

from cjm_lab.social.labels import labeled_share
from cjm_lab.social.linking import exact_duplicates, link_touchpoints
from cjm_lab.social.polarity import polarity

__all__ = ["exact_duplicates", "labeled_share", "link_touchpoints", "polarity"]
