"""What did not happen, and what broke: in `rollcall status`, and told once by the service."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import update

import scheduler
from cli import run_command
from demo.answer import Answer
from domain.people import Role
from domain.records import Platform
from store.engine import reading, writing
from store.jobs import claim_job
from store.outbox import claim_mails
from store.sources import load_source, pause_source
from store.tables import SourceRow
from store.users import add_user

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)


def invite_operator(workshop) -> None:
    with writing(workshop.engine) as session:
        add_user(
            session,
            name="Ola",
            address="ola@example.org",
            role=Role.OPERATOR,
            now=workshop.clock(),
        )


def subjects(workshop) -> list[str]:
    """The alerts queued since the last look, by their subjects."""
    with writing(workshop.engine) as session:
        mails = claim_mails(session, datetime.max.replace(tzinfo=UTC) - 3 * HOUR, 100, HOUR)
    return [
        str(message_from_bytes(mail.message, policy=policy.default)["Subject"]).strip()
        for mail in mails
        if mail.kind == "alert"
    ]


# ---- rollcall status --------------------------------------------------------------------------


@pytest.fixture
def status(workshop, capsys):
    """Runs `rollcall status`: exit code, standard output."""

    def run(*arguments: str) -> tuple[int, str]:
        code = run_command(["--data", str(workshop.folder), "status", *arguments])
        return code, capsys.readouterr().out

    return run


def plan_weekly(workshop, due_at: datetime) -> None:
    with writing(workshop.engine) as session:
        claim_job(
            session, "weekly_report", owner="me", now=due_at - HOUR, ttl=HOUR, first_due=due_at
        )


def test_status_within_the_grace_is_fine(workshop, status):
    plan_weekly(workshop, workshop.clock() - HOUR)
    code, out = status()
    assert (code, "Late" in out) == (0, False)


def test_status_says_what_is_late_and_ends_with_1(workshop, status):
    plan_weekly(workshop, workshop.clock() - 5 * HOUR)
    code, out = status()
    assert code == 1
    assert "Late       weekly_report (5 hours): is `rollcall run` running?" in out
    assert "rollcall run" in out.splitlines()[-1]
    assert json.loads(status("--json")[1])["late"] == ["weekly_report"]


def test_status_names_late_sources_unless_they_are_paused(workshop, status):
    source = workshop.watch("nets", "https://lists.example.org/nets/")
    with writing(workshop.engine) as session:
        session.execute(update(SourceRow).values(due_at=workshop.clock() - 3 * HOUR))
    assert json.loads(status("--json")[1])["late"] == ["nets"]
    with writing(workshop.engine) as session:
        pause_source(session, source.id, paused=True)
    assert json.loads(status("--json")[1])["late"] == []


def test_the_grace_is_settable(make_workshop, capsys):
    workshop = make_workshop(more="[alerts]\nweekly_report_grace_hours = 6\n")
    plan_weekly(workshop, workshop.clock() - 5 * HOUR)
    assert run_command(["--data", str(workshop.folder), "status"]) == 0


# ---- the service ------------------------------------------------------------------------------


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = MONDAY - timedelta(days=2)

    def __call__(self) -> datetime:
        return self.now


def test_a_report_made_up_for_after_the_service_was_away_is_told_once(workshop):
    invite_operator(workshop)
    clock = Clock()
    scheduler.Service(workshop.settings, workshop.engine, clock).do_desk_work()
    clock.now = MONDAY + timedelta(days=2)
    for _ in range(2):
        scheduler.Service(workshop.settings, workshop.engine, clock).do_desk_work()
    (subject,) = subjects(workshop)
    assert subject.endswith("things late but done by now")


def test_a_report_in_time_is_no_news(workshop):
    invite_operator(workshop)
    clock = Clock()
    service = scheduler.Service(workshop.settings, workshop.engine, clock)
    while clock.now < MONDAY + HOUR:
        service.do_desk_work()
        clock.now += HOUR
    assert subjects(workshop) == []


def test_a_crawl_in_vain_is_one_mail_and_a_good_one_another(make_workshop, archive_server, capsys):
    workshop = make_workshop(more="[alerts]\nopen_after = 1\n")
    invite_operator(workshop)
    answer = Answer(status=503, body=b"no")
    url = archive_server.put("/nets.rss", lambda _times: answer)
    workshop.watch("nets", url, Platform.FEED)
    crawl(workshop)
    (broken,) = subjects(workshop)
    answer = Answer(
        body=b'<rss version="2.0"><channel><title>t</title><link>http://x.example.org/</link>'
        b"<description>d</description><item><guid>1</guid><title>n</title>"
        b"<pubDate>Thu, 01 Oct 2026 10:00:00 GMT</pubDate></item></channel></rss>",
        content_type="application/rss+xml",
    )
    crawl(workshop)
    capsys.readouterr()
    assert broken.startswith("Rollcall: nets cannot be reached since ")
    (mended,) = subjects(workshop)
    assert mended.startswith("Rollcall: nets is read again, after ")
    with reading(workshop.engine) as session:
        source = load_source(session, "nets")
    assert source is not None
    assert source.failures == 0


def crawl(workshop) -> None:
    run_command(["--data", str(workshop.folder), "crawl", "--only", "nets"])
