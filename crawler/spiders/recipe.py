"""Recipe: one site that no platform fits, read as its operator wrote it down in a file.

In short
    History: as far back as the site's own pages go, where the recipe says how to turn them.
    Idle visit: one request for the list.
    Never seen: replies, where the recipe reads only the threads' beginnings; then silence is
    never proved.

Recognise
    Never by itself: a source gets its recipe from a person, `rollcall sources add URL --recipe
    NAME`, with the file `recipes/NAME.toml` in the data folder.

Read
    The list at the source's address, and older pages of it. Where the list shows threads, each
    thread that had a post since the last visit is opened and its posts are read.

Window
    A list of posts is complete back to the minute after its last row, or to the end of that day
    where it shows days only. A list of threads by last post is complete as far, because every
    later post has lifted its thread above that row. A list of threads by their start hides
    replies: it is seen in part. A page without the recipe's `must_have` is a changed layout; one
    without the end of the document is seen in part.

Identity
    What the recipe calls `id`, below a thread's own id for posts read inside a thread; else the
    link, without session parameters.

Dates
    As the recipe says: texts in eight languages, with the site's zone and order of day and month,
    or Unix time. "Two weeks ago" is unknown. A list without any readable date is a changed layout.

Manners
    One conditional request for the list; one for each page of a thread that changed. Older pages at
    most two hundred a visit. Only addresses of the list's own host are asked for.

Known lies
    Pages beyond the last that repeat it: they end the walk. Pinned threads out of order. A thread
    that is listed and cannot be opened: nothing up to it counts as seen. Advertisements between the
    rows that fit `each`.

Samples
    normal, empty, other_platform, must_fail, posts_only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urlsplit
from crawler.formats.recipe import BrokenRecipe, Recipe
from crawler.formats.recipe_pages import Listing, Row, read_list, read_thread
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import Page, Platform, ReadPost

_OLDER_PAGES = 200
_THREAD_PAGES = 100
# A first look, and a look back, open this many threads.
_FEW_THREADS = 3
# A list may show days only, of a zone that is not ours.
_SLACK = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The posts of a thread; `more` where only its first page was wanted and there are others."""

    posts: Sequence[ReadPost]
    whole: bool
    more: bool = False


def recognise(_page: Fetched) -> Evidence | None:
    """`None`: only a person knows which recipe fits a page."""
    return None


class RecipeSpider(ArchiveSpider):
    """Reads a site as its recipe says."""

    name = Platform.RECIPE
    entry_mark = NEWEST_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest rows, older pages, then the verdict."""
        self.shown: set[str] = set()
        self.few = self.plan.newest_only
        async for part in self._walk().visit(self.plan.url):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The rows it shows now, or the posts of its newest threads."""
        self.shown = set()
        self.few = True
        return await self._walk().look_back(self.plan.url, wanted)

    async def parse_list(self, answer: Fetched) -> Shown:
        """What a page of the list shows, threads opened.

        Raises: SourceError.
        """
        recipe = self._recipe()
        listing = read_list(answer.body, answer.url, recipe, answer.fetched_at)
        ids = {row.post.post_id for row in listing.rows}
        # A site that answers its last page for any number would be walked for ever.
        repeated = bool(ids) and ids <= self.shown
        self.shown |= ids
        older = None if repeated or not self._same_host(listing.older) else listing.older
        shown = Shown(
            posts=tuple(row.post for row in listing.rows),
            kind=f"recipe {recipe.name}",
            since=listing.since,
            older=older,
            whole=listing.whole,
            says_empty=listing.says_empty,
            declared=listing.declared,
        )
        return await self.parse_threads(listing, shown, answer) if recipe.thread else shown

    async def parse_threads(self, listing: Listing, shown: Shown, answer: Fetched) -> Shown:
        """What a list of threads shows: the posts of those that may have new ones."""
        chosen, since = self._choose(listing, newest=answer.asked == self.plan.url)
        posts: list[ReadPost] = []
        whole = shown.whole
        for row in chosen:
            opened = await self.parse_thread(row)
            posts.extend(opened.posts)
            whole = whole and opened.whole
            if opened.more and since and row.until:
                since = max(since, row.until)
        last_at = max((row.until for row in listing.rows if row.until), default=None)
        return replace(shown, posts=tuple(posts), since=since, whole=whole, last_at=last_at)

    async def parse_thread(self, row: Row) -> Opened:
        """The posts of one thread; a first look reads its first page.

        Raises: SourceError.
        """
        posts: list[ReadPost] = []
        asked: set[str] = set()
        url: str | None = row.link
        while url and url not in asked and len(asked) < _THREAD_PAGES:
            if not self._same_host(url):
                return Opened(posts=posts, whole=False)
            asked.add(url)
            answer = await self.fetch(url)
            page = read_thread(
                answer.body,
                answer.url,
                self._recipe(),
                row,
                first_id=posts[0].post_id if posts else None,
                fetched_at=answer.fetched_at,
            )
            posts.extend(page.posts)
            url = page.next
            if self.few or not page.whole:
                return Opened(posts=posts, whole=page.whole, more=url is not None)
        return Opened(posts=posts, whole=bool(asked) and (url is None or url in asked))

    def _choose(self, listing: Listing, *, newest: bool) -> tuple[list[Row], datetime | None]:
        """The threads to open, and from when on their posts are all that there are."""
        rows, since = list(listing.rows), listing.since
        known = self.plan.covered_until
        if self.few:
            rest = [row.until for row in rows[_FEW_THREADS:] if row.until]
            limits = [since, *rest] if since else []
            return rows[:_FEW_THREADS], max(limits, default=None)
        if not newest or known is None:
            return rows, since
        limit = known - _SLACK
        wanted = [row for row in rows if row.until is None or row.until >= limit]
        return wanted, max(since, limit) if since else None

    def _walk(self) -> NewestFirst:
        return NewestFirst(
            spider=self,
            read=self.parse_list,
            older_pages=_OLDER_PAGES,
            proves_silence=self._recipe().shows_all,
        )

    def _recipe(self) -> Recipe:
        recipe = self.plan.recipe
        if isinstance(recipe, Recipe):
            return recipe
        what, name = "the source names no recipe", "none"
        to_do = "add it again with `rollcall sources add URL --recipe NAME`"
        if isinstance(recipe, BrokenRecipe):
            what, to_do, name = recipe.problem, recipe.to_do, recipe.name
        raise Unparseable(
            Outcome.UNPARSEABLE,
            what,
            where=self.plan.url,
            to_do=to_do,
            evidence={"recipe": name},
        )

    def _same_host(self, url: str | None) -> bool:
        return not url or urlsplit(url).hostname == urlsplit(self.plan.url).hostname
