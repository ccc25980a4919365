"""Mails on their way: the week written to files, and all that waits sent.

Sending is at least once. Each mail is claimed, sent and marked as sent in a transaction of its own,
so a kill can only fall between the server's "taken" and our mark; that one mail goes out again when
its claim has run out. Both copies carry the same Message-ID, by which mail systems know a double.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from domain.errors import MailFailed, StorageFailed
from domain.report import WeeklyReport
from presentation.digest import Edition
from presentation.weekly_forms import render_csv, render_json
from reports.letters import KIND, build_mail
from reports.render import render_html, render_text
from reports.smtp import Answer, MailServer, SmtpSettings
from store.engine import writing
from store.outbox import QueuedMail, claim_mails, mark_failed, mark_sent
from store.readers import count_bounce

# Longer than any conversation about one mail can last with the time-outs of `reports.smtp`.
CLAIM = timedelta(minutes=15)
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=4)
# With those waits about five days, as long as mail servers go on trying (RFC 5321, 4.5.4.1).
MOST_TRIES = 35
# One broken conversation may be about that mail; two in a row are the server's.
BREAKS = 2
AT_ONCE = 1000
READABLE_BY_ALL = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Where each form of one week's report lies."""

    html: Path
    text: Path
    mail: Path
    json: Path
    csv: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What became of the mails that were due.

    `refused` ones are over; `later` ones stay queued. `trouble` is set when the server itself
    failed, and is what a command raises for its exit code; every mail is kept.
    """

    sent: int = 0
    refused: int = 0
    later: int = 0
    trouble: MailFailed | None = None


def write_report_files(
    folder: Path,
    report: WeeklyReport,
    *,
    recipient: str,
    sender: str,
    now: datetime,
    edition: Edition,
) -> ReportFiles:
    """The paths of the files written for this week; earlier ones of the same week are replaced.

    Raises: StorageFailed when the folder cannot be made or written.
    """
    mail = build_mail(report, recipient=recipient, sender=sender, now=now, edition=edition)
    contents = {
        "html": render_html(report, edition).encode(),
        "txt": render_text(report, edition).encode(),
        "eml": mail.as_bytes(),
        "json": render_json(report).encode(),
        "csv": render_csv(report).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = {
            ending: _write(folder / f"{report.week}.{ending}", content)
            for ending, content in contents.items()
        }
    except OSError as error:
        raise StorageFailed(
            f"the weekly report cannot be written ({error.strerror})",
            where=str(folder),
            to_do="make room or make the folder writable, then write the report again",
        ) from error
    return ReportFiles(
        html=paths["html"],
        text=paths["txt"],
        mail=paths["eml"],
        json=paths["json"],
        csv=paths["csv"],
    )


def send_outbox(
    engine: Engine,
    smtp: SmtpSettings,
    now: datetime,
    clock: Callable[[], datetime],
    *,
    progress: Callable[[SendResult], None] | None = None,
) -> SendResult:
    """What became of every mail that was due at `now`; `progress` hears of each one.

    `clock` gives the time at which each one was sent or put off. When the server fails, all that
    is due is put off with growing pauses: nothing is lost and nothing else is tried.
    """
    result = SendResult()
    breaks = 0
    # While one connection stays open, SQLite does not tidy up after each of the short ones.
    with engine.connect(), closing(MailServer(smtp)) as server:
        while breaks < BREAKS and (mail := _claim_one(engine, now, clock())) is not None:
            result = _send_one(engine, server, mail, result, clock)
            breaks = 0 if result.trouble is None else breaks + 1
            if progress is not None:
                progress(result)
    if result.trouble is not None:
        result = replace(
            result, later=result.later + _put_off_rest(engine, result.trouble, now, clock())
        )
    return result


def _claim_one(engine: Engine, now: datetime, moment: datetime) -> QueuedMail | None:
    """The next mail that was due at `now`, held for `CLAIM` from `moment` on."""
    with writing(engine) as session:
        mails = claim_mails(session, now, limit=1, ttl=moment - now + CLAIM)
    return mails[0] if mails else None


def _send_one(
    engine: Engine,
    server: MailServer,
    mail: QueuedMail,
    result: SendResult,
    clock: Callable[[], datetime],
) -> SendResult:
    try:
        reply = server.deliver(mail.recipient, mail.message)
    except MailFailed as trouble:
        _put_off(engine, [mail], trouble.what, clock())
        return replace(result, later=result.later + 1, trouble=trouble)
    result = replace(result, trouble=None)
    moment = clock()
    if reply.answer is Answer.TAKEN:
        with writing(engine) as session:
            mark_sent(session, mail.id, moment)
        return replace(result, sent=result.sent + 1)
    if reply.answer is Answer.LATER and mail.tries < MOST_TRIES:
        _put_off(engine, [mail], reply.text, moment)
        return replace(result, later=result.later + 1)
    with writing(engine) as session:
        mark_failed(session, mail.id, reply.text, now=moment, retry_at=None)
        if mail.kind == KIND and reply.answer is Answer.REFUSED:
            count_bounce(session, mail.recipient, mail.label, moment)
    return replace(result, refused=result.refused + 1)


def _put_off_rest(engine: Engine, trouble: MailFailed, now: datetime, moment: datetime) -> int:
    """How many more mails were due and now wait: trying each would only knock again and again."""
    with writing(engine) as session:
        mails = claim_mails(session, now, limit=AT_ONCE, ttl=moment - now + CLAIM)
    _put_off(engine, mails, trouble.what, moment)
    return len(mails)


def _put_off(engine: Engine, mails: Iterable[QueuedMail], why: str, moment: datetime) -> None:
    with writing(engine) as session:
        for mail in mails:
            retry_at = moment + wait_after(mail.tries)
            mark_failed(session, mail.id, why, now=moment, retry_at=retry_at)


def wait_after(tries: int) -> timedelta:
    """How long a mail waits after its first, second, … try: twice as long each time."""
    doubled = min(tries, 10) - 1
    return min(FIRST_WAIT * (1 << doubled), LONGEST_WAIT)


def _write(path: Path, content: bytes) -> Path:
    """The path, once the whole content is on the disk under that name."""
    opened, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(READABLE_BY_ALL)
        return draft.replace(path)
    except BaseException:
        draft.unlink()
        raise
