"""Monitors after each crawl: opens and closes alerts for sources that are read, but not as usual.

Derived from stored visits alone, like every other alert, so that any run may notice it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.alerts import Alert, AlertKind, AlertPolicy
from domain.monitors import Oddity, PostShares, list_oddities
from domain.records import CrawlReport
from store.alerts import close_alert, list_open_alerts, open_alert
from store.runs import last_seeing_visits, load_post_shares
from store.sources import list_sources

VISITS = 12
RECENT = timedelta(days=90)


def notice_odd(session: Session, policy: AlertPolicy, now: datetime) -> None:
    """Opens an alert where the last visits all met the same oddity, closes it where none is left.

    A source that fails has its own alert; what is odd about it waits until it is read again.
    """
    sources = {one.id: one for one in list_sources(session) if not one.paused and one.failures == 0}
    known = {
        alert.source_id: alert for alert in list_open_alerts(session) if alert.kind is AlertKind.ODD
    }
    visits = last_seeing_visits(session, VISITS + policy.open_after, only=sources)
    shares = load_post_shares(session, now - RECENT, only=sources)
    for source_id, source in sources.items():
        lasting = _list_lasting(visits.get(source_id, []), shares.get(source_id), policy)
        alert = known.get(source_id)
        if alert is None and lasting:
            since = visits[source_id][policy.open_after - 1].finished_at
            open_alert(
                session,
                kind=AlertKind.ODD,
                name=source.name,
                source_id=source_id,
                since=since,
                failures=policy.open_after,
                now=now,
            )
        elif alert is not None and not list_oddities(
            visits.get(source_id, []), shares.get(source_id) or PostShares()
        ):
            close_alert(session, alert.id, now)


def describe_odd(
    session: Session, alerts: Collection[Alert], now: datetime
) -> dict[int, tuple[str, ...]]:
    """What is odd now about the sources of these alerts, by source."""
    only = {alert.source_id or 0 for alert in alerts if alert.kind is AlertKind.ODD}
    visits = last_seeing_visits(session, VISITS, only=only)
    shares = load_post_shares(session, now - RECENT, only=only)
    return {
        source_id: tuple(
            odd.said
            for odd in list_oddities(visits.get(source_id, []), shares.get(source_id, PostShares()))
        )
        for source_id in only
    }


def _list_lasting(
    visits: list[CrawlReport], shares: PostShares | None, policy: AlertPolicy
) -> list[Oddity]:
    """What each of the last visits, as many as open an alert, had in common."""
    if len(visits) < policy.open_after:
        return []
    each = [
        list_oddities(visits[place:], shares or PostShares()) for place in range(policy.open_after)
    ]
    common = set.intersection(*({odd.monitor for odd in found} for found in each))
    return [odd for odd in each[0] if odd.monitor in common]
