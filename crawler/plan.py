"""Which visit to make and when the next: arithmetic on values, no input or output.

`OUTCOME_RULES` is the one place that says what follows from each outcome; `docs/outcomes.md` is
checked against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.formats.recipe import BrokenRecipe, Recipe
from domain.outcome import Outcome
from domain.published import is_shut_by_nature
from domain.records import CrawlReport, Mark, Platform, Source

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECONDS_PER_DAY = 86_400.0
FIRST_GUESS = DAY
# A feed is read again when a quarter of what it can show may have been written.
FEED_SAFETY = 4
CLOSED_WAIT = timedelta(days=7)
# Every source is seen once more in these hours of a new week, before the report is written.
AFTER_THE_WEEK = timedelta(hours=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRule:
    """What follows from an outcome: the first wait, the longest, who hears, what visitors read."""

    first_wait: timedelta
    longest_wait: timedelta
    tells: str
    coverage: str
    public: str


def _failure(first: timedelta, longest: timedelta, tells: str, public: str) -> OutcomeRule:
    return OutcomeRule(
        first_wait=first, longest_wait=longest, tells=tells, coverage="none", public=public
    )


_SAW = OutcomeRule(
    first_wait=HOUR,
    longest_wait=7 * DAY,
    tells="nobody",
    coverage="complete up to the visit",
    public="nothing special",
)
OUTCOME_RULES: Mapping[Outcome, OutcomeRule] = {
    Outcome.READ: _SAW,
    Outcome.UNCHANGED: _SAW,
    Outcome.EMPTY: _SAW,
    Outcome.PARTIAL: OutcomeRule(
        first_wait=HOUR,
        longest_wait=DAY,
        tells="operator after two in a row",
        coverage="what was read completely",
        public="the last good word, dated",
    ),
    Outcome.LAYOUT_CHANGED: _failure(6 * HOUR, DAY, "operator", "archive unreadable since"),
    Outcome.LOGIN_WALL: _failure(DAY, 7 * DAY, "operator", "asks for a login"),
    Outcome.REFUSED: _failure(DAY, 7 * DAY, "operator", "does not let robots in"),
    Outcome.CHALLENGE: _failure(DAY, 7 * DAY, "operator", "asks for proof of being human"),
    Outcome.RATE_LIMITED: _failure(6 * HOUR, 3 * DAY, "operator after two in a row", "busy"),
    Outcome.GONE: _failure(DAY, 7 * DAY, "curator", "the address says it is gone"),
    Outcome.NOT_FOUND: _failure(DAY, 7 * DAY, "operator after two in a row", "not found"),
    Outcome.MOVED: _failure(DAY, 7 * DAY, "curator", "may have moved"),
    Outcome.PARKED: _failure(DAY, 7 * DAY, "curator", "the address belongs to somebody else"),
    Outcome.SERVER_ERROR: _failure(HOUR, DAY, "operator after two in a row", "server fails"),
    Outcome.TIMEOUT: _failure(HOUR, DAY, "operator after two in a row", "no answer"),
    Outcome.UNREACHABLE: _failure(HOUR, DAY, "operator after two in a row", "no answer"),
    Outcome.TOO_LARGE: _failure(DAY, 7 * DAY, "operator", "archive unreadable since"),
    Outcome.UNPARSEABLE: _failure(6 * HOUR, DAY, "operator", "archive unreadable since"),
    Outcome.OUR_NETWORK_DOWN: _failure(HOUR, HOUR, "operator", "nothing: nothing was concluded"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one visit may take."""

    requests: int = 5_000
    bytes: int = 2 * 1024**3
    seconds: int = 6 * 3_600


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlan:
    """One visit to one source: what we know already and how much it may cost.

    `newest_only` is for a first look by hand: the newest part of the archive is enough.
    `wanted_until` is the end of the last week, when the source has not been covered up to it yet:
    worth a request more where the cheapest visit sees less far. `recipe` says how to read a site
    that no platform fits, or why it cannot be read. `claim` is the number under which the run holds
    the source; without one nobody else can be reading it.
    """

    source_id: int
    community_id: int
    name: str
    url: str
    platform: Platform
    now: datetime
    marks: tuple[Mark, ...] = ()
    covered_until: datetime | None = None
    posts_known: int = 0
    newest_post_at: datetime | None = None
    request_budget: int = DEFAULT_LIMITS.requests
    byte_budget: int = DEFAULT_LIMITS.bytes
    seconds_budget: int = DEFAULT_LIMITS.seconds
    wanted_until: datetime | None = None
    newest_only: bool = False
    recipe: Recipe | BrokenRecipe | None = None
    claim: int | None = None

    def mark(self, name: str) -> Mark | None:
        """What is remembered of the page that the adapter calls `name`."""
        return next((mark for mark in self.marks if mark.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of a source before a visit.

    Units: `per_day` is the mean number of posts a day over the last 90 covered days, `None` when
    unknown; `window_items` is how many items the platform shows at most, `None` for a full archive.
    `closed` says that the platform shows a landing page at most.
    """

    marks: tuple[Mark, ...] = ()
    covered_until: datetime | None = None
    posts: int = 0
    newest_post_at: datetime | None = None
    per_day: float | None = None
    window_items: int | None = None
    closed: bool = False


def plan_crawl(source: Source, known: Known, limits: Limits, now: datetime) -> CrawlPlan:
    """The visit to make to `source` now."""
    last_week = next_week(now) - 7 * DAY
    behind = known.covered_until is None or known.covered_until < last_week
    return CrawlPlan(
        source_id=source.id,
        community_id=source.community_id,
        name=source.name,
        url=source.url,
        platform=source.platform,
        now=now,
        marks=known.marks,
        covered_until=known.covered_until,
        posts_known=known.posts,
        newest_post_at=known.newest_post_at,
        request_budget=limits.requests,
        byte_budget=limits.bytes,
        seconds_budget=limits.seconds,
        wanted_until=last_week if behind else None,
        claim=source.claim or None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisit:
    """Bounds of the timetable, and a share (0 to 1) drawn anew for each visit, to spread them."""

    shortest: timedelta = HOUR
    longest: timedelta = 7 * DAY
    spread: float = 0.5


def next_crawl_at(
    report: CrawlReport, known: Known, revisit: Revisit, *, failures: int, now: datetime
) -> datetime:
    """When to visit again; `failures` counts visits in a row that did not see, this one included.

    After seeing: half the usual gap between two posts, or a quarter of the time in which a feed
    rolls over, within the bounds. After a failure: the outcome's first wait, doubled each time up
    to its longest. Spread by ±10 %. Not later than the first hours of the next week, because the
    weekly report says nothing of a week that was not wholly seen; never before the moment that the
    host named; and a closed platform, whatever it answers, once a week at most.
    """
    rule = OUTCOME_RULES[report.outcome]
    if report.outcome.saw:
        wait = min(max(_own_rhythm(known), revisit.shortest), revisit.longest)
    else:
        doublings = min(max(failures - 1, 0), 16)
        wait = min(rule.first_wait * 2**doublings, rule.longest_wait)
    due = now + wait * (0.9 + 0.2 * revisit.spread)
    if report.outcome.saw:
        new_week = next_week(now) + AFTER_THE_WEEK * revisit.spread
        due = min(due, max(new_week, now + revisit.shortest))
    if known.closed:
        due = max(due, now + CLOSED_WAIT)
    return max(due, report.not_before) if report.not_before else due


def next_week(now: datetime) -> datetime:
    """The end of the ISO week of `now`: the next Monday, 00:00 UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=7 - midnight.weekday())


def _own_rhythm(known: Known) -> timedelta:
    if known.per_day is None:
        return FIRST_GUESS
    if known.per_day <= 0:
        return 7 * DAY
    days = 0.5 / known.per_day
    if known.window_items is not None:
        days = max(known.window_items / known.per_day / FEED_SAFETY, 0.0)
    return timedelta(days=min(days, 7.0))


def count_failures(before: int, outcome: Outcome, platform: Platform = Platform.FEED) -> int:
    """How many visits in a row did not see, given the count before.

    Our own outage is not one, nor is the shut door of a closed platform.
    """
    if outcome.saw or is_shut_by_nature(platform, outcome):
        return 0
    return before if outcome is Outcome.OUR_NETWORK_DOWN else before + 1
