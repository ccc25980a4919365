"""The mailbox against a real Dovecot, filled with mail whose truth is known.

Dovecot runs as an ordinary program on loopback, with a folder of its own; the package is installed
when it is missing and we may.
"""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

import pytest
from sqlalchemy import select

import config
from domain.outcome import Outcome
from domain.records import CrawlReport, Platform, Source
from domain.window import Window, complete_windows
from jobs.crawling import CrawlListener
from jobs.mailboxes import read_mailboxes
from store.engine import reading, writing
from store.histories import load_history
from store.mailboxes import list_mailbox_lists
from store.posts import load_coverage, load_daily_counts
from store.sources import add_community, add_source
from store.tables import PostRow
from tests.conftest import Workshop
from tests.servers.kit import BOUND, need, open_folder

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY = "nets.lists.example.org"
# What the letters below add up to, counted by hand from `fill`.
PEOPLE = {"ana", "ben", "chidi", "zoe"}
CONF = """
protocols = imap
listen = 127.0.0.1
base_dir = {dir}/run
log_path = {dir}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{dir}/mail/%u:LAYOUT=fs
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password=count
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


@dataclass
class Mail:
    """A letter with what it must come to: its posts as (writer, moment)."""

    raw: bytes
    at: datetime
    posts: list[tuple[str, datetime]] = field(default_factory=list)


class Corpus:
    """Invented mail of one list, and what is true of it."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.number = 0

    def post(self, who: str, at: datetime, *lines: str, body: str = "Nets.", **changes) -> str:
        """An ordinary post; `changes` replace or (with `None`) leave out single headers."""
        self.number += 1
        message_id = f"<{self.number}@mail.example.org>"
        heads = {
            "Received": f"from a by mx.example.org; {format_datetime(at + HOUR / 60)}",
            "From": f"{who.title()} <{who}@example.org>",
            "Date": format_datetime(at),
            "Message-ID": message_id,
            "List-Id": f"Nets <{KEY}>",
            **changes,
        }
        told = [f"{name.replace('_', '-')}: {text}" for name, text in heads.items() if text]
        raw = "\r\n".join([*told, *lines, "", body, ""]).encode("utf-8", "surrogateescape")
        self.mails.append(Mail(raw, at + HOUR / 60, [(who, at)]))
        return message_id

    def other(self, at: datetime, subject: str, *lines: str, body: str = "", **changes) -> Mail:
        """Mail that is no post."""
        sender = changes.pop("From", "nets-request@lists.example.org")
        self.post("x", at, f"Subject: {subject}", *lines, body=body, From=sender, **changes)
        self.mails[-1].posts = []
        return self.mails[-1]

    @property
    def truth(self) -> Counter[tuple[str, datetime]]:
        return Counter(post for mail in self.mails for post in mail.posts)


def fill() -> Corpus:
    made = Corpus()
    for week in range(8):  # 8 threads of 3 posts
        at = START + 7 * week * DAY
        first = made.post("ana", at)
        made.post("ben", at + HOUR, f"In-Reply-To: {first}")
        made.post("chidi", at + 26 * HOUR, f"References: {first} <x@example.org>")
    at = START + 60 * DAY
    made.post("zoe", at, From=f"{Header('Zoé Ségou', 'utf-8').encode()} <zoe@example.org>")
    made.post("zoe", at + HOUR / 60, Date="yesterday, I think")  # the last server's time counts
    made.mails[-1].posts = [("zoe", at + 2 * HOUR / 60)]
    made.post("ben", at + 2 * HOUR, Message_ID=None, **{"Message-ID": None})
    again = made.mails[-1]
    made.mails.append(Mail(again.raw, again.at + HOUR, []))  # delivered twice, no id
    made.post("ana", at + 3 * HOUR)
    again = made.mails[-1]
    made.mails.append(Mail(again.raw, again.at + HOUR, []))
    made.post("ana", at + 4 * HOUR, body="Hello\r\n\r\nFrom here on all is text.\r\nFrom: x@y.org")
    made.post("ben", at + 5 * HOUR, "Content-Type: text/html", body="<p>Nets</p>")
    huge = "x" * 70 + "\r\n"
    made.post("chidi", at + 6 * HOUR, "Content-Type: application/pdf", body=huge * 100_000)
    made.post("ana", at + 7 * HOUR, From="Ana <ana@example.org> (via the web)")
    digest(made, at + 9 * DAY)
    made.other(at + 10 * DAY, "Undelivered mail", "Return-Path: <>", From="MAILER-DAEMON@x.org")
    made.other(at + 11 * DAY, "confirm 0123456789abcdef")
    made.other(at + 12 * DAY, "I am away", "Auto-Submitted: auto-replied", From="ben@example.org")
    made.other(at + 13 * DAY, "Water", From="ana@example.org", **{"List-Id": "<water.example.org>"})
    return made


def digest(made: Corpus, at: datetime) -> None:
    posts = [("ben", at - 5 * HOUR), ("zoe", at - 3 * HOUR), ("ana", at - 2 * HOUR)]
    parts = [
        f"--b\r\n\r\nFrom: {who}@example.org\r\nDate: {format_datetime(sent)}\r\n"
        f"Message-ID: <d{n}@mail.example.org>\r\n\r\nText.\r\n"
        for n, (who, sent) in enumerate(posts)
    ]
    mail = made.other(
        at,
        "Nets Digest, Vol 3, Issue 4",
        'Content-Type: multipart/digest; boundary="b"',
        body="".join(parts) + "--b--",
    )
    mail.posts = posts


# ---- the server ---------------------------------------------------------------------------


class Dovecot:
    """A running Dovecot with the mailbox of one user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        own = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        for name in ("mail", "run"):
            (self.folder / name).mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(self.folder / "mail", own.pw_uid, own.pw_gid)
        self.folder.chmod(0o755)
        group = grp.getgrgid(own.pw_gid).gr_name
        text = CONF.format(dir=self.folder, user=own.pw_name, group=group, port=self.port)
        file = self.folder / "dovecot.conf"
        file.write_text(text)
        self.process = subprocess.Popen([*BOUND, "dovecot", "-F", "-c", str(file)])
        deadline = time.monotonic() + 30
        while True:
            try:
                self.connect().logout()
            except (OSError, imaplib.IMAP4.error):
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    def connect(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        client.login("count", "count")
        return client

    def put(self, *mails: Mail, folder: str = "INBOX") -> None:
        client = self.connect()
        if folder != "INBOX":
            client.create(folder)
        for mail in mails:
            kind, said = client.append(folder, "", mail.at, mail.raw)
            assert kind == "OK", said
        client.logout()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    need("dovecot", "dovecot-imapd")
    with open_folder("dovecot") as folder:
        server = Dovecot(folder / "server")
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def corpus(dovecot: Dovecot) -> Corpus:
    made = fill()
    dovecot.put(*made.mails)
    dovecot.put(*made.mails[:9], folder="&BBAEQARFBDgEMg-")
    return made


class Reader:
    """A data folder that watches the list in the mailbox."""

    def __init__(self, workshop: Workshop, port: int, *, folders: str = '["INBOX"]') -> None:
        file = workshop.folder / "rollcall.toml"
        box = (
            f'[mailboxes.count]\nkind = "imap"\naddress = "127.0.0.1:{port}"\ntls = "none"\n'
            f'user = "count"\nfolders = {folders}\n'
        )
        file.write_text(file.read_text() + box)
        environ = {"ROLLCALL_MAILBOX_PASSWORD_COUNT": "count"}
        self.engine = workshop.engine
        self.settings = config.load(workshop.folder, environ)
        self.source = self.watch()

    def watch(self) -> Source:
        with writing(self.engine) as s:
            home = add_community(s, slug="nets", name="Nets", now=NOW)
            return add_source(
                s,
                community_id=home.id,
                name="nets",
                url=f"list:{KEY}",
                platform=Platform.MAILBOX,
                now=NOW,
                mailbox="count",
            )

    def visit(self) -> CrawlReport:
        run = read_mailboxes(
            self.engine, self.settings, lambda: NOW, CrawlListener(), only=["nets"]
        )
        (done,) = run.visited
        assert done.report is not None
        return done.report


@pytest.fixture
def reader(workshop: Workshop, dovecot: Dovecot, corpus: Corpus) -> Reader:
    return Reader(workshop, dovecot.port)


# ---- what must be true --------------------------------------------------------------------


def test_days_writers_and_threads_are_those_of_the_mail(reader, corpus):
    report = reader.visit()
    assert report.outcome is Outcome.READ
    truth = corpus.truth
    assert report.posts_total == sum(truth.values()) == 8 * 3 + 8 + 3
    with reading(reader.engine) as s:
        moments = Counter(s.scalars(select(PostRow.at)))
        history = load_history(s, reader.source.id, until=None)
    assert moments == Counter(at for _, at in truth.elements())
    days = Counter(at.date() for _, at in truth.elements())
    with reading(reader.engine) as s:
        window = Window(start=START - DAY, end=NOW)
        assert load_daily_counts(s, reader.source.community_id, window) == days
    assert {who for who, _ in truth} == PEOPLE
    assert len(set(history.author)) == len(PEOPLE)
    assert sorted(Counter(history.thread).values()) == [1] * 11 + [3] * 8


def test_time_is_seen_from_the_first_mail_to_the_last_of_the_list(reader, corpus):
    reader.visit()
    with reading(reader.engine) as s:
        (seen,) = complete_windows(load_coverage(s, reader.source.id))
    own = [mail.at for mail in corpus.mails if KEY.encode() in mail.raw]
    second = timedelta(seconds=1)
    assert abs(seen.start - min(own)) <= second
    assert abs(seen.end - max(own)) <= 2 * second


def test_mail_of_another_list_is_told_to_the_operator(reader, corpus):
    reader.visit()
    with reading(reader.engine) as s:
        found = {one.list_id: one.mails for one in list_mailbox_lists(s)}
    assert found == {KEY: len(corpus.mails) - 1, "water.example.org": 1}


def test_a_second_visit_asks_for_nothing_and_counts_nothing(reader):
    first = reader.visit()
    again = reader.visit()
    assert again.outcome is Outcome.UNCHANGED
    assert (again.posts_new, again.bytes) == (0, 0)
    assert again.posts_total == first.posts_total


def test_the_same_mail_in_two_folders_is_counted_once(workshop, dovecot, corpus):
    reader = Reader(workshop, dovecot.port, folders='["INBOX", "Архив"]')
    assert reader.visit().posts_total == sum(corpus.truth.values())


def test_all_folders_are_found_by_their_names(workshop, dovecot, corpus):
    reader = Reader(workshop, dovecot.port, folders='["*"]')
    assert reader.visit().posts_total == sum(corpus.truth.values())


def test_no_letter_is_marked_as_seen(reader, dovecot):
    reader.visit()
    client = dovecot.connect()
    client.select("INBOX", readonly=True)
    assert client.search(None, "SEEN")[1] == [b""]
    client.logout()


def test_a_folder_made_anew_is_read_again_and_counts_nothing_twice(workshop, dovecot):
    own = Corpus()
    for n in range(5):
        own.post("ana", START + n * DAY)
    dovecot.put(*own.mails, folder="Anew")
    reader = Reader(workshop, dovecot.port, folders='["Anew"]')
    assert reader.visit().posts_new == 5
    client = dovecot.connect()
    client.delete("Anew")
    client.logout()
    own.post("ben", START + 9 * DAY)
    dovecot.put(*own.mails[2:], folder="Anew")
    report = reader.visit()
    assert (report.posts_new, report.posts_total) == (1, 6)
    assert "made anew" in report.evidence["folder Anew"]


def test_a_wrong_password_is_refused_and_not_told(workshop, dovecot):
    reader = Reader(workshop, dovecot.port)
    environ = {"ROLLCALL_MAILBOX_PASSWORD_COUNT": "swordfish"}
    reader.settings = config.load(workshop.folder, environ)
    report = reader.visit()
    assert report.outcome is Outcome.REFUSED
    assert "swordfish" not in report.detail + report.to_do
