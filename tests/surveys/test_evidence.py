"""A survey as rows of the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.ledger import Ledger
from cjm_lab.period import period_up_to
from cjm_lab.study import Study, load_study
from cjm_lab.study.personas import match_personas
from cjm_lab.surveys import survey_evidence

SEPTEMBER = period_up_to(date(2026, 9, 30))
Maker = Callable[..., pd.DataFrame]


def days(counts: dict[str, int]) -> pd.Series:
    """Answer times: so many on each day."""
    times = [day for day, n in counts.items() for _ in range(n)]
    return pd.Series(pd.to_datetime(times, utc=True).as_unit("us"))


def test_the_airline_has_fourteen_rating_rows_equal_to_plain_means(
    shared_data: Path,
) -> None:
    study = load_study(shared_data.parent / "examples")
    plain = pd.read_parquet(shared_data / "events" / "airline" / "airline_satisfaction.parquet")
    asked = study.sources[0].questions  # type: ignore[union-attr]
    ratings = [code for code, q in asked.items() if q.measure == "rating"]
    plain[ratings] = plain[ratings].astype(float).replace(0, np.nan)
    responses = plain.assign(
        respondent_id=plain["id"].astype("str"),
        customer_id="",
        submitted_at=pd.Series(pd.NaT, index=plain.index, dtype="datetime64[us, UTC]"),
        wave="",
        weight=1.0,
        persona=match_personas(plain, study.personas),
    )
    codebook = pd.DataFrame(
        {
            "question": code,
            "text": q.text,
            "measure": q.measure,
            "scale_min": q.scale[0] if q.scale else np.nan,
            "scale_max": q.scale[1] if q.scale else np.nan,
            "reversed": q.reversed,
            "touchpoint": q.touchpoint,
            "stage": q.stage,
            "subject": q.subject,
            "success": [q.success] if isinstance(q.success, str) else q.success or [],
            "as_name": q.as_,
        }
        for code, q in asked.items()
    )
    rows = survey_evidence(responses, codebook, study, SEPTEMBER)
    ledger = Ledger(rows)
    rated = ledger.select(lane="satisfaction", measure="rating")
    assert len(rated) == 14
    assert (rated["touchpoint"] != "").all()
    assert rated.set_index("label")["value"].to_dict() == pytest.approx(
        plain[ratings].mean().to_dict()
    )
    assert set(rated["period_start"]) == {""}  # undated answers count whole

    satisfied = plain["satisfaction"] == "satisfied"
    whole = ledger.estimate(measure="satisfied", persona="", segment="")
    assert whole.value == pytest.approx(satisfied.mean())
    disloyal = ledger.estimate(measure="satisfied", segment="Customer Type=disloyal Customer")
    assert disloyal.value == pytest.approx(
        satisfied[plain["Customer Type"] == "disloyal Customer"].mean()
    )
    business = ledger.estimate(measure="valence", touchpoint="seat", persona="business_flyer")
    seat = plain[["Seat comfort", "Leg room service", "Cleanliness"]].mean(axis=1) - 3
    assert business.value == pytest.approx(
        seat[plain["Type of Travel"] == "Business travel"].mean()
    )


def test_no_survey_gives_no_rows(study: Study, codebook: Maker) -> None:
    empty = survey_evidence(pd.DataFrame(), pd.DataFrame(), study, SEPTEMBER)
    assert empty.empty
    assert list(empty) == list(survey_evidence(pd.DataFrame(), codebook(q={}), study, SEPTEMBER))


def test_scores_for_everyone_each_persona_and_the_objectives_segment(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses = answers(
        q=[10.0] * 40 + [0.0] * 10 + [8.0] * 4,
        persona=["regular"] * 40 + ["guest"] * 10 + [""] * 4,
        city=["Rome"] * 20 + ["Bari"] * 34,
    )
    rows = survey_evidence(responses, codebook(q={"measure": "nps"}), study, SEPTEMBER)
    table = rows.set_index(["persona", "segment"])
    assert table["value"].round(3).to_dict() == {
        ("", ""): round(100 * 30 / 54, 3),
        ("regular", ""): 100,
        ("guest", ""): -100,
        ("", "city=Rome"): 100,
    }
    assert table["note"].str.contains("small base").tolist() == [False, False, True, True]
    assert set(rows["status"]) == {"observed"}


def test_fewer_than_five_people_of_a_persona_are_not_shown(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses = answers(q=[9.0] * 36, persona=["guest"] * 4 + [""] * 32)
    rows = survey_evidence(responses, codebook(q={"measure": "nps"}), study, SEPTEMBER)
    assert rows["persona"].tolist() == [""]


def test_a_thin_month_is_estimated_on_the_rolling_quarter_and_says_so(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    times = days({"2026-07-10": 20, "2026-09-10": 29, "2026-06-30": 50, "2026-10-01": 50})
    responses = answers(q=[5.0] * 49 + [1.0] * 100, submitted_at=times)
    row = survey_evidence(responses, codebook(q={}), study, SEPTEMBER).iloc[0]
    assert (row["n"], row["value"]) == (49, 5)
    assert (row["period_start"], row["period_end"]) == ("2026-07-01", "2026-09-30")
    assert row["note"] == "rolling quarter: fewer than 30 answers in September 2026"


def test_thirty_answers_fill_a_month(study: Study, answers: Maker, codebook: Maker) -> None:
    times = days({"2026-08-10": 20, "2026-09-10": 30})
    responses = answers(q=[1.0] * 20 + [5.0] * 30, submitted_at=times)
    row = survey_evidence(responses, codebook(q={}), study, SEPTEMBER).iloc[0]
    assert (row["n"], row["value"], row["period_start"]) == (30, 5, "2026-09-01")


def test_valence_is_the_respondents_mean_mapped_to_plus_minus_two(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(
        a={"touchpoint": "queue"},
        b={"touchpoint": "queue", "reversed": True},
        c={"touchpoint": "cup", "scale_max": 10.0},  # another scale is not put on the curve
        d={"touchpoint": "queue", "subject": "BrewBest"},
    )
    responses = answers(a=[1.0, 3.0], b=[5.0, np.nan], c=[10.0, 9.0], d=[5.0, 5.0])
    rows = survey_evidence(responses, book, study, SEPTEMBER)
    emotion = rows[rows["lane"] == "emotion"]
    assert emotion["touchpoint"].tolist() == ["queue"]
    assert emotion["value"].tolist() == [-1]  # 1 and 5 turned to 1: -2; 3: 0
    assert emotion[["scale_min", "scale_max"]].values.tolist() == [[-2, 2]]
    turned = rows[(rows["measure"] == "rating") & (rows["label"] == "b")]
    assert turned["value"].tolist() == [1]


def test_only_wording_scale_and_rule_make_two_reports_incomparable(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses = answers(q=[3.0] * 30)
    old = survey_evidence(responses, codebook(q={"text": "How good?"}), study, SEPTEMBER).iloc[0]
    new = survey_evidence(responses, codebook(q={"text": "How fine?"}), study, SEPTEMBER).iloc[0]
    wide = survey_evidence(responses, codebook(q={"scale_max": 7.0}), study, SEPTEMBER).iloc[0]
    assert old["evidence_id"] == new["evidence_id"] == wide["evidence_id"]
    assert len({old["basis"], new["basis"], wide["basis"]}) == 3


def test_a_choice_with_success_is_a_share_of_those_who_answered(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(q={"measure": "choice", "success": ["yes", "rather"], "as_name": "again"})
    rows = survey_evidence(answers(q=["yes", "rather", "no", ""]), book, study, SEPTEMBER)
    assert rows["measure"].tolist() == ["again"]
    assert (rows["value"][0], rows["n"][0]) == (pytest.approx(2 / 3), 3)


def test_ten_sus_items_make_one_score(study: Study, answers: Maker, codebook: Maker) -> None:
    items = {f"s{i}": {"measure": "sus"} for i in range(10)}
    rows = survey_evidence(
        answers(**{code: [3.0] * 30 for code in items}), codebook(**items), study, SEPTEMBER
    )
    assert rows[["measure", "value", "n"]].values.tolist() == [["sus", 50, 30]]


def test_weights_are_carried(study: Study, answers: Maker, codebook: Maker) -> None:
    responses = answers(q=[1.0, 5.0], weight=[1.0, 3.0])
    row = survey_evidence(responses, codebook(q={}), study, SEPTEMBER).iloc[0]
    assert (row["value"], row["n_eff"]) == (4, 1.6)


def test_quotes_are_the_words_of_the_least_and_the_most_content(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(
        q={"touchpoint": "queue"}, why={"touchpoint": "queue", "measure": "text"}, other={}
    )
    responses = answers(
        q=[1.0, 3.0, 5.0, 5.0],
        why=["Twenty minutes of waiting", "It was all right", "Fast <b>and</b> friendly", "ok"],
        other=[1.0] * 4,
    )
    quotes = survey_evidence(responses, book, study, SEPTEMBER).query("lane == 'quote'")
    assert quotes.set_index(quotes["note"].str.partition(";")[0])["label"].to_dict() == {
        "negative": "Twenty minutes of waiting",
        "positive": "Fast <b>and</b> friendly",
    }


def test_an_answer_outside_the_scale_names_question_and_value(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    with pytest.raises(ParameterError, match=r"'q' .*1 to 5, got 9"):
        survey_evidence(answers(q=[9.0, 2.0]), codebook(q={}), study, SEPTEMBER)


def test_two_questions_of_one_kind_at_one_place_stay_apart(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    book = codebook(a={"measure": "csat"}, b={"measure": "csat"})
    rows = survey_evidence(answers(a=[5.0] * 30, b=[1.0] * 30), book, study, SEPTEMBER)
    assert rows["value"].tolist() == [1, 0]
    assert len(Ledger(rows)) == 2
