"""What people say: negative shares over time, lexicon against labels, distinctive terms."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cjm_lab.plots.style import (
    BLUE,
    GRAY,
    INK,
    MUTED,
    SMALL_BASE,
    VERMILLION,
    beside,
    columns_of,
    estimate_words,
    footnote,
    name_ticks,
    no_evidence,
    ready_axes,
    styled,
)

_AUTOMATIC = "automatic, bias unknown"
#: A longer name would leave no room for the plot.
_LONGEST = 36


@styled
def polarity_trend(
    data: pd.DataFrame, *, ylabel: str = "negative mentions", ax: Axes | None = None
) -> Axes:
    """Draw the share of negative mentions by week or month: as a lexicon has it, and as labeled.

    Parameters
    ----------
    data
        One row a span and kind: ``start`` (date), ``share``, ``kind`` (``automatic`` or
        ``labeled``), ``low`` and ``high`` (empty where automatic), ``n``. A share without a value
        is left out.
    ylabel
        Share of what.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The automatic share is a thin line with hollow marks, the labeled one a dot a span with its
        interval, hollow under 30 labels.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> months = pd.DataFrame({"start": ["2026-08-01", "2026-09-01", "2026-09-01"],
    ...     "share": [0.25, 0.27, 0.61], "kind": ["automatic", "automatic", "labeled"],
    ...     "low": [None, None, 0.54], "high": [None, None, 0.68], "n": [900, 950, 200]})
    >>> [text.get_text() for text in polarity_trend(months).get_legend().get_texts()]
    ['labeled, with interval', 'automatic, bias unknown']
    """
    columns_of(data, ["start", "share", "kind", "low", "high", "n"])
    ax = ready_axes(ax, height=3.2)
    known = data.dropna(subset=["share"])
    if known.empty:
        return no_evidence(ax)
    known = known.assign(start=pd.to_datetime(known["start"], utc=True).dt.tz_localize(None))
    known = known.astype({"low": "float64", "high": "float64"}).sort_values("start", kind="stable")
    labeled, automatic = (known[known["kind"] == kind] for kind in ("labeled", "automatic"))
    few = labeled["n"].lt(SMALL_BASE)
    if len(labeled):
        ax.vlines(labeled["start"], labeled["low"], labeled["high"], color=VERMILLION, linewidth=2)
        ax.scatter(
            labeled["start"], labeled["share"], s=46, zorder=4, edgecolors=VERMILLION,
            c=["white" if one else VERMILLION for one in few], linewidths=1.6,
            label="labeled, with interval",
        )  # fmt: skip
    if len(automatic):
        ax.plot(
            automatic["start"], automatic["share"], color=GRAY, linewidth=1.2, linestyle="--",
            marker="o", markersize=5, markerfacecolor="white", markeredgecolor=GRAY, zorder=3,
            label=_AUTOMATIC,
        )  # fmt: skip
    if few.any():
        footnote(ax, f"hollow dot: fewer than {SMALL_BASE} labels")
    locator = AutoDateLocator(minticks=1, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    if known["start"].nunique() == 1:  # one date has no scale to choose ticks from
        ax.set_xticks([known["start"].iloc[0]], [f"{known['start'].iloc[0]:%d %b %Y}"])
    ax.set_ylim(0, min(1.0, 1.15 * float(known[["share", "high"]].max().max()) or 1.0))
    _percents(ax.yaxis)
    ax.set_ylabel(ylabel)
    ax.grid(axis="y")
    _legend(ax)
    return ax


@styled
def labeled_against_automatic(
    data: pd.DataFrame,
    *,
    label: str = "label",
    xlabel: str = "negative mentions",
    ax: Axes | None = None,
) -> Axes:
    r"""Draw the automatic share beside the labeled one, a row each channel, touchpoint or brand.

    Parameters
    ----------
    data
        One row a group, drawn from top to bottom in the order given: `label`, ``automatic`` (share
        by lexicon), ``value``, ``low``, ``high`` (labeled share, empty without labels), ``n``.
    label
        Column with the words at the left.
    xlabel
        Share of what.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The automatic share is a hollow diamond, the labeled one a dot with its interval and its
        numbers at the right.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["United", "Delta"], "automatic": [0.24, 0.2],
    ...     "value": [0.69, None], "low": [0.62, None], "high": [0.75, None], "n": [200, 0]})
    >>> [text.get_text() for text in labeled_against_automatic(rows).texts]
    ['69\xa0% [62,\xa075] n\xa0200', 'too few labels']
    """
    columns_of(data, [label, "automatic", "value", "low", "high", "n"])
    ax = ready_axes(ax, height=1.3 + 0.34 * max(len(data), 1))
    if data.empty:
        return no_evidence(ax)
    data = data.astype(dict.fromkeys(["automatic", "value", "low", "high"], "float64"))
    rows = pd.Series(range(len(data)), index=data.index)
    known = data["value"].notna()
    few = data["n"].lt(SMALL_BASE)
    ax.hlines(rows, data["automatic"], data["value"], color=GRAY, linewidth=0.8, linestyle=":")
    ax.hlines(rows, data["low"], data["high"], color=VERMILLION, linewidth=2.2, zorder=2)
    if known.any():
        ax.scatter(
            data["value"][known], rows[known], s=46, edgecolors=VERMILLION, linewidths=1.6,
            c=["white" if one else VERMILLION for one in few[known]], zorder=4,
            label="labeled, with interval",
        )  # fmt: skip
    ax.scatter(
        data["automatic"], rows, s=38, marker="D", c="white", edgecolors=GRAY, linewidths=1.3,
        zorder=3, label=_AUTOMATIC, clip_on=False,
    )  # fmt: skip
    for y, (_, row) in enumerate(data.iterrows()):
        words = estimate_words(row, percent=True) if known.iloc[y] else "too few labels"
        beside(ax, words, y)
    _named_rows(ax, data[label])
    ax.set_xlim(left=0)
    _percents(ax.xaxis)
    ax.set_xlabel(xlabel)
    _legend(ax)
    return ax


@styled
def terms(
    data: pd.DataFrame,
    *,
    label: str = "term",
    xlabel: str = "log-odds against the rest",
    ax: Axes | None = None,
) -> Axes:
    """Draw the terms that set a group apart from the rest, each with its interval.

    Parameters
    ----------
    data
        One row a term of one group: `label`, ``value`` (log-odds), ``low``, ``high``, ``n``
        (mentions that contain it); drawn with the largest value on top.
    label
        Column with the terms.
    xlabel
        What the axis shows.
    ax
        Axes to draw on; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A dot is filled where the interval excludes zero, hollow where it doesn't or none is known.

    Raises
    ------
    ParameterError
        If a column is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({"term": ["late", "bag"], "value": [1.1, 2.7], "low": [0.8, 2.4],
    ...     "high": [1.4, 3.0], "n": [356, 320]})
    >>> [tick.get_text() for tick in terms(rows).get_yticklabels()]
    ['bag', 'late']
    """
    columns_of(data, [label, "value", "low", "high", "n"])
    ax = ready_axes(ax, height=1.0 + 0.3 * max(len(data), 1))
    known = data.dropna(subset=["value"])
    if known.empty:
        return no_evidence(ax)
    known = known.sort_values("value", ascending=False, kind="stable")
    clear = known["low"].gt(0) | known["high"].lt(0)
    rows = range(len(known))
    ax.axvline(0, color=MUTED, linewidth=1, zorder=1)
    ax.hlines(rows, known["low"], known["high"], color=BLUE, linewidth=2.2, zorder=2)
    ax.scatter(
        known["value"], rows, s=46, c=[BLUE if one else "white" for one in clear], zorder=3,
        edgecolors=BLUE, linewidths=1.6,
    )  # fmt: skip
    for y, n in enumerate(known["n"]):
        beside(ax, f"{n:,.0f} mentions", y)
    _named_rows(ax, known[label])
    ax.set_xlabel(xlabel)
    ax.margins(x=0.08)
    if not clear.all():
        footnote(ax, "hollow: could be as frequent in the rest")
    return ax


def _named_rows(ax: Axes, labels: pd.Series) -> None:
    """Name the rows at the left, the first on top."""
    name_ticks(ax, [_cut(str(name)) for name in labels], axis="y")
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")


def _percents(axis: Axis) -> None:
    """Write percents at round places, with decimals only where they differ by less than one."""
    axis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g}%"))


def _cut(name: str) -> str:
    """Return a name that leaves room for the plot."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 2]} …"


def _legend(ax: Axes) -> None:
    """Say above the axes what the two kinds of marks are."""
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, frameon=False, fontsize=8.5,
        labelcolor=INK, borderaxespad=0.2, handletextpad=0.4,
    )  # fmt: skip
