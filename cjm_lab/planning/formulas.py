"""A formula that somebody typed, over the columns of a table: arithmetic and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from cjm_lab.errors import ParameterError, one_of

Array = npt.NDArray[np.float64]

#: Longer formulas, and larger numbers in them, are a slip of the hand.
LONGEST = 200
LARGEST = 1e15

_OPERATORS: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.Pow: np.float_power,
}
_SIGNS: dict[type[ast.unaryop], Callable[..., Any]] = {ast.UAdd: np.positive, ast.USub: np.negative}
_OF_ONE: dict[str, Callable[..., Any]] = {"sqrt": np.sqrt, "log": np.log, "abs": np.abs}
_OF_SEVERAL: dict[str, Callable[..., Any]] = {"min": np.minimum, "max": np.maximum}

_MADE_OF = "formula must be made of columns, numbers, + - * / ** ( ) and min, max, sqrt, log, abs"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was checked; calling it with the columns' values evaluates it.

    Parameters
    ----------
    text
        As it was typed.
    names
        The columns that it needs, sorted.
    tree
        Its checked syntax.
    """

    text: str
    names: tuple[str, ...]
    tree: ast.expr

    def __call__(self, values: Mapping[str, Any]) -> Array:
        """Return the formula's values; NaN where it has none, infinite after a division by zero."""
        with np.errstate(all="ignore"):
            return np.asarray(_value(self.tree, values), dtype="float64")


def parse_formula(text: str, columns: Iterable[str], *, where: str = "") -> Formula:
    """Return a formula ready to be evaluated; nothing in it is ever run as code.

    Its syntax tree is held against a list of what is allowed, because evaluators of strings as
    ``pandas.eval`` let a formula reach the attributes of what its names stand for.

    Parameters
    ----------
    text
        Columns, numbers, ``+ - * / **``, brackets, ``min``, ``max``, ``sqrt``, ``log`` (natural),
        ``abs``.
    columns
        The names that it may use.
    where
        The place that it was typed in, for the error.

    Raises
    ------
    ParameterError
        If anything else stands in it, it names no column or one that is not there.

    Examples
    --------
    >>> score = parse_formula("reach * max(impact, 1) / effort", ["reach", "impact", "effort"])
    >>> score({"reach": np.array([450, 80]), "impact": np.array([3, 0.5]), "effort": 2}).tolist()
    [675.0, 40.0]
    """
    place = f" ({where})" if where else ""
    remedy = f"{place}; write it like 'reach * impact / effort'"
    if not text.strip() or len(text) > LONGEST:
        got = f"{len(text)} characters" if text.strip() else repr(text)
        raise ParameterError(f"formula must have 1 to {LONGEST} characters, got {got}{remedy}")
    try:
        tree = ast.parse(" ".join(text.split()), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ParameterError(f"{_MADE_OF}, got {text!r}{remedy}") from None
    known, names = sorted(columns), set()
    for node in _parts(tree):
        if isinstance(node, ast.Name):
            if node.id not in known:
                raise ParameterError(one_of("a column in the formula", known, node.id, where))
            names.add(node.id)
        elif not _allowed(node):
            raise ParameterError(f"{_MADE_OF}, got {ast.unparse(node)!r}{remedy}")
    if not names:
        raise ParameterError(f"formula must name a column, got {text!r}{remedy}")
    return Formula(text, tuple(sorted(names)), tree)


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """Yield an expression and what it is made of, outermost first; a function's name is no part."""
    yield node
    if isinstance(node, ast.BinOp):
        inner = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp):
        inner = [node.operand]
    else:
        inner = node.args if isinstance(node, ast.Call) else []
    for part in inner:
        yield from _parts(part)


def _allowed(node: ast.expr) -> bool:
    """Return whether an expression that is no name may stand in a formula."""
    match node:
        case ast.BinOp(op=op):
            return type(op) in _OPERATORS
        case ast.UnaryOp(op=op):
            return type(op) in _SIGNS
        case ast.Constant(value=int() | float() as value):
            return not isinstance(value, bool) and abs(value) <= LARGEST
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return (name in _OF_ONE and len(args) == 1) or (name in _OF_SEVERAL and len(args) > 1)
    return False


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """Return the value of a checked expression."""
    match node:
        case ast.Name(id=name):
            return np.asarray(values[name], dtype="float64")
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[arg-type]
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=sign, operand=operand):
            return _SIGNS[type(sign)](_value(operand, values))
        case ast.Call(func=ast.Name(id=name), args=args):
            inner = [_value(part, values) for part in args]
            return _OF_ONE[name](inner[0]) if name in _OF_ONE else reduce(_OF_SEVERAL[name], inner)
    raise AssertionError(f"{ast.dump(node)} was not checked")
