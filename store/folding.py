"""Cards that one cause explains, answered in one press and undone in one.

One cause is what became of one host: gone or for sale for all of them, or moved to the same other
host. What each community does by itself, such as falling silent, is never folded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.outcome import FlagKind, Outcome, Review
from domain.proposal import ProposalKind
from store.curator_tables import FoldedDecisionRow
from store.engine import insert_into
from store.queue import list_due
from store.tables import ProposalRow, SourceRow

FOLDING = frozenset({FlagKind.MAYBE_CLOSED, FlagKind.MAYBE_MOVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What became of a host; `target` is the one to which it moved."""

    host: str
    outcome: str
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Cards of one cause. `moved_to` has the new address of each community that moved."""

    cause: Cause
    reviews: tuple[Review, ...]
    moved_to: Mapping[int, str] = field(default_factory=dict)


def find_fold(s: Session, review: Review, now: datetime) -> Fold | None:
    """The cards with the same cause as this one, itself first; `None` where it stands alone."""
    if review.kind not in FOLDING:
        return None
    due = [one for one in list_due(s, now) if one.kind is review.kind and one.id != review.id]
    communities = {one.community_id for one in (review, *due)}
    hosts = _list_hosts(s, communities)
    moved_to = _list_new_addresses(s, communities) if review.kind is FlagKind.MAYBE_MOVED else {}
    cause = _find_cause(review, hosts, moved_to)
    others = [one for one in due if _find_cause(one, hosts, moved_to) == cause]
    if cause is None or not others:
        return None
    return Fold(cause=cause, reviews=(review, *others), moved_to=moved_to)


def save_fold(s: Session, decision_ids: Sequence[int]) -> None:
    """Remembers that these decisions were made in one press, to be undone in one."""
    if len(decision_ids) > 1:
        first = decision_ids[0]
        rows = [{"decision_id": one, "first_id": first} for one in decision_ids]
        s.execute(insert_into(s, FoldedDecisionRow).on_conflict_do_nothing(), rows)


def list_folded(s: Session, decision_id: int) -> list[int]:
    """The decisions made in the same press as this one, which is among them."""
    first = select(FoldedDecisionRow.first_id).where(FoldedDecisionRow.decision_id == decision_id)
    found = s.scalars(
        select(FoldedDecisionRow.decision_id)
        .where(FoldedDecisionRow.first_id.in_(first))
        .order_by(FoldedDecisionRow.decision_id)
    ).all()
    return list(found) or [decision_id]


def _find_cause(
    review: Review, hosts: Mapping[int, Collection[str]], moved_to: Mapping[int, str]
) -> Cause | None:
    """The cause, if the card has one host and one outcome, and for a move one new address."""
    own = hosts.get(review.community_id, ())
    outcomes = {str(reason.values.get("outcome", "")) for reason in review.reasons}
    if len(own) != 1 or len(outcomes) != 1:
        return None
    host, outcome = next(iter(own)), outcomes.pop()
    if review.kind is FlagKind.MAYBE_CLOSED:
        return Cause(host=host, outcome=outcome)
    target = _host(moved_to.get(review.community_id, ""))
    return Cause(host=host, outcome=Outcome.MOVED.value, target=target) if target else None


def _list_hosts(s: Session, community_ids: Collection[int]) -> dict[int, set[str]]:
    rows = s.execute(
        select(SourceRow.community_id, SourceRow.url).where(
            SourceRow.community_id.in_(community_ids)
        )
    )
    hosts: dict[int, set[str]] = {}
    for community_id, url in rows:
        hosts.setdefault(community_id, set()).add(_host(url))
    return hosts


def _list_new_addresses(s: Session, community_ids: Collection[int]) -> dict[int, str]:
    """The new address of each community of which exactly one is proposed."""
    rows = s.execute(
        select(SourceRow.community_id, ProposalRow.new_url)
        .join(SourceRow, SourceRow.id == ProposalRow.source_id)
        .where(
            SourceRow.community_id.in_(community_ids),
            ProposalRow.settled_at.is_(None),
            ProposalRow.kind == ProposalKind.MOVED.value,
        )
    )
    found: dict[int, set[str]] = {}
    for community_id, url in rows:
        found.setdefault(community_id, set()).add(url or "")
    return {community_id: urls.pop() for community_id, urls in found.items() if len(urls) == 1}


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
