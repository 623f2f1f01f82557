"""The command line: ``cjm new``, ``import``, ``check``, ``label``, ``run``, ``compare`` and others.

Each command is thin: what it does lives in `cjm_lab.runs`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cjm_lab.errors import CjmError, ParameterError

if TYPE_CHECKING:
    from cjm_lab.runs.run import Progress
    from cjm_lab.workspace import Workspace

app = typer.Typer(
    name="cjm",
    help="Customer journey maps computed from evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StudyName = Annotated[str, typer.Argument(help="Name of the study's folder in data/raw.")]
WorkspaceFolder = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder with data/raw; default: the nearest one above."),
]
AsOf = Annotated[str, typer.Option("--as-of", help="Last day that counts, such as 2026-10-31.")]
Param = Annotated[
    list[str] | None,
    typer.Option("--param", help="NAME=VALUE of a notebook parameter: period, seed."),
]

_PARAMETERS = ("period", "seed")
_INTERRUPTED = 130


@app.command()
def run(
    study: StudyName,
    as_of: AsOf = "",
    workspace: WorkspaceFolder = None,
    param: Param = None,
    revise: Annotated[
        bool, typer.Option("--revise", help="Publish a correction beside a published report.")
    ] = False,
) -> None:
    """Execute the seven notebooks and publish a dated report."""
    from cjm_lab.runs.run import run_study

    parameters = _parameters(param or [])
    result = run_study(
        _workspace(workspace),
        study,
        as_of=as_of,
        period=parameters.get("period", ""),
        seed=_whole_number("seed", parameters.get("seed", "0")),
        revise=revise,
        progress=_progress(),
    )
    said = "published" if result.new else "already published, nothing has changed:"
    typer.echo(f"{said} {result.report / 'index.html'}")


@app.command()
def check(study: StudyName, workspace: WorkspaceFolder = None) -> None:
    """Say what a study has, what is missing, what is wrong."""
    from rich.console import Console
    from rich.table import Table

    from cjm_lab.runs.check import check_study, proposals

    for draft in proposals(_workspace(workspace), study):
        typer.echo(draft)
    table = Table("what", "state", "detail", title=f"study {study}")
    for line in check_study(_workspace(workspace), study):
        table.add_row(line.what, line.state, line.detail)
    # Text from files must not be read as markup.
    Console(markup=False, highlight=False).print(table)


@app.command()
def label(
    study: StudyName,
    n: Annotated[int, typer.Option("--n", help="Mentions to have in the sample.")] = 200,
    by: Annotated[
        str,
        typer.Option("--by", help="touchpoint, or a column such as channel: 30 or more of each."),
    ] = "",
    as_of: AsOf = "",
    workspace: WorkspaceFolder = None,
    param: Param = None,
) -> None:
    """Draw a random sample of mentions into labels.csv, for people to label."""
    from cjm_lab.runs.labeling import grow_labels

    parameters = _parameters(param or [])
    sheet = grow_labels(
        _workspace(workspace),
        study,
        n,
        by=by,
        as_of=as_of,
        period=parameters.get("period", ""),
        seed=_whole_number("seed", parameters.get("seed", "0")),
    )
    typer.echo(
        f"{sheet.drawn:,} of {sheet.frame:,} mentions are drawn, {sheet.new:,} of them new; "
        f"{sheet.to_label:,} wait for a label in {sheet.file}: negative, neutral, positive or "
        "undecided"
    )


@app.command()
def new(
    study: StudyName,
    template: Annotated[
        str,
        typer.Option("--template", help="purchase, subscription, support_issue or renewal."),
    ] = "purchase",
    title: Annotated[str, typer.Option("--title", help="What the study is called.")] = "",
    workspace: WorkspaceFolder = None,
) -> None:
    """Begin a study from a template: goals and stages to be corrected, and no data yet."""
    from cjm_lab.runs.starting import new_study

    path = new_study(_workspace(workspace, make=True), study, template=template, title=title)
    typer.echo(f"written {path}; correct it, then see what is missing: cjm check {study}")


@app.command(name="import")
def import_(
    study: StudyName,
    file: Annotated[
        Path,
        typer.Argument(help="A drawn journey (Mermaid, CSV, XLSX, JSON), or a persona (YAML)."),
    ],
    title: Annotated[str, typer.Option("--title", help="What a new study is called.")] = "",
    as_of: AsOf = "",
    workspace: WorkspaceFolder = None,
) -> None:
    """Begin a study from a drawn journey, or take edits and personas into one that is there."""
    from cjm_lab.runs.starting import begin_from, bring_in

    place = _workspace(workspace, make=True)
    if study not in place.studies():
        taken = begin_from(place, study, file, title=title)
        typer.echo(
            f"written {taken.file}, {taken.rows:,} items as assumed beside it; see what is "
            f"missing: cjm check {study}"
        )
        return
    typer.echo(bring_in(place, study, file, as_of=as_of))


@app.command()
def compare(
    study: StudyName,
    before: Annotated[str, typer.Argument(help="The earlier report, such as 2026-09-30.")],
    after: Annotated[str, typer.Argument(help="The later one, such as 2026-10-31_r2.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write as well: .html or .csv.")
    ] = None,
    workspace: WorkspaceFolder = None,
) -> None:
    """Say what changed between two reports: better, worse, equivalent, unclear, not comparable."""
    from rich.console import Console
    from rich.table import Table

    from cjm_lab.runs.comparing import PARTS, compare_reports, write_comparison

    found = compare_reports(_workspace(workspace), study, before, after)
    console = Console(markup=False, highlight=False)
    for note in found.notes:
        console.print(note)
    for part, none in PARTS.items():
        table = Table("what", "then → now", "verdict", title=part, title_justify="left")
        lines = found.lines[found.lines["part"] == part]
        for _, what, then_now, verdict in lines.itertuples(index=False):
            table.add_row(what, then_now, verdict)
        console.print(table if len(lines) else f"{part}: {none}")
    if out is not None:
        typer.echo(f"written {write_comparison(found, out)}")


@app.command()
def export(
    study: StudyName,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="json, mermaid, csv, xlsx, pptx, html, svg, png, pdf, cards, protocol or persona.",
        ),
    ],
    output: Annotated[Path | None, typer.Option("--output", help="File to write.")] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="Day of the report; default: last.")] = "",
    persona: Annotated[str, typer.Option("--persona", help="Id of the persona.")] = "",
    view: Annotated[str, typer.Option("--view", help="journey, blueprint or canvas.")] = "journey",
    to_be: Annotated[bool, typer.Option("--to-be", help="The journey as it is meant to be.")] = (
        False
    ),
    workspace: WorkspaceFolder = None,
) -> None:
    """Write the map of a report for slides, spreadsheets, other tools or the wall."""
    from cjm_lab.runs.exporting import export_study

    path = export_study(
        _workspace(workspace),
        study,
        to,
        output=output,
        as_of=as_of,
        persona=persona,
        view=view,
        state="to-be" if to_be else "as-is",
    )
    typer.echo(f"written {path}")


def main() -> NoReturn:
    """Run the command line: bad input exits 2, a failed step 1, an interrupt 130."""
    try:
        code = app(standalone_mode=False)
    except CjmError as error:
        print(f"cjm: {error}", file=sys.stderr)
        code = error.exit_code
    except typer.TyperException as error:
        print(f"cjm: {error}; see cjm --help", file=sys.stderr)
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    if code == _INTERRUPTED:  # typer may have caught the interrupt itself
        print("cjm: interrupted; nothing was published", file=sys.stderr)
    sys.exit(code or 0)


def _workspace(folder: Path | None, *, make: bool = False) -> Workspace:
    """Return the workspace named, else the nearest one above, else (`make`) this folder."""
    from cjm_lab.workspace import Workspace

    if folder is None:
        return Workspace.find(make=make)
    if make:
        return Workspace(folder.resolve())
    if not (folder / "data" / "raw").is_dir():
        raise ParameterError(
            f"workspace must be a folder with a folder data/raw, got '{folder}'; "
            "create data/raw/<study>/study.yaml in it"
        )
    return Workspace(folder.resolve())


def _parameters(pairs: list[str]) -> dict[str, str]:
    """Return --param NAME=VALUE pairs as a dict."""
    from cjm_lab.errors import one_of

    parameters = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ParameterError(f"--param must look like NAME=VALUE, got {pair!r}")
        if name not in _PARAMETERS:
            raise ParameterError(one_of("--param", _PARAMETERS, name))
        parameters[name] = value
    return parameters


def _whole_number(name: str, text: str) -> int:
    """Return a parameter that must be a whole number."""
    if not text.isdecimal():
        raise ParameterError(f"{name} must be a whole number from 0 on, got {text!r}")
    return int(text)


def _progress() -> Progress:
    """Return what prints one line a step: rewritten on a terminal, written once in a log."""
    terminal = sys.stderr.isatty()

    def tell(line: str, done: bool) -> None:
        if terminal:
            end = "\n" if done else ""
            print(f"\r\x1b[2K{line}", end=end, file=sys.stderr, flush=True)
        elif done:
            print(line, file=sys.stderr, flush=True)

    return tell
