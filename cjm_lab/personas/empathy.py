"""The empathy map of a persona, each item with how it is known."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from cjm_lab.ledger import row_estimate
from cjm_lab.study.models import Persona
from cjm_lab.words import shown

PARTS = ("says", "thinks", "does", "feels", "hears", "sees", "pains", "gains")
_MOST = 4
_COLUMNS = ["part", "text", "status", "source", "touchpoint", "n"]
_OVERALL = ("nps", "csat", "ces")


def empathy_map(
    persona: Persona, notes: pd.DataFrame, quotes: pd.DataFrame, measured: pd.DataFrame
) -> pd.DataFrame:
    """Return what a persona says, thinks, does, feels, hears, sees, suffers and gains.

    Every item comes from evidence and says how: ``observed`` (this persona's answers, interviews,
    tests, behavior), ``reasoned`` (everybody's, taken for the persona's) or ``assumed`` (staff,
    market notes, and what study.yaml declares). A part without an item has no evidence yet.

    Parameters
    ----------
    persona
        A declared persona.
    notes
        The tidy table; the persona's own notes, and staff and market notes about anybody.
    quotes
        Rows of the ledger's lane ``quote``.
    measured
        Rows of the ledger: emotion, reach, drop-off, scores, acquisition, sentiment.

    Returns
    -------
    pandas.DataFrame
        part, text, status, source, touchpoint, n; at most four items a part, the best known
        first. Texts are outside text: escape them where they are shown.

    Examples
    --------
    >>> persona = Persona(id="first", name="First-time buyer", fears=["Paying twice"])
    >>> empty = pd.DataFrame()
    >>> empathy_map(persona, empty, empty, empty)[["part", "text", "status"]].values.tolist()
    [['pains', 'Paying twice', 'assumed']]
    """
    items = [
        *_from_notes(persona, notes),
        *_from_quotes(persona, quotes),
        *_from_measures(persona, measured),
        *(("gains", goal, "assumed", "study.yaml", "", float("nan")) for goal in persona.goals),
        *(("pains", fear, "assumed", "study.yaml", "", float("nan")) for fear in persona.fears),
    ]
    if persona.claim:
        items.append(("thinks", persona.claim, "assumed", "study.yaml", "", float("nan")))
    table = pd.DataFrame(items, columns=_COLUMNS)
    known = {"observed": 0, "reasoned": 1, "assumed": 2}
    table["part"] = pd.Categorical(table["part"], PARTS, ordered=True)
    table["order"] = table["status"].map(known).astype(float)
    table = table.sort_values(["part", "order"], kind="stable").drop(columns="order")
    table = table.groupby("part", observed=True).head(_MOST).reset_index(drop=True)
    return table.astype({"part": "str"})


_Item = tuple[str, str, str, str, str, float]


def _from_notes(persona: Persona, notes: pd.DataFrame) -> Iterator[_Item]:
    """Yield interviews as said, tests as done, staff as thought, market notes as heard."""
    if notes.empty:
        return
    parts = {"interview": "says", "user_test": "does", "staff": "thinks", "market": "hears"}
    own = notes[notes["persona"] == persona.id]
    anybody = notes[(notes["persona"] == "") & notes["kind"].isin(["staff", "market"])]
    for note in pd.concat([own, anybody]).to_dict("records"):
        part = parts.get(str(note["kind"]))
        if part:
            told = note["kind"] in ("interview", "user_test")
            source = str(note["kind"]).replace("_", " ")
            status = "observed" if told else "assumed"
            yield part, str(note["text"]), status, source, str(note["touchpoint"]), 1.0


def _from_quotes(persona: Persona, quotes: pd.DataFrame) -> Iterator[_Item]:
    """Yield what people wrote; without a known persona it is only taken for this one's.

    Quotes from notes are left out: the notes themselves have them.
    """
    if quotes.empty:
        return
    for row in quotes[
        quotes["persona"].isin([persona.id, ""]) & (quotes["source"] != "notes")
    ].to_dict("records"):
        status = "observed" if row["persona"] == persona.id else "reasoned"
        yield "says", str(row["label"]), status, str(row["source"]), str(row["touchpoint"]), 1.0


def _from_measures(persona: Persona, measured: pd.DataFrame) -> Iterator[_Item]:
    """Yield what the figures say: the strongest first, in words."""
    if measured.empty:
        return
    whole = measured[(measured["segment"] == "") & (measured["subject"] == "us")]

    def rows(measure: str) -> tuple[pd.DataFrame, str]:
        """Return the persona's rows, else everybody's."""
        found = whole[(whole["measure"] == measure) & whole["value"].notna()]
        own = found[found["persona"] == persona.id]
        if len(own):
            return own, "observed"
        return found[found["persona"] == ""], "reasoned"

    def items(part: str, table: pd.DataFrame, status: str, words: str) -> Iterator[_Item]:
        for _, row in table.iterrows():
            estimate = shown(row_estimate(row), str(row["measure"])).full
            place = str(row["touchpoint"])
            text = words.format(what=row["label"] or place or row["measure"], number=estimate)
            yield part, text, status, str(row["source"]), place, float(row["n"])

    valence, status = rows("valence")
    ranked = valence.sort_values("value")
    worst, best = ranked[ranked["high"] < 0].head(2), ranked[ranked["low"] > 0].tail(2)[::-1]
    yield from items("feels", ranked.head(1), status, "Lowest at {what}: {number}")
    yield from items("feels", ranked.tail(1), status, "Highest at {what}: {number}")
    yield from items("pains", worst, status, "Dissatisfied with {what}: {number}")
    yield from items("gains", best, status, "Satisfied with {what}: {number}")

    reach, status = rows("reach")
    seen = reach[reach["touchpoint"] != ""].nlargest(3, "value")
    yield from items("sees", seen, status, "Meets {what}: {number}")
    drop_off, status = rows("drop_off")
    left = drop_off[drop_off["touchpoint"] != ""].nlargest(1, "value")
    yield from items("pains", left, status, "Goes no further after {what}: {number}")
    conversion, status = rows("conversion")
    yield from items("does", conversion, status, "Completes the journey: {number}")
    channel, status = rows("first_channel_share")
    first = channel.nlargest(1, "value")
    yield from items("does", first, status, "Comes first through {what}: {number}")
    negative, status = rows("negative_share")
    heard = negative[negative["touchpoint"] == ""]
    yield from items("hears", heard, status, "Negative among what is written: {number}")
    for measure in _OVERALL:
        score, status = rows(measure)
        overall = score[score["touchpoint"] == ""]
        yield from items("thinks", overall, status, "{what}: {number}")
