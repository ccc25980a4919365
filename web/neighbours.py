"""What stands around a community: where it came from, what is near it, how it compares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from domain.listing import ListedFacts
from domain.records import Community
from presentation.dates import counted, format_count
from presentation.i18n import ENGLISH, say
from presentation.topics import topic_name
from web.kept import Bits, Index

MOST_NEAR = 5
# Fewer that can be counted say nothing of a kind.
ENOUGH_OF_A_KIND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The communities near one, and a sentence on how it compares with its kind."""

    before: tuple[ListedFacts, ...] = ()
    after: tuple[ListedFacts, ...] = ()
    near: tuple[ListedFacts, ...] = ()
    compared: str = ""


def find_around(index: Index, community: Community, locale: str = ENGLISH) -> Around:
    """What the list knows around a community."""
    by_slug = {community.follows, community.followed_by} - {""}
    related = {one.slug: one for one in index.order if one.slug in by_slug}
    return Around(
        before=tuple(_named(related, community.follows)),
        after=tuple(_named(related, community.followed_by)),
        near=_find_near(index, community),
        compared=_compare(index, community, locale),
    )


def _named(related: dict[str, ListedFacts], slug: str) -> Iterator[ListedFacts]:
    if slug in related:
        yield related[slug]


def _find_near(index: Index, community: Community) -> tuple[ListedFacts, ...]:
    """Others on the same topic in the same region, those of the same language first."""
    here = index.of([community.id])
    ended = index.having("activity", "inactive") | index.having("activity", "closed")
    alike = index.inside & ~here & ~ended
    alike &= _any(index, "topic", community.topics) & _any(index, "region", community.regions)
    speaking = alike & _any(index, "language", community.languages)
    first = index.pick(speaking, 0, MOST_NEAR)
    return tuple(first + index.pick(alike & ~speaking, 0, MOST_NEAR - len(first)))


def _any(index: Index, kind: str, values: Iterable[str]) -> Bits:
    found = 0
    for value in values:
        found |= index.having(kind, value)
    return found


def _compare(index: Index, community: Community, locale: str) -> str:
    """How its pace stands among those on its first topic, where enough of them can be counted."""
    place = index.positions.get(community.id)
    own = index.order[place].posts_per_month if place is not None else None
    if own is None or not community.topics:
        return ""
    topic = community.topics[0]
    kind = index.inside & index.having("topic", topic)
    paces = [one.posts_per_month for one in index.all_of(kind) if one.posts_per_month is not None]
    if len(paces) < ENOUGH_OF_A_KIND:
        return ""
    slower = sum(pace < own for pace in paces)
    return say(
        "About {posts} a month: more than {slower} of the {all} communities on {topic} that we "
        "can count. In the middle they have {middle}.",
        locale,
        posts=counted(own, "post", "posts", locale),
        slower=slower,
        all=len(paces),
        topic=topic_name(topic, locale).lower(),
        middle=format_count(median(paces), locale),
    )
