"""What became of an archive that is not at its address any more: moved, parked, or not there.

Asked only where a visit found something else than the archive. A redirect is judged by where it
led. A page that answers with success may be the host's way of saying "not found": an address that
cannot exist is asked for once, through the same gate as every request, and compared.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from typing import Protocol

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.detect import detect_platform
from crawler.formats.addresses import urlsplit
from crawler.formats.html import is_html, read_html
from crawler.formats.parked import looks_parked
from domain.errors import HostBusy, SourceError
from domain.outcome import Outcome

# Ends that a redirect to somewhere else explains better than the page it led to.
_LOST = frozenset({Outcome.UNPARSEABLE, Outcome.LAYOUT_CHANGED, Outcome.NOT_FOUND, Outcome.PARTIAL})
_ANOTHER_PAGE = frozenset({Outcome.UNPARSEABLE, Outcome.LAYOUT_CHANGED})
# Error pages repeat the address and count requests: this much of two pages must be the same.
_ALIKE = 0.9
_WORD = re.compile(r"[^\W\d_]{2,}")
_MISSING = frozenset({400, 401, 403, 404, 405, 410, 451})


async def explain_loss(spider: ArchiveSpider, verdict: Verdict, *, deadline: float) -> Verdict:
    """The verdict, explained where it says only that something else came than the archive.

    `deadline` is on the clock of the event loop.

    Raises: StorageFailed.
    """
    # A recipe that cannot be used says nothing of the site: it was not asked.
    if verdict.outcome not in _LOST or "recipe" in verdict.evidence:
        return verdict
    try:
        async with asyncio.timeout_at(deadline):
            entry = spider.entry or await _fetch_entry(spider, verdict)
            led_away = lost_by_redirect(spider, verdict)
            if entry is None or led_away.outcome is not verdict.outcome:
                return led_away
            if verdict.outcome not in _ANOTHER_PAGE:
                return verdict
            return await _explain_page(spider, verdict, entry)
    except (SourceError, HostBusy, TimeoutError):
        return verdict


def lost_by_redirect(spider: ArchiveSpider, verdict: Verdict) -> Verdict:
    """The verdict; `moved` or `parked` when the entry led to another domain and was no archive.

    A move needs a page of the same platform, or the list's name in the new address. Within a
    domain, a redirect to the home page says that the archive is not there.
    """
    entry = spider.entry
    if entry is None or not entry.redirects or verdict.outcome not in _LOST:
        return verdict
    old, new = urlsplit(spider.plan.url), urlsplit(entry.url)
    evidence = {**verdict.evidence, "redirects": " → ".join((*entry.redirects, entry.url))}
    away = registrable_domain(spider.plan.url) != registrable_domain(entry.url)
    if (away or old.hostname != new.hostname) and _is_the_list(spider, entry):
        what = f"leads to {entry.url}, which we cannot read: {verdict.detail}"
        to_do = "look at the new address and confirm it"
        moved = replace(verdict, outcome=Outcome.MOVED, detail=what, to_do=to_do)
        return replace(moved, new_url=entry.url, evidence=evidence)
    if away:
        what = f"leads to {new.hostname}, which says nothing of this list"
        return replace(verdict, outcome=Outcome.PARKED, detail=what, evidence=evidence)
    if new.path in ("", "/") and not new.query and old.path not in ("", "/"):
        what = f"leads to the home page of {new.hostname}"
        return replace(verdict, outcome=Outcome.NOT_FOUND, detail=what, evidence=evidence)
    return verdict


def same_list_elsewhere(spider: ArchiveSpider, verdict: Verdict) -> str | None:
    """The entry's new address, when it moved for good and is the same list on the same platform."""
    entry = spider.entry
    if entry is None or not entry.moved_for_good or not verdict.outcome.saw:
        return None
    same = list_name(entry.url) == list_name(spider.plan.url)
    return entry.url if same and entry.asked == spider.plan.url else None


def list_name(url: str) -> str:
    """The last part of an address's path, in lower case: what archives name their list by."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return parts[-1].lower() if parts else (urlsplit(url).hostname or "")


def registrable_domain(url: str) -> str:
    """The part of an address's host that somebody registered; an IP address is its own."""
    host = (urlsplit(url).hostname or "").lower()
    return _suffixes()(host).top_domain_under_public_suffix or host


def looks_the_same(one: bytes, other: bytes) -> bool:
    """True when two web pages are built and worded the same, but for what they repeat."""
    (tags, words), (other_tags, other_words) = _fingerprint(one), _fingerprint(other)
    return _share(tags, other_tags) >= _ALIKE and _share(words, other_words) >= _ALIKE


async def _fetch_entry(spider: ArchiveSpider, verdict: Verdict) -> Fetched | None:
    """The page at a known source's address, where the adapter did not even ask for it."""
    if not is_known(spider) or verdict.outcome not in _ANOTHER_PAGE:
        return None
    return await spider.fetch(spider.plan.url)


async def _explain_page(spider: ArchiveSpider, verdict: Verdict, entry: Fetched) -> Verdict:
    """Another platform's page, a page that comes for every address, or just another page."""
    if entry.not_modified or entry.status != 200 or not is_known(spider):
        return verdict
    found = detect_platform(entry)
    if found is not None and found.platform is not spider.plan.platform:
        return replace(verdict, evidence={**verdict.evidence, **tell_platform(found)})
    if not is_html(entry.body):
        return verdict
    url = impossible_address(entry.url, seed=f"{spider.plan.name} {spider.plan.now.isoformat()}")
    other = await spider.fetch(url, allow=_MISSING)
    if other.status != 200 or not looks_the_same(entry.body, other.body):
        return verdict
    evidence = {**verdict.evidence, "compared": url}
    if looks_parked(read_html(entry.body), entry.url):
        what = "the same short page comes for every address: the domain seems to be parked"
        return replace(verdict, outcome=Outcome.PARKED, detail=what, to_do="", evidence=evidence)
    what = "the host gives the same page for an address that cannot exist: a hidden “not found”"
    to_do = "check the address of the source"
    return replace(verdict, outcome=Outcome.NOT_FOUND, detail=what, to_do=to_do, evidence=evidence)


def tell_platform(found: Evidence) -> dict[str, str]:
    """A recognised platform as evidence of a crawl report."""
    return {"platform": str(found.platform), "watch": found.url, "why": "; ".join(found.why)}


def is_known(spider: ArchiveSpider) -> bool:
    """True for a source that was read before."""
    return bool(spider.plan.posts_known) or spider.plan.covered_until is not None


def impossible_address(url: str, *, seed: str) -> str:
    """An address beside `url` that nobody can have made; the same for the same seed."""
    parts = urlsplit(url)
    folders = parts.path.rstrip("/").split("/")
    token = blake2b(f"{url} {seed}".encode(), digest_size=8).hexdigest()
    end = "/" if parts.path.endswith("/") and len(folders) > 1 else ""
    path = "/".join([*folders[:-1], f"no-such-page-{token}"]) + end
    return parts._replace(path="/" + path.lstrip("/"), query="", fragment="").geturl()


def _is_the_list(spider: ArchiveSpider, entry: Fetched) -> bool:
    if list_name(spider.plan.url) in entry.url.lower():
        return True
    found = detect_platform(entry) if entry.status == 200 and not entry.not_modified else None
    sure = found is not None and found.certainty == "sure"
    return sure and found is not None and found.platform is spider.plan.platform


def _fingerprint(body: bytes) -> tuple[Counter[str], Counter[str]]:
    """The elements with their classes, and the words that are no numbers or mixtures of them."""
    soup = read_html(body)
    for tag in soup.find_all(["script", "style", "noscript"]):
        tag.extract()
    tags = Counter(
        " ".join([tag.name, *sorted(map(str, tag.get("class") or ()))]) for tag in soup.find_all()
    )
    return tags, Counter(_WORD.findall(soup.get_text(" ").lower()))


def _share(one: Counter[str], other: Counter[str]) -> float:
    larger = max(one.total(), other.total())
    return (one & other).total() / larger if larger else 1.0


class _Domain(Protocol):
    @property
    def top_domain_under_public_suffix(self) -> str: ...


class _Suffixes(Protocol):
    def __call__(self, url: str) -> _Domain: ...


@cache
def _suffixes() -> _Suffixes:
    # Imported here: reading the list of public suffixes takes a quarter of a second.
    from tldextract import TLDExtract  # noqa: PLC0415

    # Only the list that comes with the package: nothing is fetched, nothing cached.
    return TLDExtract(suffix_list_urls=(), cache_dir=None)
