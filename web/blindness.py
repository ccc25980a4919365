"""“Is it silent, or are we blind?”: what speaks for a reading, and what leaves it open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.asking import ManagerAnswer, ManagerAsk
from domain.canary import CheckResult, SilenceProof
from domain.proposal import Proposal
from domain.published import DirectoryEntry
from domain.records import CrawlReport, Source
from domain.window import Window, holes
from presentation.card_words import MANAGER_SAID
from presentation.dates import capital, describe_age, describe_days, format_day
from presentation.facts import platform_name
from presentation.i18n import ENGLISH, say, say_count, translate
from presentation.proof_words import write_said
from presentation.words import PROPOSAL_WORDS, outcome_words
from web.evidence import Proof, no, ok, unclear, web_address

LIVELY = timedelta(days=7)
SHORTEST_HOLE = timedelta(days=2)
MOST_HOLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known around a community.

    All sources on its servers with their last visits, when it was seen completely itself, the
    newest proof of each of its own sources, the open proposals about them, what its manager was
    asked (newest first), and whether they may be asked now.
    """

    sources: Sequence[Source]
    reports: Mapping[int, CrawlReport]
    seen: Sequence[Window]
    now: datetime
    proofs: Mapping[int, SilenceProof] = field(default_factory=dict)
    proposals: Sequence[Proposal] = ()
    asks: Sequence[ManagerAsk] = ()
    may_ask: bool = False
    locale: str = "en"


def find_neighbours(sources: Iterable[Source], entry: DirectoryEntry) -> list[Source]:
    """The sources on the same servers as the community's own, which are among them."""
    hosts = {_host(source) for source in entry.sources}
    return [source for source in sources if _host(source) in hosts]


def build_proofs(entry: DirectoryEntry, around: Surroundings) -> tuple[Proof, ...]:
    """Every line of the box: signs, visits, canaries, holes, neighbours, and the manager's word."""
    lines = [tell_proposal(proposal, around.locale) for proposal in around.proposals]
    for source in entry.sources:
        lines += _tell_source(source, around)
        if source.id in around.proofs:
            lines += tell_canaries(around.proofs[source.id], around.locale)
    if not entry.sources:
        words = say("No archive or feed of it is known: nothing was read.", around.locale)
        lines.append(unclear(words))
    lines += _tell_holes(entry, around)
    # A source that was asked for a proof has compared itself with its neighbours already.
    unasked = [source for source in entry.sources if source.id not in around.proofs]
    for host in dict.fromkeys(_host(source) for source in unasked):
        lines += _tell_neighbours(host, entry.community.id, around)
    lines += _tell_ask(around)
    return tuple(lines)


def tell_canaries(proof: SilenceProof, locale: str = ENGLISH) -> tuple[Proof, ...]:
    """What each check found when the source's silence had to prove itself."""
    day = format_day(proof.checked_at, locale)
    tones = {CheckResult.OK: ok, CheckResult.FAILED: no, CheckResult.UNCLEAR: unclear}
    return tuple(
        tones[canary.result](
            say(
                "{found} (asked {day}).",
                locale,
                found=capital(write_said(canary.said, locale)),
                day=day,
            )
        )
        for canary in proof.canaries
    )


def tell_proposal(proposal: Proposal, locale: str = ENGLISH) -> Proof:
    """What a visit found that asks for a person, in the page's own words, with the link."""
    text = say(
        "{sign}: “{sentence}” (last seen {day}).",
        locale,
        sign=translate(PROPOSAL_WORDS[proposal.kind], locale),
        sentence=proposal.sentence,
        day=format_day(proposal.last_seen_at, locale),
    )
    return unclear(text, web_address(proposal.new_url), say("The address it names", locale))


def _tell_source(source: Source, around: Surroundings) -> list[Proof]:
    locale, report = around.locale, around.reports.get(source.id)
    where = capital(platform_name(source.platform, locale))
    link = say("open it", locale)
    if report is None:
        return [unclear(say("{where}: never visited.", locale, where=where), source.url, link)]
    when = describe_age(report.finished_at, around.now, locale)
    if not report.outcome.saw:
        met = outcome_words(report.outcome, locale)
        words = say("{where}, visited {when}: it {met}.", locale, where=where, when=when, met=met)
        # The detail is for operators, and in English.
        detail = report.detail if locale == ENGLISH else ""
        return [no(f"{words} {detail}".strip(), source.url, link)]
    words = say_count(
        "{where} read {when}; {number} post known.",
        "{where} read {when}; {number} posts known.",
        report.posts_total,
        locale,
        where=where,
        when=when,
    )
    lines = [ok(words, source.url, link)]
    if report.new_url:
        named = say("It names another address.", locale)
        lines.append(unclear(named, report.new_url, say("the address", locale)))
    return lines


def _tell_holes(entry: DirectoryEntry, around: Surroundings) -> list[Proof]:
    """Whether all of the silence was really watched."""
    last, locale = entry.published.last_post_at, around.locale
    if last is None or last >= around.now:
        return []
    until = max((window.end for window in around.seen), default=None)
    if until is None:
        return [unclear(say("No stretch of time was ever seen completely.", locale))]
    silence = Window(start=last, end=max(last, until))
    missing = [hole for hole in holes(silence, around.seen) if hole.length >= SHORTEST_HOLE]
    if not missing:
        day = format_day(until, locale)
        words = say("All of the time from the last post to {day} was seen.", locale, day=day)
        return [ok(words)]
    days = sum(hole.length.total_seconds() for hole in missing) / 86_400
    shown = [
        f"{format_day(h.start, locale)} – {format_day(h.end, locale)}" for h in missing[:MOST_HOLES]
    ]
    named = ", ".join(shown) + ("" if len(missing) <= MOST_HOLES else " …")
    length = describe_days(days, locale)
    words = say(
        "{length} of the silence were not seen: {named}.", locale, length=length, named=named
    )
    return [unclear(words)]


def _tell_neighbours(host: str, community_id: int, around: Surroundings) -> list[Proof]:
    """Whether others on the same server had news: then the server tells them."""
    others = [s for s in around.sources if s.community_id != community_id and _host(s) == host]
    visited = [around.reports[s.id] for s in others if s.id in around.reports]
    fresh = [r for r in visited if around.now - r.finished_at <= LIVELY and r.outcome.saw]
    if not fresh:
        return []
    moved = sum(1 for report in fresh if report.posts_new)
    words = say_count(
        "{moved} of {number} other list on {host} had new posts at our last visit.",
        "{moved} of {number} other lists on {host} had new posts at our last visit.",
        len(fresh),
        around.locale,
        moved=moved,
        host=host,
    )
    return [ok(words) if moved else unclear(words)]


def _tell_ask(around: Surroundings) -> list[Proof]:
    """What became of the last question to its manager."""
    if not around.asks:
        return []
    last, locale = around.asks[0], around.locale
    day = format_day(last.asked_at, locale)
    if last.answer is not None and last.answered_at is not None:
        day = format_day(last.answered_at, locale)
        said = say(MANAGER_SAID[last.answer], locale)
        words = say("Its manager answered on {day}: {said}.", locale, day=day, said=said)
        return [ok(words) if last.answer is ManagerAnswer.ACTIVE else no(words, last.new_url or "")]
    if last.unanswered_at is not None:
        words = say("Manager asked on {day}, no answer in 14 days.", locale, day=day)
    else:
        words = say("Manager asked on {day}, no answer yet.", locale, day=day)
    return [no(words)]


def _host(source: Source) -> str:
    return urlsplit(source.url).hostname or ""
