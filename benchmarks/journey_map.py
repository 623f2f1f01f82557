"""How long the map of 60 touchpoints and 10 lanes takes to draw, and how large it is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter

from cjm_lab.estimate import Estimate
from cjm_lab.export.pictures import to_png
from cjm_lab.journey.model import LANES, Cell, Item, ItemKind, JourneyMap, Lane
from cjm_lab.study import Stage, Touchpoint

#: Ten lanes, each with the kind of thing it says.
KINDS: dict[str, ItemKind] = {
    "touchpoint": "place", "does": "text", "needs": "text", "reach": "bar", "feels": "point",
    "says": "quote", "hurts": "pain", "measures": "text", "could": "idea", "team": "text",
}  # fmt: skip


def made_up(touchpoints: int = 60, stages: int = 10) -> JourneyMap:
    """Return a map in which every cell says something."""
    each = touchpoints // stages
    columns = tuple(
        Stage(id=f"s{s}", name=f"Stage {s}", touchpoints=[
            Touchpoint(id=f"t{s}.{t}", name=f"Touchpoint {s}.{t}", channel="web")
            for t in range(each)])
        for s in range(stages)
    )  # fmt: skip
    places = [place for stage in columns for place in stage.touchpoints]
    lanes = tuple(
        Lane(key, LANES[key], tuple(_cell(KINDS[key], place, i) for i, place in enumerate(places)))
        for key in LANES
        if key in KINDS
    )
    return JourneyMap(
        "A long journey", "long", date(2026, 10, 31), "1", columns, lanes, period="October 2026"
    )


def _cell(kind: ItemKind, place: Touchpoint, i: int) -> Cell:
    value = (i % 9 - 4) / 2 if kind == "point" else (i % 10) / 10
    estimate = Estimate(value, value - 0.1, value + 0.1, n=100 + i, method="t")
    text = place.name if kind == "place" else "Something that people say or do here"
    return Cell((Item(text, "web", kind, estimate, rank=i % 3),), "observed", (f"e{i}",))


def best_of(times: int, draw: Callable[[], object]) -> float:
    """Return the shortest of several times in seconds."""
    seconds = []
    for _ in range(times):
        begin = perf_counter()
        draw()
        seconds.append(perf_counter() - begin)
    return min(seconds)


def main() -> None:
    """Print the figures as JSON."""
    map_ = made_up()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.png"
        found = {
            "html_seconds": round(best_of(5, map_.to_html), 3),
            "html_kb": round(len(map_.to_html(script=True).encode()) / 1000),
            "svg_seconds": round(best_of(5, map_.to_svg), 3),
            "png_seconds": round(best_of(3, lambda: to_png(map_, path)), 2),
        }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
