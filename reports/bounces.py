"""Reads mails that came back: which of our letters, and to whom (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr

from reports.letters import is_own_message

REPORT = "multipart/report"
STATUS = "message/delivery-status"
RETURNED = ("message/rfc822", "text/rfc822-headers")
OWN_ID = re.compile(r"<weekly\.([0-9]{4}-W?[0-9]{2})\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A letter of ours that could not be delivered, by the week or month that it told."""

    address: str
    label: str


def looks_like_bounce(head: bytes) -> bool:
    """True when the head of a mail says that it reports on a delivery."""
    mail = message_from_bytes(head, policy=policy.compat32)
    return mail.get_content_type() == REPORT and "delivery-status" in str(mail["Content-Type"])


def read_bounce(raw: bytes, secret: bytes) -> Bounce | None:
    """What came back for good; `None` for any other mail, and for one that is only late.

    `secret` is that of the letters: others cannot make them look returned.
    """
    mail = message_from_bytes(raw, policy=policy.default)
    if mail.get_content_type() != REPORT or not _has_failed(mail):
        return None
    for returned in _list_returned(mail):
        message_id = str(returned["Message-ID"] or "")
        address = parseaddr(str(returned["To"] or ""))[1].lower()
        own = OWN_ID.search(message_id)
        if own is not None and is_own_message(message_id, own[1], address, secret):
            return Bounce(address=address, label=own[1])
    return None


def _has_failed(mail: EmailMessage) -> bool:
    """True when the report says "failed" of a recipient; "delayed" is no bounce."""
    blocks = [
        block
        for part in mail.walk()
        if part.get_content_type() == STATUS and part.is_multipart()
        for block in part.iter_parts()
    ]
    return any(str(block["Action"] or "").strip().lower() == "failed" for block in blocks)


def _list_returned(mail: EmailMessage) -> Iterator[Message]:
    """The heads of the mails that the report gives back."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == RETURNED[0] and part.is_multipart():
            yield from part.iter_parts()
        elif kind == RETURNED[1]:
            text = part.get_payload(decode=True)
            if isinstance(text, bytes):
                yield message_from_bytes(text, policy=policy.default)
