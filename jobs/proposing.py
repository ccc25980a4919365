"""What a visit's report changes beside the facts: proposals, and addresses that moved for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from domain.outcome import Outcome
from domain.proposal import ProposalKind
from domain.records import CrawlReport, Platform, Source
from store.moves import adopt_platform, awaits_first_look, change_address, was_undone
from store.proposals import propose, withdraw

LONGEST_SENTENCE = 400
# Where the visit of a moved source says which software it met instead.
_LOST = frozenset({Outcome.UNPARSEABLE, Outcome.LAYOUT_CHANGED, Outcome.NOT_FOUND})


def follow_report(session: Session, source: Source, report: CrawlReport, now: datetime) -> bool:
    """True when the source should be visited again at once, by another adapter.

    A permanent redirect to the same list on the same platform changes the address, unless a person
    took that back before. Every other sign of a move or an end becomes a proposal.
    """
    if report.outcome.saw:
        if report.new_url and not was_undone(session, source.id, report.new_url):
            change_address(session, source.id, report.new_url, now)
        withdraw(session, [source.id], now)
        return False
    kind = read_kind(report)
    if kind is not None:
        sentence = report.evidence.get("sentence") or report.evidence.get("seen") or report.detail
        propose(
            session,
            source.id,
            kind,
            new_url=report.new_url,
            sentence=sentence[:LONGEST_SENTENCE],
            now=now,
        )
        return False
    found = report.evidence.get("platform")
    if report.outcome not in _LOST or not found or not awaits_first_look(session, source.id):
        return False
    adopt_platform(session, source.id, Platform(found), report.evidence.get("watch", source.url))
    return True


def read_kind(report: CrawlReport) -> ProposalKind | None:
    """What the report proposes, if anything."""
    if report.outcome is Outcome.MOVED:
        return ProposalKind.MOVED if report.new_url else None
    if report.outcome is Outcome.PARKED:
        return ProposalKind.PARKED
    if report.outcome is Outcome.GONE:
        return ProposalKind.CLOSED if "sentence" in report.evidence else ProposalKind.GONE
    return None
