"""What the pages of a vBulletin board say, versions 3 and 4.

Source: the markup of saved pages and of other readers of both versions.
"""

from __future__ import annotations

import re
from dataclasses import replace

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
    read_count,
    refuse_members_only,
)
from crawler.formats.html_tree import Element, line_of
from domain.records import ReadPost

_LISTS = "list of forums or threads of a vBulletin board"
_TOPIC = "thread of a vBulletin board"
_POST = "li[id^='post_'], table[id^='post']"
_POST_ID = re.compile(r"^post_?(\d+)$")
_THREAD_ID = re.compile(r"^thread_title_(\d+)$")
_FORUM = re.compile(r"forumdisplay\.php(?:\?(?:.*[&;])?f=|[?/])(\d+)")
_THREAD = re.compile(r"showthread\.php(?:\?(?:.*[&;])?t=|[?/])(\d+)")
_USER = re.compile(r"member\.php(?:\?(?:.*[&;])?u=|[?/])(\d+)")
_PAGE = re.compile(r"(?:[?&;]page=|/page)(\d+)")
_ZONE = re.compile(r"GMT(?:\s*[+-]\s*\d{1,2}(?::\d\d)?)?")
_SIGNS = {
    "script[src*='vbulletin_'], script[src*='clientscript/vbulletin']": "it uses its scripts",
    "link[href*='vbulletin_css'], link[href*='css.php?styleid=']": "it uses its style sheets",
    "meta[name='generator'][content^='vBulletin']": "the page names vBulletin as its maker",
    "#threadbits_forum, [id^='thread_title_']": "its threads have the ids of its templates",
}


def find_signs(tree: Element) -> tuple[str, ...]:
    """What shows that vBulletin made the page."""
    return tuple(said for sign, said in _SIGNS.items() if tree.first(sign))


def find_root(url: str) -> str:
    """The folder of the board's scripts."""
    plain = clean_url(url)
    found = re.search(r"/[a-z]+\.php", plain)
    return plain[: found.start() + 1] if found else plain.partition("?")[0].rpartition("/")[0] + "/"


def watch_url(url: str, tree: Element) -> str:
    """The address to watch for a page: its forum, else the index."""
    del tree
    plain = clean_url(url)
    forum = _FORUM.search(plain)
    if forum:
        return f"{find_root(plain)}forumdisplay.php?f={forum[1]}"
    return plain if not _THREAD.search(plain) else find_root(plain)


def learn_clock(page: BoardPage, before: Clock) -> Clock:
    """The board's zone and order of dates, from this page and from those before it."""
    texts = [text for text, _ in page.tree.texts()]
    said = next((found[0] for text in texts if (found := _ZONE.search(text))), "")
    dates = [text for text in texts if len(text) < 60]
    clock = read_clock("", page.fetched_at, zone_shown=(said,), dates=dates)
    if clock.day_first is None:
        clock = replace(clock, day_first=before.day_first)
    return clock if clock.zone else replace(clock, zone=before.zone)


def read_list(page: BoardPage, clock: Clock) -> Listing:
    """The forums and threads of an index or of a forum.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _LISTS)
    tree = page.tree
    forums = [_read_forum(row, page) for row in tree.select("li[id^='forum'], td[id^='f']")]
    topics = [_read_row(link, page, clock) for link in tree.select("a[id^='thread_title_']")]
    empty = tree.first("#threadlist, #threadslist, [id^='threadbits_forum_']") is not None
    if not (any(forums) or any(topics) or empty):
        raise page.explain(_LISTS, ours=True)
    return Listing(
        forums=tuple(forum for forum in forums if forum),
        topics=tuple(topic for topic in topics if topic),
        older=_find_pages(page, _FORUM).after,
        says_empty=empty,
        whole=page.whole,
    )


def read_topic(page: BoardPage, clock: Clock) -> TopicPage:
    """The posts of a page of a thread.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _TOPIC)
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
    shown = tree.first(f"li[id^='forum'], td[id^='f'] a, [id^='thread_title_'], {_POST}")
    shown = shown or tree.first("#threadlist, #threadslist")
    secret = tree.first("form[action*='login.php'] input[type='password']")
    if secret and not shown:
        raise refuse_members_only("asks for a login instead of showing posts", page.url)


def _read_forum(row: Element, page: BoardPage) -> Forum | None:
    link = row.first(".forumtitle a[href], a[href*='forumdisplay.php']")
    number = _FORUM.search(page.link(link))
    if number is None:
        return None
    whole = row if row.tag == "li" else next(row.around(), row)
    last = page.link(whole.first("a[href*='showthread.php?p='], a.lastpostdate, .lastpostby + a"))
    last = last or page.link(whole.first("a[href*='showthread.php']"))
    stats = line_of(whole.first(".forumstats")) or " ".join(
        line_of(cell) for cell in whole.select("td")[-2:]
    )
    url = f"{find_root(page.url)}forumdisplay.php?f={number[1]}"
    return Forum(id=number[1], url=url, state=f"{stats} {last}")


def _read_row(link: Element, page: BoardPage, clock: Clock) -> Topic | None:
    number = _THREAD_ID.search(link.get("id"))
    row = next((box for box in link.around() if box.tag in ("li", "tr")), None)
    if number is None or row is None:
        return None
    v4 = row.first(".threadlastpost")
    last = v4 or next((cell for cell in row.select("td") if cell.first("a[href*='p=']")), None)
    sticky = row.within("#stickies") or row.first("img[src*='sticky'], img[alt*='ticky']")
    return Topic(
        id=number[1],
        url=f"{find_root(page.url)}showthread.php?t={number[1]}",
        last_at=_read_date(last, page, clock).latest,
        pinned=bool(sticky),
        state=str(read_count(line_of(row.first(".threadstats")))),
    )


def _read_post(tag: Element, page: BoardPage, clock: Clock) -> ReadPost | None:
    number = _POST_ID.search(tag.get("id"))
    date = tag.first(".postdate, td.thead")
    if number is None or date is None:
        return None
    who = tag.first("a.username, a.bigusername, .username_container .username, .bigusername")
    user = _USER.search(page.link(who))
    title = line_of(page.tree.first(".threadtitle a, .threadtitle")) or line_of(
        page.tree.first("title")
    )
    return build_post(
        number[1],
        _read_date(date, page, clock),
        author=f"user {user[1]}" if user else line_of(who),
        subject=title,
        url=f"{find_root(page.url)}showthread.php?p={number[1]}#post{number[1]}",
    )


def _read_date(tag: Element | None, page: BoardPage, clock: Clock) -> Moment:
    """The date in a cell: two texts in a row, the day and the time, or one."""
    if tag is None:
        return Moment()
    texts = [" ".join(text.split()) for text, _ in tag.texts()]
    pairs = [f"{texts[at].rstrip(',')}, {texts[at + 1]}" for at in range(len(texts) - 1)]
    for text in (*pairs, *texts):
        moment = read_moment(text, clock, page.fetched_at)
        if moment.latest and ":" in text:
            return moment
    return Moment()


def _find_pages(page: BoardPage, kind: re.Pattern[str]) -> Neighbours:
    here = kind.search(page.url)

    def place_of(url: str) -> int | None:
        found = kind.search(url)
        if found is None or here is None or found[1] != here[1]:
            return None
        place = _PAGE.search(url)
        return int(place[1]) if place else 1

    links = page.tree.select(".pagination a[href], .pagenav a[href]")
    links = [link for link in links if not link.within("[id^='thread_'], [id^='td_threadtitle_']")]
    return find_neighbours(page, links, place_of)
