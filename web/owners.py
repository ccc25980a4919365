"""The page of somebody who runs a community: behind a signed link that holds for a while.

Until it is proved that they do, the page has one button, for whoever reads the published address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import Session

from domain.contribution import Contribution, Kind, State
from domain.records import Community
from presentation.contributions import proved_mail
from presentation.links import RUNS_IT_PURPOSE, ReferenceLink, read_reference, reference_token
from store import contributions, sources
from store.engine import reading, writing
from web.language import asked_locale
from web.letters import queue_letter
from web.site import render_in, site
from web.taking_part import Form, Shown, read_form, show_gone, too_many

REPLY = Form(kind=Kind.REPLY, template="runs_it.html", fields={"reply": 500}, needed=("reply",))
REPLIES_A_DAY = 5
# So long the page of somebody who has proved it is open to them; then they prove it again.
OPEN_FOR = timedelta(days=90)

pages = Blueprint("owners", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """What a link opens; `over` once its time is."""

    claim: Contribution
    community: Community
    over: bool


@pages.get("/yours/<token>")
def runs_it(token: str) -> Shown:
    """The page of somebody who runs a community; before the proof is pressed, one button."""
    owned = _open(token)
    if owned is None or owned.over:
        return _show_closed(owned)
    return _show(owned, token)


@pages.post("/yours/<token>/prove")
def prove(token: str) -> Shown:
    """The press of somebody who reads the published address: it is theirs."""
    owned = _open(token)
    if owned is None or owned.over:
        return _show_closed(owned)
    with writing(site().engine) as s:
        accept_claim(s, owned.claim, owned.community, locale=asked_locale())
    return redirect(url_for("owners.runs_it", token=token), 303)


@pages.post("/yours/<token>/reply")
def reply(token: str) -> Shown:
    """Keeps the reply, for a curator to publish beside our word."""
    owned = _open(token)
    if owned is None or owned.over or owned.claim.state is not State.ACCEPTED:
        return _show_closed(owned)
    content, trouble = read_form(REPLY, request.form)
    if trouble:
        return _show(owned, token, trouble=trouble), 422
    now, sender = site().clock(), owned.claim.reference
    with writing(site().engine) as s:
        if contributions.count_sent(s, now - timedelta(days=1), sender=sender) >= REPLIES_A_DAY:
            return _show(owned, token, trouble=too_many(asked_locale())), 429
        kept = contributions.add_contribution(
            s,
            Kind.REPLY,
            content={**content, "locale": asked_locale()},
            now=now,
            community_id=owned.community.id,
            sender=sender,
            state=State.WAITING,
        )
    return redirect(url_for("taking_part.sent", reference=kept.reference), 303)


def accept_claim(s: Session, one: Contribution, community: Community, *, locale: str) -> bool:
    """True when the claim counts from now on, and its sender was written where to act on it."""
    here = site()
    now = here.clock()
    if one.state is State.UNCONFIRMED:
        contributions.confirm(s, one.id, now)
    done = contributions.answer(s, one.id, State.ACCEPTED, "", user_id=None, now=now)
    if done and one.address:
        link = ReferenceLink(reference=one.reference, expires_at=now + OPEN_FOR)
        token = reference_token(here.secret, link, RUNS_IT_PURPOSE)
        letter = proved_mail(
            name=community.name,
            url=f"{here.public_url}/yours/{token}",
            until=link.expires_at,
            locale=locale,
        )
        queue_letter(s, here, one.address, letter, key=f"proved:{one.reference}", locale=locale)
    return done


def _open(token: str) -> Owned | None:
    link = read_reference(site().secret, token, RUNS_IT_PURPOSE)
    if link is None:
        return None
    with reading(site().engine) as s:
        claim = contributions.load_contribution(s, link.reference)
        if claim is None or claim.state is State.DECLINED or claim.community_id is None:
            return None
        community = sources.load_community_by_id(s, claim.community_id)
    if community is None:
        return None
    return Owned(claim=claim, community=community, over=link.expires_at <= site().clock())


def _show(owned: Owned, token: str, *, trouble: str = "") -> str:
    return render_in(
        asked_locale(),
        "runs_it.html",
        community=owned.community,
        proved=owned.claim.state is State.ACCEPTED,
        token=token,
        trouble=trouble,
        filled=request.form,
    )


def _show_closed(owned: Owned | None) -> Shown:
    """After its time the page says how to get a new link; else only that it does nothing."""
    if owned is None or not owned.over:
        return show_gone()
    return render_in(asked_locale(), "runs_it_over.html", community=owned.community), 410
