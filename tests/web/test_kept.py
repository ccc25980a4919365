"""The list in memory: right after any change, and built beside its visitors."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.listing import ListedFacts
from store.engine import reading
from store.listings import read_freshness
from tests.web.kit import NOW
from web import kept
from web.kept import Index, KeptList, update_index

FACTS = st.builds(
    ListedFacts,
    community_id=st.integers(1, 12),
    slug=st.just("x"),
    name=st.sampled_from(["Eye", "Ear", "Éye"]),
    activity=st.sampled_from(["active", "quiet"]),
    place=st.integers(0, 2),
    last_post_at=st.sampled_from([None, NOW, datetime(2020, 1, 1, tzinfo=UTC)]),
    topics=st.lists(st.sampled_from(["wash", "tb"])).map(tuple),
    outside=st.booleans(),
)


def having(index, kind, value):
    return {one.community_id for one in index.all_of(index.having(kind, value))}


@given(st.lists(st.lists(FACTS, max_size=8), max_size=5))
def test_whatever_changed_the_list_is_as_if_it_had_been_built_anew(rounds):
    index, truth = Index(), dict[int, ListedFacts]()
    for number, changed in enumerate(rounds, 1):
        index = update_index(index, changed, number)
        truth |= {one.community_id: one for one in changed}
    assert {one.community_id: one for one in index.places} == truth
    for topic in ("wash", "tb"):
        assert having(index, "topic", topic) == {
            key for key, one in truth.items() if topic in one.topics
        }
    assert index.values("topic") == sorted({t for one in truth.values() for t in one.topics})
    inside = [one for one in truth.values() if not one.outside]
    shown = index.pick(index.inside, 0, 99)
    assert sorted(one.community_id for one in shown) == sorted(one.community_id for one in inside)
    assert [one.place for one in shown] == sorted(one.place for one in inside)
    assert index.pick(index.inside, 1, 1) == shown[1:2]


def test_a_long_list_is_picked_from_in_the_same_order_as_a_short_one(monkeypatch):
    facts = [
        ListedFacts(community_id=n, slug=f"c{n}", name=f"{n % 7}", activity="quiet", place=n % 3)
        for n in range(1, 60)
    ]
    index = update_index(Index(), facts, 1)
    sorted_out = index.pick(index.inside, 10, 20)
    monkeypatch.setattr(kept, "SCATTERED", 5)
    assert index.pick(index.inside, 10, 20) == sorted_out


def test_a_renamed_address_leads_nowhere_else():
    one = ListedFacts(community_id=1, slug="old", name="One", activity="quiet", place=0)
    index = update_index(Index(), [one], 1)
    renamed = ListedFacts(community_id=1, slug="new", name="One", activity="quiet", place=0)
    assert update_index(index, [renamed], 2).slugs == {"new": 1}


def test_beside_visitors_lines_are_made_while_the_list_is_shown_as_it_was(engine, made):
    beside = KeptList(engine)
    beside.stay_beside(NOW)
    for number in range(3):
        made.add(f"List {number}")
    with beside.opened(NOW) as (_, index):
        assert len(index.places) in range(4)
    patience = time.monotonic() + 20
    while time.monotonic() < patience:
        with reading(engine) as s:
            if not read_freshness(s, NOW).changed:
                break
    with beside.opened(NOW) as (_, index):
        assert {one.name for one in index.places} == {"List 0", "List 1", "List 2"}
