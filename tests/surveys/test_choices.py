"""Choices of one option or of several."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.period import period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys.choices import choice_evidence

SEPTEMBER = period_up_to(date(2026, 9, 30))
Maker = Callable[..., pd.DataFrame]


def test_81_of_263_who_heard_of_us_from_a_friend(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    heard = ["A friend"] * 81 + ["Advert"] * 182 + [""] * 20
    book = codebook(q={"measure": "choice", "as_name": "discovery_channel", "touchpoint": "queue"})
    rows = choice_evidence(answers(q=heard), book, study, SEPTEMBER).set_index("label")
    friend = rows.loc["A friend"]
    assert friend[["value", "low", "high"]].astype(float).round(4).tolist() == [
        0.308, 0.2553, 0.3662
    ]  # fmt: skip
    assert (friend["n"], friend["measure"]) == (263, "discovery_channel_share")
    assert (friend["lane"], friend["touchpoint"], friend["stage"]) == ("choice", "queue", "order")
    assert rows["value"].sum() == 1


def test_of_several_reasons_each_is_a_share_of_those_who_gave_any(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    reasons = ["price\ntaste"] * 30 + ["taste"] * 10 + [""] * 60
    book = codebook(q={"measure": "multi", "as_name": "reason", "text": "Why us?"})
    rows = choice_evidence(answers(q=reasons), book, study, SEPTEMBER).set_index("label")
    assert rows["value"].to_dict() == {"taste": 1.0, "price": 0.75}
    assert rows["n"].unique().tolist() == [40]
    assert rows["note"].unique().tolist() == [
        "Why us?; of those who chose any; several may be chosen, so shares add up to more than 1"
    ]


def test_an_option_ticked_twice_counts_once(study: Study, answers: Maker, codebook: Maker) -> None:
    book = codebook(q={"measure": "multi"})
    rows = choice_evidence(answers(q=["a\na\nb"] * 6), book, study, SEPTEMBER)
    assert rows.set_index("label")["value"].to_dict() == {"a": 1.0, "b": 1.0}
    three_people = answers(q=["a\na"] * 3 + ["b"] * 6)
    rows = choice_evidence(three_people, book, study, SEPTEMBER)
    assert rows["label"].tolist() == ["b"]


def test_a_choice_with_a_success_is_a_score_and_text_is_no_choice(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(q={"measure": "choice", "success": ["yes"]}, t={"measure": "text"})
    given_ = answers(q=["yes"] * 9, t=["word"] * 9)
    assert choice_evidence(given_, book, study, SEPTEMBER).empty
    assert choice_evidence(pd.DataFrame(), pd.DataFrame(), study, SEPTEMBER).empty


def test_what_fewer_than_five_said_is_not_told_in_their_words(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    said = ["price"] * 30 + ["my uncle Bob works there"] * 4 + ["the mayor"] * 2
    rows = choice_evidence(
        answers(q=said), codebook(q={"measure": "choice"}), study, SEPTEMBER
    ).set_index("label")
    assert rows["value"].to_dict() == {"price": 30 / 36, "other answers": 6 / 36}
    few = choice_evidence(answers(q=["a"] * 4), codebook(q={"measure": "choice"}), study, SEPTEMBER)
    assert few.empty
    scarce = answers(q=["price"] * 30 + ["uncle Bob"] * 3)
    rows = choice_evidence(scarce, codebook(q={"measure": "choice"}), study, SEPTEMBER)
    assert rows["label"].tolist() == ["price"]  # three people are nobody's share


def test_the_rarest_of_more_than_twelve_options_are_given_together(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    """Options 01 to 14, chosen by 6 to 19 people: 01 and 02 are the rarest."""
    said = [f"option {i:02d}" for i in range(1, 15) for _ in range(5 + i)]
    book = codebook(q={"measure": "choice"})
    rows = choice_evidence(answers(q=said), book, study, SEPTEMBER).set_index("label")
    assert len(rows) == 13
    assert "option 02" not in rows.index
    assert rows.loc["other answers", "value"] == pytest.approx((6 + 7) / len(said))


def test_a_rest_of_several_options_counts_each_respondent_once(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    said = ["price\nuncle\nmayor"] * 3 + ["price\nclerk\nnurse"] * 3 + ["price"] * 6
    book = codebook(q={"measure": "multi"})
    rows = choice_evidence(answers(q=said), book, study, SEPTEMBER).set_index("label")
    assert rows["value"].to_dict() == {"price": 1.0, "other answers": 0.5}


def test_weights_shift_the_shares(study: Study, answers: Maker, codebook: Maker) -> None:
    responses = answers(q=["a"] * 30 + ["b"] * 30).assign(weight=[3.0] * 30 + [1.0] * 30)
    book = codebook(q={"measure": "choice"})
    rows = choice_evidence(responses, book, study, SEPTEMBER).set_index("label")
    assert rows["value"].to_dict() == pytest.approx({"a": 0.75, "b": 0.25})
    # linearized: (30 x 9 x .25^2 + 30 x 1 x .75^2) / 120^2 x 60 / 59
    assert rows.loc["a", "se"] == pytest.approx((33.75 / 120**2 * 60 / 59) ** 0.5)


def test_each_respondent_answers_for_the_company_spoken_about(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(q={"measure": "choice"})
    book = pd.concat([book, book.assign(subject="BrewBest")], ignore_index=True)
    responses = answers(q=["a"] * 10 + ["b"] * 10).assign(subject=["us"] * 10 + ["BrewBest"] * 10)
    rows = choice_evidence(responses, book, study, SEPTEMBER)
    assert rows[["subject", "label", "value"]].values.tolist() == [
        ["us", "a", 1.0],
        ["BrewBest", "b", 1.0],
    ]
    assert rows["evidence_id"].is_unique


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(20)))
def test_the_order_of_respondents_changes_nothing(order: list[int]) -> None:
    study = Study.model_validate({"title": "Tea", "stages": [{"id": "brew", "name": "Brew"}]})
    book = pd.DataFrame(
        [{"question": "q", "text": "Why?", "measure": "multi", "touchpoint": "", "stage": "",
          "subject": "us", "success": [], "as_name": "", "options": []}]
    )  # fmt: skip
    responses = pd.DataFrame({"q": ["a\nb"] * 6 + ["b"] * 6 + ["c\nb"] * 6 + ["d", "e"]})
    responses["submitted_at"] = pd.Timestamp("2026-09-02", tz="UTC")
    pd.testing.assert_frame_equal(
        choice_evidence(responses.iloc[order], book, study, SEPTEMBER),
        choice_evidence(responses, book, study, SEPTEMBER),
    )
