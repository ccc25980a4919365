"""What stands beside a word: dated lines with their proof, facts, chances and the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from domain.outcome import Assessment, Confidence, Decision, Outcome
from domain.published import DirectoryEntry
from domain.records import Community, CrawlReport, Source
from presentation.card_words import ANSWER_WORDS
from presentation.dates import capital, counted, format_day, format_share
from presentation.facts import language_name, membership_words, platform_name, region_name
from presentation.i18n import ENGLISH, say, translate
from presentation.reasons import says_only, write_reason
from presentation.topics import topic_name
from presentation.words import (
    CONFIDENCE_WORDS,
    MARKER_WORDS,
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

MARKS = {"ok": "OK", "unclear": "Unclear", "no": "No"}

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
    return Proof(tone="ok", mark=MARKS["ok"], text=text, url=url, link=link)


def unclear(text: str, url: str = "", link: str = "") -> Proof:
    """A line that leaves the question open."""
    return Proof(tone="unclear", mark=MARKS["unclear"], text=text, url=url, link=link)


def no(text: str, url: str = "", link: str = "") -> Proof:
    """A line that speaks against it."""
    return Proof(tone="no", mark=MARKS["no"], text=text, url=url, link=link)


def build_proofs(entry: DirectoryEntry, locale: str = ENGLISH) -> tuple[Proof, ...]:
    """How sure we are: talk last seen, last complete look, every source's last visit, people."""
    lines = [_tell_talk(entry, locale), _tell_look(entry, locale)]
    lines += [
        _tell_visit(source, report, locale)
        for source in entry.sources
        if (report := entry.reports.get(source.id)) is not None and not report.outcome.saw
    ]
    decision = entry.decision
    if decision is not None and decision.answer.concludes:
        told = _tell_look_of_curator(decision, locale)
        lines.append(ok(say("A curator looked on {day}: {answer}.", locale, **told)))
    elif entry.open_reviews:
        lines.append(unclear(say("A curator has been asked to look.", locale)))
    if entry.assessment is not None:
        lines.append(_tell_confidence(entry.assessment, locale))
    return tuple(replace(line, mark=translate(line.mark, locale)) for line in lines)


def _tell_look_of_curator(decision: Decision, locale: str) -> dict[str, str]:
    day = format_day(decision.decided_at, locale)
    return {"day": day, "answer": translate(ANSWER_WORDS[decision.answer], locale).lower()}


def number_evidence(community: Community, locale: str = ENGLISH) -> tuple[NumberedLink, ...]:
    """The pages that show a community's facts, numbered as the facts point to them."""
    shown = (link for link in community.evidence if web_address(link.url))
    return tuple(
        NumberedLink(
            number=number,
            url=link.url,
            host=urlsplit(link.url).hostname or link.url,
            shows=", ".join(_tell_support(one, locale) for one in link.supports),
            supports=link.supports,
        )
        for number, link in enumerate(shown, 1)
    )


def _tell_support(name: str, locale: str) -> str:
    known = SUPPORT_WORDS.get(name)
    return translate(known, locale) if known else name.replace("_", " ")


def build_facts(entry: DirectoryEntry, locale: str = ENGLISH) -> tuple[Fact, ...]:
    """What is known of the community; what nobody told us is left out."""
    community = entry.community
    links = number_evidence(community, locale)

    def fact(label: str, text: str, *supports: str) -> Fact:
        shown = tuple(one for one in links if not set(supports).isdisjoint(one.supports))
        return Fact(label=label, text=text, sources=shown)

    topics = ", ".join(topic_name(topic, locale) for topic in community.topics)
    languages = ", ".join(language_name(code, locale) for code in community.languages)
    regions = ", ".join(region_name(region, locale) for region in community.regions)
    who = membership_words(community.membership, locale)
    how = SEEN_HOW.get(community.observable)
    watched = translate(how, locale) if how else ""
    facts = [
        fact(say("Topics", locale), topics, "description"),
        fact(say("Languages", locale), languages, "languages"),
        fact(say("Region", locale), regions),
        fact(say("Who can join", locale), who, "membership"),
        fact(say("Run by", locale), community.host, "host"),
        fact(say("Since", locale), str(community.founded or ""), "founded"),
        fact(say("Can it be watched?", locale), watched, "archive", "platform"),
    ]
    for source in entry.sources:
        label = say("Its {place}", locale, place=platform_name(source.platform, locale))
        facts.append(Fact(label=label, text=source.url, url=source.url))
    if community.added_at is not None:
        day = format_day(community.added_at, locale)
        facts.append(Fact(label=say("In this directory since", locale), text=day))
    return tuple(fact for fact in facts if fact.text)


def build_reasons(entry: DirectoryEntry, locale: str = ENGLISH) -> tuple[str, ...]:
    """What the word goes by: a curator's look where one decides, then the rules' reasons."""
    reasons = entry.assessment.reasons if entry.assessment else ()
    told = tuple(write_reason(reason, locale) for reason in reasons)
    decision = entry.decision
    if decision is None or not entry.published.by_curator:
        return told
    look = _tell_look_of_curator(decision, locale)
    return (say("A curator looked on {day} and decided: {answer}.", locale, **look), *told)


def build_change(entry: DirectoryEntry, locale: str = ENGLISH) -> tuple[str, ...]:
    """What would change the word: an end or a new post for a decision, else the rules' own."""
    decision = entry.decision
    if decision is not None and entry.published.by_curator:
        if decision.until is not None:
            day = format_day(decision.until, locale)
            return (say("It holds until {day}; then the rules speak again.", locale, day=day),)
        return (
            say("One new post: then the rules speak again.", locale),
            say("A curator who knows better.", locale),
        )
    word = STATUS_WORDS[entry.published.status] if entry.published.status else ""
    changes = entry.assessment.change if entry.assessment else ()
    return tuple(write_reason(reason, locale) for reason in changes if not says_only(reason, word))


def build_chances(assessment: Assessment | None, locale: str = ENGLISH) -> tuple[Chance, ...]:
    """The estimates in words; nothing where the score knows nothing."""
    if assessment is None:
        return ()
    known = (
        (assessment.p_any_180, say("somebody posts within six months", locale)),
        (assessment.p_fun_180, say("several people post within six months", locale)),
        (assessment.p_quiet, say("this silence lasts a year or longer", locale)),
    )
    return tuple(
        Chance(
            words=say(
                "That {what}: {chance} ({cases}).",
                locale,
                what=what,
                chance=chance_words(chance, locale),
                cases=in_ten(chance, locale),
            ),
            what=what,
            number=format_share(chance, locale),
        )
        for chance, what in known
        if chance is not None
    )


def build_history(
    judged: Sequence[Assessment], decided: Sequence[Decision], locale: str = ENGLISH
) -> tuple[HistoryLine, ...]:
    """Every change of the machine's word and every decision, newest first."""
    lines = [
        HistoryLine(
            at=a.assessed_at,
            what=_tell_judgement(a, locale),
            by=say("the rules, set {version}", locale, version=a.rules_version),
        )
        for a in _changes(judged)
    ]
    by = say("a curator", locale)
    lines += [HistoryLine(at=d.decided_at, what=tell_decision(d, locale), by=by) for d in decided]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True))


def tell_decision(decision: Decision, locale: str = ENGLISH) -> str:
    """A decision in words, with the new address of a move."""
    words = translate(ANSWER_WORDS[decision.answer], locale)
    if not decision.new_url:
        return words
    return say("{answer}: now at {url}", locale, answer=words, url=decision.new_url)


def write_basis(entry: DirectoryEntry, locale: str = ENGLISH) -> str:
    """Who says so: the decision in force, or the rules, and for which day."""
    if entry.published.by_curator and entry.decision is not None:
        day = format_day(entry.decision.decided_at, locale)
        return say("Decided on {day} by a curator. Every decision can be undone.", locale, day=day)
    assessment = entry.assessment
    if assessment is None:
        return say("Not looked at yet.", locale)
    return say(
        "Said by our rules, set {version}, from what was seen until {day}.",
        locale,
        version=assessment.rules_version,
        day=format_day(assessment.observed_until or assessment.assessed_at, locale),
    )


def _tell_talk(entry: DirectoryEntry, locale: str) -> Proof:
    published = entry.published
    if published.last_post_at is None:
        return unclear(say("No talk seen so far.", locale))
    last = format_day(published.last_post_at, locale)
    if published.observed_until is None:
        return ok(say("Talk last seen {day}.", locale, day=last))
    until = format_day(published.observed_until, locale)
    return ok(
        say(
            "Talk last seen {day} (how: we read the public archive up to {until}).",
            locale,
            day=last,
            until=until,
        )
    )


def _tell_look(entry: DirectoryEntry, locale: str) -> Proof:
    seeing = [report.finished_at for report in entry.reports.values() if report.outcome.saw]
    if seeing:
        day = format_day(max(seeing), locale)
        return ok(say("Its archive was last read on {day}.", locale, day=day))
    if entry.published.observed_until is not None:
        day = format_day(entry.published.observed_until, locale)
        return unclear(say("It was last seen whole on {day}.", locale, day=day))
    if not entry.sources:
        return unclear(translate(NOBODY_LOOKS[entry.community.observable == "no"], locale))
    if not entry.reports:
        return unclear(say("We have not visited it yet.", locale))
    return no(say("We have not been able to read it so far.", locale))


def _tell_visit(source: Source, report: CrawlReport, locale: str) -> Proof:
    text = say(
        "{place}, {day}: it {outcome}. That is not silence.",
        locale,
        place=capital(platform_name(source.platform, locale)),
        day=format_day(report.finished_at, locale),
        outcome=outcome_words(report.outcome, locale),
    )
    if report.outcome is Outcome.MOVED and report.new_url:
        return no(text, url=report.new_url, link=say("The address it names", locale))
    return no(text)


def _tell_confidence(assessment: Assessment, locale: str) -> Proof:
    text = say(
        "Our rules are {sure}: they have {posts} to go by.",
        locale,
        sure=translate(CONFIDENCE_WORDS[assessment.confidence], locale),
        posts=counted(assessment.posts_seen, "post", "posts", locale),
    )
    return unclear(text) if assessment.confidence is Confidence.LOW else ok(text)


def _tell_judgement(assessment: Assessment, locale: str = ENGLISH) -> str:
    words = (
        STATUS_WORDS[assessment.status],
        *(MARKER_WORDS[m] for m in sorted(assessment.markers)),
    )
    return ", ".join(translate(word, locale) for word in words)


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
