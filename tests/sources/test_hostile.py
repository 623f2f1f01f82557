"""No table lets an address, a number or a handle of a person through, in whatever column."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.sources import read_survey, read_table
from cjm_lab.sources.schemas import TABLES
from cjm_lab.study import Question

PERSONAL = [
    "jo@example.org",
    "https://x.example/?mail=jo.miller%40example.org&to=@jo_miller",
    "call +49 30 1234567",
    "4111 1111 1111 1111",  # Luhn holds
]
LEAKS = ["example.org", "jo_miller", "jo.miller", "1234567", "1111"]
FILLERS = {"time": "2026-09-01", "number": "1", "flag": "yes"}


def hostile(kind: str, text: str) -> dict[str, str]:
    """A row with the text in every column whose values are not a list or range of allowed ones."""
    table = TABLES[kind]
    row = {
        name: str(table.domains[name][-1])
        if type_ == "id" and name in table.domains
        else FILLERS.get(type_, text)
        for name, type_ in table.columns.items()
    }
    return row | {"something_else": text}


@pytest.mark.parametrize("text", PERSONAL)
@pytest.mark.parametrize("kind", [kind for kind in TABLES if kind != "responses"])
def test_no_column_of_a_table_keeps_personal_data(tmp_path: Path, kind: str, text: str) -> None:
    file = tmp_path / "t.csv"
    pd.DataFrame([hostile(kind, text)]).to_csv(file, index=False)
    found = read_table(kind, file).astype(str).iloc[0].to_dict()
    assert not {n: v for n, v in found.items() if any(leak in v for leak in LEAKS)}


@pytest.mark.parametrize("measure", ["text", "choice", "multi", "attribute"])
@pytest.mark.parametrize("text", PERSONAL)
def test_no_answer_keeps_personal_data(tmp_path: Path, measure: str, text: str) -> None:
    file = tmp_path / "s.csv"
    row = hostile("responses", text) | {"q": text}
    pd.DataFrame([row]).to_csv(file, index=False)
    questions = {"q": Question.model_validate({"measure": measure})}
    table = read_survey(file, questions=questions, attributes=["something_else"])
    assert not [leak for leak in LEAKS if leak in table.astype(str).iloc[0].str.cat(sep=" ")]


def test_an_author_key_is_hashed_even_when_the_file_says_it_is_one(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("mention_id,text,author_key\n1,hi,Jo Miller\n2,ho,jo miller\n3,hm,\n")
    keys = read_table("mentions", file)["author_key"].tolist()
    assert keys[0] == keys[1] and "iller" not in keys[0]
    assert keys[2] == ""


def test_ordinary_names_of_channels_and_waves_stay(tmp_path: Path) -> None:
    file = tmp_path / "e.csv"
    file.write_text(
        "customer_id,occurred_at,event,channel,page,campaign\n"
        "7,2026-09-01,visit,e-mail,/shop/2026-09-01/tea?size=250,autumn 2026\n"
    )
    row = read_table("events", file).iloc[0]
    assert row[["customer_id", "event", "channel", "page", "campaign"]].tolist() == [
        "7", "visit", "e-mail", "/shop/2026-09-01/tea?size=250", "autumn 2026",
    ]  # fmt: skip
