"""How the samples of bbpress are read, and what is taken for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from crawler.feeds import show_feed as show_feed_answer
from crawler.formats.bbpress import name_items, read_listing, read_topic, read_zone
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.samples.small_talk import Said, small_talk
from tests.table_web import answer

HOME = "https://club.example.org/"
FORUM = f"{HOME}forums/forum/wells/"
ZONE = ZoneInfo("Europe/Paris")
ITEMS, TOPICS, POSTS = 25, 15, 3


def show_feed(sample: Sample) -> dict:
    shown = show_feed_answer(sample.answer)
    since = shown.since.isoformat() if shown.since else None
    return show_posts(name_items(shown.posts), since=since)


def show_listing(sample: Sample) -> dict:
    listing = read_listing(sample.body, sample.url)
    facts = {
        "topics": len(listing.topics),
        "pinned": len(listing.pinned),
        "older": listing.older,
        "empty": listing.says_empty,
    }
    return {"facts": facts, "read": [*listing.pinned, *listing.topics]}


def show_topic(sample: Sample) -> dict:
    page = read_topic(
        sample.body, url=sample.url, root=None, zone=ZONE, fetched_at=sample.fetched_at
    )
    return show_posts(page.posts, next_page=page.next_page)


def show_zone(sample: Sample) -> dict:
    zone = read_zone(sample.body, sample.url)
    summer = datetime(2025, 7, 1, 12, tzinfo=zone)
    return {"facts": {"summer": summer.isoformat()}, "read": []}


def topic_url(root: int) -> str:
    return f"{HOME}forums/topic/well-number-{root}/"


def write_item(said: Said) -> str:
    title = f"Reply To: {said.subject}" if said.is_answer else said.subject
    url = f"{topic_url(said.root)}#post-{said.number}"
    return (
        f"<item><guid>{url}</guid><title><![CDATA[{title}]]></title><link>{url}</link>"
        f"<pubDate>{format_datetime(said.at)}</pubDate><dc:creator>{said.writer}</dc:creator></item>"
    )


def write_reply(said: Said) -> str:
    local = said.at.astimezone(ZONE)
    date = f"{local:%B} {local.day}, {local.year} at {local:%I:%M %p}"
    return (
        f'<div id="post-{said.number}" class="bbp-reply-header"><div class="bbp-meta">'
        f'<span class="bbp-reply-post-date">{date}</span>'
        f'<a href="{topic_url(said.root)}#post-{said.number}" class="bbp-reply-permalink">'
        f"#{said.number}</a></div></div>"
        '<div class="reply type-reply"><div class="bbp-reply-author">'
        f'<a class="bbp-author-link"><span class="bbp-author-name">{said.writer}</span></a></div>'
        "</div>"
    )


def write_page(inside: str, next_page: str | None) -> str:
    pager = (
        '<div class="bbp-pagination"><div class="bbp-pagination-links">'
        f'<a class="next page-numbers" href="{next_page}">&rarr;</a></div></div>'
        if next_page
        else ""
    )
    return (
        f'<html><head><link rel="https://api.w.org/" href="{HOME}wp-json/"><title>Wells</title>'
        f'</head><body><div id="bbpress-forums">{inside}{pager}</div></body></html>'
    )


def write_topic(said: list[Said]) -> dict[str, str]:
    """The pages of one topic, by their addresses."""
    root = topic_url(said[0].root)
    pages = {}
    for start in range(0, len(said), POSTS):
        own = root if start == 0 else f"{root}page/{start // POSTS + 1}/"
        more = start + POSTS < len(said)
        following = f"{root}page/{start // POSTS + 2}/" if more else None
        inside = "".join(write_reply(one) for one in said[start : start + POSTS])
        pages[own] = write_page(f'<ul class="bbp-replies">{inside}</ul>', following)
    return pages


def write_listing(roots: list[int], following: str | None) -> str:
    rows = "".join(
        f'<ul id="bbp-topic-{root}" class="topic type-topic"><li class="bbp-topic-title">'
        f'<a class="bbp-topic-permalink" href="{topic_url(root)}">Well</a></li></ul>'
        for root in roots
    )
    return write_page(f'<ul class="bbp-topics"><li class="bbp-body">{rows}</li></ul>', following)


def archive(now: datetime) -> Archive:
    """A forum with two pages of topics, each topic with two pages of posts."""
    said = small_talk(now, count=64, gap=timedelta(hours=40), answers=3)
    items = "".join(write_item(one) for one in list(reversed(said))[:ITEMS])
    feed = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Wells</title>{items}</channel></rss>"
    )
    written = {f"{FORUM}feed/": feed}
    roots: list[str] = []
    for root, posts in groupby(said, key=lambda one: one.root):
        roots.insert(0, root)
        written |= write_topic(list(posts))
    written[FORUM] = write_listing(roots[:TOPICS], f"{FORUM}page/2/")
    written[f"{FORUM}page/2/"] = write_listing(roots[TOPICS:], None)
    zone = '{"timezone_string": "Europe/Paris", "gmt_offset": 1}'
    written[f"{HOME}wp-json/?_fields=timezone_string,gmt_offset"] = zone
    return Archive(
        url=FORUM,
        pages={url: answer(text) for url, text in written.items()},
        posts=len(said),
        first_at=said[0].at,
        last_at=said[-1].at,
    )


CASES = Cases(
    readers={"feed": show_feed, "listing": show_listing, "topic": show_topic, "zone": show_zone},
    matches=[
        (FORUM, "bbpress/pages/forum.html"),
        (f"{FORUM}page/2/", "bbpress/pages/forum.html"),
        (f"{HOME}forums/topic/dry-season/page/2/", "bbpress/pages/topic.html"),
        (f"{HOME}forums/topic/pump-for-sale/", "bbpress/pages/lead_topic.html"),
        (FORUM, "bbpress/empty/forum.html"),
    ],
    no_matches=[
        (FORUM, "bbpress/other_platform/news.html"),
        (FORUM, "bbpress/must_fail/redesigned.html"),
        (FORUM, "wordpress/normal/home.html"),
    ],
    archive=archive,
    canonical={
        f"{FORUM}page/2/": FORUM,
        f"{HOME}forums/topic/dry-season/page/2/": FORUM,
        f"{HOME}forums/topic/pump-for-sale/": FORUM,
    },
    software_hosts=frozenset({"api.w.org", "bbpress.org", "wellformedweb.org"}),
)
