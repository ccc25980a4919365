"""How the samples of discourse are read, and what is taken for it; a site that can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from crawler.formats.discourse import read_address, read_categories, read_posts, read_topics
from crawler.formats.discourse import read_total as total_of
from crawler.spiders.discourse import read_tree
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.table_web import answer

SITE = "https://forum.example.org"
PEOPLE = ("amina", "ben", "carla", "dmitri", "esther")


def write_post(
    number: int,
    at: datetime,
    *,
    topic: int,
    place: int = 1,
    user: int | None = 1,
    category: int = 5,
    stored_at: datetime | None = None,
    **more: object,
) -> dict:
    """A row of posts.json, with the keys that its serializer gives."""
    name = PEOPLE[(user or 0) % len(PEOPLE)]
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    stored = (stored_at or at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": number,
        "name": name.title(),
        "username": name if user else None,
        "avatar_template": f"/letter_avatar_proxy/v4/letter/{name[0]}/ac91a4/{{size}}.png",
        "created_at": stamp,
        "cooked": f"<p>Hello {number}.</p>",
        "post_number": place,
        "post_type": 1,
        "posts_count": 3,
        "updated_at": stored,
        "reply_count": 0,
        "reply_to_post_number": None if place == 1 else 1,
        "quote_count": 0,
        "incoming_link_count": 0,
        "reads": 4,
        "readers_count": 3,
        "score": 5.8,
        "yours": False,
        "topic_id": topic,
        "topic_slug": f"question-{topic}",
        "topic_title": f"Question {topic}",
        "topic_html_title": f"Question {topic}",
        "category_id": category,
        "display_username": name.title(),
        "primary_group_name": None,
        "version": 1,
        "can_edit": False,
        "can_delete": False,
        "can_recover": False,
        "user_title": None,
        "raw": f"Hello {number}.",
        "actions_summary": [],
        "moderator": False,
        "admin": False,
        "staff": False,
        "user_id": user,
        "hidden": False,
        "trust_level": 1,
        "deleted_at": None,
        "user_deleted": False,
        "edit_reason": None,
        "wiki": False,
        "excerpt": f"Hello {number}.",
        "post_url": f"/t/question-{topic}/{topic}/{place}",
        **more,
    }


def write_posts(rows: Sequence[dict]) -> str:
    return json.dumps({"latest_posts": rows}, indent=1)


def write_topics(topics: Sequence[dict]) -> str:
    listed = {"can_create_topic": False, "per_page": 30, "topics": topics}
    return json.dumps({"users": [], "primary_groups": [], "topic_list": listed}, indent=1)


def list_topics(rows: Sequence[dict], categories: set[int] | None = None) -> list[dict]:
    """The topics of these posts, in order of their last post."""
    topics: dict[int, dict] = {}
    for row in sorted(rows, key=lambda row: row["created_at"]):
        if categories is not None and row["category_id"] not in categories:
            continue
        topic = topics.pop(row["topic_id"], {"created_at": row["created_at"]})
        topics[row["topic_id"]] = topic | {
            "id": row["topic_id"],
            "title": row["topic_title"],
            "slug": row["topic_slug"],
            "posts_count": topic.get("posts_count", 0) + 1,
            "highest_post_number": row["post_number"],
            "last_posted_at": row["created_at"],
            "bumped": True,
            "bumped_at": row["created_at"],
            "pinned": False,
            "visible": True,
            "category_id": row["category_id"],
        }
    return list(reversed(topics.values()))[:30]


class Site(Mapping[str, SimpleNamespace]):
    """A Discourse site as a table of addresses. `windowed` is the paging of old versions."""

    def __init__(self, rows: Sequence[dict], *, windowed: bool = False, base: str = SITE):
        self.rows = sorted(rows, key=lambda row: -row["id"])
        self.windowed, self.base = windowed, base
        self.more: dict[str, SimpleNamespace] = {}
        self.categories = [
            {"id": 5, "slug": "midwives", "name": "Midwives"},
            {"id": 6, "slug": "nets", "name": "Nets", "parent_category_id": 5},
            {"id": 9, "slug": "staff", "name": "Site feedback"},
        ]

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, url: str) -> SimpleNamespace:
        path, _, query = url.removeprefix(self.base).partition("?")
        if url in self.more:
            return self.more[url]
        if path == "/posts.json":
            return answer(write_posts(self.page(int(query.partition("=")[2] or 0))))
        if path == "/latest.json":
            return answer(write_topics(list_topics(self.rows)))
        if path == "/c/midwives/5/l/latest.json":
            return answer(write_topics(list_topics(self.rows, {5, 6})))
        if path == "/site.json":
            return answer(json.dumps({"categories": self.categories, "groups": []}))
        if path == "/about.json":
            return answer(json.dumps({"about": {"stats": {"posts_count": len(self.rows) + 40}}}))
        if path.startswith("/t/"):
            ids = [r["id"] for r in self.rows if f"/t/{r['topic_id']}.json" == path]
            return answer(json.dumps({"post_stream": {"posts": [], "stream": ids[::-1]}}))
        raise KeyError(url)

    def page(self, before: int) -> list[dict]:
        if not self.windowed:
            return [row for row in self.rows if not before or row["id"] < before][:50]
        top = before or self.highest
        return [row for row in self.rows if top - 50 < row["id"] <= top]

    @property
    def highest(self) -> int:
        """The number that any post has, private messages included."""
        return max((row["id"] for row in self.rows), default=0)


def write_talk(now: datetime, topics: int = 60) -> list[dict]:
    """A talk of two posts a topic, one topic in two days, the last yesterday."""
    rows = []
    for topic in range(1, topics + 1):
        at = now - timedelta(days=1 + 2 * (topics - topic), hours=5)
        number = 7 + 4 * topic
        rows.append(write_post(number, at, topic=topic, user=topic % 5 + 1))
        later = at + timedelta(hours=3)
        rows.append(write_post(number + 2, later, topic=topic, place=2, user=topic % 3 + 1))
    return rows


def build_archive(now: datetime) -> Archive:
    rows = write_talk(now)
    return Archive(
        url=f"{SITE}/",
        pages=Site(rows),
        posts=len(rows),
        first_at=now - timedelta(days=119, hours=5),
        last_at=now - timedelta(days=1, hours=2),
    )


def show(sample: Sample) -> dict:
    tree = read_tree(sample.answer)
    batch = read_posts(tree, read_address(sample.url), sample.fetched_at)
    return show_posts(
        batch.posts,
        numbers=len(batch.numbers),
        since=batch.since.isoformat() if batch.since else None,
    )


def show_topics(sample: Sample) -> dict:
    topics = read_topics(read_tree(sample.answer))
    last = topics.last_at.astimezone(UTC).isoformat() if topics.last_at else None
    facts = {"newest": topics.newest, "last_at": last, "categories": sorted(topics.categories)}
    return {"facts": facts}


def show_categories(sample: Sample) -> dict:
    address = read_address(f"{SITE}/c/{sample.meta['category']}")
    found = read_categories(read_tree(sample.answer), address)
    return {"facts": {"categories": sorted(found)}}


def show_total(sample: Sample) -> dict:
    return {"facts": {"total": total_of(read_tree(sample.answer))}}


HOME = "discourse/normal/home.html"
MATCHES: Mapping[str, str] = {
    f"{SITE}/": f"{SITE}/",
    f"{SITE}/t/cold-chain/12/3": f"{SITE}/",
    f"{SITE}/latest": f"{SITE}/",
    f"{SITE}/c/midwives/5": f"{SITE}/c/midwives/5",
    f"{SITE}/c/midwives/nets/6/l/top": f"{SITE}/c/midwives/nets/6",
}
CASES = Cases(
    readers={
        "posts": show,
        "topics": show_topics,
        "categories": show_categories,
        "total": show_total,
    },
    matches=[
        *((url, HOME) for url in MATCHES),
        ("https://example.org/forum/t/cold-chain/12", "discourse/normal/subfolder.html"),
        (f"{SITE}/posts.json?before=90", "discourse/normal/posts.json"),
    ],
    no_matches=[
        (f"{SITE}/", "discourse/other_platform/nodebb.html"),
        (f"{SITE}/", "feed/normal/feed.xml"),
        (f"{SITE}/", "discourse/other_platform/news.html"),
    ],
    archive=build_archive,
    canonical={
        **MATCHES,
        "https://example.org/forum/t/cold-chain/12": "https://example.org/forum/",
        f"{SITE}/posts.json?before=90": f"{SITE}/",
    },
    software_hosts=frozenset({"github.com", "www.discourse.org"}),
)
