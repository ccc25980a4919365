"""Claims of sources by many machines: one holder at a time, and a late one writes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.errors import ClaimLost
from domain.records import Platform
from store.claims import claim_free, list_free, renew_claims, require_claim
from store.engine import reading, writing
from store.sources import claim_due, load_source, pause_source, release, request_visit

TTL = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


@pytest.fixture
def claim(engine, now):
    def run(*sources, owner="me", at=now):
        with writing(engine) as s:
            ids = [source.id for source in sources]
            return claim_free(s, ids, owner=owner, now=at, ttl=TTL)

    return run


@pytest.fixture
def renew(engine):
    def run(source, at, owner="me"):
        with writing(engine) as s:
            return renew_claims(s, [source.id], owner=owner, now=at, ttl=TTL)

    return run


def writes(engine, source, claim_number):
    """True where the holder of that claim may write."""
    with writing(engine) as s:
        try:
            require_claim(s, source.id, claim_number)
        except ClaimLost:
            return False
    return True


def test_free_sources_are_the_due_ones_that_are_crawled_and_nobody_holds(engine, make_source, now):
    names = ("due", "later", "paused", "held")
    made = {name: make_source(name) for name in names}
    make_source("mail", Platform.MAILBOX)
    with writing(engine) as s:
        claim_due(s, owner="other", now=now, ttl=TTL, only=["later", "held"])
        release(s, made["later"].id, owner="other", due_at=now + SECOND, failures=0)
        pause_source(s, made["paused"].id, paused=True)
    with reading(engine) as s:
        assert [one.id for one in list_free(s, now)] == [made["due"].id]
        later = [one.id for one in list_free(s, now + TTL)]
    assert later == [made["due"].id, made["later"].id, made["held"].id]


def test_one_of_many_workers_gets_each_source_and_every_source_goes_to_one(race, make_source, now):
    ids = [make_source(f"list-{number}").id for number in range(12)]

    def take(engine, number):
        with writing(engine) as s:
            got = claim_free(s, ids, owner=f"worker-{number}", now=now, ttl=TTL)
        return [source.id for source in got]

    taken = [source_id for got in race(take) for source_id in got]
    assert sorted(taken) == ids


def test_what_is_renewed_stays_and_what_lapses_goes_to_the_next(claim, renew, make_source, now):
    source = make_source()
    (first,) = claim(source)
    assert renew(source, now + TTL - SECOND) == 1
    assert claim(source, owner="other", at=now + TTL + SECOND) == []
    (second,) = claim(source, owner="other", at=now + 3 * TTL)
    assert second.claim == first.claim + 1
    assert renew(source, now + 3 * TTL) == 0


def test_a_late_writer_is_refused(engine, claim, make_source, now):
    source = make_source()
    (first,) = claim(source)
    assert writes(engine, source, first.claim)
    (second,) = claim(source, owner="me", at=now + TTL)  # even the same machine, started anew
    assert not writes(engine, source, first.claim)
    assert writes(engine, source, second.claim)
    with writing(engine) as s:
        release(s, source.id, owner="me", due_at=now, failures=9, claim=first.claim)
    assert writes(engine, source, second.claim)
    with writing(engine) as s:
        assert release(s, source.id, owner="me", due_at=now, failures=0, claim=second.claim)
    assert not writes(engine, source, second.claim)


def test_a_claim_that_lapsed_but_that_nobody_took_still_writes(
    engine, claim, renew, make_source, now
):
    source = make_source()
    (held,) = claim(source)
    assert renew(source, now + 5 * TTL) == 1
    assert writes(engine, source, held.claim)


def test_a_visit_asked_for_meanwhile_stays_asked_for(engine, claim, renew, make_source, now):
    source = make_source()
    (held,) = claim(source)
    with writing(engine) as s:
        request_visit(s, source.id, now + SECOND)
    renew(source, now + 2 * SECOND)
    with writing(engine) as s:
        release(s, source.id, owner="me", due_at=now + 9 * TTL, failures=0, claim=held.claim)
        assert load_source(s, source.name).due_at == now + SECOND


def test_claims_of_todays_sources_begin_at_nought(engine, make_source):
    make_source()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT claim FROM sources")) == 0
