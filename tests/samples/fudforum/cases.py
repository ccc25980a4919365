"""How the samples of fudforum are read, and a board as FUDforum 3.0 shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from crawler.feeds import show_feed
from crawler.formats.fudforum import PAGE, feed_url, older_url, revise_post, says_no_data
from tests.samples.board_talk import Forum, build_archive, build_talk
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.table_web import answer

ROOT = "https://forum.example.org/fud/"
SHOWN = 5
FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
\t<title>Child health - Atom feed</title>
\t<subtitle>Questions and answers</subtitle>
\t<link href="https://forum.example.org/fud/"/>
\t<updated>2026-03-04T12:00:00-00:00</updated>
\t<id>https://forum.example.org/fud/</id>
\t<generator uri="http://fudforum.org/" version="3.0.9">FUDforum</generator>
\t{entries}
</feed>
"""
ENTRY = """<entry>
\t<title>{title}</title>
\t<link href="https://forum.example.org/fud/index.php?t=rview&amp;goto={id}&amp;th={topic}#msg_{id}"/>
\t<id>https://forum.example.org/fud/index.php?t=rview&amp;goto={id}&amp;th={topic}#msg_{id}</id>
\t<author><name>{name}</name></author>
\t<published>{at}-00:00</published>
\t<content type="html"><![CDATA[Words.]]></content>
</entry>
"""
NO_DATA = """<?xml version="1.0" encoding="utf-8"?>
<error><message>No data matching data.</message></error>
</xml>
"""


def render_feed(forums: Sequence[Forum], offset: int) -> str:
    posts = [
        (post, topic) for forum in forums for topic in forum.all_topics for post in topic.posts
    ]
    posts.sort(key=lambda pair: pair[0].at, reverse=True)
    shown = posts[offset : offset + SHOWN]
    entries = "".join(
        ENTRY.format(
            id=post.id,
            topic=topic.id,
            name=post.name,
            at=post.at.strftime("%Y-%m-%dT%H:%M:%S"),
            title=topic.title if post is topic.posts[0] else f"Re: {topic.title}",
        )
        for post, topic in shown
    )
    return FEED.format(entries=entries) if shown else NO_DATA


def build_pages(forums: Sequence[Forum]) -> dict:
    start = feed_url(ROOT, None)
    pages, url, offset = {}, start, 0
    total = sum(len(forum.all_posts) for forum in forums)
    while True:
        pages[url] = answer(render_feed(forums, offset), content_type="application/atom+xml")
        if offset >= total:
            return pages
        url = older_url(url, min(SHOWN, total - offset))
        offset = int(url.rpartition("&o=")[2])


@cache
def archive(now: datetime) -> Archive:
    return build_archive(f"{ROOT}index.php", build_pages(build_talk(now)), now)


def show_answer(sample: Sample) -> dict:
    if says_no_data(sample.body):
        return {"facts": {"posts": 0, "says_empty": True}, "read": []}
    shown = show_feed(sample.answer, revise_post)
    since = shown.since.isoformat() if shown.since else None
    return show_posts(shown.posts, since=since, whole=shown.whole)


assert PAGE > SHOWN
CASES = Cases(
    readers={"feed": show_answer},
    matches=[
        (
            "https://forum.example.org/fud/feed.php?mode=m&l=1&basic=1&format=atom&ds=0&n=20",
            "fudforum/normal/feed.xml",
        )
    ],
    no_matches=[
        ("https://forum.example.org/fud/index.php", "fudforum/other_platform/index.html"),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
        (
            "https://forum.example.org/fud/feed.php?mode=m&l=1&basic=1&format=atom&ds=0&n=20",
            "fudforum/must_fail/login.html",
        ),
    ],
    archive=archive,
    canonical={
        "https://forum.example.org/fud/feed.php?mode=m&l=1&basic=1&format=atom&ds=0&n=20": "https://forum.example.org/fud/index.php"
    },
    software_hosts=frozenset({"fudforum.org", "webns.net"}),
)
