"""What curators' presses do: decide, ask the manager, undo. Sent twice, it is done once."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, redirect, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from domain.errors import StaleDecision, UsageError
from domain.outcome import Answer, Decision
from presentation.asking import (
    choose_mail_locale,
    queue_question,
    withdraw_question,
)
from presentation.card_words import ANSWER_BUTTONS, ANSWER_DONE, FOLD_BUTTONS, FOLD_MOVED_BUTTONS
from presentation.dates import format_day
from store import accounts, asking, attestations, directory, folding, proposals, queue, reviews
from store.engine import reading, writing
from web.auth import Shown, current_user, signed_in
from web.cards import tell_other
from web.evidence import web_address
from web.given import Given, Unfinished, read_address, read_answer
from web.review import load_entry, load_named, missing, show_card, to_next
from web.room import ANYONE, letterhead, own_choices, own_locale, render_room, told
from web.site import site

MOST_FOLDED = 200

pages = Blueprint("answering", __name__)


@pages.post("/review/<int:review_id>")
@signed_in(*ANYONE)
def answer(review_id: int) -> Shown:
    """Stores the decision and goes on to the next card; never overwrites a colleague's."""
    here = site()
    try:
        given = read_answer(request.form, here.clock())
    except Unfinished as error:
        return show_card(review_id, filled=request.form, trouble=str(error)), 422
    try:
        with writing(here.engine) as s:
            decision = _decide(s, review_id, given, here.clock())
    except StaleDecision:
        return _meet_other(review_id, given)
    except _CannotAsk:
        trouble = told("Its manager cannot be asked now: no address, or two mails in 30 days.")
        return show_card(review_id, filled=request.form, trouble=trouble), 422
    return _go_on([decision])


@pages.post("/review/<int:review_id>/all")
@signed_in(*ANYONE)
def answer_all(review_id: int) -> Shown:
    """One answer for all cards of one cause, as many as the button said and never more."""
    here, now = site(), site().clock()
    if request.form.get("answer") not in FOLD_BUTTONS.keys() | FOLD_MOVED_BUTTONS:
        abort(400)
    chosen = Answer(request.form["answer"])
    note = request.form.get("note", "").strip()
    made: list[Decision] = []
    missed = 0
    with writing(here.engine) as s:
        for card_id, version, url in _read_cards(request.form):
            moved_to = url if chosen is Answer.MOVED else None
            given = Given(answer=chosen, version=version, note=note, new_url=moved_to)
            try:
                made.append(_decide(s, card_id, given, now))
            except StaleDecision:
                missed += 1
        folding.save_fold(s, [decision.id for decision in made])
    if not made:
        return redirect(url_for("review.card", review_id=review_id), 303)
    return _go_on(made, missed=missed)


@pages.post("/review/undo/<int:decision_id>")
@signed_in(*ANYONE)
def undo(decision_id: int) -> Response:
    """Takes a decision back by a new one, with all made in the same press; opens its card again."""
    here, now = site(), site().clock()
    try:
        with writing(here.engine) as s:
            undone = [
                _undo(s, one, now) for one in folding.list_folded(s, decision_id) or [decision_id]
            ]
            first = undone[0]
            name = load_named(s, first.community_id).name
    except UsageError:
        abort(404)
    if len(undone) > 1:
        name = f"{name} (+ {len(undone) - 1})"
    session["done"] = {"words": told(ANSWER_DONE[Answer.UNDO], name=name)}
    if first.review_id is None:
        return redirect(url_for("review.next_card"), 303)
    return redirect(url_for("review.card", review_id=first.review_id), 303)


@pages.post("/review/<int:review_id>/keys")
@signed_in(*ANYONE)
def switch_keys(review_id: int) -> Response:
    """Switches the digit keys on or off; they are off at first."""
    with writing(site().engine) as s:
        accounts.save_choices(s, current_user().id, keys=not own_choices().keys)
    return redirect(url_for("review.card", review_id=review_id), 303)


class _CannotAsk(Exception):
    """The manager has no address, or was asked twice in 30 days; nothing was stored."""


def _decide(s: Session, review_id: int, given: Given, now: datetime) -> Decision:
    """The decision with all that follows from it, in one transaction."""
    user = current_user()
    before = reviews.load_review(s, review_id)
    fresh = before is not None and before.version == given.version
    decision = reviews.decide(
        s,
        review_id=review_id,
        version=given.version,
        user_id=user.id,
        answer=given.answer,
        note=given.note,
        new_url=given.new_url,
        now=now,
        until=given.until,
    )
    if not fresh:
        return decision
    proposals.follow_decision(s, decision, now)
    queue.release_review(s, review_id)
    if decision.answer is Answer.ASK:
        _ask_manager(s, decision, now)
    if given.seen_on is not None:
        _keep_look(s, decision, given, now)
    return decision


def _ask_manager(s: Session, decision: Decision, now: datetime) -> None:
    slug = load_named(s, decision.community_id).slug
    entry = directory.load_entry(s, slug, now) or missing()
    ask = asking.add_ask(
        s,
        decision.community_id,
        locale=choose_mail_locale(entry.community),
        now=now,
        user_id=current_user().id,
        review_id=decision.review_id,
        decision_id=decision.id,
    )
    if ask is None:
        raise _CannotAsk
    queue_question(s, letterhead(), entry, ask)


def _keep_look(s: Session, decision: Decision, given: Given, now: datetime) -> None:
    """A dated look is a fact of its own, as any person's word."""
    community = load_named(s, decision.community_id)
    link = web_address(community.url) or f"{site().public_url}/c/{community.slug}"
    assert given.seen_on is not None
    attestations.add_attestation(
        s,
        community.id,
        seen_on=given.seen_on,
        link=link,
        by=current_user().name,
        note=given.note,
        now=now,
    )


def _undo(s: Session, decision_id: int, now: datetime) -> Decision:
    """The undo, with a mail that has not left stopped and addresses as they were."""
    undone = reviews.undo(s, decision_id, current_user().id, now)
    _forget_look(s, undone, now)
    proposals.unfollow_decision(s, decision_id, now)
    for ask_id in asking.withdraw_asks(s, decision_id, now):
        withdraw_question(s, ask_id)
    return undone


def _forget_look(s: Session, undone: Decision, now: datetime) -> None:
    """Takes back the word that was recorded with the decision, unless a newer one stands."""
    decided = reviews.list_decisions(s, undone.community_id)
    taken_back = next((one for one in decided if one.id == undone.undoes), None)
    words = attestations.list_attestations(s, undone.community_id)
    last = max(words, key=lambda one: one.id, default=None)
    if taken_back and last and last.made_at == taken_back.decided_at and not last.by_manager:
        attestations.take_back(s, undone.community_id, by=current_user().name, now=now)


def _go_on(made: list[Decision], *, missed: int = 0) -> Response:
    """To the next card, which says what was done and offers to undo it."""
    first = made[0]
    with reading(site().engine) as s:
        name = load_named(s, first.community_id).name
        if len(made) > 1:
            name = f"{name} (+ {len(made) - 1})"
        words = told(ANSWER_DONE[first.answer], name=name)
        if first.answer is Answer.LATER and first.until is not None:
            day = format_day(first.until, own_locale())
            words = f"{words} {told('It comes back on {day}.', day=day)}"
        if missed:
            words = f"{words} {told('{number} were decided by a colleague.', number=missed)}"
        session["done"] = {"words": words, "decision_id": first.id}
        return to_next(s)


def _meet_other(review_id: int, given: Given) -> Shown:
    """The decision that was made meanwhile, and the choice to keep or to change it."""
    here, locale = site(), own_locale()
    with reading(here.engine) as s:
        review = reviews.load_review(s, review_id) or missing()
        entry = load_entry(s, review)
        decided = reviews.list_decisions(s, review.community_id)
        asks = asking.list_asks(s, review.community_id)
    here_decided = [decision for decision in decided if decision.review_id == review_id]
    last = max(here_decided, key=lambda decision: decision.id, default=None)
    answered = next((a for a in asks if a.answered_at is not None), None)
    if answered and answered.answered_at and (not last or answered.answered_at >= last.decided_at):
        trouble = told("Its manager answered while you had this card open. Please look again.")
        return show_card(review_id, filled=request.form, trouble=trouble), 409
    if last is None:
        return redirect(url_for("review.card", review_id=review_id), 303)
    page = render_room(
        "stale.html",
        review=review,
        entry=entry,
        words=tell_other(last, here.clock(), locale),
        note=last.note,
        undo_id=None if last.answer is Answer.UNDO else last.id,
        mine=told(ANSWER_BUTTONS.get(given.answer, "Later")),
    )
    return page, 409


def _read_cards(form: MultiDict[str, str]) -> list[tuple[int, int, str]]:
    """The cards of a fold with the versions, and the new addresses, that were seen."""
    found = []
    for text in form.getlist("card")[:MOST_FOLDED]:
        card_id, version, url = (*text.split(":", 2), "", "")[:3]
        if not card_id.isdecimal() or not version.isdecimal():
            abort(400)
        if form.get("answer") == Answer.MOVED:
            url = _require_address(url)
        found.append((int(card_id), int(version), url))
    return found


def _require_address(url: str) -> str:
    try:
        return read_address(url, own_locale())
    except Unfinished:
        abort(400)
