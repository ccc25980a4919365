"""Made-up histories: invented people who write on days that a test names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from domain.history import History
from domain.outcome import Assessment, Outcome
from domain.records import Platform
from domain.window import Coverage
from scoring.default_rules import DEFAULT_RULES
from scoring.status import assess

START = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def make_history(
    days: Iterable[float],
    *,
    seen: Sequence[tuple[float, float]] = ((0, 1000),),
    authors: Sequence[int] | None = None,
    threads: Sequence[int] | None = None,
    platform: Platform = Platform.PIPERMAIL,
    outcome: Outcome | None = Outcome.READ,
    windowed: bool = False,
    undated: int = 0,
) -> History:
    """Posts on these days after START, seen completely between those days.

    Unless told otherwise five people write in turn, three posts to a thread.
    """
    moments = [START.timestamp() + day * 86_400 for day in days]
    count = len(moments)
    return History(
        source_id=1,
        platform=platform,
        ts=tuple(int(moment) for moment in moments),
        author=tuple(authors) if authors is not None else tuple(i % 5 for i in range(count)),
        thread=tuple(threads) if threads is not None else tuple(i // 3 for i in range(count)),
        undated=undated,
        coverage=tuple(Coverage(start=START + a * DAY, end=START + b * DAY) for a, b in seen),
        windowed=windowed,
        last_outcome=outcome,
    )


def assess_at(day: float, *histories: History) -> Assessment:
    """The assessment that many days after START."""
    return assess(7, histories, DEFAULT_RULES, START + day * DAY)


@pytest.fixture(scope="session", name="make_history")
def _make_history() -> Callable[..., History]:
    return make_history


@pytest.fixture(scope="session", name="assess_at")
def _assess_at() -> Callable[..., Assessment]:
    return assess_at


@pytest.fixture(scope="session")
def start() -> datetime:
    return START
