"""Exports of each survey tool become the same tidy answers, each row with its state."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.sources import input_files, read_survey, read_tables, survey_reading, up_to
from cjm_lab.sources.exports import read_export
from cjm_lab.study import Question, load_study

WORDS = [
    "Very dissatisfied", "Somewhat dissatisfied", "Neither satisfied nor dissatisfied",
    "Somewhat satisfied", "Very satisfied",
]  # fmt: skip


def question(measure: str, **fields: Any) -> Question:
    return Question.model_validate({"measure": measure, **fields})


def write(folder: Path, text: str, name: str = "s.csv", encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


# --- real exports -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "layout", "rows", "columns"),
    [
        ("qualtrics_sample_3header.csv", "qualtrics", 1, 20),
        ("surveymonkey_steak_head42.csv", "surveymonkey", 40, 15),
        ("typeform_2016_new_coders_part1_head40.csv", "typeform", 40, 51),
        ("limesurvey_results-survey_dfuchss.csv", "surveymonkey", 45, 38),
    ],
)
def test_real_exports_are_recognized(
    shared_data: Path, file: str, layout: str, rows: int, columns: int
) -> None:
    export = read_export(shared_data / "exports" / file)
    assert (export.layout, export.frame.shape) == (layout, (rows, columns))


def test_a_real_qualtrics_export(shared_data: Path) -> None:
    file = shared_data / "exports" / "qualtrics_sample_3header.csv"
    export = read_export(file)
    assert export.texts["Q2"] == "This is a free text question."
    row = read_survey(file, questions={"Q1": question("rating"), "Q2": question("text")}).iloc[0]
    assert row[["respondent_id", "state", "Q1", "Q2"]].tolist() == [
        "R_2YPOQ602ER1jkf1", "complete", 2.0, "Hello World!",
    ]  # fmt: skip
    assert row["submitted_at"].isoformat() == "2017-07-18T08:28:48+00:00"
    assert "130.92.34.66" not in row.astype(str).str.cat(sep=" ")


def test_a_real_surveymonkey_export(shared_data: Path) -> None:
    file = shared_data / "exports" / "surveymonkey_steak_head42.csv"
    asked = {"steak": question("choice", columns=["How do you like your steak prepared?"])}
    table = read_survey(file, questions=asked, attributes=["Age"])
    assert table["respondent_id"].iloc[0] == "3237565956"
    assert table["steak"].iloc[1] == "Medium rare" and table["Age"].iloc[1] == "> 60"
    # Whoever was asked and answered nothing has not completed the survey.
    assert (table["state"] == "partial").equals(table["steak"] == "")


def test_a_real_typeform_export(shared_data: Path) -> None:
    file = shared_data / "exports" / "typeform_2016_new_coders_part1_head40.csv"
    asked = {
        "events": question("multi", columns=["coffee-and-codes", "hackathons", "None (1)",
                                             "Other (2)"]),
        "podcasts": question("multi", columns=["Code Newbie", "The Changelog", "None (2)",
                                               "Other (4)"]),
    }  # fmt: skip
    table = read_survey(file, questions=asked)
    assert table["respondent_id"].iloc[0] == "995106cd710ec2af0e371cbe5e1f68fb"
    assert table["submitted_at"].iloc[0].isoformat() == "2016-03-29T21:23:43+00:00"
    assert table["events"].iloc[5] == "Other"
    assert table["events_other"].iloc[5] == "bootcamp prep course"
    assert table["podcasts"].iloc[0] == "None"
    assert table["podcasts_other"].iloc[3] == "Front-end happy hour"


def test_a_real_two_row_export_edited_by_hand(shared_data: Path) -> None:
    file = shared_data / "exports" / "limesurvey_results-survey_dfuchss.csv"
    stem = "Welchen fachlichen Hintergrund haben Sie?"
    fields = ["Maschinenbau", "Elektrotechnik", "Informatik", "Sonstiges"]
    asked = {"field": question("multi", columns=[f"{stem} - {one}" for one in fields])}
    table = read_survey(file, questions=asked)
    assert table["respondent_id"].tolist()[:2] == ["r1", "r2"]
    assert table["field"].tolist()[:3] == [
        "Maschinenbau\nInformatik", "Elektrotechnik\nInformatik", "Elektrotechnik\nSonstiges",
    ]  # fmt: skip
    assert table["field_other"].iloc[2] == "Wirtschaftsingenieurwesen"
    said = survey_reading(table).iloc[0]
    assert said[["encoding", "delimiter"]].tolist() == [
        "UTF-8 with a byte order mark", "semicolon",
    ]  # fmt: skip
    assert "each row counts as a respondent" in said["note"]


def test_mobile_operators_in_words(shared_data: Path) -> None:
    file = shared_data / "surveys" / "mobiles_feedback_4_weeks.csv"
    asked = {"Q8": question("nps"), "Q11_1": question("rating", scale=[1, 5], labels=WORDS)}
    table = read_survey(
        file, questions=asked, columns={"submitted_at": "StartDate"}, subject="Q7",
        names=["us", "AT&T"], competitors=["Verizon", "T-Mobile"],
    )  # fmt: skip
    answers = table["Q8"]
    assert ((answers >= 9).sum(), (answers <= 6).sum(), answers.notna().sum()) == (453, 147, 895)
    ours = table.loc[table["subject"] == "us", "Q8"]
    assert (len(ours), (ours >= 9).sum(), (ours <= 6).sum()) == (211, 92, 41)
    assert set(table["subject"]) == {"us", "Verizon", "T-Mobile", ""}
    raw = pd.read_csv(file)["Q11_1"]
    assert (table["Q11_1"] == 5).sum() == (raw == "Very satisfied").sum()


# --- made-up exports after the vendors' documents ----------------------------------------------

QUALTRICS = (
    "StartDate,EndDate,Status,IPAddress,Progress,Finished,ResponseId,RecipientEmail,Q1,Q2_1,Q2_7,"
    "Q2_7_TEXT\n"
    "Start Date,End Date,Response Type,IP Address,Progress,Finished,Response ID,Recipient Email,"
    "How likely are you to recommend us?,Which? - Selected Choice - Tea,"
    "Which? - Selected Choice - Other,Which? - Other - Text\n"
    + ",".join(f'"{{""ImportId"":""QID{i}""}}"' for i in range(12)) + "\n"
    "2026-09-01 08:00:00,2026-09-01 08:05:00,{0},1.2.3.4,100,{1},R_1,a@b.example,10,1,,\n"
    "2026-09-01 08:00:00,2026-09-01 08:06:00,{2},1.2.3.4,100,{1},R_2,,3,,1,my own\n"
    "2026-09-01 08:00:00,2026-09-01 08:07:00,{0},1.2.3.4,40,{3},R_3,,,1,,\n"
)  # fmt: skip
ASKED_QUALTRICS = {
    "Q1": question("nps"),
    "Q2": question("multi", columns=["Q2_1", "Q2_7", "Q2_7_TEXT"]),
}


def filled(text: str, *values: str) -> str:
    for i, value in enumerate(values):
        text = text.replace(f"{{{i}}}", value)
    return text


@pytest.mark.parametrize(
    "values", [("0", "1", "1", "0"), ("IP Address", "True", "Survey Preview", "False")]
)
@pytest.mark.parametrize(("name", "encoding"), [("q.csv", "utf-8"), ("q.tsv", "utf-16")])
def test_qualtrics_with_three_header_rows(
    tmp_path: Path, values: tuple[str, ...], name: str, encoding: str
) -> None:
    text = filled(QUALTRICS, *values)
    if name.endswith("tsv"):
        text = text.replace(",", "\t")
    table = read_survey(write(tmp_path, text, name, encoding), questions=ASKED_QUALTRICS)
    assert table["respondent_id"].tolist() == ["R_1", "R_2", "R_3"]
    assert table["state"].tolist() == ["complete", "preview", "partial"]
    assert table["Q2"].tolist() == ["Tea", "Other", "Tea"]
    assert table["Q2_other"].tolist() == ["", "my own", ""]
    said = survey_reading(table).iloc[0]
    assert said[["rows", "complete", "partial", "previews"]].tolist() == [3, 1, 1, 1]
    assert not table.astype(str).apply(lambda c: c.str.contains("1.2.3.4", regex=False)).any().any()


def test_qualtrics_in_its_old_form(tmp_path: Path) -> None:
    text = (
        "V1,V2,V8,V9,V10,Q1\nResponseID,ResponseSet,StartDate,EndDate,Finished,How was it?\n"
        "R_1,Default,2014-09-01 08:00:00,2014-09-01 08:01:00,1,4\n"
    )
    file = write(tmp_path, text)
    assert read_export(file).texts["Q1"] == "How was it?"
    table = read_survey(file, questions={"Q1": question("rating")})
    assert table[["respondent_id", "state"]].to_numpy().tolist() == [["R_1", "complete"]]
    assert table["submitted_at"].dt.minute.tolist() == [1]


SURVEYMONKEY = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Which tea?,,,How was it?\n"
    ",,,,,Green,Black,Other (please specify),Response\n"
    "1,9,07/25/2026 02:40:07 PM,07/25/2026 02:41:00 PM,1.2.3.4,Green,,mint <3,5 - Great\n"
    "2,9,07/25/2026 02:40:07 PM,07/25/2026 02:42:00 PM,1.2.3.4,,Black,,n/a\n"
)
ASKED_TEA = {
    "tea": question("multi", columns=["Which tea? - Green", "Which tea? - Black",
                                      "Which tea? - Other (please specify)"]),
    "how": question("rating", scale=[1, 5], columns=["How was it?"]),
}  # fmt: skip


def test_surveymonkey_with_two_header_rows(tmp_path: Path) -> None:
    table = read_survey(
        write(tmp_path, SURVEYMONKEY), questions=ASKED_TEA, not_applicable=["n/a"],
        dates="%m/%d/%Y %I:%M:%S %p",
    )  # fmt: skip
    assert table["respondent_id"].tolist() == ["1", "2"]
    assert table["submitted_at"].iloc[0].isoformat() == "2026-07-25T14:41:00+00:00"
    assert table["tea"].tolist() == ["Green\nOther (please specify)", "Black"]
    assert table["tea_other"].tolist() == ["mint <3", ""]
    assert table["how"].iloc[0] == 5 and pd.isna(table["how"].iloc[1])
    assert table["not_applicable"].tolist() == ["", "how"]


def test_surveymonkey_as_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in csv.reader(SURVEYMONKEY.splitlines()):
        book.active.append([float(cell) if cell.isdigit() else cell or None for cell in row])
    book.save(tmp_path / "s.xlsx")
    how = {"questions": ASKED_TEA, "not_applicable": ["n/a"], "dates": "%m/%d/%Y %I:%M:%S %p"}
    table = read_survey(tmp_path / "s.xlsx", **how)
    pd.testing.assert_frame_equal(table, read_survey(write(tmp_path, SURVEYMONKEY), **how))
    assert survey_reading(table)["layout"].tolist() == ["SurveyMonkey (two header rows)"]


def test_an_american_date_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"submitted_at must be a date, got '07/25/2026 .*dates:"):
        read_survey(write(tmp_path, SURVEYMONKEY), questions=ASKED_TEA, not_applicable=["n/a"])


def test_google_forms(tmp_path: Path) -> None:
    text = (
        'Timestamp,"How was\nyour visit?",Which tea?\n'
        '2026/09/01 9:21:23 PM GMT+2,4,"Green, Black, mint, of course"\n'
        "2026/09/02 9:21:23 AM GMT-3:30,5,\n"
    )
    asked = {
        "how": question("rating", columns=["How was\nyour visit?"]),
        "tea": question("multi", columns=["Which tea?"], split=", ",
                        options=["Green", "Black", "mint, of course"]),
    }  # fmt: skip
    table = read_survey(write(tmp_path, text), questions=asked)
    assert table["respondent_id"].tolist() == ["r1", "r2"]
    assert [t.isoformat() for t in table["submitted_at"]] == [
        "2026-09-01T19:21:23+00:00", "2026-09-02T12:51:23+00:00",
    ]  # fmt: skip
    assert table["tea"].tolist() == ["Green\nBlack\nmint, of course", ""]
    assert survey_reading(table)["layout"].tolist() == ["Google Forms"]


LSS = """<?xml version="1.0" encoding="UTF-8"?>
<document><LimeSurveyDocType>Survey</LimeSurveyDocType>
<questions><rows>
 <row><qid>1</qid><parent_qid>0</parent_qid><title>Q1</title><type>L</type></row>
 <row><qid>2</qid><parent_qid>0</parent_qid><title>Q2</title><type>M</type></row>
</rows></questions>
<subquestions><rows>
 <row><qid>3</qid><parent_qid>2</parent_qid><title>SQ001</title></row>
 <row><qid>4</qid><parent_qid>2</parent_qid><title>SQ002</title></row>
</rows></subquestions>
<question_l10ns><rows>
 <row><qid>1</qid><question><![CDATA[<p>How was it?</p>]]></question><language>en</language></row>
 <row><qid>2</qid><question>Which tea?</question><language>en</language></row>
 <row><qid>3</qid><question>Green</question><language>en</language></row>
 <row><qid>4</qid><question>Black</question><language>en</language></row>
 <row><qid>1</qid><question>Wie war es?</question><language>de</language></row>
</rows></question_l10ns>
<answers><rows>
 <row><aid>1</aid><qid>1</qid><code>A1</code></row><row><aid>2</aid><qid>1</qid><code>A2</code></row>
 <row><aid>3</aid><qid>1</qid><code>A3</code></row>
</rows></answers>
<answer_l10ns><rows>
 <row><aid>1</aid><answer>Bad</answer><language>en</language></row>
 <row><aid>2</aid><answer>Good</answer><language>en</language></row>
 <row><aid>3</aid><answer>Cannot say</answer><language>en</language></row>
</rows></answer_l10ns></document>"""
LIMESURVEY = (
    "\ufeffid;submitdate;lastpage;startlanguage;Q1;Q2[SQ001];Q2[SQ002];Q2[other]\n"
    "1;2026-09-01 08:00:00;3;en;A2;Y;;\n2;;1;en;A1;;Y;mint\n3;1980-01-01 00:00:00;3;en;A3;Y;Y;\n"
)
ASKED_LIME = {
    "Q1": question("rating", labels=["Bad", "Good"]),
    "Q2": question("multi", columns=["Q2[SQ001]", "Q2[SQ002]", "Q2[other]"]),
}


def test_limesurvey_codes_with_their_codebook(tmp_path: Path) -> None:
    write(tmp_path, LSS, "s.lss")
    write(tmp_path, LIMESURVEY)
    table = read_survey(
        "s.csv", questions=ASKED_LIME, codebook="s.lss", not_applicable=["Cannot say"],
        folder=tmp_path,
    )  # fmt: skip
    assert table["state"].tolist() == ["complete", "partial", "complete"]
    assert table["submitted_at"].isna().tolist() == [False, True, True]
    assert table["Q1"].tolist()[:2] == [2, 1]
    assert table["Q2"].tolist() == ["Green", "Black\nOther", "Green\nBlack"]
    assert table["Q2_other"].tolist() == ["", "mint", ""]
    assert table["not_applicable"].tolist() == ["", "", "Q1"]
    export = read_export(tmp_path / "s.csv", codebook=tmp_path / "s.lss")
    assert export.texts["Q1"] == "How was it?"
    assert export.groups["Q2"] == ["Q2[SQ001]", "Q2[SQ002]", "Q2[other]"]


def test_limesurvey_in_full_text(tmp_path: Path) -> None:
    text = (
        '"Response ID","Date submitted","Last page","Start language","How was it?",'
        '"Which tea? [Green]","Which tea? [Black]","Which tea? [Other]"\n'
        '"1","2026-09-01 08:00:00","3","en","Good","Yes","No",""\n'
        '"2","","1","en","Bad","No","Yes","mint"\n'
    )
    teas = [f"Which tea? [{tea}]" for tea in ("Green", "Black", "Other")]
    asked = {
        "how": question("rating", columns=["How was it?"], labels=["Bad", "Good"]),
        "tea": question("multi", columns=teas),
    }
    table = read_survey(write(tmp_path, text), questions=asked)
    assert table["respondent_id"].tolist() == ["1", "2"]
    assert table["submitted_at"].iloc[0].isoformat() == "2026-09-01T08:00:00+00:00"
    assert table["state"].tolist() == ["complete", "partial"]
    assert table["how"].tolist() == [2, 1]
    assert table["tea"].tolist() == ["Green", "Black\nOther"]
    assert table["tea_other"].tolist() == ["", "mint"]
    export = read_export(tmp_path / "s.csv")
    assert export.layout == "limesurvey" and export.groups == {"Which tea?": teas}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><document/>', "without a document"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><d>&a;</d>', "or entities"),
        ("<document>", "must be an .lss file"),
        ("<document/>", "with questions"),
    ],
)
def test_a_codebook_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, text, "s.lss")
    write(tmp_path, LIMESURVEY)
    with pytest.raises(SourceError, match=said):
        read_survey("s.csv", questions=ASKED_LIME, codebook="s.lss", folder=tmp_path)


def test_a_changed_codebook_is_a_changed_input(tmp_path: Path) -> None:
    write(tmp_path, LSS, "s.lss")
    write(tmp_path, LIMESURVEY)
    write(tmp_path, STUDY.replace("file: s.csv", "file: s.csv\n    codebook: s.lss"), "study.yaml")
    study = load_study(tmp_path)
    assert [path.name for path in input_files(study)["responses"]] == ["s.csv", "s.lss"]
    (tmp_path / "s.lss").unlink()
    with pytest.raises(SourceError, match=r"no file 's.lss' .* correct codebook in study.yaml"):
        input_files(study)


@pytest.mark.parametrize("name", ["s.sav", "s.zsav"])
def test_spss_with_labels_and_missing_ranges(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame(
        {"id": [1.0, 2.0, 3.0, 4.0], "q": [5.0, 1.0, 99.0, None], "city": ["B", "P", "B", ""]}
    )
    pyreadstat.write_sav(
        frame, tmp_path / name, compress=name == "s.zsav", column_labels={"q": "How was it?"},
        variable_value_labels={"q": {1.0: "Bad", 5.0: "Good", 99.0: "Don't know"},
                               "city": {"B": "Berlin", "P": "Paris"}},
        missing_ranges={"q": [{"lo": 98, "hi": 99}]},
    )  # fmt: skip
    table = read_survey(
        tmp_path / name, questions={"q": question("rating", scale=[1, 5])}, respondent_id="id",
        attributes=["city"],
    )  # fmt: skip
    assert table["respondent_id"].tolist() == ["1", "2", "3", "4"]
    assert table["q"].tolist()[:2] == [5, 1] and table["q"].isna().sum() == 2
    assert table["not_applicable"].tolist() == ["", "", "q", ""]
    assert table["city"].tolist() == ["Berlin", "Paris", "Berlin", ""]
    assert survey_reading(table)["not_applicable"].tolist() == [1]
    assert read_export(tmp_path / name).texts["q"] == "How was it?"


@pytest.mark.parametrize("form", ["DATETIME20", "YMDHMS19", "DATE11"])
def test_dates_in_spss_are_in_the_studys_time_zone(tmp_path: Path, form: str) -> None:
    ended = pd.Series(pd.to_datetime(["2026-07-25 14:41:00", None]))
    frame = pd.DataFrame({"id": [1.0, 2.0], "q": [4.0, 5.0], "ended": ended})
    pyreadstat.write_sav(frame, tmp_path / "s.sav", variable_format={"ended": form})
    table = read_survey(
        tmp_path / "s.sav", questions={"q": question("rating")}, respondent_id="id",
        columns={"submitted_at": "ended"}, time_zone="Europe/Berlin", attributes=["ended"],
    )  # fmt: skip
    # summer time is two hours before UTC; a date alone is the beginning of its day
    expected = "2026-07-24T22:00:00" if form == "DATE11" else "2026-07-25T12:41:00"
    assert table["submitted_at"].iloc[0].isoformat() == f"{expected}+00:00"
    assert pd.isna(table["submitted_at"].iloc[1])
    said = "2026-07-25" if form == "DATE11" else "2026-07-25 14:41:00"
    assert table["ended"].tolist() == [said, ""]


# --- answers ------------------------------------------------------------------------------------


def answers(folder: Path, column: list[str], asked: Question, **more: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"respondent_id": range(1, len(column) + 1), "q": column})
    frame.to_csv(folder / "s.csv", index=False)
    return read_survey(folder / "s.csv", questions={"q": asked}, **more)


def test_labels_in_words_numbers_and_both(tmp_path: Path) -> None:
    column = [" very  SATISFIED", "1", "5 Very satisfied", "3 - so so"]
    asked = question("rating", scale=[1, 5], labels=WORDS)
    assert answers(tmp_path, column, asked)["q"].tolist() == [5, 1, 5, 3]
    asked = question("likert", labels={"no": -1, "yes": 1})
    assert answers(tmp_path, ["yes", "no"], asked)["q"].tolist() == [1, -1]
    asked = question("nps", labels=["never", *map(str, range(1, 10)), "sure"])
    assert answers(tmp_path, ["sure", "never", "7"], asked)["q"].tolist() == [10, 0, 7]


def test_reversed_items_stay_as_answered(tmp_path: Path) -> None:
    asked = question("likert", scale=[1, 5], reversed=True)
    assert answers(tmp_path, ["1", "5"], asked)["q"].tolist() == [1, 5]


@pytest.mark.parametrize("value", ["1,2,7", "4,5", "18 to 24", "inf", "1 2", "10 % off"])
def test_what_is_no_number_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(SourceError, match=r"q must be a number, got .*\(s.csv, data row 2\)"):
        answers(tmp_path, ["1", value], question("rating"))


def test_an_unknown_label_is_refused_with_the_remedy(tmp_path: Path) -> None:
    asked = question("rating", scale=[1, 5], labels=WORDS)
    said = r"q must be one of its labels .* got 'Fine' \(s.csv, data row 1\).*not_applicable"
    with pytest.raises(SourceError, match=said):
        answers(tmp_path, ["Fine"], asked)
    with pytest.raises(SourceError, match="labels of q must name each of the 5 answers"):
        answers(tmp_path, ["Fine"], question("rating", scale=[1, 5], labels=["Fine"]))


def test_several_options_in_one_cell(tmp_path: Path) -> None:
    named = question("multi", split=",", options={"1": "Tea", "2": "Coffee", "7": "Other"})
    table = answers(tmp_path, ["1,2,7", "2", "1, mail jo@x.example", ""], named)
    assert table["q"].tolist() == ["Tea\nCoffee\nOther", "Coffee", "Tea\nOther", ""]
    assert table["q_other"].tolist() == ["", "", "mail [e-mail]", ""]
    unsaid = question("multi", options=["1", "2", "7"])
    with pytest.raises(SourceError, match=r"got '1,2,7' \(s.csv, data row 1\); say .* split"):
        answers(tmp_path, ["1,2,7"], unsaid)


def test_options_in_columns_of_marks(tmp_path: Path) -> None:
    write(tmp_path, "respondent_id,a,b\n1,Selected,Not Selected\n2,0,1\n3,,\n4,n/a,n/a\n")
    asked = question("multi", columns=["a", "b"], options=["Tea", "Coffee"])
    table = read_survey("s.csv", questions={"q": asked}, not_applicable=["n/a"], folder=tmp_path)
    assert table["q"].tolist() == ["Tea", "Coffee", "", ""]
    assert table["not_applicable"].tolist() == ["", "", "", "q"]
    assert "q_other" not in table.columns


def test_what_concerns_nobody_is_counted_by_question(tmp_path: Path) -> None:
    write(tmp_path, "respondent_id,a,b\n1,99,n/a\n2,5,99.0\n3,1,fine\n")
    asked = {"a": question("rating", scale=[1, 5]), "b": question("text")}
    table = read_survey("s.csv", questions=asked, not_applicable=["99", "n/a"], folder=tmp_path)
    assert table["not_applicable"].tolist() == ["a\x1fb", "b", ""]
    assert table["b"].tolist() == ["", "", "fine"]
    assert survey_reading(table)["not_applicable"].tolist() == [3]


# --- states -------------------------------------------------------------------------------------


def test_repeated_rows_are_duplicates_and_different_answers_an_error(tmp_path: Path) -> None:
    write(tmp_path, "respondent_id,q\n1,5\n2,3\n", "s-08.csv")
    write(tmp_path, "respondent_id,q\n1,5\n2,3\n3,1\n", "s-09.csv")
    asked = {"q": question("rating")}
    table = read_survey("s-*.csv", questions=asked, folder=tmp_path)
    assert table["state"].tolist() == ["complete"] * 2 + ["duplicate"] * 2 + ["complete"]
    assert survey_reading(table)["duplicates"].tolist() == [0, 2]
    write(tmp_path, "respondent_id,q\n1,5\n2,4\n", "s-09.csv")
    said = r"got '2' with different answers \(s-08.csv, data row 2 and s-09.csv, data row 2\)"
    with pytest.raises(SourceError, match=said):
        read_survey("s-*.csv", questions=asked, folder=tmp_path)


def test_of_a_partial_and_a_complete_answer_the_complete_one_counts(tmp_path: Path) -> None:
    head = "ResponseId,EndDate,Finished,Progress,Q1\n"
    write(tmp_path, head + "R_1,2026-09-01 08:00:00,0,50,3\nR_1,2026-09-01 09:00:00,1,100,4\n")
    table = read_survey("s.csv", questions={"Q1": question("rating")}, folder=tmp_path)
    assert table["state"].tolist() == ["duplicate", "complete"]


STUDY = """\
title: Tea
stages: [{id: buy, name: Buy}]
subject: {brand: Aroma, names: [Aroma Tea], competitors: [Leaf]}
sources:
  - kind: survey
    file: s.csv
    columns: {submitted_at: at}
    subject: about
    questions: {q: {measure: rating}}
"""


def test_previews_and_duplicates_end_at_the_door(tmp_path: Path) -> None:
    write(tmp_path, STUDY, "study.yaml")
    rows = "1,2026-09-01,aroma tea,5\n1,2026-09-01,aroma tea,5\n2,2026-09-02,Leaf,4\n"
    write(tmp_path, "respondent_id,at,about,q\n" + rows + "3,2026-09-02,Other Co,4\n")
    study = load_study(tmp_path)
    tables = read_tables(study)
    assert tables["responses"]["state"].tolist() == ["complete", "duplicate"] + ["complete"] * 2
    kept = up_to(tables, study, date(2026, 9, 30))["responses"]
    assert kept["respondent_id"].tolist() == ["1", "2", "3"]
    assert kept["subject"].tolist() == ["us", "Leaf", ""]
    assert survey_reading(kept)["duplicates"].tolist() == [1]


def test_a_column_called_state_is_the_files_own_business(tmp_path: Path) -> None:
    write(tmp_path, "respondent_id,state,q\n1,Texas,5\n")
    asked = {"q": question("rating")}
    assert read_survey("s.csv", questions=asked, folder=tmp_path)["state"].tolist() == ["complete"]
    with pytest.raises(SourceError, match="must not have the name of a column of the lab's own"):
        read_survey("s.csv", questions=asked, folder=tmp_path, attributes=["state"])
    table = read_survey(
        "s.csv", questions=asked, folder=tmp_path, columns={"home": "state"}, attributes=["home"]
    )
    assert table["home"].tolist() == ["Texas"]


def test_a_twin_column_has_to_be_named_by_its_number(tmp_path: Path) -> None:
    write(tmp_path, "respondent_id,q,q\n1,5,4\n")
    with pytest.raises(SourceError, match=r"stands there 2 times, say which: 'q \(1\)'"):
        read_survey("s.csv", questions={"q": question("rating")}, folder=tmp_path)


def test_a_layout_that_is_given_is_not_guessed(tmp_path: Path) -> None:
    file = write(tmp_path, "Timestamp,q\n2026-09-01 08:00:00,5\n")
    asked = {"q": question("rating")}
    assert read_survey(file, questions=asked)["submitted_at"].notna().all()
    plain = read_survey(file, questions=asked, layout="plain")
    assert plain["submitted_at"].isna().all()


def test_codes_stand_in_the_rows_that_gave_them(shared_data: Path) -> None:
    file = shared_data / "events" / "airline" / "airline_satisfaction.parquet"
    raw = pd.read_parquet(file)
    columns = {"wifi": "Inflight wifi service", "gate": "Gate location", "food": "Food and drink"}
    asked = {code: question("rating", scale=[1, 5], columns=[c]) for code, c in columns.items()}
    said = read_survey(file, questions=asked, not_applicable=["0"])["not_applicable"]
    zeros = {code: raw[column] == 0 for code, column in columns.items()}
    assert [int(one.sum()) for one in zeros.values()] == [3103, 1, 107] and len(said) == 103_904
    for code, zero in zeros.items():
        assert said.str.contains(code).tolist() == zero.tolist()
    both = zeros["wifi"] & zeros["food"]
    assert both.any() and set(said[both]) == {"wifi\x1ffood"}


def test_reading_needs_what_the_reader_noted() -> None:
    with pytest.raises(ParameterError, match="as read_survey or read_tables returns it"):
        survey_reading(pd.DataFrame({"respondent_id": ["1"]}))
    assert survey_reading(pd.DataFrame()).empty


@pytest.mark.parametrize(
    ("row", "said"),
    [(",1,5", "respondent_id must not be blank"), ("2,-1,5", "weight must lie between 0 and inf")],
)
def test_a_blank_id_and_a_negative_weight_are_refused(tmp_path: Path, row: str, said: str) -> None:
    file = write(tmp_path, f"respondent_id,weight,q\n1,1,5\n{row}\n")
    with pytest.raises(SourceError, match=said + r".*s.csv, data row 2"):
        read_survey(file, questions={"q": question("rating")})


@pytest.mark.parametrize(("first", "lowest"), [(1, -128), (1000, -32768)])
def test_the_lowest_short_number_is_an_answer_and_no_blank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int, lowest: int
) -> None:
    """8 bits hold -128, 16 bits hold -32768; whoever answers just that did answer."""
    monkeypatch.setattr("cjm_lab.sources.delimited._SMALL", 0)
    monkeypatch.setattr("cjm_lab.sources.delimited._HEAD_ROWS", 3)  # so it is met below the head
    given = enumerate([first, "", lowest, 99, 5])
    file = write(tmp_path, "respondent_id,q\n" + "".join(f"{i},{a}\n" for i, a in given))
    q = {"q": question("rating", scale=(-40_000, 40_000))}
    read = read_survey(file, questions=q, not_applicable=["99"])
    assert read["q"].tolist()[2] == lowest
    assert read["q"].isna().tolist() == [False, True, False, True, False]
    with pytest.raises(SourceError, match=str(lowest)):
        read_survey(
            file, questions={"q": question("rating", scale=(0, 5000))}, not_applicable=["99"]
        )
