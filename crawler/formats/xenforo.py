"""What the pages of a XenForo board say, version 2 (and posts of version 1).

Source: saved pages of version 2 and other readers of both versions.
"""

from __future__ import annotations

import re

from crawler.formats.board_dates import Moment, read_stamp
from crawler.formats.boards import (
    BoardPage,
    Forum,
    Listing,
    Neighbours,
    Topic,
    TopicPage,
    build_post,
    find_neighbours,
    refuse_members_only,
)
from crawler.formats.html_tree import Element, attribute, line_of
from domain.records import ReadPost

_LISTS = "list of forums or threads of a XenForo board"
_TOPIC = "thread of a XenForo board"
_POST = "article.message--post[data-content^='post-'], #messageList > li[id^='post-']"
_NODE, _ROW = ".node--forum", ".structItem--thread"
_PLACE = re.compile(r"/page-(\d+)$")
_NUMBER = re.compile(r"[./](\d+)/?(?:page-\d+|latest|unread|post-\d+|#.*)?$")


def find_signs(tree: Element) -> tuple[str, ...]:
    """What shows that XenForo made the page."""
    why = []
    if tree.first("html#XF, html#XenForo"):
        why.append("the page's root has the id of XenForo")
    if tree.first("[data-template][data-container-key]"):
        why.append("the page names its template and container")
    return tuple(why)


def plain_url(url: str) -> str:
    """The first page of a forum or thread."""
    return re.sub(r"/(?:page-\d+|latest|unread|post-\d+)/?$", "/", url)


def watch_url(url: str, tree: Element) -> str:
    """The address to watch for a page: its forum, else the index."""
    plain = plain_url(url)
    if tree.first(_POST) is None:
        return plain
    return re.sub(r"threads/.*$", "", plain)


def read_list(page: BoardPage) -> Listing:
    """The forums and threads of an index or of a forum.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _LISTS)
    tree = page.tree
    forums = [_read_forum(row, page) for row in tree.select(_NODE)]
    topics = [_read_row(row, page) for row in tree.select(_ROW)]
    empty = tree.first(".structItemContainer, .block--category .block-row") is not None
    template = attribute(tree.first("html"), "data-template")
    empty = empty or template == "forum_view"
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
    """The posts of a page of a thread.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _TOPIC)
    title = line_of(page.tree.first("h1"))
    posts = [_read_post(tag, page, title) for tag in page.tree.select(_POST)]
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
    shown = tree.first(f"{_NODE}, {_ROW}, {_POST}, .structItemContainer")
    template = attribute(tree.first("html"), "data-template")
    if not shown and (template in ("login", "error") or tree.first("form[action$='login/login']")):
        raise refuse_members_only("shows a login or an error instead of posts", page.url)


def _read_forum(row: Element, page: BoardPage) -> Forum | None:
    link = row.first(".node-title a[href]")
    target = page.link(link) if link else ""
    number = _NUMBER.search(target)
    if not target:
        return None
    counts = " ".join(line_of(dd) for dd in row.select(".node-meta dd, .node-stats dd"))
    last = row.first(".node-extra-title[href]")
    when = attribute(row.first(".node-extra time[data-time], .node-extra time"), "datetime")
    state = " ".join(filter(None, (counts, attribute(last, "href"), when)))
    return Forum(id=number[1] if number else target, url=target, state=state)


def _read_row(row: Element, page: BoardPage) -> Topic | None:
    links = [link for link in row.select(".structItem-title a[href]") if _is_thread(link)]
    target = plain_url(page.link(links[-1])) if links else ""
    number = _NUMBER.search(target)
    if not target:
        return None
    last = row.first("time.structItem-latestDate, .structItem-cell--latest time")
    return Topic(
        id=number[1] if number else target,
        url=target,
        last_at=_read_time(last, page).latest,
        pinned=row.first(".structItem-status--sticky") is not None
        or row.within(".structItemContainer-group--sticky"),
        state=line_of(row.first(".structItem-cell--meta dd")),
    )


def _is_thread(link: Element) -> bool:
    return "labelLink" not in link.get("class") and "prefix_id" not in link.get("href")


def _read_post(tag: Element, page: BoardPage, title: str) -> ReadPost | None:
    number = (tag.get("data-content") or tag.get("id")).removeprefix("post-")
    if not number.isdigit():
        return None
    who = tag.first(".message-name [data-user-id], .message-userDetails [data-user-id]")
    user = attribute(who, "data-user-id")
    name = tag.get("data-author") or line_of(who)
    times = ".message-attribution time, .messageMeta .DateTime"
    return build_post(
        number,
        _read_time(tag.first(times), page),
        author=f"user {user}" if user.strip("0") else name,
        subject=title,
        url=f"{plain_url(page.url).rstrip('/')}/post-{number}",
    )


def _read_time(time: Element | None, page: BoardPage) -> Moment:
    """The time of an element: its Unix time, which wins over the local text."""
    stamp = attribute(time, "data-time") or attribute(time, "data-timestamp")
    return read_stamp(stamp or attribute(time, "datetime"), page.fetched_at)


def _find_pages(page: BoardPage) -> Neighbours:
    first = plain_url(page.url).rstrip("/")

    def place_of(url: str) -> int | None:
        plain = url.partition("?")[0].rstrip("/") if "index.php?" not in url else url.rstrip("/")
        found = _PLACE.search(plain)
        if plain_url(plain + "/").rstrip("/") != first:
            return None
        return int(found[1]) if found else 1

    return find_neighbours(page, page.tree.select(".pageNav a[href], .PageNav a[href]"), place_of)
