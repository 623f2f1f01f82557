from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from cjm_lab.social import polarity, scoring
from cjm_lab.social.scoring import text_scores
from cjm_lab.social.vader import vader

WORDS = ["good", "bad", "late", "nice", "awful", "odd"]
TEXTS = pd.Series(["great", None, "awful", "great", "the card"], index=[7, 8, 9, 7, 3], dtype="str")


@pytest.fixture
def counted(monkeypatch):
    """Texts that are scored, in the order they are."""
    seen: list[str] = []
    score = scoring._score

    def counting(task):
        seen.extend(task[0])
        return score(task)

    monkeypatch.setattr(scoring, "_score", counting)
    return seen


def test_scores_are_those_of_either_lexicon_on_the_index_of_the_texts():
    scores = text_scores(TEXTS)
    expected = pd.DataFrame({"polarity": polarity(TEXTS), "vader": vader(TEXTS)})
    pd.testing.assert_frame_equal(scores, expected)
    assert scores.index.tolist() == [7, 8, 9, 7, 3]
    assert scores.isna().all(axis=1).tolist() == [False, True, False, False, False]


def test_each_distinct_text_is_scored_once_and_never_again(counted, tmp_path):
    cache = tmp_path / "new" / "scores.parquet"
    first = text_scores(TEXTS, cache=cache)
    assert counted == ["great", "awful", "the card"]
    pd.testing.assert_frame_equal(text_scores(TEXTS, cache=cache), first)
    assert len(counted) == 3
    text_scores(pd.Series(["awful", "late"]), cache=cache)
    assert counted[3:] == ["late"]
    text_scores(TEXTS, cache=cache)  # what a month left out is still known
    assert len(counted) == 4
    assert [file.name for file in cache.parent.iterdir()] == ["scores.parquet"]


def test_other_names_or_another_scorer_make_the_file_anew(counted, tmp_path, monkeypatch):
    cache = tmp_path / "scores.parquet"
    texts = pd.Series(["Happy Coffee"])
    assert text_scores(texts, cache=cache)["polarity"].tolist() == [0.8]
    assert text_scores(texts, cache=cache, names=["Happy Coffee"])["polarity"].tolist() == [0.0]
    assert text_scores(texts, cache=cache, names=["", "Happy Coffee"]).shape == (1, 2)
    assert len(counted) == 2
    monkeypatch.setattr(scoring, "version", lambda package: "99")
    text_scores(texts, cache=cache, names=["Happy Coffee"])
    assert len(counted) == 3


def test_without_a_second_opinion_vader_is_scored_when_it_is_asked_for(counted, tmp_path):
    cache = tmp_path / "scores.parquet"
    assert list(text_scores(TEXTS, cache=cache, second_opinion=False)) == ["polarity"]
    both = text_scores(TEXTS, cache=cache)
    assert both["vader"].tolist()[0] == vader(["great"])[0]
    assert len(counted) == 6
    text_scores(TEXTS, cache=cache, second_opinion=False)
    pd.testing.assert_frame_equal(text_scores(TEXTS, cache=cache), both)
    assert len(counted) == 6


@pytest.mark.parametrize("place", [0, 40, 200, -300, -30, -5])
def test_a_damaged_file_is_made_anew(place, tmp_path):
    cache = tmp_path / "scores.parquet"
    texts = pd.Series([f"a good card {i}" for i in range(50)])
    expected = text_scores(texts, cache=cache)
    content = bytearray(cache.read_bytes())
    content[place] ^= 0xFF
    cache.write_bytes(content)
    pd.testing.assert_frame_equal(text_scores(texts, cache=cache), expected)
    cache.write_bytes(bytes(content[:place]))
    pd.testing.assert_frame_equal(text_scores(texts, cache=cache), expected)
    pd.DataFrame({"key": [1.5]}).to_parquet(cache)
    pd.testing.assert_frame_equal(text_scores(texts, cache=cache), expected)


def test_several_processes_find_what_one_does(monkeypatch, capfd):
    monkeypatch.setattr(scoring, "_FEWEST_FOR_PROCESSES", 2)
    monkeypatch.setattr(scoring, "_AT_ONCE", 3)
    texts = pd.Series([f"not a {word} card" for word in WORDS] * 2)
    several = text_scores(texts, workers=2, progress=True)
    pd.testing.assert_frame_equal(several, text_scores(texts, workers=1))
    assert capfd.readouterr() == ("", "")  # nobody watches


def test_a_machine_with_one_core_or_an_unknown_number_scores_alone(monkeypatch):
    for cores in (1, None):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        assert scoring._processes(10**6, None) == 1
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert scoring._processes(10**6, None) == 8
    assert scoring._processes(100, 4) == 1


def test_a_script_without_a_guard_is_not_run_again_by_the_processes(tmp_path):
    script = tmp_path / "analysis.py"
    script.write_text(
        "import pandas as pd\n"
        "from cjm_lab.social.scoring import text_scores\n"
        "print('begun')\n"
        "texts = pd.Series([f'a good card {i}' for i in range(6000)])\n"
        "print(text_scores(texts, workers=2, second_opinion=False)['polarity'].unique())\n"
    )
    command = [sys.executable, "-W", "error", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("begun\n[0.7]\n", "")


def test_no_text_and_hostile_ones_have_a_place():
    assert text_scores(pd.Series([], dtype="str")).shape == (0, 2)
    hostile = pd.Series(["\ud800", "a\0b", "a\0c", "=1+1", "!" * 10**6], dtype="object")
    assert text_scores(hostile).notna().all(axis=None)
    assert len(np.unique(scoring._keys(hostile.array))) == 5
