"""Visits side by side: week by week for every source, and how long one has been broken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from domain.monitors import PostShares
from domain.outcome import SEEING, Outcome
from domain.records import CrawlReport
from store.crawls import build_report, latest_reports
from store.tables import CrawlReportRow, PostRow

NOTHING_CONCLUDED = frozenset({Outcome.OUR_NETWORK_DOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitedWeek:
    """What the visits of one week to one source came to: how it ended, and their counts."""

    outcome: Outcome
    posts_new: int
    visits: int
    unseen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """Visits in a row that went wrong: when the first began, and how many there were."""

    since: datetime
    visits: int


def list_visited_weeks(
    s: Session, starts: Sequence[datetime], *, only: Collection[int]
) -> dict[int, dict[int, VisitedWeek]]:
    """By source and week (its place in `starts`, oldest first) what its visits came to."""
    row = CrawlReportRow
    week = case(
        *((row.finished_at >= start, place) for place, start in reversed(list(enumerate(starts)))),
        else_=-1,
    ).label("week")
    group = (row.source_id, week)
    unseen = case((row.outcome.in_(_words(SEEING)), 0), else_=1)
    newest_first = (row.finished_at.desc(), row.id.desc())
    ranked = (
        select(
            row.source_id,
            week,
            row.outcome,
            func.sum(row.posts_new).over(partition_by=group).label("posts_new"),
            func.count().over(partition_by=group).label("visits"),
            func.sum(unseen).over(partition_by=group).label("unseen"),
            func.row_number().over(partition_by=group, order_by=newest_first).label("place"),
        )
        .where(row.finished_at >= starts[0], row.source_id.in_(only))
        .subquery()
    )
    weeks: dict[int, dict[int, VisitedWeek]] = {}
    for found in s.execute(select(ranked).where(ranked.c.place == 1)):
        weeks.setdefault(found.source_id, {})[found.week] = VisitedWeek(
            outcome=Outcome(found.outcome),
            posts_new=int(found.posts_new),
            visits=found.visits,
            unseen=int(found.unseen),
        )
    return weeks


def latest_conclusions(
    s: Session, *, only: Collection[int] | None = None
) -> dict[int, CrawlReport]:
    """The newest report of each source from which anything was concluded, by source.

    A visit during an outage of our own says nothing, so the one before it still stands.
    """
    return latest_reports(s, only=only, without=NOTHING_CONCLUDED)


def failing_streaks(s: Session, *, only: Collection[int] | None = None) -> dict[int, Streak]:
    """Since when each source that is not seen was not seen; our own outages count neither way."""
    return _list_streaks(s, ended_by=SEEING, ignored=NOTHING_CONCLUDED, only=only)


def outage_streaks(s: Session) -> dict[int, Streak]:
    """By source, the visits in a row that fell into an outage of our own, if the last one did."""
    others = frozenset(Outcome) - NOTHING_CONCLUDED
    return _list_streaks(s, ended_by=others, ignored=frozenset(), only=None)


def saw_lately(s: Session, source_id: int, visits: int) -> bool:
    """True when each of the source's last `visits` visits saw; outages of our own left out."""
    newest = s.scalars(
        select(CrawlReportRow.outcome)
        .where(
            CrawlReportRow.source_id == source_id,
            CrawlReportRow.outcome.not_in(_words(NOTHING_CONCLUDED)),
        )
        .order_by(CrawlReportRow.finished_at.desc(), CrawlReportRow.id.desc())
        .limit(visits)
    ).all()
    return len(newest) == visits and all(Outcome(outcome).saw for outcome in newest)


def last_seeing_visits(
    s: Session, limit: int, *, only: Collection[int]
) -> dict[int, list[CrawlReport]]:
    """By source its last visits that saw, or saw in part, newest first."""
    row = CrawlReportRow
    place = func.row_number().over(
        partition_by=row.source_id, order_by=(row.finished_at.desc(), row.id.desc())
    )
    seeing = _words(SEEING | {Outcome.PARTIAL})
    ranked = (
        select(row.id, place.label("place"))
        .where(row.source_id.in_(only), row.outcome.in_(seeing))
        .subquery()
    )
    rows = s.scalars(
        select(row)
        .join(ranked, ranked.c.id == row.id)
        .where(ranked.c.place <= limit)
        .order_by(row.source_id, ranked.c.place)
    )
    visits: dict[int, list[CrawlReport]] = {}
    for found in rows:
        visits.setdefault(found.source_id, []).append(build_report(found))
    return visits


def load_post_shares(
    s: Session, recent: datetime, *, only: Collection[int]
) -> dict[int, PostShares]:
    """By source how many of its posts have a date and an author, before and since `recent`."""
    lately = case((PostRow.at >= recent, 1), else_=0)
    before = case((PostRow.at < recent, 1), else_=0)
    signed = case((PostRow.author_key.is_not(None), 1), else_=0)
    rows = s.execute(
        select(
            PostRow.source_id,
            func.count(),
            func.count(PostRow.at),
            func.sum(lately),
            func.sum(lately * signed),
            func.sum(before),
            func.sum(before * signed),
        )
        .where(PostRow.source_id.in_(only))
        .group_by(PostRow.source_id)
    )
    return {
        source_id: PostShares(
            posts=posts,
            dated=dated / posts,
            recent=int(new),
            recent_authors=int(new_signed) / int(new) if new else 1.0,
            earlier=int(old),
            earlier_authors=int(old_signed) / int(old) if old else 1.0,
        )
        for source_id, posts, dated, new, new_signed, old, old_signed in rows
    }


def dated_shares(s: Session, *, only: Collection[int]) -> Mapping[int, float]:
    """By source the share (0 to 1) of its posts with a date that could be believed."""
    rows = s.execute(
        select(PostRow.source_id, func.count(PostRow.at), func.count())
        .where(PostRow.source_id.in_(only))
        .group_by(PostRow.source_id)
    )
    return {source_id: dated / posts for source_id, dated, posts in rows}


def _list_streaks(
    s: Session,
    *,
    ended_by: frozenset[Outcome],
    ignored: frozenset[Outcome],
    only: Collection[int] | None,
) -> dict[int, Streak]:
    if only is None:
        found = s.execute(_find_streaks(ended_by, ignored))
    else:
        found = s.execute(_find_streaks(ended_by, ignored, some=True), {"only": list(only)})
    return {source_id: Streak(since=since, visits=visits) for source_id, since, visits in found}


# Built once, as what else a community's page asks for: that took longer than the answer.
@cache
def _find_streaks(
    ended_by: frozenset[Outcome], ignored: frozenset[Outcome], *, some: bool = False
) -> Select[int, datetime, int]:
    row = CrawlReportRow
    chosen = (row.source_id.in_(bindparam("only", expanding=True)),) if some else ()
    ends = (
        select(row.source_id, func.max(row.finished_at).label("ended_at"))
        .where(row.outcome.in_(_words(ended_by)), *chosen)
        .group_by(row.source_id)
        .subquery()
    )
    return (
        select(row.source_id, func.min(row.started_at), func.count())
        .outerjoin(ends, ends.c.source_id == row.source_id)
        .where(
            and_(row.outcome.not_in(_words(ended_by | ignored)), *chosen),
            or_(ends.c.ended_at.is_(None), row.finished_at > ends.c.ended_at),
        )
        .group_by(row.source_id)
    )


def _words(outcomes: Collection[Outcome]) -> list[str]:
    """The outcomes as they are stored."""
    return sorted(outcome.value for outcome in outcomes)
