"""An answer as a curator sent it, checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlsplit

from flask import abort
from werkzeug.datastructures import MultiDict

from domain.addresses import is_private_host
from domain.outcome import Answer
from presentation.dates import format_day
from presentation.i18n import say
from web.cards import ALIVE_REASONS
from web.evidence import web_address
from web.room import own_locale, told
from web.site import may_be_private

LONGEST_NOTE = 2000
# Put off further than this, a card is forgotten.
LONGEST_LATER_DAYS = 120


class Unfinished(Exception):
    """An answer that lacks something; the text says what to add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer. `seen_on` is the day on which its curator saw the community alive themselves."""

    answer: Answer
    version: int
    note: str = ""
    new_url: str | None = None
    until: datetime | None = None
    seen_on: date | None = None


def read_answer(form: MultiDict[str, str], now: datetime) -> Given:
    """The answer in a form.

    Raises: `Unfinished` when something is missing that only the curator can add.
    """
    word, _, code = form.get("answer", "").partition(":")
    if word not in set(Answer) - {Answer.UNDO} or not form.get("version", "").isdecimal():
        abort(400)
    chosen, note, new_url = Answer(word), form.get("note", "").strip()[:LONGEST_NOTE], None
    until = seen_on = None
    if chosen is Answer.ALIVE:
        said, seen_on = _read_alive(code, form.get("seen_on", ""), now.date())
        note = f"{said} {note}".strip()
    elif chosen is Answer.MOVED:
        new_url = read_address(form.get("new_url", "").strip(), own_locale())
    elif chosen is Answer.LATER:
        until = _read_later(form.get("until", ""), now)
    return Given(
        answer=chosen,
        version=int(form["version"]),
        note=note,
        new_url=new_url,
        until=until,
        seen_on=seen_on,
    )


def read_address(text: str, locale: str) -> str:
    """An address on the public web, which will be visited.

    Raises: `Unfinished` when it is none, or leads into a private network.
    """
    try:
        host = urlsplit(text).hostname or ""
    except ValueError:
        host = ""
    if not web_address(text) or not host:
        raise Unfinished(
            say("Where did it move? Give an address that starts with https://", locale)
        )
    if is_private_host(host.lower()) and not may_be_private():
        raise Unfinished(
            say("That address is inside a private network. Give one on the public web.", locale)
        )
    return text


def _read_alive(code: str, seen_on: str, today: date) -> tuple[str, date | None]:
    """The reason in words, and the day where it names one."""
    reason = next((reason for reason in ALIVE_REASONS if reason.code == code), None)
    if reason is None:
        raise Unfinished(told("How do you know that it is alive? Press one of the four reasons."))
    if not reason.wants_date:
        return f"{reason.words}.", None
    try:
        day = date.fromisoformat(seen_on)
    except ValueError:
        raise Unfinished(told("On which day did you see it? Fill in the date.")) from None
    if day > today:
        raise Unfinished(told("The day on which you saw it is still to come."))
    return f"I saw it myself on {format_day(day)}.", day


def _read_later(text: str, now: datetime) -> datetime:
    try:
        until = datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise Unfinished(told("When shall it come back? Fill in the date.")) from None
    if not 0 < (until - now).total_seconds() <= LONGEST_LATER_DAYS * 86_400:
        raise Unfinished(told("Choose a day within the next four months."))
    return until
