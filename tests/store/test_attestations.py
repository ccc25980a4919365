from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from domain.errors import UsageError
from store.attestations import (
    add_attestation,
    latest_attestations,
    list_attestations,
    take_back,
)
from store.directory import list_version, load_entry
from store.engine import reading, writing
from store.witness_tables import AttestationRow

DAY = date(2026, 11, 3)
FACTS = {"link": "https://example.org/group", "by": "Ana Diallo", "note": "Twelve posts this week."}


@pytest.fixture
def home(make_community):
    return make_community()


def test_a_word_is_kept_as_it_was_given(engine, home, now):
    with writing(engine) as s:
        made = add_attestation(s, home.id, seen_on=DAY, now=now, **FACTS)
    with reading(engine) as s:
        assert list_attestations(s, home.id) == [made]
    assert (made.seen_on, made.link, made.by) == (DAY, FACTS["link"], FACTS["by"])


def test_the_word_with_the_latest_day_counts_whenever_it_was_said(engine, home, now):
    with writing(engine) as s:
        late = add_attestation(s, home.id, seen_on=DAY, now=now, **FACTS)
        add_attestation(s, home.id, seen_on=DAY - timedelta(days=9), now=now, **FACTS)
        assert latest_attestations(s, [home.id]) == {home.id: late}


def test_taking_back_adds_a_row_and_removes_none(engine, home, now):
    with writing(engine) as s:
        first = add_attestation(s, home.id, seen_on=DAY - timedelta(days=9), now=now, **FACTS)
        second = add_attestation(s, home.id, seen_on=DAY, now=now, **FACTS)
        assert take_back(s, home.id, by="Ben", now=now) == second
        assert list_attestations(s, home.id) == [first]
        assert take_back(s, home.id, by="Ben", now=now) == first
        assert s.scalar(select(func.count()).select_from(AttestationRow)) == 4
        with pytest.raises(UsageError):
            take_back(s, home.id, by="Ben", now=now)


def test_what_was_said_later_was_not_known_before(engine, home, now):
    with writing(engine) as s:
        made = add_attestation(s, home.id, seen_on=DAY, now=now, **FACTS)
        take_back(s, home.id, by="Ben", now=now + timedelta(days=2))
        assert list_attestations(s, home.id, until=now - timedelta(days=1)) == []
        assert list_attestations(s, home.id, until=now + timedelta(days=1)) == [made]
        assert list_attestations(s, home.id, until=now + timedelta(days=3)) == []


def test_the_latest_word_of_many_is_the_first_of_those_that_stand(engine, make_community, now):
    chance = random.Random(7)
    homes = [make_community(slug).id for slug in ("one", "two")]
    with writing(engine) as s:
        for hour in range(60):
            home, at = chance.choice(homes), now + timedelta(hours=hour)
            if chance.random() < 0.4 and list_attestations(s, home):
                take_back(s, home, by="Ben", now=at)
            else:
                day = DAY - timedelta(days=chance.randrange(5))
                add_attestation(s, home, seen_on=day, now=at, **FACTS)
        for until in (None, *(now + timedelta(hours=hour) for hour in range(-1, 61, 4))):
            stand = {home: list_attestations(s, home, until=until) for home in homes}
            expected = {home: words[0] for home, words in stand.items() if words}
            assert latest_attestations(s, homes, until=until) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"seen_on": date(2026, 11, 24)},
        {"seen_on": date(1989, 12, 31)},
        {"link": "example.org"},
        {"link": "javascript:alert(1)"},
        {"link": "https://["},
        {"by": "  "},
    ],
)
def test_a_word_without_day_place_or_person_is_refused(engine, home, now, wrong):
    with writing(engine) as s, pytest.raises(UsageError):
        add_attestation(s, home.id, now=now, **({"seen_on": DAY} | FACTS | wrong))


def test_the_public_entry_carries_the_word_and_the_kept_list_is_made_again(engine, home, now):
    with reading(engine) as s:
        before = list_version(s)
        assert load_entry(s, home.slug, now).attestation is None
    with writing(engine) as s:
        made = add_attestation(s, home.id, seen_on=DAY, now=now, **FACTS)
    with reading(engine) as s:
        assert list_version(s) != before
        assert load_entry(s, home.slug, now).attestation == made
