from __future__ import annotations

from math import inf

import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import journey_stream
from cjm_lab.metrics.triggers import occasions, parse_trigger

HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("when", "event", "expected", "hours"),
    [
        ("add_to_basket without order within 24h", "add_to_basket", "order", 24),
        ("  put in basket  without  pay now within 2 d ", "put in basket", "pay now", 48),
        ("a without b within 0.5h", "a", "b", 0.5),
    ],
)
def test_the_grammar_of_events(when, event, expected, hours):
    trigger = parse_trigger(when)
    assert (trigger.kind, trigger.at, trigger.expected) == ("without", event, expected)
    assert trigger.within_us == hours * HOUR


def test_the_grammar_of_mentions():
    trigger = parse_trigger("mentions at baggage and negative")
    assert (trigger.kind, trigger.at) == ("mentions", "baggage")


@pytest.mark.parametrize(
    ("when", "question", "lowest", "highest"),
    [
        ("answers of recommend at most 6", "recommend", -inf, 6),
        ("answers of q 7 at least 9", "q 7", 9, inf),
        (" answers of  mood  at most  -1.5 ", "mood", -inf, -1.5),
    ],
)
def test_the_grammar_of_answers(when, question, lowest, highest):
    trigger = parse_trigger(when)
    assert (trigger.kind, trigger.at) == ("answers", question)
    assert (trigger.lowest, trigger.highest) == (lowest, highest)


@pytest.mark.parametrize(
    "when",
    ["basket", "basket without order", "a without b within 0h", "a without b within 3 weeks",
     "mentions at baggage", "mentions at baggage and positive", "basket without order within 24h!",
     "answers of recommend at most", "answers of recommend below 6", "answers at most 6"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_remedy(when):
    with pytest.raises(ParameterError, match="write for example 'basket without order within 24h'"):
        parse_trigger(when)


def answered(*rows):
    people, when, mark = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "respondent_id": [f"r{i}" for i in range(len(rows))],
            "customer_id": pd.Series(people, dtype="str"),
            "submitted_at": pd.to_datetime(pd.Series(when), utc=True).dt.as_unit("us"),
            "recommend": pd.Series(mark, dtype="float64"),
            "words": "none",
        }
    )


def met(stream, answers, when="answers of recommend at most 6", **options):
    end = stream.ends_before(**options)
    return occasions(stream, parse_trigger(when), end, answers=answers)


ANSWERS = answered(
    ("ann", "2026-09-01", 6),
    ("ann", "2026-09-02", 7),  # too good, and later: the first one no longer stands
    ("bob", "2026-09-01", 0),
    ("bob", "2026-09-02", 3),
    ("zoe", "2026-09-01", 2),  # no customer of the log
    ("", "2026-09-01", 1),
    ("", "2026-09-01", 1),
    ("eve", "2026-09-01", None),
)


def test_answers_within_the_bound_come_back_with_the_next_event(log):
    stream = journey_stream(log("ann visit 0, ann visit 30, bob visit 5, bob visit 48"))
    found = met(stream, ANSWERS)
    assert found["person"].tolist() == ["ann", "bob", "bob", "zoe", "row 5", "row 6"]
    assert found["stands"].tolist() == [False, False, True, True, True, True]
    assert found["seen"].tolist() == [True, True, True, False, False, False]
    assert found["named"].tolist() == [True] * 4 + [False] * 2
    # The visit at the instant of ann's answer is not a return.
    hours = (found["came_at"] - found["fired_at"]).dt.total_seconds() / 3600
    assert hours.fillna(-1).tolist() == [30, 5, 24, -1, -1, -1]


def test_at_least_includes_its_bound(log):
    stream = journey_stream(log("ann visit 0, ann visit 30"))
    found = met(stream, ANSWERS, "answers of recommend at least 7")
    assert found["person"].tolist() == ["ann"]


def test_answers_about_a_competitor_and_after_today_do_not_count(log):
    stream = journey_stream(log("ann visit 0"))
    about = ANSWERS.assign(subject=["us", "us", "them", "us", "us", "us", "us", "us"])
    assert met(stream, about)["person"].tolist() == ["ann", "zoe", "row 5", "row 6"]
    # The log ends on September 1.
    assert met(stream, about)["stands"].tolist() == [True] * 4


def test_a_question_that_nobody_asked_or_that_has_words_is_refused(log):
    stream = journey_stream(log("ann visit 0"))
    with pytest.raises(ParameterError, match="did you mean 'recommend'"):
        met(stream, ANSWERS, "answers of recomend at most 6")
    with pytest.raises(ParameterError, match=r"must be numbers, got texts \(words\)"):
        met(stream, ANSWERS, "answers of words at most 6")


def test_without_answers_there_is_no_source(log):
    stream = journey_stream(log("ann visit 0"))
    assert met(stream, None) is None
    assert met(stream, ANSWERS.iloc[:0]) is None


def test_undated_answers_are_there_without_a_time(log):
    stream = journey_stream(log("ann visit 0"))
    undated = ANSWERS.assign(submitted_at=pd.Series(pd.NaT, ANSWERS.index).dt.tz_localize("UTC"))
    found = met(stream, undated)
    assert len(found) == 6
    assert found["came_at"].isna().all()
    assert not found["stands"].any()


def test_nobody_meets_a_rule_in_an_empty_log(log):
    stream = journey_stream(log(""))
    assert met(stream, ANSWERS.iloc[:1].assign(submitted_at=ANSWERS["submitted_at"])).empty
