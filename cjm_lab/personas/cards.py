"""Persona cards: a persona in short, every line with how it is known."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from typing import Any, Literal, TypeAlias

import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.estimate import Estimate
from cjm_lab.ledger import Ledger, row_estimate
from cjm_lab.study import Persona, Study
from cjm_lab.surveys.base import FEWEST_PEOPLE, SMALL_BASE
from cjm_lab.words import capital, counted, shown

FactStatus = Literal["observed", "reasoned", "assumed"]

#: Pictures are part of every page that shows them.
LARGEST_PICTURE = 300_000
_LONGEST_QUOTE = 160
_MOST = 3


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a card.

    Parameters
    ----------
    text
        The words, ready to be read; outside text, to be escaped where it is shown.
    status
        How it is known.
    source
        Where it comes from.
    evidence_ids
        The rows of the ledger behind it.
    """

    text: str
    status: FactStatus = "assumed"
    source: str = ""
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonaCard:
    """A persona in short.

    Parameters
    ----------
    persona, name
        Id and name.
    size, value, satisfaction
        Share of customers; mean order value; satisfaction on -2 to +2, or None where unknown.
    quote
        A masked verbatim of such a customer.
    about
        Demographics, occupation, income, interests and the like: name and line.
    goals, frustrations, channels
        Lines.
    picture
        The study's own picture as a data URI; empty for initials.
    """

    persona: str
    name: str
    size: Estimate | None = None
    value: Estimate | None = None
    satisfaction: Estimate | None = None
    quote: Fact | None = None
    about: tuple[tuple[str, Fact], ...] = ()
    goals: tuple[Fact, ...] = ()
    frustrations: tuple[Fact, ...] = ()
    channels: tuple[Fact, ...] = ()
    picture: str = ""


def persona_cards(
    study: Study, ledger: Ledger | pd.DataFrame, notes: pd.DataFrame | None = None
) -> tuple[PersonaCard, ...]:
    """Return a card of each declared persona, in the order of study.yaml.

    What was measured on the persona's own customers is ``observed``, what only study.yaml says is
    ``assumed``; what was measured on everybody is left out. A persona without customers has a card
    of assumptions. Figures of fewer than 5 people are not shown.

    Parameters
    ----------
    study
        Declares the personas.
    ledger
        The evidence: size, order_value, valence, reach, first_channel_share, difference and quote
        by persona.
    notes
        The tidy notes: an interview is quoted where the ledger has no quote of the persona.

    Returns
    -------
    tuple of PersonaCard
        Satisfaction is the plain mean over the touchpoints that the persona was asked about, its
        bounds the means of their bounds (which holds however the answers hang together), its n the
        smallest of theirs.

    Raises
    ------
    SourceError
        If a persona's picture is not a PNG, JPEG or WebP file of at most 300 KB in the study's
        folder.

    Examples
    --------
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}],
    ...               personas=[{"id": "guest", "name": "Guest", "goals": ["A seat"]}])
    >>> row = evidence(share(40, 100), lane="persona", measure="size", persona="guest")
    >>> card, = persona_cards(study, evidence_frame([row]))
    >>> card.size.value, card.goals[0].text, card.goals[0].status
    (0.4, 'A seat', 'assumed')
    """
    frame = ledger.frame if isinstance(ledger, Ledger) else ledger
    ours = frame[(frame["subject"] == "us") & (frame["segment"] == "")]
    notes = pd.DataFrame() if notes is None else notes
    return tuple(
        _card(_Known(persona, study, ours[ours["persona"] == persona.id]), notes)
        for persona in study.personas
    )


def _card(known: _Known, notes: pd.DataFrame) -> PersonaCard:
    """Return the card of one persona: in each list the best known first."""
    persona = known.persona
    felt = known.felt()
    return PersonaCard(
        persona=persona.id,
        name=persona.name,
        size=known.size(),
        value=known.one("order_value"),
        satisfaction=_mean_of([row_estimate(row) for row in felt]),
        quote=_quote(known, felt, notes),
        about=(*known.recognized(), *_declared(persona), *known.differences()),
        goals=_assumed(persona.goals),
        frustrations=(*known.hurt(felt), *_assumed([*persona.frustrations, *persona.fears])),
        channels=(*known.channels(), *_assumed(persona.channels)),
        picture=_picture(persona, known.study),
    )


def _assumed(texts: list[str]) -> tuple[Fact, ...]:
    return tuple(Fact(text, source="study.yaml") for text in texts)


def _declared(persona: Persona) -> Iterator[tuple[str, Fact]]:
    """Yield what study.yaml says of the persona, each sentence under its name."""
    for name, texts in persona.about.items():
        yield from ((_title(name), fact) for fact in _assumed(texts))


def _title(name: str) -> str:
    """Return the name of an attribute as people write it."""
    return capital(name.replace("_", " "))


_Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class _Known:
    """A persona with its own rows of the ledger."""

    persona: Persona
    study: Study
    rows: pd.DataFrame

    def measured(self, measure: str) -> list[_Row]:
        """Return the rows of a measure that have a value of enough people."""
        found = self.rows[(self.rows["measure"] == measure) & self.rows["value"].notna()]
        found = found[found["n"] >= FEWEST_PEOPLE]
        return _records(found)

    def one(self, measure: str) -> Estimate | None:
        """Return the estimate of a measure that has one row."""
        return next((row_estimate(row) for row in self.measured(measure)), None)

    def size(self) -> Estimate | None:
        """Return the share of customers, unless it would point at a few people."""
        size = self.one("size")
        return None if size and 0 < round(size.value * size.n) < FEWEST_PEOPLE else size

    def felt(self) -> list[_Row]:
        """Return the satisfaction at each touchpoint, the lowest first."""
        return sorted(self.measured("valence"), key=lambda row: row["value"])

    def recognized(self) -> Iterator[tuple[str, Fact]]:
        """Yield the attributes by which one is recognized, observed where such customers are."""
        size = self.size()
        sized = self.measured("size") if size and size.value > 0 else []
        for name, wanted in self.persona.match.items():
            text = wanted if isinstance(wanted, str) else " or ".join(wanted)
            yield _title(name), _fact(text, *sized[:1]) if sized else _assumed([text])[0]

    def differences(self) -> Iterator[tuple[str, Fact]]:
        """Yield what sets the persona apart from the others, the clearest first."""
        rows = sorted(
            self.measured("difference"),
            key=lambda row: -abs(row["value"]) / ((row["high"] - row["low"]) or nan),
        )
        for row in rows[:_MOST]:
            words = row["label"].removeprefix(f"{self.persona.name} against the others: ")
            share = "drop_off" if row["source"] == "events" else "difference"
            number = _number(row, share, change=True)
            yield "Against the others", _fact(f"{capital(words)}: {number}", row)

    def hurt(self, felt: list[_Row]) -> Iterator[Fact]:
        """Yield the touchpoints that the persona is dissatisfied with, the lowest first."""
        for row in [row for row in felt if row["value"] < 0][:_MOST]:
            sure = "Dissatisfied" if row["high"] < 0 else "Perhaps dissatisfied"
            yield _fact(f"{sure} with {self._name(row)}: {_number(row, 'valence')}", row)

    def channels(self) -> Iterator[Fact]:
        """Yield where the persona comes from first, else which channels it is met in.

        A channel reaches at least as many as its best touchpoint does.
        """
        first = sorted(self.measured("first_channel_share"), key=lambda row: -row["value"])
        for row in first[:1]:
            yield _fact(f"Comes first through {row['label']}: {_number(row, 'reach')}", row)
        of = {touchpoint.id: touchpoint.channel for touchpoint in self.study.touchpoints}
        best: dict[str, _Row] = {}
        for row in sorted(self.measured("reach"), key=lambda row: -row["value"]):
            if row["value"] > 0 and (channel := of.get(row["touchpoint"], "")):
                best.setdefault(channel, row)
        for channel, row in list(best.items())[: _MOST - len(first[:1])]:
            where = f"{capital(channel)}, at {self._name(row)}"
            yield _fact(f"{where}: {_number(row, 'reach')}", row)

    def _name(self, row: _Row) -> str:
        """Return the name of a row's touchpoint."""
        names = {touchpoint.id: touchpoint.name for touchpoint in self.study.touchpoints}
        place = str(row["touchpoint"])
        return names.get(place, place)


def _records(frame: pd.DataFrame) -> list[_Row]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _number(row: _Row, measure: str, *, change: bool = False) -> str:
    small = ", small base" if row["n"] < SMALL_BASE else ""
    return shown(row_estimate(row), measure, change=change).full + small


def _fact(text: str, row: _Row) -> Fact:
    return Fact(text, row["status"], row["source"], (row["evidence_id"],))


def _mean_of(points: list[Estimate]) -> Estimate | None:
    """Return the mean over touchpoints, with bounds that hold however their answers correlate."""
    if not points:
        return None
    mean, low, high = (
        sum(ends) / len(points)
        for ends in zip(*((p.value, p.low, p.high) for p in points), strict=True)
    )
    method = f"mean of {counted(len(points), 'touchpoint')}, any correlation"
    n, level = min(p.n for p in points), points[0].level
    return Estimate(mean, low, high, n=n, method=method, level=level)


def _quote(known: _Known, felt: list[_Row], notes: pd.DataFrame) -> Fact | None:
    """Return what such a customer said where it hurts most: what says most and isn't too long."""
    said = known.rows[known.rows["measure"] == "quote"].rename(columns={"label": "text"})
    if said.empty and len(notes):
        own = (notes["kind"] == "interview") & (notes["persona"] == known.persona.id)
        said = notes[own].assign(source="notes", evidence_id="", status="observed")
    said = said[said["text"].str.strip() != ""] if len(said) else said
    if said.empty:
        return None
    order = {row["touchpoint"]: place for place, row in enumerate(felt)}

    def rank(row: _Row) -> tuple[bool, int, int]:
        length = len(row["text"])
        too_long = length > _LONGEST_QUOTE
        return too_long, order.get(row["touchpoint"], len(order)), length if too_long else -length

    best = min(_records(said), key=rank)
    text = best["text"].strip()
    if len(text) > _LONGEST_QUOTE:
        text = f"{text[:_LONGEST_QUOTE].rstrip()}…"
    return replace(_fact(text, best), evidence_ids=tuple(filter(None, [best["evidence_id"]])))


def _picture(persona: Persona, study: Study) -> str:
    """Return the persona's picture file as a data URI.

    An SVG picture is refused: it may hold scripts.
    """
    if not persona.picture:
        return ""

    def refused(got: str) -> SourceError:
        return SourceError(
            f"picture of persona {persona.id!r} must be a PNG, JPEG or WebP file of at most "
            f"{LARGEST_PICTURE // 1000} KB beside study.yaml, got {got} ({study.path.name}); put "
            "such a file there, or take the line out for a card with initials"
        )

    home = study.folder.resolve()
    if "\0" in persona.picture:
        raise refused(f"the name {persona.picture!r}")
    try:
        path = (home / persona.picture).resolve()
        if not path.is_relative_to(home):
            raise refused(f"{persona.picture!r} outside the study's folder")
        if not path.is_file():
            raise refused(f"no file {persona.picture!r}")
        with path.open("rb") as file:
            content = file.read(LARGEST_PICTURE + 1)
    except (OSError, RuntimeError):  # RuntimeError: links that lead round in a circle
        raise refused(f"{persona.picture!r}, which can't be read") from None
    if len(content) > LARGEST_PICTURE:
        raise refused(f"{path.stat().st_size / 1000:,.0f} KB in {persona.picture!r}")
    kind = _kind(content)
    if not kind:
        raise refused(f"{persona.picture!r}, which holds something else")
    return f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"


def _kind(content: bytes) -> str:
    """Return what a picture file is by its first bytes, whatever its name says."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""
