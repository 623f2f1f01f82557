"""From mentions to evidence: counts, shares and quotes per touchpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from textwrap import shorten
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.social.labels import FEWEST_LABELS, labeled_share
from cjm_lab.social.linking import exact_duplicates, link_touchpoints
from cjm_lab.social.polarity import polarity
from cjm_lab.study import Study, Touchpoint

#: Quotes are no longer than this.
QUOTE_LENGTH = 120


def scored_mentions(mentions: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the mentions with what a machine can say about each of them.

    Parameters
    ----------
    mentions
        The tidy table.
    study
        Its names are masked before scoring; its touchpoints name the keywords.

    Returns
    -------
    DataFrame
        The mentions and ``scorable`` (in English, or in a language nobody stated), ``polarity``
        (-1 to 1), ``automatic`` (negative, neutral, positive; empty if not scorable),
        ``duplicate`` (repeats an earlier mention of the same month word by word) and
        ``touchpoints`` (a list of ids).

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "buy", "name": "Buy",
    ...     "touchpoints": [{"id": "pay", "name": "Payment", "keywords": ["card"]}]}]})
    >>> said = pd.DataFrame({"mention_id": ["1"], "text": ["The card form isn't good"], "lang": "",
    ...     "published_at": pd.to_datetime(["2026-10-05"], utc=True)})
    >>> scored_mentions(said, study)[["polarity", "automatic", "touchpoints"]].values.tolist()
    [[-0.35, 'negative', ['pay']]]
    """
    names = [study.subject.brand, *study.subject.names]
    scorable = mentions["lang"].isin(["", "und"]) | mentions["lang"].str.casefold().str.startswith(
        "en"
    )
    texts = mentions["text"].where(scorable)
    score = polarity(texts, names=names)
    words = np.select([score < 0, score > 0, score == 0], ["negative", "positive", "neutral"], "")
    oldest_first = mentions.sort_values("published_at", kind="stable")
    month = oldest_first["published_at"].dt.tz_convert(study.time_zone).dt.strftime("%Y-%m")
    return mentions.assign(
        polarity=score,
        automatic=pd.Series(words, index=mentions.index, dtype="str"),
        duplicate=exact_duplicates(oldest_first["text"], within=month).reindex(mentions.index),
        scorable=scorable,
        touchpoints=_lists(link_touchpoints(mentions["text"], study)),
    )


def social_evidence(
    scored: pd.DataFrame, labels: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return counts, shares and quotes of the period's mentions, in all and per touchpoint.

    The frame is fixed after duplicates are removed. The automatic negative share is ``reasoned``
    and has no interval: its bias is unknown. The negative share comes from people's labels; fewer
    than 30 in the month, and it is estimated on the rolling quarter. Both shares are those of the
    mentions in English, or in a language nobody stated.

    Parameters
    ----------
    scored
        What `scored_mentions` returns.
    labels
        The tidy table; the latest label of a mention counts, and none given in the frame of
        another month (a ``frame_id`` such as ``2026-08``).
    study
        Touchpoints and confidence level.
    period
        Span of the frame; undated mentions count whole.

    Returns
    -------
    DataFrame
        Rows of the ledger.
    """
    dated = bool(scored["published_at"].notna().any())
    inside = scored[period.contains(scored["published_at"])] if dated else scored
    if inside.empty:
        return evidence_frame()
    frames = [Frame.fixed(inside, period if dated else None)]
    if dated and period.kind == "month":
        quarter = period.rolling_quarter()
        frames.append(Frame.fixed(scored[quarter.contains(scored["published_at"])], quarter))
    latest = _of_own_frame(labels, scored, study).sort_values("labeled_at", kind="stable")
    latest = latest.drop_duplicates("mention_id", keep="last").set_index("mention_id")
    rows = list(_rows(frames, latest, study))
    rows[0]["note"] = f"{len(inside) - len(frames[0].mentions)} duplicates removed"
    for touchpoint in study.touchpoints:
        if touchpoint.keywords:
            about = [frame.about(touchpoint.id) for frame in frames]
            rows += _rows(about, latest, study, touchpoint)
            rows += _quotes(about[0], latest["label"], study, touchpoint)
    return evidence_frame(rows)


@dataclass(frozen=True)
class Frame:
    """The mentions that an estimate is about, without duplicates, and their span."""

    mentions: pd.DataFrame
    period: Period | None

    @classmethod
    def fixed(cls, scored: pd.DataFrame, period: Period | None) -> Frame:
        """Return the frame of all mentions of a span."""
        once = scored[~scored["duplicate"]].drop_duplicates("mention_id")
        return cls(once.set_index("mention_id"), period)

    def about(self, touchpoint: str) -> Frame:
        """Return the part of the frame that speaks about a touchpoint."""
        links = self.mentions["touchpoints"].explode()
        return Frame(self.mentions.loc[links.index[links == touchpoint]], self.period)


def _rows(
    frames: list[Frame], labels: pd.DataFrame, study: Study, touchpoint: Touchpoint | None = None
) -> Iterator[dict[str, Any]]:
    """Yield count and negative shares of the first frame; a wider one helps out with labels."""
    about, name = frames[0].mentions, touchpoint.name if touchpoint else "all touchpoints"
    scorable = about[about["scorable"]]
    place: dict[str, Any] = {
        "lane": "sentiment",
        "stage": study.stage_of[touchpoint.id] if touchpoint else "",
        "touchpoint": touchpoint.id if touchpoint else "",
        "source": "mentions",
        "period": frames[0].period,
    }
    keywords = touchpoint.keywords if touchpoint else []
    count = Estimate(len(about), nan, nan, n=len(about), method="count", level=study.level)
    yield evidence(count, measure="mentions", label=f"Mentions: {name}", basis=keywords, **place)
    tried = [(_from_labels(frame, labels, study), frame.period) for frame in frames]
    enough = [(estimate, span) for estimate, span in tried if estimate.n >= FEWEST_LABELS]
    if len(scorable):
        automatic = Estimate(
            float((scorable["automatic"] == "negative").mean()),
            nan,
            nan,
            n=len(scorable),
            method="automatic, bias unknown",
            level=study.level,
        )
        few = tried[0][0]
        yield evidence(
            automatic,
            measure="automatic_negative_share",
            label=f"Negative mentions by lexicon: {name}",
            status="reasoned",
            basis=["TextBlob, prepared", *keywords],
            note="" if enough else f"labels at hand: {few.n}; {few.method}",
            **place,
        )
    if enough:
        estimate, span = enough[0]
        frame = next(frame for frame in frames if frame.period == span)
        foreign = int((~frame.mentions["scorable"]).sum())
        notes = [f"rolling quarter: fewer than {FEWEST_LABELS} labels in the month"]
        notes = [] if span == frames[0].period else notes
        if foreign:
            notes.append(f"{foreign:,} mentions in another language left out")
        yield evidence(
            estimate,
            measure="negative_share",
            label=f"Negative mentions: {name}",
            basis=keywords,
            note="; ".join(notes),
            **(place | {"period": span}),
        )


def _from_labels(frame: Frame, labels: pd.DataFrame, study: Study) -> Estimate:
    """Return the negative share of a frame from the labels of its scorable mentions."""
    about = frame.mentions[frame.mentions["scorable"]]
    return labeled_share(
        labels["label"],
        about["polarity"],
        inclusion_prob=labels["inclusion_prob"],
        cluster=about.get("author_key"),
        level=study.level,
    )


def _of_own_frame(labels: pd.DataFrame, scored: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the labels without those that a frame of another month gave to a mention."""
    if "frame_id" not in labels:
        return labels
    published = scored.drop_duplicates("mention_id").set_index("mention_id")["published_at"]
    month = published.dt.tz_convert(study.time_zone).dt.strftime("%Y-%m")
    own = labels["mention_id"].map(month)
    named = labels["frame_id"].str.fullmatch(r"\d{4}-\d{2}")
    return labels[~named | own.isna() | (labels["frame_id"] == own)]


def _quotes(
    frame: Frame, label: pd.Series, study: Study, touchpoint: Touchpoint
) -> Iterator[dict[str, Any]]:
    """Yield a negative and a positive mention: one that people labeled so rather than another."""
    about = frame.mentions
    said = label.reindex(about.index).fillna("")
    for kind, sign in (("negative", 1), ("positive", -1)):
        fits = about[(said == kind) | ((said == "") & (about["automatic"] == kind))]
        if fits.empty:
            continue
        text = fits["text"].str.split().str.join(" ")
        order = pd.DataFrame(
            {
                "unlabeled": said[fits.index] == "",
                "passed_on": text.str.match(r"RT\b", case=False),
                "long": text.str.len() > QUOTE_LENGTH,
                "polarity": sign * fits["polarity"],
                "length": -text.str.len(),
                "id": fits.index,
            }
        )
        first = order.sort_values(list(order.columns)).index[0]
        yield evidence(
            lane="quote",
            measure="quote",
            label=shorten(str(text.at[first]), QUOTE_LENGTH, placeholder=" …"),
            stage=study.stage_of[touchpoint.id],
            touchpoint=touchpoint.id,
            item=str(first),
            source="mentions",
            period=frame.period,
            note=kind,
        )


def _lists(links: pd.DataFrame) -> pd.Series:
    """Return the names of the true columns of each row as a list."""
    if links.empty:
        return pd.Series([[] for _ in range(len(links))], index=links.index, dtype="object")
    patterns, which = np.unique(links.to_numpy(), axis=0, return_inverse=True)
    lists = pd.Series([links.columns[pattern].tolist() for pattern in patterns], dtype="object")
    return lists.iloc[which].set_axis(links.index)
