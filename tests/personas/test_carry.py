"""A persona arrives in another study as it left, and is found there or said to be unknown."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.personas import carried_over, load_persona, load_persona_segments, persona_file
from cjm_lab.personas.saved import SegmentAttribute, SegmentModel
from cjm_lab.study import Persona, Study

STAGES = [{"id": "brew", "name": "Brew"}]
words = st.text(min_size=1)
values = st.one_of(st.text(), st.lists(st.text(), max_size=3))
personas = st.builds(
    Persona,
    id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,9}", fullmatch=True),
    name=words,
    match=st.dictionaries(st.text(), values, max_size=3),
    claim=st.text(),
    goals=st.lists(st.text(), max_size=3),
    about=st.dictionaries(st.text(), st.lists(words, max_size=2), max_size=2),
)


@given(personas)
@example(Persona(id="p", name="a\x85b", claim="\u2028", goals=["=1+1", "\ufeff", "a\r\nb", "日本"]))
@settings(max_examples=50, deadline=None)
def test_a_persona_comes_back_as_it_was(persona: Persona) -> None:
    study = Study(title="Tea", stages=STAGES, personas=[persona])
    assert load_persona(persona_file(study, persona.id)) == persona


@pytest.mark.parametrize("code", ["007", "on", "2026-09-30", "1e3", "null", "=1+1", "a: b", "#"])
def test_codes_stay_text(code: str) -> None:
    persona = Persona(id="p", name=code, match={code: [code]})
    study = Study(title=code, stages=STAGES, personas=[persona])
    assert load_persona(persona_file(study, "p")).match == {code: [code]}


def test_segments_travel_along() -> None:
    device = SegmentAttribute("device", ("desktop", "phone"), (), ((0.1, 0.9), (0.9, 0.1)))
    model = SegmentModel(("young", "others"), (0.25, 0.75), (device,))
    study = Study(title="Tea", stages=STAGES, personas=[Persona(id="p", name="P")])
    text = persona_file(study, "p", model)
    assert load_persona_segments(text) == model
    assert load_persona(text) == Persona(id="p", name="P")
    assert load_persona_segments(persona_file(study, "p")) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "must be YAML"),
        ("persona: 2026-99-99", "must be YAML"),
        ("!!python/object/apply:os.system [ls]", "must be YAML"),
        ("just words", "must have the part 'persona'"),
        ("persona: {id: a}", "persona.name: field required"),
        ("persona: {id: a, name: A, age: 7}", "persona.age: extra inputs"),
        ("persona: {id: ../a, name: A}", "persona.id: string should match"),
        ("persona: {id: a, name: A}\nfrom: B\nstages: []", "part must be one of"),
    ],
)
def test_another_file_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        load_persona(text)


def test_broken_segments_are_refused() -> None:
    with pytest.raises(SourceError, match="segments of a persona file must be a model"):
        load_persona_segments("persona: {id: a, name: A}\nsegments: {names: [x]}")


def test_an_unknown_persona_is_named() -> None:
    study = Study(title="Tea", stages=STAGES, personas=[Persona(id="office", name="Office")])
    with pytest.raises(ParameterError, match="did you mean 'office'"):
        persona_file(study, "ofice")


OFFICE = Persona(id="office", name="Office buyer", match={"plan": ["team", "firm"], "age": "40"})


def told(**columns: list[object]) -> str:
    return carried_over(OFFICE, pd.DataFrame(columns)).replace("\xa0", " ")


def test_those_who_match_are_counted_as_the_study_counts_them() -> None:
    said = told(plan=["team"] * 6 + ["firm"] * 2 + ["solo"] * 12, age=[40.0] * 7 + [50.0] * 13)
    assert said == "Office buyer matches 7 of 20 customers here, 35 % [18, 57] n 20."


def test_fewer_than_five_are_not_counted_out() -> None:
    said = told(plan=["team"] * 4 + ["solo"] * 16, age=[40] * 20)
    assert said.startswith("Office buyer matches fewer than 5 of 20 customers")


def test_why_nobody_matches_is_said() -> None:
    assert "no attributes plan and age; did you mean plans?" in told(plans=["team"])
    assert "no attribute age." in told(plan=["team"])
    assert "nobody has the value firm of plan and 40 of age" in told(plan=["team"], age=[50])
    apart = told(plan=["team", "firm", "solo"], age=[50, 50, 40])
    assert apart == "Office buyer matches none of 3 customers here, all values taken together."
    assert "there are no customers" in told(plan=[], age=[])
    assert "no rule" in carried_over(Persona(id="a", name="A"), pd.DataFrame({"x": [1]}))
