"""Three solved cards for a first sign-in: what a card shows, and which answer is the safe one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from domain.outcome import Answer
from presentation.card_words import ANSWER_BUTTONS
from store import accounts
from store.engine import writing
from web.auth import Shown, current_user, signed_in
from web.room import ANYONE, render_room, told
from web.site import site

QUESTIONS = {
    1: "Malaria Practice Group: mark as inactive?",
    2: "Midwives’ Exchange: has it moved?",
    3: "Eye Health Course List: mark as inactive?",
}
EVIDENCE = {
    1: "No post seen for 40 weeks. Usually someone posts every 2 days. The archive was read "
    "yesterday; its manager was never asked.",
    2: "Its archive says: “We are now at https://new.example.org/midwives”. The new page shows the "
    "same name and posts of last week.",
    3: "No post seen for 12 weeks, as in the summer of each year before. The course starts again "
    "in October.",
}
RIGHT = {1: Answer.ASK, 2: Answer.MOVED, 3: Answer.ALIVE}
EXPLAINED = {
    1: "Ask the manager. Nothing is lost by two weeks of waiting, and one mail may save a living "
    "group from being called inactive.",
    2: "It moved. You looked, and it is the same group; we read the new address at once.",
    3: "Still alive: it rests between courses. Your reason teaches the rule, and nobody is asked "
    "again for half a year.",
}

pages = Blueprint("practice", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeCard:
    """A made-up case; nothing that is pressed on it is stored."""

    number: int
    question: str
    evidence: str
    explained: str
    right: Answer


@pages.get("/review/practice/<int:number>")
@signed_in(*ANYONE)
def card(number: int) -> Shown:
    """One of the three, with its answer explained once one was tried."""
    if number not in QUESTIONS:
        abort(404)
    tried = request.args.get("try", "")
    return render_room(
        "practice.html",
        card=PracticeCard(
            number=number,
            question=told(QUESTIONS[number]),
            evidence=told(EVIDENCE[number]),
            explained=told(EXPLAINED[number]),
            right=RIGHT[number],
        ),
        buttons={answer.value: told(words) for answer, words in ANSWER_BUTTONS.items()},
        tried=tried if tried in set(ANSWER_BUTTONS) else "",
        last=len(QUESTIONS),
    )


@pages.post("/review/practice/done")
@signed_in(*ANYONE)
def done() -> Response:
    """Remembers that the practice was seen, and leads on to the first real card."""
    with writing(site().engine) as s:
        accounts.save_choices(s, current_user().id, practised_at=site().clock())
    return redirect(url_for("review.next_card"), 303)
