"""Which answers an estimate rests on: the period, the rolling quarter, or all."""

from __future__ import annotations

from typing import Any, TypeVar

import pandas as pd

from cjm_lab.estimate import Design
from cjm_lab.period import Period
from cjm_lab.study import Study, SurveySource
from cjm_lab.study.personas import attribute_text
from cjm_lab.surveys.weighting import Raking, rake

Values = TypeVar("Values", pd.Series, pd.DataFrame)

#: A base below this is estimated on the rolling quarter where that helps, and marked.
SMALL_BASE = 30
#: Shares and scores of fewer people than this aren't shown for a persona or a segment.
FEWEST_PEOPLE = 5


class Base:
    """The answers of a period, and how a thin base is widened.

    Parameters
    ----------
    times
        When each respondent answered, UTC; NaT where unknown.
    period
        The span that estimates refer to. Where no answer carries a date, all count and rows carry
        no period.
    weighting
        How the answers of a span are weighted; None: all alike.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.period import period_up_to
    >>> times = pd.Series(pd.to_datetime(["2026-08-03", "2026-09-03"], utc=True))
    >>> base = Base(times, period_up_to(date(2026, 9, 30)))
    >>> rows, quarter, note = base.choose(pd.Series([True, True]))
    >>> rows.tolist(), quarter.label
    ([True, True], 'July to September 2026')
    >>> note
    'rolling quarter: fewer than 30 answers in September 2026; small base: fewer than 30 answers'
    """

    def __init__(
        self, times: pd.Series, period: Period, weighting: Weighting | None = None
    ) -> None:
        self.period, self.weighting = period, weighting
        self._everyone = pd.Series(True, index=times.index)
        self.dated = bool(times.notna().any())
        self._within = period.contains(times)
        self._wide = None
        if period.kind == "month":
            self._quarter = period.rolling_quarter()
            self._wide = self._quarter.contains(times)

    def choose(self, answered: pd.Series) -> tuple[pd.Series, Period | None, str]:
        """Return the rows to estimate from, the period they refer to, and a note.

        Parameters
        ----------
        answered
            Which respondents answered the question and belong to the group.
        """
        if not self.dated:
            return answered, None, _size_note(int(answered.sum()))
        rows = answered & self._within
        n = int(rows.sum())
        if self._wide is None or n >= SMALL_BASE:
            return rows, self.period, _size_note(n)
        wide = answered & self._wide
        if int(wide.sum()) == n:  # nothing to be won
            return rows, self.period, _size_note(n)
        thin = f"rolling quarter: fewer than {SMALL_BASE} answers in {self.period.label}"
        return wide, self._quarter, "; ".join(filter(None, [thin, _size_note(int(wide.sum()))]))

    def raking(self) -> Raking | None:
        """Return how well the answers of the period meet the margins; None without margins."""
        span = self._within if self.dated else self._everyone
        return None if self.weighting is None else self.weighting.raking(span)

    def sample(
        self, values: Values, rows: pd.Series, period: Period | None
    ) -> tuple[Values, Design | None, str]:
        """Return what a score takes for rows that `choose` returned: answers, weights, and a note.

        A design holds everyone who was asked in the span; the answers of those who are not meant
        are missing there, so that all clusters keep their part in the variance.
        """
        if self.weighting is None:
            return values[rows], None, ""
        span = self._everyone if period is None else self._within
        if period is not None and self._wide is not None and period != self.period:
            span = self._wide
        design, note = self.weighting.design(span), self.weighting.note(span)
        if design is None:
            return values[rows], None, note
        return values[span].where(rows[span]), design, note


class Weighting:
    """What the answers of a span weigh: the file's own weights, raked to the study's margins.

    Parameters
    ----------
    responses
        The answers, with the columns weight, stratum, cluster, fpc and the attributes.
    study
        Its survey sources give the margins.

    Examples
    --------
    >>> study = Study(title="Tea", stages=[{"id": "brew", "name": "Brew"}])
    >>> answers = pd.DataFrame({"weight": [1.0, 3.0]})
    >>> Weighting(answers, study).design(pd.Series([True, True])).weights.tolist()
    [1.0, 3.0]
    """

    def __init__(self, responses: pd.DataFrame, study: Study) -> None:
        self._responses = responses
        surveys = [source for source in study.sources if isinstance(source, SurveySource)]
        self._margins = {
            name: targets
            for survey in surveys
            for name, targets in survey.margins.items()
            if name in responses
        }
        self._made: dict[bytes, tuple[Design | None, str, Raking | None]] = {}

    def design(self, span: pd.Series) -> Design | None:
        """Return the design of the answers of a span; None where all weigh alike."""
        return self._made_for(span)[0]

    def note(self, span: pd.Series) -> str:
        """Return in words what the answers of a span are weighted to, and what could not be."""
        return self._made_for(span)[1]

    def raking(self, span: pd.Series) -> Raking | None:
        """Return how well the answers of a span meet the margins; None where there are none."""
        return self._made_for(span)[2]

    def _made_for(self, span: pd.Series) -> tuple[Design | None, str, Raking | None]:
        key = span.to_numpy(dtype=bool).tobytes()
        if key not in self._made:
            self._made[key] = self._make(self._responses[span])
        return self._made[key]

    def _make(self, sample: pd.DataFrame) -> tuple[Design | None, str, Raking | None]:
        weights = sample.get("weight", pd.Series(1.0, index=sample.index)).astype(float)
        attributes = pd.DataFrame({name: attribute_text(sample[name]) for name in self._margins})
        margins, notes = {}, []
        for name, targets in self._margins.items():
            found = weights.groupby(attributes[name]).sum()
            absent = sorted(set(targets) - set(found[found > 0].index))
            if absent:
                notes.append(f"not weighted to {name}: nobody of {', '.join(absent)}")
                continue
            # Whoever left the attribute blank keeps the part of the sample that they are.
            blank = found.get("", 0.0) / found.sum()
            total = sum(targets.values())
            margins[name] = {key: (1 - blank) * value / total for key, value in targets.items()}
            if blank:
                margins[name][""] = blank
        drawn: dict[str, Any] = {
            name: sample[column]
            for name, column in {"strata": "stratum", "clusters": "cluster", "fpc": "fpc"}.items()
            if column in sample and sample[column].notna().all() and (sample[column] != "").all()
        }
        if "strata" in drawn:
            units = drawn.get("clusters", pd.Series(sample.index, index=sample.index))
            lonely = units.groupby(drawn["strata"]).nunique() < 2
            if lonely.any():  # nobody knows how such a stratum varies
                notes.append(f"strata left out: one answer or cluster of {lonely.idxmax()}")
                drawn = {"clusters": drawn["clusters"]} if "clusters" in drawn else {}
        if not len(sample) or not (margins or drawn or weights.nunique() > 1):
            return None, "; ".join(notes), None
        if not margins:
            return Design(weights.to_numpy(), **drawn), "; ".join(notes), None
        raked = rake(attributes, margins, weights=weights)
        notes.insert(0, f"weighted to {', '.join(margins)}{raked.said}")
        return raked.design(**drawn), "; ".join(notes), raked


def _size_note(n: int) -> str:
    return "" if n >= SMALL_BASE else f"small base: fewer than {SMALL_BASE} answers"
