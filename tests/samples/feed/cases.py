"""How the samples of feed are read, and what is taken for it."""

from __future__ import annotations

from datetime import datetime

from crawler.feeds import read_feed_answer
from crawler.formats.feed import read_feed
from domain.records import Platform
from tests.samples.made_up import build_archive
from tests.samples.shown import Archive, Cases, Sample, show_posts


def show_feed(sample: Sample) -> dict:
    feed = read_feed_answer(sample.answer)
    assert feed == read_feed(sample.body, sample.url, sample.fetched_at)
    return show_posts(
        feed.posts,
        title=feed.title,
        dialect=feed.dialect,
        well_formed=feed.well_formed,
        window_start=feed.window_start.isoformat() if feed.window_start else None,
        older_url=feed.older_url,
    )


def archive(now: datetime) -> Archive:
    return build_archive(Platform.FEED, now)


CASES = Cases(
    readers={"feed": show_feed},
    archive=archive,
    matches=[
        ("https://forum.example.org/feed/", "feed/normal/feed.xml"),
        ("https://lists.example.org/dev/new.atom", "feed/atom/new.atom"),
        ("https://forum.example.org/feed.json", "feed/json/feed.json"),
    ],
    no_matches=[
        ("https://lists.example.org/pipermail/child-health/", "pipermail/normal/index.html"),
        ("https://forum.example.org/login", "feed/must_fail/login.html"),
        ("https://forum.example.org/sitemap.xml", "feed/must_fail/sitemap.xml"),
    ],
)
