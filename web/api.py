"""The read-only interface for programs: about ten addresses below `/api/v1`.

Described by `openapi.json`. Lists go on by a cursor that stays right when communities are added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from domain.listing import PublicRecord
from presentation.facts import language_name, place_name, region_name
from presentation.records import Json, render_months, render_record
from presentation.topics import topics
from presentation.words import ACTIVITIES
from store import assessments, reviews
from store.public_records import list_records
from web.directory import revalidate
from web.evidence import build_history
from web.finding import EVERYTHING, NARROWING, Query, find_bits, read_query
from web.kept import Index
from web.merged import lead_on
from web.seeking import seek
from web.site import site

pages = Blueprint("api", __name__, url_prefix="/api/v1")
pages.before_request(lead_on)
pages.after_request(revalidate)
DEFAULT_LIMIT = 50
MOST = 100
EARLIER = 50
LONGEST_CURSOR = 12
KNOWN_FIELDS = frozenset({"q", "activity", "limit", "cursor", *NARROWING})


class Wrong(Exception):
    """A question that cannot be answered; the text says why."""


@pages.after_request
def open_to_all(response: Response) -> Response:
    """Lets scripts of other sites read, and keeps errors out of caches."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@pages.errorhandler(Wrong)
def say_wrong(wrong: Wrong) -> Response:
    """The reason as RFC 9457 has it."""
    return _problem(400, "This question cannot be answered", str(wrong))


def say_missing(error: HTTPException) -> Response:
    """A failure as RFC 9457 has it, instead of a page."""
    return _problem(error.code or 500, error.name, error.description or "")


for _code in (400, 404, 405, 500):
    # By number: the pages' own handlers would come before one for all.
    pages.register_error_handler(_code, say_missing)


@pages.get("/")
def index() -> Response:
    """Where to go from here."""
    names = ("communities", "topics", "languages", "regions", "platforms", "statistics")
    links = {name: f"{_root()}/{name}" for name in names}
    return _answer({**links, "description": f"{_root()}/openapi.json", "license": "CC0-1.0"})


@pages.get("/openapi.json")
def description() -> Response:
    """The description of all of this, in OpenAPI 3.1."""
    return Response(_description(), mimetype="application/json")


@pages.get("/communities")
def communities() -> Response:
    """The communities that a question asks for, in the order in which they were added."""
    unknown = sorted(set(request.args) - KNOWN_FIELDS)
    if unknown:
        raise Wrong(f"there is no field {unknown[0]!r}")
    query, limit, after = _read_question(request.args)
    here = site()
    with here.kept.opened(here.clock()) as (s, kept):
        sought = seek(s, kept, query)
        fitting = sorted(
            one.community_id for one in kept.all_of(find_bits(kept, sought.found, query))
        )
        left = [one for one in fitting if one > after]
        records = [render_record(one, here.public_url) for one in list_records(s, left[:limit])]
    following = _next(limit, left[limit - 1]) if len(left) > limit else None
    answer = _answer(
        {
            "total": len(fitting),
            "understood_as": sought.understood or None,
            "communities": records,
            "next": following,
        }
    )
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


@pages.get("/communities/<slug>")
def community(slug: str) -> Response:
    """One community with its facts."""
    here = site()
    with here.kept.opened(here.clock()) as (s, kept):
        return _answer(render_record(_load(s, kept, slug), here.public_url))


@pages.get("/communities/<slug>/activity")
def activity(slug: str) -> Response:
    """Its months: how many posts, and how much of each was seen."""
    here = site()
    with here.kept.opened(here.clock()) as (s, kept):
        months = render_months(_load(s, kept, slug))
    return _answer({"id": slug, "months": months})


@pages.get("/communities/<slug>/history")
def history(slug: str) -> Response:
    """What was said of it, and when, newest first."""
    here = site()
    with here.kept.opened(here.clock()) as (s, kept):
        number = _load(s, kept, slug).community.id
        judged = assessments.list_assessments(s, number, EARLIER)
        decided = reviews.list_decisions(s, number)
    lines = build_history(judged, decided)
    return _answer(
        {
            "id": slug,
            "history": [
                {"at": line.at.isoformat(), "what": line.what, "by": line.by} for line in lines
            ],
        }
    )


@pages.get("/topics")
def list_topics() -> Response:
    """The vocabulary of topics, with their names and counts."""
    counts = _count("topic")
    return _answer(
        {
            "topics": [
                {"id": topic.id, "names": dict(topic.names), "communities": counts.get(topic.id, 0)}
                for topic in topics().values()
            ]
        }
    )


@pages.get("/languages")
def list_languages() -> Response:
    """The languages of the communities."""
    return _answer({"languages": _name_all(_count("language"), language_name)})


@pages.get("/regions")
def list_regions() -> Response:
    """The regions of the communities."""
    return _answer({"regions": _name_all(_count("region"), region_name)})


@pages.get("/platforms")
def list_platforms() -> Response:
    """The kinds of place where they talk."""
    return _answer({"platforms": _name_all(_count("platform"), place_name)})


@pages.get("/statistics")
def statistics() -> Response:
    """How many there are, by what is said of them."""
    counts = _count("activity")
    by_activity = {kind: counts.get(kind, 0) for kind in ACTIVITIES}
    return _answer({"communities": sum(by_activity.values()), "by_activity": by_activity})


@pages.get("/<path:_rest>")
def nothing(_rest: str) -> Response:
    """There is no such address."""
    abort(404)


def _read_question(fields: Mapping[str, str]) -> tuple[Query, int, int]:
    """The question, how many are wanted, and after which.

    Raises: Wrong.
    """
    query = read_query({"activity": EVERYTHING, **fields})
    if fields.get("activity", EVERYTHING) != query.activity or not query.activity:
        raise Wrong(f"activity is one of {', '.join((*ACTIVITIES, EVERYTHING))}")
    return (
        query,
        _read_number(fields, "limit", DEFAULT_LIMIT, 1, MOST),
        _read_number(fields, "cursor", 0, 0, 10**LONGEST_CURSOR),
    )


def _read_number(fields: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    told = fields.get(name)
    if told is None:
        return default
    number = int(told) if told.isascii() and told.isdecimal() and len(told) <= 15 else -1
    if not least <= number <= most:
        raise Wrong(f"{name} is a whole number from {least} to {most}")
    return number


def _load(s: Session, kept: Index, slug: str) -> PublicRecord:
    number = kept.slugs.get(slug)
    record = next(list_records(s, [number]), None) if number is not None else None
    return record or abort(404, f"there is no community {slug!r}")


def _count(kind: str) -> dict[str, int]:
    here = site()
    with here.kept.opened(here.clock()) as (_, kept):
        return {
            value: (kept.inside & bits).bit_count()
            for value, bits in kept.bits.get(kind, {}).items()
        }


def _name_all(counts: Mapping[str, int], tell: object) -> list[Json]:
    assert callable(tell)
    return [
        {"id": value, "name": tell(value), "communities": number}
        for value, number in sorted(counts.items())
        if number
    ]


def _next(limit: int, last: int) -> str:
    fields = {name: value for name, value in request.args.items() if name in KNOWN_FIELDS}
    fields |= {"limit": str(limit), "cursor": str(last)}
    return f"{_root()}/communities?{urlencode(fields)}"


def _root() -> str:
    return f"{site().public_url}/api/v1"


def _answer(content: Json) -> Response:
    return Response(json.dumps(content, ensure_ascii=False) + "\n", mimetype="application/json")


def _problem(code: int, title: str, detail: str) -> Response:
    content = {"type": "about:blank", "title": title, "status": code, "detail": detail}
    return Response(
        json.dumps(content, ensure_ascii=False) + "\n",
        status=code,
        mimetype="application/problem+json",
    )


@cache
def _description() -> str:
    return (files("web") / "openapi.json").read_text(encoding="utf-8")
