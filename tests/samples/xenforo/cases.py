"""How the samples of xenforo are read, and a board as XenForo 2.2 shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from crawler.formats.xenforo import read_list, read_topic
from tests.samples.board_look import Look, build_look_archive, slug_of
from tests.samples.board_talk import Forum, Topic, readers
from tests.samples.shown import Archive, Cases

ROOT = "https://forum.example.org/"
PAGE = """<!DOCTYPE html>
<html id="XF" lang="en-US" dir="LTR" data-app="public" data-template="any_view" data-container-key="node-2" data-content-key="" data-logged-in="false" data-cookie-prefix="xf_" class="has-no-js">
<head><meta charset="utf-8" /><title>{title} | Child health</title></head>
<body data-template="any_view">
<div class="p-pageWrapper" id="top"><div class="p-body"><div class="p-body-inner">
<div class="p-body-header"><div class="p-title"><h1 class="p-title-value">{title}</h1></div></div>
{body}
</div></div></div>
</body>
</html>
"""
FORUM = """<div class="node node--id{id} node--depth2 node--forum node--read">
<div class="node-body">
<span class="node-icon" aria-hidden="true"></span>
<div class="node-main js-nodeMain">
<h3 class="node-title"><a href="/forums/{slug}.{id}/" data-xf-init="element-tooltip">{name}</a></h3>
<div class="node-meta"><div class="node-statsMeta">
<dl class="pairs pairs--inline"><dt>Threads</dt><dd>{topics}</dd></dl>
<dl class="pairs pairs--inline"><dt>Messages</dt><dd>{posts}</dd></dl></div></div>
</div>
<div class="node-extra">{last}</div>
</div></div>"""
LAST = """<div class="node-extra-row"><a href="/threads/{slug}.{topic}/post-{id}" class="node-extra-title" title="{title}">{title}</a></div>
<div class="node-extra-row"><ul class="listInline listInline--bullet"><li><time class="node-extra-date u-dt" dir="auto" datetime="{at}" data-time="{unix}" data-date-string="x" title="x">{shown}</time></li>
<li class="node-extra-user"><a href="/members/x.{user}/" class="username" data-user-id="{user}">{name}</a></li></ul></div>"""
ROW = """<div class="structItem structItem--thread js-inlineModContainer js-threadListItem-{topic}" data-author="{starter}">
<div class="structItem-cell structItem-cell--icon"><div class="structItem-iconContainer"></div></div>
<div class="structItem-cell structItem-cell--main" data-xf-init="touch-proxy">
{pinned}<div class="structItem-title"><a href="/threads/{slug}.{topic}/" class="" data-tp-primary="on">{title}</a></div>
<div class="structItem-minor"><ul class="structItem-parts"><li>{starter}</li>
<li class="structItem-startDate"><a href="/threads/{slug}.{topic}/" rel="nofollow"><time class="u-dt" dir="auto" datetime="2014-01-02T10:00:00+0000" data-time="1388656800">Jan 2, 2014</time></a></li></ul></div></div>
<div class="structItem-cell structItem-cell--meta" title="First message reaction score: 0">
<dl class="pairs pairs--justified"><dt>Replies</dt><dd>{replies}</dd></dl>
<dl class="pairs pairs--justified structItem-minor"><dt>Views</dt><dd>1K</dd></dl></div>
<div class="structItem-cell structItem-cell--latest ">
<a href="/threads/{slug}.{topic}/latest" rel="nofollow"><time class="structItem-latestDate u-dt" dir="auto" datetime="{at}" data-time="{unix}" data-date-string="x" title="x">{shown}</time></a>
<div class="structItem-minor"><a href="/members/x.{user}/" class="username " data-user-id="{user}">{name}</a></div></div>
</div>"""
POST = """<article class="message message--post js-post js-inlineModContainer" data-author="{name}" data-content="post-{id}" id="js-post-{id}">
<span class="u-anchorTarget" id="post-{id}"></span>
<div class="message-inner"><div class="message-cell message-cell--user"><section class="message-user">
<div class="message-userDetails"><h4 class="message-name"><a href="/members/x.{user}/" class="username " data-user-id="{user}">{name}</a></h4></div>
</section></div>
<div class="message-cell message-cell--main"><div class="message-main js-quickEditTarget">
<header class="message-attribution message-attribution--split"><ul class="message-attribution-main listInline ">
<li class="u-concealed"><a href="/threads/{slug}.{topic}/post-{id}" rel="nofollow"><time class="u-dt" dir="auto" datetime="{at}" data-time="{unix}" title="x" itemprop="datePublished">{shown}</time></a></li></ul></header>
<div class="message-content js-messageContent"><article class="message-body js-selectToQuote"><div class="bbWrapper">Words.</div></article></div>
</div></div></div>
</article>"""


def list_url(forum: Forum, page: int) -> str:
    return f"{ROOT}forums/{slug_of(forum.name)}.{forum.id}/" + (f"page-{page + 1}" if page else "")


def topic_url(topic: Topic, page: int) -> str:
    return f"{ROOT}threads/{slug_of(topic.title)}.{topic.id}/" + (
        f"page-{page + 1}" if page else ""
    )


def pages(urls: Sequence[str], shown: int) -> str:
    links = "".join(
        f'<li class="pageNav-page {"pageNav-page--current" if place == shown else ""}">'
        f'<a href="{url.removeprefix(ROOT[:-1])}">{place + 1}</a></li>'
        for place, url in enumerate(urls)
    )
    return f'<nav class="pageNavWrapper"><div class="pageNav"><ul class="pageNav-main">{links}</ul></div></nav>'


LOOK = Look(
    index_url=ROOT,
    list_url=list_url,
    topic_url=topic_url,
    page=PAGE,
    forums='<div class="block block--category block--category1"><div class="block-container"><div class="block-body">{rows}</div></div></div>',
    forum=FORUM,
    last=LAST,
    no_last='<span class="node-extra-placeholder">None</span>',
    topics='<div class="block"><div class="block-outer">{pages}</div><div class="block-container"><div class="structItemContainer"><div class="structItemContainer-group js-threadList">{rows}</div></div></div></div>',
    topic=ROW,
    pinned='<ul class="structItem-statuses"><li><i class="structItem-status structItem-status--sticky"></i><span class="u-srOnly">Sticky</span></li></ul>',
    no_topics='<div class="block"><div class="block-container"><div class="block-body"><div class="structItemContainer"><div class="structItem js-emptyThreadList"><div class="structItem-cell">There are no threads in this forum.</div></div></div></div></div></div>',
    posts='<div class="block block--messages"><div class="block-outer">{pages}</div><div class="block-container"><div class="block-body js-replyNewMessageContainer">{rows}</div></div></div>',
    post=POST,
    pages=pages,
    show=lambda at: at.strftime("%b %d, %Y"),
)


@cache
def archive(now: datetime) -> Archive:
    return build_look_archive(LOOK, now)


CASES = Cases(
    readers=readers(read_list, read_topic),
    matches=[
        ("https://forum.example.org/", "xenforo/normal/index.html"),
        ("https://forum.example.org/forums/child-growth.2/", "xenforo/normal/forum.html"),
        ("https://forum.example.org/threads/growth-charts.12/", "xenforo/normal/topic.html"),
    ],
    no_matches=[
        ("https://forum.example.org/forums/child-growth.2/", "xenforo/other_platform/list.html"),
        (
            "https://forum.example.org/threads/growth-charts.12/",
            "xenforo/other_platform/topic.html",
        ),
        ("https://forum.example.org/threads/growth-charts.12/", "xenforo/must_fail/not_found.html"),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={"https://forum.example.org/threads/growth-charts.12/": "https://forum.example.org/"},
)
