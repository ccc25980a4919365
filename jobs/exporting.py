"""Everything out as open files, and in again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

from sqlalchemy import Engine

from domain.errors import UsageError
from domain.plain_text import clean_text
from domain.records import Community, Platform, Source
from store.backups import storage_trouble
from store.engine import SCHEMA, reading, writing
from store.open_files import CARD, Form, read_tables, write_tables
from store.sources import list_communities, list_sources
from store.transfer import empty_tables, go_on_counting
from store.users import list_users

AGAIN = "export again, with --complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written or read: how many rows of each table, and whether nothing was left out."""

    folder: Path
    complete: bool
    counts: Mapping[str, int]


def export_everything(
    engine: Engine, folder: Path, form: Form, *, complete: bool, now: datetime
) -> Exported:
    """What now lies in a new folder: a file a table, and `export.json`, which says what it is.

    Raises: UsageError when the folder is there already, StorageFailed.
    """
    with storage_trouble(folder):
        if folder.exists():
            raise UsageError("is there already", where=str(folder), to_do="name another folder")
        folder.mkdir(mode=0o700, parents=True)
        with reading(engine) as session:
            counts = write_tables(session.connection(), folder, form, complete=complete)
        card = {
            "made_at": now.isoformat(),
            "program": version("rollcall"),
            "schema": SCHEMA,
            "format": form,
            "complete": complete,
            "rows": counts,
        }
        # Last, so that a folder with a card is a whole one.
        text = json.dumps(card, indent=2) + "\n"
        (folder / CARD).write_text(text, encoding="utf-8")
    return Exported(folder=folder, complete=complete, counts=counts)


def import_everything(engine: Engine, folder: Path) -> Exported:
    """What was read from a complete export into an empty database: all of it or nothing.

    Raises: UsageError.
    """
    counts = _read_card(folder)
    with writing(engine) as session:
        if list_communities(session) or list_users(session):
            raise UsageError(
                "there are communities or users already; an export is read into an empty database",
                to_do="name a new folder with --data, after `rollcall init` there",
            )
        connection = session.connection()
        empty_tables(connection)
        done = read_tables(connection, folder, counts)
        go_on_counting(connection)
    return Exported(folder=folder, complete=True, counts=done)


def _read_card(folder: Path) -> Mapping[str, int]:
    file = folder / CARD
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
        form, complete, schema = Form(card["format"]), bool(card["complete"]), str(card["schema"])
        counts = {str(name): int(rows) for name, rows in card["rows"].items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise UsageError(
            "is no export of Rollcall, or not a whole one", where=str(folder), to_do=AGAIN
        ) from error
    if form is not Form.JSON or not complete:
        raise UsageError(
            "only a complete export in JSON can be read again: another holds no keys, so that new"
            " posts could not be told from old ones",
            where=str(folder),
            to_do=AGAIN,
        )
    if schema != SCHEMA:
        raise UsageError(
            f"it has schema {schema}, this program {SCHEMA}",
            where=str(folder),
            to_do="export and import with the same version, then run: rollcall upgrade",
        )
    return counts


def render_opml(engine: Engine, title: str) -> str:
    """The sources as an outline: feeds to subscribe to, other archives as links."""
    with reading(engine) as session:
        communities, sources = list_communities(session), list_sources(session)
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = clean_text(title)
    body = ET.SubElement(root, "body")
    for community in communities:
        _add_outline(body, community, [s for s in sources if s.community_id == community.id])
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode", xml_declaration=True)
    return text + "\n"


def _add_outline(body: ET.Element, community: Community, sources: list[Source]) -> None:
    if not sources:
        return
    outline = ET.SubElement(body, "outline", text=clean_text(community.name))
    for source in sources:
        if source.platform is Platform.FEED:
            own: dict[str, str] = {"type": "rss", "xmlUrl": source.url}
        elif source.url.startswith(("http://", "https://")):
            own = {"type": "link", "url": source.url}
        else:
            continue
        ET.SubElement(outline, "outline", {"text": clean_text(source.name), **own})
