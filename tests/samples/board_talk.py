"""One invented talk on a web forum, to be shown as each forum software shows it.

Three forums: the first over two pages of topics, with a pinned topic and one of two pages of posts;
the second without topics, but with a forum below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace

from crawler.base import Fetched
from crawler.formats.boards import BoardPage, Listing, TopicPage, open_board_page
from tests.samples.shown import Archive, Sample, show_posts
from tests.table_web import answer

TOPICS_A_PAGE, POSTS_A_PAGE = 1, 3
PEOPLE = {31: "Amina Okello", 32: "Bert Janssen", 33: "Chipo Moyo", 34: "Dolores Vega"}
HTML = {"content_type": "text/html; charset=utf-8"}


@dataclass(frozen=True, kw_only=True)
class Post:
    id: int
    at: datetime
    user: int

    @property
    def name(self) -> str:
        return PEOPLE[self.user]


@dataclass(frozen=True, kw_only=True)
class Topic:
    id: int
    title: str
    posts: tuple[Post, ...]
    pinned: bool = False

    @property
    def last(self) -> Post:
        return self.posts[-1]

    @property
    def pages(self) -> tuple[tuple[Post, ...], ...]:
        return split(self.posts, POSTS_A_PAGE)


@dataclass(frozen=True, kw_only=True)
class Forum:
    id: int
    name: str
    topics: tuple[Topic, ...] = ()
    forums: tuple[Forum, ...] = ()

    @property
    def all_topics(self) -> tuple[Topic, ...]:
        return (*self.topics, *(topic for forum in self.forums for topic in forum.all_topics))

    @property
    def all_posts(self) -> tuple[Post, ...]:
        posts = [post for topic in self.all_topics for post in topic.posts]
        return tuple(sorted(posts, key=lambda post: post.at))

    @property
    def pages(self) -> tuple[tuple[Topic, ...], ...]:
        """The pages of its list: pinned topics on the first, the others by last post."""
        pinned = tuple(topic for topic in self.topics if topic.pinned)
        others = [topic for topic in self.topics if not topic.pinned]
        others.sort(key=lambda topic: topic.last.at, reverse=True)
        first, *rest = split(others, TOPICS_A_PAGE) or ((),)
        return ((*pinned, *first), *rest)


def split(items: Sequence, size: int) -> tuple[tuple, ...]:
    return tuple(tuple(items[at : at + size]) for at in range(0, len(items), size))


def build_talk(now: datetime) -> tuple[Forum, ...]:
    """The forums, the last post two days before `now`; all times are whole minutes."""
    start = now.replace(second=0, microsecond=0)
    plan = {
        11: ("House rules", [150]),
        12: ("Growth charts", [140, 120, 60, 20, 2]),
        14: ("Cold boxes", [90, 75, 10]),
        31: ("Radio programmes", [70, 25, 3]),
    }
    written = sorted((-ago, topic) for topic, (_, days) in plan.items() for ago in days)
    posts: dict[int, list[Post]] = {}
    for number, (ago, topic) in enumerate(written, start=101):
        at = start + timedelta(days=ago, minutes=number)
        post = Post(id=number, at=at, user=31 + (number + topic) % 4)
        posts.setdefault(topic, []).append(post)
    topics = {
        key: Topic(id=key, title=title, posts=tuple(posts[key]), pinned=key == 11)
        for key, (title, _) in plan.items()
    }
    radio = Forum(id=5, name="Radio", topics=(topics[31],))
    return (
        Forum(id=2, name="Child growth", topics=(topics[11], topics[12], topics[14])),
        Forum(id=3, name="Meetings", forums=(radio,)),
    )


def list_forums(forums: Sequence[Forum]) -> tuple[Forum, ...]:
    """All forums, those below others too."""
    return tuple(found for forum in forums for found in (forum, *list_forums(forum.forums)))


def build_archive(url: str, pages: dict[str, str | SimpleNamespace], now: datetime) -> Archive:
    """The archive of the talk, as these pages show it."""
    posts = [post for forum in build_talk(now) for post in forum.all_posts]
    table = {
        address: page if isinstance(page, SimpleNamespace) else answer(page, **HTML)
        for address, page in pages.items()
    }
    return Archive(
        url=url,
        pages=table,
        posts=len(posts),
        first_at=min(post.at for post in posts),
        last_at=max(post.at for post in posts),
    )


def open_sample(sample: Sample) -> BoardPage:
    answer: Fetched = sample.answer
    return open_board_page(
        answer.body, url=answer.url, status=answer.status, fetched_at=answer.fetched_at
    )


def readers(
    read_list: Callable[[BoardPage], Listing], read_topic: Callable[[BoardPage], TopicPage]
) -> dict[str, Callable[[Sample], dict]]:
    """The readers of a platform's samples: of its lists, and of its topics."""

    def show_list(sample: Sample) -> dict:
        return show_listing(read_list(open_sample(sample)))

    def show_topic(sample: Sample) -> dict:
        page = read_topic(open_sample(sample))
        return show_posts(
            page.posts, newer=page.newer, older=page.older, last=page.last, whole=page.whole
        )

    return {"list": show_list, "topic": show_topic}


def show_listing(listing: Listing) -> dict:
    facts = {
        "forums": len(listing.forums),
        "topics": len(listing.topics),
        "pinned": sum(topic.pinned for topic in listing.topics),
        "older": listing.older,
        "says_empty": listing.says_empty,
        "whole": listing.whole,
        "feed": listing.feed,
    }
    forums = [{"id": forum.id, "url": forum.url, "state": forum.state} for forum in listing.forums]
    topics = [
        {
            "id": topic.id,
            "url": topic.url,
            "last_at": topic.last_at.isoformat() if topic.last_at else None,
            "pinned": topic.pinned,
            "state": topic.state,
        }
        for topic in listing.topics
    ]
    return {"facts": facts, "read": {"forums": forums, "topics": topics}}
