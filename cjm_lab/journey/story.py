"""The lead of the front page: a report in plain sentences, from the ledger and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from cjm_lab.estimate import difference
from cjm_lab.journey.ideas import ideas_at
from cjm_lab.journey.pains import whom_it_hurts
from cjm_lab.journey.rows import Row, Rows
from cjm_lab.journey.since import ordered_changes, then_now
from cjm_lab.ledger import Ledger, row_estimate
from cjm_lab.study import Study, Touchpoint
from cjm_lab.words import counted, listed, measure_name, share_words, shown

#: So many places are named, the others counted.
_MOST_NAMED = 3


#: With fewer answers than this a touchpoint is not called the worst while others have more.
_SMALL = 30


class Worst(NamedTuple):
    """The worst touchpoint, the row of evidence that says so, and who else may be as low.

    `small` are touchpoints that look lower still, but on few answers.
    """

    touchpoint: Touchpoint
    row: Row
    alike: tuple[str, ...] = ()
    small: tuple[Row, ...] = ()

    @property
    def there(self) -> str:
        """The place in a sentence: by its name where more than one was named before."""
        return f"at {self.touchpoint.name}" if self.alike else "there"


def lead(ledger: Ledger | pd.DataFrame, study: Study) -> list[str]:
    """Return what a report says first, in plain sentences.

    The worst touchpoint with its estimate, whom it hurts, how many are lost there, what could be
    done about it, and what changed since the report before. Sources that a study lacks are said,
    never guessed.

    Parameters
    ----------
    ledger
        The evidence of one report.
    study
        Names of touchpoints and personas, and the response rules.

    Returns
    -------
    list of str
        Plain text, to be escaped where it is shown.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    >>> lead(evidence_frame(), study)[0]
    'No touchpoint has evidence yet, so nobody can say where the journey hurts.'
    """
    rows = Rows(ledger)
    worst = worst_touchpoint(rows, study)
    if worst is None:
        first = "No touchpoint has evidence yet, so nobody can say where the journey hurts."
        return [first, *_changes(rows, study)]
    return [
        *_where(worst, rows, study),
        *_whom(worst, rows, study),
        *_lost(worst, rows, study),
        *_action(worst, rows, study),
        *_changes(rows, study),
    ]


def worst_touchpoint(rows: Rows, study: Study) -> Worst | None:
    """Return the lowest point of the emotion curve, else where most are lost or complain.

    Of the log only touchpoints before the journey's aim are asked, where there are any: after it
    nothing has to follow.
    """
    places = study.touchpoints
    felt = [Worst(t, row) for t in places if (row := rows.one("valence", t.id))]
    if felt:
        return _lowest(felt)
    after = {t.id for stage in study.stages if stage.period == "after" for t in stage.touchpoints}
    lost = [Worst(t, row) for t in places[:-1] if (row := rows.one("drop_off", t.id))]
    lost = [worst for worst in lost if worst.touchpoint.id not in after] or lost
    said = [Worst(t, row) for t in places if (row := rows.one("negative_share", t.id))]
    return max(lost or said, key=lambda worst: worst.row["value"], default=None)


def _lowest(felt: list[Worst]) -> Worst:
    """Return the lowest touchpoint, with those whose difference from it may be chance."""
    enough = [one for one in felt if one.row["n"] >= _SMALL] or felt
    first, *others = sorted(enough, key=lambda one: one.row["value"])
    least = row_estimate(first.row)
    alike = [o for o in others if not difference(row_estimate(o.row), least).low > 0]
    few = [o.row for o in felt if o not in enough and o.row["value"] < least.value]
    return first._replace(alike=tuple(o.touchpoint.name for o in alike), small=tuple(few))


def _where(worst: Worst, rows: Rows, study: Study) -> Iterator[str]:
    """Say which touchpoint is the worst and how sure that is."""
    place, row = worst.touchpoint, worst.row
    estimate = row_estimate(row)
    if row["measure"] == "valence":
        text = f"satisfaction {shown(estimate, 'valence').full} on a scale from −2 to +2"
        if row["n"] < _SMALL:
            text += f" (a small base: fewer than {_SMALL} answers)"
        if worst.alike:
            more = len(worst.alike) - _MOST_NAMED
            names = [place.name, *worst.alike[:_MOST_NAMED]]
            names += [counted(more, "other")] if more > 0 else []
            below = "" if estimate.high < 0 else ", perhaps still neutral"
            yield (
                f"{listed(names)} are the lowest points of the journey, too close to tell apart; "
                f"{place.name}: {text}{below}."
            )
        elif estimate.high < 0:
            yield f"{place.name} is the worst touchpoint of the journey: {text}."
        elif estimate.value < 0 or not estimate.has_interval:
            yield f"{place.name} is the lowest point of the journey: {text}, perhaps still neutral."
        else:
            yield f"No touchpoint is below neutral; {place.name} is the lowest point: {text}."
    elif row["measure"] == "drop_off":
        yield (
            f"{place.name} is the worst touchpoint as far as the log can tell: "
            "nobody was asked how it felt."
        )
    else:
        share = shown(estimate, "negative_share").full
        yield (
            f"{place.name} is the worst touchpoint as far as mentions can tell: "
            f"{share} are negative."
        )
    for few in worst.small:
        name = study.touchpoint(few["touchpoint"]).name
        number = shown(row_estimate(few), "valence").full
        yield f"{name} looks lower still, but on a small base: {number}."
    pain = rows.one("pain", place.id)
    found = rows.one("severity", place.id)
    if pain is not None and found is not None and pain["label"] == found["label"]:
        yield f"What hurts {worst.there}: {pain['label'].rstrip('.')} ({pain['note']})."


def _whom(worst: Worst, rows: Rows, study: Study) -> Iterator[str]:
    """Say which persona it hurts, most only where every difference is beyond chance."""
    whom = whom_it_hurts(rows, worst.touchpoint.id, study)
    if whom is None:
        if worst.row["measure"] == "valence" and study.personas:
            yield "Too few personas were asked to say whom it hurts."
        return
    it, there = worst.touchpoint.name if worst.alike else "It", worst.there
    estimate, low = shown(whom.estimate, "valence").full, listed(whom.alike)
    hurts = whom.estimate.value < 0
    lowest = f"the lowest is {whom.lowest}, {estimate}"
    if not whom.less:
        start = f"{it} hurts all personas alike" if hurts else f"All personas feel alike {there}"
        yield f"{start}, as far as the answers can tell; {lowest}."
    elif len(whom.alike) == 1:
        start = f"{it} hurts the persona {low} most"
        start = start if hurts else f"{low} is the least content {there}"
        yield f"{start}: {estimate}."
    else:
        start = f"{it} hurts {low} more than"
        start = start if hurts else f"{low} are less content {there} than"
        yield f"{start} {listed(whom.less)}; {lowest}."


def _lost(worst: Worst, rows: Rows, study: Study) -> Iterator[str]:
    """Say how many are lost there."""
    drop = rows.one("drop_off", worst.touchpoint.id)
    if drop is None or worst.touchpoint.id == study.touchpoints[-1].id:
        return
    within = f" ({drop['note'].partition(';')[0]})" if drop["note"] else ""
    get = f"get to {worst.touchpoint.name}" if worst.alike else "get there"
    yield f"{share_words(row_estimate(drop), f'customers who {get}')} go no further{within}."


def _action(worst: Worst, rows: Rows, study: Study) -> Iterator[str]:
    """Say what could be done about it."""
    ideas = ideas_at(rows, worst.touchpoint.id, study)
    if ideas:
        first = f"{ideas[0].text.rstrip('.')} ({ideas[0].detail})"
        yield f"What could be done {worst.there} first: {first}."
    else:
        yield f"No action is planned {worst.there}."


def _changes(rows: Rows, study: Study) -> Iterator[str]:
    """Say what changed since the report before."""
    tested = rows.one("tested")
    if tested is None:
        yield "There is no earlier report to compare with."
        return
    if not tested["value"]:
        yield (
            "Nothing can be compared with the report before: its figures are undated, "
            "of the same time, or defined otherwise."
        )
        return
    since = f"Since {tested['note']}" if tested["note"] else "Since the report before"
    ordered = ordered_changes(rows, study)
    moved: list[str] = []
    for verdict in ("better", "worse"):
        by_place: dict[str, list[tuple[Row, Row]]] = {}
        for now, change in ordered:
            if change["note"] == verdict:
                by_place.setdefault(_place_name(now, study), []).append((now, change))
        named = [_moved(place, pairs, verdict) for place, pairs in by_place.items()]
        moved += named[:_MOST_NAMED]
        if len(named) > _MOST_NAMED:
            moved.append(f"{counted(len(named) - _MOST_NAMED, 'more place')} got {verdict}")
    quiet = sum(change["note"] not in ("better", "worse") for _, change in ordered)
    if not moved:
        verb = "was" if quiet == 1 else "were"
        yield (
            f"{since} nothing changed more than chance would: "
            f"{counted(quiet, 'figure')} {verb} compared."
        )
        return
    yield f"{since}, {'; '.join(moved)}."
    if quiet:
        yield f"{counted(quiet, 'other figure')} moved no more than chance would make them."


def _moved(place: str, pairs: list[tuple[Row, Row]], verdict: str) -> str:
    """Return in words how a place moved: its clearest figure, and how many others."""
    now, change = pairs[0]
    name = measure_name(now["measure"])
    more = len(pairs) - 1
    others = f" (and {counted(more, 'more figure')})" if more else ""
    return f"{place} got {verdict}: {name} {then_now(now, change)}{others}"


def _place_name(row: Row, study: Study) -> str:
    """Return the name of a touchpoint or stage, else of the whole."""
    names = {s.id: s.name for s in study.stages} | {t.id: t.name for t in study.touchpoints}
    return names.get(row["touchpoint"] or row["stage"], "the journey as a whole")
