"""What people say: polarity, links to touchpoints, shares from labels, distinctive terms."""

from cjm_lab.social.classifier import classifier_scores
from cjm_lab.social.label_record import label_agreement, settled_labels
from cjm_lab.social.labels import labeled_share
from cjm_lab.social.link_quality import link_quality, unlinked_terms
from cjm_lab.social.linking import link_touchpoints, linked_sentences
from cjm_lab.social.polarity import polarity
from cjm_lab.social.repeats import exact_duplicates, near_duplicates, writers
from cjm_lab.social.sample import draw_sample
from cjm_lab.social.scoring import text_scores
from cjm_lab.social.terms import distinctive_terms, most_shared

__all__ = [
    "classifier_scores",
    "distinctive_terms",
    "draw_sample",
    "exact_duplicates",
    "label_agreement",
    "labeled_share",
    "link_quality",
    "link_touchpoints",
    "linked_sentences",
    "most_shared",
    "near_duplicates",
    "polarity",
    "settled_labels",
    "text_scores",
    "unlinked_terms",
    "writers",
]
