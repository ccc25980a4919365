"""Manners that hold across processes and machines: leases, waits, robots.txt and opt-outs.

A host is read by whoever holds its lease. Every lease has a token that only grows; whoever comes
with an older one has lost the host meanwhile and is told so before the next request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from domain.errors import UsageError
from store.columns import plain_table
from store.engine import insert_into
from store.rows import split_values
from store.tables import HostRow, OptOutRow, RobotsRow

ROBOTS_FRESH = timedelta(hours=24)
# Asked before every request, so built once: that took longer than asking.
_HOSTS, _OPT_OUTS = plain_table(HostRow), plain_table(OptOutRow)
_HELD = (
    select(_HOSTS.c.host, _HOSTS.c.token, _HOSTS.c.not_before)
    .where(
        _HOSTS.c.host.in_(bindparam("its_hosts", expanding=True)),
        _HOSTS.c.lease_until > bindparam("now"),
    )
    .order_by(_HOSTS.c.host)
    .with_for_update()
)
_WAIT = (
    update(_HOSTS)
    .where(_HOSTS.c.host == bindparam("its_host"))
    .values(not_before=bindparam("moment"))
)
_COVERING = select(_OPT_OUTS.c.target).where(
    _OPT_OUTS.c.target.in_(bindparam("targets", expanding=True))
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The wish of a lease's holder to send a request to its host, and the pause after it."""

    host: str
    token: int
    delay: timedelta


def claim_host(s: Session, host: str, owner: str, now: datetime, ttl: timedelta) -> int | None:
    """The token of the new lease, or `None` while another owner's lease lives."""
    return claim_hosts(s, [host], owner, now=now, ttl=ttl).get(host)


def claim_hosts(
    s: Session, hosts: Collection[str], owner: str, *, now: datetime, ttl: timedelta
) -> dict[str, int]:
    """The tokens of the new leases; a host on which another owner's lease lives has none."""
    if not hosts:
        return {}
    new = insert_into(s, HostRow)
    free = or_(HostRow.lease_until.is_(None), HostRow.lease_until <= now, HostRow.owner == owner)
    claim = new.on_conflict_do_update(
        index_elements=["host"],
        set_={"owner": owner, "token": HostRow.token + 1, "lease_until": now + ttl},
        where=free,
    ).returning(new.table.c.host, new.table.c.token)
    # In one order everywhere, so that two runs never wait for each other's hosts.
    facts = {"owner": owner, "token": 1, "lease_until": now + ttl}
    rows = s.execute(claim, [{"host": host, **facts} for host in sorted(set(hosts))])
    return {row.host: row.token for row in rows}


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
    release_leases(s, {host: token}, owner)


def release_leases(s: Session, tokens: Mapping[str, int], owner: str) -> None:
    """Ends the caller's leases of these hosts, as `release_host` does."""
    if not tokens:
        return
    ended = (
        update(_HOSTS)
        .where(
            _HOSTS.c.host == bindparam("its_host"),
            _HOSTS.c.owner == owner,
            _HOSTS.c.token == bindparam("its_token"),
        )
        .values(owner=None, lease_until=None)
    )
    rows = [{"its_host": host, "its_token": token} for host, token in sorted(tokens.items())]
    s.connection().execute(ended, rows)


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
    return reserve_requests(s, [Turn(host=host, token=token, delay=delay)], now)[0]


def reserve_requests(s: Session, turns: Sequence[Turn], now: datetime) -> list[datetime | None]:
    """For each turn what `reserve_request` gives."""
    free_at: dict[tuple[str, int], datetime] = {}
    for hosts in split_values(sorted({turn.host for turn in turns})):
        for row in s.connection().execute(_HELD, {"its_hosts": hosts, "now": now}):
            free_at[row.host, row.token] = max(now, row.not_before or now)
    moments: list[datetime | None] = []
    for turn in turns:
        moment = free_at.get((turn.host, turn.token))
        moments.append(moment)
        if moment is not None:
            free_at[turn.host, turn.token] = moment + turn.delay
    taken = {(turn.host, turn.token) for turn in turns} & free_at.keys()
    _set_waits(s, {host: free_at[host, token] for host, token in taken})
    return moments


def _set_waits(s: Session, until: Mapping[str, datetime]) -> None:
    if not until:
        return
    rows = [{"its_host": host, "moment": moment} for host, moment in sorted(until.items())]
    s.connection().execute(_WAIT, rows)


def push_back(s: Session, host: str, until: datetime) -> None:
    """Lets nobody send a request to the host before `until`; never shortens a wait."""
    push_all_back(s, {host: until})


def push_all_back(s: Session, until: Mapping[str, datetime]) -> None:
    """What `push_back` does, for each host."""
    if not until:
        return
    new = insert_into(s, HostRow)
    later = new.on_conflict_do_update(
        index_elements=["host"],
        set_={"not_before": new.excluded.not_before},
        where=or_(HostRow.not_before.is_(None), HostRow.not_before < new.excluded.not_before),
    )
    rows = [{"host": host, "token": 0, "not_before": at} for host, at in sorted(until.items())]
    s.execute(later, rows)


def load_robots(s: Session, origin: str, now: datetime) -> Robots | None:
    """The remembered robots.txt of `origin` (scheme, host, port), unless it is a day old."""
    return load_all_robots(s, [origin], now).get(origin)


def load_all_robots(s: Session, origins: Collection[str], now: datetime) -> dict[str, Robots]:
    """The remembered robots.txt of each of the origins that has one not a day old."""
    columns = (RobotsRow.origin, RobotsRow.status, RobotsRow.body, RobotsRow.fetched_at)
    fresh = select(*columns).where(RobotsRow.fetched_at > now - ROBOTS_FRESH)
    return {
        row.origin: Robots(status=row.status, body=row.body, fetched_at=row.fetched_at)
        for some in split_values(sorted(set(origins)))
        for row in s.execute(fresh.where(RobotsRow.origin.in_(some)))
    }


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
    return url in find_opted_out(s, [url])


def find_opted_out(s: Session, urls: Iterable[str]) -> frozenset[str]:
    """Those of the addresses that an opt-out covers."""
    covering = {url: frozenset(_list_prefixes(url)) for url in urls}
    targets: set[str] = set()
    for some in split_values(sorted(frozenset().union(*covering.values()))):
        targets |= set(s.connection().scalars(_COVERING, {"targets": some}))
    return frozenset(url for url, prefixes in covering.items() if not targets.isdisjoint(prefixes))


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
