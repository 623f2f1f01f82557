import re
from dataclasses import replace

import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.journey import paint, strips
from cjm_lab.journey.build import build_map
from cjm_lab.journey.model import Cell, Item, Lane, PersonaCurve
from cjm_lab.ledger import evidence_frame


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_formula_by_the_method():
    assert contrast("#0072B2", "#FFFFFF") == pytest.approx(5.19, abs=0.005)


def test_text_is_readable_where_it_stands():
    behind = [paint.PAPER, paint.WASH, paint.PAIN_FILL, paint.IDEA_FILL, paint.ABOVE, paint.BELOW]
    assert all(contrast(paint.INK, color) >= 4.5 for color in behind)
    assert all(contrast(paint.MUTED, color) >= 4.5 for color in behind)
    assert contrast(paint.ALARM, paint.PAPER) >= 4.5  # "lost", and white on the rank of a pain


def test_dots_and_curve_are_visible():
    on = [paint.BLUE, paint.VERMILLION, paint.GRAY, paint.AXIS]
    assert all(contrast(color, paint.PAPER) >= 3 for color in on)


def test_outside_text_stays_text():
    assert paint.safe("<script>'\"&\x00\ud800\x0b") == "&lt;script&gt;&#x27;&quot;&amp;"


def test_the_curve_in_words(study, october):
    words = paint.curve_summary(build_map(study, october, as_of="2026-10-31"))
    assert words.replace("\u00a0", " ") == (
        "Lowest at Payment, −1.3 [−1.5, −1.1] n 340; highest at First cup, +1.5 [+1.4, +1.6] n 250."
    )


def test_area_shows_how_many_answered(study, make):
    rows = [make("valence", "advert", 0.5, 0.1, n=800), make("valence", "cup", 0.9, 0.1, n=200)]
    drawn = strips.curve(build_map(study, evidence_frame(rows), as_of="2026-10-31"), 120)
    first, second = (float(r) for r in re.findall(r'<circle[^>]* r="([\d.]+)"', drawn))
    assert (first / second) ** 2 == pytest.approx(800 / 200, rel=0.05)


def test_the_curve_is_dashed_past_a_place_that_nobody_was_asked_about(study, make):
    rows = [make("valence", place, 0.5, 0.1) for place in ("advert", "payment", "cup")]
    drawn = strips.curve(build_map(study, evidence_frame(rows), as_of="2026-10-31"), 120)
    assert re.findall(r'stroke-width="2.5"( stroke-dasharray)?', drawn) == ["", " stroke-dasharray"]
    assert drawn.count("No evidence yet") == 1


def test_an_assumed_point_is_hollow(study, make):
    row = make("valence", "cup", 0.5, 0.1) | {"status": "assumed"}
    drawn = strips.curve(build_map(study, evidence_frame([row]), as_of="2026-10-31"), 120)
    assert 'fill="#FFFFFF" stroke="#1A1A1A" stroke-dasharray' in drawn


def test_without_answers_there_is_no_curve(study):
    drawn = strips.curve(build_map(study, evidence_frame(), as_of="2026-10-31"), 120)
    assert "<circle" not in drawn
    assert "No evidence yet" in drawn


@pytest.fixture
def drawn(study, october):
    return build_map(study, october, as_of="2026-10-31")


def felt(value, n=100):
    return Estimate(value, value - 0.1, value + 0.1, n=n, method="t")


def with_lane(drawn, key, *cells):
    others = tuple(lane for lane in drawn.lanes if lane.key != key)
    return replace(drawn, lanes=(*others, Lane(key, key.capitalize(), cells)))


def test_peak_and_end_are_marked(drawn):
    # +0.4, -1.3, +0.1, +1.5: farthest from neutral is the last one, which is the highest too
    svg = strips.curve(drawn, 160)
    assert svg.count(">lowest point<") == 1
    assert svg.count(">highest · peak · end<") == 1


def test_of_two_points_equally_far_from_neutral_the_negative_is_the_peak(drawn):
    cells = [Cell((Item("", "", "point", felt(v)),), "observed") for v in (1.2, -1.2, 0.3, 0.5)]
    svg = strips.curve(with_lane(drawn, "feels", *cells), 160)
    assert ">lowest · peak<" in svg
    assert ">highest point<" in svg
    assert ">end<" in svg


def test_every_persona_has_a_dash_and_a_color_of_its_own_and_its_name(drawn):
    people = tuple(
        PersonaCurve(f"p{n}", f"Person {n}", ((0, felt(n / 4)), (3, felt(-n / 4))))
        for n in range(5)
    )
    svg = strips.curve(replace(drawn, curves=people), 160)
    looks = re.findall(r'h20" stroke="([^"]+)" stroke-width="2" stroke-dasharray="([^"]+)"', svg)
    assert len({color for color, _ in looks}) == len({dash for _, dash in looks}) == 5
    assert all(f">Person {n}</text>" in svg or f"</title>Person {n}<" in svg for n in range(5))


def test_complaints_are_diamonds_on_a_scale_of_their_own(drawn):
    mark = Item("complaints", "", "mark", Estimate(0.4, 0.3, 0.5, n=90, method="Wilson"))
    cells = [Cell((Item("", "", "point", felt(1.0)), mark), "observed")] + [Cell()] * 3
    plain = strips.curve(with_lane(drawn, "feels", Cell(cells[0].items[:1], "observed")), 160)
    svg = strips.curve(with_lane(drawn, "feels", *cells), 160)
    assert "complaints" not in plain
    assert "40\u00a0% [30,\u00a050] n\u00a090 complaints" in svg
    (_, at), = re.findall(r'M([\d.]+) ([\d.]+)l5.5 5.5', svg)  # fmt: skip
    assert float(at) > strips.BOTTOM_WITH_MARKS  # below -2: not a valence


def test_importance_has_its_own_scale(drawn):
    points = [Cell((Item(f"{v}", "", "point", felt(v)),), "observed") for v in (2.0, 9.0)]
    svg = strips.importance_strip(with_lane(drawn, "matters", *points, Cell(), Cell()), 160)
    assert ">10</text>" in svg
    assert ">0</text>" in svg
    heights = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)h9v9h-9z", svg)]
    # 0 to 10 lies between y 82 and y 34, squares begin 4.5 higher
    assert heights == pytest.approx([82 - 0.2 * 48 - 4.5, 82 - 0.9 * 48 - 4.5], abs=0.06)
    assert svg.count("No evidence yet") == 2


def move(to, value):
    return Item(f"to {to}", "", "move", Estimate(value, 0, 1, n=100, method="Wilson"), to=to)


def test_skips_go_above_the_line_and_loops_below(drawn):
    ways = (Cell((move("delivery", 0.2),), "observed"), Cell(), Cell(),
            Cell((move("payment", 0.1),), "observed"))  # fmt: skip
    svg = strips.ways_strip(with_lane(drawn, "ways", *ways), 160)
    (skip,), (loop,) = (
        re.findall(rf'fill="{color}".*?d="M([\d.]+) ([\d.]+)v(-?[\d.]+)', svg)
        for color in (paint.BLUE, paint.VERMILLION)
    )
    middle = strips.WAYS_HEIGHT / 2
    assert float(skip[1]) < middle < float(loop[1])
    assert float(skip[2]) < 0 < float(loop[2])
    assert svg.count("20\u00a0%") == svg.count("10\u00a0%") == 1


def test_arcs_that_would_lie_over_one_another_take_levels_and_the_weakest_is_counted(drawn):
    stages = [{"id": "s", "name": "S", "touchpoints": [{"id": f"t{i}", "name": f"T{i}"}
              for i in range(8)]}]  # fmt: skip
    wide = replace(drawn, stages=tuple(drawn.stages[0].model_validate(s) for s in stages))
    ways = [Cell((move("t7", 0.1 + i / 10),), "observed") for i in range(4)] + [Cell()] * 4
    svg = strips.ways_strip(with_lane(wide, "ways", *ways), 100)
    assert svg.count("10\u00a0%") == 0  # from T0, the weakest of four into T7
    assert svg.count(">+1</text>") == 1
    assert all(f"{share}\u00a0%" in svg for share in (20, 30, 40))
