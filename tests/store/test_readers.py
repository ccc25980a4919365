"""Readers ask, confirm, choose and stop; what bounces is counted, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.people import Role
from domain.readers import Choices, Rhythm
from store import readers
from store.engine import writing
from store.reader_tables import ReaderRow
from store.users import add_user

ADA = "Ada@Example.org"


@pytest.fixture
def reader(engine, now):
    with writing(engine) as s:
        return readers.confirm(s, readers.ask(s, ADA, Choices(), now).id, now)


def test_an_address_is_one_reader_in_whatever_capitals(engine, now):
    french = Choices(rhythm=Rhythm.MONTHLY, locale="fr", topics=("wash",), regions=("Africa",))
    with writing(engine) as s:
        first = readers.ask(s, ADA, Choices(), now)
        second = readers.ask(s, ADA.lower(), french, now)
        assert (first.id, second.choices) == (second.id, french)
        assert [one.address for one in readers.list_readers(s)] == ["ada@example.org"]


def test_who_asks_and_never_confirms_is_forgotten_after_a_week(engine, now, reader):
    with writing(engine) as s:
        readers.ask(s, "bob@example.org", Choices(), now)
        readers.forget_unconfirmed(s, now + timedelta(days=7))
        assert len(readers.list_readers(s)) == 2
        readers.forget_unconfirmed(s, now + timedelta(days=7, seconds=1))
        assert readers.list_readers(s) == [reader]


def test_the_operators_word_confirms_and_changes_nobodys_choice(engine, now, reader):
    with writing(engine) as s:
        readers.stop(s, reader.id)
        readers.ask(s, "bob@example.org", Choices(locale="pt"), now)
        readers.vouch(s, [ADA, "bob@example.org", "cleo@example.org"], now)
        by_name = {one.address.partition("@")[0]: one for one in readers.list_readers(s)}
    assert not by_name["ada"].gets_mail
    assert (by_name["bob"].gets_mail, by_name["bob"].choices.locale) == (True, "pt")
    assert by_name["cleo"].gets_mail


def test_a_reader_who_is_a_user_has_their_role(engine, now, reader):
    with writing(engine) as s:
        add_user(s, name="Ada", address=ADA, role=Role.LEAD, now=now)
        assert readers.load_reader(s, reader.id).role is Role.LEAD


def test_only_the_last_mail_can_come_back_and_only_once(engine, now, reader):
    with writing(engine) as s:
        readers.note_mailed(s, ["ada@example.org"], "2026-W46")
        readers.note_mailed(s, ["ada@example.org"], "2026-W47")
        assert not readers.count_bounce(s, ADA, "2026-W46", now)
        assert readers.count_bounce(s, ADA, "2026-W47", now)
        assert not readers.count_bounce(s, ADA, "2026-W47", now)
        assert readers.load_reader(s, reader.id).bounces == 1


@pytest.mark.parametrize(("good", "bounces"), [(None, 3), ("2026-W46", 2), ("2026-W47", 0)])
def test_a_mail_that_arrives_ends_the_row(engine, now, reader, good, bounces):
    with writing(engine) as s:
        for week in ("2026-W45", "2026-W46", "2026-W47", "2026-W48"):
            readers.note_mailed(s, ["ada@example.org"], week)
            if good is None and week == "2026-W48":
                break
            if week != good and not (good == "2026-W47" and week == "2026-W48"):
                readers.count_bounce(s, ADA, week, now)
        found = readers.load_reader(s, reader.id)
    assert (found.bounces, found.rests_at) == (bounces, now if good is None else None)


def test_asking_strangers_are_counted_until_they_confirm(engine, now, reader):
    with writing(engine) as s:
        asked = readers.ask(s, "bob@example.org", Choices(), now)
        assert readers.count_asked(s, now) == 1
        assert readers.count_asked(s, now + timedelta(hours=1)) == 0
        readers.confirm(s, asked.id, now)
        assert readers.count_asked(s, now) == 0


def test_who_is_forgotten_is_not_brought_back_by_the_operators_list(engine, now, reader):
    with writing(engine) as s:
        readers.forget(s, reader.id)
        readers.vouch(s, [ADA], now)
        readers.forget_unconfirmed(s, now + timedelta(days=30))
        assert readers.list_readers(s) == []
        assert readers.load_reader(s, reader.id) is None
        stored = s.scalars(select(ReaderRow.address)).all()
        assert len(stored) == 1
        assert "ada" not in stored[0]
        again = readers.confirm(s, readers.ask(s, ADA, Choices(), now).id, now)
        readers.forget(s, again.id)
        assert readers.list_readers(s) == []
