"""A community's line: where it stands, what is said of it, and when that may change by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.outcome import Answer, Decision, Marker, PublishedStatus, Status
from domain.published import DirectoryEntry, MonthBar
from domain.records import Community, Membership, Platform, Source
from domain.window import Month
from presentation.listing import bars_of, describe

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COMMUNITY = Community(id=7, slug="sante", name="Santé", languages=("fr",), topics=("immunization",))
SOURCE = Source(id=1, community_id=7, name="sante", url="https://x.org", platform=Platform.ZULIP)
ENTRY = DirectoryEntry(
    community=COMMUNITY,
    published=PublishedStatus(
        status=Status.ACTIVE, last_post_at=NOW, observed_until=NOW - timedelta(days=1)
    ),
    sources=(SOURCE,),
)


def publish(status: Status | None, **facts: object) -> DirectoryEntry:
    return replace(ENTRY, published=PublishedStatus(status=status, **facts))


@pytest.mark.parametrize(
    ("entry", "activity", "place"),
    [
        (ENTRY, "active", 0),
        (publish(Status.DORMANT), "quiet", 0),
        (publish(Status.ACTIVE, markers=frozenset({Marker.SPAM})), "active", 1),
        (publish(None), "unchecked", 3),
        (publish(Status.UNVERIFIABLE), "unchecked", 3),
        (publish(Status.ACTIVE, not_verified_since=NOW), "unverified", 3),
        (publish(Status.CLOSED), "closed", 4),
        (publish(Status.MOVED), "moved", 4),
    ],
)
def test_what_talks_stands_before_what_cannot_be_seen_and_what_ended(
    entry: DirectoryEntry, activity: str, place: int
) -> None:
    facts = describe(entry, NOW).facts
    assert (facts.activity, facts.place) == (activity, place)


@pytest.mark.parametrize(
    ("facts", "outside"),
    [
        ({"membership": Membership.PAID}, True),
        ({"membership": Membership.STAFF_ONLY}, True),
        ({"scope": "excluded"}, True),
        ({"membership": Membership.APPROVAL, "scope": "neighbour"}, False),
        ({}, False),
    ],
)
def test_what_people_may_not_join_for_nothing_is_outside(
    facts: dict[str, object], outside: bool
) -> None:
    entry = replace(ENTRY, community=replace(COMMUNITY, **facts))
    assert describe(entry, NOW).facts.outside is outside


def test_a_line_is_sought_by_name_topic_language_and_place() -> None:
    words = describe(ENTRY, NOW).sought.split()
    assert {"sante", "vacunas", "francais", "french", "chat"} <= set(words)


def test_a_line_names_the_moment_at_which_the_word_changes_by_itself() -> None:
    assert describe(ENTRY, NOW).good_until == datetime(2026, 12, 1, tzinfo=UTC)
    assert describe(ENTRY, NOW).word_until == NOW + timedelta(days=59, seconds=1)
    assert describe(publish(None), NOW).word_until is None
    almost = publish(Status.ACTIVE, observed_until=NOW - timedelta(days=59))
    assert describe(almost, NOW).word_until == NOW + timedelta(days=1, seconds=1)
    decided = Decision(
        id=1,
        review_id=None,
        community_id=7,
        answer=Answer.ALIVE,
        decided_at=NOW,
        curator="J",
        until=NOW + timedelta(hours=3),
    )
    assert describe(replace(ENTRY, decision=decided), NOW).word_until == decided.until


def test_bars_come_back_from_a_line_and_unseen_months_stay_unseen() -> None:
    bars = (
        MonthBar(month=Month(2026, 9), posts=None, seen_share=0.0),
        MonthBar(month=Month(2026, 10), posts=4, seen_share=1.0),
    )
    assert bars_of(describe(replace(ENTRY, months=bars), NOW)) == bars
    unseen = replace(ENTRY, months=bars[:1])
    assert bars_of(describe(unseen, NOW)) == ()


def test_the_pace_needs_half_a_year_that_was_wholly_seen() -> None:
    bars = tuple(
        MonthBar(month=Month(2026, number), posts=number, seen_share=1.0) for number in range(1, 8)
    )
    assert describe(replace(ENTRY, months=bars), NOW).facts.posts_per_month == 4
    assert describe(replace(ENTRY, months=bars[:5]), NOW).facts.posts_per_month is None


def test_a_closed_place_is_told_as_such_and_not_as_still_to_be_checked() -> None:
    closed = replace(publish(None), sources=(), community=replace(COMMUNITY, observable="no"))
    assert describe(closed, NOW).words["en"].word == "Cannot see inside"
    unknown = replace(closed, community=COMMUNITY)
    assert describe(unknown, NOW).words["en"].word == "Not checked yet"
