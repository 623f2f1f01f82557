"""Declared personas and named segments, matched by text."""

from __future__ import annotations

import pandas as pd

from cjm_lab.study import Persona
from cjm_lab.study.personas import attribute_text, match_personas, match_segment

YOUNG = Persona(id="young", name="Young", match={"age": ["18", "19"], "member": "true"})
ANY = Persona(id="any", name="Any", match={"age": "19"})
NOBODY = Persona(id="nobody", name="Nobody")


def test_every_attribute_must_fit_and_the_first_persona_wins() -> None:
    people = pd.DataFrame({"age": [18, 19, 19, 40], "member": [True, True, False, True]})
    assert match_personas(people, [NOBODY, YOUNG, ANY]).tolist() == ["young", "young", "any", ""]


def test_a_missing_column_matches_nobody() -> None:
    assert match_personas(pd.DataFrame({"age": [18]}), [YOUNG]).tolist() == [""]
    assert match_personas(pd.DataFrame(), [YOUNG]).empty


def test_numbers_flags_and_blanks_meet_the_text_of_study_yaml() -> None:
    assert attribute_text(pd.Series([1.0, 0.5, None])).tolist() == ["1", "0.5", ""]
    assert attribute_text(pd.Series([True, None], dtype="boolean")).tolist() == ["true", ""]
    assert attribute_text(pd.Series([" a ", None], dtype="category")).tolist() == ["a", ""]


def test_a_segment_needs_every_value() -> None:
    people = pd.DataFrame({"plan": ["pro", "pro"], "city": ["Rome", "Bari"]})
    assert match_segment(people, {"plan": "pro", "city": "Rome"}).tolist() == [True, False]
    assert match_segment(people, {"country": "IT"}).tolist() == [False, False]
