"""What curators decided and what became of it: one's own record, and the numbers of the team."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.outcome import PROMISED_WITHIN, Answer, Decision, FlagKind
from store.reviews import build_decision, list_open_reviews
from store.tables import CommunityRow, DecisionRow, ReviewRow, UserRow
from store.users import list_users

# The answers that say the machine was right to ask; the other conclusions say it was not.
AGREEING = {
    FlagKind.WENT_QUIET: frozenset({Answer.INACTIVE, Answer.CLOSED, Answer.MOVED}),
    FlagKind.MAYBE_MOVED: frozenset({Answer.MOVED}),
    FlagKind.MAYBE_CLOSED: frozenset({Answer.CLOSED, Answer.INACTIVE}),
    FlagKind.SPAM: frozenset({Answer.INACTIVE, Answer.CLOSED}),
    FlagKind.ANNOUNCEMENTS_ONLY: frozenset({Answer.INACTIVE, Answer.CLOSED}),
    FlagKind.WOKE_UP: frozenset({Answer.ALIVE}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDecision:
    """A decision with what became of it: by whom it was changed later, and into what."""

    decision: Decision
    name: str
    slug: str
    changed_by: str | None = None
    changed_to: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much one person answered of late, and how much of it somebody changed later."""

    name: str
    answered: int
    asked: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often curators agreed with the machine when it raised a kind of flag."""

    kind: FlagKind
    agreed: int
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The numbers of a lead: the queue, the people, and the machine's record."""

    open_cards: int
    oldest_opened_at: datetime | None
    beyond_promise: int
    loads: tuple[Load, ...]
    agreements: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A decision, who made it, and about what."""

    decision: Decision
    user_id: int
    name: str
    slug: str
    kind: FlagKind | None


def list_own(s: Session, user_id: int, limit: int) -> list[OwnDecision]:
    """A curator's own decisions, newest first, at most `limit`; undos are not among them."""
    mine = [told for told in _list_told(s) if told.user_id == user_id]
    touched = {told.decision.community_id for told in mine}
    after = [told for told in _list_told(s) if told.decision.community_id in touched]
    found = [
        _follow(told, after) for told in reversed(mine) if told.decision.answer is not Answer.UNDO
    ]
    return found[:limit]


def summarise_team(s: Session, now: datetime, span: timedelta) -> Team:
    """The queue as it is, and what was answered within `span`."""
    waiting = list_open_reviews(s)
    told = _list_told(s)
    recent = [one for one in told if one.decision.decided_at >= now - span]
    return Team(
        open_cards=len(waiting),
        oldest_opened_at=min((review.opened_at for review in waiting), default=None),
        beyond_promise=sum(1 for one in waiting if now - one.opened_at > PROMISED_WITHIN),
        loads=tuple(_sum_load(user.id, user.name, recent, told) for user in list_users(s)),
        agreements=tuple(_compare(told)),
    )


def _follow(told: _Told, after: Iterable[_Told]) -> OwnDecision:
    """The decision with the first later one that changed it, if it was another person's."""
    decision = told.decision
    by = to = None
    for later in after:
        other = later.decision
        if other.id <= decision.id or other.community_id != decision.community_id:
            continue
        undone = other.undoes == decision.id
        overruled = (
            decision.answer.concludes
            and other.answer.concludes
            and other.answer is not decision.answer
            and other.review_id == decision.review_id
        )
        if undone or overruled:
            if later.user_id != told.user_id:
                by, to = other.curator, other.answer
            break
    return OwnDecision(
        decision=decision, name=told.name, slug=told.slug, changed_by=by, changed_to=to
    )


def _sum_load(user_id: int, name: str, recent: list[_Told], told: list[_Told]) -> Load:
    mine = [one for one in recent if one.user_id == user_id]
    given = [one for one in mine if one.decision.answer not in (Answer.UNDO, Answer.LATER)]
    return Load(
        name=name,
        answered=len({one.decision.review_id for one in given}),
        asked=sum(1 for one in given if one.decision.answer is Answer.ASK),
        changed=sum(1 for one in given if _follow(one, told).changed_by is not None),
    )


def _compare(told: list[_Told]) -> Iterable[Agreement]:
    """By kind of flag, over all that was decided and stands."""
    undone = {one.decision.undoes for one in told}
    agreed: dict[FlagKind, int] = defaultdict(int)
    answered: dict[FlagKind, int] = defaultdict(int)
    for one in told:
        kind, decision = one.kind, one.decision
        if kind not in AGREEING or decision.id in undone or not decision.answer.concludes:
            continue
        answered[kind] += 1
        agreed[kind] += decision.answer in AGREEING[kind]
    for kind in FlagKind:
        if answered[kind]:
            yield Agreement(kind=kind, agreed=agreed[kind], answered=answered[kind])


def _list_told(s: Session) -> list[_Told]:
    """All decisions, oldest first."""
    rows = s.execute(
        select(DecisionRow, UserRow.name, CommunityRow.name, CommunityRow.slug, ReviewRow.kind)
        .join(UserRow, UserRow.id == DecisionRow.user_id)
        .join(CommunityRow, CommunityRow.id == DecisionRow.community_id)
        .outerjoin(ReviewRow, ReviewRow.id == DecisionRow.review_id)
        .order_by(DecisionRow.id)
    )
    return [
        _Told(
            decision=build_decision(row, curator),
            user_id=row.user_id,
            name=name,
            slug=slug,
            kind=FlagKind(kind) if kind else None,
        )
        for row, curator, name, slug, kind in rows
    ]
