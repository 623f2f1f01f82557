"""A forecast is held against what came, and both sides' uncertainty counts."""

from __future__ import annotations

from datetime import date
from math import isnan, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cjm_lab.estimate import Estimate, difference, share
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.metrics import JourneyStream, journey_stream
from cjm_lab.period import Period, period_up_to
from cjm_lab.planning.scored import calibration, judged, score_evidence, scored_forecasts
from cjm_lab.sources.schemas import empty_table
from cjm_lab.study import Study

DECEMBER = date(2026, 12, 31)


@pytest.fixture(scope="module")
def study() -> Study:
    places = [
        {"id": "page", "name": "Page", "events": ["visit"]},
        {"id": "till", "name": "Till", "events": ["order"]},
    ]
    return Study.model_validate(
        {
            "title": "Shop",
            "stages": [{"id": "buy", "name": "Buy", "touchpoints": places}],
            "funnel": {"steps": ["visit", "order"], "window_days": 2},
        }
    )


def log(months: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """`log({"2026-09": (100, 400)})`: of 400 who visit in September 100 order."""
    rows = []
    for month, (orders, people) in months.items():
        for i in range(people):
            at = pd.Timestamp(f"{month}-{2 + i % 20:02}T12:00", tz="UTC")
            rows.append((f"{month} {i}", at, "visit"))
            if i < orders:
                rows.append((f"{month} {i}", at + pd.Timedelta(hours=1), "order"))
    return pd.DataFrame(rows, columns=["customer_id", "occurred_at", "event"])


@pytest.fixture(scope="module")
def stream(study: Study) -> JourneyStream:
    """100 of 400 in September and October, 160 of 400 in November and December."""
    months = {"2026-09": (100, 400), "2026-10": (100, 400)}
    return journey_stream(log(months | {"2026-11": (160, 400), "2026-12": (160, 400)}), study=study)


def forecasts(
    report: str, lifts: dict[str, tuple[float, float, float]], **bought: Any
) -> pd.DataFrame:
    """forecasts.csv of a report: the lift of each resource, and of the set bought."""
    period = period_up_to(date.fromisoformat(report[:10]))
    here: dict[str, Any] = {"lane": "forecast", "period": period, "status": "reasoned"}
    rows = [
        evidence(Estimate(*lift, n=400, method="predictive"), measure="conversion_lift",
                 label=name, item=name, touchpoint="page", **here)
        for name, lift in lifts.items()
    ]  # fmt: skip
    if bought:
        rows.append(
            evidence(Estimate(*bought["lift"], n=400, method="predictive"), label="The set",
                     measure="conversion_lift", item="portfolio", **here)
        )  # fmt: skip
        rows += [
            evidence(Estimate(1.0, nan, nan, n=4, method="all sets weighed"), measure="chosen",
                     label=name, item=name, touchpoint="page", **here)
            for name in bought["names"]
        ]  # fmt: skip
    return Ledger(evidence_frame(rows)).frame.assign(report=report)


def actions(**days: str) -> pd.DataFrame:
    """`actions(form="2026-10-15")`: done on that day."""
    table = pd.DataFrame({"opportunity": list(days), "owner": "Shop", "measure": "conversion",
                          "state": "done"})  # fmt: skip
    due = pd.to_datetime(["2026-12-24"] * len(days), utc=True)
    return table.assign(due=due, done=pd.to_datetime(list(days.values()), utc=True))


def scored(
    study: Study, stream: JourneyStream, made: pd.DataFrame, done: pd.DataFrame, **more: Any
) -> pd.DataFrame:
    given: dict[str, Any] = {
        "resources": empty_table("resources"), "measured": evidence_frame(),
        "period": period_up_to(DECEMBER), "as_of": DECEMBER,
    }  # fmt: skip
    return scored_forecasts(made, done, stream=stream, study=study, **(given | more))


def test_what_came_is_the_first_whole_month_after_less_the_month_of_the_forecast(
    study: Study, stream: JourneyStream
) -> None:
    made = forecasts("2026-09-30", {"form": (0.1, 0.05, 0.15)})
    row = scored(study, stream, made, actions(form="2026-10-15")).iloc[0]
    # 160 of 400 in November less 100 of 400 in September
    newcombe = difference(share(160, 400), share(100, 400))
    assert (row["value"], row["low"], row["high"]) == pytest.approx(
        (0.15, newcombe.low, newcombe.high)
    )
    assert (row["period_start"], row["report"]) == ("2026-11-01", "2026-09-30")
    # the gap is .05; below it lie the actual's lower and the forecast's upper half
    assert row["gap_low"] == pytest.approx(0.05 - sqrt((0.15 - newcombe.low) ** 2 + 0.05**2))
    assert (row["verdict"], row["held"]) == ("held", 1.0)


@pytest.mark.parametrize(
    ("lift", "verdict", "held"),
    [
        ((0.30, 0.27, 0.33), "too high", 0.0),
        ((0.02, 0.01, 0.03), "too low", 0.0),
        ((0.15, 0.05, 0.25), "held", 1.0),
    ],
)
def test_the_verdicts(
    study: Study, stream: JourneyStream, lift: tuple[float, float, float], verdict: str, held: float
) -> None:
    made = forecasts("2026-09-30", {"form": lift})
    row = scored(study, stream, made, actions(form="2026-10-15")).iloc[0]
    assert (row["verdict"], row["held"]) == (verdict, held)


def test_nothing_told_apart_from_nothing_is_not_called_right() -> None:
    # .01 +- .04 came where .03 +- .02 was forecast: it may as well have brought nothing
    came = Estimate(0.01, -0.03, 0.05, n=800, method="Newcombe")
    verdict, gap = judged(Estimate(0.03, 0.01, 0.05, n=400, method="predictive"), came)
    assert verdict == "cannot tell yet"
    assert gap.low <= 0 <= gap.high


def test_what_was_done_at_once_is_scored_together(study: Study, stream: JourneyStream) -> None:
    lifts = {"form": (0.1, 0.06, 0.14), "mail": (0.2, 0.17, 0.23)}
    done = actions(form="2026-10-05", mail="2026-10-20", film="2026-10-21")
    (row,) = scored(study, stream, forecasts("2026-09-30", lifts), done).to_dict("records")
    assert row["what"] == "form and mail"
    assert "also done: film" in row["note"]
    # .3 with the root of .04^2 + .03^2 = .05 either side: above .15, but only a bound
    bounds = (row["forecast"], row["forecast_low"], row["forecast_high"])
    assert bounds == pytest.approx((0.3, 0.25, 0.35))
    assert row["verdict"] == "cannot tell yet"
    assert isnan(row["held"])  # a bound is no forecast, so it doesn't count
    # of the very set that the budget bought there is a forecast, overlaps counted
    made = forecasts("2026-09-30", lifts, lift=(0.16, 0.1, 0.22), names=["form", "mail"])
    (row,) = scored(study, stream, made, done).to_dict("records")
    assert (row["forecast"], row["verdict"], row["held"]) == (pytest.approx(0.16), "held", 1.0)


def test_the_last_forecast_before_counts_and_counts_once(
    study: Study, stream: JourneyStream
) -> None:
    made = pd.concat(
        [
            forecasts("2026-09-30", {"form": (0.3, 0.29, 0.31)}),
            forecasts("2026-10-31", {"form": (0.1, 0.05, 0.15)}),
            forecasts("2026-11-30", {"form": (0.9, 0.89, 0.91)}),
        ]
    )
    (row,) = scored(study, stream, made, actions(form="2026-11-10")).to_dict("records")
    assert (row["report"], row["period_start"]) == ("2026-10-31", "2026-12-01")
    assert row["verdict"] == "held"


@pytest.mark.parametrize(
    ("done", "as_of"),
    [("2026-09-30", DECEMBER), ("2026-12-05", DECEMBER), ("2026-10-15", date(2026, 11, 29))],
    ids=["before the forecast", "no whole month after", "the month is not over"],
)
def test_what_cannot_be_scored_yet_is_not(
    study: Study, stream: JourneyStream, done: str, as_of: date
) -> None:
    made = forecasts("2026-09-30", {"form": (0.1, 0.05, 0.15)})
    assert scored(study, stream, made, actions(form=done), as_of=as_of).empty
    everything = Period("all", date(2026, 9, 1), DECEMBER)
    assert scored(study, stream, made, actions(form="2026-10-15"), period=everything).empty


def test_a_score_never_changes_in_later_reports(study: Study, stream: JourneyStream) -> None:
    made, done = forecasts("2026-09-30", {"form": (0.1, 0.05, 0.15)}), actions(form="2026-10-15")
    early = scored(study, stream, made, done, as_of=date(2026, 11, 30))
    pd.testing.assert_frame_equal(early, scored(study, stream, made, done))


def test_both_periods_count_as_they_stood_at_their_own_end(
    study: Study, stream: JourneyStream
) -> None:
    # 90 of September come back to order in December; nobody of November had as long to do so
    events = log({"2026-09": (100, 400), "2026-11": (160, 400)})
    at = pd.Timestamp("2026-12-20T12:00", tz="UTC")
    late = [(f"2026-09 {i}", at, "order") for i in range(300, 390)]
    events = pd.concat([events, pd.DataFrame(late, columns=events.columns)])
    made, done = forecasts("2026-09-30", {"form": (0.1, 0.05, 0.15)}), actions(form="2026-10-15")
    row = scored(study, journey_stream(events, study=study), made, done).iloc[0]
    assert row["value"] == pytest.approx(0.15)


def test_without_a_day_of_doing_the_due_day_stands_in_and_it_is_said(
    study: Study, stream: JourneyStream
) -> None:
    done = actions(form="2026-10-15").drop(columns="done")
    done["due"] = pd.to_datetime(["2026-10-15"], utc=True)
    made = forecasts("2026-09-30", {"form": (0.1, 0.05, 0.15)})
    assert "taken as due" in scored(study, stream, made, done).iloc[0]["note"]
    assert scored(study, stream, made, done.assign(state="doing")).empty


def test_few_journeys_tell_nothing(study: Study) -> None:
    thin = journey_stream(log({"2026-09": (2, 29), "2026-11": (28, 40)}), study=study)
    made = forecasts("2026-09-30", {"form": (0.1, 0.05, 0.15)})
    row = scored(study, thin, made, actions(form="2026-10-15")).iloc[0]
    assert row["verdict"] == "cannot tell yet"
    assert isnan(row["held"])


def pilot(value: float, low: float, high: float) -> pd.DataFrame:
    p = Estimate(0.6, nan, nan, n=3000, method="chi-square")
    gap = Estimate(value, low, high, n=3000, method="Newcombe")
    return evidence_frame(
        [evidence(gap, lane="pilot", measure="pilot_difference", label="ordered"),
         evidence(p, lane="pilot", measure="sample_ratio_p")]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ((0.11, 0.08, 0.14), "held"),
        ((0.0, -0.02, 0.02), "too high"),
        ((0.3, 0.27, 0.33), "too low"),
    ],
)
def test_a_judged_lift_is_held_against_its_pilot(
    study: Study, stream: JourneyStream, found: tuple[float, float, float], verdict: str
) -> None:
    row = {"resource": "Form", "touchpoints": "page", "measure": "conversion",
           "lift_low": 0.06, "lift_likely": 0.1, "lift_high": 0.14,
           "lift_source": "pilot"}  # fmt: skip
    resources = pd.DataFrame([row])
    table = scored(
        study, stream, evidence_frame().assign(report=""), empty_table("actions"),
        resources=resources, measured=pilot(*found),
    )  # fmt: skip
    (one,) = table.to_dict("records")
    assert (one["kind"], one["verdict"]) == ("pilot", verdict)
    # PERT(.06, .1, .14) is .06 + .08 x Beta(3, 3)
    ends = 0.06 + 0.08 * stats.beta(3, 3).ppf([0.025, 0.975])
    assert (one["forecast"], one["forecast_low"], one["forecast_high"]) == pytest.approx(
        (0.1, *ends)
    )


def test_honest_forecasts_hold_as_often_as_their_level_says() -> None:
    # the truth is drawn from each forecast, what came from the truth: 93 to 97 % of 2,000
    rng = np.random.default_rng(5)
    held = 0
    for center in rng.uniform(0.03, 0.12, 2000):
        truth = rng.normal(center, 0.02)
        forecast = Estimate(center, center - 0.0392, center + 0.0392, n=400, method="predictive")
        came = difference(
            share(rng.binomial(1500, 0.35 + truth), 1500), share(rng.binomial(1500, 0.35), 1500)
        )
        gap = judged(forecast, came)[1]
        held += gap.low <= 0 <= gap.high
    assert 0.93 <= held / 2000 <= 0.97


def test_calibration_is_told_with_its_interval_and_kept_in_the_ledger(study: Study) -> None:
    ends = ["2026-10-31"] * 4 + ["2026-11-30"] * 6
    scores = pd.DataFrame({"period_end": ends, "held": [1.0] * 3 + [0.0] * 3 + [1.0] * 4})
    table = calibration(scores, study)
    assert table[["scored", "held"]].values.tolist() == [[4, 3], [10, 7]]
    # METHOD: 7 of 10 is .3968 to .8922
    assert table.iloc[-1][["low", "high"]].tolist() == pytest.approx([0.3968, 0.8922], abs=5e-5)
    assert calibration(scores.assign(held=nan), study).empty


def test_scores_are_rows_of_the_lane_change(study: Study, stream: JourneyStream) -> None:
    made = forecasts("2026-09-30", {"form": (0.3, 0.27, 0.33)})
    rows = Ledger(
        score_evidence(scored(study, stream, made, actions(form="2026-10-15")), study)
    ).frame.set_index("measure")
    assert rows.loc["forecast_gap", "value"] == pytest.approx(-0.15)
    assert rows.loc["forecast_gap", "note"].startswith("too high")
    assert rows.loc["forecasts_held_share", ["value", "n"]].tolist() == [0, 1]
    nothing = scored(study, stream, made.head(0), empty_table("actions"))
    assert score_evidence(nothing, study).empty
