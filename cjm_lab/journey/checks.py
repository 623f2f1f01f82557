"""The common mistakes of journey maps, checked on this one, and the map's health."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import nan

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.journey.build import build_map
from cjm_lab.journey.compare import MEASURED
from cjm_lab.journey.pains import pain_points
from cjm_lab.journey.rows import frame_of, records
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.planning.actions import CLOSED
from cjm_lab.study import Study
from cjm_lab.words import NBSP, counted, listed, plain
from cjm_lab.workspace import parse_day

#: Words in a channel's name that tell that nobody meets anybody there.
_ONLINE = ("web", "site", "online", "app", "mail", "chat", "social", "search", "mobile", "sms",
           "advert", "ads", "newsletter", "display")  # fmt: skip

#: A map about more personas than this shows none of them.
MOST_PERSONAS = 3

#: Ages in days from which evidence is called old, and what that is in words.
_AGES = ((365, "more than a year"), (183, "more than half a year"), (31, "more than a month"))

Mistake = tuple[str, str, str]


def common_mistakes(
    study: Study,
    ledger: Ledger | pd.DataFrame,
    *,
    as_of: date | str,
    actions: pd.DataFrame | None = None,
    notes: pd.DataFrame | None = None,
    previous: Ledger | None = None,
) -> pd.DataFrame:
    """Check a map for the mistakes that journey maps commonly have.

    Parameters
    ----------
    study
        Scope, stages, stakeholders and personas.
    ledger
        The evidence that the map is built from.
    as_of
        The day of the report.
    actions
        What is planned: opportunity, owner, due, state, measure.
    notes
        What people wrote down; somebody's comment on the map is one.
    previous
        The ledger of the report before, None for the first one.

    Returns
    -------
    DataFrame
        One row a mistake found: ``code``, ``sentence`` and ``to_do``, in the order of the method.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    >>> common_mistakes(study, evidence_frame(), as_of="2026-10-31")["code"].tolist()[:2]
    ['assumptions', 'static']
    """
    frame, day = frame_of(ledger), parse_day(as_of)
    found = [
        *_assumptions(study, frame, day),
        *_online_only(study),
        *_static(frame, day),
        *_waiting(notes, previous),
        *_stakeholders(study),
        *_ignored(study, frame),
        *_no_action(frame, actions),
        *_scope(study),
        *_one_source(frame),
    ]
    return pd.DataFrame(found, columns=["code", "sentence", "to_do"], dtype="str")


def health_evidence(
    measured: pd.DataFrame,
    actions: pd.DataFrame,
    notes: pd.DataFrame,
    study: Study,
    as_of: date,
    previous: Ledger | None,
) -> pd.DataFrame:
    """Return the map's health as evidence: the share of cells with evidence, and the mistakes.

    Parameters
    ----------
    measured
        The evidence of this report.
    actions, notes
        What is planned, and what people wrote down; either may be empty.
    study
        The study.
    as_of
        The day of the report.
    previous
        The ledger of the report before.

    Returns
    -------
    DataFrame
        A row ``cells_with_evidence`` and a row ``mistake`` for each mistake: its sentence in
        ``label``, what to do in ``note``.
    """
    pains = pain_points(measured, evidence_frame(), study)
    whole = pd.concat([measured, pains], ignore_index=True)
    known, cells = build_map(study, whole, as_of=as_of).cells_with_evidence
    share = Estimate(known / cells, nan, nan, n=cells, method="count of cells")
    rows = [
        evidence(share, lane="health", measure="cells_with_evidence", status="reasoned",
                 label="Share of the map's cells with evidence behind them")
    ]  # fmt: skip
    one = Estimate(1, nan, nan, n=1, method="count")
    found = common_mistakes(
        study, whole, as_of=as_of, actions=actions, notes=notes, previous=previous
    )
    rows += [
        evidence(one, lane="health", measure="mistake", status="reasoned", item=code,
                 label=sentence, note=to_do)
        for code, sentence, to_do in found.itertuples(index=False, name=None)
    ]  # fmt: skip
    return evidence_frame(rows)


def _assumptions(study: Study, frame: pd.DataFrame, day: date) -> Iterator[Mistake]:
    """Find a map of which more than a third has no evidence."""
    known, cells = build_map(study, frame, as_of=day).cells_with_evidence
    missing = cells - known
    if 3 * missing > cells:
        yield (
            "assumptions",
            f"{missing} of {cells} cells ({100 * missing / cells:.0f}{NBSP}%) are assumed or "
            "empty.",
            "Ask or measure where the knowledge gaps are largest; step 2 ranks them.",
        )


def _online_only(study: Study) -> Iterator[Mistake]:
    """Find a journey that never leaves the screen."""
    channels = [t.channel.lower() for t in study.touchpoints if t.channel]
    if channels and all(any(word in channel for word in _ONLINE) for channel in channels):
        yield (
            "online_only",
            "Every touchpoint is online, as if nobody called, met or unpacked anything.",
            "Add what happens by phone, in the shop, at home and among friends.",
        )


def _static(frame: pd.DataFrame, day: date) -> Iterator[Mistake]:
    """Find evidence that is old, or of unknown age."""
    dated = frame[(frame["period_end"] != "") & frame["lane"].isin(MEASURED)]
    if dated.empty:
        yield (
            "static",
            "Nothing on the map is dated, so nobody can tell how old it is.",
            "Give the sources dates, and make the report again when they have new records.",
        )
        return
    age = (day - date.fromisoformat(dated["period_end"].max())).days
    words = next((words for least, words in _AGES if age > least), "")
    if words:
        yield (
            "static",
            f"The newest evidence is {words} old ({age} days).",
            "Update it monthly: of the teams that do, 56 % report an extremely positive impact, of "
            "those that update yearly 22 % (an association, not proof).".replace(" %", f"{NBSP}%"),
        )


def _waiting(notes: pd.DataFrame | None, previous: Ledger | None) -> Iterator[Mistake]:
    """Find a map that nobody has said anything about."""
    if notes is None or notes.empty:
        first = "This is the first report, and nobody" if previous is None else "Nobody"
        yield (
            "waiting",
            f"{first} has commented on the map yet.",
            "Show it now, unfinished as it is, and write down what people say in notes.csv.",
        )


def _stakeholders(study: Study) -> Iterator[Mistake]:
    """Find teams without a voice, or one that owns everything."""
    teams = list(dict.fromkeys(t.team for t in study.touchpoints if t.team))
    voices = [f"{s.name} {s.function}".casefold() for s in study.stakeholders]
    silent = [team for team in teams if not any(team.casefold() in voice for voice in voices)]
    if not voices:
        yield (
            "stakeholders",
            "No stakeholder is named.",
            "Name who owns a part of the journey and who decides, and show them the map.",
        )
    elif silent:
        yield (
            "stakeholders",
            f"{listed(silent)} {'owns' if len(silent) == 1 else 'own'} touchpoints "
            "but nobody speaks for them.",
            "Invite them, and add them to the stakeholders of the study.",
        )
    if len(teams) == 1 and len(study.touchpoints) > 2:
        yield (
            "one_owner",
            f"{teams[0]} owns every touchpoint.",
            "Name who really looks after each of them.",
        )


def _ignored(study: Study, frame: pd.DataFrame) -> Iterator[Mistake]:
    """Find suffering where the map shows no pain: often one persona among content ones."""
    ours = frame[(frame["subject"] == "us") & (frame["touchpoint"] != "")]
    negative = ours[(ours["measure"] == "valence") & (ours["high"] < 0)]
    shown = set(ours.loc[ours["lane"] == "pain", "touchpoint"])
    hidden = negative[~negative["touchpoint"].isin(shown)].drop_duplicates("touchpoint")
    places = {t.id: t.name for t in study.touchpoints}
    people = {p.id: p.name for p in study.personas}
    words = [
        f"{places.get(row['touchpoint'], row['touchpoint'])} "
        f"({people.get(row['persona']) or row['segment'] or 'all'} "
        f"{plain(row['value'], 1, signed=True)})"
        for row in records(hidden)
    ]
    if words:
        yield (
            "negative_ignored",
            f"Negative evidence without a pain point: {listed(words)}.",
            "Look at these customers on a map of their own before calling the place fine.",
        )


def _no_action(frame: pd.DataFrame, actions: pd.DataFrame | None) -> Iterator[Mistake]:
    """Find pains that nobody does anything about."""
    pains = int((frame["measure"] == "pain").sum())
    planned = 0
    if actions is not None and len(actions):
        planned = int((~actions["state"].astype("str").str.casefold().isin(CLOSED)).sum())
    if pains and not planned:
        yield (
            "no_action",
            f"{counted(pains, 'pain point')} and no open action.",
            "Take the first opportunity of step 5, with an owner and a date.",
        )


def _scope(study: Study) -> Iterator[Mistake]:
    """Find a journey that begins out of nothing, ends at the till, or is everybody's at once."""
    if not study.scope.trigger:
        yield (
            "no_trigger",
            "The journey starts without a trigger.",
            "Say in the study's scope what makes a customer set out.",
        )
    if not any(stage.period == "after" for stage in study.stages):
        yield (
            "ends_at_purchase",
            "The journey ends at the purchase: no stage lies after it.",
            "Add what using, keeping and coming back are like.",
        )
    if len(study.personas) > MOST_PERSONAS:
        yield (
            "many_personas",
            f"{len(study.personas)} personas are on one map.",
            "Choose the one or two that the decision is about; the others get maps of their own.",
        )


def _one_source(frame: pd.DataFrame) -> Iterator[Mistake]:
    """Find a map that rests on one source."""
    observed = frame[(frame["status"] == "observed") & frame["lane"].isin(MEASURED)]
    sources = sorted(set(observed["source"]) - {""})
    if len(sources) == 1:
        yield (
            "one_source",
            f"Everything that was observed comes from one source: {sources[0]}.",
            "Add a second one that sees what the first cannot.",
        )
