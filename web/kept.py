"""The public list in memory: which community has which fact, as one bit each.

A page of the list is asked for by half a dozen facts and shows beside each choice how many it would
leave. With a bit for each community each of those counts is one AND of two numbers. What is kept is
only caught up with, by the revisions of the stored lines, and a portion at a time: so that nobody
waits for the list to be built.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock, Thread

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.errors import StorageFailed
from domain.listing import ListedFacts
from presentation.listing import describe
from presentation.topics import fold
from store.engine import reading, writing
from store.listings import Freshness, list_facts, read_freshness, refresh_listings

log = logging.getLogger("rollcall.web")
# So many lines are made in one go.
AT_ONCE = 100
# What only time has changed is looked after so often, and may wait its turn.
TRICKLE = 5
TRICKLE_EVERY = timedelta(seconds=10)
# So many changed lines a request takes over at most.
CAUGHT_UP = 500
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
# From so many on, places are found by going through the whole list.
SCATTERED = 200

Bits = int
Rank = tuple[int, float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The list as of a revision. Each community keeps its place; `order` is that of the list.

    Shape: bit n of any number in `bits`, `inside` and `outside` stands for `places[n]`. `sought` is
    for whoever looks for words, to keep what they found as long as this revision is shown.
    """

    revision: int = 0
    places: Sequence[ListedFacts] = ()
    ranks: Sequence[Rank] = ()
    order: Sequence[int] = ()
    positions: Mapping[int, int] = field(default_factory=dict)
    slugs: Mapping[str, int] = field(default_factory=dict)
    bits: Mapping[str, Mapping[str, Bits]] = field(default_factory=dict)
    inside: Bits = 0
    outside: Bits = 0
    sought: dict[str, Bits] = field(default_factory=dict)

    def having(self, kind: str, value: str) -> Bits:
        """The communities with that fact."""
        return self.bits.get(kind, {}).get(value, 0)

    def values(self, kind: str) -> list[str]:
        """What any community has of that kind of fact, sorted."""
        return sorted(value for value, having in self.bits.get(kind, {}).items() if having)

    def of(self, community_ids: Iterable[int]) -> Bits:
        """These communities, as bits."""
        marked = bytearray(len(self.places) // 8 + 1)
        for one in community_ids:
            place = self.positions.get(one)
            if place is not None:
                marked[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(marked, "little")

    def find(self, community_id: int) -> ListedFacts | None:
        """What the list knows of a community."""
        place = self.positions.get(community_id)
        return None if place is None else self.places[place]

    def pick(self, chosen: Bits, start: int, count: int) -> list[ListedFacts]:
        """So many of the chosen from the one at `start` on, in the order of the list."""
        picked: list[ListedFacts] = []
        for number, place in enumerate(self._ordered(chosen)):
            if number >= start + count:
                break
            if number >= start:
                picked.append(self.places[place])
        return picked

    def all_of(self, chosen: Bits) -> list[ListedFacts]:
        """All of the chosen, in no order."""
        return [self.places[place] for place in _list_places(chosen)]

    def _ordered(self, chosen: Bits) -> Iterable[int]:
        if chosen.bit_count() <= SCATTERED:
            return sorted(_list_places(chosen), key=self.ranks.__getitem__)
        marked = chosen.to_bytes(len(self.places) // 8 + 1, "little")
        return (place for place in self.order if marked[place >> 3] >> (place & 7) & 1)


class KeptList:
    """The index, caught up with at each request; one for each process.

    Lines that are to be made are made by the request that notices; after `stay_beside` in a thread
    of their own, while visitors see the list as it was.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._beside = False
        self._making = Lock()
        self._loading = Lock()
        self._index = Index()
        self._looked_at: datetime | None = None

    def stay_beside(self, now: datetime) -> None:
        """Nothing, once the list is loaded: no visitor has to wait for it from then on."""
        self._beside = True
        with self.opened(now):
            pass

    @contextmanager
    def opened(self, now: datetime) -> Iterator[tuple[Session, Index]]:
        """A session and the list as it is now; while lines are being made, as it was."""
        with reading(self._engine) as s:
            fresh = read_freshness(s, now)
            if not fresh.changed and not (fresh.expired and self._may_trickle(now)):
                yield s, self._catch_up(s, fresh)
                return
        self._make_lines(now)
        with reading(self._engine) as s:
            yield s, self._catch_up(s, read_freshness(s, now))

    def _catch_up(self, s: Session, fresh: Freshness) -> Index:
        if fresh.revision <= self._index.revision:
            return self._index
        with self._loading:
            at_most = CAUGHT_UP if self._index.places else None
            revision, changed = list_facts(s, self._index.revision, at_most=at_most)
            if changed:
                self._index = update_index(self._index, changed, revision)
            return self._index

    def _may_trickle(self, now: datetime) -> bool:
        looked = self._looked_at
        return looked is None or not looked <= now < looked + TRICKLE_EVERY

    def _make_lines(self, now: datetime) -> None:
        """Makes lines now, or lets a thread make them; nothing while others are being made."""
        if not self._making.acquire(blocking=False):
            return
        self._looked_at = now
        if self._beside:
            Thread(target=self._make_all, args=[now], name="lines", daemon=True).start()
        else:
            self._make_some(now)
            self._making.release()

    def _make_all(self, now: datetime) -> None:
        try:
            while self._make_some(now) > TRICKLE:
                pass
        finally:
            self._making.release()

    def _make_some(self, now: datetime) -> int:
        try:
            with writing(self._engine) as s:
                return refresh_listings(s, describe, now, at_most=AT_ONCE, expired=TRICKLE)
        except StorageFailed as error:
            # A disk that is full must not keep anybody from reading.
            log.warning("the list is shown as it was: %s", error.line)
            return 0


def update_index(before: Index, changed: Iterable[ListedFacts], revision: int) -> Index:
    """The index with these communities as they are now; those that it did not have come last."""
    places, ranks = list(before.places), list(before.ranks)
    positions, slugs = dict(before.positions), dict(before.slugs)
    bits = {kind: dict(values) for kind, values in before.bits.items()}
    for one in changed:
        place = positions.get(one.community_id)
        if place is None:
            place = positions[one.community_id] = len(places)
            places.append(one)
            ranks.append(_rank(one))
        else:
            _turn(bits, places[place], place)
            slugs.pop(places[place].slug, None)
            places[place], ranks[place] = one, _rank(one)
        _turn(bits, one, place)
        slugs[one.slug] = one.community_id
    everyone = (1 << len(places)) - 1
    outside = bits.get("outside", {}).get("yes", 0)
    order = [*before.order, *range(len(before.places), len(places))]
    return Index(
        revision=revision,
        places=places,
        ranks=ranks,
        # Nearly sorted already, which costs a comparison each.
        order=sorted(order, key=ranks.__getitem__),
        positions=positions,
        slugs=slugs,
        bits=bits,
        inside=everyone & ~outside,
        outside=outside,
    )


def _turn(bits: dict[str, dict[str, Bits]], one: ListedFacts, place: int) -> None:
    """Turns the bits of a community's facts: those that were off on, those that were on off."""
    mask = 1 << place
    for kind, value in set(_facts_of(one)):
        values = bits.setdefault(kind, {})
        values[value] = values.get(value, 0) ^ mask


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


def _rank(one: ListedFacts) -> Rank:
    last = one.last_post_at or LONG_AGO
    return one.place, -last.timestamp(), fold(one.name)


def _list_places(chosen: Bits) -> Iterator[int]:
    """The numbers of the bits that are set, lowest first."""
    for byte, value in enumerate(chosen.to_bytes(chosen.bit_length() // 8 + 1, "little")):
        if value:
            for bit in range(8):
                if value >> bit & 1:
                    yield byte * 8 + bit
