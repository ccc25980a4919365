"""HyperKitty, the archive of Mailman 3: exports of any stretch, and counts per day.

In short
    History: everything.
    Idle visit: one small request.
    Never seen: lists for members only; the last twelve hours while the day's counts stand still.

Recognise
    An address with `/list/NAME@DOMAIN/` and a page that loads `hyperkitty/` files or names the
    list's own `feed/`. Any page of a list leads to the list.

Read
    `recent-activity` (JSON, messages per day) at each visit. Only when a day's count differs from
    what is remembered: `export/NAME.mbox.gz?start=` from a week before that day. Once, in the
    beginning: exports of the whole history in stretches of months, oldest first, then all before
    and all after. Where exports are switched off, the pages of the API.

Window
    The full history. An export is complete over its stretch. `recent-activity` is kept by the
    server for up to twelve hours, so an unchanged one proves everything until twelve hours ago.
    What is read again reaches back to the newest post known; an answer without it, or a count far
    below ours, proves nothing for two weeks: it may be an old copy.

Identity
    The Message-ID as HyperKitty keeps it: without blanks and brackets, cut at 254 characters. For
    a message without one it makes an id of its own, not comparable with another archive's.

Dates
    The Date header, which HyperKitty replaces by the mailbox's time where it cannot read it;
    against wrong clocks the separator, which tells when the message was archived. A list that was
    imported without those times shows the time of the import there: then they are left aside.

Manners
    One small request when nothing is new. The history takes about one request per thousand posts.

Known lies
    A message dated 1970 opens decades of empty months; one dated 2038 stays on top of the feed.
    A members-only list answers 403 everywhere, and its feed has leaked before: no proof of
    openness. Exports may be cut off. Old versions answer the API with everything at once.

Samples
    normal, empty, other_platform, must_fail, api, awkward_dates, imported.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict, error_for_status
from crawler.canaries import OLD_POSTS, LookBack, Sighting
from crawler.exports import Export, page_of, weigh_answer
from crawler.formats.html import as_layout_change, find_challenge
from crawler.formats.hyperkitty import (
    Address,
    Emails,
    changed_since,
    find_address,
    first_believable,
    reach_back,
    read_activity,
    read_address,
    read_counts,
    read_emails,
    read_export,
    write_counts,
)
from crawler.formats.packed import unpacked_limit
from crawler.losses import TO_DO
from crawler.stretches import Stretches
from domain.errors import Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform
from domain.window import Coverage, Month, Window

_SIGNS = (b"/static/hyperkitty/", b"hyperkitty/libs/", b"Powered by HyperKitty")
_PRIVATE = (*_SIGNS, b"mailing list is private")
_CACHED = timedelta(hours=12)
_OLDEST = Month(1998, 1)
_DONE = "done"
# Pages overlap: a message that arrives meanwhile moves all others on by one.
_API_PAGE, _API_STEP, _SAMPLE = 100, 95, 20


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a HyperKitty list."""
    address = read_address(page.url)
    if address is None:
        return None
    why = [f"the page has {sign.decode()}" for sign in _SIGNS if sign in page.body]
    if f"/list/{address.name}/feed/".encode() in page.body:
        why.append("the page names the list's own feed")
    if not why:
        return None
    return Evidence(platform=Platform.HYPERKITTY, url=address.list_url, why=tuple(why))


class HyperkittySpider(ArchiveSpider):
    """Reads the history once, then the days whose counts changed."""

    name = Platform.HYPERKITTY
    entry_mark = "recent"

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The counts per day, then whatever they or an unfinished history ask for."""
        address = find_address(self.plan.url)
        answer = await self._fetch_activity(address)
        activity = self.parse_activity(answer)
        history = self.plan.mark("history")
        known = self.plan.newest_only or (history and history.label == _DONE)
        reader = self.parse_recent if known else self.parse_history
        async for part in reader(address, activity, answer.fetched_at):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The API's count and its oldest messages; where it gives none, an old export."""
        address = find_address(self.plan.url)
        self.parse_activity(await self._fetch_activity(address))
        offset = max(self.plan.posts_known - OLD_POSTS, 0)
        try:
            emails = await self._fetch_emails(address, offset=offset, limit=OLD_POSTS)
        except SourceError as error:
            if error.outcome is Outcome.RATE_LIMITED or wanted.window is None:
                raise
            export = await self._fetch_export(address, wanted.window.start, wanted.window.end)
            return Sighting(posts=export.posts if export else ())
        return Sighting(posts=emails.posts, declared=emails.count)

    def parse_activity(self, answer: Fetched) -> Mapping[date, int]:
        """Messages per day.

        Raises: Refused for a members-only list, Unparseable for another page.
        """
        if answer.status == 403:
            raise _refusal(answer)
        try:
            return read_activity(answer.body, answer.url)
        except Unparseable as error:
            raise as_layout_change(error, posts_known=self.plan.posts_known) from error

    async def parse_recent(
        self, address: Address, activity: Mapping[date, int], fetched_at: datetime
    ) -> AsyncIterator[Page | Verdict]:
        """The days that changed, with the week before them."""
        covered, known = self.plan.covered_until, self.plan.mark("recent")
        remembered = read_counts(known.label or "") if known else {}
        since = changed_since(activity, remembered, covered)
        mark = Mark(name="recent", label=write_counts(activity))
        until = fetched_at - _CACHED
        wanted = self.plan.wanted_until
        if since is None and wanted and until < wanted:
            since = until if covered is None else min(covered, until)
        if since is None:
            proved = Coverage(start=min(covered or until, until), end=until)
            yield Page(coverage=(proved,), marks=(mark,))
            yield Verdict(outcome=Outcome.UNCHANGED, detail="the counts per day are as they were")
            return
        since = reach_back(since, self.plan.newest_post_at)
        export = await self._fetch_export(address, since, None)
        if export is None:
            async for page in self.parse_new_emails(address, since, mark):
                yield page
            yield Verdict(outcome=Outcome.READ, detail=f"by the API, since {since:%Y-%m-%d}")
            return
        loss = weigh_answer(export.posts, self.plan, export.fetched_at)
        damage = export.damage or (loss.what if loss.doubted else "")
        marks = loss.marks if damage else (mark, *loss.marks)
        yield page_of(replace(export, damage=damage), since, None, marks)
        if damage:
            seen = {"lost": loss.what} if loss.doubted else {}
            what = f"the export: {damage}"
            yield Verdict(outcome=Outcome.PARTIAL, detail=what, to_do=TO_DO, evidence=seen)
            return
        yield Verdict(outcome=Outcome.READ, detail=f"{len(export.posts)} since {since:%Y-%m-%d}")

    async def parse_history(
        self, address: Address, activity: Mapping[date, int], fetched_at: datetime
    ) -> AsyncIterator[Page | Verdict]:
        """Everything, oldest first; goes on where the last visit was cut short."""
        recent = Mark(name="recent", label=write_counts(activity))
        mark = self.plan.mark("history")
        begin = Month(*map(int, mark.label.split()[0].split("-"))) if mark and mark.label else None
        if begin is None:
            begin = await self.find_first(address)
            if begin is None:
                yield self.parse_empty(activity, fetched_at, recent)
                yield Verdict(outcome=Outcome.EMPTY, detail="the API counts no message")
                return
            before = await self._fetch_export(address, None, begin.start)
            if before is None:
                async for part in self.parse_all_emails(address, recent):
                    yield part
                return
            yield Page(posts=before.posts)
        async for part in self.parse_stretches(address, begin, recent, fetched_at):
            yield part

    def parse_empty(self, activity: Mapping[date, int], fetched_at: datetime, mark: Mark) -> Page:
        """What is proved of a list whose API counts no message; nothing, where there were some.

        Raises: Unparseable.
        """
        if self.plan.posts_known or any(activity.values()):
            what = f"the API counts no message, but {self.plan.posts_known} were read before"
            raise Unparseable(Outcome.LAYOUT_CHANGED, what, where=self.plan.url)
        until = fetched_at - _CACHED
        shown = datetime.combine(min(activity, default=until.date()), time(), tzinfo=UTC)
        seen = Coverage(start=min(shown, until), end=until)
        return Page(coverage=(seen,), marks=(mark, Mark(name="history", label=_DONE)))

    async def parse_stretches(
        self, address: Address, begin: Month, recent: Mark, now: datetime
    ) -> AsyncIterator[Page | Verdict]:
        """Stretches of months, longer where little was written, the last one open to the future."""
        walk = Stretches(month=begin, last=Month.of(now))
        while walk.month <= walk.last:
            start, end = walk.month.start, walk.end
            try:
                export = await self._fetch_export(address, start, end)
            except SourceError as error:
                walk.shorten_or_skip(error)
                continue
            if export is None:
                async for part in self.parse_all_emails(address, recent):
                    yield part
                return
            if export.damage and walk.shorten():
                continue
            walk.note(len(export.posts), export.damage)
            mark = Mark(name="history", label=str(min(walk.month, walk.last)))
            yield page_of(export, start, end, (mark,))
        again = self.plan.mark("history")
        tried = "again" in (again.label or "") if again else False
        label = f"{walk.failed} again" if walk.failed and not tried else _DONE
        yield Page(marks=(recent, Mark(name="history", label=label)))
        if walk.problems:
            detail = f"{len(walk.problems)} exports not whole ({'; '.join(walk.problems)})"
            yield Verdict(outcome=Outcome.PARTIAL, detail=detail, to_do="tried again next time")
            return
        yield Verdict(outcome=Outcome.READ, detail=f"everything since {begin}")

    async def find_first(self, address: Address) -> Month | None:
        """The month in which the list begins; `None` for a list without messages.

        Where the API does not tell, a month earlier than any HyperKitty archive.
        """
        try:
            oldest = await self._fetch_emails(address, offset=0, limit=1)
            if oldest.count == 0:
                return None
            if not oldest.whole:
                offset = max(oldest.count - _SAMPLE, 0)
                oldest = await self._fetch_emails(address, offset=offset, limit=_SAMPLE)
        except SourceError as error:
            if error.outcome is Outcome.RATE_LIMITED:
                raise
            return _OLDEST
        first = first_believable(oldest.posts[-_SAMPLE:])
        return Month.of(first) if first else _OLDEST

    async def parse_all_emails(
        self, address: Address, recent: Mark
    ) -> AsyncIterator[Page | Verdict]:
        """All pages of the API, the oldest first, so that replies find the id they answer."""
        ids: dict[str, str] = {}
        emails = await self._fetch_emails(address, offset=0, limit=1)
        begin = first_believable(emails.posts) if emails.whole else None
        last = 1 if emails.whole else max(emails.count, 1)
        for offset in reversed(range(0, last, _API_STEP)):
            emails = await self._fetch_emails(address, offset=offset, ids=ids)
            begin = begin or first_believable(emails.posts) or emails.fetched_at
            done = Mark(name="history", label=_DONE)
            seen = Coverage(start=begin, end=max(begin, emails.fetched_at))
            yield Page(
                posts=emails.posts,
                coverage=() if offset else (seen,),
                marks=() if offset else (recent, done),
            )
        yield Verdict(outcome=Outcome.READ, detail="exports are off: read by the API")

    async def parse_new_emails(
        self, address: Address, since: datetime, recent: Mark
    ) -> AsyncIterator[Page]:
        """The API's newest pages, back to one that is all older than `since`."""
        newest = emails = await self._fetch_emails(address, offset=0)
        offset = 0
        while not emails.whole and any(post.at and post.at >= since for post in emails.posts):
            yield Page(posts=emails.posts)
            offset += _API_STEP
            emails = await self._fetch_emails(address, offset=offset)
        loss = weigh_answer(emails.posts, self.plan, newest.fetched_at, declared=newest.count)
        if loss.doubted:
            yield Page(posts=emails.posts, marks=loss.marks)
            raise Unparseable(Outcome.LAYOUT_CHANGED, f"the API: {loss.what}", to_do=TO_DO)
        seen = Coverage(start=since, end=newest.fetched_at)
        yield Page(posts=emails.posts, coverage=(seen,), marks=(recent, *loss.marks))

    async def _fetch_activity(self, address: Address) -> Fetched:
        return await self.fetch(f"{address.list_url}recent-activity", allow=frozenset({403}))

    async def _fetch_emails(
        self,
        address: Address,
        *,
        offset: int,
        limit: int = _API_PAGE,
        ids: dict[str, str] | None = None,
    ) -> Emails:
        answer = await self.fetch(f"{address.emails_url}&limit={limit}&offset={offset}")
        return read_emails(answer.body, url=answer.url, fetched_at=answer.fetched_at, ids=ids)

    async def _fetch_export(
        self, address: Address, start: datetime | None, end: datetime | None
    ) -> Export | None:
        """An export; `None` where the site gives none."""
        url = address.export_url(start, end)
        answer = await self.fetch(url, allow=frozenset({400, 403, 404}), keep_cut=True)
        if answer.status != 200:
            return None
        posts, damage = read_export(
            answer.body,
            url=url,
            window=Window(start=start, end=end) if start and end else None,
            fetched_at=answer.fetched_at,
            limit=unpacked_limit(len(answer.body), self.plan.byte_budget),
        )
        damage = damage or ("the answer was cut off" if answer.cut else "")
        return Export(posts=tuple(posts), fetched_at=answer.fetched_at, damage=damage)


def _refusal(answer: Fetched) -> SourceError:
    challenge = find_challenge(answer.body, answer.status)
    if challenge:
        return Refused(Outcome.CHALLENGE, challenge, where=answer.url)
    if any(sign in answer.body for sign in _PRIVATE):
        to_do = "it cannot be crawled; subscribe a mailbox or mark it as members only"
        return Refused(
            Outcome.LOGIN_WALL, "the list's archive is private", where=answer.url, to_do=to_do
        )
    return error_for_status(answer)
