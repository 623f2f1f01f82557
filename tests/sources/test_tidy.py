"""Readers: what a file becomes, and what is refused with its row."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cjm_lab.errors import SourceError
from cjm_lab.sources import (
    read_customers,
    read_events,
    read_mentions,
    read_orders,
    read_survey,
    read_table,
)
from cjm_lab.study import Question

RATING = {"q1": Question(measure="rating", scale=(1, 5))}


def csv(folder: Path, text: str, name: str = "t.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_answers_are_numbers_and_blank_or_not_applicable_ones_missing(tmp_path: Path) -> None:
    file = csv(tmp_path, "respondent_id,q1,q2\n007,5,x@example.org\n8,,\n9,99,fine\n")
    questions = RATING | {"q2": Question(measure="text")}
    table = read_survey(file, questions=questions, not_applicable=["99"])
    assert table["respondent_id"].tolist() == ["007", "8", "9"]
    assert table["q1"].isna().tolist() == [False, True, True]
    assert table["q2"].tolist() == ["[e-mail]", "", "fine"]
    assert table["weight"].tolist() == [1, 1, 1]


def test_a_parquet_code_for_not_applicable_is_missing_too(tmp_path: Path) -> None:
    file = tmp_path / "s.parquet"
    pd.DataFrame({"respondent_id": [1, 2], "q1": [0, 4]}).to_parquet(file)
    table = read_survey(file, questions=RATING, not_applicable=["0"])
    assert table["q1"].isna().tolist() == [True, False]
    assert table["respondent_id"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "respondent_id,q1\n1,5\n2,7\n",
            r"q1 must lie between 1 and 5, got 7 \(t.csv, data row 2\)",
        ),
        ("respondent_id,q1\n1,five\n", r"q1 must be a number, got 'five' \(t.csv, data row 1\)"),
        ("respondent_id,qq1\n1,5\n", r"t.csv must have the column 'q1', .*did you mean 'qq1'\?"),
        ("respondent_id,q1\n1,5\n1,4\n", r"respondent_id must occur once, got '1'"),
        ("respondent_id,q1\n,5\n", r"respondent_id must not be blank"),
        ("respondent_id,q1\n", "has a header and no rows"),
        ("", "t.csv is empty"),
    ],
)
def test_a_survey_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_survey(csv(tmp_path, text), questions=RATING)


def test_times_without_offset_are_the_studys_own(tmp_path: Path) -> None:
    file = csv(
        tmp_path, "customer_id,event,occurred_at\n1,a,2026-07-01 12:00\n1,b,2026-12-01 12:00\n"
    )
    times = read_events(file, time_zone="Europe/Berlin")["occurred_at"]
    assert [t.hour for t in times] == [10, 11]  # summer and winter time
    assert str(times.dtype) == "datetime64[us, UTC]"


def test_times_with_offset_are_what_they_say(tmp_path: Path) -> None:
    file = csv(tmp_path, "customer_id,event,occurred_at\n1,a,2026-07-01T12:00:00+02:00\n")
    assert read_events(file, time_zone="Asia/Tokyo")["occurred_at"].iloc[0].hour == 10


def test_a_stated_format_is_used(tmp_path: Path) -> None:
    file = csv(tmp_path, "mention_id,text,published_at\n1,hi,24-02-2015 11.35\n")
    table = read_mentions(file, dates="%d-%m-%Y %H.%M")
    assert table["published_at"].iloc[0].isoformat() == "2015-02-24T11:35:00+00:00"


def test_a_date_that_cannot_be_read_is_refused_with_a_remedy(tmp_path: Path) -> None:
    file = csv(tmp_path, "customer_id,event,occurred_at\n1,a,2026-07-01\n2,a,31.12.2026\n")
    said = (
        r"occurred_at must be a date, got '31.12.2026' \(t.csv, data row 2\); .*dates: '%d.%m.%Y'"
    )
    with pytest.raises(SourceError, match=said):
        read_events(file)


def test_a_required_time_may_not_be_blank(tmp_path: Path) -> None:
    file = csv(tmp_path, "customer_id,event,occurred_at\n1,a,2026-07-01\n2,a,\n")
    with pytest.raises(SourceError, match=r"occurred_at .*data row 2"):
        read_events(file)


def test_personal_data_of_customers_is_masked_and_attributes_kept(tmp_path: Path) -> None:
    text = "customer_id,mail,phone,age,city\njo@example.org,jo@example.org,+49 30 1234567,41,Bonn\n"
    table = read_customers(csv(tmp_path, text))
    row = table.iloc[0]
    assert (row["mail"], row["phone"], row["age"], row["city"]) == (
        "[e-mail]",
        "[phone]",
        41,
        "Bonn",
    )
    assert row["customer_id"].startswith("id-")


def test_a_column_mapping_gives_tidy_names(tmp_path: Path) -> None:
    file = csv(tmp_path, "who,when,eur\n7,2026-10-01,12.5\n")
    columns = {"customer_id": "who", "ordered_at": "when", "amount": "eur"}
    table = read_orders(file, columns=columns)
    assert table.loc[0, ["customer_id", "amount"]].tolist() == ["7", 12.5]


def test_a_glob_reads_monthly_files_in_order(tmp_path: Path) -> None:
    for month in ("02", "01"):
        csv(tmp_path, f"customer_id,ordered_at,amount\n7,2026-{month}-01,1\n", f"o-{month}.csv")
    table = read_orders("o-*.csv", folder=tmp_path)
    assert table["ordered_at"].dt.month.tolist() == [1, 2]


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    csv(tmp_path, "a\n1\n", "orders.csv")
    with pytest.raises(SourceError, match=r"no file 'order.csv' .*did you mean 'orders.csv'\?"):
        read_orders("order.csv", folder=tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("mention_id,text\n1,für\n".encode("latin-1"))
    with pytest.raises(SourceError, match="must be saved as UTF-8"):
        read_mentions("t.csv", folder=tmp_path)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("pilot", "customer_id,arm\n1,controll\n", r"arm must be one of .* got 'controll'"),
        (
            "findings",
            "walk_id,evaluator,touchpoint,question,passed,severity\n1,A,pay,tried,no,7\n",
            r"severity must lie between 0 and 4, got 7",
        ),
        (
            "findings",
            "walk_id,evaluator,touchpoint,question,passed\n1,A,pay,tried,maybe\n",
            r"passed must be true or false, got 'maybe'",
        ),
        ("labels", "mention_id,label\n1,bad\n", r"label must be one of .* got 'bad'"),
    ],
)
def test_a_value_outside_its_domain_is_refused(
    tmp_path: Path, kind: str, text: str, said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        read_table(kind, csv(tmp_path, text))
