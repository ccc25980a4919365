"""A review card as a value: the question, the evidence, the answers, the safest of them first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.asking import ManagerAnswer, ManagerAsk
from domain.outcome import Answer, Decision, FlagKind, Review
from domain.published import DirectoryEntry
from domain.records import Community
from presentation.asking import choose_mail_locale
from presentation.card_words import (
    ALIVE_WORDS,
    ANSWER_BUTTONS,
    ANSWER_WORDS,
    FLAG_HOW,
    FLAG_QUESTIONS,
    FLAG_TRAPS,
    FLAG_WHY,
    MANAGER_SAID,
    WANTS_DATE,
)
from presentation.dates import describe_age, format_day
from presentation.facts import language_name
from presentation.i18n import say
from presentation.months import month_words
from presentation.reasons import write_reason
from store.posts import RecentSubject
from web.blindness import Surroundings, build_proofs
from web.evidence import HistoryLine, Proof, tell_decision, web_address


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveReason:
    """Why a curator knows that a community lives; the words teach the rules."""

    code: str
    words: str
    wants_date: bool = False


ALIVE_REASONS = tuple(
    AliveReason(code=code, words=words, wants_date=code in WANTS_DATE)
    for code, words in ALIVE_WORDS.items()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One of the six answers: its words, what it does, and the digit that moves to it."""

    answer: Answer
    words: str
    effect: str
    digit: int
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything that one card shows."""

    review: Review
    entry: DirectoryEntry
    question: str
    evidence: str
    month_words: tuple[str, ...]
    subjects: tuple[RecentSubject, ...]
    proofs: tuple[Proof, ...]
    reasons: tuple[str, ...]
    change: tuple[str, ...]
    why: str
    how: str
    trap: str
    history: tuple[HistoryLine, ...]
    buttons: tuple[Button, ...]
    moved_to: str = ""
    place: str = ""

    @property
    def open(self) -> bool:
        """True while it waits for an answer."""
        return self.review.closed_at is None


def build_card(
    review: Review,
    entry: DirectoryEntry,
    around: Surroundings,
    *,
    decisions: Sequence[Decision],
    subjects: Sequence[RecentSubject],
    place: str = "",
) -> Card:
    """The card of a review from what the store holds."""
    locale = around.locale
    reasons = tuple(write_reason(reason, locale) for reason in review.reasons)
    changes = entry.assessment.change if entry.assessment else ()
    proofs = build_proofs(entry, around)
    return Card(
        review=review,
        entry=entry,
        question=ask(review, entry.community, locale),
        evidence=tell_manager(around) or (reasons[0] if reasons else ""),
        month_words=month_words(entry.months, locale),
        subjects=tuple(subjects),
        proofs=proofs,
        reasons=reasons,
        change=tuple(write_reason(reason, locale) for reason in changes),
        why=say(FLAG_WHY[review.kind], locale),
        how=say(FLAG_HOW[review.kind], locale),
        trap=say(FLAG_TRAPS[review.kind], locale),
        history=build_history(decisions, around.asks, locale),
        buttons=build_buttons(review, entry, around, proofs),
        moved_to=_find_new_address(entry, around),
        place=place,
    )


def ask(review: Review, community: Community, locale: str = "en") -> str:
    """The card's question."""
    return say(FLAG_QUESTIONS[review.kind], locale, name=community.name)


def build_buttons(
    review: Review, entry: DirectoryEntry, around: Surroundings, proofs: Sequence[Proof]
) -> tuple[Button, ...]:
    """The six answers, the safest next step first."""
    first = suggest(review, entry, around, proofs)
    order = [first, *(answer for answer in ANSWER_BUTTONS if answer is not first)]
    return tuple(
        Button(
            answer=answer,
            words=say(ANSWER_BUTTONS[answer], around.locale),
            effect=_tell_effect(answer, entry, around),
            digit=digit,
            enabled=answer is not Answer.ASK or around.may_ask,
        )
        for digit, answer in enumerate(order, 1)
    )


def suggest(
    review: Review, entry: DirectoryEntry, around: Surroundings, proofs: Sequence[Proof]
) -> Answer:
    """The safest step that the evidence allows; never “inactive” while anything is unclear."""
    said = _last_answer(around)
    if said is ManagerAnswer.MOVED:
        return Answer.MOVED
    if said is ManagerAnswer.ENDED:
        return Answer.CLOSED
    if review.kind in (FlagKind.WOKE_UP, FlagKind.CONFIRM) or said is ManagerAnswer.ACTIVE:
        return Answer.ALIVE
    if around.may_ask and not around.asks:
        return Answer.ASK
    if review.kind is FlagKind.MAYBE_MOVED and _find_new_address(entry, around):
        return Answer.MOVED
    if review.kind is FlagKind.WENT_QUIET and all(line.tone == "ok" for line in proofs):
        return Answer.INACTIVE
    silent = bool(around.asks) and around.asks[0].unanswered_at is not None
    if review.kind is FlagKind.WENT_QUIET and silent and _are_clear(proofs):
        return Answer.INACTIVE
    return Answer.ASK if around.may_ask else Answer.NOT_SURE


def tell_manager(around: Surroundings) -> str:
    """What the manager answered last, as the first line of a card; nothing without an answer."""
    last, locale = (around.asks[0] if around.asks else None), around.locale
    if last is None or last.answer is None or last.answered_at is None:
        return ""
    day = format_day(last.answered_at, locale)
    words = say(MANAGER_SAID[last.answer], locale)
    line = say("Its manager answered on {day}: {said}.", locale, day=day, said=words)
    return f"{line} {last.new_url}" if last.new_url else line


def build_history(
    decisions: Sequence[Decision], asks: Sequence[ManagerAsk] = (), locale: str = "en"
) -> tuple[HistoryLine, ...]:
    """The decisions and the manager's words, newest first; what still stands can be undone."""
    undone = {decision.undoes for decision in decisions}
    lines = [
        HistoryLine(
            at=decision.decided_at,
            what=tell_decision(decision, locale) + (f" – {decision.note}" if decision.note else ""),
            by=decision.curator,
            undo_id=None
            if decision.answer is Answer.UNDO or decision.id in undone
            else decision.id,
        )
        for decision in decisions
    ]
    for one in asks:
        lines += _tell_ask(one, locale)
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True))


def tell_other(decision: Decision, now: datetime, locale: str = "en") -> str:
    """Who was faster, when, and with which answer."""
    return say(
        "{name} decided this {age}: {answer}.",
        locale,
        name=decision.curator,
        age=describe_age(decision.decided_at, now, locale),
        answer=say(ANSWER_WORDS[decision.answer], locale),
    )


def _tell_ask(one: ManagerAsk, locale: str) -> Iterable[HistoryLine]:
    manager = say("the manager", locale)
    if not one.asker:
        timetable = say("the timetable", locale)
        yield HistoryLine(at=one.asked_at, what=say("Manager asked", locale), by=timetable)
    if one.unanswered_at is not None:
        what = say("No answer in 14 days", locale)
        yield HistoryLine(at=one.unanswered_at, what=what, by=manager)
    if one.answer is not None and one.answered_at is not None:
        what = say(MANAGER_SAID[one.answer], locale)
        what += f": {one.new_url}" if one.new_url else ""
        yield HistoryLine(at=one.answered_at, what=what, by=manager)


def _tell_effect(answer: Answer, entry: DirectoryEntry, around: Surroundings) -> str:
    locale = around.locale
    match answer:
        case Answer.ASK:
            return _tell_asking(entry, around)
        case Answer.INACTIVE:
            return _tell_inactive(entry, locale)
        case Answer.ALIVE:
            return say("Stays Active; we ask again in 6 months. How do you know?", locale)
        case Answer.MOVED:
            return say("We read the new address at once.", locale)
        case Answer.CLOSED:
            return say("Its page stays and links the archive.", locale)
        case _:
            return say("Another curator gets it.", locale)


def _tell_asking(entry: DirectoryEntry, around: Surroundings) -> str:
    locale = around.locale
    if around.may_ask:
        language = language_name(choose_mail_locale(entry.community), locale)
        return say(
            "Sends a short mail ({language}); the card comes back with the answer, or in 14 days.",
            locale,
            language=language,
        )
    if not entry.community.owner_address:
        return say("Not possible: no published address of its manager is known.", locale)
    return say("Not possible now: at most two mails in 30 days.", locale)


def _tell_inactive(entry: DirectoryEntry, locale: str) -> str:
    last = entry.published.last_post_at
    if last is None:
        return say("Its page will say “Inactive”.", locale)
    day = format_day(last, locale)
    return say("Its page will say “No new posts seen since {day}”.", locale, day=day)


def _find_new_address(entry: DirectoryEntry, around: Surroundings) -> str:
    named = [one.new_url for one in around.asks[:1]]
    named += [proposal.new_url for proposal in around.proposals]
    named += [report.new_url for report in entry.reports.values()]
    return next((web_address(url) for url in named if web_address(url)), "")


def _last_answer(around: Surroundings) -> ManagerAnswer | None:
    return around.asks[0].answer if around.asks else None


def _are_clear(proofs: Sequence[Proof]) -> bool:
    return all(line.tone != "unclear" for line in proofs)
