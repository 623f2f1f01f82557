"""What stands on the pages, as plain text: the templates escape all of it, except the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a file of the report and a word on it: ``Link("4 Touchpoints", "4.html")``."""

    text: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class StepLinks:
    """Where one can go from the page of a step."""

    front: Link
    previous: Link | None = None
    next: Link | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: ``Tile("Orders per visitor", "13.8 %", "[13.1, 14.6]", "no change")``."""

    name: str
    value: str
    interval: str = ""
    note: str = ""
    tone: Literal["", "better", "worse"] = ""


@dataclass(frozen=True, slots=True)
class Pain:
    """A row of 'What hurts most'."""

    pain: str
    place: str
    whom: str
    how_many: str
    how_sure: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class Change:
    """A row of 'What changed': where, then and now with the difference, and the verdict."""

    where: str
    then_now: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Check:
    """A row of 'Health of the map': what was noticed, and what to do about it."""

    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Late:
    """An overdue action: what, whose, and how late it is."""

    what: str
    owner: str
    how_late: str


@dataclass(frozen=True, slots=True)
class FrontPage:
    """Everything on the first page of a report.

    Parameters
    ----------
    title
        Title of the study.
    as_of
        The day that the report stands for, in words.
    lead
        What the report says, in plain sentences.
    map_html
        The map as a piece of HTML that scrolls in a box of its own; the only thing that is not
        escaped.
    compared_with
        The day of the previous report, in words; empty when there is none.
    hurt, hurt_size
        The persona that the worst pain point hurts most, and its share of customers; empty where
        that is not sure.
    version
        Version of the map.
    evidence_share
        Share of the map's cells that have evidence.
    tiles
        The key figures, five at most fit in a row.
    pains, changes, checks
        Rows of the three tables; an empty table becomes a sentence.
    late
        The overdue actions, the latest first.
    steps
        The seven notebooks, each with one computed fact.
    downloads
        Files beside the page.
    made
        How it was made: seconds, versions, next review.
    inputs
        Name and hash of every input.
    """

    title: str
    as_of: str
    lead: tuple[str, ...]
    map_html: str
    compared_with: str = ""
    hurt: str = ""
    hurt_size: str = ""
    version: str = ""
    evidence_share: str = ""
    tiles: tuple[Tile, ...] = ()
    pains: tuple[Pain, ...] = ()
    changes: tuple[Change, ...] = ()
    checks: tuple[Check, ...] = ()
    late: tuple[Late, ...] = ()
    steps: tuple[Link, ...] = ()
    downloads: tuple[Link, ...] = ()
    made: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
