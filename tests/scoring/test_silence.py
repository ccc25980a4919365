"""A worse word waits for its proof; until then the last good one stays, dated as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.canary import Standing
from domain.outcome import Assessment, Confidence, Flag, FlagKind, Marker, Reason, Status
from scoring.held import is_held
from scoring.silence import hold_back, needs_proof, without_silence

NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUIET_CARD = (Flag(kind=FlagKind.WENT_QUIET),)
FAILED = Standing(doubts=(Reason(code="not_proved", values={"check": "layout"}),))


def said(status: Status, **facts) -> Assessment:
    return Assessment(
        community_id=1,
        assessed_at=NOW,
        observed_until=NOW,
        status=status,
        reasons=facts.pop("reasons", (Reason(code="silence"),)),
        rules_version="new",
        **facts,
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Status.ACTIVE, Status.SLOWING, False),
        (Status.ACTIVE, Status.DORMANT, True),
        (Status.SLOWING, Status.DORMANT, True),
        (Status.ACTIVE, Status.INACTIVE, True),
        (Status.DORMANT, Status.INACTIVE, True),
        (Status.UNVERIFIABLE, Status.DORMANT, True),
        (Status.UNVERIFIABLE, Status.INACTIVE, True),
        (None, Status.DORMANT, True),
        (None, Status.INACTIVE, True),
        (None, Status.ACTIVE, False),
        (Status.DORMANT, Status.DORMANT, False),
        (Status.INACTIVE, Status.DORMANT, False),
        (Status.INACTIVE, Status.ACTIVE, False),
        (Status.DORMANT, Status.UNVERIFIABLE, False),
    ],
)
def test_only_a_worse_word_needs_a_proof(before, after, expected):
    assert needs_proof(said(after), before and said(before), ()) is expected


def test_a_call_for_a_curator_needs_one_even_without_a_new_word():
    assert needs_proof(said(Status.DORMANT), said(Status.DORMANT), QUIET_CARD)
    spam = (Flag(kind=FlagKind.SPAM),)
    assert not needs_proof(said(Status.DORMANT), said(Status.DORMANT), spam)


def test_the_last_good_word_stays_with_its_date_and_says_why():
    before = replace(
        said(Status.ACTIVE, since=NOW - timedelta(days=900), confidence=Confidence.HIGH),
        observed_until=NOW - timedelta(days=20),
        markers=frozenset({Marker.SPAM}),
        p_quiet=0.02,
    )
    found = said(Status.DORMANT, last_post_at=NOW - timedelta(days=200), posts_seen=40)
    held = hold_back(found, before, FAILED)
    kept = ("status", "since", "observed_until", "markers", "confidence", "p_quiet")
    assert all(getattr(held, name) == getattr(before, name) for name in kept)
    assert (held.assessed_at, held.last_post_at, held.posts_seen) == (NOW, found.last_post_at, 40)
    assert [reason.code for reason in held.reasons] == ["not_proved", "silence"]
    assert is_held(held)
    assert not is_held(found)


def test_a_blind_visit_is_named_beside_the_doubt_and_old_doubts_do_not_pile_up():
    blind = (Reason(code="silence"), Reason(code="not_seeing", values={"outcome": "timeout"}))
    before = said(Status.ACTIVE, reasons=(Reason(code="talk"), Reason(code="not_seeing")))
    held = hold_back(said(Status.DORMANT, reasons=blind), before, FAILED)
    assert [reason.code for reason in held.reasons] == ["not_proved", "not_seeing", "talk"]
    again = hold_back(said(Status.DORMANT, reasons=blind), held, FAILED)
    assert again.reasons == held.reasons


def test_of_a_community_that_was_never_judged_nothing_is_said():
    found = said(Status.INACTIVE, since=NOW, posts_seen=40, p_quiet=0.9, change=FAILED.doubts)
    held = hold_back(found, None, FAILED)
    assert held.status is Status.UNVERIFIABLE
    assert (held.observed_until, held.since, held.p_quiet, held.change) == (None, None, None, ())
    assert held.reasons == FAILED.doubts
    assert held.posts_seen == 40


def test_while_a_word_is_held_no_card_is_opened_for_silence():
    moved = Flag(kind=FlagKind.MAYBE_MOVED)
    assert without_silence((*QUIET_CARD, moved), held=True) == (moved,)
    assert without_silence((*QUIET_CARD, moved), held=False) == (*QUIET_CARD, moved)
