"""The data to take away: tables, one file of everything, feeds for a reader, and badges."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from flask import Blueprint, Response, abort, url_for
from sqlalchemy.orm import Session

from domain.listing import Listing, PublicRecord
from domain.plain_text import clean_text, defuse_cell
from domain.records import Platform
from presentation.badges import Badge, build_badge, render_badge
from presentation.dates import format_day
from presentation.i18n import say
from presentation.records import (
    COLUMNS,
    build_catalogue,
    build_package,
    list_rows,
    render_record,
)
from store import listings
from store.public_records import list_records
from web.directory import revalidate
from web.kept import Index
from web.language import asked_locale
from web.merged import lead_on
from web.site import EMBED_POLICY, render_in, site

pages = Blueprint("data", __name__)
pages.before_request(lead_on)
pages.after_request(revalidate)
CSV = "text/csv; charset=utf-8"
JSON = "application/json"


@pages.after_request
def open_to_all(response: Response) -> Response:
    """Lets scripts of other sites read the data."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@pages.get("/data")
def about() -> str:
    """What there is to take, and under which terms."""
    here = site()
    return render_in(
        asked_locale(),
        "data.html",
        tables=COLUMNS,
        linked=build_catalogue(here.name, here.public_url),
    )


@pages.get("/data/<name>.csv")
def table(name: str) -> Response:
    """One table of the whole directory."""
    if name not in COLUMNS:
        abort(404)
    return Response(_write_tables([name])[name], mimetype="text/csv", content_type=CSV)


@pages.get("/data/communities.json")
def communities() -> Response:
    """Every community with its facts, for programs."""
    here = site()
    with here.kept.opened(here.clock()) as (s, kept):
        records = [render_record(one, here.public_url) for one in _all(s, kept)]
    return Response(_dump({"license": "CC0-1.0", "communities": records}), mimetype=JSON)


@pages.get("/data/datapackage.json")
def package() -> Response:
    """What the tables are and what stands in their columns."""
    here = site()
    made = build_package(here.name, here.public_url, here.clock())
    made.pop("created")
    return Response(_dump(made), mimetype=JSON)


@pages.get("/data/dump.zip")
def dump() -> Response:
    """All tables and their description in one file."""
    here = site()
    packed = io.BytesIO()
    described = build_package(here.name, here.public_url, here.clock())
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("datapackage.json", _dump(described))
        for name, content in _write_tables(list(COLUMNS)).items():
            file.writestr(f"{name}.csv", content)
    return Response(
        packed.getvalue(),
        mimetype="application/zip",
        headers={"Content-Disposition": 'attachment; filename="communities.zip"'},
    )


@pages.get("/data/feeds.opml")
def feeds() -> Response:
    """The communities' own feeds, for a feed reader."""
    here = site()
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = clean_text(here.name)
    body = ET.SubElement(root, "body")
    with here.kept.opened(here.clock()) as (s, kept):
        for record in _all(s, kept):
            _add_feeds(body, record)
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(text, mimetype="text/x-opml")


@pages.get("/c/<slug>/badge.svg")
def badge_svg(slug: str) -> Response:
    """The badge as a picture."""
    return Response(render_badge(_load_badge(slug)), mimetype="image/svg+xml")


@pages.get("/c/<slug>/badge.json")
def badge_json(slug: str) -> Response:
    """What the badge says, for programs."""
    badge = _load_badge(slug)
    content = {
        "label": badge.label,
        "message": badge.message,
        "colour": badge.colour,
        "stale": badge.stale,
    }
    return Response(_dump(content), mimetype=JSON)


@pages.get("/c/<slug>/badge-shields.json")
def badge_shields(slug: str) -> Response:
    """The badge in the form that shields.io draws from an address."""
    badge = _load_badge(slug)
    content = {
        "schemaVersion": 1,
        "label": badge.label,
        "message": badge.message,
        "color": badge.colour.lstrip("#"),
    }
    return Response(_dump(content), mimetype=JSON)


@pages.get("/c/<slug>/badge")
def badge_page(slug: str) -> str:
    """The badge, and what to copy to show it elsewhere."""
    here = site()
    now = here.clock()
    with here.kept.opened(now) as (s, kept):
        line = load_line(s, kept, slug)
    return render_in(
        asked_locale(),
        "badge.html",
        line=line,
        badge=build_badge(line, now, asked_locale()),
        root=f"{here.public_url}/{asked_locale()}/c/{line.facts.slug}",
    )


@pages.get("/c/<slug>/embed")
def embed(slug: str) -> Response:
    """A community's line for a frame on another site: its word, its date, our last look."""
    here, locale = site(), asked_locale()
    with here.kept.opened(here.clock()) as (s, kept):
        line = load_line(s, kept, slug)
    checked = line.facts.checked_at
    page = render_in(
        locale,
        "embed.html",
        line=line,
        words=line.words.get(locale, line.words["en"]),
        root=url_for("directory.community", slug=slug),
        checked=(
            say("Last checked {day}.", locale, day=format_day(checked, locale)) if checked else ""
        ),
    )
    return Response(page, headers={"Content-Security-Policy": EMBED_POLICY})


def load_line(s: Session, kept: Index, slug: str) -> Listing:
    """The line of the community with that slug; there is no page without one."""
    number = kept.slugs.get(slug)
    found = listings.load_listings(s, [number]) if number is not None else []
    if not found:
        abort(404)
    return found[0]


def _load_badge(slug: str) -> Badge:
    here = site()
    now = here.clock()
    with here.kept.opened(now) as (s, kept):
        return build_badge(load_line(s, kept, slug), now, asked_locale())


def _all(s: Session, kept: Index) -> Iterator[PublicRecord]:
    return list_records(s, sorted(kept.positions))


def _write_tables(names: list[str]) -> dict[str, str]:
    here = site()
    files = {name: io.StringIO() for name in names}
    writers = {name: csv.writer(file, lineterminator="\r\n") for name, file in files.items()}
    for name, writer in writers.items():
        writer.writerow(column for column, _, _ in COLUMNS[name])
    with here.kept.opened(here.clock()) as (s, kept):
        for record in _all(s, kept):
            for name, writer in writers.items():
                writer.writerows(
                    [defuse_cell(cell) for cell in row] for row in list_rows(name, record)
                )
    return {name: file.getvalue() for name, file in files.items()}


def _add_feeds(body: ET.Element, record: PublicRecord) -> None:
    for source in record.sources:
        if source.platform is Platform.FEED:
            outline = {
                "type": "rss",
                "text": clean_text(record.community.name),
                "xmlUrl": source.url,
            }
            if record.community.url:
                outline["htmlUrl"] = record.community.url
            ET.SubElement(body, "outline", outline)


def _dump(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
