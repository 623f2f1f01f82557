"""The hand-labeled airline tweets as mentions, scored once for all tests."""

from __future__ import annotations

import pandas as pd
import pytest

from cjm_lab.study import Study, load_study


@pytest.fixture(scope="session")
def tweets(shared_data) -> pd.DataFrame:
    """All 14,640 tweets as a tidy table, with people's label of each."""
    table = pd.read_csv(shared_data / "mentions" / "airline_tweets.csv", dtype={"tweet_id": "str"})
    return pd.DataFrame(
        {
            "mention_id": table["tweet_id"],
            "published_at": pd.to_datetime(
                table["tweet_created"], format="%d-%m-%Y %H.%M", utc=True
            ),
            "text": table["text"],
            "lang": pd.Series("", index=table.index, dtype="str"),
            "author_key": table["author_hash"],
            "airline": table["airline"],
            "aspect": table["aspect"].fillna(""),
            "label": table["label"],
        }
    )


@pytest.fixture(scope="session")
def airline(real_study, tmp_path_factory) -> Study:
    """The study whose keywords find touchpoints in the tweets."""
    return load_study(real_study("airline", tmp_path_factory.mktemp("airline")).raw("airline"))


@pytest.fixture(scope="session")
def scored_tweets(tweets, airline) -> pd.DataFrame:
    """All tweets with what a machine says about them."""
    from cjm_lab.social.scored import scored_mentions

    return scored_mentions(tweets, airline)
