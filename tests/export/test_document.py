from __future__ import annotations

import json
from math import inf, isnan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cjm_lab.errors import SourceError
from cjm_lab.export.document import from_json, json_schema, to_json


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_map_written_and_read_is_the_same_map(maps, data):
    # repr, because nan is not equal to itself
    map_ = data.draw(maps)
    text = to_json(map_)
    assert repr(from_json(text)) == repr(map_)
    assert to_json(from_json(text)) == text


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_another_program_finds_every_map_valid(maps, data):
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(to_json(data.draw(maps))))


def test_unknown_numbers_are_null_and_come_back_as_nan(tea):
    document = json.loads(to_json(tea), parse_constant=pytest.fail)
    assert document["cards"][0]["size"]["value"] is None
    assert isnan(from_json(to_json(tea)).cards[0].size.value)


def test_infinite_numbers_come_back(tea):
    document = json.loads(to_json(tea))
    document["cards"][0]["size"]["high"] = "Infinity"
    read = from_json(json.dumps(document))
    assert read.cards[0].size.high == inf
    assert json.loads(to_json(read)) == document


def test_evidence_stays_behind_and_its_ids_go_along(tea):
    document = json.loads(to_json(tea))
    assert "evidence" not in document
    assert document["lanes"][3]["cells"][0]["evidence_ids"] == ["e1", "e2"]
    assert document["as_of"] == "2026-10-31"


def test_keys_are_sorted(tea):
    document = json.loads(to_json(tea))
    assert list(document) == sorted(document)
    assert list(document["lanes"][0]) == sorted(document["lanes"][0])


def test_the_schema_describes_every_field():
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    parts = [schema, *schema["$defs"].values()]
    assert all(part["description"] and "Parameters" not in part["description"] for part in parts)
    bare = [
        (part["title"], name)
        for part in parts
        for name, said in part["properties"].items()
        if not said.get("description")
    ]
    assert bare == []


def changed(tea, *at, to):
    """The document with something else at a place."""
    document = json.loads(to_json(tea))
    node = document
    for part in at[:-1]:
        node = node[part]
    node[at[-1]] = to
    return json.dumps(document)


@pytest.mark.parametrize(
    ("at", "to", "said"),
    [
        (("lanes", 3, "cells", 0, "color"), "red", r"no field lanes\.3\.cells\.0\.color"),
        (("stages", 0, "colour"), "red", r"no field stages\.0\.colour"),
        (("hello",), 1, "no field hello"),
        (("state",), "asis", r"state must be one of .*did you mean 'as-is'"),
        (("lanes", 1, "key"), "touchpont", r"lanes\.1\.key must be one of .*'touchpoint'\?"),
        (("lanes", 1, "key"), "expects", r"lanes must differ, got 'expects' again"),
        (("lanes", 2, "cells"), [], r"lanes\.2\.cells must be one a touchpoint, 3, got 0"),
        (("cards", 0, "size", "n"), "3", r"cards\.0\.size\.n: .*integer, got '3'"),
        (("cards", 0, "size", "low"), "wide", r"cards\.0\.size\.low: .*number, got 'wide'"),
        (("as_of",), "yesterday", r"as_of: .*date"),
        (("format",), "urn:cjm-lab:journey-map:9", "format must be 'urn:cjm-lab:journey-map:1'"),
    ],
)
def test_what_no_map_holds_is_refused_with_its_place(tea, at, to, said):
    with pytest.raises(SourceError, match=said):
        from_json(changed(tea, *at, to=to))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"must be JSON: .* \(line 1, column 1\)"),
        ("[" * 100_000, "nests less deeply"),
        ("null", "must be a JSON object, got NoneType"),
        ('{"a": NaN}', "must be JSON, got NaN"),
        ('{"a": 1, "a": 2}', "'a' must occur once"),
        ("{}", "format must be"),
    ],
)
def test_what_is_not_a_map_is_refused(text, said):
    with pytest.raises(SourceError, match=said):
        from_json(text)


def test_a_missing_field_is_named(tea):
    document = json.loads(to_json(tea))
    del document["lanes"][0]["cells"]
    with pytest.raises(SourceError, match=r"lanes\.0\.cells must be given"):
        from_json(json.dumps(document))


def test_the_schema_in_the_docs_is_the_one_of_the_code():
    """Made anew with: json.dumps(json_schema(), indent=1, ensure_ascii=False)."""
    path = Path(__file__).parents[2] / "docs" / "map.schema.json"
    assert json.loads(path.read_text("utf-8")) == json_schema()
