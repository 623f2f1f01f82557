"""Names beside the points of a map, where they cover neither points nor one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from cjm_lab.plots.style import GRAY, INK

Boxes = npt.NDArray[np.float64]

#: Directions tried, the usual one first, each at growing distance from the point, in points.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_FAR = (7, 16, 28, 42, 58)
_NEAR = 10
_TEXT: dict[str, Any] = {
    "fontsize": 8.5, "color": INK, "zorder": 5, "parse_math": False,
    "path_effects": [withStroke(linewidth=2.2, foreground="white")],
}  # fmt: skip


def name_points(
    ax: Axes,
    x: Iterable[float],
    y: Iterable[float],
    names: Iterable[object],
    *,
    clear_of: Sequence[Artist] = (),
    lines: Sequence[tuple[float, float, float, float]] = (),
) -> None:
    """Write a name beside each point, with a thin line to it where it had to stand farther off.

    Limits of the axes must be final. Points are named in the order given.

    Parameters
    ----------
    ax
        Axes with the points.
    x, y
        Points, in data coordinates.
    names
        One a point.
    clear_of
        Artists that names must not cover.
    lines
        Whiskers that names had better not cross: x0, y0, x1, y1 in data coordinates.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().subplots()
    >>> name_points(ax, [0.5, 0.5], [0.5, 0.51], ["Price", "Taste"])
    >>> a, b = (text.get_window_extent() for text in ax.texts)
    >>> bool(a.overlaps(b))
    False
    """
    root = ax.get_figure(root=True)
    if root is None:
        return
    root.draw_without_rendering()  # a layout engine may move the axes only now
    pixel = root.dpi / 72
    ends = ax.transData.transform(np.reshape(np.asarray(lines, dtype=float), (-1, 2)))
    thin = np.sort(ends.reshape(-1, 2, 2), axis=1).reshape(-1, 4) + np.array([-1, -1, 1, 1])
    places = np.column_stack([np.asarray(list(values), dtype=float) for values in (x, y)])
    points = ax.transData.transform(places)
    marks = np.column_stack([points - 5 * pixel, points + 5 * pixel])
    taken = np.vstack([marks, *(_extent(artist)[None] for artist in clear_of)])
    frame = _extent(ax)
    for point, place, name in zip(points, places, names, strict=True):
        measured = ax.text(0, 0, str(name), **_TEXT)
        width, height = measured.get_window_extent().size
        measured.remove()
        tried = [(far, side) for far in _FAR for side in _SIDES]
        boxes = np.array(
            [_box(point, width, height, side, far * pixel) for far, side in tried], dtype=float
        )
        cost = (
            10 * _overlap(boxes, taken)
            + 3 * _overlap(boxes, thin)
            + 20 * _outside(boxes, frame)
            + np.array([far for far, _ in tried]) * height * pixel / 4
        )
        far, side = tried[int(cost.argmin())]
        box = boxes[int(cost.argmin())]
        line = {"arrowstyle": "-", "color": GRAY, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 3}
        ax.annotate(
            str(name), (float(place[0]), float(place[1])), tuple((box[:2] - point) / pixel),
            textcoords="offset points",
            arrowprops=line | {"relpos": tuple((1 - np.array(side)) / 2)} if far > _NEAR else None,
            **_TEXT,
        )  # fmt: skip
        taken = np.vstack([taken, box])


def _extent(artist: Artist) -> Boxes:
    """Return an artist's box in pixels: left, bottom, right, top."""
    return np.array(artist.get_window_extent().extents, dtype=float)


def _box(point: Boxes, width: float, height: float, side: tuple[int, int], far: float) -> Boxes:
    """Return the box of a text on one side of a point."""
    size = np.array([width, height])
    corner = point + np.array(side) * far - size * (1 - np.array(side)) / 2
    return np.concatenate([corner, corner + size])


def _overlap(boxes: Boxes, taken: Boxes) -> npt.NDArray[np.float64]:
    """Return the area of each box that others cover."""
    low = np.maximum(boxes[:, None, :2], taken[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], taken[None, :, 2:])
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=2).sum(axis=1))


def _outside(boxes: Boxes, frame: Boxes) -> npt.NDArray[np.float64]:
    """Return the area of each box beyond the frame."""
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(area - _overlap(boxes, frame[None]), dtype=np.float64)
