"""What was decided: which actions are late or loose, and the evidence that each should move."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd

from cjm_lab.ledger import Ledger
from cjm_lab.study import Study
from cjm_lab.words import measure_name

#: States of an action, in small letters, that need nothing more.
DONE = ("done", "closed", "finished")
DROPPED = ("dropped", "cancelled", "canceled", "rejected")
CLOSED = (*DONE, *DROPPED)
DOING = ("doing", "in progress", "started")

#: Columns that an action needs, and what their absence is called.
_NEEDED = {"owner": "no owner", "measure": "no measure", "due": "no due date"}

_MEASURE = re.compile(r"(\S.*?)(?:\s+at\s+(\S.*))?")


def action_status(actions: pd.DataFrame, as_of: date, time_zone: str = "UTC") -> pd.DataFrame:
    """Return the actions with what is late and what is missing on the day of a report.

    An action is overdue from the day after it was due, in the study's time zone, until it is done
    or dropped.

    Parameters
    ----------
    actions
        The tidy table: opportunity, owner, due, state, measure.
    as_of
        The day of the report.
    time_zone
        Name of the study's time zone.

    Returns
    -------
    DataFrame
        The table with ``due`` as a day, ``progress`` (open, doing, done or dropped; a state that
        nobody knows is open), ``days_overdue`` (0 where it is not) and ``missing`` (no owner, no
        measure, no due date), the most overdue first, then by due day, those without one last.

    Examples
    --------
    >>> actions = pd.DataFrame({"opportunity": ["Call back", "Film"], "owner": ["Service", ""],
    ...     "due": pd.to_datetime(["2026-10-31", "2026-10-15"], utc=True), "state": ["", "doing"],
    ...     "measure": ["nps", "valence at setup"]})
    >>> found = action_status(actions, date(2026, 10, 31))
    >>> found[["opportunity", "progress", "days_overdue", "missing"]].values.tolist()
    [['Film', 'doing', 16, 'no owner'], ['Call back', 'open', 0, '']]
    """
    state = actions["state"].astype("str").str.strip().str.casefold()
    known = {one: "doing" for one in DOING} | {one: "done" for one in DONE}
    progress = state.map(known | {one: "dropped" for one in DROPPED}).fillna("open")
    due = actions["due"].dt.tz_convert(time_zone).dt.tz_localize(None).dt.normalize()
    days = (pd.Timestamp(as_of) - due).dt.days.fillna(0).clip(lower=0).astype("int64")
    days = days.where(~progress.isin(["done", "dropped"]), 0)
    texts = actions[["owner", "measure"]].astype("str").apply(lambda column: column.str.strip())
    blank = (texts == "").assign(due=due.isna())
    absent = [blank[name].map({True: words, False: ""}) for name, words in _NEEDED.items()]
    missing = pd.concat(absent, axis=1).agg(lambda row: ", ".join(filter(None, row)), axis=1)
    table = actions.assign(
        due=due.dt.date,
        progress=progress.astype("str"),
        days_overdue=days,
        missing=missing.astype("str") if len(actions) else pd.Series(dtype="str"),
    )
    order = pd.DataFrame({"late": -days, "due": due}).sort_values(["late", "due"], kind="stable")
    return table.loc[order.index].reset_index(drop=True)


def action_counts(status: pd.DataFrame) -> pd.DataFrame:
    """Return how many actions of each owner are open, being done, done, dropped and overdue.

    Parameters
    ----------
    status
        As `action_status` returns it.

    Returns
    -------
    DataFrame
        One row an owner, the one with most overdue actions first: ``owner open doing done dropped
        overdue``. Overdue ones are counted among the open or doing ones as well.

    Examples
    --------
    >>> status = pd.DataFrame({"owner": ["Shop", "Shop", ""], "progress": ["open", "done", "open"],
    ...     "days_overdue": [3, 0, 0]})
    >>> action_counts(status).values.tolist()
    [['Shop', 1, 0, 1, 0, 1], ['nobody', 1, 0, 0, 0, 0]]
    """
    owner = status["owner"].astype("str").str.strip().replace("", "nobody")
    kinds = ["open", "doing", "done", "dropped"]
    table = pd.crosstab(owner, status["progress"]).reindex(columns=kinds, fill_value=0)
    table["overdue"] = (status["days_overdue"] > 0).groupby(owner).sum().astype("int64")
    table = table.sort_values(["overdue", "open"], ascending=False, kind="stable")
    return table.rename_axis("owner").rename_axis(columns=None).reset_index()


def action_links(
    status: pd.DataFrame,
    ledger: Ledger | pd.DataFrame,
    resources: pd.DataFrame,
    study: Study,
) -> pd.DataFrame:
    """Return which evidence each action is about: the opportunity behind it, the figure to move.

    `measure` is read as ``<measure>`` or ``<measure> at <touchpoint>``, the touchpoint by its id or
    its name; `opportunity` is the name of a resource or of an opportunity.

    Parameters
    ----------
    status
        Actions: opportunity, measure.
    ledger
        The evidence of the report.
    resources
        The tidy table.
    study
        Names of touchpoints.

    Returns
    -------
    DataFrame
        The actions with ``touchpoint`` (an id), ``evidence_id`` of the figure about all customers,
        ``opportunity_id`` of the ranked opportunity, both empty where there is none, and ``link``:
        in words what could not be linked.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "buy", "name": "Buy",
    ...     "touchpoints": [{"id": "pay", "name": "Payment"}]}]})
    >>> row = evidence(share(4, 10), lane="drop_off", measure="drop_off", touchpoint="pay")
    >>> todo = pd.DataFrame({"opportunity": ["Form"], "measure": ["drop_off at Payment"]})
    >>> none = pd.DataFrame({"resource": []})
    >>> found = action_links(todo, evidence_frame([row]), none, study).loc[0]
    >>> found["evidence_id"] == row["evidence_id"], found["link"]
    (True, 'not among the opportunities')
    """
    frame = ledger.frame if isinstance(ledger, Ledger) else ledger
    ours = frame[(frame["subject"] == "us") & (frame["persona"] == "") & (frame["segment"] == "")]
    ours = ours[ours["value"].notna() & ~ours["lane"].isin(["change", "forecast", "goal"])]
    figures = ours.groupby(["measure", "touchpoint"])["evidence_id"].agg(list).to_dict()
    ranked = ours[ours["lane"] == "opportunity"]
    behind = dict(zip(ranked["label"].map(_plain), ranked["evidence_id"], strict=True))
    known = set(behind) | set(resources["resource"].astype("str").map(_plain))
    places = {_plain(t.name): t.id for t in study.touchpoints} | {t: t for t in study.stage_of}
    words = {_plain(measure_name(measure)): measure for measure in ours["measure"].unique()}
    lines = []
    for opportunity, measure in zip(status["opportunity"], status["measure"], strict=True):
        name, place = _parts(measure)
        touchpoint = places.get(place, places.get(_plain(place), ""))
        found = [] if place and not touchpoint else figures.get((name, touchpoint), [])
        if not found and not (place and not touchpoint):
            found = figures.get((words.get(_plain(name), name), touchpoint), [])
        faults = [
            "" if _plain(opportunity) in known else "not among the opportunities",
            _fault(name, place, touchpoint, found),
        ]
        lines.append(
            {
                "touchpoint": touchpoint,
                "evidence_id": found[0] if len(found) == 1 else "",
                "opportunity_id": behind.get(_plain(opportunity), ""),
                "link": "; ".join(filter(None, faults)),
            }
        )
    columns = ["touchpoint", "evidence_id", "opportunity_id", "link"]
    links = pd.DataFrame(lines, columns=columns, index=status.index, dtype="str")
    return status.drop(columns=columns, errors="ignore").join(links)


def _fault(name: str, place: str, touchpoint: str, found: list[str]) -> str:
    """Return why an action's measure is no figure of the report; empty where it is one."""
    if not name or len(found) == 1:
        return ""
    if place and not touchpoint:
        return f"{place} is no touchpoint"
    where = f" at {place}" if place else ""
    if not found:
        return f"no figure for {measure_name(name)}{where}"
    return f"{len(found)} figures for {measure_name(name)}{where}"


def _parts(measure: str) -> tuple[str, str]:
    """Return measure and place of ``drop_off at payment``."""
    match = _MEASURE.fullmatch(measure.strip())
    return (match[1], match[2] or "") if match else ("", "")


def _plain(text: str) -> str:
    """Return a name without what people type differently."""
    return " ".join(text.casefold().split())
