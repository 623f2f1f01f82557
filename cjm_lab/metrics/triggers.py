"""What a response rule waits for, and each time that somebody met it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Literal

import narwhals as nw
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.metrics.stream import DAY_US, HOUR_US, JourneyStream, instant_us
from cjm_lab.study import ResponseRule

_WITHOUT = re.compile(r"(\S.*?)\s+without\s+(\S.*?)\s+within\s+(\d+(?:\.\d+)?)\s*([hd])")
_MENTIONS = re.compile(r"mentions\s+at\s+(\S+)\s+and\s+negative")
_ANSWERS = re.compile(r"answers\s+of\s+(\S.*?)\s+at\s+(most|least)\s+(-?\d+(?:\.\d+)?)")
#: Columns of `occasions`.
_COLUMNS = ["person", "named", "fired_at", "came_at", "seen", "stands"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule's `when` in parts.

    Parameters
    ----------
    kind
        An event ``without`` another, ``mentions`` at a touchpoint, or ``answers`` of a question.
    at
        The event, touchpoint or question.
    expected, within_us
        The event that should follow, and the microseconds it has.
    lowest, highest
        Answers that meet the rule.
    """

    kind: Literal["without", "mentions", "answers"]
    at: str
    expected: str = ""
    within_us: int = 0
    lowest: float = -inf
    highest: float = inf


def parse_trigger(when: str) -> Trigger:
    """Return the parts of a rule's `when`.

    Parameters
    ----------
    when
        ``<event> without <event> within <N>h`` (or ``d``), ``mentions at <touchpoint> and
        negative``, or ``answers of <question> at most <N>`` (or ``at least``).

    Raises
    ------
    ParameterError
        For anything else.

    Examples
    --------
    >>> parse_trigger("basket without order within 24h").within_us // HOUR_US
    24
    >>> parse_trigger("answers of recommend at most 6").highest
    6.0
    """
    text = when.strip()
    if match := _WITHOUT.fullmatch(text):
        event, expected, number, unit = match.groups()
        length = round(float(number) * (HOUR_US if unit == "h" else DAY_US))
        if length > 0:
            return Trigger("without", event, expected, length)
    if match := _MENTIONS.fullmatch(text):
        return Trigger("mentions", match[1])
    if match := _ANSWERS.fullmatch(text):
        question, side, number = match.groups()
        if side == "most":
            return Trigger("answers", question, highest=float(number))
        return Trigger("answers", question, lowest=float(number))
    raise ParameterError(
        "a response's 'when' must read '<event> without <event> within <N>h' (or d for days), "
        "'mentions at <touchpoint> and negative' or 'answers of <question> at most <N>' (or at "
        f"least), got {when!r}; write for example 'basket without order within 24h'"
    )


def met_rules(
    stream: JourneyStream,
    rules: Sequence[ResponseRule],
    scored: pd.DataFrame | None,
    answers: pd.DataFrame | None,
    as_of: date | None,
) -> Iterator[tuple[ResponseRule, Trigger, pd.DataFrame]]:
    """Yield each rule whose source is there, and each time that somebody met it."""
    end = stream.ends_before(as_of)
    for rule in rules:
        trigger = parse_trigger(rule.when)
        met = occasions(stream, trigger, end, scored=scored, answers=answers)
        if met is not None:
            yield rule, trigger, met


def occasions(
    stream: JourneyStream,
    trigger: Trigger,
    end: pd.Timestamp,
    *,
    scored: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
) -> pd.DataFrame | None:
    """Return each time that somebody met a rule.

    Parameters
    ----------
    stream
        Events of customers in order.
    trigger
        The rule.
    end
        First instant that was not observed.
    scored
        Mentions with ``published_at automatic duplicate touchpoints`` and, where known,
        ``customer_id``.
    answers
        Answers with ``respondent_id customer_id submitted_at``, a column a question and, where
        known, ``subject`` (only answers about ``us`` count).

    Returns
    -------
    DataFrame or None
        ``person`` (the customer's id, or for events code; a row without one stands for itself),
        ``named`` (whether it is a customer), ``fired_at``, ``came_at`` (when the expected event
        came after all, or the next event of somebody who said something; else NaT), ``seen``
        (whether the log knows the customer) and ``stands`` (whether the rule is still met at the
        end). None where the source of the rule is missing.

    Raises
    ------
    ParameterError
        If nobody knows the event, touchpoint or question, or answers are no numbers.
    """
    if trigger.kind == "without":
        return _not_followed(stream, trigger, end)
    if trigger.kind == "mentions":
        return _negative_mentions(stream, trigger, end, scored)
    return _answers_within(stream, trigger, end, answers)


def _not_followed(stream: JourneyStream, trigger: Trigger, end: pd.Timestamp) -> pd.DataFrame:
    """Return each time that an event was not followed by another in time."""
    at, ends = nw.col("occurred_us"), instant_us(end)
    table = stream.table().filter(at < ends)
    began = table.filter(stream.is_at(trigger.at)).select("customer", at.alias("began")).unique()
    expected = table.filter(stream.is_at(trigger.expected)).select("customer", at.alias("came"))
    # The earliest that came no sooner than the trigger; one at the same instant has come in time.
    came = nw.when(nw.col("came") >= nw.col("began")).then(nw.col("came"))
    met = (
        began.join(expected, on="customer", how="left")
        .with_columns(came=came)
        .group_by("customer", "began")
        .agg(nw.col("came").min())
        .with_columns(fired=nw.col("began") + trigger.within_us)
        .filter(nw.col("fired") < ends)
        .filter(nw.col("came").is_null() | (nw.col("came") > nw.col("fired")))
    )
    found = met.select("customer", "fired", "came").collect().to_pandas()
    came_at = _times(found["came"])
    return pd.DataFrame(
        {
            "person": found["customer"].astype("int64"),
            "named": True,
            "fired_at": _times(found["fired"]),
            "came_at": came_at,
            "seen": True,
            "stands": came_at.isna(),
        }
    )


def _negative_mentions(
    stream: JourneyStream, trigger: Trigger, end: pd.Timestamp, scored: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Return each negative mention at a touchpoint."""
    if stream.stages and trigger.at not in stream.touchpoints:
        raise ParameterError(one_of("touchpoint of a response", stream.touchpoints, trigger.at))
    if scored is None or not len(scored):
        return None
    there = (scored["touchpoints"].explode() == trigger.at).groupby(level=0).any()
    met = scored[there & (scored["automatic"] == "negative") & ~scored["duplicate"].astype(bool)]
    unknown = pd.Series("", index=met.index, dtype="str")
    ids = met["customer_id"].astype("str") if "customer_id" in met else unknown
    return _said(stream, ids, met["published_at"], end).assign(stands=True)


def _answers_within(
    stream: JourneyStream, trigger: Trigger, end: pd.Timestamp, answers: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Return each answer in the rule's range; it stands if it is the customer's last one."""
    if answers is None or not len(answers):
        return None
    if trigger.at not in answers:
        raise ParameterError(one_of("question of a response", answers.columns, trigger.at))
    if not pd.api.types.is_numeric_dtype(answers[trigger.at]):
        raise ParameterError(
            f"answers of a response's question must be numbers, got texts ({trigger.at}); "
            "choose a question with a scale"
        )
    given = answers[answers[trigger.at].notna()].reset_index(drop=True)
    if "subject" in given and (given["subject"] != "").any():
        given = given[given["subject"] == "us"]
    said = _said(stream, given["customer_id"].astype("str"), given["submitted_at"], end)
    number = given.loc[said.index, trigger.at].astype("float64")
    met = (number >= trigger.lowest) & (number <= trigger.highest)
    latest = said.groupby("person")["fired_at"].transform("max")
    return said.assign(stands=said["fired_at"] == latest)[met].reset_index(drop=True)


def _said(
    stream: JourneyStream, ids: pd.Series, times: pd.Series, end: pd.Timestamp
) -> pd.DataFrame:
    """Return who said something when, and when the log saw them next; rows keep their index."""
    kept = ~(times >= end)
    ids, times = ids[kept].fillna(""), times[kept].astype("datetime64[us, UTC]")
    own = pd.Series([f"row {row}" for row in ids.index], index=ids.index, dtype="str")
    said = pd.DataFrame(
        {"person": ids.where(ids != "", own), "named": ids != "", "fired_at": times}
    )
    events = (
        stream.of_customers(ids[ids != ""].unique())
        .table()
        .filter(nw.col("occurred_us") < instant_us(end))
        .select("customer", "occurred_us")
        .collect()
        .to_pandas()
    )
    codes = events["customer"].unique()
    names = stream.customer_ids(codes)
    said["seen"] = said["person"].isin(names)
    visits = pd.DataFrame(
        {
            "person": events["customer"].map(dict(zip(codes, names, strict=True))).astype("str"),
            "came_at": _times(events["occurred_us"]),
        }
    )
    dated = said["fired_at"].notna()
    next_one = pd.merge_asof(
        said[dated].sort_values("fired_at").reset_index(),
        visits.sort_values("came_at"),
        left_on="fired_at",
        right_on="came_at",
        by="person",
        direction="forward",
        allow_exact_matches=False,
    )
    said["came_at"] = next_one.set_index("index")["came_at"].reindex(said.index)
    return said.assign(stands=False)[_COLUMNS]


def _times(microseconds: pd.Series) -> pd.Series:
    """Return instants as timestamps."""
    whole = microseconds.astype("Int64")
    return pd.to_datetime(whole, unit="us", utc=True).astype("datetime64[us, UTC]")
