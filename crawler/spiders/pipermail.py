"""Pipermail, the archive of Mailman 2: an index of periods, each with all its messages as text.

In short
    History: everything.
    Idle visit: one conditional request.
    Never seen: private archives; what was taken out of an archive that was rebuilt.

Recognise
    An index whose links lead to `PERIOD/thread.html`, `PERIOD.txt` or `PERIOD.txt.gz`, where
    PERIOD is `2005-March`, `2005q3`, `2005`, `Week-of-Mon-20050307` or `20050307`. File and
    folder names are English in every interface language; labels and titles are not looked at.

Read
    The index, then the text file of each period (an mbox, usually gzipped), oldest first. `.txt`
    and `.txt.gz` stand in for each other. Where neither is to be had, `PERIOD/thread.html`: its
    comments `<!--DEPTH KEY- -->` hold the times of a message and of its ancestors. The newest
    period is asked for as `.txt` first: the `.gz` is often made only once a night.

Window
    The full history. A period is complete over its own time; once all are read, so is everything
    from the first believable period to the fetch of the index, months without an entry included.

Identity
    The Message-ID; without one a hash made of the message's own lines. From `thread.html` it is
    `pipermail:PERIOD/NUMBER`, which is not comparable with a Message-ID: a period that was once
    read one way is therefore never read the other way. Archives store many messages twice.

Dates
    By the rules for mailboxes, bounded by the period, whose edges are in the server's own zone.
    Periods before 1990 or after the fetch are wrong clocks: their posts are kept, they bound
    nothing.

Manners
    One conditional request when nothing is new. Otherwise the index, the last two periods (both
    conditional) and those whose size in the index changed.

Known lies
    Rebuilt archives hold each message twice and more. The number of messages that an index page
    declares may be double. An unescaped `From ` in a body makes a message of nobody, without an
    id, filed under the current month. A private archive answers a login form with status 200.
    Sites that moved or closed leave the old pages behind, with a notice: these prove nothing after
    their last message.

Samples
    normal, empty, other_platform, must_fail, thread, translated, moved.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urljoin
from crawler.formats.html import as_layout_change, is_html
from crawler.formats.mbox import read_mbox
from crawler.formats.packed import open_packed, unpacked_limit
from crawler.formats.pipermail import Index, Period, compare_index, read_index, read_thread
from crawler.losses import LOSS_MARK, weigh_loss
from crawler.walk import Reading, Walk
from domain.errors import Gone, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform, ReadPost
from domain.window import Coverage

_HEADER = re.compile(rb"^(?:Message-ID|Date|From|Subject)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEAD = 1 << 16
_NO_SUBJECT = ("", "no subject")
_MISSING = frozenset({403, 404, 410})
_REREAD = 2
_TEXT, _THREAD = "text", "thread"
_TOLD = 3


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is a Pipermail index."""
    if not is_html(page.body):
        return None
    try:
        index = read_index(page.body, page.url, fetched_at=page.fetched_at)
    except SourceError:
        return None
    if len(index.unknown) > len(index.periods):
        # Views by thread of folders that Pipermail does not name so are another software's.
        return None
    why = (
        (f"links to {len(index.periods)} periods, as {index.periods[-1].name}",)
        if index.periods
        else ("Mailman's words for an archive without messages",)
    )
    return Evidence(platform=Platform.PIPERMAIL, url=urljoin(page.url, "."), why=why)


def read_text(
    body: bytes, *, url: str, period: Period, fetched_at: datetime, limit: int
) -> Reading:
    """The posts of a period's text file, packed or not, as far as it can be read.

    Raises: Unparseable when nothing in it can.
    """
    posts: list[ReadPost] = []
    damage = ""
    stream = open_packed(body, limit_bytes=limit)
    try:
        posts.extend(read_mbox(stream, where=url, fetched_at=fetched_at, filed=period.window))
    except Unparseable as error:
        if not posts and not _is_body_line(body):
            raise
        damage = error.what if posts else ""
    if not posts and not body:
        raise Unparseable(Outcome.UNPARSEABLE, "the file is empty", where=url)
    return Reading(posts=tuple(post for post in posts if not _is_phantom(post)), damage=damage)


class PipermailSpider(ArchiveSpider):
    """Reads the periods that are new or changed, oldest first."""

    name = Platform.PIPERMAIL

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """A page per period, then one with everything proved, then the verdict."""
        page = await self.fetch(self.plan.url, mark="index")
        if page.not_modified:
            yield Page(coverage=self._since_covered(page.fetched_at))
            yield Verdict(outcome=Outcome.UNCHANGED, detail="the index is as it was")
            return
        index = self.parse_index(page)
        parts = self.parse_empty(page) if index.empty else self.parse_periods(index, page)
        async for part in parts:
            yield part

    def parse_index(self, page: Fetched) -> Index:
        """What the index promises; where posts were read before, another page is a new layout."""
        try:
            return read_index(page.body, page.url, fetched_at=page.fetched_at)
        except Unparseable as error:
            raise as_layout_change(error, posts_known=self.plan.posts_known) from error

    async def parse_empty(self, page: Fetched) -> AsyncIterator[Page | Verdict]:
        """An archive that says it is empty; not believed where there were posts."""
        if self.plan.posts_known:
            what = f"says that it is empty, but held {self.plan.posts_known} posts before"
            yield Verdict(outcome=Outcome.PARTIAL, detail=what, to_do="look whether it was rebuilt")
            return
        day = page.fetched_at.replace(hour=0, minute=0, second=0, microsecond=0)
        seen = self._since_covered(page.fetched_at) or (Coverage(start=day, end=page.fetched_at),)
        yield Page(coverage=seen, marks=(page.mark("index"),))
        yield Verdict(outcome=Outcome.EMPTY, detail="says that no message was posted yet")

    async def parse_periods(self, index: Index, page: Fetched) -> AsyncIterator[Page | Verdict]:
        """A page per period that had to be read; errors of one do not end the others."""
        walk = Walk(index=index, until=page.fetched_at, newest_at=self.plan.newest_post_at)
        loss = weigh_loss(self._find_loss(index), self.plan.mark(LOSS_MARK), page.fetched_at)
        walk.lost = loss.what if loss.doubted else ""
        for period in index.periods[-1:] if self.plan.newest_only else index.periods:
            if not self._is_due(period, index.periods):
                continue
            try:
                reading = await self.parse_period(period, index.periods)
            except SourceError as error:
                walk.note_failure(period, error)
                continue
            yield walk.note_reading(period, reading)
        mark = () if walk.problems or walk.lost or index.end else (page.mark("index"),)
        gone = () if loss.doubted else self._list_gone(index)
        yield Page(coverage=tuple(walk.proved()), marks=(*mark, *loss.marks, *gone))
        yield walk.verdict()

    def _find_loss(self, index: Index) -> str:
        """What the index should still list and does not; empty for nothing."""
        gone = self._list_gone(index)
        if not gone:
            return ""
        names = ", ".join(mark.name for mark in gone[:_TOLD])
        return f"{len(gone)} periods that were read before are not listed any more ({names})"

    def _list_gone(self, index: Index) -> tuple[Mark, ...]:
        """Marks that say of periods which were read and are not listed: do not miss them again."""
        listed = {period.name for period in index.periods}
        return tuple(
            Mark(name=mark.name, label="gone")
            for mark in self.plan.marks
            if (mark.label or "").split(" ")[0] in (_TEXT, _THREAD) and mark.name not in listed
        )

    async def parse_period(self, period: Period, periods: tuple[Period, ...]) -> Reading:
        """One period by the way it was read before, else by its text, else by its threads."""
        known = self.plan.mark(period.name)
        way = (known.label or "").split(" ")[0] if known else ""
        if way != _THREAD:
            answer = await self._fetch_text(period, fresh_first=period is periods[-1])
            if answer:
                return self._read_answer(answer, period, known)
            if way == _TEXT:
                what = f"the text of {period.name} was readable before and is not any more"
                raise Gone(Outcome.NOT_FOUND, what, where=period.text_url or self.plan.url)
        answer = await self.fetch(period.thread_url, mark=period.name)
        if answer.not_modified and known:
            return Reading(mark=replace(known, label=f"{_THREAD} {period.size}"))
        posts = read_thread(
            answer.body, url=answer.url, period=period, fetched_at=answer.fetched_at
        )
        return Reading(posts=posts, mark=answer.mark(period.name, f"{_THREAD} {period.size}"))

    async def look_back(self, wanted: LookBack) -> Sighting:
        """One old period, and what the index lists otherwise than it was read."""
        index = self.parse_index(await self.fetch(self.plan.url))
        labels = {mark.name: (mark.label or "").partition(" ") for mark in self.plan.marks}
        known = {n: size for n, (way, _, size) in labels.items() if way in {_TEXT, _THREAD}}
        missing, unread = compare_index(index, known)
        old = next((period for period in index.periods if period.window == wanted.window), None)
        reading = await self.parse_period(old, index.periods) if old else Reading()
        if reading.damage:
            raise Unparseable(Outcome.UNPARSEABLE, reading.damage, where=self.plan.url)
        return Sighting(posts=reading.posts, missing=missing, unread=unread, parts=len(known))

    async def _fetch_text(self, period: Period, *, fresh_first: bool) -> Fetched | None:
        for url in _text_addresses(period, fresh_first=fresh_first):
            answer = await self.fetch(url, mark=period.name, allow=_MISSING, keep_cut=True)
            if answer.not_modified or (answer.status == 200 and not is_html(answer.body)):
                return answer
            if answer.status == 403:
                return None
        return None

    def _read_answer(self, answer: Fetched, period: Period, known: Mark | None) -> Reading:
        label = f"{_TEXT} {period.size}"
        if answer.not_modified and known:
            return Reading(mark=replace(known, label=label))
        reading = read_text(
            answer.body,
            url=answer.url,
            period=period,
            fetched_at=answer.fetched_at,
            limit=unpacked_limit(len(answer.body), self.plan.byte_budget),
        )
        damage = reading.damage or ("the answer was cut off" if answer.cut else "")
        mark = None if damage else answer.mark(period.name, label)
        return replace(reading, damage=damage, mark=mark)

    def _is_due(self, period: Period, periods: tuple[Period, ...]) -> bool:
        known = self.plan.mark(period.name)
        if known is None or period in periods[-_REREAD:]:
            return True
        return (known.label or "").partition(" ")[2] != period.size

    def _since_covered(self, until: datetime) -> tuple[Coverage, ...]:
        since = self.plan.covered_until
        return () if since is None else (Coverage(start=min(since, until), end=until),)


def _is_body_line(body: bytes) -> bool:
    """True for a file that holds only what a split body line left: a separator and no header."""
    head = open_packed(body, limit_bytes=_HEAD).read(_HEAD)
    return head.startswith(b"From ") and not _HEADER.search(head)


def _is_phantom(post: ReadPost) -> bool:
    """True for a split body line: nobody wrote it, it has no subject and no Message-ID."""
    subject = (post.subject or "").lower()
    return post.author is None and post.post_id.startswith("made-") and subject in _NO_SUBJECT


def _text_addresses(period: Period, *, fresh_first: bool) -> tuple[str, ...]:
    """Where the period's text may be, the likeliest first."""
    folder = period.thread_url.rsplit("/", 1)[0]
    packed, plain = f"{folder}.txt.gz", f"{folder}.txt"
    linked = period.text_url or packed
    other = plain if linked.endswith(".gz") else packed
    return (plain, packed) if fresh_first else (linked, other)
