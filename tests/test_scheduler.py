"""The service: real processes for signals, a made clock for the timetable."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import scheduler
from demo.answer import Answer
from domain.errors import ConfigError, StorageFailed
from domain.outcome import FlagKind, Outcome
from domain.records import Platform
from store.crawls import latest_reports
from store.engine import reading, writing
from store.jobs import list_jobs
from store.reports import list_weeks
from store.reviews import list_open_reviews
from store.sources import load_source, request_visit
from tests.jobs.archives import Pipermail, write_talk

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Bednets</title>
<link>http://x.example.org/</link><description>d</description>
<item><guid isPermaLink="false">1</guid><title>Nets</title>
<pubDate>Thu, 01 Oct 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
QUICK = "[schedule]\nlook_every_seconds = 0.1\n"
PATIENCE = 40.0


def feed() -> Answer:
    return Answer(body=FEED.encode(), content_type="application/rss+xml")


class Running:
    """A `rollcall run` of its own, with the lines that it logs."""

    def __init__(self, folder, *arguments: str) -> None:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("ROLLCALL_")}
        # What it would leave in the home of its user is seen there.
        environ |= {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "home")}
        (folder / "home").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", "--data", str(folder), "run", *arguments],
            stderr=subprocess.PIPE,
            bufsize=0,  # a line that lies in a buffer would not wake the selector
            env=environ,
        )
        assert self.process.stderr
        self.stream = self.process.stderr
        self.lines: list[str] = []

    def wait_for(self, text: str) -> str:
        """The first line with that text."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.stream, selectors.EVENT_READ)
            while True:
                assert selector.select(PATIENCE), f"no {text!r} in {self.lines}"
                line = self.stream.readline().decode()
                assert line, f"ended without {text!r}: {self.lines}"
                self.lines.append(line)
                if text in line:
                    return line

    def end(self, number: int) -> int:
        """The exit code after a signal."""
        self.process.send_signal(number)
        self.lines += self.process.communicate(timeout=PATIENCE)[1].decode().splitlines()
        return self.process.returncode


@pytest.fixture
def start():
    with ExitStack() as stack:

        def run(folder, *arguments: str) -> Running:
            running = Running(folder, *arguments)
            stack.callback(running.stream.close)
            stack.callback(running.process.wait)
            stack.callback(running.process.kill)
            return running

        yield run


@pytest.fixture
def quick(make_workshop):
    """A data folder whose service looks often."""
    return make_workshop(more=QUICK)


# ---- signals ------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_stops_an_idle_service_cleanly(quick, start, number, code):
    running = start(quick.folder, "--no-web")
    running.wait_for("running on")
    assert running.end(number) == code
    assert "stopped" in running.lines[-1]


def test_a_second_run_on_the_folder_is_told_who_holds_it(quick, start):
    first = start(quick.folder, "--no-web")
    first.wait_for("running on")
    second = start(quick.folder, "--no-web")
    line = second.wait_for("another run holds this folder")
    assert f"process {first.process.pid}" in line
    assert second.process.wait(PATIENCE) == 5


def test_due_sources_are_visited_scored_and_visited_again_when_asked(quick, start, archive_server):
    quick.watch("nets", archive_server.put("/nets.rss", feed()), Platform.FEED)
    running = start(quick.folder, "--no-web")
    assert "1 posts, +1" in running.wait_for("nets read")
    running.wait_for("scored 1")
    with writing(quick.engine) as session:
        source = load_source(session, "nets")
        assert source is not None
        request_visit(session, source.id, quick.clock())
    assert "1 posts, +0" in running.wait_for("nets ")
    assert running.end(signal.SIGTERM) == 0


def test_what_looks_silent_proves_itself_before_it_is_scored(quick, start, archive_server):
    last = quick.clock() - timedelta(days=250)
    site = Pipermail(archive_server, "127.77.5.1", write_talk("nets", last))
    quick.watch("nets", site.url)
    running = start(quick.folder, "--no-web")
    running.wait_for("nets: silence proved")
    running.wait_for("scored 1")
    with reading(quick.engine) as session:
        assert [review.kind for review in list_open_reviews(session)] == [FlagKind.WENT_QUIET]
    assert running.end(signal.SIGTERM) == 0


def hang(server, path: str) -> tuple[str, threading.Event, threading.Event]:
    """An address that answers only when told to; and the events "was asked" and "answer now"."""
    asked, enough = threading.Event(), threading.Event()

    def wait(_times: int) -> None:
        asked.set()
        enough.wait(PATIENCE)

    return server.put(path, wait), asked, enough


def test_a_signal_during_a_visit_ends_it_and_leaves_the_source_due(quick, start, archive_server):
    url, asked, enough = hang(archive_server, "/nets.rss")
    quick.watch("nets", url, Platform.FEED)
    running = start(quick.folder, "--no-web")
    assert asked.wait(PATIENCE)
    assert running.end(signal.SIGTERM) == 0
    enough.set()
    assert any("interrupted" in line for line in running.lines)
    with reading(quick.engine) as session:
        source = load_source(session, "nets")
        assert latest_reports(session) == {}
    assert source is not None
    assert source.due_at is not None
    assert source.due_at < quick.clock() + timedelta(hours=1)
    assert source.failures == 0


def test_a_second_signal_stops_at_once_and_says_what_is_left(quick, start, archive_server):
    url, asked, enough = hang(archive_server, "/nets.rss")
    quick.watch("nets", url, Platform.FEED)
    running = start(quick.folder, "--no-web")
    assert asked.wait(PATIENCE)
    # A stopped subprocess cannot end by itself, so that the first signal has to wait for it.
    number = running.process.pid
    for child in Path(f"/proc/{number}/task/{number}/children").read_text().split():
        os.kill(int(child), signal.SIGSTOP)
    running.process.send_signal(signal.SIGTERM)
    running.wait_for("stopping")
    assert running.end(signal.SIGTERM) == 130
    enough.set()
    assert any("Left undone: visits in progress" in line for line in running.lines)


def test_the_web_pages_are_served_beside_it_and_end_with_it(make_workshop, start):
    with ExitStack() as stack:
        import socket

        probe = stack.enter_context(socket.socket())
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    workshop = make_workshop(more=f"{QUICK}[web]\nport = {port}\n")
    running = start(workshop.folder)
    running.wait_for("web pages on")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
        assert answer.status == 200
    # No socket by which other programs of the same user could stop it.
    assert list((workshop.folder / "home").iterdir()) == []
    assert running.end(signal.SIGTERM) == 0
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE)


def test_a_port_that_is_taken_ends_the_service_with_a_line(make_workshop, start):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        workshop = make_workshop(more=f"{QUICK}[web]\nport = {taken.getsockname()[1]}\n")
        running = start(workshop.folder)
        running.wait_for("cannot listen")
        assert running.process.wait(PATIENCE) == 3


def test_without_a_contact_the_service_does_not_start(workshop, start):
    (workshop.folder / "rollcall.toml").write_text("")
    running = start(workshop.folder, "--no-web")
    running.wait_for("contact")
    assert running.process.wait(PATIENCE) == 3


# ---- the timetable ------------------------------------------------------------------------


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
def service(workshop, clock):
    return scheduler.Service(workshop.settings, workshop.engine, clock)


def due_times(workshop) -> dict[str, datetime]:
    with reading(workshop.engine) as session:
        return {job.name: job.due_at for job in list_jobs(session)}


def weeks(workshop) -> list[str]:
    with reading(workshop.engine) as session:
        return list(list_weeks(session))


MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_the_weekly_report_is_built_once_when_its_time_has_come(workshop, service, clock):
    service.do_desk_work()
    assert due_times(workshop)["weekly_report"] == MONDAY
    clock.now = MONDAY - timedelta(seconds=1)
    service.do_desk_work()
    assert weeks(workshop) == []
    clock.now = MONDAY
    service.do_desk_work()
    assert weeks(workshop) == ["2026-W47"]
    assert due_times(workshop)["weekly_report"] == MONDAY + timedelta(days=7)


def test_a_report_missed_while_nothing_ran_is_made_up_for(workshop, service, clock):
    service.do_desk_work()
    clock.now = MONDAY + timedelta(days=2)
    scheduler.Service(workshop.settings, workshop.engine, clock).do_desk_work()
    assert weeks(workshop) == ["2026-W47"]
    assert due_times(workshop)["weekly_report"] == MONDAY + timedelta(days=7)


def test_two_services_on_one_database_build_one_report(workshop, make_workshop, service, clock):
    url = workshop.settings.database_url
    other = make_workshop("other", more="")
    service.do_desk_work()
    clock.now = MONDAY
    twin = scheduler.Service(other.settings, workshop.engine, clock)
    threads = [threading.Thread(target=one.do_desk_work) for one in (service, twin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert url
    assert weeks(workshop) == ["2026-W47"]


def test_a_failing_duty_is_written_down_tried_again_and_stops_no_other(
    workshop, service, clock, caplog
):
    failing = True

    def fail(now: datetime) -> None:
        if failing:
            raise StorageFailed("no space left", to_do="make room")

    broken, *others = service.duties
    service.duties = (
        scheduler.Duty(name="broken", next_due=lambda now: now, work=fail),
        *others,
    )
    clock.now = MONDAY
    service.do_desk_work()
    with reading(workshop.engine) as session:
        job = next(job for job in list_jobs(session) if job.name == "broken")
    assert job.last_error.startswith("no space left")
    assert job.due_at == MONDAY + scheduler.RETRY_AFTER
    assert "weekly_report" in due_times(workshop)
    assert "no space left" in caplog.text
    failing = False
    clock.now = job.due_at
    service.do_desk_work()
    with reading(workshop.engine) as session:
        job = next(job for job in list_jobs(session) if job.name == "broken")
    assert job.last_error == ""
    assert broken.name == "assess"


def test_a_wrong_scoring_rule_stops_the_start(make_workshop, clock):
    workshop = make_workshop(more="[scoring]\nzzz = 1\n")
    with pytest.raises(ConfigError):
        scheduler.Service(workshop.settings, workshop.engine, clock)


def test_an_outage_of_ours_is_no_warning(workshop, caplog):
    from dataclasses import replace

    from domain.records import CrawlReport
    from jobs.crawling import Visited

    source = workshop.watch("nets", "http://a.example.org/", Platform.FEED)
    now = workshop.clock()
    report = CrawlReport(
        source_id=source.id, started_at=now, finished_at=now, outcome=Outcome.TIMEOUT
    )
    caplog.set_level("INFO")
    scheduler.log_visit(Visited(source=source, report=report, next_due=now))
    ours = replace(report, outcome=Outcome.OUR_NETWORK_DOWN)
    scheduler.log_visit(Visited(source=source, report=ours, next_due=now))
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
