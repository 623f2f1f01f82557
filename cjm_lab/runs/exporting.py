"""A report's map in other forms: for slides, spreadsheets, other tools and the wall."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cjm_lab.errors import ParameterError, StudyError, one_of
from cjm_lab.journey import build_map
from cjm_lab.journey.model import JourneyMap
from cjm_lab.journey.sights import VIEWS
from cjm_lab.ledger import Ledger, evidence_frame, restored
from cjm_lab.study import Study, load_study
from cjm_lab.workspace import Workspace, parse_day, write_atomic, write_text

if TYPE_CHECKING:
    import pandas as pd

#: Forms of the map, with the ending of their files.
FORMATS = {
    "json": ".json", "mermaid": ".mmd", "csv": ".csv", "xlsx": ".xlsx", "pptx": ".pptx",
    "html": ".html", "svg": ".svg", "png": ".png", "pdf": ".pdf", "cards": ".cards.html",
}  # fmt: skip


def report_of(workspace: Workspace, study: str, as_of: str = "") -> Path | None:
    """Return the latest report of a study, or the one of a day; None if there is none yet.

    Raises
    ------
    ParameterError
        If the study has reports, but none of that day.
    """
    names = workspace.report_names(study)
    if not as_of:
        return workspace.reports(study) / names[-1] if names else None
    fitting = [name for name in names if name == as_of or name.partition("_r")[0] == as_of]
    if not fitting:
        raise ParameterError(one_of("--as-of", names, as_of, f"reports of {study}"))
    return workspace.reports(study) / fitting[-1]


def map_of(
    workspace: Workspace,
    study: str,
    *,
    as_of: str = "",
    persona: str = "",
    state: Literal["as-is", "to-be"] = "as-is",
    view: str = "journey",
) -> JourneyMap:
    """Return the map of a report; of a study without one, the map of what is assumed.

    Parameters
    ----------
    workspace, study
        Whose map.
    as_of
        Day of the report; by default the latest one.
    persona
        Id of a persona: its own map, drawn anew from the report's evidence.
    state
        The journey as it is or as it is meant to be.
    view
        ``journey``, the ``blueprint`` of the service or the ``canvas`` before, during, after.

    Raises
    ------
    ParameterError
        If there is no such report or persona.
    StudyError
        If the study has no report and no day to stand on the map.
    """
    from cjm_lab.export.document import from_json

    report = report_of(workspace, study, as_of) if workspace.report_names(study) else None
    if report is not None and not persona and state == "as-is" and (report / "map.json").is_file():
        drawn = from_json((report / "map.json").read_text("utf-8"))
    else:
        drawn = _drawn(workspace, study, report, as_of, persona, state)
    return VIEWS[view](drawn)


def _drawn(
    workspace: Workspace,
    name: str,
    report: Path | None,
    as_of: str,
    persona: str,
    state: Literal["as-is", "to-be"],
) -> JourneyMap:
    """Return a map drawn from a report's evidence and the study as it is today."""
    from cjm_lab.personas.cards import persona_cards

    study, ledger, day = _known(workspace, name, report, as_of)
    return build_map(
        study,
        ledger,
        as_of=day,
        persona=persona,
        state=state,
        assumed=assumed_of(study),
        cards=persona_cards(study, ledger),
    )


def _known(
    workspace: Workspace, name: str, report: Path | None, as_of: str
) -> tuple[Study, Ledger, date]:
    """Return the study as it is today, the evidence of its report, and the day of that."""
    study = load_study(workspace.raw(name) / "study.yaml")
    if report is None and not as_of:
        raise StudyError(
            f"study {name!r} must have a report to export, got none; run it, or give the day that "
            "should stand on the map with --as-of"
        )
    ledger = Ledger.read_csv(report / "evidence.csv") if report else Ledger(evidence_frame())
    return study, ledger, parse_day(report.name.partition("_r")[0] if report else as_of)


def assumed_of(study: Study) -> pd.DataFrame:
    """Return what people say of the map in map.csv."""
    from cjm_lab.sources.tables import read_kind

    return read_kind(study, "map").apply(restored)


def export_study(
    workspace: Workspace,
    study: str,
    to: str,
    *,
    output: Path | None = None,
    as_of: str = "",
    persona: str = "",
    view: str = "journey",
    state: Literal["as-is", "to-be"] = "as-is",
) -> Path:
    """Write the map of a study, or one of its personas, into a new file.

    Parameters
    ----------
    workspace, study, as_of, persona, view, state
        As in `map_of`.
    to
        One of `FORMATS`; ``protocol``: the walkthrough's, to print; or ``persona``: a persona to be
        carried over to another study.
    output
        The file; by default named after study and day, in the current folder.
    """
    from cjm_lab.personas.carry import persona_file

    if to not in (*FORMATS, "protocol", "persona"):
        raise ParameterError(one_of("--to", (*FORMATS, "protocol", "persona"), to))
    if view not in VIEWS:
        raise ParameterError(one_of("--view", VIEWS, view))
    if to == "persona":
        declared = load_study(workspace.raw(study) / "study.yaml")
        known = [one.id for one in declared.personas]
        if persona not in known:
            raise ParameterError(one_of("--persona", known, persona))
        path = _new(output or Path(f"{study}_{persona}.persona.yaml"))
        return write_text(path, persona_file(declared, persona))
    if to == "protocol":
        from cjm_lab.runs.printing import printed_protocol

        report = report_of(workspace, study, as_of) if workspace.report_names(study) else None
        declared, ledger, day = _known(workspace, study, report, as_of)
        path = _new(output or Path(f"{study}_{day}.protocol.html"))
        return write_text(path, printed_protocol(declared, ledger.frame, day))
    drawn = map_of(workspace, study, as_of=as_of, persona=persona, state=state, view=view)
    parts = [study, drawn.as_of.isoformat(), persona, view if view != "journey" else ""]
    parts.append(state if state != "as-is" else "")
    name = "_".join(part for part in parts if part) + FORMATS[to]
    return export_map(drawn, to, output or Path(name))


def _new(path: Path) -> Path:
    """Return a path where no file is yet: a colleague may have edited one that is there."""
    if path.exists():
        raise ParameterError(
            f"--output must name a new file, got {str(path)!r}, which is there already; remove it "
            "or choose another name"
        )
    return path


def export_map(drawn: JourneyMap, to: str, path: Path) -> Path:
    """Write a map in one of `FORMATS`; a file that is there is never overwritten.

    Raises
    ------
    ParameterError
        If there is no such form, or the file is there already: a colleague may have edited it.
    """
    if to not in FORMATS:
        raise ParameterError(one_of("--to", FORMATS, to))
    return _WRITERS[to](drawn, _new(path))


def _text(write: Callable[[JourneyMap], str]) -> Callable[[JourneyMap, Path], Path]:
    """Return a writer of a text file."""
    return lambda drawn, path: write_text(path, write(drawn))


def _json(drawn: JourneyMap) -> str:
    from cjm_lab.export.document import to_json

    return to_json(drawn)


def _mermaid(drawn: JourneyMap) -> str:
    from cjm_lab.export.mermaid import to_mermaid

    return to_mermaid(drawn)


def _csv(drawn: JourneyMap) -> str:
    from cjm_lab.export.long_table import to_csv

    return to_csv(drawn)


def _page(drawn: JourneyMap) -> str:
    from cjm_lab.runs.pages import map_page

    return map_page(drawn.title, drawn.to_html(script=True))


def _cards(drawn: JourneyMap) -> str:
    from cjm_lab.personas.draw_cards import cards_html
    from cjm_lab.runs.pages import map_page

    return map_page(f"{drawn.title}: the personas", cards_html(drawn.cards))


def _binary(write: Callable[[JourneyMap, Path], Any]) -> Callable[[JourneyMap, Path], Path]:
    """Return a writer of a file that appears whole or not at all."""
    return lambda drawn, path: write_atomic(path, lambda draft: write(drawn, draft))


def _xlsx(drawn: JourneyMap, path: Path) -> None:
    from cjm_lab.export.long_table import to_xlsx

    to_xlsx(drawn, path)


def _pptx(drawn: JourneyMap, path: Path) -> None:
    from cjm_lab.export.slides import to_pptx

    to_pptx(drawn, path)


def _png(drawn: JourneyMap, path: Path) -> None:
    from cjm_lab.export.pictures import to_png

    to_png(drawn, path)


def _pdf(drawn: JourneyMap, path: Path) -> None:
    from cjm_lab.export.pictures import to_pdf

    to_pdf(_page(drawn), path)


_WRITERS: dict[str, Callable[[JourneyMap, Path], Path]] = {
    "json": _text(_json),
    "mermaid": _text(_mermaid),
    "csv": _text(_csv),
    "html": _text(_page),
    "svg": _text(lambda drawn: drawn.to_svg()),
    "cards": _text(_cards),
    "xlsx": _binary(_xlsx),
    "pptx": _binary(_pptx),
    "png": _binary(_png),
    "pdf": _binary(_pdf),
}
