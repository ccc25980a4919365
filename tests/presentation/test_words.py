"""Every state has its public word, exact as agreed, with the date behind it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from domain.outcome import (
    Answer,
    Assessment,
    Confidence,
    Decision,
    FlagKind,
    Marker,
    Outcome,
    PublishedStatus,
    Reason,
    Status,
)
from domain.published import DirectoryEntry, MonthBar
from domain.records import Community, CrawlReport, Membership, Platform, Source
from domain.window import Month
from presentation import card_words, months, words
from presentation.facts import (
    PLACES,
    language_name,
    listed_line,
    membership_words,
    name_language,
    platform_name,
    topic_name,
)
from presentation.listing import describe
from presentation.months import month_words
from presentation.words import chance_words, in_ten, list_words, status_words

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEB = datetime(2026, 2, 14, tzinfo=UTC)
COMMUNITY = Community(
    id=1,
    slug="malaria",
    name="Malaria Practice Group",
    languages=("pt", "fr"),
    topics=("hiv-tb-malaria", "made-up"),
    membership=Membership.OPEN,
    added_at=datetime(2026, 11, 20, tzinfo=UTC),
)
SOURCE = Source(
    id=1, community_id=1, name="m", url="https://lists.example.org/m/", platform=Platform.PIPERMAIL
)


def bars(*counts: int | None) -> tuple[MonthBar, ...]:
    start = Month.of(NOW.date()).shifted(1 - len(counts))
    return tuple(
        MonthBar(month=start.shifted(i), posts=count, seen_share=0.0 if count is None else 1.0)
        for i, count in enumerate(counts)
    )


def visited(outcome: Outcome) -> dict[int, CrawlReport]:
    return {1: CrawlReport(source_id=1, started_at=NOW, finished_at=NOW, outcome=outcome)}


def entry(
    status: Status | None,
    *,
    months: tuple[MonthBar, ...] = (),
    outcome: Outcome | None = Outcome.READ,
    reasons: tuple[str, ...] = (),
    decision: Decision | None = None,
    markers: frozenset[Marker] = frozenset(),
    since: datetime | None = FEB,
    last_post_at: datetime | None = FEB,
    not_verified_since: datetime | None = None,
) -> DirectoryEntry:
    assessment = Assessment(
        community_id=1,
        assessed_at=NOW,
        observed_until=NOW,
        status=status or Status.UNVERIFIABLE,
        posts_seen=3,
        reasons=tuple(Reason(code=code) for code in reasons),
    )
    published = PublishedStatus(
        status=status,
        since=since,
        markers=markers,
        last_post_at=last_post_at,
        not_verified_since=not_verified_since,
    )
    return DirectoryEntry(
        community=COMMUNITY,
        published=published,
        sources=(SOURCE,),
        assessment=assessment,
        decision=decision,
        months=months,
        reports=visited(outcome) if outcome else {},
    )


MOVE = Decision(
    id=1,
    review_id=1,
    community_id=1,
    answer=Answer.MOVED,
    decided_at=NOW,
    curator="Amina",
    new_url="https://new.example.org/",
)
SLOWER = (30,) * 18 + (3,) * 6


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (
            entry(Status.ACTIVE, months=bars(*(4,) * 24)),
            "Active – posts in every one of the last 24 months",
        ),
        (
            entry(Status.ACTIVE, months=bars(*(4,) * 23, 0)),
            "Active – last post 14 Feb 2026",
        ),
        (
            entry(Status.ACTIVE, months=bars(None, *(4,) * 23)),
            "Active – last post 14 Feb 2026",
        ),
        (
            entry(
                Status.SLOWING,
                months=bars(*SLOWER),
                since=datetime(2026, 5, 20, tzinfo=UTC),
            ),
            "Quiet – fewer posts than usual since May 2026 (3 a month, usual 30)",
        ),
        (
            entry(Status.SLOWING, months=bars(*(3,) * 24)),
            "Quiet – fewer posts than usual since Feb 2026",
        ),
        (entry(Status.DORMANT), "Quiet – no post seen since 14 Feb 2026"),
        (
            entry(Status.INACTIVE),
            "Inactive – no new posts seen since 14 Feb 2026; the archive is still there",
        ),
        (
            entry(Status.INACTIVE, outcome=Outcome.TIMEOUT),
            "Inactive – no new posts seen since 14 Feb 2026",
        ),
        (entry(Status.CLOSED), "Closed – a curator recorded its end on 14 Feb 2026"),
        (entry(Status.MOVED, decision=MOVE), "Moved – now at"),
        (entry(Status.MOVED), "Moved – to an address we do not know"),
        (entry(None, outcome=None), "Not checked yet – added 20 Nov 2026"),
        (
            entry(Status.UNVERIFIABLE, outcome=Outcome.LOGIN_WALL, last_post_at=None),
            "Cannot see inside – its archive asks for a login",
        ),
        (
            entry(Status.UNVERIFIABLE, reasons=("never_seen",), outcome=Outcome.TIMEOUT),
            "Not checked yet – tried on 23 Nov 2026: its archive did not answer in time",
        ),
        (
            entry(Status.UNVERIFIABLE, reasons=("blind_too_long",), outcome=Outcome.TIMEOUT),
            "Cannot see inside – its archive could not be read for long",
        ),
        (
            entry(Status.UNVERIFIABLE, reasons=("thin",)),
            "Too little talk to say – 3 posts seen, the last on 14 Feb 2026",
        ),
        (
            entry(Status.ACTIVE, not_verified_since=FEB),
            "Not verified – since 14 Feb 2026 (then: Active)",
        ),
    ],
)
def test_the_public_line_is_exact(shown: DirectoryEntry, line: str) -> None:
    assert status_words(shown).line == line


@pytest.mark.parametrize("status", [None, *Status])
def test_every_status_has_word_and_tone_and_never_the_machines(status: Status | None) -> None:
    shown = status_words(entry(status))
    assert shown.word
    assert shown.tone in {"active", "quiet", "inactive", "unseen", "ended"}
    for machine_word in ("dormant", "slowing", "unverifiable", "dead"):
        assert machine_word not in shown.line.lower()


def test_the_list_says_how_much_and_when_last() -> None:
    shown = entry(Status.ACTIVE, months=bars(*(30,) * 24))
    assert list_words(shown).line == "Active – about 30 posts a month, last post 14 Feb 2026"
    few = entry(Status.ACTIVE, months=bars(*(None,) * 20, 1, 1, 1, 1))
    assert list_words(few).line == "Active – last post 14 Feb 2026"


def test_markers_stand_beside_the_word() -> None:
    shown = status_words(entry(Status.DORMANT, markers=frozenset(Marker)))
    assert shown.word == "Quiet"
    assert len(shown.markers) == len(Marker)


def test_dates_follow_the_locale() -> None:
    assert status_words(entry(Status.DORMANT), "fr").line.endswith("14 févr. 2026")


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (words.STATUS_WORDS, Status),
        (words.MARKER_WORDS, Marker),
        (words.OUTCOME_WORDS, Outcome),
        (words.CONFIDENCE_WORDS, Confidence),
        (card_words.FLAG_QUESTIONS, FlagKind),
        (card_words.FLAG_CAUSES, FlagKind),
        (card_words.FLAG_TRAPS, FlagKind),
        (card_words.ANSWER_WORDS, Answer),
        (card_words.ANSWER_DONE, Answer),
        (PLACES, Platform),
    ],
)
def test_no_value_is_without_words(table: Mapping[str, str], values: type[StrEnum]) -> None:
    assert set(table) == set(values)
    assert all(table.values())


def test_months_are_told_in_sentences() -> None:
    told = month_words(bars(*(20, 30, 61, 25, 28, 38, 22, 26), None, None, 24, None, 24))
    assert told == (
        "Busiest 61 (Jan 2026).",
        "Usual 24–30.",
        "3 months were not seen and hatched: Jul 2026 – Aug 2026, Oct 2026.",
    )


def test_the_usual_is_that_of_before_the_silence() -> None:
    assert "Usual 20." in month_words(bars(*(20,) * 8, *(0,) * 8))


def test_a_month_seen_in_part_is_told_and_not_counted_as_usual() -> None:
    half = MonthBar(month=Month(2026, 11), posts=90, seen_share=0.4)
    told = month_words((*bars(*(20,) * 8)[:-1], half))
    assert told[0].startswith("Busiest 20")
    assert told[-1] == "Bars on hatching were seen in part: there may have been more."
    assert months.seen_words(half) == "in part (40%)"


def test_nothing_seen_says_no_number() -> None:
    assert month_words(()) == ()
    told = month_words(bars(None, None))
    assert told == ("2 months were not seen and hatched: Oct 2026 – Nov 2026.",)


@pytest.mark.parametrize(
    ("chance", "word", "cases"),
    [
        (1.0, "almost certain", "more than 9 in 10"),
        (0.85, "very likely", "about 8 in 10"),
        (0.5, "about as likely as not", "about 5 in 10"),
        (0.31, "unlikely", "about 3 in 10"),
        (0.0, "almost impossible", "fewer than 1 in 10"),
    ],
)
def test_chances_are_told_in_words_first(chance: float, word: str, cases: str) -> None:
    assert chance_words(chance) == word
    assert in_ten(chance) == cases


def test_facts_are_named_and_the_unknown_is_left_out() -> None:
    shown = describe(entry(Status.ACTIVE), NOW).facts
    assert listed_line(shown) == (
        "HIV, tuberculosis and malaria, Made up · Portuguese, French · mailing list"
        " · open to anyone"
    )
    assert listed_line(shown, "fr").startswith("VIH, tuberculose et paludisme, Made up · portugais")
    assert membership_words(Membership.UNKNOWN) == ""
    assert language_name("tlh-xx") == "tlh-xx"
    assert topic_name("wash") == "Water, sanitation and hygiene"
    assert name_language(COMMUNITY) == "pt"
    assert all(platform_name(platform) for platform in Platform)
