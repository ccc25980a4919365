"""What the pages of a MyBB board say, version 1.8.

Source: MyBB's own templates (forumbit_depth2_forum, forumdisplay_thread, postbit, multipage,
footer) and `my_date`.
"""

from __future__ import annotations

import re

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
    refuse_members_only,
)
from crawler.formats.html_tree import Element, attribute, line_of
from domain.records import ReadPost

_LISTS = "list of forums or threads of a MyBB board"
_TOPIC = "thread of a MyBB board"
_POST = "div.post[id^='post_']"
_FORUM_LINK = "a[href*='forumdisplay.php?fid='], a[href*='forum-']"
_THREAD = re.compile(r"(?:showthread\.php\?(?:.*&)?tid=|thread-)(\d+)")
_FORUM = re.compile(r"(?:forumdisplay\.php\?(?:.*&)?fid=|forum-)(\d+)")
_USER = re.compile(r"(?:[?&]uid=|user-)(\d+)")
_PAGE = re.compile(r"(?:[?&]page=|-page-)(\d+)")
_TIME = re.compile(r"\d{1,2}:\d{2}")
_SIGNS = {
    "link[rel='alternate'][href*='syndication.php']": "the page names the board's syndication.php",
    "span.forum_status, span.thread_status": "its rows have the marks of forum or thread status",
    f"{_POST} .post_head": "its posts are built as its templates do",
}


def find_signs(tree: Element) -> tuple[str, ...]:
    """What shows that MyBB made the page."""
    why = tuple(said for sign, said in _SIGNS.items() if tree.first(sign))
    ours = tree.first("[href*='member.php?action='], [href*='misc.php?action=']")
    return why if ours or len(why) > 1 else ()


def find_root(url: str) -> str:
    """The folder of the board's scripts."""
    return clean_url(url).partition("?")[0].rpartition("/")[0] + "/"


def watch_url(url: str, tree: Element) -> str:
    """The address to watch for a page: its forum, else the index."""
    plain = _PAGE.sub("", clean_url(url))
    forum = _FORUM.search(plain)
    if forum:
        return plain
    return plain if tree.first(_POST) is None and "?" not in plain else find_root(plain)


def read_list(page: BoardPage) -> Listing:
    """The forums and threads of an index or of a forum.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _LISTS)
    tree, clock = page.tree, _read_clock(page)
    rows = [row for row in tree.select("tr") if row.first("td > span.forum_status")]
    forums = [_read_forum(row, page) for row in rows]
    topics = [_read_row(row, page, clock) for row in tree.select("tr.inline_row")]
    topics += [
        _read_row(row, page, clock)
        for row in tree.select("tr")
        if "inline_row" not in row.classes and row.first("td > span.thread_status")
    ]
    empty = bool(_FORUM.search(page.url)) and tree.first("td.trow1[colspan]") is not None
    if not (any(forums) or any(topics) or empty):
        raise page.explain(_LISTS, ours=True)
    return Listing(
        forums=tuple(forum for forum in forums if forum),
        topics=tuple(topic for topic in topics if topic),
        older=_find_pages(page, _FORUM).after,
        says_empty=empty,
        whole=page.whole,
    )


def read_topic(page: BoardPage) -> TopicPage:
    """The posts of a page of a thread.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _TOPIC)
    clock = _read_clock(page)
    posts = [_read_post(tag, page, clock) for tag in page.tree.select(_POST)]
    if not any(posts):
        raise page.explain(_TOPIC, ours=True)
    beside = _find_pages(page, _THREAD)
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
    shown = tree.first(f"span.forum_status, span.thread_status, {_POST}, td.trow1[colspan]")
    secret = tree.first("form[action*='member.php'] input[type='password']")
    if secret and not secret.within("#quick_login") and not shown:
        raise refuse_members_only("asks for a login instead of showing posts", page.url)


def _read_forum(row: Element, page: BoardPage) -> Forum | None:
    link = row.first("strong a[href]")
    target = page.link(link)
    number = _FORUM.search(target)
    cells = row.select("td")
    if number is None or len(cells) < 4:
        return None
    last = page.link(cells[-1].first("a[href]"))
    state = f"{line_of(cells[-3])} {line_of(cells[-2])} {last}"
    return Forum(id=number[1], url=_PAGE.sub("", target), state=state)


def _read_row(row: Element, page: BoardPage, clock: Clock) -> Topic | None:
    link = row.first("span[id^='tid_'] a[href], a[href*='showthread.php?tid='], a[href*='thread-']")
    target = page.link(link)
    number = _THREAD.search(target)
    if number is None:
        return None
    last, cells = row.first("span.lastpost"), row.select("td")
    return Topic(
        id=number[1],
        url=_PAGE.sub("", target),
        last_at=_read_date(last, page, clock).latest,
        pinned=row.first("[class*='forumdisplay_sticky']") is not None,
        state=" ".join(line_of(cell) for cell in cells[3:4]),
    )


def _read_post(tag: Element, page: BoardPage, clock: Clock) -> ReadPost | None:
    number, date = tag.get("id").removeprefix("post_"), tag.first(".post_date")
    if not number.isdigit() or date is None:
        return None
    who = tag.first(".author_information a[href]")
    user = _USER.search(page.link(who))
    title = line_of(page.tree.first("td.thead strong")) or line_of(page.tree.first("title"))
    return build_post(
        number,
        _read_date(date, page, clock),
        author=f"user {user[1]}" if user else line_of(tag.first(".author_information .largetext")),
        subject=title,
        url=f"{find_root(page.url)}showthread.php?pid={number}#pid{number}",
    )


def _read_date(tag: Element | None, page: BoardPage, clock: Clock) -> Moment:
    """A date as `my_date` shows it: plain, or a relative word with the date in its title."""
    if tag is None:
        return Moment()
    named = tag.first("span[title]")
    title = attribute(named, "title")
    texts = [text.strip() for text, _ in tag.texts()]
    if title and not _TIME.search(title):
        after = [text for text in texts if _TIME.search(text)]
        title = f"{title}, {after[0].lstrip(', ')}" if after else title
    for text in (title, *texts[:2], " ".join(texts[:2])):
        moment = read_moment(text, clock, page.fetched_at) if text else Moment()
        if moment.latest:
            return moment
    return read_ago(" ".join(texts[:1]), page.fetched_at)


def _read_clock(page: BoardPage) -> Clock:
    """The board's zone and order, from the time at its foot; each date has that zone's offset."""
    now = page.tree.first("#current_time, .lower #current_time, span.current_time")
    dates = [line_of(tag) for tag in page.tree.select(".post_date, span.lastpost")]
    titles = [tag.get("title") for tag in page.tree.select("span[title]")]
    return read_clock(line_of(now), page.fetched_at, dates=(*dates, *titles))


def _find_pages(page: BoardPage, kind: re.Pattern[str]) -> Neighbours:
    here = kind.search(page.url)

    def place_of(url: str) -> int | None:
        found = kind.search(url)
        if found is None or here is None or found[1] != here[1]:
            return None
        place = _PAGE.search(url)
        return int(place[1]) if place else 1

    links = [
        link for link in page.tree.select(".pagination a[href]") if not link.within("tr.inline_row")
    ]
    return find_neighbours(page, links, place_of)
