"""Three real studies go the whole road: survey and mentions, an event log, a survey of rivals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cjm_lab.ledger import Ledger
from cjm_lab.metrics import funnel
from cjm_lab.runs.context import RunContext
from cjm_lab.runs.recipes import STEPS
from cjm_lab.runs.run import run_study
from cjm_lab.workspace import Workspace

Published = tuple[Workspace, Path, Ledger]
Make = Callable[[str, Path], Workspace]


def publish(name: str, make: Make, folder: Path) -> Published:
    workspace = make(name, folder)
    report = run_study(workspace, name).report
    return workspace, report, Ledger.read_csv(report / "evidence.csv")


@pytest.fixture(scope="module")
def airline(real_study: Make, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish("airline", real_study, tmp_path_factory.mktemp("airline"))


@pytest.fixture(scope="module")
def shop(real_study: Make, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish("simple_shop", real_study, tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def mobiles(real_study: Make, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish("mobiles", real_study, tmp_path_factory.mktemp("mobiles"))


@pytest.fixture(scope="module")
def r_says(shared_data: Path) -> dict[str, Any]:
    """What R computed from the mobile operators' answers."""
    path = shared_data / "surveys" / "mobiles_feedback_golden.json"
    return dict(json.loads(path.read_text("utf-8")))


def test_all_notebooks_finish_on_all(
    airline: Published, shop: Published, mobiles: Published
) -> None:
    for _, report, _ in (airline, shop, mobiles):
        assert all((report / f"{step}.html").is_file() for step in STEPS)


def test_airline_has_a_rating_row_a_question_equal_to_pandas(
    airline: Published, shared_data: Path
) -> None:
    answers = pd.read_parquet(shared_data / "events" / "airline" / "airline_satisfaction.parquet")
    rows = airline[2].select(lane="satisfaction", measure="rating").set_index("label")
    assert len(rows) == 14
    assert set(rows["status"]) == {"observed"}
    asked = answers[list(rows.index)].astype(float)
    asked = asked.mask(asked == 0)  # 0 is "not applicable"
    pd.testing.assert_series_equal(rows["value"], asked.mean(), check_names=False, rtol=1e-10)
    assert rows["n"].astype(int).to_dict() == asked.notna().sum().to_dict()


def test_airline_counts_mentions_as_pandas_does(airline: Published, shared_data: Path) -> None:
    tweets = pd.read_csv(shared_data / "mentions" / "airline_tweets.csv", dtype=str)
    folded = tweets["text"].str.casefold().str.split().str.join(" ")
    when = pd.to_datetime(tweets["tweet_created"], format="%d-%m-%Y %H.%M")
    tweets = tweets[~folded.duplicated()]
    assert when.dt.month.nunique() == 1  # duplicates are looked for within a month
    rows = airline[2].select(lane="sentiment", measure="mentions", segment="")
    rows = rows.set_index("touchpoint")["value"]
    text = tweets["text"].str.replace("\u2019", "'")
    for touchpoint, pattern in {
        "food": r"(?<!\w)(?:food|drink|snack|meal)(?!\w)",
        "baggage": r"(?<!\w)(?:bags?|baggage|luggage)(?!\w)",
        "schedule": r"(?<!\w)(?:schedule|reschedul\w*)(?!\w)",
    }.items():
        assert rows[touchpoint] == text.str.contains(pattern, case=False, regex=True).sum()
    assert rows[""] == len(tweets)


def test_airlines_true_negative_share_is_that_of_the_labels(airline: Published) -> None:
    # METHOD.md: the truth is .627 where the lexicon says .251 (with duplicates counted).
    ledger = airline[2]
    true = ledger.estimate(measure="negative_share", touchpoint="", segment="")
    assert true.value == pytest.approx(0.627, abs=0.005)
    automatic = ledger.select(measure="automatic_negative_share", touchpoint="", segment="").iloc[0]
    assert automatic["status"] == "reasoned"
    assert pd.isna(automatic["low"]) and "bias unknown" in automatic["method"]


def test_airline_says_what_the_missing_log_means(airline: Published) -> None:
    page = (airline[1] / "4_touchpoints.html").read_text("utf-8")
    assert "This study has no event log: no reach, no drop-off, no funnel and no forecast." in page
    front = (airline[1] / "index.html").read_text("utf-8")
    assert "No evidence yet" in front


def test_shops_funnel_is_the_published_one(shop: Published) -> None:
    context = RunContext(shop[0], "simple_shop")
    steps = funnel(context.table("stream"), ["catalog", "cart", "payment_done"])
    assert steps["customers"].tolist() == [3611, 1924, 653]
    conversion = shop[2].estimate(measure="conversion", persona="")
    assert conversion.value == pytest.approx(653 / 3611)
    assert conversion.n == 3611


def test_shop_says_what_the_missing_survey_means(shop: Published) -> None:
    page = (shop[1] / "2_customers.html").read_text("utf-8")
    assert "This study has no survey: no satisfaction and no emotion curve." in page
    assert "No evidence yet" in (shop[1] / "index.html").read_text("utf-8")


def test_every_operator_has_the_score_and_interval_that_r_gives(
    mobiles: Published, r_says: dict[str, Any]
) -> None:
    whole = mobiles[2].select(measure="nps", persona="", touchpoint="").set_index("subject")
    assert len(whole) == 9
    for operator, golden in r_says["nps_by_operator"].items():
        row = whole.loc["us" if operator == "AT&T" else operator]
        assert row["n"] == golden["n"]
        assert row["value"] == pytest.approx(golden["nps"], abs=1e-9)
        assert [row["low"], row["high"]] == pytest.approx(golden["adj_wald"]["ci"], abs=1e-6)


def test_answers_in_words_are_the_numbers_that_r_counted(
    mobiles: Published, shared_data: Path, r_says: dict[str, Any]
) -> None:
    responses = RunContext(mobiles[0], "mobiles").table("responses")
    for question, golden in r_says["csat_top2box"].items():
        assert responses[question].mean() == pytest.approx(golden["mean"], abs=1e-9)
        assert (responses[question] >= 4).sum() == golden["x"]
    for question, golden in r_says["effort_easy_top2box"].items():
        assert responses[question].count() == golden["n"]
        assert (responses[question] >= 4).sum() == golden["x"]


def test_a_touchpoint_that_only_effort_was_asked_of_shows_it_on_the_map(
    mobiles: Published,
) -> None:
    row = mobiles[2].select(measure="ces", touchpoint="bill", subject="us", persona="").iloc[0]
    assert (row["scale_min"], row["scale_max"]) == (1, 5)
    assert f"Ease (effort score): {row['value']:.1f} of 5" in (mobiles[1] / "map.html").read_text(
        "utf-8"
    )


def test_the_gap_to_a_rival_is_importance_times_the_difference_of_two_peoples_means(
    mobiles: Published,
) -> None:
    responses = RunContext(mobiles[0], "mobiles").table("responses")
    ours, theirs = (
        responses[responses["subject"] == subject] for subject in ("us", "Straight Talk (Walmart)")
    )
    importance = ours["Q11_3"].corr(ours["Q8"])
    row = mobiles[2].select(
        measure="value_gap", touchpoint="price", subject="Straight Talk (Walmart)", persona=""
    )
    expected = importance * (theirs["Q11_3"].mean() - ours["Q11_3"].mean())
    assert row["value"].tolist() == pytest.approx([expected])
    assert row["low"].iloc[0] > 0  # the cheap brand is the better value for certain


def test_whom_to_call_back_is_known_to_data_processed_and_to_no_report(
    mobiles: Published, r_says: dict[str, Any]
) -> None:
    processed = mobiles[0].processed("mobiles", date(2019, 8, 18))
    answers = pd.read_parquet(processed / "open_answers.parquet")
    callbacks = pd.read_parquet(processed / "callbacks.parquet")
    assert len(callbacks) == r_says["nps_by_operator"]["AT&T"]["detractors"]
    said = callbacks[callbacks["text"] != ""].merge(answers, on="code", suffixes=("", "_whole"))
    assert (said["respondent_id"] == said["respondent_id_whole"]).all()
    assert (said["text"] == said["text_whole"]).all()
    words = said.loc[said["text"].str.len() > 20, "text"]
    assert len(words) > 5
    files = [file for file in mobiles[1].rglob("*") if file.is_file()]
    shared = "\n".join(file.read_bytes().decode("utf-8", "replace") for file in files)
    assert not [text for text in words if text in shared]
