"""Saved answers of every platform: what the adapters read of them is what people counted by hand.

`expected.json` holds, for each input, first the `facts` that were counted by hand, then all that
was read. A missing one is written, and the test fails, so that somebody reviews it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.base import Fetched
from crawler.formats.feed import read_feed
from crawler.formats.hyperkitty import read_emails, read_export
from crawler.formats.pipermail import Period, read_index, read_period, read_thread
from crawler.plan import CrawlPlan
from crawler.spiders.feed import read_answer
from crawler.spiders.hyperkitty import HyperkittySpider
from crawler.spiders.pipermail import read_text
from domain.errors import SourceError
from domain.records import Platform, ReadPost
from domain.window import Window

SAMPLES = Path(__file__).parent / "samples"
CASES = sorted(path.parent for path in SAMPLES.glob("*/*/meta.toml"))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One saved answer, with what its `meta.toml` says of it."""

    body: bytes
    url: str
    status: int
    fetched_at: datetime
    meta: Mapping[str, str]

    @property
    def answer(self) -> Fetched:
        return Fetched(
            url=self.url,
            asked=self.url,
            status=self.status,
            headers={},
            body=self.body,
            fetched_at=self.fetched_at,
        )

    @property
    def period(self) -> Period:
        name = self.meta["period"]
        folder = self.url.split(name)[0]
        return Period(name=name, window=read_period(name), thread_url=f"{folder}{name}/thread.html")


def show_post(post: ReadPost) -> dict:
    return {
        "id": post.post_id,
        "at": post.at.isoformat() if post.at else None,
        "basis": post.basis.value,
        "author": post.author,
        "reply_to": post.reply_to,
        "subject": post.subject,
        "url": post.url,
    }


def show_posts(posts: Sequence[ReadPost], **more: object) -> dict:
    facts = {
        "posts": len(posts),
        "distinct": len({post.post_id for post in posts}),
        "dated": sum(post.at is not None for post in posts),
        "replies": sum(post.reply_to is not None for post in posts),
        "authors": len({post.author for post in posts if post.author}),
        **more,
    }
    return {"facts": facts, "read": [show_post(post) for post in posts]}


def show_feed(sample: Sample) -> dict:
    feed = read_answer(sample.answer)
    assert feed == read_feed(sample.body, sample.url, sample.fetched_at)
    return show_posts(
        feed.posts,
        title=feed.title,
        dialect=feed.dialect,
        well_formed=feed.well_formed,
        window_start=feed.window_start.isoformat() if feed.window_start else None,
        older_url=feed.older_url,
    )


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
        period=sample.period,
        fetched_at=sample.fetched_at,
        limit=1 << 24,
    )
    return show_posts(reading.posts, damaged=bool(reading.damage))


def show_thread(sample: Sample) -> dict:
    return show_posts(
        read_thread(sample.body, url=sample.url, period=sample.period, fetched_at=sample.fetched_at)
    )


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


READERS: Mapping[tuple[str, str], Callable[[Sample], dict]] = {
    ("feed", "feed"): show_feed,
    ("pipermail", "index"): show_index,
    ("pipermail", "text"): show_text,
    ("pipermail", "thread"): show_thread,
    ("hyperkitty", "activity"): show_activity,
    ("hyperkitty", "emails"): show_emails,
    ("hyperkitty", "export"): show_export,
}


def show(case: Path) -> dict[str, dict]:
    """What the adapter reads of each input of a case, or the error that it raises."""
    meta = tomllib.loads((case / "meta.toml").read_text())
    shown = {}
    for given in meta["inputs"]:
        sample = Sample(
            body=(case / given["file"]).read_bytes(),
            url=given["url"],
            status=given.get("status", 200),
            fetched_at=meta["fetched_at"].astimezone(UTC),
            meta=given,
        )
        try:
            shown[given["file"]] = READERS[case.parent.name, given["read"]](sample)
        except SourceError as error:
            shown[given["file"]] = {
                "facts": {"error": type(error).__name__, "outcome": error.outcome.value}
            }
    return shown


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_what_is_read_of_a_saved_answer_is_what_was_counted_by_hand(case: Path):
    shown = show(case)
    expected_file = case / "expected.json"
    if not expected_file.exists():
        expected_file.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n")
        pytest.fail(f"{expected_file} was written now: review it, the facts by hand")
    expected = json.loads(expected_file.read_text())
    for name, content in expected.items():
        assert shown[name]["facts"] == content["facts"], name
    assert shown == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_facts_stand_first_in_what_is_expected(case: Path):
    expected = json.loads((case / "expected.json").read_text())
    for content in expected.values():
        assert next(iter(content)) == "facts"
