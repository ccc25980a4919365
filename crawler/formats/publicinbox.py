"""public-inbox's own addresses, and its Atom feed as posts under their Message-IDs.

Source: public-inbox 1.9, `WwwAtomStream.pm`, `View.pm` (paging by `?t=`), `Mbox.pm`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qs, quote, unquote

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.encoded_words import unescape
from crawler.formats.html import read_html
from domain.records import DateBasis, ReadPost

_MIRROR = "_/text/mirror/"
_PAGE = re.compile(r"(?P<root>https?://[^?#]*/)(?:new\.atom|new\.html|all\.mbox\.gz)(?:[?#].*)?\Z")
_REPLY = re.compile(rb'<thr:in-reply-to\s+ref="([^"]*)"\s+href="([^"]*)"')
_STAMP = "%Y%m%d%H%M%S"


def inbox_of_page(body: bytes, url: str) -> str | None:
    """The address of the inbox that a page of it belongs to, by its link to the mirror's page."""
    if _MIRROR.encode() not in body:
        return None
    for link in read_html(body).find_all("a", href=True):
        target = urljoin(url, str(link["href"]))
        if target.endswith("/" + _MIRROR):
            return target.removesuffix(_MIRROR)
    return None


def inbox_of_feed(body: bytes, url: str) -> str | None:
    """The address of the inbox whose feed this is, by what the feed says of itself."""
    head = body[:4_096]
    named = re.search(rb'rel="self"\s+href="([^"]*/)new\.atom"', head)
    if named is None or b'xmlns:thr="http://purl.org/syndication/thread/1.0"' not in head:
        return None
    return inbox_of_address(url)


def inbox_of_address(url: str) -> str:
    """The inbox's own address, given that of one of its pages."""
    found = _PAGE.match(url)
    if found:
        return found["root"]
    plain = url.partition("?")[0].partition("#")[0]
    kept = re.sub(r"(?<=/)(?:_/text/.*|[^/]*@[^/]*/.*)\Z", "", plain)
    return kept if kept.endswith("/") else f"{kept}/"


def message_url(inbox: str, post_id: str) -> str:
    """Where the inbox shows a message."""
    return f"{inbox}{quote(post_id, safe='@:!$&()*+,;=~')}/"


def read_roots(body: bytes) -> dict[str, str]:
    """The Message-IDs behind the names by which the feed's entries say what they answer."""
    pairs = (
        (unescape(found.decode("utf-8", "replace")) for found in pair)
        for pair in _REPLY.findall(body)
    )
    return {ref: _last_part(url) for ref, url in pairs}


def name_post(post: ReadPost, roots: dict[str, str]) -> ReadPost:
    """The post of a feed under its Message-ID. Its date is that at which the server received it."""
    post_id = _last_part(post.url or "") or post.post_id
    reply_to = roots.get(post.reply_to or "")
    return replace(
        post,
        post_id=post_id,
        basis=DateBasis.RECEIVED if post.at else post.basis,
        reply_to=reply_to if reply_to and reply_to != post_id else None,
    )


def older_address(inbox: str, asked: str, moments: list[datetime]) -> str | None:
    """Where the messages are that are at most as young as the oldest of these.

    `None` where these were all of that moment: then there is nothing before them.
    """
    if not moments:
        return None
    oldest = min(moments).strftime(_STAMP)
    before = parse_qs(urlsplit(asked).query).get("t", [""])[0]
    return None if oldest == before else f"{inbox}new.atom?t={oldest}"


def _last_part(url: str) -> str:
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return unquote(parts[-1]) if parts else ""
