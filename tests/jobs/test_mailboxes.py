"""Subscribed mailboxes from the letter to the assessment, on files and on a small IMAP server."""

from __future__ import annotations

import mailbox
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from sqlalchemy import select

import config
from domain.errors import UsageError
from domain.outcome import Outcome, Status
from domain.records import CrawlReport, Platform, Source
from domain.window import complete_windows
from jobs.assessing import assess_all
from jobs.crawling import CrawlListener, list_due
from jobs.mailboxes import MailboxRun, confirm_subscription, read_mailboxes
from store.crawls import list_reports
from store.engine import reading, writing
from store.mailboxes import list_mailbox_lists
from store.posts import community_coverage, count_posts, load_coverage, recent_subjects
from store.sources import add_community, add_source, load_source
from store.tables import PostRow
from tests.conftest import Workshop
from tests.crawler.mailbox.imap_server import ImapServer

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LIST = "nets.lists.example.org"


def letter(
    number: int, at: datetime, *lines: str, list_id: str = LIST, body: str = "Nets?"
) -> bytes:
    """A mail of the list that came at that moment, one of four people's."""
    text = [
        f"Received: from lists.example.org by mx.example.org; {format_datetime(at)}",
        f"Message-ID: <{number}@example.org>",
        f"Date: {format_datetime(at)}",
        f"List-Id: Nets <{list_id}>",
        *lines,
    ]
    if not any(line.startswith("From:") for line in lines):
        text.append(f"From: person{number % 4}@example.org")
    return ("\n".join(text) + f"\n\n{body}\n").encode()


def service(number: int, at: datetime, subject: str = "Reminder", **facts) -> bytes:
    sender = "From: nets-request@lists.example.org"
    return letter(number, at, sender, f"Subject: {subject}", **facts)


@dataclass
class Desk:
    """A data folder whose settings name one Maildir, and a clock that a test moves."""

    workshop: Workshop
    path: Path
    now: datetime = NOW
    told: list[int] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def put(self, *letters: bytes) -> None:
        box = mailbox.Maildir(self.path, create=True)
        for one in letters:
            box.add(one)

    def watch(self, name: str = "nets", url: str = f"list:{LIST}", box: str = "lists") -> Source:
        with writing(self.workshop.engine) as s:
            home = add_community(s, slug=name, name=name, now=NOW)
            return add_source(
                s,
                community_id=home.id,
                name=name,
                url=url,
                platform=Platform.MAILBOX,
                now=NOW,
                mailbox=box,
            )

    def read(self, *only: str, force: bool = False) -> MailboxRun:
        listener = CrawlListener(stored=lambda _, new: self.told.append(new))
        engine, settings = self.workshop.engine, self.workshop.settings
        return read_mailboxes(engine, settings, self.clock, listener, only=only, force=force)

    def visit(self, name: str = "nets") -> CrawlReport:
        (done,) = self.read(name).visited
        assert done.report is not None
        return done.report

    def seen(self, source: Source) -> list[tuple[datetime, datetime]]:
        with reading(self.workshop.engine) as s:
            windows = complete_windows(load_coverage(s, source.id))
        return [(window.start, window.end - timedelta(seconds=1)) for window in windows]

    def status(self) -> Status:
        (found,) = assess_all(self.workshop.engine, self.now)
        return found.assessment.status


@pytest.fixture
def desk(make_workshop: Callable[..., Workshop], tmp_path: Path) -> Desk:
    path = tmp_path / "Maildir"
    more = f'[mailboxes.lists]\nkind = "maildir"\npath = "{path}"\n'
    made = Desk(make_workshop(more=more), path)
    made.put()
    return made


def weekly(first: datetime, count: int) -> list[bytes]:
    return [letter(n, first + n * 7 * DAY) for n in range(count)]


# ---- counting -----------------------------------------------------------------------------


def test_every_post_of_the_list_is_counted_once_and_nothing_of_its_text_is_kept(desk):
    source = desk.watch()
    start = NOW - 30 * DAY
    desk.put(
        letter(1, start, "Subject: Bednets in Zinder", body="Zinder has no bednets."),
        letter(1, start + DAY),
        letter(2, start + DAY, "From: Ana Diallo via Nets <nets@lists.example.org>"),
        service(3, start + 2 * DAY),
        letter(4, start + 3 * DAY, "Auto-Submitted: auto-replied"),
        letter(5, start + 4 * DAY, list_id="other.example.org"),
    )
    report = desk.visit()
    assert (report.outcome, report.posts_new, report.posts_total) == (Outcome.READ, 2, 2)
    assert report.evidence["service mails"] == "2"
    assert sum(desk.told) == 2
    assert desk.seen(source) == [(start, start + 3 * DAY)]
    with reading(desk.workshop.engine) as s:
        assert recent_subjects(s, source.community_id) == ()
    for file in desk.workshop.folder.iterdir():
        if file.is_file():
            stored = file.read_bytes()
            assert b"Zinder" not in stored
            assert b"Diallo" not in stored
            assert b"person1" not in stored


def test_a_second_visit_reads_only_what_is_new_and_goes_on_from_there(desk):
    source = desk.watch()
    start = NOW - 30 * DAY
    desk.put(letter(1, start))
    assert desk.visit().outcome is Outcome.READ
    assert desk.visit().outcome is Outcome.UNCHANGED
    desk.put(letter(2, start + 20 * DAY))
    report = desk.visit()
    assert (report.outcome, report.posts_new) == (Outcome.READ, 1)
    assert desk.seen(source) == [(start, start + 20 * DAY)]


def test_one_mailbox_serves_many_lists_and_a_late_comer_reads_all_of_it(desk):
    start = NOW - 20 * DAY
    desk.watch()
    desk.put(*(letter(n, start + n * DAY) for n in range(6)))
    desk.put(*(letter(9, start, list_id="water.example.org") for _ in range(2)))
    assert desk.visit().posts_new == 6
    desk.watch("water", "list:water@example.org")
    run = desk.read()
    assert {done.source.name: done.report.posts_new for done in run.visited} == {
        "nets": 0,
        "water": 1,
    }


def test_all_lists_of_a_mailbox_are_read_when_one_is_due(desk):
    desk.watch()
    desk.put(letter(1, NOW - DAY), letter(2, NOW - DAY, list_id="water.example.org"))
    desk.read()
    assert list_due(desk.workshop.engine, NOW) == []
    desk.watch("water", "list:water.example.org")
    assert [source.name for source in list_due(desk.workshop.engine, NOW)] == ["water"]
    assert {done.source.name for done in desk.read().visited} == {"nets", "water"}
    assert desk.read().visited == []


def test_the_posts_of_a_digest_are_counted_with_their_own_dates(desk):
    source = desk.watch()
    body = "\n".join(
        f"--b\n\nFrom: p{n}@example.org\nDate: {format_datetime(NOW - n * DAY)}\n"
        f"Message-ID: <d{n}@example.org>\n\nText {n}"
        for n in range(2, 6)
    )
    digest = service(
        7,
        NOW - DAY,
        "Nets Digest, Vol 1, Issue 2\nContent-Type: multipart/digest; boundary=b",
        body=body + "\n--b--",
    )
    desk.put(letter(5, NOW - 9 * DAY), digest)
    report = desk.visit()
    assert (report.outcome, report.posts_new) == (Outcome.READ, 5)
    assert desk.seen(source) == [(NOW - 9 * DAY, NOW - DAY)]
    with reading(desk.workshop.engine) as s:
        days = set(s.scalars(select(PostRow.at)))
    assert days == {NOW - n * DAY for n in (2, 3, 4, 5, 9)}


def test_a_digest_that_stays_shut_is_told_and_its_time_is_not_called_silent(desk):
    source = desk.watch()
    desk.put(letter(5, NOW - 9 * DAY), service(7, NOW - DAY, "Nets Digest, Vol 1, Issue 2"))
    report = desk.visit()
    assert report.outcome is Outcome.PARTIAL
    assert "1 of 1 digests" in report.detail
    assert desk.seen(source) == [(NOW - 9 * DAY,) * 2, (NOW - DAY,) * 2]


# ---- a subscription that is lost ----------------------------------------------------------


def test_an_address_that_was_unsubscribed_never_looks_like_silence(desk):
    desk.watch()
    start = NOW - 700 * DAY
    desk.put(*weekly(start, 100))
    for days in (0, 30, 61, 200, 400, 2000):
        desk.now = start + (99 * 7 + days) * DAY
        outcome = desk.visit().outcome
        assert outcome is (Outcome.PARTIAL if days > 60 else outcome)
        assert desk.status() not in (Status.DORMANT, Status.INACTIVE)
    assert desk.status() is Status.UNVERIFIABLE
    report = desk.visit()
    assert "no mail of any kind since" in report.detail
    assert "--confirm nets" in report.to_do


def test_a_list_that_only_sends_reminders_is_seen_to_be_silent(desk):
    desk.watch()
    start = NOW - 900 * DAY
    desk.put(*weekly(start, 40))
    reminders = [service(1000 + n, start + (280 + 30 * n) * DAY) for n in range(20)]
    desk.put(*reminders)
    assert desk.visit().posts_new == 40
    desk.now = start + 855 * DAY
    assert desk.visit().outcome is Outcome.UNCHANGED
    assert desk.status() is Status.INACTIVE


def test_the_reminder_of_the_whole_server_proves_each_list_it_names(desk):
    source = desk.watch()
    subject = "lists.example.org mailing list memberships reminder"
    reminder = letter(
        9,
        NOW - DAY,
        "From: mailman-owner@lists.example.org",
        "X-List-Administrivia: yes",
        f"Subject: {subject}",
        list_id="mailman.lists.example.org",
        body="Passwords for count@example.org:\n\nnets@lists.example.org    swordfish",
    )
    desk.put(letter(1, NOW - 30 * DAY), reminder)
    desk.visit()
    assert desk.seen(source) == [(NOW - 30 * DAY, NOW - DAY)]
    with reading(desk.workshop.engine) as s:
        assert count_posts(s, source.id) == 1
    assert b"swordfish" not in (desk.workshop.folder / "rollcall.db").read_bytes()


def test_a_list_that_says_goodbye_is_not_seen_from_then_on(desk):
    source = desk.watch()
    goodbye = service(2, NOW - 20 * DAY, "You have been unsubscribed from the Nets mailing list")
    desk.put(letter(1, NOW - 30 * DAY), goodbye)
    report = desk.visit()
    assert report.outcome is Outcome.PARTIAL
    assert "unsubscribed" in report.detail
    desk.put(service(3, NOW - 2 * DAY, 'Welcome to the "Nets" mailing list'))
    assert desk.visit().outcome is Outcome.READ
    assert desk.seen(source) == [(NOW - 30 * DAY, NOW - 20 * DAY), (NOW - 2 * DAY,) * 2]


def test_nothing_is_concluded_before_the_first_mail(desk):
    source = desk.watch()
    report = desk.visit()
    assert report.outcome is Outcome.PARTIAL
    assert "no mail of this list has come yet" in report.detail
    assert desk.seen(source) == []
    assert desk.status() is Status.UNVERIFIABLE


def test_a_person_may_confirm_that_the_address_is_subscribed(desk):
    source = desk.watch()
    settings = desk.workshop.settings
    with pytest.raises(UsageError):
        confirm_subscription(desk.workshop.engine, settings, source, NOW)
    desk.put(letter(1, NOW - 200 * DAY))
    assert desk.visit().outcome is Outcome.PARTIAL
    confirm_subscription(desk.workshop.engine, settings, source, NOW)
    assert desk.seen(source) == [(NOW - 200 * DAY, NOW - timedelta(seconds=1))]
    assert desk.visit().outcome is Outcome.UNCHANGED


def test_a_copied_mailbox_bears_the_dates_of_its_mail_not_of_the_copy(desk):
    """The files were stored this second, and the mail came years ago."""
    source = desk.watch()
    old = datetime(2019, 5, 4, tzinfo=UTC)
    desk.put(letter(1, old), letter(2, old + DAY))
    desk.now = datetime.fromtimestamp(time.time(), UTC)
    desk.visit()
    assert desk.seen(source) == [(old, old + DAY)]


# ---- lists nobody watches -----------------------------------------------------------------


def test_mail_of_other_lists_is_told_by_list_and_number_once(desk):
    desk.watch()
    mails = [letter(n, NOW - n * DAY, list_id="water.example.org") for n in range(1, 4)]
    desk.put(letter(9, NOW - DAY), *mails, b"From: ana@example.org\n\nA letter to me.\n")
    strangers = desk.read("nets").strangers
    assert [(one.list_id, one.mails) for one in strangers] == [("water.example.org", 3)]
    assert desk.read("nets").strangers == []
    with reading(desk.workshop.engine) as s:
        found = {one.list_id: one for one in list_mailbox_lists(s)}
    assert {name: one.mails for name, one in found.items()} == {LIST: 1, "water.example.org": 3}
    assert found["water.example.org"].last_received == NOW - DAY


def test_a_mailbox_without_a_source_is_read_when_all_are(desk):
    desk.put(letter(1, NOW - DAY))
    assert desk.read().strangers == []
    assert [one.list_id for one in desk.read(force=True).strangers] == [LIST]


# ---- what can go wrong --------------------------------------------------------------------


def test_a_mailbox_that_the_settings_do_not_know_is_told(desk):
    desk.watch(box="elsewhere")
    report = desk.visit()
    assert report.outcome is Outcome.NOT_FOUND
    assert "[mailboxes.elsewhere]" in report.to_do


def test_one_broken_mailbox_does_not_stop_the_others(make_workshop, tmp_path):
    more = (
        f'[mailboxes.a]\nkind = "maildir"\npath = "{tmp_path / "nowhere"}"\n'
        f'[mailboxes.b]\nkind = "maildir"\npath = "{tmp_path / "b"}"\n'
    )
    desk = Desk(make_workshop(more=more), tmp_path / "b")
    desk.put(letter(1, NOW - DAY))
    desk.watch("broken", "list:x.example.org", "a")
    desk.watch(box="b")
    outcomes = {done.source.name: done.report.outcome for done in desk.read().visited}
    assert outcomes == {"broken": Outcome.NOT_FOUND, "nets": Outcome.READ}
    with reading(desk.workshop.engine) as s:
        broken = load_source(s, "broken")
        assert broken.failures == 1
        assert broken.due_at > NOW
        assert len(list_reports(s, broken.id, 5)) == 1


def test_a_reading_that_was_cut_off_gives_its_sources_back(desk, monkeypatch):
    desk.watch()
    desk.put(letter(1, NOW - DAY))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    engine, settings = desk.workshop.engine, desk.workshop.settings
    with pytest.raises(KeyboardInterrupt):
        read_mailboxes(engine, settings, desk.clock, CrawlListener(stored=stop))
    assert [source.name for source in list_due(engine, NOW)] == ["nets"]
    report = desk.visit()
    assert report.posts_total == 1


def test_a_mailbox_beside_an_archive_does_not_blind_it(desk):
    """Its coverage is added to what others saw, and asks for nothing more."""
    source = desk.watch()
    desk.put(letter(1, NOW - 100 * DAY))
    desk.visit()
    with writing(desk.workshop.engine) as s:
        other = add_source(
            s,
            community_id=source.community_id,
            name="archive",
            url="https://lists.example.org/nets/",
            platform=Platform.PIPERMAIL,
            now=NOW,
        )
        from domain.records import KeyedPage
        from domain.window import Coverage
        from store.posts import save_page

        page = KeyedPage(coverage=(Coverage(start=NOW - 50 * DAY, end=NOW),))
        save_page(s, other.id, page, now=NOW)
    with reading(desk.workshop.engine) as s:
        assert community_coverage(s, source.community_id)[-1].end == NOW


# ---- over IMAP ----------------------------------------------------------------------------


@pytest.fixture
def imap(
    make_workshop: Callable[..., Workshop], tmp_path: Path
) -> Iterator[tuple[ImapServer, Desk]]:
    with ImapServer() as server:
        more = (
            f'[mailboxes.lists]\nkind = "imap"\naddress = "127.0.0.1:{server.port}"\n'
            'tls = "none"\nuser = "count"\nfolders = ["INBOX", "Lists"]\n'
        )
        workshop = make_workshop(more=more)
        environ = {"ROLLCALL_MAILBOX_PASSWORD_LISTS": server.password}
        workshop.settings = config.load(workshop.folder, environ)
        server.put(folder="Lists")
        yield server, Desk(workshop, tmp_path)


def test_a_mailbox_on_a_server_is_read_by_its_numbers(imap):
    server, desk = imap
    source = desk.watch()
    server.put(letter(1, NOW - 9 * DAY), letter(2, NOW - 8 * DAY))
    server.put(letter(3, NOW - 7 * DAY), folder="Lists")
    assert desk.visit().posts_new == 3
    server.asked.clear()
    assert desk.visit().outcome is Outcome.UNCHANGED
    assert not any("FETCH" in asked for asked in server.asked)
    server.put(letter(4, NOW - 6 * DAY))
    assert desk.visit().posts_new == 1
    assert desk.seen(source) == [(NOW - 9 * DAY, NOW - 6 * DAY)]


def test_numbers_that_were_given_anew_count_nothing_twice(imap):
    server, desk = imap
    desk.watch()
    server.put(*(letter(n, NOW - n * DAY) for n in range(1, 6)))
    assert desk.visit().posts_new == 5
    box = server.folders["INBOX"]
    box.validity, box.letters = 2, {1: box.letters[3], 2: box.letters[4], 3: box.letters[5]}
    server.put(letter(9, NOW - DAY))
    report = desk.visit()
    assert (report.posts_new, report.posts_total) == (1, 6)
    assert "made anew" in report.evidence["folder INBOX"]


def test_a_refused_sign_in_and_a_silent_server_are_told_as_what_they_are(imap):
    server, desk = imap
    desk.watch()
    server.put(letter(1, NOW - DAY))
    desk.visit()
    server.password = "another one"
    refused = desk.visit()
    assert refused.outcome is Outcome.REFUSED
    assert "[mailboxes.lists]" in refused.to_do
    assert "sesame" not in refused.detail + refused.to_do
    server.hang_up_at = "LOGIN"
    assert not desk.visit().outcome.saw
    assert desk.status() not in (Status.DORMANT, Status.INACTIVE)


# ---- in the service -----------------------------------------------------------------------


def test_the_service_reads_what_is_due_in_mailboxes_and_scores_it(desk, caplog):
    import scheduler

    desk.watch()
    desk.now = datetime.now(UTC)
    desk.put(letter(1, desk.now - DAY))
    caplog.set_level("INFO", logger="rollcall.service")
    scheduler.Service(desk.workshop.settings, desk.workshop.engine, desk.clock)._crawl()
    said = [record.getMessage() for record in caplog.records]
    assert any(line.startswith("nets read: 1 posts, +1") for line in said)
    assert "scored 1" in said


# ---- the word of a person -----------------------------------------------------------------


def test_a_persons_word_keeps_a_silent_list_from_being_called_silent(desk):
    from store.attestations import add_attestation, take_back

    source = desk.watch()
    start = NOW - 900 * DAY
    desk.put(*weekly(start, 40))
    desk.put(*(service(1000 + n, start + (280 + 30 * n) * DAY) for n in range(20)))
    desk.visit()
    desk.now = start + 855 * DAY
    with writing(desk.workshop.engine) as s:
        add_attestation(
            s,
            source.community_id,
            seen_on=(desk.now - 10 * DAY).date(),
            link="https://example.org/meeting",
            by="Ana",
            now=desk.now,
        )
    assert desk.status() is Status.SLOWING
    earlier, later = desk.now - DAY, desk.now + 180 * DAY
    (then,) = assess_all(desk.workshop.engine, desk.now, as_of=earlier)
    assert then.assessment.status is Status.INACTIVE
    desk.now = later
    assert desk.status() is Status.INACTIVE
    desk.now = earlier + DAY
    with writing(desk.workshop.engine) as s:
        take_back(s, source.community_id, by="Ana", now=desk.now)
    assert desk.status() is Status.INACTIVE
