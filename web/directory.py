"""The public rooms: the list, a community's page, why its word is what it is, and how we look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from domain.outcome import Assessment, Decision
from domain.published import DirectoryEntry
from presentation.attestations import attested_words
from presentation.records import build_linked
from presentation.words import month_words, status_words
from store import assessments, directory, listings, reviews
from store.engine import reading
from store.public_records import list_records
from web.evidence import (
    HistoryLine,
    build_chances,
    build_change,
    build_facts,
    build_history,
    build_proofs,
    build_reasons,
    number_evidence,
    write_basis,
)
from web.finding import EVERYTHING, PER_PAGE, FoundPage, Query, find_page, read_query
from web.kept import Bits, Index
from web.neighbours import find_around
from web.site import site

pages = Blueprint("directory", __name__)
EARLIER = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The addresses around a page of the list; empty where there is nothing to go to."""

    previous_url: str
    next_url: str
    hidden_url: str
    guess_url: str


@pages.get("/")
def index() -> str:
    """The directory: 25 entries, and a form to find others."""
    here = site()
    query = read_query(request.args)
    with here.kept.opened(here.clock()) as (s, kept):
        sought = kept.of(listings.find_words(s, query.words)) if query.words else 0
        page = find_page(kept, sought, query)
        lines = listings.load_listings(s, (one.community_id for one in page.found))
    return render_template(
        "directory.html", page=page, lines=lines, query=query, around=_around(page, query)
    )


@pages.get("/ended")
def ended() -> str:
    """The communities that closed or moved: their archives stay useful, and so do their names."""
    return _show_group(
        "Closed and moved",
        "Nothing is taken off this directory. These communities have ended or gone elsewhere; "
        "what they wrote may still be there to read.",
        lambda index: (
            index.inside & (index.having("activity", "closed") | index.having("activity", "moved"))
        ),
    )


@pages.get("/outside")
def outside() -> str:
    """What people might look for here, and why it is not in the directory proper."""
    return _show_group(
        "Known, but not listed",
        "The directory lists communities that people may join for nothing. These are examples of "
        "what stays outside: for paying members, for the staff of one organisation, for "
        "organisations only, or not about our subject.",
        lambda index: index.outside,
    )


def _show_group(heading: str, explained: str, choose: Callable[[Index], Bits]) -> str:
    here = site()
    page = read_query(request.args).page
    with here.kept.opened(here.clock()) as (s, kept):
        chosen = choose(kept)
        last = max(1, -(-chosen.bit_count() // PER_PAGE))
        number = min(page, last)
        found = kept.pick(chosen, (number - 1) * PER_PAGE, PER_PAGE)
        lines = listings.load_listings(s, (one.community_id for one in found))
    return render_template(
        "group.html",
        heading=heading,
        explained=explained,
        lines=lines,
        total=chosen.bit_count(),
        number=number,
        last=last,
    )


@pages.get("/c/<slug>")
def community(slug: str) -> str:
    """One community: its word, how to join, its bars, and how sure we are."""
    here = site()
    entry = _load(slug)
    with here.kept.opened(here.clock()) as (s, kept):
        around = find_around(kept, entry.community)
        record = next(list_records(s, [entry.community.id]), None)
    return render_template(
        "community.html",
        entry=entry,
        around=around,
        linked=build_linked(record, here.public_url) if record else {},
        evidence=number_evidence(entry.community),
        words=status_words(entry),
        month_words=month_words(entry.months),
        facts=build_facts(entry),
        proofs=build_proofs(entry),
        contact_url=site().contact_url,
        seen=attested_words(entry.attestation, site().clock()) if entry.attestation else None,
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
        guess_url=address(replace(query, q=page.guess, page=1)) if page.guess else "",
    )
