"""Attribution: which share of the conversions each model credits to each channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from cjm_lab.errors import ParameterError, one_of
from cjm_lab.estimate import Estimate, no_estimate, share
from cjm_lab.metrics._frames import framed
from cjm_lab.metrics.credit_models import GROUPS, MODELS, Tally, tally
from cjm_lab.metrics.stream import DAY_US, JourneyStream
from cjm_lab.metrics.touches import Array, paths_of_stream, paths_of_table
from cjm_lab.period import Period
from cjm_lab.words import listed, number

#: The row of conversions that no touch came before in time.
NONE = "(none)"

_TIMELESS = tuple(model for model in MODELS if model != "time_decay")


def attribution(
    stream: JourneyStream,
    *,
    goal: str,
    by: str = "channel",
    within_days: float | None = 30,
    period: Period | None = None,
    as_of: date | None = None,
    models: Sequence[str] = MODELS,
    half_life_days: float = 7,
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how several models share out the conversions among the channels that came before.

    That is credit, not effect: who meets a channel may have bought without it. Only an experiment
    shows what a channel brings about.

    Parameters
    ----------
    stream
        Events of customers in order. Each event with a channel is a touch, the goal itself is none.
    goal
        Event that is a conversion, or id of a touchpoint. Each one ends a path of touches; what
        comes after it begins the next.
    by
        Where a touch is: ``channel``, ``campaign`` or ``touchpoint``.
    within_days
        Days after a touch in which a conversion or the next touch goes on with its path. Then the
        path is lost; if that time has not passed by `as_of` it is open and left out. None: any time
        is near enough and all paths without conversion are lost.
    period
        Only paths that end in it: with the conversion, or lost when the days are over.
    as_of
        Last day that counts; by default the day of the last event.
    models
        Some of ``first last linear time_decay position markov shapley``, see Notes.
    half_life_days
        Days in which the weight of a touch halves, for ``time_decay``.
    repeats
        Number of resamples of customers for the intervals; 0 gives none.
    seed
        Seed of the random generator.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        One row a ``model`` and ``channel`` (or campaign or touchpoint), in alphabetical order, then
        ``(none)`` if conversions came without a touch in time: ``conversions`` credited,
        ``revenue`` credited (sum of the event's ``value``; missing where no conversion has one),
        ``value`` (share of all conversions), ``low``, ``high`` (bootstrap over customers, the same
        resamples for all models), ``n`` (customers who converted), ``se``, ``method``.

    Raises
    ------
    ParameterError
        If the goal, `by` or a model is unknown, or a number is outside its range.

    Notes
    -----
    A conversion counts 1 in each model. ``first`` and ``last`` give it to one touch, ``linear``
    equally to all, ``time_decay`` by 2^(-days before the conversion / half-life), ``position`` 40 %
    to the first, 40 % to the last and 20 % to those between, half and half where there are two.
    All count touches: log a channel once a visit where a long visit should not weigh more.

    ``markov`` fits an absorbing chain of first order (start, channels, goal, lost) and shares the
    conversions in proportion to the removal effects: how much of the conversion, or of the revenue,
    would be gone if everyone who reaches a channel were lost there. Staying at a channel is no
    move; it changes nothing.

    ``shapley`` is the Shapley value of the game in which a set of channels is worth the conversions
    of the paths that need no others (Zhao et al., simplified). It needs no sum over sets: each
    conversion is shared equally among the different channels of its path.

    References
    ----------
    Anderl et al. (2016), International Journal of Research in Marketing 33, 457-474 (Markov);
    Zhao, Mahboobi & Bagheri (2018), arXiv:1804.05327 (Shapley); Kemeny & Snell (1976), Finite
    Markov Chains, 3.5 (removal from visits and absorption); Efron & Tibshirani (1993), An
    Introduction to the Bootstrap, 13.3 (percentile interval).

    Examples
    --------
    >>> from cjm_lab.metrics import journey_stream
    >>> log = pd.DataFrame({
    ...     "customer_id": ["ann", "ann", "ann", "bob", "bob"],
    ...     "occurred_at": pd.to_datetime([1, 2, 3, 1, 2], unit="h", utc=True),
    ...     "event": ["visit", "visit", "order", "visit", "order"],
    ...     "channel": ["ad", "mail", "", "mail", ""],
    ... })
    >>> credit = attribution(journey_stream(log), goal="order", models=["first", "linear"])
    >>> credit[["model", "channel", "conversions", "value"]].values.tolist()
    [['first', 'ad', 1.0, 0.5], ['first', 'mail', 1.0, 0.5], ['linear', 'ad', 0.5, 0.25], \
['linear', 'mail', 1.5, 0.75]]
    """
    if not half_life_days > 0:
        raise ParameterError(f"half_life_days must be more than 0, got {half_life_days!r}")
    blocks = paths_of_stream(
        stream, goal=goal, by=by, within_days=within_days, period=period, as_of=as_of
    )
    names = stream.touchpoints if by == "touchpoint" else stream.texts(by, name="by")
    counted = tally(
        blocks,
        stream.customer_count,
        size=len(names),
        models=_known(models, repeats),
        half_life_us=half_life_days * DAY_US,
        resampling=repeats > 0,
        seed=seed,
    )
    return _credited(counted, names, repeats, seed, level)


def attribution_of_paths(
    paths: pd.DataFrame,
    *,
    models: Sequence[str] = _TIMELESS,
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    separator: str = " > ",
) -> pd.DataFrame:
    """Return the attribution of paths that somebody counted already.

    Parameters
    ----------
    paths
        Columns ``path`` (``ad > mail``), ``total_conversions``, ``total_conversion_value`` and
        ``total_null`` (paths without conversion).
    models
        As in `attribution`, without ``time_decay``: a table has no times.
    repeats, seed, level
        As in `attribution`; each counted path is taken for a customer of its own.
    separator
        What stands between two channels of a path.

    Returns
    -------
    DataFrame
        As `attribution` returns.

    Raises
    ------
    ParameterError
        If a model is unknown or needs times.
    SourceError
        If a column is missing, a path is empty or a count is negative or unknown.

    Examples
    --------
    >>> table = pd.DataFrame({"path": ["ad > mail"], "total_conversions": [2],
    ...                       "total_conversion_value": [50.0], "total_null": [7]})
    >>> attribution_of_paths(table, models=["last"])[["channel", "conversions", "revenue"]]
      channel  conversions  revenue
    0      ad          0.0      0.0
    1    mail          2.0     50.0
    """
    if "time_decay" in models:
        raise ParameterError(
            "models must not hold 'time_decay' for a table of paths, which has no times; "
            "give attribution a stream"
        )
    found, times, names = paths_of_table(paths, separator=separator)
    counted = tally(
        [found],
        len(times),
        size=len(names),
        models=_known(models, repeats),
        times=times,
        resampling=repeats > 0,
    )
    return _credited(counted, names, repeats, seed, level)


def attribution_table(credit: pd.DataFrame) -> pd.DataFrame:
    """Return all models side by side.

    Parameters
    ----------
    credit
        What `attribution` returned.

    Returns
    -------
    DataFrame
        One row a ``channel``, the most credited in the mean of the models first and ``(none)``
        last: one column a model with its share of the conversions, and ``spread``, the largest
        share minus the smallest.

    Examples
    --------
    >>> credit = pd.DataFrame({"model": ["first", "first", "last", "last"],
    ...                        "channel": ["ad", "mail"] * 2, "value": [0.75, 0.25, 0.5, 0.5]})
    >>> attribution_table(credit)
      channel  first  last  spread
    0      ad   0.75   0.5    0.25
    1    mail   0.25   0.5    0.25
    """
    models = list(dict.fromkeys(credit["model"]))
    table = credit.pivot(index="channel", columns="model", values="value")[models]
    table["spread"] = table.max(axis=1) - table.min(axis=1)
    rank = pd.DataFrame({"none": table.index == NONE, "mean": -table[models].mean(axis=1).round(9)})
    order = rank.sort_values(["none", "mean"], kind="stable").index
    return table.loc[order].rename_axis(columns=None).reset_index()


def attribution_disagreement(credit: pd.DataFrame) -> str:
    """Return in plain sentences how far the models disagree, and that credit is not effect.

    Parameters
    ----------
    credit
        What `attribution` returned.

    Examples
    --------
    >>> credit = pd.DataFrame({"model": ["first", "first", "last", "last"],
    ...                        "channel": ["ad", "mail"] * 2, "value": [0.8, 0.2, 0.4, 0.6]})
    >>> print(attribution_disagreement(credit).split(":")[0])
    The models differ most on ad, by 40 points
    """
    table = attribution_table(credit).set_index("channel")
    spread = table.pop("spread").drop(NONE, errors="ignore")
    shares = table.drop(index=NONE, errors="ignore").rename(columns=lambda m: m.replace("_", " "))
    said = []
    if len(shares.columns) > 1 and spread.max() > 1e-9:
        said = [_widest(shares, str(spread.idxmax())), _ranking(shares)]
    elif len(shares.columns) > 1 and spread.notna().any():
        said = ["All models credit each channel with the same"]
    if NONE in table.index:
        share_of = number(table.loc[NONE].to_numpy(float).max(), percent=True)
        said.append(f"{share_of} of the conversions came without a touch in time")
    said.append("Credit is not effect: only an experiment shows what a channel brings about")
    return ". ".join(said) + "."


def _widest(shares: pd.DataFrame, channel: str) -> str:
    """Say where the models differ most."""
    of = shares.loc[channel]
    low, high = np.quantile(of.to_numpy(float), [0, 1])
    return (
        f"The models differ most on {channel}, by {number(100 * (high - low))} points: "
        f"{of.idxmax()} credits it with {number(high, percent=True)} of the conversions, "
        f"{of.idxmin()} with {number(low, percent=True)}"
    )


def _ranking(shares: pd.DataFrame) -> str:
    """Say whether the models agree on the order of the first three."""
    models_of: dict[tuple[str, ...], list[str]] = {}
    for model in shares.columns:
        ranked = shares[model].round(9).sort_values(ascending=False, kind="stable")
        models_of.setdefault(tuple(ranked.index[:3]), []).append(str(model))
    if len(models_of) == 1:
        return f"All rank {listed(next(iter(models_of)))} first, in this order"
    orders = [f"{listed(order)} by {listed(models)}" for order, models in models_of.items()]
    return f"Which come first depends on the model: {'; '.join(orders)}"


def _known(models: Sequence[str], repeats: int) -> tuple[str, ...]:
    """Return the models asked for, each once."""
    for model in models:
        if model not in MODELS:
            raise ParameterError(one_of("model", MODELS, model))
    if not models:
        raise ParameterError(f"models must name at least one of {list(MODELS)}, got none")
    if repeats < 0:
        raise ParameterError(f"repeats must be 0 or more, got {repeats!r}; 0 gives no interval")
    return tuple(dict.fromkeys(models))


def _credited(
    counted: Tally, names: Sequence[str], repeats: int, seed: int, level: float
) -> pd.DataFrame:
    """Return the credit of each model and place that was touched, with intervals."""
    conversions = counted.conversions(counted.sums)
    shown = np.append(counted.seen > 0, counted.sums[-1] > 0)
    estimates = _shares(counted, conversions, repeats, seed, level)
    rows = [
        (
            {
                "model": model,
                "channel": [*names, NONE][place],
                "conversions": conversions[row, place],
                "revenue": counted.revenue[row, place],
            },
            estimates[row][place],
        )
        for row, model in enumerate(counted.models)
        for place in np.flatnonzero(shown)
    ]
    types = {"model": "str", "channel": "str", "conversions": "float64", "revenue": "float64"}
    return framed(rows, types)


def _shares(
    counted: Tally, conversions: Array, repeats: int, seed: int, level: float
) -> list[list[Estimate]]:
    """Return each model's shares of the conversions as estimates."""
    n, draws = counted.customers, [_of_total(conversions)[None]]
    if repeats and n > 1:
        draws += [_of_total(counted.conversions(sums)) for sums in counted.resampled(repeats, seed)]
    value, resamples = draws[0][0], np.concatenate(draws)[1:]
    # A resample without any conversion has no shares.
    resamples = resamples[np.isfinite(resamples).all(axis=(1, 2))]
    if len(resamples) < 2:
        why = "no conversions" if n < 1 else "no interval from one customer"
        why = "no resamples" if n > 1 else why
        return [[replace(no_estimate(why, n, level), value=float(v)) for v in row] for row in value]
    tail = 50 * (1 - level)
    # The i-th of B resamples is the quantile i / (B + 1); else few resamples cover too little.
    low, high = np.percentile(resamples, [tail, 100 - tail], axis=0, method="weibull")
    se = resamples.std(axis=0, ddof=1)
    method = "bootstrap over customers"
    if counted.grouped:
        method = f"bootstrap over {GROUPS:,} random groups of customers"

    def estimate(at: tuple[int, int]) -> Estimate:
        """Return one share; where all customers agree, with Wilson's interval."""
        if se[at] < 1e-9:
            v = min(1.0, float(value[at]))
            return share(v * n, n, level=level)
        return Estimate(
            float(value[at]),
            float(low[at]),
            float(high[at]),
            n=n,
            method=method,
            se=float(se[at]),
            level=level,
        )

    return [[estimate((i, j)) for j in range(value.shape[1])] for i in range(len(value))]


def _of_total(conversions: Array) -> Array:
    """Return each place's share of a model's conversions; missing where there are none."""
    total = conversions.sum(axis=-1, keepdims=True)
    return conversions / np.where(total > 0, total, np.nan)
