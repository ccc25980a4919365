"""The mail that tells operators of alerts, built from what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from config import Settings
from domain.alerts import Alert
from domain.records import CrawlReport, Source
from jobs.monitoring import describe_odd
from jobs.reporting import sender_address
from reports.alert import AlertMail, Told, build_alert_mail, dedupe_key
from store.outbox import queue_mail
from store.runs import latest_conclusions
from store.sources import list_communities, list_sources

KIND = "alert"


def describe_alerts(
    session: Session, alerts: list[Alert], settings: Settings, now: datetime
) -> tuple[Told, ...]:
    """What each alert tells: of a source, with what its last visits showed."""
    sources = {source.id: source for source in list_sources(session)}
    names = {community.id: community.name for community in list_communities(session)}
    ids = [alert.source_id for alert in alerts if alert.source_id is not None]
    reports = latest_conclusions(session, only=ids)
    odd = describe_odd(session, alerts, now)
    told = []
    for alert in alerts:
        source = sources.get(alert.source_id or 0)
        if source is None:
            told.append(Told(alert=alert))
            continue
        one = _describe_source(alert, source, names[source.community_id], reports, settings)
        told.append(replace(one, odd=odd.get(source.id, ())))
    return tuple(told)


def _describe_source(
    alert: Alert,
    source: Source,
    community: str,
    reports: dict[int, CrawlReport],
    settings: Settings,
) -> Told:
    base = settings.web.public_url
    return Told(
        alert=alert,
        community=community,
        url=source.url,
        host=(urlsplit(source.url).hostname or "").lower(),
        report=reports.get(source.id),
        page=f"{base}/runs/{source.name}" if base else "",
    )


def queue_alerts(
    session: Session, news: tuple[Told, ...], address: str, settings: Settings, *, now: datetime
) -> bool:
    """True when the mail to one operator was queued, and had not been before."""
    mail = AlertMail(recipient=address, sender=sender_address(settings), now=now, news=news)
    return queue_mail(
        session,
        dedupe_key=dedupe_key(mail),
        kind=KIND,
        recipient=address,
        message=build_alert_mail(mail).as_bytes(),
        now=now,
    )
