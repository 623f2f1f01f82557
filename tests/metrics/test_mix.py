from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import funnel, journey_stream, mix_and_rates


def table(**segments):
    """Return who converted of who entered, by segment."""
    customers, n = zip(*segments.values(), strict=True)
    return pd.DataFrame({"segment": list(segments), "customers": customers, "n": n})


def parts(before, after, **options):
    found = mix_and_rates(before, after, repeats=10, **options)
    return found.set_index(["part", "segment"])["value"].round(10)


def test_the_split_of_a_change_by_hand():
    # Shares .6 .4 -> .4 .6, rates .1 .2 -> .2 .3; overall .14 -> .26, on average .2.
    found = mix_and_rates(table(ad=(6, 60), mail=(8, 40)), table(ad=(8, 40), mail=(18, 60)))
    assert found[["part", "segment"]].values.tolist() == [
        ["change", ""],
        ["mix", ""],
        ["rates", ""],
        ["mix", "ad"],
        ["mix", "mail"],
        ["rates", "ad"],
        ["rates", "mail"],
    ]
    # mix: -.2 x (.15 - .2) and .2 x (.25 - .2); rates: .1 x .5 twice
    assert found["value"].round(10).tolist() == [0.12, 0.02, 0.1, 0.01, 0.01, 0.05, 0.05]
    columns = ["share_before", "share_after", "rate_before", "rate_after"]
    assert found.loc[0, columns].astype(float).round(10).tolist() == [1, 1, 0.14, 0.26]
    assert found.loc[3, columns].astype(float).round(10).tolist() == [0.6, 0.4, 0.1, 0.2]
    assert set(found["n"]) == {200}


def test_simpsons_paradox_berkeley_1973():
    # Bickel, Hammel & O'Connell (1975), the six largest departments: men are admitted more often
    # (1198 of 2691 against 557 of 1835), not for what the departments do but for where people
    # apply: with equal shares women would be ahead.
    men = table(A=(512, 825), B=(353, 560), C=(120, 325), D=(138, 417), E=(53, 191), F=(22, 373))
    women = table(A=(89, 108), B=(17, 25), C=(202, 593), D=(131, 375), E=(94, 393), F=(24, 341))
    change, mix, rates = mix_and_rates(women, men).head(3).iloc
    assert round(change["value"], 4) == 0.1416
    assert (mix["value"] > 0.16, mix["low"] > 0.13) == (True, True)
    assert rates["value"] < 0


def test_a_change_of_shares_alone_is_mix_and_of_rates_alone_is_rates():
    before = table(ad=(10, 100), mail=(30, 100))
    assert parts(before, table(ad=(15, 150), mail=(15, 50)))["rates"].eq(0).all()
    assert parts(before, table(ad=(20, 100), mail=(40, 100)))["mix"].eq(0).all()


def test_a_segment_that_occurs_once_only_is_mix():
    # A new segment of half the customers at .4 beside one that stays at .2: .3 instead of .2.
    found = parts(table(old=(20, 100)), table(old=(20, 100), new=(40, 100)))
    assert found[("mix", "")] == 0.1
    assert found["rates"].eq(0).all()
    gone = parts(table(old=(20, 100), new=(40, 100)), table(old=(20, 100)))
    assert gone[("mix", "")] == -0.1


def test_the_last_step_of_two_funnels_is_split(log):
    text = "ann visit 0, ann basket 1, ann order 2, bob visit 0, bob basket 1, eve visit 0"
    events = log(text).assign(channel=["ad"] * 3 + ["mail"] * 3)
    stream, steps = journey_stream(events), ["visit", "basket", "order"]
    found = mix_and_rates(
        funnel(stream.of_customers(["ann"]), steps, by="channel"),
        funnel(stream.of_customers(["bob", "eve"]), steps, by="channel"),
        repeats=20,
    )
    assert found.loc[0, ["rate_before", "rate_after"]].tolist() == [1.0, 0.0]
    assert found.loc[3, "segment"] == "ad"


def test_where_resampling_tells_nothing_there_is_no_interval():
    found = mix_and_rates(table(ad=(0, 50)), table(ad=(0, 60)), repeats=20)
    assert found.loc[1:, ["low", "high"]].isna().all(axis=None)
    assert set(found.loc[1:, "method"]) == {"all alike"}
    assert found.loc[0, "method"] == "Newcombe"
    assert found.loc[0, "low"] < 0 < found.loc[0, "high"]


def test_nobody_in_a_period_gives_defined_answers():
    empty = table(ad=(0, 0))
    for before, after in ((empty, table(ad=(1, 2))), (empty.head(0), empty.head(0))):
        found = mix_and_rates(before, after)
        assert found.loc[:2, "part"].tolist() == ["change", "mix", "rates"]
        assert found["value"].isna().all()
        assert set(found["method"]) == {"nobody entered"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (pd.DataFrame({"segment": ["ad"], "n": [3]}), "got none named customers"),
        (pd.concat([table(ad=(1, 2))] * 2), "before must have one row a segment, got two of 'ad'"),
        (table(ad=(3, 2)), "from 0 to n customers who converted, got 3 of 2 in 'ad'"),
    ],
)
def test_tables_that_make_no_sense_are_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        mix_and_rates(wrong, table(ad=(1, 2)))


CELLS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(cells=CELLS)
def test_the_parts_sum_to_the_whole_and_turn_around(cells):
    names = [f"s{i}" for i in range(len(cells))]
    x0, y0, x1, y1 = np.array(cells).T
    if not ((x0 + y0).sum() and (x1 + y1).sum()):
        return
    before = pd.DataFrame({"segment": names, "customers": x0, "n": x0 + y0})
    after = pd.DataFrame({"segment": names, "customers": x1, "n": x1 + y1})
    found = parts(before, after)
    change = x1.sum() / (x1 + y1).sum() - x0.sum() / (x0 + y0).sum()
    assert found[("change", "")] == pytest.approx(change)
    assert found[("mix", "")] + found[("rates", "")] == pytest.approx(change)
    for part in ("mix", "rates"):
        one_by_one = found[part].drop("").sum()
        assert one_by_one == pytest.approx(found[(part, "")])
    back = parts(after, before)
    assert np.allclose(back.to_numpy(), -found.to_numpy())
    shuffled = parts(before.iloc[::-1], after)
    assert np.allclose(shuffled.loc[found.index].to_numpy(), found.to_numpy())


def test_the_intervals_cover_the_parts():
    rng = np.random.default_rng(20260903)
    share = np.array([[0.5, 0.3, 0.2], [0.35, 0.35, 0.3]])
    rate = np.array([[0.1, 0.25, 0.4], [0.15, 0.2, 0.4]])
    names, n, worlds = ["ad", "mail", "shop"], 1000, 200
    overall = (share * rate).sum(axis=1)
    mix = (share[1] - share[0]) * (rate.mean(axis=0) - overall.mean())
    rates = (rate[1] - rate[0]) * share.mean(axis=0)
    truth = np.array([overall[1] - overall[0], mix.sum(), rates.sum(), *mix, *rates])
    covered = np.zeros(len(truth))
    for world in range(worlds):
        entered = [rng.multinomial(n, shares) for shares in share]
        sides = [
            pd.DataFrame({"segment": names, "customers": rng.binomial(e, r), "n": e})
            for e, r in zip(entered, rate, strict=True)
        ]
        found = mix_and_rates(*sides, repeats=300, seed=world)
        covered += (found["low"] <= truth) & (truth <= found["high"])
    error = 3 * np.sqrt(0.95 * 0.05 / worlds)  # Monte Carlo
    assert ((0.93 - error <= covered / worlds) & (covered / worlds <= 0.97 + error)).all()
