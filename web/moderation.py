"""Where curators answer what people without an account have sent in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from domain.contribution import DRAFT, Contribution, Kind, State
from domain.errors import UsageError
from domain.records import Community, Platform
from presentation.contributions import KIND_WORDS, answer_mail
from presentation.dates import capital
from presentation.topics import split_words
from store import contributions, edits, sources
from store.engine import reading, writing
from web.auth import current_user, signed_in
from web.evidence import web_address
from web.letters import queue_letter
from web.owners import accept_claim
from web.room import ANYONE, render_room, told
from web.site import site
from web.taking_part import letter_locale

Shown = Response | str | tuple[str, int]
LONGEST_ANSWER = 500
LONGEST_FIELD = 500
LABELS = {
    "url": "Address",
    "name": "Name",
    "about": "In their words",
    "wrong": "What is wrong",
    "source": "Shown by",
    "reply": "Reply",
    "draft_platform": "Our look found",
    "draft_watch_url": "Archive or feed",
    "draft_title": "Its page is called",
    "draft_outcome": "A visit would end",
    "draft_detail": "Because",
    "draft_newest": "Newest post",
    "draft_proof": "Proof",
}
ACCEPT = {
    Kind.SUGGEST: "Add it to the directory",
    Kind.CORRECT: "Accept, and change what is filled in",
    Kind.CLAIM: "Accept: they run it",
    Kind.CONFIRM: "Accept it",
    Kind.REPLY: "Publish the reply",
}

pages = Blueprint("moderation", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a curator may still change before it is accepted."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contribution as it waits."""

    one: Contribution
    community: Community | None
    kind: str
    told: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    accept: str


@pages.get("/contributions")
@signed_in(*ANYONE)
def queue() -> Shown:
    """What waits, the oldest first, each with our own look at its address."""
    return _show()


@pages.post("/contributions/<reference>")
@signed_in(*ANYONE)
def decide(reference: str) -> Shown:
    """Accepts or declines; the sender gets the answer by mail, everybody under the reference."""
    here, form = site(), request.form
    state = State.ACCEPTED if form.get("what") == "accept" else State.DECLINED
    text = form.get("answer", "").strip()[:LONGEST_ANSWER]
    try:
        with writing(here.engine) as s:
            one = contributions.load_contribution(s, reference) or abort(404)
            if one.state is State.WAITING:
                if state is State.ACCEPTED:
                    _carry_out(s, one, here.clock())
                _answer(s, one, state, text)
    except UsageError as error:
        return _show(f"{capital(error.what)}: {error.to_do}."), 422
    done = (
        told("Nothing was changed: a colleague was first.")
        if one.state is not State.WAITING
        else ""
    )
    session["done"] = {"words": done or told("Answered {reference}.", reference=one.reference)}
    return redirect(url_for("moderation.queue"), 303)


def _carry_out(s: Session, one: Contribution, now: datetime) -> None:
    """What accepting it changes.

    Raises: UsageError.
    """
    community = _community_of(s, one)
    if one.kind is Kind.SUGGEST:
        _add(s, one, now)
    elif one.kind is Kind.CORRECT and community is not None:
        _correct(s, one, community, now)
    elif one.kind is Kind.CLAIM and community is not None:
        accept_claim(s, one, community, locale=letter_locale(one))


def _add(s: Session, one: Contribution, now: datetime) -> None:
    name = _read("name") or one.content.get("name", "")
    url = _read("url") or one.content.get("url", "")
    slug = "-".join(split_words(name))[:60].strip("-")
    if not slug or not web_address(url):
        raise UsageError("it has no name or no address", to_do="fill both in")
    known = [c.name for c in sources.list_communities(s) if c.url and c.url == url]
    if known:
        raise UsageError(f"{known[0]} has that address", to_do="decline it as known already")
    community = sources.add_community(
        s, slug=slug, name=name, now=now, url=url, description=_read("description")
    )
    watched, platform = _read("watch_url"), one.content.get(f"{DRAFT}platform", "")
    if web_address(watched) and platform in list(Platform):
        sources.add_source(
            s,
            community_id=community.id,
            name=slug,
            url=watched,
            platform=Platform(platform),
            now=now,
        )


def _correct(s: Session, one: Contribution, community: Community, now: datetime) -> None:
    fields: dict[str, edits.Value] = {
        name: _read(name) for name in ("name", "url", "description") if _read(name)
    }
    if fields.get("url") and not web_address(str(fields["url"])):
        raise UsageError("this is not a web address", to_do="begin it with https://")
    edits.edit_community(
        s, community.id, fields, user_id=current_user().id, now=now, contribution_id=one.id
    )


def _answer(s: Session, one: Contribution, state: State, text: str) -> None:
    here = site()
    answered = contributions.answer(
        s, one.id, state, text, user_id=current_user().id, now=here.clock()
    )
    if not answered and one.kind is not Kind.CLAIM:
        return
    if one.address:
        locale = letter_locale(one)
        url = f"{here.public_url}/{locale}/sent/{one.reference}"
        letter = answer_mail(one, state=state, answer=text, url=url, locale=locale)
        queue_letter(s, here, one.address, letter, key=f"answer:{one.reference}", locale=locale)


def _show(trouble: str = "") -> str:
    with reading(site().engine) as s:
        rows = [_build_row(one, _community_of(s, one)) for one in contributions.list_waiting(s)]
    return render_room("moderation.html", rows=rows, trouble=trouble)


def _build_row(one: Contribution, community: Community | None) -> Row:
    lines = tuple(
        (told(label), one.content[name]) for name, label in LABELS.items() if name in one.content
    )
    return Row(
        one=one,
        community=community,
        kind=told(KIND_WORDS[one.kind]),
        told=lines,
        fields=_fields(one, community),
        accept=told(ACCEPT[one.kind]),
    )


def _fields(one: Contribution, community: Community | None) -> tuple[Field, ...]:
    given = one.content
    if one.kind is Kind.SUGGEST:
        return (
            Field(name="name", label=told("Name"), value=given.get("name", "")),
            Field(name="url", label=told("Address"), value=given.get("url", "")),
            Field(name="description", label=told("What it is, in our words"), value=""),
            Field(name="watch_url", label=told("Watch"), value=given.get(f"{DRAFT}watch_url", "")),
        )
    if one.kind is Kind.CORRECT and community is not None:
        return (
            Field(name="name", label=told("Name"), value=given.get("name") or community.name),
            Field(name="url", label=told("Address"), value=given.get("url") or community.url),
            Field(name="description", label=told("Description"), value=community.description),
        )
    return ()


def _community_of(s: Session, one: Contribution) -> Community | None:
    return sources.load_community_by_id(s, one.community_id) if one.community_id else None


def _read(name: str) -> str:
    return request.form.get(name, "").strip()[:LONGEST_FIELD]
