"""Why a status, and what would change it: codes with the community's own numbers.

Its own history comes before what we could not see, and both before all communities together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.outcome import Marker, Reason, Status
from scoring.activity import Activity
from scoring.codes import ReasonCode
from scoring.rules import Rules
from scoring.verdict import OUTLOOK_DAYS, Verdict
from scoring.voices import VoiceKind

MOST_REASONS = 3
TALK_DAYS = 90
HORIZON_DAYS = 180
YEAR_DAYS = 365


def explain(verdict: Verdict, rules: Rules, *, blind_sources: int = 0) -> tuple[Reason, ...]:
    """At most three reasons for a verdict, the most telling first.

    `blind_sources` counts the community's other sources that show too little.
    """
    own = tuple(_own_reasons(verdict, rules))
    sight = tuple(_sight_reasons(verdict, blind_sources))
    everyone = tuple(_population_reasons(verdict, rules))
    kept = own[: MOST_REASONS - min(len(sight), 1)]
    return (*kept, *sight, *everyone)[:MOST_REASONS]


def explain_change(
    verdict: Verdict, rules: Rules, *, status: Status, blind_sources: int = 0
) -> tuple[Reason, ...]:
    """At most three events that would change the `status` given for a verdict."""
    return tuple(_changes(verdict, rules, status, blind_sources))[:MOST_REASONS]


def _own_reasons(verdict: Verdict, rules: Rules) -> Iterator[Reason]:
    yield from _marker_reasons(verdict)
    if verdict.voices:
        yield _reason(
            ReasonCode.ROBOTS,
            writers=len(verdict.voices),
            posts=sum(voice.posts for voice in verdict.voices),
            **{
                kind.value: sum(one.posts for one in verdict.voices if one.kind is kind)
                for kind in VoiceKind
            },
        )
    if verdict.observed_until is None:
        yield _reason(ReasonCode.NEVER_SEEN, posts=verdict.posts)
        return
    activity = verdict.activity
    if activity is None:
        yield _reason(
            ReasonCode.NEVER_TALKED,
            silent_days=int(verdict.silent_days),
            seen_since=_date(verdict.seen_since),
        )
        return
    if verdict.blinded:
        yield _reason(
            ReasonCode.BLIND_TOO_LONG,
            unseen_days=int(verdict.unseen_days),
            last=_date(verdict.last_post_at),
        )
    elif verdict.thin:
        yield _reason(ReasonCode.THIN, posts=activity.posts, active_days=activity.active_days)
    if verdict.status is Status.INACTIVE and activity.longest_gap_days is not None:
        yield _reason(
            ReasonCode.SILENT_YEAR,
            silent_days=int(verdict.silent_days),
            last=_date(verdict.last_post_at),
            longest_days=int(activity.longest_gap_days),
        )
    if verdict.seen and not verdict.thin and verdict.status is not Status.INACTIVE:
        yield from _rhythm_reasons(verdict, activity, rules)


def _rhythm_reasons(verdict: Verdict, activity: Activity, rules: Rules) -> Iterator[Reason]:
    """Talk first for an active community, silence first for any other."""
    talk = tuple(_talk_reasons(activity))
    silence = tuple(_silence_reasons(verdict, activity, rules))
    fewer = any(reason.code == ReasonCode.LESS_TALK for reason in talk)
    if verdict.status is Status.ACTIVE or (verdict.status is Status.SLOWING and fewer):
        yield from (*talk, *silence)
    else:
        yield from silence


def _talk_reasons(activity: Activity) -> Iterator[Reason]:
    if activity.usual_90 is not None:
        less = activity.posts_90 < activity.usual_90 / 2
        yield _reason(
            ReasonCode.LESS_TALK if less else ReasonCode.TALK,
            posts=activity.posts_90,
            days=TALK_DAYS,
            usual=round(activity.usual_90),
        )
    if activity.people_year and activity.answered_year is not None:
        yield _reason(
            ReasonCode.PEOPLE,
            people=activity.people_year,
            days=YEAR_DAYS,
            threads=activity.threads_year,
            answered_percent=_percent(activity.answered_year),
        )


def _silence_reasons(verdict: Verdict, activity: Activity, rules: Rules) -> Iterator[Reason]:
    if activity.longest_gap_days is None or activity.usual_gap_days is None:
        return
    silent, longest = int(verdict.silent_days), int(activity.longest_gap_days)
    yield _reason(
        ReasonCode.SILENCE,
        silent_days=silent,
        last=_date(verdict.last_post_at),
        usual_days=round(activity.usual_gap_days),
        longest_days=longest,
    )
    busy = activity.active_days_year >= rules.busy_active_days
    if busy and silent >= rules.sudden_days and silent >= rules.sudden_times * longest:
        yield _reason(
            ReasonCode.STOPPED_SUDDENLY,
            active_days=activity.active_days_year,
            silent_days=silent,
            longest_days=longest,
        )


def _marker_reasons(verdict: Verdict) -> Iterator[Reason]:
    marking = verdict.marking
    if marking is None or marking.marker is None:
        return
    if marking.marker is Marker.SPAM:
        yield _reason(
            ReasonCode.ONE_TIME_AUTHORS,
            one_time_percent=_percent(marking.one_time_share),
            posts=marking.posts,
            threads=marking.threads,
            answered_percent=_percent(marking.regular_share),
        )
    else:
        yield _reason(
            ReasonCode.ONE_VOICE,
            voices=marking.voices,
            voice_percent=_percent(marking.voice_share),
            posts=marking.posts,
            threads=marking.threads,
            answered_percent=_percent(marking.answered_share),
        )
    yield _reason(
        ReasonCode.DISCOUNTED,
        posts=verdict.discounted,
        marker=marking.marker.value,
    )


def _sight_reasons(verdict: Verdict, blind_sources: int) -> Iterator[Reason]:
    outcome = verdict.history.last_outcome
    if verdict.observed_until is not None and outcome is not None and not outcome.saw:
        yield _reason(ReasonCode.NOT_SEEING, outcome=outcome.value)
    if blind_sources:
        yield _reason(ReasonCode.BLIND_SOURCES, sources=blind_sources)
    unseen = int(verdict.unseen_days)
    if unseen and verdict.seen:
        yield _reason(ReasonCode.CLOCK_STOOD, unseen_days=unseen)
    if verdict.history.windowed and verdict.dated:
        yield _reason(ReasonCode.FEED_WINDOW, posts=verdict.dated)
    if verdict.activity is not None and verdict.activity.people_year is None:
        yield _reason(ReasonCode.NO_AUTHORS)


def _population_reasons(verdict: Verdict, rules: Rules) -> Iterator[Reason]:
    if verdict.status is Status.INACTIVE:
        yield _reason(
            ReasonCode.POST_AGAIN, percent=_percent(rules.post_again_share), days=YEAR_DAYS
        )
    elif verdict.status is Status.DORMANT and verdict.p_quiet is not None:
        yield _reason(ReasonCode.CHANCE_QUIET, percent=_percent(verdict.p_quiet))
    elif verdict.seen and verdict.p_fun_180 is not None:
        yield _reason(
            ReasonCode.CHANCE_TALK, percent=_percent(verdict.p_fun_180), days=HORIZON_DAYS
        )


def _changes(
    verdict: Verdict, rules: Rules, status: Status, blind_sources: int
) -> Iterator[Reason]:
    if blind_sources or verdict.observed_until is None or verdict.blinded:
        yield _reason(ReasonCode.IF_SEEN)
    if verdict.marker is not None:
        yield _reason(ReasonCode.IF_ANSWERED)
    elif verdict.thin:
        yield _reason(
            ReasonCode.IF_ENOUGH, posts=rules.least_posts, active_days=rules.least_active_days
        )
    if verdict.outlook is not None and verdict.marker is None and verdict.seen:
        yield from _post_changes(verdict, status)
    if verdict.turn is not None and verdict.observed_until is not None and verdict.seen:
        yield _reason(
            ReasonCode.IF_SILENT,
            status=verdict.turn.status.value,
            days=verdict.turn.days,
            date=_date(verdict.observed_until + timedelta(days=verdict.turn.days)),
        )


def _post_changes(verdict: Verdict, status: Status) -> Iterator[Reason]:
    outlook = verdict.outlook
    assert outlook is not None
    if status in {Status.DORMANT, Status.INACTIVE} and outlook.after_post is not status:
        yield _reason(ReasonCode.IF_POST, status=outlook.after_post.value)
    if status is not Status.ACTIVE and outlook.posts_to_active is not None:
        yield _reason(
            ReasonCode.IF_POSTS,
            posts=outlook.posts_to_active,
            days=OUTLOOK_DAYS,
            status=Status.ACTIVE.value,
        )


def _reason(code: ReasonCode, **values: int | float | str) -> Reason:
    return Reason(code=code.value, values=values)


def _percent(share: float) -> int:
    return round(100 * share)


def _date(moment: datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()
