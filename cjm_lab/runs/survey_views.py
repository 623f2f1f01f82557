"""Tables of the surveys that a notebook shows and nobody computes with."""

from __future__ import annotations

from math import nan
from typing import Any

import pandas as pd

from cjm_lab import surveys
from cjm_lab.estimate import Estimate
from cjm_lab.ledger import row_estimate
from cjm_lab.period import Period
from cjm_lab.study import Study
from cjm_lab.surveys.base import Base, Weighting
from cjm_lab.surveys.distributions import answer_table, nps_table
from cjm_lab.surveys.measures import directed
from cjm_lab.surveys.pairs import overall_score, repeated_scores, score_pairs
from cjm_lab.surveys.reliability_evidence import batteries
from cjm_lab.words import capital, counted, day_words, measure_name, number, p_words, shown

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


def weighting(responses: pd.DataFrame, study: Study, period: Period) -> pd.DataFrame:
    """Return what the answers of the period are weighted to, and how many they are still worth."""
    columns = ["attribute", "category", "population", "answers", "weighted"]
    if responses.empty:
        return pd.DataFrame(columns=columns)
    base = Base(responses["submitted_at"], period, Weighting(responses, study))
    raking = base.raking()
    if raking is None:
        return pd.DataFrame(columns=columns)
    table = raking.margins.rename(columns={"target": "population", "after": "weighted"})
    table = table.assign(answers=table["before"])[columns]
    shares = ["population", "answers", "weighted"]
    table[shares] = table[shares].map(lambda value: number(value, percent=True))
    how = raking.said.strip(" ()") or f"converged after {counted(raking.iterations, 'round')}"
    n, worth = f"{len(raking.weights):,}", f"worth {number(raking.n_eff)}"
    whole = pd.DataFrame([["all answers", how, "", n, worth]], columns=columns)
    return pd.concat([table, whole], ignore_index=True)


def items(
    responses: pd.DataFrame, codebook: pd.DataFrame, study: Study, period: Period
) -> pd.DataFrame:
    """Return how well each question of a scale goes with the others."""
    lines: list[dict[str, Any]] = []
    if len(responses) and len(codebook):
        base = Base(responses["submitted_at"], period)
        for battery in batteries(responses, codebook, study):
            answers = battery.answers(responses)
            rows, _, _ = base.choose(answers.notna().all(axis=1))
            found = surveys.item_analysis(answers[rows], scale=battery.scale, level=study.level)
            for text, row in zip(battery.questions["text"], found.to_dict("records"), strict=True):
                ends = {key: row[key] for key in ("value", "low", "high", "n")}
                words = shown(Estimate(**ends, method="Fisher"), "item_rest")
                lines.append(
                    {
                        "scale": battery.label,
                        "question": text,
                        "mean": number(row["mean"]),
                        "agrees with the rest": words.value,
                        "interval": words.interval,
                        "alpha without it": number(row["alpha_if_dropped"]),
                        "n": row["n"],
                    }
                )
    return pd.DataFrame(lines)


def same_people(responses: pd.DataFrame, codebook: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how the overall score of those who answered in two waves running changed."""
    table = repeated_scores(responses, codebook, study)
    texts = [shown(row_estimate(row), row["measure"], change=True) for row in _records(table)]
    return pd.DataFrame(
        {
            "waves": table["before"] + " → " + table["after"],
            "score": [measure_name(name) for name in table["measure"]],
            "change": [text.value for text in texts],
            "interval": [text.interval for text in texts],
            "people": table["n"],
        }
    )


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
    return rows.assign(question=rows["note"].str.split(";", n=1).str[0])


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


def kano_map(measured: pd.DataFrame) -> pd.DataFrame:
    """Return how much each Kano feature satisfies when there and dissatisfies when missing."""
    columns = ["feature", "category", "certainty", "n"]
    ends = ["value", "low", "high"]
    sides = {}
    for side in ("better", "worse"):
        rows = measured[measured["measure"] == f"kano_{side}"].set_index("label")
        names = {end: side if end == "value" else f"{side}_{end}" for end in ends}
        columns += names.values()
        sides[side] = rows[[*ends, "n", "note"]].rename(columns=names)
    table = sides["better"].join(sides["worse"].drop(columns=["n", "note"]), how="inner")
    said = table["note"].str.extract(r"^(?P<category>.+?), certainty (?P<certainty>\d+)%")
    found = table.assign(category=said["category"], certainty=said["certainty"].astype(float) / 100)
    return found.rename_axis("feature").reset_index()[columns]


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
