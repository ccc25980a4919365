"""The weekly mail as one letter a reader: its heads, its two parts, its own links; queued once."""

from __future__ import annotations

import hmac
from binascii import b2a_qp
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from hashlib import sha256
from urllib.parse import quote, urlsplit

from sqlalchemy.orm import Session

from domain.plain_text import one_line
from domain.report import WeeklyReport
from presentation.digest import Edition
from reports.render import render_html, render_subject, render_text
from store.outbox import queue_mail

KIND = "weekly"
# Heads that other programs read as they stand: a fold would break them, an encoding spoil them.
UNFOLDED = frozenset({"list-id", "list-unsubscribe", "list-unsubscribe-post", "message-id"})
# What stands for the reader's own addresses until they are filled in.
CHOICES, STOP = "https://choices.invalid/", "https://stop.invalid/"


class _LetterPolicy(EmailPolicy):
    """The rules of mail on its way, with some heads left whole."""

    def fold(self, name: str, value: str) -> str:
        return self._whole(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self._whole(name, value).encode("ascii") or super().fold_binary(name, value)

    def _whole(self, name: str, value: str) -> str:
        fits = name.lower() in UNFOLDED and value.isascii()
        return f"{name}: {value}{self.linesep}" if fits else ""


LETTER = _LetterPolicy(linesep="\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One reader's mail of a week or month, still to be built.

    With a `secret`, nobody else can make up its Message-ID.
    """

    address: str
    report: WeeklyReport
    edition: Edition
    secret: bytes = field(default=b"", repr=False)

    @property
    def key(self) -> str:
        """What refuses a second mail of the same week or month to the same reader."""
        return f"{KIND}:{self.report.label}:{self.address.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The words of a mail."""

    subject: str
    text: str
    html: str


def build_mail(
    report: WeeklyReport, *, recipient: str, sender: str, now: datetime, edition: Edition
) -> EmailMessage:
    """The weekly mail for one reader, text and HTML; the same bytes for the same week and `now`."""
    letter = Letter(address=recipient, report=report, edition=edition)
    rendered = Rendered(
        subject=render_subject(report, edition),
        text=render_text(report, edition),
        html=render_html(report, edition),
    )
    return _assemble(letter, rendered, sender, now)


def is_own_message(message: str, label: str, recipient: str, secret: bytes) -> bool:
    """True when that Message-ID is of our mail to this reader."""
    return f".{label}.{_fingerprint(label, recipient, secret)}@" in message


def build_letters(
    letters: Iterable[Letter], *, sender: str, now: datetime
) -> Iterator[tuple[Letter, bytes]]:
    """Each letter with its mail; what several readers have in common is rendered once."""
    rendered: dict[tuple[int, Edition], Rendered] = {}
    kept: list[WeeklyReport] = []  # while a report is here, no other can have its number
    for letter in letters:
        edition = letter.edition
        shared = replace(
            edition,
            choices_url=CHOICES if edition.choices_url else "",
            stop_url=STOP if edition.stop_url else "",
        )
        key = (id(letter.report), shared)
        if key not in rendered:
            kept.append(letter.report)
            rendered[key] = Rendered(
                subject=render_subject(letter.report, shared),
                text=render_text(letter.report, shared),
                html=render_html(letter.report, shared),
            )
        own = rendered[key]
        own = replace(own, text=_address(own.text, edition), html=_address(own.html, edition))
        yield letter, _assemble(letter, own, sender, now).as_bytes()


def queue_letters(
    session: Session, built: Iterable[tuple[Letter, bytes]], now: datetime
) -> tuple[Letter, ...]:
    """Those newly queued; never a second one for the same week, or month, and reader."""
    return tuple(
        letter
        for letter, message in built
        if queue_mail(
            session,
            dedupe_key=letter.key,
            kind=KIND,
            recipient=letter.address,
            message=message,
            now=now,
        )
    )


def _assemble(letter: Letter, rendered: Rendered, sender: str, now: datetime) -> EmailMessage:
    edition, label = letter.edition, letter.report.label
    edition = replace(edition, title=one_line(edition.title))
    mail = EmailMessage(policy=LETTER)
    mail["From"] = Address(display_name=edition.title, addr_spec=sender)
    mail["To"] = Address(addr_spec=letter.address)
    mail["Subject"] = one_line(rendered.subject)
    mail["Date"] = now
    own = _fingerprint(label, letter.address, letter.secret)
    mail["Message-ID"] = f"<weekly.{label}.{own}@{Address(addr_spec=sender).domain}>"
    mail["List-Id"] = f"{edition.title} weekly <weekly.{_home(edition, sender)}>"
    _offer_stop(mail, edition)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    mail.make_alternative(boundary=f"=_{own}")
    for kind, content in (("plain", rendered.text), ("html", rendered.html)):
        mail.attach(_encode(content, kind))
    mail["MIME-Version"] = "1.0"
    mail["Content-Language"] = edition.locale
    return mail


def _offer_stop(mail: EmailMessage, edition: Edition) -> None:
    """How mail programs stop it: by one POST (RFC 8058, only over https) or by a mail."""
    ways = []
    if edition.stop_url:
        ways.append(f"<{edition.stop_url}>")
    if edition.stop_address:
        subject = quote(f"stop {edition.title} weekly")
        ways.append(f"<mailto:{edition.stop_address}?subject={subject}>")
    if ways:
        mail["List-Unsubscribe"] = ", ".join(ways)
    if edition.stop_url.startswith("https://"):
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _encode(content: str, kind: str) -> EmailMessage:
    """A part in quoted-printable; many times faster than the standard library's own."""
    part = EmailMessage(policy=LETTER)
    part["Content-Type"] = f'text/{kind}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = content.encode().replace(b"\n", b"\r\n")
    part.set_payload(b2a_qp(lines, istext=True).decode("ascii").replace("\r\n", "\n"))
    return part


def _address(text: str, edition: Edition) -> str:
    return text.replace(CHOICES, edition.choices_url).replace(STOP, edition.stop_url)


def _fingerprint(label: str, recipient: str, secret: bytes) -> str:
    return hmac.digest(secret, f"{label} {recipient.lower()}".encode(), sha256).hex()[:24]


def _home(edition: Edition, sender: str) -> str:
    """The name that our List-Id ends with; stays the same while the address of the site does."""
    return urlsplit(edition.public_url).hostname or Address(addr_spec=sender).domain
