from cjm_lab.journey.build import build_map
from cjm_lab.journey.model import Cell, Item, Lane


def test_the_table_has_a_row_a_touchpoint_and_every_status(study, october):
    table = build_map(study, october, as_of="2026-10-31").table()
    assert table["Touchpoint"].tolist() == ["Advert", "Payment", "Delivery", "First cup"]
    assert table["Stage"].tolist() == ["Notice", "Buy", "Buy", "Use"]
    assert table["Expects"].tolist() == ["Not to be chased [assumed]"] + ["No evidence yet"] * 3
    assert table["Feels"].str.endswith("[observed]").all()


def test_the_usual_status_is_that_of_most_filled_cells():
    said = [Cell((Item("x"),), status) for status in ("assumed", "observed", "observed")]
    assert Lane("does", "Does", (*said, Cell(), Cell(), Cell())).usual_status == "observed"
    assert Lane("does", "Does", (Cell(),)).usual_status == ""


def test_a_map_shows_itself_in_a_notebook(study, october):
    map_ = build_map(study, october, as_of="2026-10-31")
    assert map_._repr_html_() == map_.to_html()
