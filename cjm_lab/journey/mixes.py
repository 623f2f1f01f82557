"""Whether the conversion of two reports differs by who came or by what they did."""

from __future__ import annotations

import pandas as pd

from cjm_lab.journey.rows import frame_of
from cjm_lab.ledger import Ledger
from cjm_lab.metrics import mix_and_rates

#: How the segment of a row of conversion by channel begins.
CHANNEL = "channel="
_OTHERS = "all others"


def conversion_split(
    before: Ledger | pd.DataFrame, after: Ledger | pd.DataFrame, *, level: float = 0.95
) -> pd.DataFrame:
    """Return the change of the conversion between two reports, split into mix and rates.

    Parameters
    ----------
    before, after
        Two ledgers. Channels are read from the rows of conversion by channel; those too small to
        have a row make one segment with whoever came by no known channel.
    level
        Confidence level.

    Returns
    -------
    DataFrame
        As `cjm_lab.metrics.mix_and_rates`; empty unless both ledgers tell the conversion of one
        definition, in periods apart, and that of two channels at least.

    Examples
    --------
    >>> from datetime import date
    >>> from cjm_lab.estimate import share
    >>> from cjm_lab.ledger import evidence, evidence_frame
    >>> from cjm_lab.period import period_up_to
    >>> def month(day, ad, mail):
    ...     rows = {"": (ad[0] + mail[0], ad[1] + mail[1]), "ad": ad, "mail": mail}
    ...     return evidence_frame(
    ...         evidence(share(*counts), lane="acquisition" if name else "base", basis=["steps"],
    ...                  measure="channel_conversion" if name else "conversion",
    ...                  segment=name and f"channel={name}", period=period_up_to(day))
    ...         for name, counts in rows.items())
    >>> split = conversion_split(month(date(2026, 9, 30), (10, 100), (30, 100)),
    ...                          month(date(2026, 10, 31), (15, 150), (15, 50)))
    >>> split[["part", "value"]].round(3).values.tolist()[:3]
    [['change', -0.05], ['mix', -0.05], ['rates', 0.0]]
    """
    old, new = (_conversions(frame_of(part)) for part in (before, after))
    if old is None or new is None:
        return pd.DataFrame()
    (then, old_table), (now, new_table) = old, new
    if then["basis"] != now["basis"] or not then["period_end"]:
        return pd.DataFrame()
    if not then["period_end"] < now["period_start"]:
        return pd.DataFrame()
    return mix_and_rates(old_table, new_table, level=level)


def _conversions(frame: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame] | None:
    """Return the whole conversion, and how many entered and converted by channel."""
    ours = (frame["subject"] == "us") & (frame["persona"] == "") & frame["value"].notna()
    rows = frame[ours & (frame["touchpoint"] == "")]
    whole = rows[(rows["measure"] == "conversion") & (rows["segment"] == "")]
    channels = rows[rows["measure"] == "channel_conversion"]
    if len(whole) != 1 or len(channels) < 2:
        return None
    table = pd.DataFrame(
        {
            "segment": channels["segment"].str.removeprefix(CHANNEL),
            "customers": (channels["value"] * channels["n"]).round(),
            "n": channels["n"],
        }
    )
    one = whole.iloc[0]
    n = one["n"] - table["n"].sum()
    customers = round(one["value"] * one["n"]) - table["customers"].sum()
    if n > 0 and 0 <= customers <= n:
        table.loc[len(frame)] = [_OTHERS, customers, n]
    return one, table
