import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.journey.build import build_map
from cjm_lab.journey.model import LANES, Cell, Item
from cjm_lab.journey.sights import VIEWS, Part, blueprint, canvas, merged
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.study import Study

DAY = "2026-10-31"


@pytest.fixture
def drawn(study, october):
    return build_map(study, october, as_of=DAY)


def texts(map_, lane):
    return [cell.text.replace("\u00a0", " ") for cell in map_.lane(lane).cells]


def test_a_blueprint_has_the_customer_above_the_firm(drawn):
    plan = blueprint(drawn)
    assert [lane.name for lane in plan.lanes] == [
        "Customer actions", "Frontstage", "Time and losses", "Pains", "Backstage", "Systems",
        "Support",
    ]  # fmt: skip
    order = [list(LANES).index(lane.key) for lane in plan.lanes]
    line = list(LANES).index("backstage")
    assert [at < line for at in order] == [True] * 4 + [False] * 3
    assert plan.stages == drawn.stages
    assert plan.title == "Tea · service blueprint"


def test_frontstage_is_the_touchpoint_with_channel_and_team(drawn):
    assert texts(blueprint(drawn), "touchpoint")[1] == "Payment: web · brand; Shop"
    cell = blueprint(drawn).lane("touchpoint").cells[1]
    assert (cell.status, cell.items[1].status) == ("observed", "assumed")  # who owns it is a word


def test_a_blueprint_shows_losses_and_what_nobody_has_said(drawn):
    plan = blueprint(drawn)
    assert texts(plan, "measures")[1] == "lost 45 %: [40, 50]"
    assert texts(plan, "backstage") == ["No evidence yet"] * 4
    assert plan.lane("measures").cells[3].text == "No evidence yet"  # nothing follows the last


def test_support_joins_responses_and_resources(make):
    rule = {"id": "remind", "when": "start_payment without order within 24h", "reaction": "Call"}
    study = make("tea_shop", responses=[rule])
    rows = [
        evidence(Estimate(2, 2, 2, n=1, method="x"), lane="resource", measure="resource_gap",
                 touchpoint="payment", label="Agents", note="have 1, need 3", status="assumed"),
        evidence(Estimate(9, 9, 9, n=9, method="count"), lane="response", measure="triggered",
                 touchpoint="payment", item="remind"),
    ]  # fmt: skip
    plan = blueprint(build_map(study, evidence_frame(rows), as_of=DAY))
    cell = plan.lane("responses").cells[1]
    assert cell.text == "Call: 9 met it; Agents: have 1, need 3"
    assert [item.status for item in cell.items] == [None, "assumed"]
    assert len(cell.evidence_ids) == 2


def test_a_canvas_has_three_columns_and_loses_no_evidence(drawn):
    three = canvas(drawn)
    assert [(s.id, len(s.touchpoints)) for s in three.stages] == [
        ("before", 1), ("during", 1), ("after", 1),
    ]  # fmt: skip
    assert texts(three, "team") == ["Marketing", "Shop: Payment", "Product"]
    assert [item.text for item in three.lane("touchpoint").cells[1].items] == [
        "Payment", "Delivery",
    ]  # fmt: skip
    for lane in drawn.lanes:
        before = {key for cell in lane.cells for key in cell.evidence_ids}
        after = {key for cell in three.lane(lane.key).cells for key in cell.evidence_ids}
        if lane.key != "hurts":  # "nothing found" next to a place that nobody looked at
            assert after == before


def test_feelings_of_a_column_are_averaged_on_their_one_scale(drawn):
    # Payment -1.3 [-1.5, -1.1], Delivery +0.1 [-0.2, +0.4]: mean -0.6, bounds -0.85 and -0.35
    three = canvas(drawn)
    assert [(column, round(e.value, 2)) for column, e in three.points] == [
        (0, 0.4), (1, -0.6), (2, 1.5),
    ]  # fmt: skip
    estimate = three.points[1][1]
    assert (round(estimate.low, 2), round(estimate.high, 2)) == (-0.85, -0.35)
    assert texts(three, "feels")[1].endswith("mean of 2 · lowest −1.3 at Payment")


def test_a_part_of_the_journey_without_a_stage_is_an_empty_column(make):
    study = make("tea_shop", stages=[{"id": "buy", "name": "Buy", "touchpoints": [
        {"id": "pay", "name": "Pay", "team": "Shop"}]}])  # fmt: skip
    three = canvas(build_map(study, evidence_frame(), as_of=DAY))
    assert [t.name for t in three.touchpoints] == [
        "No touchpoint named", "Pay", "No touchpoint named",
    ]  # fmt: skip
    assert texts(three, "reach") == ["No evidence yet"] * 3
    assert three.cells_with_evidence == (0, 18)


def test_the_same_words_are_said_once_and_only_as_sure_as_the_least_of_them():
    sure, word = Cell((Item("Waits"),), "observed", ("a",)), Cell((Item("Waits"),), "assumed")
    other = Cell((Item("Pays"),), "observed", ("b",))
    cell = merged([Part(sure, "Till"), Part(word, "Door"), Part(other, "Till")])
    assert [(item.text, item.detail, item.status) for item in cell.items] == [
        ("Waits", "Till and Door", "assumed"), ("Pays", "Till", None),
    ]  # fmt: skip
    assert (cell.status, cell.evidence_ids) == ("observed", ("a", "b"))


def test_silence_is_as_little_known_as_its_least_known_part():
    found = Cell((), "observed", ("a",), "Nothing found")
    asked = merged([Part(found), Part(Cell((), "observed", ("b",), "Nothing found"))])
    assert (asked.status, asked.note, asked.evidence_ids) == (
        "observed", "Nothing found", ("a", "b"),
    )  # fmt: skip
    partly = merged([Part(found), Part(Cell(note="No evidence yet"))])
    assert (partly.status, partly.note, partly.evidence_ids) == ("none", "No evidence yet", ())


@pytest.mark.parametrize("sight", [blueprint, canvas])
def test_every_drawing_takes_another_sight(drawn, sight):
    seen = sight(drawn)
    assert "Payment" in seen.to_html()
    assert "Payment" in seen.to_svg()
    assert len(seen.table()) == len(seen.touchpoints)
    keys = [lane.key for lane in seen.lanes]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= set(LANES)  # as the documented JSON has it


def test_numbers_on_other_scales_are_listed_and_not_averaged(study):
    rows = [
        evidence(Estimate(value, value - 1, value + 1, n=9, method="t"), lane="value_gap",
                 measure="importance_stated", touchpoint=place, scale=(0, 10))
        for place, value in (("payment", 8.0), ("delivery", 6.0))
    ]  # fmt: skip
    drawn = build_map(study, evidence_frame(rows), as_of=DAY)
    assert [column for column, _ in drawn.importance] == [1, 2]
    three = canvas(drawn)
    assert not three.importance  # one column, two values: no point of a line
    assert [item.detail.split(" · ")[-1] for item in three.lane("matters").cells[1].items] == [
        "Payment", "Delivery",
    ]  # fmt: skip


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_a_journey_without_before_and_after_is_drawn_in_every_way(view):
    study = Study.model_validate(
        {"title": "Tea", "stages": [{"id": "a", "name": "A", "touchpoints": [
            {"id": "pot", "name": "Pot"}]}]}
    )  # fmt: skip
    drawn = VIEWS[view](build_map(study, evidence_frame(), as_of="2026-10-31"))
    for text in (drawn.to_html(script=True), drawn.to_svg(), drawn.table().to_csv()):
        assert "Pot" in text
