"""The weekly report as a value, built from the store; and the arithmetic it needs.

Counts are read together with coverage: a week or month that was not wholly seen is `None`,
never 0. A week's changes are those that became known between the building of the report before it
(without one: the start of the week) and its own: so each change stands in exactly one report, also
when the sources are read on the very Monday on which the report is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.outcome import Assessment, Marker, Outcome
from domain.records import Community, Source
from domain.report import (
    NotRead,
    NotTalk,
    Recount,
    TalkRow,
    Trouble,
    WeeklyReport,
    report_months,
)
from domain.window import Window, complete_windows, overlap
from reports.changes import list_changes
from reports.weeks import (
    USUAL_WEEKS,
    WEEK,
    count_months,
    count_posts,
    name_week,
    season_posts,
    usual_posts,
    week_window,
)
from store.alerts import list_open_alerts
from store.assessments import latest_assessments
from store.coverage import community_coverages, load_coverage
from store.crawls import latest_outcomes, outcome_since
from store.known import load_counts
from store.merging import list_shown
from store.reports import list_weeks, load_weekly
from store.reviews import list_open_reviews
from store.runs import NOTHING_CONCLUDED, failing_streaks
from store.sources import list_sources

NO_CONVERSATION = frozenset({Marker.SPAM, Marker.ANNOUNCEMENTS_ONLY})


# So many communities' counts are in memory at a time.
AT_ONCE = 500


def build_report(session: Session, *, week: str, now: datetime) -> WeeklyReport:
    """Everything the report of one ISO week says, as far as it is known at `now`.

    Raises: UsageError when `week` is no ISO week.
    """
    window = week_window(week)
    communities = list_shown(session)
    sources = _by_community(s for s in list_sources(session) if not s.platform.closed)
    readable = [community for community in communities if community.id in sources]
    seen = community_coverages(session, [community.id for community in readable])
    latest = latest_assessments(session)
    not_talk = _list_not_talk(latest, readable)
    silenced = {entry.slug for entry in not_talk}
    talking = (community for community in readable if community.slug not in silenced)
    talk = sorted(_talk_rows(session, list(talking), seen, window), key=_liveliest_first)
    both = [row for row in talk if row.this_week is not None and row.last_week is not None]
    return WeeklyReport(
        week=week,
        window=window,
        built_at=now,
        posts=sum(row.this_week or 0 for row in talk),
        posts_last_week=sum(row.last_week or 0 for row in both) if both else None,
        seen=sum(row.this_week is not None for row in talk),
        changes=list_changes(session, communities, _changes_window(session, window, now), latest),
        talk=tuple(talk),
        not_read=_list_not_read(session, readable, sources, window),
        closed_to_us=len(communities) - len(readable),
        open_reviews=len(list_open_reviews(session)),
        not_talk=not_talk,
        recounts=_list_recounts(session, window, talk),
        troubles=_list_troubles(session),
    )


def _changes_window(session: Session, window: Window, now: datetime) -> Window:
    """From the moment up to which the last earlier report told changes, to this one's.

    What is dated at the very moment of building belongs to that report.
    """
    earlier = [week for week in list_weeks(session) if week < name_week(window.start)]
    before = load_weekly(session, earlier[0]) if earlier else None
    start = window.start if before is None else _told_until(before.window, before.built_at)
    return Window(start=start, end=max(start, _told_until(window, now)))


def _told_until(window: Window, built_at: datetime) -> datetime:
    """The first moment whose changes a report built at `built_at` leaves to the next one."""
    return min(built_at, window.end + WEEK) + timedelta.resolution


def _talk_rows(
    session: Session,
    communities: Sequence[Community],
    seen: Mapping[int, Sequence[Window]],
    window: Window,
) -> Iterator[TalkRow]:
    months = [month.window for month in report_months(window)]
    since = min(months[0].start, window.start - USUAL_WEEKS * WEEK)
    last_week = Window(start=window.start - WEEK, end=window.start)
    for start in range(0, len(communities), AT_ONCE):
        some = communities[start : start + AT_ONCE]
        asked = Window(start=since, end=window.end)
        counts = load_counts(session, [community.id for community in some], asked)
        for community in some:
            known = (counts[community.id], seen.get(community.id, ()))
            yield TalkRow(
                slug=community.slug,
                name=community.name,
                this_week=count_posts(window, *known),
                last_week=count_posts(last_week, *known),
                usual=usual_posts(window, *known),
                months=count_months(months, *known),
                season=season_posts(window, *known),
            )


def _list_recounts(
    session: Session, window: Window, talk: Iterable[TalkRow]
) -> tuple[Recount, ...]:
    """Where the week before is counted otherwise now than its own report told."""
    before = load_weekly(session, name_week(window.start - WEEK))
    told = {row.slug: row.this_week for row in before.talk} if before else {}
    return tuple(
        Recount(slug=row.slug, name=row.name, told=posts, counted=row.last_week)
        for row in sorted(talk, key=lambda row: row.name)
        if (posts := told.get(row.slug)) is not None
        and row.last_week is not None
        and row.last_week != posts
    )


def _list_troubles(session: Session) -> tuple[Trouble, ...]:
    """What is broken or late right now, the oldest trouble first."""
    return tuple(
        Trouble(kind=alert.kind, name=alert.name, since=alert.since, failures=alert.failures)
        for alert in list_open_alerts(session)
    )


def _list_not_talk(
    latest: Mapping[int, Assessment], communities: Iterable[Community]
) -> tuple[NotTalk, ...]:
    """Communities that the rules found to hold no conversation, by their latest assessment."""
    return tuple(
        NotTalk(slug=community.slug, name=community.name, marker=marker)
        for community in communities
        if community.id in latest
        for marker in sorted(latest[community.id].markers & NO_CONVERSATION)
    )


def _liveliest_first(row: TalkRow) -> tuple[bool, int, float, str]:
    """Sort key: most posts first, then the usually livelier; weeks not seen come last."""
    return (row.this_week is None, -(row.this_week or 0), -(row.usual or 0.0), row.name)


def _by_community(sources: Iterable[Source]) -> dict[int, list[Source]]:
    grouped: dict[int, list[Source]] = {}
    for source in sources:
        grouped.setdefault(source.community_id, []).append(source)
    return grouped


def _list_not_read(
    session: Session,
    communities: Iterable[Community],
    sources: Mapping[int, Sequence[Source]],
    window: Window,
) -> tuple[NotRead, ...]:
    """Sources whose latest visit did not see and whose week was not wholly seen before.

    Each with the start of its trouble, however the outcomes changed since.
    """
    latest = latest_outcomes(session)
    told = latest_outcomes(session, without=NOTHING_CONCLUDED)
    streaks = failing_streaks(session)
    missed = [
        (community, source)
        for community in communities
        for source in sources[community.id]
        if (_failed(told.get(source.id)) or _failed(latest.get(source.id)))
        and not _wholly_seen(session, source, window)
    ]
    # An outage of ours is named only where nothing is known to be wrong with the source itself.
    return tuple(
        NotRead(
            slug=community.slug,
            name=_name_source(community, source, alone=len(sources[community.id]) == 1),
            outcome=(told if source.id in streaks else latest)[source.id],
            since=streaks[source.id].since
            if source.id in streaks
            else outcome_since(session, source.id),
        )
        for community, source in missed
    )


def _failed(outcome: Outcome | None) -> bool:
    return outcome is not None and not outcome.saw


def _wholly_seen(session: Session, source: Source, window: Window) -> bool:
    seen = complete_windows(load_coverage(session, source.id))
    return overlap(window, seen) == window.length


def _name_source(community: Community, source: Source, *, alone: bool) -> str:
    return community.name if alone else f"{community.name} ({source.name})"
