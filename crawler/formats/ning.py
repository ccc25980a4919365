"""Ning's feeds: their addresses, and what their items are.

Source: the source code of Ning's networks, `widgets/forum/controllers/TopicController.php`,
`lib/XG_FeedHelper.php`, `lib/helpers/Forum_Filter.php`: the feed `sort=mostRecent` holds topics and
replies, newest first; `pageSize` says how many; an item's id ends in `APP:Topic:N` or
`APP:Comment:N`; its date is that of its making.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bs4 import BeautifulSoup

from crawler.formats.addresses import urlsplit
from crawler.formats.feed_items import make_id
from domain.records import ReadPost

ITEMS = 100
_CONTENT = re.compile(r"(\d+:(?P<kind>Topic|Comment|BlogPost):\d+)(?:$|[?&#])")
_ASSETS = re.compile(r"^(?:https?:)?//static\.ning\.com/socialnetworkmain/", re.IGNORECASE)
_IMPORTED = re.compile(r"@import url\((?:https?:)?//static\.ning\.com/socialnetworkmain/")


def forum_url(url: str) -> str:
    """The feed of everything said in the forum of the network that an address belongs to."""
    return f"{_root(url)}/forum/topic/list?feed=yes&xn_auth=no&sort=mostRecent&pageSize={ITEMS}"


def blog_url(url: str) -> str:
    """The feed of the blog posts of the network that an address belongs to."""
    return f"{_root(url)}/profiles/blog/feed?xn_auth=no"


def find_signs(soup: BeautifulSoup) -> tuple[str, ...]:
    """What shows that a page is that of a Ning network, whatever its host is."""
    signs = []
    styles = soup.find_all("style", string=_IMPORTED)
    if styles or soup.find("link", href=_ASSETS) or soup.find("script", src=_ASSETS):
        signs.append("it loads the style of Ning's networks")
    feeds = soup.find_all("link", rel="alternate", href=re.compile(r"/forum/topic/list\?feed=yes"))
    if feeds and soup.find("script", string=re.compile(r"\bning\s*=\s*\{\s*\"CurrentApp\"")):
        signs.append("it names its forum's feed and itself as Ning's networks do")
    return tuple(signs)


def name_posts(posts: Sequence[ReadPost]) -> tuple[ReadPost, ...]:
    """The posts of a feed, known by the numbers of their contents, replies as such."""
    return _join_threads([_name_post(post) for post in posts])


def has_replies(posts: Sequence[ReadPost]) -> bool:
    """True when the feed shows replies too, and so everything that is said."""
    return any(":Comment:" in post.post_id for post in posts)


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _name_post(post: ReadPost) -> ReadPost:
    found = _CONTENT.search(post.post_id) or _CONTENT.search(post.url or "")
    return replace(post, post_id=found[1]) if found else post


def _join_threads(posts: Sequence[ReadPost]) -> tuple[ReadPost, ...]:
    """The posts; a reply belongs to the topic of its title, which is all that a feed tells."""
    topics = {post.subject: post.post_id for post in posts if ":Topic:" in post.post_id}
    return tuple(
        replace(post, reply_to=topics.get(post.subject) or make_id(f"topic\n{post.subject}"))
        if ":Comment:" in post.post_id
        else post
        for post in posts
    )
