"""What the rules say of one source, on its covered clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from domain.history import History
from domain.outcome import Confidence, Marker, Status
from domain.records import Platform
from scoring.activity import DAY, YEAR, Activity, Columns, read_columns, summarise
from scoring.clock import Clock, read_clock, stand_on
from scoring.markers import Marking, is_talk, read_marking, read_steady_marker
from scoring.rules import Rules
from scoring.scores import is_thin, read_scores
from scoring.states import (
    ACTIVE,
    DORMANT,
    LADDER,
    State,
    read_calm,
    read_raw,
    replay,
    weekly_cutoffs,
)
from scoring.voices import Voice, list_voices

QUIET = frozenset({Status.DORMANT, Status.INACTIVE})
WEEKS_AHEAD = 54
OUTLOOK_DAYS = 30
POSTS_TRIED = (3, 6, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A change of status that comes after so many silent days from the last complete check."""

    status: Status
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What posts would change: the status after one, and how many in 30 days make it active."""

    after_post: Status
    posts_to_active: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One source's status with everything its reasons are made of.

    Units: days of the covered clock. `quiet_since` is when a dormant or inactive source left
    active or slowing. `thin` and `blinded` say why a source that was seen is unverifiable: too
    few posts, too much unseen time. `activity` is that of the posts that count, `None` without any;
    `p_…` are `None` where there is too little to know. `seen_since` is the first complete look.
    `dated` counts the posts before `observed_until`, `posts` also those of unknown date;
    `discounted` those of the last year that do not count as talk, for the marker's sake or for
    being one of the `voices` that are not people's talk.
    """

    status: Status
    since: datetime | None = None
    quiet_since: datetime | None = None
    observed_until: datetime | None = None
    seen_since: datetime | None = None
    last_post_at: datetime | None = None
    confidence: Confidence = Confidence.LOW
    thin: bool = False
    blinded: bool = False
    posts: int = 0
    dated: int = 0
    discounted: int = 0
    silent_days: float = 0.0
    unseen_days: float = 0.0
    p_quiet: float | None = None
    p_any_180: float | None = None
    p_fun_180: float | None = None
    activity: Activity | None = None
    marking: Marking | None = None
    voices: tuple[Voice, ...] = ()
    turn: Turn | None = None
    outlook: Outlook | None = None
    history: History

    @property
    def marker(self) -> Marker | None:
        return self.marking.marker if self.marking is not None else None

    @property
    def seen(self) -> bool:
        """False while it can not be said how lively the source is."""
        return self.status is not Status.UNVERIFIABLE


def read_verdict(history: History, rules: Rules, *, now: datetime) -> Verdict:
    """What the rules say of one source at the end of its last complete coverage.

    Posts after that moment are ignored, and time that was not seen does not pass. A source that
    was never seen completely, that shows too little, or whose last post has had more than a year
    of unseen time since, is unverifiable; a year of seen silence is inactive in any case.
    """
    known = read_columns(history.ts, history.author, history.thread, before=now.timestamp())
    clock = read_clock(history.coverage, known.ts, now=now)
    if clock is None:
        return Verdict(
            status=Status.UNVERIFIABLE, posts=len(known) + history.undated, history=history
        )
    seen = known.until(clock.until)
    shown = replace(seen, ts=clock.read(seen.ts))
    at = float(clock.read(np.array([clock.until]))[0])
    answers_seen = _shows_answers(history, seen)
    steady = read_steady_marker(shown, at, rules, answers_seen=answers_seen)
    marking = read_marking(shown, at, rules, answers_seen=answers_seen)
    marking = replace(marking, marker=steady)
    voices = () if steady else list_voices(shown, at, rules, answers_seen=answers_seen)
    robots = np.isin(shown.author, [voice.author for voice in voices])
    if robots.all():
        # Whoever has always written alone is the place's own voice; the markers judge that.
        voices, robots = (), np.zeros_like(robots)
    counts = is_talk(shown, marking) & ~robots
    sight = _Sight(
        history=history,
        clock=clock,
        rules=rules,
        at=at,
        talk=shown.kept(counts),
        last_post=float(seen.ts[counts][-1]) if counts.any() else None,
    )
    verdict = _judge_thin(sight) if is_thin(sight.talk, rules) else _judge_doubting(sight)
    if steady is Marker.SPAM and verdict.status is Status.ACTIVE:
        # Overrun by spam is not active, even if some still talk below it.
        verdict = replace(verdict, status=Status.SLOWING)
    return replace(
        _hold_back(
            _blind_after(verdict, clock, rules, now), comes_in=steady is not None or bool(voices)
        ),
        observed_until=_moment(clock.until),
        seen_since=_moment(clock.begins),
        posts=len(seen) + history.undated,
        dated=len(seen),
        discounted=int((~counts & (shown.ts >= at - YEAR)).sum()),
        marking=marking,
        voices=voices,
        activity=summarise(sight.talk, at) if len(sight.talk) else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sight:
    """The posts that count at one source, on its clock.

    Units: `at` is what the clock shows at the last complete check; `last_post` is in UTC seconds.
    """

    history: History
    clock: Clock
    rules: Rules
    at: float
    talk: Columns
    last_post: float | None


def _blind_after(verdict: Verdict, clock: Clock, rules: Rules, now: datetime) -> Verdict:
    """The verdict, unless it is of a mailbox that a year ago got its last mail from the list.

    Such an address may not be subscribed any more: from then on nobody can say.
    """
    days = (now.timestamp() - clock.until) / DAY
    mailbox = verdict.history.platform is Platform.MAILBOX
    if not mailbox or verdict.status is Status.INACTIVE or days < rules.blind_days:
        return verdict
    blind = replace(verdict, status=Status.UNVERIFIABLE, since=None, turn=None)
    return replace(blind, blinded=not verdict.thin, unseen_days=verdict.unseen_days + days)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _shows_answers(history: History, seen: Columns) -> bool:
    """False for a feed that never shows which item answers which."""
    if history.platform is not Platform.FEED:
        return True
    return len(np.unique(seen.thread)) < len(seen)


def _judge_thin(sight: _Sight) -> Verdict:
    """Inactive after a year of seen silence, however little there ever was; else unverifiable."""
    started = sight.last_post if sight.last_post is not None else sight.clock.begins
    start = float(sight.clock.read(np.array([started]))[0])
    verdict = Verdict(
        status=Status.UNVERIFIABLE,
        thin=True,
        silent_days=(sight.at - start) / DAY,
        last_post_at=_moment(sight.last_post) if sight.last_post is not None else None,
        history=sight.history,
    )
    if verdict.silent_days < sight.rules.inactive_after_days:
        return verdict
    ripe = np.array([start + sight.rules.inactive_after_days * DAY])
    since = _moment(float(sight.clock.moments(ripe)[0]))
    return replace(verdict, status=Status.INACTIVE, since=since, quiet_since=since)


def _judge_doubting(sight: _Sight) -> Verdict:
    """The state, but never a worse one than the silence since a long hole says by itself.

    Posts may have come and been missed in it; how long the silence has been seen is told as it is.
    """
    rules, verdict = sight.rules, _judge(sight)
    assert sight.last_post is not None
    if verdict.status in QUIET:
        clock = stand_on(sight.clock, sight.last_post, rules.hiding_days)
        if clock is not None:
            at = float(clock.read(np.array([clock.until]))[0])
            other = _judge(replace(sight, clock=clock, at=at))
            if LADDER.index(other.status) < LADDER.index(verdict.status):
                verdict = replace(
                    other, silent_days=verdict.silent_days, unseen_days=verdict.unseen_days
                )
    if verdict.status is not Status.INACTIVE and verdict.unseen_days >= rules.blind_days:
        return replace(verdict, status=Status.UNVERIFIABLE, since=None, turn=None, blinded=True)
    return verdict


def _judge(sight: _Sight) -> Verdict:
    """The state that the weekly steps through the source's history lead to."""
    rules, talk = sight.rules, sight.talk
    weeks = weekly_cutoffs(talk, sight.at, rules.least_posts, ahead=WEEKS_AHEAD)
    today = len(weeks) - 1 - WEEKS_AHEAD
    moments = sight.clock.moments(weeks)
    standing = ~sight.clock.saw(moments)
    standing[today:] = False
    scores = read_scores(talk, weeks, rules)
    calm = read_calm(moments, rules)
    states = replay(scores, rules, standing=standing.tolist(), calm=calm)
    assert sight.last_post is not None
    return Verdict(
        status=LADDER[states[today].rung],
        since=_moment(float(moments[states[today].step])),
        quiet_since=_moment(float(moments[_quiet_step(states[: today + 1])])),
        last_post_at=_moment(sight.last_post),
        confidence=_confidence(sight),
        silent_days=float(scores.silent_days[today]),
        unseen_days=sight.clock.unseen_days(sight.last_post),
        p_quiet=float(scores.quiet[today]),
        p_any_180=float(scores.alive[today]),
        p_fun_180=float(scores.fun[today]),
        turn=_next_turn(states[today:]),
        outlook=_read_outlook(sight),
        history=sight.history,
    )


def _quiet_step(states: Sequence[State]) -> int:
    """The step from which on the source has been dormant or inactive; the last one if it is not."""
    step = len(states) - 1
    while step > 0 and states[step].rung >= DORMANT and states[step - 1].rung >= DORMANT:
        step -= 1
    return step


def _next_turn(states: Sequence[State]) -> Turn | None:
    """The first worse status that weeks without a post lead to."""
    for week, state in enumerate(states):
        if state.rung > states[0].rung:
            return Turn(status=LADDER[state.rung], days=7 * week)
    return None


def _confidence(sight: _Sight) -> Confidence:
    if sight.history.windowed or len(sight.talk) < sight.rules.medium_posts:
        return Confidence.LOW
    return Confidence.MEDIUM if len(sight.talk) < sight.rules.high_posts else Confidence.HIGH


def _hold_back(verdict: Verdict, *, comes_in: bool) -> Verdict:
    """Not worse than dormant while posts that do not count still come in.

    Whether they are talk after all is for a person to say, before a living place is called dead.
    """
    if not comes_in or verdict.status is not Status.INACTIVE:
        return verdict
    return replace(verdict, status=Status.DORMANT, since=verdict.quiet_since)


def _read_outlook(sight: _Sight) -> Outlook:
    one = _imagine(sight, 1)
    enough = (
        count
        for count in POSTS_TRIED
        if (then := _imagine(sight, count)).rung == ACTIVE
        and then.p_fun >= sight.rules.p_fun_return
    )
    return Outlook(after_post=LADDER[one.rung], posts_to_active=next(enough, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Imagined:
    rung: int
    p_fun: float


def _imagine(sight: _Sight, count: int) -> _Imagined:
    """What would be said after so many posts by several people, evenly over the coming 30 days.

    A single one comes at once; two at a time belong to one thread.
    """
    talk, number = sight.talk, np.arange(count, dtype=np.int64)
    named = bool((talk.author >= 0).any())
    later = Columns(
        ts=np.append(talk.ts, sight.at + number * OUTLOOK_DAYS * DAY / max(count - 1, 1)),
        author=np.append(
            talk.author, np.max(talk.author) + 1 + number % 3 if named else number * 0 - 1
        ),
        thread=np.append(talk.thread, np.max(talk.thread) + 1 + number // 2),
    )
    scores = read_scores(later, later.ts[-1:] + 3600.0, sight.rules)
    return _Imagined(rung=int(read_raw(scores, sight.rules)[0]), p_fun=float(scores.fun[0]))
