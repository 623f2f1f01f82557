"""Kano and MaxDiff as rows of the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError, StudyError
from cjm_lab.ledger import Ledger
from cjm_lab.period import period_up_to
from cjm_lab.study import Study
from cjm_lab.surveys import feature_evidence

SEPTEMBER = period_up_to(date(2026, 9, 30))
Maker = Callable[..., pd.DataFrame]
NO_SCALE: dict[str, Any] = {"scale_min": np.nan, "scale_max": np.nan, "touchpoint": "cup"}
LID = {
    "lid": NO_SCALE | {"measure": "kano", "as_name": "Lid"},
    "no_lid": NO_SCALE | {"measure": "kano", "as_name": "Lid", "reversed": True},
}
ITEMS = ["Price", "Taste", "Seats"]
SET = {
    "b": NO_SCALE | {"measure": "maxdiff", "as_name": "1", "options": ITEMS},
    "w": NO_SCALE | {"measure": "maxdiff", "as_name": "1", "options": ITEMS, "reversed": True},
}


def rows_of(study: Study, responses: pd.DataFrame, book: pd.DataFrame) -> pd.DataFrame:
    return feature_evidence(responses, book, study, SEPTEMBER, seed=0)


def test_a_kano_pair_is_two_rows(study: Study, answers: Maker, codebook: Maker) -> None:
    # 12 attractive, 8 one-dimensional, 15 must-be, 5 indifferent; one half pair
    there = ["I like it"] * 20 + ["I'm neutral"] * 20 + ["I like it"]
    missing = ["3"] * 12 + ["I dislike it"] * 23 + ["3"] * 5 + [""]
    rows = rows_of(study, answers(lid=there, no_lid=missing), codebook(**LID))
    assert rows[
        ["lane", "measure", "label", "touchpoint", "stage", "value", "n"]
    ].values.tolist() == [
        ["feature", "kano_better", "Lid", "cup", "drink", 0.5, 40],
        ["feature", "kano_worse", "Lid", "cup", "drink", -0.575, 40],
    ]
    assert rows[["scale_min", "scale_max"]].values.tolist() == [[0, 1], [-1, 0]]
    assert rows["note"].str.fullmatch(r"must-be, certainty \d\d%").all()
    assert len(Ledger(rows)) == 2


def test_a_kano_pair_lacking_its_other_half_is_refused(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses = answers(lid=["1"], no_lid=["5"])
    with pytest.raises(StudyError, match=r"two questions of one `as`.*\['lid'\] as 'Lid'"):
        rows_of(study, responses, codebook(lid=LID["lid"]))
    both = codebook(lid=LID["lid"], no_lid=LID["lid"])
    with pytest.raises(StudyError, match="one of them `reversed`"):
        rows_of(study, responses, both)


def test_an_unknown_wording_stops_with_its_remedy(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    responses = answers(lid=["Splendid"], no_lid=["I dislike it"])
    with pytest.raises(ParameterError, match=r"got 'Splendid'.*`labels` of the question"):
        rows_of(study, responses, codebook(**LID))


def test_a_maxdiff_set_is_a_row_an_item(study: Study, answers: Maker, codebook: Maker) -> None:
    best = ["Price", "Price", "Price", "Taste", "Taste", "Seats", ""]
    worst = ["Seats", "Seats", "Taste", "Seats", "Price", "Taste", "Taste"]
    rows = rows_of(study, answers(b=best, w=worst), codebook(**SET))
    assert rows[["lane", "measure", "label", "touchpoint"]].values.tolist() == [
        ["feature", "maxdiff", item, "cup"] for item in ITEMS
    ]
    assert rows["value"].sum() == pytest.approx(1)
    assert rows["n"].tolist() == [6, 6, 6]
    assert rows["note"].tolist()[0].startswith("best 3 and worst 1 of 6")
    assert len(Ledger(rows)) == 3


def test_sets_at_one_touchpoint_are_one_choice_and_those_elsewhere_another(
    study: Study, answers: Maker, codebook: Maker
) -> None:
    other = {
        "b2": SET["b"] | {"as_name": "2", "options": ["Price", "Seats"]},
        "w2": SET["w"] | {"as_name": "2", "options": []},
        "b3": SET["b"] | {"as_name": "3", "touchpoint": "queue", "options": []},
        "w3": SET["w"] | {"as_name": "3", "touchpoint": "queue", "options": ["Price", "Order"]},
    }
    responses = answers(
        b=["Price", "Taste", "Seats"], w=["Taste", "Seats", "Price"],
        b2=["Price", "Seats", "Price"], w2=["Seats", "Price", "Seats"],
        b3=["1", "2", "1"], w3=["2", "1", "2"],
    )  # fmt: skip
    rows = rows_of(study, responses, codebook(**SET, **other))
    assert rows.groupby("touchpoint")["label"].apply(list).to_dict() == {
        "cup": ITEMS, "queue": ["Price", "Order"],
    }  # fmt: skip
    queue = rows[rows["touchpoint"] == "queue"].set_index("label")["value"]
    # best twice as often: exp(u - v) is twice exp(v - u), so exp(u) is the root of two times exp(v)
    assert queue["Price"] / queue["Order"] == pytest.approx(2**0.5)
    assert len(Ledger(rows)) == 5


def test_a_set_needs_its_options(study: Study, answers: Maker, codebook: Maker) -> None:
    book = codebook(b=SET["b"] | {"options": []}, w=SET["w"] | {"options": []})
    with pytest.raises(StudyError, match="the same `options`"):
        rows_of(study, answers(b=["Price"], w=["Taste"]), book)


def test_nothing_asked_gives_no_rows(study: Study, answers: Maker, codebook: Maker) -> None:
    assert rows_of(study, pd.DataFrame(), pd.DataFrame()).empty
    assert rows_of(study, answers(q=[1.0]), codebook(q={})).empty
    assert rows_of(study, answers(lid=["", ""], no_lid=["", ""]), codebook(**LID)).empty
