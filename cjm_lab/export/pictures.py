"""The map as a picture: PNG without a browser, PDF by one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from cjm_lab.errors import CjmError, ParameterError
from cjm_lab.journey.model import JourneyMap
from cjm_lab.workspace import write_atomic

_LEAST, _MOST = 200, 20_000
#: A picture of 60 touchpoints is drawn in two seconds; who needs it larger says so.
_WIDEST = 4800
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_SECONDS = 120
_FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer",
)  # fmt: skip


def to_png(map_: JourneyMap, path: Path | str, *, width: int | None = None) -> Path:
    """Write the map as a PNG picture on white, without a browser.

    Parameters
    ----------
    map_
        The map.
    path
        The file; it appears whole or not at all, and takes the place of one that is there.
    width
        Width in pixels, 200 to 20,000; by default 2,400, or up to 4,800 where a map
        has so many touchpoints that its text would become too small to read.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If the width is no whole number in that range.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.journey.model import Cell, Lane
    >>> from cjm_lab.study import Stage, Touchpoint
    >>> lanes = (Lane("does", "Does", (Cell(note="No evidence yet"),)),)
    >>> stages = (Stage(id="brew", name="Brew", touchpoints=[Touchpoint(id="pot", name="Pot")]),)
    >>> tea = JourneyMap("Tea", "tea", date(2026, 10, 31), "draft", stages, lanes)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_png(tea, Path(folder) / "tea.png", width=400).read_bytes()[1:4]
    b'PNG'
    """
    import resvg_py

    valid = isinstance(width, int) and _LEAST <= width <= _MOST
    if width is not None and not valid:
        raise ParameterError(
            f"width must be a whole number of pixels from {_LEAST} to {_MOST:,}, got {width!r}"
        )
    svg = map_.to_svg()
    picture = resvg_py.svg_to_bytes(
        svg_string=svg,
        width=width or min(max(2400, _own_width(svg)), _WIDEST),
        font_files=fallback_fonts(),
        sans_serif_family="DejaVu Sans",
        font_family="DejaVu Sans",
    )
    return write_atomic(Path(path), lambda draft: draft.write_bytes(bytes(picture)))


def to_pdf(html: str, path: Path | str) -> Path:
    """Print a page to PDF with Chromium; paper and margins are those of the page's own style.

    Parameters
    ----------
    html
        The whole page.
    path
        The file; it appears whole or not at all, and takes the place of one that is there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If there is no Chromium or Chrome on the path.
    CjmError
        If it printed nothing.
    """
    found = next((there for name in _BROWSERS if (there := shutil.which(name))), None)
    if found is None:
        raise ParameterError(
            f"PDF must be printed by a browser on the path, one of {list(_BROWSERS)}, got none; "
            "install Chromium (Debian: apt-get install chromium), or open the HTML in a browser "
            "and print it"
        )
    with tempfile.TemporaryDirectory(prefix="cjm-pdf-") as name:
        folder = Path(name)
        page, printed = folder / "page.html", folder / "page.pdf"
        page.write_bytes(html.encode())
        command = [found, *_FLAGS, f"--user-data-dir={folder / 'profile'}"]
        # Chromium refuses to run for root inside its sandbox; nobody else leaves it.
        command += ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        command += [f"--print-to-pdf={printed}", page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
            said = done.stderr.decode(errors="replace").strip()[-300:]
        except subprocess.TimeoutExpired:
            said = f"no answer within {_SECONDS} s"
        if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF"):
            raise CjmError(f"{Path(found).name} must print the page to PDF, got none: {said}")
        return write_atomic(Path(path), lambda draft: shutil.copyfile(printed, draft))


def fallback_fonts() -> list[str]:
    """Return font files that are always there, so that no picture lacks its text.

    Where a machine has fonts of its own, they go first and draw the scripts that these lack.
    """
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique")
    return [str(folder / f"{name}.ttf") for name in names]


def _own_width(svg: str) -> int:
    """Return the width that a picture names for itself."""
    found = re.search(r'<svg [^>]*?\bwidth="(\d+)', svg)
    return int(found[1]) if found else 0
