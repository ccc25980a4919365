"""Monitors after each crawl: opens and closes alerts for sources that are read, but not as usual.

Derived from stored visits alone, like every other alert, so that any run may notice it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.alerts import Alert, AlertKind, AlertPolicy
from domain.monitors import (
    SAME_DAYS,
    SISTERS,
    WATCHED_BY,
    Oddity,
    PostShares,
    Sister,
    list_failed,
    list_oddities,
    see_sisters,
)
from domain.outcome import Outcome
from domain.records import CrawlReport, Source
from jobs.crawling import host_name
from presentation.proof_words import write_said
from store.alerts import close_alert, list_open_alerts, open_alert
from store.canaries import Sight, count_posts_before, last_sights, latest_proofs
from store.runs import last_seeing_visits, load_post_shares
from store.sources import list_sources

VISITS = 12
RECENT = timedelta(days=90)
RHYTHM = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is known of the sources that are looked at, by source."""

    visits: Mapping[int, list[CrawlReport]]
    shares: Mapping[int, PostShares]
    beside: Mapping[int, tuple[Oddity, ...]]

    def odd(self, source_id: int) -> tuple[Oddity, ...]:
        """What is odd about a source now."""
        visits = self.visits.get(source_id, [])
        shares = self.shares.get(source_id, PostShares())
        return (*list_oddities(visits, shares), *self.beside.get(source_id, ()))

    def is_as_usual(self, source_id: int) -> bool:
        """True when nothing is odd any more, by a visit that was shown something."""
        looked = any(v.outcome is not Outcome.UNCHANGED for v in self.visits.get(source_id, []))
        return looked and not self.odd(source_id)


def notice_odd(session: Session, policy: AlertPolicy, now: datetime) -> None:
    """Opens an alert where the last visits all met the same oddity, closes it where none is left.

    So does a silence that could not be proved, and one of a whole host. A source that fails has its
    own alert; what is odd about it waits until it is read again.
    """
    sources = {one.id: one for one in list_sources(session) if not one.paused and one.failures == 0}
    known = {
        alert.source_id: alert for alert in list_open_alerts(session) if alert.kind is AlertKind.ODD
    }
    seen = _look(session, sources, now, visits=VISITS + policy.open_after)
    for source_id, source in sources.items():
        visits = seen.visits.get(source_id, [])
        lasting = _list_lasting(visits, seen.shares.get(source_id), policy)
        beside = seen.beside.get(source_id, ())
        alert = known.get(source_id)
        if alert is None and (lasting or beside):
            since = visits[policy.open_after - 1].finished_at if lasting else now
            open_alert(
                session,
                kind=AlertKind.ODD,
                name=source.name,
                source_id=source_id,
                since=since,
                failures=policy.open_after if lasting else 1,
                now=now,
            )
        elif alert is not None and seen.is_as_usual(source_id):
            close_alert(session, alert.id, now)


def describe_odd(
    session: Session, alerts: Collection[Alert], now: datetime
) -> dict[int, tuple[str, ...]]:
    """What is odd now about the sources of these alerts, by source."""
    only = {alert.source_id or 0 for alert in alerts if alert.kind is AlertKind.ODD}
    sources = {one.id: one for one in list_sources(session) if one.id in only}
    seen = _look(session, sources, now, visits=VISITS)
    return {source_id: tuple(odd.said for odd in seen.odd(source_id)) for source_id in only}


def _look(session: Session, sources: Mapping[int, Source], now: datetime, *, visits: int) -> _Seen:
    proofs = latest_proofs(session, sources)
    seeing = last_seeing_visits(session, visits, only=sources)
    beside = {
        number: tuple(
            Oddity(monitor=WATCHED_BY[one.check], said=write_said(one.said))
            for one in list_failed(proofs.get(number), seeing.get(number, []), now)
        )
        for number in sources
    }
    for number, odd in _look_at_sisters(session, sources).items():
        if odd.monitor not in {one.monitor for one in beside[number]}:
            beside[number] += (odd,)
    shares = load_post_shares(session, now - RECENT, only=sources)
    return _Seen(visits=seeing, shares=shares, beside=beside)


def _look_at_sisters(session: Session, sources: Mapping[int, Source]) -> dict[int, Oddity]:
    """What is odd about all sources of a host together, told of each of them."""
    hosts: dict[str, list[Source]] = {}
    for one in list_sources(session):
        if one.platform.crawled and not one.paused:
            hosts.setdefault(host_name(one.url), []).append(one)
    several = {host: own for host, own in hosts.items() if len(own) >= SISTERS}
    sights = last_sights(session) if several else {}
    found = {}
    for host, own in several.items():
        fell = _list_sisters(session, own, sights)
        odd = see_sisters(host, fell) if len(fell) == len(own) else None
        if odd:
            found.update({one.id: odd for one in own if one.id in sources})
    return found


def _list_sisters(
    session: Session, own: Sequence[Source], sights: Mapping[int, Sight]
) -> list[Sister]:
    """Those that had posts and are seen, unless they obviously did not fall silent together."""
    lasts = {one.id: sight.last_post_at for one in own if (sight := sights.get(one.id))}
    dated = [last for last in lasts.values() if last]
    if len(dated) < len(own) or max(dated) - min(dated) > SAME_DAYS:
        return []
    return [
        Sister(
            source_id=number,
            last_post_at=last,
            per_day=count_posts_before(session, number, last, RHYTHM) / RHYTHM.days,
            seen_until=sights[number].seen_until,
        )
        for number, last in lasts.items()
        if last
    ]


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
