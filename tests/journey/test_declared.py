import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.journey.build import build_map
from cjm_lab.journey.declared import COLUMNS, STRENGTH, as_planned, read_assumed, with_words
from cjm_lab.journey.model import Cell, Item
from cjm_lab.ledger import evidence_frame

DAY = "2026-10-31"


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def said(map_, lane):
    return [[item.text for item in cell.items] for cell in map_.lane(lane).cells]


def test_a_row_stands_where_it_says_and_for_whom(study):
    rows = table(
        ["", "payment", "", "needs", "", "Trust"],
        ["buy", "", "", "thinks", "as-is", "How long?"],
        ["", "", "", "motivation", "", "Thirst"],
        ["", "delivery", "", "expects", "", "Tomorrow"],
        ["", "payment", "office", "needs", "", "An invoice"],
    )
    drawn = build_map(study, evidence_frame(), as_of=DAY, assumed=rows)
    assert said(drawn, "needs") == [[], ["Trust"], [], []]
    assert said(drawn, "thinks") == [[], ["How long?"], ["How long?"], []]  # all of the stage
    assert said(drawn, "motivation") == [["Thirst"]] * 4
    assert said(drawn, "expects") == [["Not to be chased"], ["Tomorrow"], []]  # one a stage
    office = build_map(study, evidence_frame(), as_of=DAY, assumed=rows, persona="office")
    assert said(office, "needs")[1] == ["Trust", "An invoice"]
    assert {cell.status for cell in office.lane("needs").cells} == {"assumed", "none"}


def test_an_assumption_never_looks_like_the_evidence_beside_it(study, october):
    rows = table(
        ["", "payment", "", "reach", "", "Nearly everybody"],
        ["", "delivery", "", "hurts", "", "The box is dented"],
        ["", "payment", "", "feels", "", "+2"],
    )
    drawn = build_map(study, october, as_of=DAY, assumed=rows)
    plain = build_map(study, october, as_of=DAY)
    reach, hurts, feels = (drawn.lane(key).cells for key in ("reach", "hurts", "feels"))
    assert (reach[1].status, reach[1].items[-1].status) == ("observed", "assumed")
    # what was measured stays said, and counts
    assert [item.text for item in hurts[2].items] == ["Nothing found", "The box is dented"]
    assert (hurts[2].status, hurts[2].items[1].status) == ("observed", "assumed")
    assert [item.kind for item in feels[1].items] == ["point", "text"]
    assert [(at, e.value) for at, e in drawn.points] == [(at, e.value) for at, e in plain.points]
    assert drawn.cells_with_evidence == plain.cells_with_evidence


def test_a_feeling_somebody_believes_in_is_a_point_without_an_interval(study):
    rows = table(
        ["", "advert", "", "feels", "", "−1.5"],
        ["", "payment", "", "feels", "", "Unhappy"],
        ["", "cup", "", "feels", "", "Relieved"],
    )
    drawn = build_map(study, evidence_frame(), as_of=DAY, assumed=rows)
    assert [(column, e.value, e.n) for column, e in drawn.points] == [(0, -1.5, 0), (1, -1.0, 0)]
    assert not any(estimate.has_interval for _, estimate in drawn.points)
    assert [cell.status for cell in drawn.lane("feels").cells] == [
        "assumed", "assumed", "none", "assumed",
    ]  # fmt: skip
    assert "Relieved" in drawn.to_html()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["", "payment", "", "feel", "", "x"], r"lane must be .*'feel' \(row 2 .*mean 'feels'"),
        (["", "payment", "", "", "", "x"], r"lane must be .*got '' \(row 2 of map.csv\)"),
        (["", "paymnt", "", "needs", "", "x"], r"touchpoint .*\(row 2 .*mean 'payment'"),
        (["by", "", "", "needs", "", "x"], r"stage must be .*\(row 2 .*mean 'buy'"),
        (["", "", "offce", "needs", "", "x"], r"persona must be .*\(row 2 .*mean 'office'"),
        (["", "", "", "needs", "tobe", "x"], r"state must be .*\(row 2 .*mean 'to-be'"),
        (["use", "payment", "", "needs", "", "x"], r"stage must be 'buy'.*got 'use' \(row 2 of"),
        (["", "payment", "", "feels", "", "3"], r"between -2 and \+2, got '3' \(row 2 of map.csv"),
        (["", "payment", "", "feels", "", "nan"], r"between -2 and \+2, got 'nan'"),
    ],
)
def test_what_nobody_knows_is_refused_with_its_row_and_the_nearest(study, row, message):
    good = ["", "payment", "", "needs", "", "Trust"]
    with pytest.raises(ParameterError, match=message):
        build_map(study, evidence_frame(), as_of=DAY, assumed=table(good, row))


def test_a_table_without_a_column_is_refused(study):
    with pytest.raises(ParameterError, match=r"must have the columns .*, missing \['lane'\]"):
        read_assumed(table().drop(columns="lane"), study, "")


def test_empty_cells_of_a_spreadsheet_mean_all(study):
    rows = table([None, "payment", float("nan"), "needs", None, " Trust "])
    assert read_assumed(rows, study, "") == ({("needs", "payment"): ["Trust"]}, {})


def test_the_same_words_are_said_once(study):
    rows = table(
        ["", "payment", "", "does", "", "Types the card"], ["", "payment", "", "does", "", "Waits"]
    )
    rows = pd.concat([rows, rows])
    drawn = build_map(study, evidence_frame(), as_of=DAY, assumed=rows)
    assert said(drawn, "does")[1] == ["Types the card", "Waits"]


def test_a_plan_replaces_what_was_assumed_and_an_empty_one_takes_it_away(study):
    rows = table(
        ["", "payment", "", "does", "as-is", "Waits"],
        ["", "payment", "", "does", "to-be", "Pays with a look"],
        ["", "advert", "", "does", "to-be", ""],
        ["", "advert", "", "touchpoint", "to-be", "Advert on a mug"],
    )
    drawn = build_map(study, evidence_frame(), as_of=DAY, assumed=rows, state="to-be")
    assert said(drawn, "does")[:2] == [[], ["Pays with a look"]]
    assert drawn.lane("does").cells[0].text == "No evidence yet"
    assert drawn.lane("does").cells[1].text == "Pays with a look: planned"
    assert said(drawn, "touchpoint")[0] == ["Advert", "Advert on a mug"]  # the place stays
    assert said(drawn, "expects")[0] == ["Not to be chased"]  # no plan for this one


texts = st.lists(st.text(alphabet="ab ", max_size=3), max_size=4)
items = st.builds(
    Item, st.sampled_from(["a", "b", "c"]), status=st.sampled_from([None, "reasoned", "assumed"])
)
cells = st.builds(
    lambda items, status: Cell(tuple(items), status, ("id",)) if items else Cell(),
    st.lists(items, max_size=3),
    st.sampled_from(["observed", "reasoned"]),
)


@given(cells, texts)
def test_words_never_change_what_is_known(cell, words):
    whole = with_words(cell, words)
    assert whole.items[: len(cell.items)] == cell.items
    assert whole.evidence_ids == cell.evidence_ids
    if cell.items:
        assert whole.status == cell.status
    assert all(
        STRENGTH.index(item.status or whole.status) >= STRENGTH.index("assumed")
        for item in whole.items[len(cell.items) :]
    )


@given(cells, texts)
def test_a_plan_keeps_all_that_has_evidence(cell, words):
    known = [item.text for item in cell.items if (item.status or cell.status) != "assumed"]
    planned = as_planned(cell, words, "does")
    kept = [item.text for item in planned.items if item.detail == "today"]
    assert kept == known
    assert not [i for i in planned.items if words and i.detail not in ("today", "planned")]
