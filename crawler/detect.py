"""Which platform a page belongs to, by elements and endpoints, never by a bare word."""

from __future__ import annotations

from importlib import import_module

from crawler.base import Evidence, Fetched
from domain.records import Platform


def detect_platform(page: Fetched) -> Evidence | None:
    """The best evidence that any adapter finds in the page; `None` when none recognises it."""
    found = [evidence for platform in Platform if (evidence := _ask(platform, page))]
    return min(found, key=lambda evidence: evidence.certainty != "sure", default=None)


def _ask(platform: Platform, page: Fetched) -> Evidence | None:
    if not platform.crawled:
        return None
    adapter = import_module(f"crawler.spiders.{platform}")
    evidence: Evidence | None = adapter.recognise(page)
    return evidence
