"""Exports of Google Analytics 4, made up by the documented schema and worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from cjm_lab.errors import SourceError, StudyError
from cjm_lab.sources import events_reading, read_events, read_tables
from cjm_lab.study import load_study

NOON = 1_767_268_800_000_000  # 2026-01-01 12:00:00 UTC
LAST = "session_traffic_source_last_click"


def param(key: str, value: Any) -> dict[str, Any]:
    """A parameter as BigQuery writes it into JSON: whole numbers as text, empty fields not."""
    if isinstance(value, str):
        return {"key": key, "value": {"string_value": value}}
    if isinstance(value, int):
        return {"key": key, "value": {"int_value": str(value)}}
    return {"key": key, "value": {"double_value": value}}


def event(
    name: str, seconds: float = 0, device: str | None = "11.22", **fields: Any
) -> dict[str, Any]:
    """A row of an export; `params` are its parameters."""
    params = {"ga_session_id": 1767268800} | fields.pop("params", {})
    row = {
        "event_date": "20260101",
        "event_timestamp": str(NOON + round(seconds * 1e6)),
        "event_name": name,
        "event_params": [param(key, value) for key, value in params.items()],
        "user_pseudo_id": device,
        "device": {"category": "mobile", "language": "de"},
        "geo": {"country": "Germany"},
        "traffic_source": {"name": "(organic)", "medium": "organic", "source": "google"},
        "items": [],
    } | fields
    return {key: value for key, value in row.items() if value is not None}


def write(folder: Path, *rows: dict[str, Any], name: str = "events.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


def read(folder: Path, *rows: dict[str, Any], **how: Any) -> pd.DataFrame:
    return read_events(write(folder, *rows), **how)


def note(events: pd.DataFrame) -> str:
    return str(events_reading(events)["note"].iloc[0])


def test_a_row_becomes_an_event(tmp_path: Path) -> None:
    params = {
        "page_location": "https://shop.example/coffee/?mail=jo@example.org#top",
        "page_title": "Coffee for Jo",
        "value": 12.5,
        "currency": "EUR",
    }
    table = read(tmp_path, event("view_item", 0.000001, params=params))
    row = table.iloc[0]
    assert row["occurred_at"] == pd.Timestamp("2026-01-01 12:00:00.000001", tz="UTC")
    assert row.drop("occurred_at").to_dict() == {
        "customer_id": "11.22",
        "event": "view_item",
        "channel": "google / organic",
        "session_id": "11.22.1767268800",
        "value": 12.5,
        "page": "/coffee/",
        "campaign": "",
        "device": "mobile",
    }
    reading = events_reading(table).iloc[0]
    assert (reading["layout"], reading["rows"]) == ("Google Analytics 4", 1)


def test_events_before_a_login_are_of_whom_the_device_is(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        event("visit", 0),
        event("login", 1, user_id="C7"),
        event("leave", 2),
        event("visit", 3, device="33.44", user_id="C7"),  # the same person's other device
        event("visit", 4, device="55.66"),  # nobody ever logged in here
    )
    assert table["customer_id"].tolist() == ["C7", "C7", "C7", "C7", "55.66"]
    assert "2 events without user_id are of the only user_id of their device" in note(table)


def test_events_of_a_shared_device_stay_with_the_device(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        event("visit", 0),
        event("login", 1, user_id="C7"),
        event("login", 2, user_id="C8"),
        event("visit", 3),
    )
    assert table["customer_id"].tolist() == ["11.22", "C7", "C8", "11.22"]
    assert "2 events without user_id stay with a device of several users" in note(table)


@pytest.mark.parametrize("nobody", ["", " ", "null", "undefined", "(not set)"])
def test_an_empty_user_written_as_text_is_nobody(tmp_path: Path, nobody: str) -> None:
    rows = [event("visit", 0, "1.1", user_id=nobody), event("visit", 1, "2.2", user_id=nobody)]
    assert read(tmp_path, *rows)["customer_id"].tolist() == ["1.1", "2.2"]


def test_devices_are_known_by_all_files_together(tmp_path: Path) -> None:
    write(tmp_path, event("visit", 0), name="events_20260101.jsonl")
    write(tmp_path, event("login", 90_000, user_id="C7"), name="events_20260102.jsonl")
    table = read_events("events_*.jsonl", folder=tmp_path)
    assert table["customer_id"].tolist() == ["C7", "C7"]
    assert events_reading(table)["file"].tolist() == [
        "events_20260101.jsonl to events_20260102.jsonl"
    ]


def test_events_of_nobody_are_left_out_and_counted(tmp_path: Path) -> None:
    table = read(tmp_path, event("visit"), event("visit", 1, device=None), event("order", 2))
    assert table["event"].tolist() == ["visit", "order"]
    assert events_reading(table)["left_out"].tolist() == [1]
    assert "left out: 1 events without user_id and user_pseudo_id" in note(table)


def test_personal_data_in_ids_pages_and_names_is_masked(tmp_path: Path) -> None:
    places = [
        "https://jo:secret@shop.example/me/jo%40example.org/",
        "https://shop.example/me/jo%2540example.org",
        "https://shop.example/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl?x=1",
        "https://shop.example/a;jsessionid=0A1B2C/b",
        "https://shop.example/call/%3Fphone=491701234567",
        "https://shop.example/o/123e4567-e89b-12d3-a456-426614174000/paid",
        "file:///C:/Users/jo/a.html",
        "HTTPS://SHOP.EXAMPLE",
        "/how-to-brew-good-coffee-in-2026/",
    ]
    rows = [
        event("visit", i, user_id="jo@example.org", params={"page_location": place})
        for i, place in enumerate(places)
    ]
    table = read(tmp_path, *rows)
    assert table["page"].tolist() == [
        "/me/[e-mail]/",
        "/me/[e-mail]",
        "/reset/[token]",
        "/a",
        "/call/",
        "/o/[token]/paid",
        "",
        "/",
        "/how-to-brew-good-coffee-in-2026/",
    ]
    assert table["customer_id"].nunique() == 1
    assert table["customer_id"][0].startswith("id-")


def test_a_hostile_address_takes_no_long_time(tmp_path: Path) -> None:
    places = ["/" + "a" * 200_000, "/" + "a1-" * 60_000, "/" + "%25" * 60_000, "/" * 100_000]
    rows = [event("visit", i, params={"page_location": p}) for i, p in enumerate(places)]
    assert len(read(tmp_path, *rows)) == 4


def channels(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["channel"], table["campaign"], strict=True))


def test_the_channel_is_the_sessions_default_group_where_the_export_knows_it(
    tmp_path: Path,
) -> None:
    cross = {"default_channel_group": "Paid Search", "source": "google", "medium": "cpc"}
    session = {LAST: {"cross_channel_campaign": cross | {"campaign_name": "spring"}}}
    table = read(tmp_path, event("a", 0, **session), event("b", 1))
    # The first source of the user is of another kind: it doesn't fill the gap.
    assert channels(table) == [("Paid Search", "spring"), ("", "")]
    assert "channel: default channel group of the session, known of 50% of the events" in note(
        table
    )


def test_without_groups_the_channel_is_the_sessions_source_and_medium(tmp_path: Path) -> None:
    manual = {"manual_campaign": {"source": "news", "medium": "email", "campaign_name": "may"}}
    ads = {"google_ads_campaign": {"campaign_name": "brand"}}
    collected = {"collected_traffic_source": {"manual_source": "x", "manual_medium": "y"}}
    table = read(tmp_path, event("a", **{LAST: manual | ads}), event("b", 1, **collected))
    assert channels(table) == [("news / email", "brand"), ("", "")]


def test_without_a_session_the_channel_is_what_the_event_came_with(tmp_path: Path) -> None:
    own = {"manual_source": "news", "manual_campaign_name": "may"}
    table = read(tmp_path, event("a", collected_traffic_source=own), event("b", 1))
    assert channels(table) == [("news / (not set)", "may"), ("", "")]


def test_at_last_the_channel_is_what_first_brought_the_user(tmp_path: Path) -> None:
    deleted = {"name": "(data deleted)", "medium": "(data deleted)", "source": "(data deleted)"}
    direct = {"name": "(direct)", "medium": "(none)", "source": "(direct)"}
    named = {"name": "may", "medium": "email", "source": "news"}
    sources = [deleted, direct, named]
    table = read(tmp_path, *[event("a", i, traffic_source=s) for i, s in enumerate(sources)])
    assert channels(table) == [("", ""), ("(direct) / (none)", ""), ("news / email", "may")]


def test_the_value_is_the_revenue_else_the_parameter(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        event("purchase", 0, ecommerce={"purchase_revenue": 20.5}, params={"value": 99}),
        event("add_to_cart", 1, params={"value": 7}),
        event("add_to_cart", 2, params={"value": 7.25}),
        event("add_to_cart", 3, params={"value": "7.25 EUR"}),
        event("add_to_cart", 4, params={"value": float("inf")}),
        event("visit", 5),
    )
    assert table["value"].tolist()[:3] == [20.5, 7, 7.25]
    assert table["value"].isna().tolist() == [False, False, False, True, True, True]
    assert "2 values that are no numbers are unknown" in note(table)


def test_values_in_several_currencies_are_said(tmp_path: Path) -> None:
    rows = [
        event("purchase", i, params={"value": 5, "currency": currency})
        for i, currency in enumerate(["EUR", "eur", "USD"])
    ]
    assert "values are in 2 currencies (EUR, USD) and not converted" in note(read(tmp_path, *rows))
    assert "currencies" not in note(read(tmp_path, *rows[:2]))


def test_events_of_one_batch_are_in_the_order_of_the_batch(tmp_path: Path) -> None:
    rows = [
        event(name, 0, batch_page_id="1", batch_ordering_id=order, batch_event_index=index)
        for name, order, index in [("d", "10", "1"), ("c", "2", "2"), ("b", "2", "1")]
    ]
    first = event("a", -1)
    assert read(tmp_path, *rows, first)["event"].tolist() == ["a", "b", "c", "d"]
    assert read(tmp_path, first, *rows[::-1])["event"].tolist() == ["a", "b", "c", "d"]


ROWS = [
    event("visit", 0, params={"page_location": "https://shop.example/a"}),
    event("order", 1, user_id="C7", ecommerce={"purchase_revenue": 12.5}, params={"value": 3.0}),
]


def nested() -> pl.DataFrame:
    """The rows as BigQuery writes them into parquet: typed, with every field."""
    fields = {"string_value": pl.String, "int_value": pl.Int64, "float_value": pl.Float64,
              "double_value": pl.Float64}  # fmt: skip
    schema = {
        "event_timestamp": pl.Int64,
        "event_name": pl.String,
        "user_pseudo_id": pl.String,
        "user_id": pl.String,
        "event_params": pl.List(pl.Struct({"key": pl.String, "value": pl.Struct(fields)})),
        "ecommerce": pl.Struct({"purchase_revenue": pl.Float64}),
        "device": pl.Struct({"category": pl.String}),
        "traffic_source": pl.Struct(dict.fromkeys(("name", "medium", "source"), pl.String)),
    }

    def typed(one: dict[str, Any]) -> dict[str, Any]:
        value = dict(one["value"])
        if "int_value" in value:
            value["int_value"] = int(value["int_value"])
        return {"key": one["key"], "value": value}

    rows = [
        row | {
            "event_timestamp": int(row["event_timestamp"]),
            "event_params": [typed(one) for one in row["event_params"]],
        }
        for row in ROWS
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


@pytest.mark.parametrize("kind", ["parquet", "polars", "lazy", "arrow", "pandas", "json", "utf16"])
def test_the_same_export_is_the_same_table_in_every_form(kind: str, tmp_path: Path) -> None:
    expected = read(tmp_path, *ROWS)
    if kind == "parquet":
        source: Any = tmp_path / "e.parquet"
        nested().write_parquet(source)
    elif kind == "json":
        source = tmp_path / "e.json"
        source.write_text(json.dumps(ROWS, indent=1))
    elif kind == "utf16":
        source = tmp_path / "e.jsonl"
        source.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-16")
    elif kind == "pandas":
        source = nested().to_pandas()
    else:
        frame = nested()
        source = {"polars": frame, "lazy": frame.lazy(), "arrow": frame.to_arrow()}[kind]
    pd.testing.assert_frame_equal(read_events(source), expected)


def test_no_rows_are_an_empty_table() -> None:
    table = read_events(nested().clear())
    assert table.empty
    assert table.dtypes.tolist() == read_events(nested()).dtypes.tolist()


def test_a_field_may_be_named_by_its_path(tmp_path: Path) -> None:
    columns = {
        "customer_id": "user_pseudo_id",
        "channel": "traffic_source.medium",
        "country": "geo.country",
        "step": "event_params.step",
    }
    rows = [event("a", 0, user_id="C7", params={"step": 3}), event("b", 1)]
    table = read(tmp_path, *rows, columns=columns)
    assert table["customer_id"].tolist() == ["11.22", "11.22"]
    assert table["channel"].tolist() == ["organic", "organic"]
    assert table["country"].tolist() == ["Germany", "Germany"]
    assert table["step"].iloc[0] == 3
    assert pd.isna(table["step"].iloc[1])
    for wrong in ("geo.countri", "event_params.stepp", 'x"y.z'):
        with pytest.raises(SourceError, match="no event has it"):
            read(tmp_path, *rows, columns={"channel": wrong})


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (event("a") | {"event_timestamp": "1767268800"}, "event_timestamp must count microseconds "
         r"since 1970, got '1767268800' \(events.jsonl, data row 2\)"),
        (event("a") | {"event_timestamp": "noon"}, r"got 'noon' \(events.jsonl, data row 2\)"),
        (event(""), r"event_name must not be blank, got '' \(events.jsonl, data row 2\)"),
        (event("a") | {"event_params": "none"}, r"event_params must be a list of key and value.*"
         r"\(events.jsonl, line 2\)"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_one_is_refused(
    tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        read(tmp_path, event("visit"), row)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"event_name": ', r"every line of events.jsonl must be a JSON object.*\(line 2\)"),
        ("[1, 2]", r"every row must be a JSON object.*\(events.jsonl, line 2"),
        ("7", r"every row must be a JSON object.*\(events.jsonl, line 2\)"),
    ],
)
def test_a_line_that_is_no_row_is_refused(tmp_path: Path, line: str, said: str) -> None:
    file = write(tmp_path, event("visit"))
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(SourceError, match=said):
        read_events(file)


def test_parameters_that_are_no_list_are_refused() -> None:
    frame = nested().with_columns(event_params=pl.lit('[{"key": "value"}]'))
    with pytest.raises(SourceError, match="event_params must be a list of key and value, got Str"):
        read_events(frame)


def test_a_frame_whose_cells_are_of_many_kinds_is_refused() -> None:
    frame = nested().to_pandas()
    frame["event_params"] = [["x"], [{"key": "value"}]]
    with pytest.raises(SourceError, match="events must have columns of one type each"):
        read_events(frame)


def test_an_export_lies_in_files_or_memory() -> None:
    import duckdb

    relation = duckdb.connect().from_arrow(nested().to_arrow())
    with pytest.raises(SourceError, match="GA4 export must be a file or in memory"):
        read_events(relation)


def test_the_layout_may_be_said(tmp_path: Path) -> None:
    without = {k: v for k, v in event("visit").items() if k != "event_params"}
    with pytest.raises(SourceError):  # not recognized, and no plain table of events
        read(tmp_path, without)
    assert read(tmp_path, without, layout="ga4")["event"].tolist() == ["visit"]
    plain = nested().select("event_timestamp", "event_name", "user_pseudo_id", event_params=0)
    columns = {"customer_id": "user_pseudo_id", "event": "event_name", "occurred_at": "at"}
    frame = plain.with_columns(at=pl.lit("2026-01-01"))
    assert len(read_events(frame, columns=columns, layout="plain")) == 2
    file = tmp_path / "e.csv"
    file.write_text("customer_id,event,occurred_at\n1,a,2026-01-01\n")
    with pytest.raises(SourceError, match=r"e\.csv must have the column 'event_name'"):
        read_events(file, layout="ga4")


STUDY = """\
title: Shop
time_zone: Europe/Berlin
stages:
  - {id: buy, name: Buy, touchpoints: [{id: shop, name: Shop, events: [visit, order]}]}
sources:
  - {kind: events, file: ga4/events_*.jsonl}
  - {kind: events, file: till.csv}
"""


def test_a_study_reads_an_export_beside_another_log(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "ga4").mkdir()
    write(tmp_path / "ga4", *ROWS, name="events_20260101.jsonl")
    (tmp_path / "till.csv").write_text(
        "customer_id,event,occurred_at,value\nC7,order,2026-01-02T09:00,4\n"
    )
    table = read_tables(load_study(tmp_path))["events"]
    assert table["customer_id"].tolist() == ["C7", "C7", "C7"]
    assert table["value"].tolist()[1:] == [12.5, 4]
    assert table["occurred_at"].dt.hour.tolist() == [12, 12, 8]  # an export's times are in UTC
    assert events_reading(table)["layout"].tolist() == ["Google Analytics 4", "plain table"]


def test_a_study_may_say_the_layout_and_only_one_that_is_known(tmp_path: Path) -> None:
    text = STUDY.replace("events_*.jsonl}", "events_*.jsonl, layout: ga4}")
    (tmp_path / "study.yaml").write_text(text)
    assert load_study(tmp_path).sources[0].model_dump()["layout"] == "ga4"
    (tmp_path / "study.yaml").write_text(text.replace("ga4}", "ga5}"))
    with pytest.raises(StudyError, match=r"layout.*'ga5' \(line 6"):
        load_study(tmp_path)
    (tmp_path / "study.yaml").write_text(text.replace("layout:", "layuot:"))
    with pytest.raises(StudyError, match=r"did you mean 'layout'"):
        load_study(tmp_path)
