"""A finished pilot overrides the judged lift of its resource, where the two are the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any, TypeAlias

import pandas as pd

from cjm_lab.estimate import Estimate, z_value
from cjm_lab.ledger import row_estimate
from cjm_lab.metrics.pilot import SAMPLE_RATIO_ALPHA
from cjm_lab.planning.improvements import LIFT, touchpoints_in
from cjm_lab.study import Study
from cjm_lab.words import is_share, plain, shown

Row: TypeAlias = Mapping[Any, Any]

_CONVERSION = "conversion"
#: The pilot's means have this method; all other outcomes are shares.
_OF_MEANS = "Welch"

#: What stands behind a lift whose source is a pilot that doesn't show it, and why in words.
_WHY_NOT = {
    "pilot: no result": "the pilot has no result on it by this date",
    "pilot: bad sample ratio": "its arms don't have the sizes planned: not used",
    "pilot: not clear": "not clear of zero: the judgement stays",
    "pilot: shared": "several resources name the one pilot, so nobody knows whose it is: not used",
    "pilot: elsewhere": "the pilot counts who reaches the goal, the lift who moves on; the two are "
    "the same only at a single touchpoint right before the goal: not used",
}


def lift_sources(resources: pd.DataFrame, measured: pd.DataFrame) -> pd.Series:
    """Return what stands behind each lift by now: a pilot's name alone shows nothing.

    Parameters
    ----------
    resources
        The tidy table.
    measured
        Rows of the ledger, among them the pilot's.

    Returns
    -------
    Series
        ``lift_source`` as typed, but for a pilot: ``pilot`` only where it is of this resource
        alone, its outcome differs clear of zero in the direction of the lift and the sample ratio
        is sound; else ``pilot: shared``, ``pilot: no result``, ``pilot: bad sample ratio`` or
        ``pilot: not clear``.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence_frame
    >>> form = pd.DataFrame(
    ...     {"lift_source": ["pilot"], "measure": ["conversion"], "lift_likely": [0.1]})
    >>> lift_sources(form, evidence_frame()).tolist()
    ['pilot: no result']
    """
    typed = resources["lift_source"]
    if (typed == "pilot").sum() > 1:
        return typed.replace("pilot", "pilot: shared")
    sources = [_judged_source(row, measured) for row in resources.to_dict("records")]
    return pd.Series(sources, index=resources.index, dtype="object")


def with_pilot_results(
    resources: pd.DataFrame, measured: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return the resources with the lift that a finished pilot showed in place of the judged one.

    The file resources.csv stays as it is; only what is derived from it changes.

    Parameters
    ----------
    resources
        The tidy table.
    measured
        Rows of the ledger, among them the pilot's.
    study
        Its funnel says which touchpoint comes right before the goal.

    Returns
    -------
    DataFrame
        The same rows. Where a clean pilot stands for the lift, ``lift_low lift_likely lift_high``
        are the lower end, the value and the upper end of its 95 % interval; ``lift_source`` is as
        `lift_sources` has it, or ``pilot: elsewhere``; ``lift_note`` tells both numbers and why
        one of them is used, and is empty where no pilot is named.

    Notes
    -----
    A pilot may stand for the lift of a resource if all of this holds:

    * ``lift_source`` says ``pilot``, and no other resource says so: there is one pilot.csv, and of
      several improvements tried together nobody knows which one did it.
    * The outcome is on the measure of the lift: the one named like it; for a lift on conversion,
      which counts points of the customers there, otherwise the pilot's first share. Naming the
      pilot as source of a lift on conversion says that this share counts who converted.
    * The arms' sizes fit the assignment, and the interval excludes zero. A clear harm counts too:
      a gain that was judged and then disproved must not be forecast any more.
    * The lift is at one touchpoint, and for conversion at the one right before the funnel's goal.
      A lift is by how many points more of the customers at the touchpoint move on; a pilot whose
      arms were assigned there counts by how many points more of the same customers reach the goal.
      Right before the goal these are the same. Earlier, some of those who move on are lost later:
      the pilot's number is then smaller than the lift by an unknown part.

    What the table cannot show, and so stays with the researcher: that the arms were assigned at
    that touchpoint, that the pilot is over (an interval for one look holds only then), and that
    its customers are like those of the log.

    Examples
    --------
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> shop = Study.model_validate({"title": "Shop", "funnel": {"steps": ["pay", "order"]},
    ...     "stages": [{"id": "buy", "name": "Buy", "touchpoints": [{"id": "pay",
    ...     "name": "Pay"}]}]})
    >>> form = pd.DataFrame({"resource": ["Form"], "touchpoints": ["pay"], "lift_low": [0.06],
    ...     "measure": ["conversion"], "lift_likely": [0.1], "lift_high": [0.14],
    ...     "lift_source": ["pilot"]})
    >>> gap = Estimate(0.04, 0.01, 0.07, n=4000, method="Newcombe")
    >>> p = Estimate(0.6, float("nan"), float("nan"), n=4000, method="chi-square")
    >>> pilot = evidence_frame([
    ...     evidence(gap, lane="pilot", measure="pilot_difference", label="ordered"),
    ...     evidence(p, lane="pilot", measure="sample_ratio_p")])
    >>> derived = with_pilot_results(form, pilot, shop)
    >>> derived[["lift_low", "lift_likely", "lift_high"]].values.tolist()
    [[0.01, 0.04, 0.07]]
    """
    sources = lift_sources(resources, measured)
    tried = [
        _tried(row, source, measured, study)
        for row, source in zip(resources.to_dict("records"), sources, strict=True)
    ]
    columns = [*LIFT, "lift_source", "lift_note"]
    found = pd.DataFrame(tried, columns=columns, index=resources.index)
    found = found.astype({name: "float64" for name in LIFT})
    return resources.assign(**{name: found[name] for name in columns})


def _judged_source(row: Row, measured: pd.DataFrame) -> str:
    """Return what stands behind a judged lift."""
    if row["lift_source"] != "pilot":
        return str(row["lift_source"])
    found = pilot_outcome(measured, row["measure"])
    source = _source(found, measured)
    as_judged = found is not None and row["lift_likely"] * found.value > 0
    return "pilot: not clear" if source == "pilot" and not as_judged else source


def _tried(row: Row, source: str, measured: pd.DataFrame, study: Study) -> list[Any]:
    """Return the lift to be used, what it stands on, and why."""
    judged = [row[name] for name in LIFT]
    if row["lift_source"] != "pilot":
        return [*judged, source, ""]
    found = pilot_outcome(measured, row["measure"])
    if source == "pilot: not clear":  # a clear harm is a result too
        source = _source(found, measured)
    if source == "pilot" and not _stands_for_the_lift(row, study):
        source = "pilot: elsewhere"
    lift = judged
    if source == "pilot" and found is not None:
        low, high = (_at_95(found, end, study.level) for end in (found.low, found.high))
        lift = [low, found.value, high]
    return [*lift, source, _note(row, found, source)]


def _at_95(found: Estimate, end: float, level: float) -> float:
    """Return an end of an interval of the study's level as one of 95 %."""
    if level == 0.95:
        return end
    return found.value + (end - found.value) * z_value(0.95) / z_value(level)


def pilot_outcome(measured: pd.DataFrame, measure: str) -> Estimate | None:
    """Return the pilot's difference on a measure, None if it has none."""
    found = measured[(measured["measure"] == "pilot_difference") & measured["value"].notna()]
    own = found[found["label"] == measure]
    if own.empty and measure == _CONVERSION:
        own = found[~found["method"].str.startswith(_OF_MEANS)]
    return row_estimate(own.iloc[0]) if len(own) else None


def _source(found: Estimate | None, measured: pd.DataFrame) -> str:
    """Return what a pilot shows of its outcome, in either direction."""
    if found is None:
        return "pilot: no result"
    ratio = measured.loc[measured["measure"] == "sample_ratio_p", "value"]
    if ratio.empty or not (ratio >= SAMPLE_RATIO_ALPHA).all():
        return "pilot: bad sample ratio"
    return "pilot" if found.low > 0 or found.high < 0 else "pilot: not clear"


def _stands_for_the_lift(row: Row, study: Study) -> bool:
    """Return whether the pilot counts what the lift counts, where the resource is."""
    places = set(touchpoints_in(str(row["touchpoints"])))
    if row["measure"] != _CONVERSION:
        return len(places) == 1
    return len(places) == 1 and places <= _before_the_goal(study)


def _before_the_goal(study: Study) -> set[str]:
    """Return the touchpoints of the funnel's last step before the goal, and of optional ones."""
    places: set[str] = set()
    for step in reversed(study.funnel.steps[:-1] if study.funnel else []):
        events = [step] if isinstance(step, str) else step
        names = [event.removesuffix("?") for event in events]
        places |= {study.touchpoint_of_event.get(name, "") for name in names}
        if names == events:
            break
    return places


def _note(row: Row, found: Estimate | None, source: str) -> str:
    """Return both numbers, and why the judged one stays where it does."""
    share = is_share(row["measure"])
    said = [judged_words(row)]
    if found is not None and source != "pilot: shared":
        name = "all_share" if share else row["measure"]
        said.append(f"the pilot showed {shown(found, name, change=True).full}")
        likely = row["lift_likely"]
        if source == "pilot: not clear" and not found.low <= likely <= found.high:
            said.append(f"which leaves the judged {_points(likely, share=share)} out")
    words = ", ".join(said)
    return f"{words}; {_WHY_NOT[source]}" if source in _WHY_NOT else words


def judged_words(row: Row) -> str:
    """Return the judged lift of a resource in words.

    Examples
    --------
    >>> lift = {"measure": "conversion", "lift_low": 0.06, "lift_likely": 0.1, "lift_high": 0.14}
    >>> judged_words(lift)
    'judged +6.0 to +14.0 points'
    """
    low, likely, high = (float(row[name]) for name in LIFT)
    share = is_share(row["measure"])
    if isnan(likely):
        return "nothing judged"
    unit = " points" if share else ""
    if isnan(low) or isnan(high):
        return f"judged {_points(likely, share=share)}{unit}"
    return f"judged {_points(low, share=share)} to {_points(high, share=share)}{unit}"


def _points(lift: float, *, share: bool) -> str:
    """Return a lift with its sign, a share's in points."""
    return plain(lift * (100 if share else 1), 1, signed=True)
