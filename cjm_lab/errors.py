"""The named errors of CJM Lab.

Every message follows one grammar: what must hold, what was found, where, and the remedy, as in
``stage must be one of ['awareness', 'purchase'], got 'purchse' (line 12 of study.yaml);
did you mean 'purchase'?``
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CjmError(Exception):
    """Base of every error that CJM Lab raises on purpose.

    ``exit_code`` is what the command line returns: 1 for a step that failed, 2 for bad input.
    """

    exit_code = 1


class InputError(CjmError, ValueError):
    """Something the researcher gave cannot be used as it is; nothing was written."""

    exit_code = 2


class StudyError(InputError):
    """study.yaml is missing, is not YAML, or says something that does not hold."""


class SourceError(InputError):
    """A data file is missing, empty, lacks a column, or holds a value that cannot be read."""


class ParameterError(InputError):
    """A parameter of a run, a notebook or a function is outside its domain."""


class PublishedError(InputError):
    """A report for this date exists already and a published report is never changed."""


class StepError(CjmError):
    """A notebook of a run failed; the message says which and where the broken copy lies."""


def one_of(name: str, options: Iterable[str], got: object, where: str = "") -> str:
    """Return the message for a value that is not among the options, with the nearest valid one.

    Parameters
    ----------
    name
        What the value is, as the researcher knows it.
    options
        The valid values.
    got
        The value found.
    where
        The place, such as ``line 12 of study.yaml``.

    Examples
    --------
    >>> one_of("stage", ["buy", "use"], "buyy", "line 12 of study.yaml")
    "stage must be one of ['buy', 'use'], got 'buyy' (line 12 of study.yaml); did you mean 'buy'?"
    """
    valid = [str(option) for option in options]
    place = f" ({where})" if where else ""
    near = get_close_matches(str(got), valid, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{name} must be one of {valid}, got {got!r}{place}{hint}"
