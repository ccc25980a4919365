"""How the service lives for years: backups, signs of life, clocks that are set, its log."""

from __future__ import annotations

import json
import logging
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

import scheduler
from cli_log import JsonLine
from demo.answer import Answer
from jobs.backups import back_up, check_backup, list_backups
from jobs.crawling import CrawlListener, crawl_due
from jobs.heartbeat import tell_supervisor
from store.backups import BackupCard, read_card
from store.engine import reading, writing
from store.jobs import list_jobs
from store.tables import PostRow


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_service(make_workshop, clock):
    def make(more: str = "") -> scheduler.Service:
        workshop = make_workshop(more=more)
        return scheduler.Service(workshop.settings, workshop.engine, clock)

    return make


# ---- backups ------------------------------------------------------------------------------


def test_a_backup_is_made_in_time_and_old_ones_go(make_service, clock):
    service = make_service("[backup]\nevery_hours = 24\nkeep = 2\n")
    service.do_desk_work()
    assert list_backups(service.settings) == []
    for _ in range(3):
        clock.now += timedelta(days=1)
        service.do_desk_work()
    kept = list_backups(service.settings)
    assert [one.made_at for one in kept] == [clock.now, clock.now - timedelta(days=1)]
    assert read_card(kept[0].file).made_at == clock.now


def test_a_backup_without_room_stays_owed(make_service, clock, caplog):
    service = make_service()
    service.do_desk_work()
    service.settings.backup_folder.write_text("a file where the folder should be")
    clock.now += timedelta(days=1)
    service.do_desk_work()
    with reading(service.engine) as s:
        (job,) = [job for job in list_jobs(s) if job.name == "backup"]
    assert "cannot be written" in job.last_error
    assert job.owed_since == clock.now
    assert job.due_at == clock.now + scheduler.RETRY_AFTER


def test_backups_taken_during_a_crawl_are_whole(make_archive, workshop):
    server = make_archive("newborn-care-forum", "vaccine-logistics", now=datetime.now(UTC))
    workshop.watch_all(server)
    made: list[tuple[Path, BackupCard]] = []

    def back_up_now(_source, _new) -> None:
        if len(made) < 3:
            file = workshop.folder / f"{len(made)}.db"
            made.append(back_up(workshop.engine, workshop.settings, workshop.clock(), file))

    listener = CrawlListener(stored=back_up_now)
    crawl_due(workshop.engine, workshop.settings, workshop.clock, listener, force=True)
    with reading(workshop.engine) as s:
        after = s.scalar(select(func.count()).select_from(PostRow))
    posts = [check_backup(workshop.settings, file).counts["posts"] for file, _ in made]
    assert posts == [card.counts["posts"] for _, card in made]
    assert 0 < posts[0] <= posts[-1] <= after
    assert posts[0] < after


# ---- signs of life ------------------------------------------------------------------------


@pytest.fixture
def watcher(archive_server):
    """An address that counts who asks for it."""
    url = archive_server.put("/alive", Answer(body=b"ok"))

    def count() -> int:
        return sum(entry.path == "/alive" for entry in archive_server.log)

    return url, count


def test_the_watcher_outside_hears_us_at_its_rhythm_while_all_is_done(make_service, clock, watcher):
    url, count = watcher
    service = make_service(f'[alerts]\nping_url = "{url}"\nping_every_minutes = 5\n')
    for _ in range(6):
        service.do_desk_work()
        clock.now += timedelta(minutes=2)
    assert count() == 2


def test_the_watcher_hears_nothing_while_a_duty_is_not_done(make_service, clock, watcher, caplog):
    url, count = watcher
    service = make_service(f'[alerts]\nping_url = "{url}"\n')
    service.do_desk_work()
    assert count() == 1
    service.settings.backup_folder.write_text("in the way")
    for _ in range(3):
        clock.now += timedelta(days=1)
        service.do_desk_work()
    assert count() == 2  # the backup was not late yet when it failed for the first time
    service.settings.backup_folder.unlink()
    clock.now += timedelta(hours=1)
    service.do_desk_work()
    assert count() == 3


def test_a_watcher_that_does_not_answer_stops_nothing_and_is_not_named(make_service, clock, caplog):
    service = make_service('[alerts]\nping_url = "http://127.0.0.1:1/very-secret"\n')
    service.do_desk_work()
    assert "the watcher outside does not answer" in caplog.text
    assert "very-secret" not in caplog.text


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(tmp_path, monkeypatch, abstract):
    address = f"@rollcall-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(address.replace("@", "\0", 1) if abstract else address)
        line.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        tell_supervisor("READY=1")
        assert line.recv(100) == b"READY=1"
    tell_supervisor("READY=1")  # nobody listens any more
    monkeypatch.delenv("NOTIFY_SOCKET")
    tell_supervisor("READY=1")


# ---- clocks that are set ------------------------------------------------------------------


def test_a_clock_put_back_does_not_stop_the_looks(make_service, caplog):
    """What a clock that was put back does to the timetable: its next look is hours away."""
    service = make_service("[schedule]\nlook_every_seconds = 0.05\n")
    service.clock = lambda: datetime.now(UTC)
    timetable = service._start_timetable()
    try:
        service.wake.get(timeout=20)
        for job in timetable.get_jobs():
            job.modify(next_run_time=datetime.now(UTC) + timedelta(hours=1))
        while not service.wake.empty():
            service.wake.get()
        service._wait_for_look(timetable)
    finally:
        timetable.shutdown()
    assert "the clock was put back" in caplog.text


def test_times_that_no_run_could_have_set_are_told_every_hour(make_service, clock, caplog):
    service = make_service()
    service.do_desk_work()
    with writing(service.engine) as s:
        s.execute(
            text("INSERT INTO hosts (host, token, not_before) VALUES ('x.example.org', 1, :far)"),
            {"far": "2031-01-01 00:00:00.000000"},
        )
    clock.now += timedelta(hours=1)
    service.do_desk_work()
    assert "1 waits of hosts" in caplog.text
    assert "rollcall doctor --fix" in caplog.text
    with reading(service.engine) as s:
        (job,) = [job for job in list_jobs(s) if job.name == "clock"]
    assert job.last_error


# ---- its log ------------------------------------------------------------------------------


def test_an_event_is_one_object_with_its_constant_text_and_its_fields():
    try:
        raise LookupError("no such thing")
    except LookupError:
        record = logging.getLogger("rollcall.service").makeRecord(
            "rollcall.service",
            logging.WARNING,
            "f.py",
            1,
            "%s read: %d posts",
            ("nets", 3),
            sys.exc_info(),
            extra={"source": "nets"},
        )
    event = json.loads(JsonLine().format(record))
    assert datetime.fromisoformat(event.pop("time")).tzinfo is not None
    assert event.pop("traceback").endswith("LookupError: no such thing")
    assert event == {
        "level": "warning",
        "logger": "rollcall.service",
        "event": "%s read: %d posts",
        "message": "nets read: 3 posts",
        "source": "nets",
    }
