from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from store.engine import reading, writing
from store.jobs import Job, claim_job, finish_job, list_jobs

TTL = timedelta(minutes=5)
DAY = timedelta(days=1)


def claim(engine, now, owner="here", first_due=None):
    with writing(engine) as s:
        return claim_job(s, "weekly", owner=owner, now=now, ttl=TTL, first_due=first_due or now)


def finish(engine, now, owner="here", error=""):
    with writing(engine) as s:
        return finish_job(s, "weekly", owner=owner, now=now, due_at=now + DAY, error=error)


def test_a_new_job_is_due_when_it_says(engine, now):
    assert not claim(engine, now, first_due=now + DAY)
    assert claim(engine, now + DAY, first_due=now + 9 * DAY)


def test_a_running_job_is_not_started_twice(engine, now):
    assert claim(engine, now, "here")
    assert not claim(engine, now + TTL - timedelta(seconds=1), "there")
    assert claim(engine, now + TTL, "there")


def test_a_finished_job_is_next_due_when_it_says(engine, now):
    claim(engine, now)
    assert finish(engine, now)
    assert not claim(engine, now + DAY - timedelta(seconds=1))
    assert claim(engine, now + DAY)


def test_a_job_that_another_took_over_cannot_be_finished(engine, now):
    claim(engine, now, "slow")
    claim(engine, now + TTL, "quick")
    assert not finish(engine, now + TTL, "slow")
    assert finish(engine, now + TTL, "quick")


def test_the_timetable_tells_what_happened(engine, now):
    claim(engine, now)
    finish(engine, now + TTL, error="mail server down")
    with reading(engine) as s:
        assert list_jobs(s) == [
            Job(
                name="weekly",
                due_at=now + TTL + DAY,
                claimed_by=None,
                claimed_until=None,
                last_started_at=now,
                last_finished_at=now + TTL,
                last_error="mail server down",
                owed_since=now,
            )
        ]


def test_of_many_processes_one_starts_the_job(engine, now, race):
    def compete(own: Engine, number: int) -> bool:
        return claim(own, now, f"process-{number}")

    assert sorted(race(compete)) == [False, False, False, True]


def test_a_time_that_failed_stays_owed_until_it_is_done(engine, now):
    claim(engine, now)
    finish(engine, now + TTL, error="mail server down")
    claim(engine, now + TTL + DAY)
    finish(engine, now + 2 * TTL + DAY, error="still down")
    with reading(engine) as s:
        assert list_jobs(s)[0].owed_since == now
    claim(engine, now + 3 * DAY)
    finish(engine, now + 3 * DAY)
    with reading(engine) as s:
        assert list_jobs(s)[0].owed_since is None
