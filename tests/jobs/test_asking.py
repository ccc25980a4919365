"""The timetable asks about what nobody can see, records silence, and calls a curator once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.asking import ManagerAnswer
from domain.outcome import Assessment, FlagKind, Status
from jobs.asking import Asked, ask_managers
from store.asking import list_asks, save_answer
from store.assessments import save_assessment
from store.attestations import add_attestation
from store.directory import load_entry
from store.engine import reading, writing
from store.outbox import claim_mails
from store.reviews import close_review, list_open_reviews
from store.sources import add_community

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def now():
    return datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture
def shop(make_workshop):
    """A directory with an address on the web, so that mails can have buttons."""
    return make_workshop(more='[web]\npublic_url = "https://cops.example.org"\n')


@pytest.fixture
def add(shop, now):
    """Adds a community that nobody can look into, with a word of so many days ago."""

    def add(*, word_days=181, owner="owner@list.example.org", slug="hidden-circle"):
        with writing(shop.engine) as s:
            community = add_community(
                s,
                slug=slug,
                name="Cercle caché",
                languages=("pt", "fr"),
                owner_address=owner,
                now=now,
            )
            day = (now - word_days * DAY).date()
            link = "https://hidden.example.org/"
            add_attestation(s, community.id, seen_on=day, link=link, by="Ana", now=now)
        return community

    return add


def run(shop, at):
    return ask_managers(shop.engine, shop.settings, at)


def kinds(shop):
    with reading(shop.engine) as s:
        return [review.kind for review in list_open_reviews(s)]


def test_an_old_word_makes_the_system_ask_the_manager_once(shop, add, now):
    community = add()
    assert run(shop, now) == Asked(asked=1)
    assert run(shop, now + DAY) == Asked()
    with writing(shop.engine) as s:
        [mail] = claim_mails(s, now + DAY, 9, DAY)
        [ask] = list_asks(s, community.id)
    assert (mail.recipient, ask.locale, ask.asker) == ("owner@list.example.org", "pt", "")
    assert b"https://cops.example.org/manager/" in mail.message
    assert kinds(shop) == []


@pytest.mark.parametrize("word_days", [0, 179])
def test_a_fresh_word_is_left_alone(shop, add, now, word_days):
    add(word_days=word_days)
    assert run(shop, now) == Asked()


def test_without_an_answer_in_14_days_one_card_asks_for_a_dated_look(shop, add, now):
    community = add()
    run(shop, now)
    assert run(shop, now + 14 * DAY - SECOND) == Asked()
    assert run(shop, now + 14 * DAY) == Asked(unanswered=1, cards=1)
    with reading(shop.engine) as s:
        [ask] = list_asks(s, community.id)
        [review] = list_open_reviews(s)
    assert (ask.unanswered_at, review.kind) == (now + 14 * DAY, FlagKind.CONFIRM)
    with writing(shop.engine) as s:
        close_review(s, review.id, now + 15 * DAY)
    assert run(shop, now + 16 * DAY) == Asked()


def test_an_answer_spares_the_card(shop, add, now):
    community = add()
    run(shop, now)
    with writing(shop.engine) as s:
        [ask] = list_asks(s, community.id)
        add_attestation(
            s,
            community.id,
            seen_on=(now + DAY).date(),
            link="https://hidden.example.org/",
            by="its manager",
            now=now + DAY,
        )
        save_answer(
            s, ask.id, ManagerAnswer.ACTIVE, new_url=None, attestation_id=None, now=now + DAY
        )
    assert run(shop, now + 20 * DAY) == Asked()
    assert kinds(shop) == []


def test_who_cannot_be_asked_gets_a_card_at_once(shop, add, now):
    add(owner="")
    assert run(shop, now) == Asked(cards=1)
    assert kinds(shop) == [FlagKind.CONFIRM]
    assert run(shop, now + DAY) == Asked()


def test_before_inactive_stands_in_public_the_manager_has_14_days(shop, now):
    found = Assessment(
        community_id=0,
        assessed_at=now,
        observed_until=now,
        status=Status.INACTIVE,
        last_post_at=now - 400 * DAY,
        posts_seen=90,
    )
    with writing(shop.engine) as s:
        owner = "owner@list.example.org"
        community = add_community(s, slug="silent", name="Silent", owner_address=owner, now=now)
        save_assessment(s, replace(found, community_id=community.id))
    assert run(shop, now) == Asked(asked=1)
    assert run(shop, now + DAY) == Asked()
    seen = [status(shop, now + days * DAY) for days in (0, 13, 14)]
    assert seen == [Status.DORMANT, Status.DORMANT, Status.INACTIVE]


def status(shop, at):
    with reading(shop.engine) as s:
        entry = load_entry(s, "silent", at)
    assert entry is not None
    return entry.published.status
