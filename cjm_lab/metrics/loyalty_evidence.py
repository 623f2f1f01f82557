"""What acquisition, retention, churn risk, lifetime value and complaints put in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd

from cjm_lab.estimate import Estimate, share
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.metrics._frames import estimate_of, in_period, known
from cjm_lab.metrics.arrivals import acquisition, acquisition_costs
from cjm_lab.metrics.churn import churn_risk, share_at_risk
from cjm_lab.metrics.cohorts import retention
from cjm_lab.metrics.credit import attribution
from cjm_lab.metrics.lifetime import lifetime_value
from cjm_lab.metrics.service import contact_outcomes
from cjm_lab.metrics.stream import JourneyStream
from cjm_lab.period import Period, period_up_to
from cjm_lab.study import Study

#: Days before a conversion in which a touch takes part in it.
CREDIT_DAYS = 30
#: Resamples of customers for the interval of a channel's credit.
CREDIT_REPEATS = 500
#: Customers below which a channel, a device or a topic is not reported, to protect them.
FEWEST_CUSTOMERS = 5
#: Contacts in which the share of complaints is a finding.
FEWEST_CONTACTS = 30

Row = dict[str, Any]


def loyalty_evidence(
    stream: JourneyStream,
    orders: pd.DataFrame,
    interactions: pd.DataFrame,
    costs: pd.DataFrame,
    study: Study,
    period: Period,
    as_of: date,
    seed: int,
) -> pd.DataFrame:
    """Return the ledger rows of what customers cost, whether they stay and what they are worth.

    Parameters
    ----------
    stream
        Events of customers in order, made with `study`.
    orders, interactions, costs
        The tidy tables of that name.
    study
        Its funnel's last step is the conversion that channels get credit for.
    period
        Span of the estimates. Retention is that of customers who came in the period before: those
        of this one have not had the time.
    as_of
        Last day that was observed.
    seed
        Seed of resampling.

    Returns
    -------
    DataFrame
        Rows of the ledger; without events, orders, costs or contacts their rows are missing.

    Examples
    --------
    >>> log = pd.DataFrame({"customer_id": ["ann", "bob"], "event": ["visit", "visit"],
    ...     "occurred_at": pd.to_datetime(["2026-09-01", "2026-09-03"], utc=True),
    ...     "device": ["phone", "phone"]})
    >>> shop = Study(title="Shop", stages=[{"id": "buy", "name": "Buy"}])
    >>> nothing = {"orders": pd.DataFrame({"amount": []}), "interactions": pd.DataFrame(),
    ...            "costs": pd.DataFrame()}
    >>> from cjm_lab.metrics import journey_stream
    >>> day = date(2026, 9, 30)
    >>> rows = loyalty_evidence(journey_stream(log, study=shop), **nothing, study=shop,
    ...                         period=period_up_to(day), as_of=day, seed=0)
    >>> len(rows)  # two customers are too few to be reported
    0
    """
    rows: list[Row] = []
    if len(stream):
        rows += _arrivals(stream, costs, study, period, as_of)
        rows += _credit(stream, study, period, as_of, seed)
        rows += _retention(stream, study, period, as_of)
    if len(orders) and orders["ordered_at"].notna().any():
        rows += _worth(orders, study, as_of, seed)
    if len(interactions):
        rows += _contacts(interactions, study, period, as_of)
    return evidence_frame(rows)


def _arrivals(
    stream: JourneyStream, costs: pd.DataFrame, study: Study, period: Period, as_of: date
) -> Iterator[Row]:
    """Yield the devices of new customers, and what a customer of each channel cost."""
    here: dict[str, Any] = {"lane": "acquisition", "source": "events", "period": period}
    came = acquisition(stream, by="device", period=period, as_of=as_of, level=study.level)
    for _, row in came[came["customers"] >= FEWEST_CUSTOMERS].iterrows():
        what = {"measure": "device_share", "item": row["device"], "label": row["device"]}
        yield from _row(row, study, **what, **here)
    if not len(costs):
        return
    spent = acquisition_costs(stream, costs, period=period, as_of=as_of, level=study.level)
    for _, row in spent[spent["customers"] >= FEWEST_CUSTOMERS].iterrows():
        what = {"measure": "cost_per_customer", "item": row["channel"], "label": row["channel"]}
        yield from _row(row, study, **what, **here | {"source": "costs"})


def _credit(
    stream: JourneyStream, study: Study, period: Period, as_of: date, seed: int
) -> Iterator[Row]:
    """Yield each channel's share of the conversions by the Markov chain."""
    if study.funnel is None or not stream.channels:
        return
    credit = attribution(
        stream, goal=study.funnel.goal, within_days=CREDIT_DAYS, period=period, as_of=as_of,
        models=["markov"], repeats=CREDIT_REPEATS, seed=seed, level=study.level,
    )  # fmt: skip
    for _, row in credit[credit["conversions"] >= FEWEST_CUSTOMERS].iterrows():
        yield from _row(
            row, study, lane="acquisition", measure="credit_share", item=row["channel"],
            label=row["channel"], basis=("markov", CREDIT_DAYS, study.funnel.goal),
            source="events", status="reasoned", period=period,
            note="removal effect of a Markov chain: credit, not effect",
        )  # fmt: skip


def _retention(stream: JourneyStream, study: Study, period: Period, as_of: date) -> Iterator[Row]:
    """Yield who was back in the fourth week, and who may not come back at all."""
    before = period
    if period.kind != "all":
        last = period.start - timedelta(days=1)
        before = period_up_to(last, period.kind, time_zone=period.time_zone)
    curve = retention(stream, cohorts="month", period=before, as_of=as_of, level=study.level)
    fourth = curve[curve["cohort"].isna() & (curve["age"] == 3) & curve["mature"]]
    for _, row in fourth[fourth["n"] >= FEWEST_CUSTOMERS].iterrows():
        yield from _row(
            row, study, lane="base", measure="retained_share", label="Back in the fourth week",
            source="events", period=before, note="of those whose first event lies in these days",
        )  # fmt: skip
    risk = churn_risk(stream, as_of=as_of)
    if len(risk) >= FEWEST_CUSTOMERS:
        estimate = share_at_risk(risk, level=study.level)
        if known(estimate):
            yield evidence(
                estimate, lane="base", measure="at_risk_share", label="Likely not to come back",
                source="events", status="reasoned", period=period,
                note="chance below one half to be active again, by each customer's own rhythm",
            )  # fmt: skip


def _worth(orders: pd.DataFrame, study: Study, as_of: date, seed: int) -> Iterator[Row]:
    """Yield what a customer will order in the next twelve months."""
    found = lifetime_value(
        orders, as_of=as_of, time_zone=study.time_zone, level=study.level, seed=seed
    )
    for _, row in found[found["measure"] == "lifetime_value"].iterrows():
        yield from _row(
            row, study, lane="base", measure="lifetime_value", label="Value of the next 12 months",
            source="orders", status="reasoned", note="BG/NBD and Gamma-Gamma, mean a customer",
        )  # fmt: skip


def _contacts(
    interactions: pd.DataFrame, study: Study, period: Period, as_of: date
) -> Iterator[Row]:
    """Yield how many contacts are complaints, and how many come back with the same topic."""
    undated = interactions["opened_at"].isna().all()
    here: dict[str, Any] = {
        "lane": "contacts", "source": "interactions", "period": None if undated else period,
    }  # fmt: skip
    opened = interactions[in_period(interactions["opened_at"], period)]
    kinds = opened.loc[opened["kind"] != "", "kind"]
    if len(kinds) >= FEWEST_CONTACTS:
        complaints = share(int((kinds == "complaint").sum()), len(kinds), level=study.level)
        yield evidence(complaints, measure="complaint_share", label="Complaints", **here)
    made = contact_outcomes(interactions, period=period, as_of=as_of, level=study.level)
    again = made[(made["measure"] == "repeat_share") & (made["topic"] == "")]
    for _, row in again[again["n"] >= FEWEST_CUSTOMERS].iterrows():
        label = "Contacts about the same within a week"
        yield from _row(row, study, measure="repeat_contact_share", label=label, **here)


def _row(row: pd.Series, study: Study, **what: Any) -> Iterator[Row]:
    """Yield the ledger row of a metric's row, none where there was nothing to estimate."""
    estimate: Estimate = estimate_of(row, study.level)
    if known(estimate):
        yield evidence(estimate, **what)
