"""A link promises only what was signed, and only for its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from presentation.links import SignInLink, read_sign_in_token, sign_in_token

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = b"k" * 32
LINK = SignInLink(user_id=7, expires_at=NOW + timedelta(minutes=15), code="012345")


def test_a_token_gives_back_what_was_signed() -> None:
    assert read_sign_in_token(SECRET, sign_in_token(SECRET, LINK), now=NOW) == LINK


def test_a_token_ends_at_its_moment() -> None:
    token = sign_in_token(SECRET, LINK)
    assert read_sign_in_token(SECRET, token, now=LINK.expires_at - timedelta(seconds=1))
    assert read_sign_in_token(SECRET, token, now=LINK.expires_at) is None


def test_a_changed_cut_or_foreign_token_promises_nothing() -> None:
    token = sign_in_token(SECRET, LINK)
    changed = ("B" if token[0] != "B" else "C") + token[1:]
    for wrong in (changed, token[:-1], token.partition(".")[0], "", "é.é", "a.b.c"):
        assert read_sign_in_token(SECRET, wrong, now=NOW) is None
    assert read_sign_in_token(b"x" * 32, token, now=NOW) is None
