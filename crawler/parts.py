"""The walk over an archive whose index lists its parts, each with all its posts: oldest first.

A platform file turns the index into a `Listing` and a part into its posts; this says which parts
are read again, what is proved, and what was lost. Like `crawler.newest_first` it is a part that a
spider has, not a class it descends from (decision record 0009).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from crawler.base import ArchiveSpider, Fetched, Verdict, verdict_of
from crawler.canaries import LookBack, Sighting
from crawler.formats.html import as_layout_change
from crawler.formats.parts import Listing, Part
from crawler.losses import LOSS_MARK, TO_DO, newest_is_missing, shrank, weigh_loss
from domain.errors import SourceError, Unparseable, Unreachable
from domain.outcome import Outcome
from domain.records import Mark, Page, ReadPost
from domain.window import Coverage, CoverageKind, Window, holes, merge_windows

INDEX_MARK = "index"
_REREAD = 2
_GIVE_UP_AFTER = 3
_TOLD = 3
# Some have no date that can be read; where most of many have none, the page has changed.
_DATED_SHARE, _FEW = 0.5, 4
_READ, _OPEN, _GONE = "read", "open", "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRead:
    """What one part gave in the end.

    `count` is how many posts it has, `since` the moment of the first; `detail` what the reader
    wants to remember of it (no blanks). `all_posts` is false where `posts` leaves out those that
    were read before. `damage` says why only a part could be read. `answer` is the page whose
    validators are remembered; one that was not modified needs nothing else.
    """

    posts: tuple[ReadPost, ...] = ()
    count: int = 0
    since: datetime | None = None
    detail: str = ""
    all_posts: bool = True
    damage: str = ""
    answer: Fetched | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the mark of a part says: how far it was read, and how many posts it had."""

    state: str
    count: int = 0
    since: datetime | None = None
    detail: str = ""
    promised: str = ""


ReadListing = Callable[[Fetched], Awaitable[Listing]]
ReadPart = Callable[[Part], AsyncIterator[Page | PartRead]]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One walk: what it met so far."""

    until: datetime
    newest: datetime | None = None
    all_seen: bool = True
    lost: str = ""
    starts: list[datetime] = field(default_factory=list)
    failed: list[Window | None] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    in_a_row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Visits an archive in parts.

    `read_listing` turns the index into what it promises; `read_part` gives pages of posts where a
    part takes many requests, then a `PartRead`. `reread` is how many of the last parts are read
    again when the index changed. Both raise a SourceError where something else came.
    """

    spider: ArchiveSpider
    read_listing: ReadListing
    read_part: ReadPart
    reread: int = _REREAD

    async def visit(
        self, url: str, *, marks: tuple[Mark, ...] = ()
    ) -> AsyncIterator[Page | Verdict]:
        """A page or more per part, one with what is proved, then the verdict.

        `marks` are remembered with the index, once everything that it promised was read.

        Raises: SourceError.
        """
        page = await self.spider.fetch(url, mark=INDEX_MARK)
        if page.not_modified:
            yield Page(coverage=self.since_covered(page.fetched_at), marks=marks)
            yield Verdict(outcome=Outcome.UNCHANGED, detail="the index is as it was")
            return
        listing = await self._list(page)
        shown = self._read_empty(page) if listing.empty else self._read_parts(listing, page, marks)
        async for part in shown:
            yield part

    async def look_back(
        self, url: str, wanted: LookBack, sample: Callable[[Part], Awaitable[tuple[ReadPost, ...]]]
    ) -> Sighting:
        """What the index lists otherwise than it was read, and some posts of the last part.

        Raises: SourceError.
        """
        listing = await self._list(await self.spider.fetch(url))
        known = {n: r for n, r in self._remembered().items() if r.state in (_READ, _OPEN)}
        listed = {part.name: part for part in listing.parts}
        unread = [part.name for part in listing.parts if not _is_read(known.get(part.name), part)]
        unread += ["a notice that it ended"] if listing.end else []
        posts = await sample(listing.parts[-1]) if listing.parts else ()
        return Sighting(
            posts=posts,
            missing=tuple(name for name in known if name not in listed),
            unread=(*unread, *listing.unknown),
            parts=len(known),
        )

    def remembered(self, part: Part) -> Remembered | None:
        """What is known of a part from earlier visits."""
        mark = self.spider.plan.mark(part.name)
        return _read_label(mark.label) if mark else None

    def page_of(
        self,
        part: Part,
        posts: tuple[ReadPost, ...],
        *,
        count: int,
        detail: str,
        since: datetime | None,
    ) -> Page:
        """Posts of a part that is not read to its end, with the mark from which it goes on."""
        state = Remembered(state=_OPEN, count=count, since=since, detail=detail)
        return Page(posts=posts, marks=(Mark(name=part.name, label=_write_label(state)),))

    def since_covered(self, until: datetime) -> tuple[Coverage, ...]:
        """From where the last visit's sight ended; nothing where there was none."""
        since = self.spider.plan.covered_until
        return () if since is None else (Coverage(start=min(since, until), end=until),)

    # ---- the index ---------------------------------------------------------------------------

    async def _list(self, page: Fetched) -> Listing:
        try:
            return await self.read_listing(page)
        except Unparseable as error:
            known = self.spider.plan.posts_known
            raise as_layout_change(error, posts_known=known) from error

    async def _read_empty(self, page: Fetched) -> AsyncIterator[Page | Verdict]:
        """An archive that says it is empty; not believed where there were posts."""
        known = self.spider.plan.posts_known
        if known:
            what = f"says that it is empty, but held {known} posts before"
            yield Verdict(outcome=Outcome.PARTIAL, detail=what, to_do="look whether it was rebuilt")
            return
        day = page.fetched_at.replace(hour=0, minute=0, second=0, microsecond=0)
        seen = self.since_covered(page.fetched_at) or (Coverage(start=day, end=page.fetched_at),)
        yield Page(coverage=seen, marks=(page.mark(INDEX_MARK),))
        yield Verdict(outcome=Outcome.EMPTY, detail="the index says that there are no messages")

    def _find_gone(self, listing: Listing) -> list[str]:
        """Parts that were read and are not listed any more."""
        listed = {part.name for part in listing.parts}
        return [
            name
            for name, known in self._remembered().items()
            if known.state == _READ and name not in listed
        ]

    def _remembered(self) -> dict[str, Remembered]:
        found = {mark.name: _read_label(mark.label) for mark in self.spider.plan.marks}
        return {name: known for name, known in found.items() if known}

    # ---- the parts ---------------------------------------------------------------------------

    async def _read_parts(
        self, listing: Listing, page: Fetched, marks: tuple[Mark, ...]
    ) -> AsyncIterator[Page | Verdict]:
        plan, gone = self.spider.plan, self._find_gone(listing)
        walk = _Walk(until=page.fetched_at)
        walk.problems += [f"{name}: not a part we know" for name in listing.unknown]
        walk.problems += [] if listing.whole else ["index: the page ends in the middle"]
        if gone:
            names = ", ".join(gone[:_TOLD])
            walk.lost = f"{len(gone)} parts that were read before are not listed any more ({names})"
        patient = weigh_loss("a loss", plan.mark(LOSS_MARK), page.fetched_at).doubted
        last = listing.parts[-self.reread :]
        for part in listing.parts[-1:] if plan.newest_only else listing.parts:
            if not self._is_due(part, last):
                walk.starts += self._start_of(part)
                continue
            try:
                async for item in self.read_part(part):
                    if isinstance(item, PartRead):
                        yield self._note(walk, part, item, patient=patient)
                    else:
                        self._see(walk, item.posts)
                        yield item
            except SourceError as error:
                self._fail(walk, part, error)
        async for end in self._conclude(walk, listing, page, marks, gone):
            yield end

    async def _conclude(
        self,
        walk: _Walk,
        listing: Listing,
        page: Fetched,
        marks: tuple[Mark, ...],
        gone: list[str],
    ) -> AsyncIterator[Page | Verdict]:
        plan = self.spider.plan
        if walk.all_seen and not walk.failed:
            walk.lost = walk.lost or newest_is_missing(plan.newest_post_at, walk.newest)
        loss = weigh_loss(walk.lost, plan.mark(LOSS_MARK), walk.until)
        fine = not (walk.problems or loss.doubted or listing.end or plan.newest_only)
        forget = () if loss.doubted else tuple(Mark(name=name, label=_GONE) for name in gone)
        index = (page.mark(INDEX_MARK), *marks) if fine else ()
        coverage = () if loss.doubted else tuple(self._proved(walk, listing))
        yield Page(coverage=coverage, marks=(*index, *loss.marks, *forget))
        yield self._verdict(walk, listing, lost=loss.what if loss.doubted else "")

    def _is_due(self, part: Part, last: tuple[Part, ...]) -> bool:
        return part in last or not _is_read(self.remembered(part), part)

    def _note(self, walk: _Walk, part: Part, read: PartRead, *, patient: bool) -> Page:
        """The page that ends a part, and what it proves of a time that is over."""
        walk.in_a_row = 0
        known = self.remembered(part)
        if read.answer is not None and read.answer.not_modified and known:
            walk.starts += self._start_of(part)
            walk.all_seen = False
            return Page(marks=(_mark_of(part, known, read.answer),))
        walk.all_seen = walk.all_seen and read.all_posts
        damage = read.damage or _find_damage(part, read)
        if known and shrank(known.count, read.count) and not damage:
            walk.lost = f"{part.name} has {read.count} posts, but had {known.count} before"
        self._see(walk, read.posts)
        window = _window_of(part, read.since, walk.until)
        if window is not None:
            walk.starts.append(window.start)
        if damage:
            walk.failed.append(window)
            walk.problems.append(f"{part.name}: {damage}")
        if damage or (walk.lost and patient):
            return Page(posts=read.posts, coverage=_cover(window, walk.until, CoverageKind.PARTIAL))
        state = Remembered(state=_READ, count=read.count, since=read.since, detail=read.detail)
        over = window is not None and window.end < walk.until
        return Page(
            posts=read.posts,
            coverage=_cover(window, walk.until, CoverageKind.COMPLETE) if over else (),
            marks=(_mark_of(part, state, read.answer),),
        )

    def _fail(self, walk: _Walk, part: Part, error: SourceError) -> None:
        """Keeps in mind that the part was not seen; gives up where the host has enough."""
        walk.in_a_row += isinstance(error, Unreachable)
        if error.outcome in (Outcome.RATE_LIMITED, Outcome.TOO_LARGE):
            raise error
        if walk.in_a_row >= _GIVE_UP_AFTER:
            raise error
        known = self.remembered(part)
        since = known.since if known else None
        walk.failed.append(_window_of(part, since, walk.until))
        walk.problems.append(f"{part.name}: {error.what}")

    def _start_of(self, part: Part) -> list[datetime]:
        known = self.remembered(part)
        start = part.window.start if part.window else (known.since if known else None)
        return [start] if start else []

    @staticmethod
    def _see(walk: _Walk, posts: tuple[ReadPost, ...]) -> None:
        moments = [post.at for post in posts if post.at]
        walk.newest = max([*moments, *([walk.newest] if walk.newest else [])], default=None)

    def _proved(self, walk: _Walk, listing: Listing) -> list[Coverage]:
        """Everything between the first believable part and the fetch, less what failed."""
        if not walk.starts or listing.unknown or not listing.whole or None in walk.failed:
            return []
        if self.spider.plan.newest_only:
            return []
        newest = max(filter(None, (walk.newest, self.spider.plan.newest_post_at)), default=None)
        end = (newest or min(walk.starts)) if listing.end else walk.until
        whole = Window(start=min(walk.starts), end=max(end, min(walk.starts)))
        lost = merge_windows(window for window in walk.failed if window)
        return [Coverage(start=hole.start, end=hole.end) for hole in holes(whole, lost)]

    def _verdict(self, walk: _Walk, listing: Listing, *, lost: str) -> Verdict:
        if listing.end:
            return verdict_of(listing.end)
        if lost:
            seen = {"lost": lost}
            return Verdict(outcome=Outcome.PARTIAL, detail=lost, to_do=TO_DO, evidence=seen)
        if walk.problems:
            detail = f"{len(walk.problems)} parts not read ({'; '.join(walk.problems[:_TOLD])})"
            return Verdict(outcome=Outcome.PARTIAL, detail=detail, to_do="tried again next time")
        return Verdict(outcome=Outcome.READ, detail=f"{len(listing.parts)} parts")


def _is_read(known: Remembered | None, part: Part) -> bool:
    """True for a part that was read to its end, and of which the index says what it said then."""
    return known is not None and known.state == _READ and known.promised == _promise(part)


def _find_damage(part: Part, read: PartRead) -> str:
    """Why what was read cannot be all; empty for nothing."""
    dated = sum(post.at is not None for post in read.posts)
    if len(read.posts) > _FEW and dated < _DATED_SHARE * len(read.posts):
        return f"the dates of only {dated} of {len(read.posts)} messages can be read"
    if part.count is not None and shrank(part.count, read.count):
        return f"{read.count} messages, where the index promises {part.count}"
    return ""


def _window_of(part: Part, since: datetime | None, until: datetime) -> Window | None:
    """The time that a part stands for; one without a time of its own lasts until now."""
    if part.window is not None:
        return part.window
    return Window(start=min(since, until), end=until) if since else None


def _cover(window: Window | None, until: datetime, kind: CoverageKind) -> tuple[Coverage, ...]:
    if window is None or window.start >= until:
        return ()
    return (Coverage(start=window.start, end=min(window.end, until), kind=kind),)


def _promise(part: Part) -> str:
    return "" if part.count is None else str(part.count)


def _mark_of(part: Part, state: Remembered, answer: Fetched | None) -> Mark:
    label = _write_label(state, promised=_promise(part))
    if answer is None:
        return Mark(name=part.name, label=label)
    return answer.mark(part.name, label)


def _write_label(state: Remembered, promised: str = "") -> str:
    since = state.since.isoformat() if state.since else "-"
    return f"{state.state} {state.count} {since} {state.detail or '-'} {promised or '-'}"


def _read_label(label: str | None) -> Remembered | None:
    fields = (label or "").split(" ")
    if len(fields) != 5 or fields[0] not in (_READ, _OPEN):
        return None
    state, count, since, detail, promised = fields
    return Remembered(
        state=state,
        count=int(count),
        since=None if since == "-" else datetime.fromisoformat(since),
        detail="" if detail == "-" else detail,
        promised="" if promised == "-" else promised,
    )
