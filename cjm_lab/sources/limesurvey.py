"""LimeSurvey's own description of a survey, an .lss file: texts, subquestions, answer labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from cjm_lab.errors import SourceError
from cjm_lab.sources.encoding import to_utf8
from cjm_lab.sources.exports import Export, plain_text


def with_codebook(export: Export, path: Path) -> Export:
    """Return an export of codes with the texts and answer labels of its .lss file.

    Raises
    ------
    SourceError
        If the codebook is missing or is no .lss file.
    """
    root = _parse(path)
    texts = {row["qid"]: row["question"] for row in _rows(root, "question_l10ns")}
    questions = [*_rows(root, "questions"), *_rows(root, "subquestions")]
    for row in questions:
        texts.setdefault(row["qid"], row.get("question", ""))
    titles = {row["qid"]: row["title"] for row in questions}
    labels: dict[str, dict[str, str]] = {}
    words = {row["aid"]: row["answer"] for row in _rows(root, "answer_l10ns")}
    for row in _rows(root, "answers"):
        answer = row.get("answer") or words.get(row.get("aid", ""), "")
        labels.setdefault(row["qid"], {})[row["code"]] = plain_text(answer)
    # column name without brackets -> question, text, option
    known: dict[str, tuple[str, str, str]] = {}
    for row in questions:
        parent = row.get("parent_qid", "0")
        own = plain_text(texts.get(row["qid"], ""))
        if parent in ("", "0"):
            known[row["title"]] = (row["qid"], own, "")
            known[f"{row['title']}_other"] = (row["qid"], f"{own} - Other", "Other")
        elif parent in titles:
            stem = plain_text(texts.get(parent, ""))
            known[f"{titles[parent]}_{row['title']}"] = (parent, f"{stem} - {own}", own)
    found = {
        str(name): known[key]
        for name in export.frame.columns
        if (key := re.sub(r"\[([^][]+)\]", r"_\1", str(name)).strip("_")) in known
    }
    groups: dict[str, list[str]] = {}
    for name, (qid, _, option) in found.items():
        if option:
            groups.setdefault(titles[qid], []).append(name)
    return replace(
        export,
        layout="limesurvey",
        texts={**export.texts, **{name: text for name, (_, text, _) in found.items()}},
        options={**export.options, **{n: option for n, (_, _, option) in found.items() if option}},
        groups={**export.groups, **groups},
        labels={
            name: {**labels[qid], "-oth-": "Other"}
            for name, (qid, _, _) in found.items()
            if qid in labels
        },
    )


def codebook_file(path: Path) -> Path:
    """Return the path of a codebook that is there.

    Raises
    ------
    SourceError
        If it is not.
    """
    if not path.is_file():
        raise SourceError(f"no file {path.name!r} in {path.parent}; correct codebook in study.yaml")
    return path


def _parse(path: Path) -> ElementTree.Element:
    """Return the document; one that declares entities is refused, for they may be bombs."""
    text = to_utf8(codebook_file(path).read_bytes(), path.name)[0].decode()
    if re.search(r"<!\s*(?:DOCTYPE|ENTITY)", text, re.I):
        raise SourceError(
            f"{path.name} must be an .lss file without a document type or entities, got one with "
            "them; export the survey structure from LimeSurvey again"
        )
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise SourceError(
            f"{path.name} must be an .lss file: {error}; export the survey structure again"
        ) from None
    if root.find("questions") is None:
        raise SourceError(
            f"{path.name} must be an .lss file with questions, got <{root.tag}> without them; "
            "export the survey structure from LimeSurvey"
        )
    return root


def _rows(root: ElementTree.Element, part: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a part in its first language."""
    language = ""
    for row in root.iterfind(f"{part}/rows/row"):
        fields = {one.tag: (one.text or "").strip() for one in row}
        language = language or fields.get("language", "")
        if fields.get("language", language) == language:
            yield fields
