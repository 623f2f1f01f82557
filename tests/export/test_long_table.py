from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import SourceError
from cjm_lab.export.long_table import (
    COLUMNS,
    edits,
    long_table,
    read_long_table,
    to_csv,
    to_xlsx,
)
from cjm_lab.journey.model import Cell, Item, Lane

STARTS = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def written(map_, folder, kind):
    """The map as a file of that kind."""
    path = folder / f"map.{kind}"
    if kind == "csv":
        path.write_bytes(to_csv(map_).encode())
    else:
        to_xlsx(map_, path)
    return path


def file_with(folder, rows, name="t.csv"):
    """A CSV with those rows, the first of them the header."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def row_of(table, lane, touchpoint="payment"):
    found = table.index[(table["lane"] == lane) & (table["touchpoint_id"] == touchpoint)]
    return found[0]


def test_the_table_has_a_row_an_item_and_a_row_an_empty_cell(tea):
    table = long_table(tea)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 2 + 4 * 3
    reach = table.loc[row_of(table, "reach")]
    assert reach[["stage", "text", "kind", "status", "value", "low", "n"]].tolist() == [
        "Buy", "40 %", "bar", "observed", 0.4, 0.37, 1000,
    ]  # fmt: skip
    assert reach["evidence_ids"] == "e1 e2"
    empty = table.loc[row_of(table, "reach", "delivery")]
    assert empty[["text", "detail", "status"]].tolist() == ["", "No evidence yet", "none"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_table_that_nobody_edited_has_no_edits_and_every_text(maps, data, folder, kind):
    map_ = data.draw(maps)
    before = long_table(map_)
    if before.empty:
        return
    after = read_long_table(written(map_, folder, kind))
    kept = before[(before[["stage", "touchpoint", "lane", "text"]] != "").any(axis=1)]
    assert after["text"].tolist() == kept["text"].tolist()
    assert after["detail"].tolist() == kept["detail"].tolist()
    found = edits(before, after)
    assert found.assumed.empty and found.missing.empty


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_what_was_edited_comes_back_and_nothing_else(maps, data, folder, kind):
    map_ = data.draw(maps)
    before = long_table(map_)
    if before.empty:
        return
    after = read_long_table(written(map_, folder, kind))
    some = sorted(data.draw(st.sets(st.sampled_from(after.index.tolist()), max_size=4)))
    for at in some:
        after.loc[at, "text"] = f"told {at}"
    shuffled = after.sample(frac=1, random_state=data.draw(st.integers(0, 99)))
    found = edits(before, shuffled)
    wanted = after.loc[some, ["stage_id", "touchpoint_id", "persona", "lane", "state", "text"]]
    assert sorted(map(tuple, found.assumed.values)) == sorted(map(tuple, wanted.values))
    assert found.missing.empty


def test_no_cell_of_the_csv_starts_a_formula_and_its_first_bytes_tell_the_encoding(tea):
    for start in STARTS:
        cell = Cell((Item(f"{start}1+1"),), "assumed")
        hostile = replace(tea, lanes=(Lane("does", "Does", (cell, Cell(), Cell())),))
        text = to_csv(hostile)
        assert text.encode().startswith(b"\xef\xbb\xbf")
        cells = [one for row in csv.reader(io.StringIO(text, newline="")) for one in row]
        assert f"'{start}1+1" in cells
        assert not [one for one in cells if one.startswith(STARTS)]


def test_rows_end_as_rfc_4180_has_it(tea):
    assert re.fullmatch(r"([^\r\n]*\r\n)+", to_csv(tea))


def test_a_filled_cell_and_a_new_row_are_assumed(tea):
    before = long_table(tea)
    after = before.copy()
    after.loc[row_of(after, "does", "delivery"), "text"] = " Waits at home "
    new = {"stage": "buy", "touchpoint": "PAYMENT", "lane": "hurts", "text": "Typed it twice"}
    blank = dict.fromkeys(COLUMNS, "") | dict.fromkeys(["value", "low", "high", "n"])
    row = pd.DataFrame([blank | new])
    after = pd.concat([after, row.astype(after.dtypes)], ignore_index=True)
    found = edits(before, after)
    assert found.assumed.values.tolist() == [
        ["buy", "delivery", "", "does", "as-is", "Waits at home"],
        ["buy", "payment", "", "hurts", "as-is", "Typed it twice"],
    ]
    assert found.missing.empty


def test_a_row_about_a_stage_without_touchpoints_is_about_the_stage(tea):
    before = long_table(tea)
    after = before.copy()
    after.loc[row_of(after, "does", "use."), "text"] = "Brews"
    assert edits(before, after).assumed.values.tolist() == [
        ["use", "", "", "does", "as-is", "Brews"]
    ]


def test_a_changed_number_is_a_word_beside_the_evidence(tea):
    before = long_table(tea)
    after = before.copy()
    after.loc[row_of(after, "reach"), ["value", "n"]] = [0.5, 2000]
    after.loc[row_of(after, "feels"), "value"] = None  # taking a number out changes nothing
    after.loc[row_of(after, "feels", "delivery"), "value"] = -1
    assert edits(before, after).assumed[["lane", "text"]].values.tolist() == [
        ["reach", "value 0.5 instead of 0.4, n 2000 instead of 1000"],
        ["feels", "value -1"],
    ]


def test_a_feeling_on_another_scale_is_refused(tea):
    before = long_table(tea)
    after = before.copy()
    at = row_of(after, "feels", "delivery")
    after.loc[at, "text"] = "−1.5"
    assert edits(before, after).assumed["text"].tolist() == ["−1.5"]
    after.loc[at, "text"] = "4"
    with pytest.raises(SourceError, match=rf"between -2 and \+2, got '4' \(row {at + 2}\)"):
        edits(before, after)


def test_a_removed_row_is_missing_and_not_removed(tea):
    before = long_table(tea)
    after = before.drop(index=[row_of(before, "reach"), row_of(before, "feels", "delivery")])
    found = edits(before, after)
    assert found.assumed.empty
    assert found.missing[["lane", "text", "status"]].values.tolist() == [
        ["reach", "40 %", "observed"]
    ]


def test_rows_in_another_order_and_other_blanks_are_no_edits(tea):
    lane = Lane("does", "Does", (Cell((Item("a\r\nb"), Item("c")), "assumed"), Cell(), Cell()))
    before = long_table(replace(tea, lanes=(lane,)))
    after = before.iloc[::-1].replace({"text": {"a\r\nb": "a\nb "}})
    found = edits(before, after)
    assert found.assumed.empty and found.missing.empty


def test_an_edit_of_a_place_that_the_map_lacks_is_refused(tea):
    before = long_table(tea)
    after = before.astype({"touchpoint_id": "str"})
    after.loc[4, ["touchpoint", "touchpoint_id", "text"]] = ["Paymant", "", "x"]
    with pytest.raises(SourceError, match=r"touchpoint must be one of .*'Paymant' \(row 6\)"):
        edits(before, after)


def test_a_table_that_somebody_else_drew(folder):
    rows = [
        ["TEXT", "Lane", " Touchpoint", "Stage"],
        ["Pays", "DOES", "Till", "Buy"],
        ["", "", "", ""],
        ["Queue; long", "hesitates", "Till", "Buy"],
    ]
    table = read_long_table(file_with(folder, rows))
    assert table[["stage", "touchpoint", "lane", "text"]].values.tolist() == [
        ["Buy", "Till", "does", "Pays"],
        ["Buy", "Till", "hesitations", "Queue; long"],
    ]


def test_a_table_of_another_country(folder):
    path = folder / "de.csv"
    path.write_text("stage;touchpoint;lane;text;value\nKauf;Kasse;does;Zahlt für;0,5\n", "utf-8")
    assert read_long_table(path).iloc[0][["text", "value"]].tolist() == ["Zahlt für", 0.5]


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (["stage", "touchpoint", "lane"], ["a", "b", "does"], r"missing \['text'\]; add them"),
        (
            ["stage", "touchpoint", "lane", "text", "txt"],
            ["a", "b", "does", "c", "d"],
            r"a column must be one of .*'txt' \(t\.csv\); did you mean 'text'\?",
        ),
        (
            ["stage", "touchpoint", "lane", "text", "Owner"],
            ["a", "b", "does", "c", "d"],
            r"got 'Owner' \(t\.csv\); take it out",
        ),
        (
            ["stage", "touchpoint", "lane", "text"],
            ["a", "b", "hurt", "c"],
            r"lane must be one of .*got 'hurt' \(t\.csv, row 2\); did you mean 'hurts'\?",
        ),
        (
            ["stage", "touchpoint", "lane", "text", "state"],
            ["a", "b", "does", "c", "future"],
            r"state must be one of \['as-is', 'to-be'\], got 'future' \(t\.csv, row 2\)",
        ),
        (
            ["stage", "touchpoint", "lane", "text", "value"],
            ["a", "b", "does", "c", "half"],
            r"value must be a number, got 'half' \(t\.csv, row 2\)",
        ),
        (
            ["stage", "Stage ", "touchpoint", "lane", "text"],
            ["a", "a", "b", "does", "c"],
            "columns must differ",
        ),
    ],
)  # fmt: skip
def test_a_mistake_of_a_table_is_named_with_its_place(folder, header, row, said):
    with pytest.raises(SourceError, match=said):
        read_long_table(file_with(folder, [header, row]))
