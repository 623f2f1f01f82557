"""Who answered, and whether they are like those who did not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.period import period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys.answered import answered_evidence

SEPTEMBER = period_up_to(date(2026, 9, 30))
NOTHING = pd.DataFrame()
Maker = Callable[..., pd.DataFrame]


def on(*days: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(days), utc=True).as_unit("us"))


def invited(n: int, **columns: Any) -> pd.DataFrame:
    """So many invitations of 1 September without a reward to nobody known."""
    plain = {
        "respondent_id": [""] * n,
        "customer_id": [""] * n,
        "invited_at": on(*["2026-09-01"] * n),
        "reward": [""] * n,
        "wave": [""] * n,
    }
    return pd.DataFrame(plain | columns)


def answered(n: int, **columns: Any) -> pd.DataFrame:
    """So many answers of 2 September."""
    plain = {
        "respondent_id": [f"r{i:04d}" for i in range(n)],
        "customer_id": [""] * n,
        "submitted_at": on(*["2026-09-02"] * n),
        "wave": [""] * n,
        "weight": [1.0] * n,
        "state": ["complete"] * n,
        "persona": [""] * n,
    }
    return pd.DataFrame(plain | columns)


def base_of(**columns: Any) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    unknown = pd.Series([pd.NaT] * n, dtype="datetime64[us, UTC]")
    plain = {
        "customer_id": [f"c{i:04d}" for i in range(n)],
        "joined_at": unknown,
        "left_at": unknown,
        "persona": [""] * n,
    }
    return pd.DataFrame(plain | columns)


def rows_of(study: Study, responses: pd.DataFrame, **tables: pd.DataFrame) -> pd.DataFrame:
    empty = {"codebook": NOTHING, "invitations": NOTHING, "customers": NOTHING}
    named = empty | tables
    return answered_evidence(
        responses,
        named["codebook"],
        named["invitations"],
        named["customers"],
        study,
        SEPTEMBER,
    )


def one(rows: pd.DataFrame, measure: str, label: str = "") -> pd.Series:
    found = rows[(rows["measure"] == measure) & rows["label"].str.startswith(label)]
    assert len(found) == 1
    return found.iloc[0]


# --- Response rate ------------------------------------------------------------------------------


def test_81_answers_to_263_invitations_are_a_rate_of_31_percent(study: Study) -> None:
    responses = answered(81)
    asked = invited(263, respondent_id=[*responses["respondent_id"], *[""] * 182])
    row = one(rows_of(study, responses, invitations=asked), "response_share")
    assert row[["value", "low", "high"]].astype(float).round(4).tolist() == [0.308, 0.2553, 0.3662]
    assert (row["n"], row["label"], row["period_start"]) == (263, "Response rate", "2026-09-01")


def test_a_reward_that_brings_56_of_70_rather_than_48_of_80_is_newcombes_difference(
    study: Study,
) -> None:
    responses = answered(104)
    who = [
        *responses["respondent_id"][:56],
        *[""] * 14,
        *responses["respondent_id"][56:],
        *[""] * 32,
    ]
    asked = invited(150, respondent_id=who, reward=["voucher"] * 70 + [""] * 80)
    rows = rows_of(study, responses, invitations=asked)
    row = one(rows, "response_share_difference")
    assert row[["value", "low", "high"]].astype(float).round(4).tolist() == [0.2, 0.0524, 0.3339]
    assert (row["method"], row["note"]) == ("Newcombe", "beyond chance")
    assert one(rows, "response_share", "Response rate with a reward")["value"] == 0.8
    assert one(rows, "response_share", "Response rate without a reward")["value"] == 0.6


def test_an_answer_belongs_to_its_customers_last_invitation_before_it(study: Study) -> None:
    responses = answered(1, customer_id=["ann"], submitted_at=on("2026-09-12"))
    asked = invited(
        3,
        customer_id=["ann", "ann", "ann"],
        invited_at=on("2026-09-01", "2026-09-10", "2026-09-20"),
        reward=["", "voucher", ""],
        wave=["1", "2", "3"],
    )
    assert one(rows_of(study, responses, invitations=asked), "response_share")["value"] == 1 / 3
    before = responses.assign(submitted_at=on("2026-08-30"))
    assert one(rows_of(study, before, invitations=asked), "response_share")["value"] == 0


def test_the_respondents_id_goes_before_the_customers(study: Study) -> None:
    """Ann answers her own invitation; that she was also asked as a customer stays unanswered."""
    responses = answered(1, customer_id=["ann"])
    asked = invited(2, respondent_id=["r0000", ""], customer_id=["ann", "ann"])
    assert one(rows_of(study, responses, invitations=asked), "response_share")["value"] == 0.5


def test_a_reminder_is_not_a_second_invitation(study: Study) -> None:
    responses = answered(1)
    asked = invited(
        3, respondent_id=["r0000", "r0000", ""], customer_id=["", "", "bob"], wave=["1"] * 3
    )
    assert one(rows_of(study, responses, invitations=asked), "response_share")["n"] == 2
    twice = invited(2, customer_id=["bob", "bob"], wave=["1", "1"])
    assert one(rows_of(study, responses, invitations=twice), "response_share")["n"] == 1
    two_waves = twice.assign(wave=["1", "2"])
    assert one(rows_of(study, responses, invitations=two_waves), "response_share")["n"] == 2


def test_an_answer_after_the_period_answers_an_invitation_inside_it(study: Study) -> None:
    responses = answered(40, submitted_at=on(*["2026-10-02"] * 40))
    asked = invited(80, respondent_id=[*responses["respondent_id"], *[""] * 40])
    assert one(rows_of(study, responses, invitations=asked), "response_share")["value"] == 0.5


def test_invitations_that_may_still_be_answered_are_said(study: Study) -> None:
    """Answers take a day; ten were invited an hour before the last answer came."""
    responses = answered(40)
    late = invited(10, invited_at=on(*["2026-09-01T23:00"] * 10))
    asked = pd.concat([invited(40, respondent_id=list(responses["respondent_id"])), late])
    row = one(rows_of(study, responses, invitations=asked.reset_index(drop=True)), "response_share")
    assert row["note"] == (
        "10 of the unanswered may still be answered: most answers came within 1 day"
    )


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(12)), st.permutations(range(8)))
def test_the_order_of_rows_changes_nothing(one_order: list[int], other_order: list[int]) -> None:
    study = Study.model_validate({"title": "Tea", "stages": [{"id": "brew", "name": "Brew"}]})
    asked = invited(
        12,
        respondent_id=["r0000", "r0001", "r0002", *[""] * 8, "r0000"],  # the last is a reminder
        customer_id=["", "", "", "a", "a", "b", "c", "d", "e", "f", "g", ""],
        reward=["x"] * 6 + [""] * 6,
        invited_at=on(*[f"2026-09-{day:02d}" for day in range(1, 13)]),
    )
    responses = answered(
        8,
        customer_id=["", "", "", "a", "b", "c", "d", "z"],
        submitted_at=on(*[f"2026-09-{day:02d}" for day in range(13, 21)]),
    )
    shuffled = rows_of(study, responses.iloc[other_order], invitations=asked.iloc[one_order])
    pd.testing.assert_frame_equal(shuffled, rows_of(study, responses, invitations=asked))


def test_broken_off_answers_are_a_share_where_the_tool_exports_any(study: Study) -> None:
    responses = answered(40, state=["partial"] * 10 + ["complete"] * 30)
    assert one(rows_of(study, responses), "partial_share")["value"] == 0.25
    assert rows_of(study, responses.assign(state="complete")).empty


def test_without_answers_invitations_or_customers_there_is_nothing(study: Study) -> None:
    assert rows_of(study, NOTHING, invitations=invited(3)).empty
    assert rows_of(study, answered(40)).empty


# --- Early against late, rewarded against unrewarded --------------------------------------------


def early_and_late() -> tuple[pd.DataFrame, pd.DataFrame]:
    """100 promoters answer after a day, 100 detractors after nine."""
    times = on(*["2026-09-02"] * 100, *["2026-09-10"] * 100)
    responses = answered(200, submitted_at=times, q=[10.0] * 100 + [0.0] * 100)
    return responses, invited(200, respondent_id=list(responses["respondent_id"]))


def test_late_answers_that_are_less_content_hint_at_the_silent(
    study: Study, codebook: Maker
) -> None:
    responses, asked = early_and_late()
    row = one(
        rows_of(study, responses, codebook=codebook(q={"measure": "nps"}), invitations=asked),
        "early_late_difference",
    )
    assert row["value"] == 200
    assert row["note"] == (
        "late answers are less content beyond chance: the silent may be still less so; "
        "halves by the time since the invitation"
    )


def test_without_invitations_the_order_within_each_wave_tells_early_from_late(
    study: Study, codebook: Maker
) -> None:
    """In both waves the first half are promoters, so that time itself is no explanation."""
    days = [f"2026-09-{day:02d}" for day in range(1, 21)]
    responses = answered(
        20,
        submitted_at=on(*days),
        wave=["1"] * 10 + ["2"] * 10,
        q=([10.0] * 5 + [0.0] * 5) * 2,
    )
    book = codebook(q={"measure": "nps"})
    row = one(rows_of(study, responses, codebook=book), "early_late_difference")
    assert (row["value"], row["n"]) == (200, 20)
    assert "halves of each wave by the order of submission" in row["note"]
    assert rows_of(study, responses.assign(wave=""), codebook=book).empty


def test_rewarded_answers_are_set_against_unrewarded_ones(study: Study, codebook: Maker) -> None:
    responses, asked = early_and_late()
    asked["reward"] = ["voucher", ""] * 100
    book = codebook(q={"measure": "nps"})
    row = one(rows_of(study, responses, codebook=book, invitations=asked), "reward_difference")
    assert (row["value"], row["n"]) == (0, 200)
    assert row["note"] == "no difference beyond chance"


def test_without_an_overall_score_the_mean_valence_stands_for_a_respondent(
    study: Study, codebook: Maker
) -> None:
    responses, asked = early_and_late()
    rated = responses.assign(q=[5.0] * 100 + [1.0] * 50 + [3.0] * 50)
    book = codebook(q={"touchpoint": "queue"})
    row = one(rows_of(study, rated, codebook=book, invitations=asked), "early_late_difference")
    assert row["value"] == 2 - (-1)
    assert row["label"].startswith("Mean satisfaction")


# --- Against the base ---------------------------------------------------------------------------


def test_young_people_among_those_who_answered_and_among_customers(study: Study) -> None:
    """60 of 100 who answered are young, of the customers 30 of 100: z = .3 / sqrt(.21 / 100)."""
    customers = base_of(
        age_group=["young"] * 60 + ["old"] * 140, joined_at=on(*["2026-01-01"] * 200)
    )
    responses = answered(100, customer_id=list(customers["customer_id"][:100]))
    row = one(rows_of(study, responses, customers=customers), "respondent_gap", "age_group: young")
    assert row["value"] == pytest.approx(0.6 - 0.3)
    # Wilson for 60 of 100 is .5020 to .6906
    assert row[["low", "high"]].astype(float).round(4).tolist() == [0.202, 0.3906]
    assert row["note"] == (
        "over-represented beyond chance, p < .001 after correction for 2 comparisons; "
        "60 % of respondents, 30 % of customers"
    )


def test_whoever_left_before_or_came_after_the_period_is_no_part_of_the_base(study: Study) -> None:
    customers = base_of(
        plan=["free"] * 50 + ["paid"] * 50 + ["paid"] * 50 + ["free"] * 50,
        joined_at=on(*["2026-01-01"] * 150, *["2026-10-05"] * 50),
        left_at=on(*[None] * 100, *["2026-08-01"] * 50, *[None] * 50),  # type: ignore[list-item]
    )
    responses = answered(40, customer_id=list(customers["customer_id"][30:70]))
    gaps = rows_of(study, responses, customers=customers)
    assert gaps["value"].tolist() == [0.0, 0.0]


def test_respondents_without_a_number_speak_for_themselves(study: Study) -> None:
    customers = base_of(plan=["free"] * 50 + ["paid"] * 50)
    responses = answered(40, plan=["free"] * 30 + ["paid"] * 10)
    row = one(rows_of(study, responses, customers=customers), "respondent_gap", "plan: free")
    assert row["value"] == 0.25
    assert rows_of(study, responses.drop(columns="plan"), customers=customers).empty


def test_fewer_than_five_respondents_of_a_kind_are_not_shown(study: Study) -> None:
    customers = base_of(plan=["free"] * 50 + ["paid"] * 46 + ["gold"] * 4)
    responses = answered(40, plan=["free"] * 36 + ["paid"] * 4)
    rows = rows_of(study, responses, customers=customers)
    assert rows["label"].tolist() == ["plan: free"]
    nobody = rows_of(study, answered(40, plan=["free"] * 40), customers=customers)
    assert nobody["label"].tolist() == ["plan: free", "plan: paid"]
    assert nobody.set_index("label").loc["plan: paid", "value"] == pytest.approx(-0.46)


def test_a_random_sample_of_the_base_is_rarely_called_different(study: Study) -> None:
    """With nothing to find at most one run in twenty says so, over ten categories at once."""
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(100):
        customers = base_of(
            a=rng.choice(list("uvwxy"), 1000).tolist(), b=rng.choice(list("uvwxy"), 1000).tolist()
        )
        drawn = rng.choice(1000, 100, replace=False)
        responses = answered(100, customer_id=customers["customer_id"].iloc[drawn].tolist())
        notes = rows_of(study, responses, customers=customers)["note"]
        alarms += notes.str.contains("-represented").any()
    assert alarms <= 11  # 99 % of a binomial with 100 runs and 5 %


def test_of_five_days_the_middle_one_is_early(study: Study, codebook: Maker) -> None:
    times = on(*np.repeat([f"2026-09-{day:02d}" for day in range(2, 7)], 20))
    responses = answered(100, submitted_at=times, q=[10.0] * 60 + [0.0] * 40)
    asked = invited(100, respondent_id=list(responses["respondent_id"]))
    book = codebook(q={"measure": "nps"})
    row = one(rows_of(study, responses, codebook=book, invitations=asked), "early_late_difference")
    assert (row["value"], row["n"]) == (200, 100)  # sixty promoters, forty detractors
