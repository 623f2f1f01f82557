import pandas as pd
import pytest

from cjm_lab import content_matrix
from cjm_lab.errors import ParameterError
from cjm_lab.estimate import share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.study import Study

NOTHING = evidence_frame()
ASSUMED = ["stage", "touchpoint", "persona", "lane", "state", "text"]
NOTES = ["note_id", "kind", "touchpoint", "persona", "text"]


@pytest.fixture
def study():
    """Paying and the first cup, one need declared, two personas of whom one has a goal."""
    stages = [
        {"id": "buy", "name": "Buy", "touchpoints": [
            {"id": "payment", "name": "Payment", "needs": "Which cards are taken"},
            {"id": "delivery", "name": "Delivery"}]},
        {"id": "use", "name": "Use", "touchpoints": [{"id": "cup", "name": "First cup"}]},
    ]  # fmt: skip
    personas = [
        {"id": "first", "name": "First buyer", "goals": ["Good tea"]},
        {"id": "office", "name": "Office buyer"},
    ]
    return Study.model_validate({"title": "Tea", "stages": stages, "personas": personas})


def resources(*rows):
    return pd.DataFrame(rows, columns=["resource", "kind", "have", "touchpoints"])


def at(table, touchpoint):
    found = table[table["touchpoint"] == touchpoint]
    return found[["persona", "need", "status", "source"]].values.tolist()


def test_what_the_study_says_is_assumed_and_gaps_are_said(study):
    table = content_matrix(study, NOTHING)
    assert list(table.columns) == ["persona", "touchpoint", "need", "status", "source", "absent"]
    assert at(table, "") == [["first", "Good tea", "assumed", "study.yaml"]]
    assert at(table, "payment") == [["", "Which cards are taken", "assumed", "study.yaml"]]
    assert at(table, "cup") == [["", "", "none", ""]]
    assert table["touchpoint"].tolist() == ["", "payment", "delivery", "cup"]
    assert table["absent"].tolist() == [*["not known: no list of resources"] * 2,
                                        *["no need known here"] * 2]  # fmt: skip


def test_only_content_that_is_there_answers_a_need(study):
    def absent(*rows):
        table = content_matrix(study, NOTHING, resources=resources(*rows))
        return dict(zip(table["touchpoint"], table["absent"], strict=True))

    assert absent(["FAQ", "content", 1, "payment"])["payment"] == ""
    assert absent(["FAQ", "content", 0, "payment"])["payment"] == "planned only: FAQ"
    assert absent(["Gateway", "tool", 1, "payment"])["payment"] == "no content"
    assert absent(["FAQ", "content", 1, "cup; payment"])["payment"] == ""
    both = absent(["FAQ", "content", 0, "payment"], ["Film", "content", 2, "payment"])
    assert both["payment"] == ""
    assert both[""] == "no touchpoint named"
    assert both["delivery"] == "no need known here"


def test_a_resource_at_an_unknown_touchpoint_is_refused(study):
    with pytest.raises(ParameterError, match="did you mean 'payment'"):
        content_matrix(study, NOTHING, resources=resources(["FAQ", "content", 1, "paymnt"]))


def test_the_map_table_adds_needs_as_they_are_now(study):
    assumed = pd.DataFrame(
        [
            ["", "cup", "office", "needs", "as-is", "A pot for twenty"],
            ["buy", "", "", "needs", "", "The price with shipping"],
            ["", "cup", "", "needs", "to-be", "A timer"],
            ["", "cup", "", "gains", "", "Warmth"],
        ],
        columns=ASSUMED,
    )
    table = content_matrix(study, NOTHING, assumed=assumed)
    assert at(table, "cup") == [["office", "A pot for twenty", "assumed", "map.csv"]]
    # a stage means each of its touchpoints
    assert at(table, "delivery") == [["", "The price with shipping", "assumed", "map.csv"]]
    assert "The price with shipping" in table.loc[table["touchpoint"] == "payment", "need"].tolist()


def test_customers_who_ask_give_a_reasoned_need_and_staff_an_assumed_one(study):
    notes = pd.DataFrame(
        [
            ["1", "interview", "cup", "first", "I looked for the strainer."],
            ["2", "staff", "cup", "", "They ask how long to brew it"],
            ["3", "interview", "cup", "first", "It was lovely."],
            ["4", "user_test", "cup", "office", "¿Dónde está la tapa?"],
            ["5", "market", "cup", "", "Rivals are missing a strainer"],
            ["6", "interview", "cup", "", "I wonder whether I still want them in a needless box."],
        ],
        columns=NOTES,
    )
    table = content_matrix(study, NOTHING, notes=notes)
    assert at(table, "cup") == [
        ["", "They ask how long to brew it", "assumed", "notes, staff"],
        ["", "Rivals are missing a strainer", "assumed", "notes, market"],
        ["first", "I looked for the strainer.", "reasoned", "notes, interview"],
        ["office", "¿Dónde está la tapa?", "reasoned", "notes, user test"],
    ]


def quote(words, source="mentions", persona=""):
    return evidence(lane="quote", measure="quote", touchpoint="cup", label=words, item=words,
                    source=source, persona=persona)  # fmt: skip


def test_quotes_that_ask_count_and_notes_only_once(study):
    ledger = evidence_frame([quote("How do I clean it?"), quote("Lovely."),
                             quote("I need a lid.", "notes", "first")])  # fmt: skip
    asked = ["", "How do I clean it?", "reasoned", "mentions"]
    assert at(content_matrix(study, ledger), "cup") == [
        asked, ["first", "I need a lid.", "reasoned", "notes"]
    ]  # fmt: skip
    none = pd.DataFrame(columns=NOTES)
    assert at(content_matrix(study, ledger, notes=none), "cup") == [asked]


def test_what_customers_contact_us_about_is_observed(study):
    def contacts(count, label, item, place=""):
        return evidence(share(count, 1000), lane="contacts", measure="contact_share", label=label,
                        item=item, touchpoint=place, source="interactions")  # fmt: skip

    whole = contacts(80, "Customers in contact", "")
    invoice = contacts(50, "Customers in contact: invoice", "invoice")
    card = contacts(30, "Customers in contact: card refused", "card", "payment")
    table = content_matrix(study, evidence_frame([whole, invoice, card]))
    # 50 of 1,000: Wilson .038 to .065
    words = "interactions: 5\u00a0% [4,\u00a07] n\u00a01,000 of customers"
    assert at(table, "")[0] == ["", "Help with invoice", "observed", words]
    assert at(table, "payment")[0][1] == "Help with card refused"
    assert not table["need"].str.contains("Customers in contact").any()


def test_a_need_named_twice_stands_once_with_its_better_evidence(study):
    notes = pd.DataFrame([["1", "interview", "cup", "", "Where is the lid? "]], columns=NOTES)
    assumed = pd.DataFrame([["", "cup", "", "needs", "", "where is the lid?"]], columns=ASSUMED)
    table = content_matrix(study, NOTHING, notes=notes, assumed=assumed)
    assert at(table, "cup") == [["", "Where is the lid? ", "reasoned", "notes, interview"]]


def test_a_study_with_stages_only_has_no_needs():
    study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    assert content_matrix(study, NOTHING).empty
