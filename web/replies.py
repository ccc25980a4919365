"""Where those who run a community answer our mail: a GET only shows, a POST is what counts.

Programs that look through mail open every link in it, so that no address in a mail acts by itself.
"""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, abort, redirect, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from domain.asking import ManagerAnswer, ManagerAsk
from domain.attestation import MANAGER
from domain.outcome import Flag, FlagKind
from domain.records import Community
from presentation.asking import BUTTONS, queue_thanks
from presentation.card_words import MANAGER_SAID
from presentation.i18n import choose_locale, say
from presentation.links import MANAGER_PURPOSE, read_timed_token
from scoring.attested import hold_alive
from store import accounts, asking, assessments, attestations, reviews, users
from store.engine import reading, writing
from web.evidence import web_address
from web.given import Unfinished, read_address
from web.review import load_named
from web.room import letterhead
from web.site import render_in, site

Shown = Response | str | tuple[str, int]
# What a manager's word settles by itself: the silence is explained, nobody needs to look.
EXPLAINED = frozenset({FlagKind.WENT_QUIET, FlagKind.CONFIRM})
OPENS = {
    ManagerAnswer.MOVED: FlagKind.MAYBE_MOVED,
    ManagerAnswer.ENDED: FlagKind.MAYBE_CLOSED,
}

pages = Blueprint("manager", __name__)


@pages.get("/manager/<token>/<word>")
def form(token: str, word: str) -> Shown:
    """A page with one button for what the link in the mail says, and the other two below it."""
    ask, community = _load(token)
    chosen = _read_word(word)
    if ask is None or community is None:
        return _show_gone()
    return _show(ask, community, chosen)


@pages.post("/manager/<token>/<word>")
def answer(token: str, word: str) -> Shown:
    """Keeps the answer, and shows what it did; pressed twice, it is kept once."""
    ask, community = _load(token)
    chosen = _read_word(word)
    if ask is None or community is None:
        return _show_gone()
    new_url = None
    if chosen is ManagerAnswer.MOVED:
        try:
            new_url = read_address(request.form.get("new_url", "").strip(), ask.locale)
        except Unfinished as error:
            return _show(ask, community, chosen, trouble=str(error)), 422
    with writing(site().engine) as s:
        locked = asking.claim_ask(s, ask.id)
        if locked is None:
            return _show_gone()
        if (locked.answer, locked.new_url) != (chosen, new_url):
            _follow(s, locked, community, chosen, new_url)
    session["answered"] = chosen.value
    return redirect(url_for("manager.thanks", token=token), 303)


@pages.get("/manager/<token>/thanks")
def thanks(token: str) -> Shown:
    """What the answer changed."""
    ask, community = _load(token)
    if ask is None or community is None or ask.answer is None:
        return _show_gone()
    return render_in(
        ask.locale,
        "manager_thanks.html",
        community=community,
        said=say(MANAGER_SAID[ask.answer], ask.locale),
        is_active=ask.answer is ManagerAnswer.ACTIVE,
    )


def _follow(
    s: Session,
    ask: ManagerAsk,
    community: Community,
    chosen: ManagerAnswer,
    new_url: str | None,
) -> None:
    """All that an answer changes, in one transaction: facts, word, cards, thanks."""
    now = site().clock()
    word = None
    if chosen is ManagerAnswer.ACTIVE:
        word = attestations.add_attestation(
            s,
            community.id,
            seen_on=now.date(),
            link=web_address(community.url) or f"{site().public_url}/c/{community.slug}",
            by=MANAGER,
            now=now,
        )
        last = assessments.latest_assessments(s, only=[community.id]).get(community.id)
        held = hold_alive(last, word, now) if last is not None else last
        if held is not None and held is not last:
            assessments.save_assessment(s, replace(held, assessed_at=now))
    elif ask.answer is ManagerAnswer.ACTIVE:
        attestations.take_back(s, community.id, by=MANAGER, now=now)
    asking.save_answer(
        s,
        ask.id,
        chosen,
        new_url=new_url,
        attestation_id=word.id if word is not None else None,
        now=now,
    )
    _settle_cards(s, community, chosen)
    _thank(s, ask.id, community)


def _settle_cards(s: Session, community: Community, chosen: ManagerAnswer) -> None:
    """Closes what the answer explains; else makes sure that a curator sees it."""
    now = site().clock()
    waiting = [one for one in reviews.list_open_reviews(s) if one.community_id == community.id]
    for review in waiting:
        if chosen is ManagerAnswer.ACTIVE and review.kind in EXPLAINED:
            reviews.close_review(s, review.id, now)
        reviews.touch_review(s, review.id)
    if chosen in OPENS and not waiting:
        reviews.open_review(s, community.id, Flag(kind=OPENS[chosen]), now)


def _thank(s: Session, ask_id: int, community: Community) -> None:
    """Tells the curator who asked."""
    ask = asking.load_ask(s, ask_id)
    curator = users.load_user(s, ask.user_id) if ask is not None and ask.user_id else None
    if ask is not None and curator is not None:
        locale = accounts.load_choices(s, curator.id).locale
        queue_thanks(s, letterhead(), ask, community, to=(curator, locale))


def _load(token: str) -> tuple[ManagerAsk | None, Community | None]:
    here = site()
    ask_id = read_timed_token(here.secret, MANAGER_PURPOSE, token, now=here.clock())
    if ask_id is None:
        return None, None
    with reading(here.engine) as s:
        ask = asking.load_ask(s, ask_id)
        return ask, load_named(s, ask.community_id) if ask is not None else None


def _read_word(word: str) -> ManagerAnswer:
    if word not in set(ManagerAnswer):
        abort(404)
    return ManagerAnswer(word)


def _show(
    ask: ManagerAsk, community: Community, chosen: ManagerAnswer, *, trouble: str = ""
) -> str:
    return render_in(
        ask.locale,
        "manager.html",
        community=community,
        chosen=chosen.value,
        buttons={answer.value: say(words, ask.locale) for answer, words in BUTTONS.items()},
        said=say(MANAGER_SAID[ask.answer], ask.locale) if ask.answer is not None else "",
        new_url=request.form.get("new_url", ""),
        trouble=trouble,
    )


def _show_gone() -> tuple[str, int]:
    locale = choose_locale(request.accept_languages.best or "")
    return render_in(locale, "manager_gone.html", contact_url=site().contact_url), 410
