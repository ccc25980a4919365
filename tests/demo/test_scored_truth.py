"""The rules find the state that the made-up truth names, whatever the day of the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from demo.content import midnight
from demo.madeup import UNREADABLE, Show
from demo.truth import COMMUNITIES, build_directory, describe_state, frozen_part, missing_month
from domain.history import History
from domain.outcome import Outcome, Status
from domain.records import Platform
from domain.window import Coverage, Month, Window, holes
from scoring.default_rules import DEFAULT_RULES
from scoring.flags import raise_flags
from scoring.status import assess

YEAR = [datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(0, 365, 31)]
# The first and last days of the seasons in which nobody enters slowing, and what follows them.
EDGES = [
    datetime(2026, 7, 15, 0, 5, tzinfo=UTC),
    datetime(2026, 9, 5, 23, 55, tzinfo=UTC),
    datetime(2026, 9, 6, tzinfo=UTC),
    datetime(2026, 12, 10, 12, tzinfo=UTC),
    datetime(2027, 1, 10, 12, tzinfo=UTC),
    datetime(2027, 1, 11, 12, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
]


def seen_part(made_up, now):
    """What a first visit reads, and the stretches it proves."""
    anchor = midnight(now)
    messages = made_up.history(anchor=anchor, until=anchor)
    if made_up.show is Show.EMPTY:
        return (), [Window(start=anchor, end=now)] if anchor < now else []
    if made_up.show in UNREADABLE:
        return (), []
    if made_up.show is Show.FROZEN:
        messages = frozen_part(messages, anchor)
        return messages, [Window(start=messages[0].at, end=messages[-1].at)]
    if made_up.platform is Platform.FEED:
        messages = messages[-made_up.feed_items :]
        return messages, [Window(start=messages[0].at, end=now)]
    whole = Window(start=Month.of(messages[0].at).start, end=now)
    if made_up.show is not Show.MONTH_MISSING:
        return messages, [whole]
    lost = missing_month(messages, anchor)
    kept = tuple(message for message in messages if Month.of(message.at) != lost)
    return kept, list(holes(whole, [lost.window]))


def history_of(made_up, now):
    messages, windows = seen_part(made_up, now)
    authors: dict[str, int] = {}
    threads: dict[str, int] = {}
    alone = made_up.platform is Platform.FEED and not made_up.path.endswith("atom.xml")
    return History(
        source_id=1,
        platform=made_up.platform,
        ts=[int(message.at.timestamp()) for message in messages],
        author=[authors.setdefault(m.author.address, len(authors)) for m in messages],
        thread=[
            threads.setdefault(m.message_id if alone else m.root, len(threads)) for m in messages
        ],
        coverage=[Coverage(start=window.start, end=window.end) for window in windows],
        windowed=made_up.platform is Platform.FEED,
        last_outcome=made_up.expected.outcome,
        last_visit_at=now,
    )


def found(made_up, now):
    history = history_of(made_up, now)
    assessment = assess(1, [history], DEFAULT_RULES, now)
    flags = {flag.kind for flag in raise_flags(assessment, None, [history])}
    outcome = history.last_outcome or Outcome.READ
    return describe_state(assessment.status, assessment.markers, outcome, flags)


@pytest.mark.parametrize("now", [*YEAR, *EDGES], ids=lambda now: f"{now:%m-%d}")
def test_every_community_is_found_in_its_expected_state(now):
    directory = build_directory(now)
    assert {made_up.slug: found(made_up, now) for made_up in directory} == {
        made_up.slug: made_up.expected.words for made_up in directory
    }


def test_the_quiet_list_is_quiet_on_every_day_of_the_year():
    (made_up,) = (one for one in COMMUNITIES if one.expected.status is Status.SLOWING)
    for day in range(0, 365, 2):
        now = datetime(2027, 1, 1, 18, tzinfo=UTC) + timedelta(days=day)
        assert found(made_up, now) == "slowing", f"on {now:%d %B}"
