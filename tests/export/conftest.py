"""Maps of every kind: drawn by hypothesis, and a small one made by hand."""

from __future__ import annotations

from datetime import date
from math import nan
from typing import Any

import pytest
from hypothesis import strategies as st

from cjm_lab.estimate import Estimate
from cjm_lab.journey.model import BY_STAGE, LANES, Cell, Item, JourneyMap, Lane, PersonaCurve
from cjm_lab.personas.cards import Fact, PersonaCard
from cjm_lab.study import Stage, Touchpoint

HOSTILE = (
    "=1+1", '=HYPERLINK("http://x")', "+49", "-5 %", "@sum", "\tx", "\r", "'tis", "'=1",
    "two\nlines", "a\r\nb", '<script>alert("x")</script>', "a<br>b", "a, b; c: d # e", "%% no",
    "%%{init}%%", "title x", "Section", "journey", "accTitle: x", "#35;", "&amp;", "_x000D_",
    "null", "007", "#N/A", "1e5", "{}", "```", "---", " ends ", "日本語", "عربى", "🙂",
    "Pay (assumed)", "Pay (no evidence yet)", "\ufeffx", "\u2028", "\x00\x0b", "x\ufb02°°60¶ßy",
)  # fmt: skip

texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12))
names = texts.filter(bool)
numbers = st.floats(width=32)
estimates = st.builds(
    Estimate, numbers, numbers, numbers, st.integers(0, 10**9), texts, se=numbers, n_eff=numbers,
    level=st.sampled_from([0.9, 0.95]),
)  # fmt: skip
statuses = st.sampled_from(["observed", "reasoned", "assumed"])
kinds = ["text", "quote", "pain", "idea", "bar", "loss", "point", "mark", "move"]
items = st.builds(
    Item, names, texts, st.sampled_from(kinds), st.none() | estimates, st.integers(0, 9),
    st.booleans(), st.none() | statuses, texts,
)  # fmt: skip
ids = st.lists(st.text("abcdef0123456789", min_size=4, max_size=4), max_size=2).map(tuple)
cells = st.one_of(
    st.builds(Cell, st.lists(items, min_size=1, max_size=3).map(tuple), statuses, ids),
    st.builds(Cell, st.just(()), st.sampled_from(["none", "observed"]), ids, texts),
)
facts = st.builds(Fact, texts, statuses, texts, ids)
cards = st.builds(
    PersonaCard, texts, texts, *[st.none() | estimates] * 3, st.none() | facts,
    st.lists(st.tuples(texts, facts), max_size=2).map(tuple),
    *[st.lists(facts, max_size=2).map(tuple)] * 3, texts,
)  # fmt: skip


@st.composite
def drawn_maps(draw: st.DrawFn) -> JourneyMap:
    """Maps with one to three stages, any texts and numbers in any lanes."""
    sizes = draw(st.lists(st.integers(0, 2), min_size=1, max_size=3))
    stages = tuple(
        Stage(
            id=f"s{s}",
            name=draw(names),
            period=draw(st.sampled_from(["before", "during", "after"])),
            expects=draw(texts),
            touchpoints=[
                Touchpoint(id=f"t{s}{t}", name=draw(names), needs=draw(st.lists(names, max_size=1)))
                for t in range(size)
            ],
        )
        for s, size in enumerate(sizes)
    )
    columns = sum(sizes)
    keys = draw(st.lists(st.sampled_from([*LANES]), max_size=3, unique=True))
    widths = {key: len(sizes) if key in BY_STAGE else columns for key in keys}
    lanes = tuple(
        Lane(
            key,
            LANES[key],
            tuple(draw(st.lists(cells, min_size=width, max_size=width))),
            draw(texts),
            by_stage=key in BY_STAGE,
        )
        for key, width in widths.items()
    )
    point = st.tuples(st.integers(0, max(0, columns - 1)), estimates)
    points = st.lists(point, max_size=min(2, columns))
    weights = st.lists(st.none() | estimates, min_size=len(sizes), max_size=len(sizes))
    curve = st.builds(PersonaCurve, texts, texts, points.map(tuple), weights.map(tuple))
    return JourneyMap(
        draw(texts), "tea", draw(st.dates()), draw(texts), stages, lanes,
        persona=draw(st.sampled_from(["", "office"])), persona_name=draw(texts),
        persona_size=draw(st.none() | estimates), period=draw(texts),
        state=draw(st.sampled_from(["as-is", "to-be"])),
        curves=tuple(draw(st.lists(curve, max_size=1))),
        findings=tuple(draw(st.lists(texts, max_size=2))),
        cards=tuple(draw(st.lists(cards, max_size=1))),
    )  # fmt: skip


@pytest.fixture(scope="session")
def maps() -> Any:
    """The strategy; tests draw from it with `data.draw(maps)`."""
    return drawn_maps()


def felt(value: float) -> Estimate:
    """A valence with an interval of a tenth to either side."""
    return Estimate(value, value - 0.1, value + 0.1, 340, "t")


@pytest.fixture
def tea() -> JourneyMap:
    """A stage with two touchpoints, and one without any: Payment hurts, Delivery is unknown."""
    places = [Touchpoint(id="payment", name="Payment", channel="web", action="Types the card")]
    places += [Touchpoint(id="delivery", name="Delivery")]
    gap = Touchpoint(id="use.", name="No touchpoint named")
    stages = (
        Stage(id="buy", name="Buy", expects="No surprise", touchpoints=places),
        Stage(id="use", name="Use", period="after", touchpoints=[gap]),
    )
    empty = Cell(note="No evidence yet")
    share = Estimate(0.4, 0.37, 0.43, 1000, "Wilson")
    named = tuple(Cell((Item(t.name, t.channel, "place"),), "assumed") for t in [*places, gap])
    word = Cell((Item("Types the card"),), "assumed")
    reach = Cell((Item("40 %", "[37, 43]", "bar", share),), "observed", ("e1", "e2"))
    point = Cell((Item("−1.3", "[−1.4, −1.2] n 340", "point", felt(-1.3)),), "observed", ("e3",))
    lanes = (
        Lane("expects", "Expects", (Cell((Item("No surprise"),), "assumed"), empty), "", True),
        Lane("touchpoint", "Touchpoint", named),
        Lane("does", "Does", (word, empty, empty)),
        Lane("reach", "Reach", (reach, empty, empty)),
        Lane("feels", "Feels", (point, empty, empty)),
    )
    unknown = Estimate(nan, nan, nan, 0, "none")
    card = PersonaCard("office", "Office buyer", size=unknown)
    return JourneyMap("Tea", "tea", date(2026, 10, 31), "draft", stages, lanes, cards=(card,))
