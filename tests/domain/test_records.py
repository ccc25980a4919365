"""What is visited, and what a report says of a visit that asked nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.outcome import Outcome
from domain.records import CrawlReport, Platform, SourceMove

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_only_imported_mailboxes_are_never_visited():
    assert [one for one in Platform if not one.visited] == [Platform.MBOX]


def test_a_visit_that_asked_nothing_counts_nothing():
    report = CrawlReport(source_id=1, started_at=NOW, finished_at=NOW, outcome=Outcome.REFUSED)
    assert (report.requests, report.robots_requests, report.bytes, report.posts_new) == (0, 0, 0, 0)


def test_a_move_that_nobody_decided_was_a_redirect():
    move = SourceMove(
        old_url="https://a.example.org", new_url="https://b.example.org", moved_at=NOW
    )
    assert not move.decided
