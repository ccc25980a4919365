"""The curators' room: one card at a time, plain answers, undo, and no dialog anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NoReturn
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from domain.addresses import is_private_host
from domain.errors import StaleDecision, UsageError
from domain.outcome import Answer, Decision, FlagKind, Review
from domain.people import Role, User
from domain.published import DirectoryEntry
from domain.records import Community
from presentation.dates import counted, format_day
from presentation.reasons import write_reason
from presentation.words import ANSWER_DONE, ANSWER_WORDS, FLAG_CAUSES
from store import canaries, coverage, crawls, directory, posts, proposals, reviews, sources
from store.engine import reading, writing
from web.auth import Shown, current_user, signed_in
from web.cards import (
    ALIVE_REASONS,
    Card,
    Surroundings,
    ask,
    build_card,
    find_neighbours,
    tell_other,
)
from web.evidence import web_address
from web.site import may_be_private, site

CARDS_PER_WEEK = 10
WEEK = timedelta(days=7)
LONGEST_NOTE = 2000
ANYONE = (Role.CURATOR, Role.LEAD, Role.OPERATOR)
LEADS = (Role.LEAD, Role.OPERATOR)

pages = Blueprint("review", __name__)


class Unfinished(Exception):
    """An answer that lacks something; the text says what to add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer as a curator sent it, checked."""

    answer: Answer
    version: int
    note: str = ""
    new_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One waiting card in the list."""

    review: Review
    question: str
    evidence: str
    cause: str


@pages.get("/review")
@signed_in(*ANYONE)
def queue() -> Shown:
    """Every waiting card, for the lead; other curators get their next one."""
    if current_user().role not in LEADS:
        return redirect(url_for("review.next_card"))
    here = site()
    with reading(here.engine) as s:
        waiting = reviews.list_open_reviews(s)
        names = {community.id: community for community in sources.list_communities(s)}
    cause = request.args.get("cause", "")
    rows = [_build_row(review, names[review.community_id]) for review in waiting]
    shown = [row for row in rows if cause in ("", row.review.kind)]
    heading = counted(len(shown), "card is waiting", "cards are waiting")
    return _render(
        "queue.html",
        heading=heading if shown else "Nothing is waiting",
        rows=shown,
        cause=cause,
        kinds={k.value: FLAG_CAUSES[k] for k in FlagKind if any(r.review.kind is k for r in rows)},
    )


@pages.get("/review/next")
@signed_in(*ANYONE)
def next_card() -> Shown:
    """Leads on to the next card; at the end says so."""
    with reading(site().engine) as s:
        found = _find_next(s, current_user())
        done = _count_done(s, current_user())
    if found is not None:
        return redirect(url_for("review.card", review_id=found.id))
    with reading(site().engine) as s:
        left = len(reviews.list_open_reviews(s))
    decided = f"{counted(done, 'card', 'cards')} answered this week."
    rest = f" {counted(left, 'card waits', 'cards wait')} for others or for later." if left else ""
    return _render("finished.html", summary=decided + rest)


@pages.get("/review/<int:review_id>")
@signed_in(*ANYONE)
def card(review_id: int) -> Shown:
    """One card with its evidence and the answers."""
    return _show_card(review_id, filled=MultiDict())


@pages.post("/review/<int:review_id>")
@signed_in(*ANYONE)
def answer(review_id: int) -> Shown:
    """Stores the decision and goes on to the next card; never overwrites a colleague's."""
    here, user = site(), current_user()
    now = here.clock()
    try:
        given = _read_answer(request.form, now.date())
    except Unfinished as error:
        return _show_card(review_id, filled=request.form, trouble=str(error)), 422
    try:
        with writing(here.engine) as s:
            decision = reviews.decide(
                s,
                review_id=review_id,
                version=given.version,
                user_id=user.id,
                answer=given.answer,
                note=given.note,
                new_url=given.new_url,
                now=now,
            )
            proposals.follow_decision(s, decision, now)
    except StaleDecision:
        return _meet_other(review_id, given)
    return _go_on(decision)


@pages.post("/review/undo/<int:decision_id>")
@signed_in(*ANYONE)
def undo(decision_id: int) -> Response:
    """Takes a decision back by a new one, and opens its card again."""
    here = site()
    try:
        with writing(here.engine) as s:
            undone = reviews.undo(s, decision_id, current_user().id, here.clock())
            proposals.unfollow_decision(s, decision_id, here.clock())
            name = _community(s, undone.community_id).name
    except UsageError:
        abort(404)
    session["done"] = {"words": ANSWER_DONE[Answer.UNDO].format(name=name)}
    if undone.review_id is None:
        return redirect(url_for("review.next_card"), 303)
    return redirect(url_for("review.card", review_id=undone.review_id), 303)


@pages.post("/review/<int:review_id>/keys")
@signed_in(*ANYONE)
def switch_keys(review_id: int) -> Response:
    """Switches the digit keys on or off; they are off at first."""
    session["keys"] = not session.get("keys", False)
    return redirect(url_for("review.card", review_id=review_id), 303)


def _read_answer(form: MultiDict[str, str], today: date) -> Given:
    """The answer in a form.

    Raises: `Unfinished` when something is missing that only the curator can add.
    """
    word, _, code = form.get("answer", "").partition(":")
    if word not in set(Answer) - {Answer.UNDO} or not form.get("version", "").isdecimal():
        abort(400)
    chosen, note, new_url = Answer(word), form.get("note", "").strip()[:LONGEST_NOTE], None
    if chosen is Answer.ALIVE:
        note = f"{_read_alive(code, form.get('seen_on', ''), today)} {note}".strip()
    elif chosen is Answer.MOVED:
        new_url = _read_address(form.get("new_url", "").strip())
    return Given(answer=chosen, version=int(form["version"]), note=note, new_url=new_url)


def _read_address(text: str) -> str:
    """The address of a move, which will be visited.

    Raises: `Unfinished` when it is none, or leads into a private network.
    """
    try:
        host = urlsplit(text).hostname or ""
    except ValueError:
        host = ""
    if not web_address(text) or not host:
        raise Unfinished("Where did it move? Give an address that starts with https://")
    if is_private_host(host.lower()) and not may_be_private():
        raise Unfinished("That address is inside a private network. Give one on the public web.")
    return text


def _read_alive(code: str, seen_on: str, today: date) -> str:
    reason = next((reason for reason in ALIVE_REASONS if reason.code == code), None)
    if reason is None:
        raise Unfinished("How do you know that it is alive? Press one of the four reasons.")
    if not reason.wants_date:
        return f"{reason.words}."
    try:
        day = date.fromisoformat(seen_on)
    except ValueError:
        raise Unfinished("On which day did you see it? Fill in the date.") from None
    if day > today:
        raise Unfinished("The day on which you saw it is still to come.")
    return f"I saw it myself on {format_day(day)}."


def _find_next(s: Session, user: User) -> Review | None:
    """The longest waiting card that the user has not passed on, while their week has room."""
    if _count_done(s, user) >= CARDS_PER_WEEK:
        return None
    passed = reviews.list_passed(s, user.id)
    return next((r for r in reviews.list_open_reviews(s) if r.id not in passed), None)


def _count_done(s: Session, user: User) -> int:
    return reviews.count_answers(s, user.id, site().clock() - WEEK)


def _go_on(decision: Decision) -> Response:
    """To the next card, which says what was done and offers to undo it."""
    with reading(site().engine) as s:
        name = _community(s, decision.community_id).name
        following = _find_next(s, current_user())
    words = ANSWER_DONE[decision.answer].format(name=name)
    session["done"] = {"words": words, "decision_id": decision.id}
    if following is None:
        return redirect(url_for("review.next_card"), 303)
    return redirect(url_for("review.card", review_id=following.id), 303)


def _meet_other(review_id: int, given: Given) -> Shown:
    """The decision that was made meanwhile, and the choice to keep or to change it."""
    here = site()
    with reading(here.engine) as s:
        review = reviews.load_review(s, review_id) or _missing()
        decided = reviews.list_decisions(s, review.community_id)
    here_decided = [decision for decision in decided if decision.review_id == review_id]
    last = max(here_decided, key=lambda decision: decision.id, default=None)
    if last is None:
        return redirect(url_for("review.card", review_id=review_id), 303)
    page = _render(
        "stale.html",
        review=review,
        words=tell_other(last, here.clock()),
        note=last.note,
        undo_id=None if last.answer is Answer.UNDO else last.id,
        mine=ANSWER_WORDS[given.answer],
    )
    return page, 409


def _show_card(review_id: int, *, filled: MultiDict[str, str], trouble: str = "") -> str:
    found = _load_card(review_id)
    return _render(
        "card.html",
        card=found,
        filled=filled,
        trouble=trouble,
        alive_reasons=ALIVE_REASONS,
        keys=session.get("keys", False),
    )


def _load_card(review_id: int) -> Card:
    here, user = site(), current_user()
    now = here.clock()
    with reading(here.engine) as s:
        review = reviews.load_review(s, review_id) or _missing()
        entry = _load_entry(s, review)
        waiting = len(reviews.list_open_reviews(s))
        done = _count_done(s, user)
        neighbours = find_neighbours(sources.list_sources(s), entry)
        own = [source.id for source in entry.sources]
        return build_card(
            review,
            entry,
            Surroundings(
                sources=neighbours,
                reports=crawls.latest_reports(s, only=[source.id for source in neighbours]),
                seen=coverage.community_coverage(s, review.community_id),
                now=now,
                proofs=canaries.latest_proofs(s, own),
                proposals=proposals.list_open_proposals(s, of=own),
            ),
            decisions=reviews.list_decisions(s, review.community_id),
            subjects=posts.recent_subjects(s, review.community_id),
            place=_tell_place(done, waiting),
        )


def _tell_place(done: int, waiting: int) -> str:
    week = min(CARDS_PER_WEEK, done + waiting)
    if done >= week:
        return "Your week is full; this one is extra"
    return f"Card {done + 1} of {week} this week · do the rest later"


def _build_row(review: Review, community: Community) -> Row:
    first = review.reasons[0] if review.reasons else None
    return Row(
        review=review,
        question=ask(review, community),
        evidence=write_reason(first) if first else "",
        cause=FLAG_CAUSES[review.kind],
    )


def _load_entry(s: Session, review: Review) -> DirectoryEntry:
    community = _community(s, review.community_id)
    return directory.load_entry(s, community.slug, site().clock()) or _missing()


def _community(s: Session, community_id: int) -> Community:
    found = (c for c in sources.list_communities(s) if c.id == community_id)
    return next(found, None) or _missing()


def _missing() -> NoReturn:
    abort(404)


def _render(template: str, **values: object) -> str:
    """A page of this room, with who is signed in and what was just done."""
    me = current_user()
    done = session.pop("done", None)
    return render_template(template, me=me, leads=me.role in LEADS, done=done, **values)
