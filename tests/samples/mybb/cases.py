"""How the samples of mybb are read, and a board as MyBB 1.8 shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from crawler.formats.mybb import read_list, read_topic
from tests.samples.board_look import Look, build_look_archive
from tests.samples.board_talk import Forum, Topic, readers
from tests.samples.shown import Archive, Cases

ROOT = "https://forum.example.org/"
PAGE = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xml:lang="en" lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<title>Child health - {title}</title>
<link rel="alternate" type="application/rss+xml" title="Latest Threads (RSS 2.0)" href="https://forum.example.org/syndication.php" />
<link rel="alternate" type="application/atom+xml" title="Latest Threads (Atom 1.0)" href="https://forum.example.org/syndication.php?type=atom1.0" />
</head>
<body>
<div id="container"><div id="header"><div id="panel"><div class="upper"><div class="wrapper"><span class="welcome">Hello There, Guest! <a href="https://forum.example.org/member.php?action=login" class="login">Login</a> <a href="https://forum.example.org/member.php?action=register" class="register">Register</a></span>
<div class="modal" id="quick_login" style="display: none;"><form method="post" action="https://forum.example.org/member.php"><input name="quick_username" type="text" /><input name="quick_password" type="password" /></form></div>
</div></div></div></div>
<div id="content"><div class="wrapper">
{body}
</div></div>
<div id="footer"><div class="lower"><div class="wrapper"><span id="current_time"><strong>Current time:</strong> {now}</span></div></div></div>
</div>
</body>
</html>
"""
FORUM = """<tr>
<td class="trow1" align="center" width="1"><span class="forum_status forum_off ajax_mark_read" title="Forum Contains no New Posts" id="mark_read_{id}"></span></td>
<td class="trow1"><strong><a href="forumdisplay.php?fid={id}">{name}</a></strong><div class="smalltext">All about it</div></td>
<td class="trow1" align="center" style="white-space: nowrap">{topics}</td>
<td class="trow1" align="center" style="white-space: nowrap">{posts}</td>
<td class="trow1" align="right" style="white-space: nowrap">{last}</td>
</tr>"""
LAST = """<span class="smalltext"><a href="showthread.php?tid={topic}&amp;action=lastpost" title="{title}"><strong>{title}</strong></a><br />{shown}<br />by <a href="https://forum.example.org/member.php?action=profile&amp;uid={user}">{name}</a></span>"""
ROW = """<tr class="inline_row">
<td align="center" class="trow1{pinned}" width="2%"><span class="thread_status folder" title="No new posts.">&nbsp;</span></td>
<td align="center" class="trow1{pinned}" width="2%">&nbsp;</td>
<td class="trow1{pinned}"><div><span> <span class=" subject_old" id="tid_{topic}"><a href="showthread.php?tid={topic}">{title}</a></span></span>
<div class="author smalltext"><a href="https://forum.example.org/member.php?action=profile&amp;uid=31">{starter}</a></div></div></td>
<td align="center" class="trow1{pinned}"><a href="https://forum.example.org/misc.php?action=whoposted&amp;tid={topic}">{replies}</a></td>
<td align="center" class="trow1{pinned}">70</td>
<td class="trow1{pinned}" style="white-space: nowrap; text-align: right;"><span class="lastpost smalltext">{shown}<br />
<a href="showthread.php?tid={topic}&amp;action=lastpost">Last Post</a>: <a href="https://forum.example.org/member.php?action=profile&amp;uid={user}">{name}</a></span></td>
</tr>"""
POST = """<a name="pid{id}" id="pid{id}"></a>
<div class="post " style="" id="post_{id}">
<div class="post_author"><div class="author_information"><strong><span class="largetext"><a href="https://forum.example.org/member.php?action=profile&amp;uid={user}">{name}</a></span></strong><br /><span class="smalltext">Member</span></div>
<div class="author_statistics">Posts: 12<br />Joined: Jan 2014</div></div>
<div class="post_content"><div class="post_head"><div class="float_right" style="vertical-align: top"><strong><a href="showthread.php?tid={topic}&amp;pid={id}#pid{id}" title="x">#{place}</a></strong></div>
<span class="post_date">{shown} <span class="post_edit" id="edited_by_{id}"></span></span></div>
<div class="post_body scaleimages" id="pid_{id}">Words.</div></div>
</div>"""


def list_url(forum: Forum, page: int) -> str:
    return f"{ROOT}forumdisplay.php?fid={forum.id}" + (f"&page={page + 1}" if page else "")


def topic_url(topic: Topic, page: int) -> str:
    return f"{ROOT}showthread.php?tid={topic.id}" + (f"&page={page + 1}" if page else "")


def pages(urls: Sequence[str], shown: int) -> str:
    links = "".join(
        f'<span class="pagination_current">{place + 1}</span>'
        if place == shown
        else f'<a href="{url.removeprefix(ROOT).replace("&", "&amp;")}" class="pagination_page">{place + 1}</a>'
        for place, url in enumerate(urls)
    )
    return f'<div class="float_left"><div class="pagination"><span class="pages">Pages ({len(urls)}):</span>{links}</div></div>'


LOOK = Look(
    index_url=f"{ROOT}index.php",
    list_url=list_url,
    topic_url=topic_url,
    page=PAGE,
    forums='<table border="0" class="tborder"><thead><tr><td class="thead" colspan="5"><strong>All</strong></td></tr></thead><tbody id="cat_1_e">{rows}</tbody></table>',
    forum=FORUM,
    last=LAST,
    no_last='<span style="text-align: center;">Never</span>',
    topics='{pages}<table border="0" class="tborder clear"><tr><td class="thead" colspan="7">Forum</td></tr>{rows}</table>',
    topic=ROW,
    pinned=" forumdisplay_sticky",
    no_topics='<table border="0" class="tborder clear"><tr><td class="trow1" colspan="6">Sorry, but there are currently no threads in this forum with the specified date and time limiting options.</td></tr></table>',
    posts='{pages}<table border="0" class="tborder tfixed clear"><tr><td class="thead"><div><strong>{title}</strong></div></td></tr><tr><td id="posts_container"><div id="posts">{rows}</div></td></tr></table>',
    post=POST,
    pages=pages,
    show=lambda at: at.strftime("%m-%d-%Y, %I:%M %p"),
)


@cache
def archive(now: datetime) -> Archive:
    return build_look_archive(LOOK, now)


CASES = Cases(
    readers=readers(read_list, read_topic),
    matches=[
        ("https://forum.example.org/index.php", "mybb/normal/index.html"),
        ("https://forum.example.org/forumdisplay.php?fid=2", "mybb/normal/forum.html"),
        ("https://forum.example.org/showthread.php?tid=12", "mybb/normal/topic.html"),
    ],
    no_matches=[
        ("https://forum.example.org/forumdisplay.php?fid=2", "mybb/other_platform/list.html"),
        ("https://forum.example.org/showthread.php?tid=12", "mybb/other_platform/topic.html"),
        ("https://forum.example.org/showthread.php?tid=12", "mybb/must_fail/not_found.html"),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={"https://forum.example.org/showthread.php?tid=12": "https://forum.example.org/"},
)
