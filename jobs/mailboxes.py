"""Reads the subscribed mailboxes: one sign-in serves every list that is watched there.

No subprocess and no Scrapy: a mailbox is the operator's own, so there are no manners to keep.
Posts are saved as they come; how far was read, and which time was seen, only when the whole
mailbox was, so that a reading that was cut off is made again and counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine

from config import Settings
from crawler.mailbox.sight import Sighting, Sign, read_sighting
from crawler.redact import redact_page
from crawler.settings import folder_owner
from domain.errors import UsageError
from domain.records import Mark, Page, Platform, Source
from domain.window import Coverage, CoverageKind
from jobs.crawling import CrawlListener
from jobs.mailbox_visits import MailboxRun, MailboxVisit, find_mark, name_last_mail
from store.engine import writing
from store.posts import community_key, save_page
from store.sources import claim_due, list_marks, list_sources, release

Clock = Callable[[], datetime]
MAILBOX = (Platform.MAILBOX.value,)
CLAIM_GRACE = timedelta(minutes=10)


def read_mailboxes(
    engine: Engine,
    settings: Settings,
    clock: Clock,
    listener: CrawlListener,
    *,
    only: Sequence[str] = (),
    force: bool = False,
) -> MailboxRun:
    """What came of reading every mailbox with a due source (or one named by `only`).

    All lists of a mailbox are read together, due or not. `force` reads every mailbox of the
    settings, also one that no source is bound to.

    Raises: StorageFailed.
    """
    owner = folder_owner(settings)
    sources = _claim(engine, settings, clock(), owner=owner, only=only, force=force)
    boxes = {_box_of(source, settings) for source in sources}
    if force and not only:
        boxes |= settings.mailboxes.keys()
    run = MailboxRun()
    if not boxes:
        return run
    listener.started(sources)
    left = {source.id: source for source in sources}
    try:
        for name in sorted(boxes):
            own = [source for source in sources if _box_of(source, settings) == name]
            visit = MailboxVisit(engine, settings, clock, listener, run)
            visit.read(name, settings.mailboxes.get(name), own)
            for source in own:
                left.pop(source.id)
    finally:
        with writing(engine) as session:
            for source in left.values():
                due_at = clock()
                release(session, source.id, owner=owner, due_at=due_at, failures=source.failures)
    return run


def confirm_subscription(engine: Engine, settings: Settings, source: Source, now: datetime) -> None:
    """Nothing; a person has looked: the address is subscribed, and has been since its last mail.

    Raises: UsageError, for a source that is no mailbox, or of which no mail ever came.
    """
    name = name_last_mail(_box_of(source, settings))
    with writing(engine) as session:
        before = read_sighting(find_mark(list_marks(session, source.id), name))
        if before is None or before.sign is Sign.LEFT:
            raise UsageError(
                "there is no mail of this list to go on from",
                where=source.name,
                to_do="subscribe the address again and wait for its first mail",
            )
        seen = Coverage(start=before.at, end=now, kind=CoverageKind.COMPLETE)
        mark = Mark(name=name, label=Sighting(at=now, sign=Sign.SERVICE).write())
        key = community_key(session, source.id)
        page = redact_page(Page(coverage=(seen,), marks=(mark,)), key, now=now)
        save_page(session, source.id, page, now=now)


def _claim(
    engine: Engine,
    settings: Settings,
    now: datetime,
    *,
    owner: str,
    only: Sequence[str],
    force: bool,
) -> list[Source]:
    """The sources to read now: those that are due, and all others of the same mailboxes."""
    ttl = timedelta(seconds=settings.crawl.visit_seconds) + CLAIM_GRACE
    with writing(engine) as session:
        claimed = claim_due(
            session, owner=owner, now=now, ttl=ttl, only=only, force=force, platforms=MAILBOX
        )
        if only or not claimed:
            return claimed
        boxes = {_box_of(source, settings) for source in claimed}
        taken = {source.id for source in claimed}
        beside = [
            source.name
            for source in list_sources(session)
            if source.platform is Platform.MAILBOX
            and source.id not in taken
            and _box_of(source, settings) in boxes
        ]
        if beside:
            claimed += claim_due(
                session, owner=owner, now=now, ttl=ttl, only=beside, platforms=MAILBOX
            )
        return claimed


def _box_of(source: Source, settings: Settings) -> str:
    """The name of the source's mailbox; one that names none has the only one there is."""
    if source.mailbox or len(settings.mailboxes) != 1:
        return source.mailbox
    return next(iter(settings.mailboxes))
