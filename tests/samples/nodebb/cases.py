"""How the samples of nodebb are read, and what is taken for it; a forum that can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from crawler.spiders.nodebb import find_base, read_posts, read_tree
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.table_web import answer

FORUM = "https://forum.example.org"


def write_post(
    number: int, at: datetime, *, topic: int, first: int, user: int = 1, **more: object
) -> dict:
    """A post as `getPostSummaryByPids` gives it."""
    return {
        "pid": number,
        "tid": topic,
        "content": f"Hello {number}.",
        "uid": user,
        "timestamp": int(at.timestamp() * 1000),
        "deleted": False,
        "upvotes": 0,
        "downvotes": 0,
        "replies": 0,
        "handle": "",
        "votes": 0,
        "timestampISO": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "user": {"uid": user, "username": f"u{user}", "userslug": f"u{user}", "status": "offline"},
        "topic": {
            "uid": 1,
            "tid": topic,
            "title": f"Question {topic}",
            "cid": 2,
            "slug": f"{topic}/question-{topic}",
            "deleted": 0,
            "postcount": 2,
            "mainPid": first,
            "teaserPid": number,
        },
        "category": {"cid": 2, "name": "Nets", "slug": "2/nets", "parentCid": 0},
        "isMainPost": number == first,
        **more,
    }


def write_categories(posts: int | None) -> str:
    """`/api/categories`; `None` where none is open to visitors."""
    category = {"cid": 2, "name": "Nets", "post_count": posts, "totalPostCount": posts}
    listed = [] if posts is None else [category]
    return json.dumps({"title": "Categories", "categories": listed, "loggedIn": False}, indent=1)


class Forum(Mapping[str, SimpleNamespace]):
    """A NodeBB forum as a table of addresses; `closed` posts are left out of its pages."""

    def __init__(self, posts: Sequence[dict], *, closed: frozenset[int] = frozenset()):
        self.posts = sorted(posts, key=lambda post: -post["timestamp"])
        self.closed = closed

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, url: str) -> SimpleNamespace:
        parts = urlsplit(url)
        if parts.path == "/api/categories":
            shown = [post for post in self.posts if post["pid"] not in self.closed]
            return answer(write_categories(len(shown) if shown or not self.posts else None))
        if parts.path != "/api/recent/posts":
            raise KeyError(url)
        start = 20 * (int(parse_qs(parts.query)["page"][0]) - 1)
        page = self.posts[start : start + 20]
        return answer(json.dumps([post for post in page if post["pid"] not in self.closed]))


def write_talk(now: datetime, topics: int = 35) -> list[dict]:
    """A talk of two posts a topic, one topic in two days, the last yesterday."""
    posts = []
    for topic in range(1, topics + 1):
        at = now - timedelta(days=1 + 2 * (topics - topic), hours=5)
        first = 2 * topic
        posts.append(write_post(first, at, topic=topic, first=first, user=topic % 4 + 1))
        later = at + timedelta(hours=3)
        posts.append(write_post(first + 1, later, topic=topic, first=first, user=topic % 3 + 1))
    return posts


def build_archive(now: datetime) -> Archive:
    posts = write_talk(now)
    return Archive(
        url=f"{FORUM}/",
        pages=Forum(posts),
        posts=len(posts),
        first_at=now - timedelta(days=69, hours=5),
        last_at=now - timedelta(days=1, hours=2),
    )


def show(sample: Sample) -> dict:
    return show_posts(read_posts(read_tree(sample.answer), find_base(sample.url), sample.answer))


CASES = Cases(
    readers={"posts": show},
    matches=[
        (f"{FORUM}/", "nodebb/normal/home.html"),
        (f"{FORUM}/topic/12/cold-chain/3", "nodebb/normal/home.html"),
        ("https://example.org/talk/category/2/nets", "nodebb/normal/subfolder.html"),
    ],
    no_matches=[
        (f"{FORUM}/", "nodebb/other_platform/news.html"),
        (f"{FORUM}/", "discourse/normal/home.html"),
    ],
    archive=build_archive,
    canonical={
        f"{FORUM}/topic/12/cold-chain/3": f"{FORUM}/",
        "https://example.org/talk/category/2/nets": "https://example.org/talk/",
    },
)
