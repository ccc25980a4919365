"""How the samples of buddypress are read, and what is taken for it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

from crawler.formats.buddypress import PER_PAGE, Place, find_group_id, read_activities
from crawler.formats.html import read_html
from crawler.formats.wordpress import page_of
from crawler.plan import CrawlPlan
from crawler.spiders.buddypress import BuddypressSpider, recognise
from domain.records import Platform
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.samples.small_talk import WRITERS, Said, small_talk
from tests.table_web import answer

HOME = "https://club.example.org/"
GROUP = f"{HOME}groups/wells/"


def show_activity(sample: Sample) -> dict:
    read = read_activities(
        sample.body,
        url=sample.url,
        page=page_of(sample.url),
        count=(sample.meta["total"], sample.meta["pages"]),
        fetched_at=sample.fetched_at,
    )
    since = read.since.isoformat() if read.since else None
    return show_posts(read.posts, activities=read.count, total=read.total, since=since)


def show_feed(sample: Sample) -> dict:
    plan = CrawlPlan(
        source_id=1,
        community_id=1,
        name="sample",
        url=GROUP,
        platform=Platform.BUDDYPRESS,
        now=sample.fetched_at,
    )
    shown = asyncio.run(BuddypressSpider(plan=plan).parse_feed(sample.answer))
    return show_posts(shown.posts, since=shown.since.isoformat() if shown.since else None)


def show_place(sample: Sample) -> dict:
    found = recognise(sample.answer)
    group = find_group_id(read_html(sample.body))
    return {
        "facts": {"watch": found.url if found else None, "group": group},
        "read": list(found.why) if found else [],
    }


def write_activity(said: Said) -> dict:
    return {
        "id": said.number,
        "user_id": WRITERS.index(said.writer) + 1,
        "component": "activity" if said.is_answer else "groups",
        "type": "activity_comment" if said.is_answer else "activity_update",
        "date_gmt": f"{said.at:%Y-%m-%dT%H:%M:%S}",
        "link": f"{HOME}activity/p/{said.number}/",
        "primary_item_id": said.root if said.is_answer else 12,
        "secondary_item_id": said.root if said.is_answer else 0,
    }


def write_join(said: Said) -> dict:
    return {
        **write_activity(said),
        "id": 10_000 + said.number,
        "type": "joined_group",
        "component": "groups",
    }


def archive(now: datetime) -> Archive:
    """A group with two pages of activities, every tenth of them somebody who joined."""
    said = small_talk(now, count=120, gap=timedelta(hours=18))
    rows: list[dict] = []
    for one in reversed(said):
        rows.append(write_activity(one))
        if one.number % 10 == 0:
            rows.append(write_join(one))
    place = Place(home=HOME, slug="wells")
    pages = {
        GROUP: answer(
            '<html><body><div id="buddypress"><div id="item-header" data-bp-item-id="12" '
            'data-bp-item-component="groups" class="groups-header"></div></div></body></html>'
        )
    }
    count = -(-len(rows) // PER_PAGE)
    counted = {"x_wp_total": str(len(rows)), "x_wp_totalpages": str(count)}
    for page in range(1, count + 1):
        part = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
        pages[place.rows_url("v2", "12", page)] = answer(json.dumps(part), **counted)
    return Archive(
        url=GROUP, pages=pages, posts=len(said), first_at=said[0].at, last_at=said[-1].at
    )


CASES = Cases(
    readers={"activity": show_activity, "feed": show_feed, "place": show_place},
    matches=[
        (GROUP, "buddypress/normal/group.html"),
        (f"{GROUP}members/", "buddypress/normal/group.html"),
        (f"{HOME}members/", "buddypress/normal/directory.html"),
    ],
    no_matches=[
        (GROUP, "buddypress/other_platform/words.html"),
        (GROUP, "buddypress/must_fail/login.html"),
        (GROUP, "wordpress/normal/home.html"),
        (f"{GROUP}feed/", "buddypress/feed/feed.xml"),
    ],
    archive=archive,
    canonical={
        f"{GROUP}members/": GROUP,
        f"{HOME}members/": f"{HOME}activity/",
    },
    software_hosts=frozenset({"buddypress.org"}),
)
