"""Mail that is to be sent once: queued under a key, claimed by one sender, settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from store.engine import insert_into
from store.tables import OutboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMail:
    """A mail that its claimer is to send. `tries` counts this one; `label` is of what it tells."""

    id: int
    kind: str
    label: str
    recipient: str
    message: bytes
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """Counts of mails that were not sent: those that will be tried, those that will not."""

    waiting: int
    given_up: int


def queue_mail(
    s: Session, *, dedupe_key: str, kind: str, recipient: str, message: bytes, now: datetime
) -> bool:
    """True when the mail was queued; False when one of the same key ever was."""
    queued = s.execute(
        insert_into(s, OutboxRow)
        .values(
            dedupe_key=dedupe_key,
            kind=kind,
            recipient=recipient,
            message=message,
            queued_at=now,
            not_before=now,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(OutboxRow.id)
    )
    return queued.first() is not None


def withdraw_mail(s: Session, dedupe_key: str) -> bool:
    """True when the mail was not on its way yet, and will never be sent."""
    gone = s.execute(
        delete(OutboxRow)
        .where(
            OutboxRow.dedupe_key == dedupe_key,
            OutboxRow.sent_at.is_(None),
            OutboxRow.claimed_until.is_(None),
        )
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return gone.first() is not None


def list_keys(s: Session, prefix: str) -> frozenset[str]:
    """The keys of all mails ever queued that start so."""
    start = OutboxRow.dedupe_key.startswith(prefix, autoescape=True)
    return frozenset(s.scalars(select(OutboxRow.dedupe_key).where(start)))


def claim_mails(s: Session, now: datetime, limit: int, ttl: timedelta) -> list[QueuedMail]:
    """The oldest waiting mails, at most `limit`, which nobody else gets before `now + ttl`.

    A sender that dies between sending and settling makes its mail wait for `ttl` and go again:
    one `Message-ID` per mail lets the reader's side drop the second copy.
    """
    waiting = (
        OutboxRow.sent_at.is_(None),
        OutboxRow.failed_at.is_(None),
        OutboxRow.not_before <= now,
        or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until <= now),
    )
    # Chosen first and by name: inside the UPDATE PostgreSQL may choose more than once, and so more
    # than `limit`.
    oldest = s.scalars(
        select(OutboxRow.id)
        .where(*waiting)
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    claimed = s.scalars(
        update(OutboxRow)
        .where(OutboxRow.id.in_(oldest), *waiting)
        .values(claimed_until=now + ttl, tries=OutboxRow.tries + 1)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    rows = s.scalars(select(OutboxRow).where(OutboxRow.id.in_(claimed)).order_by(OutboxRow.id))
    return [
        QueuedMail(
            id=row.id,
            kind=row.kind,
            label=row.dedupe_key.partition(":")[2].partition(":")[0],
            recipient=row.recipient,
            message=row.message,
            tries=row.tries,
        )
        for row in rows
    ]


def count_unsent(s: Session) -> Unsent:
    """How many mails wait, and how many were given up."""
    of_state = select(func.count()).where(OutboxRow.sent_at.is_(None))
    return Unsent(
        waiting=s.scalars(of_state.where(OutboxRow.failed_at.is_(None))).one(),
        given_up=s.scalars(of_state.where(OutboxRow.failed_at.is_not(None))).one(),
    )


def mark_sent(s: Session, mail_id: int, now: datetime) -> None:
    """Settles a mail that the mail server took."""
    s.execute(
        update(OutboxRow)
        .where(OutboxRow.id == mail_id)
        .values(sent_at=now, claimed_until=None, last_error="")
        .execution_options(synchronize_session=False)
    )


def mark_failed(
    s: Session, mail_id: int, error: str, *, now: datetime, retry_at: datetime | None
) -> None:
    """Lets a mail wait until `retry_at`, or gives it up for good when that is `None`."""
    outcome = {"failed_at": now} if retry_at is None else {"not_before": retry_at}
    s.execute(
        update(OutboxRow)
        .where(OutboxRow.id == mail_id, OutboxRow.sent_at.is_(None))
        .values(claimed_until=None, last_error=error, **outcome)
        .execution_options(synchronize_session=False)
    )


def empty_sent(s: Session, before: datetime) -> None:
    """Throws away what stood in mails that were sent or given up; that they were stays known."""
    s.execute(
        update(OutboxRow)
        .where(
            OutboxRow.message != b"",
            or_(OutboxRow.sent_at < before, OutboxRow.failed_at < before),
        )
        .values(message=b"")
        .execution_options(synchronize_session=False)
    )
