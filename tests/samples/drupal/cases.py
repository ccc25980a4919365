"""How the samples of drupal are read, and a forum as Drupal 9 shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import starmap

from crawler.formats.drupal import read_list, read_topic
from tests.samples.board_look import Look, build_look_archive, facts_of, slug_of
from tests.samples.board_talk import Forum, Topic, build_talk, list_forums, readers
from tests.samples.shown import Archive, Cases
from tests.table_web import answer

ROOT = "https://www.example.org"
PAGE = """<!DOCTYPE html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8" /><meta name="Generator" content="Drupal 9 (https://www.drupal.org)" />
<title>{title} | Child health</title></head>
<body class="path-forum">
<div class="dialog-off-canvas-main-canvas" data-off-canvas-main-canvas><div id="page">
<nav class="breadcrumb" role="navigation"><ol><li><a href="/">Home</a></li><li><a href="/forum">Forums</a></li></ol></nav>
<h1 class="page-title">{title}</h1>
<div id="block-content">
{body}
</div></div></div>
</body>
</html>
"""
FORUM = """<tr id="forum-list-{id}" class="odd"><td class="forum">
<div class="icon forum-status-default" title="No new posts"><span class="visually-hidden">No new posts</span></div>
<div class="name"><a href="/forum/{id}">{name}</a></div></td>
<td class="topics">{topics}</td><td class="posts">{posts}</td><td class="last-reply">{last}</td></tr>"""
LAST = """<span class="submitted">By <a title="View user profile." href="/user/{user}" class="username">{name}</a> {ago} ago</span>"""
ROW = """<tr class="odd"><td class="title">
<div class="icon {pinned}"><span class="visually-hidden">x</span></div>
<div class="title"><div><a href="{url}">{title}</a></div><div><span class="submitted">By <span class="username">{starter}</span> 9 years ago</span></div></div></td>
<td class="replies">{replies}</td><td class="last-reply"><span class="submitted">By <span class="username">{name}</span> {ago} ago</span></td></tr>"""
POST = """<article data-comment-user-id="{user}" id="comment-{id}" class="comment js-comment by-anonymous clearfix">
<mark class="hidden" data-comment-timestamp="{unix}"></mark>
<h3><a href="/comment/{id}#comment-{id}" class="permalink" rel="bookmark" hreflang="en">Re: {title}</a></h3>
<footer class="comment__meta"><p class="submitted">Submitted by <span class="username">{name} (not verified)</span> on {shown}</p></footer>
<div class="content"><p>Words.</p></div>
</article>"""
NODE = """<article data-history-node-id="{topic}" class="node node--type-forum node--view-mode-full clearfix">
<footer class="node__meta"><div class="node__submitted">Submitted by <span class="field field--name-uid"><span class="username">{name}</span></span> on <span class="field field--name-created">{shown}</span>
<span property="schema:dateCreated" content="{at}" class="rdf-meta hidden"></span></div></footer>
<div class="node__content clearfix"><p>Words.</p></div></article>"""


def list_url(forum: Forum, page: int) -> str:
    return f"{ROOT}/forum/{forum.id}" + (f"?page={page}" if page else "")


def topic_url(topic: Topic, page: int) -> str:
    return f"{ROOT}/forum/topic/{slug_of(topic.title)}" + (f"?page={page}" if page else "")


def pages(urls: Sequence[str], shown: int) -> str:
    def link(place: int, url: str) -> str:
        kind = " is-active" if place == shown else ""
        return f'<li class="pager__item{kind}"><a href="?page={place}">{place + 1}</a></li>'

    links = "".join(starmap(link, enumerate(urls)))
    if shown + 1 < len(urls):
        links += f'<li class="pager__item pager__item--next"><a href="?page={shown + 1}" title="Go to next page" rel="next">Next</a></li>'
    return f'<nav class="pager" role="navigation"><ul class="pager__items js-pager__items">{links}</ul></nav>'


LOOK = Look(
    index_url=f"{ROOT}/forum",
    list_url=list_url,
    topic_url=topic_url,
    page=PAGE,
    forums='<div class="forum"><table id="forum-0"><thead><tr><th>Forum</th><th>Topics</th><th>Posts</th><th>Last post</th></tr></thead><tbody>{rows}</tbody></table></div>',
    forum=FORUM,
    last=LAST,
    no_last="n/a",
    topics='<div class="forum"><table id="forum-topic-2" class="responsive-enabled"><thead><tr><th>Topic</th><th>Replies</th><th>Last reply</th></tr></thead><tbody>{rows}</tbody></table>{pages}</div>',
    topic=ROW,
    pinned="topic-status-sticky",
    no_topics='<div class="forum"></div>',
    posts='<section class="comment-wrapper">{rows}{pages}</section>',
    post=POST,
    pages=pages,
    show=lambda at: at.strftime("%a, %m/%d/%Y - %H:%M"),
)


def with_node(archive: Archive, now: datetime) -> Archive:
    """The same with the node on each page of its topic, in place of the first post's comment."""
    table = dict(archive.pages)
    for forum in list_forums(build_talk(now)):
        for topic in forum.topics:
            facts = facts_of(LOOK, topic.posts[0], topic, now)
            first = POST.format(**facts, place=0, url="").encode()
            for number in range(len(topic.pages)):
                url = topic_url(topic, number)
                body = table[url].body.replace(first, b"")
                body = body.replace(
                    b'<section class="c', NODE.format(**facts).encode() + b'<section class="c'
                )
                table[url] = answer(body, content_type="text/html; charset=utf-8")
    return Archive(
        url=archive.url, pages=table, posts=archive.posts, first_at=archive.first_at,
        last_at=archive.last_at,
    )  # fmt: skip


@cache
def archive(now: datetime) -> Archive:
    return with_node(build_look_archive(LOOK, now), now)


CASES = Cases(
    readers=readers(read_list, read_topic),
    matches=[
        ("https://www.example.org/forum", "drupal/normal/index.html"),
        ("https://www.example.org/forum/2", "drupal/normal/forum.html"),
        ("https://www.example.org/forum/topic/growth-charts", "drupal/normal/topic.html"),
        ("https://www.example.org/forum/4", "drupal/version_7/forum.html"),
    ],
    no_matches=[
        ("https://www.example.org/forum/2", "drupal/other_platform/list.html"),
        ("https://www.example.org/forum/topic/growth-charts", "drupal/other_platform/topic.html"),
        ("https://www.example.org/forum/topic/growth-charts", "drupal/must_fail/not_found.html"),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={
        "https://www.example.org/forum/topic/growth-charts": "https://www.example.org/forum"
    },
    software_hosts=frozenset({"www.drupal.org", "drupal.org"}),
)
