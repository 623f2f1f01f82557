"""The tables of the front page: key figures, what hurts, what changed, the map's health."""

from __future__ import annotations

from math import isnan

import pandas as pd

from cjm_lab.journey.compare import MEASURED, is_key, what
from cjm_lab.journey.ideas import ideas_at
from cjm_lab.journey.model import NO_EVIDENCE
from cjm_lab.journey.pains import whom_it_hurts
from cjm_lab.journey.rows import Row, Rows, records
from cjm_lab.journey.since import (
    VERDICTS,
    change_of,
    is_key_measure,
    ordered_changes,
    then_now,
)
from cjm_lab.journey.story import worst_touchpoint
from cjm_lab.ledger import Ledger, row_estimate
from cjm_lab.study import Study
from cjm_lab.words import capital, counted, listed, measure_name, shown

_TILES = 5

#: So many figures of a kind are named, the others counted.
_MOST_NAMED = 3


def key_figures(ledger: Ledger | pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the five figures of the front page.

    Returns
    -------
    DataFrame
        One row a figure: ``name``, ``value``, ``interval`` (with n), ``note`` (what changed) and
        ``tone`` (better, worse or empty). Conversion, Net Promoter Score and negative mentions
        come first, then the study's key measures and whatever else describes the whole; the worst
        touchpoint is the last. What has no evidence is left out unless fewer than five have.
    """
    rows = Rows(ledger)
    changes = change_of(rows)
    measured = [row for row in records(rows.frame) if row["lane"] in MEASURED]
    wanted = [rows.one("conversion"), rows.one("nps")]
    wanted += [rows.one("negative_share") or rows.one("automatic_negative_share")]
    missing = [
        measure_name(name)
        for name, row in zip(("conversion", "nps", "negative_share"), wanted, strict=True)
        if row is None
    ]
    worst = worst_touchpoint(rows, study)
    wanted += [row for key in study.key_measures for row in measured if is_key(row, key)]
    others = ("csat", "ces", *_named(measured), "repeat_share", "churn_share", "active_customers")
    wanted += [rows.one(name) for name in (*others, "mentions")]
    found = {row["evidence_id"]: row for row in wanted if row is not None}
    if worst is not None:
        found.pop(worst.row["evidence_id"], None)
    chosen = list(found.values())[: _TILES - (worst is not None)]
    tiles = [_tile(capital(what(row, study)), row, changes) for row in chosen]
    tiles += [
        {"name": capital(name), "value": NO_EVIDENCE, "interval": "", "note": "", "tone": ""}
        for name in missing[: max(0, _TILES - len(tiles) - (worst is not None))]
    ]
    if worst is not None:
        first = "Lowest point" if worst.alike else "Worst touchpoint"
        name = f"{first}: {worst.touchpoint.name}"
        tiles.append(_tile(name, worst.row, changes))
    columns = ["name", "value", "interval", "note", "tone"]
    return pd.DataFrame(tiles, columns=columns, dtype="str")


def pain_table(ledger: Ledger | pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the pain points, the worst first: what hurts, where, whom, how much, how sure.

    Returns
    -------
    DataFrame
        ``pain``, ``place``, ``whom``, ``how_many``, ``how_sure`` and ``what_to_do``.
    """
    rows = Rows(ledger)
    found: list[tuple[float, dict[str, str]]] = []
    for touchpoint in study.touchpoints:
        pain, rank = rows.one("pain", touchpoint.id), rows.one("rank", touchpoint.id)
        if pain is None:
            continue
        whom = whom_it_hurts(rows, touchpoint.id, study)
        ideas = ideas_at(rows, touchpoint.id, study)
        lost = rows.estimate("drop_off", touchpoint.id)
        felt = rows.estimate("valence", touchpoint.id)
        numbers = [f"felt {shown(felt, 'valence').full}" if felt else ""]
        numbers.append(f"lost {shown(lost, 'drop_off').full}" if lost else "")
        complaints = rows.estimate("negative_share", touchpoint.id)
        if complaints is not None:
            numbers.append(f"{shown(complaints, 'negative_share').full} mentions negative")
        if whom is None or whom.estimate.value >= 0:
            hurt = "All customers"
        else:
            hurt = listed(whom.alike) if whom.less else "All alike"
        line = {
            "pain": pain["label"],
            "place": touchpoint.name,
            "whom": hurt,
            "how_many": "; ".join(number for number in numbers if number),
            "how_sure": capital(pain["note"]),
            "what_to_do": f"{ideas[0].text} ({ideas[0].detail})" if ideas else "Nothing planned",
        }
        found.append((rank["value"] if rank else len(found) + 1, line))
    found.sort(key=lambda pair: pair[0])
    columns = ["pain", "place", "whom", "how_many", "how_sure", "what_to_do"]
    return pd.DataFrame([line for _, line in found], columns=columns, dtype="str")


def change_table(ledger: Ledger | pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what changed: key measures first, then what chance does not explain, then counts.

    Returns
    -------
    DataFrame
        ``where``, ``then_now`` (both values and the difference with its interval) and ``verdict``;
        no row where there was no report before.
    """
    rows = Rows(ledger)
    if rows.one("tested") is None:
        return pd.DataFrame(columns=["where", "then_now", "verdict"], dtype="str")
    ordered = ordered_changes(rows, study)
    found = [
        {
            "where": change["label"],
            "then_now": then_now(now, change),
            "verdict": VERDICTS[change["note"]],
        }
        for now, change in ordered
        if is_key_measure(now, study) or change["note"] in ("better", "worse")
    ]
    frame = rows.frame
    named = set(frame.loc[frame["lane"] == "change", "label"])
    keys = [r for r in records(frame) if r["lane"] in MEASURED and is_key_measure(r, study)]
    untested = [
        {
            "where": what(row, study),
            "then_now": f"now {shown(row_estimate(row), row['measure']).full}",
            "verdict": "not compared",
        }
        for row in keys
        if not isnan(row["value"]) and what(row, study) not in named
    ]
    at = sum(is_key_measure(now, study) for now, _ in ordered)
    found[at:at] = untested
    for measure in ("not_comparable", "not_measured"):
        own = frame[(frame["lane"] == "change") & (frame["measure"] == measure)]
        verdict = measure.replace("_", " ")
        found += [
            {"where": row["label"], "then_now": row["note"], "verdict": verdict}
            for row in records(own.head(_MOST_NAMED))
        ]
        if len(own) > _MOST_NAMED:
            more = counted(len(own) - _MOST_NAMED, "other figure")
            found.append({"where": more, "then_now": "", "verdict": verdict})
    quiet = sum(
        change["note"] not in ("better", "worse") and not is_key_measure(now, study)
        for now, change in ordered
    )
    if quiet:
        words = "no change that chance could not make"
        others = counted(quiet, "other figure")
        found.append({"where": others, "then_now": "", "verdict": words})
    for measure, words in (("new", "measured for the first time"), ("gone", "no longer measured")):
        count = rows.one(measure)
        if count is not None and count["value"] > 0:
            figures = counted(count["value"], "figure")
            found.append({"where": figures, "then_now": "", "verdict": words})
    return pd.DataFrame(found, columns=["where", "then_now", "verdict"], dtype="str")


def health_table(ledger: Ledger | pd.DataFrame) -> pd.DataFrame:
    """Return the common mistakes found on the map: ``what`` and ``remedy``."""
    rows = Rows(ledger).all("mistake")
    lines = [{"what": row["label"], "remedy": row["note"]} for row in rows]
    return pd.DataFrame(lines, columns=["what", "remedy"], dtype="str")


def _tile(name: str, row: Row, changes: dict[str, Row]) -> dict[str, str]:
    """Return one figure of the front page."""
    text = shown(row_estimate(row), row["measure"])
    change = changes.get(row["evidence_id"])
    verdict = change["note"] if change else ""
    return {
        "name": name,
        "value": text.value,
        "interval": f"{text.interval} {text.n}".strip(),
        "note": VERDICTS[verdict] if change else "not compared",
        "tone": verdict if verdict in ("better", "worse") else "",
    }


def _named(measured: list[Row]) -> list[str]:
    """Return the names of overall satisfaction measures that the study named itself."""
    own = {r["measure"] for r in measured if r["lane"] == "satisfaction" and not r["touchpoint"]}
    return sorted(own - {"nps", "csat", "ces", "rating", "likert", "performance"})
