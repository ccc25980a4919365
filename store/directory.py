"""What the public pages say of each community, put together in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, extract, func, select
from sqlalchemy.orm import Session

from domain.attestation import Attestation
from domain.outcome import Assessment, Decision
from domain.published import DirectoryEntry, MonthBar, published_status
from domain.records import Community, CrawlReport, Source
from domain.window import Month, Window, seen_share
from store.asking import first_asked
from store.assessments import latest_assessments
from store.attestations import latest_attestations
from store.coverage import community_coverages
from store.merging import list_shown, merged_into
from store.reviews import count_open_reviews, decisions_in_force
from store.runs import Streak, failing_streaks, latest_conclusions
from store.sources import build_community, list_sources, load_community
from store.tables import AssessmentRow, CommunityRow, DailyCountRow, DecisionRow
from store.witness_tables import AttestationRow

MONTHS_SHOWN = 24
# Built once, as all that a community's page asks for: that takes longer than the answer.
_IN_YEAR, _IN_MONTH = extract("year", DailyCountRow.day), extract("month", DailyCountRow.day)
_MONTHS = (
    select(DailyCountRow.community_id, _IN_YEAR, _IN_MONTH, func.sum(DailyCountRow.posts))
    .where(
        DailyCountRow.community_id.in_(bindparam("only", expanding=True)),
        DailyCountRow.day >= bindparam("first"),
    )
    .group_by(DailyCountRow.community_id, _IN_YEAR, _IN_MONTH)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What entries are made of: reports by source, all else by community."""

    sources: Mapping[int, Sequence[Source]]
    assessments: Mapping[int, Assessment]
    decisions: Mapping[int, Decision]
    reports: Mapping[int, CrawlReport]
    streaks: Mapping[int, Streak]
    open_reviews: Mapping[int, int]
    counts: Mapping[int, Mapping[Month, int]]
    coverage: Mapping[int, Sequence[Window]]
    attestations: Mapping[int, Attestation]
    asked: Mapping[int, datetime]
    merged: Mapping[int, int]


def list_entries(s: Session, now: datetime) -> list[DirectoryEntry]:
    """Every community that stands for itself as the public sees it, by name."""
    return _build_entries(s, list_shown(s), now)


def load_entry(s: Session, slug: str, now: datetime) -> DirectoryEntry | None:
    """One community as the public sees it."""
    community = load_community(s, slug)
    return None if community is None else _build_entries(s, [community], now)[0]


def load_entries(s: Session, community_ids: Sequence[int], now: datetime) -> list[DirectoryEntry]:
    """These communities as the public sees them, by number."""
    rows = s.scalars(
        select(CommunityRow).where(CommunityRow.id.in_(community_ids)).order_by(CommunityRow.id)
    )
    return _build_entries(s, [build_community(row) for row in rows], now)


def list_version(s: Session) -> tuple[int, ...]:
    """Numbers that grow with every new community, assessment, decision and word of a person."""
    rows = (CommunityRow.id, AssessmentRow.id, DecisionRow.id, AttestationRow.id)
    newest = select(*(select(func.max(row)).scalar_subquery() for row in rows))
    return tuple(number or 0 for number in s.execute(newest).one())


def _build_entries(
    s: Session, communities: Sequence[Community], now: datetime
) -> list[DirectoryEntry]:
    this_month = Month.of(now.date())
    months = tuple(this_month.shifted(1 - MONTHS_SHOWN).until(this_month))
    elapsed = {month: Window(start=month.start, end=min(month.window.end, now)) for month in months}
    ids = [community.id for community in communities]
    sources = defaultdict(list)
    for source in list_sources(s, of=ids):
        sources[source.community_id].append(source)
    watched = [source.id for some in sources.values() for source in some]
    stored = _Stored(
        sources=sources,
        assessments=latest_assessments(s, only=ids),
        decisions=decisions_in_force(s, now, only=ids),
        reports=latest_conclusions(s, only=watched),
        streaks=failing_streaks(s, only=watched),
        open_reviews=count_open_reviews(s),
        counts=_count_months(s, ids, months[0]),
        coverage=community_coverages(s, ids),
        attestations=latest_attestations(s, ids),
        asked=first_asked(s, ids),
        merged=merged_into(s),
    )
    return [_build_entry(community, stored, elapsed, now) for community in communities]


def _build_entry(
    community: Community, stored: _Stored, elapsed: Mapping[Month, Window], now: datetime
) -> DirectoryEntry:
    sources = tuple(stored.sources.get(community.id, ()))
    reports = {
        source.id: stored.reports[source.id] for source in sources if source.id in stored.reports
    }
    assessment = stored.assessments.get(community.id)
    decision = stored.decisions.get(community.id)
    counts = stored.counts.get(community.id, {})
    coverage = stored.coverage.get(community.id, ())
    return DirectoryEntry(
        community=community,
        published=published_status(
            assessment,
            decision,
            [report.outcome for report in reports.values()],
            now,
            owner_known=bool(community.owner_address),
            manager_asked_at=stored.asked.get(community.id),
            word=stored.attestations.get(community.id),
        ),
        sources=sources,
        assessment=assessment,
        decision=decision,
        months=tuple(
            _build_bar(month, counts.get(month, 0), seen_share(so_far, coverage))
            for month, so_far in elapsed.items()
        ),
        reports=reports,
        unseen_since=_unseen_since(reports, stored.streaks),
        open_reviews=stored.open_reviews.get(community.id, 0),
        attestation=stored.attestations.get(community.id),
        merged=community.id in stored.merged,
    )


def _unseen_since(
    reports: Mapping[int, CrawlReport], streaks: Mapping[int, Streak]
) -> datetime | None:
    """When the last of the sources ceased to be seen; `None` while one of them is."""
    if any(report.outcome.saw for report in reports.values()):
        return None
    return max((streaks[source].since for source in reports if source in streaks), default=None)


def _build_bar(month: Month, posts: int, share: float) -> MonthBar:
    """A month so far; one without posts and without coverage was not seen, which is not zero."""
    return MonthBar(month=month, posts=posts if posts or share else None, seen_share=share)


def _count_months(
    s: Session, community_ids: Sequence[int], first: Month
) -> dict[int, dict[Month, int]]:
    rows = s.execute(_MONTHS, {"only": list(community_ids), "first": first.start.date()})
    counts: dict[int, dict[Month, int]] = defaultdict(dict)
    for community_id, in_year, in_month, posts in rows:
        counts[community_id][Month(int(in_year), int(in_month))] = int(posts)
    return counts
