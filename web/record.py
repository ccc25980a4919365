"""Where curators edit a community's record, check the criteria, and join or part records."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import NoReturn

from flask import Blueprint, abort, redirect, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from domain.errors import UsageError
from domain.records import Community, Membership
from presentation.facts import MEMBERSHIPS, read_language, read_region
from presentation.record_words import CRITERIA, FIELDS, LIKENESS, MET_WORDS, OBSERVABLE
from presentation.topics import topic_name, topics
from store import criteria, edits, merging, sources
from store.criteria import Criterion, Met
from store.edits import Value
from store.engine import reading, writing
from web.auth import Shown, current_user, signed_in
from web.differences import list_differences, write_value
from web.evidence import web_address
from web.room import ANYONE, LEADS, own_locale, render_room, told
from web.site import site

LONGEST = {"name": 200, "host": 200, "description": 2000}
LISTS: Mapping[str, Callable[[str], str]] = {"languages": read_language, "regions": read_region}
FIRST_YEAR = 1960
EXCLUDED = "excluded"

pages = Blueprint("record", __name__)


class Wrong(Exception):
    """A field that cannot be kept; the text says why."""


@pages.get("/record/<slug>")
@signed_in(*ANYONE)
def form(slug: str) -> Shown:
    """The record as a form, its earlier changes, its criteria, and what looks like it."""
    return _show(slug)


@pages.post("/record/<slug>")
@signed_in(*ANYONE)
def edit(slug: str) -> Shown:
    """Keeps the fields that changed, with what they were and the page that shows it.

    “See what changes” keeps nothing: the form comes back with each changed field marked.
    """
    here = site()
    source = request.form.get("source", "").strip()
    with reading(here.engine) as s:
        community = _load(s, slug)
    try:
        fields = _read_fields(request.form, community, here.clock())
        if source and not web_address(source):
            raise Wrong(told("The source must be the address of a web page."))
    except Wrong as error:
        return _show(slug, filled=request.form, trouble=str(error)), 422
    if "look" in request.form:
        return _show(slug, filled=request.form)
    with writing(here.engine) as s:
        kept = edits.edit_community(
            s, community.id, fields, user_id=current_user().id, now=here.clock(), source=source
        )
    names = ", ".join(told(FIELDS[name]) for name in kept.changes) if kept else ""
    words = told("Kept: {fields}.", fields=names) if kept else told("Nothing was changed.")
    session["done"] = {"words": words}
    return redirect(url_for("record.form", slug=slug), 303)


@pages.post("/record/<slug>/criteria")
@signed_in(*ANYONE)
def check(slug: str) -> Shown:
    """Keeps the answers; what does not belong goes to “Known, but not listed”, with its record."""
    here = site()
    now = here.clock()
    given: dict[Criterion, tuple[Met, str]] = {}
    for criterion in Criterion:
        met, source = request.form.get(criterion, ""), request.form.get(f"{criterion}_source", "")
        if met not in set(Met):
            abort(400)
        if source.strip() and not web_address(source.strip()):
            trouble = told("The source must be the address of a web page.")
            return _show(slug, trouble=trouble), 422
        given[criterion] = (Met(met), source.strip())
    with writing(here.engine) as s:
        community = _load(s, slug)
        user_id = current_user().id
        criteria.save_checks(s, community.id, given, user_id=user_id, now=now)
        outside = criteria.is_outside(criteria.list_checks(s, community.id))
        if outside != (community.scope == EXCLUDED):
            scope = EXCLUDED if outside else ""
            edits.edit_community(s, community.id, {"scope": scope}, user_id=user_id, now=now)
    session["done"] = {"words": told("Recorded for {name}.", name=community.name)}
    return redirect(url_for("record.form", slug=slug) + "#criteria", 303)


@pages.post("/record/<slug>/merge")
@signed_in(*LEADS)
def merge(slug: str) -> Shown:
    """Shows another record as this one from now on."""
    with writing(site().engine) as s:
        community = _load(s, slug)
        other = _load(s, request.form.get("other", ""))
        try:
            merging.merge(s, other.id, community.id, user_id=current_user().id, now=site().clock())
        except UsageError:
            abort(400)
    words = told("Merged {other} into {name}.", other=other.name, name=community.name)
    session["done"] = {"words": words}
    return redirect(url_for("record.form", slug=slug), 303)


@pages.post("/record/<slug>/merge/<int:merge_id>/undo")
@signed_in(*LEADS)
def undo_merge(slug: str, merge_id: int) -> Shown:
    """Gives the sources back; after a merge both records are shown again, after a split one."""
    try:
        with writing(site().engine) as s:
            merging.undo(s, merge_id, user_id=current_user().id, now=site().clock())
    except UsageError:
        trouble = told("That cannot be taken back now: take the later merge or split back first.")
        return _show(slug, trouble=trouble), 409
    session["done"] = {"words": told("It was taken back.")}
    return redirect(url_for("record.form", slug=slug), 303)


@pages.post("/record/<slug>/split")
@signed_in(*LEADS)
def split(slug: str) -> Shown:
    """Makes a community of its own out of some of the sources."""
    name = request.form.get("name", "").strip()[: LONGEST["name"]]
    fresh_slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    chosen = {int(text) for text in request.form.getlist("source") if text.isdecimal()}
    try:
        with writing(site().engine) as s:
            community = _load(s, slug)
            if not fresh_slug or sources.load_community(s, fresh_slug) is not None:
                raise UsageError("the name is missing or in use", to_do="choose another")
            fresh = merging.split(
                s,
                community,
                chosen,
                name=name,
                slug=fresh_slug,
                user_id=current_user().id,
                now=site().clock(),
            )
    except UsageError:
        trouble = told("Choose at least one source, leave one, and give a name that is free.")
        return _show(slug, trouble=trouble), 422
    session["done"] = {"words": told("Split off: {name}.", name=fresh.name)}
    return redirect(url_for("record.form", slug=fresh.slug), 303)


def _show(slug: str, *, filled: MultiDict[str, str] | None = None, trouble: str = "") -> str:
    locale = own_locale()
    with reading(site().engine) as s:
        community = _load(s, slug)
        changes = edits.list_edits(s, community.id)
        checks = criteria.list_checks(s, community.id)
        alike = merging.find_alike(s, community)
        merges = merging.list_merges(s, community.id)
        own_sources = sources.list_sources(s, of=[community.id])
        names = {one.id: one for one in sources.list_communities(s)}
    return render_room(
        "record.html",
        community=community,
        value=_value_of(community, filled),
        before=_find_changed(community, filled) if filled else {},
        looked=filled is not None and not trouble,
        chosen_topics=filled.getlist("topics") if filled else community.topics,
        topics={topic: topic_name(topic, locale) for topic in (*topics(), *community.topics)},
        memberships=MEMBERSHIPS,
        observable=OBSERVABLE,
        fields=FIELDS,
        changes=[(one, list_differences(one.changes)) for one in changes],
        criteria=CRITERIA,
        met_words=MET_WORDS,
        checks=checks,
        alike=alike,
        likeness=LIKENESS,
        merges=merges,
        names=names,
        sources=own_sources,
        trouble=trouble,
    )


def _value_of(community: Community, filled: MultiDict[str, str] | None) -> dict[str, str]:
    """What stands in each field of the form."""
    own = {name: write_value(getattr(community, name)) for name in FIELDS if name != "scope"}
    own["source"] = ""
    return own if filled is None else own | {name: filled.get(name, "") for name in own}


def _find_changed(community: Community, filled: MultiDict[str, str]) -> dict[str, str]:
    """What stood before in each field that is filled in otherwise now."""
    own = _value_of(community, None)
    told_now = _value_of(community, filled) | {"topics": ", ".join(filled.getlist("topics"))}
    return {
        name: own[name] or told("(empty)")
        for name in own
        if name != "source" and _fold(told_now[name]) != _fold(own[name])
    }


def _fold(text: str) -> str:
    """The text as it would be kept: lists without odd blanks, lines ended in one way."""
    return ",".join(part.strip() for part in text.replace("\r\n", "\n").strip().split(","))


def _read_fields(
    form: MultiDict[str, str], community: Community, now: datetime
) -> dict[str, Value]:
    """The fields of a form by name.

    Raises: Wrong.
    """
    own = {"languages": community.languages, "regions": community.regions}
    fields: dict[str, Value] = {
        name: form.get(name, "").strip()[:longest] for name, longest in LONGEST.items()
    }
    if not fields["name"]:
        raise Wrong(told("A community needs a name."))
    fields["url"] = form.get("url", "").strip()
    if fields["url"] and not web_address(str(fields["url"])):
        raise Wrong(told("The address must start with https://"))
    for name, read in LISTS.items():
        typed = [one.strip() for one in form.get(name, "").split(",") if one.strip()]
        fields[name] = [_read_known(one, read, own[name]) for one in typed]
    fields["topics"] = [one for one in form.getlist("topics") if one]
    fields |= _read_choices(form)
    fields["founded"] = _read_year(form.get("founded", "").strip(), now.year)
    owner = form.get("owner_address", "").strip()
    if owner and ("@" not in owner or any(sign.isspace() for sign in owner)):
        raise Wrong(told("This is not a mail address."))
    fields["owner_address"] = owner
    return fields


def _read_known(text: str, read: Callable[[str], str], own: Collection[str]) -> str:
    """What the text names in the vocabulary; what the record says already may stay as it is.

    Raises: Wrong.
    """
    found = text if text in own else read(text)
    if not found:
        raise Wrong(told("“{name}” is no language, region or country that we know.", name=text))
    return found


def _read_choices(form: MultiDict[str, str]) -> dict[str, Value]:
    membership, observable = form.get("membership", ""), form.get("observable", "")
    if membership not in set(Membership) or observable not in OBSERVABLE:
        abort(400)
    linked = {name: form.get(name, "").strip() for name in ("follows", "followed_by")}
    return {"membership": membership, "observable": observable, **linked}


def _read_year(text: str, this_year: int) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not FIRST_YEAR <= int(text) <= this_year:
        raise Wrong(told("The year it began has four digits."))
    return int(text)


def _load(s: Session, slug: str) -> Community:
    return sources.load_community(s, slug) or _missing()


def _missing() -> NoReturn:
    abort(404)
