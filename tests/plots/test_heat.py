from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from cjm_lab import plots

STEPS = pd.DataFrame(
    [
        ("(end)", 1, 0.0),
        ("Visit", 1, 1.0),
        ("Visit", 2, 0.3),
        ("Order", 2, 0.004),
        ("(end)", 2, 0.696),
    ],
    columns=["touchpoint", "step", "value"],
).assign(low=lambda t: t["value"] - 0.012, high=lambda t: t["value"] + 0.02, n=400)
COHORTS = pd.DataFrame(
    [
        ("2026-08-01", 0, 40, True, 1.0, 40),
        ("2026-08-01", 1, 40, True, 0.25, 40),
        ("2026-08-01", 2, 40, False, None, 0),
        ("2026-09-01", 0, 8, True, 1.0, 8),
        ("2026-09-01", 1, 8, False, None, 0),
        (None, 0, 48, True, 1.0, 48),
        (None, 1, 40, True, 0.25, 40),
    ],
    columns=["cohort", "age", "customers", "mature", "value", "n"],
).assign(cohort=lambda t: pd.to_datetime(t["cohort"]))


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def ticks(ax: Axes, axis: str) -> list[str]:
    return [tick.get_text() for tick in getattr(ax, f"get_{axis}ticklabels")()]


def light(color: object) -> float:
    return sum(
        w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
        for w, c in zip((0.2126, 0.7152, 0.0722), to_rgb(color), strict=True)
    )


def test_the_end_is_the_last_row_wherever_it_stands_in_the_data() -> None:
    ax = plots.step_matrix(STEPS)
    assert ticks(ax, "y") == ["Visit", "Order", "(end)"]
    assert ticks(ax, "x") == ["1", "2"]


def test_cells_are_percents_and_shares_under_1_percent_are_blank() -> None:
    ax = plots.step_matrix(STEPS)
    assert words(ax) == ["100", "30", "70"]
    assert ax.get_xlabel() == "step, % of all journeys\nintervals within ±2\u00a0points"


def test_shares_of_fewer_than_30_stand_in_brackets() -> None:
    ax = plots.step_matrix(STEPS.assign(n=29))
    assert words(ax) == ["(100)", "(30)", "(70)"]
    assert "in brackets: fewer than 30" in ax.get_xlabel()


@pytest.mark.parametrize("where", ["Visit", "(end)"])
def test_ink_on_the_darkest_cells_reaches_a_contrast_of_4_5(where: str) -> None:
    ax = plots.step_matrix(STEPS[STEPS["touchpoint"].eq(where)].assign(value=1.0))
    ax.figure.canvas.draw()
    drawn = [color for mesh in ax.collections for color in mesh.get_facecolors() if color[3] > 0]
    darkest = min(light(color[:3]) for color in drawn)
    assert (darkest + 0.05) / (light(ax.texts[0].get_color()) + 0.05) >= 4.5


def test_an_age_that_is_not_over_is_hatched_and_has_no_number() -> None:
    ax = plots.retention(COHORTS)
    hatched = {(patch.get_x(), patch.get_y()) for patch in ax.patches if patch.get_hatch()}
    assert hatched == {(2, 0), (1, 1)}
    assert words(ax)[:5] == ["100", "25", "(100)", "100", "25"]
    assert "hatched: not over for the whole cohort yet" in ax.get_xlabel()


def test_where_all_is_mature_and_large_nothing_is_said_about_it() -> None:
    large = COHORTS[COHORTS["mature"] & COHORTS["n"].ge(30)]
    assert plots.retention(large, xlabel="months").get_xlabel() == "months, % active"


def test_each_cohort_has_its_customers_beside_it_and_all_are_below() -> None:
    ax = plots.retention(COHORTS)
    assert ticks(ax, "y") == ["2026-08-01", "2026-09-01", "all that are mature"]
    assert words(ax)[5:] == ["n\u00a040", "n\u00a08", "n\u00a048"]
    assert ax.lines[0].get_ydata()[0] == 2  # between the cohorts and all of them


def test_a_little_is_not_nothing() -> None:
    rows = COHORTS[COHORTS["mature"]].assign(value=[1, 0.004, 1, 1, 0])
    assert words(plots.retention(rows))[1] == "<1"
    assert words(plots.retention(rows))[4] == "0"


def test_more_ages_than_can_be_read_are_left_out_and_the_axis_says_so() -> None:
    ages = pd.DataFrame({"cohort": "May", "age": range(40), "value": 0.1, "mature": True})
    ax = plots.retention(ages.assign(customers=50))
    assert ticks(ax, "x")[-1] == "25"
    assert "ages over 25 are not drawn" in ax.get_xlabel()


def test_a_long_name_goes_on_in_the_next_line() -> None:
    name = "The delivery window is chosen again after a failed attempt"
    ax = plots.step_matrix(STEPS.replace("Visit", name))
    assert ticks(ax, "y")[0].replace("\n", " ") == name
    assert max(map(len, ticks(ax, "y")[0].split("\n"))) <= 34
