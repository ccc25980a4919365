"""Looks at the addresses that strangers sent in, as a visit would: in the sandboxed fetcher."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from config.settings import Settings
from crawler.order import Probed
from crawler.run import CrawlDied
from domain.contribution import Contribution, Kind
from jobs.crawling import probe
from presentation.links import SIGNING_SECRET, page_proof
from store import contributions, users
from store.engine import reading, writing
from store.sources import load_community_by_id

AT_ONCE = 5
PROOF_FOR = timedelta(days=14)
FOUND = "the word stands on its page"
NOT_YET = "the word does not stand on its page yet"

Look = Callable[[Settings, str, str], Probed]


def look(settings: Settings, url: str, word: str = "") -> Probed:
    """What the address is, and whether the word stands there. Raises: CrawlDied, StorageFailed."""
    return probe(settings, url, word=word)


def look_at_sent(
    settings: Settings,
    engine: Engine,
    now: datetime,
    *,
    probing: Look = look,
) -> int:
    """How many addresses were looked at; what nobody confirmed for two weeks is thrown away.

    A community's page is asked for its proof once a day, for two weeks.

    Raises: StorageFailed.
    """
    with writing(engine) as s:
        contributions.forget_unconfirmed(s, now)
        secret = users.secret(s, SIGNING_SECRET)
    with reading(engine) as s:
        suggested = contributions.list_untried(s)
        claims = [
            one
            for one in contributions.list_waiting(s)
            if one.kind is Kind.CLAIM and _is_due(one, now)
        ]
    for one in suggested[:AT_ONCE]:
        _keep(engine, one, _draft(settings, one.content["url"], probing))
    for one in claims[:AT_ONCE]:
        _look_for_proof(settings, engine, one, now, secret=secret, probing=probing)
    return len(suggested[:AT_ONCE]) + len(claims[:AT_ONCE])


def _is_due(one: Contribution, now: datetime) -> bool:
    """True once a day while the proof is missing and not too much time has passed."""
    asked_on = one.content.get("draft_asked_on", "")
    fresh = one.confirmed_at is not None and now - one.confirmed_at <= PROOF_FOR
    return fresh and asked_on < now.date().isoformat() and one.content.get("draft_proof") != FOUND


def _draft(settings: Settings, url: str, probing: Look) -> dict[str, str]:
    """What our look found, as a curator reads it."""
    try:
        found = probing(settings, url, "")
    except CrawlDied as error:
        return {"outcome": "unparseable", "detail": error.what}
    newest = found.newest[0].at if found.newest else None
    draft = {
        "platform": str(found.platform or ""),
        "watch_url": found.watch_url,
        "title": found.title,
        "outcome": str(found.outcome),
        "detail": found.detail,
        "newest": newest.date().isoformat() if newest else "",
    }
    return {name: text for name, text in draft.items() if text}


def _look_for_proof(
    settings: Settings,
    engine: Engine,
    one: Contribution,
    now: datetime,
    *,
    secret: bytes,
    probing: Look,
) -> None:
    with reading(engine) as s:
        community = load_community_by_id(s, one.community_id) if one.community_id else None
    said = NOT_YET
    if community is not None and community.url:
        try:
            if probing(settings, community.url, page_proof(secret, one.reference)).has_word:
                said = FOUND
        except CrawlDied:
            said = NOT_YET
    _keep(engine, one, {"proof": said, "asked_on": now.date().isoformat()})


def _keep(engine: Engine, one: Contribution, draft: dict[str, str]) -> None:
    with writing(engine) as s:
        contributions.note_draft(s, one.id, draft)
