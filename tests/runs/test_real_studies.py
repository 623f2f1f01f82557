"""Two real studies go the whole road: a survey with mentions, and an event log alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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


def test_all_notebooks_finish_on_both(airline: Published, shop: Published) -> None:
    for _, report, _ in (airline, shop):
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
    rows = airline[2].select(lane="sentiment", measure="mentions").set_index("touchpoint")["value"]
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
    true = ledger.estimate(measure="negative_share", touchpoint="")
    assert true.value == pytest.approx(0.627, abs=0.005)
    automatic = ledger.select(measure="automatic_negative_share", touchpoint="").iloc[0]
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
