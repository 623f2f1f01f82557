"""Tables of the surveys that a notebook shows and nobody computes with."""

from __future__ import annotations

from math import nan
from typing import Any

import pandas as pd

from cjm_lab import surveys
from cjm_lab.ledger import row_estimate
from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.surveys.base import Base, Weighting
from cjm_lab.surveys.distributions import answer_table, nps_table
from cjm_lab.surveys.measures import directed
from cjm_lab.surveys.pairs import overall_score, score_pairs
from cjm_lab.words import capital, day_words, measure_name, p_words, shown

#: Pairs that a reader is shown; the others are less sure than these.
_PAIRS = 15


def pairs(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return which groups differ in the overall score, the surest first."""
    table = score_pairs(responses, codebook, study, period).head(_PAIRS)
    texts = [shown(row_estimate(row), row["measure"], change=True) for row in _records(table)]
    sure = table["p_adjusted"] <= 1 - study.level
    return pd.DataFrame(
        {
            "groups": table["by"],
            "a": table["a"],
            "b": table["b"],
            "a minus b": [text.value for text in texts],
            "interval": [text.interval for text in texts],
            "n": table["n"],
            "corrected p": [p_words(p) for p in table["p_adjusted"]],
            "differ": sure.map({True: "yes", False: "not for certain"}),
        }
    )


def _records(pairs: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return pairs as rows that an estimate can be made of."""
    return pairs.assign(method="MOVER", se=nan, n_eff=nan).to_dict("records")


def nps_groups(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return promoters, passives and detractors for everyone, each persona and each company."""
    main = overall_score(responses, codebook)
    if main is None or main.measure != "nps":
        return nps_table([])
    base = Base(responses["submitted_at"], period, Weighting(responses, study))
    of = {
        question["subject"]: directed(responses, question)
        for _, question in codebook.iterrows()
        if question["question"] == main.questions[0]
    }
    everyone = of["us"]
    groups = {"all about us" if len(of) > 1 else "all": everyone}
    for persona in study.personas:
        groups[persona.name] = everyone.where(responses["persona"] == persona.id)
    groups |= {name: answers for name, answers in of.items() if name != "us"}
    tables = []
    for name, answers in groups.items():
        rows, span, _ = base.choose(answers.notna())
        if rows.any():
            values, design, _ = base.sample(answers, rows, span)
            same = pd.Series(name, index=values.index)
            tables.append(nps_table(values, same, design, level=study.level))
    return pd.concat(tables, ignore_index=True) if tables else nps_table([])


def answer_spread(responses: pd.DataFrame, codebook: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return how many gave each answer: Likert items, else ratings, on their usual scale."""
    ours = codebook[(codebook["subject"] == "us") & codebook["question"].isin(responses)]
    for measure in ("likert", "rating", "ces"):
        asked = ours[ours["measure"] == measure]
        scales = asked["scale_min"].astype(str) + asked["scale_max"].astype(str)
        asked = asked[(scales == scales.mode().get(0, "")) & asked["scale_max"].notna()]
        if len(asked):
            times = responses["submitted_at"]
            within = period.contains(times) if times.notna().any() else times.isna()
            return answer_table(responses[within], codebook, asked["question"].tolist())
    return answer_table(responses.head(0), codebook)


def wave_trend(responses: pd.DataFrame, codebook: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return our overall score wave by wave."""
    main = overall_score(responses, codebook)
    table = surveys.scores_by_wave(responses, codebook, study)
    if main is None:
        return table.head(0)
    return table[(table["question"] == main.questions[0]) & (table["subject"] == "us")]


def stated(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the options people chose, question by question, of those who speak about us."""
    rows = measured[(measured["lane"] == "choice") & (measured["subject"] == "us")]
    return rows.assign(question=rows["note"].str.partition(";")[0])


def open_list(
    open_answers: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return how many wrote something at each open question, and how content they are."""
    ours = open_answers[open_answers["subject"] == "us"]
    times = pd.to_datetime(ours["submitted_at"], utc=True)
    if times.notna().any():
        ours = ours[period.contains(times)]
    names = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    texts = codebook.drop_duplicates("question").set_index("question")["text"]
    lines = [
        {
            "question": texts[question],
            "where": names.get(part["touchpoint"].iloc[0], ""),
            "answers": len(part),
            "from detractors": int((part["score"] <= 6).sum()),
            "last": day_words(part["submitted_at"].max()) if times.notna().any() else "",
        }
        for question, part in ours.groupby("question", sort=False)
    ]
    return pd.DataFrame(lines, columns=["question", "where", "answers", "from detractors", "last"])


def gap_map(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the value gap to each competitor at each touchpoint, of everyone."""
    whole = (measured["persona"] == "") & (measured["segment"] == "")
    rows = measured[whole & (measured["measure"] == "value_gap")]
    names = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    return rows.assign(label=rows["touchpoint"].map(names).astype("str"))


def gap_groups(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the value gaps of everyone, each persona and each segment side by side."""
    rows = measured[measured["measure"].isin(["value_gap", "value_gap_to_best"])]
    names = {persona.id: persona.name for persona in study.personas}
    who = rows["persona"].replace(names) + rows["segment"].where(rows["segment"] == "", ": ")
    return _side_by_side(
        rows.assign(
            column=(who + rows["segment"]).str.removeprefix(": ").replace("", "everyone"),
            against=rows["subject"].replace("us", "the best possible"),
        ),
        ["touchpoint", "against"],
        study,
    )


def importances(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return stated importance, derived importance and opportunity score side by side."""
    wanted = ["importance_stated", "importance_derived", "opportunity_score"]
    rows = measured[measured["measure"].isin(wanted)]
    names = {name: measure_name(name) for name in wanted}
    return _side_by_side(rows.assign(column=rows["measure"].map(names)), ["touchpoint"], study)


def _side_by_side(rows: pd.DataFrame, index: list[str], study: Study) -> pd.DataFrame:
    """Return value and interval of ledger rows, one column a value of `column`."""
    if rows.empty:
        return pd.DataFrame(columns=index)
    texts = [shown(row_estimate(row), row["measure"]) for row in rows.to_dict("records")]
    words = rows.assign(text=[f"{text.value} {text.interval}".strip() for text in texts])
    columns = words["column"].drop_duplicates().tolist()
    table = words.pivot_table("text", index, "column", "first", sort=False)[columns]
    names = {touchpoint.id: touchpoint.name for touchpoint in study.touchpoints}
    return table.fillna("").reset_index().replace({"touchpoint": names}).rename_axis(columns=None)


def representation(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the groups that answer more or less often than they buy, beyond chance."""
    rows = measured[measured["measure"] == "respondent_gap"]
    beyond = rows[~rows["note"].str.startswith("not different")]
    texts = [shown(row_estimate(row), row["measure"]) for row in beyond.to_dict("records")]
    return pd.DataFrame(
        {
            "group": beyond["label"],
            "respondents less customers": [text.value for text in texts],
            "interval": [text.interval for text in texts],
            "n": beyond["n"],
            "note": beyond["note"],
        }
    )


def placed(importance_performance: pd.DataFrame) -> pd.DataFrame:
    """Return the quadrants in words, with how sure they are."""
    table = importance_performance
    columns = ["touchpoint", "quadrant", "certainty", "cross-hairs that agree", "n"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    sure = [f"{value:.0%} of resamples" for value in table["certainty"]]
    agree = [f"{count} of 4" for count in table["same_of_four"]]
    quadrant = [capital(name) for name in table["quadrant"]]
    lines = zip(table["item"], quadrant, sure, agree, table["n"], strict=True)
    return pd.DataFrame(lines, columns=columns)
