"""One reading of one mailbox, and what may be concluded for each list that is watched there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Engine

from config import MailboxSettings, Settings
from crawler.formats.mailing import read_list_key
from crawler.mailbox.files import open_files
from crawler.mailbox.imap import open_imap
from crawler.mailbox.letters import Folder, Mailbox, MailboxKind, Opened
from crawler.mailbox.sight import Sighting, Sign, find_coverage, read_sighting
from crawler.mailbox.sorting import Pile, Sorter
from crawler.plan import count_failures, next_crawl_at
from crawler.redact import redact_page
from crawler.settings import folder_owner
from domain.errors import Gone, SourceError
from domain.outcome import NOT_VERIFIED_AFTER, Outcome
from domain.records import CrawlReport, Mark, Page, Platform, Source
from domain.window import CoverageKind
from jobs.concluding import draw_revisit
from jobs.crawling import MIB, CrawlListener, Visited
from jobs.known import load_known
from store.crawls import save_report
from store.engine import reading, writing
from store.mailboxes import MailboxList, add_mails, list_mailbox_lists
from store.posts import community_key, save_page
from store.sources import list_marks, list_sources, release

log = logging.getLogger("rollcall.jobs")
Clock = Callable[[], datetime]
BATCH = 500
LAST_MAIL = "last mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxRun:
    """What came of reading mailboxes: the sources' visits, and new mail of lists nobody watches.

    `failed` names mailboxes that could not be read and serve no source.
    """

    visited: list[Visited] = field(default_factory=list)
    strangers: list[MailboxList] = field(default_factory=list)
    failed: list[SourceError] = field(default_factory=list)


def open_mailbox(name: str, box: MailboxSettings, *, answer_seconds: float) -> Opened:
    """The mailbox of that section, ready to be opened."""
    mailbox = Mailbox(
        name=name,
        kind=MailboxKind(box.kind),
        host=box.host,
        port=box.port,
        tls=box.tls.value,
        user=box.user,
        password=box.password,
        path=box.path,
        folders=box.folders,
        answer_seconds=answer_seconds,
    )
    return open_imap(mailbox) if mailbox.kind is MailboxKind.IMAP else open_files(mailbox)


class MailboxVisit:
    """One reading of one mailbox."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Clock,
        listener: CrawlListener,
        run: MailboxRun,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.clock = clock
        self.listener = listener
        self.run = run
        self.started_at = clock()
        self.new: dict[int, int] = {}
        self.marks: dict[int, list[Mark]] = {}
        self.notes: dict[str, str] = {}
        self.bytes = 0
        self.stopped = ""

    def read(self, name: str, box: MailboxSettings | None, sources: Sequence[Source]) -> None:
        """Reads the mailbox and saves what came of it for every source."""
        self.new = dict.fromkeys((source.id for source in sources), 0)
        self.marks = {source.id: [] for source in sources}
        with reading(self.engine) as session:
            known = {source.id: list_marks(session, source.id) for source in sources}
            counted = {one.list_id: one.last_received for one in list_mailbox_lists(session, name)}
        keys = {read_list_key(source.url) or "": source.id for source in sources}
        sorter = Sorter(keys, counted_until=counted, now=self.started_at)
        try:
            if box is None:
                raise _no_such_mailbox(name)
            seconds = self.settings.crawl.answer_seconds
            with open_mailbox(name, box, answer_seconds=seconds) as opened:
                for folder in opened.list_folders():
                    if not self.stopped:
                        self._read_folder(name, folder, sorter, sources, known)
        except SourceError as error:
            self._fail(error, sources)
            return
        self._count(name, sorter)
        for source in sources:
            before = find_mark(known[source.id], name_last_mail(name))
            self._conclude(name, source, sorter.piles[source.id], read_sighting(before))

    # ---- reading --------------------------------------------------------------------------

    def _read_folder(
        self,
        name: str,
        folder: Folder,
        sorter: Sorter,
        sources: Sequence[Source],
        known: Mapping[int, Sequence[Mark]],
    ) -> None:
        mark_name = f"{name}/{folder.name}"
        until = {
            source.id: self._read_until(folder, find_mark(known[source.id], mark_name))
            for source in sources
        }
        after = min(until.values(), default=-1)
        reached = dict(until)
        by_id = {source.id: source for source in sources}
        for number, letter in enumerate(folder.list_letters(after), start=1):
            sorter.take(folder, letter, until)
            self.bytes += len(letter.head)
            reached = {own: max(place, letter.place) for own, place in reached.items()}
            if number % BATCH == 0:
                self._save_posts(sorter, by_id)
                if self._is_over():
                    break
        self._save_posts(sorter, by_id)
        for source_id, place in reached.items():
            label = f"{folder.validity} {place}"
            self.marks[source_id].append(Mark(name=mark_name, label=label))

    def _read_until(self, folder: Folder, label: str | None) -> int:
        """The place up to which a source has read the folder; -1 where it begins anew."""
        validity, _, place = (label or "").rpartition(" ")
        if not validity:
            return -1
        if validity != folder.validity or not folder.holds(int(place)):
            self.notes[folder.name] = "was made anew, so all of it was read again"
            return -1
        return int(place) - folder.slack

    def _is_over(self) -> bool:
        limits = self.settings.crawl
        spent = (self.clock() - self.started_at).total_seconds()
        if self.bytes > limits.byte_budget_mib * MIB or spent > limits.visit_seconds:
            self.stopped = "the mailbox is long; the rest is read on the next visit"
        return bool(self.stopped)

    def _save_posts(self, sorter: Sorter, sources: Mapping[int, Source]) -> None:
        for source_id, pile in sorter.piles.items():
            if not pile.posts:
                continue
            new = self._save(source_id, Page(posts=tuple(pile.posts)))
            pile.posts.clear()
            self.new[source_id] += new
            self.listener.stored(sources[source_id], new)

    def _save(self, source_id: int, page: Page) -> int:
        now = self.clock()
        with writing(self.engine) as session:
            keyed = redact_page(page, community_key(session, source_id), now=now)
            return save_page(session, source_id, keyed, now=now).new

    # ---- concluding -----------------------------------------------------------------------

    def _count(self, name: str, sorter: Sorter) -> None:
        """Saves how much mail each list sent, and tells of the lists that nobody watches."""
        with writing(self.engine) as session:
            for list_id, came in sorter.came.items():
                assert came.first is not None
                assert came.last is not None
                row = MailboxList(
                    mailbox=name,
                    list_id=list_id,
                    mails=came.mails,
                    first_received=came.first,
                    last_received=came.last,
                )
                add_mails(session, row)
                if list_id not in sorter.lists and not self._is_watched(list_id):
                    self.run.strangers.append(row)

    def _is_watched(self, list_id: str) -> bool:
        with reading(self.engine) as session:
            return any(
                read_list_key(source.url) == list_id
                for source in list_sources(session)
                if source.platform is Platform.MAILBOX
            )

    def _conclude(self, name: str, source: Source, pile: Pile, before: Sighting | None) -> None:
        coverage, last = find_coverage(before, pile.sightings)
        if self.stopped:
            coverage = tuple(replace(stretch, kind=CoverageKind.PARTIAL) for stretch in coverage)
        if last is not None:
            mark = Mark(name=name_last_mail(name), label=last.write())
            self.marks[source.id].append(mark)
        self._save(source.id, Page(coverage=coverage, marks=tuple(self.marks[source.id])))
        outcome, detail, to_do = self._judge(source, pile, before, last)
        evidence = {
            "mails": str(pile.mails),
            "service mails": str(pile.service),
            "digests opened": f"{pile.digests - pile.dim} of {pile.digests}",
            "last mail": last.at.isoformat(timespec="minutes") if last else "none yet",
            **{f"folder {folder}": note for folder, note in self.notes.items()},
        }
        report = CrawlReport(
            source_id=source.id,
            started_at=self.started_at,
            finished_at=self.clock(),
            outcome=outcome,
            detail=detail,
            to_do=to_do,
            posts_new=self.new[source.id],
            bytes=pile.bytes,
            evidence=evidence,
        )
        self._finish(source, report)

    def _judge(
        self, source: Source, pile: Pile, before: Sighting | None, last: Sighting | None
    ) -> tuple[Outcome, str, str]:
        """What the visit may conclude. No mail is never silence: it may be no subscription."""
        confirm = f"rollcall mailbox --confirm {source.name}"
        again = f"subscribe the address again; if it is subscribed: {confirm}"
        if last is None:
            to_do = "subscribe the address, or correct the list's (`rollcall mailbox` shows both)"
            return Outcome.PARTIAL, "no mail of this list has come yet", to_do
        if self.stopped:
            return Outcome.PARTIAL, self.stopped, ""
        if last.sign is Sign.LEFT:
            return Outcome.PARTIAL, f"unsubscribed on {last.at:%Y-%m-%d}, the list says", again
        if self.started_at - last.at > NOT_VERIFIED_AFTER:
            return Outcome.PARTIAL, f"no mail of any kind since {last.at:%Y-%m-%d}", again
        if pile.dim:
            what = f"{pile.dim} of {pile.digests} digests could not be opened whole"
            return Outcome.PARTIAL, what, "let the address get single mails instead of digests"
        newer = before is None or last.at > before.at
        return (Outcome.READ if newer or self.new[source.id] else Outcome.UNCHANGED), "", ""

    def _fail(self, error: SourceError, sources: Sequence[Source]) -> None:
        log.info("mailbox: %s", error.line)
        if not sources:
            self.run.failed.append(error)
        for source in sources:
            report = CrawlReport(
                source_id=source.id,
                started_at=self.started_at,
                finished_at=self.clock(),
                outcome=error.outcome,
                detail=f"{error.where}: {error.what}" if error.where else error.what,
                to_do=error.to_do,
                posts_new=self.new[source.id],
            )
            self._finish(source, report)

    def _finish(self, source: Source, report: CrawlReport) -> None:
        now = self.clock()
        failures = count_failures(source.failures, report.outcome)
        known = load_known(self.engine, source, now)
        report = replace(report, posts_total=known.posts)
        revisit = draw_revisit(self.settings)
        due_at = next_crawl_at(report, known, revisit, failures=failures, now=now)
        with writing(self.engine) as session:
            save_report(session, report)
            owner = folder_owner(self.settings)
            release(session, source.id, owner=owner, due_at=due_at, failures=failures)
        visited = Visited(source=source, report=report, next_due=due_at)
        self.run.visited.append(visited)
        self.listener.visited(visited)


def name_last_mail(mailbox: str) -> str:
    """The mark under which the newest mail of a list is remembered."""
    return f"{mailbox}: {LAST_MAIL}"


def find_mark(marks: Sequence[Mark], name: str) -> str | None:
    """What was remembered under that name."""
    return next((mark.label for mark in marks if mark.name == name), None)


def _no_such_mailbox(name: str) -> SourceError:
    return Gone(
        Outcome.NOT_FOUND,
        f"the settings have no mailbox {name!r}" if name else "the settings name no mailbox",
        to_do=f"add a section [mailboxes.{name or 'NAME'}] to rollcall.toml",
    )
