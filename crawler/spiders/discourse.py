"""Discourse: forums with a JSON interface that shows every post, the newest first.

In short
    History: everything.
    Idle visit: one request.
    Never seen: categories that want a login, private messages, posts that moderators hid.

Recognise
    `<meta name="generator" content="Discourse …">`, an element `data-discourse-setup`, the header
    `X-Discourse-Route`, or a JSON answer with `latest_posts`. An address below `/c/` stands for
    that category and all that is below it, any other for the whole site. Where one site holds
    several lists, `#topics=NAME` at its end stands for the topics whose addresses begin so.

Read
    `/posts.json`, then the same with `?before=NUMBER` down to the first post. New versions give the
    fifty posts below that number; old ones look at fifty numbers only and may find few or none in
    the middle of history. One rule is right for both: go on before the lower of the lowest number
    seen and fifty less than was asked for. Where old versions show nothing at all first, the newest
    topic of `/latest.json` tells where to begin. For a category `/c/…/l/latest.json` says whether
    something is new, `/site.json` once which categories are below it, and of `/posts.json` the rows
    of these count.

Window
    The full history. Everything is seen since the oldest post of an answer was stored: an imported
    mail archive of 1996 has high numbers and old dates, and stands before younger posts.

Identity
    As in the site's own feeds: `HOST-post-NUMBER`, and `HOST-topic-NUMBER` for the post that opens
    a topic. Writers by the number of their account on that host.

Dates
    `created_at`, to the millisecond, in UTC. An edit leaves it alone.

Manners
    One request when nothing is new, about one per fifty posts for the history; a category is read
    out of the posts of its whole site. Topic and category RSS are forbidden by the default
    robots.txt and never asked for; neither is a topic page in HTML, but to look for one old post.
    Answers are cached for a minute.

Known lies
    `about.json` counts private messages too, under two spellings: its total is an upper bound. A
    site that wants a login answers 403 with `not_logged_in`, or leads to `/login`. Posts of the
    software's own voices (account numbers below zero), hidden posts and notices about a topic are
    not counted. A topic that is moved into a category later brings its earlier posts unseen.

Samples
    normal, empty, other_platform, must_fail, old_window, category, totals.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict, error_for_status
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urlsplit
from crawler.formats.discourse import (
    PAGE,
    Address,
    Batch,
    explain_error,
    read_address,
    read_categories,
    read_highest,
    read_posts,
    read_topics,
    read_total,
)
from crawler.formats.html import is_html, read_html
from crawler.formats.json_tree import Node, read_json
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform

_GENERATOR = re.compile(r"Discourse\b")
_CATEGORIES = "categories"
_SHOWN_LATE = timedelta(minutes=5)
_LOGIN_PATHS = ("/login", "/session/sso", "/auth/")
_EXPECTED = "the posts of a Discourse site"


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a Discourse site."""
    address = read_address(page.url)
    why = []
    if is_html(page.body):
        soup = read_html(page.body)
        generator = soup.find("meta", attrs={"name": "generator", "content": _GENERATOR})
        if generator:
            why.append("its generator is Discourse")
        setup = soup.find(id="data-discourse-setup")
        if setup:
            why.append("it has the element data-discourse-setup")
            folder = str(setup.get("data-base-uri") or "").rstrip("/")
            origin = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}"
            address = replace(address, base=f"{origin}{folder}") if folder else address
    elif b'"latest_posts"' in page.body and b'"topic_id"' in page.body:
        why.append("its JSON lists latest_posts")
    if "x-discourse-route" in page.headers:
        why.append("it has the header X-Discourse-Route")
    return Evidence(platform=Platform.DISCOURSE, url=address.url, why=tuple(why)) if why else None


class DiscourseSpider(ArchiveSpider):
    """Reads the posts by their number, the highest first."""

    name = Platform.DISCOURSE
    entry_mark = NEWEST_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts, then older ones, then the verdict."""
        reader = _Reader(spider=self, address=read_address(self.plan.url))
        known = self.plan.mark(_CATEGORIES)
        reader.categories = _read_label(known.label if known else None)
        async for part in reader.walk().visit(reader.address.entry_url):
            label = " ".join(map(str, sorted(reader.categories)))
            if isinstance(part, Verdict) and label and label != (known.label if known else None):
                yield Page(marks=(Mark(name=_CATEGORIES, label=label),))
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest posts; for a whole site, how many it counts at most."""
        address = read_address(self.plan.url)
        reader = _Reader(spider=self, address=address, asks_all=True)
        sighting = await reader.walk().look_back(address.entry_url, wanted)
        if not address.whole:
            return sighting
        return replace(sighting, declared=await reader.find_total(), at_most=True)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """What one visit has seen so far. `asks_all` reads posts even where nothing is new.

    `numbers` are those of the answer before, `oldest` is the date of the oldest post seen.
    """

    spider: ArchiveSpider
    address: Address
    asks_all: bool = False
    categories: frozenset[int] = frozenset()
    numbers: frozenset[int] = frozenset()
    oldest: datetime | None = None

    def walk(self) -> NewestFirst:
        return NewestFirst(
            spider=self.spider,
            read=self.parse_answer,
            accept="application/json",
            allow=frozenset({403}),
        )

    async def parse_answer(self, answer: Fetched) -> Shown:
        """What an answer shows, be it posts or the topics of a category.

        Raises: Refused, Gone, Unparseable.
        """
        tree = read_tree(answer)
        if self.address.category and "/posts.json" not in answer.asked:
            return await self.parse_category(tree)
        return await self.parse_posts(tree, answer)

    async def parse_posts(self, tree: Node, answer: Fetched) -> Shown:
        """What a `posts.json` shows; where the first shows nothing, what stands behind it."""
        before = _read_before(answer.asked)
        batch = self._read_batch(tree, answer)
        if before is None and not batch.numbers:
            topics = read_topics(await self._ask(self.address.all_topics_url))
            if topics.newest is None:
                return Shown(posts=(), kind="Discourse", says_empty=True)
            topic = await self._ask(f"{self.address.base}/t/{topics.newest}.json")
            before = read_highest(topic) + 1
            tree = await self._ask(self.address.posts_url(before))
            batch = self._read_batch(tree, answer)
            if not batch.numbers:
                what = f"lists topics, but no post before number {before}"
                raise Unparseable(Outcome.UNPARSEABLE, what, where=tree.url)
        shown = self._show(batch, before)
        first = _read_before(answer.asked) is None and not self.spider.plan.posts_known
        return replace(shown, declared=await self.find_total()) if first else shown

    async def parse_category(self, tree: Node) -> Shown:
        """Whether something is new in a category, and if so, what."""
        topics = read_topics(tree)
        if topics.last_at is None:
            return Shown(posts=(), kind="Discourse category", says_empty=True)
        covered = self.spider.plan.covered_until
        if covered and topics.last_at <= covered - _SHOWN_LATE and not self.asks_all:
            return Shown(posts=(), kind="Discourse category", since=covered, last_at=topics.last_at)
        if not self.categories:
            site = await self._ask(f"{self.address.base}/site.json")
            self.categories = read_categories(site, self.address)
        self.categories |= topics.categories
        answer = await self.spider.fetch(self.address.posts_url(None))
        shown = await self.parse_posts(read_tree(answer), answer)
        return replace(shown, kind="Discourse category", last_at=topics.last_at, declared=None)

    async def find_total(self) -> int | None:
        """How many posts the site counts; `None` where it does not say, or a part is read."""
        if not self.address.whole:
            return None
        try:
            return read_total(await self._ask(f"{self.address.base}/about.json"))
        except SourceError as error:
            if error.outcome is Outcome.RATE_LIMITED:
                raise
            return None

    def _read_batch(self, tree: Node, answer: Fetched) -> Batch:
        wanted = self.categories if self.address.category else None
        return read_posts(tree, self.address, answer.fetched_at, wanted)

    def _show(self, batch: Batch, before: int | None) -> Shown:
        dates = [post.at for post in batch.posts if post.at]
        self.oldest = min([*dates, *([self.oldest] if self.oldest else [])], default=None)
        older = self._find_older(batch.numbers, before)
        self.numbers = batch.numbers or self.numbers
        since = batch.since
        if older is None:
            since = min([moment for moment in (since, self.oldest) if moment], default=None)
        return Shown(
            posts=batch.posts,
            kind="Discourse",
            since=since,
            older=self.address.posts_url(older) if older else None,
            last_at=batch.newest,
        )

    def _find_older(self, numbers: frozenset[int], before: int | None) -> int | None:
        """The number to go on before; `None` at the end of history."""
        if before is None:
            return min(numbers)
        if not numbers and before in self.numbers:
            # An old version would have shown the post of that number again.
            return None
        lower = min([*numbers, before - PAGE])
        return lower if lower > 0 else None

    async def _ask(self, url: str) -> Node:
        return read_tree(await self.spider.fetch(url, accept="application/json"))


def read_tree(answer: Fetched) -> Node:
    """The JSON of an answer.

    Raises: Refused, Gone, Unparseable where it is an error or something else.
    """
    path = urlsplit(answer.url).path
    if answer.url != answer.asked and any(sign in path for sign in _LOGIN_PATHS):
        what = "leads to a login instead of showing its posts"
        to_do = "it cannot be crawled; subscribe a mailbox or mark it as members only"
        raise Refused(Outcome.LOGIN_WALL, what, where=answer.url, to_do=to_do)
    try:
        tree = read_json(answer.body, url=answer.url, status=answer.status, expected=_EXPECTED)
    except SourceError:
        if answer.status != 200:
            raise error_for_status(answer) from None
        raise
    error = explain_error(tree)
    if error is None and answer.status != 200:
        error = error_for_status(answer)
    if error is not None:
        raise error
    return tree


def _read_before(url: str) -> int | None:
    value = parse_qs(urlsplit(url).query).get("before", [""])[0]
    return int(value) if value.isdigit() else None


def _read_label(label: str | None) -> frozenset[int]:
    return frozenset(int(part) for part in (label or "").split() if part.isdigit())
