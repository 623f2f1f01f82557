"""Cards that anybody can read, whatever was typed into them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.personas.cards import Fact, PersonaCard
from cjm_lab.personas.draw_cards import _COLORS, AVATARS, avatar_svg, cards_html

HOSTILE = '<script>alert("x")</script>\'"&<img src=x onerror=1>'
PICTURE = "data:image/png;base64,iVBORw0KGgo="
CARD = PersonaCard(
    "guest",
    "Tea guest",
    size=Estimate(0.4, 0.31, 0.5, n=100, method="Wilson"),
    satisfaction=Estimate(-0.3, -0.5, -0.1, n=20, method="mean of 3 touchpoints, any correlation"),
    quote=Fact("So slow.", "observed", "notes"),
    about=(("Job", Fact("Nurse")), ("Job", Fact("Night shifts"))),
    goals=(Fact("A seat"),),
    frustrations=(Fact("Low at Cup: −1.0 [−1.2,\u00a0−0.8] n\u00a040", "observed", "survey"),),
    channels=(Fact("Comes by tram", "reasoned", "events"),),
)


class Reader(HTMLParser):
    """Collects elements with the text inside, and checks that every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[list[str]] = []
        self.found: list[tuple[str, dict[str, str]]] = []
        self.texts: list[list[str]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text = [tag, ""]
        self.open.append(text)
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append(text)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for text in self.open:
            text[1] += data

    def of(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_is_that_of_the_standard() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#0072B2", "#FFFFFF") == pytest.approx(5.19, abs=0.005)


@pytest.mark.parametrize("color", AVATARS)
def test_white_initials_can_be_read_on_every_color(color: str) -> None:
    assert contrast("#FFFFFF", color) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
def test_words_can_be_read_on_light_and_on_dark(theme: int) -> None:
    for words in ("ink", "muted"):
        for ground in ("paper", "stripe"):
            assert contrast(_COLORS[words][theme], _COLORS[ground][theme]) >= 4.5
    assert contrast(_COLORS["axis"][theme], _COLORS["paper"][theme]) >= 3
    assert contrast(_COLORS["blue"][theme], _COLORS["paper"][theme]) >= 3


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("First-time buyer", "FB"),
        ("Guest", "G"),
        ("Anna von der Au", "AA"),
        ("émile zola", "ÉZ"),
        ("e\u0301mile", "É"),
        ("«Quick» (young)", "QY"),
        ("田中 太郎", "田"),
        ("Taro 田中", "T"),
        ("김 민준", "김"),
        ("דנה כהן", "ד"),
        ("سارة علي", "س"),
        ("007 agent", "0"),
        ("☕ lover", "L"),
        ("☕", "G"),
    ],
)
def test_initials_are_two_letters_or_one_of_a_script_without_capitals(
    name: str, initials: str
) -> None:
    assert Reader(avatar_svg(PersonaCard("guest", name))).of("text") == [initials]


def test_the_color_belongs_to_the_id_not_to_the_name() -> None:
    def color(persona: str, name: str) -> str:
        return re.findall(r'<circle[^>]*fill="(#\w+)"', avatar_svg(PersonaCard(persona, name)))[0]

    assert color("guest", "Guest") == color("guest", "Visitor")
    assert len({color(f"p{i}", "Guest") for i in range(60)}) == len(AVATARS)


def test_an_avatar_has_a_name_and_the_size_asked_for() -> None:
    (_, svg), *_ = Reader(avatar_svg(CARD, 32)).found
    assert (svg["width"], svg["height"], svg["role"]) == ("32", "32", "img")
    assert svg["aria-label"] == "Tea guest: initials"


def test_a_picture_is_clipped_to_a_circle() -> None:
    read = Reader(avatar_svg(PersonaCard("guest", "Guest", picture=PICTURE)))
    image = next(values for tag, values in read.found if tag == "image")
    clip = next(values for tag, values in read.found if tag.lower() == "clippath")
    assert image["href"] == PICTURE
    assert image["clip-path"] == f"url(#{clip['id']})"
    assert read.found[0][1]["aria-label"] == "Guest: picture"


@pytest.mark.parametrize(
    "picture",
    [
        "https://example.org/spy.png",
        "javascript:alert(1)",
        "data:image/svg+xml;base64,PHN2Zy8+",
        f'{PICTURE}" onload="alert(1)',
        f"{PICTURE}\n",
    ],
)
def test_no_other_address_gets_into_an_avatar(picture: str) -> None:
    svg = avatar_svg(PersonaCard("guest", "Guest", picture=picture))
    assert "image" not in [tag for tag, _ in Reader(svg).found]
    assert "href" not in svg


def test_words_stay_words_and_nothing_runs_or_is_asked_for() -> None:
    fact = Fact(HOSTILE, source=HOSTILE)
    card = PersonaCard(
        "guest", HOSTILE, quote=fact, about=((HOSTILE, fact),), goals=(fact,),
        frustrations=(fact,), channels=(fact,),
    )  # fmt: skip
    html = cards_html([card])
    read = Reader(html)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in read.found}
    assert not [name for _, values in read.found for name in values if name.startswith("on")]
    assert "url(" not in html
    assert "@import" not in html
    assert read.of("h3") == [HOSTILE]


def test_headings_lists_and_terms_carry_the_card_for_those_who_hear_it() -> None:
    read = Reader(cards_html([CARD]))
    levels = [int(tag[1]) for tag, _ in read.texts if re.fullmatch("h[1-6]", tag)]
    assert levels == [2, 3, 4, 4, 4, 4]
    assert read.of("h4") == ["About", "Goals", "Frustrations", "Channels"]
    assert read.of("li") == [
        "A seat assumed",
        "Low at Cup: −1.0 [−1.2,\u00a0−0.8] n\u00a040 observed",
        "Comes by tram reasoned",
    ]
    assert read.of("blockquote") == ["“So slow.” observed, from notes"]
    assert read.of("dt") == ["Customers", "Mean order", "Satisfaction", "Job"]


def test_each_line_has_the_edge_of_its_status() -> None:
    read = Reader(cards_html([CARD]))
    lines = [values["class"] for tag, values in read.found if tag in ("li", "blockquote")]
    assert [line.split()[-1] for line in lines] == [
        "cjm-card-observed", "cjm-card-assumed", "cjm-card-observed", "cjm-card-reasoned",
    ]  # fmt: skip
    style = read.of("style")[0]
    assert re.search(r"cjm-card-reasoned{[^}]*dashed", style)
    assert re.search(r"cjm-card-assumed{[^}]*dotted", style)
    assert re.search(r"cjm-card-fact{[^}]*solid", style)


def test_figures_have_interval_and_n_and_unknown_ones_say_so() -> None:
    size, value, satisfaction = Reader(cards_html([CARD])).of("dd")[:3]
    assert size == "40\u00a0%[31,\u00a050] n\u00a0100"
    assert value == "No evidence yet"
    assert satisfaction == "−0.3[−0.5,\u00a0−0.1] n\u00a0≥\u00a0203 touchpointssmall base"


def test_a_figure_lies_where_it_belongs_on_its_scale() -> None:
    circles = [values for tag, values in Reader(cards_html([CARD])).found if tag == "circle"]
    assert [values["cx"] for values in circles[1:]] == ["40.0%", "42.5%"]  # after the avatar's


def test_without_evidence_or_personas_the_cards_say_so() -> None:
    bare = Reader(cards_html([PersonaCard("guest", "Guest")]))
    assert [text for text in (*bare.of("p"), *bare.of("dd")) if text == "No evidence yet"] == [
        "No evidence yet"
    ] * 7
    assert "declares no persona" in Reader(cards_html([])).of("section")[0]
