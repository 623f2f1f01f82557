"""Scores against R's values, hand arithmetic and their own coverage."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cjm_lab.errors import ParameterError
from cjm_lab.estimate import Design
from cjm_lab.surveys import ces, csat, likert, nps, rating, sus, umux_lite
from cjm_lab.surveys.scores import nps_bounds, person_values


def answers_of(promoters: int, passives: int, detractors: int) -> list[int]:
    return [10] * promoters + [7] * passives + [6] * detractors


def test_nps_of_a_thousand_answers() -> None:
    estimate = nps(answers_of(462, 176, 362))
    assert estimate.value == pytest.approx(10.0)
    assert estimate.se == pytest.approx(2.85307, abs=5e-6)
    assert (estimate.low, estimate.high) == pytest.approx((4.390, 15.551), abs=5e-4)
    wald = 1.959964 * estimate.se
    assert (10 - wald, 10 + wald) == pytest.approx((4.408, 15.592), abs=5e-4)


def test_nps_agrees_with_r(shared_data: Path) -> None:
    for case in json.loads((shared_data / "surveys" / "nps_examples.json").read_text()):
        estimate = nps(answers_of(case["promoters"], case["passives"], case["detractors"]))
        low, high = case["adj_wald"]["ci"]
        assert estimate.value == pytest.approx(case["nps"])
        assert estimate.se == pytest.approx(case["se_wald"])
        assert (estimate.low, estimate.high) == pytest.approx((max(low, -100), min(high, 100)))
        assert estimate.n == case["n"]


def test_nps_of_the_mobile_operators(shared_data: Path) -> None:
    golden = json.loads((shared_data / "surveys" / "mobiles_feedback_golden.json").read_text())
    table = pd.read_csv(shared_data / "surveys" / "mobiles_feedback_4_weeks.csv")
    recommend = table["Q8"].str.extract(r"^(\d+)")[0].astype(float)
    everyone = nps(recommend)
    assert (everyone.n, round(everyone.value, 3)) == (895, 34.190)
    assert (everyone.low, everyone.high) == pytest.approx((29.209, 38.943), abs=5e-4)
    for operator, case in golden["nps_by_operator"].items():
        estimate = nps(recommend[table["Q7"] == operator])
        assert estimate.value == pytest.approx(case["nps"])
        low, high = case["adj_wald"]["ci"]
        assert (estimate.low, estimate.high) == pytest.approx((max(low, -100), min(high, 100)))


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (7, 10, 0.3968, 0.8922),
    ],
)
def test_csat_is_the_top_two_box_with_wilson(x: int, n: int, low: float, high: float) -> None:
    estimate = csat([4] * x + [3] * (n - x))
    assert estimate.value == x / n
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=5e-5)


def test_csat_on_a_seven_point_scale_counts_six_and_seven() -> None:
    assert csat([7, 6, 5, 4], scale_max=7).value == 0.5


def test_ces_is_the_mean_and_its_top_share_is_five_to_seven() -> None:
    assert ces([1, 4, 5, 7]).value == 4.25
    assert ces([1, 4, 5, 7], top=True).value == 0.5


def test_ces_1_counts_effort_so_it_is_turned() -> None:
    assert ces([1, 2, 5], scale=(1, 5), reversed=True).value == pytest.approx((5 + 4 + 1) / 3)


def test_sus_agrees_with_r(shared_data: Path) -> None:
    golden = json.loads((shared_data / "surveys" / "sus_vr_queue_golden.json").read_text())
    table = pd.read_csv(shared_data / "surveys" / "sus_vr_queue.csv")
    items = table[[f"Q{i}" for i in range(1, 11)]]
    estimate = sus(items)
    assert estimate.n == 30
    assert estimate.value == pytest.approx(71.667, abs=5e-4)
    assert (estimate.low, estimate.high) == pytest.approx(golden["ci95_t"])
    assert [sus(items.iloc[[i]]).value for i in range(30)] == golden["scores"]


def test_umux_lite_of_six_and_five_is_75() -> None:
    assert umux_lite([[6, 5]]).value == 75
    assert umux_lite(np.array([[6, 5], [7, np.nan]])).n == 1  # an incomplete respondent is left out


def test_likert_turns_reversed_items_and_averages_each_respondent_first() -> None:
    items = pd.DataFrame({"easy": [5, 4], "slow": [1, np.nan]})
    assert likert(items, reversed=["slow"]).value == pytest.approx((5 + 4) / 2)


def test_rating_is_the_mean_of_those_who_answered() -> None:
    estimate = rating([5, np.nan, 2], scale=(1, 5))
    assert (estimate.value, estimate.n) == (3.5, 2)
    half = stats.t.ppf(0.975, 1) * 1.5  # sd 3/sqrt(2) over sqrt(2)
    assert (estimate.low, estimate.high) == (max(1, 3.5 - half), min(5, 3.5 + half))


@pytest.mark.parametrize(
    ("score", "wrong", "said"),
    [
        (nps, [11, 3], "0 to 10, got 11"),
        (nps, [8.5], "got 8.5"),
        (csat, [6], "1 to 5, got 6"),
        (ces, [0], "1 to 7, got 0"),
        (lambda x: rating(x, scale=(1, 5)), [-1], "1 to 5, got -1"),
        (sus, [[3] * 9 + [6]], "1 to 5, got 6"),
        (sus, [[3] * 9], "10 items"),
        (nps, ["often"], "must be numbers"),
    ],
)
def test_an_answer_outside_the_scale_is_an_error(score, wrong, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        score(wrong)


def test_the_error_names_the_question() -> None:
    with pytest.raises(ParameterError, match=r"answers to 'Q8' .* \(2 of 3\); correct the scale"):
        nps(pd.Series([99, 98, 3.0], name="Q8"))


@pytest.mark.parametrize("score", [nps, csat, ces, rating, likert])
def test_no_answer_has_no_value(score) -> None:
    assert np.isnan(score([np.nan, np.nan]).value)
    assert score([]).n == 0


def test_weights_move_the_score_and_its_interval() -> None:
    answers, weights = [10, 10, 0, 8, 9, 3], [2, 1, 1, 1, 1, 2]
    estimate = nps(answers, weights)
    assert estimate.value == pytest.approx(100 * (4 - 3) / 8)
    assert estimate.n_eff == pytest.approx(64 / 12)
    assert estimate.low < estimate.value < estimate.high
    assert csat([5, 5, 1], [1, 1, 2]).value == 0.5
    assert rating([5, 1], [3, 1]).value == 4


def test_weighted_answers_that_are_all_alike_still_leave_doubt() -> None:
    estimate = nps([10] * 8, [1, 2] * 4)
    assert estimate.value == 100
    assert estimate.low < 75
    assert estimate.n == 8


@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
def test_the_interval_holds_the_raw_nps_and_stays_on_the_scale(answers: list[int]) -> None:
    estimate = nps(answers)
    assert -100 <= estimate.low <= estimate.value + 1e-9
    assert estimate.value - 1e-9 <= estimate.high <= 100


@given(st.lists(st.integers(0, 10), min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_nothing(answers: list[int], random) -> None:
    shuffled = random.sample(answers, len(answers))
    assert nps(shuffled) == nps(answers)
    weights = np.arange(1.0, len(answers) + 1)
    order = np.argsort(shuffled, kind="stable")
    again = nps(np.asarray(shuffled)[order], weights[order])
    assert again.value == pytest.approx(nps(shuffled, weights).value)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=40), st.floats(0.1, 10))
def test_equal_weights_leave_the_score_as_it_is(answers: list[int], weight: float) -> None:
    assert nps(answers, [weight] * len(answers)).value == pytest.approx(nps(answers).value)


def coverage(n: int, promoter: float, detractor: float) -> float:
    """Exact coverage: the probability of every (promoters, detractors) whose interval is right."""
    p, d = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    possible = p + d <= n
    p, d = p[possible], d[possible]
    low, high = nps_bounds(p, d, n)
    counts = np.column_stack([p, d, n - p - d])
    chance = stats.multinomial.pmf(counts, n, [promoter, detractor, 1 - promoter - detractor])
    truth = 100 * (promoter - detractor)
    return float(chance[(low <= truth) & (truth <= high)].sum())


@pytest.mark.parametrize(("promoter", "detractor"), [(0.5, 0.2), (0.3, 0.3), (0.15, 0.55)])
@pytest.mark.parametrize("n", [200, 400])
def test_the_nps_interval_covers_95_percent(n: int, promoter: float, detractor: float) -> None:
    assert 0.93 <= coverage(n, promoter, detractor) <= 0.97


@pytest.mark.parametrize(("n", "expected"), [(10, 0.96), (30, 0.95)])
def test_with_few_answers_it_still_covers(n: int, expected: float) -> None:
    assert coverage(n, 0.5, 0.2) == pytest.approx(expected, abs=0.025)


LIKERT_ROWS = [[5, 1], [4, 2], [2, 3], [1, 5]]
EVERY_SCORE = [
    (nps, [10, 9, 7, 0]),
    (csat, [5, 4, 2, 1]),
    (ces, [7, 5, 3, 1]),
    (partial(ces, top=True, scale=(1, 5), reversed=True), [5, 4, 2, 1]),
    (sus, [[5, 1] * 5, [4, 2] * 5, [3] * 10, [2, 4] * 5]),
    (umux_lite, [[7, 6], [5, 5], [2, 3], [1, 4]]),
    (partial(likert, reversed=[1]), LIKERT_ROWS),
    (partial(rating, scale=(1, 5)), [5, 4, 2, 1]),
]


@pytest.mark.parametrize(("score", "answers"), EVERY_SCORE)
def test_every_score_is_the_mean_of_one_number_a_respondent(score, answers) -> None:
    assert score(answers).value == pytest.approx(person_values(answers, score).mean())
    weights = [3, 1, 2, 1]
    assert score(answers, weights).value == pytest.approx(
        np.average(person_values(answers, score), weights=weights)
    )


@pytest.mark.parametrize(("score", "answers"), EVERY_SCORE)
def test_every_score_takes_a_design_and_its_subgroups(score, answers) -> None:
    """A subgroup's score is that of its members alone; the shops it came from stay in the error."""
    x = np.repeat(np.asarray(answers, dtype=float), 3, axis=0)
    shops = Design(np.tile([1.0, 2.0, 2.0], 4), clusters=[*"aaabbbcccddd"])
    whole = score(x, shops)
    assert whole.value == pytest.approx(score(x, shops.weights).value)
    assert whole.se > score(x, shops.weights).se  # shops differ, their answers are alike
    assert whole.method.endswith(": clusters")
    first = np.arange(12) < 6
    x[~first] = np.nan
    part = score(x, shops)
    assert (part.n, part.value) == (6, pytest.approx(score(x[first], shops.weights[first]).value))


@pytest.mark.parametrize(("score", "answers"), EVERY_SCORE)
def test_a_respondent_of_weight_two_counts_as_two(score, answers) -> None:
    x = np.asarray(answers, dtype=float)
    twice = score(x, [2, 1, 1, 1])
    assert twice.value == pytest.approx(score(np.concatenate([x[:1], x]), [1] * 5).value)
    scaled = score(x, [20, 10, 10, 10])
    assert (twice.value, twice.low) == pytest.approx((scaled.value, scaled.low))
    assert twice.n_eff == pytest.approx(scaled.n_eff)


def test_a_share_of_a_cluster_sample_has_fewer_effective_answers() -> None:
    """Ten shops of ten like-minded customers say about as much as ten people."""
    answers = np.repeat([5, 5, 5, 5, 5, 5, 1, 1, 1, 1], 10)
    estimate = csat(answers, Design(np.ones(100), clusters=np.repeat(np.arange(10), 10)))
    # se^2 = .24 / 9, so n = .24 / se^2 = 9
    assert estimate.n_eff == pytest.approx(9)
    # Wilson with t(.975, 9) = 2.262157 and n 9: (.6 + t2/18 -+ t sqrt(.24/9 + t2/324)) / (1 + t2/9)
    assert (estimate.low, estimate.high) == pytest.approx((0.26658, 0.86092), abs=1e-5)
    assert estimate.method == "Wilson on effective n: clusters"
    assert estimate.high - estimate.low > 3 * (csat(answers).high - csat(answers).low)


def test_who_answers_alike_still_leaves_doubt_in_a_design() -> None:
    estimate = nps([10.0] * 6, Design(np.ones(6), clusters=[*"aabbcc"]))
    assert (estimate.value, estimate.n) == (100, 6)
    assert estimate.low < 80


def test_a_number_a_respondent_is_asked_of_a_score_only() -> None:
    with pytest.raises(ParameterError, match="score must be one of"):
        person_values([1, 2], np.mean)
