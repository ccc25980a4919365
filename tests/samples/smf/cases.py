"""How the samples of smf are read, and a forum as Simple Machines 2.1 shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from crawler.formats.smf import read_list, read_topic
from tests.samples.board_look import Look, build_look_archive
from tests.samples.board_talk import POSTS_A_PAGE, TOPICS_A_PAGE, Forum, Topic, readers
from tests.samples.shown import Archive, Cases

ROOT = "https://forum.example.org/index.php"
SID = "PHPSESSID=0123456789abcdef0123456789&amp;"
PAGE = """<!DOCTYPE html>
<html lang="en-US">
<head><meta charset="UTF-8"><title>{title}</title>
<script src="https://forum.example.org/Themes/default/scripts/script.js?smf21"></script></head>
<body id="chrome" class="action_home">
<div id="top_section"><div class="inner_wrap"><ul class="floatleft" id="top_info"><li class="welcome">Welcome, guest.</li></ul></div></div>
<div id="wrapper"><div id="upper_section"><div id="inner_section"><div id="inner_wrap">
<div class="user"><time datetime="2026-03-04T12:00:00Z">{now}</time></div></div></div></div>
<div id="content_section"><div id="main_content_section">
{body}
</div></div></div>
</body>
</html>
"""
FORUM = """<div id="board_{id}" class="up_contain ">
<div class="board_icon"><a href="https://forum.example.org/index.php?{sid}board={id}.0" class="board_off"></a></div>
<div class="info"><a class="subject mobile_subject" href="https://forum.example.org/index.php?{sid}board={id}.0" id="b{id}">{name}</a>
<div class="board_description">All about it</div></div>
<div class="board_stats"><p>Posts: {posts}<br>Topics: {topics}</p></div>
<div class="lastpost lpr_border"><p>{last}</p></div>
</div><!-- #board_[id] -->""".replace("{sid}", SID)
LAST = """<strong>Last post: </strong><a href="https://forum.example.org/index.php?topic={topic}.msg{id}#new" title="{shown}">{shown}</a><span class="postby"><strong>Re: </strong><a href="https://forum.example.org/index.php?topic={topic}.msg{id}#new">{title}</a> by <a href="https://forum.example.org/index.php?action=profile;u={user}">{name}</a></span>"""
ROW = """<div class="windowbg{pinned}">
<div class="board_icon"><img src="x.png" alt=""></div>
<div class="info info_block"><div>
<div class="icons floatright"></div>
<div class="message_index_title"><span class="preview"><span id="msg_{id}0"><a href="https://forum.example.org/index.php?{sid}topic={topic}.0">{title}</a></span></span></div>
<p class="floatleft">Started by {starter}</p><br class="clear"></div></div>
<div class="board_stats centertext"><p>Replies: {replies}<br>Views: 70</p></div>
<div class="lastpost"><p><strong>Last post: </strong><a href="https://forum.example.org/index.php?topic={topic}.msg{id}#new">{shown}</a><br>by <a href="https://forum.example.org/index.php?action=profile;u={user}">{name}</a></p></div>
</div>""".replace("{sid}", SID)
POST = """<div class="windowbg" id="msg{id}"><div class="post_wrapper">
<div class="poster"><h4><span class="off" title="Offline"></span><a href="https://forum.example.org/index.php?action=profile;u={user}" title="View the profile of {name}">{name}</a></h4>
<ul class="user_info"><li class="postcount">Posts: 12</li></ul></div>
<div class="postarea"><div class="keyinfo">
<div id="subject_{id}" class="subject_title"><a href="https://forum.example.org/index.php?msg={id}" rel="nofollow">Re: {title}</a></div>
<span class="page_number floatright">#{place}</span>
<div class="postinfo"><span class="messageicon"><img src="x.png" alt=""></span>
<a href="https://forum.example.org/index.php?topic={topic}.msg{id}#msg{id}" rel="nofollow" title="Reply #{place} - Re: {title}" class="smalltext">{shown}</a>
<span class="spacer"></span><span class="smalltext modified floatright" id="modified_{id}"></span></div>
<div id="msg_{id}_quick_mod"></div></div>
<div class="post"><div class="inner" data-msgid="{id}" id="msg_{id}">Words.</div></div>
</div></div></div>"""


def list_url(forum: Forum, page: int) -> str:
    return f"{ROOT}?board={forum.id}.{page * TOPICS_A_PAGE}"


def topic_url(topic: Topic, page: int) -> str:
    return f"{ROOT}?topic={topic.id}.{page * POSTS_A_PAGE}"


def pages(urls: Sequence[str], shown: int) -> str:
    links = "".join(
        f'<span class="current_page">{place + 1}</span>'
        if place == shown
        else f'<a class="nav_page" href="{url}">{place + 1}</a>'
        for place, url in enumerate(urls)
    )
    return f'<div class="pagesection"><div class="pagelinks floatleft"><a href="#bot" class="button">Go Down</a> {links}</div></div>'


LOOK = Look(
    index_url=ROOT,
    list_url=list_url,
    topic_url=topic_url,
    page=PAGE,
    forums='<div id="boardindex_table" class="boardindex_table"><div class="main_container"><div class="cat_bar" id="category_1"><h3 class="catbg">All</h3></div><div id="category_1_boards">{rows}</div></div></div>',
    forum=FORUM,
    last=LAST,
    no_last="",
    topics='{pages}<div id="messageindex"><div class="title_bar" id="topic_header"></div><div id="topic_container">{rows}</div></div>',
    topic=ROW,
    pinned=" sticky",
    no_topics='<div id="messageindex"><div class="title_bar" id="topic_header"><h3 class="titlebg">There are no posts in here.</h3></div><div id="topic_container"></div></div>',
    posts='{pages}<div id="forumposts"><form action="x">{rows}</form></div>',
    post=POST,
    pages=pages,
    show=lambda at: at.strftime("%B %d, %Y, %I:%M:%S %p"),
)


@cache
def archive(now: datetime) -> Archive:
    return build_look_archive(LOOK, now)


CASES = Cases(
    readers=readers(read_list, read_topic),
    matches=[
        ("https://forum.example.org/index.php", "smf/normal/index.html"),
        ("https://forum.example.org/index.php?board=2.0", "smf/normal/forum.html"),
        ("https://forum.example.org/index.php?topic=12.0", "smf/normal/topic.html"),
        ("https://forum.example.org/index.php?board=4.0", "smf/version_2_0/board.html"),
    ],
    no_matches=[
        ("https://forum.example.org/index.php?board=2.0", "smf/other_platform/list.html"),
        ("https://forum.example.org/index.php?topic=12.0", "smf/other_platform/topic.html"),
        ("https://forum.example.org/index.php?topic=12.0", "smf/must_fail/not_found.html"),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={
        "https://forum.example.org/index.php?topic=12.0": "https://forum.example.org/index.php"
    },
)
