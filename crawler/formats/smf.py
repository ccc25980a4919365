"""What the pages of a Simple Machines forum say, versions 2.0 and 2.1.

Source: SMF's own templates (BoardIndex, MessageIndex, Display, index).
"""

from __future__ import annotations

import re

from crawler.formats.board_dates import Clock, Moment, read_clock, read_moment
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
    read_count,
    refuse_members_only,
)
from crawler.formats.html_tree import Element, line_of
from domain.records import ReadPost

_LISTS = "list of boards or topics of a Simple Machines forum"
_TOPIC = "topic of a Simple Machines forum"
_BOARD_ID = re.compile(r"board_(\d+)$")
_PLACE = re.compile(r"[?&;](?:topic|board)=\d+\.(\d+)")
_LEAD = re.compile(r"^.*?(?:on|am|le|el|il|em)\s*:\s*", re.IGNORECASE)
_SIGNS = {
    "[id^='board_'] a.subject": "its boards are rows with the ids and links of its templates",
    "#messageindex": "the page has its messageindex",
    "#forumposts": "the page has its forumposts",
    "script[src*='/Themes/default/scripts/']": "it uses scripts of its default theme",
}


def find_signs(tree: Element) -> tuple[str, ...]:
    """What shows that Simple Machines made the page."""
    return tuple(said for sign, said in _SIGNS.items() if tree.first(sign))


def find_root(url: str) -> str:
    """The address of the forum's script."""
    return clean_url(url).partition("?")[0].rpartition("/")[0] + "/index.php"


def watch_url(url: str, tree: Element) -> str:
    """The address to watch for a page: its board, else the index."""
    plain = clean_url(url)
    del tree
    board = number_in(plain, "board")
    if board:
        return f"{find_root(plain)}?board={board}.0"
    return plain if "?" not in plain and "topic" not in plain else find_root(plain)


def read_list(page: BoardPage) -> Listing:
    """The boards and topics of an index or of a board.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _LISTS)
    tree, clock = page.tree, _read_clock(page)
    forums = [_read_board(row, page) for row in tree.select("[id^='board_']")]
    links = tree.select("#messageindex [id^='msg_'] a[href*='topic=']")
    topics = [_read_row(link, page, clock) for link in links]
    empty = tree.first("#messageindex") is not None
    if not (any(forums) or any(topics) or empty):
        raise page.explain(_LISTS, ours=True)
    return Listing(
        forums=tuple(forum for forum in forums if forum),
        topics=tuple(topic for topic in topics if topic),
        older=_find_pages(page).after,
        says_empty=empty,
        whole=page.whole,
    )


def read_topic(page: BoardPage) -> TopicPage:
    """The posts of a page of a topic.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _TOPIC)
    clock = _read_clock(page)
    posts = [_read_post(tag, page, clock) for tag in page.tree.select("[id^='subject_']")]
    if not any(posts):
        raise page.explain(_TOPIC, ours=True)
    beside = _find_pages(page)
    return TopicPage(
        posts=tuple(post for post in posts if post),
        newer=beside.after,
        older=beside.before,
        last=beside.last,
        whole=page.whole,
    )


def _check(page: BoardPage, expected: str) -> None:
    tree = page.tree
    if not find_signs(tree):
        raise page.explain(expected, ours=False)
    shown = tree.first("[id^='board_'], #messageindex, [id^='subject_']")
    if not shown and tree.first("#fatal_error, #frmLogin input[type='password']"):
        raise refuse_members_only("shows an error or a login instead of posts", page.url)


def _read_board(row: Element, page: BoardPage) -> Forum | None:
    """A board's row; `None` for one that only leads elsewhere, and for the row of its children."""
    number = _BOARD_ID.search(row.get("id"))
    link = row.first("a.subject[href*='board=']")
    if number is None or link is None:
        return None
    last = page.link(row.first(".lastpost a[href*='.msg']"))
    counts = line_of(row.first(".stats, .board_stats"))
    return Forum(
        id=number[1], url=f"{find_root(page.url)}?board={number[1]}.0", state=f"{counts} {last}"
    )


def _read_row(link: Element, page: BoardPage, clock: Clock) -> Topic | None:
    number = number_in(page.link(link), "topic")
    row = next((box for box in link.around() if box.first(".lastpost")), None)
    if number is None or row is None or row.get("id") == "topic_container":
        return None
    last = row.first(".lastpost")
    sticky = "sticky" in row.get("class") or row.first(".main_icons.sticky, [class*='stickybg']")
    return Topic(
        id=number,
        url=f"{find_root(page.url)}?topic={number}.0",
        last_at=_read_date(last, page, clock).latest,
        pinned=bool(sticky),
        state=str(read_count(line_of(row.first(".stats, .board_stats")))),
    )


def _read_post(tag: Element, page: BoardPage, clock: Clock) -> ReadPost | None:
    number = tag.get("id").removeprefix("subject_")
    box = next((b for b in tag.around() if "post_wrapper" in b.classes), None)
    if box is None or not number.isdigit():
        return None
    who = box.first(".poster h4 a[href*='u=']")
    user = number_in(page.link(who), "u")
    topic = number_in(page.url, "topic")
    date = box.first(".postinfo a.smalltext, .keyinfo div.smalltext")
    return build_post(
        number,
        _read_date(date, page, clock),
        author=f"user {user}" if user else line_of(box.first(".poster h4")),
        subject=line_of(tag),
        url=f"{find_root(page.url)}?topic={topic}.msg{number}#msg{number}",
    )


def _read_date(tag: Element | None, page: BoardPage, clock: Clock) -> Moment:
    """The date in a cell: the first of its texts, or of its lines, that is one."""
    if tag is None:
        return Moment()
    texts = [text for text, _ in tag.texts()]
    joined = [" ".join(texts[at : at + 2]) for at in range(len(texts))]
    for text in (*joined, *texts):
        for part in (text, _LEAD.sub("", text)):
            moment = read_moment(part, clock, page.fetched_at)
            if moment.latest and ":" in part:
                return moment
    return Moment()


def _read_clock(page: BoardPage) -> Clock:
    """The board's zone, from the time that stands at its head."""
    shown = page.tree.first("div.user time, #inner_section time, div.user, #userarea, .news time")
    texts = [text for text, _ in shown.texts()] if shown else []
    for text in reversed(texts):
        clock = read_clock(text, page.fetched_at, shifts=True)
        if clock.zone:
            return clock
    return Clock()


def _find_pages(page: BoardPage) -> Neighbours:
    kind = "topic" if number_in(page.url, "topic") else "board"
    here = number_in(page.url, kind)

    def place_of(url: str) -> int | None:
        if number_in(url, kind) != here or here is None:
            return None
        found = _PLACE.search(url)
        return int(found[1]) if found else 0 if url == page.url else None

    return find_neighbours(page, page.tree.select(".pagelinks a[href]"), place_of)
