"""How the samples of vbulletin are read, and a board as vBulletin 4 shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from crawler.formats.board_dates import Clock
from crawler.formats.boards import BoardPage, Listing, TopicPage
from crawler.formats.vbulletin import learn_clock, read_list, read_topic
from tests.samples.board_look import Look, build_look_archive
from tests.samples.board_talk import Forum, Topic, readers
from tests.samples.shown import Archive, Cases

ROOT = "https://forum.example.org/"
PAGE = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" dir="ltr" lang="en" id="vbulletin_html">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<meta name="generator" content="vBulletin 4.2.5" />
<title>{title}</title>
<script type="text/javascript" src="https://forum.example.org/clientscript/vbulletin-core.js?v=425"></script>
</head>
<body>
<div class="above_body"><div id="header" class="floatcontainer"><form id="navbar_loginform" action="login.php?do=login" method="post"><input type="text" name="vb_login_username" /><input type="password" name="vb_login_password" /></form></div></div>
<div class="body_wrapper">
{body}
</div>
<div class="below_body"><div id="footer_time" class="shade footer_time">All times are GMT. The time now is <span class="time">12:00 PM</span>.</div></div>
</body>
</html>
"""
FORUM = """<li id="forum{id}" class="forumbit_post old L2">
<div class="forumrow table"><div class="foruminfo td"><img src="x.png" class="forumicon" id="forum_statusicon_{id}" alt="" />
<div class="forumdata"><div class="datacontainer"><div class="titleline"><h2 class="forumtitle"><a href="forumdisplay.php?{id}-{slug}&amp;s=0123456789abcdef0123456789abcdef">{name}</a></h2></div></div></div></div>
<ul class="forumstats td"><li>Threads: {topics}</li><li>Posts: {posts}</li></ul>
<div class="forumlastpost td">{last}</div></div>
</li>"""
LAST = """<h4 class="lastpostlabel">Last Post:</h4><div><p class="lastposttitle"><a href="showthread.php?{topic}-{slug}&amp;goto=newpost" class="threadtitle">{title}</a></p>
<div class="lastpostby">by <a class="username" href="member.php?{user}-x"><strong>{name}</strong></a></div>
<p class="lastpostdate">{shown} <a href="showthread.php?{topic}-{slug}&amp;p={id}#post{id}" class="lastpostdate"><img src="x.png" alt="Go to last post" /></a></p></div>"""
ROW = """<li class="threadbit hot" id="thread_{topic}">
<div class="rating0 nonsticky"><div class="threadinfo"><div class="inner"><h3 class="threadtitle">{pinned}<a class="title" href="showthread.php?{topic}-{slug}&amp;s=0123456789abcdef0123456789abcdef" id="thread_title_{topic}">{title}</a></h3>
<div class="threadmeta"><p class="threaddesc"></p><div class="author"><span class="label">Started by&nbsp;<a href="member.php?31-x" class="username understate">{starter}</a>, 01-14-2014</span></div></div></div></div>
<ul class="threadstats td alt"><li>Replies: <a href="misc.php?do=whoposted&amp;t={topic}" class="understate">{replies}</a></li><li>Views: 70</li></ul>
<dl class="threadlastpost td"><dt class="lastpostby hidden">Last Post By</dt><dd><div class="popupmenu memberaction"><a class="username offline popupctrl" href="member.php?{user}-x"><strong>{name}</strong></a></div></dd>
<dd>{shown} <a href="showthread.php?{topic}-{slug}&amp;p={id}#post{id}" class="lastpostdate understate"><img src="x.png" alt="Go to last post" /></a></dd></dl></div>
</li>"""
POST = """<li class="postbitlegacy postbitim postcontainer old" id="post_{id}">
<div class="posthead"><span class="postdate old"><span class="date">{shown}</span></span>
<span class="nodecontrols"><a name="post{id}" href="showthread.php?{topic}-{slug}&amp;p={id}#post{id}" class="postcounter">#{place}</a></span></div>
<div class="postdetails"><div class="userinfo"><div class="username_container"><div class="popupmenu memberaction"><a class="username offline popupctrl" href="member.php?{user}-x" title="x"><strong>{name}</strong></a></div></div></div>
<div class="postbody"><div class="postrow has_after_content"><div class="content"><div id="post_message_{id}"><blockquote class="postcontent restore">Words.</blockquote></div></div></div></div></div>
</li>"""


def list_url(forum: Forum, page: int) -> str:
    return f"{ROOT}forumdisplay.php?f={forum.id}" + (f"&page={page + 1}" if page else "")


def topic_url(topic: Topic, page: int) -> str:
    return f"{ROOT}showthread.php?t={topic.id}" + (f"&page={page + 1}" if page else "")


def pages(urls: Sequence[str], shown: int) -> str:
    links = "".join(
        f'<span class="selected"><a href="javascript://">{place + 1}</a></span>'
        if place == shown
        else f'<span><a href="{url.removeprefix(ROOT).replace("&", "&amp;")}">{place + 1}</a></span>'
        for place, url in enumerate(urls)
    )
    return f'<div id="pagination_top" class="pagination_top"><form class="pagination popupmenu">{links}</form></div>'


LOOK = Look(
    index_url=ROOT,
    list_url=list_url,
    topic_url=topic_url,
    page=PAGE,
    forums='<ol id="forums" class="floatcontainer"><li class="forumbit_nopost old L1" id="cat1"><div class="forumhead"><h2><span class="forumtitle"><a href="forumdisplay.php?1-all">All</a></span></h2></div><ol id="c_cat1" class="childforum">{rows}</ol></li></ol>',
    forum=FORUM,
    last=LAST,
    no_last="Never",
    topics='{pages}<div id="threadlist" class="threadlist"><form id="thread_inlinemod_form"><div><div id="stickyhead"></div><ol id="threads" class="threads">{rows}</ol></div></form></div>',
    topic=ROW,
    pinned='<img src="images/misc/sticky.gif" alt="Sticky Thread" />',
    no_topics='<div id="threadlist" class="threadlist"><div class="threadbit">There are no threads in this forum</div></div>',
    posts='<div id="pagetitle" class="pagetitle"><h1>Thread: <span class="threadtitle"><a href="#">{title}</a></span></h1></div>{pages}<div id="postlist" class="postlist restrain"><ol id="posts" class="posts" start="1">{rows}</ol></div>',
    post=POST,
    pages=pages,
    show=lambda at: at.strftime("%m-%d-%Y, <span class='time'>%I:%M %p</span>"),
)


@cache
def archive(now: datetime) -> Archive:
    return build_look_archive(LOOK, now)


def read_list_alone(page: BoardPage) -> Listing:
    return read_list(page, learn_clock(page, Clock()))


def read_topic_alone(page: BoardPage) -> TopicPage:
    return read_topic(page, learn_clock(page, Clock()))


CASES = Cases(
    readers=readers(read_list_alone, read_topic_alone),
    matches=[
        ("https://forum.example.org/", "vbulletin/normal/index.html"),
        ("https://forum.example.org/forumdisplay.php?f=2", "vbulletin/normal/forum.html"),
        ("https://forum.example.org/showthread.php?t=12", "vbulletin/normal/topic.html"),
        ("https://forum.example.org/index.php", "vbulletin/version_3/index.html"),
    ],
    no_matches=[
        ("https://forum.example.org/forumdisplay.php?f=2", "vbulletin/other_platform/list.html"),
        ("https://forum.example.org/showthread.php?t=12", "vbulletin/other_platform/topic.html"),
        ("https://forum.example.org/showthread.php?t=12", "vbulletin/must_fail/not_found.html"),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={"https://forum.example.org/showthread.php?t=12": "https://forum.example.org/"},
)
