"""Reading from the ledger what changed: each figure with its row of change."""

from __future__ import annotations

from math import nan

from cjm_lab.estimate import Estimate
from cjm_lab.journey.compare import MEASURED, is_key
from cjm_lab.journey.rows import Row, Rows, derived, records
from cjm_lab.ledger import row_estimate
from cjm_lab.study import Study
from cjm_lab.words import decimals, is_share, shown

#: The verdicts of a comparison as a reader sees them.
VERDICTS = {
    "better": "better",
    "worse": "worse",
    "equivalent": "no change that matters",
    "unclear": "no clear change",
}


def then_now(now: Row, change: Row) -> str:
    """Return both values and the difference with its interval, all with the same decimals."""
    then, after, digits = _alike(now, change)
    gap = row_estimate(change)
    measure = "share" if _is_share(now) else now["measure"]
    text = shown(gap, measure, change=True, digits=digits)
    return f"{then} → {after}, {text.value} {text.interval}"


def values_then_now(now: Row, change: Row) -> tuple[str, str]:
    """Return both values as a reader sees them, with the same decimals."""
    return _alike(now, change)[:2]


def _alike(now: Row, change: Row) -> tuple[str, str, int]:
    """Return both values in words and the decimals with which they and their difference add up."""
    measure, after, gap = now["measure"], row_estimate(now), row_estimate(change)
    share = _is_share(now)
    digits = decimals(gap, "share" if share else measure, change=True)
    unit = 100 if share else 1
    then = after.value - gap.value
    first, last, moved = (round(v * unit, digits) for v in (then, after.value, gap.value))
    if abs(last - first - moved) > 0.5 * 10**-digits:
        digits += 1  # rounded so far, the three do not add up
        then = (round(after.value * unit, digits) - round(gap.value * unit, digits)) / unit
    before = Estimate(then, nan, nan, n=0, method=after.method)
    values = [shown(part, measure, digits=digits).value for part in (before, after)]
    return values[0], values[1], digits


def _is_share(now: Row) -> bool:
    return is_share(now["measure"], now["method"])


def change_of(rows: Rows) -> dict[str, Row]:
    """Return the row of change of each measured figure that has one, by its evidence_id.

    The id of a change hashes the id of its figure, so the two are matched by making it again.
    """
    frame = rows.frame
    changes = frame[(frame["lane"] == "change") & (frame["measure"] == "change")]
    by_id = {row["evidence_id"]: row for row in records(changes)}
    if not by_id:
        return {}
    found = {}
    for row in records(frame[frame["lane"].isin(MEASURED)]):
        item = row["evidence_id"]
        change = derived(row, None, lane="change", measure="change", item=item)["evidence_id"]
        if change in by_id:
            found[item] = by_id[change]
    return found


def ordered_changes(rows: Rows, study: Study) -> list[tuple[Row, Row]]:
    """Return figures with their changes: key measures first, then by how far beyond chance."""
    changes = change_of(rows)
    figures = {row["evidence_id"]: row for row in records(rows.frame)}

    def order(pair: tuple[Row, Row]) -> tuple[bool, float]:
        now, change = pair
        width = change["high"] - change["low"]
        return not is_key_measure(now, study), -abs(change["value"]) / width if width else 0.0

    return sorted(((figures[key], change) for key, change in changes.items()), key=order)


def is_key_measure(row: Row, study: Study) -> bool:
    """Return whether a row is one of the study's key measures."""
    return any(is_key(row, key) for key in study.key_measures)
