"""Who reacts when a customer meets a response rule, what it costs, and what to automate next."""

from __future__ import annotations

from datetime import date
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab.ledger import Ledger
from cjm_lab.planning.resources import months_between
from cjm_lab.study import ResponseRule, Study

COLUMNS = [
    "rule", "what", "reaction", "owner", "state", "a_week", "waiting", "hours_month",
    "minutes_each", "at_stake_month", "at_stake_low", "at_stake_high", "at_stake_an_hour", "place",
    "status",
]  # fmt: skip


def reaction_load(study: Study, ledger: Ledger | pd.DataFrame) -> pd.DataFrame:
    """Return what each response rule asks of the people who react, the first to automate on top.

    What to automate next: of the rules that are not automatic the one on which people spend most
    hours a month. `hours_month` is what is left to people, so for a semi-automatic rule as well it
    is the most that a program could free; how much of it one does free, nobody knows before. Rules
    whose hours or state nobody has said have no place. Revenue at stake for each hour tells what
    an hour looks after, not what it earns.

    Parameters
    ----------
    study
        The response rules with `owner`, `state` and `hours_month`.
    ledger
        The evidence; of the lane ``response`` how many meet a rule, how many wait now and the
        revenue at stake.

    Returns
    -------
    DataFrame
        One row a rule: ``rule what reaction owner state`` (empty where nobody said it), ``a_week``
        (times the rule was met), ``waiting`` (customers now), ``hours_month``, ``minutes_each``
        (hours over times met), ``at_stake_month`` with ``at_stake_low`` and ``at_stake_high``,
        ``at_stake_an_hour``, ``place`` (1 is to be automated first; missing where none) and
        ``status`` of the count.

    Examples
    --------
    >>> from cjm_lab.estimate import Estimate
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> from cjm_lab.period import period_up_to
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "buy", "name": "Buy"}],
    ...     "responses": [{"id": "remind", "when": "basket without order within 24h",
    ...                    "state": "manual", "hours_month": 10}]})
    >>> met = evidence(Estimate(300, nan, nan, n=300, method="count"), lane="response",
    ...     measure="triggered", label="basket without order within 24h", item="remind",
    ...     note="basket without order within 24h; window 7 days",
    ...     period=period_up_to(date(2026, 9, 30)))
    >>> found = reaction_load(study, evidence_frame([met])).loc[0]
    >>> float(found["a_week"]), float(found["minutes_each"]), int(found["place"])
    (70.0, 2.0, 1)
    """
    frame = ledger.frame if isinstance(ledger, Ledger) else ledger
    own = frame[frame["lane"] == "response"]
    table = pd.DataFrame([_line(rule, own) for rule in study.responses], columns=COLUMNS[:-2])
    table["status"] = [_status(rule, own) for rule in study.responses]
    by_hand = table["state"].isin(["manual", "semi-automatic"]) & (table["hours_month"] > 0)
    hours = table["hours_month"].where(by_hand)
    table["place"] = hours.rank(ascending=False, method="min").astype("Int64")
    return table.sort_values("place", kind="stable", ignore_index=True)[COLUMNS]


def _line(rule: ResponseRule, own: pd.DataFrame) -> dict[str, Any]:
    """Return one rule with what the evidence says of it."""
    met, waiting = _row(rule, own, "triggered"), _row(rule, own, "waiting_now")
    stake = _row(rule, own, "revenue_at_stake")
    months, days = _span(met)
    hours = nan if rule.hours_month is None else rule.hours_month
    times = met["value"] / months if met else nan
    scale = 1 / _span(stake)[0] if stake else nan
    at_stake = [stake[part] * scale if stake else nan for part in ("value", "low", "high")]
    return {
        "rule": rule.id,
        "what": rule.reason or rule.when,
        "reaction": rule.reaction,
        "owner": rule.owner,
        "state": rule.state,
        "a_week": met["value"] * 7 / days if met else nan,
        "waiting": waiting["value"] if waiting else nan,
        "hours_month": hours,
        "minutes_each": 60 * hours / times if times > 0 else nan,
        "at_stake_month": at_stake[0],
        "at_stake_low": at_stake[1],
        "at_stake_high": at_stake[2],
        "at_stake_an_hour": at_stake[0] / hours if hours > 0 else nan,
    }


def _row(rule: ResponseRule, own: pd.DataFrame, measure: str) -> dict[Any, Any] | None:
    """Return the row of a rule's measure; its note begins with the rule's `when`."""
    same = (own["measure"] == measure) & (own["label"] == (rule.reason or rule.when))
    rows = own[same & own["note"].str.startswith(f"{rule.when};") & own["value"].notna()]
    return rows.iloc[0].to_dict() if len(rows) else None


def _span(row: dict[Any, Any] | None) -> tuple[float, float]:
    """Return the months and the days of a row's period."""
    if not row or not row["period_start"] or not row["period_end"]:
        return nan, nan
    first, last = (date.fromisoformat(row[part]) for part in ("period_start", "period_end"))
    return months_between(row["period_start"], row["period_end"]), float((last - first).days + 1)


def _status(rule: ResponseRule, own: pd.DataFrame) -> str:
    """Return whether the count was observed or rests on automatic polarity."""
    met = _row(rule, own, "triggered")
    return str(met["status"]) if met else ""


def automate_next(load: pd.DataFrame) -> pd.Series | None:
    """Return the rule to automate next, None where no hours are known.

    Examples
    --------
    >>> automate_next(pd.DataFrame({"rule": ["a"], "place": pd.array([None], dtype="Int64")}))
    """
    first = load[np.asarray(load["place"].fillna(0) == 1)]
    return first.iloc[0] if len(first) else None
