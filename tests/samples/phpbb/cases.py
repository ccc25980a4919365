"""How the samples of phpbb are read, and a board as phpBB 3.3 shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from crawler.formats.phpbb import read_list, read_topic
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

ROOT = "https://forum.example.org/"
PAGE = """<!DOCTYPE html>
<html dir="ltr" lang="en-gb">
<head>
<meta charset="utf-8" />
<title>{title} - Child health</title>
<link rel="alternate" type="application/atom+xml" title="Feed - Child health" \
href="/app.php/feed?sid=0123456789abcdef0123456789abcdef">
<link rel="alternate" type="application/atom+xml" title="Feed - New Topics" \
href="/app.php/feed?sid=0123456789abcdef0123456789abcdef?mode=topics">
</head>
<body id="phpbb" class="nojs notouch section-{section} ltr ">
<div id="wrap" class="wrap">
<div id="page-body" class="page-body" role="main">
{body}
</div>
<div id="page-footer" class="page-footer" role="contentinfo">
<div class="navbar" role="navigation"><div class="inner"><ul id="nav-footer" \
class="nav-footer linklist" role="menubar">
<li class="rightside">All times are <span title="UTC">UTC</span></li>
</ul></div></div>
<div class="copyright"><p class="footer-row"><span class="footer-copyright">Powered by phpBB&reg; \
Forum Software &copy; phpBB Limited</span></p></div>
</div>
</div>
</body>
</html>
"""
FORUM_ROW = """<li class="row">
<dl class="row-item forum_read">
<dt title="No unread posts"><div class="list-inner">
<a href="./viewforum.php?f={id}&amp;sid=0123456789abcdef0123456789abcdef" class="forumtitle">{name}</a>
<br />All about it
</div></dt>
<dd class="topics">{topics} <dfn>Topics</dfn></dd>
<dd class="posts">{posts} <dfn>Posts</dfn></dd>
<dd class="lastpost"><span>{last}</span></dd>
</dl>
</li>"""
LAST = """<dfn>Last post</dfn>
<a href="./viewtopic.php?p={id}&amp;sid=0123456789abcdef0123456789abcdef#p{id}" class="lastsubject">\
Re: …</a> <br />by <a href="./memberlist.php?mode=viewprofile&amp;u={user}" class="username">{name}</a>
<a href="./viewtopic.php?p={id}#p{id}" title="View the latest post"><i class="icon"></i></a>
<br /><time datetime="{at}">{shown}</time>"""
TOPIC_ROW = """<li class="row bg1{pinned}">
<dl class="row-item topic_read">
<dt title="No unread posts"><div class="list-inner">
<a href="./viewtopic.php?t={id}&amp;sid=0123456789abcdef0123456789abcdef" class="topictitle">{title}</a>
<br />
<div class="responsive-show" style="display: none;">Last post by <a href="./memberlist.php?\
mode=viewprofile&amp;u={last_user}" class="username">{last_name}</a> &laquo; <a href="./viewtopic.php?\
p={last_id}#p{last_id}" title="Go to last post"><time datetime="{at}">{shown}</time></a></div>
<div class="topic-poster responsive-hide left-box">by <a href="./memberlist.php?mode=viewprofile&amp;\
u={user}" class="username">{name}</a> &raquo; <time datetime="{began}">{began_shown}</time></div>
</div></dt>
<dd class="posts">{replies} <dfn>Replies</dfn></dd>
<dd class="views">7 <dfn>Views</dfn></dd>
<dd class="lastpost"><span><dfn>Last post </dfn>by <a href="./memberlist.php?mode=viewprofile&amp;\
u={last_user}" class="username">{last_name}</a>
<a href="./viewtopic.php?p={last_id}#p{last_id}" title="Go to last post"><i class="icon"></i></a>
<br /><time datetime="{at}">{shown}</time></span></dd>
</dl>
</li>"""
POST = """<div id="p{id}" class="post has-profile bg2">
<div class="inner">
<dl class="postprofile" id="profile{id}">
<dt class="no-profile-rank no-avatar">
<div class="avatar-container"></div>
<a href="./memberlist.php?mode=viewprofile&amp;u={user}" class="username">{name}</a></dt>
<dd class="profile-posts"><strong>Posts:</strong> 12</dd>
<dd class="profile-joined"><strong>Joined:</strong> Thu Jan 02, 2014 10:00 am</dd>
</dl>
<div class="postbody"><div id="post_content{id}">
<h3 class="first"><a href="#p{id}">{title}</a></h3>
<p class="author"><a class="unread" href="./viewtopic.php?p={id}#p{id}" title="Post"><i class="icon">\
</i></a><span class="responsive-hide">by <strong><a href="./memberlist.php?mode=viewprofile&amp;\
u={user}" class="username">{name}</a></strong> &raquo; </span><time datetime="{at}">{shown}</time></p>
<div class="content">Words.</div>
</div></div>
</div>
</div>
<hr class="divider" />"""
ENTRY = """<entry>
<author><name><![CDATA[{name}]]></name></author>
<updated>{at}</updated>
<published>{at}</published>
<id>https://forum.example.org/viewtopic.php?t={topic}&amp;p={id}#p{id}</id>
<link href="https://forum.example.org/viewtopic.php?t={topic}&amp;p={id}#p{id}"/>
<title type="html"><![CDATA[{title}]]></title>
<category term="x" scheme="https://forum.example.org/viewforum.php?f=2" label="x"/>
<content type="html" xml:base="https://forum.example.org/"><![CDATA[Words.]]></content>
</entry>"""


def show(at: datetime) -> str:
    return at.strftime("%a %b %d, %Y %I:%M %p")


def pagination(path: str, page: int, pages: int, size: int) -> str:
    links = []
    if page:
        links.append(
            f'<li class="arrow previous"><a class="button" href="./{path}&amp;start='
            f'{(page - 1) * size}" rel="prev" role="button">Previous</a></li>'
        )
    links += [
        f'<li class="active"><span>{number + 1}</span></li>'
        if number == page
        else f'<li><a class="button" href="./{path}&amp;start={number * size}" role="button">'
        f"{number + 1}</a></li>"
        for number in range(pages)
    ]
    if page + 1 < pages:
        links.append(
            f'<li class="arrow next"><a class="button" href="./{path}&amp;start='
            f'{(page + 1) * size}" rel="next" role="button">Next</a></li>'
        )
    return f'<div class="action-bar"><div class="pagination"><ul>{"".join(links)}</ul></div></div>'


def render_forums(forums: Sequence[Forum]) -> str:
    rows = []
    for forum in forums:
        posts = forum.all_posts
        last = "No posts<br />&nbsp;"
        if posts:
            newest = posts[-1]
            last = LAST.format(
                id=newest.id,
                user=newest.user,
                name=newest.name,
                at=newest.at.isoformat(),
                shown=show(newest.at),
            )
        rows.append(
            FORUM_ROW.format(
                id=forum.id,
                name=forum.name,
                topics=len(forum.all_topics),
                posts=len(posts),
                last=last,
            )
        )
    return (
        '<div class="forabg"><div class="inner"><ul class="topiclist"><li class="header">Forum</li>'
        f'</ul><ul class="topiclist forums">{"".join(rows)}</ul></div></div>'
    )


def render_row(topic: Topic) -> str:
    first, last = topic.posts[0], topic.last
    return TOPIC_ROW.format(
        id=topic.id,
        title=topic.title,
        pinned=" sticky" if topic.pinned else "",
        user=first.user,
        name=first.name,
        began=first.at.isoformat(),
        began_shown=show(first.at),
        last_id=last.id,
        last_user=last.user,
        last_name=last.name,
        at=last.at.isoformat(),
        shown=show(last.at),
        replies=len(topic.posts) - 1,
    )


def render_list(forum: Forum, page: int) -> str:
    topics = forum.pages[page]
    rows = "".join(map(render_row, topics))
    listed = (
        f'<div class="forumbg"><div class="inner"><ul class="topiclist topics">{rows}</ul></div>'
        "</div>"
    )
    if not topics:
        listed = (
            '<div class="panel"><div class="inner"><strong>There are no topics or posts in this '
            "forum.</strong></div></div>"
        )
    below = render_forums(forum.forums) if forum.forums and not page else ""
    pages = pagination(f"viewforum.php?f={forum.id}", page, len(forum.pages), TOPICS_A_PAGE)
    return PAGE.format(title=forum.name, section="viewforum", body=below + listed + pages)


def render_post(post: Post, title: str) -> str:
    return POST.format(
        id=post.id,
        user=post.user,
        name=post.name,
        title=title,
        at=post.at.isoformat(),
        shown=show(post.at),
    )


def render_topic(topic: Topic, page: int) -> str:
    posts = "".join(render_post(post, f"Re: {topic.title}") for post in topic.pages[page])
    pages = pagination(f"viewtopic.php?t={topic.id}", page, len(topic.pages), POSTS_A_PAGE)
    body = f'<h2 class="topic-title"><a href="#">{topic.title}</a></h2>{pages}{posts}{pages}'
    return PAGE.format(title=topic.title, section="viewtopic", body=body)


def render_index(forums: Sequence[Forum]) -> str:
    login = (
        '<form method="post" action="./ucp.php?mode=login" class="headerspace"><fieldset '
        'class="quick-login"><input type="text" name="username"><input type="password" '
        'name="password"></fieldset></form>'
    )
    now = '<p class="right responsive-center time">It is currently Wed Mar 04, 2026 12:00 pm</p>'
    return PAGE.format(title="Index", section="index", body=now + render_forums(forums) + login)


def render_feed(forums: Sequence[Forum]) -> str:
    posts = [
        (post, topic) for forum in forums for topic in forum.all_topics for post in topic.posts
    ]
    posts.sort(key=lambda pair: pair[0].at, reverse=True)
    entries = "".join(
        ENTRY.format(
            id=post.id, name=post.name, topic=topic.id, title=topic.title, at=post.at.isoformat()
        )
        for post, topic in posts[:10]
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        'xml:lang="en-gb"><title>Child health</title><updated>2026-03-04T12:00:00+00:00</updated>'
        f"<id>https://forum.example.org/app.php/feed</id>{entries}</feed>"
    )


def build_pages(forums: Sequence[Forum]) -> dict:
    pages = {f"{ROOT}index.php": render_index(forums)}
    for forum in list_forums(forums):
        for page in range(len(forum.pages)):
            start = f"&start={page * TOPICS_A_PAGE}" if page else ""
            pages[f"{ROOT}viewforum.php?f={forum.id}{start}"] = render_list(forum, page)
        for topic in forum.topics:
            for page in range(len(topic.pages)):
                start = f"&start={page * POSTS_A_PAGE}" if page else ""
                pages[f"{ROOT}viewtopic.php?t={topic.id}{start}"] = render_topic(topic, page)
            for post in topic.posts:
                page = topic.posts.index(post) // POSTS_A_PAGE
                pages[f"{ROOT}viewtopic.php?p={post.id}#p{post.id}"] = render_topic(topic, page)
    pages[f"{ROOT}app.php/feed"] = answer(render_feed(forums), content_type="application/atom+xml")
    return pages


@cache
def archive(now: datetime) -> Archive:
    return build_archive(f"{ROOT}index.php", build_pages(build_talk(now)), now)


CASES = Cases(
    readers=readers(read_list, read_topic),
    matches=[
        ("https://forum.example.org/index.php", "phpbb/normal/index.html"),
        ("https://forum.example.org/viewforum.php?f=2", "phpbb/normal/forum.html"),
        ("https://forum.example.org/viewtopic.php?t=12", "phpbb/normal/topic.html"),
        (
            "https://forum.example.org/index.php?sid=0123456789abcdef0123456789abcdef",
            "phpbb/sessions/index.html",
        ),
    ],
    no_matches=[
        ("https://forum.example.org/viewforum.php?f=2", "phpbb/other_platform/list.html"),
        ("https://forum.example.org/viewtopic.php?t=12", "phpbb/other_platform/topic.html"),
        ("https://forum.example.org/viewtopic.php?t=12", "phpbb/must_fail/not_found.html"),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={
        "https://forum.example.org/viewtopic.php?t=12": "https://forum.example.org/index.php",
        "https://forum.example.org/index.php?sid=0123456789abcdef0123456789abcdef": "https://forum.example.org/index.php",
    },
    software_hosts=frozenset({"www.phpbb.com"}),
)
