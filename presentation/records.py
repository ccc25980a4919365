"""A community's public record, for machines: as JSON, as rows of tables, and as linked data.

Nothing here names a person: no owner's address, no writer, no subject.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.listing import PublicRecord
from domain.records import Membership, Source
from presentation.facts import PLACES
from presentation.i18n import ENGLISH
from presentation.listing import bars_of
from presentation.topics import topic_name
from presentation.words import ACTIVITIES

Json = dict[str, object]
WEB = ("https://", "http://")

COLUMNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "communities": (
        ("id", "string", "Its name in addresses; it never changes."),
        ("name", "string", "Its own name, in its own language."),
        ("status", "string", f"One of: {', '.join(ACTIVITIES)}."),
        ("status_text", "string", "The status in words, with the date or number behind it."),
        ("last_post_on", "date", "The day of the last post seen; empty where none was."),
        ("last_checked_on", "date", "The day of the last look that saw."),
        ("posts_per_month", "number", "Median of the last year's wholly seen months."),
        ("homepage", "string", "Where it presents itself."),
        ("description", "string", "What it is, in our words."),
        ("host", "string", "Who runs it."),
        ("founded", "integer", "The year it began."),
        ("topics", "string", "Ids of topics, separated by spaces."),
        ("languages", "string", "BCP 47 tags, separated by spaces."),
        ("regions", "string", "Names of regions, separated by semicolons."),
        ("membership", "string", "open, approval, staff-only, paid or unknown."),
        ("observable", "string", "How it can be seen: crawl, mailbox, no or unknown."),
        ("listed", "boolean", "False for what is kept as an example of what stays outside."),
        ("follows", "string", "Id of the community that it grew out of."),
        ("followed_by", "string", "Id of the community that took its place."),
        ("added_on", "date", "Since when it is in this directory."),
    ),
    "sources": (
        ("community", "string", "Id of the community."),
        ("url", "string", "An address at which it can be observed."),
        ("platform", "string", "The software there."),
        ("kind", "string", "The kind of place: list, forum, chat, feed and so on."),
    ),
    "months": (
        ("community", "string", "Id of the community."),
        ("month", "yearmonth", "The month, in UTC."),
        ("posts", "integer", "Posts counted; empty where nothing of the month was seen."),
        ("seen_share", "number", "The part of the month that was wholly seen, 0 to 1."),
    ),
    "evidence": (
        ("community", "string", "Id of the community."),
        ("url", "string", "A page that shows facts."),
        ("supports", "string", "Which facts, separated by spaces."),
    ),
}


def render_record(record: PublicRecord, public_url: str) -> Json:
    """The record as JSON."""
    community, facts = record.community, record.listing.facts
    words = record.listing.words[ENGLISH]
    return {
        "id": community.slug,
        "name": community.name,
        "page": f"{public_url}/c/{community.slug}",
        "homepage": community.url or None,
        "description": community.description or None,
        "host": community.host or None,
        "founded": community.founded,
        "topics": list(community.topics),
        "languages": list(community.languages),
        "regions": list(community.regions),
        "membership": community.membership.value,
        "observable": community.observable,
        "listed": not facts.outside,
        "status": {
            "word": facts.activity,
            "label": words.word,
            "text": _line(words.word, words.rest),
            "beside": list(words.markers),
        },
        "last_post_on": _day(facts.last_post_at),
        "last_checked_on": _day(facts.checked_at),
        "posts_per_month": facts.posts_per_month,
        "sources": [_render_source(source) for source in _open(record.sources)],
        "follows": community.follows or None,
        "followed_by": community.followed_by or None,
        "evidence": [
            {"url": link.url, "supports": list(link.supports)} for link in community.evidence
        ],
        "added_on": _day(community.added_at),
    }


def render_months(record: PublicRecord) -> list[Json]:
    """The months of a record, oldest first; `posts` is null where nothing was seen."""
    return [
        {
            "month": str(bar.month),
            "posts": bar.posts,
            "seen_share": round(bar.seen_share, 3),
        }
        for bar in bars_of(record.listing)
    ]


def list_rows(table: str, record: PublicRecord) -> Iterator[tuple[object, ...]]:
    """The record's rows of one of the tables of `COLUMNS`."""
    slug = record.community.slug
    match table:
        case "communities":
            yield _community_row(record)
        case "sources":
            for source in _open(record.sources):
                yield slug, source.url, source.platform.value, PLACES[source.platform]
        case "months":
            for bar in bars_of(record.listing):
                yield slug, str(bar.month), bar.posts, round(bar.seen_share, 3)
        case _:
            for link in record.community.evidence:
                yield slug, link.url, " ".join(link.supports)


def build_package(title: str, public_url: str, made_at: datetime) -> Json:
    """The data package's description: each table with its columns (Frictionless)."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "communities",
        "title": title,
        "homepage": public_url,
        "created": made_at.isoformat(),
        "licenses": [
            {
                "name": "CC0-1.0",
                "path": "https://creativecommons.org/publicdomain/zero/1.0/",
                "title": "CC0 1.0 Universal",
            }
        ],
        "resources": [_describe_table(name) for name in COLUMNS],
    }


def build_linked(record: PublicRecord, public_url: str) -> Json:
    """The community as schema.org's Organization, with how to join it."""
    community = record.community
    found: Json = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "@id": f"{public_url}/c/{community.slug}",
        "name": community.name,
        "description": community.description,
        "url": community.url,
        "foundingDate": str(community.founded or ""),
        "knowsAbout": [topic_name(topic) for topic in community.topics],
        "knowsLanguage": list(community.languages),
        "areaServed": list(community.regions),
        "parentOrganization": (
            {"@type": "Organization", "name": community.host} if community.host else ""
        ),
    }
    if community.url and community.membership in (Membership.OPEN, Membership.APPROVAL):
        found["potentialAction"] = {"@type": "JoinAction", "target": community.url}
    return {name: value for name, value in found.items() if value}


def build_catalogue(title: str, public_url: str) -> Json:
    """The site as schema.org's DataCatalog with its one Dataset."""
    files = {
        "communities.csv": "text/csv",
        "communities.json": "application/json",
        "dump.zip": "application/zip",
    }
    return {
        "@context": "https://schema.org",
        "@type": "DataCatalog",
        "name": title,
        "url": public_url,
        "dataset": {
            "@type": "Dataset",
            "name": title,
            "description": "Communities of practice: what each is, and whether it still talks.",
            "license": "https://creativecommons.org/publicdomain/zero/1.0/",
            "distribution": [
                {
                    "@type": "DataDownload",
                    "encodingFormat": kind,
                    "contentUrl": f"{public_url}/data/{name}",
                }
                for name, kind in files.items()
            ],
        },
    }


def _community_row(record: PublicRecord) -> tuple[object, ...]:
    community, facts = record.community, record.listing.facts
    words = record.listing.words[ENGLISH]
    return (
        community.slug,
        community.name,
        facts.activity,
        _line(words.word, words.rest),
        _day(facts.last_post_at),
        _day(facts.checked_at),
        facts.posts_per_month,
        community.url,
        community.description,
        community.host,
        community.founded,
        " ".join(community.topics),
        " ".join(community.languages),
        "; ".join(community.regions),
        community.membership.value,
        community.observable,
        "false" if facts.outside else "true",
        community.follows,
        community.followed_by,
        _day(community.added_at),
    )


def _describe_table(name: str) -> Json:
    fields = [
        {"name": column, "type": kind, "description": told} for column, kind, told in COLUMNS[name]
    ]
    schema: Json = {"fields": fields, "missingValues": [""]}
    if name == "communities":
        schema["primaryKey"] = ["id"]
    else:
        schema["foreignKeys"] = [
            {"fields": ["community"], "reference": {"resource": "communities", "fields": ["id"]}}
        ]
    return {
        "name": name,
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _open(sources: Sequence[Source]) -> Iterator[Source]:
    """The sources that a browser may open: a subscribed mailbox is nobody's business."""
    return (source for source in sources if source.url.startswith(WEB))


def _render_source(source: Source) -> Json:
    return {
        "url": source.url,
        "platform": source.platform.value,
        "kind": PLACES[source.platform],
    }


def _line(word: str, rest: str) -> str:
    return f"{word} – {rest}" if rest else word


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None
