"""Notices what broke and what did not happen, and queues one mail for each change of state.

Noticing and telling are apart. The state lies in the database and is derived from stored reports
and times, so any run on any machine may notice it, as often as it likes; a change is told in the
same transaction that notes that it was told.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config import Settings
from domain.alerts import OUR_NETWORK, VISITS, Alert, AlertKind, AlertPolicy
from domain.records import Source
from jobs.alert_policy import list_recipients
from jobs.monitoring import notice_odd
from store.alerts import (
    close_alert,
    count_failures,
    list_open_alerts,
    list_untold,
    mark_told,
    open_alert,
)
from store.engine import reading, writing
from store.lateness import list_late
from store.runs import (
    failing_streaks,
    outage_streaks,
    saw_lately,
)
from store.sources import list_sources


def notice_broken(engine: Engine, policy: AlertPolicy, now: datetime) -> None:
    """Opens and closes alerts for sources and for our own network, from their stored reports.

    To be called after a run, so that everything that changed in it is told together.
    """
    with writing(engine) as session:
        known = {(alert.kind, alert.name): alert for alert in list_open_alerts(session)}
        fresh = []
        for source in list_sources(session):
            alert = known.get((AlertKind.SOURCE, source.name))
            if alert is not None:
                _follow(session, source, alert, policy, now)
            elif not source.paused and source.failures >= policy.open_after:
                fresh.append(source)
        _open_alerts(session, fresh, now)
        notice_odd(session, policy, now)
        _notice_outage(session, known.get((AlertKind.NETWORK, OUR_NETWORK)), policy, now)


def notice_late(engine: Engine, policy: AlertPolicy, now: datetime) -> None:
    """Opens and closes alerts for duties, and one for visits, that did not happen at their time."""
    with reading(engine) as session:
        late, known = _list_late(session, policy, now)
    if late.keys() == known.keys():
        return
    with writing(engine) as session:
        late, known = _list_late(session, policy, now)
        for name, (since, number) in late.items():
            open_alert(
                session, kind=AlertKind.LATE, name=name, since=since, failures=number, now=now
            )
        for name, alert in known.items():
            if name not in late:
                close_alert(session, alert.id, now)


def tell_alerts(engine: Engine, settings: Settings, now: datetime) -> int:
    """How many mails were queued: one a recipient for everything that changed since the last."""
    with reading(engine) as session:
        if not list_untold(session):
            return 0
    with writing(engine) as session:
        untold = list_untold(session)
        recipients = list_recipients(session, settings)
        if not recipients:
            # An open alert waits for somebody to tell; one that is over interests nobody later.
            mark_told(session, [alert for alert in untold if alert.closed_at is not None], now)
            return 0
        # Imported here: there is mostly nothing to tell, and building mail is slow to import.
        from jobs.alert_mails import describe_alerts, queue_alerts

        news = describe_alerts(session, untold, settings, now)
        mark_told(session, untold, now)
        return sum(queue_alerts(session, news, to, settings, now=now) for to in recipients)


def _open_alerts(session: Session, broken: list[Source], now: datetime) -> None:
    streaks = failing_streaks(session, only=[source.id for source in broken]) if broken else {}
    for source in broken:
        streak = streaks.get(source.id)
        open_alert(
            session,
            kind=AlertKind.SOURCE,
            name=source.name,
            source_id=source.id,
            since=streak.since if streak else now,
            failures=source.failures,
            now=now,
        )


def _follow(
    session: Session, source: Source, alert: Alert, policy: AlertPolicy, now: datetime
) -> None:
    """Closes the alert of a source that is read again or paused; else counts on."""
    if source.paused:
        close_alert(session, alert.id, now, silently=True)
    elif source.failures == 0 and saw_lately(session, source.id, policy.close_after):
        close_alert(session, alert.id, now)
    elif source.failures > alert.failures:
        count_failures(session, alert.id, source.failures)


def _notice_outage(
    session: Session, alert: Alert | None, policy: AlertPolicy, now: datetime
) -> None:
    paused = {source.id for source in list_sources(session) if source.paused}
    streaks = [s for source, s in outage_streaks(session).items() if source not in paused]
    longest = max((streak.visits for streak in streaks), default=0)
    if alert is not None and not streaks:
        close_alert(session, alert.id, now)
    elif alert is not None and longest > alert.failures:
        count_failures(session, alert.id, longest)
    elif alert is None and longest >= policy.open_after:
        open_alert(
            session,
            kind=AlertKind.NETWORK,
            name=OUR_NETWORK,
            since=min(streak.since for streak in streaks),
            failures=longest,
            now=now,
        )


def _list_late(
    session: Session, policy: AlertPolicy, now: datetime
) -> tuple[dict[str, tuple[datetime, int]], dict[str, Alert]]:
    """What is late now (since when, how many), and what was known to be late, by name."""
    known = {
        alert.name: alert for alert in list_open_alerts(session) if alert.kind is AlertKind.LATE
    }
    found = list_late(session, policy, now)
    late = {one.name: (one.due_at, 1) for one in found if not one.is_source}
    visits = [one.due_at for one in found if one.is_source]
    if visits:
        late[VISITS] = (min(visits), len(visits))
    return late, known
