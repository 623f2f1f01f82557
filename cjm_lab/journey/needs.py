"""What customers need where, how that is known, and whether there is content for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from cjm_lab.journey.rows import Rows, records
from cjm_lab.ledger import Ledger, row_estimate
from cjm_lab.planning.resources import touchpoints_of
from cjm_lab.study import Study
from cjm_lab.words import listed, shown

COLUMNS = ["persona", "touchpoint", "need", "status", "source", "absent"]

#: English words, and the question mark of all languages, by which somebody asks for something.
_ASKING = re.compile(
    r"\b((I|we|they|people|customers) (need|want|wish)|(look|search)(s|es|ed|ing)? for|missing"
    r"|asks? (whether|for|how)|asked (whether|for|how)|(could|can)(n['’]t| ?not) find"
    r"|would have|would like|how do I)\b|[?？؟]",  # noqa: RUF001
    re.IGNORECASE,
)
#: Whether a note is a customer's own words, from which a need is reasoned, or somebody's opinion.
_NOTE_STATUS = {"interview": "reasoned", "user_test": "reasoned", "staff": "assumed"}
_KNOWN_BEST = ("observed", "reasoned", "assumed", "none")

Need = tuple[str, str, str, str, str]


def content_matrix(
    study: Study,
    ledger: Ledger | pd.DataFrame,
    *,
    assumed: pd.DataFrame | None = None,
    notes: pd.DataFrame | None = None,
    resources: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what each persona needs at each touchpoint, and where no content answers it.

    Parameters
    ----------
    study
        Needs of touchpoints and goals of personas, somebody's word: ``assumed``.
    ledger
        Topics on which customers contact the company, ``observed``; and quotes that ask for
        something, from which a need is ``reasoned``.
    assumed
        The table ``map.csv``; its rows of the lane ``needs`` as it is now.
    notes
        The tidy table. Customers who ask for something in interviews and user tests give a
        ``reasoned`` need, all others an ``assumed`` one.
    resources
        The tidy table. Content is what has the kind ``content``: it is there if there is any of it,
        else planned. Without the table nobody knows what is there, and ``absent`` says so.

    Returns
    -------
    DataFrame
        Texts: ``persona`` and ``touchpoint`` (ids, "" = all), ``need``, ``status``, ``source`` and
        ``absent``, empty where content exists. Touchpoints in the order of the journey, those where
        no need is known too (status ``none``); what belongs to no touchpoint stands first. That
        somebody asks is told by English words and by question marks. Needs are outside text:
        escape them where they are shown.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "use", "name": "Use",
    ...     "touchpoints": [{"id": "pot", "name": "Pot", "needs": "How long to brew"}]}]})
    >>> films = pd.DataFrame([["Film", "content", 0, "pot"]],
    ...     columns=["resource", "kind", "have", "touchpoints"])
    >>> content_matrix(study, evidence_frame(), resources=films)[["need", "absent"]].values.tolist()
    [['How long to brew', 'planned only: Film']]
    """
    rows = Rows(ledger)
    needs = [
        *_asked_of_service(rows),
        *_in_quotes(rows, with_notes=notes is None),
        *_in_notes(notes),
        *_declared(study),
        *_in_map(study, assumed),
    ]
    known = {touchpoint for _, touchpoint, *_ in needs}
    needs += [("", t.id, "", "none", "") for t in study.touchpoints if t.id not in known]
    table = pd.DataFrame(needs, columns=COLUMNS[:-1], dtype="str")
    absent = _absent(study, resources)
    table["absent"] = [absent.get(place, absent[""]) for place in table["touchpoint"]]
    table.loc[table["status"] == "none", "absent"] = "no need known here"
    return _in_order(table, study)


def _declared(study: Study) -> Iterator[Need]:
    """Yield what study.yaml says: needs of touchpoints, goals of personas."""
    for touchpoint in study.touchpoints:
        for need in touchpoint.needs:
            yield "", touchpoint.id, need, "assumed", "study.yaml"
    for persona in study.personas:
        for goal in persona.goals:
            yield persona.id, "", goal, "assumed", "study.yaml"


def _in_map(study: Study, assumed: pd.DataFrame | None) -> Iterator[Need]:
    """Yield the needs of map.csv; one of a stage holds at each of its touchpoints."""
    if assumed is None:
        return
    places = {stage.id: [t.id for t in stage.touchpoints] for stage in study.stages}
    now = assumed[(assumed["lane"] == "needs") & assumed["state"].isin(["", "as-is"])]
    for row in records(now):
        at = [row["touchpoint"]] if row["touchpoint"] else places.get(row["stage"], [""])
        for touchpoint in at:
            yield row["persona"], touchpoint, row["text"], "assumed", "map.csv"


def _in_notes(notes: pd.DataFrame | None) -> Iterator[Need]:
    """Yield the notes in which somebody asks for something."""
    if notes is None:
        return
    for note in records(notes):
        if _ASKING.search(note["text"]):
            status = _NOTE_STATUS.get(note["kind"], "assumed")
            source = f"notes, {note['kind'].replace('_', ' ')}"
            yield note["persona"], note["touchpoint"], note["text"], status, source


def _in_quotes(rows: Rows, *, with_notes: bool) -> Iterator[Need]:
    """Yield the quotes in which somebody asks for something; notes have those of the notes."""
    frame = rows.frame
    quotes = frame[(frame["measure"] == "quote") & (frame["subject"] == "us")]
    for quote in records(quotes[with_notes | (quotes["source"] != "notes")]):
        if quote["touchpoint"] and _ASKING.search(quote["label"]):
            yield quote["persona"], quote["touchpoint"], quote["label"], "reasoned", quote["source"]


def _asked_of_service(rows: Rows) -> Iterator[Need]:
    """Yield the topics of contacts with the share of customers who needed help with them."""
    frame = rows.frame
    for row in records(frame[(frame["measure"] == "contact_share") & (frame["segment"] == "")]):
        _, _, topic = row["label"].partition(": ")
        if topic:
            number = shown(row_estimate(row), "contact_share").full
            source = f"{row['source']}: {number} of customers"
            yield row["persona"], row["touchpoint"], f"Help with {topic}", "observed", source


def _absent(study: Study, resources: pd.DataFrame | None) -> dict[str, str]:
    """Return for each touchpoint what is absent there, empty where content exists."""
    places = [touchpoint.id for touchpoint in study.touchpoints]
    if resources is None or resources.empty:
        words = "not known: no list of resources"
        return dict.fromkeys(places, words) | {"": words}
    content = resources[resources["kind"] == "content"]
    served = content.assign(place=touchpoints_of(content, study)).explode("place")
    there = set(served.loc[served["have"] > 0, "place"])
    planned = served.groupby("place")["resource"].agg(list).to_dict()
    absent = {place: "no content" for place in places}
    absent |= {str(place): f"planned only: {listed(names)}" for place, names in planned.items()}
    return absent | dict.fromkeys(there, "") | {"": "no touchpoint named"}


def _in_order(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return each need once, by touchpoint, persona and how well it is known."""
    order = {
        "touchpoint": {name: at for at, name in enumerate(["", *study.stage_of])},
        "persona": {name: at for at, name in enumerate(["", *(p.id for p in study.personas)])},
        "status": {name: at for at, name in enumerate(_KNOWN_BEST)},
    }
    table = table.sort_values(
        list(order), key=lambda column: column.map(order[str(column.name)]), kind="stable"
    )
    same = table.assign(need=table["need"].str.casefold().str.strip())
    twice = same.duplicated(["persona", "touchpoint", "need"])
    return table[~twice].reset_index(drop=True)
