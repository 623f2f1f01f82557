from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import back_and_forth, journey_stream, page_shares
from cjm_lab.metrics._frames import clustered_share

START = pd.Timestamp("2026-09-01", tz="UTC")


def views(text):
    """`views("ann home 0, ann tea 5")`: customer, page ("-" is none), minutes."""
    rows = [row.split() for row in text.split(",") if row.strip()]
    minutes = pd.to_timedelta([float(row[2]) for row in rows], unit="m")
    return pd.DataFrame(
        {
            "customer_id": pd.Series([row[0] for row in rows], dtype="str"),
            "occurred_at": (START + pd.Series(minutes)).dt.as_unit("us")
            if rows
            else pd.Series(dtype="datetime64[us, UTC]"),
            "event": pd.Series(["view"] * len(rows), dtype="str"),
            "page": pd.Series(["" if row[1] == "-" else row[1] for row in rows], dtype="str"),
        }
    )


def shares(text, **options):
    return page_shares(journey_stream(views(text)), **options).set_index(["measure", "page"])


VIEWS = (
    "ann home 0, ann tea 1, ann tea 2, ann - 3,"  # one session: home ... tea
    "ann tea 100, ann cart 101,"  # a second: tea ... cart
    "bob tea 0,"
    "eve - 0"
)


def test_popular_pages_are_those_of_customers_with_a_page():
    found = shares(VIEWS).loc["page_share"]
    assert found["value"].to_dict() == {"tea": 1.0, "cart": 0.5, "home": 0.5}
    assert found.index.tolist() == ["tea", "cart", "home"]  # ties follow the alphabet
    assert found.loc["tea", ["customers", "times", "n"]].tolist() == [2, 4, 2]


def test_sessions_begin_and_end_on_pages():
    found = shares(VIEWS)
    assert found.loc["landing_share", "value"].to_dict() == pytest.approx(
        {"tea": 2 / 3, "home": 1 / 3}
    )
    assert found.loc["exit_share", "value"].to_dict() == pytest.approx(
        {"tea": 2 / 3, "cart": 1 / 3}
    )
    row = found.loc[("landing_share", "tea")]
    assert row[["customers", "times", "n"]].tolist() == [2, 2, 2]
    # Ann's sessions hang together: the interval is that of customers.
    expected = clustered_share([1, 1], [2, 1])
    assert (row["low"], row["high"]) == (expected.low, expected.high)


def test_what_is_looked_for_is_the_page_of_a_search():
    events = views("ann shoes 0, ann tea 1, bob shoes 0, bob tea 1")
    events["event"] = ["search", "view", "search", "view"]
    found = page_shares(journey_stream(events), at="search")
    assert found[["measure", "page", "value"]].values.tolist() == [["page_share", "shoes", 1.0]]
    with pytest.raises(ParameterError, match="did you mean 'search'"):
        page_shares(journey_stream(events), at="serch")


def test_only_the_top_is_shown_of_what_all_did():
    found = shares(VIEWS, top=1)
    assert found.index.get_level_values("page").tolist() == ["tea", "tea", "tea"]
    assert found["value"].tolist() == pytest.approx([1, 2 / 3, 2 / 3])


def test_first_pages_of_the_shop(simple_shop):
    stream = journey_stream(simple_shop.assign(page=simple_shop["event"]))
    found = page_shares(stream).set_index(["measure", "page"])
    assert found.loc[("page_share", "catalog"), ["customers", "times"]].tolist() == [3611, 14518]
    assert found.loc["landing_share", "times"].sum() == 6454  # golden: sessions
    assert found.loc["landing_share", "value"].sum() == pytest.approx(1)


def moves(text, **options):
    found = back_and_forth(journey_stream(views(text)), **options)
    return found.set_index(["page", "via"])


def test_going_to_a_page_and_straight_back():
    found = moves(
        "ann list 0, ann tea 1, ann list 2, ann cup 3, ann list 4, ann pay 5,"
        "bob list 0, bob tea 1, bob pay 2"
    )
    # Ann moves 5 times, bob twice. Undone are ann's moves from the list to the tea and to the cup;
    # her return from the tea is not, as it is followed by the cup.
    assert found.loc[("", ""), ["times", "moves", "customers"]].tolist() == [2, 7, 1]
    assert found.loc[("", ""), "value"] == pytest.approx(2 / 7)
    assert found.loc[("list", "tea"), ["times", "moves", "n", "value"]].tolist() == [1, 2, 2, 0.5]
    assert found.loc[("list", "cup"), ["times", "moves", "value"]].tolist() == [1, 1, 1]
    expected = clustered_share([2, 0], [5, 2])
    assert found.loc[("", ""), ["low", "high"]].tolist() == [expected.low, expected.high]


def test_there_and_back_and_there_again_is_undone_twice():
    found = moves("ann list 0, ann tea 1, ann list 2, ann tea 3")
    assert found.loc[("", ""), ["times", "moves"]].tolist() == [2, 3]
    assert set(found.index) == {("", ""), ("list", "tea"), ("tea", "list")}


def test_a_page_seen_again_and_events_without_one_are_no_moves():
    found = moves("ann list 0, ann list 1, ann - 2, ann tea 3, ann tea 4, ann list 5")
    assert found.loc[("", ""), ["times", "moves"]].tolist() == [1, 2]


def test_a_new_session_and_another_customer_are_no_way_back():
    # 40 minutes of pause part the sessions: before the return, or between the moves.
    assert moves("ann list 0, ann tea 1, ann list 41").loc[("", ""), "times"] == 0
    assert moves("ann list 0, ann tea 40, ann list 41").loc[
        ("", ""), ["times", "moves"]
    ].tolist() == [0, 1]
    two = moves("ann list 0, ann tea 1, bob list 2, bob cup 3")
    assert two.loc[("", ""), ["times", "moves"]].tolist() == [0, 2]
    # The same page before and after a pause is a new session's first page, not a repeat.
    assert moves("ann tea 0, ann list 40, ann tea 41, ann list 42").loc[("", ""), "times"] == 1


def test_logs_without_pages_say_nothing():
    for text in ("", "ann - 0"):
        assert back_and_forth(journey_stream(views(text))).empty
        assert page_shares(journey_stream(views(text))).empty
    assert list(moves("ann tea 0").columns)[:3] == ["customers", "times", "moves"]


def test_moves_of_the_shop_are_those_of_its_golden_graph(simple_shop):
    stream = journey_stream(simple_shop.assign(page=simple_shop["event"]))
    found = back_and_forth(stream, top=100).set_index(["page", "via"])
    rows = simple_shop.sort_values(["customer_id", "occurred_at"], kind="stable")
    rows = rows.rename(columns={"customer_id": "who", "occurred_at": "at"}).reset_index(drop=True)
    new = (rows["who"] != rows["who"].shift()) | (rows["at"].diff() > pd.Timedelta(minutes=30))
    rows["session"] = new.cumsum()
    again = (rows["event"] == rows["event"].shift()) & (rows["session"] == rows["session"].shift())
    rows = rows[~again]
    inside = rows["session"] == rows["session"].shift()
    undone = (rows["session"] == rows["session"].shift(2)) & (
        rows["event"] == rows["event"].shift(2)
    )
    assert found.loc[("", ""), "moves"] == inside.sum()
    assert found.loc[("", ""), "times"] == undone.sum()
    assert found.loc[("", ""), "times"] == found.iloc[1:]["times"].sum()


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(9)))
def test_the_order_of_rows_in_the_file_changes_nothing(order):
    events = views(
        "ann a 0, ann b 1, ann a 2, bob a 0, bob c 1, bob a 2, bob c 3, eve b 0, eve a 50"
    )
    shuffled = events.iloc[list(order)].reset_index(drop=True)
    for metric in (page_shares, back_and_forth):
        pd.testing.assert_frame_equal(
            metric(journey_stream(events)), metric(journey_stream(shuffled))
        )


def test_duckdb_finds_the_same_pages(simple_shop):
    events = simple_shop.assign(page=simple_shop["event"]).head(5000)
    for metric in (page_shares, back_and_forth):
        one, other = (metric(journey_stream(events, engine=e)) for e in ("polars", "duckdb"))
        pd.testing.assert_frame_equal(one, other)
