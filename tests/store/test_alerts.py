"""An alert opens once, closes once, and each of the two is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from domain.alerts import Alert, AlertKind, AlertState
from store.alerts import (
    close_alert,
    count_failures,
    list_alerts,
    list_open_alerts,
    list_untold,
    mark_told,
    open_alert,
)
from store.engine import reading, writing

HOUR = timedelta(hours=1)


@pytest.fixture
def source(make_source):
    return make_source()


@pytest.fixture
def start(engine, source, now):
    def make(at=now, name="malaria-list") -> bool:
        with writing(engine) as s:
            return open_alert(
                s,
                kind=AlertKind.SOURCE,
                name=name,
                source_id=source.id,
                since=at - 5 * HOUR,
                failures=2,
                now=at,
            )

    return make


def only(engine: Engine) -> Alert:
    with reading(engine) as s:
        (alert,) = list_open_alerts(s)
    return alert


def test_an_alert_holds_what_broke_and_since_when(engine, start, source, now):
    assert start()
    alert = only(engine)
    assert alert == Alert(
        id=alert.id,
        kind=AlertKind.SOURCE,
        name="malaria-list",
        source_id=source.id,
        since=now - 5 * HOUR,
        opened_at=now,
        failures=2,
    )
    assert alert.state is AlertState.OPEN


def test_the_same_thing_is_open_only_once(engine, start, now):
    assert start()
    assert not start(now + HOUR)
    assert only(engine).opened_at == now
    assert start(name="another")


def test_what_broke_again_is_a_new_alert(engine, start, source, now):
    start()
    with writing(engine) as s:
        close_alert(s, only(engine).id, now + HOUR)
    assert start(now + 2 * HOUR)
    with reading(engine) as s:
        states = [alert.state for alert in list_alerts(s, source.id, 10)]
        assert len(list_alerts(s, source.id, 1)) == 1
    assert states == [AlertState.OPEN, AlertState.CLOSED]


def test_failures_are_counted_on(engine, start):
    start()
    with writing(engine) as s:
        count_failures(s, only(engine).id, 7)
    assert only(engine).failures == 7


def test_beginning_and_end_are_to_be_told_once_each(engine, start, now):
    start()
    with writing(engine) as s:
        (told,) = list_untold(s)
        mark_told(s, [told], now)
        assert list_untold(s) == []
        close_alert(s, told.id, now + HOUR)
        (ended,) = list_untold(s)
        assert ended.notified_at == now
        mark_told(s, [ended], now + HOUR)
        assert list_untold(s) == []


def test_a_silent_end_is_not_told(engine, start, now):
    start()
    with writing(engine) as s:
        close_alert(s, list_open_alerts(s)[0].id, now, silently=True)
        assert list_untold(s) == []


def test_an_end_is_not_moved_by_a_second_one(engine, start, source, now):
    start()
    number = only(engine).id
    for later in (HOUR, 2 * HOUR):
        with writing(engine) as s:
            close_alert(s, number, now + later)
    with reading(engine) as s:
        assert list_alerts(s, source.id, 1)[0].closed_at == now + HOUR


def test_of_many_processes_one_opens_the_alert(engine, source, now, race):
    def compete(own: Engine, _number: int) -> bool:
        with writing(own) as s:
            return open_alert(
                s, kind=AlertKind.LATE, name="weekly_report", since=now, failures=1, now=now
            )

    assert sorted(race(compete)) == [False, False, False, True]
