"""The rows of a list and the posts of a thread, read from a page as a recipe says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from lxml import etree, html
from w3lib.url import url_query_cleaner

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.bombs import check_markup
from crawler.formats.dates import choose_date, read_date, read_unix
from crawler.formats.feed_items import find_window_start
from crawler.formats.html import decode_html, explain_page
from crawler.formats.numbers import read_digits
from crawler.formats.people import read_author
from crawler.formats.recipe import DateForm, DateRules, OlderRules, PageRules, PostRules, Recipe
from domain.errors import SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, ReadPost

_SESSION = ("sid", "PHPSESSID", "phpsessid", "jsessionid", "fbclid", "gclid")
_NUMBER = re.compile(r"\d{1,3}(?:[.,\s\u00a0\u202f]\d{3})+(?!\d)|\d+")
# A page's end may be followed by a comment of its server.
_END_SCAN = 2_000
_TO_DO = "compare the page with the recipe: `rollcall recipes check FILE --url URL`"
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a list. As a post it has the row's date, which may be that of a last reply.

    `until` is the end of the day, minute or second that the date names: rows may share it.
    """

    post: ReadPost
    link: str
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one page of a list shows, in its order.

    `since` is the moment from which on everything is in this page and those before it. `broken`
    counts rows that have neither an id nor a link; `whole` is false with any, and for a page that
    ends too early.
    """

    rows: tuple[Row, ...]
    since: datetime | None
    older: str | None
    says_empty: bool
    declared: int | None
    broken: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage:
    """The posts on one page of a thread, and where the next page is."""

    posts: tuple[ReadPost, ...]
    next: str | None
    whole: bool


def read_list(body: bytes, url: str, recipe: Recipe, fetched_at: datetime) -> Listing:
    """The rows of a page of the list.

    Raises: Refused, Gone, Unparseable where it is not the page of the recipe.
    """
    page = _Page(body, url, recipe.page)
    rows, broken = [], 0
    for element in page.elements:
        post = page.read_post(element, recipe.row, recipe.date, fetched_at)
        if post is None:
            broken += 1
            continue
        rows.append(
            Row(
                post=post,
                link=page.find_link(element, recipe.row.link),
                until=_end_of(post.at, _zone(recipe.date)),
            )
        )
    page.refuse_broken(broken, len(page.elements))
    older = _find_older(page, recipe.older) if rows else None
    return Listing(
        rows=tuple(rows),
        since=_find_since(rows, last=recipe.older is not None and older is None),
        older=older,
        says_empty=not page.elements and page.has(recipe.page.empty),
        declared=_read_number(page.find_text(page.root, recipe.page.declared)),
        broken=broken,
        whole=page.whole and not broken,
    )


def read_thread(
    body: bytes, url: str, recipe: Recipe, row: Row, *, first_id: str | None, fetched_at: datetime
) -> ThreadPage:
    """The posts on a page of the thread that `row` links to; `first_id` is the thread's first.

    Ids are told apart by thread, because many sites number the posts of each thread from 1.

    Raises: Refused, Gone, Unparseable where it is not the page of the recipe.
    """
    rules = recipe.thread
    assert rules is not None
    page = _Page(body, url, rules.page)
    found = [page.read_post(e, rules.post, rules.date, fetched_at) for e in page.elements]
    posts = [_join_thread(post, row, by_id=bool(rules.post.id)) for post in found if post]
    page.refuse_broken(len(found) - len(posts), len(found))
    if not found:
        raise page.layout_changed("shows no post")
    first = first_id or posts[0].post_id
    return ThreadPage(
        posts=tuple(_with_root(post, first) for post in posts),
        next=page.find_link(page.root, rules.next) or None,
        whole=page.whole and len(posts) == len(found),
    )


class _Page:
    """A page that is the recipe's: its tree and the elements that stand for rows or posts."""

    def __init__(self, body: bytes, url: str, rules: PageRules) -> None:
        text = decode_html(body)
        self.url = url
        self.root = _parse(text)
        self.base = urljoin(url, self.find_text(self.root, "//base/@href")) if text else url
        if not self.has(rules.must_have):
            raise self._explain(body)
        self.whole = rules.ends_with.lower() in text[-_END_SCAN:].lower()
        self.elements = [e for e in _find(self.root, rules.each) if isinstance(e, html.HtmlElement)]

    def has(self, path: str) -> bool:
        """True when something stands at that place."""
        return bool(path and _find(self.root, path))

    def find_text(self, element: html.HtmlElement, path: str) -> str:
        """The text of the first thing at that place, in one line; empty where nothing is."""
        found = _find(element, path) if path else ()
        return _text_of(found[0]) if found else ""

    def find_link(self, element: html.HtmlElement, path: str) -> str:
        """The whole address of the first link at that place; empty where none is."""
        found = _find(element, path) if path else ()
        if not found:
            return ""
        first = found[0]
        target = first.get("href", "") if isinstance(first, html.HtmlElement) else str(first)
        try:
            address = urljoin(self.base, target.strip()) if target.strip() else ""
            known = urlsplit(address).scheme in ("http", "https")
        except ValueError:
            return ""
        return (
            url_query_cleaner(address, _SESSION, remove=True, keep_fragments=True) if known else ""
        )

    def read_post(
        self, element: html.HtmlElement, rules: PostRules, dates: DateRules, fetched_at: datetime
    ) -> ReadPost | None:
        """The post in one element; `None` where nothing tells it from others."""
        link = self.find_link(element, rules.link)
        post_id = self.find_text(element, rules.id) or link
        if not post_id:
            return None
        sent = _read_moment(_date_text(element, rules.date), dates)
        at, basis = choose_date(sent=sent, fetched_at=fetched_at)
        author = self.find_text(element, rules.author)
        return ReadPost(
            post_id=post_id,
            at=at,
            basis=basis if at else DateBasis.UNKNOWN,
            author=read_author(author) if author else None,
            reply_to=self.find_text(element, rules.reply_to) or None,
            subject=self.find_text(element, rules.subject) or None,
            url=link or None,
        )

    def refuse_broken(self, broken: int, total: int) -> None:
        """Raises Unparseable where most have nothing that tells them apart."""
        if broken * 2 > total:
            raise self.layout_changed(f"{broken} of {total} rows have no id and no link")

    def layout_changed(self, what: str) -> Unparseable:
        """The error of a page that its recipe does not fit."""
        return Unparseable(Outcome.LAYOUT_CHANGED, what, where=self.url, to_do=_TO_DO)

    def _explain(self, body: bytes) -> SourceError:
        error = explain_page(body, url=self.url, status=200, expected="the page of the recipe")
        if error.outcome is not Outcome.UNPARSEABLE:
            return error
        return self.layout_changed("what its recipe calls `must_have` is not in the page")


def _parse(text: str) -> html.HtmlElement:
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    clean = (text.replace("\0", "") or "<html></html>").encode("utf-8", "replace")
    check_markup(clean)
    try:
        root = html.document_fromstring(clean, parser=parser, ensure_head_body=True)
    except etree.ParserError:
        root = html.document_fromstring("<html></html>", ensure_head_body=True)
    assert isinstance(root, html.HtmlElement)
    return root


@cache
def _compile(path: str) -> etree.XPath:
    return etree.XPath(path)


def _find(element: html.HtmlElement, path: str) -> Sequence[html.HtmlElement | str]:
    found = _compile(path)(element)
    if isinstance(found, list):
        return [part for part in found if isinstance(part, html.HtmlElement | str)]
    return [str(found)] if found not in ("", False) else []


def _text_of(found: html.HtmlElement | str) -> str:
    text = found if isinstance(found, str) else " ".join(found.itertext())
    return " ".join(text.split())


def _date_text(element: html.HtmlElement, path: str) -> str:
    """The text of a date; of a `time` element what it says to programs."""
    found = _find(element, path)
    if not found:
        return ""
    first = found[0]
    exact = first.get("datetime") if isinstance(first, html.HtmlElement) else None
    return exact or _text_of(first)


def _read_moment(text: str, rules: DateRules) -> datetime | None:
    if rules.pattern:
        found = re.search(rules.pattern, text)
        text = found[1] if found and found[1] else ""
    if rules.form is DateForm.UNIX:
        return read_unix(text)
    return read_date(text.strip(), zone=_zone(rules), day_first=rules.day_first)


def _zone(rules: DateRules) -> tzinfo | None:
    return ZoneInfo(rules.zone) if rules.zone else None


def _end_of(at: datetime | None, zone: tzinfo | None) -> datetime | None:
    if at is None:
        return None
    clock = at.astimezone(zone).time() if zone else at.time()
    if not (clock.hour or clock.minute or clock.second):
        return at + _DAY
    return at if clock.second or clock.microsecond else at + _MINUTE


def _find_since(rows: Sequence[Row], *, last: bool) -> datetime | None:
    """From when on all is shown; on the last page nothing of the last row's minute is elsewhere."""
    moments = [row.post.at if last else row.until for row in rows]
    return find_window_start([(moment, moment) for moment in moments if moment])


def _find_older(page: _Page, rules: OlderRules | None) -> str | None:
    if rules is None:
        return None
    if rules.next:
        target = page.find_link(page.root, rules.next)
        return target if target and target != page.url else None
    address = urljoin(page.url, rules.address)
    pattern = re.escape(address).replace(re.escape("{n}"), r"(\d+)")
    here = re.fullmatch(pattern, page.url)
    return address.replace("{n}", str(int(here[1]) + 1 if here else rules.first))


def _read_number(text: str) -> int | None:
    found = _NUMBER.search(text)
    return read_digits(found[0]) if found else None


def _join_thread(post: ReadPost, row: Row, *, by_id: bool) -> ReadPost:
    return ReadPost(
        post_id=f"{row.post.post_id} {post.post_id}" if by_id else post.post_id,
        at=post.at,
        basis=post.basis,
        author=post.author,
        reply_to=f"{row.post.post_id} {post.reply_to}"
        if post.reply_to and by_id
        else post.reply_to,
        subject=post.subject or row.post.subject,
        url=post.url or row.link,
    )


def _with_root(post: ReadPost, first: str) -> ReadPost:
    """The post as an answer to the thread's first, unless it says to which it answers."""
    if post.reply_to or post.post_id == first:
        return post
    return replace(post, reply_to=first)
