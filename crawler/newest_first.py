"""The walk that most platforms share: the newest posts first, what is older page by page.

A platform file says where the newest posts are and turns an answer into `Shown`; this says what
that proves. It is a part that a spider has, not a class it descends from (decision record 0011).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from crawler.base import ArchiveSpider, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.html import as_layout_change, find_login_form, read_html
from crawler.losses import LOSS_MARK, TO_DO, newest_is_missing, shrank, weigh_loss
from domain.errors import SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Mark, Page, ReadPost
from domain.window import Coverage, CoverageKind

NEWEST_MARK = "feed"
_OLDER_MARK, _HOLE_MARK = "older", "hole"
_DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one answer shows of an archive, from its newest post back.

    `since` is the moment from which on everything is in this answer (and in those before it);
    `None` when its dates do not tell. `older` is the address of the posts before these. `whole` is
    false where only a part could be read. `says_empty` is the platform's own sign that there are
    no posts; an answer without posts and without that sign is a changed layout. `declared` is how
    many posts the platform says there are. `last_at` is when the newest post was written at the
    latest, where a platform tells it beside the posts that it shows, or in place of them.
    `kind` names the answer in words ("Atom").
    """

    posts: tuple[ReadPost, ...]
    kind: str
    since: datetime | None = None
    older: str | None = None
    whole: bool = True
    says_empty: bool = False
    declared: int | None = None
    last_at: datetime | None = None


Read = Callable[[Fetched], Awaitable[Shown]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestFirst:
    """Visits an archive that shows its newest posts first.

    `read` turns an answer into what it shows; it may fetch more, and raises a SourceError where
    something else came. `accept` is sent with each request. `older_pages` is how many older pages
    a visit reads at most, `None` for as many as its budget allows. `fixed_window` says that a feed
    with fewer items than before has lost some. `proves_silence` is false for a platform that does
    not show all its posts there (threads only): then everything is seen in part. `keep_cut` reads
    an answer that was cut off as far as it goes. Answers whose status is in `allow` are read too.
    `conditional` is false where an unchanged answer does not prove that nothing is new.
    """

    spider: ArchiveSpider
    read: Read
    accept: str | None = None
    older_pages: int | None = None
    fixed_window: bool = False
    proves_silence: bool = True
    keep_cut: bool = False
    allow: frozenset[int] = frozenset()
    conditional: bool = True

    async def visit(self, url: str) -> AsyncIterator[Page | Verdict]:
        """The newest posts, then what closes a hole, then what is older; last the verdict.

        Raises: SourceError.
        """
        answer = await self.spider.fetch(
            url,
            mark=NEWEST_MARK if self.conditional else None,
            accept=self.accept,
            allow=self.allow,
            keep_cut=self.keep_cut,
        )
        if answer.not_modified:
            yield Page(coverage=self._since_covered(answer.fetched_at))
            async for page in self._read_pending():
                yield page
            yield Verdict(outcome=Outcome.UNCHANGED, detail="nothing changed since the last visit")
            return
        try:
            shown = await self.read(answer)
        except Unparseable as error:
            known = self.spider.plan.posts_known
            raise as_layout_change(error, posts_known=known) from error
        if not shown.posts and shown.last_at is None:
            parts = self._read_empty(shown, answer)
        elif not shown.whole or answer.cut:
            parts = self._read_broken(shown, answer)
        else:
            parts = self._read_posts(shown, answer)
        async for part in parts:
            yield part

    async def look_back(self, url: str, wanted: LookBack) -> Sighting:
        """What is shown now; where nothing is, whether an old post is still to be had.

        Raises: SourceError.
        """
        answer = await self.spider.fetch(url, accept=self.accept, allow=self.allow)
        shown = await self.read(answer)
        if not shown.whole:
            raise Unparseable(
                Outcome.UNPARSEABLE, "only a part of it can be read", where=answer.url
            )
        if shown.posts or not wanted.urls:
            return Sighting(posts=shown.posts, declared=shown.declared)
        page = await self.spider.fetch(wanted.urls[0])
        lost = page.redirects or find_login_form(read_html(page.body))
        return Sighting(answered="" if lost else page.url, declared=shown.declared)

    # ---- the newest answer -------------------------------------------------------------------

    async def _read_posts(self, shown: Shown, answer: Fetched) -> AsyncIterator[Page | Verdict]:
        plan, now = self.spider.plan, answer.fetched_at
        since = shown.since
        if since is None:
            what = f"none of {len(shown.posts)} items has a date that can be read"
            yield Verdict(outcome=Outcome.LAYOUT_CHANGED, detail=what, to_do="look at its dates")
            return
        loss = weigh_loss(self._find_loss(shown), plan.mark(LOSS_MARK), now)
        if loss.doubted:
            yield Page(posts=shown.posts, coverage=_seen_in_part(shown, now), marks=loss.marks)
            evidence = {"lost": loss.what}
            yield Verdict(outcome=Outcome.PARTIAL, detail=loss.what, to_do=TO_DO, evidence=evidence)
            return
        hole = plan.covered_until if plan.covered_until and since > plan.covered_until else None
        marks = (answer.mark(NEWEST_MARK, str(len(shown.posts))), *loss.marks)
        marks += self._marks_of_older(shown, since, hole)
        yield Page(posts=shown.posts, coverage=self._seen(min(since, now), now), marks=marks)
        async for page in self._read_pending(marks):
            yield page
            since = min([since, *(seen.start for seen in page.coverage)])
        yield self._conclude(shown, since, hole)

    def _conclude(self, shown: Shown, since: datetime, hole: datetime | None) -> Verdict:
        covered = self.spider.plan.covered_until
        if not shown.posts and shown.last_at and covered and shown.last_at <= covered:
            detail = f"{shown.kind}, nothing was posted since the last visit"
            return Verdict(outcome=Outcome.UNCHANGED, detail=detail)
        detail = f"{shown.kind}, {len(shown.posts)} items, everything since {since:%Y-%m-%d %H:%M}"
        if hole and since > hole:
            detail += f"; what was posted between {hole:%Y-%m-%d %H:%M} and then was missed"
        return Verdict(outcome=Outcome.READ, detail=detail, evidence=_say_declared(shown))

    async def _read_empty(self, shown: Shown, answer: Fetched) -> AsyncIterator[Page | Verdict]:
        """Empty only where there never were any, and the platform says so itself."""
        known, now = self.spider.plan.posts_known, answer.fetched_at
        if known:
            what = f"{shown.kind} shows no posts any more, but {known} were read before"
            yield Verdict(outcome=Outcome.PARTIAL, detail=what, to_do="open it in a browser")
            return
        if not (shown.says_empty and shown.whole) or answer.cut:
            what = f"{shown.kind} shows no post that can be read, and no sign that it is empty"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=answer.url, to_do="ask its owner")
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        coverage = self._since_covered(now) or self._seen(day, now)
        yield Page(coverage=coverage, marks=(answer.mark(NEWEST_MARK),))
        yield Verdict(outcome=Outcome.EMPTY, detail=f"{shown.kind} without items")

    async def _read_broken(self, shown: Shown, answer: Fetched) -> AsyncIterator[Page | Verdict]:
        """What could be read of a malformed or cut answer: posts, but no proof."""
        yield Page(posts=shown.posts, coverage=_seen_in_part(shown, answer.fetched_at))
        how = "cut off" if answer.cut else "malformed"
        detail = f"{shown.kind} is {how}; {len(shown.posts)} items could be read"
        yield Verdict(outcome=Outcome.PARTIAL, detail=detail, to_do="tell its owner")

    def _find_loss(self, shown: Shown) -> str:
        """What should still be shown and is not; empty for nothing."""
        plan = self.spider.plan
        dates = [post.at for post in shown.posts if post.at]
        newest = max([*dates, *([shown.last_at] if shown.last_at else [])], default=None)
        known = plan.mark(NEWEST_MARK)
        count = int(known.label) if known and known.label and known.label.isdigit() else 0
        if self.fixed_window and shrank(count, len(shown.posts)):
            return f"{shown.kind} shows {len(shown.posts)} items, but showed {count} before"
        if shown.declared is not None and shrank(plan.posts_known, shown.declared):
            return f"declares {shown.declared} posts, but {plan.posts_known} were read before"
        return newest_is_missing(plan.newest_post_at, newest)

    # ---- older pages -------------------------------------------------------------------------

    def _marks_of_older(
        self, shown: Shown, since: datetime, hole: datetime | None
    ) -> tuple[Mark, ...]:
        """Where to go on after this answer: to close a hole, or with the history."""
        if hole:
            label = f"{hole.isoformat()} {_pending_label(since, shown.older)}"
            return (Mark(name=_HOLE_MARK, label=label if shown.older else _DONE),)
        if self.spider.plan.mark(_OLDER_MARK) is None and shown.older:
            return (Mark(name=_OLDER_MARK, label=_pending_label(since, shown.older)),)
        return ()

    async def _read_pending(self, fresh: tuple[Mark, ...] = ()) -> AsyncIterator[Page]:
        """Older pages, as long as they join up: first those that close a hole.

        Where one fails, this ends quietly: the newest posts were seen, and the marks tell the
        next visit where to go on.
        """
        if self.spider.plan.newest_only:
            return
        labels = {mark.name: mark.label for mark in (*self.spider.plan.marks, *fresh)}
        asked: set[str] = set()
        hole = labels.get(_HOLE_MARK)
        if hole and hole != _DONE:
            until, _, pending = hole.partition(" ")
            async for page in self._read_older(pending, asked, until=datetime.fromisoformat(until)):
                yield page
        async for page in self._read_older(labels.get(_OLDER_MARK), asked, until=None):
            yield page

    async def _read_older(
        self, pending: str | None, asked: set[str], *, until: datetime | None
    ) -> AsyncIterator[Page]:
        """Pages from a pending one on, back to `until`; each with the mark of what follows it."""
        while pending and pending != _DONE and not self._enough(asked):
            reached, url = _read_pending_label(pending)
            if url in asked:
                return
            asked.add(url)
            try:
                answer = await self.spider.fetch(url, accept=self.accept, allow=self.allow)
                shown = await self.read(answer)
            except SourceError as error:
                self.spider.logger.info("older pages end early: %s", error.outcome)
                return
            if not shown.whole:
                return
            start = min(shown.since or reached, reached)
            pending = _pending_label(start, shown.older)
            if until and start <= until:
                pending = _DONE
            coverage = self._seen(start, reached) if start < reached else ()
            yield Page(
                posts=shown.posts, coverage=coverage, marks=(_mark_of_older(pending, until),)
            )

    def _enough(self, asked: set[str]) -> bool:
        return self.older_pages is not None and len(asked) >= self.older_pages

    # ---- what it proves ----------------------------------------------------------------------

    def _seen(self, start: datetime, end: datetime) -> tuple[Coverage, ...]:
        kind = CoverageKind.COMPLETE if self.proves_silence else CoverageKind.PARTIAL
        return (Coverage(start=start, end=end, kind=kind),)

    def _since_covered(self, until: datetime) -> tuple[Coverage, ...]:
        since = self.spider.plan.covered_until
        return () if since is None else self._seen(min(since, until), until)


def _seen_in_part(shown: Shown, now: datetime) -> tuple[Coverage, ...]:
    start = min((post.at for post in shown.posts if post.at), default=now)
    if start >= now:
        return ()
    return (Coverage(start=start, end=now, kind=CoverageKind.PARTIAL),)


def _say_declared(shown: Shown) -> dict[str, str]:
    return {} if shown.declared is None else {"declared": str(shown.declared)}


def _mark_of_older(pending: str, until: datetime | None) -> Mark:
    if until is None:
        return Mark(name=_OLDER_MARK, label=pending)
    label = pending if pending == _DONE else f"{until.isoformat()} {pending}"
    return Mark(name=_HOLE_MARK, label=label)


def _pending_label(reached: datetime, url: str | None) -> str:
    return f"{reached.isoformat()} {url}" if url else _DONE


def _read_pending_label(label: str) -> tuple[datetime, str]:
    reached, _, url = label.partition(" ")
    return datetime.fromisoformat(reached), url
