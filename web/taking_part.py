"""Taking part without an account: suggest a community, correct one, say that you run it.

Nothing is looked at before its sender pressed the button behind the link in a mail: a GET only ever
shows. No cookie and no puzzle: a field that people leave empty and programs fill in, limits by
place, address and hour, and a curator who looks at everything before it is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from flask import Blueprint, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from domain.contribution import Contribution, Kind, State
from domain.records import Community
from presentation.contributions import (
    confirm_mail,
    kind_words,
    owner_mail,
    state_words,
)
from presentation.i18n import choose_locale, say
from presentation.links import (
    CONTRIBUTION_PURPOSE,
    RUNS_IT_PURPOSE,
    ReferenceLink,
    page_proof,
    place_key,
    read_reference,
    reference_token,
)
from store import contributions, sources
from store.engine import reading, writing
from web.evidence import web_address
from web.language import asked_locale
from web.letters import queue_letter
from web.merged import lead_on
from web.site import render_in, site

Shown = Response | str | tuple[str, int]

PER_PLACE_A_DAY = 10
PER_ADDRESS_A_DAY = 3
FROM_ALL_AN_HOUR = 100
LONGEST_ADDRESS = 254
# So long a link of a mail waits for its press.
PRESSED_WITHIN = timedelta(days=30)
# The field that only programs fill in.
TRAP = "phone"

pages = Blueprint("taking_part", __name__)
pages.before_request(lead_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a form asks for: its fields by name with the most signs of each, and which must be."""

    kind: Kind
    template: str
    fields: Mapping[str, int]
    needed: tuple[str, ...] = ()


SUGGEST = Form(
    kind=Kind.SUGGEST,
    template="suggest.html",
    fields={"url": 500, "name": 200, "about": 1000, "language": 35},
    needed=("url", "name"),
)
CORRECT = Form(
    kind=Kind.CORRECT,
    template="correct.html",
    fields={"wrong": 1000, "source": 500, "url": 500, "name": 200},
    needed=("wrong",),
)
CLAIM = Form(kind=Kind.CLAIM, template="claim.html", fields={"about": 1000})
ADDRESSES = frozenset({"url", "source"})


@pages.get("/suggest")
def suggest() -> Shown:
    """The form for a community that is missing."""
    return _show(SUGGEST)


@pages.post("/suggest")
def send_suggestion() -> Shown:
    """Keeps it, and sends a mail with a button."""
    return _take(SUGGEST)


@pages.get("/c/<slug>/correct")
def correct(slug: str) -> Shown:
    """The form for what is wrong with a record."""
    return _show(CORRECT, _load_community(slug))


@pages.post("/c/<slug>/correct")
def send_correction(slug: str) -> Shown:
    """Keeps it, and sends a mail with a button."""
    return _take(CORRECT, _load_community(slug))


@pages.get("/c/<slug>/claim")
def claim(slug: str) -> Shown:
    """The form of somebody who runs the community."""
    return _show(CLAIM, _load_community(slug))


@pages.post("/c/<slug>/claim")
def send_claim(slug: str) -> Shown:
    """Keeps it; the mail goes to the published address too, where there is one."""
    return _take(CLAIM, _load_community(slug))


@pages.get("/sent/<reference>")
def sent(reference: str) -> Shown:
    """What became of something that was sent in: public, with nothing of who sent it."""
    locale = asked_locale()
    with reading(site().engine) as s:
        one = contributions.load_contribution(s, reference.upper()) or abort(404)
        community = sources.load_community_by_id(s, one.community_id or 0)
    return render_in(
        locale,
        "sent.html",
        one=one,
        community=community,
        kind=kind_words(one.kind, locale),
        state=state_words(one.state, locale),
        proof=page_proof(site().secret, one.reference) if _awaits_proof(one) else "",
        waits_for_mail=one.state is State.UNCONFIRMED,
    )


@pages.get("/confirm/<token>")
def confirm_page(token: str) -> Shown:
    """A page with one button: programs that look through mail open every link in it."""
    one = _load_confirmed_by(token)
    if one is None:
        return show_gone()
    locale = asked_locale()
    return render_in(
        locale, "contribution_confirm.html", one=one, kind=kind_words(one.kind, locale)
    )


@pages.post("/confirm/<token>")
def confirm(token: str) -> Shown:
    """Lets the curators see it from now on."""
    one = _load_confirmed_by(token)
    if one is None:
        return show_gone()
    with writing(site().engine) as s:
        contributions.confirm(s, one.id, site().clock())
    return redirect(url_for("taking_part.sent", reference=one.reference), 303)


def read_form(form: Form, sent_in: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """What was filled in, and what is wrong with it; nothing where all is well."""
    locale = asked_locale()
    content = {name: sent_in.get(name, "").replace("\r\n", "\n").strip() for name in form.fields}
    content = {name: text for name, text in content.items() if text}
    if any(len(text) > form.fields[name] for name, text in content.items()):
        return content, say("One of the texts is too long.", locale)
    if any(name not in content for name in form.needed):
        return content, say("Something that we need is empty.", locale)
    wrong = [name for name in ADDRESSES & set(content) if not web_address(content[name])]
    if wrong:
        return content, say("A web address begins with https:// or http://.", locale)
    return content, ""


def _take(form: Form, community: Community | None = None) -> Shown:
    """Keeps what a form holds, unless it is a program's, too much, or not whole."""
    locale = asked_locale()
    content, trouble = read_form(form, request.form)
    address = request.form.get("address", "").strip()
    if request.form.get(TRAP):
        return render_in(locale, "contribution_thanks.html", reference="")
    if not trouble and not _is_address(address):
        trouble = say("This is not a mail address.", locale)
    if trouble:
        return _show(form, community, filled=request.form, trouble=trouble), 422
    with writing(site().engine) as s:
        if _is_too_much(s, address):
            return _show(form, community, filled=request.form, trouble=too_many(locale)), 429
        kept = contributions.add_contribution(
            s,
            form.kind,
            content={**content, "locale": locale},
            now=site().clock(),
            community_id=community.id if community else None,
            address=address,
            sender=place_key(site().secret, _place()),
        )
        _write(s, kept, community, locale)
    return render_in(locale, "contribution_thanks.html", reference=kept.reference)


def _write(s: Session, one: Contribution, community: Community | None, locale: str) -> None:
    """The mail with the button, and to the published address of the community that is claimed."""
    here = site()
    link = ReferenceLink(reference=one.reference, expires_at=here.clock() + PRESSED_WITHIN)
    token = reference_token(here.secret, link, CONTRIBUTION_PURPOSE)
    url = f"{here.public_url}/{locale}/confirm/{token}"
    letter = confirm_mail(one, site=here.name, url=url, locale=locale)
    queue_letter(s, here, one.address, letter, key=f"confirm:{one.reference}", locale=locale)
    if one.kind is not Kind.CLAIM or community is None or not community.owner_address:
        return
    token = reference_token(here.secret, link, RUNS_IT_PURPOSE)
    letter = owner_mail(
        name=community.name,
        site=here.name,
        asker=one.address,
        url=f"{here.public_url}/{locale}/yours/{token}",
        locale=locale,
    )
    # One a day to an address that somebody else named.
    key = f"owner:{community.id}:{here.clock():%Y-%m-%d}"
    queue_letter(s, here, community.owner_address, letter, key=key, locale=locale)


def _is_too_much(s: Session, address: str) -> bool:
    now = site().clock()
    day, hour = now - timedelta(days=1), now - timedelta(hours=1)
    place = place_key(site().secret, _place())
    return (
        contributions.count_sent(s, day, sender=place) >= PER_PLACE_A_DAY
        or contributions.count_sent(s, day, address=address) >= PER_ADDRESS_A_DAY
        or contributions.count_sent(s, hour) >= FROM_ALL_AN_HOUR
    )


def _place() -> str:
    """The network that the form came from: behind a proxy of our own, what the proxy says."""
    told = request.remote_addr or ""
    try:
        near = ip_address(told).is_loopback
    except ValueError:
        return told
    if near and request.access_route:
        told = request.access_route[-1]
    try:
        place = ip_address(told)
    except ValueError:
        return told
    return str(ip_network((place, 64), strict=False)) if place.version == 6 else str(place)


def too_many(locale: str) -> str:
    """What somebody is told who sent more than one person does."""
    return say("That is a lot for one day. Please come back tomorrow.", locale)


def _is_address(text: str) -> bool:
    name, sign, host = text.rpartition("@")
    plain = text.isprintable() and not any(one in text for one in ' <>,;:"')
    return bool(sign and name and "." in host and plain and len(text) <= LONGEST_ADDRESS)


def _awaits_proof(one: Contribution) -> bool:
    return one.kind is Kind.CLAIM and one.state is State.WAITING


def _show(
    form: Form,
    community: Community | None = None,
    *,
    filled: Mapping[str, str] | None = None,
    trouble: str = "",
) -> str:
    return render_in(
        asked_locale(),
        form.template,
        community=community,
        filled=filled or {},
        trouble=trouble,
        trap=TRAP,
    )


def show_gone() -> tuple[str, int]:
    """The page behind a link that does nothing any more."""
    return render_in(asked_locale(), "contribution_gone.html"), 410


def _load_community(slug: str) -> Community:
    with reading(site().engine) as s:
        return sources.load_community(s, slug) or abort(404)


def _load_confirmed_by(token: str) -> Contribution | None:
    link = read_reference(site().secret, token, CONTRIBUTION_PURPOSE)
    if link is None or link.expires_at <= site().clock():
        return None
    with reading(site().engine) as s:
        return contributions.load_contribution(s, link.reference)


def letter_locale(one: Contribution) -> str:
    """The language in which its sender filled in the form."""
    return choose_locale(one.content.get("locale", ""))
