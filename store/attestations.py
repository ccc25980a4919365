"""The dated words of people: facts of their own, never changed; taking one back is a new row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Select, bindparam, func, insert, select
from sqlalchemy.orm import Session

from domain.attestation import Attestation
from domain.errors import UsageError
from store.witness_tables import AttestationRow

FIRST_DAY = date(1990, 1, 1)


def add_attestation(
    s: Session,
    community_id: int,
    *,
    seen_on: date,
    link: str,
    by: str,
    note: str = "",
    now: datetime,
) -> Attestation:
    """The word as it is kept.

    Raises: UsageError, for a day to come, an address that is none, or nobody's word.
    """
    if not FIRST_DAY <= seen_on <= now.date():
        raise UsageError(
            "nobody can have seen it on that day", where=str(seen_on), to_do="correct the date"
        )
    if not _is_web_address(link):
        raise UsageError(
            "is not the address of a web page",
            where=link,
            to_do="give the page where it was seen, like https://example.org/group",
        )
    if not by.strip():
        raise UsageError("nobody said so", to_do="name the person who saw it")
    row_id = s.execute(
        insert(AttestationRow)
        .values(
            community_id=community_id,
            seen_on=seen_on,
            link=link,
            by=by.strip(),
            note=note.strip(),
            made_at=now,
        )
        .returning(AttestationRow.id)
    ).scalar_one()
    return _build(s.get_one(AttestationRow, row_id))


def take_back(s: Session, community_id: int, *, by: str, now: datetime) -> Attestation:
    """The last word on a community, which does not count any more.

    Raises: UsageError when there is none.
    """
    standing = list_attestations(s, community_id)
    if not standing:
        raise UsageError("there is no word on this community", to_do="nothing was changed")
    last = max(standing, key=lambda one: one.id)
    s.execute(
        insert(AttestationRow).values(
            community_id=community_id,
            seen_on=None,
            link="",
            by=by,
            made_at=now,
            undoes=last.id,
        )
    )
    return last


def list_attestations(
    s: Session, community_id: int, *, until: datetime | None = None
) -> list[Attestation]:
    """The words that stand, the latest day first; with `until` those that stood then."""
    return sorted(
        _standing(s, [community_id], until), key=lambda one: (one.seen_on, one.id), reverse=True
    )


def latest_attestations(
    s: Session, community_ids: Collection[int], *, until: datetime | None = None
) -> dict[int, Attestation]:
    """The word with the latest day, by community."""
    given: dict[str, object] = {"only": list(community_ids)}
    if until is not None:
        given["until"] = until
    rows = s.scalars(_find_latest(*given), given)
    return {row.community_id: _build(row) for row in rows}


# Built once for each set of conditions: every page of a community asks for it.
@cache
def _find_latest(*conditions: str) -> Select[AttestationRow]:
    row = AttestationRow
    made: list[ColumnElement[bool]] = [row.community_id.in_(bindparam("only", expanding=True))]
    if "until" in conditions:
        made.append(row.made_at <= bindparam("until"))
    undone = select(row.undoes).where(row.undoes.is_not(None), *made)
    latest_first = (row.seen_on.desc(), row.id.desc())
    place = func.row_number().over(partition_by=row.community_id, order_by=latest_first)
    ranked = (
        select(row.id, place.label("place"))
        .where(row.undoes.is_(None), row.id.not_in(undone), *made)
        .subquery()
    )
    return select(row).join(ranked, ranked.c.id == row.id).where(ranked.c.place == 1)


def _standing(
    s: Session, community_ids: Collection[int], until: datetime | None
) -> list[Attestation]:
    wanted = select(AttestationRow).where(AttestationRow.community_id.in_(community_ids))
    if until is not None:
        wanted = wanted.where(AttestationRow.made_at <= until)
    rows = s.scalars(wanted).all()
    undone = {row.undoes for row in rows}
    return [_build(row) for row in rows if row.undoes is None and row.id not in undone]


def _build(row: AttestationRow) -> Attestation:
    assert row.seen_on is not None
    return Attestation(
        id=row.id,
        community_id=row.community_id,
        seen_on=row.seen_on,
        link=row.link,
        by=row.by,
        note=row.note,
        made_at=row.made_at,
    )


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and not set(text) & set(" <>\"'\n")
