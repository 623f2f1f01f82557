from datetime import date
from math import nan, sqrt

import numpy as np
import pytest
from scipy import stats

from cjm_lab.estimate import Estimate, share
from cjm_lab.journey.build import build_map
from cjm_lab.journey.compare import change_evidence, compare_maps, good_direction
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.period import period_up_to
from cjm_lab.study import Study

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


def verdict(before, after, study):
    found = compare_maps(evidence_frame([before]), evidence_frame([after]), study=study)
    return found.iloc[0]


def month(value, half, day, measure="valence", n=100):
    estimate = Estimate(value, value - half, value + half, n=n, method="t", se=half / 1.96)
    return evidence(estimate, lane="emotion", measure=measure, touchpoint="payment",
                    period=period_up_to(day))  # fmt: skip


def with_key(make, matters, measure="valence"):
    key = {"measure": measure, "touchpoint": "payment", "matters": matters}
    return make("tea_shop", key_measures=[key])


def test_difference_of_shares_is_newcombes(study, make):
    # METHOD: 56/70 against 48/80 is .200 [.0524, .3339]
    line = verdict(
        make("of_log", "conversion", "", 48, 80, SEPTEMBER),
        make("of_log", "conversion", "", 56, 70, OCTOBER),
        study,
    )
    assert (line.value, line.low, line.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    # the margin on the side of zero is .2 - .0524 = .1476, so z = 1.95996 * .2 / .1476 = 2.656
    assert line.p == pytest.approx(0.0079, abs=1e-4)
    assert line.verdict == "better"


def test_less_loss_is_better(study, make):
    line = verdict(
        make("of_log", "drop_off", "payment", 45, 100, SEPTEMBER),
        make("of_log", "drop_off", "payment", 20, 100, OCTOBER),
        study,
    )
    assert (line.value, line.verdict) == (pytest.approx(-0.25), "better")


def test_the_four_verdicts_of_a_key_measure(make):
    # both half-widths .1, so a difference has the half-width sqrt(.02) = .1414, se .0722;
    # equivalence within .3 needs (|d| + 1.645 * .0722) < .3, that is |d| < .181
    study = with_key(make, 0.3)
    assert month(0, 0.1, OCTOBER)["evidence_id"] == month(0, 0.1, SEPTEMBER)["evidence_id"]
    found = {
        gap: verdict(month(-0.2, 0.1, SEPTEMBER), month(-0.2 + gap, 0.1, OCTOBER), study).verdict
        for gap in (0.5, -0.5, 0.0, 0.17)
    }
    assert found == {0.5: "better", -0.5: "worse", 0.0: "equivalent", 0.17: "equivalent"}
    strict = with_key(make, 0.1)
    assert verdict(month(0, 0.1, SEPTEMBER), month(0, 0.1, OCTOBER), strict).verdict == "unclear"


def test_equivalence_bound_by_hand(make):
    # d = 0, half .1414 (z 1.95996): p of each one-sided test is the tail beyond m / se
    study, se = with_key(make, 0.12), sqrt(0.02) / 1.95996
    assert 0.12 / se > 1.645  # .12 / .0722 = 1.66: equivalent, barely
    assert verdict(month(0, 0.1, SEPTEMBER), month(0, 0.1, OCTOBER), study).verdict == "equivalent"
    looser = with_key(make, 0.11)  # 1.52
    assert verdict(month(0, 0.1, SEPTEMBER), month(0, 0.1, OCTOBER), looser).verdict == "unclear"


def test_each_family_is_corrected_by_itself(make):
    # ten exploratory measures, one with p = .02: BH makes it .2; as the only key measure it stays
    half = 0.1
    z = 2.3263  # two-sided p .02
    gap = z * sqrt(2) * half / 1.95996
    study = make("tea_shop")

    def rows(day, shift):
        first = month(shift, half, day)
        others = [
            evidence(Estimate(0, -half, half, n=100, method="t", se=half / 1.96), lane="emotion",
                     measure="valence", touchpoint=f"t{i}", period=period_up_to(day))
            for i in range(9)
        ]  # fmt: skip
        return evidence_frame([first, *others])

    before, after = rows(SEPTEMBER, 0.0), rows(OCTOBER, gap)
    found = compare_maps(before, after, study=study).set_index("touchpoint")
    assert found.loc["payment", ["p", "p_adjusted"]].tolist() == pytest.approx(
        [0.02, 0.2], abs=1e-3
    )
    assert found.loc["payment", "verdict"] == "unclear"
    found = compare_maps(before, after, study=with_key(make, 0.01))
    assert found.iloc[0][["family", "verdict"]].tolist() == ["key", "better"]
    assert found.iloc[0]["p_adjusted"] == pytest.approx(0.02, abs=1e-3)


def test_another_definition_is_not_comparable(study, make):
    before = make("valence", "payment", 0.0, 0.1, day=SEPTEMBER, basis=("1 to 5",))
    after = make("valence", "payment", 1.0, 0.1, basis=("1 to 7",))
    line = verdict(before, after, study)
    assert line.verdict == "not comparable"
    assert np.isnan(line.value)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [(None, OCTOBER, "undated"), (SEPTEMBER, None, "undated"), (OCTOBER, OCTOBER, "overlap")],
)
def test_only_dated_and_disjoint_periods_are_tested(study, make, first, second, why):
    line = verdict(
        make("valence", "payment", 0.0, 0.1, day=first),
        make("valence", "payment", 1.0, 0.1, day=second),
        study,
    )
    assert line.verdict == "not tested"
    assert why in line.method


def test_a_rolling_quarter_overlaps_the_next(study):
    def quarter(day):
        return evidence(share(5, 100), lane="drop_off", measure="drop_off", touchpoint="payment",
                        period=period_up_to(day, "quarter"))  # fmt: skip

    assert verdict(quarter(SEPTEMBER), quarter(OCTOBER), study).verdict == "not tested"
    assert verdict(quarter(date(2026, 7, 31)), quarter(OCTOBER), study).verdict == "unclear"


def test_counts_rivals_and_shares_without_a_good_side_are_not_tested(study):
    def row(day, measure, **more):
        return evidence(share(30, 100), lane="acquisition", measure=measure,
                        period=period_up_to(day), **more)  # fmt: skip

    for measure, more in (("first_channel_share", {}), ("rating", {"subject": "BrewBest"})):
        line = verdict(row(SEPTEMBER, measure, **more), row(OCTOBER, measure, **more), study)
        assert line.verdict == "not tested"
    count = Estimate(9, nan, nan, n=9, method="count")
    rows = [
        evidence(count, lane="sentiment", measure="mentions", period=period_up_to(day))
        for day in (SEPTEMBER, OCTOBER)
    ]
    assert verdict(*rows, study).verdict == "not tested"


def test_few_answers_and_no_spread_are_never_a_change(study):
    few = verdict(month(-1, 0.1, SEPTEMBER, n=29), month(1, 0.1, OCTOBER), study)
    flat = verdict(month(-1, 0.0, SEPTEMBER), month(1, 0.0, OCTOBER), study)
    assert few.verdict == flat.verdict == "unclear"
    assert np.isnan([few.p, flat.p]).all()


def test_a_missing_interval_is_made_from_both_standard_errors(study):
    def row(value, day):
        estimate = Estimate(value, nan, nan, n=100, method="model", se=0.03)
        return evidence(estimate, lane="base", measure="conversion",
                        period=period_up_to(day))  # fmt: skip

    line = verdict(row(0.3, SEPTEMBER), row(0.4, OCTOBER), study)
    half = 1.95996 * sqrt(2) * 0.03
    assert (line.low, line.high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-5)


def test_new_gone_and_unmeasured_are_counted(make):
    study = with_key(make, 0.1, measure="nps")
    before = Ledger(evidence_frame([make("valence", "advert", 0, 0.1, day=SEPTEMBER)]))
    after = evidence_frame([make("valence", "cup", 0, 0.1)])
    table = compare_maps(before, after, study=study)
    assert table["verdict"].tolist() == ["not measured", "gone", "new"]
    rows = change_evidence(after, before, study).set_index("measure")
    assert rows.loc[["new", "gone", "tested"], "value"].tolist() == [1, 1, 0]
    assert rows.loc["not_measured", "label"] == "Payment: Net Promoter Score"


def test_changes_as_evidence(study, october, make):
    before = Ledger(
        evidence_frame(
            [make("valence", "payment", -1.9, 0.2, n=340, day=SEPTEMBER),
             make("of_log", "conversion", "", 138, 1000, SEPTEMBER)]
        )
    )  # fmt: skip
    rows = change_evidence(october, before, study)
    change = rows[(rows["measure"] == "change") & (rows["touchpoint"] == "payment")].iloc[0]
    half = sqrt(0.2**2 + 0.2**2)
    assert (change["value"], change["low"]) == pytest.approx((0.6, 0.6 - half))
    assert change[["note", "status", "lane"]].tolist() == ["better", "reasoned", "change"]
    assert rows.loc[rows["measure"] == "tested", ["value", "note"]].values.tolist() == [
        [2, "September 2026"]
    ]
    assert Ledger(rows).frame["evidence_id"].is_unique


def test_without_an_earlier_report_nothing_changed(study, october):
    assert change_evidence(october, None, study).empty


def test_maps_are_compared_by_the_evidence_behind_them(study, october, make):
    before = evidence_frame([make("valence", "payment", -1.9, 0.2, n=340, day=SEPTEMBER)])
    maps = [
        build_map(study, frame, as_of=day)
        for frame, day in ((before, SEPTEMBER), (october, OCTOBER))
    ]
    found = compare_maps(*maps, study=study)
    assert found.equals(compare_maps(before, october, study=study))
    assert set(found["verdict"]) == {"better", "new"}


def test_known_directions_hold_and_a_stated_one_wins(make):
    key = {"measure": "negative_share", "matters": 0.05}
    row = evidence(share(3, 9), lane="sentiment", measure="negative_share")
    assert good_direction(row, make("tea_shop", key_measures=[key])) == -1
    fewer = {"measure": "reach", "touchpoint": "cup", "matters": 0.05, "better": "lower"}
    row = evidence(share(3, 9), lane="reach", measure="reach", touchpoint="cup")
    assert good_direction(row, make("tea_shop", key_measures=[fewer])) == -1
    # without a word from the study neither side of reach is good: fewer may need the place
    assert good_direction(row, make("tea_shop")) == 0


def test_a_share_that_a_question_names_is_good_when_higher(make):
    question = {"measure": "choice", "success": "yes", "as": "satisfied"}
    survey = {"kind": "survey", "file": "s.csv", "questions": {"q": question}}
    row = evidence(share(3, 9), lane="satisfaction", measure="satisfied")
    assert good_direction(row, make("tea_shop", sources=[survey])) == 1
    assert good_direction(row, make("tea_shop")) == 0


def shares(rng, day):
    rates = np.tile([0.05, 0.1, 0.2, 0.3, 0.45, 0.6], 500)
    return [share(int(count), 300) for count in rng.binomial(300, rates)]


def means(rng, day):
    answers = rng.normal(0, 0.5, (500 * 6, 80))
    center, se = answers.mean(axis=1), answers.std(axis=1, ddof=1) / sqrt(80)
    half = 1.99045 * se  # t with 79 degrees of freedom
    return [
        Estimate(float(m), float(m - h), float(m + h), n=80, method="t", se=float(s))
        for m, h, s in zip(center, half, se, strict=True)
    ]


@pytest.mark.parametrize("draw", [shares, means])
def test_chance_alone_alarms_no_more_often_than_promised(draw):
    # 500 pairs of reports with six figures each that nothing changed. METHOD: a false-alarm rate
    # of 5 % is judged one-sided at 99 %, at most 37 of 500.
    rng = np.random.default_rng(20261031)
    study = Study.model_validate({"title": "A/A", "stages": [{"id": "s", "name": "S"}]})
    before, after = (
        evidence_frame(
            evidence(estimate, lane="emotion", measure="valence", touchpoint=f"t{number:04}",
                     period=period_up_to(day))
            for number, estimate in enumerate(draw(rng, day))
        )
        for day in (SEPTEMBER, OCTOBER)
    )  # fmt: skip
    found = compare_maps(before, after, study=study).sort_values("touchpoint")
    p = found["p"].fillna(1.0).to_numpy().reshape(500, 6)
    assert ((p <= 0.05).sum(axis=0) <= 37).all()
    families = stats.false_discovery_control(p, axis=1, method="bh")
    assert (families <= 0.05).any(axis=1).sum() <= 37
    # and the correction that compare_maps makes is that one, over its whole family
    whole = stats.false_discovery_control(p.ravel(), method="bh")
    assert found["p_adjusted"].fillna(1.0).to_numpy() == pytest.approx(whole)


def asked(day, value, place="payment", item="q1"):
    e = Estimate(value, value - 0.2, value + 0.2, n=100, method="t", se=0.2 / 1.96)
    return evidence(e, lane="satisfaction", measure="rating", touchpoint=place, item=item,
                    scale=(1, 5), period=period_up_to(day))  # fmt: skip


def test_one_question_is_not_tested_twice(study):
    # the only rating at a touchpoint is its satisfaction on another scale
    def report(day, up, *more):
        own = [month(up - 1, 0.2, day), asked(day, 2 + up / 2), *more]
        return evidence_frame(own)

    found = compare_maps(report(SEPTEMBER, 0), report(OCTOBER, 1), study=study)
    verdicts = found.set_index("measure")["verdict"].to_dict()
    assert verdicts == {"valence": "better", "rating": "not tested"}
    # two questions there are two figures, each in its own right
    second = [asked(day, 3, item="q2") for day in (SEPTEMBER, OCTOBER)]
    found = compare_maps(
        report(SEPTEMBER, 0, second[0]), report(OCTOBER, 1, second[1]), study=study
    )
    assert "not tested" not in set(found["verdict"])


def test_a_sample_of_few_mentions_is_compared_without_the_finite_correction(study):
    # 20 of 40 sampled of 44 mentions: the corrected interval is narrow, the se is not
    def report(day, value):
        e = Estimate(value, value - 0.05, value + 0.05, n=40, se=0.08,
                     method="Wilson, se without finite-population correction")  # fmt: skip
        row = evidence(e, lane="sentiment", measure="negative_share", touchpoint="payment",
                       period=period_up_to(day))  # fmt: skip
        return evidence_frame([row])

    line = compare_maps(report(SEPTEMBER, 0.6), report(OCTOBER, 0.45), study=study).iloc[0]
    half = 2.024394 * sqrt(0.08**2 + 0.08**2)  # t with 38 degrees of freedom
    assert (line.low, line.high) == pytest.approx((-0.15 - half, -0.15 + half), abs=1e-6)
    assert line.verdict == "unclear"
