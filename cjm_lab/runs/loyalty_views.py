"""Tables on arriving, staying and buying again that a notebook shows and nobody computes with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from cjm_lab import metrics
from cjm_lab.estimate import Estimate
from cjm_lab.metrics.loyalty_evidence import CREDIT_DAYS, CREDIT_REPEATS
from cjm_lab.metrics.pilot_plan import RAMP_UP
from cjm_lab.period import Period, period_up_to
from cjm_lab.runs.readable import in_words
from cjm_lab.study import Study
from cjm_lab.words import number, shown

if TYPE_CHECKING:
    from cjm_lab.metrics import JourneyStream

#: Customers below which a line is not shown, to protect them.
_FEWEST = 5
_PAGES = 12
_WEEKS = 8


def arrivals(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return where new customers come from, and how many of each go on to the goal."""
    goal = study.funnel.goal if study.funnel else None
    ways = {"channel": "channel", "campaign": "campaign", "page": "landing page"}
    parts = []
    for by, name in (ways | {"device": "device"}).items():
        found = metrics.acquisition(
            stream, by=by, converted=goal, period=period, as_of=as_of,  # type: ignore[arg-type]
            level=study.level,
        )  # fmt: skip
        found = found[found["customers"] >= _FEWEST].sort_values(
            "value", ascending=False, kind="stable"
        )
        words = in_words(found.head(_PAGES), "new customers").assign(by=name, what=found[by])
        if goal:
            rate = found.head(_PAGES)[["conversion", "conversion_low", "conversion_high"]]
            rate = rate.set_axis(["value", "low", "high"], axis=1)
            rate = rate.assign(n=found["conversion_n"], se=float("nan"), method="Wilson")
            told = in_words(rate, "convert")
            words["convert"], words["interval "] = told["convert"], told["interval"]
        parts.append(words)
    table = pd.concat(parts, ignore_index=True)
    columns = ["by", "what", "new customers", "interval", "n", "convert", "interval "]
    return table[[column for column in columns if column in table]]


def credit(
    stream: JourneyStream, study: Study, period: Period, as_of: date, seed: int
) -> pd.DataFrame:
    """Return what each model credits each channel with."""
    if study.funnel is None or not stream.channels:
        return pd.DataFrame(
            columns=["model", "channel", "conversions", "value", "low", "high", "n"]
        )
    found = metrics.attribution(
        stream, goal=study.funnel.goal, within_days=CREDIT_DAYS, period=period, as_of=as_of,
        repeats=CREDIT_REPEATS, seed=seed, level=study.level,
    )  # fmt: skip
    most = found.groupby("channel")["conversions"].max()
    return found[found["channel"].isin(most[most >= _FEWEST].index)]


def credit_side_by_side(credit: pd.DataFrame) -> pd.DataFrame:
    """Return one row a channel, one column a model, in percent."""
    if credit.empty:
        return pd.DataFrame()
    table = metrics.attribution_table(credit)
    shares = table.columns.drop("channel")
    table[shares] = table[shares].map(lambda share: f"{100 * share:.0f} %")
    return table.rename(columns=lambda name: name.replace("_", " "))


def seen_pages(stream: JourneyStream, study: Study, period: Period) -> pd.DataFrame:
    """Return who sees each page, and how many sessions begin and end there."""
    found = metrics.page_shares(stream, top=_PAGES, period=period, level=study.level)
    kept = found[found["customers"] >= _FEWEST]
    names = {
        "page_share": "seen by",
        "landing_share": "sessions begin",
        "exit_share": "sessions end",
    }
    words = in_words(kept, "share").assign(what=kept["measure"].map(names))
    words["share"] = words["share"] + " " + words["interval"]
    wide = words.pivot(index="page", columns="what", values="share").reindex(
        index=words["page"].drop_duplicates(), columns=list(names.values())
    )
    return wide.fillna("").reset_index()


def to_and_fro(stream: JourneyStream, study: Study, period: Period) -> pd.DataFrame:
    """Return between which pages customers go back and forth within a session."""
    found = metrics.back_and_forth(stream, top=_PAGES, period=period, level=study.level)
    kept = found[(found["customers"] >= _FEWEST) & (found["page"] != "")]
    words = in_words(kept, "go straight back")
    return words[["page", "via", "go straight back", "interval", "moves", "n"]]


def habits(stream: JourneyStream, study: Study, period: Period, as_of: date) -> pd.DataFrame:
    """Return how many days customers are active, what they use, and how much they stick to it."""
    names = {
        "features_used": "different events of a customer",
        "dau_wau": "active on a day, of those active in its week",
        "dau_mau": "active on a day, of those active in its month",
    }
    often = metrics.frequency(stream, period=period, level=study.level)
    sticky = metrics.stickiness(stream, period=period, as_of=as_of, level=study.level)
    words = pd.concat(
        [
            in_words(often[often["value"].notna()], "value"),
            in_words(sticky[sticky["value"].notna()].assign(item=""), "value"),
        ],
        ignore_index=True,
    )
    days = "active on " + words["item"].astype("str") + " days"
    days = days.replace("active on 1 days", "active on one day")
    words["what"] = words["measure"].map(names).fillna(days)
    return words[["what", "value", "interval", "n"]]


def conversion_change(
    stream: JourneyStream, study: Study, period: Period, as_of: date
) -> pd.DataFrame:
    """Return what of a change of the conversion is other customers, and what other rates."""
    if study.funnel is None or not stream.channels or period.kind == "all":
        return pd.DataFrame()
    before = period_up_to(period.start - timedelta(days=1), period.kind, time_zone=period.time_zone)
    then, now = (
        metrics.funnel(
            stream, study.funnel.steps, window_days=study.funnel.window_days,
            without=study.funnel.without, by="channel", period=span, as_of=as_of,
            level=study.level,
        )
        for span in (before, period)
    )  # fmt: skip
    if then.empty or now.empty:
        return pd.DataFrame()
    parts = metrics.mix_and_rates(then, now, level=study.level)
    names = {
        "change": "the change of the conversion",
        "mix": "as customers came by other channels",
        "rates": "as the channels convert otherwise",
    }  # fmt: skip
    kept = parts[parts["segment"] == ""]
    told = [
        shown(Estimate(row["value"], row["low"], row["high"], n=int(row["n"]), se=row["se"],
                       method=row["method"]), "all_share", change=True)
        for row in kept.to_dict("records")
    ]  # fmt: skip
    return pd.DataFrame(
        {
            "part": [names.get(part, part) for part in kept["part"]],
            "points": [one.value for one in told],
            "interval": [one.interval for one in told],
            "customers": kept["n"].tolist(),
        }
    )


def cohorts(stream: JourneyStream, study: Study, as_of: date) -> pd.DataFrame:
    """Return who is back in each week after the first, by the month of the first event."""
    table = metrics.retention(stream, cohorts="month", as_of=as_of, level=study.level)
    table = table[table["age"] <= _WEEKS]
    month = table["cohort"].dt.strftime("%Y-%m").fillna("all")
    return table.assign(label=month + " in week " + table["age"].astype("str"))


def staying(customers: pd.DataFrame, study: Study, as_of: date) -> pd.DataFrame:
    """Return the share of customers still there so many days after joining, by persona."""
    columns = ["group", "time", "value", "low", "high", "n", "events"]
    known = customers[customers["joined_at"].notna()] if len(customers) else customers
    known = known[~(known["left_at"] < known["joined_at"])] if len(known) else known
    if known.empty or known["left_at"].isna().all():
        return pd.DataFrame(columns=columns)
    persona = {one.id: one.name for one in study.personas}
    named = known.assign(persona=known["persona"].map(persona).fillna("no persona"))
    by: Any = "persona" if study.personas else None
    return metrics.survival(named, by=by, as_of=as_of, time_zone=study.time_zone, level=study.level)


def at_risk(stream: JourneyStream, as_of: date) -> pd.DataFrame:
    """Return who is likely not to come back, for the CRM: kept in data/processed, never shown."""
    risk = metrics.churn_risk(stream, as_of=as_of)
    return risk[risk["value"] < 0.5]


def buyers(orders: pd.DataFrame, study: Study, as_of: date) -> pd.DataFrame:
    """Return the segments of buyers by how lately and how often they bought."""
    if orders.empty or orders["ordered_at"].isna().all():
        return pd.DataFrame()
    table = metrics.rfm_segments(orders, as_of=as_of, time_zone=study.time_zone, level=study.level)
    shares = table[table["measure"] == "customer_share"].set_index("segment")
    worth = table[table["measure"] == "customer_value"].set_index("segment")
    words = in_words(shares[shares["value"] > 0], "of the buyers")
    value = in_words(worth.loc[words.index], "spent by each")
    both = words.assign(**{"spent by each": value["spent by each"], "interval ": value["interval"]})
    return both.reset_index()[
        ["segment", "of the buyers", "interval", "spent by each", "interval "]
    ]


def future_value(orders: pd.DataFrame, study: Study, as_of: date, seed: int) -> pd.DataFrame:
    """Return what customers will order in the next twelve months, or why nobody knows."""
    if orders.empty or orders["ordered_at"].isna().all():
        return pd.DataFrame()
    found = metrics.lifetime_value(
        orders, as_of=as_of, time_zone=study.time_zone, level=study.level, seed=seed
    )
    names = {
        "lifetime_value": "value of a customer's next 12 months",
        "new_customer_value": "the same of a new customer",
        "expected_orders": "orders of a customer's next 12 months",
        "order_value": "value of an order",
        "p_alive": "chance to be still a customer (1 for one-time buyers, by the model)",
    }
    kept = found[found["measure"].isin(names)]
    if kept["value"].isna().all():  # one reason holds for all
        return pd.DataFrame({"why nobody knows": kept["method"].unique()})
    words = in_words(kept, "value")
    return words.assign(what=words["measure"].map(names))[["what", "value", "interval", "n"]]


def future_check(orders: pd.DataFrame, study: Study, as_of: date) -> pd.DataFrame:
    """Return how many orders the model expected in the record's last part, and how many came."""
    if orders.empty or orders["ordered_at"].isna().all():
        return pd.DataFrame(columns=["frequency", "expected", "value", "low", "high", "n"])
    found = metrics.lifetime_holdout(
        orders, as_of=as_of, time_zone=study.time_zone, level=study.level
    )
    return found[found["expected"].notna()]


def ordering(
    orders: pd.DataFrame, customers: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return how the orders of the period divide: new, repeat, upgrade, renewal, reactivation."""
    if orders.empty:
        return pd.DataFrame()
    found = metrics.order_kinds(orders, customers, period=period, level=study.level)
    kept = found[(found["measure"] == "order_share") & found["value"].notna()]
    words = in_words(kept, "of the orders")
    return words[["kind", "orders", "of the orders", "interval", "n"]]


def answered_contacts(
    interactions: pd.DataFrame, study: Study, period: Period, as_of: date
) -> pd.DataFrame:
    """Return how long contacts wait and come back, overall, by topic and by touchpoint."""
    if interactions.empty:
        return pd.DataFrame()
    names = {
        "repeat_share": "come back with the same within a week",
        "reply_median_hours": "hours until half have a reply",
        "resolution_median_hours": "hours until half are solved",
    }
    places = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    parts = []
    for by in ("topic", "touchpoint"):
        found = metrics.contact_outcomes(
            interactions, by=by, period=period, as_of=as_of, level=study.level
        )
        found = found[(found["customers"] >= _FEWEST) & ((found[by] != "") | (by == "topic"))]
        # One line a topic: how long it takes. What comes back is rare and stands for all.
        found = found[(found[by] == "") | (found["measure"] == "resolution_median_hours")]
        parts.append(in_words(found, "value").assign(about=found[by].replace(places)))
    table = pd.concat(parts, ignore_index=True)
    about = table["about"].replace("", "all contacts")
    return table.assign(about=about, what=table["measure"].map(names))[
        ["about", "what", "value", "interval", "n"]
    ]


def pilot_days(pilot: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the first share of the pilot as those saw it who looked every day."""
    columns = ["look", "day", "value", "low", "high", "always_low", "always_high", "n"]
    outcomes = [
        name for name in pilot.columns.drop(["customer_id", "arm", "assigned_at"])
        if pd.api.types.is_numeric_dtype(pilot[name]) and pilot[name].dropna().isin([0, 1]).all()
    ]  # fmt: skip
    if pilot.empty or not outcomes:
        return pd.DataFrame(columns=columns)
    return metrics.pilot_looks(
        pilot, outcomes[0], time_zone=study.time_zone, level=study.level
    ).assign(outcome=outcomes[0])


def conversion_pace(measured: pd.DataFrame) -> tuple[float, float] | None:
    """Return the conversion and how many customers a week it is of, by the length of its period.

    None where it is not known, nobody or everybody converts, or it is not dated.
    """
    rate = measured[(measured["measure"] == "conversion") & (measured["persona"] == "")]
    rate = rate[(rate["segment"] == "") & (rate["period_start"] != "")]
    if rate.empty or not 0 < rate["value"].iloc[0] < 1:
        return None
    row = rate.iloc[0]
    days = (pd.Timestamp(row["period_end"]) - pd.Timestamp(row["period_start"])).days + 1
    return float(row["value"]), float(row["n"]) * 7 / days


def next_pilot(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how many customers and weeks a pilot takes to show what matters on the conversion."""
    wanted = [key for key in study.key_measures if key.measure == "conversion" and key.matters]
    pace = conversion_pace(measured)
    if not wanted or pace is None:
        return pd.DataFrame()
    base, a_week = pace
    parts = [
        metrics.plan_pilot(
            base, smallest_effect=float(wanted[0].matters or 0), customers_a_week=a_week,
            daily=daily, level=study.level,
        ).assign(looks="every day" if daily else "once, at the end")
        for daily in (False, True)
    ]  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(
        {
            "looks": table["looks"],
            "conversion now": [f"{100 * one:.1f} %" for one in table["baseline"]],
            "smallest difference that counts": [
                f"{100 * one:.1f} points" for one in table["effect"]
            ],
            "customers": table["customers"].map(number),
            "weeks": table["weeks"].map(number),
        }
    )


def next_stages(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return a ramp-up: what harm would be seen at each stage, and when to stop."""
    pace = conversion_pace(measured)
    if pace is None:
        return pd.DataFrame()
    rate, a_week = pace
    # A stage in which nobody is treated shows nothing.
    stages = {part: days for part, days in RAMP_UP.items() if a_week * days / 7 * part >= 1}
    if not stages:
        return pd.DataFrame()
    table = metrics.ramp_up(rate, customers_a_week=a_week, stages=stages, level=study.level)
    return pd.DataFrame(
        {
            "stage": table["stage"],
            "treated": [f"{100 * share:.0f} %" for share in table["treated"]],
            "days": table["days"],
            "harm that would be seen": [
                "none" if pd.isna(one) else f"{100 * abs(one):.1f} points" for one in table["harm"]
            ],
            "stop when": table["stop_rule"],
        }
    )


def steps_in_time(weekly: pd.DataFrame) -> pd.DataFrame:
    """Return the weeks in which the level of the weekly series changed for good."""
    if len(weekly) < 2:
        return pd.DataFrame()
    found = metrics.change_points(weekly.drop(columns="touchpoint"))
    kept = found[found["value"].notna()] if "value" in found else found
    return pd.DataFrame(
        {
            "week": kept["week"],
            "before": kept["before"].map(number),
            "after": kept["after"].map(number),
            "in the calendar": kept["calendar"],
        }
    )
