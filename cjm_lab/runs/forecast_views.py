"""Tables on what improvements would bring and what a budget buys, for a notebook to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import isnan, nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from cjm_lab import planning
from cjm_lab.estimate import Estimate
from cjm_lab.ledger import row_estimate
from cjm_lab.period import Period
from cjm_lab.planning.constraints import constraints_of
from cjm_lab.planning.forecast_evidence import THE_SET, budget_rules, outlook_of, simulation_of
from cjm_lab.planning.portfolios import candidates
from cjm_lab.planning.resources import not_in_place
from cjm_lab.study import Study
from cjm_lab.words import counted, listed, shown

if TYPE_CHECKING:
    from cjm_lab.metrics import JourneyStream
    from cjm_lab.planning import Outlook, Portfolio

#: An input with a smaller part of what is unsure is not shown.
_LEAST_PART = 0.005
_STEP_COLUMNS = ["budget", "label", "value", "low", "high", "n", "method", "amount"]


def outlook(
    stream: JourneyStream, orders: pd.DataFrame, study: Study, period: Period, as_of: date
) -> Outlook | None:
    """Return what a forecast starts from, None without closed journeys."""
    return outlook_of(stream, orders, study, period, as_of)


def improvements(resources: pd.DataFrame, measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the resources that aren't there yet, with what pilots showed of their lifts."""
    return not_in_place(planning.with_pilot_results(resources, measured, study))


def best_set(
    improvements: pd.DataFrame, resources: pd.DataFrame, outlook: Outlook | None, study: Study
) -> Portfolio | None:
    """Return the set that the budget buys, None without a budget or a forecast."""
    if outlook is None or study.budget is None or resources.empty:
        return None
    rules = budget_rules(study, resources)
    return planning.portfolio(improvements, outlook, budget=study.budget.amount, **rules)


def lift_forecasts(evidence: pd.DataFrame) -> pd.DataFrame:
    """Return the forecast lifts of conversion, the largest first, and which the budget buys."""
    rows = _forecast(evidence, "conversion_lift")
    bought = _forecast(evidence, "chosen")
    left = bought.loc[bought["value"] == 0, "label"]
    table = rows.assign(chosen=~rows["label"].isin(left))
    return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def gain_list(evidence: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what each improvement and the set would bring a month, and what stands behind it."""
    unit = _unit(study)
    columns = {
        "conversion_lift": "conversion",
        "added_orders": "orders a month",
        "added_customers": "customers a month",
        "added_revenue": f"revenue a month{unit}",
        "added_lifetime_value": f"value of these customers{unit}",
    }
    table = _side_by_side(evidence, columns)
    premise = _forecast(evidence, "conversion_lift").set_index("label")["note"]
    behind = premise.str.replace(";.*", "", regex=True).where(premise.index != THE_SET, "see below")
    table["what stands behind it"] = table["improvement"].map(behind)
    return table


def unforeseen(outlook: Outlook | None) -> pd.DataFrame:
    """Return what is not forecast, and why."""
    if outlook is None:
        why = "no journey of the study's funnel is over by this date"
        return pd.DataFrame({"not forecast": ["anything"], "why": [why]})
    unknown = {
        "customers": outlook.new_share,
        "revenue, net value, payback": outlook.order_value,
        "lifetime value": outlook.customer_value,
    }
    lines = [[what, e.method] for what, e in unknown.items() if isnan(e.value)]
    return pd.DataFrame(lines, columns=["not forecast", "why"])


def payback_list(
    evidence: pd.DataFrame, improvements: pd.DataFrame, study: Study, outlook: Outlook | None
) -> pd.DataFrame:
    """Return what each improvement costs, whether it pays back, and after how many months."""
    if outlook is None:
        return pd.DataFrame(columns=["improvement"])
    months = outlook.horizon_months
    net = f"net value over {counted(months, 'month')}{_unit(study)}"
    columns = {"net_value": net, "payback_chance": "chance of paying back"}
    table = _side_by_side(evidence, columns)
    late = _forecast(evidence, "payback_months").set_index("label")
    table["months to pay back"] = [
        _months(late.loc[name], months) if name in late.index else f"rather later than {months}"
        for name in table["improvement"]
    ]
    rows = improvements.set_index("resource")
    stated = rows["cost_once"].fillna(0) + months * rows["cost_month"].fillna(0)
    bought = _forecast(evidence, "chosen")
    stated[THE_SET] = stated.reindex(bought.loc[bought["value"] == 1, "label"]).sum()
    costs = table["improvement"].map(stated.map("{:,.0f}".format))
    table.insert(1, f"cost as stated{_unit(study)}", costs)
    return table


def matters(evidence: pd.DataFrame) -> pd.DataFrame:
    """Return how much of what is unsure goes with each input that matters, the most first."""
    rows = _forecast(evidence, "uncertainty_share")
    rows = rows[rows["value"] >= _LEAST_PART]
    return rows.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def set_list(
    improvements: pd.DataFrame,
    resources: pd.DataFrame,
    outlook: Outlook | None,
    best_set: Portfolio | None,
    study: Study,
) -> pd.DataFrame:
    """Return what may be bought: what it costs and takes, whether it is in the set, and why."""
    columns = ["improvement", "in the set", f"cost{_unit(study)}", "owner", "person-weeks", "why"]
    if best_set is None or outlook is None or study.budget is None:
        return pd.DataFrame(columns=columns)
    rules = constraints_of(improvements, **budget_rules(study, resources))
    options, _ = candidates(improvements, outlook, rules)
    bought = [option for option in options if option.resource in best_set.chosen]
    lines = []
    for option in options:
        cost = option.cost(outlook.horizon_months)
        broken = rules.refused(bought, option)
        if option in bought:
            why = "must be had" if option.resource in rules.must_have else "pays back in the set"
        elif best_set.infeasible:
            why = best_set.infeasible
        elif broken:
            why = broken
        elif best_set.cost + cost > study.budget.amount:
            why = f"with it the set would cost {best_set.cost + cost:,.0f}"
        else:
            why = "beside the set it brings less than it costs"
        taken = "yes" if option in bought else "no"
        lines.append([option.resource, taken, f"{cost:,.0f}", option.owner, option.effort, why])
    table = pd.DataFrame(lines, columns=columns)
    return table.sort_values("in the set", ascending=False, kind="stable", ignore_index=True)


def set_answers(
    evidence: pd.DataFrame,
    improvements: pd.DataFrame,
    resources: pd.DataFrame,
    outlook: Outlook | None,
    best_set: Portfolio | None,
    study: Study,
) -> pd.DataFrame:
    """Return what the budget buys, what that brings, and what more money would change, in words."""
    if study.budget is None or best_set is None or outlook is None:
        why = "study.yaml names no budget" if study.budget is None else "nothing is forecast"
        return pd.DataFrame({"": ["No set"], "answer": [why]})
    money, months = study.budget.currency, counted(outlook.horizon_months, "month")
    lines = {"Budget": f"{study.budget.amount:,.0f} {money} over {months}".replace("  ", " ")}
    if best_set.infeasible:
        lines["No set is allowed"] = best_set.infeasible
    else:
        lines["The set"] = ", ".join(best_set.chosen) or "nothing: no improvement pays back"
        lines["It costs"] = f"{best_set.cost:,.0f} {money}, as stated"
        lines |= _brings(evidence, best_set.chosen, money)
    lines |= _weeks_taken(improvements, budget_rules(study, resources), best_set)
    if best_set.next_chosen:
        words = f"{best_set.next_budget:,.0f} {money}: {', '.join(best_set.next_chosen)}"
    else:
        words = "" if best_set.infeasible else "no larger budget changes the set"
    lines["The set changes from"] = words
    lines["How it was found"] = (
        f"{best_set.weighed:,} sets "
        + ("weighed, all there are" if best_set.exact else "weighed in a greedy search")
        if best_set.weighed
        else ""
    )
    lines["Not known"] = "; ".join(best_set.notes)
    kept = {what: answer for what, answer in lines.items() if answer}
    return pd.DataFrame({"": kept.keys(), "answer": kept.values()})


def budget_steps(
    improvements: pd.DataFrame,
    resources: pd.DataFrame,
    outlook: Outlook | None,
    study: Study,
    seed: int,
) -> pd.DataFrame:
    """Return the net value of the best set for each budget at which that set changes.

    `amount` is the study's own budget.
    """
    if outlook is None or resources.empty:
        return pd.DataFrame(columns=_STEP_COLUMNS)
    rules = budget_rules(study, resources)
    steps = planning.frontier(improvements, outlook, **rules)
    simulation = simulation_of(improvements, outlook, study, seed, rules)
    amount = study.budget.amount if study.budget else nan
    lines = []
    for row in steps.to_dict("records"):
        e = simulation.outcome(row["chosen"])["net_value"]
        label = ", ".join(row["chosen"]) or "nothing"
        lines.append([row["budget"], label, e.value, e.low, e.high, e.n, e.method, amount])
    return pd.DataFrame(lines, columns=_STEP_COLUMNS)


def budget_list(budget_steps: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the frontier in words: from which budget on which set, and what it brings."""
    unit = _unit(study)
    words = [
        shown(Estimate(value, low, high, n=int(n), method=method), "net_value")
        for value, low, high, n, method in budget_steps[
            ["value", "low", "high", "n", "method"]
        ].itertuples(index=False)
    ]
    table = {
        f"budget from{unit}": budget_steps["budget"].map("{:,.0f}".format),
        "the best set": budget_steps["label"],
        f"net value{unit}": [one.value for one in words],
        "interval": [one.interval for one in words],
    }
    # Nothing brings nothing, for sure.
    return pd.DataFrame(table).replace(
        {f"net value{unit}": "0.0", "interval": "[0.0,\u00a00.0]"}, ""
    )


def _brings(evidence: pd.DataFrame, chosen: tuple[str, ...], money: str) -> dict[str, str]:
    """Return what the set brings, and what its parts would each bring alone."""
    rows = {row["label"]: row for row in _forecast(evidence, "net_value").to_dict("records")}
    lines = {}
    if THE_SET in rows:
        net = shown(row_estimate(rows[THE_SET]), "net_value")
        lines["It brings"] = f"{net.value} {net.interval} {money}, costs deducted"
    found = _forecast(evidence, "conversion_lift")
    lifts = {row["label"]: row_estimate(row) for row in found.to_dict("records")}
    parts = [lifts[name].value for name in chosen if name in lifts]
    if len(parts) > 1 and THE_SET in lifts:
        whole = shown(lifts[THE_SET], "conversion_lift", digits=1)
        alone = replace(lifts[THE_SET], value=sum(parts))
        each = shown(alone, "conversion_lift", digits=1).value
        lines["Together and alone"] = (
            f"together {whole.value} of conversion {whole.interval}; what each would bring alone "
            f"adds up to {each}"
        )
    return lines


def _weeks_taken(
    improvements: pd.DataFrame, rules: dict[str, Any], best_set: Portfolio
) -> dict[str, str]:
    """Return how much of their time the set takes of those whose time is limited."""
    bought = improvements[improvements["resource"].isin(best_set.chosen)]
    taken = bought.groupby("owner")["effort"].sum()
    words = [
        f"{owner} {taken.get(owner, 0.0):g} of {weeks:g}"
        for owner, weeks in rules["capacity"].items()
    ]
    return {"Person-weeks": listed(words)} if words else {}


def _side_by_side(evidence: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Return a row an improvement, the set last, and a column a measure, with its interval."""
    order = lift_forecasts(evidence)["label"].tolist()
    names = [name for name in order if name != THE_SET] + [n for n in order if n == THE_SET]
    table = pd.DataFrame({"improvement": names})
    for measure, title in columns.items():
        rows = _forecast(evidence, measure)
        words = {row["label"]: _cell(row) for row in rows.to_dict("records")}
        if words:
            table[title] = table["improvement"].map(words).fillna("not known")
    return table


def _cell(row: dict[Any, Any]) -> str:
    """Return a number with its interval, where it has one."""
    estimate = row_estimate(row)
    words = shown(estimate, row["measure"])
    if row["measure"] == "payback_chance" and not 0.005 <= estimate.value < 0.995:
        return "over 99 %" if estimate.value > 0.5 else "under 1 %"  # draws, no certainty
    return f"{words.value} {words.interval}" if estimate.has_interval else words.value


def _months(row: pd.Series, horizon: int) -> str:
    """Return months to pay back; an upper end that was drawn in to the horizon is said as such."""
    estimate = row_estimate(row)
    words = shown(estimate, "payback_months")
    if estimate.high < horizon:
        return f"{words.value} {words.interval}"
    start = words.interval.partition(",")[0]
    return f"{words.value} {start}, later than {horizon}]"


def _forecast(evidence: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the rows of a measure in the lane of forecasts."""
    return evidence[(evidence["lane"] == "forecast") & (evidence["measure"] == measure)]


def _unit(study: Study) -> str:
    """Return the currency as the end of a title."""
    return f", {study.budget.currency}" if study.budget and study.budget.currency else ""
