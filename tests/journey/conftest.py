"""A small journey with evidence, made by hand: Advert, Payment, Delivery, First cup."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from math import nan
from typing import Any

import pandas as pd
import pytest

from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.period import period_up_to
from cjm_lab.study import Study

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


def tea_shop(**more: Any) -> Study:
    """A study with four touchpoints in three stages, and three personas."""
    stages = [
        {"id": "notice", "name": "Notice", "period": "before", "expects": "Not to be chased",
         "touchpoints": [{"id": "advert", "name": "Advert", "channel": "social",
                          "team": "Marketing", "action": "Sees the advert"}]},
        {"id": "buy", "name": "Buy", "touchpoints": [
            {"id": "payment", "name": "Payment", "channel": "web", "team": "Shop",
             "action": "Types the card", "events": ["start_payment"]},
            {"id": "delivery", "name": "Delivery", "channel": "carrier", "ownership": "partner"}]},
        {"id": "use", "name": "Use", "period": "after",
         "touchpoints": [
             {"id": "cup", "name": "First cup", "channel": "home", "team": "Product"}]},
    ]  # fmt: skip
    personas = [{"id": p, "name": p.capitalize() + " buyer"} for p in ("first", "office", "repeat")]
    return Study.model_validate(
        {"title": "Tea", "stages": stages, "personas": personas, "path": "/x/tea/study.yaml"} | more
    )


def felt(value: float, half: float, n: int = 100) -> Estimate:
    """A valence with an interval of plus and minus `half`."""
    return Estimate(value, value - half, value + half, n=n, method="t", se=half / 1.96)


def valence(place: str, value: float, half: float, *, persona: str = "", n: int = 100,
            day: date | None = OCTOBER, basis: tuple[str, ...] = ()) -> dict[str, Any]:  # fmt: skip
    period = period_up_to(day) if day else None
    what = {"lane": "emotion", "measure": "valence", "scale": (-2, 2), "source": "survey"}
    where = {"touchpoint": place, "persona": persona, "period": period, "basis": basis}
    return evidence(felt(value, half, n), **what, **where)


def of_log(measure: str, place: str, count: int, n: int, day: date = OCTOBER) -> dict[str, Any]:
    lane = "base" if measure == "conversion" else measure
    return evidence(share(count, n), lane=lane, measure=measure, touchpoint=place,
                    source="events", period=period_up_to(day))  # fmt: skip


def one_of(measure: str, value: float, *, lane: str, place: str = "", label: str = "",
           n: int = 3, note: str = "", source: str = "") -> dict[str, Any]:  # fmt: skip
    estimate = Estimate(value, nan, nan, n=n, method="count")
    return evidence(estimate, lane=lane, measure=measure, touchpoint=place, label=label,
                    item=label, note=note, source=source)  # fmt: skip


def quote(place: str, words: str, tone: str) -> dict[str, Any]:
    return evidence(lane="quote", measure="quote", touchpoint=place, label=words, note=tone,
                    item=words, source="mentions")  # fmt: skip


def october_rows() -> list[dict[str, Any]]:
    """Advert +0.4, Payment -1.3, Delivery +0.1 (unclear), First cup +1.5; no walkthrough."""
    return [
        valence("advert", 0.4, 0.1, n=800), valence("payment", -1.3, 0.2, n=340),
        valence("delivery", 0.1, 0.3, n=40), valence("cup", 1.5, 0.15, n=250),
        of_log("reach", "advert", 1000, 1000), of_log("reach", "payment", 400, 1000),
        of_log("reach", "delivery", 200, 1000), of_log("reach", "cup", 190, 1000),
        of_log("drop_off", "advert", 300, 1000), of_log("drop_off", "payment", 180, 400),
        of_log("drop_off", "delivery", 10, 200), of_log("conversion", "", 138, 1000),
        quote("payment", "It threw me out.", "negative"), quote("payment", "Quick!", "positive"),
        quote("cup", "Best tea ever.", "positive"), quote("advert", "Nice picture.", "positive"),
    ]  # fmt: skip


@pytest.fixture
def study() -> Study:
    """The tea shop."""
    return tea_shop()


@pytest.fixture
def october() -> pd.DataFrame:
    """What was measured in October."""
    return evidence_frame(october_rows())


@pytest.fixture
def make() -> Callable[..., Any]:
    """The makers above, by name: `make("valence", "payment", -1.3, 0.2)`."""
    makers = {f.__name__: f for f in (tea_shop, felt, valence, of_log, one_of, quote)}
    return lambda name, *given, **more: makers[name](*given, **more)
