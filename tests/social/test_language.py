from __future__ import annotations

import time

import pandas as pd
import pytest

from cjm_lab.social.language import languages

FOREIGN = {
    "de": [
        "Mein Paket kam drei Tage zu spät an",
        "Super Service, gerne wieder!",
        "Warum geht niemand ans Telefon?",
        "Der Kaffee schmeckt leider nicht",
        "@marke ihr seid echt spitze!! 😍",
    ],
    "fr": [
        "Mon colis est arrivé avec trois jours de retard",
        "Pourquoi personne ne répond au téléphone ?",
        "Le café n'est malheureusement pas bon",
        "Merci pour votre aide rapide",
        "Le prix est abusé",
    ],
    "es": [
        "Mi paquete llegó con tres días de retraso",
        "¿Por qué nadie contesta el teléfono?",
        "El café no sabe bien",
        "Gracias por la ayuda tan rápida",
        "El precio es un robo",
    ],
}


def recognized(texts: list[str] | pd.Series) -> pd.Series:
    series = pd.Series(texts)
    return languages(series, pd.Series("", index=series.index, dtype="str"))


def test_no_more_than_one_in_a_hundred_english_tweets_is_lost_to_another_language(tweets):
    shares = recognized(tweets["text"].iloc[::3]).value_counts(normalize=True)
    assert shares["en"] > 0.9
    assert shares.drop(["en", "und"]).sum() < 0.01


@pytest.mark.parametrize("code", FOREIGN)
def test_a_sentence_in_another_language_is_recognized(code):
    assert recognized(FOREIGN[code]).tolist() == [code] * 5


def test_links_handles_masks_and_emoji_say_nothing():
    texts = ["[handle] https://www.guten-tag.example/heute #danke 😀", "@united @jetblue", "ok", ""]
    assert recognized(texts).tolist() == ["und"] * 4
    assert languages(pd.Series([None], dtype="str"), pd.Series([None], dtype="str"))[0] == "und"


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        (" en-US ", "en"),
        ("en_GB", "en"),
        ("eng", "en"),
        ("English", "en"),
        ("German", "de"),
        ("Portuguese (Brazil)", "pt"),
        ("zh-cn", "zh"),
        ("in", "id"),  # X's own for Indonesian
        ("und", "und"),
        ("zxx", "und"),
        ("fil", "fil"),
    ],
)
def test_what_the_source_states_is_believed_and_written_in_one_way(stated, code):
    assert languages(pd.Series(["Der Kaffee ist kalt"]), pd.Series([stated])).tolist() == [code]


def test_stated_and_recognized_languages_keep_their_place():
    texts = pd.Series(["Der Kaffee ist kalt", "x", "Der Kaffee ist kalt"], index=[5, 5, 2])
    stated = pd.Series(["fr", "it", ""], index=[5, 5, 2])
    found = languages(texts, stated)
    assert found.tolist() == ["fr", "it", "de"]
    assert found.index.tolist() == [5, 5, 2]


@pytest.mark.parametrize("unit", ["a", "a ", "😀", "\0", "\ud800", "\u202e", "http://", "@a", "'"])
def test_a_megabyte_in_one_text_is_read_at_once(unit):
    text = pd.Series([unit * (1_000_000 // len(unit))], dtype="object")
    start = time.perf_counter()
    assert len(languages(text, pd.Series([""]))) == 1
    assert time.perf_counter() - start < 10
