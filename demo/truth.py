"""The made-up directory, and what a run over it must find.

Whatever the day: the histories are fixed distances from it, and none of them depends on a season.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from demo.communities import COMMUNITIES
from demo.content import Message, midnight
from demo.feed import FeedFormat
from demo.madeup import (
    DEFAULT_SEED,
    UNREADABLE,
    ExpectedState,
    MadeUp,
    Show,
    describe_state,
)
from domain.records import Platform
from domain.window import Month

__all__ = [
    "COMMUNITIES",
    "DEFAULT_SEED",
    "ExpectedState",
    "MadeUp",
    "build_directory",
    "describe_state",
]

# So many months before the anchor's newest one an archive with a hole has it.
MISSING_MONTHS_AGO = 8
# The frozen archive holds nothing younger; its list went on talking elsewhere.
FROZEN_DAYS = 200
FEED_PATHS: Mapping[FeedFormat, str] = {
    FeedFormat.ATOM: "/atom.xml",
    FeedFormat.RSS: "/feed.rss",
    FeedFormat.JSON: "/feed.json",
}


def visible_posts(made_up: MadeUp, messages: tuple[Message, ...], anchor: datetime) -> int:
    """How many distinct posts a first visit can read, of those that were written by then."""
    if made_up.show in UNREADABLE:
        return 0
    if made_up.show is Show.FROZEN:
        return len(frozen_part(messages, anchor))
    if made_up.show is Show.MONTH_MISSING:
        lost = missing_month(messages, anchor)
        return sum(Month.of(message.at) != lost for message in messages)
    return min(len(messages), made_up.feed_items or len(messages))


def frozen_part(messages: tuple[Message, ...], anchor: datetime) -> tuple[Message, ...]:
    """What a list's old archive holds of it."""
    end = anchor - timedelta(days=FROZEN_DAYS)
    return tuple(message for message in messages if message.at < end)


def missing_month(messages: tuple[Message, ...], anchor: datetime) -> Month:
    """The month that an archive with a hole has lost."""
    months = {Month.of(message.at) for message in messages if message.at < anchor}
    return sorted(months)[-1 - MISSING_MONTHS_AGO]


def build_directory(now: datetime, *, seed: int = DEFAULT_SEED) -> tuple[MadeUp, ...]:
    """The directory with its hosts and the posts that its archives hold on that day."""
    anchor = midnight(now)
    return tuple(
        replace(
            made_up,
            host=f"127.77.0.{place}",
            other_host=f"127.77.1.{place}"
            if made_up.show in (Show.REDIRECTED, Show.FROZEN)
            else "",
            path=archive_path(made_up),
            posts=visible_posts(
                made_up, made_up.history(anchor=anchor, until=anchor, seed=seed), anchor
            ),
        )
        for place, made_up in enumerate(COMMUNITIES, start=1)
    )


def archive_path(made_up: MadeUp) -> str:
    """Where the archive is on its host."""
    if made_up.platform is Platform.PIPERMAIL:
        if made_up.show is Show.PRIVATE:
            return f"/mailman/private/{made_up.slug}/"
        return f"/pipermail/{made_up.slug}/"
    if made_up.platform is Platform.HYPERKITTY:
        return f"/archives/list/{made_up.slug}@lists.example.org/"
    return FEED_PATHS[made_up.feed_format]
