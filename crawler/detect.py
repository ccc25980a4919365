"""Which platform a page belongs to, by elements and endpoints, never by a bare word.

A page that no adapter is sure of may still lead to an archive: `list_leads` names the addresses
that are worth a look. What they are is then asked of the adapters again; a lead proves nothing.
"""

from __future__ import annotations

import re
from importlib import import_module
from urllib.parse import urldefrag

from bs4 import BeautifulSoup, Tag

from crawler.base import ArchiveSpider, Evidence, Fetched
from crawler.feeds import list_named_feeds
from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.html import is_html, read_html
from domain.errors import Unparseable
from domain.records import Platform

SURE = "sure"
# What a site is made with says less than the archive, forum or list that it shows.
_GENERAL = frozenset({"feed", "wordpress", "drupal", "landing", "recipe"})
_LEADS = (
    (
        3,
        re.compile(
            r"/pipermail/|/hyperkitty/|/archives/list/|[?&]A0=|/mailman3?/(?:lists?info|lists|private)/"
            r"|/(?:sympa|wws|wwsympa\.fcgi)/(?:arc|info|arcsearch_form)/|/g/[\w.+-]+/?(?:topics|messages)?$"
            r"|/dgroups-rss/|/mail(?:ing)?-?archives?/|/viewforum\.php|/forumdisplay\.php"
            r"|option=com_kunena|/maillist\.html|/list\.html\?"
        ),
    ),
    (
        2,
        re.compile(
            r"//(?:forums?|community|discuss|discourse|talk|lists?|groups?|mail(?:ing)?lists?)\."
            r"|/(?:forums?|foros?|f%C3%B3rum|discussions?|archives?|mailman|phpbb\d?|smf|bb)(?:/|$)"
            r"|/(?:feed|rss|atom)(?:\.xml|/|$)",
            re.IGNORECASE,
        ),
    ),
)
_WORDS = re.compile(
    r"\b(?:archives?|forums?|discussions?|mailing lists?|listserv|e-?mail list|discussion group"
    r"|listes? de (?:discussion|diffusion)|foros?|listas? de (?:correo|discusi[oó]n|discuss[aã]o)"
    r"|f[oó]rum|archivos?|arquivos?)\b",
    re.IGNORECASE,
)
_GENERATOR = re.compile("^generator$", re.IGNORECASE)
_SKIP = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|zip|jpe?g|png|gif|svg|mp[34]|css|js|ics)$", re.IGNORECASE
)


def detect_platform(page: Fetched) -> Evidence | None:
    """The best evidence that any adapter finds in the page; `None` when none recognises it."""
    found = [evidence for platform in Platform if (evidence := _ask(platform, page))]
    return min(found, key=rank_evidence, default=None)


def rank_evidence(evidence: Evidence) -> tuple[bool, bool]:
    """A key that sorts the better evidence first: the surer, then the more special."""
    return evidence.certainty != SURE, evidence.platform.value in _GENERAL


def is_settled(evidence: Evidence | None) -> bool:
    """True when no other page could tell better what is here."""
    return evidence is not None and not any(rank_evidence(evidence))


def read_version(page: Fetched) -> str:
    """What the software says of itself and its version; empty where it says nothing."""
    for header in ("x-generator", "x-powered-by"):
        if page.headers.get(header, "").lower().startswith(("drupal", "nodebb", "discourse")):
            return page.headers[header][:120]
    if is_html(page.body):
        named = read_html(page.body).find(
            "meta", attrs={"name": re.compile("^generator$", re.IGNORECASE)}
        )
        text = str(named.get("content", "")) if isinstance(named, Tag) else ""
    else:
        found = re.search(rb"<generator[^>]*>([^<]{1,200})</generator>", page.body[:20_000])
        text = found[1].decode("utf-8", "replace") if found else ""
    return " ".join(text.split())[:120]


def list_leads(page: Fetched) -> tuple[str, ...]:
    """Addresses on a web page behind which an archive may be, the likeliest first."""
    if not is_html(page.body):
        return ()
    weights: dict[str, int] = {}
    for url, text in _links(page):
        weight = _weigh(url, text)
        if weight:
            weights[url] = max(weight, weights.get(url, 0))
    for feed in list_named_feeds(page):
        weights.setdefault(feed.url, 1)
    weights.pop(page.url, None)
    return tuple(sorted(weights, key=lambda url: (-weights[url], len(url), url)))


def _links(page: Fetched) -> list[tuple[str, str]]:
    soup: BeautifulSoup = read_html(page.body)
    found = []
    for tag in soup.find_all("a", href=True):
        try:
            url = urldefrag(urljoin(page.url, str(tag["href"]).strip())).url
            parts = urlsplit(url)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.hostname and not _SKIP.search(parts.path):
            found.append((url, tag.get_text(" ", strip=True)[:200]))
    return found


def _weigh(url: str, text: str) -> int:
    by_address = next((weight for weight, shape in _LEADS if shape.search(url)), 0)
    return 2 * by_address + bool(_WORDS.search(text))


def load_spider_class(platform: Platform) -> type[ArchiveSpider]:
    """The platform's spider; no other platform's file is loaded for it."""
    adapter = import_module(f"crawler.spiders.{platform}")
    spiders = (
        found
        for found in vars(adapter).values()
        if isinstance(found, type) and issubclass(found, ArchiveSpider)
    )
    return next(found for found in spiders if getattr(found, "name", None) == platform)


def _ask(platform: Platform, page: Fetched) -> Evidence | None:
    if not platform.crawled:
        return None
    adapter = import_module(f"crawler.spiders.{platform}")
    try:
        evidence: Evidence | None = adapter.recognise(page)
    except Unparseable:
        return None  # what is too costly to look at is nobody's
    return evidence
