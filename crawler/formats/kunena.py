"""What the pages of a Kunena forum (Joomla) say, from version 4 to 6.

Source: Kunena's own templates (crypsis, aurelia: category/index, category/item, topic/row,
topic/list, message/item, widget/pagination) and its feed view.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from crawler.formats.board_dates import Clock, Moment, read_ago, read_clock, read_moment
from crawler.formats.boards import (
    BoardPage,
    Forum,
    Listing,
    Neighbours,
    Topic,
    TopicPage,
    build_post,
    clean_url,
    find_neighbours,
    number_in,
)
from crawler.formats.html_tree import Element, attribute, line_of
from domain.records import ReadPost

_LISTS = "list of categories or topics of a Kunena forum"
_TOPIC = "topic of a Kunena forum"
_SIGNS = {
    "#kunena": "an element has the id kunena",
    'link[href*="/media/kunena/"], script[src*="/media/kunena/"]': "it uses /media/kunena/",
    '[href*="option=com_kunena"], [href*="/components/com_kunena/"]': "it links to com_kunena",
}
_STICKY = re.compile(r"stickymsg|sticky", re.IGNORECASE)
_USER = re.compile(r"/user/(\d+)-|[?&]userid=(\d+)")
_SLUG = re.compile(r"/(\d+)(?:-[^/?]*)?/?(?:$|\?)")
_CATEGORY = re.compile(r"category(\d+)$")
_FEED = "option=com_kunena&view=topics&layout=posts&mode=recent&format=feed&type=rss"


def find_signs(tree: Element) -> tuple[str, ...]:
    """What shows that Kunena made the page."""
    return tuple(said for sign, said in _SIGNS.items() if tree.first(sign))


def feed_url(url: str) -> str:
    """The address of the feed of posts: a month and a hundred of them at most."""
    plain = clean_url(url).partition("?")[0]
    before, script, _ = plain.partition("/index.php")
    site = before if script else "/".join(plain.split("/")[:3])
    return f"{site}/index.php?{_FEED}"


def read_message_id(url: str) -> str | None:
    """The number of the message that an address of the feed means."""
    number = url.rpartition("#")[2]
    return number if number.isdigit() else number_in(url, "mesid")


def read_list(page: BoardPage) -> Listing:
    """The categories and topics of an index or of a category.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _LISTS)
    tree = page.tree
    forums = [_read_category(row, page) for row in tree.select('tr[id^="category"]')]
    rows = [row for row in tree.select("tr") if row.first("td > div > a.topictitle")]
    topics = [_read_row(row, page) for row in rows]
    empty = tree.first("form#categoryactions, tbody.topic-list, form#ktopicsform") is not None
    if not (any(forums) or any(topics) or empty):
        raise page.explain(_LISTS, ours=True)
    return Listing(
        forums=tuple(forum for forum in forums if forum),
        topics=tuple(topic for topic in topics if topic),
        older=_find_pages(page).after,
        says_empty=empty,
        whole=page.whole,
    )


def read_topic(
    page: BoardPage, exact: Mapping[str, datetime], clock: Clock
) -> tuple[TopicPage, Clock]:
    """The posts of a page of a topic, and what it taught of the board's clock.

    `exact` are the times of posts that a feed tells: the page itself shows local times only.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _TOPIC)
    anchors = [link for link in page.tree.select('a[id][href^="#"]') if _is_number(link)]
    for anchor in anchors:
        found = _learn_clock(anchor, page.fetched_at, exact.get(anchor.get("id")))
        clock = found or clock
    posts = tuple(_read_message(anchor, page, exact, clock) for anchor in anchors)
    if not posts:
        raise page.explain(_TOPIC, ours=True)
    beside = _find_pages(page)
    shown = TopicPage(
        posts=posts,
        newer=beside.after,
        older=beside.before,
        last=beside.last,
        whole=page.whole,
    )
    return shown, clock


def _check(page: BoardPage, expected: str) -> None:
    if not find_signs(page.tree):
        raise page.explain(expected, ours=False)


def _is_number(link: Element) -> bool:
    return link.get("id").isdigit() and link.get("href") == f"#{link.get('id')}"


def _read_category(row: Element, page: BoardPage) -> Forum | None:
    number, link = _CATEGORY.search(row.get("id")), row.first("h3 a[href]")
    if number is None or link is None:
        return None
    last = attribute(row.first(".lastpostlink a, #kcat-last a"), "href")
    count = line_of(row.first("#kcatcount, h3 small"))
    return Forum(
        id=number[1], url=page.link(link), state=f"{count} {clean_url(last)} {_part(last)}"
    )


def _part(href: str) -> str:
    return href.partition("#")[2]


def _read_row(row: Element, page: BoardPage) -> Topic | None:
    link = row.first("td > div > a.topictitle")
    target = page.link(link).partition("?")[0] if link else ""
    if link and number_in(page.link(link), "id"):
        target = re.sub(r"&(?:limit)?start=\d+", "", page.link(link))
    number = number_in(target, "id") or next(iter(_SLUG.findall(target)), None)
    if not target:
        return None
    last = row.first(".datepost") or next(iter(row.select(".last-posts span")[-1:]), None)
    when = _read_when(line_of(last), attribute(last, "title"), page.fetched_at, Clock())
    return Topic(
        id=number or target,
        url=target,
        last_at=when.latest,
        pinned=bool(_STICKY.search(row.get("class"))),
        state=line_of(row.first(".repliesnum")),
    )


def _read_message(
    anchor: Element, page: BoardPage, exact: Mapping[str, datetime], clock: Clock
) -> ReadPost:
    number, box = anchor.get("id"), _box_of(anchor)
    header = box.first(".mykmsg-header")
    who = box.first('.mykmsg-header [class*="kwho-"], [class*="kwho-"]')
    user = _USER.search(attribute(who, "href"))
    at = exact.get(number)
    when = Moment(at=at) if at else _read_when(*_dates_of(anchor), page.fetched_at, clock)
    post = build_post(
        number,
        when,
        author=f"user {user[1] or user[2]}" if user else line_of(who),
        subject=line_of(header.first("a.topictitle") if header else None),
        url=f"{page.url}#{number}",
    )
    return replace(post, subject=post.subject or line_of(page.tree.first("h1")) or None)


def _box_of(anchor: Element) -> Element:
    """The smallest element around the anchor that holds its message's header."""
    for box in anchor.around():
        if box.first('.mykmsg-header, [class*="kwho-"]'):
            return box
    return anchor


def _dates_of(anchor: Element) -> tuple[str, str]:
    """How long ago, and when: one of them is the text, the other comes up over it."""
    box = next(iter(anchor.around()), anchor)
    date = box.first(".kdate")
    return line_of(date), attribute(date, "title")


def _read_when(text: str, title: str, fetched_at: datetime, clock: Clock) -> Moment:
    moments = [
        found
        for shown in (title, text)
        if shown
        for found in (read_moment(shown, clock, fetched_at), read_ago(shown, fetched_at))
        if found.latest
    ]
    return min(moments, key=_width, default=Moment())


def _width(moment: Moment) -> float:
    return moment.filed.length.total_seconds() if moment.filed else 0.0


def _learn_clock(anchor: Element, fetched_at: datetime, at: datetime | None) -> Clock | None:
    """The board's zone, from a time that is known besides: exactly, or by how long ago it was."""
    text, title = _dates_of(anchor)
    for shown, other in ((title, text), (text, title)):
        known = at or read_ago(other, fetched_at).latest
        near = at or "min" in other.lower() or "sec" in other.lower()
        if known and near:
            clock = read_clock(shown, known, shifts=True)
            if clock.zone:
                return clock
    return None


def _find_pages(page: BoardPage) -> Neighbours:
    def place_of(url: str) -> int | None:
        same = url.partition("?")[0].rstrip("/") == page.url.partition("?")[0].rstrip("/")
        return int(number_in(url, "start", "limitstart") or 0) if same else None

    links = [link for link in page.tree.select(".pagination a[href]") if not link.within("tr")]
    return find_neighbours(page, links, place_of)
