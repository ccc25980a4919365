"""The invented talk as a forum software shows it, from templates of its markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.samples.board_talk import Forum, Post, Topic, build_archive, build_talk, list_forums
from tests.samples.shown import Archive


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a software shows its pages; every text is a template for `str.format`.

    `pages` writes the links between the pages of a list or topic, given their addresses and the
    place of the one that is shown.
    """

    index_url: str
    list_url: Callable[[Forum, int], str]
    topic_url: Callable[[Topic, int], str]
    page: str
    forums: str
    forum: str
    last: str
    no_last: str
    topics: str
    topic: str
    pinned: str
    no_topics: str
    posts: str
    post: str
    pages: Callable[[Sequence[str], int], str]
    show: Callable[[datetime], str]


def slug_of(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")


def facts_of(look: Look, post: Post, topic: Topic, now: datetime) -> dict:
    ago, minutes = divmod(int((now - post.at).total_seconds()) // 60, 24 * 60)
    return {
        "id": post.id, "user": post.user, "name": post.name, "topic": topic.id,
        "title": topic.title, "slug": slug_of(topic.title), "at": post.at.isoformat(),
        "z": post.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "unix": int(post.at.timestamp()),
        "shown": look.show(post.at), "ago": f"{ago} days {minutes // 60} hours",
    }  # fmt: skip


def render_forums(look: Look, forums: Sequence[Forum], now: datetime) -> str:
    rows = []
    for forum in forums:
        last = look.no_last
        if forum.all_posts:
            post = forum.all_posts[-1]
            topic = next(topic for topic in forum.all_topics if post in topic.posts)
            last = look.last.format(**facts_of(look, post, topic, now))
        row = look.forum.format(
            id=forum.id, name=forum.name, slug=slug_of(forum.name), last=last,
            topics=len(forum.all_topics), posts=len(forum.all_posts), url=look.list_url(forum, 0),
        )  # fmt: skip
        rows.append(row)
    return look.forums.format(rows="".join(rows))


def render_list(look: Look, forum: Forum, page: int, now: datetime) -> str:
    rows = [
        look.topic.format(
            **facts_of(look, topic.last, topic, now),
            pinned=look.pinned if topic.pinned else "",
            replies=len(topic.posts) - 1,
            starter=topic.posts[0].name,
            began=look.show(topic.posts[0].at),
            url=look.topic_url(topic, 0),
            forum=forum.id,
        )
        for topic in forum.pages[page]
    ]
    below = render_forums(look, forum.forums, now) if forum.forums and not page else ""
    urls = [look.list_url(forum, number) for number in range(len(forum.pages))]
    pages = look.pages(urls, page) if len(urls) > 1 else ""
    listed = look.topics.format(rows="".join(rows), pages=pages) if rows else look.no_topics
    return below + listed


def render_topic(look: Look, topic: Topic, page: int, now: datetime) -> str:
    rows = [
        look.post.format(
            **facts_of(look, post, topic, now),
            place=topic.posts.index(post),
            url=look.topic_url(topic, page),
        )
        for post in topic.pages[page]
    ]
    urls = [look.topic_url(topic, number) for number in range(len(topic.pages))]
    pages = look.pages(urls, page) if len(urls) > 1 else ""
    return look.posts.format(rows="".join(rows), pages=pages, title=topic.title, id=topic.id)


def build_pages(look: Look, forums: Sequence[Forum], now: datetime) -> dict[str, str]:
    def page_of(title: str, body: str) -> str:
        return look.page.format(title=title, body=body, now=look.show(now))

    pages = {look.index_url: page_of("Index", render_forums(look, forums, now))}
    for forum in list_forums(forums):
        for number in range(len(forum.pages)):
            body = render_list(look, forum, number, now)
            pages[look.list_url(forum, number)] = page_of(forum.name, body)
        for topic in forum.topics:
            for number in range(len(topic.pages)):
                body = render_topic(look, topic, number, now)
                pages[look.topic_url(topic, number)] = page_of(topic.title, body)
    return pages


def build_look_archive(look: Look, now: datetime) -> Archive:
    return build_archive(look.index_url, build_pages(look, build_talk(now), now), now)
