"""People and communities taken out for good, and keys changed; what was kept on disk goes too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from config import Settings
from crawler.formats.people import read_author
from crawler.kept import Purged, list_files, remove_file
from crawler.settings import folder_owner
from domain.errors import UsageError
from presentation.links import SIGNING_SECRET
from store.engine import writing
from store.forgetting import forget_address, forget_community, forget_writer
from store.keys import change_key, change_secret, check_unread
from store.sources import list_communities, load_community


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was taken out: rows of each table, posts that lost their writer, kept answers."""

    rows: Mapping[str, int]
    posts: int
    answers: Purged


def forget_person(engine: Engine, settings: Settings, text: str) -> Forgotten:
    """What was taken out of one person, given by an address, or by the name an archive shows.

    The kept answers of every source go too: nobody can tell in which of them the person stands.

    Raises: UsageError.
    """
    writer = read_author(text)
    if writer is None:
        raise UsageError("is neither an address nor a name", to_do="write it as the archive does")
    with writing(engine) as session:
        posts = forget_writer(session, writer)
        rows = forget_address(session, text) if "@" in text else {}
    return Forgotten(rows=rows, posts=posts, answers=_drop_answers(settings))


def forget_all_of(engine: Engine, settings: Settings, slug: str, now: datetime) -> Forgotten:
    """What was taken out of a community: everything, but what past weekly reports counted.

    Raises: UsageError when there is no such community, or it is being read.
    """
    with writing(engine) as session:
        community = load_community(session, slug)
        if community is None:
            raise UsageError("there is no such community", where=slug, to_do="see: rollcall status")
        check_unread(session, community.id, owner=folder_owner(settings), now=now)
        rows = forget_community(session, community.id)
    return Forgotten(rows=rows, posts=rows.get("posts", 0), answers=_drop_answers(settings))


def change_keys(engine: Engine, settings: Settings, now: datetime, slug: str = "") -> int:
    """How many posts stand under new keys of their communities, of one or of all.

    Each community is changed wholly or not at all.

    Raises: UsageError.
    """
    with writing(engine) as session:
        chosen = [one for one in list_communities(session) if slug in ("", one.slug)]
    if slug and not chosen:
        raise UsageError("there is no such community", where=slug, to_do="see: rollcall status")
    changed = 0
    for community in chosen:
        with writing(engine) as session:
            owner = folder_owner(settings)
            changed += change_key(session, community.id, owner=owner, now=now)
    return changed


def change_web_key(engine: Engine) -> None:
    """Ends every session and every signed address that stands in a mail."""
    with writing(engine) as session:
        change_secret(session, SIGNING_SECRET)


def _drop_answers(settings: Settings) -> Purged:
    sizes = [remove_file(path) for path in list_files(settings.raw_folder)]
    return Purged(files=len(sizes), bytes=sum(sizes))
