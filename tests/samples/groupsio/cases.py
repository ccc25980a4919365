"""How the samples of groupsio are read, and what is taken for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from crawler.plan import CrawlPlan
from crawler.spiders.groupsio import GroupsioSpider
from domain.records import Platform
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.table_web import answer

GROUP = "https://lists.example.org/g/child-health"
PER_PAGE = 8
NAMES = ("Amina Test", "Ben Example", "Carla Sample", "Dmitri Proof", "Esther Trial")


@dataclass(frozen=True, kw_only=True)
class Talk:
    """One made-up message."""

    number: int
    at: datetime
    who: int
    topic: int
    subject: str


def write_message(talk: Talk) -> str:
    """A message as the page of messages in full shows it."""
    ident = 55_000_000 + talk.number
    nanos = int(talk.at.timestamp()) * 10**9 + 465_887_176
    slug = "".join(c if c.isalnum() else "_" for c in talk.subject.lower())
    plain = escape(talk.subject.removeprefix("Re: "))
    return f"""
<tr class="test"><td>
<a name="msg{talk.number}"></a>
<div class="row">
<div class="pull-left">
<span class="subject"><a href="/g/child-health/topic/{slug}/{talk.topic}?p=,,,20,0,0,0" \
data-subject="{plain}">{escape(talk.subject)}</a></span>
<a href="/g/child-health/search?q=posterid%3A{4700 + talk.who}">
<img src="https://lists.example.org/profilephoto/{talk.who}">
<span class="user-chip-name">
{NAMES[talk.who]}
</span></a>
</div>
<div class="pull-right"><font class="text-muted"><span id="timedispmsg{ident}"></span>\
<script>document.getElementById('timedispmsg{ident}').innerHTML = \
DisplayShortTime({nanos}, false);</script></font></div>
</div>
<div id="msgbody{ident}" class="user-content"><div class="forcebreak" dir="ltr">
<p>Hello {talk.number}, of 3 - 4 of 5 I know nothing. <a name="msg99999"></a></p>
<span class="user-chip-name">Nobody</span></div></div>
</td></tr>"""


def write_page(talks: Sequence[Talk], *, first: int, total: int, page: int = 1) -> str:
    """A page of messages, newest first."""
    last = first + len(talks) - 1
    more = last < total
    arrow = f"/g/child-health/messages?expanded=1&amp;page={page + 1}" if more else "#"
    pager = f"""<ul class="pagination"><li><span>{first} - {last} of {total:,}</span></li>
<li{"" if more else ' class="disabled"'}><a href="{arrow}">\
<i class="fa fa-chevron-right"></i></a></li>
</ul>"""
    rows = "".join(write_message(talk) for talk in talks)
    return f"""<!DOCTYPE html>
<html lang="en-US"><head><meta charset="utf-8">
<link rel="stylesheet" href="/css/header.css?v=1">
<link rel="stylesheet" href="/css/groupsio.css?v=6">
<title>child-health@lists.example.org | Messages</title></head>
<body class="fuelux">
<div class="navbar navbar-head" role="navigation" id="headerbar"><a href="/login">Log In</a></div>
<div id="content" class="container-fluid">{pager}
<table class="table"><tbody>{rows}</tbody></table>{pager}</div>
<div id="footer"><a href="/helpcenter">Help</a>
<p class="navbar-text">&copy; 2026 Groups.io</p></div>
</body></html>
"""


def make_talk(now: datetime, count: int = 47, *, every: int = 2) -> list[Talk]:
    """Messages, the oldest first: a topic with four answers, then others."""
    talks = []
    for place in range(count):
        start = place - place % 5
        talks.append(
            Talk(
                number=812 + place + place // 20,
                at=now.replace(microsecond=0)
                - timedelta(days=every * (count - 1 - place), hours=5),
                who=place * 7 % 5,
                topic=7_700_000 + start,
                subject=("Re: " if place % 5 else "") + f"Oral rehydration {start}",
            )
        )
    return talks


def build_archive(now: datetime) -> Archive:
    """A group of three pages."""
    talks = make_talk(now, 18, every=4)
    newest = talks[::-1]
    pages = {}
    for start in range(0, len(newest), PER_PAGE):
        page = start // PER_PAGE + 1
        url = f"{GROUP}/messages?expanded=1" + (f"&page={page}" if page > 1 else "")
        text = write_page(
            newest[start : start + PER_PAGE], first=start + 1, total=len(talks), page=page
        )
        pages[url] = answer(text, content_type="text/html; charset=utf-8")
    return Archive(
        url=GROUP,
        pages=pages,
        posts=len(talks),
        first_at=read_back(talks[0].at),
        last_at=read_back(talks[-1].at),
    )


def read_back(at: datetime) -> datetime:
    """The moment as the page's nanoseconds tell it."""
    return at + timedelta(microseconds=465_887)


def show_messages(sample: Sample) -> dict:
    spider = GroupsioSpider(
        plan=CrawlPlan(
            source_id=1,
            community_id=1,
            name="sample",
            url=GROUP,
            platform=Platform.GROUPSIO,
            now=sample.fetched_at,
        )
    )
    shown = asyncio.run(spider.parse_messages(sample.answer))
    return show_posts(
        shown.posts,
        since=shown.since.isoformat() if shown.since else None,
        older=shown.older,
        whole=shown.whole,
        says_empty=shown.says_empty,
        declared=shown.declared,
    )


MESSAGES = f"{GROUP}/messages?expanded=1"
CASES = Cases(
    readers={"messages": show_messages},
    matches=[
        (MESSAGES, "groupsio/normal/messages.html"),
        ("https://child-health.example.net/g/nurses/message/12", "groupsio/normal/messages.html"),
        (GROUP, "groupsio/empty/messages.html"),
        ("https://lists.example.org/g/child-health/topics", "groupsio/must_fail/login.html"),
        ("http://dgroups.org/partner/group", "feed/must_fail/login.html"),
    ],
    no_matches=[
        ("https://lists.example.org/helpcenter/index", "groupsio/normal/messages.html"),
        ("https://lists.example.org/g/child-health", "feed/must_fail/login.html"),
        ("https://lists.example.org/g/child-health", "groupsio/other_platform/forum.html"),
        ("https://forum.example.org/g/x", "feed/normal/feed.xml"),
    ],
    archive=build_archive,
    canonical={
        MESSAGES: GROUP,
        "https://child-health.example.net/g/nurses/message/12": (
            "https://child-health.example.net/g/nurses"
        ),
        "https://lists.example.org/g/child-health/topics": GROUP,
    },
    software_hosts=frozenset({"groups.io"}),
)
