from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attestation import Attestation
from domain.outcome import (
    Answer,
    Assessment,
    Confidence,
    Decision,
    Marker,
    Outcome,
    PublishedStatus,
    Status,
)
from domain.published import MonthBar, published_status
from domain.window import Month

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
SHUT = [Outcome.LOGIN_WALL, Outcome.REFUSED, Outcome.CHALLENGE]


def judged(status: Status, *, seen_days_ago: float | None = 1, **facts) -> Assessment:
    return Assessment(
        community_id=1,
        assessed_at=NOW,
        observed_until=None if seen_days_ago is None else NOW - seen_days_ago * DAY,
        status=status,
        **facts,
    )


def decided(answer: Answer, days_ago: float = 10, **facts) -> Decision:
    return Decision(
        id=1,
        review_id=1,
        community_id=1,
        answer=answer,
        decided_at=NOW - days_ago * DAY,
        curator="Ana",
        **facts,
    )


def publish(assessment=None, decision=None, outcomes=(Outcome.READ,), **facts) -> PublishedStatus:
    return published_status(assessment, decision, outcomes, NOW, **facts)


# ---- the assessment ------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_without_a_decision_the_latest_assessment_is_published(status):
    assessment = judged(
        status,
        since=NOW - 90 * DAY,
        last_post_at=NOW - 30 * DAY,
        confidence=Confidence.HIGH,
        markers=frozenset({Marker.SPAM}),
    )
    assert publish(assessment) == PublishedStatus(
        status=status,
        since=NOW - 90 * DAY,
        markers=frozenset({Marker.SPAM}),
        by_curator=False,
        not_verified_since=None,
        last_post_at=NOW - 30 * DAY,
        observed_until=NOW - DAY,
        confidence=Confidence.HIGH,
    )


def test_a_community_that_was_never_assessed_is_not_checked_yet():
    assert publish(None, None, ()).status is None
    assert publish(None, None, (Outcome.TIMEOUT,)).status is None


@pytest.mark.parametrize("outcome", SHUT)
def test_a_place_that_shuts_us_out_cannot_be_seen_inside(outcome):
    assert publish(None, None, (outcome,)).status is Status.UNVERIFIABLE
    unseen = judged(Status.UNVERIFIABLE, seen_days_ago=None)
    assert publish(unseen, None, (outcome,)).status is Status.UNVERIFIABLE


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in SHUT])
def test_a_place_that_was_never_read_for_another_reason_is_not_checked_yet(outcome):
    unseen = judged(Status.UNVERIFIABLE, seen_days_ago=None)
    assert publish(unseen, None, (outcome,)).status is None


def test_thin_evidence_that_was_really_seen_is_too_little_to_say():
    published = publish(judged(Status.UNVERIFIABLE))
    assert published.status is Status.UNVERIFIABLE
    assert published.observed_until == NOW - DAY


# ---- the wait for the manager ------------------------------------------------------------------


def test_silence_is_not_called_inactive_before_a_known_owner_was_asked():
    assert publish(judged(Status.INACTIVE), owner_known=True).status is Status.DORMANT


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (timedelta(days=14), Status.INACTIVE),
        (timedelta(days=14) - SECOND, Status.DORMANT),
        (timedelta(0), Status.DORMANT),
    ],
)
def test_a_manager_has_fourteen_days_to_answer(asked, status):
    published = publish(judged(Status.INACTIVE), owner_known=True, manager_asked_at=NOW - asked)
    assert published.status is status


def test_with_no_owner_to_ask_inactive_is_said_at_once():
    assert publish(judged(Status.INACTIVE), owner_known=False).status is Status.INACTIVE


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.INACTIVE])
def test_only_inactive_waits_for_the_manager(status):
    assert publish(judged(status), owner_known=True).status is status


def test_a_curator_need_not_wait_for_the_manager():
    published = publish(judged(Status.INACTIVE), decided(Answer.INACTIVE), owner_known=True)
    assert (published.status, published.by_curator) == (Status.INACTIVE, True)


# ---- the decision --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer.ALIVE, Status.ACTIVE),
        (Answer.INACTIVE, Status.INACTIVE),
        (Answer.CLOSED, Status.CLOSED),
        (Answer.MOVED, Status.MOVED),
    ],
)
@pytest.mark.parametrize("found", [None, *Status])
def test_a_decision_in_force_stands_above_the_assessment(answer, status, found):
    assessment = None if found is None else judged(found, last_post_at=NOW - 300 * DAY)
    published = publish(assessment, decided(answer))
    assert (published.status, published.by_curator) == (status, True)
    assert published.since == NOW - 10 * DAY


@pytest.mark.parametrize("answer", [Answer.NOT_SURE, Answer.UNDO])
def test_an_answer_that_says_nothing_changes_nothing(answer):
    assert publish(judged(Status.SLOWING), decided(answer)) == publish(judged(Status.SLOWING))


@pytest.mark.parametrize("answer", [Answer.INACTIVE, Answer.CLOSED, Answer.MOVED])
def test_a_post_after_the_decision_reopens_it(answer):
    before = judged(Status.SLOWING, last_post_at=NOW - 10 * DAY)
    after = replace(before, last_post_at=NOW - 10 * DAY + SECOND)
    assert publish(before, decided(answer)).by_curator
    assert publish(after, decided(answer)) == publish(after)


def test_still_alive_holds_though_new_posts_come():
    late = judged(Status.DORMANT, last_post_at=NOW - DAY)
    assert publish(late, decided(Answer.ALIVE)).status is Status.ACTIVE


@pytest.mark.parametrize("found", [s for s in Status if s not in (Status.CLOSED, Status.MOVED)])
def test_closed_and_moved_come_from_people_only(found):
    outcomes = [Outcome.GONE, Outcome.MOVED, Outcome.NOT_FOUND]
    assert publish(judged(found), None, outcomes).status not in (Status.CLOSED, Status.MOVED)


# ---- not verified --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SLOWING, Status.DORMANT, Status.INACTIVE])
def test_a_word_that_nobody_could_check_for_sixty_days_is_not_verified(status):
    fresh = publish(judged(status, seen_days_ago=60))
    stale = publish(judged(status, seen_days_ago=60.1))
    assert fresh.not_verified_since is None
    assert stale.not_verified_since == NOW - 60.1 * DAY
    assert stale.status is status


@pytest.mark.parametrize("answer", [Answer.CLOSED, Answer.MOVED, Answer.ALIVE])
def test_what_a_person_said_of_an_end_or_of_life_needs_no_look_of_ours(answer):
    old = judged(Status.SLOWING, seen_days_ago=400)
    assert publish(old, decided(answer, days_ago=170)).not_verified_since is None


def test_a_curators_inactive_is_verified_by_the_curator_for_sixty_days():
    old = judged(Status.DORMANT, seen_days_ago=400)
    assert publish(old, decided(Answer.INACTIVE, days_ago=60)).not_verified_since is None
    later = publish(old, decided(Answer.INACTIVE, days_ago=61))
    assert later.not_verified_since == NOW - 61 * DAY
    assert later.status is Status.INACTIVE


def test_a_look_of_ours_after_the_decision_verifies_it():
    seen = judged(Status.DORMANT, seen_days_ago=2, last_post_at=NOW - 500 * DAY)
    assert publish(seen, decided(Answer.INACTIVE, days_ago=300)).not_verified_since is None


# ---- unreadable ----------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [o for o in Outcome if not o.saw])
def test_an_archive_that_can_no_longer_be_read_is_marked_and_keeps_its_word(outcome):
    published = publish(judged(Status.ACTIVE, seen_days_ago=9), None, (outcome,))
    assert published.status is Status.ACTIVE
    ours = outcome is Outcome.OUR_NETWORK_DOWN
    assert (Marker.UNREADABLE in published.markers) is not ours


def test_one_source_that_can_be_read_is_enough():
    published = publish(judged(Status.ACTIVE), None, (Outcome.TIMEOUT, Outcome.UNCHANGED))
    assert published.markers == frozenset()


def test_what_was_never_read_is_not_called_unreadable():
    unseen = judged(Status.UNVERIFIABLE, seen_days_ago=None)
    assert publish(unseen, None, (Outcome.REFUSED,)).markers == frozenset()


def test_the_rules_own_markers_stay():
    spam = judged(Status.ACTIVE, markers=frozenset({Marker.SPAM}))
    assert publish(spam, None, (Outcome.GONE,)).markers == {Marker.SPAM, Marker.UNREADABLE}


# ---- whatever happens ------------------------------------------------------------------------

outcomes = st.lists(st.sampled_from(list(Outcome)), max_size=3)


@given(
    outcomes=outcomes,
    seen=st.one_of(st.none(), st.integers(0, 5_000)),
    owner=st.booleans(),
    asked=st.one_of(st.none(), st.integers(0, 5_000)),
)
def test_what_cannot_be_seen_never_becomes_inactive(outcomes, seen, owner, asked):
    published = publish(
        judged(Status.UNVERIFIABLE, seen_days_ago=seen),
        None,
        outcomes,
        owner_known=owner,
        manager_asked_at=None if asked is None else NOW - asked * DAY,
    )
    assert published.status in (None, Status.UNVERIFIABLE)


@given(outcomes=outcomes, seen=st.integers(0, 5_000))
def test_time_without_a_look_never_worsens_a_word(outcomes, seen):
    for status in (Status.ACTIVE, Status.SLOWING, Status.DORMANT):
        assert publish(judged(status, seen_days_ago=seen), None, outcomes).status is status


# ---- months --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posts", "share", "wholly"),
    [(3, 1.0, True), (0, 0.9, True), (3, 0.89, False), (None, 0.0, False)],
)
def test_a_month_counts_as_seen_when_nearly_all_of_it_was(posts, share, wholly):
    bar = MonthBar(month=Month(2026, 6), posts=posts, seen_share=share)
    assert bar.wholly_seen is wholly


@pytest.mark.parametrize(
    ("said_after", "seen_days_ago", "denied"),
    [(SECOND, 10, True), (9 * DAY, 1, True), (-SECOND, 10, False), (9 * DAY, 11, False)],
)
def test_inactive_holds_until_somebody_saw_it_alive_since(said_after, seen_days_ago, denied):
    decision = decided(Answer.INACTIVE, days_ago=10)
    word = Attestation(
        id=1,
        community_id=1,
        seen_on=(NOW - seen_days_ago * DAY).date(),
        link="https://lists.example.org/eye/",
        by="Ana",
        note="",
        made_at=decision.decided_at + said_after,
    )
    alone = publish(judged(Status.INACTIVE), decision)
    assert (publish(judged(Status.INACTIVE), decision, word=word) != alone) is denied
