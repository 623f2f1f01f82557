from math import nan

import pytest

from cjm_lab.estimate import Estimate, no_estimate, share
from cjm_lab.words import listed, number, p_words, plain, share_words, shown, span_words


def test_minus_is_the_minus_sign_not_a_hyphen():
    assert shown(Estimate(-1.3, -1.5, -1.1, n=9, method="t"), "valence").full.count("\u2212") == 3
    assert "-" not in shown(Estimate(-1.3, -1.5, -1.1, n=9, method="t"), "valence").full


def test_no_digit_is_finer_than_the_interval_deserves():
    wide = Estimate(34.19, 29.209, 38.943, n=895, method="adjusted Wald")
    assert shown(wide, "nps").value == "34"
    narrow = Estimate(0.41873, 0.4180, 0.4195, n=900_000, method="Wilson")
    assert shown(narrow, "drop_off").value == "41.9\u00a0%"
    assert shown(Estimate(0.4187, 0.37, 0.45, n=90, method="Wilson"), "reach").value == "42\u00a0%"


def test_a_difference_of_shares_is_in_points_with_its_sign():
    gap = Estimate(0.021, 0.009, 0.034, n=10, method="MOVER")
    assert shown(gap, "conversion", change=True)[:2] == (
        "+2.1\u00a0points",
        "[+0.9,\u00a0+3.4]",
    )


def test_an_automatic_share_says_that_its_bias_is_unknown():
    guess = Estimate(0.31, nan, nan, n=200, method="automatic, bias unknown")
    assert (
        shown(guess, "automatic_negative_share").full
        == "31\u00a0% (automatic, bias unknown) n\u00a0200"
    )


def test_nothing_asked_has_no_number():
    assert shown(no_estimate("Wilson"), "csat").value == "no answers"


@pytest.mark.parametrize(("value", "text"), [(-0.04, "0.0"), (0.0, "0.0"), (-0.06, "−0.1")])
def test_there_is_no_negative_zero(value, text):
    assert plain(value, 1, signed=True) == text


def test_four_of_ten_is_said_only_where_it_is_true():
    assert share_words(share(400, 1000), "people").startswith("Four of ten people (40")
    assert share_words(share(4120, 10_000), "people").startswith("About four of ten people (41")
    assert share_words(share(40, 100), "people").startswith("40")  # interval 31 to 50
    assert share_words(share(450, 1000), "people").startswith("45")


def test_periods_are_said_as_months_where_they_are_months():
    assert span_words("2026-02-01", "2026-02-28") == "February 2026"
    assert span_words("2026-02-01", "2026-02-27").startswith("1 February 2026 to")
    assert span_words("", "2026-02-28") == ""


def test_lists_read_as_sentences():
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.384, "0.384"), (-1.312, "−1.31"), (12345.6, "12,346"), (nan, "unknown")],
)
def test_a_number_alone_is_said_in_few_digits(value, said):
    assert number(value) == said


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.00857, "p .0086"), (0.0495, "p .050"), (0.31, "p .31"), (1.0, "p 1.00"),
     (0.00099, "p < .001")],
)  # fmt: skip
def test_a_p_value_is_said_as_one(p, said):
    assert p_words(p) == said
    ratio = Estimate(p, nan, nan, n=3000, method="chi-square")
    assert shown(ratio, "sample_ratio_p").value == said


def test_money_has_no_decimals_where_the_interval_is_wide():
    worth = Estimate(455_527.3, 353_018.4, 564_863.7, n=5524, method="simulated")
    assert shown(worth, "net_value").full == ("+455,527 [+353,018,\u00a0+564,864] n\u00a05,524")
    assert shown(Estimate(36.2, 21.1, 51.3, n=3000, method="t"), "revenue").value == "36"


def test_a_pilots_difference_is_in_points_where_the_outcome_is_a_share():
    gap = {"low": 0.0825, "high": 0.1516, "n": 3000}
    share = Estimate(0.117, **gap, method="Newcombe")
    assert shown(share, "pilot_difference").value == "+12\u00a0points"
    mean = Estimate(0.117, **gap, method="Welch")
    assert shown(mean, "pilot_difference").value == "+0.12"


def test_answers_all_alike_have_no_interval_but_say_so():
    alike = Estimate(2, nan, nan, n=3, method="t, all alike")
    assert shown(alike, "severity").full == "2 (all alike) n\u00a03"


@pytest.mark.parametrize(
    ("score", "text"), [(0.00379, "0.00379"), (0.0796, "0.0796"), (1.5, "1.50"), (4321.0, "4,321")]
)
def test_a_score_without_a_scale_keeps_its_leading_digits(score: float, text: str) -> None:
    estimate = Estimate(score, float("nan"), float("nan"), n=10, method="own formula")
    assert shown(estimate, "priority_score").value == text
