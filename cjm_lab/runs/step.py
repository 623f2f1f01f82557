"""What a notebook holds: its study, its period, its tables, its part of the ledger."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.ledger import Ledger, evidence_frame, restored
from cjm_lab.period import Period
from cjm_lab.runs import recipes
from cjm_lab.runs.context import WORKSPACE_VARIABLE, RunContext
from cjm_lab.sources.schemas import TABLES
from cjm_lab.study import Study
from cjm_lab.workspace import Workspace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cjm_lab.journey import JourneyMap


def open_step(
    name: str,
    *,
    study: str,
    as_of: str | date = "",
    period: str = "",
    seed: int = 0,
    workspace: str | Path = "",
) -> Step:
    r"""Open a step of the method for a study: the first line of every notebook.

    Parameters
    ----------
    name
        Name of the notebook, such as ``4_touchpoints``.
    study
        Name of the study's folder in data/raw.
    as_of
        Last day that counts; empty means the day of the last record.
    period
        ``month``, ``quarter`` or ``all``; empty means what study.yaml says, else the last full
        month where the records fill one, else all.
    seed
        Seed of everything random.
    workspace
        Folder that holds data/raw; empty means the nearest one at or above the current one.

    Returns
    -------
    Step

    Raises
    ------
    StudyError, SourceError, ParameterError
        If the study, its files or a parameter cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp()) / "data" / "raw" / "tea"
    >>> home.mkdir(parents=True)
    >>> _ = (home / "study.yaml").write_text("title: Tea\nstages: [{id: brew, name: Brew}]")
    >>> step = open_step("1_goals", study="tea", as_of="2026-09-30", workspace=home.parents[2])
    >>> step.study.title, step.as_of.isoformat()
    ('Tea', '2026-09-30')
    """
    if name not in recipes.STEPS:
        raise ParameterError(one_of("step", recipes.STEPS, name))
    root = workspace or os.environ.get(WORKSPACE_VARIABLE, "")
    place = Workspace(Path(root).resolve()) if root else Workspace.find()
    context = RunContext(place, study, as_of=as_of, period=period, seed=seed, keep=True)
    return Step(name, context)


class Step:
    """One step of the method for one study and one day.

    Made by `open_step`; `study`, `as_of`, `period` and `previous` are what the run is about.
    """

    def __init__(self, name: str, context: RunContext) -> None:
        self.name = name
        self.context = context
        self._records: list[pd.DataFrame] = []

    @property
    def study(self) -> Study:
        """The study."""
        return self.context.study

    @property
    def as_of(self) -> date:
        """Last day that counts."""
        return self.context.as_of

    @property
    def period(self) -> Period:
        """The span that estimates refer to."""
        return self.context.period

    @property
    def previous(self) -> Ledger | None:
        """Ledger of the latest earlier report, None if there is none."""
        return self.context.previous

    def table(self, name: str) -> Any:
        """Return a table by its name; see `cjm_lab.runs.recipes` for the names.

        Raises
        ------
        ParameterError
            If there is no table of that name.
        """
        return self.context.table(name)

    def rows(self, lane: str = "", **where: str) -> pd.DataFrame:
        """Return rows of the whole ledger: of one lane, or of this step's own lanes.

        Parameters
        ----------
        lane
            Lane of the ledger; empty means all lanes that this step records.
        **where
            Values that other columns must have, such as ``measure="nps"``.
        """
        everything = self.table("evidence")
        lanes = [lane] if lane else list(recipes.STEPS[self.name])
        keep = everything["lane"].isin(lanes)
        for column, value in where.items():
            keep &= everything[column] == value
        found = everything[keep]
        # In the order of the lanes, then of the journey; what is about all of it stands first.
        lane_order = found["lane"].map({name: i for i, name in enumerate(lanes)})
        journey = {name: i for i, name in enumerate(self.study.stage_of)}
        place = found["touchpoint"].map(journey).fillna(-1).astype(float)
        # Rankings keep their own order: the worst pain, the best opportunity, the key measures.
        ranks = everything[everything["measure"] == "rank"].set_index("touchpoint")["value"]
        place = place.mask(found["lane"] == "pain", found["touchpoint"].map(ranks))
        place = place.mask(found["lane"] == "opportunity", -found["value"])
        place = place.mask(found["lane"] == "change", 0)
        order = pd.DataFrame({"lane": lane_order, "place": place}).sort_values(
            ["lane", "place"], kind="stable"
        )
        return found.loc[order.index].reset_index(drop=True)

    def show(self, table: pd.DataFrame, none: str = "No evidence yet.") -> None:
        """Show a table for people, rows of the ledger in words; `none` stands for an empty one."""
        from IPython.display import HTML, display

        from cjm_lab.runs.readable import html_table, readable

        words = readable(table, self.study) if "evidence_id" in table.columns else table
        html = html_table(words, none)
        display({"text/html": HTML(html).data, "text/plain": words.to_string()}, raw=True)

    def absences(self) -> list[str]:
        """Return a sentence for each source of this step that the study lacks."""
        from cjm_lab.runs.readable import absences

        return absences(self.name, {kind for kind in TABLES if self.table(kind).empty})

    def introduce(self) -> None:
        """Say what this step is about: study, day, period, and the sources that it lacks."""
        before = self.context.previous_report
        compared = (
            f"compared with the report of {before.name}"
            if before
            else "there is no earlier report to compare with"
        )
        self.say(
            f"{self.study.title}. As of {self.as_of}, figures for {self.period.label}; {compared}.",
            *self.absences(),
        )

    def conclude(self) -> None:
        """Say what the step found, in sentences written from its values."""
        from cjm_lab.runs.meaning import meaning

        self.say(*meaning(self))

    def map(
        self,
        *,
        persona: str = "",
        state: Literal["as-is", "to-be"] = "as-is",
        view: Literal["journey", "blueprint", "canvas"] = "journey",
        changes: bool = False,
    ) -> JourneyMap:
        """Return the journey map drawn from everything that is known.

        Parameters
        ----------
        persona
            Id of a persona; by default the map of all customers.
        state
            The journey as it is or as it is meant to be.
        view
            ``journey``, the ``blueprint`` of the service behind it, or the ``canvas`` before,
            during and after.
        changes
            Whether to show only the lanes in which something changed since the report before.

        Raises
        ------
        ParameterError
            If there is no such persona, state or view.
        """
        from cjm_lab.journey import build_map
        from cjm_lab.journey.marks import where_it_changed
        from cjm_lab.journey.sights import VIEWS

        if view not in VIEWS:
            raise ParameterError(one_of("view", VIEWS, view))
        drawn = build_map(
            self.study,
            self.table("evidence"),
            as_of=self.as_of,
            persona=persona,
            state=state,
            assumed=self.table("map").apply(restored),
        )
        return VIEWS[view](where_it_changed(drawn) if changes else drawn)

    def cards(self) -> None:
        """Show a card of each declared persona."""
        from IPython.display import display

        from cjm_lab.personas.draw_cards import cards_html

        cards = self.table("cards")
        plain = ", ".join(card.name for card in cards)
        display({"text/html": cards_html(cards), "text/plain": plain}, raw=True)

    def record(self, *frames: pd.DataFrame) -> int:
        """Put rows into this step's part of the ledger, in place of what it held before.

        Returns
        -------
        int
            Number of rows that the part now has.

        Raises
        ------
        ParameterError
            If an `evidence_id` occurs twice.
        """
        self._records.extend(frames)
        part = Ledger(recipes.stacked(evidence_frame(), *self._records)).frame
        self.context.store(f"ledger_{self.name}", part, self.context.key)
        return len(part)

    def save(self, name: str, table: pd.DataFrame) -> Path:
        """Keep a table of this step's own in data/processed, as ``<step>_<name>.parquet``."""
        return self.context.store(f"{self.name}_{name}", table, self.context.key)

    def figure(
        self,
        axes: Axes,
        what: str,
        data: pd.DataFrame,
        *,
        label: str = "label",
        percent: bool = False,
    ) -> None:
        """Show a picture, with a sentence on its data for readers who cannot see it.

        Parameters
        ----------
        axes
            What a plot returned.
        what
            What the picture is about.
        data
            What was drawn.
        label
            Column that names its rows.
        percent
            Whether values are shares of 1.
        """
        import matplotlib.pyplot as plt
        from IPython.display import display

        from cjm_lab.plots import alt_text

        figure: Any = axes.figure
        figure.set_dpi(150)  # crisp on paper and dense screens, shown at its own size
        about = {
            "alt": alt_text(data, label=label, what=what, percent=percent),
            "width": round(figure.get_figwidth() * 96),
        }
        display(figure, metadata={"image/png": about})
        plt.close(figure)

    def say(self, *sentences: str) -> None:
        """Show sentences as a paragraph each; outside text in them is shown, never run."""
        from html import escape

        from IPython.display import HTML, display

        text = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences if sentence)
        plain = "\n\n".join(sentence for sentence in sentences if sentence)
        display({"text/html": HTML(text).data, "text/plain": plain}, raw=True)
