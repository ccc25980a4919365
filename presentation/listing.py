"""A community's line in the public list: which group it stands in, and by what it is found."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from domain.listing import ListedFacts, ListedWords, Listing
from domain.outcome import NOT_VERIFIED_AFTER, Marker, Status
from domain.published import DirectoryEntry, MonthBar
from domain.records import Membership
from domain.window import Month
from presentation.facts import (
    NOWHERE,
    PLACE_WORDS,
    PLACES,
    language_name,
    name_language,
    region_name,
)
from presentation.i18n import LOCALES, translate
from presentation.topics import fold, topic_words
from presentation.words import list_words, status_words

LISTED_IN = tuple(LOCALES)
"""The languages in which the public pages tell the word."""

ENDED = frozenset({"inactive", "closed"})
NOT_KNOWN = frozenset({"unverified", "little", "unseen", "unchecked"})
OUTSIDE = frozenset({Membership.STAFF_ONLY, Membership.PAID})
EXCLUDED = "excluded"

MONTHS_PER_YEAR = 12
ENOUGH_MONTHS = 6


def describe(entry: DirectoryEntry, now: datetime) -> Listing:
    """The line of a community as of now."""
    words = status_words(entry)
    drawn = any(bar.posts is not None for bar in entry.months)
    return Listing(
        facts=_facts(entry, words.activity),
        tone=words.tone,
        words={locale: _tell(entry, locale) for locale in LISTED_IN},
        name_language=name_language(entry.community),
        url=entry.community.url,
        first_month=entry.months[0].month if drawn else None,
        posts=tuple(bar.posts for bar in entry.months) if drawn else (),
        seen_shares=tuple(bar.seen_share for bar in entry.months) if drawn else (),
        sought=_sought(entry),
        word_until=_word_until(entry, now),
        good_until=Month.of(now.date()).shifted(1).start,
    )


def bars_of(listing: Listing) -> tuple[MonthBar, ...]:
    """The months of a line as bars."""
    if listing.first_month is None:
        return ()
    seen = zip(listing.posts, listing.seen_shares, strict=True)
    return tuple(
        MonthBar(month=listing.first_month.shifted(place), posts=posts, seen_share=share)
        for place, (posts, share) in enumerate(seen)
    )


def posts_per_month(months: tuple[MonthBar, ...]) -> float | None:
    """The median of the last year's wholly seen months; `None` with fewer than six."""
    whole = [bar.posts or 0 for bar in months if bar.wholly_seen][-MONTHS_PER_YEAR:]
    return float(median(whole)) if len(whole) >= ENOUGH_MONTHS else None


def _facts(entry: DirectoryEntry, activity: str) -> ListedFacts:
    community = entry.community
    checked = [report.finished_at for report in entry.reports.values() if report.outcome.saw]
    places = tuple(dict.fromkeys(PLACES[source.platform] for source in entry.sources))
    return ListedFacts(
        community_id=community.id,
        slug=community.slug,
        name=community.name,
        activity=activity,
        place=_place(entry, activity),
        last_post_at=entry.published.last_post_at,
        checked_at=max(checked, default=entry.published.observed_until),
        topics=community.topics,
        languages=community.languages,
        regions=community.regions,
        places=places or (NOWHERE,),
        membership=community.membership.value,
        host=community.host,
        outside=community.scope == EXCLUDED or community.membership in OUTSIDE or entry.merged,
        posts_per_month=posts_per_month(entry.months),
    )


def _place(entry: DirectoryEntry, activity: str) -> int:
    """Seen talking first, then what a person saw, then what cannot be seen, then what has ended."""
    if activity in ("active", "quiet"):
        return 1 if Marker.SPAM in entry.published.markers else 0
    if activity in NOT_KNOWN:
        return 2 if entry.attestation is not None else 3
    return 4


def _tell(entry: DirectoryEntry, locale: str) -> ListedWords:
    words = list_words(entry, locale)
    rest = words.rest
    if entry.published.status is Status.MOVED and entry.decision and entry.decision.new_url:
        rest = f"{rest} {entry.decision.new_url}"
    return ListedWords(word=words.word, rest=rest, markers=words.markers)


def _sought(entry: DirectoryEntry) -> str:
    community = entry.community
    own = (community.name, community.slug, community.description, community.host)
    names = (
        language_name(code, locale)
        for code in community.languages
        for locale in ("en", "fr", "es", "pt", code)
    )
    places = (
        translate(PLACE_WORDS[PLACES[source.platform]], locale)
        for source in entry.sources
        for locale in LOCALES
    )
    regions = (region_name(region, locale) for region in community.regions for locale in LOCALES)
    topics = (topic_words(topic) for topic in community.topics)
    text = " ".join((*own, *regions, *names, *places, *topics))
    return " ".join(dict.fromkeys(fold(text).split()))


def _word_until(entry: DirectoryEntry, now: datetime) -> datetime | None:
    """The first moment at which the word is another with nothing having happened."""
    moments = []
    if entry.decision is not None and entry.decision.until is not None:
        moments.append(entry.decision.until)
    looked = entry.published.observed_until
    if entry.published.by_curator and entry.decision is not None:
        looked = max(looked or entry.decision.decided_at, entry.decision.decided_at)
    if looked is not None:
        moments.append(looked + NOT_VERIFIED_AFTER + timedelta(seconds=1))
    return min((moment for moment in moments if moment > now), default=None)
