import pytest

from cjm_lab.journey.ideas import ideas_at, rule_touchpoint
from cjm_lab.journey.rows import Rows
from cjm_lab.ledger import evidence_frame
from cjm_lab.study import ResponseRule


def test_the_best_score_comes_first_with_its_forecast_and_premise(study, make):
    rows = [
        make("one_of", "rice", 80, lane="opportunity", place="payment", label="Video"),
        make("one_of", "rice", 675, lane="opportunity", place="payment", label="Keep the form"),
        make("one_of", "conversion_lift", 0.021, lane="forecast", place="payment",
             label="Keep the form", note="if the judgement holds; points on .138")
        | {"low": 0.009, "high": 0.034, "method": "Markov chain"},
    ]  # fmt: skip
    first, second = ideas_at(Rows(evidence_frame(rows)), "payment", study)
    assert first.text == "Keep the form"
    assert first.detail.replace("\u00a0", " ") == (
        "+2.1 points of conversion [+0.9, +3.4], if the judgement holds"
    )
    assert len(first.evidence_ids) == 2
    assert (second.text, second.detail) == ("Video", "score 80; not yet forecast")


@pytest.mark.parametrize("measure", ["ice", "impact_effort", "priority_score"])
def test_the_score_of_any_method_makes_an_idea(study, make, measure):
    row = make("one_of", measure, 0.25, lane="opportunity", place="payment", label="Video")
    (idea,) = ideas_at(Rows(evidence_frame([row])), "payment", study)
    assert (idea.text, idea.detail) == ("Video", "score 0.25; not yet forecast")


@pytest.mark.parametrize(
    ("when", "place"),
    [("start_payment without order within 24h", "payment"), ("mentions at cup and negative", "cup"),
     ("moon is full", "")],
)  # fmt: skip
def test_a_rule_belongs_where_its_trigger_lies(study, when, place):
    assert rule_touchpoint(ResponseRule(id="r", when=when), study) == place


def test_one_customer_waits_and_two_wait(make):
    study = make("tea_shop", responses=[{"id": "r", "when": "cup", "reaction": "Call"}])
    for count, words in ((1, "1 customer waits now"), (2, "2 customers wait now")):
        row = make("one_of", "waiting_now", count, lane="response", place="cup", label="cup")
        assert ideas_at(Rows(evidence_frame([row])), "cup", study)[0].detail == words
    assert ideas_at(Rows(evidence_frame()), "cup", study)[0].detail == "not counted yet"
