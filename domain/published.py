"""What visitors see: the curator's decision while it is in force, else the latest assessment.

This is the only place where waits are applied. The rules stop their clock when they cannot see;
how long a word may stand unproved, and how long a manager may take to answer, is settled here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.attestation import Attestation
from domain.outcome import (
    MANAGER_WAIT,
    NOT_VERIFIED_AFTER,
    Answer,
    Assessment,
    Decision,
    Marker,
    Outcome,
    PublishedStatus,
    Status,
)
from domain.records import Community, CrawlReport, Platform, Source
from domain.window import Month

WHOLLY_SEEN = 0.9
"""From this share on a month counts as seen: the last day or so of a running month is open."""

# What a curator's answer says of the community. "Not sure" and "undo" say nothing.
STATUS_OF: Mapping[Answer, Status] = {
    Answer.ALIVE: Status.ACTIVE,
    Answer.INACTIVE: Status.INACTIVE,
    Answer.CLOSED: Status.CLOSED,
    Answer.MOVED: Status.MOVED,
}
# A community that ended stays ended, however long nobody looks at its old place.
NEVER_STALE = frozenset({Status.CLOSED, Status.MOVED, Status.UNVERIFIABLE})
# Doors that are shut to us: only these make "cannot see inside" of a place never read.
SHUT = frozenset({Outcome.LOGIN_WALL, Outcome.REFUSED, Outcome.CHALLENGE})


def is_shut_by_nature(platform: Platform, outcome: Outcome) -> bool:
    """True where a visit ended as each visit of a closed platform does: no trouble of anybody's."""
    return platform.closed and outcome in SHUT


def is_wholly_seen(posts: int | None, seen_share: float) -> bool:
    """True when a month's count may be read as the month's own."""
    return posts is not None and seen_share >= WHOLLY_SEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthBar:
    """One month of a community. `posts` is `None` when nothing of the month was seen.

    Units: `seen_share` 0 to 1, the part of the month (so far) that was completely seen.
    """

    month: Month
    posts: int | None
    seen_share: float

    @property
    def wholly_seen(self) -> bool:
        """True when the count may be read as the month's own."""
        return is_wholly_seen(self.posts, self.seen_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """Everything the public pages say of one community.

    Shape: `months` are the last 24, oldest first; `reports` holds by source the last visit that
    concluded anything: one during an outage of our own says nothing. `unseen_since` is when the
    last of its sources ceased to be seen, `None` while one is. `decision` is the one in force, even
    where newer posts have re-opened it; `attestation` the last word of a person who looked;
    `merged` is true of a record that is shown as another one.
    """

    community: Community
    published: PublishedStatus
    sources: tuple[Source, ...] = ()
    assessment: Assessment | None = None
    decision: Decision | None = None
    months: tuple[MonthBar, ...] = ()
    reports: Mapping[int, CrawlReport] = field(default_factory=dict)
    unseen_since: datetime | None = None
    open_reviews: int = 0
    attestation: Attestation | None = None
    merged: bool = False


def published_status(
    assessment: Assessment | None,
    decision: Decision | None,
    last_outcomes: Sequence[Outcome],
    now: datetime,
    *,
    owner_known: bool = False,
    manager_asked_at: datetime | None = None,
    word: Attestation | None = None,
) -> PublishedStatus:
    """What may be said in public now.

    `decision` is the one in force, `last_outcomes` that of each source's newest visit, `word` the
    last of a person who saw it. Nothing here turns what could not be seen into silence: an
    unverifiable community stays so.
    """
    found = _judge(assessment, last_outcomes)
    if found.status is Status.INACTIVE and owner_known and not _waited(manager_asked_at, now):
        found = replace(found, status=Status.DORMANT)
    if decision is not None and _stands(decision, found) and not _is_denied(decision, word, now):
        found = replace(
            found,
            status=STATUS_OF[decision.answer],
            since=decision.decided_at,
            by_curator=True,
        )
    return _date_proof(found, decision, now)


def _judge(assessment: Assessment | None, last_outcomes: Sequence[Outcome]) -> PublishedStatus:
    """The assessment as a published status, without any wait."""
    shut = any(outcome in SHUT for outcome in last_outcomes)
    if assessment is None:
        return PublishedStatus(status=Status.UNVERIFIABLE if shut else None)
    unseen = assessment.status is Status.UNVERIFIABLE and assessment.observed_until is None
    return PublishedStatus(
        status=None if unseen and not shut else assessment.status,
        since=assessment.since,
        markers=_mark(assessment, last_outcomes),
        last_post_at=assessment.last_post_at,
        observed_until=assessment.observed_until,
        confidence=assessment.confidence,
    )


def _mark(assessment: Assessment, last_outcomes: Sequence[Outcome]) -> frozenset[Marker]:
    """The rules' markers, and *unreadable* where what was once seen cannot be read any more."""
    told = [outcome for outcome in last_outcomes if outcome is not Outcome.OUR_NETWORK_DOWN]
    lost = bool(told) and not any(outcome.saw for outcome in told)
    if lost and assessment.observed_until is not None:
        return assessment.markers | {Marker.UNREADABLE}
    return assessment.markers


def _waited(manager_asked_at: datetime | None, now: datetime) -> bool:
    return manager_asked_at is not None and now - manager_asked_at >= MANAGER_WAIT


def _stands(decision: Decision, found: PublishedStatus) -> bool:
    """False when the decision says no status, or was re-opened by posts that came after it.

    New posts can only agree with "still alive": that answer holds until its own end.
    """
    if decision.answer not in STATUS_OF:
        return False
    if decision.answer is Answer.ALIVE or found.last_post_at is None:
        return True
    return found.last_post_at <= decision.decided_at


def _is_denied(decision: Decision, word: Attestation | None, now: datetime) -> bool:
    """True when somebody has seen it alive since it was called inactive."""
    if decision.answer is not Answer.INACTIVE or word is None or not word.is_fresh(now):
        return False
    return word.made_at > decision.decided_at and word.seen_on >= decision.decided_at.date()


def _date_proof(
    found: PublishedStatus, decision: Decision | None, now: datetime
) -> PublishedStatus:
    """The status, marked as not verified once the last good look is too long ago.

    A curator who decided has looked as well; "still alive" is good for as long as it holds.
    """
    looked_at = found.observed_until
    if found.by_curator and decision is not None:
        if decision.answer is Answer.ALIVE:
            return found
        looked_at = max(looked_at or decision.decided_at, decision.decided_at)
    if found.status is None or found.status in NEVER_STALE or looked_at is None:
        return found
    if now - looked_at <= NOT_VERIFIED_AFTER:
        return found
    return replace(found, not_verified_since=looked_at)
