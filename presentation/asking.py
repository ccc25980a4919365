"""The mail that asks those who run a community, in its language, and the thanks for the curator."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from html import escape

from sqlalchemy.orm import Session

from domain.asking import ANSWER_VALID, ManagerAnswer, ManagerAsk
from domain.outcome import Status
from domain.people import User
from domain.published import DirectoryEntry
from domain.records import Community
from presentation.card_words import MANAGER_SAID
from presentation.dates import format_day
from presentation.i18n import LOCALES, say
from presentation.links import MANAGER_PURPOSE, timed_token
from store.outbox import queue_mail, withdraw_mail

BUTTONS = {
    ManagerAnswer.ACTIVE: "It is still active",
    ManagerAnswer.MOVED: "It moved",
    ManagerAnswer.ENDED: "It has ended",
}
# Read by mail programs, so with its own styles; each has 4.5:1 on white and on black.
BUTTON_STYLE = (
    "display:inline-block;padding:12px 18px;margin:0 8px 8px 0;border:2px solid #3b7f93;"
    "border-radius:4px;text-decoration:none;font-weight:bold"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """From whom our mails come, and where their buttons lead."""

    name: str
    sender: str
    public_url: str
    contact: str = ""
    secret: bytes = field(default=b"", repr=False)


def choose_mail_locale(community: Community) -> str:
    """The first language of the community that we can write; English where there is none."""
    return next((code for code in community.languages if code in LOCALES), "en")


def write_question(
    head: Letterhead, entry: DirectoryEntry, locale: str, *, asker: str, links: dict[str, str]
) -> str:
    """The text of the mail; `links` has an address for each answer, by its word."""
    name = entry.community.name
    page = f"{head.public_url}/c/{entry.community.slug}"
    lines = [
        say("Hello,", locale),
        say("{directory} lists your group {name}.", locale, directory=head.name, name=name)
        + " "
        + _tell_seen(entry, locale)
        + " "
        + say("Is your group still active?", locale),
        *(f"{say(BUTTONS[answer], locale)}:\n{links[answer]}" for answer in ManagerAnswer),
        say(
            "Each address opens a page with one button; nothing happens before you press it. "
            "They work for 60 days. Without an answer we write at most once more.",
            locale,
        ),
        say("What we say of your group: {page}", locale, page=page),
        say("Thank you,", locale) + f"\n{asker or head.name}\n{head.name}",
    ]
    if head.contact:
        lines.append(say("Questions, or no more mail: {contact}", locale, contact=head.contact))
    return "\n\n".join(lines) + "\n"


def queue_question(s: Session, head: Letterhead, entry: DirectoryEntry, ask: ManagerAsk) -> None:
    """Puts the mail of a question into the outbox, once."""
    community = entry.community
    token = timed_token(head.secret, MANAGER_PURPOSE, ask.id, ask.asked_at + ANSWER_VALID)
    links = {
        answer.value: f"{head.public_url}/manager/{token}/{answer.value}"
        for answer in ManagerAnswer
    }
    text = write_question(head, entry, ask.locale, asker=ask.asker, links=links)
    subject = say("Is {name} still active?", ask.locale, name=community.name)
    mail = _open_mail(head, subject, community.owner_address, ask.asked_at)
    mail.replace_header("From", Address(display_name=ask.asker or head.name, addr_spec=head.sender))
    if "@" in head.contact and "://" not in head.contact:
        mail["Reply-To"] = head.contact
    mail.set_content(text)
    mail.add_alternative(_render_html(text, links, ask.locale), subtype="html")
    mail["Content-Language"] = ask.locale
    queue_mail(
        s,
        dedupe_key=question_key(ask.id),
        kind="ask",
        recipient=community.owner_address,
        message=mail.as_bytes(policy=SMTP),
        now=ask.asked_at,
    )


def withdraw_question(s: Session, ask_id: int) -> bool:
    """True when the mail had not left yet, and never will."""
    return withdraw_mail(s, question_key(ask_id))


def question_key(ask_id: int) -> str:
    """What refuses a second mail of the same question."""
    return f"ask:{ask_id}"


def queue_thanks(
    s: Session, head: Letterhead, ask: ManagerAsk, community: Community, *, to: tuple[User, str]
) -> None:
    """Tells the curator who asked what the manager answered, once an answer."""
    curator, locale = to
    if ask.answer is None or ask.answered_at is None:
        return
    said = say(MANAGER_SAID[ask.answer], locale)
    subject = say("{name} answered: {said}", locale, name=community.name, said=said)
    page = f"{head.public_url}/c/{community.slug}"
    mail = _open_mail(head, subject, curator.address, ask.answered_at)
    mail.set_content(
        "\n\n".join(
            [
                say("Hello {name},", locale, name=curator.name),
                say(
                    "you asked the manager of {name}, who answered: {said}. The page of the group "
                    "says so now: {page}",
                    locale,
                    name=community.name,
                    said=said,
                    page=page,
                ),
                say("Thank you. Without your question nobody would know.", locale),
            ]
        )
        + "\n"
    )
    queue_mail(
        s,
        dedupe_key=f"thanks:{ask.id}:{ask.answer.value}",
        kind="thanks",
        recipient=curator.address,
        message=mail.as_bytes(policy=SMTP),
        now=ask.answered_at,
    )


def _tell_seen(entry: DirectoryEntry, locale: str) -> str:
    last = entry.published.last_post_at
    if last is None or entry.published.status is Status.UNVERIFIABLE:
        return say("We cannot see inside it.", locale)
    return say("The last post that we saw is of {day}.", locale, day=format_day(last, locale))


def _open_mail(head: Letterhead, subject: str, to: str, now: datetime) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = " ".join(subject.split())
    mail["From"] = Address(display_name=head.name, addr_spec=head.sender)
    mail["To"] = to
    mail["Date"] = now
    mail["Message-ID"] = make_msgid(domain=head.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _render_html(text: str, links: dict[str, str], locale: str) -> str:
    """The same words, with each address as a button."""
    blocks = []
    for block in text.strip().split("\n\n"):
        words, _, address = block.partition(":\n")
        if address in links.values():
            blocks.append(f'<a href="{escape(address)}" style="{BUTTON_STYLE}">{escape(words)}</a>')
        else:
            blocks.append(f"<p>{escape(block).replace(chr(10), '<br>')}</p>")
    body = "\n".join(blocks)
    return f'<!doctype html>\n<html lang="{locale}"><body>\n{body}\n</body></html>\n'
