"""How the samples of hifa are read, and what is taken for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from crawler.formats.hifa import Entry, read_listing, read_message
from crawler.formats.html import read_html
from crawler.plan import CrawlPlan
from crawler.spiders.hifa import HifaSpider
from domain.records import Platform
from tests.samples.shown import Archive, Cases, Sample, show_post, show_posts
from tests.table_web import answer

SITE = "https://www.forum.example.org"
LIST = f"{SITE}/rss-feeds/17"
PER_PAGE = 5
HEAD = """<!DOCTYPE html>
<html lang="en" dir="ltr"><head><meta charset="utf-8">
<meta name="Generator" content="Drupal 7 (http://drupal.org)">
<title>{title} | Forum</title></head><body class="html not-front">
<div id="header"><a href="/">Forum</a> <a href="/join">Join</a> <span>1 January, 2020</span></div>
"""
NAMES = ("Amina Test", "Ben Example", "Carla Sample")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One made-up message."""

    slug: str
    title: str
    at: datetime
    who: int
    answers: bool

    @property
    def day(self) -> str:
        return f"{self.at.day} {self.at:%B}, {self.at.year}"


def write_list(messages: Sequence[Message], *, page: int, more: bool) -> str:
    """A page of the list, as Drupal's views make one."""
    rows = "".join(
        f'<div class="views-row"><span class="field-content"><a href="/dgroups-rss/{message.slug}">'
        f"{escape(message.title)}</a></span> <span>{message.day}</span></div>\n"
        for message in messages
    )
    pager = (
        f'<li class="pager-next"><a title="Go to next page" href="/rss-feeds/17?page={page + 1}">'
        "next ›</a></li>"
    )
    return (
        HEAD.format(title="Messages").replace("<span>1 January, 2020</span>", "")
        + f'<h1 class="title">Messages</h1><div class="view-content">\n{rows}</div>'
        + f'<ul class="pager"><li>{page + 1}</li>{pager if more else ""}</ul></body></html>\n'
    )


def write_message(message: Message) -> str:
    """The page of one message."""
    answers = "<p>[Re: https://www.forum.example.org/dgroups-rss/other ]</p>"
    return (
        HEAD.format(title=escape(message.title)).replace("<span>1 January, 2020</span>", "")
        + f'<h1 class="title">{escape(message.title)}</h1><div class="field">{message.day}</div>\n'
        + (answers if message.answers else "<p>Dear all,</p>")
        + "<p>Some words about health, and a quoted day:</p><p>6 January, 2024</p>"
        + f"<p>HIFA profile: {NAMES[message.who]} is a nurse in Example Town. Interests: none.</p>"
        + '<a href="/rss-feeds/17">All messages</a></body></html>\n'
    )


def make_messages(now: datetime, count: int = 13) -> list[Message]:
    """Messages, the oldest first, in threads of four."""
    messages = []
    for place in range(count):
        start, number = place - place % 4, place % 4
        title = f"Oral rehydration {start}" + (f" ({number + 1}) Doses" if number else "")
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        messages.append(
            Message(
                slug=f"oral-rehydration-{place}",
                title=title,
                at=midnight - timedelta(days=1 + 6 * (count - 1 - place)),
                who=place % 3,
                answers=number == 3,
            )
        )
    return messages


def build_archive(now: datetime) -> Archive:
    """A list of three pages and the pages of its messages."""
    messages = make_messages(now)
    newest = messages[::-1]
    html = {"content_type": "text/html; charset=utf-8"}
    pages = {f"{SITE}/dgroups-rss/{m.slug}": answer(write_message(m), **html) for m in messages}
    for start in range(0, len(newest), PER_PAGE):
        page = start // PER_PAGE
        url = LIST + (f"?page={page}" if page else "")
        more = start + PER_PAGE < len(newest)
        shown = newest[start : start + PER_PAGE]
        pages[url] = answer(write_list(shown, page=page, more=more), **html)
    return Archive(
        url=LIST,
        pages=pages,
        posts=len(messages),
        first_at=messages[0].at,
        last_at=messages[-1].at,
    )


def show_list(sample: Sample) -> dict:
    listing = read_listing(read_html(sample.body), sample.url)
    if not listing.entries and not listing.says_empty:
        plan = CrawlPlan(
            source_id=1,
            community_id=1,
            name="sample",
            url=sample.url,
            platform=Platform.HIFA,
            now=sample.fetched_at,
        )
        return show_posts(asyncio.run(HifaSpider(plan=plan).parse_list(sample.answer)).posts)
    rows = [
        {"url": entry.url, "title": entry.title, "at": entry.at.isoformat() if entry.at else None}
        for entry in listing.entries
    ]
    facts = {"messages": len(rows), "older": listing.older_url, "says_empty": listing.says_empty}
    return {"facts": facts, "read": rows}


def show_message(sample: Sample) -> dict:
    entry = Entry(url=sample.url, title=sample.meta.get("title", ""), at=None)
    post = read_message(read_html(sample.body), entry, sample.url, sample.fetched_at)
    day = post.at.date().isoformat() if post.at else None
    return {"facts": {"title": post.subject, "day": day}, "read": show_post(post)}


CASES = Cases(
    readers={"list": show_list, "message": show_message},
    matches=[
        (LIST, "hifa/normal/list.html"),
        (f"{LIST}?page=3", "hifa/normal/list.html"),
        (f"{SITE}/dgroups-rss/zinc-2-doses", "hifa/normal/message.html"),
    ],
    no_matches=[
        (LIST, "hifa/other_platform/news.html"),
        (LIST, "feed/must_fail/login.html"),
        (f"{SITE}/dgroups-rss/zinc", "feed/normal/feed.xml"),
    ],
    archive=build_archive,
    canonical={f"{LIST}?page=3": LIST, f"{SITE}/dgroups-rss/zinc-2-doses": LIST},
    software_hosts=frozenset({"drupal.org", "www.drupal.org"}),
)
