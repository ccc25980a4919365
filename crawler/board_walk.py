"""One visit to a board: which forums changed, their topics, their history, and what it proves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from crawler.base import ArchiveSpider, Fetched, Verdict
from crawler.board_feed import BoardFeed
from crawler.board_pages import Pages, Prepare
from crawler.board_streams import (
    ENTRY,
    RESOLUTION,
    Rows,
    Stage,
    Stream,
    all_read,
    earliest_of,
    latest_of,
    proved_since,
    state_of,
    state_of_topics,
)
from crawler.formats.boards import Listing, Topic, TopicPage, nothing_here
from crawler.formats.html import as_layout_change
from crawler.losses import LOSS_MARK, TO_DO, newest_is_missing, weigh_loss
from domain.errors import Gone, Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Page
from domain.window import Coverage, CoverageKind

# A first look by hand opens this many topics of this many forums.
_LOOK_FORUMS, _LOOK_TOPICS = 4, 3
_NOT_LET_IN = frozenset({Outcome.REFUSED, Outcome.LOGIN_WALL, Outcome.NOT_FOUND, Outcome.GONE})


@dataclass(slots=True, kw_only=True)
class Walk:
    """One visit."""

    pages: Pages
    feed: BoardFeed | None = None
    prepare: Prepare | None = None
    streams: dict[str, Stream]
    now: datetime = field(init=False)
    listed: dict[str, Stream] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    posts: set[str] = field(default_factory=set)
    moments: list[datetime] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refusal: SourceError | None = None
    lost: str = ""
    unfinished: str = ""

    @property
    def spider(self) -> ArchiveSpider:
        return self.pages.spider

    async def visit(self, url: str) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each forum, then older ones, then the verdict.

        Raises: SourceError.
        """
        answer = await self.spider.fetch(url)
        self.now = answer.fetched_at
        listing = self._read_list(answer)
        if not listing.forums and not listing.topics:
            for part in self._read_empty(listing, answer):
                yield part
            return
        self._list_forums(listing, parent="")
        if listing.topics:
            self._list_entry(url, listing)
        async for page in self._read_tops(listing):
            yield page
        if self.refusal and not any(stream.seen for stream in self.listed.values()):
            raise self.refusal
        if self.spider.plan.newest_only:
            yield Verdict(outcome=Outcome.READ, detail=f"the newest {len(self.posts)} posts")
            return
        async for part in self._conclude(listing):
            yield part

    async def _conclude(self, listing: Listing) -> AsyncIterator[Page | Verdict]:
        if self._never_written():
            yield self._nothing_written()
            yield Verdict(outcome=Outcome.EMPTY, detail=f"{len(self.listed)} forums without topics")
            return
        yield self._weigh()
        if not self.lost:
            async for page in self._read_history():
                yield page
        async for page in self._compare_feed(listing):
            yield page
        yield self._verdict()

    async def _compare_feed(self, listing: Listing) -> AsyncIterator[Page]:
        feed = self.feed
        if feed and listing.feed and not (self.lost or self.problems) and all_read(self.listed):
            yield Page(marks=await feed.compare(self.spider, listing.feed, self.moments, self.now))

    # ---- the index ---------------------------------------------------------------------------

    def _read_list(self, answer: Fetched) -> Listing:
        try:
            listing = self.pages.list_in(answer)
        except Unparseable as error:
            raise as_layout_change(error, posts_known=self.spider.plan.posts_known) from error
        if not listing.whole or answer.cut:
            self.problems.append("a list of topics ends in the middle")
            # Of the row where it ends, a part may be missing.
            return replace(listing, topics=listing.topics[:-1], whole=False)
        return listing

    def _read_empty(self, listing: Listing, answer: Fetched) -> list[Page | Verdict]:
        known = self.spider.plan.posts_known
        if known:
            detail = f"shows no posts any more, but {known} were read before"
            return [Verdict(outcome=Outcome.PARTIAL, detail=detail, to_do="open it in a browser")]
        if not listing.says_empty or self.problems:
            raise nothing_here("forums or topics", answer.url)
        return [self._nothing_written(), Verdict(outcome=Outcome.EMPTY, detail="without topics")]

    def _nothing_written(self) -> Page:
        day = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return Page(coverage=(Coverage(start=day, end=self.now),))

    def _never_written(self) -> bool:
        """True where every forum was read and no topic is in any, now or before."""
        empty = all(s.stage is Stage.DONE and not s.oldest for s in self.listed.values())
        known = self.spider.plan.posts_known or self.posts or self.problems
        return empty and not known

    def _list_forums(self, listing: Listing, *, parent: str) -> None:
        for forum in listing.forums:
            if forum.id in self.listed:
                continue
            known = self.streams.get(forum.id)
            stream = known or Stream(id=forum.id, url=forum.url)
            stream.url, stream.state, stream.parent = forum.url, state_of(forum), parent
            self.listed[forum.id] = stream

    def _list_entry(self, url: str, listing: Listing) -> None:
        stream = self.streams.get(ENTRY) or Stream(id=ENTRY, url=url)
        stream.url, stream.state = url, state_of_topics(listing.topics)
        self.listed[ENTRY] = stream

    # ---- the newest topics of each forum ---------------------------------------------------------

    async def _read_tops(self, entry: Listing) -> AsyncIterator[Page]:
        """The newest topics of each forum that changed, and of those that its page shows."""
        done: set[str] = set()
        while waiting := [key for key in self.listed if key not in done]:
            for key in waiting:
                done.add(key)
                stream = self.listed[key]
                if not stream.changed:
                    self._keep_forums_of(stream)
                    continue
                if self.spider.plan.newest_only and len(done) > _LOOK_FORUMS:
                    return
                async for page in self._read_top(stream, entry if key == ENTRY else None):
                    yield page

    def _keep_forums_of(self, parent: Stream) -> None:
        """Its row counts what is written in the forums below it: they are unchanged, too."""
        for key, stream in self.streams.items():
            if stream.parent == parent.id and key not in self.listed:
                stream.state = stream.known_state
                self.listed[key] = stream

    async def _read_top(self, stream: Stream, listing: Listing | None) -> AsyncIterator[Page]:
        try:
            if listing is None:
                listing = self._read_list(await self.spider.fetch(stream.url))
        except (Refused, Gone) as error:
            if error.outcome not in _NOT_LET_IN:
                raise
            for page in self._note_refusal(stream, error):
                yield page
            return
        if stream.id != ENTRY:
            self._list_forums(listing, parent=stream.id)
            found = [s for s in self.listed.values() if s.parent == stream.id]
            if found:
                # Before the forum itself is done: only its page tells of these.
                yield Page(marks=tuple(below.mark() for below in found))
        if not (listing.topics or listing.forums or listing.says_empty):
            raise nothing_here("topics", stream.url)
        async for page in self._read_new(stream, listing):
            yield page

    def _note_refusal(self, stream: Stream, error: SourceError) -> list[Page]:
        """A forum for members only is no hole; one that was open before, or may be again, is."""
        self.refusal = self.refusal or error
        if stream.stage is Stage.CLOSED:
            stream.known_state = stream.state
            return [Page(marks=(stream.mark(),))]
        if not stream.fresh:
            self.problems.append(f"{stream.url}: {error.what}")
            return []
        if stream.stage is Stage.NEW:
            self.problems.append(f"{stream.url}: {error.what}")
            stream.stage = Stage.REFUSED
        else:
            stream.stage, stream.known_state = Stage.CLOSED, stream.state
        return [Page(marks=(stream.mark(),))]

    async def _read_new(self, stream: Stream, listing: Listing) -> AsyncIterator[Page]:
        """All topics that were written in since the newest that was seen; of a new forum, a page.

        Whole topics, as long as some of them may not have been read yet.
        """
        until = None if stream.fresh else stream.newest
        since = until if stream.stage is Stage.DONE else None
        newest, before = stream.newest, len(self.problems)
        while True:
            rows = Rows(until=until, since=since)
            async for page in self._read_rows(stream, listing, rows):
                yield page
            if not listing.whole or self.spider.plan.newest_only:
                return
            newest = max([*rows.lasts, *([newest] if newest else [])], default=None)
            reached = rows.place()
            enough = until is None or (reached is not None and reached <= until)
            if enough or rows.stopped or not listing.older:
                break
            listing = self._read_list(await self.spider.fetch(listing.older))
        if len(self.problems) == before:
            stream.note_read(min(newest, self.now) if newest else None, until=until)
        if stream.fresh:
            stream.begin_history(reached, listing.older)
        yield Page(marks=(stream.mark(),))

    async def _read_rows(self, stream: Stream, listing: Listing, rows: Rows) -> AsyncIterator[Page]:
        """The posts of the topics of one page, as far as they are wanted."""
        for topic in sorted(listing.topics, key=lambda topic: topic.pinned):
            if rows.skips(topic):
                continue
            last = topic.last_at
            if topic.id not in self.opened:
                if self.spider.plan.newest_only and len(rows.lasts) >= _LOOK_TOPICS:
                    return
                self.opened.add(topic.id)
                moments: list[datetime] = []
                async for page in self._open(stream, topic, rows.since):
                    moments += [m for post in page.posts if (m := latest_of(post))]
                    yield page
                last = last or max(moments, default=None)
            rows.note(topic, last)
            if rows.stopped:
                return

    # ---- topics ----------------------------------------------------------------------------------

    async def _open(
        self, stream: Stream, topic: Topic, since: datetime | None
    ) -> AsyncIterator[Page]:
        """The posts of a topic: all, or from its last page back to `since`.

        One that is not there any more, or not for us, leaves a gap.
        """
        if self.prepare:
            await self.prepare()
            self.prepare = None
        try:
            async for page in self._read_topic_pages(stream, topic, since):
                yield page
        except (Refused, Gone) as error:
            if error.outcome not in _NOT_LET_IN:
                raise
            self._note_gap(stream, topic, f"{topic.url}: {error.what}")

    async def _read_topic_pages(
        self, stream: Stream, topic: Topic, since: datetime | None
    ) -> AsyncIterator[Page]:
        shown = await self._fetch_topic(stream, topic, topic.url)
        root = shown.root or shown.posts[0].post_id
        yield self._page(stream, shown, root)
        asked, backwards = {topic.url}, since is not None and shown.last is not None
        url = shown.last if backwards else shown.newer
        while url and url not in asked:
            asked.add(url)
            shown = await self._fetch_topic(stream, topic, url)
            yield self._page(stream, shown, root)
            url = shown.older if backwards else shown.newer
            moments = [m for post in shown.posts if (m := latest_of(post))]
            if backwards and since and min(moments, default=since) < since:
                return

    async def _fetch_topic(self, stream: Stream, topic: Topic, url: str) -> TopicPage:
        answer = await self.spider.fetch(url)
        shown = self.pages.topic_in(answer)
        if not shown.whole or answer.cut:
            self._note_gap(stream, topic, f"{url} ends in the middle")
            # Of the post where it ends, a part may be missing.
            shown = replace(shown, posts=shown.posts[:-1])
        if not shown.posts:
            raise nothing_here("posts", answer.url)
        return shown

    def _note_gap(self, stream: Stream, topic: Topic, what: str) -> None:
        """Nothing is proved of the time before that topic's last post."""
        self.problems.append(what)
        gap = topic.last_at or self.now
        stream.gap = max(gap, stream.gap) if stream.gap else gap

    def _page(self, stream: Stream, shown: TopicPage, root: str) -> Page:
        posts = tuple(
            post if post.reply_to or post.post_id == root else replace(post, reply_to=root)
            for post in shown.posts
        )
        self.posts.update(post.post_id for post in posts)
        self.moments += [post.at for post in posts if post.at]
        stream.note(m for post in posts if (m := earliest_of(post)))
        return Page(posts=posts)

    # ---- what it proves ----------------------------------------------------------------------

    def _weigh(self) -> Page:
        """What the newest topics prove, unless something is missing that was there."""
        newest = max((s.newest for s in self.listed.values() if s.newest), default=None)
        plan, shown = self.spider.plan, newest + RESOLUTION if newest else None
        what = newest_is_missing(plan.newest_post_at, shown)
        hidden = [s.url for key, s in self.streams.items() if s.seen and key not in self.listed]
        if hidden:
            what = f"{len(hidden)} forums are not listed any more ({', '.join(hidden[:3])})"
        loss = weigh_loss(what, plan.mark(LOSS_MARK), self.now)
        self.lost = loss.what if loss.doubted else ""
        return Page(coverage=self._coverage(), marks=loss.marks)

    def _coverage(self) -> tuple[Coverage, ...]:
        start = proved_since(self.listed)
        if start is None or start >= self.now:
            return ()
        kind = CoverageKind.PARTIAL if self.problems or self.lost else CoverageKind.COMPLETE
        return (Coverage(start=start, end=self.now, kind=kind),)

    async def _read_history(self) -> AsyncIterator[Page]:
        """Older pages, each time of the forum that reached back least; ends quietly."""
        while pending := [s for s in self.listed.values() if s.stage is Stage.OLDER and s.older]:
            stream = max(pending, key=lambda s: s.reached or self.now)
            assert stream.older is not None
            rows, url = Rows(), stream.older
            try:
                listing = self._read_list(await self.spider.fetch(url))
                if not (listing.topics or listing.says_empty):
                    raise nothing_here("topics", url)
                async for page in self._read_rows(stream, listing, rows):
                    yield page
            except SourceError as error:
                self.unfinished = error.outcome
                return
            if not listing.whole:
                self.unfinished = Outcome.PARTIAL
                return
            reached, stream.older = rows.place(), listing.older
            if reached:
                stream.reached = min(reached, stream.reached) if stream.reached else reached
            if not listing.older or listing.older == url:
                stream.stage = Stage.TAIL
            yield Page(coverage=self._coverage(), marks=(stream.mark(),))

    def _verdict(self) -> Verdict:
        read = f"{len(self.posts)} posts of {len(self.opened)} topics"
        if self.posts and not self.moments and not any(s.oldest for s in self.listed.values()):
            what = f"none of {len(self.posts)} posts has a date that can be read"
            return Verdict(outcome=Outcome.LAYOUT_CHANGED, detail=what, to_do="look at its dates")
        if self.lost:
            evidence = {"lost": self.lost}
            return Verdict(
                outcome=Outcome.PARTIAL, detail=self.lost, to_do=TO_DO, evidence=evidence
            )
        if self.problems:
            detail = f"{read}; {len(self.problems)} not read ({'; '.join(self.problems[:3])})"
            return Verdict(outcome=Outcome.PARTIAL, detail=detail, to_do="tried again next time")
        if self.unfinished and self.unfinished != Outcome.TOO_LARGE:
            detail = f"{read}; the history could not be read on ({self.unfinished})"
            return Verdict(outcome=Outcome.PARTIAL, detail=detail, to_do="goes on next time")
        if not self.opened:
            return Verdict(outcome=Outcome.UNCHANGED, detail="no forum has anything new")
        since = proved_since(self.listed)
        reach = f", everything since {since:%Y-%m-%d %H:%M}" if since else ""
        closed = sum(not stream.seen for stream in self.listed.values())
        members = f"; {closed} forums let nobody in" if closed else ""
        return Verdict(outcome=Outcome.READ, detail=f"{read}{reach}{members}")
