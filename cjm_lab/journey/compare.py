"""What changed between two reports: better, worse, equivalent, unclear or not comparable."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, isnan, nan, sqrt

import numpy as np
import pandas as pd
from scipy import special

from cjm_lab.estimate import Estimate, benjamini_hochberg, difference, z_value
from cjm_lab.journey.model import JourneyMap
from cjm_lab.journey.rows import Row, derived, frame_of, records
from cjm_lab.ledger import Ledger, evidence, evidence_frame, row_estimate
from cjm_lab.planning.resources import LOWER
from cjm_lab.study import KeyMeasure, Study, SurveySource
from cjm_lab.study.personas import segment_text
from cjm_lab.words import capital, measure_name, span_words

#: The direction that is good, of the measures that have one; the others are not tested. Reach and
#: exit shares have none: they move with who is active, and a place that fewer need is no worse.
HIGHER = {"valence", "rating", "likert", "nps", "csat", "ces", "sus", "umux", "umux_lite",
          "conversion", "channel_conversion", "repeat_share", "resolved_share"}  # fmt: skip

#: What is measured anew for each report; the other lanes are derived from these or are words.
MEASURED = (
    "base", "acquisition", "usage", "contacts", "persona", "reach", "drop_off", "transition",
    "satisfaction", "emotion", "sentiment", "value_gap", "response", "pilot",
)  # fmt: skip

#: With fewer answers than this in either period a difference is not tested.
FEWEST = 30

_TEXT = ["evidence_id", "family", "what", "stage", "touchpoint", "persona", "segment", "measure"]
_NUMBERS = ["before", "after", "value", "low", "high", "n", "matters", "p", "p_adjusted"]
COLUMNS = [*_TEXT, *_NUMBERS, "verdict", "method"]
_TESTS = ["p_equivalent", "good"]


def compare_maps(
    before: JourneyMap | Ledger | pd.DataFrame,
    after: JourneyMap | Ledger | pd.DataFrame,
    *,
    study: Study,
) -> pd.DataFrame:
    """Compare the evidence of two reports, figure by figure.

    Parameters
    ----------
    before, after
        Two maps, or the ledgers behind them. Figures are joined on ``evidence_id``.
    study
        Its key measures are the first family of tests; every other figure with a good and a bad
        direction belongs to the second, exploratory one. Each family is corrected by itself.

    Returns
    -------
    DataFrame
        One row a figure, key measures first, with both values, the difference with its interval,
        the corrected p value and the verdict: ``better``, ``worse``, ``equivalent`` (a key
        measure, surely closer than what matters), ``unclear``; ``not comparable`` (its definition
        changed), ``not tested`` (`method` says why), ``new``, ``gone`` and ``not measured`` (a
        key measure without evidence).

    Notes
    -----
    The interval is MOVER's, from both intervals, or from both standard errors where an interval
    is missing. The p value belongs to the side of it that faces zero, so that it is below
    1 - level exactly when the interval leaves zero out. Equivalence is tested by two one-sided
    tests against `matters`, corrected within the key family as well.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702; Schuirmann (1987), J.
    Pharmacokinet. Biopharm. 15, 657-680; Benjamini & Hochberg (1995), JRSS B 57, 289-300.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.period import period_up_to
    >>> def month(day, successes, n):
    ...     period = period_up_to(day)
    ...     row = evidence(share(successes, n), lane="base", measure="conversion", period=period)
    ...     return evidence_frame([row])
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    >>> found = compare_maps(
    ...     month(date(2026, 8, 31), 48, 80), month(date(2026, 9, 30), 56, 70), study=study
    ... )
    >>> found[["value", "low", "high", "verdict"]].round(4).values.tolist()
    [[0.2, 0.0524, 0.3339, 'better']]
    """
    old, new = _by_id(before), _by_id(after)
    twice = _said_twice(new, study)
    rows = [_compared(old.get(key), row, study, key in twice) for key, row in new.items()]
    rows += [
        _described(row, study) | {"before": row["value"], "verdict": "gone"}
        for key, row in old.items()
        if key not in new
    ]
    rows += [
        {"family": "key", "what": key_name(key, study), "measure": key.measure,
         "touchpoint": key.touchpoint, "persona": key.persona, "verdict": "not measured"}
        for key in study.key_measures
        if not any(is_key(row, key) for row in new.values())
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=[*COLUMNS, *_TESTS])
    table[[*_NUMBERS, *_TESTS]] = table[[*_NUMBERS, *_TESTS]].astype("float64")
    text = [*_TEXT, "verdict", "method"]
    table[text] = table[text].astype("str").fillna("")
    table = _judged(table, 1 - study.level)
    return table.sort_values(
        ["family", "p_adjusted", "stage", "touchpoint", "measure", "evidence_id"],
        key=lambda column: column == "exploratory" if column.name == "family" else column,
        ignore_index=True,
    )[COLUMNS]


def change_evidence(measured: pd.DataFrame, previous: Ledger | None, study: Study) -> pd.DataFrame:
    """Return what changed since the previous report as rows of evidence.

    Parameters
    ----------
    measured
        The evidence of this report.
    previous
        The ledger of the previous one; without it there are no rows.
    study
        Its key measures and their directions.

    Returns
    -------
    DataFrame
        A row ``change`` for each figure that was tested: the difference with its interval, the
        verdict in ``note``. Rows ``not_comparable`` and ``not_measured`` name a figure each; rows
        ``tested``, ``not_tested``, ``new`` and ``gone`` count them, and the note of ``tested``
        names the time compared with.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    >>> change_evidence(evidence_frame(), None, study).empty
    True
    """
    if previous is None:
        return evidence_frame()
    table = compare_maps(previous, measured, study=study)
    now = _by_id(measured)
    found: list[Row] = []
    for line in records(table):
        row, verdict = now.get(line["evidence_id"]), line["verdict"]
        if row is not None and verdict in ("better", "worse", "equivalent", "unclear"):
            bounds = {key: line[key] for key in ("value", "low", "high", "method")}
            change = Estimate(**bounds, n=int(line["n"]))
            words = {"label": line["what"], "note": verdict, "item": row["evidence_id"]}
            found.append(derived(row, change, lane="change", measure="change", **words))
        elif row is not None and verdict == "not comparable":
            words = {"label": line["what"], "note": line["method"], "item": row["evidence_id"]}
            found.append(derived(row, None, lane="change", measure="not_comparable", **words))
        elif verdict == "not measured":
            words = {"label": line["what"], "note": "a key measure without evidence"}
            found.append(
                evidence(lane="change", measure="not_measured", status="reasoned",
                         touchpoint=line["touchpoint"], persona=line["persona"],
                         item=line["measure"], **words)
            )  # fmt: skip
    tested = table["verdict"].isin(["better", "worse", "equivalent", "unclear"])
    counts = {"tested": tested, **{
        name.replace(" ", "_"): table["verdict"] == name for name in ("not tested", "new", "gone")
    }}  # fmt: skip
    for name, these in counts.items():
        number = Estimate(int(these.sum()), nan, nan, n=len(table), method="count")
        found.append(
            evidence(number, lane="change", measure=name, status="reasoned",
                     note=_times(previous.frame) if name == "tested" else "")
        )  # fmt: skip
    return evidence_frame(found)


def is_key(row: Row, key: KeyMeasure) -> bool:
    """Return whether a row of evidence is what a key measure names."""
    found = (row["measure"], row["touchpoint"], row["persona"], row["segment"], row["subject"])
    return found == (key.measure, key.touchpoint, key.persona, segment_text(key.segment), "us")


def key_name(key: KeyMeasure, study: Study) -> str:
    """Return a key measure in words.

    Examples
    --------
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A",
    ...     "touchpoints": [{"id": "pot", "name": "Pot"}]}]})
    >>> key_name(KeyMeasure(measure="nps", matters=3, touchpoint="pot"), study)
    'Pot: Net Promoter Score'
    """
    name, segment = measure_name(key.measure), segment_text(key.segment)
    return _place(name, "", key.touchpoint, key.persona, segment, study)


def what(row: Row, study: Study) -> str:
    """Return what a row of evidence measures, in words: place, measure, of whom."""
    name = measure_name(row["measure"])
    if row["measure"] in ("rating", "likert") and row["label"]:
        name = f"{name} “{row['label']}”"
    return _place(name, row["stage"], row["touchpoint"], row["persona"], row["segment"], study)


def good_direction(row: Row, study: Study) -> int:
    """Return +1 where more is better, -1 where less is, 0 where neither can be said."""
    measure = row["measure"]
    if row["subject"] != "us" or row["method"] == "count":
        return 0
    key = next((key for key in study.key_measures if is_key(row, key)), None)
    if key is not None and "better" in key.model_fields_set:
        return 1 if key.better == "higher" else -1
    if measure in LOWER:
        return -1
    if measure in HIGHER or measure in _named_by_questions(study):
        return 1
    return 1 if key is not None else 0


def _named_by_questions(study: Study) -> set[str]:
    """Return the measures that a question of the study names itself: shares of a success."""
    surveys = [source for source in study.sources if isinstance(source, SurveySource)]
    return {q.as_ for survey in surveys for q in survey.questions.values() if q.as_}


def _by_id(part: JourneyMap | Ledger | pd.DataFrame) -> dict[str, Row]:
    """Return the measured rows that have a value, by their evidence_id."""
    frame = part.evidence if isinstance(part, JourneyMap) else frame_of(part)
    own = frame[frame["lane"].isin(MEASURED) & frame["value"].notna()]
    return {row["evidence_id"]: row for row in records(own)}


def _described(row: Row, study: Study) -> Row:
    """Return what every line of the comparison says about its figure."""
    key = next((key for key in study.key_measures if is_key(row, key)), None)
    copied = {name: row[name] for name in _TEXT if name not in ("family", "what")}
    return copied | {
        "family": "key" if key else "exploratory",
        "what": what(row, study),
        "matters": key.matters if key else nan,
    }


def _said_twice(rows: dict[str, Row], study: Study) -> set[str]:
    """Return the ratings that are a touchpoint's satisfaction once more, on the scale as asked.

    Tested beside it they would count one change twice.
    """
    felt = {row["touchpoint"] for row in rows.values() if row["measure"] == "valence"}
    asked: dict[str, list[str]] = {}
    for key, row in rows.items():
        ours = row["subject"] == "us" and not row["persona"] and not row["segment"]
        if ours and row["measure"] == "rating" and row["touchpoint"] in felt:
            asked.setdefault(row["touchpoint"], []).append(key)
    single = {keys[0] for keys in asked.values() if len(keys) == 1}
    return {key for key in single if not any(is_key(rows[key], k) for k in study.key_measures)}


def _compared(old: Row | None, new: Row, study: Study, twice: bool) -> Row:
    """Return one line of the comparison, with p values where it can be tested."""
    line = _described(new, study) | {"after": new["value"]}
    if old is None:
        return line | {"verdict": "new"}
    line["before"] = old["value"]
    line["good"] = good_direction(new, study)
    if old["basis"] != new["basis"]:
        return line | {"verdict": "not comparable", "method": "it is defined otherwise now"}
    reason = "tested as the satisfaction there" if twice else _why_not(old, new, line["good"])
    if reason:
        return line | {"verdict": "not tested", "method": reason}
    gap = _difference(row_estimate(new), row_estimate(old), study.level)
    line |= {"value": gap.value, "low": gap.low, "high": gap.high, "n": gap.n, "method": gap.method}
    if min(old["n"], new["n"]) < FEWEST:
        reason = f"{gap.method}; fewer than {FEWEST}, not tested"
        return line | {"verdict": "unclear", "method": reason}
    z = z_value(study.level)
    below, above = (gap.value - gap.low) / z, (gap.high - gap.value) / z
    if not (below > 0 and above > 0):
        return line | {"verdict": "unclear", "method": f"{gap.method}; no spread, not tested"}
    facing = below if gap.value > 0 else above
    line["p"] = float(2 * special.ndtr(-abs(gap.value) / facing))
    matters = line["matters"]
    if not isnan(matters):
        too_low, too_high = (gap.value + matters) / below, (matters - gap.value) / above
        line["p_equivalent"] = float(special.ndtr(-min(too_low, too_high)))
    return line


def _why_not(old: Row, new: Row, good: int) -> str:
    """Return why two figures of one definition cannot be tested, empty where they can."""
    if not good:
        return "no direction is good or bad"
    if not (old["period_start"] and new["period_start"]):
        return "undated"
    if old["period_end"] >= new["period_start"] and new["period_end"] >= old["period_start"]:
        return "the periods overlap"
    known = [isfinite(row["high"] - row["low"]) or isfinite(row["se"]) for row in (old, new)]
    return "" if all(known) else "no interval"


def _difference(new: Estimate, old: Estimate, level: float) -> Estimate:
    """Return the change with an interval from both intervals, else from both standard errors."""
    gap = difference(_of_any_sample(new, level), _of_any_sample(old, level))
    if gap.has_interval:
        return gap
    se = sqrt(new.se**2 + old.se**2)
    half = z_value(level) * se
    low, high = gap.value - half, gap.value + half
    return Estimate(gap.value, low, high, n=gap.n, method="from both se", se=se)


def _of_any_sample(estimate: Estimate, level: float) -> Estimate:
    """Return an estimate with the interval that a comparison needs.

    A sample without replacement from few mentions has a narrow interval for those very mentions;
    for what makes people write, the standard error without finite-population correction holds.
    """
    if "without finite-population correction" not in estimate.method or isnan(estimate.se):
        return estimate
    half = float(special.stdtrit(max(estimate.n - 2, 1), 0.5 + level / 2)) * estimate.se
    return replace(estimate, low=estimate.value - half, high=estimate.value + half)


def _judged(table: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Return the lines with corrected p values, and a verdict on those that have none yet."""
    families = table.groupby("family")
    p_adjusted = families["p"].transform(_corrected)
    equal = families["p_equivalent"].transform(_corrected)
    improved = np.where(table["value"] * table["good"] > 0, "better", "worse")
    verdict = np.select([equal <= alpha, p_adjusted <= alpha], ["equivalent", improved], "unclear")
    return table.assign(
        p_adjusted=p_adjusted, verdict=table["verdict"].where(table["verdict"] != "", verdict)
    )


def _corrected(p: pd.Series) -> pd.Series:
    return pd.Series(benjamini_hochberg(p.to_numpy(dtype=float)), index=p.index)


def _place(
    measure: str, stage: str, touchpoint: str, persona: str, segment: str, study: Study
) -> str:
    """Return a place, a measure and of whom, as one phrase."""
    names = {t.id: t.name for t in study.touchpoints}
    stages = {s.id: s.name for s in study.stages}
    people = {p.id: p.name for p in study.personas}
    where = names.get(touchpoint, touchpoint) or stages.get(stage, stage)
    whom = [part for part in (people.get(persona, persona), segment) if part]
    phrase = f"{where}: {measure}" if where else capital(measure)
    return f"{phrase} ({', '.join(whom)})" if whom else phrase


def _times(frame: pd.DataFrame) -> str:
    """Return the span that most of the dated evidence refers to, in words."""
    dated = frame[(frame["period_start"] != "") & frame["lane"].isin(MEASURED)]
    if dated.empty:
        return ""
    spans = dated["period_start"] + " " + dated["period_end"]
    return span_words(*str(spans.mode()[0]).split())
