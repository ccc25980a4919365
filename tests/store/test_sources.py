from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from domain.errors import UsageError
from domain.records import KeyedPage, Mark, Membership, Platform
from store.engine import reading, writing
from store.moves import change_address
from store.posts import community_key, save_page
from store.sources import (
    add_source,
    claim_due,
    list_communities,
    list_marks,
    list_sources,
    load_community,
    load_source,
    next_due,
    pause_source,
    release,
    request_visit,
)
from store.tables import SourceMoveRow

TTL = timedelta(minutes=10)
DAY = timedelta(days=1)


def claim(engine, now, owner="here", **how):
    with writing(engine) as s:
        return [source.name for source in claim_due(s, owner=owner, now=now, ttl=TTL, **how)]


def settle(engine, source, due_at, owner="here", failures=0):
    with writing(engine) as s:
        return release(s, source.id, owner=owner, due_at=due_at, failures=failures)


def load(engine, name="malaria-list"):
    with reading(engine) as s:
        return load_source(s, name)


# ---- communities and sources ---------------------------------------------------------------


def test_a_community_comes_back_as_it_was_added(engine, make_community, now):
    added = make_community(
        "sante",
        name="Réseau Exemple Santé",
        url="https://example.org/",
        description="An open group.",
        languages=("fr", "en"),
        topics=("nutrition",),
        regions=("Sahel",),
        membership=Membership.OPEN,
        owner_address="owner@example.org",
    )
    with reading(engine) as s:
        found = load_community(s, "sante")
    assert found == added
    assert found.languages == ("fr", "en")
    assert found.membership is Membership.OPEN
    assert found.added_at == now


def test_a_slug_is_taken_once(engine, make_community):
    make_community("sante")
    with pytest.raises(UsageError, match="sante"):
        make_community("sante")
    with reading(engine) as s:
        assert [c.slug for c in list_communities(s)] == ["sante"]


def test_nobody_knows_a_community_that_was_never_added(engine):
    with reading(engine) as s:
        assert load_community(s, "nowhere") is None
        assert load_source(s, "nowhere") is None


def test_communities_are_listed_by_name(engine, make_community):
    make_community("b", name="Anna's group")
    make_community("a", name="Zinc group")
    with reading(engine) as s:
        assert [c.slug for c in list_communities(s)] == ["b", "a"]


def test_every_community_has_a_secret_key_of_its_own(engine, make_source):
    sources = [make_source("one"), make_source("two")]
    with reading(engine) as s:
        keys = {community_key(s, source.id) for source in sources}
    assert len(keys) == 2
    assert {len(key) for key in keys} == {32}


def test_two_sources_of_a_community_share_its_key(engine, make_community, make_source):
    community = make_community()
    sources = [make_source("one", community=community), make_source("two", community=community)]
    with reading(engine) as s:
        assert len({community_key(s, source.id) for source in sources}) == 1


def test_a_new_source_is_due_at_once(engine, make_source, now):
    added = make_source()
    assert load(engine) == added
    assert added.due_at == now
    assert (added.paused, added.failures) == (False, 0)


def test_a_source_name_is_taken_once(engine, make_source, make_community, now):
    make_source("malaria-list")
    other = make_community("other")
    with pytest.raises(UsageError, match="malaria-list"), writing(engine) as s:
        add_source(
            s,
            community_id=other.id,
            name="malaria-list",
            url="https://example.org/",
            platform=Platform.FEED,
            now=now,
        )


def test_sources_are_listed_by_name_and_by_community(engine, make_source):
    second, first = make_source("b"), make_source("a")
    with reading(engine) as s:
        assert list_sources(s) == [first, second]
        assert list_sources(s, of=[second.community_id]) == [second]
        assert list_sources(s, of=[]) == []


# ---- being due -----------------------------------------------------------------------------


def test_a_claimed_source_is_nobody_elses_until_the_claim_ends(engine, make_source, now):
    make_source()
    assert claim(engine, now, "here") == ["malaria-list"]
    assert claim(engine, now, "there") == []
    assert claim(engine, now + TTL - timedelta(seconds=1), "there") == []
    assert claim(engine, now + TTL, "there") == ["malaria-list"]


def test_what_a_killed_run_held_is_given_to_the_same_owner_at_once(engine, make_source, now):
    make_source()
    claim(engine, now, "here")
    assert claim(engine, now, "here") == ["malaria-list"]


def test_a_source_that_is_not_due_is_left_alone(engine, make_source, now):
    source = make_source()
    claim(engine, now)
    settle(engine, source, now + DAY)
    assert claim(engine, now + DAY - timedelta(seconds=1)) == []
    assert claim(engine, now + DAY) == ["malaria-list"]


def test_names_and_force_ignore_what_is_due(engine, make_source, now):
    for name in ("a", "b"):
        source = make_source(name)
        claim(engine, now, only=[name])
        settle(engine, source, now + DAY)
    assert claim(engine, now) == []
    assert claim(engine, now, only=["b", "unknown"]) == ["b"]
    assert claim(engine, now, "there", force=True) == ["a"]


def test_names_limit_force(engine, make_source, now):
    make_source("a"), make_source("b")
    assert claim(engine, now, only=["b"], force=True) == ["b"]


def test_paused_sources_are_never_claimed(engine, make_source, now):
    source = make_source()
    with writing(engine) as s:
        pause_source(s, source.id, paused=True)
    assert load(engine).paused
    assert claim(engine, now, only=["malaria-list"], force=True) == []
    with writing(engine) as s:
        pause_source(s, source.id, paused=False)
    assert claim(engine, now) == ["malaria-list"]


def test_sources_read_from_files_are_never_visited(engine, make_source, now):
    source = make_source(platform=Platform.MBOX)
    with writing(engine) as s:
        request_visit(s, source.id, now)
    assert source.due_at is None
    assert claim(engine, now, force=True) == []
    with reading(engine) as s:
        assert next_due(s) is None


def test_two_workers_never_claim_the_same_source(engine, make_source, now, race):
    names = [f"list-{number:02}" for number in range(20)]
    for name in names:
        make_source(name)

    def claim_all(own: Engine, number: int) -> list[str]:
        return claim(own, now, f"worker-{number}")

    won = race(claim_all)
    assert sorted(name for names_won in won for name in names_won) == names


def test_two_workers_never_claim_the_same_source_one_by_one(engine, make_source, now, race):
    names = [f"list-{number:02}" for number in range(8)]
    for name in names:
        make_source(name)

    def claim_each(own: Engine, number: int) -> list[str]:
        return [got for name in names for got in claim(own, now, f"w{number}", only=[name])]

    won = race(claim_each)
    assert sorted(name for names_won in won for name in names_won) == names


def test_a_release_says_when_to_come_back_and_how_often_it_failed(engine, make_source, now):
    source = make_source()
    claim(engine, now)
    assert settle(engine, source, now + DAY, failures=3)
    after = load(engine)
    assert (after.due_at, after.failures) == (now + DAY, 3)


def test_a_late_release_changes_nothing(engine, make_source, now):
    source = make_source()
    claim(engine, now, "slow")
    claim(engine, now + TTL, "quick")
    before = load(engine)
    assert not settle(engine, source, now + 9 * DAY, "slow", failures=5)
    assert load(engine) == before
    assert settle(engine, source, now + DAY, "quick")


def test_a_requested_visit_is_due_now(engine, make_source, now):
    source = make_source()
    claim(engine, now)
    settle(engine, source, now + DAY)
    with writing(engine) as s:
        request_visit(s, source.id, now)
        assert next_due(s) == now
    assert claim(engine, now) == ["malaria-list"]


def test_a_visit_requested_while_one_runs_is_not_forgotten(engine, make_source, now):
    source = make_source()
    claim(engine, now)
    asked_at = now + timedelta(seconds=30)
    with writing(engine) as s:
        request_visit(s, source.id, asked_at)
    settle(engine, source, now + DAY)
    assert load(engine).due_at == asked_at


def test_a_request_never_puts_a_visit_off(engine, make_source, now):
    source = make_source()
    with writing(engine) as s:
        request_visit(s, source.id, now + DAY)
    assert load(engine).due_at == now


def test_the_next_due_moment_leaves_out_paused_sources(engine, make_source, now):
    soon, later = make_source("soon"), make_source("later")
    claim(engine, now)
    settle(engine, soon, now + DAY)
    settle(engine, later, now + 2 * DAY)
    with writing(engine) as s:
        assert next_due(s) == now + DAY
        pause_source(s, soon.id, paused=True)
        assert next_due(s) == now + 2 * DAY


def test_a_running_visit_is_next_due_when_its_claim_ends(engine, make_source, now):
    make_source()
    claim(engine, now)
    with reading(engine) as s:
        assert next_due(s) == now + TTL


# ---- addresses -----------------------------------------------------------------------------


def test_a_change_of_address_is_recorded_and_keeps_labels_only(engine, make_source, now):
    source = make_source()
    mark = Mark(name="2005-March", etag='"abc"', last_modified="yesterday", label="12 KB")
    with writing(engine) as s:
        save_page(s, source.id, KeyedPage(marks=(mark,)), now=now)
        change_address(s, source.id, "https://new.example.org/", now)
    with reading(engine) as s:
        moves = s.scalars(select(SourceMoveRow)).all()
        marks = list_marks(s, source.id)
    assert load(engine).url == "https://new.example.org/"
    assert [(m.old_url, m.new_url, m.moved_at, m.undone_at) for m in moves] == [
        (source.url, "https://new.example.org/", now, None)
    ]
    assert marks == (Mark(name="2005-March", label="12 KB"),)


def test_the_same_address_again_is_no_move(engine, make_source, now):
    source = make_source()
    with writing(engine) as s:
        change_address(s, source.id, source.url, now)
        assert s.scalars(select(SourceMoveRow)).all() == []
