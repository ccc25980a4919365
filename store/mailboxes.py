"""What came into each subscribed mailbox from which list, watched or not. Mail, not posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.engine import insert_into
from store.witness_tables import MailboxListRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxList:
    """One list that sends into a mailbox: how many mails, the first and the last."""

    mailbox: str
    list_id: str
    mails: int
    first_received: datetime
    last_received: datetime


def list_mailbox_lists(s: Session, mailbox: str | None = None) -> list[MailboxList]:
    """The lists that sent anything into the mailboxes (or into one), the newest mail first."""
    wanted = select(MailboxListRow).order_by(
        MailboxListRow.mailbox, MailboxListRow.last_received.desc(), MailboxListRow.list_id
    )
    if mailbox is not None:
        wanted = wanted.where(MailboxListRow.mailbox == mailbox)
    return [
        MailboxList(
            mailbox=row.mailbox,
            list_id=row.list_id,
            mails=row.mails,
            first_received=row.first_received,
            last_received=row.last_received,
        )
        for row in s.scalars(wanted)
    ]


def add_mails(s: Session, came: MailboxList) -> None:
    """Adds what came in one visit to what was known of the list."""
    new = insert_into(s, MailboxListRow).values(
        mailbox=came.mailbox,
        list_id=came.list_id,
        mails=came.mails,
        first_received=came.first_received,
        last_received=came.last_received,
    )
    s.execute(
        new.on_conflict_do_update(
            index_elements=["mailbox", "list_id"],
            set_={
                "mails": MailboxListRow.mails + new.excluded.mails,
                "last_received": new.excluded.last_received,
            },
        )
    )
