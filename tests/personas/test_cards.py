"""A persona card says what is measured, what is only declared, and what nobody knows."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cjm_lab.errors import SourceError
from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.personas.cards import Fact, PersonaCard, persona_cards
from cjm_lab.study import Study

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
NBSP = "\u00a0"


def study_of(folder: Path = Path(), **guest: Any) -> Study:
    """Two personas in a tea house; what `guest` names is declared of the guest."""
    places = [
        {"id": "queue", "name": "Queue", "channel": "house"},
        {"id": "cup", "name": "Cup", "channel": "house"},
        {"id": "app", "name": "App", "channel": "phone"},
    ]
    people = [{"id": "guest", "name": "Guest", **guest}, {"id": "regular", "name": "Regular"}]
    return Study.model_validate(
        {
            "title": "Tea",
            "stages": [{"id": "drink", "name": "Drink", "touchpoints": places}],
            "personas": people,
            "path": folder / "study.yaml",
        }
    )


def felt(touchpoint: str, value: float, n: int = 40, persona: str = "guest") -> dict[str, Any]:
    estimate = Estimate(value, value - 0.2, value + 0.4, n=n, method="t")
    return evidence(
        estimate, lane="emotion", measure="valence", touchpoint=touchpoint, persona=persona,
        source="survey",
    )  # fmt: skip


def row(estimate: Estimate | None, measure: str, lane: str = "persona", **more: Any) -> Any:
    return evidence(estimate, lane=lane, measure=measure, **({"persona": "guest"} | more))


def guest_of(
    rows: list[Any], notes: pd.DataFrame | None = None, folder: Path = Path(), **guest: Any
) -> PersonaCard:
    return persona_cards(study_of(folder, **guest), evidence_frame(rows), notes)[0]


def test_each_declared_persona_has_a_card_in_the_order_of_the_study() -> None:
    cards = persona_cards(study_of(), Ledger(evidence_frame()))
    assert [(card.persona, card.name) for card in cards] == [
        ("guest", "Guest"),
        ("regular", "Regular"),
    ]


def test_a_persona_nobody_measured_has_a_card_of_assumptions_only() -> None:
    card = guest_of(
        [], match={"pace": ["slow", "lazy"]}, about={"occupation": "Nurse"}, goals=["A seat"],
        frustrations=["Noise"], fears=["A queue"], channels=["Word of mouth"],
    )  # fmt: skip
    assert (card.size, card.value, card.satisfaction, card.quote) == (None, None, None, None)
    assert card.about == (
        ("Pace", Fact("slow or lazy", "assumed", "study.yaml")),
        ("Occupation", Fact("Nurse", "assumed", "study.yaml")),
    )
    lines = [*card.goals, *card.frustrations, *card.channels]
    assert [line.text for line in lines] == ["A seat", "Noise", "A queue", "Word of mouth"]
    assert {(line.status, line.evidence_ids) for line in lines} == {("assumed", ())}


def test_satisfaction_is_the_mean_of_the_touchpoints_and_of_their_bounds() -> None:
    card = guest_of([felt("queue", -1, n=40), felt("cup", 0.5, n=25), felt("app", 2, persona="")])
    assert card.satisfaction is not None
    found = card.satisfaction
    assert (found.value, found.n) == (-0.25, 25)
    assert (found.low, found.high) == pytest.approx((-0.45, 0.15))
    assert found.method == "mean of 2 touchpoints, any correlation"


def test_only_what_is_measured_on_its_own_customers_counts() -> None:
    everybody = row(share(50, 100), "size", persona="")
    rival = row(share(60, 100), "size", subject="Cafe")
    part = row(share(70, 100), "size", segment="city")
    assert guest_of([everybody, rival, part]).size is None


def test_fewer_than_five_people_are_not_shown() -> None:
    few = row(share(4, 100), "size")
    card = guest_of([few, felt("queue", -1, n=4)], match={"pace": "slow"})
    assert card.size is None
    assert card.satisfaction is None
    assert card.frustrations == ()
    assert card.about[0][1].status == "assumed"
    assert guest_of([row(share(5, 100), "size")]).size is not None


def test_that_nobody_matches_is_shown_and_its_attributes_stay_assumed() -> None:
    card = guest_of([row(share(0, 100), "size")], match={"pace": "slow"})
    assert card.size is not None
    assert card.size.value == 0
    assert card.about[0][1].status == "assumed"


def test_attributes_of_counted_customers_are_observed() -> None:
    size = row(share(40, 100), "size", source="customers")
    card = guest_of([size], match={"pace": "slow"})
    assert card.about == (("Pace", Fact("slow", "observed", "customers", (size["evidence_id"],))),)


def test_the_order_value_is_the_value() -> None:
    spent = Estimate(12.5, 11, 14, n=80, method="ratio")
    value = guest_of([row(spent, "order_value")]).value
    assert value is not None
    assert (value.value, value.low, value.high, value.n) == (12.5, 11, 14, 80)


def test_the_lowest_touchpoints_come_before_what_is_feared_and_unsure_ones_say_so() -> None:
    rows = [felt("queue", -0.1), felt("cup", 0.3), felt("app", -1.0)]
    card = guest_of(rows, fears=["Paying twice"])
    assert [(line.text, line.status) for line in card.frustrations] == [
        (f"Dissatisfied with App: −1.0 [−1.2,{NBSP}−0.6] n{NBSP}40", "observed"),
        (f"Perhaps dissatisfied with Queue: −0.1 [−0.3,{NBSP}+0.3] n{NBSP}40", "observed"),
        ("Paying twice", "assumed"),
    ]
    assert card.frustrations[0].evidence_ids == (rows[2]["evidence_id"],)


def test_a_small_base_is_marked() -> None:
    assert guest_of([felt("app", -1.0, n=29)]).frustrations[0].text.endswith("29, small base")


def test_the_clearest_differences_come_first_and_shares_are_in_points() -> None:
    wide = Estimate(0.3, 0.1, 0.5, n=90, method="MOVER")
    sharp = Estimate(0.16, 0.12, 0.20, n=698, method="MOVER")
    words = "Guest against the others: {}"
    card = guest_of(
        [
            row(wide, "difference", label=words.format("higher emotion at Cup"), item="a"),
            row(sharp, "difference", label=words.format("higher drop-off at App"), item="b",
                source="events"),
        ]
    )  # fmt: skip
    assert [(name, line.text) for name, line in card.about] == [
        (
            "Against the others",
            f"Higher drop-off at App: +16{NBSP}points [+12,{NBSP}+20] n{NBSP}698",
        ),
        ("Against the others", f"Higher emotion at Cup: +0.3 [+0.1,{NBSP}+0.5] n{NBSP}90"),
    ]


def test_channels_are_those_it_is_met_in_by_the_touchpoint_that_most_meet() -> None:
    met = {"queue": 30, "cup": 60, "app": 10}
    rows = [
        row(share(count, 100), "reach", "reach", touchpoint=place, stage="drink")
        for place, count in met.items()
    ]
    card = guest_of(rows, channels=["Word of mouth"])
    assert [line.text.partition(":")[0] for line in card.channels] == [
        "House, at Cup", "Phone, at App", "Word of mouth",
    ]  # fmt: skip
    assert card.channels[0].text.partition(": ")[2].startswith(f"60{NBSP}%")


def test_where_it_comes_from_first_stands_on_top() -> None:
    rows = [
        row(share(count, 90), "first_channel_share", "acquisition", label=name, item=name)
        for name, count in (("mail", 30), ("advert", 60))
    ]
    assert guest_of(rows).channels[0].text.startswith(f"Comes first through advert: 67{NBSP}%")
    assert len(guest_of(rows).channels) == 1


def quote(text: str, touchpoint: str = "", item: str = "1", **more: Any) -> dict[str, Any]:
    about = {"label": text, "touchpoint": touchpoint, "item": item, "source": "notes"}
    return row(None, "quote", "quote", **(about | more))


def test_it_is_quoted_where_it_hurts_most() -> None:
    rows = [
        felt("queue", -1),
        felt("cup", 1),
        quote("Slow.", "queue"),
        quote("Warm and strong.", "cup"),
    ]
    card = guest_of(rows)
    assert card.quote == Fact("Slow.", "observed", "notes", (rows[2]["evidence_id"],))


def test_a_long_quote_stands_behind_a_short_one_and_is_cut_where_it_is_alone() -> None:
    long = "word " * 60
    short = guest_of([felt("queue", -1), quote(long, "queue"), quote("Fine.", item="2")])
    assert short.quote is not None
    assert short.quote.text == "Fine."
    alone = guest_of([quote(long)])
    assert alone.quote is not None
    assert len(alone.quote.text) <= 161
    assert alone.quote.text.endswith("word…")


def test_nobody_elses_words_are_put_into_its_mouth() -> None:
    notes = pd.DataFrame(
        [
            ("staff", "queue", "guest", "They only want the wifi."),
            ("interview", "queue", "regular", "The usual, please."),
            ("interview", "queue", "", "Nice."),
        ],
        columns=["kind", "touchpoint", "persona", "text"],
    )
    assert guest_of([quote("Anybody's", persona="")], notes).quote is None
    own = notes.replace("regular", "guest")
    card = guest_of([], own)
    assert card.quote == Fact("The usual, please.", "observed", "notes")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 9, "jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (PNG + b"\0" * (300_000 - len(PNG)), "png"),
    ],
)
def test_a_picture_is_known_by_its_bytes_and_comes_along(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    (tmp_path / "guest.dat").write_bytes(content)
    head, _, body = guest_of([], folder=tmp_path, picture="guest.dat").picture.partition(",")
    assert head == f"data:image/{kind};base64"
    assert b64decode(body) == content


@pytest.mark.parametrize(
    ("picture", "got"),
    [
        ("missing.png", "no file 'missing.png'"),
        ("drawn.png", "'drawn.png', which holds something else"),
        ("large.png", "300 KB in 'large.png'"),
        ("folder", "no file 'folder'"),
        ("../secret.png", "outside the study's folder"),
        ("link.png", "outside the study's folder"),
        ("round.png", ""),
        ("a\0b.png", "the name"),
        ("x" * 5000, "can't be read"),
    ],
)
def test_any_other_picture_is_refused_with_its_place_and_the_remedy(
    tmp_path: Path, picture: str, got: str
) -> None:
    home = tmp_path / "tea"
    (home / "folder").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(PNG)
    (home / "drawn.png").write_text("<svg onload='alert(1)'/>")
    (home / "large.png").write_bytes(PNG + b"\0" * 300_000)
    (home / "link.png").symlink_to(tmp_path / "secret.png")
    (home / "round.png").symlink_to(home / "round.png")
    with pytest.raises(SourceError, match=r"persona 'guest'.*study.yaml.*put such a file") as error:
        guest_of([], folder=home, picture=picture)
    assert got in str(error.value)
    assert str(tmp_path) not in str(error.value)
