"""Make the data of the sample study: buying and living with a coffee maker.

Six thousand customers meet the brand Aroma between 1 August and 31 October 2026. They see an advert
or search, compare, read reviews, fill a basket, pay, wait for the parcel, set the machine up, taste
the first cup, ask for support, re-order. What is true of them is planted here (`Effects`), so that
whoever reads the data can check what they find against truths.json:

* the payment hurts: it is rated lowest, and more people give up there than anywhere else,
* it hurts first-time buyers most,
* complaints about it are a large part of what people write, and of why they contact the service,
* from October on a two-hour delivery window makes the delivery better; nothing else ever changes,
* one campaign brings customers who order more often than those of the other one,
* a pilot in September shows that keeping the card form on error lets more people order,
* a third of those invited to the survey answer it, whether a voucher is promised or not,
* a delivery window delights, a card form that is not kept annoys, gift wrapping does neither, and
  what counts most in a machine is the taste.

Customers come on their own device, now and then on another, and the brand pays for adverts and
search, the same every day: which devices are used and what a customer costs follows from that.

The truths are computed from the parameters, never from the data drawn. Every effect may be set to
zero; then there is nothing to find. Only uniform random numbers are drawn, each table has a stream
of its own, and nothing asks the clock: the same seed gives the same bytes.

Beside this file: material.yaml holds the words and shares that are drawn from; study.yaml,
notes.csv, findings.csv, resources.csv, actions.csv and calendar.csv are typed by hand; the rest
is made here.

    python generate.py                      # this folder, as committed
    python generate.py /tmp/flat --seed 7 --payment-valence 0 --delivery-change 0
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from itertools import permutations
from math import comb, exp, inf, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from scipy.special import ndtr, ndtri

Array = npt.NDArray[Any]
Words = Mapping[str, Any]

HERE = Path(__file__).parent
SEED = 20260801
MONTHS = ["2026-08", "2026-09", "2026-10"]

# Nobody acts between 23:00 and 7:00: times are drawn on an axis of waking seconds, 16 hours a day.
# That also keeps clear of the hour that the end of summer time repeats.
MINUTE, HOUR = 60, 3600
DAY = 16 * HOUR
DAYS = [31, 30, 31]
MONTH_ENDS = np.cumsum(DAYS) * DAY
MONTH_STARTS, END = MONTH_ENDS - np.array(DAYS) * DAY, sum(DAYS) * DAY

CUSTOMERS, ANSWERS_A_MONTH, MENTIONS, LABELS_A_MONTH, PILOT_ARM = 6000, 400, 4000, 220, 1500

#: Who the customers are, by their experience; those who buy a gift are no declared persona.
EXPERIENCE = {"first": 0.41, "replacing": 0.37, "office": 0.15, "gift": 0.07}
PERSONAS = {"first_time": "first", "upgrader": "replacing", "office": "office"}
CHANNELS = {"advert": 0.35, "search": 0.40, "direct": 0.25}

#: What customers go online with: phones by experience, tablets all alike, the others desktops. On
#: some visits it is another device.
PHONES = {"first": 0.70, "replacing": 0.50, "office": 0.25, "gift": 0.50}
TABLETS = 0.06
OTHER = {"phone": "desktop", "desktop": "phone", "tablet": "phone"}
OTHER_DEVICE = 0.12

#: The campaigns of the paid channels ("" = found without), and what a channel costs a day in euros.
CAMPAIGNS = {
    "advert": {"broken-machine": 0.45, "autumn-brew": 0.55},
    "search": {"coffee-makers": 0.60, "": 0.40},
}  # fmt: skip
COST_A_DAY = {"advert": 150.0, "search": 45.0}

#: What the service is contacted about, each as often as another, and the touchpoint it belongs to;
#: the share of contacts that complain, and what the others are.
CONTACTS = {
    "leaking": "first_cup", "descaling": "first_cup", "noise": "first_cup",
    "missing part": "setup", "payment question": "payment", "invoice": "confirmation",
}  # fmt: skip
COMPLAINTS = 0.25
CALM = {"question": 0.65, "request": 0.35}

#: Mean satisfaction from -2 to +2: this much everywhere, plus what makes a journey uneven. What the
#: payment departs by is an effect of its own.
VALENCE = 0.6
UNEVEN = {
    "advert": -0.2, "search": 0.0, "comparison": 0.3, "reviews": 0.0, "basket": -0.3,
    "payment": 0.0, "confirmation": 0.1, "delivery": -0.3, "setup": -0.3, "first_cup": 0.6,
    "support": -0.3, "reorder": 0.1,
}  # fmt: skip
RIVAL = {"comparison": 0.0, "payment": 0.2, "delivery": 0.3, "first_cup": -0.2}
IMPORTANCE = {"comparison": 6.0, "payment": 8.5, "delivery": 7.5, "first_cup": 9.0}

#: The share that goes no further, at each step to the order and at those after it.
DROP_OFF = 0.20
DROP_OFF_AFTER = {"confirmation": 0.02, "delivery": 0.08, "setup": 0.05}
SEARCHES_AFTER_ADVERT, READS_REVIEWS = 0.35, 0.50

#: What mentions are about ("" = nothing in particular), and the share of them that complains.
TOPICS = {
    "": 0.29, "payment": 0.20, "delivery": 0.14, "first_cup": 0.11, "setup": 0.10, "support": 0.04,
    "comparison": 0.03, "reviews": 0.03, "advert": 0.02, "reorder": 0.02, "search": 0.01,
    "basket": 0.005, "confirmation": 0.005,
}  # fmt: skip
NEGATIVE = 0.25

#: Who labels mentions, the share that both label, and how often the second one picks at random.
LABELERS = ["A. Kaya", "J. Moser"]
LABELED_TWICE, UNLIKE = 0.20, 0.15

#: Chance that a customer closes the account, a day; one may go on as a guest.
LEAVING_A_DAY = 0.001

#: The share of invitations to the survey that is answered, of those that promise a voucher, and of
#: answers that are broken off before the last page. Nothing depends on any of them.
ANSWERS, REWARDED, BROKEN_OFF = 0.35, 0.50, 0.06

#: Mean agreement from 1 to 5 with what the last page says about the brand; the last item is worded
#: the other way round. And how likely each reason for an Aroma is, independent of the others.
TRUST = {"trust_promises": 3.8, "trust_quality": 4.0, "trust_hides": 2.3}
REASONS = {
    "Taste of the coffee": 0.45, "Price": 0.35, "Easy to clean": 0.30, "Design": 0.25,
    "A friend's advice": 0.20,
}  # fmt: skip

#: Half of the respondents say how they feel with each feature and without it: the share that finds
#: it attractive, one-dimensional, must-be, indifferent, reverse or answers what makes no sense; the
#: touchpoint; and the two answers that make each category ("" = any in between).
FEATURES = {
    "Delivery window": {"A": 0.40, "O": 0.30, "M": 0.08, "I": 0.18, "R": 0.02, "Q": 0.02},
    "Card form kept on error": {"A": 0.05, "O": 0.25, "M": 0.50, "I": 0.16, "R": 0.01, "Q": 0.03},
    "Gift wrapping": {"A": 0.20, "O": 0.04, "M": 0.02, "I": 0.65, "R": 0.08, "Q": 0.01},
}
FEATURE_AT = {
    "Delivery window": "delivery", "Card form kept on error": "payment", "Gift wrapping": "basket",
}  # fmt: skip
LIKES, DISLIKES = "I like it", "I dislike it"
BETWEEN = {"I expect it": 0.35, "I am neutral": 0.40, "I can tolerate it": 0.25}
KANO = {
    "A": (LIKES, ""), "O": (LIKES, DISLIKES), "M": ("", DISLIKES), "I": ("", ""),
    "R": (DISLIKES, LIKES), "Q": (LIKES, LIKES),
}  # fmt: skip

#: The other half names what counts most and least in a machine, in five sets. The number says how
#: much: a pair is named in proportion to exp(most - least). Each set leaves another item out, so
#: that each stands in four sets, once in each place, and with each other item in three.
COUNTS = {"Taste": 0.9, "Easy to clean": 0.4, "Price": 0.1, "Quiet": -0.4, "Looks": -1.0}
SETS = [[list(COUNTS)[(left_out + k) % 5] for k in range(1, 5)] for left_out in range(5)]

#: How likely each answer from 0 to 10 to "Would you recommend us?" is.
RECOMMEND = [0.015, 0.01, 0.015, 0.025, 0.035, 0.075, 0.085, 0.15, 0.19, 0.22, 0.18]


class Effects(NamedTuple):
    """What is planted; with all of them zero no touchpoint, persona, month or arm differs."""

    uneven: float = 1.0  # factor on UNEVEN, how much the touchpoints differ in satisfaction
    payment_valence: float = 1.6  # how much lower the payment is rated than VALENCE
    payment_drop_off: float = 0.22  # how many more than DROP_OFF give up at the payment
    payment_mentions: float = 0.45  # how many more than NEGATIVE of its mentions complain
    reddit_mentions: float = 0.22  # how many more of the mentions on Reddit complain than of all
    persona_valence: float = 0.9  # how much lower than others first-time buyers rate the payment
    persona_drop_off: float = 0.20  # how many more of them than of others give up there
    delivery_change: float = 0.6  # what the delivery window adds to the delivery's valence
    pilot_ordered: float = 0.10  # how many more order where the card form is kept
    payment_contacts: float = 0.30  # how many more than COMPLAINTS of its contacts complain
    campaign_orders: float = 0.12  # how many more whose machine broke order than of other adverts


# --- What the effects make true -----------------------------------------------------------------


def valence(effects: Effects, touchpoint: str) -> Array:
    """Return the mean valence of all who rate a touchpoint, one number a month."""
    if touchpoint == "payment":
        return np.full(3, VALENCE - effects.payment_valence)
    change = effects.delivery_change if touchpoint == "delivery" else 0.0
    return VALENCE + effects.uneven * UNEVEN[touchpoint] + np.array([0.0, 0.0, change])


def persona_shift(gap: float) -> dict[str, float]:
    """Return how far each kind of customer lies from the mean if first-timers differ by `gap`.

    The shifts average to zero over `EXPERIENCE`: an effect on a persona leaves the whole alone.
    """
    return {kind: gap * ((kind == "first") - EXPERIENCE["first"]) for kind in EXPERIENCE}


def devices() -> dict[str, float]:
    """Return the share of visits on each device: mostly the customer's own."""
    phones = sum(share * PHONES[kind] for kind, share in EXPERIENCE.items())
    own = {"phone": phones, "desktop": 1 - phones - TABLETS, "tablet": TABLETS}
    borrowed = {name: sum(own[mine] for mine in own if OTHER[mine] == name) for name in own}
    return {name: own[name] + OTHER_DEVICE * (borrowed[name] - own[name]) for name in own}


def orders_by_campaign(effects: Effects) -> dict[str, float]:
    """Return the share of those who see an advert of a campaign that orders.

    Over both campaigns it is what it is without the effect.
    """
    whole = (1 - DROP_OFF) ** 3 * (1 - DROP_OFF - effects.payment_drop_off)
    better, other = CAMPAIGNS["advert"]
    share = CAMPAIGNS["advert"][better]
    return {
        better: whole + effects.campaign_orders * (1 - share),
        other: whole - effects.campaign_orders * share,
    }


def within(name: str, values: list[float], low: float, high: float) -> None:
    """Refuse what is off its scale.

    Raises
    ------
    ValueError
        If a value is.
    """
    if not all(low <= value <= high for value in values):
        raise ValueError(f"{name} must lie between {low} and {high}, got {values}")


def truths(effects: Effects) -> list[dict[str, Any]]:
    """Return what a faithful analysis estimates, an entry a row of the ledger, and what it finds.

    Only the payment treats personas differently, so up to it their shares stay as in `EXPERIENCE`;
    in the survey they do too, because who is asked what never depends on the persona.
    """
    rows: list[dict[str, Any]] = []

    def add(
        lane: str, measure: str, truth: Array | float, months: list[str] = MONTHS, **about: str
    ) -> None:
        name = "_".join([measure, *about.values()])
        by_month = np.broadcast_to(truth, len(months)).round(9).tolist()
        scales = {
            "valence": (-2, 2), "nps": (-100, 100), "kano_worse": (-1, 0),
            "cost_per_customer": (0, inf),
        }  # fmt: skip
        low, high = scales.get(measure, (0, 1))
        within(name, by_month, low, high)
        row = {"touchpoint": "", "persona": "", "subject": "us"} | about
        row |= {"kind": "value", "months": dict(zip(months, by_month, strict=True))}
        rows.append({"id": name, "lane": lane, "measure": measure} | row)

    for touchpoint in UNEVEN:
        add("emotion", "valence", valence(effects, touchpoint), touchpoint=touchpoint)
    gives_up = DROP_OFF + effects.payment_drop_off
    add("drop_off", "drop_off", DROP_OFF, touchpoint="basket")
    add("drop_off", "drop_off", gives_up, touchpoint="payment")
    add("base", "conversion", (1 - DROP_OFF) ** 2 * (1 - gives_up))
    for persona, kind in PERSONAS.items():
        rates = valence(effects, "payment") + persona_shift(-effects.persona_valence)[kind]
        loses = gives_up + persona_shift(effects.persona_drop_off)[kind]
        add("emotion", "valence", rates, touchpoint="payment", persona=persona)
        add("drop_off", "drop_off", loses, touchpoint="payment", persona=persona)
    complains = NEGATIVE + TOPICS["payment"] * effects.payment_mentions
    add("sentiment", "negative_share", complains)
    reddit = {"segment": "channel=reddit"}
    add("sentiment", "negative_share", complains + effects.reddit_mentions, **reddit)
    add("satisfaction", "nps", 100 * (sum(RECOMMEND[9:]) - sum(RECOMMEND[:7])))
    add("pilot", "pilot_difference", effects.pilot_ordered, MONTHS[1:], label="ordered")
    add("answered", "response_share", ANSWERS, label="Response rate")
    for measure in ("response_share_difference", "early_late_difference", "reward_difference"):
        add("answered", measure, 0.0)
    add("answered", "partial_share", BROKEN_OFF)
    for device, used in devices().items():
        add("acquisition", "device_share", used, label=device)
    for channel, cost in COST_A_DAY.items():
        customers_a_day = CUSTOMERS * CHANNELS[channel] / sum(DAYS)
        add("acquisition", "cost_per_customer", cost / customers_a_day, label=channel)
    complaints = COMPLAINTS + effects.payment_contacts / len(CONTACTS)
    add("contacts", "complaint_share", complaints)
    any_reason = 1 - np.prod([1 - chosen for chosen in REASONS.values()])  # who has none is blank
    for reason, chosen in REASONS.items():
        add("choice", "reason_share", chosen / any_reason, label=reason)
    for feature, share in FEATURES.items():
        about = {"touchpoint": FEATURE_AT[feature], "label": feature}
        a, o, m, i = (share[category] for category in "AOMI")
        add("feature", "kano_better", (a + o) / (a + o + m + i), **about)
        add("feature", "kano_worse", -(o + m) / (a + o + m + i), **about)

    planted = {f"orders of {name}": x for name, x in orders_by_campaign(effects).items()}
    planted["complaints about payment"] = COMPLAINTS + effects.payment_contacts
    for name, chance in planted.items():
        within(name, [chance], 0, 1)

    found: dict[str, tuple[float, dict[str, str]]] = {
        "worst_touchpoint": (effects.payment_valence, {"touchpoint": "payment"}),
        "persona_hurt": (
            effects.persona_valence,
            {"touchpoint": "payment", "persona": "first_time"},
        ),
        "change": (
            effects.delivery_change,
            {"lane": "emotion", "measure": "valence", "touchpoint": "delivery", "month": MONTHS[2]},
        ),
        "pilot": (
            effects.pilot_ordered,
            {"lane": "pilot", "measure": "pilot_difference", "label": "ordered"},
        ),
        "campaign": (
            effects.campaign_orders,
            {"lane": "acquisition", "label": next(iter(CAMPAIGNS["advert"]))},
        ),
        "contacts": (
            effects.payment_contacts,
            {"lane": "contacts", "measure": "complaint_share", "touchpoint": "payment"},
        ),
    }
    return rows + [
        {"id": name, "kind": "found"} | about | {"size": size}
        for name, (size, about) in found.items()
        if size
    ]


# --- Drawing ------------------------------------------------------------------------------------


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of one table: what happens in another cannot shift it."""
    return np.random.default_rng([seed, *name.encode()])


def pick(u: Array, options: Mapping[Any, float] | list[Any]) -> Array:
    """Return one option a uniform number: by their shares, or each as likely as another."""
    shares = dict.fromkeys(options, 1.0) if isinstance(options, list) else options
    bounds = np.cumsum(list(shares.values()))[:-1] / sum(shares.values())
    return np.array(list(shares), dtype=object)[np.searchsorted(bounds, u, side="right")]


def scale(p: Array | float, top: int) -> Array:
    """Return how likely the answers 0 to `top` are: binomial, so that their mean is `top * p`."""
    k = np.arange(top + 1)
    p = np.asarray(p, dtype=float)[..., None]
    return np.array([comb(top, i) for i in range(top + 1)]) * p**k * (1 - p) ** (top - k)


def answer(u: Array, mean: Array | float, low: int, high: int) -> Array:
    """Return an answer between `low` and `high` a uniform number, with that mean."""
    top = high - low
    chances = scale(np.broadcast_to((np.asarray(mean) - low) / top, len(u)), top)
    return low + (u[:, None] >= chances.cumsum(axis=1)[:, :-1]).sum(axis=1)


def local(waking: Array | pd.Series) -> pd.Series:
    """Return waking seconds as local times; what lies after the end has not happened."""
    seconds = pd.Series(np.floor(np.where(waking < END, waking, np.nan)))
    clock = seconds // DAY * 24 * HOUR + 7 * HOUR + seconds % DAY
    return (pd.Timestamp("2026-08-01") + pd.to_timedelta(clock, unit="s")).astype("datetime64[s]")


def month_of(waking: Array | pd.Series) -> Array:
    """Return the month, 0 to 2, that waking seconds lie in."""
    return np.searchsorted(MONTH_ENDS, waking, side="right")


def numbered(letter: str, n: int, digits: int) -> list[str]:
    """Return the names of n things: letter and number."""
    return [f"{letter}{number:0{digits}d}" for number in range(1, n + 1)]


# --- The customers and what they do -------------------------------------------------------------


def people(rng: np.random.Generator, experience: Array, words: Words) -> pd.DataFrame:
    """Return who the customers are: what goes with their experience, and what does not."""
    shares = words["shares"]
    u = rng.random((5, len(experience)))
    first, office = experience == "first", experience == "office"
    on_phone = pd.Series(experience).map(PHONES).to_numpy(float)
    device = np.where(u[0] < on_phone, "phone", np.where(u[0] < 1 - TABLETS, "desktop", "tablet"))
    columns = {
        "experience": experience,
        "household": np.where(office, "office", pick(u[1], shares["household"])),
        "age_group": np.where(first, pick(u[2], shares["age_first"]), pick(u[2], shares["age"])),
        "city": pick(u[3], shares["city"]),
        "device": device,
        "product": np.where(
            office, pick(u[4], shares["machine_office"]), pick(u[4], shares["machine"])
        ),
    }
    return pd.DataFrame(columns).astype(str)


def journeys(
    rng: np.random.Generator, effects: Effects, words: Words
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the customers, and when each did what in waking seconds (missing = never, or later).

    From the first comparison to the order it takes five days at the most, so that the study's
    window of seven days cuts nothing off.
    """
    n = CUSTOMERS

    def then(moment: Array, share: Array | float, soonest: float, latest: float) -> Array:
        """Go on from a moment with a probability, after a while that is rather short than long."""
        goes_on = rng.random(n) < share
        return np.where(goes_on, moment + soonest + (latest - soonest) * rng.random(n) ** 3, np.nan)

    def last(*moments: Array) -> Array:
        return np.fmax.reduce(moments)

    start = np.sort(rng.random(n)) * END
    channel, experience = pick(rng.random(n), CHANNELS), pick(rng.random(n), EXPERIENCE)
    shift = pd.Series(experience).map(persona_shift(effects.persona_drop_off)).to_numpy(float)
    pays = rng.random(n) >= DROP_OFF + effects.payment_drop_off + shift
    on = 1 - DROP_OFF
    advert = np.where(channel == "advert", start, np.nan)
    searched = then(advert, SEARCHES_AFTER_ADVERT, MINUTE, 20 * MINUTE)
    search = np.where(channel == "search", start, searched)
    arrived = then(last(advert, search), on, MINUTE, 3 * HOUR)
    compare = np.where(channel == "direct", start, arrived)
    reviews = then(compare, READS_REVIEWS, 2 * MINUTE, 4 * HOUR)
    compare_again = then(reviews, 0.4, MINUTE, HOUR)
    basket = then(last(compare, reviews, compare_again), on, MINUTE, DAY)
    payment = then(basket, on, MINUTE, 1.2 * DAY)
    typed_twice = then(payment, np.where(pays, 0.15, 0.40), MINUTE, 10 * MINUTE)
    came_back = then(payment, np.where(pays, 0.10, 0.0), 1.1 * DAY, 2.2 * DAY)
    order = then(last(payment, typed_twice, came_back), pays, 30, 5 * MINUTE)
    delivered = then(order, 1 - DROP_OFF_AFTER["confirmation"], DAY, 4 * DAY)
    set_up = then(delivered, 1 - DROP_OFF_AFTER["delivery"], 10 * MINUTE, 2 * DAY)
    brewed = then(set_up, 1 - DROP_OFF_AFTER["setup"], 5 * MINUTE, DAY)
    contact, reorder = then(brewed, 0.22, HOUR, 20 * DAY), then(brewed, 0.5, 14 * DAY, 45 * DAY)
    times = pd.DataFrame({
        "ad_click": advert, "search": search, "compare": compare, "read_reviews": reviews,
        "compare again": compare_again, "add_to_basket": basket, "start_payment": payment,
        "start_payment again": typed_twice, "start_payment later": came_back,
        "order_confirmed": order, "delivered": delivered, "set_up": set_up, "first_brew": brewed,
        "support_contact": contact, "reorder": reorder,
    })  # fmt: skip
    who = people(rng, experience, words).assign(
        start=start, channel=channel, customer=numbered("", n, 5), orders=~np.isnan(order)
    )
    return who, times.where(times < END)


def campaigns(rng: np.random.Generator, effects: Effects, who: pd.DataFrame) -> Array:
    """Return the campaign through which each customer first came, "" without one.

    By Bayes' rule from who orders, so that each campaign keeps its share and has its conversion.
    """
    u = rng.random(len(who))
    came = np.full(len(who), "", dtype=object)
    search, advert = (who["channel"].eq(channel).to_numpy() for channel in ("search", "advert"))
    came[search] = pick(u[search], CAMPAIGNS["search"])
    shares, chance = CAMPAIGNS["advert"], orders_by_campaign(effects)
    for group, orders in ((advert & who["orders"], True), (advert & ~who["orders"], False)):
        own = {
            name: p * (chance[name] if orders else 1 - chance[name]) for name, p in shares.items()
        }
        came[group] = pick(u[group], own)
    return came


def log(
    rng: np.random.Generator,
    who: pd.DataFrame,
    times: pd.DataFrame,
    others: np.random.Generator,
    words: Words,
) -> pd.DataFrame:
    """Return the events in the order of time: the journeys and the everyday use of the machine.

    On which visits customers are on another device is drawn from `others`.
    """
    path = times.melt(ignore_index=False, var_name="action", value_name="at").dropna()
    path["action"] = path["action"].str.split().str[0]
    owned = times["first_brew"].dropna()
    until = np.minimum(END, owned + 5 * DAY - 70 * DAY * np.log(1 - rng.random(len(owned))))
    a_day = 0.2 + 1.3 * rng.random(len(owned)) ** 2
    uses = owned.index.repeat((a_day * (until - owned) / DAY).astype(int))
    u = rng.random((2, len(uses)))
    use = pd.DataFrame({"action": pick(u[0], words["shares"]["use"])}, index=uses)
    use["at"] = owned[uses] + u[1] * (until[uses] - owned[uses])

    events = pd.concat([path, use]).rename_axis("row").reset_index()
    events = events.sort_values(["row", "at"], ignore_index=True)
    about = ["customer", "channel", "campaign", "device", "product"]
    events = events.join(who[about], on="row")
    pause = events.groupby("row")["at"].diff().fillna(np.inf) > 30 * MINUTE
    events["session"] = pause.cumsum().map("s{:06d}".format)
    later_visit = pause.groupby(events["row"]).cumsum() > 1
    channels = events["action"].map({name: channel for name, (_, channel) in words["log"].items()})
    visit = events["channel"].mask(later_visit, "direct")
    events["channel"] = channels.where(channels != "", visit)
    events["page"] = visited(rng.random(len(events)), events, words)
    events["campaign"] = events["campaign"].where(events["channel"].isin(CAMPAIGNS), "")
    other = others.random(pause.sum())[pause.cumsum() - 1] < OTHER_DEVICE
    events["device"] = events["device"].mask(other, events["device"].map(OTHER))
    # A parcel comes, and the service is called or written to, on no device of the shop's pages.
    events["device"] = events["device"].mask(events["channel"].isin(["carrier", "service"]), "")
    priced = events["action"].isin(["add_to_basket", "order_confirmed"])
    events["value"] = events["product"].map(words["products"]).where(priced)
    sent_twice = events[rng.random(len(events)) < 0.002]
    events = pd.concat([events, sent_twice]).sort_values(["at", "row"], ignore_index=True)
    events["ts"] = local(events["at"]).dt.tz_localize("Europe/Berlin").dt.tz_convert("UTC")
    columns = ["ts", "action", "channel", "session", "value", "page", "campaign", "device"]
    return events.rename(columns={"customer": "user"})[["user", *columns]]


def visited(u: Array, events: pd.DataFrame, words: Words) -> Array:
    """Return the page of each event by the shares of its action, "" where it is on none."""
    page = np.full(len(events), "", dtype=object)
    for action, (shares, _) in words["log"].items():
        here = events["action"].eq(action).to_numpy()
        page[here] = pick(u[here], shares)
    models = events["product"].str.lower().str.replace(" ", "-")
    return np.array([a.format(model=b) for a, b in zip(page, models, strict=True)], dtype=object)


def records(
    rng: np.random.Generator,
    who: pd.DataFrame,
    times: pd.DataFrame,
    events: pd.DataFrame,
    words: Words,
) -> dict[str, pd.DataFrame]:
    """Return customers, orders and interactions as the shop's systems hold them."""
    n = len(who)
    # The hazard is constant, so that churn is the same in every month.
    days = -np.log(1 - rng.random(n)) / LEAVING_A_DAY
    left = local(who["start"]) + pd.to_timedelta(days, unit="D")
    left = left.where(left < pd.Timestamp("2026-11-01"))
    customers = pd.DataFrame({"customer_no": who["customer"], "first_seen": local(who["start"])})
    customers["left_on"] = left.dt.strftime("%Y-%m-%d")
    customers = customers.join(who[["experience", "household", "age_group", "city", "device"]])
    customers["email"] = pick(rng.random(n), words["names"]) + who["customer"] + "@example.org"

    supplies = pick(rng.random(n), list(words["supplies"]))
    first = pd.DataFrame({"item": who["product"], "at": times["order_confirmed"], "type": "new"})
    again = pd.DataFrame({"item": supplies, "at": times["reorder"], "type": "repeat"})
    orders = pd.concat([first, again]).dropna().join(who["customer"]).sort_values("at")
    orders = orders.reset_index(drop=True).rename(columns={"customer": "customer_no"})
    orders["order_no"] = numbered("O", len(orders), 5)
    orders["order_date"] = local(orders["at"])
    orders["total_eur"] = orders["item"].map(words["products"] | words["supplies"])

    asked = times["support_contact"].dropna().sort_values()
    u = rng.random((5, n))[:, asked.index]
    replied = asked + 2 * MINUTE + 8 * HOUR * u[0] ** 3
    interactions = pd.DataFrame(
        {
            "ticket": numbered("T", len(asked), 4),
            "customer_no": who["customer"][asked.index].array,
            "channel": pick(u[3], words["shares"]["contact"]),
            "topic": pick(u[4], list(CONTACTS)),
            "opened": local(asked),
            "first_reply": local(replied),
            "solved": local((replied + 10 * MINUTE + 3 * DAY * u[1] ** 3).where(u[2] < 0.85)),
        }
    )
    shown = ["order_no", "customer_no", "order_date", "total_eur", "item", "type"]
    return {"customers": customers, "orders": orders[shown], "interactions": interactions}


def contact_kinds(
    rng: np.random.Generator, effects: Effects, interactions: pd.DataFrame
) -> pd.DataFrame:
    """Return the touchpoint that each contact is about, and its kind."""
    u = rng.random((2, len(interactions)))
    touchpoint = interactions["topic"].map(CONTACTS)
    complains = u[0] < COMPLAINTS + effects.payment_contacts * (touchpoint == "payment")
    kind = np.where(complains, "complaint", pick(u[1], CALM))
    return pd.DataFrame({"touchpoint": touchpoint, "kind": kind})


def costs() -> pd.DataFrame:
    """Return what the paid channels cost each month."""
    return pd.DataFrame(
        [
            {"channel": channel, "month": f"{month}-01", "amount": cost * days}
            for month, days in zip(MONTHS, DAYS, strict=True)
            for channel, cost in COST_A_DAY.items()
        ]
    )


# --- What people answer and write ---------------------------------------------------------------


def respondents(
    rng: np.random.Generator, who: pd.DataFrame, times: pd.DataFrame, words: Words
) -> pd.DataFrame:
    """Return who answers, when, and how far they had come (0 comparison .. 6 re-order).

    A respondent is a customer of that kind who came as far in that month, as long as there are any;
    the others are owners from earlier years or give no number, and stay unlinked.
    """
    n = 3 * ANSWERS_A_MONTH
    u = rng.random((7, n))
    far = {0: 0.14, 1: 0.10, 2: 0.16, 3: 0.06, 4: 0.09, 5: 0.40, 6: 0.05}
    asked = pd.DataFrame({"month": np.repeat([0, 1, 2], ANSWERS_A_MONTH)})
    asked["experience"], asked["channel"] = pick(u[0], EXPERIENCE), pick(u[1], CHANNELS)
    asked["far"] = pick(u[2], far).astype(int)
    asked["reviews"] = u[3] < READS_REVIEWS
    from_advert = asked["channel"].eq("advert") & (u[4] < SEARCHES_AFTER_ADVERT)
    asked["search"] = asked["channel"].eq("search") | from_advert
    alike = list(asked.columns)

    steps = ["compare", "add_to_basket", "start_payment", "order_confirmed", "delivered",
             "first_brew", "reorder"]  # fmt: skip
    went = times[steps].notna().sum(axis=1) - 1
    # Buyers may be found at any step since the order, the others at the step where they left; who
    # never compared (-1) has no moment below and drops out.
    since_order = 3 + np.floor(rng.random(len(who)) * (went - 2))
    found = since_order.where(went >= 3, went).astype(int)
    pool = who[["customer", "experience", "channel", "device", "household", "age_group"]].assign(
        far=found,
        moment=times[steps].to_numpy()[np.arange(len(who)), found],
        reviews=times["read_reviews"].notna(),
        search=times["search"].notna(),
        order=rng.random(len(who)),
    )
    pool = pool[pool["moment"].notna()].sort_values("order").drop(columns="order")
    pool["month"] = month_of(pool["moment"])
    pool["turn"] = pool.groupby(alike).cumcount()
    asked["turn"] = asked.groupby(alike).cumcount().where(u[5] < 0.85, -1)
    asked = asked.merge(pool, on=[*alike, "turn"], how="left")
    asked = asked.fillna(people(rng, asked["experience"].to_numpy(), words))
    opens = asked["moment"].fillna(pd.Series(MONTH_STARTS[asked["month"]]))
    closes = np.minimum(MONTH_ENDS[asked["month"]], (asked["moment"] + 5 * DAY).fillna(END))
    asked["at"] = opens + u[6] * (closes - opens)
    return asked.sort_values("at", ignore_index=True)


def survey(
    rng: np.random.Generator, effects: Effects, asked: pd.DataFrame, words: Words
) -> pd.DataFrame:
    """Return the survey; who is asked what, and who skips it, never depends on the persona."""
    n = len(asked)
    far, month = asked["far"], asked["month"].to_numpy()
    used = {
        "advert": asked["channel"].eq("advert"),
        "search": asked["search"],
        "reviews": asked["reviews"],
        "support": (far >= 5) & (rng.random(n) < 0.3),
    }
    since = {"comparison": 0, "basket": 1, "payment": 2, "confirmation": 3, "delivery": 4,
             "setup": 5, "first_cup": 5, "reorder": 6}  # fmt: skip
    used |= {touchpoint: far >= step for touchpoint, step in since.items()}
    mood = ndtri(rng.random(n))

    def u() -> Array:
        """Draw uniform numbers that share a mood: one respondent's answers hang together."""
        return ndtr(0.55 * mood + sqrt(1 - 0.55**2) * ndtri(rng.random(n)))

    shift = asked["experience"].map(persona_shift(-effects.persona_valence)).to_numpy(float)
    rated = pd.DataFrame(index=asked.index)
    for touchpoint in UNEVEN:
        mean = valence(effects, touchpoint)[month] + shift * (touchpoint == "payment")
        rated[touchpoint] = pd.Series(answer(u(), 3 + mean, 1, 5)).where(used[touchpoint])
    numbers = rated.add_prefix("sat_")
    knows_rival = rng.random(n) < 0.4
    for touchpoint, better in RIVAL.items():
        rates = answer(u(), 3 + VALENCE + effects.uneven * better, 1, 5)
        numbers[f"brewbest_{touchpoint}"] = pd.Series(rates).where(knows_rival)
    for touchpoint, mean in IMPORTANCE.items():
        numbers[f"importance_{touchpoint}"] = answer(rng.random(n), mean, 0, 10)
    numbers["recommend"] = pick(u(), dict(enumerate(RECOMMEND))).astype(float)
    bought = pd.Series(answer(u(), 3 + VALENCE, 1, 5))
    numbers["csat_purchase"] = bought.where(used["confirmation"])
    easy = pd.Series(answer(u(), 1 + 6 * (VALENCE / 4 + 0.5), 1, 7))
    numbers["ces_support"] = easy.where(used["support"])
    skips = rng.random(numbers.shape)
    numbers = numbers.mask(skips < 0.04).mask((skips > 0.98) & numbers.notna(), 99).astype("Int64")

    bad, good = rated.min(axis=1) <= 2, rated.max(axis=1) >= 4
    topic = rated.idxmin(axis=1).where(bad, rated.idxmax(axis=1).where(good, ""))
    tone = np.select([bad, good], ["negative", "positive"], "neutral")
    comment = [
        sentence(v, words, *about, opener=False)
        for v, *about in zip(rng.random((n, 7)), topic, tone, strict=True)
    ]
    comment = with_private(rng, pd.Series(comment), words, 0.05).where(rng.random(n) < 0.45, "")
    heard = pd.Series(pick(rng.random(n), words["shares"]["heard"]))
    untidy = rng.random((2, n)) < 0.03
    front = {
        "ResponseID": numbered("R_", n, 4),
        "Submitted": local(asked["at"]),
        "Wave": np.array(MONTHS)[month],
        "Customer number": asked["customer"],
    }
    back = {
        "discovered": heard.mask(untidy[0], heard + "  "),
        "comment": comment,
        "experience": asked["experience"].mask(untidy[1], " " + asked["experience"]),
    }
    whole = pd.DataFrame(front).join(numbers).assign(**back)
    return whole.join(asked[["device", "household", "age_group"]])


def kano(rng: np.random.Generator, asked: Array) -> pd.DataFrame:
    """Return how those asked feel with and without each feature; some leave a question blank."""
    n = len(asked)
    page = pd.DataFrame(index=range(n))
    for feature, shares in FEATURES.items():
        category = pd.Series(pick(rng.random(n), shares))
        for side, which in enumerate(["with", "without"]):
            said = category.map({letter: answers[side] for letter, answers in KANO.items()})
            said = said.mask(said == "", pick(rng.random(n), BETWEEN))
            page[f"{which}_{feature.split()[0].lower()}"] = said.where(asked)
    return page.mask(rng.random(page.shape) < 0.02)


def maxdiff(rng: np.random.Generator, asked: Array) -> pd.DataFrame:
    """Return what counts most and least to those asked in each set; some leave a question blank."""
    n = len(asked)
    page = pd.DataFrame(index=range(n))
    for number, items in enumerate(SETS, start=1):
        pairs = permutations(items, 2)
        chances = {(most, least): exp(COUNTS[most] - COUNTS[least]) for most, least in pairs}
        named = pick(rng.random(n), chances)
        page[[f"most_{number}", f"least_{number}"]] = np.where(asked[:, None], named, None)
    return page.mask(rng.random(page.shape) < 0.02)


def last_page(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Return the survey's last page: trust in the brand, reasons for it, and who got that far."""
    trust = ndtri(rng.random(n))
    page = pd.DataFrame(index=range(n))
    for item, mean in TRUST.items():
        turned = -1 if item == "trust_hides" else 1
        u = ndtr(0.75 * turned * trust + sqrt(1 - 0.75**2) * ndtri(rng.random(n)))
        page[item] = answer(u, mean, 1, 5)
    skips = rng.random(page.shape)
    page = page.mask(skips < 0.03).mask(skips > 0.97, 99).astype("Int64")
    chosen = rng.random((n, len(REASONS))) < list(REASONS.values())
    names = np.array(list(REASONS), dtype=object)
    page["reasons"] = [";".join(names[mine]) for mine in chosen]
    left = rng.random(n) < BROKEN_OFF
    page.loc[left] = pd.NA
    page["State"] = np.where(left, "partial", "complete")
    return page


def invitations(
    rng: np.random.Generator, who: pd.DataFrame, asked: pd.DataFrame, answers: pd.DataFrame
) -> pd.DataFrame:
    """Return who was invited when and with what; an answer comes in the month of its invitation.

    The mailing tool knows the respondent's number where there is an answer, else the customer's.
    """
    opens = asked["moment"].fillna(pd.Series(MONTH_STARTS[asked["month"]]))
    waited = np.minimum(10 * MINUTE + 6 * DAY * rng.random(len(asked)) ** 3, asked["at"] - opens)
    came = pd.DataFrame(
        {
            "respondent_id": answers["ResponseID"],
            "customer_id": asked["customer"],
            "at": asked["at"] - waited,
            "month": asked["month"],
        }
    )
    silent = []
    rest = who[~who["customer"].isin(asked["customer"])].copy()
    rest["order"] = rng.random(len(rest))
    for month in range(3):
        pool = rest[rest["start"] < MONTH_ENDS[month] - DAY].sort_values("order")
        drawn = pool.head(round(ANSWERS_A_MONTH / ANSWERS) - ANSWERS_A_MONTH)
        rest = rest.drop(drawn.index)
        since = np.maximum(drawn["start"], MONTH_STARTS[month])
        at = since + (MONTH_ENDS[month] - since) * rng.random(len(drawn))
        silent.append(pd.DataFrame({"customer_id": drawn["customer"], "at": at, "month": month}))
    sent = pd.concat([came, *silent]).sort_values(["at", "customer_id"], ignore_index=True)
    return pd.DataFrame(
        {
            "respondent_id": sent["respondent_id"],
            "customer_id": sent["customer_id"],
            "invited_at": local(sent["at"]),
            "reward": np.where(rng.random(len(sent)) < REWARDED, "voucher", ""),
            "wave": np.array(MONTHS)[sent["month"]],
        }
    )


def sentence(
    u: Array, words: Words, topic: str, tone: str, language: str = "en", *, opener: bool = True
) -> str:
    """Return a text about a topic in a tone, made of parts that seven uniform numbers choose."""
    german = language == "de"
    pool = words["german" if german else "mentions"]
    cores = pool.get(topic or "general", pool["general"])
    ironic = tone == "negative" and opener and u[6] < 0.12
    core = _one(u[1], cores.get("sarcasm", cores[tone]) if ironic else cores[tone])
    start = _one(u[0], words["openers"]) if opener and not german else ""
    tail = "" if german else _one(u[2], words["tails"][tone])
    text = " ".join(part for part in (start, core, tail) if part)
    day, model = _one(u[4], words["days"]), _one(u[5], words["models"])
    return text.format(n=2 + int(8 * u[3]), day=day, model=model)


def _one(u: float, options: list[str]) -> str:
    return options[int(u * len(options))]


def with_private(
    rng: np.random.Generator, texts: pd.Series, words: Words, share: float
) -> pd.Series:
    """Return the texts, some with an e-mail, a phone or card number or a handle (all made up)."""
    u = rng.random((4, len(texts)))
    line, name = pick(u[0], words["private"]), pick(u[1], words["names"])
    digit = (1 + 9 * u[2]).astype(int)
    parts = [a.format(name=b, n=c) for a, b, c in zip(line, name, digit, strict=True)]
    return texts.where(u[3] >= share, texts + " " + parts)


def mentions(rng: np.random.Generator, effects: Effects, words: Words) -> pd.DataFrame:
    """Return the mentions with what they are truly about (topic, tone).

    Language, author and copies have nothing to do with what is said. No two English texts are equal
    by chance: each copy is a copy.
    """
    copies, near = MENTIONS // 25, MENTIONS // 50
    n = MENTIONS - copies - near
    u = rng.random((7, n))
    topic, language = pick(u[0], TOPICS), pick(u[1], words["shares"]["language"])
    complains = u[2] < NEGATIVE + effects.payment_mentions * (topic == "payment")
    tone = np.select([complains, u[3] < 0.35], ["negative", "neutral"], "positive")
    made = pd.DataFrame({"at": u[4] * END, "topic": topic, "tone": tone, "language": language})
    body = pd.Series("", index=made.index)
    todo = made.index
    while len(todo):
        about = zip(
            rng.random((len(todo), 7)),
            *made.loc[todo, ["topic", "tone", "language"]].T.to_numpy(),
            strict=True,
        )
        body[todo] = [sentence(v, words, *rest) for v, *rest in about]
        todo = made.index[body.duplicated() & (language == "en")]
    smile = [_one(v, words["emoji"][t]) for v, t in zip(rng.random(n), tone, strict=True)]
    body = with_private(rng, body.where(u[5] >= 0.25, body + " " + smile), words, 0.03)
    made["body"] = body.where(u[6] >= 0.02, "  " + body + " \n")

    # Others post the same again later in the month, word for word or nearly.
    again = made.iloc[(rng.random(copies + near) * n).astype(int)].reset_index(drop=True)
    until = MONTH_ENDS[month_of(again["at"])]
    again["at"] += (until - again["at"]) * rng.random(len(again))
    again["body"] = again["body"].mask(rng.random(len(again)) < 0.3, again["body"].str.lower())
    again["body"] = again["body"].where(again.index < copies, "RT: " + again["body"])
    made = pd.concat([made, again]).sort_values("at", ignore_index=True)

    u = rng.random((3, len(made)))
    author = (2200 * u[1] ** 1.5).astype(int)
    made["id"] = numbered("m", len(made), 5)
    made["posted"] = local(made["at"])
    made["platform"] = platforms(u[0], made["tone"], effects, words)
    made["username"] = [f"@{words['names'][a % len(words['names'])]}_{a}" for a in author]
    made["likes"] = (-6 * np.log(1 - u[2])).astype(int)
    made["link"] = "https://" + made["platform"].str.replace(" ", "") + ".example.org/" + made["id"]
    return made


def platforms(u: Array, tone: pd.Series, effects: Effects, words: Words) -> Array:
    """Return where each mention is posted: whoever complains is on Reddit more often than others.

    By Bayes' rule, so that each platform keeps its share and Reddit has its share of complaints.
    """
    shares = words["shares"]["platform"]
    complains = NEGATIVE + TOPICS["payment"] * effects.payment_mentions
    there = complains + effects.reddit_mentions
    found = np.empty(len(u), dtype=object)
    for group, factor in (
        (tone == "negative", there / complains),
        (tone != "negative", (1 - there) / (1 - complains)),
    ):
        reddit = shares["reddit"] * factor
        rest = (1 - reddit) / (1 - shares["reddit"])
        own = {name: reddit if name == "reddit" else p * rest for name, p in shares.items()}
        found[group] = pick(u[group], own)
    return found


def labels(rng: np.random.Generator, made: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of a random sample of each month's frame, given that month's last evening.

    The frame: the English mentions of the month, of equal texts only the first. A part of them the
    other labeler labels too, mostly alike.
    """
    frame = made[made["language"] == "en"].assign(month=lambda m: month_of(m["at"]))
    frame["folded"] = frame["body"].str.casefold().str.split().str.join(" ")
    frame = frame.drop_duplicates(["month", "folded"]).assign(order=lambda f: rng.random(len(f)))
    of_month = frame.groupby("month")["order"]
    frame["chance"] = LABELS_A_MONTH / of_month.transform("size")
    drawn = frame[of_month.rank() <= LABELS_A_MONTH]
    u = rng.random((2, len(drawn)))
    given = pd.DataFrame(
        {
            "mention_id": drawn["id"],
            "label": drawn["tone"].mask(u[0] < 0.007, "undecided"),
            "touchpoint": drawn["topic"],
            "labeler": pick(u[1], LABELERS),
            "labeled_at": local(MONTH_ENDS[drawn["month"]] - 1).array,
            "frame_id": np.array(MONTHS)[drawn["month"]],
            "stratum": "",
            "inclusion_prob": drawn["chance"],
        }
    ).reset_index(drop=True)
    u = rng.random((3, len(given)))
    twice = given[u[0] < LABELED_TWICE].copy()
    other = pd.Series(pick(u[2], ["negative", "neutral", "positive"]), index=given.index)
    twice["label"] = twice["label"].where(u[1][twice.index] >= UNLIKE, other[twice.index])
    twice["labeler"] = twice["labeler"].map(dict(zip(LABELERS, LABELERS[::-1], strict=True)))
    return pd.concat([given, twice]).sort_values(["mention_id", "labeler"], ignore_index=True)


def pilot(rng: np.random.Generator, effects: Effects, words: Words) -> pd.DataFrame:
    """Return the pilot on the shop's Austrian site: as many meet the kept card form as do not."""
    n = 2 * PILOT_ARM
    u = rng.random((4, n))
    treated = u[0].argsort().argsort() < PILOT_ARM
    ordered = u[1] < 0.50 + effects.pilot_ordered * treated
    return pd.DataFrame(
        {
            "customer_id": numbered("AT", n, 4),
            "arm": np.where(treated, "treatment", "control"),
            "assigned_at": local(MONTH_STARTS[1] + (6 + 21 * np.sort(u[2])) * DAY),
            "ordered": ordered.astype(int),
            "revenue": np.where(ordered, pick(u[3], list(words["products"].values())), 0.0),
        }
    )


# --- All of it ----------------------------------------------------------------------------------


def bring_along(folder: Path, effects: Effects) -> None:
    """Copy what the researchers typed; nobody speaks of the payment if nothing is planted there."""
    for name in ("study.yaml", "resources.csv", "actions.csv", "calendar.csv"):
        shutil.copyfile(HERE / name, folder / name)
    for name in ("notes.csv", "findings.csv"):
        typed = pd.read_csv(HERE / name, dtype=str, keep_default_na=False)
        kept = typed[(typed["touchpoint"] != "payment") | (effects.payment_valence != 0)]
        kept.to_csv(folder / name, index=False, lineterminator="\n")


def generate(folder: str | Path, effects: Effects | None = None, seed: int = SEED) -> Path:
    """Write the whole sample study into a folder.

    Parameters
    ----------
    folder
        Where the files go; it is made if it is not there. study.yaml comes along.
    effects
        What is planted; by default what the committed files hold.
    seed
        Where the random streams start.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If an effect moves a mean or a share off its scale.
    """
    folder, effects = Path(folder), effects or Effects()
    known = truths(effects)
    words = yaml.safe_load((HERE / "material.yaml").read_text(encoding="utf-8"))
    who, times = journeys(stream(seed, "journeys"), effects, words)
    who["campaign"] = campaigns(stream(seed, "campaigns"), effects, who)
    events = log(stream(seed, "events"), who, times, stream(seed, "devices"), words)
    recorded = records(stream(seed, "records"), who, times, events, words)
    kinds = contact_kinds(stream(seed, "contact kinds"), effects, recorded["interactions"])
    asked = respondents(stream(seed, "respondents"), who, times, words)
    answers = survey(stream(seed, "survey"), effects, asked, words)
    half = stream(seed, "halves").random(len(answers)) < 0.5
    pages = [
        kano(stream(seed, "kano"), half),
        maxdiff(stream(seed, "maxdiff"), ~half),
        last_page(stream(seed, "last page"), len(answers)),
    ]
    made = mentions(stream(seed, "mentions"), effects, words)
    shown = ["id", "posted", "platform", "username", "body", "language", "likes", "link"]
    tables = {
        **recorded,
        "interactions": recorded["interactions"].join(kinds),
        "costs": costs(),
        "survey": answers.join(pages),
        "invitations": invitations(stream(seed, "invitations"), who, asked, answers),
        "mentions": made[shown],
        "labels": labels(stream(seed, "labels"), made),
        "pilot": pilot(stream(seed, "pilot"), effects, words),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        day = "%Y-%m-%dT%H:%M:%S"
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", date_format=day)
    # Without pandas' own metadata the file does not change with the version of pandas.
    arrow = pa.Table.from_pandas(events, preserve_index=False).replace_schema_metadata()
    pq.write_table(arrow, folder / "events.parquet", compression="zstd")
    text = json.dumps(known, indent=1) + "\n"
    (folder / "truths.json").write_text(text, encoding="utf-8", newline="\n")
    if folder.resolve() != HERE.resolve():
        bring_along(folder, effects)
    return folder


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description="Make the data of the sample study.")
    parser.add_argument("folder", nargs="?", default=HERE, type=Path, help="where the files go")
    parser.add_argument("--seed", type=int, default=SEED)
    for name, size in Effects._field_defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=size)
    given = vars(parser.parse_args())
    folder, seed = given.pop("folder"), given.pop("seed")
    generate(folder, Effects(**given), seed)


if __name__ == "__main__":
    main()
