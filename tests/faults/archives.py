"""Three made-up archives of one talk, as the shipped archive server shows them, and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache

from demo.answer import Answer, Site
from demo.content import Message, Rhythm, Spell, build_history
from demo.feed import FeedFormat, FeedSite
from demo.hyperkitty import HyperkittySite
from demo.pipermail import PipermailSite
from domain.records import Platform

ADAPTERS = (Platform.FEED, Platform.PIPERMAIL, Platform.HYPERKITTY)
NAME = "clinic-talk"
# So long before the end nobody looks; a silence of that length would be called dormant.
UNSEEN = timedelta(days=170)
RHYTHM = Rhythm(
    spells=(
        Spell(days=60, gap_days=0.7, voices=8),
        Spell(days=UNSEEN.days, gap_days=4.0, voices=8),
    )
)
FEED_ITEMS = 70
PATHS = {
    Platform.FEED: f"/{NAME}.atom",
    Platform.PIPERMAIL: f"/pipermail/{NAME}/",
    Platform.HYPERKITTY: f"/archives/list/{NAME}@lists.example.org/",
}


class Remembering:
    """A site that builds each of its answers once, however many hosts show it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.said: dict[tuple[str, tuple[tuple[str, str], ...]], Answer | None] = {}

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None:
        key = (path, tuple(sorted(query.items())))
        if key not in self.said:
            self.said[key] = self.site.answer(path, query)
        return self.said[key]


@cache
def write_talk(end: datetime) -> tuple[Message, ...]:
    """Everything that was written in a talk that goes on until `end`."""
    return build_history(RHYTHM, slug=NAME, language="en", anchor=end, until=end, seed=7)


@cache
def build_site(
    platform: Platform,
    messages: tuple[Message, ...],
    *,
    now: datetime,
    feed_items: int = FEED_ITEMS,
) -> Site:
    """The archive that holds these messages."""
    base_url = "http://lists.example.org"
    if platform is Platform.PIPERMAIL:
        return Remembering(PipermailSite(NAME, messages, now=now))
    if platform is Platform.HYPERKITTY:
        return Remembering(HyperkittySite(NAME, messages, now=now, base_url=base_url))
    feed = FeedSite(
        NAME,
        messages,
        path=PATHS[platform],
        form=FeedFormat.ATOM,
        limit=feed_items,
        now=now,
        base_url=base_url,
    )
    return Remembering(feed)


def newest(messages: tuple[Message, ...], days: float, now: datetime) -> tuple[Message, ...]:
    """What was written in so many last days."""
    return tuple(one for one in messages if one.at >= now - timedelta(days=days))
