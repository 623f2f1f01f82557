"""Mentions in JSON: posts of X and Reddit, reviews of the App Store, tickets of Zendesk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any

import pandas as pd

from cjm_lab.errors import SourceError
from cjm_lab.sources.json_files import JsonFile, shown
from cjm_lab.sources.json_items import (
    Item,
    WrongItem,
    items_of,
    label_of,
    needed,
    number,
    object_of,
    text_of,
    value_at,
)  # fmt: skip
from cjm_lab.sources.mention_parts import (
    epoch_times,
    join_parts,
    language_codes,
    unescaped,
    without_name,
)
from cjm_lab.sources.schemas import TABLES

#: What stands in place of a text that its author or a moderator took back.
_GONE = {"[deleted]", "[removed]", "[deleted by user]", "[ removed by reddit ]"}
_X_COUNTS = ("like_count", "retweet_count", "reply_count", "quote_count")
#: Records that become one part of the frame: few enough that their dicts don't fill the memory.
_PART = 20_000

Record = dict[str, str]
#: An item with its record, or in words why it is left out.
Found = tuple[Item, Record | str]


def find_json_layout(source: JsonFile) -> str:
    """Return the layout that the first elements of a file show, "plain" if none."""
    layouts = (_layout_of(element) for _, element in islice(source.elements(), 5))
    return next(filter(None, layouts), "plain")


def flatten_json(
    source: JsonFile, layout: str, wanted: Collection[str]
) -> tuple[pd.DataFrame, Counter[str], list[str]]:
    """Return mentions under tidy names, how many were left out and why, and notes.

    Parameters
    ----------
    source
        The file.
    layout
        One of `JSON_LAYOUTS`.
    wanted
        Fields of an item that are kept as well, such as ``via.source.rel``.

    Raises
    ------
    SourceError
        If an item lacks its id or holds something else than text where a text is due.
    """
    left_out: Counter[str] = Counter()
    people: dict[str, Record] = {}
    records = _records(source, layout, wanted, left_out, people)
    parts = []
    while part := list(islice(records, _PART)):
        parts.append(pd.DataFrame(part, dtype="str").fillna(""))
    if not parts and not left_out:
        raise SourceError(f"{source.file} has no mentions; export it again")
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(_EMPTY, dtype="str")
    notes: list[str] = []
    never = [name for name in wanted if name in frame.columns and (frame[name] == "").all()]
    frame = frame.drop(columns=[name for name in never if name not in TABLES["mentions"].columns])
    if layout == "x":
        frame, notes = _with_people(frame, people)
        frame["lang"] = language_codes(frame["lang"])
    if layout == "reddit":
        frame["published_at"] = epoch_times(frame["published_at"], source.file, "created_utc")
    if layout in ("x", "reddit"):
        frame["text"] = unescaped(frame["text"])
    return frame, left_out, notes


def _layout_of(element: object) -> str:
    if not isinstance(element, dict):
        return ""
    data = element.get("data")
    first = data[0] if isinstance(data, list) and data else data
    inner = first if isinstance(first, dict) else {}
    if (
        (element.get("kind") in ("Listing", "t1", "t3") and data)
        or any("subreddit" in one and {"body", "selftext"} & {*one} for one in (element, inner))
    ):  # fmt: skip
        return "reddit"
    if "customerReviews" in (element.get("type"), inner.get("type")) or isinstance(
        element.get("feed"), dict
    ):
        return "app_store"
    if {"id", "text"} <= {*inner} or "result_count" in object_of(element, "meta"):
        return "x"
    ticket = "requester_id" in element and {"subject", "description"} & {*element}
    return "zendesk" if ticket or isinstance(element.get("tickets"), list) else ""


def _records(
    source: JsonFile, layout: str, wanted: Collection[str], left_out: Counter[str],
    people: dict[str, Record],
) -> Iterator[Record]:  # fmt: skip
    """Yield the record of each item; count the others, and gather who wrote."""
    for place, element in source.elements():
        done = 0
        try:
            if not isinstance(element, (dict, list) if layout == "reddit" else dict):
                raise WrongItem(f"a page must be an object, got {shown(element)}")
            if layout == "x":
                people |= _people(element)
            for item, record in JSON_LAYOUTS[layout](element):
                done += 1
                if isinstance(record, str):
                    left_out[record] += 1
                    continue
                others = {name: value_at(item, name) for name in wanted if name not in record}
                yield record | {name: text_of(value, name) for name, value in others.items()}
        except WrongItem as wrong:
            raise SourceError(
                f"{wrong} ({source.file}, {place}, item {done + 1}); export the file again, or "
                "take the item out"
            ) from None


def _x(page: Any) -> Iterator[Found]:
    for post in items_of(page, "data"):
        note, counts = object_of(post, "note_tweet"), object_of(post, "public_metrics")
        reactions = [number(counts.get(name)) for name in _X_COUNTS if name in counts]
        post_id = needed(post, "id")
        yield (
            post,
            {
                "mention_id": post_id,
                "text": text_of(note.get("text"), "note_tweet.text") or needed(post, "text"),
                "published_at": text_of(post.get("created_at"), "created_at"),
                "channel": "x",
                "author": text_of(post.get("author_id"), "author_id"),
                "lang": text_of(post.get("lang"), "lang"),
                "url": f"https://x.com/i/web/status/{post_id}",
                "engagement": f"{sum(reactions):g}" if reactions else "",
                "repost_of": next(
                    (
                        text_of(one.get("id"), "referenced_tweets.id")
                        for one in items_of(post, "referenced_tweets")
                        if one.get("type") == "retweeted"
                    ),
                    "",
                ),
                "impressions": text_of(counts.get("impression_count"), "impression_count"),
            },
        )


def _people(page: Any) -> dict[str, Record]:
    """Return who a page says the authors are, by their id."""
    users = items_of(object_of(page, "includes"), "users") if isinstance(page, dict) else []
    return {
        text_of(user.get("id"), "id"): {
            "username": text_of(user.get("username"), "username"),
            "name": text_of(user.get("name"), "name"),
            "author_verified": text_of(user.get("verified"), "verified"),
            "author_followers": text_of(
                object_of(user, "public_metrics").get("followers_count"), "followers_count"
            ),
            "author_location": text_of(user.get("location"), "location"),
            "author_description": text_of(user.get("description"), "description"),
        }
        for user in users
    }


def _with_people(frame: pd.DataFrame, people: dict[str, Record]) -> tuple[pd.DataFrame, list[str]]:
    """Return posts with their authors' names and what is said of them, their names left out."""
    if not people:
        return frame, ["no includes.users: authors are known by their number alone"]
    who = pd.DataFrame(list(people.values()), index=list(people), dtype="str").fillna("")
    for about in ("author_location", "author_description"):
        who[about] = unescaped(who[about])
        for name in ("name", "username"):
            who[about] = without_name(who[about], who[name])
    known = frame["author"].isin(who.index)
    joined = frame.join(who.drop(columns="name"), on="author").fillna(
        {name: "" for name in who.columns}
    )
    joined["author"] = joined["username"].mask(joined["username"] == "", joined["author"])
    notes = [f"{(~known).sum():,} authors not in includes.users"] if not known.all() else []
    return joined.drop(columns="username"), notes


def _reddit(element: Any) -> Iterator[Found]:
    things = [element]
    while things:  # replies lie in replies, deeper than a function may call itself
        thing = things.pop()
        data = thing.get("data") if isinstance(thing, dict) else None
        if isinstance(thing, list):
            things += reversed(thing)
        elif isinstance(data, list):
            things += reversed(data)
        elif not isinstance(thing, dict):
            raise WrongItem(f"an item must be a post or comment, got {shown(thing)}")
        elif thing.get("kind") == "Listing":
            things += reversed(items_of(data, "children"))
        elif thing.get("kind") != "more":
            item = data if isinstance(data, dict) else thing
            if isinstance(replies := item.get("replies"), dict):
                things.append(replies)
            yield item, _reddit_record(item)


def _reddit_record(item: Item) -> Record | str:
    kind = "t1" if "body" in item else "t3"
    body = text_of(item.get("body" if kind == "t1" else "selftext"), "body")
    title = text_of(item.get("title"), "title") if kind == "t3" else ""
    if {body.strip().casefold(), title.strip().casefold()} & _GONE:
        return "deleted or removed"
    author, subreddit = text_of(item.get("author"), "author"), text_of(item.get("subreddit"), "sub")
    counts = [number(item[name]) for name in ("score", "num_comments") if name in item]
    permalink = text_of(item.get("permalink"), "permalink")
    return {
        "mention_id": text_of(item.get("name"), "name") or f"{kind}_{needed(item, 'id')}",
        "text": join_parts([title, body]),
        "published_at": text_of(item.get("created_utc"), "created_utc"),
        "channel": "reddit",
        "author": "" if author in _GONE else author,
        "url": f"https://www.reddit.com{permalink}" if permalink else "",
        "engagement": f"{sum(counts):g}" if counts else "",
        "repost_of": text_of(item.get("crosspost_parent"), "crosspost_parent"),
        # The place of a person is called after the person.
        "subreddit": "u_[author]" if subreddit.startswith("u_") else subreddit,
    }


def _app_store(element: Any) -> Iterator[Found]:
    if isinstance(feed := element.get("feed"), dict):
        for entry in items_of(feed, "entry"):
            if "im:rating" not in entry:
                yield entry, "the app itself"
                continue
            yield (
                entry,
                {
                    "mention_id": label_of(entry, "id") or needed({}, "id"),
                    "text": join_parts([label_of(entry, "title"), label_of(entry, "content")]),
                    "published_at": label_of(entry, "updated"),
                    "channel": "app store",
                    "author": label_of(object_of(entry, "author"), "name"),
                    "engagement": label_of(entry, "im:voteCount"),
                    "rating": label_of(entry, "im:rating"),
                    "app_version": label_of(entry, "im:version"),
                },
            )
        return
    for review in items_of(element, "data") if "data" in element else [element]:
        said = object_of(review, "attributes")
        yield (
            review,
            {
                "mention_id": needed(review, "id"),
                "text": join_parts([text_of(said.get(part), part) for part in ("title", "body")]),
                "published_at": text_of(said.get("createdDate"), "createdDate"),
                "channel": "app store",
                "author": text_of(said.get("reviewerNickname"), "reviewerNickname"),
                "rating": text_of(said.get("rating"), "rating"),
                "territory": text_of(said.get("territory"), "territory"),
            },
        )


def _zendesk(element: Any) -> Iterator[Found]:
    for ticket in items_of(element, "tickets") if "tickets" in element else [element]:
        if ticket.get("status") == "deleted":
            yield ticket, "deleted"
            continue
        requester = text_of(ticket.get("requester_id"), "requester_id")
        channel = text_of(object_of(ticket, "via").get("channel"), "via.channel")
        yield (
            ticket,
            {
                "mention_id": needed(ticket, "id"),
                "customer_id": requester,
                "text": join_parts([text_of(ticket.get(p), p) for p in ("subject", "description")]),
                "published_at": text_of(ticket.get("created_at"), "created_at"),
                "channel": channel or "zendesk",
                "author": requester,
                "url": text_of(ticket.get("url"), "url"),
                "status": text_of(ticket.get("status"), "status"),
                "priority": text_of(ticket.get("priority"), "priority"),
                "type": text_of(ticket.get("type"), "type"),
                "tags": text_of(ticket.get("tags"), "tags"),
                "satisfaction": text_of(
                    object_of(ticket, "satisfaction_rating").get("score"), "satisfaction_rating"
                ),
            },
        )


JSON_LAYOUTS: dict[str, Callable[[Any], Iterable[Found]]] = {
    "x": _x,
    "reddit": _reddit,
    "app_store": _app_store,
    "zendesk": _zendesk,
}
_EMPTY: dict[str, list[str]] = {
    name: [] for name in ("mention_id", "text", "published_at", "author", "channel", "lang")
}
