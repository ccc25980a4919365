"""Two services on one database: every duty is done once, whoever comes first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from jobs.duties import DUTY_TTL, Duty, do_if_due, list_due_duties
from store.engine import reading, writing
from store.jobs import list_jobs

START = datetime(2026, 11, 23, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def daily(work) -> Duty:
    """Due at each midnight."""

    def next_due(now: datetime) -> datetime:
        return now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY

    return Duty(name="assess", next_due=next_due, work=work)


def test_of_two_services_with_unequal_clocks_one_does_the_duty_of_a_day(workshop):
    done: list[tuple[str, datetime]] = []
    now = START
    ahead = {"one": timedelta(0), "two": 40 * timedelta(seconds=1)}
    duties = {name: daily(lambda at, name=name: done.append((name, at))) for name in ahead}
    while now < START + 12 * DAY:
        # Each is first half of the time, and the second sleeps through three days.
        names = sorted(ahead, reverse=now.day % 2 == 0)
        for name in names:
            if name == "two" and 4 * DAY < now - START < 7 * DAY:
                continue
            moment = now + ahead[name]
            do_if_due(workshop.engine, duties[name], lambda at=moment: at, owner=name)
        now += 120 * MINUTE
    assert [at.date() for _, at in done] == [(START + n * DAY).date() for n in range(1, 12)]
    assert {name for name, _ in done} == {"one", "two"}


def test_a_look_at_the_timetable_finds_what_is_due_while_others_write(workshop):
    duties = [daily(lambda _at: None)]
    assert list_due_duties(workshop.engine, duties, START) == duties  # nobody planned it yet
    do_if_due(workshop.engine, duties[0], lambda: START, owner="first")
    with writing(workshop.engine):
        assert list_due_duties(workshop.engine, duties, START + DAY - MINUTE) == []
        assert list_due_duties(workshop.engine, duties, START + DAY) == duties


def test_a_duty_that_takes_longer_than_its_claim_is_not_begun_by_another(workshop, monkeypatch):
    monkeypatch.setattr("jobs.duties.DUTY_TTL", timedelta(seconds=0.3))
    begun, enough, renewed = [], threading.Event(), threading.Event()
    moments = iter(range(10_000))

    def clock() -> datetime:
        # Each look at the clock is a tenth of a second later: the claim would lapse in three.
        moment = next(moments)
        if moment > 8:
            renewed.set()
        return START + 2 * DAY + moment * timedelta(seconds=0.1)

    def work(now: datetime) -> None:
        begun.append(now)
        assert enough.wait(30)

    duty = daily(work)
    do_if_due(workshop.engine, duty, lambda: START, owner="first")
    slow = threading.Thread(
        target=do_if_due, args=(workshop.engine, duty, clock), kwargs={"owner": "first"}
    )
    slow.start()
    assert renewed.wait(30)
    late = START + 2 * DAY + timedelta(seconds=0.8)
    do_if_due(workshop.engine, duty, lambda: late, owner="second")
    enough.set()
    slow.join()
    assert len(begun) == 1


def test_a_duty_that_fails_is_tried_again_a_minute_later_and_stays_owed(workshop):
    failing = daily(lambda _now: 1 / 0)
    do_if_due(workshop.engine, failing, lambda: START, owner="one")
    with pytest.raises(ZeroDivisionError):
        do_if_due(workshop.engine, failing, lambda: START + DAY, owner="one")
    with reading(workshop.engine) as session:
        (job,) = list_jobs(session)
    assert (job.owed_since, job.due_at) == (START + DAY, START + DAY + MINUTE)
    assert job.claimed_by is None
    assert DUTY_TTL > MINUTE
