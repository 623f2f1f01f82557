import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cjm_lab import moments_of_truth
from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Estimate, mean
from cjm_lab.journey.moments import drawn, has_spread, places
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.study import Study


def stated(place, value, half=0.2, n=100):
    """Importance as customers state it, from 0 to 10."""
    estimate = Estimate(value, value - half, value + half, n=n, method="t")
    return evidence(estimate, lane="value_gap", measure="importance_stated", touchpoint=place,
                    scale=(0, 10), source="survey")  # fmt: skip


def felt_and_stated(make, **values):
    """Rows of touchpoints by name: importance and satisfaction."""
    rows = [stated(place, importance) for place, (importance, _) in values.items()]
    rows += [make("valence", place, felt, 0.2, n=80) for place, (_, felt) in values.items()]
    return evidence_frame(rows)


@pytest.fixture
def table(study, make):
    """All four touchpoints, one in each corner; the mean importance is 7."""
    return moments_of_truth(study, felt_and_stated(
        make, advert=(6, -0.5), payment=(9, -1.2), delivery=(5, 1.0), cup=(8, 1.6)
    )).set_index("touchpoint")  # fmt: skip


def test_the_score_is_importance_times_how_badly_it_goes(table):
    # payment .9 x 3.2/4 = .72; advert .6 x 2.5/4 = .375; delivery .5 x 1/4; cup .8 x .4/4 = .08
    assert table["value"].to_dict() == pytest.approx(
        {"payment": 0.72, "advert": 0.375, "delivery": 0.125, "cup": 0.08}
    )
    assert table["value"].is_monotonic_decreasing
    assert table.loc["payment", ["importance", "performance", "n"]].tolist() == [9, -1.2, 80]


def test_the_four_verdicts(table):
    assert table["verdict"].to_dict() == {
        "payment": "moment of truth that hurts",
        "advert": "minor",
        "cup": "moment of truth that delights",
        "delivery": "hygiene",
    }
    assert table["importance_line"].unique().tolist() == [7]
    assert table["verdict_certainty"].tolist() == [1] * 4


def test_the_interval_is_that_of_the_product(study, make):
    # importance .8 with se .05, how badly .75 with se .05: by the delta method the standard error
    # is sqrt((.8 x .05)^2 + (.75 x .05)^2) = .05483; draws of a quantile err by 3 %
    z = norm.ppf(0.975)
    rows = [stated("payment", 8, half=0.5 * z), make("valence", "payment", -1, 0.2 * z)]
    row = moments_of_truth(study, evidence_frame(rows)).iloc[0]
    assert row["value"] == pytest.approx(0.6)
    assert row["high"] - row["low"] == pytest.approx(2 * z * 0.05483, rel=0.06)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    # 600 touchpoints, each with answers of its own to the same two questions: importance 7 with
    # a spread of 2, satisfaction -0.4 with a spread of 1; the truth is .7 x .6 = .42
    rng = np.random.default_rng(8)
    places_ = [f"t{k}" for k in range(600)]
    study = Study.model_validate({"title": "Tea", "stages": [{"id": "buy", "name": "Buy",
        "touchpoints": [{"id": name, "name": name} for name in places_]}]})  # fmt: skip
    rows = []
    for name in places_:
        what = {"touchpoint": name, "source": "survey"}
        importance, felt = mean(rng.normal(7, 2, 60)), mean(rng.normal(-0.4, 1, 40))
        rows.append(evidence(importance, lane="value_gap", measure="importance_stated",
                             scale=(0, 10), **what))  # fmt: skip
        rows.append(evidence(felt, lane="emotion", measure="valence", scale=(-2, 2), **what))
    table = moments_of_truth(study, evidence_frame(rows))
    holds = ((table["low"] <= 0.42) & (table["high"] >= 0.42)).mean()
    assert 0.925 <= holds <= 0.975  # Monte Carlo error of 600 repeats: .9 points


def test_how_sure_the_first_three_are(study, make):
    # three far above the fourth; then four alike, each among three of four in 3/4 of the draws
    first = felt_and_stated(make, advert=(9, -1), payment=(9, -1), delivery=(9, -1), cup=(2, 1.5))
    sure = moments_of_truth(study, first).set_index("touchpoint")["certainty"]
    assert sure.to_dict() == {"advert": 1, "payment": 1, "delivery": 1, "cup": 0}
    alike = felt_and_stated(
        make, **dict.fromkeys(["advert", "payment", "delivery", "cup"], (8, -1))
    )
    assert moments_of_truth(study, alike)["certainty"].tolist() == pytest.approx(
        [0.75] * 4, abs=0.04
    )


def test_to_be_among_three_of_three_says_nothing(study, make):
    table = moments_of_truth(study, felt_and_stated(make, payment=(9, -1), cup=(7, 1)))
    assert table["certainty"].isna().all()


def test_a_verdict_near_a_border_is_unsure(study, make):
    # satisfaction 0.05 with a standard error of .102: positive in Phi(.49) = .688 of the draws
    table = moments_of_truth(study, felt_and_stated(make, payment=(9, 0.05), cup=(3, 1)))
    row = table.set_index("touchpoint").loc["payment"]
    assert row["verdict"] == "moment of truth that delights"
    assert row["verdict_certainty"] == pytest.approx(0.688, abs=0.04)


def test_what_is_not_known_is_said_and_stands_last(study, make):
    rows = [stated("payment", 9), stated("cup", 7), stated("advert", 5)]
    rows += [make("valence", place, -1, 0.2) for place in ("payment", "delivery", "cup")]
    table = moments_of_truth(study, evidence_frame(rows))
    assert table["touchpoint"].tolist() == ["payment", "cup", "advert", "delivery"]
    assert table["verdict"].tolist()[2:] == ["performance not known", "importance not known"]
    assert table.loc[2:, ["value", "low", "high"]].isna().all(axis=None)
    assert table["importance_line"].tolist() == [8] * 4  # of the two that are compared


def test_without_evidence_nothing_is_known(study):
    table = moments_of_truth(study, evidence_frame())
    assert table["verdict"].tolist() == ["nothing known"] * 4


def test_one_touchpoint_has_nothing_to_compare_with(study, make):
    table = moments_of_truth(study, felt_and_stated(make, payment=(9, -1)))
    assert table["verdict"].tolist()[0] == "nothing to compare with"
    assert table["value"].iloc[0] == pytest.approx(0.675)


def test_a_number_without_an_interval_gives_a_score_without_one(study, make):
    frame = felt_and_stated(make, payment=(9, -1), cup=(3, 1))
    bare = (frame["measure"] == "valence") & (frame["touchpoint"] == "payment")
    frame.loc[bare, ["low", "high", "se"]] = np.nan
    table = moments_of_truth(study, frame).set_index("touchpoint")
    assert table.loc["payment", ["low", "high", "verdict_certainty"]].isna().all()
    assert table.loc["cup", ["low", "high"]].notna().all()


def test_the_source_of_importance_can_be_chosen(study, make):
    what = {"lane": "value_gap", "measure": "importance_derived", "scale": (-1, 1)}
    estimate = Estimate(0.4, 0.3, 0.5, n=90, method="correlation")
    derived = evidence(estimate, touchpoint="payment", **what)
    frame = pd.concat(
        [felt_and_stated(make, payment=(9, -1), cup=(3, 1)), evidence_frame([derived])]
    )
    assert moments_of_truth(study, frame)["source"].iloc[0] == "stated importance"
    table = moments_of_truth(study, frame, source="derived").set_index("touchpoint")
    assert table.loc["payment", "value"] == pytest.approx(0.4 * 0.75)
    with pytest.raises(ParameterError, match="did you mean 'derived'"):
        moments_of_truth(study, frame, source="derive")


def test_the_level_of_the_study_sets_the_intervals(make):
    # intervals at a level of .8 are given and returned: the same standard error throughout
    study = make("tea_shop", level=0.8)
    z = norm.ppf(0.9)
    rows = [stated("payment", 8, half=0.5 * z), make("valence", "payment", -1, 0.2 * z)]
    row = moments_of_truth(study, evidence_frame(rows)).iloc[0]
    assert row["high"] - row["low"] == pytest.approx(2 * z * 0.05483, rel=0.06)


def test_draws_give_back_the_interval_they_come_from():
    wide = Estimate(0.2, 0.1, 0.5, n=30, method="Wilson")
    by_se = Estimate(0.2, np.nan, np.nan, n=30, method="mean", se=0.05)
    normal = np.random.default_rng(0).standard_normal((2, 40_000))
    one, other = drawn([wide, by_se], normal, level=0.9, bounds=(0, 1))
    assert np.quantile(one, [0.05, 0.5, 0.95]) == pytest.approx([0.1, 0.2, 0.5], abs=0.01)
    assert other.std() == pytest.approx(0.05, abs=0.001)
    assert one.min() >= 0


def test_what_has_neither_bounds_nor_an_error_does_not_vary():
    bare = Estimate(0.2, np.nan, np.nan, n=1, method="count")
    assert drawn([bare], np.array([[-3.0, 0, 3]]), level=0.95, bounds=(0, 1)).tolist() == [
        [0.2] * 3
    ]
    assert not has_spread(bare)


def test_places_of_equals_go_to_the_first():
    assert places(np.array([[0.1], [0.7], [0.7], [0.9]])).ravel().tolist() == [4, 2, 3, 1]
