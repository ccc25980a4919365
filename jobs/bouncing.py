"""Counts the letters that came back to our own mailbox, before the next ones go out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Engine

from config import Settings
from crawler.mailbox.letters import OpenMailbox
from domain.errors import SourceError
from jobs.mailbox_visits import open_mailbox
from reports.bounces import looks_like_bounce, read_bounce
from store.engine import writing
from store.readers import count_bounce
from store.users import secret

log = logging.getLogger("rollcall.jobs")
# A mail server gives up within five days; what came earlier was counted already.
LOOK_BACK = timedelta(days=14)
LETTERS_SECRET = "letters"  # noqa: S105 - the name of a secret


def count_bounces(engine: Engine, settings: Settings, now: datetime) -> int:
    """How many letters are newly known to have come back; 0 where no mailbox is set.

    A mailbox that cannot be read is a warning: the report goes out all the same.
    """
    name = settings.report.bounce_mailbox
    if not name:
        return 0
    seconds = settings.crawl.answer_seconds
    with writing(engine) as session:
        key = secret(session, LETTERS_SECRET)
    try:
        box = settings.mailboxes[name]
        with open_mailbox(name, box, answer_seconds=seconds) as opened:
            bounced = [
                found for raw in _list_reports(opened, now) if (found := read_bounce(raw, key))
            ]
    except SourceError as error:
        log.warning("bounces are not counted: %s", error.line)
        return 0
    with writing(engine) as session:
        return sum(count_bounce(session, one.address, one.label, now) for one in bounced)


def _list_reports(opened: OpenMailbox, now: datetime) -> Iterator[bytes]:
    for folder in opened.list_folders():
        for letter in folder.list_letters(-1):
            recent = letter.stored_at is None or letter.stored_at > now - LOOK_BACK
            if recent and looks_like_bounce(letter.head):
                yield folder.read_whole(letter)
