"""Exports of what people say are recognized, and what of them counts is said."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cjm_lab.errors import ParameterError, SourceError
from cjm_lab.sources import mentions_reading, read_mentions

USER = {
    "id": "11", "username": "jo_miller", "name": "Jo Miller", "verified": True,
    "location": "Jo Miller's garden",
    "description": "I am @jo_miller, jo@example.org. Tea &amp; me",
    "public_metrics": {"followers_count": 1200},
}  # fmt: skip
POST = {
    "id": "1790000000000000001", "author_id": "11", "lang": "en",
    "text": "Tea &amp; pots &lt;3 @al_smith", "created_at": "2026-09-01T10:00:00.000Z",
    "public_metrics": {"like_count": 3, "retweet_count": 2, "reply_count": 1, "quote_count": 1,
                       "impression_count": 90},
}  # fmt: skip
REPOST = {
    "id": "1790000000000000002", "author_id": "12", "lang": "und", "text": "RT @jo_miller: Tea",
    "created_at": "2026-09-02T10:00:00+02:00",
    "referenced_tweets": [{"type": "quoted", "id": "5"}, {"type": "retweeted", "id": POST["id"]}],
}  # fmt: skip
PAGE = {"data": [POST, REPOST], "includes": {"users": [USER]}, "meta": {"result_count": 2}}

REDDIT = {"kind": "Listing", "data": {"children": [
    {"kind": "t3", "data": {"id": "a1", "name": "t3_a1", "title": "It leaks", "selftext": "A lot.",
     "author": "jo_miller", "score": 10, "num_comments": 2, "created_utc": 1790000000.0,
     "permalink": "/r/tea/comments/a1/it_leaks/", "subreddit": "tea"}},
    {"kind": "t3", "data": {"id": "a2", "name": "t3_a2", "title": "It leaks", "selftext": "",
     "author": "al", "score": 1, "num_comments": 0, "created_utc": 1790000060,
     "permalink": "/user/al/comments/a2/", "subreddit": "u_al", "crosspost_parent": "t3_a1"}},
]}}  # fmt: skip
COMMENTS = {"kind": "Listing", "data": {"children": [
    {"kind": "t1", "data": {"id": "c1", "name": "t1_c1", "body": "Mine too &gt;_&lt;", "score": 4,
     "author": "[deleted]", "created_utc": 1790000100, "subreddit": "tea",
     "replies": {"kind": "Listing", "data": {"children": [
        {"kind": "t1", "data": {"id": "c2", "body": "[removed]", "subreddit": "tea", "score": 1}},
        {"kind": "t1", "data": {"id": "c3", "body": "Same", "author": "jo_miller", "replies": "",
         "subreddit": "tea", "score": 2, "created_utc": 1790000200}},
        {"kind": "more", "data": {"count": 3, "children": ["c4"]}}]}}}},
]}}  # fmt: skip

PLAY = (
    "Package Name,App Version Code,App Version Name,Reviewer Language,Device,"
    "Review Submit Date and Time,Review Submit Millis Since Epoch,Star Rating,Review Title,"
    "Review Text,Review Link\n"
    "org.tea,7,1.7,de,star2,2026-09-01T10:00:00Z,1790000000000,2,Schade,Läuft nicht,"
    "https://play.google.com/console/x?reviewId=gp%3AAOq1&corpus=PUBLIC\n"
    "org.tea,7,1.7,en,star2,2026-09-01T11:00:00Z,1790003600000,5,,,\n"
    "org.tea,8,1.8,en-GB,star3,2026-09-01T12:00:00Z,1790007200000,4,,Good,"
    "https://play.google.com/console/x?reviewId=gp%3AAOq2&corpus=PUBLIC\n"
)
MELTWATER = [
    "Date\tTime\tDocument ID\tURL\tInput Name\tKeywords\tHeadline\tOpening Text\tHit Sentence\t"
    "Source\tInfluencer\tLanguage\tReach\tEngagement\tSentiment",
    "01-Sep-2026\t10:05 PM\t\thttps://twitter.com/jo_miller/status/17\tTea\ttea\t\t"
    "The pot leaks &amp; drips\tThe pot leaks &amp; drips\tTwitter\t@Jo_Miller\tEnglish\t1200\t"
    "1,204\tNegative",
    "02-Sep-2026\t9:05 AM\td2\thttps://news.example/tea\tTea\ttea\tA new pot\tTea is back.\t"
    "... the pot is fine ...\tThe News\t\tGerman\t90000\t\tNeutral",
]
BRANDWATCH = [
    ["Report:", "Bulk Mentions Download"],
    ["Brand:", "Tea"],
    ["From:", "Tue Sep 01 00:00:00 UTC 2026"],
    ["To:", "Wed Sep 30 00:00:00 UTC 2026"],
    ["Label:", "Tea pots"],
    [],
    ["Query Id", "Query Name", "Date", "Title", "Snippet", "Url", "Domain", "Sentiment",
     "Page Type", "Language", "Author", "Full Name", "Full Text", "Resource Id",
     "Thread Entry Type", "X Retweet of", "Impressions", "X Likes", "X Reposts"],
    ["1", "Tea", "2026-09-01 10:00:00.0", "", "The pot", "http://twitter.com/jo_miller/status/17",
     "twitter.com", "negative", "twitter", "en", "jo_miller", "jo_miller (Jo Miller)",
     "The pot leaks, daily", "r-1", "post", "", "90", "3", "1"],
    ["1", "Tea", "2026-09-01 11:00:00.0", "", "RT", "http://twitter.com/al/status/18",
     "twitter.com", "negative", "twitter", "en", "al", "al (Al)", "RT The pot leaks, daily", "r-2",
     "share", "http://twitter.com/jo_miller/status/17", "5", "0", "0"],
]  # fmt: skip


def write(folder: Path, data: Any, name: str = "t.json") -> Path:
    file = folder / name
    if isinstance(data, bytes):
        file.write_bytes(data)
    else:
        file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return file


def said(table: pd.DataFrame) -> dict[str, Any]:
    return mentions_reading(table).iloc[0].to_dict()


def csv_text(rows: list[list[str]]) -> str:
    return "\n".join(",".join(f'"{c}"' if "," in c else c for c in row) for row in rows) + "\n"


def test_a_post_of_x_with_its_author(tmp_path: Path) -> None:
    table = read_mentions(write(tmp_path, PAGE), salt="s")
    first = table.iloc[0]
    assert first["mention_id"] == "1790000000000000001"
    assert first["text"] == "Tea & pots <3 [handle]"
    assert (first["channel"], first["lang"], first["engagement"]) == ("x", "en", 7)
    assert first["url"] == "https://x.com/i/web/status/1790000000000000001"
    assert (first["author_verified"], first["author_followers"]) == ("true", 1200)
    assert first["author_location"] == "[author]'s garden"
    assert first["author_description"] == "I am @[author], [e-mail]. Tea & me"
    assert table["published_at"].dt.hour.tolist() == [10, 8]  # 10:00+02:00 is 8:00 UTC
    assert table["repost_of"].tolist() == ["", "1790000000000000001"]
    assert table["lang"].tolist() == ["en", ""]  # und: nobody knows
    assert table["engagement"].isna().tolist() == [False, True]
    assert said(table)["layout"] == "X API v2"
    assert said(table)["note"] == "1 authors not in includes.users"


def test_the_text_of_a_long_post_is_its_whole_text(tmp_path: Path) -> None:
    post = POST | {"note_tweet": {"text": "Long " * 100}}
    table = read_mentions(write(tmp_path, {"data": [post]}))
    assert table["text"][0] == ("Long " * 100).strip()


@pytest.mark.parametrize("form", ["page", "list", "lines", "jsonl"])
def test_pages_of_x_are_one_or_a_list_or_one_a_line(tmp_path: Path, form: str) -> None:
    pages = [PAGE | {"data": [POST]}, {"data": [REPOST]}, {"meta": {"result_count": 0}}]
    data: Any = {"page": PAGE, "list": pages}.get(form) or "\n".join(map(json.dumps, pages))
    file = write(tmp_path, data, "t.jsonl" if form == "jsonl" else "t.json")
    table = read_mentions(file, salt="s")
    whole = read_mentions(write(tmp_path, PAGE, "whole.json"), salt="s")
    pd.testing.assert_frame_equal(table, whole)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.booleans())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None
)
def test_how_posts_are_split_into_pages_changes_nothing(
    tmp_path: Path, sizes: list[int], lines: bool
) -> None:
    posts = [POST | {"id": f"{900 + i}", "author_id": f"{i % 2}"} for i in range(sum(sizes))]
    users = [USER | {"id": f"{i}", "username": f"user_{i}"} for i in range(2)]
    ends = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    pages = [
        {"data": posts[start:end], "includes": {"users": users}} for start, end in pairwise(ends)
    ]
    split = "\n".join(map(json.dumps, pages)) if lines else json.dumps(pages)
    one = {"data": posts, "includes": {"users": users}}
    pd.testing.assert_frame_equal(
        read_mentions(write(tmp_path, split, "a.json"), salt="s"),
        read_mentions(write(tmp_path, one, "b.json"), salt="s"),
    )


def test_the_same_post_on_two_pages_counts_once(tmp_path: Path) -> None:
    table = read_mentions(write(tmp_path, [PAGE, {"data": [POST]}]))
    assert sorted(table["mention_id"]) == [POST["id"], REPOST["id"]]
    assert said(table)["left_out"] == 1
    assert "1 whose id stands there again" in said(table)["note"]


def test_one_id_for_two_posts_is_refused(tmp_path: Path) -> None:
    pages = [PAGE, {"data": [POST | {"text": "other"}]}]
    with pytest.raises(SourceError, match=r"'1790000000000000001' for two \(t.json, item 3\)"):
        read_mentions(write(tmp_path, pages))


def test_a_listing_of_reddit_with_its_comments(tmp_path: Path) -> None:
    table = read_mentions(write(tmp_path, [REDDIT, COMMENTS]), salt="s")
    assert table["mention_id"].tolist() == ["t3_a1", "t3_a2", "t1_c1", "t1_c3"]
    assert table["text"].tolist() == ["It leaks\nA lot.", "It leaks", "Mine too >_<", "Same"]
    assert table["engagement"].tolist() == [12, 1, 4, 2]
    assert table["repost_of"].tolist() == ["", "t3_a1", "", ""]
    assert table["published_at"][0].isoformat() == "2026-09-21T14:13:20+00:00"
    assert table["url"].tolist()[0] == "https://www.reddit.com/r/tea/comments/a1/it_leaks/"
    assert table["subreddit"].tolist() == ["tea", "u_[author]", "tea", "tea"]
    assert table["author_key"][0] == table["author_key"][3] != table["author_key"][1]
    assert table["author_key"][2] == ""  # who deleted the account is nobody
    assert said(table)["note"] == "left out: 1 deleted or removed"


def test_reddit_one_object_a_line(tmp_path: Path) -> None:
    things = [REDDIT["data"]["children"][0]["data"], COMMENTS["data"]["children"][0]["data"]]
    rows = [{k: v for k, v in one.items() if k not in ("name", "replies")} for one in things]
    table = read_mentions(write(tmp_path, "\n".join(map(json.dumps, rows)), "t.ndjson"))
    assert table["mention_id"].tolist() == ["t3_a1", "t1_c1"]
    assert said(table)["delimiter"] == "one JSON document a line"


def test_replies_may_lie_in_replies_a_hundred_deep(tmp_path: Path) -> None:
    replies: Any = ""
    for i in range(100):
        data = {"id": f"c{i}", "body": f"no {i}", "subreddit": "tea", "replies": replies}
        replies = {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": data}]}}
    assert len(read_mentions(write(tmp_path, replies))) == 100


def test_reviews_of_google_play_in_utf16(tmp_path: Path) -> None:
    table = read_mentions(write(tmp_path, PLAY.encode("utf-16"), "r.csv"))
    assert table["mention_id"].tolist() == ["gp:AOq1", "gp:AOq2"]
    assert table["text"].tolist() == ["Schade\nLäuft nicht", "Good"]
    assert table["rating"].tolist() == [2, 4]
    assert table["lang"].tolist() == ["de", "en"]
    assert table["published_at"][0].isoformat() == "2026-09-21T14:13:20+00:00"  # of the millis
    assert set(table["channel"]) == {"google play"}
    reading = said(table)
    assert (reading["layout"], reading["encoding"]) == ("Google Play reviews", "UTF-16")
    assert (reading["rows"], reading["left_out"]) == (2, 1)
    assert reading["note"] == "left out: 1 ratings without text"


def test_an_edited_review_counts_as_it_was_last(tmp_path: Path) -> None:
    write(tmp_path, PLAY.encode("utf-16"), "r-08.csv")
    write(tmp_path, PLAY.replace("Good", "Bad now").encode("utf-16"), "r-09.csv")
    table = read_mentions("r-*.csv", folder=tmp_path)
    assert table["text"].tolist() == ["Schade\nLäuft nicht", "Bad now"]
    assert mentions_reading(table)["rows"].tolist() == [0, 2]
    assert mentions_reading(table)["left_out"].tolist() == [3, 1]


def test_a_month_of_ratings_alone_holds_no_mention(tmp_path: Path) -> None:
    lines = PLAY.splitlines(keepends=True)
    write(tmp_path, lines[0] + lines[2], "r-1.csv")
    write(tmp_path, PLAY, "r-2.csv")
    assert len(read_mentions(tmp_path / "r-1.csv")) == 0
    both = read_mentions("r-*.csv", folder=tmp_path)
    assert both["rating"].tolist() == [2, 4]
    assert mentions_reading(both)["rows"].tolist() == [0, 2]


def test_reviews_of_the_app_store_from_its_api(tmp_path: Path) -> None:
    review = {
        "type": "customerReviews", "id": "r1", "attributes": {
            "rating": 1, "title": "Crash", "body": "Always.", "reviewerNickname": "jo_miller",
            "createdDate": "2026-09-01T10:00:00-07:00", "territory": "USA"},
    }  # fmt: skip
    table = read_mentions(write(tmp_path, {"data": [review], "links": {}}))
    row = table.iloc[0]
    assert (row["mention_id"], row["text"], row["rating"]) == ("r1", "Crash\nAlways.", 1)
    assert (row["channel"], row["territory"]) == ("app store", "USA")
    assert row["published_at"].hour == 17


def test_reviews_of_the_app_store_from_its_feed(tmp_path: Path) -> None:
    def entry(**labels: str) -> dict[str, Any]:
        return {name.replace("__", ":"): {"label": text} for name, text in labels.items()}

    app = entry(id="https://itunes.example/app", title="Tea")
    review = entry(id="77", title="Nice", content="Very.", im__rating="5", im__version="1.2",
                   im__voteCount="3", updated="2026-09-01T10:00:00-07:00")  # fmt: skip
    review["author"] = {"name": {"label": "jo_miller"}, "uri": {"label": "https://x/jo_miller"}}
    table = read_mentions(write(tmp_path, {"feed": {"entry": [app, review]}}))
    row = table.iloc[0]
    assert (row["mention_id"], row["text"], row["rating"]) == ("77", "Nice\nVery.", 5)
    assert (row["engagement"], row["published_at"].hour) == (3, 17)
    assert said(table)["note"] == "left out: 1 the app itself"
    alone = read_mentions(write(tmp_path, {"feed": {"entry": review}}, "one.json"))
    assert len(alone) == 1


TICKET = {
    "id": 35, "created_at": "2026-09-01T10:00:00Z", "subject": "My pot leaks…",
    "description": "My pot leaks since Monday", "requester_id": 20978392, "status": "open",
    "via": {"channel": "email", "source": {"rel": "inbound"}}, "tags": ["pot", "leak"],
    "satisfaction_rating": {"score": "bad"},
}  # fmt: skip


@pytest.mark.parametrize("lines", [False, True])
def test_tickets_of_zendesk(tmp_path: Path, lines: bool) -> None:
    tickets = [TICKET, TICKET | {"id": 36, "status": "deleted"}]
    data = "\n".join(map(json.dumps, tickets)) if lines else {"tickets": tickets, "count": 2}
    table = read_mentions(write(tmp_path, data), columns={"campaign": "via.source.rel"})
    row = table.iloc[0]
    assert (row["mention_id"], row["customer_id"]) == ("35", "20978392")
    assert row["text"] == "My pot leaks since Monday"
    assert (row["channel"], row["status"], row["campaign"]) == ("email", "open", "inbound")
    assert (row["tags"], row["satisfaction"]) == ("pot\nleak", "bad")
    assert said(table)["note"] == "left out: 1 deleted"


def test_tickets_of_zendesk_as_csv_say_no_name(tmp_path: Path) -> None:
    text = (
        "Id,Requester,Requester id,Requester email,Subject,Tags,Status,Via,Created at\n"
        "35,Jo Miller,209,jo@example.org,My pot leaks,pot leak,Open,Mail,2026-09-01 10:00:00 UTC\n"
    )
    table = read_mentions(write(tmp_path, text, "z.csv"), time_zone="Asia/Tokyo")
    assert table[["text", "customer_id", "channel"]].values.tolist() == [
        ["My pot leaks", "209", "Mail"]
    ]
    assert table["published_at"][0].hour == 10
    assert "Miller" not in table.to_csv()


@pytest.mark.parametrize("form", ["utf-16", "utf-8"])
def test_meltwater_tab_separated_or_with_commas(tmp_path: Path, form: str) -> None:
    text = "\n".join(MELTWATER)
    if form == "utf-8":
        text = "\n".join(",".join(f'"{c}"' for c in line.split("\t")) for line in MELTWATER)
    table = read_mentions(write(tmp_path, text.encode(form), "m.csv"), time_zone="Europe/Berlin")
    first, second = table.iloc[0], table.iloc[1]
    assert first["text"] == "The pot leaks & drips"
    assert second["text"] == "A new pot\nTea is back.\n... the pot is fine ..."
    assert first["published_at"].isoformat() == "2026-09-01T20:05:00+00:00"  # 22:05 in summer
    assert (first["channel"], first["lang"], first["engagement"]) == ("x", "en", 1204)
    assert first["url"] == "https://x.com/i/web/status/17"
    assert table["vendor_sentiment"].tolist() == ["Negative", "Neutral"]
    assert table["reach"].tolist() == [1200, 90000]
    assert second["mention_id"] == "d2" and first["mention_id"].startswith("m-")
    reading = said(table)
    assert reading["delimiter"] == ("tab" if form == "utf-16" else "comma")
    assert "1 ids made from the link" in reading["note"]
    assert "times without an offset read as Europe/Berlin" in reading["note"]


@pytest.mark.parametrize(
    ("day", "clock"),
    [("2026-09-01", "22:05:00"), ("01-Sep-26", "10:05 PM"), ("Sep 01, 2026", "10:05PM"),
     ("01-Sep-2026 10:05PM", ""), ("2026-09-01 22:05:00", "8 o'clock")],
)  # fmt: skip
def test_meltwater_writes_its_times_in_several_ways(tmp_path: Path, day: str, clock: str) -> None:
    text = f"Date\tTime\tURL\tHit Sentence\tReach\tKeywords\n{day}\t{clock}\tu\tText\t1\tk\n"
    table = read_mentions(write(tmp_path, text, "m.csv"))
    assert table["published_at"][0].isoformat() == "2026-09-01T22:05:00+00:00"


def test_a_day_that_may_be_a_month_is_asked_for(tmp_path: Path) -> None:
    text = "Date\tTime\tURL\tHit Sentence\tReach\tKeywords\n09/01/2026\t10:05\tu\tText\t1\tk\n"
    file = write(tmp_path, text, "m.csv")
    with pytest.raises(SourceError, match="give its format as dates"):
        read_mentions(file)
    table = read_mentions(file, dates="%m/%d/%Y %H:%M")
    assert table["published_at"][0].isoformat() == "2026-09-01T10:05:00+00:00"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_brandwatch_below_the_lines_that_say_its_query(tmp_path: Path, form: str) -> None:
    file = tmp_path / f"b.{form}"
    if form == "csv":
        file.write_text(csv_text(BRANDWATCH), encoding="utf-8-sig")
    else:
        book = openpyxl.Workbook()
        for row in BRANDWATCH:
            book.active.append(row)
        book.save(file)
    table = read_mentions(file)
    assert table["mention_id"].tolist() == ["r-1", "r-2"]
    assert table["text"].tolist() == ["The pot leaks, daily", "RT The pot leaks, daily"]
    assert table["published_at"].dt.hour.tolist() == [10, 11]
    assert table["repost_of"].tolist() == ["", "r-1"]  # joined by its address
    assert table["engagement"].tolist() == [4, 0]
    assert table["vendor_sentiment"].tolist() == ["negative", "negative"]
    assert set(table["channel"]) == {"x"}
    assert "above the header left out" in said(table)["note"]
    assert "iller" not in table.to_csv()


def test_what_the_study_says_goes_before_the_layout(tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_text(csv_text(BRANDWATCH), encoding="utf-8")
    columns = {"text": "Snippet", "channel": "Domain"}
    table = read_mentions(file, columns=columns, attributes=["Query Id"])
    assert table["text"].tolist() == ["The pot", "RT"]
    assert table["channel"].tolist() == ["twitter.com", "twitter.com"]
    assert table["Query Id"].tolist() == [1, 1]
    with pytest.raises(SourceError, match=r"must have the column 'Query Idd'"):
        read_mentions(file, attributes=["Query Idd"])
    with pytest.raises(SourceError, match=r"must have the column 'via.chanel'"):
        read_mentions(write(tmp_path, {"tickets": [TICKET]}), attributes=["via.chanel"])


def test_a_table_of_its_own_making_stays_one(tmp_path: Path) -> None:
    text = "mention_id,text,airline,author\n1,Fine,A,Jo\n2,Late,B,jo\n"
    table = read_mentions(write(tmp_path, text, "m.csv"), attributes=["airline"])
    assert table["airline"].tolist() == ["A", "B"]
    assert said(table)["layout"] == "plain table"
    with pytest.raises(SourceError, match=r"must have the column 'airlines'.*'airline'\?"):
        read_mentions(tmp_path / "m.csv", attributes=["airlines"])


def test_a_list_of_flat_objects_is_a_table(tmp_path: Path) -> None:
    rows = [{"mention_id": 12345678901234567890, "text": "Fine\u2028indeed"},
            {"mention_id": "2", "text": "Late", "airline": "B"}]  # fmt: skip
    escaped = "\n".join(map(json.dumps, rows))
    raw = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    for data, name in [(rows, "t.json"), (escaped, "t.jsonl"), (raw, "u.jsonl")]:
        table = read_mentions(write(tmp_path, data, name))
        assert table["mention_id"].tolist() == ["12345678901234567890", "2"]
        assert table["airline"].tolist() == ["", "B"]


def test_an_author_is_the_same_under_one_salt_and_another_under_another(tmp_path: Path) -> None:
    text = "mention_id,text,author,url\n1,a,Jo_Miller,https://x.com/jo_miller/status/17\n"
    text += "2,b,@jo_miller,https://f.example/p/Jo_Miller?x=1\n3,c,,\n"
    file = write(tmp_path, text, "m.csv")
    one, same, other = (read_mentions(file, salt=salt) for salt in ("s", "s", "t"))
    keys = one["author_key"]
    assert keys[0] == keys[1] and keys[2] == ""
    assert keys.tolist() == same["author_key"].tolist()
    assert not {*keys[:2]} & {*other["author_key"]}
    assert "iller" not in one.to_csv()
    assert one["url"].tolist() == [
        "https://x.com/i/web/status/17", "https://f.example/p/[author]?x=1", "",
    ]  # fmt: skip
    unsalted, again = read_mentions(file), read_mentions(file)
    assert unsalted["author_key"].tolist() == again["author_key"].tolist()
    assert not {*unsalted["author_key"][:2]} & {*keys}


@pytest.mark.parametrize("data", [PAGE, [REDDIT, COMMENTS]])
def test_no_name_of_an_author_is_in_the_frame(tmp_path: Path, data: Any) -> None:
    table = read_mentions(write(tmp_path, data), salt="s")
    assert "miller" not in table.to_csv().casefold()


def test_a_layout_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"got 'brandwach'; did you mean 'brandwatch'\?"):
        read_mentions(write(tmp_path, PAGE), layout="brandwach")


@pytest.mark.parametrize(
    ("data", "name", "layout", "message"),
    [
        ("mention_id,text\n1,a\n", "t.csv", "x", r"layout of t.csv must be one of .*got 'x'"),
        ("mention_id,words\n1,a\n", "t.csv", "meltwater", "t.csv must have a column of texts"),
        (PAGE, "t.json", "google_play", r"layout of t.json must be one of"),
        (PAGE, "t.json", "plain", r"data must be a text.* a list \(t.json, element 1\); export"),
        ({"data": [{"text": "a"}, POST]}, "t.json", "x",
         r"id must be given, got none \(t.json, element 1, item 1\)"),
        ([PAGE, {"data": [POST, {"id": "7"}]}], "t.json", None,
         r"text must be given, got none \(t.json, element 2, item 2\)"),
        ({"data": [POST | {"text": {"a": 1}}]}, "t.json", None, r"text must be a text .*an object"),
        ({"data": [POST | {"created_at": "yesterday"}]}, "t.json", None,
         r"published_at must be a date, got 'yesterday' \(t.json, data row 1\)"),
        ({"kind": "t1", "data": {"id": "1", "body": "a", "created_utc": 1790000000000}}, "t.json",
         None, r"created_utc must be seconds since 1970, .*got '1790000000000' \(t.json, data"),
        ({"data": [7]}, "t.json", "x", r"data must be a list of objects, got a list"),
        ([[PAGE]], "t.json", "x", r"a page must be an object, got a list"),
        ({"meta": {"result_count": 0}}, "t.json", None, "t.json has no mentions"),
        ("{", "t.json", None, r"t.json must be JSON: .*line 1"),
        ("[" * 100_000, "t.json", None, "t.json must be JSON: it is nested too deeply"),
        ("[" * 100_000, "t.jsonl", None, r"it is nested too deeply \(line 1\)"),
        ("", "t.json", None, "t.json is empty"),
        (b'{"data": "a\0"}', "t.json", None, "got a NUL character"),
        ('["a"]', "t.json", None, r"must be a JSON object, got 'a' \(element 1\)"),
        ("Date,URL,Hit Sentence,Reach,Keywords,Tweet Id\n2026-09-01,u,a,1,k,1.79E+18\n", "m.csv",
         None, r"mention_id must be written out, got '1.79E\+18' \(m.csv, data row 1\)"),
        ("mention_id,text\n1,\n", "t.csv", None, r"text must not be blank"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_place(
    tmp_path: Path, data: Any, name: str, layout: str | None, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        read_mentions(write(tmp_path, data, name), layout=layout)


def test_half_characters_are_replaced_and_said(tmp_path: Path) -> None:
    r"""A lone \ud83d is no character; an escaped backslash before the letters is one."""
    text = r"broken \ud83d, whole \ud83d\ude00, nul \u0000, path C:\\ud83d"
    posts = [json.dumps(POST).replace("Tea &amp; pots", text)]
    table = read_mentions(write(tmp_path, f'{{"data": [{posts[0]}]}}'))
    whole = "broken \ufffd, whole \U0001f600, nul \ufffd, path C:\\ud83d <3 [handle]"
    assert table["text"][0] == whole
    assert "2 broken characters replaced by U+FFFD" in said(table)["note"]
    table.to_parquet(tmp_path / "t.parquet")
    assert pd.read_parquet(tmp_path / "t.parquet")["text"][0] == whole
    flat = read_mentions(write(tmp_path, r'{"mention_id": 1, "text": "\udc00"}', "t.jsonl"))
    assert flat["text"].tolist() == ["\ufffd"]


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "\u202eevil\u202c", "-2", "👩‍👩‍👧", "a" * 2_000_000]
)
def test_hostile_texts_stay_texts(tmp_path: Path, text: str) -> None:
    table = read_mentions(write(tmp_path, {"data": [POST | {"text": text}]}))
    assert table["text"][0] == ("[handle](A1)" if text.startswith("@") else text)
    table.to_parquet(tmp_path / "t.parquet")


def test_a_megabyte_of_entities_is_read_at_once(tmp_path: Path) -> None:
    post = POST | {"text": "&amp;" * 200_000 + "\\" * 100_000}
    user = USER | {"description": "@" * 500_000}
    file = write(tmp_path, {"data": [post], "includes": {"users": [user]}})
    assert read_mentions(file)["text"][0].startswith("&&&")


def test_a_table_not_from_a_reader_is_refused() -> None:
    with pytest.raises(ParameterError, match="as read_mentions"):
        mentions_reading(pd.DataFrame({"mention_id": ["1"]}))


def test_a_megabyte_in_one_cell_is_read(tmp_path: Path) -> None:
    text = f"mention_id,text,url\n1,{'so ' * 400_000},\n2,fine,\n"
    assert len(read_mentions(write(tmp_path, text, "m.csv"))["text"][0]) == 1_199_999
