"""A draft of the codebook: what each column of an export seems to ask, for a person to correct."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cjm_lab.sources import ladders
from cjm_lab.sources.answers import in_ranges, label_key, leading_number, marks_a_choice
from cjm_lab.sources.exports import LAYOUT_WORDS, Export, own_columns, read_export
from cjm_lab.sources.files import as_text, source_files
from cjm_lab.sources.masking import mask_column
from cjm_lab.sources.schemas import TABLES
from cjm_lab.words import counted

_ROWS = 5000
_MOST_OPTIONS = 20
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed question: its fields as study.yaml has them, and why."""

    fields: dict[str, Any]
    why: str
    columns: list[str] = field(default_factory=list)


def propose_questions(
    file: str | Path, *, layout: str | None = None, codebook: str = "", folder: str | Path = "."
) -> str:
    r"""Return a draft of `questions:` for study.yaml, from what a survey file shows.

    Every guess says in a comment what it rests on; what a person has to confirm is marked
    ``# check``.

    Parameters
    ----------
    file
        The export, or a glob of monthly files, of which the first is looked at.
    layout, codebook, folder
        As in `read_survey`.

    Returns
    -------
    str
        YAML with `questions` and, where there are candidates, `not_applicable`.

    Raises
    ------
    SourceError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "s.csv"
    >>> _ = file.write_text("respondent_id,advise\n1,10\n2,0\n3,7\n")
    >>> print(propose_questions(file))
    # s.csv: plain table, UTF-8, comma, 3 rows. A draft: correct what is marked "check".
    questions:
      # check the scale: answers from 0 to 10
      advise: {measure: rating, text: "advise", scale: [0, 10]}
    """
    base = Path(folder)
    path = source_files(str(file), base)[0]
    export = read_export(path, layout=layout, codebook=base / codebook if codebook else None)
    said = [LAYOUT_WORDS[export.layout], export.encoding, export.delimiter,
            f"{len(export.frame):,} rows"]  # fmt: skip
    heads = [f"# {path.name}: {', '.join(one for one in said if one)}. A draft: correct what is "
             'marked "check".']  # fmt: skip
    left_out: list[str] = []
    drafts = list(_drafts(export, left_out))
    skipped = sorted({one for draft in drafts for one in draft.fields.pop("not_applicable", [])})
    if skipped:
        listed = ", ".join(json.dumps(one, ensure_ascii=False) for one in skipped)
        heads.append(f"not_applicable: [{listed}]  # check: these do not look like answers")
    lines = [*heads, "questions:" if drafts else "questions: {}  # check: no column looks like one"]
    taken: set[str] = set()
    for draft in drafts:
        lines += _lines(draft, export, taken)
    lines += [f"  # left out: {_one_line(one)}" for one in left_out]
    return "\n".join(lines)


def _drafts(export: Export, left_out: list[str]) -> Iterator[Draft]:
    """Yield a draft of each question, in the order of the file; columns left out are noted."""
    frame = export.frame.head(_ROWS)
    own = set(own_columns(export).values())
    in_group = {column: code for code, columns in export.groups.items() for column in columns}
    if export.layout in ("plain", "spss"):
        numbered = {str(n): re.fullmatch(r"(.+?)[_.]\d+(?:_\w)?", str(n)) for n in frame.columns}
        in_group = {name: match[1] for name, match in numbered.items() if match}
    if export.layout == "typeform":
        in_group = _runs_of_options(export, frame)
    done: set[str] = set()
    if tools := [name for name in map(str, frame.columns) if name in own]:
        left_out.append(f"of the survey tool itself: {', '.join(tools)}")
    for position, name in enumerate(map(str, frame.columns)):
        if name in own or name in TABLES["responses"].columns:
            continue
        group = [c for c, code in in_group.items() if code == in_group.get(name)]
        if name in done:
            continue
        if len(group) > 1 and _is_spread(export, frame, group):
            done |= {*group}
            yield _spread(export, group)
            continue
        text = export.texts.get(name, name)
        answers = _answers(frame[name])
        if answers.empty:
            left_out.append(f"{name}: nothing in it")
        elif reason := _no_question(name, text, answers, frame, position):
            left_out.append(f"{name}: {reason}")
        else:
            yield _single(export, name, text, answers)


def _answers(column: pd.Series) -> pd.Series:
    """Return what a column holds, blanks left out."""
    text = as_text(column)
    return text[text != ""]


def _no_question(
    name: str, text: str, answers: pd.Series, frame: pd.DataFrame, position: int
) -> str:
    """Return why a column is no question, '' if it may be one."""
    dated = answers.head(50).str.match(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
    if len(answers) and dated.all():
        return "looks like a date: columns: {submitted_at: ...}"
    words = f"{name} {text}".casefold()
    masked = mask_column(answers.head(200))
    if any(word in words for word in ladders.PERSONAL) or (
        (masked != answers.head(200)).mean() > 0.5
    ):
        return "personal data"
    if answers.is_unique and len(answers) == len(frame) > 10:
        if re.search(r"(?:^|[\s_])(?:id|token|key)$|participant", name.casefold()):
            return "looks like the respondents' ids: respondent_id"
        if position == 0 and not answers.str.contains(" ").any():
            return "looks like the respondents' ids: respondent_id"
    return ""


def _single(export: Export, name: str, text: str, answers: pd.Series) -> Draft:
    """Return a draft of a question in one column."""
    labels = export.labels.get(name, {})
    seen = pd.Series(answers.unique())
    skipped = [one for one in seen if labels.get(one, one).casefold() in ladders.NOT_APPLICABLE]
    declared = _declared_missing(export, name, seen)
    seen = seen[~seen.isin([*skipped, *declared])]
    numbers = _as_numbers(seen)
    known = numbers[~seen.isin(ladders.MISSING_NUMBERS)]
    if len(known) and known.notna().all() and known.mod(1).eq(0).all() and known.nunique() < 12:
        skipped += [one for one in seen[seen.isin(ladders.MISSING_NUMBERS)]
                    if not known.min() <= float(one) <= known.max()]  # fmt: skip
        numbers = known
    draft = _measure(name, text, answers, seen[~seen.isin(skipped)], numbers, labels)
    fields = {"measure": draft.fields["measure"], "text": text, **draft.fields}
    if skipped:
        fields["not_applicable"] = skipped
    return Draft(fields, draft.why, [name])


def _measure(
    name: str,
    text: str,
    answers: pd.Series,
    seen: pd.Series,
    numbers: pd.Series,
    codes: Mapping[str, str],
) -> Draft:
    """Return measure, scale and labels of a question, and what they rest on."""
    words = f"{name} {text}".casefold()
    whole = len(numbers) > 0 and bool(numbers.notna().all() and numbers.mod(1).eq(0).all())
    standard = ladders.standard_item(text.rpartition(" - ")[2])
    kind, ladder = ladders.ladder_of(seen) if not whole else ("", [])
    if codes and whole:  # the file says which words its numbers stand for
        scaled = [value for code, value in codes.items() if re.fullmatch(r"-?\d+", code)
                  and value.casefold() not in ladders.NOT_APPLICABLE]  # fmt: skip
        kind = ladders.ladder_of(scaled)[0]
    low, high = (int(numbers.min()), int(numbers.max())) if whole else (0, 0)
    if standard and (ladder or (whole and low >= 1 and high <= (5 if standard == "sus" else 7))):
        scale = {"sus": [1, 5], "umux": [1, 7]}[standard]
        if ladder and len(ladder) != scale[1]:
            scale = [1, len(ladder)]
        fields: dict[str, Any] = {"measure": standard, "scale": scale}
        words_of = {"sus": "a SUS item; even ones are turned by the score",
                    "umux": "a UMUX-Lite item"}  # fmt: skip
        return Draft(fields | ({"labels": ladder} if ladder else {}), words_of[standard])
    if ladder:
        return _ladder_draft(kind, ladder, words)
    if whole and low >= 0 and high <= 10:
        ends = " ".join(one for one in [*seen, *codes.values()] if not one.isdigit()).casefold()
        return _number_draft(words, ends, kind, low, high, codes)
    if whole and any(word in words for word in ladders.PERSON):
        return Draft({"measure": "attribute"}, "check: describes the respondent")
    if len(numbers) and numbers.notna().all():
        return Draft({"measure": "attribute"}, "check: numbers without a short scale")
    if parts := _split_of(seen):
        split, options = parts
        return Draft({"measure": "multi", "split": split, "options": options},
                     f"check: several options in one cell, parted by {split!r}")  # fmt: skip
    if any(re.search(rf"\b{word}", words) for word in ladders.PERSON):
        return Draft({"measure": "attribute"}, "check: describes the respondent")
    often = len(seen) <= max(2, min(_MOST_OPTIONS, len(answers) // 2))
    if often and seen.str.len().max() <= 120:
        return Draft({"measure": "choice"}, f"check: {counted(len(seen), 'different answer')}")
    return Draft({"measure": "text"}, "own words")


def _ladder_draft(kind: str, ladder: list[str], words: str) -> Draft:
    """Return a draft of a question whose answers are words from bad to good."""
    scale = [1, len(ladder)]
    measure = {"satisfied": "csat", "easy": "ces", "agree": "likert", "important": "importance"}
    fields = {"measure": measure.get(kind, "rating"), "scale": scale, "labels": ladder}
    why = f"{len(ladder)} answers from {ladder[0]!r} to {ladder[-1]!r}"
    if kind == "satisfied" and len(ladder) == 5:
        return Draft(fields, f"{why}: looks like CSAT")
    if kind == "easy":
        return Draft(fields, f"{why}: looks like CES")
    return Draft(fields, why if kind == "agree" else f"{why}; check the measure")


def _number_draft(
    words: str, ends: str, kind: str, low: int, high: int, codes: Mapping[str, str]
) -> Draft:
    """Return a draft of a question answered by a number from 0 to 10."""

    def says(those: Sequence[str]) -> str:
        return next((word for word in those if word in words), "")

    top = next(end for end in (5, 6, 7, 10) if high <= end)
    bottom = 0 if low == 0 else 1
    if codes:
        steps = [int(code) for code in codes if re.fullmatch(r"-?\d{1,2}", code)
                and codes[code].casefold() not in ladders.NOT_APPLICABLE
                and code not in ladders.MISSING_NUMBERS]  # fmt: skip
        bottom, top = (min(steps), max(steps)) if len(steps) > 2 else (bottom, top)
    scale = [bottom, top]
    if (word := says(ladders.RECOMMEND)) and top == 10:
        return Draft({"measure": "nps", "scale": scale}, f"0 to 10, {word!r}: looks like NPS")
    if top == 10 and "likely" in ends:
        return Draft(
            {"measure": "nps", "scale": scale}, "0 to 10, 'likely': check whether it is NPS"
        )
    if high <= 1 and not codes:
        return Draft({"measure": "choice"}, "check: 0 and 1, no or yes")
    if kind == "agree":
        return Draft({"measure": "likert", "scale": scale}, "its labels say agree")
    if kind == "easy" or (says(ladders.EFFORT) and top in (5, 7)):
        return Draft({"measure": "ces", "scale": scale}, f"{bottom} to {top}, ease or effort: "
                     "looks like CES; check that a high number means easy")  # fmt: skip
    if (kind == "satisfied" or says(ladders.SATISFY)) and scale == [1, 5]:
        return Draft({"measure": "csat", "scale": scale}, "1 to 5, satisfaction: looks like CSAT")
    if kind == "important":
        return Draft({"measure": "importance", "scale": scale}, "its labels say important")
    if any(re.search(rf"\b{word}\b", words) for word in ladders.PERSON):
        return Draft({"measure": "attribute"}, "check: describes the respondent")
    return Draft({"measure": "rating", "scale": scale},
                 f"check the scale: answers from {low} to {high}")  # fmt: skip


def _as_numbers(seen: pd.Series) -> pd.Series:
    """Return answers as numbers: written as such, or as a label that starts with one."""
    numbers = pd.to_numeric(seen, errors="coerce").astype("float64")
    left = numbers.isna()
    numbers = numbers.where(~left, seen.map(leading_number).astype("float64"))
    return numbers.where(~np.isinf(numbers))


def _declared_missing(export: Export, name: str, seen: pd.Series) -> list[str]:
    """Return codes that the file itself declares missing."""
    return seen[in_ranges(seen, export.missing.get(name, []))].tolist()


def _split_of(seen: pd.Series) -> tuple[str, list[str]] | None:
    """Return what parts the options of a multi-select in one cell, and the options found."""
    for split in ("\n", ", ", ";", "|", ","):
        several = seen[seen.str.contains(split, regex=False)]
        if several.empty or seen.str.len().max() > 500:
            continue
        parts = seen.str.split(split, regex=False).explode().str.strip()
        options = [one for one in parts.unique() if one]
        alone = set(seen) & set(options)
        if len(options) < min(len(seen), _MOST_OPTIONS + 1) and len(alone) * 3 >= len(options):
            return split, options
    return None


def _runs_of_options(export: Export, frame: pd.DataFrame) -> dict[str, str]:
    """Return Typeform's columns headed by the option alone, each with the first of its run."""
    runs: dict[str, str] = {}
    first = ""
    for name in map(str, frame.columns):
        header = export.options.get(name, name)
        held = _answers(frame[name])
        is_option = len(held) > 0 and bool((held.map(label_key) == label_key(header)).all())
        short = len(header) <= 40 and not header.endswith("?")
        # A run starts with an option; columns that nobody chose, and "Other", only go on with it.
        if is_option or (first and short and (held.empty or header.casefold() == "other")):
            first = first or name
            runs[name] = first
        else:
            first = ""
    return runs


def _is_spread(export: Export, frame: pd.DataFrame, group: Sequence[str]) -> bool:
    """Whether columns are the options of one multi-select, and not items of a battery."""
    marked = 0
    for name in group:
        held = _answers(frame[name]).drop_duplicates()
        own = {export.options.get(name, ""), name}
        typed = [one for one in held if not marks_a_choice(one, own)]
        option = export.options.get(name, name)
        if typed and not re.search(r"other|sonst|autre|otro|_TEXT$", f"{name} {option}", re.I):
            return len(held) == 1 and marked > 0
        if not typed and (len(held) > 2 or (len(held) == 2 and held.str.isdigit().all()
                                            and {*held} != {"0", "1"})):  # fmt: skip
            return False
        marked += len(held) > 0
    return marked > 0


def _spread(export: Export, group: list[str]) -> Draft:
    """Return a draft of a multi-select that lies in several columns."""
    code = next((c for c, columns in export.groups.items() if columns == group), "")
    if not code and export.layout in ("plain", "spss"):
        code = re.sub(r"[_.]\d+(?:_\w)?$", "", group[0])
    stem = export.texts.get(group[0], "").rpartition(" - ")[0] or code
    if export.layout in ("limesurvey", "google_forms"):
        stem = stem.partition("[")[0].strip()
    why = "check: each option has a column of its own"
    if export.layout == "typeform":
        stem, why = "", f"{why}; the export does not say what was asked"
    if export.layout == "surveymonkey":
        stem = code
    fields = {
        "measure": "multi",
        "text": stem,
        "options": [export.options.get(name, name) for name in group],
    }
    return Draft(fields, why, [code, *group] if _PLAIN_KEY.fullmatch(code) else ["", *group])


def _lines(draft: Draft, export: Export, taken: set[str]) -> list[str]:
    """Return the lines of a question in study.yaml."""
    columns = draft.columns
    spread = len(columns) > 1
    code = columns[0]
    if not _PLAIN_KEY.fullmatch(code) or code.casefold() in _YAML_WORDS or code in taken:
        first = columns[1] if spread else columns[0]
        code = f"q{list(map(str, export.frame.columns)).index(first) + 1}"
    while code in taken:
        code += "_"
    taken.add(code)
    fields = dict(draft.fields)
    if spread:
        fields["columns"] = columns[1:]
    elif code != columns[0]:
        fields["columns"] = columns
    parts = [f"{name}: {_flow(value, name)}" for name, value in fields.items() if value != ""]
    return [f"  # {_one_line(draft.why)}", f"  {code}: {{{', '.join(parts)}}}"]


def _flow(value: Any, name: str) -> str:
    """Return a value in YAML's flow style; every text is quoted."""
    if name == "measure":
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x85", "\\x85").replace("\x7f", "\\x7f")


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
