"""The public rooms: the list, a community's page, why its word is what it is, and how we look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, abort, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from domain.contribution import Kind
from domain.listing import Listing, PublicRecord
from domain.outcome import Assessment, Decision
from domain.published import DirectoryEntry
from presentation.attestations import attested_words
from presentation.i18n import say
from presentation.months import month_words
from presentation.records import build_linked
from presentation.words import status_words
from store import assessments, contributions, directory, edits, listings, reviews
from store.edits import RecordEdit
from store.engine import reading
from web.differences import Difference, list_differences
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
from web.language import asked_locale
from web.merged import lead_on
from web.neighbours import find_around
from web.seeking import seek
from web.site import render_in, site

pages = Blueprint("directory", __name__)
pages.before_request(lead_on)
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
    query, locale = read_query(request.args), asked_locale()
    with here.kept.opened(here.clock()) as (s, kept):
        sought = seek(s, kept, query)
        page = find_page(kept, sought.found, query, locale)
        lines = listings.load_listings(s, (one.community_id for one in page.found))
    return render_in(
        locale,
        "directory.html",
        page=page,
        lines=lines,
        query=query,
        understood=sought.understood,
        around=_around(page, query),
    )


@pages.get("/ended")
def ended() -> str:
    """The communities that closed or moved: their archives stay useful, and so do their names."""
    return _show_group(
        say("Closed and moved", asked_locale()),
        say(
            "Nothing is taken off this directory. These communities have ended or gone elsewhere; "
            "what they wrote may still be there to read.",
            asked_locale(),
        ),
        lambda index: (
            index.inside & (index.having("activity", "closed") | index.having("activity", "moved"))
        ),
    )


@pages.get("/outside")
def outside() -> str:
    """What people might look for here, and why it is not in the directory proper."""
    return _show_group(
        say("Known, but not listed", asked_locale()),
        say(
            "The directory lists communities that people may join for nothing. These are examples "
            "of what stays outside: for paying members, for the staff of one organisation, for "
            "organisations only, or not about our subject.",
            asked_locale(),
        ),
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
    return render_in(
        asked_locale(),
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
    locale = asked_locale()
    with here.kept.opened(here.clock()) as (s, kept):
        entry = _load(s, slug)
        around = find_around(kept, entry.community)
        listing = next(iter(listings.load_listings(s, [entry.community.id])), None)
        reply = contributions.last_accepted(s, entry.community.id, {Kind.REPLY})
    return render_in(
        locale,
        "community.html",
        entry=entry,
        around=around,
        reply=reply,
        linked=_link(entry, listing) if listing else {},
        evidence=number_evidence(entry.community, locale),
        words=status_words(entry, locale),
        month_words=month_words(entry.months, locale),
        facts=build_facts(entry, locale),
        proofs=build_proofs(entry, locale),
        seen=(
            attested_words(entry.attestation, here.clock(), locale=locale)
            if entry.attestation
            else None
        ),
    )


@pages.get("/c/<slug>/why")
def why(slug: str) -> str:
    """The reasons behind the word, what would change it, and what was said earlier."""
    locale = asked_locale()
    with reading(site().engine) as s:
        entry = _load(s, slug)
        history = _load_history(s, entry, locale)
        changed = _load_changes(s, entry)
    return render_in(
        locale,
        "why.html",
        entry=entry,
        words=status_words(entry, locale),
        basis=write_basis(entry, locale),
        reasons=build_reasons(entry, locale),
        change=build_change(entry, locale),
        chances=build_chances(entry.assessment, locale),
        month_words=month_words(entry.months, locale),
        history=history,
        changed=changed,
    )


@pages.get("/how")
def how() -> str:
    """What we read, what we never store, and how to opt out."""
    here = site()
    return render_in(
        asked_locale(),
        "how.html",
        contact_url=here.contact_url,
        agent=here.agent,
        raw_days=here.raw_days,
    )


@pages.after_request
def revalidate(response: Response) -> Response:
    """Lets browsers keep a page and ask whether it changed: then only headers travel."""
    if response.status_code == 200:
        response.headers["Cache-Control"] = "public, no-cache"
        response.vary.add("Accept-Language")
        response.add_etag()
        response.make_conditional(request)
    return response


def _load(s: Session, slug: str) -> DirectoryEntry:
    entry = directory.load_entry(s, slug, site().clock())
    if entry is None:
        abort(404)
    return entry


def _link(entry: DirectoryEntry, listing: Listing) -> Mapping[str, object]:
    record = PublicRecord(listing=listing, community=entry.community, sources=entry.sources)
    return build_linked(record, site().public_url)


def _load_history(s: Session, entry: DirectoryEntry, locale: str) -> tuple[HistoryLine, ...]:
    community_id = entry.community.id
    judged: list[Assessment] = assessments.list_assessments(s, community_id, EARLIER)
    decided: list[Decision] = reviews.list_decisions(s, community_id)
    return build_history(judged, decided, locale)


def _load_changes(s: Session, entry: DirectoryEntry) -> list[tuple[RecordEdit, list[Difference]]]:
    """Every change of the record, field by field; who made it stays with the curators."""
    found = edits.list_edits(s, entry.community.id)
    return [(edit, list_differences(edit.changes)) for edit in found]


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
