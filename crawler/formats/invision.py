"""What the pages of an Invision Community forum (IPS 4 and 5) say.

Source: the markup that its templates write (forums: index, forumDisplay, topicRow; core:
commentContainer), as saved pages and other readers show it.
"""

from __future__ import annotations

import re

from crawler.formats.board_dates import read_stamp
from crawler.formats.boards import (
    BoardPage,
    Forum,
    Listing,
    Topic,
    TopicPage,
    build_post,
    refuse_members_only,
)
from crawler.formats.html_tree import Element, attribute, line_of
from domain.records import ReadPost

_LISTS = "list of forums or topics of an Invision Community"
_TOPIC = "topic of an Invision Community"
_SIGNS = {
    "[data-forumid]": "its forums are rows with data-forumid",
    "[data-rowid] [href*='/topic/']": "its topics are rows with data-rowid",
    "article[id^='elComment_']": "its posts are articles named elComment_",
    "#ipsLayout_mainArea, #ipsLayout_main": "an element has the id of its layout (ipsLayout)",
}
_POST = "article[id^='elComment_']"
_PAGE_OF = re.compile(r"page/\d+/?$")
_NUMBER = re.compile(r"/(?:topic|forum|profile)/(\d+)")
_PINNED = ".ipsBadge_pinned, .fa-thumb-tack, .fa-thumbtack, [data-pinned='true']"


def find_signs(tree: Element) -> tuple[str, ...]:
    """What shows that Invision Community made the page."""
    return tuple(said for sign, said in _SIGNS.items() if tree.first(sign))


def plain_url(url: str) -> str:
    """The first page of a forum or topic, without what a link asks for besides."""
    path, mark, query = url.partition("?")
    # Without rewriting, the path itself stands in the query.
    kept = f"?{query.partition('&')[0]}" if mark and query.startswith("/") else ""
    return _PAGE_OF.sub("", path + kept)


def watch_url(url: str, tree: Element) -> str:
    """The address to watch for a page: its forum, else the index."""
    plain = plain_url(url)
    if tree.first(_POST) is None:
        return plain
    return re.sub(r"/topic/.*$", "/", plain)


def read_list(page: BoardPage) -> Listing:
    """The forums and topics of an index or of a forum.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _LISTS)
    tree = page.tree
    forums = [_read_forum(row, page) for row in tree.select("[data-forumid]")]
    topics = [_read_row(row, page) for row in tree.select("[data-rowid]")]
    empty = tree.first("[data-controller*='forums.front.forum.forumPage'], .cForumTopicTable")
    if not (any(forums) or any(topics) or empty):
        raise page.explain(_LISTS, ours=True)
    return Listing(
        forums=tuple(forum for forum in forums if forum),
        topics=tuple(topic for topic in topics if topic),
        older=_find_page(page, "next"),
        says_empty=empty is not None,
        whole=page.whole,
    )


def read_topic(page: BoardPage) -> TopicPage:
    """The posts of a page of a topic.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _TOPIC)
    title = line_of(page.tree.first("h1"))
    posts = [_read_post(tag, page, title) for tag in page.tree.select(_POST)]
    if not any(posts):
        raise page.explain(_TOPIC, ours=True)
    last = page.find_link("link[rel='last'][href]")
    return TopicPage(
        posts=tuple(post for post in posts if post),
        newer=_find_page(page, "next"),
        older=_find_page(page, "prev"),
        last=last if last != page.url else None,
        whole=page.whole,
    )


def _check(page: BoardPage, expected: str) -> None:
    tree = page.tree
    if not find_signs(tree):
        raise page.explain(expected, ours=False)
    shown = tree.first(f"[data-forumid], [data-rowid], {_POST}")
    secret = tree.first("form[data-controller*='login'] input[type='password'], #elSignIn_submit")
    error = tree.first("#elError, .ipsErrorMessage")
    if not shown and (secret or error):
        raise refuse_members_only("shows an error or a login instead of posts", page.url)


def _read_forum(row: Element, page: BoardPage) -> Forum | None:
    link = row.first("a[href*='/forum/']")
    if link is None:
        return None
    last = page.link(row.first("a[href*='/topic/']")).partition("?")[0]
    when = attribute(row.first("time[datetime]"), "datetime")
    count = line_of(row.first(".ipsDataItem_stats_number, .ipsData__stats, [data-stattype]"))
    return Forum(
        id=row.get("data-forumid"),
        url=plain_url(page.link(link)),
        state=" ".join(filter(None, (count, last, when))),
    )


def _read_row(row: Element, page: BoardPage) -> Topic | None:
    link = row.first("a[href*='/topic/']")
    target = plain_url(page.link(link)) if link else ""
    if not target:
        return None
    times = row.select("time[datetime]")
    last = row.first("[class*='lastPoster'] time[datetime], [class*='__last'] time[datetime]")
    last = last or (times[-1] if times else None)
    return Topic(
        id=row.get("data-rowid"),
        url=target,
        last_at=read_stamp(attribute(last, "datetime"), page.fetched_at).latest,
        pinned=row.first(_PINNED) is not None,
        state=line_of(row.first("[data-stattype='forums_comments']")),
    )


def _read_post(tag: Element, page: BoardPage, title: str) -> ReadPost | None:
    number = tag.get("id").removeprefix("elComment_")
    times = [time for time in tag.select("time[datetime]") if not time.within("aside, blockquote")]
    if not number.isdigit():
        return None
    who = tag.first("[class*='uthor'] a[href*='/profile/'], a[class*='ipsUsername']")
    named = who or tag.first("[class*='cAuthorPane_author'], [class*='ipsUsername']")
    profile = _NUMBER.search(page.link(who))
    when = attribute(times[0], "datetime") if times else ""
    return build_post(
        number,
        read_stamp(when, page.fetched_at),
        author=f"user {profile[1]}" if profile else line_of(named),
        subject=title,
        url=f"{plain_url(page.url)}?do=findComment&comment={number}",
    )


def _find_page(page: BoardPage, which: str) -> str | None:
    named = page.find_link(f"link[rel='{which}'][href]")
    shown = page.find_link(f"li.ipsPagination_{which}:not(.ipsPagination_inactive) a[href]")
    link = named or shown
    return link if link and link != page.url else None
