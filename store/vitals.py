"""The communities' vital numbers: one row each, made again from the posts every day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, fields

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.vitals import Vitals
from store.engine import insert_into
from store.listing_tables import VitalsRow


def save_vitals(s: Session, measured: Iterable[Vitals]) -> None:
    """Keeps these instead of those measured before."""
    rows = [asdict(one) for one in measured]
    if not rows:
        return
    new = insert_into(s, VitalsRow)
    s.execute(
        new.on_conflict_do_update(
            index_elements=["community_id"],
            set_={name: new.excluded[name] for name in rows[0] if name != "community_id"},
        ),
        rows,
    )


def list_vitals(s: Session, *, only: Collection[int] | None = None) -> dict[int, Vitals]:
    """The vital numbers by community: of all, or of these."""
    wanted = select(*(getattr(VitalsRow, field.name) for field in fields(Vitals)))
    if only is not None:
        wanted = wanted.where(VitalsRow.community_id.in_(only))
    return {row.community_id: Vitals(**row) for row in s.execute(wanted).mappings()}
