"""Where a curator records a person's dated word on a community that cannot be read."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, redirect, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from domain.attestation import Attestation
from domain.errors import UsageError
from domain.records import Community
from presentation.attestations import attested_words
from presentation.dates import capital
from store import attestations, sources
from store.engine import reading, writing
from web.auth import Shown, current_user, signed_in
from web.room import ANYONE, render_room, told
from web.site import site

LONGEST_NOTE = 2000

pages = Blueprint("attest", __name__)


@pages.get("/attest/<slug>")
@signed_in(*ANYONE)
def form(slug: str) -> Shown:
    """The words on record, and a form for another."""
    return _show(slug, filled=MultiDict())


@pages.post("/attest/<slug>")
@signed_in(*ANYONE)
def add(slug: str) -> Shown:
    """Records what a curator saw, or was told by somebody who did."""
    fields = request.form
    try:
        with writing(site().engine) as s:
            community = sources.load_community(s, slug) or abort(404)
            attestations.add_attestation(
                s,
                community.id,
                seen_on=_read_day(fields.get("seen_on", "")),
                link=fields.get("link", "").strip(),
                by=fields.get("by", "").strip() or current_user().name,
                note=fields.get("note", "")[:LONGEST_NOTE],
                now=site().clock(),
            )
    except UsageError as error:
        return _show(slug, filled=fields, trouble=f"{capital(error.what)}: {error.to_do}."), 400
    session["done"] = {"words": told("Recorded for {name}.", name=community.name)}
    return redirect(url_for("attest.form", slug=slug), 303)


@pages.post("/attest/<slug>/undo")
@signed_in(*ANYONE)
def undo(slug: str) -> Response:
    """Takes the last word back, by a row of its own."""
    try:
        with writing(site().engine) as s:
            community = sources.load_community(s, slug) or abort(404)
            attestations.take_back(s, community.id, by=current_user().name, now=site().clock())
    except UsageError:
        abort(404)
    session["done"] = {"words": told("Taken back for {name}.", name=community.name)}
    return redirect(url_for("attest.form", slug=slug), 303)


def _show(slug: str, *, filled: MultiDict[str, str], trouble: str = "") -> str:
    with reading(site().engine) as s:
        community: Community = sources.load_community(s, slug) or abort(404)
        words: list[Attestation] = attestations.list_attestations(s, community.id)
    now = site().clock()
    return render_room(
        "attest.html",
        community=community,
        rows=[(word, attested_words(word, now)) for word in words],
        filled=filled,
        trouble=trouble,
        today=now.date(),
    )


def _read_day(text: str) -> date:
    """The day in a form.

    Raises: UsageError.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("the day is missing", to_do="fill in when it was seen active") from None
