"""Mermaid itself, from npm, in a browser: what we write is what it reads and draws."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from cjm_lab.export.mermaid import to_mermaid
from cjm_lab.study import Stage, Touchpoint

READ = """
const done = arguments[arguments.length - 1];
(async () => {
  const {db} = await mermaid.mermaidAPI.getDiagramFromText(arguments[0]);
  const read = {  // before the drawing, which reads into the same lists
    title: db.getDiagramTitle(), sections: [...db.getSections()],
    tasks: db.getTasks().map(t => [t.section, t.task, t.score, t.people]),
  };
  const drawn = await mermaid.render('drawing', arguments[0]);
  const box = document.createElement('div');
  box.innerHTML = drawn.svg;
  return {
    ...read,
    texts: [...box.querySelectorAll('text')].map(t => t.textContent),
    scripts: box.querySelectorAll('script').length,
  };
})().then(done, error => done({error: error.message}));
"""


@pytest.fixture(scope="module")
def read(browser, tmp_path_factory):
    """`read(text)`: what Mermaid finds in a text and draws of it."""
    folder = os.environ.get("CJM_NODE_MODULES", "")
    script = Path(folder, "mermaid", "dist", "mermaid.min.js")
    if not folder or not script.is_file():
        reason = "CJM_NODE_MODULES must name a folder with npm's package mermaid"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    page = tmp_path_factory.mktemp("mermaid") / "page.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8><script src='{script.resolve().as_uri()}'></script>"
        "<script>mermaid.initialize({startOnLoad: false})</script>"
    )
    browser.get(page.as_uri())

    def run(text):
        found = browser.execute_async_script(READ, text)
        assert "error" not in found, found
        return found

    return run


def shown(text):
    """A text as a browser shows it: runs of blanks are one."""
    return " ".join(text.split())


def test_mermaid_reads_the_map(read, tea):
    found = read(to_mermaid(tea))
    assert found["title"].strip() == "Tea"
    assert found["sections"] == ["Buy", "Use"]
    assert found["tasks"] == [
        ["Buy", "Payment", 2, ["Customers"]],
        ["Buy", "Delivery (no evidence yet)", 3, ["Customers"]],
    ]


HOSTILE = (
    "a, b; c: d # e", "title of it", "Section", "journey", "accTitle: x", "accDescr {", "%% no",
    "100 %%{init: {}}%%", "#35;", "two\nlines", "<script>alert(1)</script>", "a<br>b", "&lt;b&gt;",
    "# x", "--- y", 'say "hi"', "日本語", "style: #fff;", "}", "Pay (assumed)", "50 %",
)  # fmt: skip


def test_mermaid_draws_every_text_as_it_is(read, tea):
    touchpoints = [Touchpoint(id=f"t{at}", name=name) for at, name in enumerate(HOSTILE)]
    stages = [
        Stage(id=f"s{at}", name=touchpoint.name, touchpoints=[touchpoint])
        for at, touchpoint in enumerate(touchpoints)
    ]
    hostile = replace(tea, title=HOSTILE[0], persona_name=HOSTILE[0], stages=stages, lanes=())
    found = read(to_mermaid(hostile))
    assert len(found["tasks"]) == len(found["sections"]) == len(HOSTILE)
    assert found["scripts"] == 0
    assert all(score == 3 and len(people) == 1 for _, _, score, people in found["tasks"])
    texts = [shown(text) for text in found["texts"]]
    missing = [
        name
        for name in HOSTILE
        if shown(name) not in texts or f"{shown(name)} (no evidence yet)" not in texts
    ]
    assert missing == []
    assert texts.count(shown(HOSTILE[0])) >= 2  # the title and the section
