"""What a clock that stood in the future leaves behind is found and put right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from domain.window import CoverageKind, Window
from store.coverage import add_coverages, load_coverage
from store.engine import reading, writing
from store.hosts import claim_host, load_robots, push_back, save_robots
from store.jobs import claim_job, list_jobs
from store.outbox import claim_mails, queue_mail
from store.sources import claim_due, list_sources
from store.tables import CoverageRow
from store.upkeep import count_impossible, repair_impossible

WEEK = timedelta(days=7)
YEARS = timedelta(days=1_500)


@pytest.fixture
def misled(engine, make_source, now):
    """Everything that a run writes, written while the clock stood four years ahead."""
    source, held = make_source("waits"), make_source("held")
    ahead = now + YEARS
    hour = timedelta(hours=1)
    with writing(engine) as s:
        claim_due(s, owner="a run", now=ahead, ttl=hour, only=["held"])
        claim_due(s, owner="a run", now=ahead, ttl=hour, only=["waits"])
        claim_host(s, "lists.example.org", "a run", ahead, hour)
        push_back(s, "lists.example.org", ahead)
        save_robots(s, "https://lists.example.org", status=200, body="", now=ahead)
        claim_job(s, "assess", owner="a run", now=ahead, ttl=hour, first_due=ahead)
        queue_mail(s, dedupe_key="1", kind="k", recipient="a", message=b"", now=ahead)
        claim_mails(s, ahead, 1, hour)
        for start in (now - WEEK, now + WEEK):
            s.execute(
                insert(CoverageRow).values(
                    source_id=source.id, kind="complete", start=start, end=ahead
                )
            )
    return source, held


def test_all_of_it_is_found_and_put_right(engine, misled, now):
    source, _ = misled
    with writing(engine) as s:
        found = count_impossible(s, now, WEEK)
        assert found == repair_impossible(s, now, WEEK)
        assert len(found) == 11
        assert count_impossible(s, now, WEEK) == {}
    with writing(engine) as s:
        assert len(claim_due(s, owner="another", now=now, ttl=WEEK)) == 2
        assert claim_host(s, "lists.example.org", "another", now, WEEK) is not None
        assert load_robots(s, "https://lists.example.org", now) is None
        assert claim_job(s, "assess", owner="b", now=now, ttl=WEEK, first_due=now)
        assert len(claim_mails(s, now, 9, WEEK)) == 1
        (seen,) = load_coverage(s, source.id)
        assert (seen.start, seen.end) == (now - WEEK, now)


def test_what_an_honest_run_writes_is_left_alone(engine, make_source, now):
    source = make_source()
    with writing(engine) as s:
        claim_due(s, owner="a run", now=now, ttl=timedelta(hours=25))
        claim_host(s, "lists.example.org", "a run", now, timedelta(minutes=2))
        push_back(s, "lists.example.org", now + WEEK)
        claim_job(s, "weekly_report", owner="a", now=now, ttl=WEEK, first_due=now + WEEK)
        add_coverages(s, {(source.id, CoverageKind.COMPLETE): [Window(start=now - WEEK, end=now)]})
    with writing(engine) as s:
        assert count_impossible(s, now, WEEK) == {}
        assert repair_impossible(s, now, WEEK) == {}


def test_a_duty_may_wait_as_long_as_the_settings_say(engine, now):
    month = timedelta(days=30)
    with writing(engine) as s:
        claim_job(s, "backup", owner="a", now=now, ttl=WEEK, first_due=now + month)
        assert count_impossible(s, now, month) == {}
        assert count_impossible(s, now, WEEK) == {"duties": 1}
    with reading(engine) as s:
        assert [job.due_at for job in list_jobs(s)] == [now + month]
        assert list_sources(s) == []
