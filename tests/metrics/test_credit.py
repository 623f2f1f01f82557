from __future__ import annotations

import json
from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError
from cjm_lab.metrics import journey_stream, removal_effects
from cjm_lab.metrics.credit import (
    _credited,
    attribution,
    attribution_disagreement,
    attribution_of_paths,
    attribution_table,
)
from cjm_lab.metrics.credit_models import GROUPS, MODELS, tally
from cjm_lab.metrics.touches import Paths, paths_of_table

PER_PATH = ("sizes", "converted", "revenue", "unit")
RULES = ("first", "last", "linear", "position", "shapley")


@pytest.fixture(scope="module")
def table(shared_data):
    """The published 10,000 paths with their counts."""
    return pd.read_csv(shared_data / "events" / "channel_attribution" / "PathData.csv", sep=";")


@pytest.fixture(scope="module")
def golden(shared_data):
    source = shared_data / "events" / "channel_attribution" / "golden.json"
    return json.loads(source.read_text())


@pytest.fixture(scope="module")
def published(table):
    """The attribution of the published paths."""
    return attribution_of_paths(table, repeats=0)


@pytest.fixture
def credit(log):
    """`credit("ann ad 0, ann order 1", "last")`: conversions of each touchpoint."""

    def make(text, model, **options):
        stream = journey_stream(log(text))
        options = {"by": "touchpoint", "repeats": 0, "within_days": None} | options
        found = attribution(stream, goal="order", models=[model], **options)
        return found.set_index("channel")["conversions"].to_dict()

    return make


def of_model(found, model, column="conversions"):
    return found[found["model"] == model].set_index("channel")[column]


def test_rules_of_the_published_paths(published, golden):
    expected = pd.DataFrame(golden["heuristics"]).set_index("channel_name")
    for model in ("first", "last", "linear"):
        for column, name in (("conversions", "conversions"), ("revenue", "value")):
            found = of_model(published, model, column)
            assert found.to_dict() == pytest.approx(
                expected[f"{model}_touch_{name}"].to_dict(), abs=1e-6
            )


def test_exact_chain_of_the_published_paths(published, golden):
    expected = golden["exact_markov_order1_numpy"]["self_loops_True"]["attributed_conversions"]
    found = of_model(published, "markov")
    assert found.to_dict() == pytest.approx(expected, abs=1e-6)
    assert found["alpha"] == pytest.approx(5344.948, abs=5e-4)
    assert found["iota"] == pytest.approx(3884.615, abs=5e-4)


def test_revenue_of_the_chain_is_near_the_published_simulations(published, golden):
    runs = golden["markov_order1_more_sim"].values()
    mean = pd.concat([pd.DataFrame(run).set_index("channel_name") for run in runs])
    mean = mean.groupby(level=0)["total_conversion_value"].mean()
    big = mean[mean > 0.05 * mean.sum()]
    assert len(big) == 6
    found = of_model(published, "markov", "revenue")
    assert found[big.index].to_dict() == pytest.approx(big.to_dict(), rel=0.02)


def test_every_model_shares_out_all_conversions_and_their_value(published):
    totals = published.groupby("model")[["conversions", "revenue", "value"]].sum()
    assert len(totals) == len(MODELS) - 1
    assert totals["conversions"].to_numpy() == pytest.approx(19_785)
    assert totals["revenue"].to_numpy() == pytest.approx(74_802.97158721084)
    assert totals["value"].to_numpy() == pytest.approx(1)


def test_shapley_is_the_mean_over_all_orders_of_the_channels(published, table):
    # The definition, summed over all 4,096 sets: a set is worth the conversions of the paths that
    # need no channel outside it.
    channels = sorted(set(table["path"].str.split(" > ").explode()))
    bit = {channel: 1 << i for i, channel in enumerate(channels)}
    needs = table["path"].map(lambda path: sum({bit[one] for one in path.split(" > ")}))
    worth = np.bincount(needs, table["total_conversions"], 1 << len(channels))
    sets = np.arange(len(worth))
    for one in bit.values():
        inside = (sets & one) > 0
        worth[inside] += worth[sets[inside] ^ one]
    size, others = np.bitwise_count(sets), len(channels) - 1
    expected = {}
    for channel, one in bit.items():
        without = sets[(sets & one) == 0]
        weight = 1 / (len(channels) * np.array([comb(others, n) for n in size[without]]))
        expected[channel] = float((weight * (worth[without | one] - worth[without])).sum())
    assert of_model(published, "shapley").to_dict() == pytest.approx(expected)


def test_shares_by_hand(credit):
    text = "ann ad 0, ann mail 24, ann ad 48, ann shop 72, ann shop 73, ann order 100"
    assert credit(text, "first") == {"ad": 1, "mail": 0, "shop": 0}
    assert credit(text, "last") == {"ad": 0, "mail": 0, "shop": 1}
    assert credit(text, "linear") == pytest.approx({"ad": 0.4, "mail": 0.2, "shop": 0.4})
    assert credit(text, "position") == pytest.approx(
        {"ad": 0.4 + 0.2 / 3, "mail": 0.2 / 3, "shop": 0.4 + 0.2 / 3}
    )
    assert credit(text, "shapley") == pytest.approx({"ad": 1 / 3, "mail": 1 / 3, "shop": 1 / 3})


def test_position_of_one_and_of_two_touches(credit):
    assert credit("ann ad 0, ann order 1", "position") == {"ad": 1}
    assert credit("ann ad 0, ann mail 1, ann order 2", "position") == {"ad": 0.5, "mail": 0.5}
    assert credit("ann ad 0, ann ad 1, ann mail 2, ann order 3", "position") == pytest.approx(
        {"ad": 0.6, "mail": 0.4}
    )


def test_the_weight_of_a_touch_halves_in_a_half_life(credit):
    # 14, 7 and 0 days before the order: 1/4, 1/2 and 1.
    text = "ann ad 0, ann mail 168, ann shop 336, ann order 336"
    assert credit(text, "time_decay") == pytest.approx({"ad": 1 / 7, "mail": 2 / 7, "shop": 4 / 7})
    # How long the order took changes nothing, nor do years of touches.
    later = "ann ad 0, ann mail 168, ann shop 336, ann order 9999"
    assert credit(later, "time_decay") == pytest.approx({"ad": 1 / 7, "mail": 2 / 7, "shop": 4 / 7})
    old = "ann ad 0, ann mail 87600, ann order 87601"
    assert credit(old, "time_decay", half_life_days=0.1) == pytest.approx({"ad": 0, "mail": 1})


def test_the_chain_by_hand(credit):
    # Three come by the ad and two go on to the shop, where one buys; a fourth comes to the shop and
    # buys. Conversion 1/2. Without the shop nobody buys; without the ad the fourth does, with the
    # 2/3 of the shop: 1/6. So the effects are 1 and 2/3, of 2 conversions 1.2 and .8.
    text = (
        "ann ad 0, ann shop 1, ann order 2, bob ad 0, bob shop 1, joe ad 0, eve shop 0, eve order 1"
    )
    assert credit(text, "markov") == pytest.approx({"shop": 1.2, "ad": 0.8})


def test_conversions_without_a_touch_in_time_have_a_row_of_their_own(log):
    events = log("ann ad 0, ann order 1, bob order 0, eve ad 0, eve order 999, joe ad 0")
    events["value"] = events["event"].eq("order") * np.array([0, 10, 20, 0, 40, 0.0])
    found = attribution(journey_stream(events), goal="order", by="touchpoint", repeats=100)
    for model in MODELS:
        row = found[found["model"] == model].set_index("channel")
        assert row.index.tolist() == ["ad", "(none)"]
        assert row["conversions"].tolist() == pytest.approx([1, 2])
        assert row["revenue"].tolist() == pytest.approx([10, 60])
        assert row["value"].tolist() == pytest.approx([1 / 3, 2 / 3])
        assert (row["n"] == 3).all()


def test_without_values_there_is_no_revenue(log):
    stream = journey_stream(log("ann ad 0, ann order 1"))
    found = attribution(stream, goal="order", by="touchpoint", repeats=0)
    assert found["revenue"].isna().all()
    assert (found["conversions"] == 1).all()


def test_campaigns_and_channels(log):
    events = log("ann visit 0, ann visit 1, ann order 2")
    events["channel"], events["campaign"] = ["mail", "ad", "ad"], ["", "spring", ""]
    stream = journey_stream(events)
    last = attribution(stream, goal="order", models=["last"], repeats=0)
    assert of_model(last, "last").to_dict() == {"ad": 1, "mail": 0}
    first = attribution(stream, goal="order", by="campaign", models=["first"], repeats=0)
    assert of_model(first, "first").to_dict() == {"spring": 1}


JOURNEYS = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=5), st.booleans()), min_size=1, max_size=10
)


def table_of(journeys):
    return pd.DataFrame(
        [
            (" > ".join(path), int(bought), 2.0 * bought, int(not bought))
            for path, bought in journeys
        ],
        columns=["path", "total_conversions", "total_conversion_value", "total_null"],
    )


def log_of(journeys, log, name="c{}"):
    rows = [
        f"{name.format(i)} {event} {hour}"
        for i, (path, bought) in enumerate(journeys)
        for hour, event in enumerate([*path, "order"] if bought else path)
    ]
    return log(", ".join(rows))


@settings(max_examples=15, deadline=None)
@given(journeys=JOURNEYS)
def test_a_log_and_the_table_of_its_paths_agree(journeys, log):
    journeys = [*journeys, ("a", True)]
    stream = journey_stream(log_of(journeys, log))
    models = [model for model in MODELS if model != "time_decay"]
    whole = {"models": models, "repeats": 0}
    found = attribution(stream, goal="order", by="touchpoint", within_days=None, **whole)
    expected = attribution_of_paths(table_of(journeys), **whole)
    about = ["model", "channel"]
    pd.testing.assert_series_equal(
        found.set_index(about)["conversions"], expected.set_index(about)["conversions"]
    )


@settings(max_examples=15, deadline=None)
@given(journeys=JOURNEYS, stays=st.lists(st.integers(1, 3), min_size=50, max_size=50))
def test_staying_at_a_channel_changes_no_removal_effect(journeys, stays):
    journeys = [*journeys, ("ab", True)]
    longer = [
        ("".join(c * n for c, n in zip(path, stays[i:], strict=False)), bought)
        for i, (path, bought) in enumerate(journeys)
    ]
    models = ["first", "last", "markov", "shapley"]
    short = attribution_of_paths(table_of(journeys), models=models, repeats=0)
    long = attribution_of_paths(table_of(longer), models=models, repeats=0)
    columns = ["conversions", "revenue"]
    assert np.allclose(short[columns], long[columns])


@settings(max_examples=15, deadline=None)
@given(journeys=JOURNEYS, seed=st.integers(0, 99))
def test_names_of_customers_and_order_of_rows_change_nothing(journeys, seed, log):
    events = log_of([*journeys, ("a", True)], log)
    renamed = events.sample(frac=1, random_state=seed)
    renamed["customer_id"] = renamed["customer_id"].map(lambda name: f"{hash(name) % 97}{name}")
    options = {"goal": "order", "by": "touchpoint", "repeats": 0}
    pd.testing.assert_frame_equal(
        attribution(journey_stream(events), **options),
        attribution(journey_stream(renamed), **options),
    )


@settings(max_examples=15, deadline=None)
@given(journeys=JOURNEYS)
def test_the_closed_form_is_removing_one_by_one(journeys, log):
    stream = journey_stream(log_of([*journeys, ("ab", True)], log))
    effect = removal_effects(stream, goal="order", repeats=0).set_index("touchpoint")["value"]
    found = attribution(
        stream, goal="order", by="touchpoint", within_days=None, models=["markov"], repeats=0
    ).set_index("channel")["value"]
    assert found.to_dict() == pytest.approx((effect / effect.sum()).to_dict())


@pytest.mark.parametrize("customers", [300, GROUPS + 2_000])
def test_intervals_of_single_touches_are_those_of_shares(customers):
    # 30 % of the conversions by an ad, in one touch each: all models agree, and the standard error
    # is that of a share, whether customers are drawn one by one or in random groups.
    bought = customers // 2
    ad = round(0.3 * bought)
    who = np.repeat(np.arange(customers), np.where(np.arange(customers) < bought, 2, 1))
    events = pd.DataFrame({"customer_id": who.astype(str)})
    order = events["customer_id"].duplicated()
    events["event"] = np.where(order, "order", np.where(who < ad, "ad", "mail"))
    events["occurred_at"] = pd.Timestamp("2026-09-01", tz="UTC") + pd.to_timedelta(order * 1, "h")
    found = attribution(journey_stream(events), goal="order", by="touchpoint", within_days=None)
    row = found[(found["model"] == "last") & (found["channel"] == "ad")].iloc[0]
    se = (0.3 * 0.7 / bought) ** 0.5
    assert row["value"] == pytest.approx(0.3)
    assert row["se"] == pytest.approx(se, rel=0.08)
    assert row["low"] == pytest.approx(0.3 - 1.96 * se, abs=0.3 * se)
    assert row["high"] == pytest.approx(0.3 + 1.96 * se, abs=0.3 * se)
    assert row["n"] == bought
    same = ["channel", "value", "low", "high"]
    for model in ("first", "linear", "time_decay", "position", "shapley"):
        expected = found.loc[found["model"] == "last", same].to_numpy()
        assert (found.loc[found["model"] == model, same].to_numpy() == expected).all()


def test_where_all_agree_the_interval_is_wilsons(log):
    # 10 of 10 customers: Wilson's interval for 1 is .7225 to 1 (R: prop.test without correction).
    stream = journey_stream(log(",".join(f"c{i} ad 0, c{i} order 1" for i in range(10))))
    found = attribution(stream, goal="order", by="touchpoint", models=["last"])
    assert found[["value", "low", "high"]].round(4).to_numpy().tolist() == [[1, 0.7225, 1]]


def chosen_of(paths, chosen):
    """Return some of the paths."""
    touched = np.repeat(chosen, paths.sizes)
    per_path = {name: getattr(paths, name)[chosen] for name in PER_PATH}
    return Paths(place=paths.place[touched], at_us=paths.at_us[touched], **per_path)


def test_intervals_cover_the_credit_of_everyone(table, golden):
    # 1,000 journeys (224 conversions) drawn from the published ones, again and again; the truth is
    # the published credit. 2,000 repetitions gave .946, .946 and .951, each channel .937 to .964.
    paths, times, channels = paths_of_table(table)
    heuristics = pd.DataFrame(golden["heuristics"]).set_index("channel_name")
    chain = golden["exact_markov_order1_numpy"]["self_loops_True"]["attributed_conversions"]
    truth = {
        "last": heuristics["last_touch_conversions"] / 19_785,
        "linear": heuristics["linear_touch_conversions"] / 19_785,
        "markov": pd.Series(chain) / 19_785,
    }
    rng, big = np.random.default_rng(1), ["alpha", "iota", "eta", "beta"]
    covered = {model: [] for model in truth}
    for repeat in range(80):
        drawn = rng.multinomial(1_000, times / times.sum())
        some = chosen_of(paths, drawn[paths.unit] > 0)
        counts = drawn[some.unit].astype(float)
        some = replace(some, unit=np.arange(len(counts)))
        counted = tally([some], len(counts), size=12, models=tuple(truth), times=counts)
        found = _credited(counted, channels, 200, repeat, 0.95)
        for model, shares in truth.items():
            rows = found[found["model"] == model].set_index("channel").loc[big]
            covered[model] += list((rows["low"] <= shares[big]) & (shares[big] <= rows["high"]))
    for model, inside in covered.items():
        assert 0.92 <= np.mean(inside) <= 0.98, model


def test_duckdb_gives_the_same(log):
    pytest.importorskip("duckdb")
    events = log(
        "ann ad 0, ann mail 9, ann order 9, bob mail 0, eve ad 1, eve order 2, joe order 3"
    )
    events["value"] = events["event"].eq("order") * 10.0
    polars, duckdb = (
        attribution(
            journey_stream(events, engine=engine), goal="order", by="touchpoint", within_days=None
        )
        for engine in ("polars", "duckdb")
    )
    pd.testing.assert_frame_equal(polars, duckdb)


def test_the_same_seed_gives_the_same_intervals(table):
    first, again, other = (
        attribution_of_paths(table.head(200), models=["markov"], repeats=50, seed=seed)
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first["low"].equals(other["low"])


def test_logs_with_little_in_them_have_defined_answers(log):
    options = {"goal": "order", "by": "touchpoint"}
    stream = journey_stream(log("ann ad 0, ann order 1, bob mail 0"))
    empty = attribution(stream.of_customers([]), **options)
    assert empty.empty
    assert empty.columns.tolist() == [
        "model", "channel", "conversions", "revenue", "value", "low", "high", "n", "se", "method",
    ]  # fmt: skip
    assert empty.dtypes.equals(attribution(stream, **options).dtypes)
    lost = attribution(stream.of_customers(["bob"]), within_days=None, **options)
    assert (lost["conversions"] == 0).all()
    assert lost[["value", "low", "high"]].isna().all(axis=None)
    assert set(lost["method"]) == {"no conversions"}
    single = attribution(stream.of_customers(["ann"]), **options)
    assert (single["value"] == 1).all()
    assert single[["low", "high"]].isna().all(axis=None)
    assert set(single["method"]) == {"no interval from one customer"}
    assert set(attribution(stream, repeats=0, **options)["n"]) == {1}


def test_wrong_arguments_are_named(log, table):
    stream = journey_stream(log("ann ad 0, ann order 1"))
    with pytest.raises(ParameterError, match="did you mean 'markov'"):
        attribution(stream, goal="order", models=["markoff"])
    with pytest.raises(ParameterError, match="at least one"):
        attribution(stream, goal="order", models=[])
    with pytest.raises(ParameterError, match="half_life_days must be more than 0, got -1"):
        attribution(stream, goal="order", half_life_days=-1)
    with pytest.raises(ParameterError, match="repeats must be 0 or more, got -1"):
        attribution(stream, goal="order", repeats=-1)
    with pytest.raises(ParameterError, match="no times"):
        attribution_of_paths(table, models=["time_decay"])


def test_models_side_by_side(published):
    found = attribution_table(published)
    assert found.columns.tolist() == [
        "channel",
        *[m for m in MODELS if m != "time_decay"],
        "spread",
    ]
    assert found["channel"].tolist()[:3] == ["alpha", "iota", "eta"]
    alpha = found.iloc[0]
    # 8,447 of 19,785 by the last touch, 5,344.95 by the chain.
    assert alpha["last"] == pytest.approx(8447 / 19_785)
    assert alpha["spread"] == pytest.approx((8447 - 5344.947682) / 19_785)


def test_how_far_the_models_disagree_in_words(published):
    told = attribution_disagreement(published).replace("\xa0", " ")
    assert told == (
        "The models differ most on alpha, by 15.7 points: last credits it with 43 % of the "
        "conversions, markov with 27 %. Which come first depends on the model: alpha, iota and eta "
        "by first, linear, position and markov; alpha, eta and iota by last and shapley. Credit is "
        "not effect: only an experiment shows what a channel brings about."
    )


def test_words_where_models_agree_and_where_there_is_nothing(log):
    options = {"goal": "order", "by": "touchpoint", "repeats": 0}
    stream = journey_stream(log("ann ad 0, ann order 1, bob order 0, eve ad 1, eve mail 2"))
    told = attribution_disagreement(attribution(stream, **options)).replace("\xa0", " ")
    assert told == (
        "All models credit each channel with the same. 50 % of the conversions came without a "
        "touch in time. Credit is not effect: only an experiment shows what a channel brings about."
    )
    caution = "Credit is not effect: only an experiment shows what a channel brings about."
    for some in (stream.of_customers(["eve"]), stream.of_customers([])):
        assert attribution_disagreement(attribution(some, **options)) == caution
