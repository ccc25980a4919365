"""The service: crawls what is due, scores, reports and mails, until it is told to stop.

APScheduler is only the clock. What is due, and when next, lies in the database, so the timetable
can be lost at any moment without harm. The main thread crawls, because a signal can interrupt only
that one; a thread beside it does the desk work, so that no mail waits for a long archive.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine

from config import Settings
from crawler.settings import build_crawl_settings, folder_owner
from domain.errors import ConfigError, RollcallError
from folder import hold
from jobs.alert_policy import alert_policy
from jobs.alerting import notice_broken, notice_late, tell_alerts
from jobs.asking import ask_managers
from jobs.assessing import assess_all
from jobs.backups import back_up, drop_old_backups
from jobs.contributions import look_at_sent
from jobs.crawling import CrawlListener, Visited, crawl_due, list_due
from jobs.doctor_store import require_honest_times
from jobs.duties import RETRY_AFTER, Duty, do_all_due
from jobs.heartbeat import send_ping, tell_supervisor
from jobs.keeping import purge_raw
from jobs.mailboxes import read_mailboxes
from jobs.proving import prove_silence
from jobs.reporting import queue_weekly_mails, send_mails
from jobs.ruling import load_rules, try_rules
from jobs.service_log import log_failure, log_proof, log_visit
from jobs.vitals import measure_vitals
from reports.weeks import report_week
from scoring.default_rules import DEFAULT_RULES
from scoring.rules import Rules, override
from store.crawls import list_read_since
from store.engine import reading
from store.jobs import ASSESSING
from store.lateness import list_late
from store.sources import list_communities

log = logging.getLogger("rollcall.service")
INTERRUPTED = 130
ASSESS_EVERY = timedelta(days=1)
ASK_EVERY = timedelta(hours=1)
PURGE_EVERY = timedelta(hours=6)
SENT_IN_EVERY = RULES_EVERY = timedelta(minutes=10)
CLOCK_CHECK_EVERY = timedelta(hours=1)
# A duty in progress and the web server each get this long to end by themselves.
STOP_SECONDS = 20.0
# So many looks are missed before the timetable is set anew: its clock was put back.
LOOKS_MISSED = 5


class _Stop(BaseException):
    """Raised by the first signal while the main thread crawls; nobody catches it by mistake."""


class WebEnded(RollcallError):
    """The web server beside the service is gone; the exit code is its own."""

    def __init__(self, code: int) -> None:
        super().__init__(
            f"the web server ended with code {code}",
            to_do="see the lines above; `rollcall run --no-web` runs without it",
        )
        self.exit_code = max(code, 1)


def run_service(
    settings: Settings, engine: Engine, *, with_web: bool = True, with_crawl: bool = True
) -> int:
    """The exit code after a clean stop: 0 after SIGTERM, 130 after Ctrl-C.

    Without crawling, what workers read is scored and told of all the same.

    Raises: FolderBusy, ConfigError, StorageFailed.
    """
    with hold(settings.data_dir):
        service = Service(settings, engine, utc_now, with_crawl=with_crawl)
        return service.run(with_web=with_web)


def utc_now() -> datetime:
    """The clock of the service, one of the few places that read it."""
    return datetime.now(UTC)


class Service:
    """One run on one folder."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Callable[[], datetime],
        *,
        with_crawl: bool = True,
    ) -> None:
        self.settings = settings
        self.engine = engine
        self.clock = clock
        self.with_crawl = with_crawl
        self.scored_until: int | None = None
        # Different for every run: in two containers folder and process number are the same.
        self.owner = f"{folder_owner(settings)}:{os.getpid()}:{secrets.token_hex(4)}"
        self.configured = override(DEFAULT_RULES, settings.scoring)
        # Its `put` may be called from a signal handler, which that of an Event may not.
        self.wake: SimpleQueue[None] = SimpleQueue()
        self.signal = 0
        self.crawling = False
        self.interrupted = False
        self.looked = False
        self.not_before: datetime | None = None
        self.pinged_at: datetime | None = None
        self.web: subprocess.Popen[bytes] | None = None
        self.duties = (
            Duty(name=ASSESSING, next_due=lambda now: now + ASSESS_EVERY, work=self._assess_all),
            Duty(name="rules", next_due=lambda now: now + RULES_EVERY, work=self._try_rules),
            Duty(name="purge", next_due=lambda now: now + PURGE_EVERY, work=self._purge),
            Duty(name="vitals", next_due=lambda now: now + ASSESS_EVERY, work=self._measure),
            Duty(name="sent_in", next_due=lambda now: now + SENT_IN_EVERY, work=self._look_at_sent),
            Duty(name="weekly_report", next_due=self._next_weekly, work=self._queue_weekly),
            Duty(name="backup", next_due=self._next_backup, work=self._back_up),
            Duty(name="ask", next_due=lambda now: now + ASK_EVERY, work=self._ask),
            Duty(
                name="clock", next_due=lambda now: now + CLOCK_CHECK_EVERY, work=self._check_clock
            ),
        )

    def run(self, *, with_web: bool) -> int:
        """The exit code, once a signal has come and everything has ended."""
        build_crawl_settings(self.settings)  # refuses to start without a contact
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._take_signal)
        timetable = self._start_timetable()
        try:
            if with_web:
                self.web = self._start_web()
            log.info("running on %s", self.settings.data_dir)
            tell_supervisor("READY=1")
            with suppress(_Stop):
                self._crawl_until_stopped(timetable)
        finally:
            tell_supervisor("STOPPING=1")
            self._stop(timetable)
        return INTERRUPTED if self.signal == signal.SIGINT else 0

    # ---- the clock ------------------------------------------------------------------------

    def _start_timetable(self) -> BackgroundScheduler:
        # It warns of each look that a longer duty lets pass, which is just what we want it to do.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        timetable = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        seconds = self.settings.schedule.look_every_seconds
        for work in (lambda: self.wake.put(None), self.do_desk_work):
            timetable.add_job(work, "interval", seconds=seconds, next_run_time=self.clock())
        timetable.start()
        return timetable

    def _wait_for_look(self, timetable: BackgroundScheduler) -> None:
        """Waits by a clock that nobody sets: the timetable's own may have been put back."""
        patience = LOOKS_MISSED * self.settings.schedule.look_every_seconds
        while True:
            try:
                return self.wake.get(timeout=patience)
            except Empty:
                log.warning("no look came: the clock was put back; the timetable is set anew")
                for job in timetable.get_jobs():
                    job.modify(next_run_time=self.clock())

    def _crawl_until_stopped(self, timetable: BackgroundScheduler) -> None:
        while True:
            self._wait_for_look(timetable)
            while not self.wake.empty():
                self.wake.get()
            if self.signal:
                return
            if self.web is not None and self.web.poll() is not None:
                raise WebEnded(self.web.returncode)
            if self.not_before is None or self.clock() >= self.not_before:
                self._crawl()

    # ---- crawling, in the main thread -----------------------------------------------------

    def _crawl(self) -> None:
        if not self.with_crawl:
            self._follow_workers()
            return
        if self.looked and not list_due(self.engine, self.clock()):
            return
        # The first look also takes up what a killed run had claimed, which is not due by itself.
        self.looked = True
        try:
            self.crawling = True
            listener = CrawlListener(visited=log_visit)
            visited = crawl_due(self.engine, self.settings, self.clock, listener)
            letters = read_mailboxes(self.engine, self.settings, self.clock, listener)
            visited += letters.visited
            self.crawling = False
            notice_broken(self.engine, alert_policy(self.settings), self.clock())
            self._assess_visited(visited)
        except _Stop:
            self.interrupted = False
            log.info("the crawl was interrupted; what it stored stays")
        except ConfigError:
            raise
        except Exception as error:  # noqa: BLE001 - the service outlives a failing crawl
            log_failure("crawl", error)
            # What was claimed could not be given back: the next look takes it up.
            self.looked = False
            self.not_before = self.clock() + RETRY_AFTER
        finally:
            self.crawling = False

    def _follow_workers(self) -> None:
        """Scores what workers read since the last look, and reads the mailboxes, as they do not."""
        try:
            if any(not source.platform.crawled for source in list_due(self.engine, self.clock())):
                self.crawling = True
                listener = CrawlListener(visited=log_visit)
                read_mailboxes(self.engine, self.settings, self.clock, listener)
                self.crawling = False
            with reading(self.engine) as session:
                newest, touched = list_read_since(session, self.scored_until)
            if touched:
                notice_broken(self.engine, alert_policy(self.settings), self.clock())
                self._assess(touched)
            self.scored_until = newest
        except _Stop:
            self.interrupted = False
        except ConfigError:
            raise
        except Exception as error:  # noqa: BLE001 - the service outlives a failing look
            log_failure("scoring", error)
            self.not_before = self.clock() + RETRY_AFTER
        finally:
            self.crawling = False

    def _assess_visited(self, visited: Iterable[Visited]) -> None:
        self._assess({done.source.community_id for done in visited if done.report is not None})

    def _assess(self, touched: Collection[int]) -> None:
        with reading(self.engine) as session:
            slugs = [own.slug for own in list_communities(session) if own.id in touched]
        if slugs and not self.signal:
            self._prove(slugs)
            assess_all(self.engine, self.clock(), only=slugs, rules=self._rules())
            log.info("scored %d", len(slugs))

    def _prove(self, slugs: Sequence[str]) -> None:
        """Lets what looks silent now prove itself, so that the scoring may believe it."""
        self.crawling = True
        rules = self._rules()
        proved = prove_silence(self.engine, self.settings, self.clock, only=slugs, rules=rules)
        self.crawling = False
        for one in proved:
            log_proof(one)

    # ---- desk work, in a thread -----------------------------------------------------------

    def do_desk_work(self) -> None:
        """Does the duties whose time has come, and sends what waits.

        What is late is noticed before, so that a duty made up for now is still told of.
        """
        duties = partial(do_all_due, self.engine, self.duties, self.clock, owner=self.owner)
        work: list[tuple[str, Callable[[], object]]] = [("alerts", self._notice_late)]
        work += [("timetable", partial(duties, ended=lambda: bool(self.signal)))]
        work += [("alerts", self._tell), ("mails", self._send), ("ping", self._ping)]
        tell_supervisor("WATCHDOG=1")
        for name, piece in work:
            if self.signal:
                return
            try:
                piece()
            except Exception as error:  # noqa: BLE001 - one failing piece must not stop the others
                log_failure(name, error)

    def _notice_late(self) -> None:
        notice_late(self.engine, alert_policy(self.settings), self.clock())

    def _tell(self) -> None:
        self._notice_late()
        tell_alerts(self.engine, self.settings, self.clock())

    def _send(self) -> None:
        send_mails(self.engine, self.settings, self.clock)

    def _assess_all(self, now: datetime) -> None:
        assess_all(self.engine, now, rules=self._rules())

    def _rules(self) -> Rules:
        return load_rules(self.engine, self.configured, self.clock())

    def _try_rules(self, now: datetime) -> None:
        try_rules(self.engine, self.configured, now)

    def _ask(self, now: datetime) -> None:
        done = ask_managers(self.engine, self.settings, now)
        if done.asked or done.unanswered or done.cards:
            log.info("asked %d managers, %d stayed silent", done.asked, done.unanswered)

    def _purge(self, now: datetime) -> None:
        gone = purge_raw(self.settings, now)
        if gone.files:
            log.info("threw away %d visits' answers, %d bytes", gone.files, gone.bytes)

    def _measure(self, now: datetime) -> None:
        measure_vitals(self.engine, now)

    def _look_at_sent(self, now: datetime) -> None:
        look_at_sent(self.settings, self.engine, now)

    def _next_backup(self, now: datetime) -> datetime:
        return now + timedelta(hours=self.settings.backup.every_hours)

    def _back_up(self, now: datetime) -> None:
        file, _ = back_up(self.engine, self.settings, now)
        log.info("backup %s, %d older ones removed", file, len(drop_old_backups(self.settings)))

    def _check_clock(self, now: datetime) -> None:
        require_honest_times(self.engine, self.settings, now)

    def _ping(self) -> None:
        """Tells the watcher outside that we live, while every duty is done in time."""
        now, alerts = self.clock(), self.settings.alerts
        last, pause = self.pinged_at, timedelta(minutes=alerts.ping_every_minutes)
        if not alerts.ping_url or (last is not None and last <= now < last + pause):
            return
        with reading(self.engine) as session:
            late = list_late(session, alert_policy(self.settings), now)
        self.pinged_at = now
        if all(one.is_source for one in late):
            send_ping(alerts.ping_url, self.settings.user_agent_name)

    def _next_weekly(self, now: datetime) -> datetime:
        schedule = self.settings.schedule
        return schedule.weekly_report.next_after(now, schedule.time_zone)

    def _queue_weekly(self, now: datetime) -> None:
        queue_weekly_mails(self.engine, self.settings, report_week(now), now)

    # ---- the web beside it ----------------------------------------------------------------

    def _start_web(self) -> subprocess.Popen[bytes]:
        rollcall = [sys.executable, "-P", "-m", "cli", "--data", str(self.settings.data_dir)]
        return subprocess.Popen([*rollcall, "serve", "--parent", str(os.getpid())])

    # ---- the end --------------------------------------------------------------------------

    def _take_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.signal:
            _leave_at_once(crawling=self.interrupted)
        self.signal = number
        # Not through the log, whose lock this very thread may hold.
        os.write(2, b"rollcall: stopping; a second signal stops at once\n")
        self.wake.put(None)
        if self.crawling:
            self.crawling, self.interrupted = False, True
            raise _Stop

    def _stop(self, timetable: BackgroundScheduler) -> None:
        if self.web is not None:
            self.web.terminate()
        ending = threading.Thread(target=timetable.shutdown, daemon=True)
        ending.start()
        ending.join(STOP_SECONDS)
        if self.web is not None:
            with suppress(subprocess.TimeoutExpired):
                self.web.wait(STOP_SECONDS)
            self.web.kill()
        if ending.is_alive():
            _leave_at_once(crawling=False)
        log.info("stopped")


def _leave_at_once(*, crawling: bool) -> None:
    left = "visits in progress, which are due again" if crawling else "the work at the desk"
    line = f"rollcall: stopped at once. Left undone: {left}. Nothing stored is lost.\n"
    os.write(2, line.encode())
    os._exit(INTERRUPTED)
