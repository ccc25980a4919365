"""The assessment of a community: per source first, then the liveliest source's verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.history import History
from domain.outcome import Assessment, Marker, Reason, Status
from scoring.codes import ReasonCode
from scoring.reasons import explain, explain_change
from scoring.rules import Rules
from scoring.states import LADDER
from scoring.verdict import Verdict, read_verdict

LIVELY = frozenset({Status.ACTIVE, Status.SLOWING})


def assess(
    community_id: int, histories: Sequence[History], rules: Rules, now: datetime
) -> Assessment:
    """The community's status with its reasons, a pure function of the histories.

    The liveliest source's verdict counts. A source that can not be judged never outranks one that
    can, but it may hold the life: beside one, nothing is called worse than dormant.
    """
    verdicts = [read_verdict(history, rules, now=now) for history in histories]
    blind = [verdict for verdict in verdicts if not verdict.seen]
    seen = [verdict for verdict in verdicts if verdict.seen]
    if not seen:
        return _assess_blind(community_id, blind, rules, now)
    lead = min(seen, key=_liveliness)
    status, since = lead.status, _since(lead.status, seen)
    if status is Status.INACTIVE and blind:
        status, since = Status.DORMANT, lead.quiet_since
    hidden = len(blind) if status not in LIVELY else 0
    return replace(
        _blank(community_id, verdicts, rules, now),
        observed_until=_observed_until(status, seen),
        status=status,
        markers=_markers(status, lead, verdicts),
        since=since,
        confidence=lead.confidence,
        p_quiet=lead.p_quiet,
        p_any_180=lead.p_any_180,
        p_fun_180=lead.p_fun_180,
        reasons=explain(lead, rules, blind_sources=hidden),
        change=explain_change(lead, rules, status=status, blind_sources=hidden),
    )


def _assess_blind(
    community_id: int, blind: Sequence[Verdict], rules: Rules, now: datetime
) -> Assessment:
    """Unverifiable, told by the source that showed most."""
    blank = _blank(community_id, blind, rules, now)
    if not blind:
        never = Reason(code=ReasonCode.NEVER_SEEN.value, values={"posts": 0})
        return replace(blank, reasons=(never,))
    lead = max(blind, key=lambda verdict: (verdict.observed_until is not None, verdict.posts))
    return replace(
        blank,
        observed_until=lead.observed_until,
        markers=_markers(lead.status, lead, blind),
        reasons=explain(lead, rules),
        change=explain_change(lead, rules, status=lead.status),
    )


def _blank(
    community_id: int, verdicts: Sequence[Verdict], rules: Rules, now: datetime
) -> Assessment:
    """What holds whatever the verdict: the sums over all sources."""
    posted = [verdict.last_post_at for verdict in verdicts if verdict.last_post_at is not None]
    return Assessment(
        community_id=community_id,
        assessed_at=now,
        observed_until=None,
        status=Status.UNVERIFIABLE,
        last_post_at=max(posted, default=None),
        posts_seen=sum(verdict.posts for verdict in verdicts),
        rules_version=rules.version,
    )


def _liveliness(verdict: Verdict) -> tuple[int, float]:
    return LADDER.index(verdict.status), 1.0 if verdict.p_quiet is None else verdict.p_quiet


def _since(status: Status, seen: Sequence[Verdict]) -> datetime | None:
    """Since when: the first source that is so lively, or the last one that fell so quiet."""
    moments = [v.since for v in seen if v.status is status and v.since is not None]
    return (min if status is Status.ACTIVE else max)(moments, default=None)


def _observed_until(status: Status, seen: Sequence[Verdict]) -> datetime | None:
    """Until when the status is proved.

    Life is proved by the freshest look at a source that shows it; silence only up to the moment
    until which every source was seen.
    """
    if status in LIVELY:
        alike = [v.observed_until for v in seen if v.status is status]
        return max((moment for moment in alike if moment is not None), default=None)
    return min((v.observed_until for v in seen if v.observed_until is not None), default=None)


def _markers(status: Status, lead: Verdict, verdicts: Sequence[Verdict]) -> frozenset[Marker]:
    """The lead's marker where there is life; else every source's: they say what still comes in."""
    told = [lead] if status in LIVELY else verdicts
    return frozenset(verdict.marker for verdict in told if verdict.marker is not None)
