"""The same mail through six doors: a file, a mailbox, and the archives of four programs.

Mailman 2 is not to be had any more: its pages are those of the demonstration, which keeps to the
form of Pipermail. Like Mailman, it is given the time of receipt where a date is not to be believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import config
from demo.content import Message, Person
from demo.pipermail import PipermailSite
from demo.server import ArchiveServer
from domain.outcome import Outcome
from domain.records import CrawlReport, Platform, Source
from domain.window import Window
from jobs.crawling import CrawlListener
from jobs.importing import import_mbox
from jobs.mailboxes import read_mailboxes
from store.engine import reading, writing
from store.posts import load_daily_counts
from store.sources import add_community, add_source
from tests.conftest import NOW, Workshop
from tests.servers.corpus import LIST, PEOPLE, Letter, without, write_entry, write_letters
from tests.servers.kit import need, open_folder
from tests.servers.test_dovecot import Dovecot, Mail
from tests.servers.test_hyperkitty import HyperKitty, check, keep
from tests.servers.test_mhonarc import Pages
from tests.servers.test_public_inbox import PACKAGES, Inbox

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

DAY = timedelta(days=1)
PASSWORD = {"ROLLCALL_MAILBOX_PASSWORD_LETTERS": "count"}
MAILBOX = """
[mailboxes.letters]
kind = "imap"
address = "127.0.0.1:{port}"
tls = "none"
user = "count"
folders = ["INBOX"]
"""


class Doors:
    """All servers with all letters behind them, and where each is."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.letters = write_letters()
        self.box = folder / "letters.mbox"
        self.box.write_bytes(b"".join(write_entry(letter) for letter in self.letters))
        self.mailbox = self.fill_mailbox()
        self.places = {
            "file": (Platform.MBOX, "file:letters.mbox"),
            "mailbox": (Platform.MAILBOX, f"list:{LIST.replace('@', '.')}"),
            "hyperkitty": (Platform.HYPERKITTY, self.fill_hyperkitty()),
            "public-inbox": (Platform.PUBLICINBOX, self.fill_public_inbox()),
            "mhonarc": (Platform.MHONARC, self.fill_mhonarc()),
            "pipermail": (Platform.PIPERMAIL, self.fill_pipermail()),
        }

    def place(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder

    def fill_mailbox(self) -> Dovecot:
        need("dovecot", "dovecot-imapd")
        dovecot = Dovecot(self.folder / "dovecot")
        self.stack.callback(dovecot.stop)
        dovecot.start()
        dovecot.put(*(Mail(letter.raw, letter.received) for letter in self.letters))
        return dovecot

    def fill_hyperkitty(self) -> str:
        archive = HyperKitty(self.place("hyperkitty"))
        self.stack.enter_context(archive.servers.stack)
        archive.take(self.letters)
        return f"{archive.show()}{LIST}/"

    def fill_public_inbox(self) -> str:
        need("public-inbox-netd", *PACKAGES, "git")
        inbox = Inbox(self.place("public-inbox"))
        self.stack.enter_context(inbox.servers.stack)
        inbox.take(self.letters)
        inbox.show()
        return inbox.url

    def fill_mhonarc(self) -> str:
        need("mhonarc", "mhonarc")
        pages = Pages(self.place("mhonarc"))
        self.stack.enter_context(pages.servers.stack)
        pages.convert(self.letters, pages.shown / "all", "-add", quoted=True)
        pages.show()
        return pages.url("all/maillist.html")

    def fill_pipermail(self) -> str:
        letters = without(self.letters, "no id")
        messages = tuple(write_message(*numbered) for numbered in enumerate(letters))
        site = PipermailSite("wells", messages, now=NOW)
        server = self.stack.enter_context(ArchiveServer(NOW, only=()))
        for period in site.periods:
            path = f"{site.base}{period.name}.txt.gz"
            server.put(path, site.answer(path, {}))
        return server.put(site.base, site.answer(site.base, {}))


def write_message(number: int, letter: Letter) -> Message:
    who = letter.writer.partition("@")[0]
    return Message(
        number=number,
        message_id=letter.message_id,
        at=letter.at,
        author=Person(name=PEOPLE[who], address=letter.writer, offset_minutes=0),
        subject=letter.subject,
        body=letter.raw.partition(b"\n\n")[2].decode(),
        parents=(letter.root_id,) if letter.root_id else (),
    )


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    with open_folder("doors") as folder, ExitStack() as stack:
        yield Doors(folder, stack)


def watch(workshop: Workshop, doors: Doors, *, together: bool) -> dict[str, Source]:
    """A source for each door, in a community of its own or all in one."""
    file = workshop.folder / "rollcall.toml"
    file.write_text(file.read_text() + MAILBOX.format(port=doors.mailbox.port))
    workshop.settings = config.load(workshop.folder, PASSWORD)
    sources, home = {}, None
    with writing(workshop.engine) as session:
        for name, (platform, url) in doors.places.items():
            if home is None or not together:
                home = add_community(session, slug=name, name=name, now=workshop.clock())
            sources[name] = add_source(
                session,
                community_id=home.id,
                name=name,
                url=url,
                platform=platform,
                now=workshop.clock(),
                mailbox="letters" if platform is Platform.MAILBOX else "",
            )
    return sources


def read_all(workshop: Workshop, doors: Doors) -> dict[str, CrawlReport]:
    engine, settings = workshop.engine, workshop.settings
    import_mbox(engine, doors.box, "file", workshop.clock)
    read = read_mailboxes(engine, settings, workshop.clock, CrawlListener(), force=True)
    visited = [*workshop.crawl().values(), *read.visited]
    return {done.source.name: done.report for done in visited if done.report}


def opened(letters: list[Letter]) -> list[Letter]:
    """The letters, a digest replaced by the one that is inside it."""
    inside = {"message_id": "inner@example.org", "writer": "inner@example.org"}
    return [replace(one, **inside) if one.case == "digest" else one for one in letters]


def test_each_door_shows_the_same_days_writers_and_threads_but_for_what_is_known(doors, workshop):
    sources = watch(workshop, doors, together=False)
    reports = read_all(workshop, doors)
    # Mail that came last so long ago proves no silence since: it may be no subscription any more.
    mailbox = reports.pop("mailbox")
    assert mailbox.outcome is Outcome.PARTIAL, mailbox.detail
    assert mailbox.detail.startswith("no mail of any kind since 2025-")
    assert {report.outcome for report in reports.values()} == {Outcome.READ}
    # Each keeps one of two letters with one Message-ID. A mailbox shows what is in a digest, here a
    # letter that has no date. Pipermail was not given the letter without an id.
    kept = keep(doors.letters)
    shown = {"mailbox": opened(kept), "pipermail": without(kept, "no id")}
    for name, source in sources.items():
        undated = ("digest",) if name == "mailbox" else ()
        check(workshop, source.id, shown.get(name, kept), undated)


def test_doors_into_one_community_count_each_letter_once(doors, workshop):
    sources = watch(workshop, doors, together=True)
    read_all(workshop, doors)
    kept = keep(doors.letters)
    span = Window(start=min(letter.at for letter in kept) - DAY, end=workshop.clock())
    with reading(workshop.engine) as session:
        found = load_daily_counts(session, sources["file"].community_id, span)
    # A letter without an id is the same to the file and the mailbox, who go by its own lines.
    # HyperKitty, public-inbox and MHonArc each gave it another. What is in the digest has no day.
    nameless = [letter for letter in kept if letter.case == "no id"]
    expected = Counter(letter.at.date() for letter in [*kept, *nameless * 3])
    assert found == expected
