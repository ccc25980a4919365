"""Services that show visitors a landing page at most, and what such a page prints.

Hosts of services that own theirs are good evidence; services that run on their customers' domains
are told by elements and addresses. Nothing here says whether anybody talks.

Source: addresses and pages quoted in public code; LinkedIn's status 999 for programs; Higher
Logic's `/communities/community-home?…CommunityKey=GUID`; Hivebrite's session cookie.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from crawler.formats.addresses import urlsplit
from crawler.formats.html import find_title

_PATHS = {
    "LinkedIn": (r"(?:[\w-]+\.)?linkedin\.com", r"/(?:groups|company|showcase)/"),
    "Facebook": (r"(?:[\w-]+\.)?(?:facebook|fb)\.com", r"/(?:groups/|[\w.-]+/?$)"),
    "WhatsApp": (r"chat\.whatsapp\.com|(?:www\.)?whatsapp\.com", r"/(?:channel/|[\w-]{16,}/?$)"),
    "Slack": (r"(?!api\.|app\.|www\.)[\w-]+\.slack\.com", r""),
    "Telegram": (r"(?:t|telegram)\.me", r"/(?:\+|joinchat/|s/)?[\w-]{4,}"),
    "Discord": (r"discord\.gg|(?:www\.)?discord\.com", r"/(?:invite/)?[\w-]+/?$"),
    "Microsoft Teams": (r"teams\.microsoft\.com", r"/l/(?:team|channel)/"),
    "Viva Engage": (r"(?:www\.)?yammer\.com|engage\.cloud\.microsoft", r"/[^/]+"),
    "Mighty Networks": (r"(?!www\.)[\w-]+\.(?:mn\.co|mightynetworks\.com)", r""),
    "Circle": (r"(?!www\.|api\.|help\.)[\w-]+\.circle\.so", r""),
    "Mobilize": (r"(?!www\.|api\.)[\w-]+\.mobilize\.io", r""),
    "Hivebrite": (r"(?!www\.|api\.)[\w-]+\.hivebrite\.com", r""),
}
_SERVICES = tuple(
    (name, re.compile(host, re.IGNORECASE), re.compile(path, re.IGNORECASE))
    for name, (host, path) in _PATHS.items()
)
_HIGHER_LOGIC = re.compile(
    r"/communities/community-home(?:/[\w-]+)*\?(?:[^#]*&)?CommunityKey=[\da-f-]{36}", re.IGNORECASE
)
_MIGHTY_ASSETS = re.compile(r"^https://[\w-]+-production-mightynetworks\.imgix\.net/")
_COOKIES = {"_hivebrite_session": "Hivebrite", "_mighty_session": "Mighty Networks"}
_MEMBERS = re.compile(
    r"(?<![\w.,])(\d[\d.,\u00a0\u202f ]{0,20}[kKmM]?)\s+"
    r"(members?|subscribers?|participants?|followers|membres|abonnés|miembros|suscriptores"
    r"|membros|inscritos)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """What a landing page prints. `members` is its own words ("1,204 members"), empty for none."""

    title: str
    members: str = ""


def find_service(url: str) -> str | None:
    """The closed service that an address belongs to by its host and path."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    for name, hosts, path in _SERVICES:
        if hosts.fullmatch(host) and path.match(parts.path):
            return name
    return None


def find_signs(soup: BeautifulSoup, url: str, headers: Mapping[str, str]) -> tuple[str, str] | None:
    """The closed service that runs on a customer's own domain, and what shows it."""
    cookies = headers.get("set-cookie", "")
    for cookie, name in _COOKIES.items():
        if re.search(rf"(?:^|[,;]\s*){cookie}=", cookies):
            return name, f"it sets {name}'s session cookie"
    if _HIGHER_LOGIC.search(url):
        return "Higher Logic", "its address is that of a Higher Logic community"
    own = [link for link in soup.find_all("a", href=_HIGHER_LOGIC) if _stays(link, url)]
    if own and soup.find("input", attrs={"name": "__VIEWSTATE"}):
        return "Higher Logic", "it leads to communities as Higher Logic's pages do"
    if soup.find(["link", "script"], attrs={"href": _MIGHTY_ASSETS}) or soup.find(
        "script", src=_MIGHTY_ASSETS
    ):
        return "Mighty Networks", "it loads its files from Mighty Networks"
    return None


def read_landing(soup: BeautifulSoup) -> Landing:
    """What the page prints of the group."""
    title = _read_meta(soup, "og:title") or find_title(soup)
    extra = soup.find(class_="tgme_page_extra")
    texts = [extra.get_text(" ")] if isinstance(extra, Tag) else []
    texts += [_read_meta(soup, "og:description"), soup.get_text(" ")]
    for text in texts:
        found = _MEMBERS.search(" ".join(text.split()))
        if found:
            return Landing(title=title, members=f"{found[1].strip()} {found[2]}")
    return Landing(title=title)


def _read_meta(soup: BeautifulSoup, name: str) -> str:
    tag = soup.find("meta", attrs={"property": name})
    return " ".join(str(tag.get("content", "")).split())[:200] if isinstance(tag, Tag) else ""


def _stays(link: Tag, url: str) -> bool:
    host = urlsplit(str(link["href"])).hostname
    return host is None or host == urlsplit(url).hostname
