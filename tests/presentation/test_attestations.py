from __future__ import annotations

from datetime import UTC, date, datetime

from domain.attestation import Attestation
from presentation.attestations import attested_words

WORD = Attestation(
    id=1,
    community_id=1,
    seen_on=date(2026, 3, 1),
    link="https://example.org/group",
    by="Ana Diallo",
    note="I was there.",
    made_at=datetime(2026, 3, 2, tzinfo=UTC),
)


def test_a_fresh_word_is_told_with_its_day_and_place_and_without_its_person():
    told = attested_words(WORD, datetime(2026, 4, 1, tzinfo=UTC))
    assert "1 March 2026" in told.line or "1 Mar 2026" in told.line
    assert (told.old, told.link) == (False, "https://example.org/group")
    assert "Ana" not in told.line


def test_an_old_word_says_how_old_it_is():
    told = attested_words(WORD, datetime(2027, 3, 1, tzinfo=UTC))
    assert told.old
    assert "ago: too long ago to count on" in told.line
