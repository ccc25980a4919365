"""Mails that a page sends at once, through the outbox."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from sqlalchemy.orm import Session

from store import outbox
from web.site import Site


def queue_letter(
    s: Session, here: Site, to: str, letter: tuple[str, str], *, key: str, locale: str
) -> bool:
    """True when the mail (subject and text) waits to be sent; false when it did already."""
    subject, text = letter
    mail = EmailMessage()
    mail["Subject"] = " ".join(subject.split())
    mail["From"] = here.sender
    mail["To"] = to
    mail["Date"] = format_datetime(here.clock())
    mail["Message-ID"] = make_msgid(domain=here.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = locale
    mail.set_content(text)
    return outbox.queue_mail(
        s,
        dedupe_key=key,
        kind="contribution",
        recipient=to,
        message=mail.as_bytes(policy=SMTP),
        now=here.clock(),
    )
