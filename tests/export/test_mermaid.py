from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import SourceError
from cjm_lab.export.mermaid import from_mermaid, to_mermaid
from cjm_lab.journey.declared import FEELINGS
from cjm_lab.journey.model import Cell, Item, Lane
from cjm_lab.study import Stage, Touchpoint


def places(sketch):
    return [(stage.name, [t.name for t in stage.touchpoints]) for stage in sketch.stages]


def with_feeling(map_, value, status="observed"):
    """The map with that valence at its first touchpoint."""
    first = map_.lane("feels").cells[0]
    estimate = replace(first.items[0].estimate, value=value)
    cell = Cell((replace(first.items[0], estimate=estimate),), status)
    lanes = [lane for lane in map_.lanes if lane.key != "feels"]
    return replace(map_, lanes=(*lanes, Lane("feels", "Feels", (cell, Cell(), Cell()))))


def test_a_touchpoint_without_feeling_is_neutral_and_says_so(tea):
    assert to_mermaid(tea) == (
        "journey\n  title Tea\n  section Buy\n    Payment: 2: Customers\n"
        "    Delivery (no evidence yet): 3: Customers\n  section Use\n"
    )


@pytest.mark.parametrize(
    ("valence", "score"),
    [(-2, 1), (-1.3, 2), (-0.2, 3), (0, 3), (0.6, 4), (2, 5), (9, 5), (-9, 1), (inf, 5)],
)
def test_the_score_is_the_valence_moved_to_1_to_5(tea, valence, score):
    assert f"Payment: {score}: " in to_mermaid(with_feeling(tea, valence))


def test_somebodys_word_is_marked(tea):
    assert "Payment (assumed): 4: " in to_mermaid(with_feeling(tea, 1.2, "assumed"))
    words = Lane("feels", "Feels", (Cell((Item("Happy"),), "assumed"), Cell(), Cell()))
    lanes = (*(lane for lane in tea.lanes if lane.key != "feels"), words)
    assert "Payment (assumed): 4: " in to_mermaid(replace(tea, lanes=lanes))


def test_the_actor_is_the_persona(tea):
    assert "Payment: 2: Smith#44; Jo\n" in to_mermaid(replace(tea, persona_name="Smith, Jo"))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_what_mermaid_holds_comes_back(maps, data):
    map_ = data.draw(maps)
    feels = [data.draw(st.sampled_from(["", *FEELINGS])) for _ in map_.touchpoints]
    cells = [Cell((Item(words),), "assumed") if words else Cell() for words in feels]
    others = [lane for lane in map_.lanes if lane.key != "feels"]
    map_ = replace(map_, lanes=(*others, Lane("feels", "Feels", tuple(cells))))
    sketch = from_mermaid(to_mermaid(map_))
    assert sketch.title == map_.title
    assert places(sketch) == [(s.name, [t.name for t in s.touchpoints]) for s in map_.stages]
    assert sketch.assumed["text"].tolist() == [words for words in feels if words]
    actor = map_.persona_name or map_.persona
    assert [p.name for p in sketch.personas] == ([actor] if actor and map_.touchpoints else [])


def test_a_drawing_of_the_mermaid_handbook():
    sketch = from_mermaid(
        "journey\n    title My working day\n    section Go to work\n      Make tea: 5: Me\n"
        "      Go upstairs: 3: Me\n      Do work: 1: Me, Cat\n"
        "    section Go home\n      Go downstairs: 5: Me\n      Sit down: 5: Me\n"
    )
    assert sketch.title == "My working day"
    assert places(sketch) == [
        ("Go to work", ["Make tea", "Go upstairs", "Do work"]),
        ("Go home", ["Go downstairs", "Sit down"]),
    ]
    assert sketch.assumed.iloc[2:4].values.tolist() == [
        ["go_to_work", "do_work", "me", "feels", "as-is", "Very unhappy"],
        ["go_to_work", "do_work", "cat", "feels", "as-is", "Very unhappy"],
    ]
    assert [person.name for person in sketch.personas] == ["Me", "Cat"]


def test_settings_comments_and_descriptions_say_nothing():
    sketch = from_mermaid(
        "---\ntitle: 'Tea'\nconfig: {theme: dark}\n---\n%%{init: {}}%%\r\n%% note\njourney\r\n"
        "accTitle: A tea\naccDescr {\n long: 9: words\n}\n# note\nBoil: 4.4 %% note\n"
    )
    assert sketch.title == "Tea" and places(sketch) == [("Journey", ["Boil"])]
    assert sketch.assumed[["persona", "text"]].values.tolist() == [["", "Happy"]]


def test_the_first_journey_of_a_markdown_text_is_read():
    text = (
        "# Notes\n```mermaid\nflowchart LR\n a-->b\n```\n\n```mermaid\njourney\n A: 1\n```\nB: 2\n"
    )
    assert places(from_mermaid(text)) == [("Journey", ["A"])]
    with pytest.raises(SourceError, match="line 9"):
        from_mermaid(text.replace("A: 1", "A: one"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Pay", r"'text: score: actor', got 'Pay' \(line 3\)"),
        ("Pay: good: Me", r"score must be a number from 1 to 5, got 'good' \(line 3\)"),
        ("Pay: 0", r"from 1 to 5, got '0' \(line 3\)"),
        ("Pay: nan", r"from 1 to 5, got 'nan' \(line 3\)"),
        ("At 10:30: 4: Me", r"got 'At 10:30: 4: Me' \(line 3\); write a colon .*#58;"),
        (": 4", r"got ': 4' \(line 3\)"),
        ("section", r"got 'section' \(line 3\)"),
    ],
)
def test_a_line_that_is_none_of_it_is_named(line, said):
    with pytest.raises(SourceError, match=said):
        from_mermaid(f"journey\n\n{line}\n")


def test_what_is_no_journey_is_refused():
    with pytest.raises(SourceError, match="must be a journey"):
        from_mermaid("flowchart LR\n a-->b")
    with pytest.raises(SourceError, match="must have a task"):
        from_mermaid("journey\ntitle Tea\n")


def test_two_tasks_of_one_name_are_two_touchpoints():
    ids = [t.id for t in from_mermaid("journey\nWait: 1\nWait: 2\n").stages[0].touchpoints]
    assert ids == ["wait", "wait_2"]


def test_a_touchpoint_that_only_stands_for_none_is_not_drawn(tea):
    assert "No touchpoint named" not in to_mermaid(tea)
    named = Stage(id="x", name="X", touchpoints=[Touchpoint(id="y", name="No touchpoint named")])
    assert "No touchpoint named" in to_mermaid(replace(tea, stages=(named,), lanes=()))
