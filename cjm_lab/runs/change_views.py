"""What notebook 7 shows of change: the forecasts held against what came."""

from __future__ import annotations

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.planning.scored import calibration
from cjm_lab.study import Study
from cjm_lab.words import NBSP, day_words, shown, span_words
from cjm_lab.workspace import parse_day


def forecast_list(forecast_scores: pd.DataFrame) -> pd.DataFrame:
    """Return each scored forecast in words: what was forecast, what came, and the verdict."""
    lines = [
        {
            "what was done": row["what"],
            "forecast of": day_words(parse_day(row["report"][:10])) if row["report"] else "pilot",
            "forecast": _points(row["forecast"], row["forecast_low"], row["forecast_high"]),
            "came": _points(row["value"], row["low"], row["high"]),
            "in": span_words(row["period_start"], row["period_end"]) if row["report"] else "pilot",
            "n": f"{row['n']:,.0f}",
            "verdict": row["verdict"],
            "note": row["note"],
        }
        for row in forecast_scores.to_dict("records")
    ]
    return pd.DataFrame(lines)


def held_so_far(forecast_scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how many forecasts have held up to each period, beside how many should."""
    lines = []
    for row in calibration(forecast_scores, study).to_dict("records"):
        words = shown(
            Estimate(row["value"], row["low"], row["high"], n=row["n"], method=row["method"]),
            "all_share",
        )
        lines.append(
            {
                "until": day_words(parse_day(row["until"])),
                "scored": row["scored"],
                "held": row["held"],
                "share": words.value,
                "interval": words.interval,
                "should hold": f"{row['nominal']:.0%}".replace("%", f"{NBSP}%"),
            }
        )
    return pd.DataFrame(lines)


def forecasts_drawn(forecast_scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores for a picture, the latest twenty."""
    return forecast_scores.tail(20).reset_index(drop=True)


def _points(value: float, low: float, high: float) -> str:
    """Return a lift in points with its interval."""
    words = shown(Estimate(value, low, high, n=0, method=""), "conversion_lift")
    return f"{words.value} {words.interval}"
