"""What stands beside a word: dated lines with their proof, facts, chances and the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from domain.canary import CheckResult, SilenceProof
from domain.outcome import Answer, Assessment, Confidence, Decision, Outcome
from domain.proposal import Proposal
from domain.published import DirectoryEntry
from domain.records import Community, CrawlReport, Source
from presentation.dates import capital, counted, format_day, format_share
from presentation.facts import language_name, membership_words, platform_name
from presentation.reasons import says_only, write_reason
from presentation.topics import topic_name
from presentation.words import (
    ANSWER_WORDS,
    CONFIDENCE_WORDS,
    MARKER_WORDS,
    PROPOSAL_WORDS,
    STATUS_WORDS,
    chance_words,
    in_ten,
    outcome_words,
)

# What a page of evidence may show, in words.
SUPPORT_WORDS = {
    "last_known_activity": "when it was last known to talk",
    "description": "what it is",
    "host": "who runs it",
    "founded": "since when",
    "existence": "that it exists",
    "archive": "its archive",
    "membership": "who can join",
    "platform": "where it talks",
    "size": "how many members",
    "languages": "its languages",
    "status": "its state",
    "participation": "who takes part",
    "activity_level": "how much it talks",
    "predecessor": "what it grew out of",
    "successor": "what took its place",
}
SEEN_HOW = {
    "crawl": "yes: its talk can be read by anybody",
    "mailbox": "only by a subscribed address that counts",
    "no": "no: its talk is for members, and we do not look in",
}

# Where there is nothing to visit: by whether that is so by its nature.
NOBODY_LOOKS = {
    True: "It has no public archive, so no program of ours can look. That is not silence.",
    False: "We know no place yet where its talk could be seen. That is not silence.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One dated line. `mark` is the word in front; `tone` its class: ok, unclear or no."""

    tone: str
    mark: str
    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact about a community; `url` where it is an address."""

    label: str
    text: str
    url: str = ""
    sources: tuple[NumberedLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedLink:
    """A page that shows facts: its number on the page, its host, and what it shows."""

    number: int
    url: str
    host: str
    shows: str
    supports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """One estimate: in words first, then what it is about and its number."""

    words: str
    what: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One judgement or decision, as it was written."""

    at: datetime
    what: str
    by: str
    undo_id: int | None = None


def ok(text: str, url: str = "", link: str = "") -> Proof:
    """A line that speaks for what the page says."""
    return Proof(tone="ok", mark="OK", text=text, url=url, link=link)


def unclear(text: str, url: str = "", link: str = "") -> Proof:
    """A line that leaves the question open."""
    return Proof(tone="unclear", mark="Unclear", text=text, url=url, link=link)


def no(text: str, url: str = "", link: str = "") -> Proof:
    """A line that speaks against it."""
    return Proof(tone="no", mark="No", text=text, url=url, link=link)


def build_proofs(entry: DirectoryEntry) -> tuple[Proof, ...]:
    """How sure we are: talk last seen, last complete look, every source's last visit, people."""
    lines = [_tell_talk(entry), _tell_look(entry)]
    lines += [
        _tell_visit(source, report)
        for source in entry.sources
        if (report := entry.reports.get(source.id)) is not None and not report.outcome.saw
    ]
    decision = entry.decision
    if decision is not None and decision.answer is not Answer.NOT_SURE:
        day = format_day(decision.decided_at)
        lines.append(ok(f"A curator looked on {day}: {ANSWER_WORDS[decision.answer].lower()}."))
    elif entry.open_reviews:
        lines.append(unclear("A curator has been asked to look."))
    if entry.assessment is not None:
        lines.append(_tell_confidence(entry.assessment))
    return tuple(lines)


def tell_canaries(proof: SilenceProof) -> tuple[Proof, ...]:
    """What each check found when the source's silence had to prove itself."""
    day = format_day(proof.checked_at)
    tones = {CheckResult.OK: ok, CheckResult.FAILED: no, CheckResult.UNCLEAR: unclear}
    return tuple(
        tones[canary.result](f"{capital(canary.said)} (asked {day}).") for canary in proof.canaries
    )


def tell_proposal(proposal: Proposal) -> Proof:
    """What a visit found that asks for a person, in the page's own words, with the link."""
    day = format_day(proposal.last_seen_at)
    text = f"{PROPOSAL_WORDS[proposal.kind]}: “{proposal.sentence}” (last seen {day})."
    return unclear(text, web_address(proposal.new_url), "the address it names")


def number_evidence(community: Community) -> tuple[NumberedLink, ...]:
    """The pages that show a community's facts, numbered as the facts point to them."""
    shown = (link for link in community.evidence if web_address(link.url))
    return tuple(
        NumberedLink(
            number=number,
            url=link.url,
            host=urlsplit(link.url).hostname or link.url,
            shows=", ".join(SUPPORT_WORDS.get(one, one.replace("_", " ")) for one in link.supports),
            supports=link.supports,
        )
        for number, link in enumerate(shown, 1)
    )


def build_facts(entry: DirectoryEntry) -> tuple[Fact, ...]:
    """What is known of the community; what nobody told us is left out."""
    community = entry.community
    links = number_evidence(community)

    def fact(label: str, text: str, *supports: str) -> Fact:
        shown = tuple(one for one in links if not set(supports).isdisjoint(one.supports))
        return Fact(label=label, text=text, sources=shown)

    facts = [
        fact("Topics", ", ".join(topic_name(t) for t in community.topics), "description"),
        fact("Languages", ", ".join(language_name(c) for c in community.languages), "languages"),
        fact("Region", ", ".join(community.regions)),
        fact("Who can join", membership_words(community.membership) or "", "membership"),
        fact("Run by", community.host, "host"),
        fact("Since", str(community.founded or ""), "founded"),
        fact("Can it be watched?", SEEN_HOW.get(community.observable, ""), "archive", "platform"),
    ]
    for source in entry.sources:
        label = f"Its {platform_name(source.platform)}"
        facts.append(Fact(label=label, text=source.url, url=source.url))
    if community.added_at is not None:
        facts.append(Fact(label="In this directory since", text=format_day(community.added_at)))
    return tuple(fact for fact in facts if fact.text)


def build_reasons(entry: DirectoryEntry) -> tuple[str, ...]:
    """What the word goes by: a curator's look where one decides, then the rules' reasons."""
    reasons = entry.assessment.reasons if entry.assessment else ()
    told = tuple(write_reason(reason) for reason in reasons)
    decision = entry.decision
    if decision is None or not entry.published.by_curator:
        return told
    day = format_day(decision.decided_at)
    answer = ANSWER_WORDS[decision.answer].lower()
    return (f"A curator looked on {day} and decided: {answer}.", *told)


def build_change(entry: DirectoryEntry) -> tuple[str, ...]:
    """What would change the word: an end or a new post for a decision, else the rules' own."""
    decision = entry.decision
    if decision is not None and entry.published.by_curator:
        if decision.until is not None:
            return (f"It holds until {format_day(decision.until)}; then the rules speak again.",)
        return ("One new post: then the rules speak again.", "A curator who knows better.")
    word = STATUS_WORDS[entry.published.status] if entry.published.status else ""
    changes = entry.assessment.change if entry.assessment else ()
    return tuple(write_reason(reason) for reason in changes if not says_only(reason, word))


def build_chances(assessment: Assessment | None) -> tuple[Chance, ...]:
    """The estimates in words; nothing where the score knows nothing."""
    if assessment is None:
        return ()
    known = (
        (assessment.p_any_180, "somebody posts within six months"),
        (assessment.p_fun_180, "several people post within six months"),
        (assessment.p_quiet, "this silence lasts a year or longer"),
    )
    return tuple(
        Chance(
            words=f"That {what}: {chance_words(chance)} ({in_ten(chance)}).",
            what=what,
            number=format_share(chance),
        )
        for chance, what in known
        if chance is not None
    )


def build_history(
    judged: Sequence[Assessment], decided: Sequence[Decision]
) -> tuple[HistoryLine, ...]:
    """Every change of the machine's word and every decision, newest first."""
    lines = [
        HistoryLine(
            at=a.assessed_at, what=_tell_judgement(a), by=f"the rules, set {a.rules_version}"
        )
        for a in _changes(judged)
    ]
    lines += [HistoryLine(at=d.decided_at, what=tell_decision(d), by="a curator") for d in decided]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True))


def tell_decision(decision: Decision) -> str:
    """A decision in words, with the new address of a move."""
    words = ANSWER_WORDS[decision.answer]
    return f"{words}: now at {decision.new_url}" if decision.new_url else words


def write_basis(entry: DirectoryEntry) -> str:
    """Who says so: the decision in force, or the rules, and for which day."""
    if entry.published.by_curator and entry.decision is not None:
        day = format_day(entry.decision.decided_at)
        return f"Decided on {day} by a curator. Every decision can be undone."
    assessment = entry.assessment
    if assessment is None:
        return "Not looked at yet."
    day = format_day(assessment.observed_until or assessment.assessed_at)
    return f"Said by our rules, set {assessment.rules_version}, from what was seen until {day}."


def _tell_talk(entry: DirectoryEntry) -> Proof:
    published = entry.published
    if published.last_post_at is None:
        return unclear("No talk seen so far.")
    how = ""
    if published.observed_until is not None:
        how = f" (how: we read the public archive up to {format_day(published.observed_until)})"
    text = f"Talk last seen {format_day(published.last_post_at)}{how}."
    return ok(text)


def _tell_look(entry: DirectoryEntry) -> Proof:
    seeing = [report.finished_at for report in entry.reports.values() if report.outcome.saw]
    if seeing:
        return ok(f"Its archive was last read on {format_day(max(seeing))}.")
    if entry.published.observed_until is not None:
        return unclear(f"It was last seen whole on {format_day(entry.published.observed_until)}.")
    if not entry.sources:
        return unclear(NOBODY_LOOKS[entry.community.observable == "no"])
    if not entry.reports:
        return unclear("We have not visited it yet.")
    return no("We have not been able to read it so far.")


def _tell_visit(source: Source, report: CrawlReport) -> Proof:
    where = capital(platform_name(source.platform))
    day = format_day(report.finished_at)
    text = f"{where}, {day}: it {outcome_words(report.outcome)}. That is not silence."
    if report.outcome is Outcome.MOVED and report.new_url:
        return no(text, url=report.new_url, link="The address it names")
    return no(text)


def _tell_confidence(assessment: Assessment) -> Proof:
    posts = counted(assessment.posts_seen, "post", "posts")
    words = CONFIDENCE_WORDS[assessment.confidence]
    text = f"Our rules are {words}: they have {posts} to go by."
    return unclear(text) if assessment.confidence is Confidence.LOW else ok(text)


def _tell_judgement(assessment: Assessment) -> str:
    markers = "".join(f", {MARKER_WORDS[marker]}" for marker in sorted(assessment.markers))
    return STATUS_WORDS[assessment.status] + markers


def _changes(judged: Sequence[Assessment]) -> list[Assessment]:
    """Only assessments that said something else than the one before."""
    kept: list[Assessment] = []
    for assessment in sorted(judged, key=lambda a: a.assessed_at):
        if not kept or _tell_judgement(kept[-1]) != _tell_judgement(assessment):
            kept.append(assessment)
    return kept


def web_address(url: str | None) -> str:
    """The address if a browser may open it, else nothing."""
    return url if url and url.startswith(("https://", "http://")) else ""
