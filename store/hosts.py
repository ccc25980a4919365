"""Manners that hold across processes and machines: leases, waits, robots.txt and opt-outs.

A host is read by whoever holds its lease. Every lease has a token that only grows; whoever comes
with an older one has lost the host meanwhile and is told so before the next request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from domain.errors import UsageError
from store.engine import insert_into
from store.tables import HostRow, OptOutRow, RobotsRow

ROBOTS_FRESH = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What a host answered for its robots.txt; `status` is `None` when it did not answer."""

    status: int | None
    body: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A host or address prefix that is never visited, since when, and why."""

    target: str
    added_at: datetime
    note: str


def claim_host(s: Session, host: str, owner: str, now: datetime, ttl: timedelta) -> int | None:
    """The token of the new lease, or `None` while another owner's lease lives."""
    new = insert_into(s, HostRow).values(host=host, owner=owner, token=1, lease_until=now + ttl)
    free = or_(HostRow.lease_until.is_(None), HostRow.lease_until <= now, HostRow.owner == owner)
    return s.execute(
        new.on_conflict_do_update(
            index_elements=["host"],
            set_={"owner": owner, "token": HostRow.token + 1, "lease_until": now + ttl},
            where=free,
        ).returning(HostRow.token)
    ).scalar_one_or_none()


def renew_host(
    s: Session, host: str, owner: str, token: int, *, now: datetime, ttl: timedelta
) -> bool:
    """True when the lease is still the caller's and now ends at `now + ttl`."""
    renewed = s.execute(
        update(HostRow)
        .where(HostRow.host == host, HostRow.owner == owner, HostRow.token == token)
        .values(lease_until=now + ttl)
        .returning(HostRow.host)
        .execution_options(synchronize_session=False)
    )
    return renewed.first() is not None


def release_host(s: Session, host: str, owner: str, token: int) -> None:
    """Ends the caller's lease; does nothing to anybody else's. The host's wait stays."""
    s.execute(
        update(HostRow)
        .where(HostRow.host == host, HostRow.owner == owner, HostRow.token == token)
        .values(owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def release_hosts(s: Session, owner: str) -> None:
    """Ends every lease of an owner that is gone; the hosts' waits stay."""
    s.execute(
        update(HostRow)
        .where(HostRow.owner == owner)
        .values(owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def reserve_request(
    s: Session, host: str, token: int, now: datetime, delay: timedelta
) -> datetime | None:
    """The earliest moment at which the caller may send its next request; nobody else gets it.

    `None` when the lease is no longer the caller's. The request after this one waits `delay` more.
    """
    row = s.execute(
        select(HostRow.not_before)
        .where(HostRow.host == host, HostRow.token == token, HostRow.lease_until > now)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    moment = max(now, row.not_before or now)
    s.execute(update(HostRow).where(HostRow.host == host).values(not_before=moment + delay))
    return moment


def push_back(s: Session, host: str, until: datetime) -> None:
    """Lets nobody send a request to the host before `until`; never shortens a wait."""
    new = insert_into(s, HostRow).values(host=host, token=0, not_before=until)
    s.execute(
        new.on_conflict_do_update(
            index_elements=["host"],
            set_={"not_before": until},
            where=or_(HostRow.not_before.is_(None), HostRow.not_before < until),
        )
    )


def load_robots(s: Session, origin: str, now: datetime) -> Robots | None:
    """The remembered robots.txt of `origin` (scheme, host, port), unless it is a day old."""
    row = s.scalars(
        select(RobotsRow).where(
            RobotsRow.origin == origin, RobotsRow.fetched_at > now - ROBOTS_FRESH
        )
    ).one_or_none()
    if row is None:
        return None
    return Robots(status=row.status, body=row.body, fetched_at=row.fetched_at)


def save_robots(s: Session, origin: str, *, status: int | None, body: str, now: datetime) -> None:
    """Remembers the answer in place of the earlier one."""
    facts = {"status": status, "body": body, "fetched_at": now}
    s.execute(
        insert_into(s, RobotsRow)
        .values(origin=origin, **facts)
        .on_conflict_do_update(index_elements=["origin"], set_=facts)
    )


def add_optout(s: Session, target: str, now: datetime, note: str = "") -> str:
    """Records that a host (with all below it) or an address prefix is never to be visited.

    Gives what was recorded; the first note of a target stands.

    Raises: `UsageError` when `target` is neither.
    """
    try:
        host, path = _split(target)
    except ValueError:
        host, path = "", ""
    if not host:
        raise UsageError(
            "neither a host nor an address", where=target, to_do="write it like lists.example.org"
        )
    recorded = host + path.rstrip("/")
    s.execute(
        insert_into(s, OptOutRow)
        .values(target=recorded, added_at=now, note=note)
        .on_conflict_do_nothing(index_elements=["target"])
    )
    return recorded


def is_opted_out(s: Session, url: str) -> bool:
    """True when an opt-out covers the address, whatever its scheme or port."""
    covering = select(OptOutRow.target).where(OptOutRow.target.in_(list(_list_prefixes(url))))
    return s.execute(covering.limit(1)).first() is not None


def find_opted_out(s: Session, urls: Iterable[str]) -> frozenset[str]:
    """Those of the addresses that an opt-out covers."""
    targets = set(s.scalars(select(OptOutRow.target)))
    if not targets:
        return frozenset()
    return frozenset(url for url in urls if not targets.isdisjoint(_list_prefixes(url)))


def list_optouts(s: Session) -> list[OptOut]:
    """Every opt-out, the oldest first."""
    rows = s.scalars(select(OptOutRow).order_by(OptOutRow.added_at, OptOutRow.target))
    return [OptOut(target=row.target, added_at=row.added_at, note=row.note) for row in rows]


def _split(address: str) -> tuple[str, str]:
    """Lower-case host, and path with query, of an address with or without a scheme."""
    text = address.strip()
    parts = urlsplit(text if "//" in text else f"//{text}")
    query = f"?{parts.query}" if parts.query else ""
    return (parts.hostname or "").rstrip("."), unquote(parts.path) + query


def _list_prefixes(url: str) -> Iterator[str]:
    """Every target that would cover `url`: its hosts upwards, each with its path upwards.

    A single label (`org`) is nobody's to speak for, unless it is the whole name of the host.
    """
    host, path = _split(url)
    labels = host.split(".")
    paths = {"", path, path.rstrip("/"), path.partition("?")[0]}
    paths |= {path[:at] for at, letter in enumerate(path) if letter == "/"}
    for start in range(max(len(labels) - 1, 1)):
        upper = ".".join(labels[start:])
        yield from (upper + part for part in paths)
