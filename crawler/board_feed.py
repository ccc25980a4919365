"""A forum's feed of posts as the cheapest look at it: one small request when nobody wrote.

A feed may leave out forums without saying so. It is believed only after it was seen to show all
that the pages showed, and the index is looked at again every week.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.base import ArchiveSpider
from crawler.board_streams import RESOLUTION
from crawler.feeds import FEED_TYPES, show_feed
from crawler.newest_first import NEWEST_MARK, Shown
from domain.errors import SourceError, Unreachable
from domain.outcome import Outcome
from domain.records import Mark, Page
from domain.window import Coverage

_POOR = "poor"
_COMPARED = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFeed:
    """A feed that the index names. One without items shows that nobody wrote for `empty_shows`."""

    empty_shows: timedelta | None = None

    async def probe(self, spider: ArchiveSpider) -> Page | None:
        """The page that proves that nobody wrote; `None` where the pages must be looked at.

        Raises: SourceError where the host does not answer.
        """
        plan, known = spider.plan, spider.plan.mark(NEWEST_MARK)
        compared_at, _, url = (known.label or "").partition(" ") if known else ("", "", "")
        if plan.covered_until is None or not url:
            return None
        if plan.now - datetime.fromisoformat(compared_at) > _COMPARED:
            return None
        try:
            answer = await spider.fetch(url, mark=NEWEST_MARK, accept=FEED_TYPES)
            shown = None if answer.not_modified else show_feed(answer)
        except SourceError as error:
            if isinstance(error, Unreachable) or error.outcome is Outcome.RATE_LIMITED:
                raise
            # What the pages answer tells more.
            spider.entry = None
            return None
        if shown and (answer.cut or not self._joins(shown, spider, answer.fetched_at)):
            spider.entry = None
            return None
        seen = Coverage(start=min(plan.covered_until, answer.fetched_at), end=answer.fetched_at)
        marks = (answer.mark(NEWEST_MARK, known.label),) if shown and known else ()
        return Page(coverage=(seen,), marks=marks)

    def _joins(self, shown: Shown, spider: ArchiveSpider, now: datetime) -> bool:
        """True when it reaches back to what was seen, and ends with the newest post known."""
        plan, newest = spider.plan, max((p.at for p in shown.posts if p.at), default=None)
        since = shown.since
        if not shown.posts and self.empty_shows:
            since = now - self.empty_shows
            newest = plan.newest_post_at
            if newest and newest > since + timedelta(days=1):
                return False
        if not shown.whole or since is None or plan.covered_until is None:
            return False
        same = (
            newest is not None
            and plan.newest_post_at is not None
            and abs(newest - plan.newest_post_at) < RESOLUTION
        )
        return same and since <= plan.covered_until

    async def compare(
        self, spider: ArchiveSpider, url: str, moments: Iterable[datetime], now: datetime
    ) -> tuple[Mark, ...]:
        """What to remember: whether the feed shows all that was read of the time that it shows."""
        known, read = spider.plan.mark(NEWEST_MARK), list(moments)
        trusted, label = bool(known and known.label), f"{now.isoformat()} {url}"
        if known and known.label == _POOR:
            return ()
        if not read:
            return (replace(known, label=label),) if known and trusted else ()
        try:
            answer = await spider.fetch(url, accept=FEED_TYPES)
            shown = show_feed(answer)
        except SourceError as error:
            temporary = isinstance(error, Unreachable) or error.outcome is Outcome.RATE_LIMITED
            return () if temporary else (Mark(name=NEWEST_MARK, label=_POOR),)
        since = shown.since or (now - self.empty_shows if self.empty_shows else None)
        minutes = {_minute(post.at) for post in shown.posts if post.at}
        wanted = {_minute(m) for m in read if since and since + RESOLUTION < m}
        if since is None or not shown.whole or not wanted <= minutes:
            return (Mark(name=NEWEST_MARK, label=_POOR),)
        return (answer.mark(NEWEST_MARK, label),) if wanted or trusted else ()


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
