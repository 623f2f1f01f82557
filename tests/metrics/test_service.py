from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import contact_outcomes, contacts
from cjm_lab.period import Period

SEPTEMBER = Period("month", date(2026, 9, 1), date(2026, 9, 30))


def days(*values):
    return pd.to_datetime(
        pd.Series(values, dtype="str").replace("", None), utc=True, format="ISO8601"
    )


def calls(*rows):
    ids, topics, opened, replied, resolved = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "customer_id": list(ids),
            "topic": list(topics),
            "opened_at": days(*opened),
            "first_reply_at": days(*replied),
            "resolved_at": days(*resolved),
        }
    )


CALLS = calls(
    ("ann", "delivery", "2026-09-02 08:00", "2026-09-02 10:00", "2026-09-03"),
    ("ann", "delivery", "2026-09-05 08:00", "2026-09-05 09:00", "2026-09-20"),
    ("bob", "set-up", "2026-09-06 08:00", "", ""),
    ("eve", "set-up", "2026-09-29 08:00", "2026-09-29 12:00", ""),
    ("joe", "set-up", "2026-08-06 08:00", "", ""),
)
FOUR = pd.DataFrame(
    {
        "customer_id": ["ann", "bob", "eve", "zoe"],
        "joined_at": days(*["2026-01-01"] * 4),
        "left_at": days(*[""] * 4),
    }
)


def test_contacts_of_the_base_overall_and_by_topic():
    found = contacts(CALLS, FOUR, period=SEPTEMBER, as_of=date(2026, 9, 30))
    found = found.set_index(["measure", "topic"])
    assert found.loc[("contact_share", ""), ["value", "n"]].tolist() == [0.75, 4]
    assert found.loc[("contact_share", "delivery"), "value"] == 0.25
    assert found.loc[("first_reply_hours", ""), "value"] == pytest.approx(7 / 3)
    assert ("contact_share", "set-up") in found.index


def test_resolved_is_within_seven_days_and_young_contacts_are_left_out():
    found = contacts(CALLS, FOUR, period=SEPTEMBER, as_of=date(2026, 9, 30))
    row = found.set_index(["measure", "topic"]).loc[("resolved_share", "")]
    assert (row["value"], row["n"]) == (pytest.approx(1 / 3), 2)  # eve's is a day old
    later = contacts(CALLS, FOUR, period=SEPTEMBER, as_of=date(2026, 10, 31))
    assert later.set_index(["measure", "topic"]).loc[("resolved_share", ""), "value"] == 0.25


def test_without_a_base_there_is_no_contact_share():
    found = contacts(CALLS, FOUR.iloc[:0], period=SEPTEMBER)
    assert set(found["measure"]) == {"first_reply_hours", "resolved_share"}


def test_no_contacts_say_nothing():
    assert contacts(CALLS.iloc[:0], FOUR, period=SEPTEMBER).empty


def test_contacts_without_a_customer_stand_for_themselves():
    anonymous = CALLS.assign(customer_id="")
    found = contacts(anonymous, FOUR, period=SEPTEMBER, as_of=date(2026, 10, 31))
    assert "contact_share" not in set(found["measure"])  # of whom, nobody knows: not 0 %
    assert found.set_index(["measure", "topic"]).loc[("resolved_share", ""), "n"] == 4


def test_contacts_are_parted_by_any_column():
    found = contacts(CALLS.assign(channel=["phone", "mail", "phone", "", ""]), FOUR, by="channel")
    assert found.columns[:3].tolist() == ["measure", "channel", "customers"]
    assert found["channel"].unique().tolist() == ["", "mail", "phone"]
    share = found.set_index(["measure", "channel"]).loc[("contact_share", "phone")]
    assert share[["value", "customers"]].tolist() == [0.5, 2]
    with pytest.raises(ParameterError, match="did you mean 'topic'"):
        contacts(CALLS, FOUR, by="topics")
    with pytest.raises(ParameterError, match="did you mean 'topic'"):
        contact_outcomes(CALLS, by="topics")


def outcomes(table, **options):
    return contact_outcomes(table, **options).set_index(["measure", "topic"])


AGAIN = calls(
    ("ann", "delivery", "2026-09-01 08:00", "", ""),
    ("ann", "delivery", "2026-09-08 08:00", "", ""),  # just in time: the first was no help
    ("ann", "delivery", "2026-09-15 08:01", "", ""),  # a minute late
    ("bob", "delivery", "2026-09-02", "", ""),
    ("bob", "set-up", "2026-09-03", "", ""),  # another topic
    ("bob", "set-up", "2026-09-03", "", "2026-09-04"),  # the same contact in another row
    ("eve", "delivery", "2026-09-28", "", ""),  # too early to say
    ("", "delivery", "2026-09-02", "", ""),
    ("", "delivery", "2026-09-03", "", ""),  # nobody knows whether it is the same customer
)


def test_a_repeat_is_the_same_customer_and_topic_within_the_days():
    found = outcomes(AGAIN, period=SEPTEMBER, as_of=date(2026, 9, 30))
    row = found.loc[("repeat_share", "")]
    assert (row["value"], row["n"]) == (pytest.approx(1 / 5), 2)  # ann's 3, bob's 2; eve is open
    assert found.loc[("repeat_share", "delivery"), "value"] == 0.25
    assert found.loc[("repeat_share", "set-up"), "value"] == 0
    later = outcomes(AGAIN, period=SEPTEMBER, as_of=date(2026, 10, 31))
    assert later.loc[("repeat_share", ""), ["value", "n"]].tolist() == [pytest.approx(1 / 6), 3]
    longer = outcomes(AGAIN, as_of=date(2026, 10, 31), repeat_within_days=8)
    assert longer.loc[("repeat_share", ""), "value"] == pytest.approx(2 / 6)


def test_a_repeat_may_come_after_the_period_but_not_after_today():
    two = calls(("ann", "x", "2026-09-30", "", ""), ("ann", "x", "2026-10-02", "", ""))
    found = outcomes(two, period=SEPTEMBER, as_of=date(2026, 10, 31))
    assert found.loc[("repeat_share", ""), ["value", "customers"]].tolist() == [1, 1]
    assert (
        outcomes(two, period=SEPTEMBER, as_of=date(2026, 9, 30)).loc["repeat_share", "n"].max() == 0
    )


def test_open_contacts_are_censored_when_the_time_to_help_is_told():
    # Resolved after 2 and 6 hours; two opened at the same time are open still, one was opened
    # 4 hours before the end. At 2 hours 5 are at risk, at 6 hours 3: .8 and .8 x 2/3 = .533; at
    # 20 hours 2, and .267: the median is 20 hours. Without the open ones it would be 6.
    table = calls(
        ("a", "x", "2026-09-01 00:00", "", "2026-09-01 02:00"),
        ("b", "x", "2026-09-01 00:00", "", "2026-09-01 06:00"),
        ("c", "x", "2026-09-01 00:00", "", "2026-09-01 20:00"),
        ("d", "x", "2026-09-01 00:00", "", ""),
        ("e", "x", "2026-09-01 20:00", "", "2026-09-02 02:00"),
    )
    found = outcomes(table, as_of=date(2026, 9, 1))
    row = found.loc[("resolution_median_hours", "")]
    assert (row["value"], row["n"]) == (pytest.approx(20), 5)
    assert np.isnan(found.loc[("reply_median_hours", ""), "value"])  # nobody was replied to
    first_only = pd.concat([table, calls(("a", "x", "2026-09-01 01:00", "", ""))])
    again = outcomes(first_only.reset_index(drop=True), as_of=date(2026, 9, 1))
    assert again.loc[("resolution_median_hours", ""), ["value", "n"]].tolist() == [20, 5]


def test_a_resolution_before_the_opening_says_nothing():
    table = calls(("a", "x", "2026-09-02", "2026-09-01", "2026-09-03"))
    found = outcomes(table, as_of=date(2026, 9, 30))
    assert found.loc[("reply_median_hours", ""), "n"] == 0
    assert found.loc[("resolution_median_hours", ""), "value"] == 24


def test_no_contacts_have_no_outcomes():
    empty = contact_outcomes(CALLS.iloc[:0])
    assert empty.empty
    assert empty.columns[:3].tolist() == ["measure", "topic", "customers"]
    undated = CALLS.assign(opened_at=pd.Series(pd.NaT, CALLS.index).dt.tz_localize("UTC"))
    assert contact_outcomes(undated, as_of=date(2026, 9, 30)).empty
