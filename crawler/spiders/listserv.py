"""LISTSERV of L-Soft: an RSS feed that tells whether anything is new, and an index per period.

In short
    History: everything by period, where the archive is open; else the newest hundred.
    Idle visit: one small request.
    Never seen: private archives; the writers' addresses.

Recognise
    Links of the web program (`wa`, `wa.exe`, `wa-SITE.exe`, `webadmin`) to periods of a list,
    `A1=ind2104B&L=LIST`, or an address of that program that names a list and answers a page about
    it. Any address of a list leads to its home page, `?A0=LIST`; so do old pages that lie outside
    of the program and link to the periods.

Read
    The feed's newest messages (`?RSS&L=LIST&v=2.0&LIMIT=10`). Only if they are others than the last
    time: the home page, then the index of each period that is new, and of the last two: subject,
    author and date of every message, without opening any. Where the home page shows no periods,
    the feed alone, as far as it reaches.

Window
    The full history by periods: years, months or weeks (letters A to E), complete over their own
    time. By the feed alone the newest hundred.

Identity
    LISTSERV's own key: `HEX.YYMMw`, on older servers the period and the position in it. The feed of
    an older server names messages otherwise than its pages do, so a list is read either by
    periods or by its feed, never by both. Authors are names: addresses are hidden from strangers.
    Threads go by subject.

Dates
    The message's own date as the index shows it. Without a zone it is taken for UTC. What does not
    fit the period is unknown, and bounded by the period.

Manners
    One small request when nothing is new. `X`, `Y` and `S` are cut out of every address, because
    they may be somebody's login; addresses are made from the list's name alone.

Known lies
    A private archive answers a page “Login Required” with status 200, the feed too. A home page
    without periods may be an archive that is switched off. Each message is linked twice. A list
    that moved leaves LISTSERV's own notice behind. The feed may be switched off while the archive
    is open.

Samples
    normal, empty, other_platform, must_fail, older, moved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.feeds import FEED_TYPES, show_feed, walk_feed
from crawler.formats.html import is_html, read_html
from crawler.formats.listserv import (
    Address,
    bound_date,
    find_address,
    is_login_page,
    mask,
    no_periods,
    read_address,
    read_digest,
    read_home,
    read_key,
    read_messages,
)
from crawler.formats.parts import Listing, Part, ends_whole
from crawler.formats.people import read_author
from crawler.formats.topics import Topics, reply_root
from crawler.newest_first import Shown
from crawler.parts import PartRead, Parts
from domain.errors import Gone, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform, ReadPost
from domain.window import Coverage

_PROBE, _ALL = 10, 100
_NEWEST_MARK, _WAY_MARK = "newest", "way"
_BY_FEED, _BY_PERIODS = "feed", "periods"
_NO_FEED = frozenset(
    {Outcome.UNPARSEABLE, Outcome.LAYOUT_CHANGED, Outcome.NOT_FOUND, Outcome.REFUSED}
)


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a LISTSERV list's archive."""
    if not is_html(page.body):
        return None
    soup = read_html(page.body)
    linked = find_address(soup, page.url)
    if linked is not None:
        why = (f"links to periods of the list {linked.name} (A1=)",)
        return Evidence(platform=Platform.LISTSERV, url=linked.home_url, why=why)
    address = read_address(page.url)
    if address is None:
        return None
    if is_login_page(soup):
        why = (f"LISTSERV's web program asks for a login to the list {address.name}",)
        return Evidence(platform=Platform.LISTSERV, url=address.home_url, why=why)
    try:
        read_home(page.body, url=page.url, address=address, fetched_at=page.fetched_at)
    except SourceError:
        return None
    why = (f"LISTSERV's web program shows a page about the list {address.name}",)
    return Evidence(platform=Platform.LISTSERV, url=address.home_url, why=why)


class ListservSpider(ArchiveSpider):
    """Asks the feed whether anything is new, then reads the periods that are."""

    name = Platform.LISTSERV
    entry_mark = _NEWEST_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The feed, and whatever it asks for."""
        address = self._address
        way = self.plan.mark(_WAY_MARK)
        if way and way.label == _BY_FEED:
            async for part in self.parse_by_feed(address):
                yield part
            return
        newest = await self._ask_feed(address)
        digest = read_digest(newest.posts) if newest and newest.posts else ""
        known = self.plan.mark(_NEWEST_MARK)
        if digest and known and known.label == digest and self.plan.covered_until:
            now = self.clock()
            since = min(self.plan.covered_until, now)
            yield Page(coverage=(Coverage(start=since, end=now),))
            yield Verdict(outcome=Outcome.UNCHANGED, detail="the newest messages are as they were")
            return
        async for part in self.parse_periods(address, newest, digest):
            yield part

    async def parse_periods(
        self, address: Address, newest: Shown | None, digest: str
    ) -> AsyncIterator[Page | Verdict]:
        """The periods that the home page names; the feed where it names none."""
        walk = self._walk(address)
        marks = (Mark(name=_NEWEST_MARK, label=digest), Mark(name=_WAY_MARK, label=_BY_PERIODS))
        try:
            async for part in walk.visit(address.home_url, marks=marks):
                yield part
        except _NoPeriods as error:
            if newest is None or self.plan.mark(_WAY_MARK):
                raise no_periods(error.where) from error
            async for part in self.parse_by_feed(address):
                yield part

    async def parse_by_feed(self, address: Address) -> AsyncIterator[Page | Verdict]:
        """What the feed shows, where there are no periods to be read."""
        async for part in walk_feed(self, self._revise).visit(address.feed_url(_ALL)):
            if isinstance(part, Page):
                part = replace(part, marks=(*part.marks, Mark(name=_WAY_MARK, label=_BY_FEED)))
            yield part

    async def parse_home(self, page: Fetched) -> Listing:
        """What the home page promises.

        Raises: _NoPeriods for a list's page without any, Refused, Gone, Unparseable.
        """
        address = self._address
        listing = read_home(page.body, url=page.url, address=address, fetched_at=page.fetched_at)
        if not listing.parts and listing.end:
            raise listing.end
        if not listing.parts:
            raise _NoPeriods(page.url)
        return listing

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The last period, and what the home page lists otherwise than it was read."""
        address, way = self._address, self.plan.mark(_WAY_MARK)
        if way and way.label == _BY_FEED:
            feed = walk_feed(self, self._revise)
            return await feed.look_back(address.feed_url(_ALL), wanted)
        return await self._walk(address).look_back(address.home_url, wanted, self._sample)

    def _walk(self, address: Address) -> Parts:
        topics = Topics()

        async def parse_period(part: Part) -> AsyncIterator[Page | PartRead]:
            answer = await self.fetch(part.url)
            posts = read_messages(
                answer.body,
                url=answer.url,
                address=address,
                part=part,
                fetched_at=answer.fetched_at,
            )
            damage = "" if ends_whole(answer.body) else "the page ends in the middle"
            since = min((post.at for post in posts if post.at), default=None)
            joined = topics.join(posts)
            yield PartRead(posts=joined, count=len(posts), since=since, damage=damage)

        return Parts(spider=self, read_listing=self.parse_home, read_part=parse_period)

    async def _sample(self, part: Part) -> tuple[ReadPost, ...]:
        read = [item async for item in self._walk(self._address).read_part(part)]
        return read[-1].posts

    async def _ask_feed(self, address: Address) -> Shown | None:
        """The newest messages; `None` where the site has no feed."""
        try:
            answer = await self.fetch(address.feed_url(_PROBE), accept=FEED_TYPES)
            shown = show_feed(answer, self._revise)
        except SourceError as error:
            if error.outcome in _NO_FEED:
                return None
            raise
        return shown if shown.whole else None

    def _revise(self, post: ReadPost) -> ReadPost | None:
        """A feed's item under LISTSERV's own key, its author without what hides the address."""
        key = read_key(post.url or "", self._address)
        if key is None:
            return None
        author = read_author(mask(post.author)) if post.author else None
        root = reply_root(post.subject or "")
        url = self._address.message_url(key)
        revised = replace(post, post_id=key, author=author, reply_to=root, url=url)
        return bound_date(revised, key, self.plan.now)

    @property
    def _address(self) -> Address:
        address = read_address(self.plan.url)
        if address is None:
            what = "is no address of a LISTSERV list"
            to_do = "give the address that ends in ?A0= and the list's name"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=self.plan.url, to_do=to_do)
        return address


class _NoPeriods(Gone):
    """The list is there, and its page names no periods."""

    def __init__(self, where: str) -> None:
        what = "the list's home page shows no periods"
        super().__init__(Outcome.NOT_FOUND, what, where=where)
