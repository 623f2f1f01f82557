"""What notebook 7 says of forecasts, and what of earlier reports enters a run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import Ledger, evidence, evidence_frame
from cjm_lab.period import period_up_to
from cjm_lab.planning.scored import COLUMNS
from cjm_lab.runs import change_views as views
from cjm_lab.runs.context import RunContext
from cjm_lab.study import Study
from cjm_lab.workspace import Workspace, sha256

NBSP = "\u00a0"
SCORE = {
    "kind": "done", "report": "2026-09-30_r2", "what": "Card form", "verdict": "too high",
    "note": "", "period_start": "2026-11-01", "period_end": "2026-11-30", "forecast": 0.12,
    "forecast_low": 0.1, "forecast_high": 0.14, "value": 0.03, "low": -0.01, "high": 0.07,
    "n": 3000.0, "gap": -0.09, "gap_low": -0.134, "gap_high": -0.046, "held": 0.0,
}  # fmt: skip


def test_a_score_in_words() -> None:
    (line,) = views.forecast_list(pd.DataFrame([SCORE])).to_dict("records")
    assert line["forecast of"] == "30 September 2026"
    assert line["forecast"] == f"+12{NBSP}points [+10,{NBSP}+14]"
    assert line["came"] == f"+3{NBSP}points [−1,{NBSP}+7]"
    assert (line["in"], line["verdict"]) == ("November 2026", "too high")


def test_without_scores_there_is_nothing_to_show() -> None:
    none = pd.DataFrame(columns=COLUMNS)
    study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    assert views.forecast_list(none).empty
    assert views.held_so_far(none, study).empty


def test_how_many_held_stands_beside_how_many_should() -> None:
    study = Study.model_validate({"title": "Tea", "stages": [{"id": "a", "name": "A"}]})
    (line,) = views.held_so_far(pd.DataFrame([SCORE]), study).to_dict("records")
    # none of one: Wilson's interval reaches to 1 / (1 + 1/z^2), .79
    assert (line["share"], line["interval"]) == (f"0{NBSP}%", f"[0,{NBSP}79]")
    assert line["should hold"] == f"95{NBSP}%"


def test_forecasts_of_all_earlier_days_are_inputs_with_their_hashes(tmp_path: Path) -> None:
    home = tmp_path / "data" / "raw" / "tea"
    home.mkdir(parents=True)
    (home / "study.yaml").write_text("title: Tea\nstages: [{id: a, name: A}]")
    workspace = Workspace(tmp_path)
    lift = Estimate(0.1, 0.05, 0.15, n=400, method="predictive")
    for name in ("2026-08-31", "2026-09-30", "2026-09-30_r2", "2026-10-31"):
        row = evidence(lift, lane="forecast", measure="conversion_lift", label=name,
                       period=period_up_to(date.fromisoformat(name[:10])))  # fmt: skip
        report = workspace.reports("tea") / name
        report.mkdir(parents=True)
        Ledger(evidence_frame([row])).to_csv(report / "forecasts.csv")
        Ledger(evidence_frame([row])).to_csv(report / "evidence.csv")
    context = RunContext(workspace, "tea", as_of="2026-10-31")
    # of each earlier day the last revision, and none of the day itself
    assert context.earlier_forecasts[["report", "label"]].values.tolist() == [
        ["2026-08-31"] * 2,
        ["2026-09-30_r2"] * 2,
    ]
    file = workspace.reports("tea") / "2026-08-31" / "forecasts.csv"
    assert context.inputs["forecasts of 2026-08-31"] == sha256(file)
    assert "forecasts of 2026-09-30" not in context.inputs
    assert RunContext(workspace, "tea", as_of="2026-08-31").earlier_forecasts.empty
