"""How the samples of invision are read, and a forum as Invision Community 4 shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from crawler.formats.invision import read_list, read_topic
from tests.samples.board_look import Look, build_look_archive, slug_of
from tests.samples.board_talk import Forum, Topic, readers
from tests.samples.shown import Archive, Cases

ROOT = "https://www.example.org/forums/"
PAGE = """<!DOCTYPE html>
<html lang="en-US" dir="ltr">
<head><meta charset="utf-8"><title>{title} - Child health</title></head>
<body class="ipsApp ipsApp_front ipsClearfix" data-controller="core.front.core.app" data-pageApp="forums">
<main id="ipsLayout_body" class="ipsLayout_container"><div id="ipsLayout_contentArea"><div id="ipsLayout_mainArea">
<h1 class="ipsType_pageTitle ipsContained_container"><span class="ipsType_break ipsContained"><span>{title}</span></span></h1>
{body}
</div></div></main>
</body>
</html>
"""
FORUM = """<li class="cForumRow ipsDataItem ipsDataItem_responsivePhoto ipsClearfix" data-forumID="{id}">
<div class="ipsDataItem_icon ipsDataItem_category"><span class='ipsItemStatus ipsItemStatus_large cForumIcon_normal'></span></div>
<div class="ipsDataItem_main"><h4 class="ipsDataItem_title ipsType_large ipsType_break">
<a href="https://www.example.org/forums/forum/{id}-{slug}/">{name}</a></h4></div>
<div class="ipsDataItem_stats ipsDataItem_statsLarge"><dl><dt class="ipsDataItem_stats_number">{posts}</dt>
<dd class="ipsDataItem_stats_type ipsType_light"> posts</dd></dl></div>
<ul class="ipsDataItem_lastPoster ipsDataItem_withPhoto">{last}</ul>
</li>"""
LAST = """<li><a href="https://www.example.org/forums/topic/{topic}-{slug}/?do=getNewComment" title='{title}'>{title}</a></li>
<li class='ipsType_blendLinks'>By <a href='https://www.example.org/forums/profile/{user}-x/' class="ipsType_break">{name}</a></li>
<li class="ipsType_light"><a href='https://www.example.org/forums/topic/{topic}-{slug}/?do=getLastComment' title='Go to last post'><time datetime='{z}' title='x' data-short='2 dy'>{shown}</time></a></li>"""
ROW = """<li class="ipsDataItem ipsDataItem_responsivePhoto" data-rowID="{topic}" data-location='' data-controller='forums.front.forum.topicRow'>
<div class='ipsDataItem_main'><h4 class='ipsDataItem_title ipsContained_container'>{pinned}
<span class='ipsType_break ipsContained'><a href='https://www.example.org/forums/topic/{topic}-{slug}/' title='{title}' data-ipsHover><span>{title}</span></a></span></h4>
<div class='ipsDataItem_meta ipsType_reset ipsType_light'><span>By {starter}, </span><time datetime='2014-01-02T10:00:00Z' title='x'>January 2, 2014</time></div></div>
<ul class='ipsDataItem_stats'><li data-statType='forums_comments'><span class='ipsDataItem_stats_number'>{replies}</span> <span class='ipsDataItem_stats_type'> replies</span></li></ul>
<ul class='ipsDataItem_lastPoster ipsDataItem_withPhoto ipsType_blendLinks'><li>{name}</li>
<li class="ipsType_light"><a href='https://www.example.org/forums/topic/{topic}-{slug}/?do=getLastComment' title='Go to last post'><time datetime='{z}' title='x'>{shown}</time></a></li></ul>
</li>"""
POST = """<a id='comment-{id}'></a>
<article id='elComment_{id}' class='cPost ipsBox ipsComment ipsComment_parent ipsClearfix ipsColumns'>
<aside class='ipsComment_author cAuthorPane ipsColumn ipsColumn_medium ipsResponsive_hidePhone'>
<h3 class='ipsType_sectionHead cAuthorPane_author ipsType_blendLinks ipsType_break'><strong><a href='https://www.example.org/forums/profile/{user}-x/' class="ipsType_break">{name}</a></strong></h3>
<ul class='cAuthorPane_info ipsList_reset'><li>Joined <time datetime='2014-01-02T10:00:00Z'>January 2</time></li></ul></aside>
<div class='ipsColumn ipsColumn_fluid'><div id='comment-{id}_wrap' data-controller='core.front.core.comment' data-commentID="{id}" class='ipsComment_content ipsType_medium'>
<div class='ipsComment_meta ipsType_light'><div class='ipsType_reset'><a href='https://www.example.org/forums/topic/{topic}-{slug}/?do=findComment&amp;comment={id}' class='ipsType_blendLinks'>Posted <time datetime='{z}' title='x'>{shown}</time></a></div></div>
<div class='cPost_contentWrap'><div data-role='commentContent' class='ipsType_normal ipsType_richText'><p>Words.</p></div></div>
</div></div>
</article>"""


def list_url(forum: Forum, page: int) -> str:
    return f"{ROOT}forum/{forum.id}-{slug_of(forum.name)}/" + (f"page/{page + 1}/" if page else "")


def topic_url(topic: Topic, page: int) -> str:
    return f"{ROOT}topic/{topic.id}-{slug_of(topic.title)}/" + (f"page/{page + 1}/" if page else "")


def pages(urls: Sequence[str], shown: int) -> str:
    """The bar of pages; beyond its ends the links are inactive and lead to the page itself."""
    before, after = urls[max(shown - 1, 0)], urls[min(shown + 1, len(urls) - 1)]
    inactive = " ipsPagination_inactive"
    first, last = shown == 0, shown + 1 == len(urls)
    heads = "" if first else f'<link rel="prev" href="{before}">'
    heads += "" if last else f'<link rel="next" href="{after}"><link rel="last" href="{urls[-1]}">'
    return (
        f"{heads}<ul class='ipsPagination' data-pages='{len(urls)}'>"
        f"<li class='ipsPagination_prev{inactive if first else ''}'><a href='{before}' rel='prev'>Prev</a></li>"
        f"<li class='ipsPagination_next{inactive if last else ''}'><a href='{after}' rel='next'>Next</a></li></ul>"
    )


LOOK = Look(
    index_url=ROOT,
    list_url=list_url,
    topic_url=topic_url,
    page=PAGE,
    forums="<section><ol class='ipsList_reset cForumList' data-controller='core.global.core.table, forums.front.forum.forumList'>"
    "<li data-categoryID='1' class='cForumRow ipsBox'><h2 class='ipsType_sectionTitle cForumTitle'><a href='https://www.example.org/forums/forum/1-all/'>All</a></h2>"
    "<ol class='ipsDataList ipsDataList_large' data-role='forums'>{rows}</ol></li></ol></section>",
    forum=FORUM,
    last=LAST,
    no_last='<li class="ipsType_light">No posts here yet</li>',
    topics="<div class='ipsBox' data-controller='core.global.core.table, forums.front.forum.forumPage'>{pages}<ol class='ipsDataList ipsDataList_zebra ipsClear cForumTopicTable  cTopicList' id='elTable_x' data-role='tableRows'>{rows}</ol></div>",
    topic=ROW,
    pinned="<span><span class='ipsBadge ipsBadge_icon ipsBadge_positive' title='Pinned'><i class='fa fa-thumb-tack'></i></span></span>",
    no_topics="<div class='ipsBox' data-controller='core.global.core.table, forums.front.forum.forumPage'><div class='ipsType_center ipsPad'>There are no topics in this forum yet</div></div>",
    posts="<div data-controller='core.front.core.commentFeed,forums.front.topic.view' class='cTopic'>{pages}<div data-role='commentFeed'>{rows}</div></div>",
    post=POST,
    pages=pages,
    show=lambda at: at.strftime("%B %d, %Y"),
)


@cache
def archive(now: datetime) -> Archive:
    return build_look_archive(LOOK, now)


CASES = Cases(
    readers=readers(read_list, read_topic),
    matches=[
        ("https://www.example.org/forums/", "invision/normal/index.html"),
        ("https://www.example.org/forums/forum/2-child-growth/", "invision/normal/forum.html"),
        ("https://www.example.org/forums/topic/12-growth-charts/", "invision/normal/topic.html"),
    ],
    no_matches=[
        (
            "https://www.example.org/forums/forum/2-child-growth/",
            "invision/other_platform/list.html",
        ),
        (
            "https://www.example.org/forums/topic/12-growth-charts/",
            "invision/other_platform/topic.html",
        ),
        (
            "https://www.example.org/forums/topic/12-growth-charts/",
            "invision/must_fail/not_found.html",
        ),
        ("https://forum.example.org/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={
        "https://www.example.org/forums/topic/12-growth-charts/": "https://www.example.org/forums/"
    },
)
