"""How the samples of kunena are read, and a forum as Kunena 6 (aurelia) shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from crawler.formats.board_dates import Clock
from crawler.formats.boards import BoardPage, TopicPage
from crawler.formats.kunena import feed_url, read_list, read_topic
from tests.samples.board_talk import (
    POSTS_A_PAGE,
    TOPICS_A_PAGE,
    Forum,
    Post,
    Topic,
    build_archive,
    build_talk,
    list_forums,
    readers,
)
from tests.samples.shown import Archive, Cases
from tests.table_web import answer

ROOT = "https://www.example.org/forum"
PAGE = """<!DOCTYPE html>
<html lang="en-gb" dir="ltr">
<head>
<meta charset="utf-8">
<base href="{url}">
<meta name="generator" content="Joomla! - Open Source Content Management">
<title>{title} - Child health</title>
<link href="/media/kunena/core/css/rating.css" rel="stylesheet">
</head>
<body>
<div id="kunena" class="layout container-fluid">
{body}
</div>
</body>
</html>
"""
CATEGORY = """<tr class="category" id="category{id}">
<td colspan="1" id="kcat-icon" class="d-none d-md-table-cell"><a href="/forum/{id}-{slug}">icon</a></td>
<td colspan="6"><div><h3><a href="/forum/{id}-{slug}">{name}</a>
<small class="nowrap"><span id="kcatcount">({topics})</span></small></h3></div></td>
{last}
</tr>"""
LAST = """<td colspan="5"><div class="row"><div class="col-md-12" id="kcat-last">
<span class="lastpostlink"><a href="/forum/{forum}-x/{topic}-{slug}?start={start}#{id}">{title}</a></span>
<br><span class="lastpostby">by <a class="kwho-user" href="/forum/user/{user}-x">{name}</a></span>
<br><span class="datepost">{ago}</span></div></div></td>"""
NO_LAST = '<td colspan="5"><div class="last-post-message">No topics yet</div></td>'
ROW = """<tr class="category{sticky}">
<th scope="row" class="center d-none d-md-table-cell"><a href="/forum/{forum}-{slug}/{id}-x">icon</a></th>
<td><div><a href="/forum/{forum}-{slug}/{id}-{topic_slug}" class="topictitle">{title}</a></div>
<div class="started"><span class="ktopic-category">Category: <a href="/forum/{forum}-{slug}">x</a></span>
<br>Topic started {began}, by <a class="kwho-user" href="/forum/user/{user}-x">{name}</a></div></td>
<td class="d-none d-md-table-cell"><div class="replies">Replies:<span class="repliesnum">{replies}</span>
</div></td>
<td class="d-none d-md-table-cell"><div class="row"><div class="col-md-12">
<span class="lastpostlink"><a href="/forum/{forum}-{slug}/{id}-{topic_slug}#{last_id}">Last Post</a> by
<a class="kwho-user" href="/forum/user/{last_user}-x">{last_name}</a></span><br>
<span class="datepost">{ago}</span></div></div></td>
</tr>"""
MESSAGE = """<div class="row message">
<div class="col-md-2 shadow rounded d-none d-sm-block"><ul class="unstyled center profilebox">
<li><strong><a class="kwho-user" href="/forum/user/{user}-x">{name}</a></strong></li></ul></div>
<div class="col-md-10 shadow-lg rounded message-published">
<small class="float-end"><span class="text-muted">
<span class="kdate hasTooltip" title="{shown}">{ago}</span>
<a href="#{id}" id="{id}" rel="canonical">#{place}</a>
<span class="d-block d-sm-none">by <a class="kwho-user" href="/forum/user/{user}-x">{name}</a></span>
</span></small>
<div class="shadow-none p-4 mb-5 rounded"><div class="mykmsg-header">
<a class="kwho-user" href="/forum/user/{user}-x">{name}</a> replied the topic:
<a class="topictitle" href="/forum/x/{topic}-x#{id}">{title}</a></div>
<div class="kmsg">Words.</div></div>
</div>
</div>"""
ITEM = """<item><title>{title}</title><link>https://www.example.org/forum/x/{topic}-x#{id}</link>
<guid isPermaLink="true">https://www.example.org/forum/x/{topic}-x#{id}</guid>
<description><![CDATA[Words.]]></description><author>{name}</author><category>x</category>
<pubDate>{at}</pubDate></item>"""


def slug_of(name: str) -> str:
    return name.lower().replace(" ", "-")


def show_ago(at: datetime, now: datetime) -> str:
    days, minutes = divmod(int((now - at).total_seconds()) // 60, 24 * 60)
    if days:
        return f"{days} days {minutes // 60} hours ago"
    return f"{minutes // 60} hours {minutes % 60} minutes ago"


def show(at: datetime) -> str:
    return at.strftime("%d %b %Y %H:%M")


def pagination(path: str, page: int, pages: int, size: int) -> str:
    if pages == 1:
        return ""
    links = [
        f'<li class="page-item active"><a class="page-link">{number + 1}</a></li>'
        if number == page
        else f'<li class="page-item"><a class="page-link" href="{path}'
        f'{f"?start={number * size}" if number else ""}">{number + 1}</a></li>'
        for number in range(pages)
    ]
    return f'<nav class="d-none d-sm-block"><ul class="pagination ms-0">{"".join(links)}</ul></nav>'


def render_categories(forums: Sequence[Forum], now: datetime) -> str:
    rows = []
    for forum in forums:
        last = NO_LAST
        if forum.all_posts:
            post = forum.all_posts[-1]
            topic = next(topic for topic in forum.all_topics if post in topic.posts)
            last = LAST.format(
                forum=forum.id,
                topic=topic.id,
                slug=slug_of(topic.title),
                title=topic.title,
                start=(len(topic.pages) - 1) * POSTS_A_PAGE,
                id=post.id,
                user=post.user,
                name=post.name,
                ago=show_ago(post.at, now),
            )
        rows.append(
            CATEGORY.format(
                id=forum.id,
                slug=slug_of(forum.name),
                name=forum.name,
                topics=f"{len(forum.all_topics)} topics",
                last=last,
            )
        )
    return (
        '<div class="kfrontend shadow-lg rounded border section"><h1 class="card-header">'
        '<a href="/forum/1-all">All</a></h1><div class="section collapse show" id="section1">'
        f'<table class="table w-100">{"".join(rows)}</table></div></div>'
    )


def render_row(topic: Topic, forum: Forum, now: datetime) -> str:
    first, last = topic.posts[0], topic.last
    return ROW.format(
        id=topic.id,
        forum=forum.id,
        slug=slug_of(forum.name),
        topic_slug=slug_of(topic.title),
        title=topic.title,
        sticky="-stickymsg" if topic.pinned else "",
        began=show_ago(first.at, now),
        user=first.user,
        name=first.name,
        replies=len(topic.posts) - 1,
        last_id=last.id,
        last_user=last.user,
        last_name=last.name,
        ago=show_ago(last.at, now),
    )


def render_list(forum: Forum, page: int, now: datetime) -> str:
    path = f"/forum/{forum.id}-{slug_of(forum.name)}"
    below = render_categories(forum.forums, now) if forum.forums else ""
    rows = "".join(render_row(topic, forum, now) for topic in forum.pages[page])
    table = (
        f'<table class="table"><tbody class="category-item">{rows}</tbody></table>' if rows else ""
    )
    pages = pagination(path, page, len(forum.pages), TOPICS_A_PAGE)
    body = f'{below}{pages}<form action="/forum" method="post" id="categoryactions">{table}</form>'
    return PAGE.format(url=f"https://www.example.org{path}", title=forum.name, body=body)


def render_topic(topic: Topic, forum: Forum, page: int, now: datetime) -> str:
    path = f"/forum/{forum.id}-{slug_of(forum.name)}/{topic.id}-{slug_of(topic.title)}"
    messages = "".join(
        MESSAGE.format(
            id=post.id,
            user=post.user,
            name=post.name,
            shown=show(post.at),
            ago=show_ago(post.at, now),
            place=page * POSTS_A_PAGE + place + 1,
            topic=topic.id,
            title=topic.title,
        )
        for place, post in enumerate(topic.pages[page])
    )
    pages = pagination(path, page, len(topic.pages), POSTS_A_PAGE)
    body = (
        f'<div class="kunena-topic-item"><h1>{topic.title}</h1><div class="float-start">{pages}'
        f'</div><div class="topic-item-messages">{messages}</div></div>'
    )
    return PAGE.format(url=f"https://www.example.org{path}", title=topic.title, body=body)


def render_feed(posts: Sequence[tuple[Post, Topic]], now: datetime) -> str:
    month = [pair for pair in posts if pair[0].at > now - timedelta(days=30)]
    items = "".join(
        ITEM.format(
            id=post.id,
            topic=topic.id,
            title=topic.title,
            name=post.name,
            at=post.at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        )
        for post, topic in month
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>Recent</title>'
        "<description></description><link>https://www.example.org/forum</link>"
        f"<generator>Child health</generator>{items}</channel></rss>"
    )


def build_pages(forums: Sequence[Forum], now: datetime) -> dict:
    index = PAGE.format(url=ROOT, title="Index", body=render_categories(forums, now))
    pages = {ROOT: index}
    for forum in list_forums(forums):
        path = f"{ROOT}/{forum.id}-{slug_of(forum.name)}"
        for page in range(len(forum.pages)):
            start = f"?start={page * TOPICS_A_PAGE}" if page else ""
            pages[path + start] = render_list(forum, page, now)
        for topic in forum.topics:
            for page in range(len(topic.pages)):
                start = f"?start={page * POSTS_A_PAGE}" if page else ""
                address = f"{path}/{topic.id}-{slug_of(topic.title)}{start}"
                pages[address] = render_topic(topic, forum, page, now)
    posts = [(post, t) for forum in forums for t in forum.all_topics for post in t.posts]
    posts.sort(key=lambda pair: pair[0].at, reverse=True)
    feed = answer(render_feed(posts, now), content_type="application/rss+xml")
    return {**pages, feed_url(ROOT): feed}


@cache
def archive(now: datetime) -> Archive:
    return build_archive(ROOT, build_pages(build_talk(now), now), now)


def read_alone(page: BoardPage) -> TopicPage:
    return read_topic(page, {}, Clock())[0]


CASES = Cases(
    readers=readers(read_list, read_alone),
    matches=[
        ("https://www.example.org/forum", "kunena/normal/index.html"),
        ("https://www.example.org/forum/2-child-growth", "kunena/normal/forum.html"),
        (
            "https://www.example.org/forum/2-child-growth/12-growth-charts",
            "kunena/normal/topic.html",
        ),
    ],
    no_matches=[
        ("https://www.example.org/forum/2-child-growth", "kunena/other_platform/list.html"),
        (
            "https://www.example.org/forum/2-child-growth/12-growth-charts",
            "kunena/other_platform/topic.html",
        ),
        (
            "https://www.example.org/forum/2-child-growth/12-growth-charts",
            "kunena/must_fail/not_found.html",
        ),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={
        "https://www.example.org/forum/2-child-growth/12-growth-charts": "https://www.example.org/forum/2-child-growth"
    },
)
