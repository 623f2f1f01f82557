import os
import re
import shutil
from dataclasses import replace
from functools import partial

import pytest
import resvg_py
from PIL import Image

from cjm_lab.errors import CjmError, ParameterError
from cjm_lab.export.pictures import fallback_fonts, to_pdf, to_png
from cjm_lab.journey.model import Cell, Lane
from cjm_lab.study import Touchpoint

A3 = "<!doctype html><style>@page{size:A3 landscape;margin:0}</style><p>Tea"


def ink(path, box):
    """How many pixels of a part of a picture are dark."""
    with Image.open(path) as picture:
        return sum(picture.convert("L").crop(box).histogram()[:128])


def test_a_picture_is_as_wide_as_asked_and_white(tea, tmp_path):
    path = to_png(tea, tmp_path / "tea.png", width=900)
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.width == 900
        assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def test_by_default_a_picture_is_2400_pixels_wide(tea, tmp_path):
    with Image.open(to_png(tea, tmp_path / "tea.png")) as picture:
        assert picture.width == 2400


def test_a_long_map_is_wider_and_not_without_end(tea, tmp_path):
    pots = [Touchpoint(id=f"p{i}", name=f"Pot {i}") for i in range(60)]
    stages = (tea.stages[0].model_copy(update={"touchpoints": pots}),)
    lanes = (Lane("does", "Does", (Cell(note="No evidence yet"),) * 60),)
    long = replace(tea, stages=stages, lanes=lanes)  # 60 columns of 116 pixels want 6,960
    with Image.open(to_png(long, tmp_path / "long.png")) as picture:
        assert picture.width == 4800


def test_without_a_font_on_the_machine_the_text_is_there_all_the_same(tea, tmp_path, monkeypatch):
    bare = partial(resvg_py.svg_to_bytes, skip_system_fonts=True)
    title = (0, 0, 300, 60)  # "Tea" and the line below it
    monkeypatch.setattr(resvg_py, "svg_to_bytes", bare)
    assert ink(to_png(tea, tmp_path / "tea.png", width=900), title) > 100
    monkeypatch.setattr("cjm_lab.export.pictures.fallback_fonts", lambda: [])
    assert ink(to_png(tea, tmp_path / "none.png", width=900), title) == 0


def test_the_fallback_fonts_are_files():
    assert all(os.path.isfile(font) for font in fallback_fonts())


@pytest.mark.parametrize("width", [0, 199, 20_001, 900.0, True])
def test_a_width_that_makes_no_picture_is_refused(tea, tmp_path, width):
    with pytest.raises(ParameterError, match="width must be a whole number of pixels"):
        to_png(tea, tmp_path / "tea.png", width=width)
    assert not list(tmp_path.iterdir())


def test_without_a_browser_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ParameterError, match=r"got none; install Chromium"):
        to_pdf(A3, tmp_path / "tea.pdf")


@pytest.mark.skipif(os.name == "nt", reason="the browser that fails is a shell script")
def test_a_browser_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no display >&2\nexit 1\n")
    broken.chmod(0o755)
    old = tmp_path / "tea.pdf"
    old.write_text("old")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CjmError, match="chromium must print the page to PDF, got none: no display"):
        to_pdf(A3, old)
    assert old.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"chromium", "tea.pdf"}


def test_chromium_prints_the_paper_that_the_page_asks_for(tmp_path):
    if not shutil.which("chromium"):
        missing = "there is no Chromium: install Debian's package chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    printed = to_pdf(A3, tmp_path / "tea.pdf").read_bytes()
    found = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert found
    wide, high = (float(side) / 72 * 25.4 for side in found.groups())
    assert wide == pytest.approx(420, abs=0.5)  # A3 is 420 x 297 mm
    assert high == pytest.approx(297, abs=0.5)
