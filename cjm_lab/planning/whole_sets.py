"""The conversion of every set of improvements at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from cjm_lab.metrics.chain import MarkovChain
from cjm_lab.planning.improvements import Array, Option, won_back

#: Numbers that are held at once.
_AT_ONCE = 1 << 23


def subset_sums(values: Iterable[float]) -> Array:
    """Return the sum of every subset; bit i of the index says whether value i is in it.

    Examples
    --------
    >>> subset_sums([1, 10]).tolist()
    [0.0, 1.0, 10.0, 11.0]
    """
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
    return sums


def conversions(chain: MarkovChain, options: Sequence[Option]) -> Array:
    """Return the conversion with each set of options, each at its expected lift.

    What `cjm_lab.planning.improvements.conversion_with` solves for one set: states are eliminated
    one after another, and a set is told apart only from the touchpoint on where it differs.

    Parameters
    ----------
    chain
        Journeys up to the conversion.
    options
        The n improvements.

    Returns
    -------
    ndarray
        (2**n,); bit i of the index says whether option i is in the set.

    References
    ----------
    Kemeny & Snell (1976), Finite Markov Chains, 6.1 (a chain watched on fewer of its states).

    Examples
    --------
    >>> chain = MarkovChain(("pay",), np.array([1.0, 0, 0]), np.array([[0.0, 0.5, 0.5]]), 100, 50)
    >>> fix = Option("Keep the card form", ("pay",), (0.25, 0.25, 0.25), 900, 0)
    >>> conversions(chain, [fix, fix]).tolist()
    [0.5, 0.75, 0.75, 0.875]
    """
    here = [
        (place, [i for i, option in enumerate(options) if name in option.touchpoints])
        for place, name in enumerate(chain.touchpoints)
    ]
    # Untouched places first; then those with few options, so that sets part late.
    here.sort(key=lambda pair: len(pair[1]))
    touched = sum(1 for _, at in here if at)
    free = len(options)
    while (touched + 2) ** 2 << free > _AT_ONCE and free > 1:
        free -= 1
    parts = []
    for bits in product((0.0, 1.0), repeat=len(options) - free):
        fixed = {free + j: bit for j, bit in enumerate(reversed(bits))}
        parts.append(_eliminated(chain, options, here, fixed))
    return np.concatenate(parts)


def _eliminated(
    chain: MarkovChain,
    options: Sequence[Option],
    here: list[tuple[int, list[int]]],
    fixed: Mapping[int, float],
) -> Array:
    """Return the conversion of every set that holds the fixed options as said."""
    size = len(chain.touchpoints)
    # The last row is the start, the last column the goal; the vanishing loss keeps loops solvable.
    flow = np.zeros((1, size + 1, size + 1))
    flow[0, :size, :size] = (1 - 1e-13) * chain.moves[:, :size]
    flow[0, :size, size] = chain.moves[:, size]
    flow[0, size] = chain.start[: size + 1]
    places = np.arange(size + 1)
    taken: dict[int, Any] = dict(fixed)
    order: list[int] = []
    for place, at in here:
        for i in (i for i in at if i not in taken):
            many = len(flow)
            flow = np.concatenate([flow, flow])
            taken = {j: bit if j in fixed else np.tile(bit, 2) for j, bit in taken.items()}
            taken[i] = np.repeat([0.0, 1.0], many)
            order.append(i)
        factor = _factor(chain, place, [(options[i], taken[i]) for i in at])
        row = int(np.flatnonzero(places == place)[0])
        keep = places != place
        out = flow[:, row, :] * np.reshape(factor, (-1, 1))
        onward = out[:, keep] / (1 - out[:, row])[:, None]
        flow = flow[:, keep][:, :, keep] + flow[:, keep, row, None] * onward[:, None, :]
        places = places[keep]
    found = flow[:, 0, 0]
    for i in range(len(options)):  # nowhere on the journey: both halves are alike
        if i not in taken:
            found, order = np.concatenate([found, found]), [*order, i]
    # The last option that sets parted by is the slowest axis.
    axes = [len(order) - 1 - order.index(i) for i in sorted(order, reverse=True)]
    return found.reshape((2,) * len(order)).transpose(axes).ravel()


def _factor(chain: MarkovChain, place: int, at: list[tuple[Option, Any]]) -> Any:
    """Return by how much the probability of moving on from a place is multiplied."""
    lost = chain.moves[place, -1]
    onward = 1 - lost
    kept: Any = 1.0
    for option, bit in at:
        kept = kept * (1 - won_back(option.expected_lift, lost) * bit)
    gain = np.clip(lost * (1 - kept), -onward, lost) if onward > 0 else 0.0
    return 1 + gain / (onward if onward > 0 else 1.0)
