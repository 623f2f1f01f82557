from math import nan

import pytest

from cjm_lab.estimate import Estimate, share
from cjm_lab.journey.build import build_map
from cjm_lab.ledger import evidence, evidence_frame

DAY = "2026-10-31"


def texts(map_, lane):
    return [cell.text for cell in map_.lane(lane).cells]


def statuses(map_, lane):
    return [cell.status for cell in map_.lane(lane).cells]


@pytest.fixture
def drawn(october, study):
    return build_map(study, october, as_of=DAY)


def move(place, to, share, n=400, hours=2.0):
    names = {"advert": "Advert", "payment": "Payment", "delivery": "Delivery", "cup": "First cup"}
    return evidence(
        Estimate(share, share - 0.05, share + 0.05, n=n, method="t"), lane="transition",
        measure="transition", touchpoint=place, label=f"{names[place]} → {names[to]}",
        item=f"{place}>{to}", note=f"next within 7 days, median {hours:g} hours", source="events",
    )  # fmt: skip


def test_ways_on_name_the_planned_next_first_then_skips_then_loops(study):
    rows = [move("payment", "cup", 0.2), move("payment", "advert", 0.3),
            move("payment", "payment", 0.1), move("payment", "delivery", 0.07),
            move("advert", "payment", 0.04)]  # fmt: skip
    drawn = build_map(study, evidence_frame(rows), as_of=DAY)
    cell = drawn.lane("ways").cells[1]
    # three at most: the planned one stays, the least likely of the others goes
    assert [(item.text, item.to) for item in cell.items] == [
        ("on to Delivery", "delivery"), ("skips to First cup", "cup"), ("back to Advert", "advert"),
    ]  # fmt: skip
    assert {item.kind for item in cell.items} == {"move"}
    assert cell.items[1].detail.replace("\u00a0", " ") == "20 % [15, 25] n 400"
    assert cell.evidence_ids and len(cell.evidence_ids) == 3
    assert not drawn.lane("ways").cells[0].items  # fewer than 5 of 100 go that way


def test_two_touchpoints_of_one_name_are_told_apart_by_the_evidence(make):
    names = [("a", "Shop"), ("b", "Pay"), ("c", "Pay")]
    stage = {"id": "s", "name": "S", "touchpoints": [{"id": i, "name": n} for i, n in names]}
    study = make("tea_shop", stages=[stage], personas=[])
    row = evidence(Estimate(0.5, 0.4, 0.6, n=9, method="t"), lane="transition", touchpoint="a",
                   measure="transition", label="Shop → Pay", item="a>c")  # fmt: skip
    drawn = build_map(study, evidence_frame([row]), as_of=DAY)
    assert [item.to for item in drawn.lane("ways").cells[0].items] == ["c"]


def test_measures_tell_the_median_time_and_who_asks_for_help(make):
    study = make("tea_shop")
    place = study.stages[1].touchpoints[0].model_copy(update={"keywords": ["payment", "card"]})
    stage = study.stages[1].model_copy(update={"touchpoints": [place]})
    study = study.model_copy(update={"stages": [study.stages[0], stage, study.stages[2]]})
    contact = evidence(share(40, 1000), lane="contacts", measure="contact_share", item="q",
                       label="Customers in contact: card refused")  # fmt: skip
    rows = [move("payment", "cup", 0.6, hours=72), contact]
    drawn = build_map(study, evidence_frame(rows), as_of=DAY)
    # Wilson: 40 of 1000 is .04 [.030, .054]
    assert texts(drawn, "measures")[1].replace("\u00a0", " ") == (
        "3 days to First cup: median, within 7 days; "
        "4 % ask for help: [3, 5] n 1,000 · card refused"
    )
    assert texts(drawn, "obstacles")[1] == "Card refused: customers ask for help"
    assert statuses(drawn, "obstacles")[1] == "reasoned"
    assert texts(drawn, "measures")[0] == ""


def test_more_losses_than_usual_are_a_hesitation_and_content_customers_a_gain(drawn):
    # drop-off .30, .45 [.40, .50], .05: the usual one is .30, so only Payment lies above it
    assert [text.partition(":")[0] for text in texts(drawn, "hesitations")] == [
        "", "More stop here than usual", "", "",
    ]  # fmt: skip
    assert texts(drawn, "hesitations")[1].replace("\u00a0", " ").endswith("usual 30 %")
    # Delivery +0.1 [-0.2, +0.4] may be neutral
    assert [text.partition(":")[0] for text in texts(drawn, "gains")] == [
        "Satisfied", "", "", "Satisfied",
    ]  # fmt: skip
    assert set(statuses(drawn, "gains")) == {"reasoned", "none"}


def test_what_the_walkthrough_found_is_an_obstacle_beside_what_is_assumed(make):
    study = make("tea_shop")
    place = study.stages[0].touchpoints[0].model_copy(update={"obstacles": ["Bad light"]})
    stage = study.stages[0].model_copy(update={"touchpoints": [place]})
    study = study.model_copy(update={"stages": [stage, *study.stages[1:]]})
    found = make("one_of", "severity", 3, lane="walkthrough", place="advert", label="Link is dead")
    drawn = build_map(study, evidence_frame([found]), as_of=DAY)
    cell = drawn.lane("obstacles").cells[0]
    assert [(item.text, item.status) for item in cell.items] == [
        ("Link is dead", None), ("Bad light", "assumed"),
    ]  # fmt: skip
    assert cell.status == "reasoned"


def test_responses_say_how_many_wait_and_what_is_at_stake(make):
    rule = {"id": "remind", "when": "start_payment without order within 24h", "reaction": "Call"}
    study = make("tea_shop", responses=[rule], budget={"amount": 1, "currency": "EUR"})
    at = {"lane": "response", "touchpoint": "payment", "item": "remind"}
    rows = [
        evidence(Estimate(840, nan, nan, n=840, method="count"), measure="triggered", **at),
        evidence(Estimate(171, nan, nan, n=171, method="count"), measure="waiting_now", **at),
        evidence(Estimate(5000, 4000, 6000, n=90, method="t"), measure="revenue_at_stake",
                 status="reasoned", **at),
    ]  # fmt: skip
    drawn = build_map(study, evidence_frame(rows), as_of=DAY)
    said = texts(drawn, "responses")[1].replace("\u00a0", " ")
    assert said == "Call: 840 met it · 171 wait now · 5,000 EUR at stake [4,000, 6,000]"
    assert statuses(drawn, "responses") == ["none", "observed", "none", "none"]
    silent = build_map(study, evidence_frame(), as_of=DAY)
    assert texts(silent, "responses")[1] == "Call: not counted yet"
    assert statuses(silent, "responses")[1] == "assumed"


def test_a_rule_nobody_counted_is_assumed_beside_one_that_was(make):
    rules = [{"id": i, "when": "start_payment without order within 24h", "reaction": r}
             for i, r in (("remind", "Call"), ("write", "Write"))]  # fmt: skip
    row = evidence(Estimate(9, nan, nan, n=9, method="count"), lane="response",
                   measure="triggered", touchpoint="payment", item="remind")  # fmt: skip
    drawn = build_map(make("tea_shop", responses=rules), evidence_frame([row]), as_of=DAY)
    cell = drawn.lane("responses").cells[1]
    assert cell.text == "Call: 9 met it; Write: not counted yet"
    assert (cell.status, [item.status for item in cell.items]) == ("observed", [None, "assumed"])
