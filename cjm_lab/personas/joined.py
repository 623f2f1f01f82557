"""What sources say of one customer, side by side: attributes, behavior and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np
import pandas as pd

from cjm_lab.surveys.measures import valence

if TYPE_CHECKING:
    from cjm_lab.metrics import JourneyStream

_DAYS_OF_A_MONTH = 365.25 / 12


def segment_table(
    customers: pd.DataFrame,
    *,
    stream: JourneyStream | None = None,
    orders: pd.DataFrame | None = None,
    responses: pd.DataFrame | None = None,
    codebook: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return customers with their behavior and answers, to segment by all of them together.

    Sources are joined by ``customer_id``; whom a log or a survey doesn't know is missing there,
    which `segment` allows for. Take few columns of each kind: two that say the same, such as orders
    and events of buyers, make segments of nothing else.

    Parameters
    ----------
    customers
        One row a customer, with ``customer_id`` and attributes.
    stream
        Adds ``events_a_month`` (over the days since the customer's first, a month at the least, to
        one decimal) and ``first_channel``.
    orders
        Adds ``orders``: 0, 1, 2 or ``3 or more``.
    responses, codebook
        Together add ``satisfaction``: the mean over touchpoints, from -2 to +2, of the customer's
        last answer.

    Returns
    -------
    pandas.DataFrame
        The customers in their order and with their index.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["ann", "bob"], "plan": ["a", "b"]})
    >>> bought = pd.DataFrame({"customer_id": ["bob", "bob", "eve"]})
    >>> segment_table(people, orders=bought)["orders"].tolist()
    ['0', '2']
    """
    ids = customers["customer_id"].astype("str")
    table = customers.copy()
    if stream is not None:
        each = _habits(stream)
        for column in each:
            table[column] = ids.map(each[column])
    if orders is not None:
        count = ids.map(orders["customer_id"].astype("str").value_counts()).fillna(0).astype(int)
        table["orders"] = count.astype("str").mask(count >= 3, "3 or more")
    if responses is not None and codebook is not None and "customer_id" in responses:
        felt = valence(responses, codebook)[0].mean(axis=1)
        answered = responses.assign(felt=felt)[felt.notna() & responses["customer_id"].ne("")]
        if "submitted_at" in answered:
            answered = answered.sort_values("submitted_at", kind="stable")
        last = answered.drop_duplicates("customer_id", keep="last")
        table["satisfaction"] = ids.map(last.set_index("customer_id")["felt"])
    return table


def _habits(stream: JourneyStream) -> pd.DataFrame:
    """Return events a month and the first channel by customer id."""
    events = stream.table()
    each = (
        events.group_by("customer")
        .agg(nw.len().alias("events"), nw.col("day").min().alias("first"))
        .collect()
        .to_pandas()
        .set_index("customer")
    )
    came = events.filter(nw.col("position") == 1).select("customer", "channel").collect()
    channel = came.to_pandas().set_index("customer")["channel"].reindex(each.index)
    days = (stream.last_day + 1 - each["first"]).clip(lower=_DAYS_OF_A_MONTH)
    texts = np.array([*stream.channels, ""], dtype=object)  # the last is that of -1, not known
    return pd.DataFrame(
        {
            "events_a_month": (each["events"] / days * _DAYS_OF_A_MONTH).round(1).to_numpy(float),
            "first_channel": texts[channel.fillna(-1).astype("int64")],
        },
        index=stream.customer_ids(each.index).to_numpy(),
    )
