"""A review card as a value: the question, the evidence, and whether we are blind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.canary import SilenceProof
from domain.outcome import Answer, Decision, FlagKind, Review
from domain.proposal import Proposal
from domain.published import DirectoryEntry
from domain.records import Community, CrawlReport, Source
from domain.window import Window, holes
from presentation.dates import (
    capital,
    counted,
    describe_age,
    describe_days,
    format_count,
    format_day,
)
from presentation.facts import platform_name
from presentation.reasons import write_reason
from presentation.words import (
    ANSWER_WORDS,
    FLAG_QUESTIONS,
    FLAG_TRAPS,
    month_words,
    outcome_words,
)
from store.posts import RecentSubject
from web.evidence import (
    HistoryLine,
    Proof,
    no,
    ok,
    tell_canaries,
    tell_decision,
    tell_proposal,
    unclear,
    web_address,
)

LIVELY = timedelta(days=7)
SHORTEST_HOLE = timedelta(days=2)
MOST_HOLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveReason:
    """Why a curator knows that a community lives; the words teach the rules."""

    code: str
    words: str
    wants_date: bool = False


ALIVE_REASONS = (
    AliveReason(code="season", words="It rests between courses or seasons"),
    AliveReason(code="private", words="It talks in private now"),
    AliveReason(code="low", words="It is quiet by nature"),
    AliveReason(code="seen", words="I saw it myself that day", wants_date=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known around a community.

    All sources on its servers with their last visits, when it was seen completely itself, the
    newest proof of each of its own sources, and the open proposals about them.
    """

    sources: Sequence[Source]
    reports: Mapping[int, CrawlReport]
    seen: Sequence[Window]
    now: datetime
    proofs: Mapping[int, SilenceProof] = field(default_factory=dict)
    proposals: Sequence[Proposal] = ()


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
    trap: str
    history: tuple[HistoryLine, ...]
    inactive_effect: str
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
    last = entry.published.last_post_at
    silent = review.kind is FlagKind.WENT_QUIET and last is not None
    seen = f"No new posts seen since {format_day(last)}" if silent and last else "Inactive"
    reasons = tuple(write_reason(reason) for reason in review.reasons)
    return Card(
        review=review,
        entry=entry,
        question=ask(review, entry.community),
        evidence=reasons[0] if reasons else "",
        month_words=month_words(entry.months),
        subjects=tuple(subjects),
        proofs=build_proofs(entry, around),
        reasons=reasons,
        trap=FLAG_TRAPS[review.kind],
        history=build_history(decisions),
        inactive_effect=f"Its page will say “{seen}”.",
        moved_to=_find_new_address(entry, around),
        place=place,
    )


def _find_new_address(entry: DirectoryEntry, around: Surroundings) -> str:
    named = [proposal.new_url for proposal in around.proposals]
    named += [report.new_url for report in entry.reports.values()]
    return next((web_address(url) for url in named if web_address(url)), "")


def ask(review: Review, community: Community) -> str:
    """The card's question."""
    return FLAG_QUESTIONS[review.kind].format(name=community.name)


def find_neighbours(sources: Iterable[Source], entry: DirectoryEntry) -> list[Source]:
    """The sources on the same servers as the community's own, which are among them."""
    hosts = {_host(source) for source in entry.sources}
    return [source for source in sources if _host(source) in hosts]


def build_proofs(entry: DirectoryEntry, around: Surroundings) -> tuple[Proof, ...]:
    """“Is it silent, or are we blind?”: what speaks for the reading, and what leaves it open."""
    lines = [tell_proposal(proposal) for proposal in around.proposals]
    for source in entry.sources:
        lines += _tell_source(source, around.reports.get(source.id), around.now)
        if source.id in around.proofs:
            lines += tell_canaries(around.proofs[source.id])
    if not entry.sources:
        lines.append(unclear("No archive or feed of it is known: nothing was read."))
    lines += _tell_holes(entry, around)
    # A source that was asked for a proof has compared itself with its neighbours already.
    unasked = [source for source in entry.sources if source.id not in around.proofs]
    for host in dict.fromkeys(_host(source) for source in unasked):
        lines += _tell_neighbours(host, entry.community.id, around)
    return tuple(lines)


def build_history(decisions: Sequence[Decision]) -> tuple[HistoryLine, ...]:
    """The decisions, newest first; what still stands can be undone."""
    undone = {decision.undoes for decision in decisions}
    lines = [
        HistoryLine(
            at=decision.decided_at,
            what=tell_decision(decision) + (f" – {decision.note}" if decision.note else ""),
            by=decision.curator,
            undo_id=None
            if decision.answer is Answer.UNDO or decision.id in undone
            else decision.id,
        )
        for decision in decisions
    ]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True))


def tell_other(decision: Decision, now: datetime) -> str:
    """Who was faster, when, and with which answer."""
    age = describe_age(decision.decided_at, now)
    return f"{decision.curator} decided this {age}: {ANSWER_WORDS[decision.answer]}."


def _tell_source(source: Source, report: CrawlReport | None, now: datetime) -> list[Proof]:
    where = capital(platform_name(source.platform))
    if report is None:
        return [unclear(f"{where}: never visited.", source.url, "open it")]
    when = describe_age(report.finished_at, now)
    if not report.outcome.saw:
        words = f"{where}, visited {when}: it {outcome_words(report.outcome)}."
        return [no(f"{words} {report.detail}".strip(), source.url, "open it")]
    posts = counted(report.posts_total, "post", "posts")
    lines = [ok(f"{where} read {when}; {posts} known.", source.url, "open it")]
    if report.new_url:
        lines.append(unclear("It names another address.", report.new_url, "the address"))
    return lines


def _tell_holes(entry: DirectoryEntry, around: Surroundings) -> list[Proof]:
    """Whether all of the silence was really watched."""
    last = entry.published.last_post_at
    if last is None or last >= around.now:
        return []
    until = max((window.end for window in around.seen), default=None)
    if until is None:
        return [unclear("No stretch of time was ever seen completely.")]
    silence = Window(start=last, end=max(last, until))
    missing = [hole for hole in holes(silence, around.seen) if hole.length >= SHORTEST_HOLE]
    if not missing:
        return [ok(f"All of the time from the last post to {format_day(until)} was seen.")]
    days = sum(hole.length.total_seconds() for hole in missing) / 86_400
    named = ", ".join(f"{format_day(h.start)} – {format_day(h.end)}" for h in missing[:MOST_HOLES])
    more = "" if len(missing) <= MOST_HOLES else " and more"
    return [unclear(f"{describe_days(days)} of the silence were not seen: {named}{more}.")]


def _tell_neighbours(host: str, community_id: int, around: Surroundings) -> list[Proof]:
    """Whether others on the same server had news: then the server tells them."""
    others = [s for s in around.sources if s.community_id != community_id and _host(s) == host]
    visited = [around.reports[s.id] for s in others if s.id in around.reports]
    fresh = [r for r in visited if around.now - r.finished_at <= LIVELY and r.outcome.saw]
    if not fresh:
        return []
    moved = sum(1 for report in fresh if report.posts_new)
    lists = counted(len(fresh), "other list", "other lists")
    if moved:
        return [ok(f"{format_count(moved)} of {lists} on {host} had new posts at our last visit.")]
    return [unclear(f"None of the {lists} on {host} had new posts at our last visit.")]


def _host(source: Source) -> str:
    return urlsplit(source.url).hostname or ""
