"""A kept visit once more: the same answers in the same order, and a clear word for the others."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crawler.base import Fetched
from crawler.detect import load_spider_class
from crawler.keeper import Keeper
from crawler.kept import open_visits
from crawler.plan import CrawlPlan
from crawler.replay import KeptAnswers, NotKept, replay_visit
from domain.outcome import Outcome
from domain.records import CrawlReport, Page, Platform

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
URL = "http://lists.example.org/pipermail/child-health/"
MONTHS = ("2025-December", "2026-January", "2026-February")
MESSAGE = """From amina at example.org  Thu {day} 12 10:00:00 {year}
From: amina at example.org (Amina Test)
Date: 12 {day} {year} 10:00:00 +0000
Subject: Nets
Message-ID: <{month}@example.org>

Hello.
"""


def write_index() -> bytes:
    rows = "".join(
        f'<tr><td>{month}</td><td><A href="{month}/thread.html">[ Thread ]</a></td>'
        f'<td><A href="{month}.txt">[ Text 1 KB ]</a></td></tr>'
        for month in reversed(MONTHS)
    )
    return f"<html><title>The child-health Archives</title><table>{rows}</table>".encode()


def write_month(month: str) -> bytes:
    return MESSAGE.format(day=month[5:8], year=month[:4], month=month).encode()


def keep_visit(folder, *months: str, twice: bool = False) -> None:
    """One visit that read the index and those months."""
    plan = CrawlPlan(
        source_id=1,
        community_id=1,
        name="child-health",
        url=URL,
        platform=Platform.PIPERMAIL,
        now=NOW,
    )
    writer = Keeper(folder, 1 << 20).open_visit(plan)
    bodies = [
        (URL, write_index()),
        *((f"{URL}{month}.txt", write_month(month)) for month in months),
    ]
    for second, (url, body) in enumerate(bodies + bodies[:1] * twice):
        at = NOW + timedelta(seconds=second)
        writer.hear(Fetched(url=url, asked=url, status=200, headers={}, body=body, fetched_at=at))
    writer.finish(CrawlReport(source_id=1, started_at=NOW, finished_at=NOW, outcome=Outcome.READ))


def replay(folder) -> tuple[CrawlReport, list[Page]]:
    pages: list[Page] = []

    async def deliver(page: Page) -> int:
        pages.append(page)
        return len(page.posts)

    with open_visits(folder, 1) as (kept,):
        return asyncio.run(replay_visit(kept, deliver)), pages


def test_a_visit_that_is_kept_whole_ends_as_it_did(tmp_path):
    keep_visit(tmp_path / "raw", *MONTHS)
    report, pages = replay(tmp_path / "raw")
    assert report.outcome is Outcome.READ
    assert {post.post_id for page in pages for post in page.posts} == {
        f"{month}@example.org" for month in MONTHS
    }
    assert max(seen.end for page in pages for seen in page.coverage) == NOW


def test_what_was_not_kept_is_named_and_its_time_is_not_seen(tmp_path):
    keep_visit(tmp_path / "raw", MONTHS[0], MONTHS[2])
    report, pages = replay(tmp_path / "raw")
    assert report.outcome is Outcome.PARTIAL
    assert "2026-January: this answer was not kept" in report.detail
    middle = datetime(2026, 1, 14, tzinfo=UTC)
    seen = [seen for page in pages for seen in page.coverage]
    assert seen
    assert not any(one.start <= middle < one.end for one in seen)


def test_an_address_answers_as_often_as_then_and_from_then_on_as_the_last_time(tmp_path):
    keep_visit(tmp_path / "raw", MONTHS[0], twice=True)
    with open_visits(tmp_path / "raw", 1) as (kept,):
        answers = KeptAnswers(kept)
        moments = [asyncio.run(answers.ask(URL, {})).fetched_at for _ in range(3)]
        assert [(moment - NOW).seconds for moment in moments] == [0, 2, 2]
        assert answers.clock() == moments[-1]
        with pytest.raises(NotKept, match="was not kept"):
            asyncio.run(answers.ask(f"{URL}other", {}))


@pytest.mark.parametrize("platform", [platform for platform in Platform if platform.crawled])
def test_each_platform_is_found(platform):
    assert load_spider_class(platform).name == platform
