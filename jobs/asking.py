"""What the timetable asks managers by itself, and what becomes of questions nobody answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config import Settings
from domain.asking import ManagerAsk
from domain.attestation import FRESH_FOR
from domain.outcome import NOT_VERIFIED_AFTER, Flag, FlagKind, Status
from domain.published import DirectoryEntry
from jobs.reporting import build_edition, sender_address
from presentation.asking import Letterhead, choose_mail_locale, queue_question
from presentation.links import SIGNING_SECRET
from store.asking import add_ask, last_asked, list_overdue, mark_unanswered
from store.directory import list_entries
from store.engine import writing
from store.reviews import last_opened, open_review
from store.users import secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How many managers were asked, how many stayed silent, and how many cards opened for it."""

    asked: int = 0
    unanswered: int = 0
    cards: int = 0


def ask_managers(engine: Engine, settings: Settings, now: datetime) -> Asked:
    """What was done, in one transaction.

    Questions without an answer for 14 days are recorded as such. Where no program can look and the
    last word of a person is older than 180 days, the manager is asked, once; where that stays
    without an answer, or cannot be asked, one card asks a curator for a dated look. Before silence
    makes a community inactive in public, its manager is asked too.

    Without a public address of the site no mail could have a button, so that nobody is asked.
    """
    with writing(engine) as session:
        overdue = list_overdue(session, now)
        for ask in overdue:
            mark_unanswered(session, ask.id, now)
        entries = list_entries(session, now)
        asks = last_asked(session, [entry.community.id for entry in entries])
        asked = cards = 0
        head = _write_head(session, settings)
        for entry in entries:
            last = asks.get(entry.community.id)
            if not _wants_word(entry, last, now):
                continue
            if not _was_asked(entry, last, now) and head.public_url:
                done = _ask(session, head, entry, now)
                asked += done
                if done:
                    continue
            cards += _open_card(session, entry, asks.get(entry.community.id), now)
    return Asked(asked=asked, unanswered=len(overdue), cards=cards)


def _wants_word(entry: DirectoryEntry, last: ManagerAsk | None, now: datetime) -> bool:
    """True for the half that cannot be seen once its word is old, and before *Inactive*."""
    if entry.published.by_curator:
        return False
    if _awaits_inactive(entry):
        return last is None or not _was_asked(entry, last, now)
    return (
        entry.attestation is not None
        and not entry.attestation.is_fresh(now)
        and _unseen(entry, now)
    )


def _awaits_inactive(entry: DirectoryEntry) -> bool:
    """The rules say inactive, and only the manager's two weeks are still to come."""
    found = entry.assessment
    reachable = bool(entry.community.owner_address)
    return found is not None and found.status is Status.INACTIVE and reachable


def _unseen(entry: DirectoryEntry, now: datetime) -> bool:
    seen = entry.published.observed_until
    return seen is None or now - seen > NOT_VERIFIED_AFTER


def _was_asked(entry: DirectoryEntry, last: ManagerAsk | None, now: datetime) -> bool:
    """True when the manager was asked since the last word or post, within half a year."""
    if last is None or now - last.asked_at >= FRESH_FOR:
        return False
    talk = entry.published.last_post_at
    return talk is None or last.asked_at > talk


def _ask(session: Session, head: Letterhead, entry: DirectoryEntry, now: datetime) -> bool:
    ask = add_ask(session, entry.community.id, locale=choose_mail_locale(entry.community), now=now)
    if ask is not None:
        queue_question(session, head, entry, ask)
    return ask is not None


def _open_card(
    session: Session, entry: DirectoryEntry, last: ManagerAsk | None, now: datetime
) -> bool:
    """One card in half a year, and only after the manager had their two weeks."""
    if _awaits_inactive(entry):
        return False
    if last is not None and last.answered_at is None and last.unanswered_at is None:
        return False
    opened = last_opened(session, entry.community.id, FlagKind.CONFIRM)
    if opened is not None and now - opened < FRESH_FOR:
        return False
    return open_review(session, entry.community.id, Flag(kind=FlagKind.CONFIRM), now) is not None


def _write_head(session: Session, settings: Settings) -> Letterhead:
    edition = build_edition(settings)
    return Letterhead(
        name=edition.title,
        sender=sender_address(settings),
        public_url=edition.public_url,
        contact=settings.contact,
        secret=secret(session, SIGNING_SECRET),
    )
