"""Newsgroups: a news server's articles by number (RFC 3977), also those of public-inbox and Gmane.

In short
    History: everything that the server still keeps.
    Idle visit: one connection and one command.
    Never seen: articles that the server forgot, or refused for a bad head.

Recognise
    An address `nntp://HOST/GROUP` (or `nntps://`, port 563) whose server answers GROUP with the
    numbers of its articles.

Read
    GROUP at each visit. Only when its highest number has grown: OVER (older servers: XOVER) of the
    articles after the last one read, a thousand at a time, the oldest first. HEAD of the few
    articles whose date is missing or far from those around them. Never a body.

Window
    Everything that the server still keeps. Numbers only grow, so an unchanged highest number
    proves silence, and a visit that was cut short goes on after the last number read. Where the
    server forgets old articles faster than we come, what lies between was missed, and the report
    says so. A highest number below the one read proves nothing for two weeks: it may be an old
    copy. Then the group is read anew.

Identity
    The Message-ID without angle brackets, cut at nothing. An article without one is known by its
    number.

Dates
    The Date header as the overview has it. An article whose date is not within eight days before
    and two days after those around it is asked for its head, and the server that received it last
    is believed; where the head does not tell, the dates around it bound it.

Manners
    One connection and one command (GROUP) when nothing is new. The same pause between two
    connections as between two requests to a web server. There is no robots.txt for news; opt-outs
    hold as everywhere. Only commands that read are sent.

Known lies
    GROUP's count is an estimate. News is stricter than mail: a server that was fed from a list
    lacks messages without a proper Date, From, Subject or Message-ID. The overview has no
    In-Reply-To: an answer without References starts a thread. A server may ask for a login (480)
    or encryption (483).

Samples
    normal, empty, other_platform, must_fail, awkward_dates.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import OLD_POSTS, LookBack, Sighting
from crawler.formats.html import as_layout_change
from crawler.formats.hyperkitty import first_believable
from crawler.formats.nntp import (
    Group,
    Numbers,
    find_group,
    read_address,
    read_numbers,
    read_overview,
    settle_date,
)
from crawler.losses import LOSS_MARK, TO_DO, Loss, weigh_loss
from domain.errors import SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, Mark, Page, Platform, ReadPost
from domain.window import Coverage, Window

_READ_MARK = "articles"
_STEP = 1_000
_MOST_HEADS = 20
_LITTLE = 100
_MANY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a group was read: up to article `last`; everything since `since` was read with it.

    `since` is `None` as long as no date tells it.
    """

    last: int = 0
    since: datetime | None = None

    @property
    def mark(self) -> Mark:
        since = self.since.isoformat() if self.since else "-"
        return Mark(name=_READ_MARK, label=f"{self.last} {since}")


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the answer is a news server's, of a group."""
    group = read_address(page.url)
    if group is None:
        return None
    try:
        numbers = read_numbers(page.body, page.url)
    except SourceError:
        return None
    why = f"the news server counts articles {numbers.first} to {numbers.last}"
    return Evidence(platform=Platform.NNTP, url=group.url, why=(why,))


class NntpSpider(ArchiveSpider):
    """Reads the articles after the last one read, by their numbers."""

    name = Platform.NNTP
    entry_mark = _READ_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The group's numbers, then what is new among them."""
        group = find_group(self.plan.url)
        answer = await self.fetch(group.url)
        numbers = self.parse_numbers(answer)
        reached, now = self._reached(), answer.fetched_at
        loss = weigh_loss(self._find_loss(numbers, reached), self.plan.mark(LOSS_MARK), now)
        if loss.doubted:
            yield Page(marks=loss.marks)
            evidence = {"lost": loss.what}
            yield Verdict(outcome=Outcome.PARTIAL, detail=loss.what, to_do=TO_DO, evidence=evidence)
            return
        if loss.what:
            reached = Reached()
        if numbers.last == reached.last and reached.last:
            yield Page(coverage=self._seen(reached, now), marks=loss.marks)
            yield Verdict(outcome=Outcome.UNCHANGED, detail=f"still {numbers.last} is the last")
            return
        if numbers.empty:
            yield self.parse_empty(now)
            yield Verdict(outcome=Outcome.EMPTY, detail="the server counts no article")
            return
        async for part in self.parse_new(group, numbers, reached, loss):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The last articles that were read before."""
        group = find_group(self.plan.url)
        numbers = self.parse_numbers(await self.fetch(group.url))
        last = min(self._reached().last or numbers.last, numbers.last)
        if numbers.empty or not last:
            return Sighting()
        answer = await self.fetch(group.stretch(max(last - OLD_POSTS + 1, 1), last))
        articles = read_overview(answer.body, answer.url, answer.fetched_at)
        return Sighting(posts=tuple(article.post for article in articles))

    def parse_numbers(self, answer: Fetched) -> Numbers:
        """The numbers of the group's articles.

        Raises: Unparseable for anything else.
        """
        try:
            return read_numbers(answer.body, answer.url)
        except Unparseable as error:
            raise as_layout_change(error, posts_known=self.plan.posts_known) from error

    def parse_empty(self, now: datetime) -> Page:
        """What is proved of a group without articles; nothing, where there were some.

        Raises: Unparseable.
        """
        if self.plan.posts_known:
            what = f"the server counts no article, but {self.plan.posts_known} were read before"
            raise Unparseable(Outcome.LAYOUT_CHANGED, what, where=self.plan.url)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        start = min(self.plan.covered_until or day, now)
        return Page(coverage=(Coverage(start=start, end=now),))

    async def parse_new(
        self, group: Group, numbers: Numbers, reached: Reached, loss: Loss
    ) -> AsyncIterator[Page | Verdict]:
        """The articles after `reached`, the oldest first, each thousand with how far it got."""
        first = max(reached.last + 1, numbers.first)
        if self.plan.newest_only:
            first = max(first, numbers.last - _LITTLE + 1)
        missed = ""
        if reached.last and first > reached.last + 1:
            missed = f"; articles {reached.last + 1} to {first - 1} were gone before we came"
            reached = Reached(last=reached.last)
        count = 0
        for start in range(first, numbers.last + 1, _STEP):
            end = min(start + _STEP - 1, numbers.last)
            answer = await self.fetch(group.stretch(start, end))
            posts = await self.parse_articles(group, answer)
            count += len(posts)
            reached = Reached(last=end, since=self._since(reached, posts, joined=not missed))
            marks: tuple[Mark, ...] = (reached.mark,)
            proof: tuple[Coverage, ...] = ()
            if end == numbers.last:
                marks = (reached.mark, *loss.marks)
                proof = self._seen(reached, answer.fetched_at, joined=not missed)
            yield Page(posts=posts, coverage=proof, marks=marks)
        detail = f"articles {first} to {numbers.last}, {count} of them there{missed}"
        yield Verdict(outcome=Outcome.READ, detail=detail)

    async def parse_articles(self, group: Group, answer: Fetched) -> tuple[ReadPost, ...]:
        """The articles of a stretch; a few that are in doubt have the date of their own head.

        Raises: Unparseable where the end is missing, or none of many has a date.
        """
        articles = read_overview(answer.body, answer.url, answer.fetched_at)
        if len(articles) >= _MANY and all(article.post.at is None for article in articles):
            what = f"none of {len(articles)} articles has a date that can be read"
            to_do = "look at their dates"
            raise Unparseable(Outcome.LAYOUT_CHANGED, what, where=answer.url, to_do=to_do)
        posts, heads = [], 0
        for article in articles:
            post = article.post
            if article.doubtful and heads < _MOST_HEADS:
                heads += 1
                head = await self.fetch(group.head(article.number), allow=frozenset({404}))
                post = settle_date(article, head.body, head.fetched_at)
            posts.append(self._bound(post, article.near, answer.fetched_at))
        return tuple(posts)

    def _bound(self, post: ReadPost, near: Window | None, now: datetime) -> ReadPost:
        """The post; without a date of its own it lies near the others, or came since last time."""
        if post.at is not None or post.filed is not None:
            return post
        covered = self.plan.covered_until
        if near is None and covered is not None and covered < now:
            near = Window(start=covered, end=now)
        return replace(post, basis=DateBasis.PERIOD, filed=near) if near else post

    def _reached(self) -> Reached:
        mark = self.plan.mark(_READ_MARK)
        if mark is None or not mark.label:
            return Reached()
        last, _, since = mark.label.partition(" ")
        return Reached(
            last=int(last), since=datetime.fromisoformat(since) if since != "-" else None
        )

    def _since(
        self, reached: Reached, posts: tuple[ReadPost, ...], *, joined: bool
    ) -> datetime | None:
        """Since when everything is read, once these are, too.

        An old article that somebody puts there later says nothing about its time.
        """
        if reached.since and joined and self.plan.covered_until:
            return reached.since
        told = (reached.since, first_believable(posts))
        return min((at for at in told if at), default=None)

    def _find_loss(self, numbers: Numbers, reached: Reached) -> str:
        if numbers.last >= reached.last:
            return ""
        return f"the last article is number {numbers.last}, but {reached.last} was read before"

    def _seen(
        self, reached: Reached, now: datetime, *, joined: bool = True
    ) -> tuple[Coverage, ...]:
        """Everything since the first article that was there, or since what was seen before."""
        covered = self.plan.covered_until if joined else None
        start = min((at for at in (covered, reached.since) if at), default=now)
        return (Coverage(start=start, end=now),) if start < now else ()
