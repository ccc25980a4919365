"""Where a source was, and is: each change of address is recorded and can be taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from domain.records import Platform, Source, SourceMove
from domain.window import Window
from store.sources import build_source
from store.tables import MarkRow, SourceMoveRow, SourceRow


def change_address(
    s: Session, source_id: int, new_url: str, now: datetime, *, decision_id: int | None = None
) -> None:
    """Moves a source to the address that a permanent redirect or a decision named; records it.

    After a redirect, what the old server said of its pages (ETag, date) is forgotten: only labels
    such as sizes may still spare a request at the new one. After a decision the new place may be
    another archive altogether: then all of it is read once.
    """
    old = s.execute(
        select(SourceRow.url, SourceRow.platform).where(SourceRow.id == source_id).with_for_update()
    ).one()
    if old.url == new_url:
        return
    s.execute(
        insert(SourceMoveRow).values(
            source_id=source_id,
            old_url=old.url,
            old_platform=old.platform,
            new_url=new_url,
            moved_at=now,
            decision_id=decision_id,
        )
    )
    _set_address(s, source_id, new_url, old.platform)
    if decision_id is None:
        s.execute(
            update(MarkRow)
            .where(MarkRow.source_id == source_id)
            .values(etag=None, last_modified=None)
        )
    else:
        s.execute(delete(MarkRow).where(MarkRow.source_id == source_id))


def undo_address_change(
    s: Session, source_id: int, now: datetime, *, decision_id: int | None = None
) -> Source | None:
    """The source at the address it had before its last change, or before that of a decision.

    `None` when there is nothing to take back. The same redirect does not move it again.
    """
    moves = (
        select(SourceMoveRow)
        .where(SourceMoveRow.source_id == source_id, SourceMoveRow.undone_at.is_(None))
        .order_by(SourceMoveRow.id.desc())
        .limit(1)
    )
    if decision_id is not None:
        moves = moves.where(SourceMoveRow.decision_id == decision_id)
    move = s.scalars(moves).one_or_none()
    if move is None:
        return None
    old_url, old_platform = move.old_url, move.old_platform
    s.execute(
        update(SourceMoveRow)
        .where(
            SourceMoveRow.source_id == source_id,
            SourceMoveRow.id >= move.id,
            SourceMoveRow.undone_at.is_(None),
        )
        .values(undone_at=now)
        .execution_options(synchronize_session=False)
    )
    s.execute(delete(MarkRow).where(MarkRow.source_id == source_id))
    _set_address(s, source_id, old_url, old_platform)
    return build_source(s.scalars(select(SourceRow).where(SourceRow.id == source_id)).one())


def was_undone(s: Session, source_id: int, new_url: str) -> bool:
    """True when a person took the source back from that address."""
    found = s.execute(
        select(SourceMoveRow.id)
        .where(
            SourceMoveRow.source_id == source_id,
            SourceMoveRow.new_url == new_url,
            SourceMoveRow.undone_at.is_not(None),
        )
        .limit(1)
    )
    return found.first() is not None


def list_moves(s: Session, source_id: int) -> list[SourceMove]:
    """Where the source lived before, the newest change first."""
    rows = s.scalars(
        select(SourceMoveRow)
        .where(SourceMoveRow.source_id == source_id)
        .order_by(SourceMoveRow.id.desc())
    )
    return [
        SourceMove(
            old_url=row.old_url,
            new_url=row.new_url,
            moved_at=row.moved_at,
            undone_at=row.undone_at,
            decided=row.decision_id is not None,
        )
        for row in rows
    ]


def list_redirected(s: Session, window: Window) -> frozenset[int]:
    """The communities with a source that a permanent redirect moved in that time, for good."""
    return frozenset(
        s.scalars(
            select(SourceRow.community_id)
            .join(SourceMoveRow, SourceMoveRow.source_id == SourceRow.id)
            .where(
                SourceMoveRow.moved_at >= window.start,
                SourceMoveRow.moved_at < window.end,
                SourceMoveRow.undone_at.is_(None),
                SourceMoveRow.decision_id.is_(None),
            )
        )
    )


def awaits_first_look(s: Session, source_id: int) -> bool:
    """True when a decision gave the source its address, and nothing was read there yet."""
    last = next((move for move in list_moves(s, source_id) if move.undone_at is None), None)
    if last is None or not last.decided:
        return False
    return not s.scalar(select(func.count()).where(MarkRow.source_id == source_id))


def adopt_platform(s: Session, source_id: int, platform: Platform, url: str) -> None:
    """Gives a source that a decision moved to another software the adapter for it."""
    s.execute(delete(MarkRow).where(MarkRow.source_id == source_id))
    _set_address(s, source_id, url, platform.value)


def _set_address(s: Session, source_id: int, url: str, platform: str | None) -> None:
    values = {"url": url, "failures": 0} | ({"platform": platform} if platform else {})
    s.execute(
        update(SourceRow)
        .where(SourceRow.id == source_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
