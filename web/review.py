"""The curators' room: one card at a time with its evidence, and a queue that ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from flask import Blueprint, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from domain.outcome import PROMISED_WITHIN, Answer, FlagKind, Review
from domain.people import User
from domain.published import DirectoryEntry
from domain.records import Community
from presentation.asking import choose_mail_locale, write_question
from presentation.card_words import (
    FLAG_CAUSES,
    FOLD_BUTTONS,
    FOLD_MOVED_BUTTONS,
    FOLD_QUESTIONS,
)
from presentation.dates import describe_age
from presentation.i18n import say, say_count
from presentation.reasons import write_reason
from store import (
    asking,
    audit,
    canaries,
    coverage,
    crawls,
    directory,
    folding,
    posts,
    proposals,
    queue,
    reviews,
    sources,
)
from store.engine import reading, writing
from web.auth import Shown, current_user, signed_in, take_unsent
from web.blindness import Surroundings, find_neighbours
from web.cards import ALIVE_REASONS, Card, ask, build_card
from web.room import ANYONE, LEADS, letterhead, own_choices, own_locale, render_room, told
from web.site import site

CARDS_PER_WEEK = 10
WEEK = timedelta(days=7)
MINUTES_PER_CARD = 1.5
RECORD_SHOWN = 50

pages = Blueprint("review", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One waiting card in the list: who has it open, until when it was put off, if it is late."""

    review: Review
    question: str
    evidence: str
    cause: str
    age: str
    late: bool
    claimed_by: str = ""
    put_off_until: datetime | None = None


@pages.get("/review", endpoint="queue")
@signed_in(*ANYONE)
def queue_page() -> Shown:
    """Every waiting card, for the lead; other curators get their next one."""
    if current_user().role not in LEADS:
        return redirect(url_for("review.next_card"))
    here, locale = site(), own_locale()
    now = here.clock()
    with reading(here.engine) as s:
        waiting = reviews.list_open_reviews(s)
        names = {community.id: community for community in sources.list_communities(s)}
        claims = {claim.review_id: claim.name for claim in queue.list_claims(s, now)}
        off = queue.list_put_off(s, now)
    cause = request.args.get("cause", "")
    rows = [
        Row(
            review=review,
            question=ask(review, names[review.community_id], locale),
            evidence=write_reason(review.reasons[0], locale) if review.reasons else "",
            cause=say(FLAG_CAUSES[review.kind], locale),
            age=describe_age(review.opened_at, now, locale),
            late=now - review.opened_at > PROMISED_WITHIN,
            claimed_by=claims.get(review.id, ""),
            put_off_until=off.get(review.id),
        )
        for review in waiting
    ]
    kinds = {
        k.value: told(FLAG_CAUSES[k]) for k in FlagKind if any(r.review.kind is k for r in rows)
    }
    shown = [row for row in rows if cause in ("", row.review.kind)]
    return render_room("queue.html", rows=shown, cause=cause, kinds=kinds)


@pages.get("/review/next")
@signed_in(*ANYONE)
def next_card() -> Shown:
    """Leads on to the next card; at the end says so."""
    user, now = current_user(), site().clock()
    with reading(site().engine) as s:
        found = find_next(s, user)
        if found is not None:
            return redirect(url_for("review.card", review_id=found.id))
        waiting = [
            one for one in queue.list_due(s, now) if one.id not in queue.list_passed(s, user.id)
        ]
        week = queue.list_answered_at(s, user.id, now - WEEK)
        record = audit.list_own(s, user.id, RECORD_SHOWN)
        week_record = [one for one in record if one.decision.decided_at >= now - WEEK]
    room_on = week[0] + WEEK if len(week) >= CARDS_PER_WEEK else None
    return render_room(
        "finished.html",
        answered=len(week),
        asked=sum(1 for one in week_record if one.decision.answer is Answer.ASK),
        waiting=len(waiting),
        room_on=room_on,
        total=len(record),
        changed=sum(1 for one in record if one.changed_by is not None),
        effects=[one for one in week_record if one.decision.answer.concludes],
    )


@pages.get("/review/<int:review_id>")
@signed_in(*ANYONE)
def card(review_id: int) -> Shown:
    """One card with its evidence and the answers; whoever opens it has it for 20 minutes."""
    unsent = take_unsent()
    if unsent is not None:
        trouble = told(
            "You were signed out meanwhile, and nothing was stored. What you wrote is still here: "
            "press your answer again."
        )
        return show_card(review_id, filled=MultiDict(unsent), trouble=trouble)
    if request.args.get("alone") is None:
        folded = _show_fold(review_id)
        if folded is not None:
            return folded
    return show_card(review_id, filled=MultiDict())


@pages.get("/review/<int:review_id>/mail")
@signed_in(*ANYONE)
def preview(review_id: int) -> Shown:
    """The mail that “Ask the manager” would send, before it goes."""
    with reading(site().engine) as s:
        review = reviews.load_review(s, review_id) or missing()
        entry = load_entry(s, review)
    locale = choose_mail_locale(entry.community)
    links = dict.fromkeys(("active", "moved", "ended"), f"{site().public_url}/manager/…")
    text = write_question(letterhead(), entry, locale, asker=current_user().name, links=links)
    return render_room("mail.html", review=review, text=text, mail_locale=locale, entry=entry)


def show_card(review_id: int, *, filled: MultiDict[str, str], trouble: str = "") -> str:
    """The page of a card, filled in as far as somebody got."""
    here, user = site(), current_user()
    claim = None
    with writing(here.engine) as s:
        review = reviews.load_review(s, review_id) or missing()
        if review.closed_at is None:
            claim = queue.claim_review(s, review_id, user.id, here.clock())
    return render_room(
        "card.html",
        card=_load_card(review),
        filled=filled,
        trouble=trouble,
        claim=claim,
        alive_reasons=ALIVE_REASONS,
        keys=own_choices().keys,
        today=here.clock().date(),
        later=(here.clock() + WEEK).date(),
    )


def find_next(s: Session, user: User) -> Review | None:
    """The next card for a user while their week has room."""
    now = site().clock()
    if queue.count_answers(s, user.id, now - WEEK) >= CARDS_PER_WEEK:
        return None
    return queue.next_review(s, user.id, now)


def load_entry(s: Session, review: Review) -> DirectoryEntry:
    """What the public pages say of the card's community."""
    slug = load_named(s, review.community_id).slug
    return directory.load_entry(s, slug, site().clock()) or missing()


def load_named(s: Session, community_id: int) -> Community:
    """The community with that number."""
    found = (c for c in sources.list_communities(s) if c.id == community_id)
    return next(found, None) or missing()


def missing() -> NoReturn:
    """Ends a view that was asked for what is not there."""
    abort(404)


def to_next(s: Session) -> Response:
    """On to the next card, or to the end."""
    following = find_next(s, current_user())
    if following is None:
        return redirect(url_for("review.next_card"), 303)
    return redirect(url_for("review.card", review_id=following.id), 303)


def _show_fold(review_id: int) -> str | None:
    """The page of all cards with this one's cause, if there are several."""
    here, user = site(), current_user()
    now = here.clock()
    with writing(here.engine) as s:
        review = reviews.load_review(s, review_id) or missing()
        fold = folding.find_fold(s, review, now) if review.closed_at is None else None
        if fold is None:
            return None
        for one in fold.reviews:
            queue.claim_review(s, one.id, user.id, now)
        names = {community.id: community for community in sources.list_communities(s)}
        place = _tell_place(s, user)
    number, cause = len(fold.reviews), fold.cause
    question = FOLD_QUESTIONS.get(cause.outcome, FOLD_QUESTIONS["gone"])
    buttons = FOLD_MOVED_BUTTONS if cause.target else FOLD_BUTTONS
    return render_room(
        "fold.html",
        question=told(question, host=cause.host, target=cause.target, number=number),
        rows=[
            (one, names[one.community_id], fold.moved_to.get(one.community_id, ""))
            for one in fold.reviews
        ],
        buttons={a.value: told(words, number=number) for a, words in buttons.items()},
        place=place,
        first=review,
    )


def _load_card(review: Review) -> Card:
    here, user = site(), current_user()
    now = here.clock()
    with reading(here.engine) as s:
        entry = load_entry(s, review)
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
                asks=asking.list_asks(s, review.community_id),
                may_ask=asking.may_ask(s, review.community_id, now),
                locale=own_locale(),
            ),
            decisions=reviews.list_decisions(s, review.community_id),
            subjects=posts.recent_subjects(s, review.community_id),
            place=_tell_place(s, user),
        )


def _tell_place(s: Session, user: User) -> str:
    """Which card of the week this is, and how many minutes the rest will take."""
    now = site().clock()
    done = queue.count_answers(s, user.id, now - WEEK)
    week = min(CARDS_PER_WEEK, done + len(queue.list_due(s, now)))
    if done >= week:
        return told("Your week is full; this one is extra")
    minutes = max(1, round((week - done) * MINUTES_PER_CARD))
    return say_count(
        "Card {place} of {week} this week · about {number} minute left · do the rest later",
        "Card {place} of {week} this week · about {number} minutes left · do the rest later",
        minutes,
        own_locale(),
        place=done + 1,
        week=week,
    )
