from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from domain.errors import UsageError
from domain.people import Role
from store.engine import reading, writing
from store.tables import SecretRow, SignInRow, UserRow
from store.users import (
    add_user,
    count_codes,
    find_user,
    list_users,
    load_user,
    save_code,
    secret,
    use_code,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ana(engine, now):
    with writing(engine) as s:
        return add_user(s, name="Ana", address="Ana@Example.org ", role=Role.CURATOR, now=now)


def send(engine, user, code, now):
    with writing(engine) as s:
        save_code(s, user.id, code, now)


def enter(engine, address, code, now):
    with writing(engine) as s:
        return use_code(s, address, code, now)


# ---- users ---------------------------------------------------------------------------------


def test_a_user_is_found_by_address_in_any_capitals(engine, ana, now):
    assert (ana.name, ana.address, ana.role, ana.added_at) == (
        "Ana",
        "ana@example.org",
        Role.CURATOR,
        now,
    )
    with reading(engine) as s:
        assert find_user(s, " ANA@example.ORG") == load_user(s, ana.id) == ana
        assert find_user(s, "bo@example.org") is None
        assert load_user(s, ana.id + 1) is None


def test_an_address_signs_in_one_person(engine, ana, now):
    with pytest.raises(UsageError, match="ANA"), writing(engine) as s:
        add_user(s, name="Other", address="ANA@example.org", role=Role.OPERATOR, now=now)


def test_users_are_listed_by_name(engine, ana, now):
    with writing(engine) as s:
        aaron = add_user(s, name="Aaron", address="z@example.org", role=Role.OPERATOR, now=now)
        assert list_users(s) == [aaron, ana]


def test_a_removed_user_cannot_sign_in_and_may_come_back(engine, ana, now):
    send(engine, ana, "123456", now)
    with writing(engine) as s:
        s.execute(update(UserRow).values(removed_at=now))
        assert find_user(s, ana.address) is None
        assert load_user(s, ana.id) is None
        assert list_users(s) == []
        assert use_code(s, ana.address, "123456", now) is None
        back = add_user(s, name="Ana B.", address=ana.address, role=Role.LEAD, now=now)
    assert (back.id, back.name, back.role) == (ana.id, "Ana B.", Role.LEAD)


# ---- codes ---------------------------------------------------------------------------------


def test_the_right_code_signs_in_once(engine, ana, now):
    send(engine, ana, "123456", now)
    assert enter(engine, "ANA@example.org", "123456", now) == ana
    assert enter(engine, ana.address, "123456", now) is None


def test_a_code_lives_fifteen_minutes(engine, ana, now):
    send(engine, ana, "123456", now)
    assert enter(engine, ana.address, "123456", now + 15 * MINUTE) is None
    assert enter(engine, ana.address, "123456", now + 14 * MINUTE) == ana


def test_a_code_has_five_tries(engine, ana, now):
    send(engine, ana, "123456", now)
    for wrong in range(4):
        assert enter(engine, ana.address, f"00000{wrong}", now) is None
    assert enter(engine, ana.address, "123456", now) == ana
    send(engine, ana, "654321", now)
    for wrong in range(5):
        assert enter(engine, ana.address, f"00000{wrong}", now) is None
    assert enter(engine, ana.address, "654321", now) is None


def test_a_new_code_ends_the_one_before(engine, ana, now):
    send(engine, ana, "111111", now)
    send(engine, ana, "222222", now)
    assert enter(engine, ana.address, "111111", now) is None
    assert enter(engine, ana.address, "222222", now) == ana


def test_a_code_belongs_to_one_person(engine, ana, now):
    with writing(engine) as s:
        bo = add_user(s, name="Bo", address="bo@example.org", role=Role.CURATOR, now=now)
    send(engine, ana, "123456", now)
    send(engine, bo, "654321", now)
    assert enter(engine, bo.address, "123456", now) is None
    assert enter(engine, "nobody@example.org", "123456", now) is None
    assert enter(engine, ana.address, "123456", now) == ana


def test_codes_are_not_stored_readably(engine, ana, now):
    send(engine, ana, "123456", now)
    send(engine, ana, "123456", now)
    with reading(engine) as s:
        rows = s.scalars(select(SignInRow.code_hash)).all()
    assert all(b"123456" not in row and len(row) == 32 for row in rows)


def test_codes_are_counted_since_a_moment(engine, ana, now):
    for minutes in (0, 30, 50):
        send(engine, ana, "123456", now + minutes * MINUTE)
    with reading(engine) as s:
        assert count_codes(s, ana.id, now) == 3
        assert count_codes(s, ana.id, now + 30 * MINUTE) == 2
        assert count_codes(s, ana.id, now + 51 * MINUTE) == 0


def test_a_code_signs_in_one_of_many_processes(engine, ana, now, race):
    send(engine, ana, "123456", now)

    def sign_in(own: Engine, _number: int) -> bool:
        return enter(own, ana.address, "123456", now) is not None

    assert sorted(race(sign_in)) == [False, False, False, True]


# ---- secrets -------------------------------------------------------------------------------


def test_a_secret_is_made_once_and_stays(engine):
    with writing(engine) as s:
        first = secret(s, "sessions")
        assert secret(s, "other") != first
    with reading(engine) as s:
        assert secret(s, "sessions") == first
    assert len(first) == 32


def test_many_processes_make_the_same_secret(engine, race):
    def make(own: Engine, _number: int) -> bytes:
        with writing(own) as s:
            return secret(s, "sessions")

    assert len(set(race(make))) == 1
    with reading(engine) as s:
        assert len(s.scalars(select(SecretRow)).all()) == 1
