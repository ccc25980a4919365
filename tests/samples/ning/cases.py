"""How the samples of ning are read, and what is taken for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

from crawler.feeds import show_feed
from crawler.formats.ning import blog_url, forum_url, has_replies, name_posts
from crawler.plan import CrawlPlan
from crawler.spiders.ning import NingSpider
from domain.records import Platform
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.table_web import answer

HOME = "https://evaluation.example.org/"
APP = 6606644
NAMES = ("Amina Test", "Ben Example", "Carla Sample")


@dataclass(frozen=True, kw_only=True)
class Content:
    """One made-up topic, reply or blog post."""

    kind: str
    number: int
    at: datetime
    who: int
    title: str


def write_feed(contents: Sequence[Content], title: str, url: str, now: datetime) -> str:
    """A feed as the network's own helper writes it, newest first."""
    entries = "".join(
        f"""
                <entry>
                    <title>{escape(content.title)}</title>
                    <link rel="alternate" href="http://evaluation.example.org/xn/detail/{APP}:\
{content.kind}:{content.number}"/>
                                        <id>tag:evaluation.example.org,{content.at:%Y-%m-%d}:{APP}:\
{content.kind}:{content.number}</id>
                                        <updated>{content.at:%Y-%m-%dT%H:%M:%S.000Z}</updated>
                    <author><name>{NAMES[content.who]}</name></author>
                    <summary type="html">
                        &lt;p&gt;Hello {content.number}.&lt;/p&gt;
                    </summary>
                </entry>"""
        for content in contents
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
        <feed xmlns="http://www.w3.org/2005/Atom">
            <title>{title} - Evaluation</title>
            <link rel="self" href="{escape(url)}"/>
            <updated>{now:%Y-%m-%dT%H:%M:%SZ}</updated>
            <id>{escape(url)}</id>
            {entries}
        </feed>
    """


def make_forum(now: datetime, count: int = 40) -> list[Content]:
    """Topics with four replies each, the newest first."""
    contents = [
        Content(
            kind="Comment" if place % 5 else "Topic",
            number=163_000 + 3 * place,
            at=now.replace(microsecond=0) - timedelta(days=2 * (count - 1 - place), hours=30),
            who=place % 3,
            title=f"What is your dream {place - place % 5}",
        )
        for place in range(count)
    ]
    return contents[::-1]


def make_blogs(forum: Sequence[Content]) -> list[Content]:
    """Blog posts of the moments of some posts in the forum, its last one's too."""
    return [
        replace(content, kind="BlogPost", number=170_000 + content.number, title="News")
        for content in (*forum[:-1:6], forum[-1])
    ]


def build_archive(now: datetime) -> Archive:
    """A network's two feeds, reaching back equally far."""
    forum = make_forum(now)
    blogs = make_blogs(forum)
    seen = [*forum, *blogs]
    return Archive(
        url=HOME,
        pages={
            forum_url(HOME): answer(write_feed(forum, "Discussions", forum_url(HOME), now)),
            blog_url(HOME): answer(write_feed(blogs, "Blog Posts", blog_url(HOME), now)),
        },
        posts=len(seen),
        first_at=min(content.at for content in seen),
        last_at=max(content.at for content in seen),
    )


def show_forum(sample: Sample) -> dict:
    spider = NingSpider(
        plan=CrawlPlan(
            source_id=1,
            community_id=1,
            name="sample",
            url=HOME,
            platform=Platform.NING,
            now=sample.fetched_at,
        )
    )
    spider.ask = lambda url, headers: answer_empty(sample)
    shown = asyncio.run(spider.parse_forum(sample.answer))
    return show_posts(
        shown.posts,
        since=shown.since.isoformat() if shown.since else None,
        says_empty=shown.says_empty,
        doubt=spider.doubt,
    )


async def answer_empty(sample: Sample):
    """An empty feed of the blogs."""
    blogs = write_feed([], "Blog Posts", blog_url(HOME), sample.fetched_at).encode()
    return Sample(
        body=blogs,
        url=blog_url(HOME),
        status=200,
        fetched_at=sample.fetched_at,
        meta=sample.meta,
    ).answer


def show_blogs(sample: Sample) -> dict:
    posts = name_posts(show_feed(sample.answer).posts)
    return show_posts(posts, has_replies=has_replies(posts))


CASES = Cases(
    readers={"forum": show_forum, "blogs": show_blogs},
    matches=[
        (HOME, "ning/normal/home.html"),
        ("https://evaluation.example.org/forum/topics/dream?id=1", "ning/normal/home.html"),
    ],
    no_matches=[
        (HOME, "ning/other_platform/ning3.html"),
        (HOME, "feed/must_fail/login.html"),
        ("https://evaluation.ning.com/", "hifa/normal/list.html"),
        (HOME, "ning/normal/forum.xml"),
    ],
    archive=build_archive,
    canonical={"https://evaluation.example.org/forum/topics/dream?id=1": HOME},
    software_hosts=frozenset({"static.ning.com", "api.ning.com"}),
)
