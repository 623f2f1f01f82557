"""Two reports of a study side by side: as lines to print, as a page, as a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate
from cjm_lab.journey.compare import change_evidence, compare_maps
from cjm_lab.journey.marks import mark_changes
from cjm_lab.journey.mixes import conversion_split
from cjm_lab.journey.model import JourneyMap
from cjm_lab.journey.rows import Row, Rows, records
from cjm_lab.journey.script import CSP_SOURCE
from cjm_lab.journey.since import VERDICTS, change_of, then_now
from cjm_lab.ledger import Ledger, defused, row_estimate
from cjm_lab.runs.archive import report_title
from cjm_lab.runs.exporting import map_of
from cjm_lab.runs.manifest import read_manifest
from cjm_lab.runs.pages.front import environment
from cjm_lab.study import Study, load_study
from cjm_lab.words import NBSP, counted, is_share, shown
from cjm_lab.workspace import Workspace, sha256, write_atomic, write_text

#: The parts of a comparison, in the order they are read, with what an empty one says.
PARTS = {
    "Key measures": "The study names no key measures.",
    "What else moved": "Nothing that chance could not make.",
    "Conversion: mix and rates": "Both reports must tell the conversion by channel, of periods "
    "apart.",
    "The rest": "There are no other figures.",
    "Not comparable": "Everything is defined as it was.",
}
_MOVED = ("better", "worse")
_PART_NAMES = {
    "change": "Conversion",
    "mix": "as customers came by other channels (mix)",
    "rates": "as the channels convert otherwise (rates)",
}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two reports of a study side by side; see `compare_reports`.

    Parameters
    ----------
    study
        The study as it is today.
    before, after
        Names of the reports.
    table
        As `cjm_lab.compare_maps` returns it.
    lines
        The same for a reader: ``part`` (one of `PARTS`), ``what``, ``then_now``, ``verdict``.
    notes
        What a reader must know first.
    map_
        The map of the later report with the changes marked.
    """

    study: Study
    before: str
    after: str
    table: pd.DataFrame
    lines: pd.DataFrame
    notes: tuple[str, ...]
    map_: JourneyMap


def compare_reports(workspace: Workspace, study: str, before: str, after: str) -> Comparison:
    """Compare two published reports, figure by figure.

    Parameters
    ----------
    workspace, study
        Whose reports.
    before, after
        Names of the reports, such as ``2026-09-30`` or ``2026-10-31_r2``, the earlier one first.

    Returns
    -------
    Comparison
        Key measures are those that study.yaml names today; a note says if it has changed since.

    Raises
    ------
    ParameterError
        If there is no such report, or `before` is not the earlier one.
    """
    current = load_study(workspace.raw(study))
    names = workspace.report_names(study)
    if len(names) < 2:
        raise ParameterError(
            f"study {study!r} must have two reports to compare, got {len(names)}; "
            f"make another with cjm run {study}"
        )
    for name in (before, after):
        if name not in names:
            raise ParameterError(one_of("report", names, name, f"reports of {study}"))
    if names.index(before) >= names.index(after):
        raise ParameterError(
            f"the first report must be the earlier one, got {before!r} and {after!r}; "
            f"try cjm compare {study} {after} {before}"
            if before != after
            else f"the two reports must differ, got {before!r} twice; name an earlier one first"
        )
    folder = workspace.reports(study)
    old, new = (Ledger.read_csv(folder / name / "evidence.csv") for name in (before, after))
    table = compare_maps(old, new, study=current)
    measured = new.frame[~new.frame["lane"].isin(["change", "health"])]
    both = pd.concat([measured, change_evidence(measured, old, current)], ignore_index=True)
    split = conversion_split(old, new, level=current.level)
    drawn = map_of(workspace, study, as_of=after)
    return Comparison(
        current,
        before,
        after,
        table,
        _lines(table, Rows(both), split),
        tuple(_notes(workspace, current, before, after)),
        mark_changes(replace(drawn, evidence=both), both),
    )


def write_comparison(found: Comparison, file: Path) -> Path:
    """Write a comparison as a page (.html) or as a table (.csv).

    Raises
    ------
    ParameterError
        If the file ends otherwise.
    """
    ending = file.suffix.casefold()
    if ending == ".html":
        return write_text(file, comparison_page(found))
    if ending == ".csv":
        table = found.table.copy()
        text = table.select_dtypes(exclude="number").columns
        table[text] = table[text].astype("str").apply(defused)
        return write_atomic(
            file, lambda p: table.to_csv(p, index=False, float_format="%.12g", lineterminator="\n")
        )
    raise ParameterError(f"--out must end in .html or .csv, got {file.name!r}; name it so")


def comparison_page(found: Comparison) -> str:
    """Return a comparison as one HTML file that asks for no other file."""
    parts = [
        (part, none, found.lines[found.lines["part"] == part].to_dict("records"))
        for part, none in PARTS.items()
    ]
    return (
        environment()
        .get_template("compare.html.j2")
        .render(
            title=f"{found.study.title}: {found.before} and {found.after}",
            notes=found.notes,
            parts=parts,
            map_html=found.map_.to_html(script=True),
            script_source=CSP_SOURCE,
        )
    )


def _notes(workspace: Workspace, study: Study, before: str, after: str) -> list[str]:
    """Return what a reader must know first."""
    folder = workspace.reports(study.name)
    runs = [read_manifest(folder / name) for name in (before, after)]
    spans = [f"{run['period']['start']} to {run['period']['end']}" for run in runs]
    notes = [
        f"The report of {report_title(before)} (figures of {spans[0]}) and that of "
        f"{report_title(after)} (figures of {spans[1]}). Key measures first, each against the "
        "smallest difference that matters; each family of figures is corrected for the number of "
        "comparisons."
    ]
    today = sha256(study.path)
    if runs[1]["inputs"].get("study.yaml") != today:
        notes.append(
            f"study.yaml has changed since the report of {report_title(after)}: the key measures "
            "and names are those of today, the figures and the map are the report's own."
        )
    return notes


def _lines(table: pd.DataFrame, rows: Rows, split: pd.DataFrame) -> pd.DataFrame:
    """Return the comparison for a reader, part by part."""
    now = {row["evidence_id"]: row for row in records(rows.frame)}
    changes = change_of(rows)
    lines = records(table)
    found = [
        {"part": "Key measures", **_line(line, now, changes, matters=True)}
        for line in lines
        if line["family"] == "key"
    ]
    others = [line for line in lines if line["family"] != "key"]
    found += [
        {"part": "What else moved", **_line(line, now, changes)}
        for line in others
        if line["verdict"] in _MOVED
    ]
    for row in split[split["segment"] == ""].to_dict("records") if len(split) else ():
        gap = Estimate(row["value"], row["low"], row["high"], n=int(row["n"]), method=row["method"])
        words = shown(gap, "all_share", change=True)
        found.append(
            {
                "part": "Conversion: mix and rates",
                "what": _PART_NAMES[row["part"]],
                "then_now": words.full,
                "verdict": "",
            }
        )
    found += [{"part": "The rest", **line} for line in _counts(others)]
    found += [
        {"part": "Not comparable", **_line(line, now, changes)}
        for line in others
        if line["verdict"] == "not comparable"
    ]
    return pd.DataFrame(found, columns=["part", "what", "then_now", "verdict"], dtype="str")


def _line(
    line: Row, now: dict[str, Row], changes: dict[str, Row], *, matters: bool = False
) -> dict[str, str]:
    """Return a figure's line for a reader: both values where it was tested, else why not."""
    figure, change = now.get(line["evidence_id"]), changes.get(line["evidence_id"])
    verdict = line["verdict"]
    if figure is not None and change is not None:
        words, verdict = then_now(figure, change), VERDICTS[verdict]
    elif figure is not None:
        words = f"now {shown(row_estimate(figure), figure['measure']).full}"
        verdict = f"{verdict}: {line['method']}" if line["method"] else verdict
    else:
        words = ""
    if matters and figure is not None and line["matters"] > 0:
        share = is_share(figure["measure"], figure["method"])
        least = f"{line['matters'] * (100 if share else 1):g}{f'{NBSP}points' if share else ''}"
        verdict += f" (what matters: ±{least})"
    return {"what": line["what"], "then_now": words, "verdict": verdict}


def _counts(others: list[Row]) -> list[dict[str, str]]:
    """Return how many of the other figures did not move, were not tested and why, new, gone."""
    table = pd.DataFrame(others, columns=["verdict", "method"])
    counts = []
    for verdict in ("unclear", "not tested", "new", "gone"):
        own = table[table["verdict"] == verdict]
        why = own["method"] if verdict == "not tested" else own["verdict"].map(_WORDS)
        counts += [
            {"what": counted(number, "figure"), "then_now": "", "verdict": _told(verdict, reason)}
            for reason, number in why.value_counts().items()
        ]
    return counts


_WORDS = {
    "unclear": "no change that chance could not make",
    "new": "measured for the first time",
    "gone": "no longer measured",
}


def _told(verdict: str, reason: object) -> str:
    return f"not tested: {reason}" if verdict == "not tested" else str(reason)
