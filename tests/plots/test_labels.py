from __future__ import annotations

from itertools import combinations

import matplotlib.pyplot as plt
from matplotlib.text import Text

from cjm_lab.plots.labels import name_points


def test_names_of_a_crowd_at_the_edge_stay_apart_and_inside() -> None:
    ax = plt.figure(figsize=(6, 4)).subplots()
    x = [0.97, 0.975, 0.98, 0.985, 0.99]
    name_points(ax, x, [0.5, 0.51, 0.49, 0.5, 0.505], [f"Touchpoint {k}" for k in range(5)])
    ax.figure.canvas.draw()
    # an annotation's own extent has its line to the point: the words alone are measured
    boxes = [Text.get_window_extent(text) for text in ax.texts]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert all(box.x1 <= ax.get_window_extent().x1 for box in boxes)
