"""Invitations and the answer to each."""

from __future__ import annotations

import numpy as np
import pandas as pd

_DAY = 24 * 3600


def invited(invitations: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Return the invitations with the row of the answer to each (-1 = none), reminders dropped."""
    asked = invitations.sort_values(
        ["invited_at", "respondent_id", "customer_id"], ignore_index=True
    )
    who = asked["respondent_id"].where(asked["respondent_id"] != "", asked["customer_id"])
    named = asked["respondent_id"] != ""
    again = pd.DataFrame({"named": named, "who": who, "wave": asked["wave"].mask(named, "")})
    # A reminder repeats who was asked in which wave; without a wave it cannot be told from a new
    # invitation of the same customer.
    reminder = again.duplicated() & (who != "") & (named | (asked["wave"] != ""))
    asked = asked[~reminder].reset_index(drop=True)

    row_of = pd.Series(np.arange(len(responses)), index=responses["respondent_id"])
    asked["row"] = asked["respondent_id"].map(row_of[row_of.index != ""]).fillna(-1).astype(int)
    by_customer = asked[(asked["row"] < 0) & (asked["customer_id"] != "")]
    rest = responses[["customer_id", "submitted_at", "wave"]].assign(row=np.arange(len(responses)))
    rest = rest[(rest["customer_id"] != "") & ~rest["row"].isin(asked["row"])]
    if len(by_customer) and len(rest):
        answer = _by_customer(by_customer, rest)
        asked.loc[answer.index, "row"] = answer
    return asked


def days_to_answer(asked: pd.DataFrame, responses: pd.DataFrame) -> pd.Series:
    """Return the days from each invitation to its answer, missing where there's none."""
    rows = asked["row"].where(asked["row"] >= 0)
    times = pd.Series(responses["submitted_at"].array, index=range(len(responses)))
    return (rows.map(times) - asked["invited_at"]).dt.total_seconds() / _DAY


def per_answer(asked: pd.DataFrame, values: pd.Series, responses: pd.DataFrame) -> pd.Series:
    """Return a value of the invitations for each answer, missing for the uninvited."""
    answered = asked["row"] >= 0
    own = pd.Series(values[answered].array, index=asked.loc[answered, "row"])
    return own.reindex(range(len(responses))).set_axis(responses.index)


def _by_customer(asked: pd.DataFrame, answers: pd.DataFrame) -> pd.Series:
    """Return the first answer of each customer after an invitation and before the next one."""
    keys = ["invited_at", "customer_id", "wave"]
    pairs = answers.merge(
        asked.reset_index()[["index", *keys]], on="customer_id", suffixes=("", "_")
    )
    undated = pairs["submitted_at"].isna()
    fits = undated | (pairs["submitted_at"] >= pairs["invited_at"])
    fits &= (pairs["wave"] == pairs["wave_"]) | (pairs["wave"] == "") | (pairs["wave_"] == "")
    pairs = pairs[fits].sort_values(["invited_at", "index"])
    pairs = pairs.drop_duplicates("row", keep="last").sort_values(["submitted_at", "row"])
    return pairs.drop_duplicates("index").set_index("index")["row"]
