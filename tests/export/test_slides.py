import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pptx import Presentation

from cjm_lab.estimate import Estimate
from cjm_lab.export.slides import to_pptx
from cjm_lab.journey.model import LANES, Cell, Item, JourneyMap, Lane, PersonaCurve
from cjm_lab.personas.cards import Fact, PersonaCard
from cjm_lab.study import Stage, Touchpoint

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def long_journey(count=20, per_stage=5, text="Sorts by price"):
    """A journey with a curve that skips every fourth touchpoint, pains, ideas and team."""
    stages, lanes = [], {}
    for first in range(0, count, per_stage):
        places = [Touchpoint(id=f"t{n}", name=f"Place {n}", channel="web")
                  for n in range(first, min(first + per_stage, count))]  # fmt: skip
        stages.append(Stage(id=f"s{first}", name=f"Stage {first}", touchpoints=places))
    lanes["expects"] = [Cell((Item(f"Hope {s.id}"),), "assumed") for s in stages]
    for n in range(count):
        felt = Estimate(n / count - 0.5, n / count - 0.7, n / count - 0.4, 100 + n, "t")
        point = Item(f"value {n}", "", "point", felt)
        for key, cell in {
            "touchpoint": Cell((Item(f"Place {n}", "web", "place"),), "observed"),
            "does": Cell((Item(text),), "observed" if n % 2 else "reasoned", (f"id{n}",)),
            "feels": Cell((point,), "observed", (f"felt{n}",)) if n % 4 else Cell(note="Nobody"),
            "hurts": Cell((Item("Slow", "12 %", "pain", rank=n + 1),), "reasoned", (f"pain{n}",)),
            "could": Cell((Item(f"Idea {n}", "", "idea"),), "assumed"),
            "team": Cell((Item("Shop"),), "assumed"),
        }.items():
            lanes.setdefault(key, []).append(cell)
    made = tuple(Lane(k, LANES[k], tuple(c), by_stage=k == "expects") for k, c in lanes.items())
    guest = PersonaCurve("guest", "Guest", ((0, Estimate(0.5, 0.1, 0.9, 40, "t")),))
    return JourneyMap("Tea", "tea", date(2026, 10, 31), "1", tuple(stages), made, curves=(guest,))


def card(**more):
    known = Fact("Paying twice", "observed", "survey", ("e7",))
    return PersonaCard(
        "guest", "First Guest", size=Estimate(0.4, 0.37, 0.43, 1000, "Wilson"),
        quote=Fact("It threw me out.", "observed", "notes"), goals=(Fact("A seat"),),
        frustrations=(known,), **more,
    )  # fmt: skip


def opened(map_, folder):
    return Presentation(to_pptx(map_, folder / "tea.pptx"))


def tables(deck):
    return [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]


def maps_in(deck):
    return [table for table in tables(deck) if table.cell(0, 0).text == "Stage"]


def words(deck):
    """All texts on the slides, a paragraph or a cell each."""
    found = [cell.text for table in tables(deck) for row in table.rows for cell in row.cells]
    return found + [shape.text for slide in deck.slides for shape in slide.shapes
                    if shape.has_text_frame]  # fmt: skip


def notes(deck):
    return "\n".join(slide.notes_slide.notes_text_frame.text for slide in deck.slides)


def test_slides_are_wide_and_each_has_a_title_of_its_own(tmp_path):
    deck = opened(replace(long_journey(), cards=(card(), card())), tmp_path)
    assert deck.slide_width * 9 == deck.slide_height * 16
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert len(set(titles)) == len(titles)
    assert titles[0] == "Tea"
    assert "First Guest" in titles
    assert titles[-1] == "How to read this"


def test_everything_on_the_map_is_on_the_slides(tmp_path):
    text = "\n".join(words(opened(long_journey(), tmp_path)))
    for n in range(20):
        assert f"Place {n}\nweb" in text
        assert f"Idea {n}" in text
    for told in ("Hope s15", "Sorts by price", "as-is", "31 October 2026", "Slow", "reasoned"):
        assert told in text


def test_no_slide_holds_more_than_seven_touchpoints(tmp_path):
    deck = opened(long_journey(count=30, per_stage=10), tmp_path)
    drawn = maps_in(deck)
    assert max(len(table.columns) for table in drawn) == 6  # ten in two even parts, and the head
    first = [table.cell(1, 1).text.split("\n")[0] for table in drawn]
    assert list(dict.fromkeys(first)) == [f"Place {n}" for n in (0, 5, 10, 15, 20, 25)]


def test_stages_span_their_touchpoints(tmp_path):
    table = next(
        t for t in tables(opened(long_journey(), tmp_path)) if t.cell(0, 0).text == "Stage"
    )
    assert table.cell(0, 1).is_merge_origin
    assert table.cell(0, 1).span_width == 5
    assert table.cell(0, 1).text.startswith("Stage 0")


def test_no_text_is_smaller_than_nine_points(tmp_path):
    deck = opened(replace(long_journey(), cards=(card(),)), tmp_path)
    sizes = {int(size) for slide in deck.slides
             for size in slide._element.xpath(".//a:rPr/@sz")}  # fmt: skip
    assert min(sizes) == 900


def test_tables_and_boxes_lie_on_their_slides(tmp_path):
    deck = opened(replace(long_journey(text="word " * 60), cards=(card(),)), tmp_path)
    for slide in deck.slides:
        for shape in slide.shapes:
            high = sum(row.height for row in shape.table.rows) if shape.has_table else shape.height
            assert shape.top + high <= deck.slide_height
            assert shape.left + shape.width <= deck.slide_width


def test_a_text_that_fits_is_whole_and_one_that_cannot_is_whole_in_the_notes(tmp_path):
    deck = opened(long_journey(text="word " * 60), tmp_path)
    assert not [text for text in words(deck) if "…" in text]
    endless = "word " * 900
    deck = opened(long_journey(count=2, text=endless), tmp_path)
    assert [
        text
        for text in words(deck)
        if text.startswith("word") and text.split("\n")[0].endswith("…")
    ]
    assert endless.strip() in notes(deck)


def test_the_edge_of_a_cell_tells_how_it_is_known(tmp_path):
    table = next(
        t for t in tables(opened(long_journey(), tmp_path)) if t.cell(0, 0).text == "Stage"
    )
    rows = {row.cells[0].text.split("\n")[0]: row for row in table.rows}

    def dash(cell):
        return cell._tc.tcPr.find(f"{A}lnL/{A}prstDash").get("val")

    does = rows["Does"].cells
    assert (dash(does[1]), does[1].text) == ("dash", "Sorts by price\nreasoned")
    assert (dash(does[2]), does[2].text) == ("solid", "Sorts by price")
    assert dash(rows["Expects"].cells[1]) == "sysDot"


def test_the_curve_is_a_chart_with_its_intervals(tmp_path):
    deck = opened(long_journey(count=10), tmp_path)
    (chart,) = (shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart)
    main, guest = chart.plots[0].series
    assert list(chart.plots[0].categories) == [f"Place {n}" for n in range(10)]
    assert main.values[:3] == (None, pytest.approx(-0.4), pytest.approx(-0.3))
    assert guest.values[0] == 0.5
    lengths = [
        {int(p.get("idx")): float(p[0].text) for p in main._element.xpath(f".//c:{side}//c:pt")}
        for side in ("plus", "minus")
    ]
    assert sorted(lengths[0]) == [n for n in range(10) if n % 4]
    assert lengths[0][1] == pytest.approx(0.1)
    assert lengths[1][1] == pytest.approx(0.2)
    assert "[−0.6, −0.3]" in [text.replace("\u00a0", " ") for text in words(deck)]


def test_every_shape_has_words_for_those_who_do_not_see_it(tmp_path):
    deck = opened(replace(long_journey(), cards=(card(), card(picture=PIXEL))), tmp_path)
    for slide in deck.slides:
        for shape in slide.shapes:
            told = shape._element.xpath(".//p:cNvPr")[0].get("descr")
            assert told or shape.is_placeholder or shape.name == "Rule"


def test_notes_name_the_evidence(tmp_path):
    told = notes(opened(replace(long_journey(), cards=(card(),)), tmp_path))
    assert "Evidence, Does, Place 3: id3" in told
    assert "Frustration: Paying twice (observed, from survey); evidence: e7" in told
    assert re.search(r"Evidence: .*pain19", told)


def test_a_card_shows_its_lines_with_their_status(tmp_path):
    deck = opened(replace(long_journey(), cards=(card(),)), tmp_path)
    text = "\n".join(words(deck)).replace("\u00a0", " ")
    assert "Of the customers\n40 %\n[37, 43] n 1,000" in text
    assert "“It threw me out.”\nobserved, from notes" in text
    assert "Goals\nA seat\nassumed" in text
    assert "\nFG\n" in text


def test_a_card_shows_the_picture_of_its_persona(tmp_path):
    deck = opened(replace(long_journey(), cards=(card(picture=PIXEL),)), tmp_path)
    pictures = [shape for slide in deck.slides for shape in slide.shapes if shape.name == "Avatar"]
    assert pictures[0].image.content_type == "image/png"


def test_the_same_map_gives_the_same_bytes_dated_as_the_map(tmp_path):
    written = [to_pptx(long_journey(), tmp_path / f"{n}.pptx").read_bytes() for n in (1, 2)]
    assert written[0] == written[1]
    with ZipFile(BytesIO(written[0])) as file:
        book = next(name for name in file.namelist() if name.endswith(".xlsx"))
        with ZipFile(BytesIO(file.read(book))) as inner:
            cores = [file.read("docProps/core.xml"), inner.read("docProps/core.xml")]
        assert {entry.date_time[:3] for entry in file.infolist()} == {(2026, 10, 31)}
    for core in cores:
        dates = re.findall(rb">(\d{4}-\d\d-\d\d)T", core)
        assert set(dates) == {b"2026-10-31"}


def test_the_workbook_behind_a_chart_runs_no_formula(tmp_path):
    map_ = long_journey(count=2)
    names = ('=HYPERLINK("http://x")', "http://x")
    places = [Touchpoint(id=f"t{n}", name=name) for n, name in enumerate(names)]
    stages = (Stage(id="s0", name="=1+1", touchpoints=places),)
    guest = replace(map_.curves[0], name="@SUM(A1)")
    path = to_pptx(replace(map_, stages=stages, curves=(guest,)), tmp_path / "tea.pptx")
    with ZipFile(path) as file:
        book = next(name for name in file.namelist() if name.endswith(".xlsx"))
        sheet = openpyxl.load_workbook(BytesIO(file.read(book))).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert '\'=HYPERLINK("http://x")' in [cell.value for cell in cells]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a map takes minutes to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_map_at_all_gives_slides(maps, tmp_path, data):
    map_ = data.draw(maps)
    assume("inf" not in repr(map_))
    if not map_.cells_with_evidence[1]:
        gaps = Lane("expects", "Expects", (Cell(),) * len(map_.stages), by_stage=True)
        map_ = replace(map_, lanes=(*map_.lanes, gaps))
    deck = opened(map_, tmp_path)
    assert deck.slides[len(deck.slides) - 1].shapes.title.text == "How to read this"


def test_a_map_of_nothing_has_no_chart_and_says_so(tmp_path):
    stage = Stage(id="s", name="Buy", touchpoints=[Touchpoint(id="t", name="Pay")])
    gap = Lane("does", "Does", (Cell(note="No evidence yet"),))
    empty = JourneyMap("Tea", "tea", date(2026, 10, 31), "1", (stage,), (gap,))
    deck = opened(empty, tmp_path)
    assert not [shape for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert "No evidence yet about how customers feel." in words(deck)


def test_libreoffice_shows_every_slide_with_all_text_on_it(tmp_path):
    if not (shutil.which("soffice") and shutil.which("pdftotext")):
        missing = "install Debian's packages libreoffice-impress-nogui and poppler-utils"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    map_ = replace(
        long_journey(text="Sorts by price, then reads what others wrote"), cards=(card(),)
    )
    path = to_pptx(map_, tmp_path / "tea.pptx")
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={profile}", "--convert-to", "pdf",
         "--outdir", str(tmp_path), str(path)],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    boxes = subprocess.run(
        ["pdftotext", "-bbox", str(tmp_path / "tea.pdf"), "-"],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    assert boxes.count("<page ") == len(Presentation(path).slides)
    found = re.findall(r'xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<', boxes)
    ends = [(float(x), float(y), word) for x, y, word in found]
    assert {word for _, _, word in ends} >= {"Place", "Idea", "wrote", "observed", "guest".title()}
    assert max(x for x, _, _ in ends) <= 960
    assert max(y for _, y, _ in ends) <= 540
    # Table text ends above the line at the foot of the slides, which begins 514 points down.
    foot = {"Tea", "·", "31", "October", "2026", "as-is"}
    assert [word for _, y, word in ends if y > 514 and word not in foot] == []
