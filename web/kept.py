"""The public list in memory: which community has which fact, as one bit each.

A page of the list is asked for by half a dozen facts and shows beside each choice how many it would
leave. With a bit for each community, in the order of the list, each of those counts is one AND of
two numbers. What is kept is only caught up with, by the revisions of the stored lines.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.errors import StorageFailed
from domain.listing import ListedFacts
from presentation.listing import describe
from presentation.topics import fold
from store.engine import reading, writing
from store.listings import is_stale, list_facts, refresh_listings

log = logging.getLogger("rollcall.web")
# So many lines a request makes at most; the service makes the rest.
AT_ONCE = 100
# What only time has changed is looked after so often, and may wait its turn.
TRICKLE = 5
TRICKLE_EVERY = timedelta(seconds=10)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

Bits = int


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The list as of a revision: `order` names the communities, `bits` who has which fact."""

    revision: int = 0
    order: tuple[ListedFacts, ...] = ()
    bits: Mapping[str, Mapping[str, Bits]] = field(default_factory=dict)
    positions: Mapping[int, int] = field(default_factory=dict)
    slugs: Mapping[str, int] = field(default_factory=dict)
    inside: Bits = 0
    outside: Bits = 0

    def having(self, kind: str, value: str) -> Bits:
        """The communities with that fact."""
        return self.bits.get(kind, {}).get(value, 0)

    def of(self, community_ids: Iterable[int]) -> Bits:
        """These communities, as bits."""
        marked = bytearray(len(self.order) // 8 + 1)
        for one in community_ids:
            place = self.positions.get(one)
            if place is not None:
                marked[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(marked, "little")

    def pick(self, chosen: Bits, start: int, count: int) -> list[ListedFacts]:
        """So many of the chosen from the one at `start` on, in the order of the list."""
        picked = []
        for number, place in enumerate(_places(chosen)):
            if number >= start + count:
                break
            if number >= start:
                picked.append(self.order[place])
        return picked

    def all_of(self, chosen: Bits) -> list[ListedFacts]:
        """All of the chosen, in the order of the list."""
        return [self.order[place] for place in _places(chosen)]


class KeptList:
    """The index, caught up with at each request; one for each process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._making = Lock()
        self._loading = Lock()
        self._facts: dict[int, ListedFacts] = {}
        self._index = Index()
        self._looked_at: datetime | None = None

    @contextmanager
    def opened(self, now: datetime) -> Iterator[tuple[Session, Index]]:
        """A session and the list as it is now; while another request makes lines, as it was."""
        with reading(self._engine) as s:
            if not is_stale(s, now, expired_too=self._may_trickle(now)):
                yield s, self._catch_up(s)
                return
        self._make_lines(now)
        with reading(self._engine) as s:
            yield s, self._catch_up(s)

    def _catch_up(self, s: Session) -> Index:
        with self._loading:
            revision, changed = list_facts(s, self._index.revision)
            if changed:
                self._facts.update({facts.community_id: facts for facts in changed})
                self._index = build_index(self._facts.values(), revision)
            return self._index

    def _may_trickle(self, now: datetime) -> bool:
        looked = self._looked_at
        return looked is None or not looked <= now < looked + TRICKLE_EVERY

    def _make_lines(self, now: datetime) -> None:
        if not self._making.acquire(blocking=False):
            return
        try:
            self._looked_at = now
            with writing(self._engine) as s:
                refresh_listings(s, describe, now, at_most=AT_ONCE, expired=TRICKLE)
        except StorageFailed as error:
            # A disk that is full must not keep anybody from reading.
            log.warning("the list is shown as it was: %s", error.line)
        finally:
            self._making.release()


def build_index(facts: Iterable[ListedFacts], revision: int) -> Index:
    """The index of these communities in the order of the list."""
    order = tuple(sorted(facts, key=_rank))
    size = len(order) // 8 + 1
    marked: dict[str, dict[str, bytearray]] = defaultdict(
        lambda: defaultdict(lambda: bytearray(size))
    )
    for place, one in enumerate(order):
        byte, bit = place >> 3, 1 << (place & 7)
        for kind, value in _facts_of(one):
            marked[kind][value][byte] |= bit
    bits = {
        kind: {value: int.from_bytes(row, "little") for value, row in rows.items()}
        for kind, rows in marked.items()
    }
    everyone = (1 << len(order)) - 1
    outside = bits.get("outside", {}).get("yes", 0)
    return Index(
        revision=revision,
        order=order,
        bits=bits,
        positions={one.community_id: place for place, one in enumerate(order)},
        slugs={one.slug: one.community_id for one in order},
        inside=everyone & ~outside,
        outside=outside,
    )


def _facts_of(one: ListedFacts) -> Iterator[tuple[str, str]]:
    for topic in one.topics:
        yield "topic", topic
    for language in one.languages:
        yield "language", language
    for region in one.regions:
        yield "region", region
    for place in one.places:
        yield "platform", place
    yield "membership", one.membership
    yield "activity", one.activity
    if one.outside:
        yield "outside", "yes"


def _rank(one: ListedFacts) -> tuple[int, float, str]:
    last = one.last_post_at or LONG_AGO
    return one.place, -(last - LONG_AGO).total_seconds(), fold(one.name)


def _places(chosen: Bits) -> Iterator[int]:
    """The numbers of the bits that are set, lowest first."""
    for byte, value in enumerate(chosen.to_bytes(chosen.bit_length() // 8 + 1, "little")):
        if value:
            for bit in range(8):
                if value >> bit & 1:
                    yield byte * 8 + bit
