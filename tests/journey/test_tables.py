from datetime import date

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.journey.checks import health_evidence
from cjm_lab.journey.compare import change_evidence
from cjm_lab.journey.pains import pain_points
from cjm_lab.journey.since import then_now
from cjm_lab.journey.tables import change_table, health_table, key_figures, pain_table
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.period import period_up_to

SEPTEMBER = date(2026, 9, 30)


def spaced(table):
    return table.apply(lambda column: column.str.replace("\u00a0", " "))


def test_five_tiles_the_worst_touchpoint_last(october, make):
    keys = [{"measure": "valence", "touchpoint": "cup", "matters": 0.2},
            {"measure": "valence", "touchpoint": "payment", "matters": 0.2}]  # fmt: skip
    tiles = spaced(key_figures(october, make("tea_shop", key_measures=keys)))
    assert tiles["name"].tolist() == [
        "Conversion", "First cup: satisfaction", "Net Promoter Score", "Negative mentions",
        "Worst touchpoint: Payment",
    ]  # fmt: skip
    assert tiles["value"].tolist() == ["14 %", "+1.5", *["No evidence yet"] * 2, "−1.3"]
    assert tiles["interval"].tolist()[0] == "[12, 16] n 1,000"


def test_an_automatic_share_is_marked_on_its_tile(study, make):
    row = make("one_of", "automatic_negative_share", 0.31, lane="sentiment", n=200)
    row["method"] = "automatic, bias unknown"
    tiles = spaced(key_figures(evidence_frame([row]), study)).set_index("name")
    assert tiles.loc["Negative mentions", "interval"] == "(automatic, bias unknown) n 200"


def test_tiles_of_nothing_say_so(study):
    assert set(key_figures(evidence_frame(), study)["value"]) == {"No evidence yet"}


def test_pains_are_listed_from_the_worst(study, october, make):
    more = evidence_frame(
        [make("valence", "cup", -0.5, 0.1, persona=p) for p in ("first", "office")]
    )
    frame = october.copy()
    cup = frame["touchpoint"].eq("cup") & frame["measure"].eq("valence")
    frame.loc[cup, ["value", "low", "high"]] = [-0.5, -0.6, -0.4]
    frame = pd.concat([frame, more], ignore_index=True)
    whole = pd.concat([frame, pain_points(frame, evidence_frame(), study)], ignore_index=True)
    table = spaced(pain_table(Ledger(whole), study))
    assert table["place"].tolist() == ["Payment", "First cup"]
    assert table["whom"].tolist() == ["All customers", "All alike"]
    assert table.loc[0, "how_many"] == "felt −1.3 [−1.5, −1.1] n 340; lost 45 % [40, 50] n 400"
    assert table["what_to_do"].tolist() == ["Nothing planned"] * 2


def test_complaints_are_counted_and_hurt_no_persona_that_is_content(study, make):
    rows = [
        make("of_log", "reach", "cup", 90, 100)
        | {"measure": "negative_share", "lane": "sentiment"},
        make("valence", "cup", 0.5, 0.1, persona="first"),
        make("valence", "cup", 0.9, 0.1, persona="office"),
    ]
    frame = evidence_frame(rows)
    whole = pd.concat([frame, pain_points(frame, evidence_frame(), study)], ignore_index=True)
    line = spaced(pain_table(whole, study)).iloc[0]
    assert line[["pain", "whom", "how_many"]].tolist() == [
        "Mostly complaints", "All customers", "90 % [83, 94] n 100 mentions negative",
    ]  # fmt: skip


def test_changes_show_then_and_now(october, make):
    study = make("tea_shop", key_measures=[{"measure": "conversion", "matters": 0.05}])
    before = [make("valence", "payment", -1.9, 0.2, n=340, day=SEPTEMBER),
              make("of_log", "conversion", "", 138, 1000, SEPTEMBER),
              make("of_log", "drop_off", "payment", 180, 400, SEPTEMBER)]  # fmt: skip
    rows = change_evidence(october, Ledger(evidence_frame(before)), study)
    table = spaced(change_table(pd.concat([october, rows], ignore_index=True), study))
    assert table["where"].tolist()[:3] == ["Conversion", "Payment: satisfaction", "1 other figure"]
    # Wilson 138 of 1000 is [.118, .161]; both margins squared and added give .0303, well within .05
    assert table.loc[0].tolist() == [
        "Conversion", "14 % → 14 %, 0 points [−3, +3]", "no change that matters",
    ]  # fmt: skip
    assert table.loc[1, "then_now"] == "−1.9 → −1.3, +0.6 [+0.3, +0.9]"
    assert table.loc[2, "verdict"] == "no change that chance could not make"
    assert table.loc[3].tolist() == ["9 figures", "", "measured for the first time"]


def test_what_is_defined_otherwise_is_named(study, make):
    now = evidence_frame([make("valence", "payment", -1.3, 0.2, basis=("new",))])
    then = evidence_frame([make("valence", "payment", -1.9, 0.2, day=SEPTEMBER, basis=("old",))])
    rows = change_evidence(now, Ledger(then), study)
    table = change_table(pd.concat([now, rows], ignore_index=True), study)
    assert table.loc[0].tolist() == [
        "Payment: satisfaction", "it is defined otherwise now", "not comparable",
    ]  # fmt: skip


def test_without_an_earlier_report_there_is_nothing_to_list(october, study):
    assert change_table(october, study).empty


def test_mistakes_come_with_what_to_do(october, study):
    rows = health_evidence(october, pd.DataFrame(), pd.DataFrame(), study, date(2026, 10, 31), None)
    table = health_table(rows)
    assert list(table.columns) == ["what", "remedy"]
    assert "No stakeholder is named." in table["what"].tolist()
    assert (table["remedy"] != "").all()


def test_then_and_now_and_the_difference_add_up_as_they_are_printed(study, make):
    # 41.55 % to 40.26 % is -1.29 points: rounded to whole points 42 - 40 would be 2, not 1
    then = make("of_log", "drop_off", "payment", 1247, 3001, SEPTEMBER)
    now = make("of_log", "drop_off", "payment", 1207, 2998)
    rows = change_evidence(evidence_frame([now]), Ledger(evidence_frame([then])), study)
    change = rows[rows["measure"] == "change"].iloc[0].to_dict()
    text = then_now(now, change).replace("\u00a0", " ")
    assert text.startswith("41.6 % → 40.3 %, −1.3 points [")


def test_a_key_measure_that_could_not_be_tested_is_listed_all_the_same(october, make):
    study = make("tea_shop", key_measures=[{"measure": "nps", "matters": 3}])
    nps = evidence(Estimate(14, 6, 22, n=372, method="t"), lane="satisfaction", measure="nps",
                   period=period_up_to(date(2026, 10, 31)))  # fmt: skip
    before = [make("valence", "payment", -1.9, 0.2, n=340, day=SEPTEMBER)]
    now = pd.concat([october, evidence_frame([nps])], ignore_index=True)
    rows = change_evidence(now, Ledger(evidence_frame(before)), study)
    table = spaced(change_table(pd.concat([now, rows], ignore_index=True), study))
    assert table.loc[0].tolist() == ["Net Promoter Score", "now 14 [6, 22] n 372", "not compared"]
