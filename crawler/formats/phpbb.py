"""What the pages of a phpBB board say, from version 3.0 to 3.3.

Source: phpBB's own templates (prosilver: forumlist_body, viewforum_body, viewtopic_body,
pagination, feed.xml.twig) and a saved page.
"""

from __future__ import annotations

import re
from datetime import datetime

from crawler.formats.board_dates import Clock, Moment, read_clock, read_moment, read_stamp
from crawler.formats.boards import (
    BoardPage,
    Forum,
    Listing,
    Topic,
    TopicPage,
    build_post,
    clean_url,
    number_in,
    refuse_members_only,
)
from crawler.formats.html_tree import Element, attribute, line_of
from domain.records import ReadPost

_LISTS = "list of forums or topics of a phpBB board"
_TOPIC = "topic of a phpBB board"
_PINNED = frozenset({"sticky", "announce", "global-announce"})
_SCRIPT = re.compile(
    r"/(?:index|viewforum|viewtopic|search|memberlist|ucp|posting|feed)\.php|/app\.php/"
)
_NAME = '[class^="username"]'


def find_signs(tree: Element) -> tuple[str, ...]:
    """What shows that phpBB made the page."""
    why = []
    if attribute(tree.first("body"), "id") == "phpbb":
        why.append("the page's body has the id phpbb")
    if tree.first('a.forumtitle[href*="viewforum.php"], a.topictitle[href*="viewtopic.php"]'):
        why.append("its forums and topics are links to viewforum.php and viewtopic.php")
    return tuple(why)


def find_root(url: str) -> str:
    """The folder of the board's scripts."""
    plain = clean_url(url)
    found = _SCRIPT.search(plain)
    return plain[: found.start() + 1] if found else plain.partition("?")[0].rpartition("/")[0] + "/"


def read_list(page: BoardPage) -> Listing:
    """The forums and topics of an index or of a page of a forum.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _LISTS)
    clock, tree = _read_clock(page), page.tree
    forums = [_read_forum(row, page) for row in tree.select("ul.topiclist.forums li.row")]
    topics = [_read_row(row, page, clock) for row in tree.select("ul.topiclist.topics li.row")]
    empty = tree.first("div.panel strong") is not None
    if not (any(forums) or any(topics) or empty):
        raise page.explain(_LISTS, ours=True)
    return Listing(
        forums=tuple(forum for forum in forums if forum),
        topics=tuple(topic for topic in topics if topic),
        older=_find_page(page, "next"),
        says_empty=empty,
        whole=page.whole,
        feed=_find_feed(page),
    )


def read_topic(page: BoardPage) -> TopicPage:
    """The posts of a page of a topic.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _TOPIC)
    clock = _read_clock(page)
    title = line_of(page.tree.first("h2.topic-title, #page-body h2"))
    posts = [_read_post(tag, page, clock, title) for tag in page.tree.select("div.post[id^=p]")]
    if not any(posts):
        raise page.explain(_TOPIC, ours=True)
    return TopicPage(
        posts=tuple(post for post in posts if post),
        newer=_find_page(page, "next"),
        older=_find_page(page, "prev"),
        last=_find_last(page),
        whole=page.whole,
    )


def _check(page: BoardPage, expected: str) -> None:
    """Raises where the page is none of phpBB's, or its login form."""
    tree = page.tree
    if not find_signs(tree):
        raise page.explain(expected, ours=False)
    rows = tree.first("li.row a.forumtitle, li.row a.topictitle, div.post[id^=p]")
    secret = tree.first("form input[type=password]")
    if secret and not rows and not secret.within("fieldset.quick-login"):
        raise refuse_members_only("asks for a login instead of showing posts", page.url)


def _read_forum(row: Element, page: BoardPage) -> Forum | None:
    """A forum's row; `None` for one that only links elsewhere."""
    link, counts = row.first("a.forumtitle"), row.first("dd.posts")
    if link is None or counts is None:
        return None
    target = page.link(link)
    number = number_in(target, "f")
    last = page.link(row.first('dd.lastpost a[href*="viewtopic.php"]'))
    state = f"{line_of(row.first('dd.topics'))} {line_of(counts)} {number_in(last, 'p') or ''}"
    return Forum(
        id=number or target,
        url=f"{find_root(page.url)}viewforum.php?f={number}" if number else target,
        state=state,
    )


def _read_row(row: Element, page: BoardPage, clock: Clock) -> Topic | None:
    link = row.first("a.topictitle")
    if link is None:
        return None
    target = page.link(link)
    number = number_in(target, "t")
    return Topic(
        id=number or target,
        url=f"{find_root(page.url)}viewtopic.php?t={number}" if number else target,
        last_at=_read_date(row.first("dd.lastpost"), page.fetched_at, clock).latest,
        pinned=bool(_PINNED & row.classes),
        state=line_of(row.first("dd.posts")),
    )


def _read_post(tag: Element, page: BoardPage, clock: Clock, title: str) -> ReadPost | None:
    number, line = attribute(tag, "id").removeprefix("p"), tag.first("p.author")
    if not number.isdigit() or line is None:
        return None
    who = tag.first(f"dl.postprofile a{_NAME}, dl.postprofile span{_NAME}")
    who = who or line.first(_NAME) or line.first("strong")
    profile = number_in(page.link(who), "u")
    return build_post(
        number,
        _read_date(line, page.fetched_at, clock),
        author=f"user {profile}" if profile else line_of(who),
        subject=line_of(tag.first("div.postbody h3")) or title,
        url=f"{find_root(page.url)}viewtopic.php?p={number}#p{number}",
    )


def _read_date(tag: Element | None, fetched_at: datetime, clock: Clock) -> Moment:
    """The date of a line: its `<time>`, else the text after the last line break or arrow."""
    if tag is None:
        return Moment()
    stamp = tag.first("time[datetime]")
    if stamp is not None:
        return read_stamp(attribute(stamp, "datetime"), fetched_at)
    texts = [text for text, within in tag.texts() if within not in ("a", "dfn", "strong")]
    return read_moment(texts[-1].rpartition("»")[2], clock, fetched_at) if texts else Moment()


def _read_clock(page: BoardPage) -> Clock:
    """The board's zone: its name at the page's foot, else its offset, else the time it is there."""
    tree = page.tree
    zone = tree.first("#page-footer span[title]")
    name, offset = attribute(zone, "title"), line_of(zone)
    if not offset:
        offset = next((text for text, _ in tree.texts() if "UTC" in text), "")
    now = line_of(next(iter(tree.select("p.time")[-1:]), None))
    return read_clock(now, page.fetched_at, zone_shown=(name, offset), shifts=True)


def _find_page(page: BoardPage, which: str) -> str | None:
    """The page of the same list or topic before or after this one."""
    side = {"next": "right", "prev": "left"}[which]
    link = page.find_link(f"li.{which} a[href], .pagination a[rel~={which}], a.{side}-box[href]")
    script = page.url.partition("?")[0]
    return link if link and link.partition("?")[0] == script else None


def _find_last(page: BoardPage) -> str | None:
    """The topic's last page, where there is one after this one."""
    pages = [page.link(link) for link in page.tree.select(".pagination a[href]")]
    starts = {int(start): link for link in pages if (start := number_in(link, "start"))}
    here = int(number_in(page.url, "start") or 0)
    return starts[max(starts)] if starts and max(starts) > here else None


def _find_feed(page: BoardPage) -> str | None:
    """The feed of posts of what the page shows: of the board, or of a forum."""
    forum = number_in(page.url, "f") if "viewforum.php" in page.url else None
    for link in page.tree.select('link[rel~=alternate][type="application/atom+xml"][href]'):
        feed = page.link(link)
        path = feed.partition("?")[0]
        named = number_in(feed, "f") or (path.rpartition("/forum/")[2] if "/forum/" in path else "")
        whole = path.endswith(("/feed.php", "/feed")) and not re.search(r"[?&](?:mode|t)=", feed)
        if (named == forum) if forum else (whole and not named):
            return feed
    return None
