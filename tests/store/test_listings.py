"""Lines of the public list: made when something happened, found by words, never invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.listing import ListedFacts, ListedWords, Listing
from domain.outcome import Answer, Assessment, Flag, FlagKind, Outcome, Status
from domain.people import Role
from domain.records import CrawlReport
from domain.window import Month
from store.assessments import save_assessment
from store.attestations import add_attestation
from store.crawls import save_report
from store.engine import reading, writing
from store.listing_tables import ListingRow
from store.listings import (
    LONGEST,
    list_facts,
    load_listings,
    read_freshness,
    refresh_listings,
)
from store.moves import change_address
from store.reviews import decide, open_review
from store.users import add_user
from tests.store.conftest import NOW


def describe(entry, now):
    """A line with everything in it."""
    community = entry.community
    return Listing(
        facts=ListedFacts(
            community_id=community.id,
            slug=community.slug,
            name=community.name,
            activity=str(entry.published.status or "unseen"),
            place=2,
            last_post_at=now,
            topics=community.topics,
            languages=community.languages,
            places=("list",),
            posts_per_month=2.5,
        ),
        tone="unseen",
        words={"en": ListedWords(word="Active", rest="so far", markers=("spam",))},
        name_language="fr",
        url=community.url,
        first_month=Month(2026, 1),
        posts=(None, 3),
        seen_shares=(0.0, 0.5),
        sought=f"{community.name} {community.description}".lower(),
        good_until=now + timedelta(hours=5),
    )


@pytest.fixture
def refresh(engine, now):
    def refresh(at=now, **limits):
        with writing(engine) as s:
            return refresh_listings(s, describe, at, **limits)

    return refresh


def stale(engine, now, *, expired_too=True):
    with reading(engine) as s:
        fresh = read_freshness(s, now)
    return fresh.changed or (expired_too and fresh.expired)


def test_a_line_comes_back_as_it_was_described(engine, make_community, refresh, now):
    made = make_community(name="Réseau", url="https://example.org", topics=["wash"])
    assert refresh() == 1
    with reading(engine) as s:
        (line,) = load_listings(s, [made.id, 99])
        revision, (facts,) = list_facts(s)
    assert line.facts == facts
    assert (facts.slug, facts.name, facts.topics) == (made.slug, "Réseau", ("wash",))
    assert (facts.last_post_at, facts.posts_per_month, facts.outside) == (now, 2.5, False)
    assert (line.first_month, line.posts, line.seen_shares) == (
        Month(2026, 1),
        (None, 3),
        (0.0, 0.5),
    )
    assert line.words == {"en": ListedWords(word="Active", rest="so far", markers=("spam",))}
    assert (line.tone, line.name_language, line.url) == ("unseen", "fr", "https://example.org")
    assert revision > 0


def test_nothing_is_made_again_without_a_reason(engine, make_community, refresh, now):
    make_community()
    assert stale(engine, now)
    refresh()
    assert not stale(engine, now)
    assert refresh() == 0


def judge(s, source, now):
    assessment = Assessment(
        community_id=source.community_id,
        assessed_at=now,
        observed_until=now,
        status=Status.ACTIVE,
    )
    save_assessment(s, assessment)


def visit(s, source, now):
    report = CrawlReport(
        source_id=source.id, started_at=now, finished_at=now, outcome=Outcome.UNCHANGED
    )
    save_report(s, report)


def attest(s, source, now):
    add_attestation(
        s,
        source.community_id,
        seen_on=now.date(),
        link="https://example.org",
        by="Joan",
        now=now,
    )


def move(s, source, now):
    change_address(s, source.id, "https://new.example.org/", now)


def close(s, source, now):
    user = add_user(s, name="Joan", address="j@example.org", role=Role.CURATOR, now=now)
    review = open_review(s, source.community_id, Flag(kind=FlagKind.WENT_QUIET), now)
    decide(
        s,
        review_id=review.id,
        version=review.version,
        user_id=user.id,
        answer=Answer.CLOSED,
        note="",
        new_url=None,
        now=now,
    )


@pytest.mark.parametrize("happen", [judge, visit, attest, move, close])
def test_whatever_happens_to_a_community_makes_its_line_again_and_no_other(
    engine, make_source, refresh, now, happen
):
    source = make_source("one")
    make_source("two")
    refresh()
    with reading(engine) as s:
        before, _ = list_facts(s)
    with writing(engine) as s:
        happen(s, source, now)
    assert stale(engine, now)
    assert refresh() == 1
    with reading(engine) as s:
        after, (facts,) = list_facts(s, before)
    assert (facts.community_id, after > before) == (source.community_id, True)


def test_a_new_source_changes_the_line_of_its_community(make_source, make_community, refresh):
    home = make_community()
    refresh()
    make_source("later", community=home)
    assert refresh() == 1


def test_time_alone_makes_a_line_old(engine, make_community, refresh, now):
    make_community()
    refresh()
    later = now + timedelta(hours=5)
    assert not stale(engine, later - timedelta(seconds=1))
    assert stale(engine, later)
    assert not stale(engine, later, expired_too=False)
    assert refresh(later) == 1


def test_a_word_that_time_has_changed_waits_for_no_turn(engine, make_community, now):
    make_community()
    until = now + timedelta(hours=1)

    def describe_shortly(entry, at):
        return replace(describe(entry, at), word_until=until if at < until else None)

    def refresh_shortly(at):
        with writing(engine) as s:
            return refresh_listings(s, describe_shortly, at, at_most=9, expired=0)

    assert refresh_shortly(now) == 1
    assert not stale(engine, until - timedelta(seconds=1), expired_too=False)
    assert stale(engine, until, expired_too=False)
    assert refresh_shortly(until) == 1
    assert not stale(engine, until, expired_too=False)


def test_no_line_stands_for_more_than_a_day(engine, make_community, refresh):
    make_community()
    refresh()
    with reading(engine) as s:
        row = s.scalars(select(ListingRow)).one()
    assert timedelta(0) < LONGEST <= timedelta(days=1)
    assert row.good_until is not None


def test_a_limit_leaves_the_rest_for_later_and_loses_none(engine, make_community, refresh, now):
    for number in range(5):
        make_community(f"list-{number}")
    assert refresh(at_most=2, expired=0) == 2
    assert stale(engine, now, expired_too=False)
    assert refresh(at_most=2, expired=0) == 2
    assert refresh(at_most=2, expired=0) == 1
    assert not stale(engine, now)
    with reading(engine) as s:
        _, facts = list_facts(s)
    assert len(facts) == 5


def test_what_changed_comes_before_what_ran_out(make_community, refresh, now):
    make_community("old")
    refresh()
    make_community("new")
    assert refresh(now + timedelta(hours=6), at_most=1, expired=0) == 1
    assert refresh(now + timedelta(hours=6), at_most=1, expired=1) == 1


def test_many_changes_are_handed_out_in_portions_and_none_is_left_out(
    engine, make_community, refresh
):
    made = {make_community(f"list-{number}").id for number in range(7)}
    for _ in range(4):
        refresh(at_most=2, expired=0)
    revision, found = 0, set()
    for _ in range(7):
        with reading(engine) as s:
            revision, facts = list_facts(s, revision, at_most=3)
        assert len(facts) <= 3
        found |= {one.community_id for one in facts}
    assert found == made
    with reading(engine) as s:
        assert (read_freshness(s, NOW).revision, list_facts(s, revision)) == (
            revision,
            (revision, []),
        )
