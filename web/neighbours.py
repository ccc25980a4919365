"""What stands around a community: where it came from, what is near it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.listing import ListedFacts
from domain.records import Community
from web.kept import Bits, Index

MOST_NEAR = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The communities near one."""

    before: tuple[ListedFacts, ...] = ()
    after: tuple[ListedFacts, ...] = ()
    near: tuple[ListedFacts, ...] = ()


def find_around(index: Index, community: Community) -> Around:
    """What the list knows around a community."""
    return Around(
        before=tuple(_named(index, community.follows)),
        after=tuple(_named(index, community.followed_by)),
        near=_find_near(index, community),
    )


def _named(index: Index, slug: str) -> Iterator[ListedFacts]:
    found = index.find(index.slugs.get(slug, 0))
    if found is not None:
        yield found


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
