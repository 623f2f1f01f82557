"""From mentions to evidence: counts and shares by touchpoint, channel and group, and quotes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import nan
from textwrap import shorten
from typing import Any

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import Period
from cjm_lab.social.label_record import label_agreement, settled_labels
from cjm_lab.social.labels import FEWEST_LABELS, labeled_share
from cjm_lab.social.link_quality import link_quality
from cjm_lab.social.sample import frame_of
from cjm_lab.social.scored import polarity_word
from cjm_lab.study import MentionsSource, Study
from cjm_lab.study.personas import attribute_text, segment_text

#: Quotes are no longer than this.
QUOTE_LENGTH = 120
#: A group of fewer mentions is not shown, nor are the smallest beyond so many groups.
FEWEST_MENTIONS = 5
MOST_GROUPS = 12
#: A compound score within this of 0 is neutral to VADER's authors.
VADER_NEUTRAL = 0.05

_TARGETS = ("negative", "positive")


def social_evidence(
    scored: pd.DataFrame, links: pd.DataFrame, labels: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return counts, shares and quotes of the period's mentions: all, by touchpoint and by group.

    The frame is fixed after duplicates are removed. The automatic shares are ``reasoned`` and have
    no interval: their bias is unknown. The other shares come from people's labels; fewer than 30 in
    the month, and they are estimated on the rolling quarter. All shares are those of the mentions
    in English, or too short to tell. At a touchpoint the score of a mention is that of the
    sentences that speak about it.

    Parameters
    ----------
    scored
        What `scored_mentions` returns.
    links
        What `linked_mentions` returns.
    labels
        The tidy table; none counts that was given in the frame of another month (a ``frame_id``
        such as ``2026-08``).
    study
        Touchpoints, groups (channel, and the attributes of the mentions) and confidence level.
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
    given = _of_own_frame(labels, scored, study)
    record = settled_labels(given)
    rows = list(_rows(frames, record, study, Place("all touchpoints")))
    rows[0]["note"] = _left_out(inside, frames[0])
    for touchpoint in study.touchpoints:
        if touchpoint.keywords:
            about = [frame.about(touchpoint.id, links) for frame in frames]
            where = {"touchpoint": touchpoint.id, "stage": study.stage_of[touchpoint.id]}
            place = Place(touchpoint.name, where, tuple(touchpoint.keywords))
            rows += _rows(about, record, study, place)
            rows += _quotes(about[0], record["label"], place)
    for column, value in mention_groups(frames[0].mentions, study):
        place = Place(value, {"segment": segment_text({column: value})})
        rows += _rows([frame.group(column, value) for frame in frames], record, study, place)
    rows += _quality_rows(frames, given, links, study)
    return evidence_frame(rows)


def mention_groups(frame: pd.DataFrame, study: Study) -> Iterator[tuple[str, str]]:
    """Yield column and value of each group of mentions: channels, then the study's attributes."""
    columns = ["channel"]
    for source in study.sources:
        if isinstance(source, MentionsSource):
            columns += [name for name in source.attributes if name not in columns]
    for column in columns:
        if column not in frame:
            continue
        sizes = attribute_text(frame[column]).value_counts().drop("", errors="ignore")
        sizes = sizes[sizes >= FEWEST_MENTIONS]
        if len(sizes) < 2:
            continue
        order = sorted(sizes.index, key=lambda value: (-sizes[value], value))
        yield from ((column, str(value)) for value in order[:MOST_GROUPS])


@dataclass(frozen=True)
class Frame:
    """The mentions that an estimate is about, without duplicates, and their span."""

    mentions: pd.DataFrame
    period: Period | None

    @classmethod
    def fixed(cls, scored: pd.DataFrame, period: Period | None) -> Frame:
        """Return the frame of all mentions of a span, those in other languages included."""
        once = frame_of(scored, scorable=False)
        return cls(once.set_index("mention_id"), period)

    def about(self, touchpoint: str, links: pd.DataFrame) -> Frame:
        """Return the part of the frame that speaks about a touchpoint, with the score of that."""
        there = links[links["touchpoint"] == touchpoint].set_index("mention_id")
        part = self.mentions.loc[self.mentions.index.isin(there.index)]
        score = there["polarity"].reindex(part.index)
        return Frame(part.assign(polarity=score, automatic=polarity_word(score)), self.period)

    def group(self, column: str, value: str) -> Frame:
        """Return the part of the frame with one value of an attribute."""
        return Frame(self.mentions[attribute_text(self.mentions[column]) == value], self.period)

    @property
    def scorable(self) -> pd.DataFrame:
        """The mentions of which a share can be told."""
        return self.mentions[self.mentions["scorable"]]


@dataclass(frozen=True)
class Place:
    """Where rows of the ledger belong: a touchpoint, a group of mentions, or everything."""

    name: str
    where: dict[str, Any] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()


def _rows(
    frames: list[Frame], record: pd.DataFrame, study: Study, place: Place
) -> Iterator[dict[str, Any]]:
    """Yield count and shares of the first frame; a wider one helps out with labels."""
    about = frames[0]
    common: dict[str, Any] = {"lane": "sentiment", "source": "mentions", "period": about.period}
    common |= place.where
    size = len(about.mentions)
    count = Estimate(size, nan, nan, n=size, method="count", level=study.level)
    label = f"Mentions: {place.name}"
    yield evidence(count, measure="mentions", label=label, basis=place.keywords, **common)
    for target in _TARGETS:
        tried = [(_from_labels(frame, record, study, target), frame) for frame in frames]
        enough = [(estimate, frame) for estimate, frame in tried if estimate.n >= FEWEST_LABELS]
        if len(about.scorable):
            few = tried[0][0]
            yield evidence(
                _automatic(about, target, study.level),
                measure=f"automatic_{target}_share",
                label=f"{target.capitalize()} mentions by lexicon: {place.name}",
                status="reasoned",
                basis=["TextBlob, prepared, by sentence", *place.keywords],
                note="" if enough else f"labels at hand: {few.n}; {few.method}",
                **common,
            )
        if enough:
            estimate, frame = enough[0]
            yield evidence(
                estimate,
                measure=f"{target}_share",
                label=f"{target.capitalize()} mentions: {place.name}",
                basis=place.keywords,
                note=_note(frame, wider=frame is not about),
                **(common | {"period": frame.period}),
            )


def _automatic(frame: Frame, target: str, level: float) -> Estimate:
    said = frame.scorable["automatic"]
    share = float((said == target).mean())
    return Estimate(share, nan, nan, n=len(said), method="automatic, bias unknown", level=level)


def _from_labels(frame: Frame, record: pd.DataFrame, study: Study, target: str) -> Estimate:
    """Return the share of a frame with a label, from the labels of its scorable mentions."""
    about = frame.scorable
    return labeled_share(
        record["label"],
        about[["polarity", "vader"]],
        target=target,
        inclusion_prob=record["inclusion_prob"],
        cluster=about.get("author_key"),
        stratum=record["stratum"],
        level=study.level,
    )


def _note(frame: Frame, *, wider: bool) -> str:
    foreign = len(frame.mentions) - len(frame.scorable)
    notes = [f"rolling quarter: fewer than {FEWEST_LABELS} labels in the month"] if wider else []
    if foreign:
        notes.append(f"{foreign:,} mentions in another language left out")
    return "; ".join(notes)


def _left_out(inside: pd.DataFrame, frame: Frame) -> str:
    """Return what was removed from the frame, and what was found and stayed in it."""
    notes = [f"{len(inside) - len(frame.mentions):,} duplicates removed"]
    for column, what in (("near_duplicate", "near duplicates"), ("repost", "reposts")):
        if found := int(frame.mentions[column].sum()):
            notes.append(f"{found:,} {what} kept")
    return "; ".join(notes)


def _quality_rows(
    frames: list[Frame], labels: pd.DataFrame, links: pd.DataFrame, study: Study
) -> Iterator[dict[str, Any]]:
    """Yield how far scorers agree, labelers agree, and keywords find the right touchpoints."""
    common: dict[str, Any] = {"lane": "sentiment", "source": "mentions"}
    scorable = frames[0].scorable
    if len(scorable):
        second = polarity_word(scorable["vader"], VADER_NEUTRAL)
        apart = float((second != scorable["automatic"]).mean())
        yield evidence(
            Estimate(apart, nan, nan, n=len(scorable), method="automatic", level=study.level),
            measure="scorer_disagreement",
            label="Read differently by two word lists (TextBlob, VADER)",
            status="reasoned",
            period=frames[0].period,
            **common,
        )
    wide = frames[-1]
    given = labels[labels["mention_id"].isin(wide.mentions.index)]
    agreed = label_agreement(given, level=study.level)
    if agreed.n:
        yield evidence(
            agreed,
            measure="label_agreement",
            label="Agreement of the people who labeled",
            period=wide.period,
            **common,
        )
    marks = link_quality(links, given, study, level=study.level)
    for mark in marks.to_dict("records"):
        yield evidence(
            Estimate(
                mark["value"], mark["low"], mark["high"], n=int(mark["n"]), method=mark["method"],
                level=study.level,
            ),
            measure=f"link_{mark['measure']}",
            label=f"Keywords {_FINDS[mark['measure']]}",
            touchpoint=mark["touchpoint"],
            stage=study.stage_of[mark["touchpoint"]],
            basis=study.touchpoint(mark["touchpoint"]).keywords,
            period=wide.period,
            **common,
        )  # fmt: skip


_FINDS = {
    "precision": "right: of the mentions they find, the share that is about it",
    "recall": "complete: of the mentions about it, the share that they find",
}


def _of_own_frame(labels: pd.DataFrame, scored: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the labels without those that a frame of another month gave to a mention."""
    if "frame_id" not in labels:
        return labels
    published = scored.drop_duplicates("mention_id").set_index("mention_id")["published_at"]
    month = published.dt.tz_convert(study.time_zone).dt.strftime("%Y-%m")
    own = labels["mention_id"].map(month)
    named = labels["frame_id"].str.fullmatch(r"\d{4}-\d{2}")
    return labels[~named | own.isna() | (labels["frame_id"] == own)]


def _quotes(frame: Frame, label: pd.Series, place: Place) -> Iterator[dict[str, Any]]:
    """Yield two negative mentions and a positive one, those that people labeled so first.

    The second negative one is none that passes on what somebody else wrote.
    """
    about = frame.mentions
    said = label.reindex(about.index).fillna("")
    for kind, sign, most in (("negative", 1, 2), ("positive", -1, 1)):
        fits = about[(said == kind) | ((said == "") & (about["automatic"] == kind))]
        if fits.empty:
            continue
        text = fits["text"].str.split().str.join(" ")
        order = pd.DataFrame(
            {
                "unlabeled": said[fits.index] == "",
                "passed_on": fits["repost"] | fits["near_duplicate"],
                "long": text.str.len() > QUOTE_LENGTH,
                "polarity": sign * fits["polarity"],
                "length": -text.str.len(),
                "id": fits.index,
            }
        )
        ranked = order.sort_values(list(order.columns))
        own = ranked.index[~ranked["passed_on"]]
        chosen = list(dict.fromkeys([ranked.index[0], *own]))[:most]
        for place_in_line, mention in enumerate(chosen):
            yield evidence(
                lane="quote",
                measure="quote",
                label=shorten(str(text.at[mention]), QUOTE_LENGTH, placeholder=" …"),
                item=str(mention),
                source="mentions",
                period=frame.period,
                note=f"{kind}; another" if place_in_line else kind,
                **place.where,
            )
