"""How the samples of pipermail are read, and what is taken for it."""

from __future__ import annotations

from datetime import datetime

from crawler.formats.pipermail import Period, read_index, read_period, read_thread
from crawler.spiders.pipermail import read_text
from domain.records import Platform
from tests.samples.made_up import build_archive
from tests.samples.shown import Archive, Cases, Sample, show_posts


def period_of(sample: Sample) -> Period:
    name = sample.meta["period"]
    folder = sample.url.split(name)[0]
    return Period(name=name, window=read_period(name), thread_url=f"{folder}{name}/thread.html")


def show_index(sample: Sample) -> dict:
    index = read_index(sample.body, sample.url, fetched_at=sample.fetched_at)
    rows = [
        {
            "name": period.name,
            "start": period.window.start.isoformat() if period.window else None,
            "end": period.window.end.isoformat() if period.window else None,
            "text_url": period.text_url,
            "thread_url": period.thread_url,
            "size": period.size,
        }
        for period in index.periods
    ]
    facts = {
        "periods": len(rows),
        "oldest": rows[0]["name"] if rows else None,
        "newest": rows[-1]["name"] if rows else None,
        "empty": index.empty,
        "unknown": list(index.unknown),
        "moved_to": index.moved.new_url if index.moved else None,
    }
    return {"facts": facts, "read": rows}


def show_text(sample: Sample) -> dict:
    reading = read_text(
        sample.body,
        url=sample.url,
        period=period_of(sample),
        fetched_at=sample.fetched_at,
        limit=1 << 24,
    )
    return show_posts(reading.posts, damaged=bool(reading.damage))


def show_thread(sample: Sample) -> dict:
    return show_posts(
        read_thread(
            sample.body, url=sample.url, period=period_of(sample), fetched_at=sample.fetched_at
        )
    )


def archive(now: datetime) -> Archive:
    return build_archive(Platform.PIPERMAIL, now)


CASES = Cases(
    readers={"index": show_index, "text": show_text, "thread": show_thread},
    archive=archive,
    matches=[
        ("https://lists.example.org/pipermail/child-health/", "pipermail/normal/index.html"),
        ("https://lists.example.org/archives/x/index.html", "pipermail/translated/weekly.html"),
        ("https://lists.example.org/pipermail/child-health/", "pipermail/empty/french.html"),
    ],
    no_matches=[
        ("https://forum.example.org/pipermail/feed/", "feed/normal/feed.xml"),
        ("https://lists.example.org/mailman/private/x/", "pipermail/must_fail/private.html"),
        ("https://lists.example.org/pipermail/x/", "pipermail/other_platform/hyperkitty.html"),
    ],
    canonical={
        "https://lists.example.org/archives/x/index.html": "https://lists.example.org/archives/x/"
    },
)
