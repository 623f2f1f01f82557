"""Forecasts held against what came: of actions done since, and of pilots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from math import ceil, isnan, nan, sqrt
from typing import Any, NamedTuple

import narwhals as nw
import pandas as pd

from cjm_lab.estimate import Estimate, difference, share
from cjm_lab.ledger import evidence, evidence_frame, row_estimate
from cjm_lab.metrics import JourneyStream, markov_chain
from cjm_lab.metrics.stream import instant_us
from cjm_lab.period import Period, period_up_to
from cjm_lab.planning.actions import action_status
from cjm_lab.planning.forecast_evidence import FEWEST_JOURNEYS
from cjm_lab.planning.pert import pert_estimate
from cjm_lab.planning.piloted import pilot_outcome, with_pilot_results
from cjm_lab.study import Study
from cjm_lab.words import listed

_CONVERSION = "conversion"
_TEXT = ["kind", "report", "what", "verdict", "note"]
_SIDES = ["forecast", "forecast_low", "forecast_high", "value", "low", "high", "n"]
_GAP = ["gap", "gap_low", "gap_high"]
COLUMNS = [*_TEXT, "period_start", "period_end", *_SIDES, *_GAP, "held"]


class Done(NamedTuple):
    """An action that is done: what, on which day, and the first whole period after it."""

    what: str
    day: date
    after: Period
    guessed: bool


def scored_forecasts(
    earlier_forecasts: pd.DataFrame,
    actions: pd.DataFrame,
    resources: pd.DataFrame,
    measured: pd.DataFrame,
    stream: JourneyStream,
    study: Study,
    period: Period,
    as_of: date,
) -> pd.DataFrame:
    """Return every forecast that can be held against what came, and whether it held.

    Parameters
    ----------
    earlier_forecasts
        forecasts.csv of all earlier reports below one another, with the column ``report``.
    actions
        The tidy table; an action and its resource have one name. The day it was done is in the
        column ``done``, without one the day it was due stands in.
    resources, measured
        The tidy table with the judged lifts, and the ledger's rows with the pilot's outcome.
    stream
        The journey stream, from which both conversions are counted anew, in one way.
    study
        Funnel, time zone and confidence level.
    period
        Its kind is how long is looked at; after ``all`` nothing comes.
    as_of
        Last day observed.

    Returns
    -------
    DataFrame
        A row a forecast, oldest first: ``kind`` (``done``, ``together`` or ``pilot``), ``report``
        (which made it), ``what``, the forecast and the actual lift of conversion, each with its
        interval, ``gap`` (actual less forecast) with its interval, ``held`` (1, 0, or unknown), the
        ``verdict`` and a ``note``.

    Notes
    -----
    Scored is the last forecast before an action was done, once: journeys begun in the forecast's
    own period against those begun in the first whole period after the day it was done, each as it
    stood at its end. Customers count with their first event, so the two have none in common. What
    was done between the two is scored together: by the forecast of the set that the budget buys
    where it is that set, else by the sum of the forecasts. Overlapping improvements bring less than
    their sum, so a sum can be too low and never too high. It is a difference of before and after:
    what else changed meanwhile is in it.

    The forecast has a predictive interval and the actual one of its own; both enter the interval of
    the gap (MOVER), so the forecast *held* where that has zero in it: the prediction interval of a
    new, uncertain observation. The verdict is ``too low`` or ``too high`` where zero lies outside;
    ``held`` where it lies inside and what came is told apart from nothing; else ``cannot tell
    yet``. Calibration counts all but sums: of forecasts that are honest about their uncertainty
    as many hold as their level says.

    References
    ----------
    Gneiting, Balabdaoui & Raftery (2007), Probabilistic forecasts, calibration and sharpness, JRSS
    B 69, 243-268; Gneiting & Raftery (2007), JASA 102, 359-378, 6.2 (interval forecasts); Zou &
    Donner (2008), Statistics in Medicine 27, 1693-1702.
    """
    found = [
        *_of_actions(earlier_forecasts, actions, stream, study, period, as_of),
        *_of_pilots(resources, measured, study, period),
    ]
    table = pd.DataFrame(found, columns=COLUMNS)
    numbers = [*_SIDES, *_GAP, "held"]
    texts = [column for column in COLUMNS if column not in numbers]
    table = table.astype(dict.fromkeys(numbers, "float64") | dict.fromkeys(texts, "str"))
    return table.sort_values(["period_end", "kind", "what"], kind="stable", ignore_index=True)


def calibration(forecast_scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how many of the scored forecasts held, up to the end of each period.

    Parameters
    ----------
    forecast_scores
        As `scored_forecasts` returns it; sums of forecasts don't count.
    study
        Its level is the share of forecasts that should hold.

    Returns
    -------
    DataFrame
        ``until scored held value low high n method nominal``, Wilson's interval.

    Examples
    --------
    >>> scores = pd.DataFrame({"period_end": ["2026-10-31", "2026-11-30"], "held": [1.0, 0.0]})
    >>> study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    >>> calibration(scores, study)[["until", "scored", "held", "value"]].values.tolist()
    [['2026-10-31', 1, 1, 1.0], ['2026-11-30', 2, 1, 0.5]]
    """
    counted = forecast_scores[forecast_scores["held"].notna()]
    sums = counted.groupby("period_end")["held"].agg(["size", "sum"]).cumsum()
    rows = []
    for until, scored, held in sums.itertuples():
        one = share(held, int(scored), level=study.level)
        rows.append([until, int(scored), int(held), one.value, one.low, one.high, one.n,
                     one.method, study.level])  # fmt: skip
    columns = ["until", "scored", "held", "value", "low", "high", "n", "method", "nominal"]
    return pd.DataFrame(rows, columns=columns)


def score_evidence(forecast_scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the scores as rows of the ledger: each gap, and the share of forecasts that held."""
    rows = [
        evidence(
            Estimate(row["gap"], row["gap_low"], row["gap_high"], n=int(row["n"]), method="MOVER",
                     level=study.level),
            lane="change",
            measure="forecast_gap",
            label=row["what"],
            item=f"{row['kind']} {row['report']} {row['what']}",
            source="forecasts; events" if row["report"] else "resources; pilot",
            status="reasoned",
            note=f"{row['verdict']}; {row['note']}" if row["note"] else row["verdict"],
        )
        | {name: row[name] for name in ("period_start", "period_end")}
        for row in forecast_scores.to_dict("records")
    ]  # fmt: skip
    for row in calibration(forecast_scores, study).tail(1).to_dict("records"):
        rows.append(
            evidence(
                share(row["held"], row["scored"], level=study.level),
                lane="change",
                measure="forecasts_held_share",
                label="Forecasts that held",
                source="forecasts; events",
                status="reasoned",
                note=f"{row['nominal']:.0%} should".replace("%", "\u00a0%"),
            )
        )
    return evidence_frame(rows)


def judged(forecast: Estimate, actual: Estimate, *, is_sum: bool = False) -> tuple[str, Estimate]:
    """Return whether a forecast was right, and the actual less the forecast.

    Parameters
    ----------
    forecast
        With its predictive interval.
    actual
        What came, with its own interval.
    is_sum
        Whether the forecast is a sum of several, an upper bound.

    Examples
    --------
    >>> came = Estimate(0.05, 0.03, 0.07, n=2000, method="Newcombe")
    >>> judged(Estimate(0.04, 0.02, 0.06, n=900, method="predictive"), came)[0]
    'held'
    >>> judged(Estimate(0.10, 0.08, 0.12, n=900, method="predictive"), came)[0]
    'too high'
    """
    gap = difference(actual, forecast)
    if gap.low > 0:
        return "too low", gap
    if gap.high < 0 and not is_sum:
        return "too high", gap
    apart = actual.low > 0 or actual.high < 0
    return "held" if apart and gap.low <= 0 <= gap.high else "cannot tell yet", gap


def _of_actions(
    forecasts: pd.DataFrame,
    actions: pd.DataFrame,
    stream: JourneyStream,
    study: Study,
    period: Period,
    as_of: date,
) -> Iterator[dict[str, Any]]:
    """Yield the score of each set of actions that were done between two periods."""
    lifts = forecasts[forecasts["measure"] == "conversion_lift"]
    if lifts.empty or not len(stream) or study.funnel is None or period.kind == "all":
        return
    seen = set()
    all_done = [one for one in _done(actions, study, period, as_of) if one.after.end <= as_of]
    for one in all_done:
        made = lifts.loc[lifts["label"] == one.what, "report"]
        made = made[made.str[:10] < one.day.isoformat()]
        if made.empty or (made.iloc[-1], one.after.start) in seen:
            continue
        report = str(made.iloc[-1])
        seen.add((report, one.after.start))
        own = forecasts[forecasts["report"] == report]
        between = [o for o in all_done if report[:10] < o.day.isoformat() < str(one.after.start)]
        yield from _scored(own, between, one.after, report, stream, study)


def _scored(
    own: pd.DataFrame,
    done: list[Done],
    after: Period,
    report: str,
    stream: JourneyStream,
    study: Study,
) -> Iterator[dict[str, Any]]:
    """Yield the score of one report's forecast of what was done since."""
    lifts = own[own["measure"] == "conversion_lift"]
    whole = evidence(lane="forecast", measure="conversion_lift", item="portfolio")["evidence_id"]
    alone = lifts[lifts["evidence_id"] != whole]
    parts = alone[alone["label"].isin([one.what for one in done])]
    start, end = (str(alone[name].iloc[0]) for name in ("period_start", "period_end"))
    if not start or end >= str(after.start):
        return
    names = sorted(parts["label"])
    chosen = own[(own["measure"] == "chosen") & (own["value"] == 1)]["label"]
    bought = lifts[lifts["evidence_id"] == whole]
    as_set = len(names) > 1 and len(bought) and set(chosen) == set(names)
    estimates = [row_estimate(row) for _, row in (bought if as_set else parts).iterrows()]
    forecast = replace(_sum(estimates), level=study.level)
    before = Period(after.kind, date.fromisoformat(start), date.fromisoformat(end), after.time_zone)
    then, now = (_conversion(stream, study, span) for span in (before, after))
    actual = difference(now, then)
    few = min(then.n, now.n) < FEWEST_JOURNEYS
    is_sum = len(estimates) > 1
    verdict, gap = judged(forecast, actual, is_sum=is_sum)
    others = sorted({one.what for one in done} - set(names))
    notes = [
        f"fewer than {FEWEST_JOURNEYS} journeys" if few else "",
        "the sum of forecasts, which together bring less" if is_sum else "",
        "the set that the budget bought" if as_set else "",
        f"also done: {listed(others)}" if others else "",
        "day of doing not given, taken as due" if any(one.guessed for one in done) else "",
    ]
    yield {
        "kind": "together" if len(names) > 1 else "done",
        "report": report,
        "what": listed(names),
        "verdict": "cannot tell yet" if few else verdict,
        "note": "; ".join(note for note in notes if note),
        "period_start": after.start.isoformat(),
        "period_end": after.end.isoformat(),
        **_numbers(forecast, actual, gap, counts=not (few or is_sum)),
    }


def _of_pilots(
    resources: pd.DataFrame, measured: pd.DataFrame, study: Study, period: Period
) -> Iterator[dict[str, Any]]:
    """Yield the judged lift of conversion against what the pilot of the same resource showed.

    A pilot that is not clear of zero counts as well: leaving it out would score only successes.
    """
    if resources.empty:
        return
    sources = with_pilot_results(resources, measured, study)["lift_source"]
    named = sources.isin(["pilot", "pilot: not clear"]) & (resources["measure"] == _CONVERSION)
    for row in resources[named].to_dict("records"):
        found = pilot_outcome(measured, _CONVERSION)
        lift = (float(row["lift_low"]), float(row["lift_likely"]), float(row["lift_high"]))
        if found is None or any(isnan(bound) for bound in lift):
            continue
        forecast = pert_estimate(lift, study.level)
        actual = replace(found, level=study.level)
        verdict, gap = judged(forecast, actual)
        yield {
            "kind": "pilot",
            "report": "",
            "what": row["resource"],
            "verdict": verdict,
            "note": "the lift as judged in resources.csv, against the pilot with a control",
            "period_start": period.start.isoformat(),
            "period_end": period.end.isoformat(),
            **_numbers(forecast, actual, gap, counts=True),
        }


def _done(actions: pd.DataFrame, study: Study, period: Period, as_of: date) -> Iterator[Done]:
    """Yield the actions that are done, by the day they were."""
    status = action_status(actions, as_of, study.time_zone)
    status = status[status["progress"] == "done"]
    days = pd.to_datetime(status["due"])
    given = pd.Series(pd.NaT, index=status.index)
    if "done" in status:
        given = status["done"].dt.tz_convert(study.time_zone).dt.tz_localize(None).dt.normalize()
    days = given.fillna(days)
    table = pd.DataFrame({"what": status["opportunity"], "day": days, "guessed": given.isna()})
    months = 3 if period.kind == "quarter" else 1
    for what, day, guessed in table.dropna().sort_values(["day", "what"]).itertuples(index=False):
        end = (day + pd.offsets.MonthEnd(0) + pd.offsets.MonthEnd(months)).date()
        after = period_up_to(end, period.kind, time_zone=study.time_zone)
        yield Done(str(what), day.date(), after, bool(guessed))


def _conversion(stream: JourneyStream, study: Study, period: Period) -> Estimate:
    """Return the share of the journeys begun in a period that converted by its end.

    Journeys begun last are left out whole, as in the forecast: of these only those that converted
    are over.
    """
    assert study.funnel is not None
    goal, window = study.funnel.goal, study.funnel.window_days
    last = max(period.start, period.end - timedelta(ceil(window or 0)))
    closed = Period(period.kind, period.start, last, period.time_zone)
    # What came later must not count: the earlier period would have had longer to convert.
    kept = stream.table().filter(nw.col("occurred_us") < instant_us(period.ends_before))
    native = kept.collect().to_native() if stream.engine == "polars" else kept.to_native()
    seen = replace(stream, frame=native)
    chain = markov_chain(seen, goal=goal, window_days=window, period=closed, as_of=period.end)
    return chain.estimate(level=study.level)


def _sum(parts: list[Estimate]) -> Estimate:
    """Return the sum of forecasts, with the interval that independent ones have."""
    if len(parts) == 1:
        return parts[0]
    value = sum(part.value for part in parts)
    below, above = (
        sqrt(sum((part.value - bound) ** 2 for part, bound in zip(parts, bounds, strict=True)))
        for bounds in ([part.low for part in parts], [part.high for part in parts])
    )
    return Estimate(value, value - below, value + above, n=parts[0].n, method="sum")


def _numbers(
    forecast: Estimate, actual: Estimate, gap: Estimate, *, counts: bool
) -> dict[str, float]:
    """Return the numbers of a score; one that doesn't count has no `held`."""
    held = float(gap.low <= 0 <= gap.high) if counts else nan
    sides = [forecast.value, forecast.low, forecast.high, actual.value, actual.low, actual.high]
    names = [*_SIDES, *_GAP, "held"]
    values = [*sides, actual.n, gap.value, gap.low, gap.high, held]
    return dict(zip(names, values, strict=True))
