"""The public rooms: the list, a community's page, why its word is what it is, and how we look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from domain.outcome import Assessment, Decision
from domain.published import DirectoryEntry
from presentation.words import month_words, status_words
from store import assessments, directory, reviews
from store.engine import reading
from web.evidence import (
    HistoryLine,
    build_chances,
    build_change,
    build_facts,
    build_history,
    build_proofs,
    build_reasons,
    write_basis,
)
from web.finding import EVERYTHING, FoundPage, Query, find_page, read_query
from web.site import site

pages = Blueprint("directory", __name__)
EARLIER = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The addresses around a page of the list; empty where there is nothing to go to."""

    previous_url: str
    next_url: str
    hidden_url: str


@pages.get("/")
def index() -> str:
    """The directory: 25 entries, and a form to find others."""
    here = site()
    query = read_query(request.args)
    page = find_page(here.kept.list_entries(here.clock()), query)
    return render_template("directory.html", page=page, query=query, around=_around(page, query))


@pages.get("/c/<slug>")
def community(slug: str) -> str:
    """One community: its word, how to join, its bars, and how sure we are."""
    entry = _load(slug)
    return render_template(
        "community.html",
        entry=entry,
        words=status_words(entry),
        month_words=month_words(entry.months),
        facts=build_facts(entry),
        proofs=build_proofs(entry),
        contact_url=site().contact_url,
    )


@pages.get("/c/<slug>/why")
def why(slug: str) -> str:
    """The reasons behind the word, what would change it, and what was said earlier."""
    entry = _load(slug)
    history = _load_history(entry)
    return render_template(
        "why.html",
        entry=entry,
        words=status_words(entry),
        basis=write_basis(entry),
        reasons=build_reasons(entry),
        change=build_change(entry),
        chances=build_chances(entry.assessment),
        month_words=month_words(entry.months),
        history=history,
    )


@pages.get("/how")
def how() -> str:
    """What we read, what we never store, and how to opt out."""
    here = site()
    return render_template(
        "how.html", contact_url=here.contact_url, agent=here.agent, raw_days=here.raw_days
    )


@pages.after_request
def revalidate(response: Response) -> Response:
    """Lets browsers keep a page and ask whether it changed: then only headers travel."""
    if response.status_code == 200:
        response.headers["Cache-Control"] = "public, no-cache"
        response.add_etag()
        response.make_conditional(request)
    return response


def _load(slug: str) -> DirectoryEntry:
    here = site()
    with reading(here.engine) as s:
        entry = directory.load_entry(s, slug, here.clock())
    if entry is None:
        abort(404)
    return entry


def _load_history(entry: DirectoryEntry) -> tuple[HistoryLine, ...]:
    community_id = entry.community.id
    with reading(site().engine) as s:
        judged: list[Assessment] = assessments.list_assessments(s, community_id, EARLIER)
        decided: list[Decision] = reviews.list_decisions(s, community_id)
    return build_history(judged, decided)


def _around(page: FoundPage, query: Query) -> Around:
    def address(other: Query) -> str:
        fields = urlencode(other.fields)
        return url_for("directory.index") + (f"?{fields}" if fields else "")

    number = page.number
    return Around(
        previous_url=address(replace(query, page=number - 1)) if number > 1 else "",
        next_url=address(replace(query, page=number + 1)) if number < page.count else "",
        hidden_url=address(replace(query, activity=EVERYTHING, page=1)) if page.hidden else "",
    )
