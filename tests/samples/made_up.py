"""The archives that the demo can show, as tables of pages."""

from __future__ import annotations

from datetime import datetime

from demo.content import midnight
from domain.records import Platform
from tests.faults.archives import FEED_ITEMS, PATHS, build_site, write_talk
from tests.samples.shown import Archive
from tests.site_table import SiteTable


def build_archive(platform: Platform, now: datetime) -> Archive:
    """One talk as the platform shows it."""
    messages = write_talk(midnight(now))
    site = build_site(platform, messages, now=now)
    shown = messages[-FEED_ITEMS:] if platform is Platform.FEED else messages
    return Archive(
        url=f"http://lists.example.org{PATHS[platform]}",
        pages=SiteTable(site),
        posts=len(shown),
        first_at=shown[0].at,
        last_at=shown[-1].at,
        tells_its_end=platform is Platform.FEED,
    )
