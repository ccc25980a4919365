"""How the samples of hyperkitty are read, and what is taken for it."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.formats.hyperkitty import read_emails, read_export
from crawler.plan import CrawlPlan
from crawler.spiders.hyperkitty import HyperkittySpider
from domain.records import Platform
from domain.window import Window
from tests.samples.made_up import build_archive
from tests.samples.shown import Archive, Cases, Sample, show_posts


def show_activity(sample: Sample) -> dict:
    spider = HyperkittySpider(
        plan=CrawlPlan(
            source_id=1,
            community_id=1,
            name="sample",
            url=sample.url,
            platform=Platform.HYPERKITTY,
            now=sample.fetched_at,
        )
    )
    activity = spider.parse_activity(sample.answer)
    busy = {day.isoformat(): count for day, count in activity.items() if count}
    return {"facts": {"days": len(activity), "messages": sum(busy.values())}, "read": busy}


def show_emails(sample: Sample) -> dict:
    emails = read_emails(sample.body, url=sample.url, fetched_at=sample.fetched_at)
    return show_posts(emails.posts, count=emails.count, whole=emails.whole)


def show_export(sample: Sample) -> dict:
    start, end = (
        datetime.fromisoformat(sample.meta[key]).replace(tzinfo=UTC) for key in ("start", "end")
    )
    posts, damage = read_export(
        sample.body,
        url=sample.url,
        window=Window(start=start, end=end),
        fetched_at=sample.fetched_at,
        limit=1 << 24,
    )
    return show_posts(posts, damaged=bool(damage))


def archive(now: datetime) -> Archive:
    return build_archive(Platform.HYPERKITTY, now)


CASES = Cases(
    readers={"activity": show_activity, "emails": show_emails, "export": show_export},
    archive=archive,
    matches=[
        (
            "https://lists.example.org/archives/list/child-health@lists.example.org/",
            "pipermail/other_platform/hyperkitty.html",
        ),
        (
            "https://lists.example.org/mailman3/hyperkitty/list/a@example.org/thread/ABC/",
            "pipermail/other_platform/hyperkitty.html",
        ),
    ],
    no_matches=[
        ("https://lists.example.org/archives/", "pipermail/other_platform/hyperkitty.html"),
        ("https://lists.example.org/list/a@example.org/", "pipermail/normal/index.html"),
        ("https://lists.example.org/list/dev/", "pipermail/other_platform/hyperkitty.html"),
    ],
    canonical={
        "https://lists.example.org/mailman3/hyperkitty/list/a@example.org/thread/ABC/": "https://lists.example.org/mailman3/hyperkitty/list/a@example.org/"
    },
)
