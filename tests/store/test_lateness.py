"""What did not happen at its time is late, after its grace and not before."""

from __future__ import annotations

from datetime import timedelta

from domain.alerts import AlertPolicy, Late
from domain.records import Platform
from store.engine import reading, writing
from store.jobs import claim_job, finish_job
from store.lateness import list_late
from store.sources import claim_due, pause_source, release

HOUR = timedelta(hours=1)
POLICY = AlertPolicy(visit_grace=2 * HOUR, graces={"weekly_report": 3 * HOUR})


def late(engine, moment) -> list[Late]:
    with reading(engine) as s:
        return list_late(s, POLICY, moment)


def plan(engine, name, due_at, now):
    with writing(engine) as s:
        claim_job(s, name, owner="me", now=now, ttl=HOUR, first_due=due_at)


def test_each_duty_has_a_grace_of_its_own(engine, now):
    plan(engine, "weekly_report", now + HOUR, now)
    plan(engine, "assess", now + HOUR, now)
    assert late(engine, now + 3 * HOUR) == []
    assert [one.name for one in late(engine, now + 3.5 * HOUR)] == ["assess"]
    assert late(engine, now + 4.5 * HOUR) == [
        Late(name="assess", due_at=now + HOUR),
        Late(name="weekly_report", due_at=now + HOUR),
    ]


def test_a_duty_that_fails_again_and_again_is_late_from_its_first_time(engine, now):
    plan(engine, "assess", now, now)
    for hours in range(3):
        with writing(engine) as s:
            at = now + hours * HOUR
            claim_job(s, "assess", owner="me", now=at, ttl=HOUR, first_due=now)
            finish_job(s, "assess", owner="me", now=at, due_at=at + HOUR, error="no space")
    assert late(engine, now + 2.5 * HOUR) == [Late(name="assess", due_at=now)]


def test_a_duty_that_is_done_is_not_late(engine, now):
    plan(engine, "assess", now, now)
    with writing(engine) as s:
        finish_job(s, "assess", owner="me", now=now, due_at=now + 24 * HOUR)
    assert late(engine, now + 20 * HOUR) == []


def test_a_source_that_nobody_visits_is_late(engine, now, make_source):
    make_source()
    assert late(engine, now + 2 * HOUR) == []
    assert late(engine, now + 2.5 * HOUR) == [Late(name="malaria-list", due_at=now, is_source=True)]


def test_paused_imported_and_just_read_sources_are_not_late(engine, now, make_source):
    paused = make_source("paused")
    make_source("imported", platform=Platform.MBOX)
    make_source("reading")
    with writing(engine) as s:
        pause_source(s, paused.id, paused=True)
        (held,) = claim_due(s, owner="me", now=now, ttl=8 * HOUR, only=["reading"])
    assert late(engine, now + 6 * HOUR) == []
    with writing(engine) as s:
        release(s, held.id, owner="me", due_at=now, failures=0)
    assert [one.name for one in late(engine, now + 6 * HOUR)] == ["reading"]
