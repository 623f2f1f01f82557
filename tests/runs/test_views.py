from __future__ import annotations

from datetime import date
from math import nan
from types import SimpleNamespace
from typing import Any

import pandas as pd

from cjm_lab.estimate import Estimate
from cjm_lab.ledger import evidence, evidence_frame
from cjm_lab.runs import views
from cjm_lab.runs.meaning import meaning
from cjm_lab.runs.readable import readable
from cjm_lab.runs.step import Step
from cjm_lab.study import Study

STUDY = Study.model_validate({
    "title": "Tea",
    "stages": [{"id": "buy", "name": "Buy", "touchpoints": [
        {"id": "basket", "name": "Basket"}, {"id": "pay", "name": "Payment"}]}],
    "personas": [{"id": "new", "name": "New buyer"}, {"id": "old", "name": "Old hand"}],
})  # fmt: skip


def felt(place: str, value: float, persona: str = "") -> dict[str, Any]:
    estimate = Estimate(value, value - 0.2, value + 0.2, n=100, method="t")
    return evidence(estimate, lane="emotion", measure="valence", touchpoint=place, persona=persona)


def count(measure: str, value: float, lane: str, **more: Any) -> dict[str, Any]:
    number = Estimate(value, nan, nan, n=2, method="count")
    return evidence(number, lane=lane, measure=measure, **more)


def size(persona: str, value: float) -> dict[str, Any]:
    e = Estimate(value, value - 0.01, value + 0.01, n=900, method="Wilson")
    return evidence(e, lane="persona", measure="size", persona=persona)


PAINS = [
    count(measure, rank, "pain", touchpoint=place)
    for place, rank in (("basket", 2), ("pay", 1))
    for measure in ("pain", "rank")
]


def step(name: str, *rows: dict[str, Any], **tables: Any) -> Step:
    context: Any = SimpleNamespace(
        study=STUDY, as_of=date(2026, 10, 31),
        table=lambda name: {"evidence": evidence_frame(rows), **tables}[name],
    )  # fmt: skip
    return Step(name, context)


def test_the_focus_is_whom_the_first_ranked_pain_hurts_most() -> None:
    # the basket's row stands first, and there it is the old hand who suffers
    felt_by = [felt("pay", -1.5, "new"), felt("pay", -0.5, "old"), felt("basket", -1.9, "old"),
               felt("basket", -0.1, "new")]  # fmt: skip
    found = views.focus(evidence_frame(felt_by), evidence_frame(PAINS), STUDY)
    assert found is not None
    assert (found.persona.id, found.hurt_most) == ("new", True)


def test_where_chance_may_rule_the_focus_is_the_largest_persona_and_says_so() -> None:
    alike = [felt("pay", -1.5, "new"), felt("pay", -1.4, "old"), size("new", 0.3),
             size("old", 0.6)]  # fmt: skip
    found = views.focus(evidence_frame(alike), evidence_frame(PAINS), STUDY)
    assert found is not None
    assert (found.persona.id, found.hurt_most) == ("old", False)
    assert found.why == "it is the largest persona"
    nothing = views.focus(evidence_frame(), evidence_frame(), STUDY)
    assert nothing is not None
    assert nothing.persona.id == "new"


def test_rankings_keep_their_order_and_other_lanes_follow_the_journey() -> None:
    scores = [count("rice", value, "opportunity", touchpoint=place, label=str(value))
              for place, value in (("basket", 72), ("pay", 559), ("pay", 290))]  # fmt: skip
    assert step("5_resources", *scores).rows()["value"].tolist() == [559, 290, 72]
    ranked = step("4_touchpoints", *PAINS, felt("pay", -1), felt("basket", 0)).rows()
    places = ranked.groupby("lane", sort=False)["touchpoint"].agg(list).to_dict()
    assert places == {"emotion": ["basket", "pay"], "pain": ["pay", "pay", "basket", "basket"]}


def test_a_picture_has_only_ratings_on_one_scale() -> None:
    number = Estimate(3.5, 3.3, 3.7, n=100, method="t")
    rows = [evidence(number, lane="satisfaction", measure="rating", item=f"q{i}", scale=(1, top))
            for i, top in enumerate((5, 7, 5))]  # fmt: skip
    found = views.ratings(evidence_frame(rows))
    assert found["asked"].tolist() == ["from 1 to 5"] * 2
    assert views.ratings(evidence_frame()).empty


def test_waves_say_where_a_score_was_asked() -> None:
    codebook = pd.DataFrame([
        {"question": "q1", "text": "", "measure": "nps", "scale_min": 0.0, "scale_max": 10.0,
         "reversed": False, "touchpoint": "pay", "stage": "buy", "subject": "us", "success": [],
         "as_name": ""}])  # fmt: skip
    times = pd.to_datetime(["2026-08-01", "2026-08-02"], utc=True)
    answers = pd.DataFrame({"q1": [9.0, 3.0], "wave": ["1", "1"], "submitted_at": times})
    assert views.waves(answers, codebook, STUDY)["where"].tolist() == ["Payment"]


def test_a_goal_has_the_unit_of_what_it_is_about() -> None:
    objective = {"measure": "conversion", "target": 0.42, "by": "2027-03-31"}
    study = STUDY.model_copy(update={"goal": STUDY.goal.model_validate({"objective": objective})})
    rows = [
        evidence(e, lane="goal", measure=measure, status="reasoned")
        for measure, e in (
            ("pace_per_month", Estimate(0.0053, 0.0002, 0.0105, n=1337, method="pace")),
            ("detectable_by_then", Estimate(0.0529, nan, nan, n=1337, method="normal")),
        )
    ]
    values = readable(evidence_frame(rows), study)["value"].tolist()
    assert values == ["+0.5\u00a0points", "5.3\u00a0points"]


def pilot(p: float) -> list[str]:
    ratio = Estimate(p, nan, nan, n=3000, method="chi-square")
    share = Estimate(0.1193, 0.0847, 0.1539, n=3000, method="Newcombe")
    mean = Estimate(0.62, 0.41, 0.83, n=3000, method="Welch")
    rows = [evidence(ratio, lane="pilot", measure="sample_ratio_p"),
            *(evidence(e, lane="pilot", measure="pilot_difference", item=name, label=name)
              for name, e in (("ordered", share), ("visits", mean)))]  # fmt: skip
    lifts = pd.DataFrame([{"resource": "Form", "lift of": "conversion", "why": "judged, measured"}])
    shown = meaning(step("6_walkthrough", *rows, lifts=lifts))
    return [s.replace("\u00a0", " ") for s in shown]


def test_a_pilots_share_is_in_points_and_a_small_mean_is_not() -> None:
    assert pilot(0.4) == [
        "The pilot's arms are as planned (sample ratio: p .40).",
        "Pilot, ordered: +12 points [+8, +15] n 3,000, beyond chance.",
        "Pilot, visits: +0.6 [+0.4, +0.8] n 3,000, beyond chance.",
        "Form, conversion: judged, measured.",
    ]


def test_nothing_is_beyond_chance_where_the_arms_are_not_as_planned() -> None:
    first, *others = pilot(0.0004)
    assert "not as planned (sample ratio: p < .001)" in first
    assert not any("beyond chance" in sentence for sentence in others)


def test_a_gap_says_how_many_more_answers_close_it() -> None:
    gaps = pd.DataFrame([{"touchpoint": "Payment", "gap": "only 18 answers", "needed": 367}])
    assert meaning(step("2_customers", gaps=gaps)) == [
        "The widest gap is Payment: only 18 answers. 367 more answers would give ±5 points."
    ]
