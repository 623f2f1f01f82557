"""The HTML pages of a report: plain data in, one file of HTML out, with no request to anywhere."""

from cjm_lab.runs.pages.dashboard import dashboard_page
from cjm_lab.runs.pages.front import front_page, reports_index
from cjm_lab.runs.pages.map import map_page
from cjm_lab.runs.pages.parts import Change, Check, FrontPage, Late, Link, Pain, StepLinks, Tile
from cjm_lab.runs.pages.step import step_html

__all__ = [
    "Change",
    "Check",
    "FrontPage",
    "Late",
    "Link",
    "Pain",
    "StepLinks",
    "Tile",
    "dashboard_page",
    "front_page",
    "map_page",
    "reports_index",
    "step_html",
]
