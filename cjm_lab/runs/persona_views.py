"""Tables on personas, segments and ideal customers that a notebook shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cjm_lab import personas
from cjm_lab.estimate import share
from cjm_lab.ledger import row_estimate
from cjm_lab.period import Period
from cjm_lab.runs.readable import in_words
from cjm_lab.study import Study
from cjm_lab.study.attributes import attribute_columns
from cjm_lab.surveys.base import FEWEST_PEOPLE
from cjm_lab.words import capital, number, shown

if TYPE_CHECKING:
    from cjm_lab.personas import IdealCustomer, SegmentModel, Segments
    from cjm_lab.personas.cards import PersonaCard

#: The researcher's own decision: segments kept beside study.yaml score the customers of later days.
SEGMENTS_FILE = "segments.json"
_MOST = 12


def cards(measured: pd.DataFrame, notes: pd.DataFrame, study: Study) -> tuple[PersonaCard, ...]:
    """Return the cards of the declared personas."""
    from cjm_lab.personas.cards import persona_cards

    return persona_cards(study, measured, notes)


def stage_weights(measured: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return how much of what customers do lies in each stage: a column all, and one a persona."""
    rows = measured[(measured["measure"] == "stage_share") & measured["value"].notna()]
    rows = rows[(rows["segment"] == "") & (rows["subject"] == "us")]
    names = {"": "all customers"} | {persona.id: persona.name for persona in study.personas}
    texts = {
        (row["persona"], row["stage"]): shown(row_estimate(row), "stage_share").full
        for row in rows.to_dict("records")
    }
    columns = {
        name: [texts.get((persona, stage.id), "") for stage in study.stages]
        for persona, name in names.items()
        if any(known == persona for known, _ in texts)
    }
    table = pd.DataFrame({"stage": [stage.name for stage in study.stages], **columns})
    return table if columns else table.head(0)


def saved_segments(study: Study) -> SegmentModel | None:
    """Return the segments that the researcher saved beside study.yaml, None if there are none."""
    path = study.folder / SEGMENTS_FILE
    return personas.load_segments(path) if path.is_file() else None


def segment_sizes(saved_segments: SegmentModel | None, people: pd.DataFrame) -> pd.DataFrame:
    """Return how large each saved segment is today, by the saved model, beside what it was.

    Segments of fewer than 5 people are not shown.
    """
    if saved_segments is None or people.empty:
        return pd.DataFrame(columns=["segment", "was", "is now", "interval", "n"])
    labels = personas.score_segments(saved_segments, people)
    counts = labels[labels != ""].value_counts()
    rows = []
    for name, weight in zip(saved_segments.names, saved_segments.weights, strict=True):
        count, n = int(counts.get(name, 0)), int(counts.sum())
        if not 0 < count < FEWEST_PEOPLE:
            words = shown(share(count, n), "share")
            rows.append((name, number(weight, percent=True), words.value, words.interval, n))
    return pd.DataFrame(rows, columns=["segment", "was", "is now", "interval", "n"])


def segment_match(
    saved_segments: SegmentModel | None, segments: Segments | None, people: pd.DataFrame
) -> list[str]:
    """Return how segments found anew follow from the saved ones, and what the saved can't read."""
    if saved_segments is None:
        return [
            f"No segments are saved for this study. To keep these for the months to come, save "
            f"them with save_segments as {SEGMENTS_FILE} beside study.yaml: a decision that a run "
            "doesn't take."
        ]
    unseen = personas.unseen_categories(saved_segments, people)
    new = [
        f"{row['attribute']} {row['category']}".strip()
        for row in unseen.to_dict("records")
        if row["value"] * row["n"] >= FEWEST_PEOPLE
    ]
    words = [f"The saved segments can't read: {', '.join(new)}."] if new else []
    if segments is None or not segments.names:
        return [*words, "Today's customers fall into no clear segments: the saved ones are kept."]
    old = personas.score_segments(saved_segments, people)
    return [*words, personas.match_segments(old, segments.labels).explanation]


def ideal(
    customers: pd.DataFrame, orders: pd.DataFrame, study: Study, period: Period, seed: int
) -> dict[str, IdealCustomer]:
    """Return what goes with staying and with spending: whatever of both the sources tell.

    Staying is looked at among those who were customers when the period began, so that all had the
    same time to leave (for all of the record, among everybody); spending is the mean order of those
    who ordered.
    """
    columns = attribute_columns(customers, study, "customers") if len(customers) else []
    if not columns:
        return {}
    people = customers.drop_duplicates("customer_id")
    return {
        str(value.name): personas.ideal_customer(
            people, value, columns=columns, seed=seed, level=study.level
        )
        for value in (_stayed(people, period), _mean_order(orders, period))
        if len(value)
    }


def _stayed(customers: pd.DataFrame, period: Period) -> pd.Series:
    """Return by customer id who of the customers at the period's start was one at its end."""
    joined, left = customers["joined_at"], customers["left_at"]
    name = "being a customer still"
    if left.isna().all():
        return pd.Series([], dtype=bool, name=name)
    entered = pd.concat([joined, customers["observed_from"]], axis=1).max(axis=1)
    there = ~(left < period.starts_at)
    if period.kind != "all":
        there &= ~(entered >= period.starts_at)
    known = customers[there]
    stays = ~(known["left_at"] < period.ends_before)
    return pd.Series(stays.to_numpy(), index=pd.Index(known["customer_id"]), name=name)


def _mean_order(orders: pd.DataFrame, period: Period) -> pd.Series:
    """Return by customer id the mean amount of the orders in the period."""
    name = "mean order"
    if orders.empty:
        return pd.Series([], dtype=float, name=name)
    dated = bool(orders["ordered_at"].notna().any())
    paid = orders[period.contains(orders["ordered_at"])] if dated else orders
    mean = paid.dropna(subset="amount").groupby("customer_id")["amount"].mean()
    return mean.rename(name)


def ideal_words(ideal: dict[str, IdealCustomer]) -> list[str]:
    """Return what goes with staying and with spending, in sentences."""
    if not ideal:
        return ["Nothing can be said of an ideal customer: no attributes of customers are known."]
    return [capital(found.explanation) for found in ideal.values()]


def fit_attributes(ideal: dict[str, IdealCustomer]) -> pd.DataFrame:
    """Return the attributes that change the predicted share most, no more than 12 of each target.

    ``share`` is how many of a category it is true of; ``other things equal`` is the difference in
    predicted share to all others.
    """
    parts = []
    for found in ideal.values():
        if not found.found:
            continue
        clear = found.table.assign(size=found.table["value"].abs())
        clear = clear.sort_values("size", ascending=False, kind="stable").head(_MOST)
        told = pd.DataFrame({"true of them": found.target, "who": _who(clear)})
        parts.append(told.assign(**_shares(clear), n=clear["n"].astype(int)))
    columns = ["true of them", "who", "share", "interval", "other things equal", "interval ", "n"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _who(table: pd.DataFrame) -> pd.Series:
    return table["attribute"].str.replace("_", " ") + " " + table["category"].astype("str")


def _shares(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the shares and the differences of a table of effects in words."""
    plain = table[["share", "share_low", "share_high", "n"]]
    plain = plain.set_axis(["value", "low", "high", "n"], axis=1)
    own = in_words(plain.assign(se=float("nan"), method="Wilson"), "share", percent=True)
    change = table[["value", "low", "high", "n"]].assign(
        se=float("nan"), method="", measure="respondent_gap"
    )  # a difference of shares: in points, with its sign
    apart = in_words(change, "apart")
    return {
        "share": own["share"], "interval": own["interval"],
        "other things equal": apart["apart"], "interval ": apart["interval"],
    }  # fmt: skip


def fit_calibration(ideal: dict[str, IdealCustomer]) -> pd.DataFrame:
    """Return what came true against what the fit score predicted, of the first target found."""
    tables = [found.calibration for found in ideal.values() if found.found]
    return tables[0] if tables else pd.DataFrame(columns=["predicted", "value", "low", "high", "n"])


def fit_scores(ideal: dict[str, IdealCustomer]) -> pd.DataFrame:
    """Return the fit score of each customer, one column a target."""
    columns = {name: found.scores for name, found in ideal.items() if found.found}
    table = pd.DataFrame(columns)
    return table.rename_axis("customer_id").reset_index()
