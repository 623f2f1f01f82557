"""Facts about the sample study and the generator beside it."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import Counter
from functools import cache
from itertools import permutations
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
import yaml

from cjm_lab.sources import read_tables
from cjm_lab.study import Study, load_study

SAMPLE = Path(__file__).parents[2] / "data" / "raw" / "coffee-maker"
TYPED = ["study.yaml", "notes.csv", "findings.csv", "resources.csv", "actions.csv", "calendar.csv"]
MADE = ["survey.csv", "mentions.csv", "customers.csv", "orders.csv", "interactions.csv",
        "invitations.csv", "labels.csv", "pilot.csv", "costs.csv", "truths.json"]  # fmt: skip
MONTHS = ["2026-08", "2026-09", "2026-10"]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coffee_maker", SAMPLE / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # No __pycache__ among the raw data.
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


@pytest.fixture(scope="module")
def again(generator: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study made once more with the default arguments."""
    return generator.generate(tmp_path_factory.mktemp("again"))


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(SAMPLE)


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / name, dtype=str, keep_default_na=False)


@cache
def events() -> pd.DataFrame:
    return pd.read_parquet(SAMPLE / "events.parquet")


def values(rows: list[dict]) -> dict[str, dict[str, float]]:
    return {row["id"]: row["months"] for row in rows if row["kind"] == "value"}


@pytest.mark.parametrize("name", [*MADE, *TYPED])
def test_the_committed_files_are_what_the_default_arguments_make(again: Path, name: str) -> None:
    assert (again / name).read_bytes() == (SAMPLE / name).read_bytes()


def test_the_committed_events_are_what_the_default_arguments_make(again: Path) -> None:
    # Compared as a table: the bytes of parquet also depend on the version of its library.
    pd.testing.assert_frame_equal(pd.read_parquet(again / "events.parquet"), events())


def test_another_seed_makes_other_data_about_the_same_truths(
    generator: ModuleType, again: Path, tmp_path: Path
) -> None:
    other = generator.generate(tmp_path / "other", seed=7)
    assert (other / "truths.json").read_bytes() == (again / "truths.json").read_bytes()
    for name in ("survey.csv", "mentions.csv", "events.parquet", "pilot.csv"):
        assert (other / name).read_bytes() != (again / name).read_bytes()


def test_the_command_line_passes_seed_and_effects_on(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = []
    monkeypatch.setattr(generator, "generate", lambda *given: calls.append(given))
    monkeypatch.setattr(
        "sys.argv", ["generate.py", str(tmp_path), "--seed", "7", "--pilot-ordered", "0"]
    )
    generator.main()
    assert calls == [(tmp_path, generator.Effects(pilot_ordered=0.0), 7)]


# --- What was planted ---------------------------------------------------------------------------


def test_the_truths_follow_from_the_parameters(generator: ModuleType) -> None:
    truths = values(generator.truths(generator.Effects()))
    august = {name: months["2026-08"] for name, months in truths.items() if "2026-08" in months}
    assert august["valence_payment"] == pytest.approx(0.6 - 1.6)
    assert august["valence_payment_first_time"] == pytest.approx(-1.0 - 0.59 * 0.9)
    assert august["valence_payment_office"] == pytest.approx(-1.0 + 0.41 * 0.9)
    assert august["drop_off_payment"] == pytest.approx(0.42)
    assert august["drop_off_payment_first_time"] == pytest.approx(0.42 + 0.59 * 0.2)
    assert august["conversion"] == pytest.approx(0.8 * 0.8 * 0.58)
    assert august["negative_share"] == pytest.approx(0.25 + 0.20 * 0.45)
    assert august["nps"] == pytest.approx(40 - 26)
    assert truths["pilot_difference_ordered"] == {"2026-09": 0.1, "2026-10": 0.1}
    assert august["response_share_Response rate"] == 0.35
    assert august["partial_share"] == 0.06
    # of those who name a reason at all: each is named independently of the others
    named = 1 - 0.55 * 0.65 * 0.70 * 0.75 * 0.80
    assert august["reason_share_Price"] == pytest.approx(0.35 / named)
    # Kano: reverse and questionable answers don't count
    assert august["kano_better_delivery_Delivery window"] == pytest.approx(0.70 / 0.96)
    assert august["kano_worse_payment_Card form kept on error"] == pytest.approx(-0.75 / 0.96)
    # on 12 % of the visits: a phone instead of a desktop or tablet, a desktop instead of a phone
    phones = 0.41 * 0.70 + 0.37 * 0.50 + 0.15 * 0.25 + 0.07 * 0.50
    desktops = 1 - phones - 0.06
    assert august["device_share_phone"] == pytest.approx(0.88 * phones + 0.12 * (desktops + 0.06))
    assert august["device_share_desktop"] == pytest.approx(0.88 * desktops + 0.12 * phones)
    assert august["device_share_tablet"] == pytest.approx(0.88 * 0.06)
    # 150 euros a day for 35 % and 45 euros a day for 40 % of 6,000 customers in 92 days
    assert august["cost_per_customer_advert"] == pytest.approx(150 * 92 / 2100)
    assert august["cost_per_customer_search"] == pytest.approx(45 * 92 / 2400)
    # every sixth contact is about the payment
    assert august["complaint_share"] == pytest.approx(0.25 + 0.30 / 6)


@pytest.mark.parametrize(
    "difference", ["response_share_difference", "reward_difference", "early_late_difference"]
)
def test_neither_a_voucher_nor_haste_makes_a_difference(
    generator: ModuleType, difference: str
) -> None:
    truths = values(generator.truths(generator.Effects()))
    assert set(truths[difference].values()) == {0.0}


def test_the_margins_are_the_shares_that_respondents_are_drawn_with(
    generator: ModuleType, study: Study
) -> None:
    shares = yaml.safe_load((SAMPLE / "material.yaml").read_text(encoding="utf-8"))["shares"]
    first = generator.EXPERIENCE["first"]
    expected = {
        age: first * shares["age_first"][age] + (1 - first) * shares["age"][age]
        for age in shares["age"]
    }
    assert study.sources[0].margins == {"age_group": pytest.approx(expected)}  # type: ignore[union-attr]


def test_only_the_delivery_changes_and_only_in_october(generator: ModuleType) -> None:
    truths = values(generator.truths(generator.Effects()))
    changed = {name for name, months in truths.items() if len(set(months.values())) > 1}
    assert changed == {"valence_delivery"}
    assert truths["valence_delivery"] == pytest.approx(
        {"2026-08": 0.3, "2026-09": 0.3, "2026-10": 0.9}
    )


def test_without_effects_nothing_differs_and_nothing_is_to_be_found(generator: ModuleType) -> None:
    rows = generator.truths(generator.Effects(*[0.0] * len(generator.Effects._fields)))
    assert {row["kind"] for row in rows} == {"value"}
    for measure, truth in [("valence", 0.6), ("drop_off", 0.2), ("negative_share", 0.25),
                           ("pilot_difference", 0.0), ("complaint_share", 0.25)]:  # fmt: skip
        months = [row["months"].values() for row in rows if row["measure"] == measure]
        assert {value for row in months for value in row} == {truth}


@pytest.mark.parametrize(
    ("effect", "truth", "month", "factor"),
    [
        ("payment_valence", "valence_payment", "2026-08", -1.0),
        ("payment_drop_off", "drop_off_payment", "2026-09", 1.0),
        ("payment_mentions", "negative_share", "2026-09", 0.20),
        ("reddit_mentions", "negative_share_channel=reddit", "2026-09", 1.0),
        ("persona_valence", "valence_payment_first_time", "2026-08", -0.59),
        ("persona_drop_off", "drop_off_payment_first_time", "2026-08", 0.59),
        ("delivery_change", "valence_delivery", "2026-10", 1.0),
        ("pilot_ordered", "pilot_difference_ordered", "2026-09", 1.0),
        ("payment_contacts", "complaint_share", "2026-09", 1 / 6),
    ],
)
def test_an_effect_moves_its_truth_by_its_size(
    generator: ModuleType, effect: str, truth: str, month: str, factor: float
) -> None:
    planted = generator.Effects()
    more = planted._replace(**{effect: getattr(planted, effect) + 0.04})
    before, after = (values(generator.truths(effects)) for effects in (planted, more))
    assert after[truth][month] - before[truth][month] == pytest.approx(0.04 * factor)


def test_a_persona_effect_leaves_the_whole_alone(generator: ModuleType) -> None:
    planted = generator.Effects()
    none = planted._replace(persona_valence=0.0, persona_drop_off=0.0)
    before, after = (values(generator.truths(effects)) for effects in (planted, none))
    for truth in ("valence_payment", "drop_off_payment", "conversion"):
        assert before[truth] == after[truth]


def test_a_campaign_that_brings_more_buyers_leaves_the_whole_alone(generator: ModuleType) -> None:
    effects = generator.Effects()
    orders, shares = generator.orders_by_campaign(effects), generator.CAMPAIGNS["advert"]
    assert orders["broken-machine"] - orders["autumn-brew"] == pytest.approx(0.12)
    whole = sum(shares[name] * orders[name] for name in shares)
    assert whole == pytest.approx(0.8**3 * 0.58)  # an advert, the shop, a basket, the payment
    none = generator.orders_by_campaign(effects._replace(campaign_orders=0.0))
    assert list(none.values()) == pytest.approx([0.8**3 * 0.58] * 2)


def test_campaigns_and_contacts_move_nothing_else(
    generator: ModuleType, again: Path, tmp_path: Path
) -> None:
    effects = generator.Effects(campaign_orders=0.0, payment_contacts=0.0)
    other = generator.generate(tmp_path / "other", effects)
    for name in {*MADE} - {"interactions.csv", "truths.json"}:
        assert (other / name).read_bytes() == (again / name).read_bytes()
    for name, column, read in (
        ("interactions.csv", "kind", pd.read_csv), ("events.parquet", "campaign", pd.read_parquet)
    ):  # fmt: skip
        before, after = read(again / name), read(other / name)
        assert not before[column].equals(after[column])
        pd.testing.assert_frame_equal(before.drop(columns=column), after.drop(columns=column))


@pytest.mark.parametrize(
    ("effect", "message"),
    [
        ({"payment_valence": 3.0}, "valence_payment must lie between -2 and 2"),
        ({"persona_drop_off": 1.0}, "drop_off_payment_first_time must lie between 0 and 1"),
        ({"campaign_orders": 0.7}, "orders of autumn-brew must lie between 0 and 1"),
        ({"payment_contacts": 0.8}, "complaints about payment must lie between 0 and 1"),
    ],
)
def test_an_effect_off_the_scale_is_refused(
    generator: ModuleType, tmp_path: Path, effect: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        generator.generate(tmp_path, generator.Effects(**effect))
    assert not list(tmp_path.iterdir())


def test_truths_json_names_places_that_the_study_declares(study: Study) -> None:
    rows = json.loads((SAMPLE / "truths.json").read_text(encoding="utf-8"))
    assert {row.get("touchpoint", "") for row in rows} <= {"", *(t.id for t in study.touchpoints)}
    assert {row.get("persona", "") for row in rows} <= {"", *(p.id for p in study.personas)}
    assert len({row["id"] for row in rows}) == len(rows)


# --- What the files hold ------------------------------------------------------------------------


def test_the_files_are_small_and_of_the_stated_length() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 6_000_000
    assert len(table("survey.csv")) == 1200
    assert len(table("mentions.csv")) == 4000
    assert len(table("customers.csv")) == 6000
    assert 55_000 < len(events()) < 65_000
    assert events()["user"].nunique() == 6000


def test_every_declared_column_is_there(study: Study) -> None:
    for source in study.sources:
        path = study.folder / source.file
        columns = list(events() if path.suffix == ".parquet" else table(source.file))
        declared = [*source.columns.values(), *getattr(source, "attributes", [])]
        assert not set(declared + list(getattr(source, "questions", {}))) - set(columns)


def test_what_was_typed_has_the_columns_of_the_tidy_tables() -> None:
    columns = {
        "labels": "mention_id label touchpoint labeler labeled_at frame_id stratum inclusion_prob",
        "notes": "note_id kind touchpoint persona text author date",
        "findings": "walk_id evaluator touchpoint question passed kind severity seconds note",
        "resources": "resource kind have need unit cost_once cost_month effort owner touchpoints "
        "measure lift_low lift_likely lift_high lift_source",
        "pilot": "customer_id arm assigned_at ordered revenue",
        "actions": "opportunity owner due state measure done",
        "calendar": "date what",
    }
    for name, expected in columns.items():
        assert set(table(f"{name}.csv").columns) == set(expected.split())


def test_touchpoints_and_personas_that_are_named_are_declared(study: Study) -> None:
    touchpoints, personas = set(study.stage_of), {persona.id for persona in study.personas}
    for name in ("labels", "notes", "findings"):
        assert set(table(f"{name}.csv")["touchpoint"]) <= touchpoints | {""}
    assert set(table("resources.csv")["touchpoints"].str.split(";").explode()) <= touchpoints
    assert set(table("notes.csv")["persona"]) <= personas | {""}
    assert set(table("actions.csv")["opportunity"]) <= set(table("resources.csv")["resource"])


def test_everything_happens_in_the_three_months_of_berlin() -> None:
    for name, column in [("survey.csv", "Submitted"), ("mentions.csv", "posted"),
                         ("customers.csv", "first_seen"), ("orders.csv", "order_date"),
                         ("interactions.csv", "opened"), ("labels.csv", "labeled_at"),
                         ("invitations.csv", "invited_at")]:  # fmt: skip
        assert set(table(name)[column].str[:7]) == set(MONTHS)
    at = events()["ts"]
    assert str(at.dt.tz) == "UTC"
    assert set(at.dt.tz_convert("Europe/Berlin").dt.strftime("%Y-%m")) == set(MONTHS)


def test_the_shops_systems_agree_with_the_event_log() -> None:
    log = events().drop_duplicates().groupby("action")["user"].agg(sorted)
    orders = table("orders.csv").groupby("type")["customer_no"].agg(sorted)
    assert orders["new"] == log["order_confirmed"]
    assert orders["repeat"] == log["reorder"]
    assert sorted(table("interactions.csv")["customer_no"]) == log["support_contact"]
    customers = table("customers.csv").set_index("customer_no")
    left = customers[customers["left_on"] != ""]
    assert (left["left_on"] >= left["first_seen"].str[:10]).all()
    linked = table("survey.csv").query("`Customer number` != ''")
    there = customers["experience"][linked["Customer number"]]
    assert (there.to_numpy() == linked["experience"].str.strip().to_numpy()).all()
    assert linked["Customer number"].is_unique


def test_a_visit_is_on_one_device_mostly_the_customers_own() -> None:
    log = events().merge(table("customers.csv"), left_on="user", right_on="customer_no")
    nowhere = log["channel"].isin(["carrier", "service"])
    assert set(log.loc[nowhere, "device_x"]) == {""}
    visits = log[~nowhere].groupby("session")[["device_x", "device_y"]].agg(["first", "nunique"])
    assert (visits.xs("nunique", axis=1, level=1) == 1).all(axis=None)
    used, own = visits["device_x"]["first"], visits["device_y"]["first"]
    assert set(used) == {"phone", "desktop", "tablet"}
    assert (used != own).mean() == pytest.approx(0.12, abs=0.006)  # 4 standard errors
    assert set(used[own == "tablet"]) == {"tablet", "phone"}


def test_a_campaign_belongs_to_the_visit_that_an_advert_or_a_search_began() -> None:
    campaigns = events().groupby("channel")["campaign"].unique().map(set)
    assert campaigns["advert"] == {"broken-machine", "autumn-brew"}
    assert campaigns["search"] == {"coffee-makers", ""}
    assert set().union(*campaigns.drop(["advert", "search"])) == {""}
    assert (events().groupby(["user", "channel"])["campaign"].nunique() == 1).all()


def test_customers_order_as_often_as_planted_for_their_campaign(generator: ModuleType) -> None:
    first = events().drop_duplicates("user").set_index("user")
    first = first[first["ts"] < "2026-10-25"]  # the others may still order
    ordered = first.index.isin(events().query("action == 'order_confirmed'")["user"])
    found = pd.Series(ordered).groupby(first["campaign"].array).agg(["mean", "size"])
    whole = 0.8**3 * 0.58
    planted = {**generator.orders_by_campaign(generator.Effects()), "coffee-makers": whole}
    for campaign, share in planted.items():
        error = (share * (1 - share) / found.loc[campaign, "size"]) ** 0.5
        assert found.loc[campaign, "mean"] == pytest.approx(share, abs=3.3 * error), campaign


def test_pages_are_paths_where_the_customer_is_on_the_web(study: Study) -> None:
    on_web = {"advert", "search", "comparison", "reviews", "basket", "payment"}
    actions = {
        event for one in study.touchpoints if one.id in on_web for event in one.events
    } | {"order_confirmed", "reorder", "recipe"}  # fmt: skip
    web = events()["action"].isin(actions)
    assert set(events().loc[~web, "page"]) == {""}
    assert events().loc[web, "page"].str.fullmatch(r"(/[a-z-]+)+").all()
    models = events()["page"].str.extract(r"^/models/([a-z-]+)")[0].dropna()
    assert set(models) == {"aroma-one", "aroma-duo", "aroma-barista", "aromamaker-pro"}
    looked_for = set(events().query("action == 'search'")["page"])
    assert {"/return-policy", "/help/delivery", "/help/payment"} <= looked_for


def test_contacts_are_of_a_kind_and_about_a_touchpoint(study: Study) -> None:
    contacts = table("interactions.csv")
    assert set(contacts["kind"]) == {"question", "request", "complaint"}
    assert set(contacts["touchpoint"]) <= set(study.stage_of)
    assert (contacts.groupby("topic")["touchpoint"].nunique() == 1).all()
    complains = contacts["kind"].eq("complaint").groupby(contacts["touchpoint"]).mean()
    assert complains.idxmax() == "payment"


def test_the_costs_of_the_paid_channels_are_found_without_an_entry(study: Study) -> None:
    assert "costs" not in {source.kind for source in study.sources}
    costs = read_tables(study)["costs"]
    months = costs["month"].dt.tz_convert(study.time_zone).dt.strftime("%Y-%m-%d")
    amounts = costs.assign(month=months).pivot(index="month", columns="channel", values="amount")
    assert amounts.to_dict("list") == {
        "advert": [31 * 150, 30 * 150, 31 * 150], "search": [31 * 45, 30 * 45, 31 * 45]
    }  # fmt: skip
    assert list(amounts.index) == [f"{month}-01" for month in MONTHS]
    paid = events()["channel"].isin(amounts.columns)
    assert (events().loc[~paid, "campaign"] == "").all()


def test_each_month_has_answers_enough_and_the_re_order_too_few() -> None:
    answers = table("survey.csv").set_index("Wave").filter(like="sat_").apply(pd.to_numeric)
    n = answers.where(answers <= 5).groupby(level=0).count()
    assert (n["sat_payment"] >= 150).all()
    assert (n.drop(columns=["sat_support", "sat_reorder"]) >= 100).all(axis=None)
    assert (n["sat_reorder"] < 30).all()


def test_a_third_of_the_invitations_is_answered_later_in_their_month() -> None:
    asked, answers = table("invitations.csv"), table("survey.csv").set_index("ResponseID")
    assert asked["wave"].value_counts().unique().tolist() == [1143]  # 400 / .35
    assert (asked["invited_at"].str[:7] == asked["wave"]).all()
    came = asked[asked["respondent_id"] != ""].set_index("respondent_id")
    assert sorted(came.index) == sorted(answers.index)
    answers = answers.loc[came.index]
    assert (answers["Customer number"] == came["customer_id"]).all()
    assert (answers["Wave"] == came["wave"]).all()
    assert (answers["Submitted"] > came["invited_at"]).all()
    customers = asked.loc[asked["customer_id"] != "", ["customer_id", "invited_at"]]
    assert customers["customer_id"].is_unique
    since = table("customers.csv").set_index("customer_no")["first_seen"]
    assert (since[customers["customer_id"]].to_numpy() <= customers["invited_at"]).all()
    assert 0.45 < (asked["reward"] == "voucher").mean() < 0.55


def test_the_last_page_is_blank_where_it_was_not_reached(generator: ModuleType) -> None:
    survey = table("survey.csv").set_index("State")
    page = survey[[*generator.TRUST, "reasons"]]
    assert (page.loc["partial"] == "").all(axis=None)
    assert set(page[list(generator.TRUST)].stack()) == {"", "1", "2", "3", "4", "5", "99"}
    reasons = page["reasons"].str.split(";").explode()
    assert set(reasons) == {"", *generator.REASONS}
    agree = page[list(generator.TRUST)].apply(pd.to_numeric).replace(99, float("nan")).corr()
    assert agree.loc["trust_promises", "trust_quality"] > 0.3
    assert agree.loc["trust_promises", "trust_hides"] < -0.3  # the item that is worded in reverse


def test_one_half_is_asked_about_features_and_the_other_what_counts() -> None:
    survey = table("survey.csv")
    kano, sets = survey.filter(regex="^with(out)?_"), survey.filter(regex=r"^(most|least)_\d$")
    assert kano.shape[1] == 6 and sets.shape[1] == 10
    halves = pd.DataFrame({"kano": kano.ne("").any(axis=1), "sets": sets.ne("").any(axis=1)})
    assert not halves.all(axis=1).any()
    assert halves.mean().between(0.45, 0.55).all()
    assert set(kano.stack()) == {
        "", "I like it", "I expect it", "I am neutral", "I can tolerate it", "I dislike it"
    }  # fmt: skip


def test_the_planted_category_of_a_feature_is_the_one_most_answer() -> None:
    survey = table("survey.csv")
    like, dislike = survey.eq("I like it"), survey.eq("I dislike it")
    between = survey.ne("") & ~like & ~dislike
    assert (like["with_delivery"] & between["without_delivery"]).sum() > 200  # attractive
    assert (between["with_card"] & dislike["without_card"]).sum() > 240  # must-be
    assert (between["with_gift"] & between["without_gift"]).sum() > 330  # indifferent


def test_the_sets_are_balanced_and_answered_with_two_of_their_items(study: Study) -> None:
    survey, questions = table("survey.csv"), study.sources[0].questions  # type: ignore[union-attr]
    sets = [questions[f"most_{number}"].options for number in range(1, 6)]
    for number, items in enumerate(sets, start=1):
        assert questions[f"least_{number}"].options == items
        most, least = survey[f"most_{number}"], survey[f"least_{number}"]
        assert {*most, *least} == {"", *items}
        assert (most != least)[most != ""].all()
    together = Counter(pair for items in sets for pair in permutations(items, 2))
    assert len(together) == 5 * 4 and set(together.values()) == {3}
    for place in zip(*sets, strict=True):
        assert len(set(place)) == 5  # each item once in each place
    most, least = (survey.filter(like=side).stack().value_counts() for side in ("most_", "least_"))
    net = (most - least).drop("").sort_values(ascending=False)
    assert list(net.index) == ["Taste", "Easy to clean", "Price", "Quiet", "Looks"]  # as planted


def test_labels_are_a_sample_of_each_months_frame() -> None:
    mentions, labels = table("mentions.csv"), table("labels.csv")
    english = mentions[mentions["language"] == "en"].assign(month=mentions["posted"].str[:7])
    english["same"] = english["body"].str.casefold().str.split().str.join(" ")
    frame = english.drop_duplicates(["month", "same"]).set_index("id")["month"]
    assert not labels.duplicated(["mention_id", "labeler"]).any()
    assert labels["labeler"].nunique() == 2
    assert (frame[labels["mention_id"]].to_numpy() == labels["frame_id"].to_numpy()).all()
    for month, drawn in labels.groupby("frame_id"):
        assert drawn["mention_id"].nunique() == 220
        assert drawn["inclusion_prob"].astype(float).unique() == pytest.approx(
            220 / (frame == month).sum()
        )
    assert (labels["label"] == "undecided").mean() < 0.02


def test_a_text_has_keywords_of_its_own_touchpoint_and_of_no_other(study: Study) -> None:
    words = yaml.safe_load((SAMPLE / "material.yaml").read_text(encoding="utf-8"))
    keyword = {
        touchpoint.id: re.compile(rf"\b({'|'.join(touchpoint.keywords)})\b", re.IGNORECASE)
        for touchpoint in study.touchpoints
    }

    def touched(text: str) -> set[str]:
        return {name for name, pattern in keyword.items() if pattern.search(text)}

    for language in ("mentions", "german"):
        for topic, tones in words[language].items():
            for text in [text for texts in tones.values() for text in texts]:
                assert touched(text) == ({topic} - {"general"}), text
    tails = [text for texts in words["tails"].values() for text in texts]
    for text in [*words["openers"], *tails, *words["private"]]:
        assert not touched(text), text


def test_what_looks_private_is_made_up() -> None:
    text = " ".join([*table("mentions.csv")["body"], *table("survey.csv")["comment"]])
    text += " ".join(table("customers.csv")["email"])
    assert {domain.lower() for domain in re.findall(r"@[\w.]+\.(\w+\.\w+)", text)} <= {
        "example.org"
    }
    assert all(name.endswith("example.org") for name in re.findall(r"\w@([\w.]+\w)", text.lower()))
    cards = {re.sub(r"\D", "", card) for card in re.findall(r"(?:\d{4}[ -]){3}\d{4}", text)}
    assert cards == {"4111111111111111", "5555555555554444"}


def test_the_pilot_is_a_cohort_of_its_own_with_equal_arms() -> None:
    pilot = table("pilot.csv")
    assert pilot["arm"].value_counts().to_dict() == {"control": 1500, "treatment": 1500}
    assert not set(pilot["customer_id"]) & set(table("customers.csv")["customer_no"])
    assert set(pilot["assigned_at"].str[:7]) == {"2026-09"}
    assert set(pilot["ordered"]) == {"0", "1"}


def test_the_walkthrough_asks_each_evaluator_four_questions_at_eight_touchpoints() -> None:
    findings = table("findings.csv")
    assert findings.groupby("evaluator").size().to_dict() == {
        "Nele Weber": 32, "Tobi Okafor": 32, "Marta Haas": 32
    }  # fmt: skip
    severity = pd.to_numeric(findings["severity"])
    assert (severity.isna() == (findings["passed"] == "True")).all()
    assert severity.groupby(findings["touchpoint"]).max().idxmax() == "payment"
