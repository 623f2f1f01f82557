"""Tables of the mentions that a notebook shows and nobody computes with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab import social
from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import row_estimate
from cjm_lab.period import Period, period_up_to
from cjm_lab.social.evidence import VADER_NEUTRAL, Frame
from cjm_lab.social.label_record import settled_labels
from cjm_lab.social.labels import FEWEST_LABELS, labeled_share
from cjm_lab.social.link_quality import unlinked_terms
from cjm_lab.social.sample import frame_of
from cjm_lab.social.scored import polarity_word, study_names
from cjm_lab.study import Study
from cjm_lab.words import number, shown

_TRENDED = 26  # weeks
_UNLINKED = 15  # terms


def said_by_group(social_rows: pd.DataFrame) -> pd.DataFrame:
    """Return automatic and labeled negative shares by channel and by the study's attributes."""
    rows = social_rows[social_rows["segment"] != ""]
    return _two_shares(rows, "segment", rows["segment"].str.replace(r"^[^=]*=", "", regex=True))


def said_by_touchpoint(social_rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return automatic and labeled negative shares by touchpoint, in the order of the journey."""
    names = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    rows = social_rows[(social_rows["touchpoint"] != "") & (social_rows["lane"] == "sentiment")]
    return _two_shares(rows, "touchpoint", rows["touchpoint"].map(names))


def _two_shares(rows: pd.DataFrame, key: str, label: pd.Series) -> pd.DataFrame:
    """Return one row a place: how many mentions, their automatic share, and the labeled one."""
    rows = rows.assign(place=label)
    by = {name: part.set_index(key) for name, part in rows.groupby("measure")}
    empty = rows.iloc[:0].set_index(key)
    guess = by.get("automatic_negative_share", empty)
    true = by.get("negative_share", empty).reindex(guess.index)
    count = by.get("mentions", empty)["value"].reindex(guess.index)
    return pd.DataFrame(
        {
            "label": guess["place"],
            "mentions": count,
            "automatic": guess["value"],
            "value": true["value"],
            "low": true["low"],
            "high": true["high"],
            "n": true["n"],
        }
    ).reset_index(drop=True)


def mention_trend(
    scored: pd.DataFrame, labels: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return the negative share week by week by lexicon, and month by month from labels."""
    columns = ["start", "share", "low", "high", "n", "kind"]
    known = scored[scored["published_at"].notna()] if len(scored) else scored
    if known.empty:
        return pd.DataFrame(columns=columns)
    local = known["published_at"].dt.tz_convert(study.time_zone)
    last = pd.Timestamp(period.end)
    rows = list(_weeks(known, local, last))
    for month in sorted(local[local <= period.ends_before].dt.strftime("%Y-%m").unique()):
        whole = period_up_to((pd.Period(month).end_time).date(), "month", time_zone=study.time_zone)
        frame = Frame.fixed(known[whole.contains(known["published_at"])], whole).scorable
        record = settled_labels(labels, frame_id=month)
        record = record[record.index.isin(frame.index)]
        if len(record) < FEWEST_LABELS:
            continue
        found = labeled_share(
            record["label"],
            frame[["polarity", "vader"]],
            inclusion_prob=record["inclusion_prob"],
            cluster=frame.get("author_key"),
            stratum=record["stratum"],
            finite=False,
            level=study.level,
        )
        values = (found.value, found.low, found.high, found.n, "labeled")
        rows.append(dict(zip(columns, (pd.Timestamp(whole.start), *values), strict=True)))
    return pd.DataFrame(rows, columns=columns)


def _weeks(known: pd.DataFrame, local: pd.Series, last: pd.Timestamp) -> Iterator[dict[str, Any]]:
    """Yield the automatic share of each full week, no more than the last half year."""
    day = local.dt.tz_localize(None).dt.normalize()
    week = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    full = (week >= day.min()) & (week + pd.Timedelta(days=6) <= last)
    once = full & known["scorable"] & ~known["duplicate"]
    negative = (known["automatic"] == "negative")[once].groupby(week[once])
    for start, part in list(negative)[-_TRENDED:]:
        yield {"start": start, "share": part.mean(), "n": len(part), "kind": "automatic"}


def who_writes(scored: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return how many wrote how much, in which languages, and what only repeats another."""
    inside = _of_period(scored, period)
    if inside.empty:
        return pd.DataFrame(columns=["what", "value"])
    frame = inside[~inside["duplicate"]]
    foreign = frame.loc[~frame["scorable"], "lang"].value_counts().head(5)
    named = ", ".join(f"{lang} {count:,}" for lang, count in foreign.items())
    found: list[tuple[str, float]] = [
        ("mentions", len(inside)),
        ("word for word repeats within the month, left out below", inside["duplicate"].sum()),
        ("near copies of another", frame["near_duplicate"].sum()),
        ("that pass another's mention on", frame["repost"].sum()),
        (
            f"in another language, counted and not scored{f' ({named})' if named else ''}",
            (~frame["scorable"]).sum(),
        ),
    ]
    if "author_key" in frame:
        writers = social.writers(frame)
        found += zip(writers["what"], writers["value"], strict=True)
    return pd.DataFrame(
        {
            "what": [what for what, _ in found],
            "value": [number(value, percent=what.startswith("share")) for what, value in found],
        }
    )


def scorers(scored: pd.DataFrame, labels: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how often each word list says what people labeled."""
    tones = ("negative", "neutral", "positive")
    record = settled_labels(labels)
    both = scored.drop_duplicates("mention_id").set_index("mention_id")
    both = both[both["scorable"] & both.index.isin(record.index[record["label"].isin(tones)])]
    truth = record["label"].reindex(both.index)
    lines = []
    for name, column, threshold in (
        ("TextBlob, prepared", "polarity", 0.0), ("VADER", "vader", VADER_NEUTRAL),
    ):  # fmt: skip
        if len(truth) < FEWEST_LABELS:
            break
        right = pd.Series(polarity_word(both[column], threshold), index=both.index) == truth
        words = shown(share(int(right.sum()), len(right), level=study.level), "share")
        of_tone = right.groupby(truth).mean().reindex(tones)
        lines.append(
            {"word list": name, "right": words.value, "interval": words.interval}
            | {f"of {tone} ones": number(part, percent=True) for tone, part in of_tone.items()}
            | {"n": len(right)}
        )
    return pd.DataFrame(lines)


def complaint_terms(scored: pd.DataFrame, labels: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the terms that set labeled negative mentions apart from the other labeled ones."""
    record = settled_labels(labels)
    text = scored.drop_duplicates("mention_id").set_index("mention_id")
    about = text[text.index.isin(record.index) & text["scorable"]]
    tone = record["label"].reindex(about.index)
    groups = tone.where(tone == "negative", "other")[tone != "undecided"]
    found = social.distinctive_terms(
        about.loc[groups.index, "text"], groups, authors=about.get("author_key"), level=study.level
    )
    return found[found["group"] == "negative"].reset_index(drop=True)


def complaint_words(complaint_terms: pd.DataFrame) -> pd.DataFrame:
    """Return the terms of negative mentions in words, with examples."""
    return _in_words(complaint_terms).drop(columns="group")


def new_words(scored: pd.DataFrame, study: Study, period: Period) -> pd.DataFrame:
    """Return the terms that set the mentions of the period apart from all earlier ones."""
    if scored.empty or not scored["published_at"].notna().any():
        return pd.DataFrame()
    before = scored["published_at"] < period.starts_at
    inside = period.contains(scored["published_at"])
    frame = frame_of(scored[before | inside])
    when = inside.reindex(frame.index).map({True: "now", False: "before"})
    found = social.distinctive_terms(
        frame["text"], when, authors=frame.get("author_key"), level=study.level
    )
    return _in_words(found[found["group"] == "now"]).drop(columns="group")


def touchpoint_words(
    links: pd.DataFrame, scored: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return the terms that set what is said of a touchpoint apart, its own keywords left out."""
    inside = _of_period(scored, period)
    frame = frame_of(inside).set_index("mention_id") if len(inside) else inside
    said = links[links["mention_id"].isin(frame.index)]
    names = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    authors = frame["author_key"].reindex(said["mention_id"]) if "author_key" in frame else None
    found = social.distinctive_terms(
        said["text"],
        said["touchpoint"].map(names),
        top=5,
        authors=None if authors is None else authors.set_axis(said.index),
        level=study.level,
    )
    own = {t.name: {word.casefold().strip("*") for word in t.keywords} for t in study.touchpoints}
    known = [
        any(word in term or term in word for word in own.get(group, ()))
        for group, term in zip(found["group"], found["term"], strict=True)
    ]
    order = {name: i for i, name in enumerate(names.values())}
    found = found[np.array([not one for one in known], dtype=bool)]
    found = found.sort_values("group", key=lambda group: group.map(order), kind="stable")
    return _in_words(found).rename(columns={"group": "touchpoint"})


def answer_words(open_answers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the terms that set the open answers of a persona apart from those of the others."""
    names = {persona.id: persona.name for persona in study.personas}
    who = open_answers["persona"].map(names)
    known = open_answers[who.notna()].reset_index(drop=True)
    found = social.distinctive_terms(
        known["text"],
        who.dropna().reset_index(drop=True),
        top=5,
        authors=known["respondent_id"],
        level=study.level,
    )
    return _in_words(found).rename(columns={"group": "persona"})


def _in_words(found: pd.DataFrame) -> pd.DataFrame:
    """Return distinctive terms as a table for people, those that chance may have made left out."""
    sure = found[found["p_value"] < 0.05]
    texts = [
        shown(Estimate(row["value"], row["low"], row["high"], n=row["n"], method=""), "log_odds")
        for row in sure.to_dict("records")
    ]
    return pd.DataFrame(
        {
            "group": sure["group"],
            "term": sure["term"],
            "log-odds": [text.value for text in texts],
            "interval": [text.interval for text in texts],
            "mentions": sure["n"],
            "for example": [
                " · ".join(f"“{one}”" for one in quotes) for quotes in sure["examples"]
            ],
        }
    )


def unlinked(
    scored: pd.DataFrame, links: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return frequent terms of mentions that no keyword links; the brand's names tell no place."""
    inside = _of_period(scored, period)
    if inside.empty:
        return pd.DataFrame()
    found = unlinked_terms(frame_of(inside), links, top=3 * _UNLINKED)
    names = {word for name in study_names(study) for word in name.casefold().split()}
    known = [bool(names & set(term.split())) for term in found["term"]]
    found = found[np.array([not one for one in known], dtype=bool)].head(_UNLINKED)
    return found.assign(share=[number(share, percent=True) for share in found["share"]])


def shared_most(scored: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return the mentions of the period that were liked and passed on most."""
    names = {"published_at": "on", "engagement": "likes and shares"}
    return social.most_shared(_of_period(scored, period)).rename(columns=names)


def link_marks(social_rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how right and how complete each touchpoint's keywords are, by people's labels."""
    lines: dict[str, dict[str, str]] = {}
    heads = {"link_precision": "right", "link_recall": "complete"}
    for row in social_rows[social_rows["measure"].isin(list(heads))].to_dict("records"):
        name = study.touchpoint(row["touchpoint"]).name
        line = lines.setdefault(name, {"touchpoint": name, "right": "", "complete": ""})
        line[heads[row["measure"]]] = shown(row_estimate(row), row["measure"]).full
    return pd.DataFrame(list(lines.values()), columns=["touchpoint", "right", "complete"])


def labels_wanted(social_rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return where the map still shows a lexicon's guess, and how many labels would replace it."""
    names = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    rows = social_rows[social_rows["measure"] == "automatic_negative_share"]
    rows = rows[(rows["note"] != "") & (rows["segment"] == "")]
    have = rows["note"].str.extract(r"labels at hand: (\d+)")[0].astype("float64")
    missing = (FEWEST_LABELS - have).clip(lower=0).map("{:.0f}".format)
    few = f"fewer than {FEWEST_LABELS} mentions"
    return pd.DataFrame(
        {
            "where": rows["touchpoint"].map(names).fillna("everywhere"),
            "mentions": rows["n"],
            "labels": have,
            "missing": missing.mask(rows["n"] < FEWEST_LABELS, few),
        }
    )


def _of_period(scored: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return the mentions of a period; undated ones count whole."""
    if scored.empty or not scored["published_at"].notna().any():
        return scored
    return scored[period.contains(scored["published_at"])]
