from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.attestation import FRESH_FOR, Attestation
from domain.outcome import Assessment, Status
from scoring.attested import hold_alive

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAST = datetime(2026, 1, 5, 9, tzinfo=UTC)


def word(seen_on: date) -> Attestation:
    return Attestation(
        id=1,
        community_id=1,
        seen_on=seen_on,
        link="https://example.org/",
        by="Ana",
        note="",
        made_at=NOW,
    )


def found(status: Status, last: datetime | None = LAST) -> Assessment:
    return Assessment(
        community_id=1,
        assessed_at=NOW,
        observed_until=NOW,
        status=status,
        since=LAST,
        last_post_at=last,
        posts_seen=100,
        p_quiet=0.9,
    )


@pytest.mark.parametrize("status", [Status.DORMANT, Status.INACTIVE])
@pytest.mark.parametrize("last", [LAST, None])
def test_a_fresh_word_later_than_the_last_post_holds_silence_back(status, last):
    held = hold_alive(found(status, last), word(date(2026, 9, 1)), NOW)
    assert held.status is Status.SLOWING
    assert held.reasons[0].code == "seen_by_person"
    assert held.reasons[0].values == {"date": "2026-09-01"}
    assert (held.posts_seen, held.p_quiet, held.last_post_at) == (100, 0.9, last)


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SLOWING, Status.UNVERIFIABLE])
def test_a_word_changes_nothing_where_nobody_speaks_of_silence(status):
    assert hold_alive(found(status), word(date(2026, 9, 1)), NOW) == found(status)


def test_a_word_from_before_the_last_post_tells_nothing_new():
    dormant = found(Status.DORMANT)
    assert hold_alive(dormant, word(LAST.date()), NOW) == dormant
    assert hold_alive(dormant, None, NOW) == dormant


def test_an_old_word_holds_nothing():
    dormant = found(Status.DORMANT)
    seen = word(date(2026, 3, 1))
    assert hold_alive(dormant, seen, seen.seen_at + FRESH_FOR) == dormant
    last_moment = seen.seen_at + FRESH_FOR - timedelta(seconds=1)
    assert hold_alive(dormant, seen, last_moment).status is Status.SLOWING
