"""What the forum pages of a Drupal site say, from version 6 to 10.

Source: Drupal's own templates (forum-list, forum-topic-list, forum-submitted, comment, node) and
its RDF and history modules.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import timezone

from crawler.formats.board_dates import Clock, Moment, read_ago, read_clock, read_moment, read_stamp
from crawler.formats.boards import (
    BoardPage,
    Forum,
    Listing,
    Topic,
    TopicPage,
    build_post,
    clean_url,
    refuse_members_only,
)
from crawler.formats.html_tree import Element, attribute, line_of
from domain.records import ReadPost

_LISTS = "list of forums or topics of a Drupal forum"
_TOPIC = "topic of a Drupal forum"
_FORUM_ROW = "tr[id^='forum-list-']"
_TOPICS = "table[id^='forum-topic-']"
_NODE = ".node, [data-history-node-id]"
_NUMBER = re.compile(r"(\d+)$")
_ON = re.compile(r"\b(?:on|am|le|el|em|il)\b\s+", re.IGNORECASE)
_NOT_VERIFIED = re.compile(r"\s*\((?:not verified|unverified|nicht überprüft)\)\s*$", re.IGNORECASE)
_STAMPS = (
    "[property~='dc:created'][content], [property~='schema:dateCreated'][content], "
    "[property~='dc:date'][content]"
)


def find_signs(tree: Element) -> tuple[str, ...]:
    """What shows that Drupal's forum made the page."""
    why = []
    generator = tree.first("meta[name='Generator'], meta[name='generator']")
    if attribute(generator, "content").startswith("Drupal"):
        why.append(f"the page says it is made by {attribute(generator, 'content')[:9].strip()}")
    if tree.first(_FORUM_ROW):
        why.append("its forums are rows named forum-list-")
    if tree.first(_TOPICS):
        why.append("its topics are a table named forum-topic-")
    if tree.first(".node-forum, .node--type-forum"):
        why.append("the page is a node of the type forum")
    return tuple(why) if len(why) > 1 or tree.first(f"{_FORUM_ROW}, {_TOPICS}") else ()


def watch_url(url: str, tree: Element) -> str:
    """The address to watch for a page: its forum, else that of all forums."""
    plain = re.sub(r"[?&]page=\d+", "", clean_url(url))
    if tree.first(f"{_FORUM_ROW}, {_TOPICS}"):
        return plain
    links = tree.select(".breadcrumb a[href*='/forum']")
    return clean_url(links[-1].get("href"), url) if links else plain


def read_list(page: BoardPage) -> Listing:
    """The forums and topics of the forums' page or of a forum.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _LISTS)
    tree = page.tree
    forums = [_read_forum(row, page) for row in tree.select(_FORUM_ROW)]
    topics = [_read_row(row, page) for row in tree.select(f"{_TOPICS} tbody tr")]
    empty = tree.first(f"{_TOPICS}, #forum, .forum") is not None
    if not (any(forums) or any(topics) or empty):
        raise page.explain(_LISTS, ours=True)
    return Listing(
        forums=tuple(forum for forum in forums if forum),
        topics=tuple(topic for topic in topics if topic),
        older=_find_next(page),
        says_empty=empty,
        whole=page.whole,
    )


def read_topic(page: BoardPage) -> TopicPage:
    """The node and the comments of a page of a topic; comments may be threaded, not in order.

    Raises: Refused, Gone, Unparseable.
    """
    _check(page, _TOPIC)
    tree = page.tree
    node = tree.first("[data-history-node-id], div[id^='node-'].node, article[id^='node-'].node")
    node = node or tree.first(_NODE)
    if node is None:
        raise page.explain(_TOPIC, ours=True)
    comments = [tag for tag in tree.select(".comment") if _comment_id(tag)]
    clock = _learn_clock(comments, page)
    title = line_of(tree.first("h1"))
    first = _read_node(node, page, clock, title)
    posts = [_read_comment(tag, page, clock, title) for tag in comments]
    newer = _find_next(page)
    return TopicPage(posts=(first, *posts), newer=newer, root=first.post_id, whole=page.whole)


def _check(page: BoardPage, expected: str) -> None:
    tree = page.tree
    shown = tree.first(f"{_FORUM_ROW}, {_TOPICS}, .node-forum, .node--type-forum")
    generator = attribute(tree.first("meta[name='Generator']"), "content")
    if shown:
        return
    if tree.first("form#user-login-form, form#user-login"):
        raise refuse_members_only("asks for a login instead of showing posts", page.url)
    ours = generator.startswith("Drupal") and tree.first("#forum, .forum, .node") is not None
    if not ours:
        raise page.explain(expected, ours=False)


def _read_forum(row: Element, page: BoardPage) -> Forum | None:
    """A forum's row; `None` for a container of forums."""
    link = row.first(".name a[href], .forum__name a[href], a[href]")
    posts = row.first(".posts, .forum__posts")
    number = _NUMBER.search(row.get("id"))
    if link is None or posts is None or number is None:
        return None
    last = row.first(".last-reply, .forum__last-reply")
    who = line_of(last.first(".username, a") if last else None)
    topics = re.sub(r"\D.*", "", line_of(row.first(".topics, .forum__topics")))
    state = f"{topics} {line_of(posts)} {who}"
    return Forum(id=number[1], url=page.link(link), state=state)


def _read_row(row: Element, page: BoardPage) -> Topic | None:
    link = row.first(".title a[href], .forum__title a[href], .topic a[href]")
    last = row.first(".last-reply, .forum__last-reply")
    if link is None or last is None:
        return None
    target = page.link(link)
    when = read_ago(line_of(last), page.fetched_at).latest
    began = row.select("td.title > div, .submitted, .forum__submitted")
    # Without an answer the last that was written is the topic itself.
    when = when or read_ago(line_of(began[-1]) if began else "", page.fetched_at).latest
    return Topic(
        id=target,
        url=target,
        last_at=when,
        pinned=row.first("[class*='sticky']") is not None,
        state=line_of(row.first(".replies, .forum__replies")),
    )


def _read_node(node: Element, page: BoardPage, clock: Clock, title: str) -> ReadPost:
    number = node.get("data-history-node-id") or node.get("id").removeprefix("node-")
    short = page.link(page.tree.first("link[rel='shortlink']")).rpartition("/node/")[2]
    box = node.first(".submitted, .node__meta, .meta") or node
    return build_post(
        f"node-{number or short or page.url}",
        _read_date(box, page, clock),
        author=_read_author(box),
        subject=title,
        url=page.url.partition("?")[0],
    )


def _comment_id(tag: Element) -> str | None:
    named = tag.get("id") or attribute(tag.first("a[id^='comment-']"), "id")
    before = tag.node.getprevious()
    if not named and before is not None and (before.get("id") or "").startswith("comment-"):
        named = before.get("id") or ""
    return named if re.fullmatch(r"comment-\d+", named) else None


def _read_comment(tag: Element, page: BoardPage, clock: Clock, title: str) -> ReadPost:
    number = _comment_id(tag) or ""
    box = tag.first(".submitted, .comment__meta, footer") or tag
    return build_post(
        number,
        _read_date(box, page, clock, tag),
        author=_read_author(box) or _read_author(tag),
        subject=line_of(tag.first("h3")) or title,
        url=f"{page.url}#{number}",
    )


def _read_author(box: Element) -> str:
    who = box.first(".username, [rel~='author'], .comment__author a, a[href*='/user']")
    return _NOT_VERIFIED.sub("", line_of(who))


def _read_date(
    box: Element, page: BoardPage, clock: Clock, around: Element | None = None
) -> Moment:
    """The best date in the line of who wrote when: a stamp, else the local text."""
    for part in filter(None, (box, around)):
        stamp = part.first("time[datetime]")
        content = part.first(_STAMPS)
        text = attribute(stamp, "datetime") or attribute(content, "content")
        if text:
            return read_stamp(text, page.fetched_at)
    return _read_text(box, page, clock)


def _read_text(box: Element, page: BoardPage, clock: Clock) -> Moment:
    for text, _ in box.texts():
        for part in (text, *_ON.split(text)[-1:]):
            moment = read_moment(part, clock, page.fetched_at)
            if moment.latest:
                return moment
    return Moment()


def _learn_clock(comments: list[Element], page: BoardPage) -> Clock:
    """The site's zone, from comments that show a Unix time beside their local one.

    That time is of the last change: where the two are whole quarters of an hour apart for most
    comments, the difference is the zone.
    """
    found: Counter[timezone] = Counter()
    for tag in comments:
        stamp = attribute(tag.first("[data-comment-timestamp]"), "data-comment-timestamp")
        known = read_stamp(stamp, page.fetched_at).at
        box = tag.first(".submitted, .comment__meta, footer")
        if known is None or box is None:
            continue
        for text, _ in box.texts():
            for part in (text, *_ON.split(text)[-1:]):
                zone = read_clock(part, known).zone
                if isinstance(zone, timezone):
                    found[zone] += 1
    return Clock(zone=found.most_common(1)[0][0], shifts=True) if found else Clock()


def _find_next(page: BoardPage) -> str | None:
    return page.find_link("li.pager-next a[href], .pager__item--next a[href], .pager a[rel='next']")
