"""The rules' reasons in words. Every code of `scoring.codes` has a sentence here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from domain.canary import Check
from domain.outcome import Marker, Outcome, Reason, Status
from presentation.dates import (
    capital,
    counted,
    describe_days,
    format_count,
    format_day,
    format_share,
)
from presentation.i18n import say, say_count, translate
from presentation.words import DOUBT_WORDS, MARKER_WORDS, OUTCOME_WORDS, STATUS_WORDS
from scoring.codes import ReasonCode

Value = int | float | str

# `{name:kind}`: the value `name` of the reason, written as `kind` of `KINDS`.
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        ReasonCode.TALK: "{posts:posts} in the last {days:stretch}; usual is {usual:number}.",
        ReasonCode.LESS_TALK: "Only {posts:posts} in the last {days:stretch}; "
        "usual is {usual:number}.",
        ReasonCode.PEOPLE: "{people:people} wrote within {days:stretch}, and in "
        "{answered_percent:percent} of {threads:threads} somebody else answered.",
        ReasonCode.SILENCE: "No post seen for {silent_days:stretch}, since {last:day}. Posts are "
        "usually {usual_days:stretch} apart; the longest silence before this one was "
        "{longest_days:stretch}.",
        ReasonCode.SILENT_YEAR: "No post for {silent_days:stretch}, since {last:day}, and we saw "
        "all of that time. The longest silence before this one was {longest_days:stretch}.",
        ReasonCode.STOPPED_SUDDENLY: "It wrote on {active_days:days} of a year and has been silent "
        "for {silent_days:stretch}, more than three times its longest pause "
        "({longest_days:stretch}). Such a sudden stop often means that it moved.",
        ReasonCode.NEVER_TALKED: "No talk at all in {silent_days:stretch}; we have watched since "
        "{seen_since:day}.",
        ReasonCode.THIN: "Only {posts:posts} on {active_days:days}: too little to say more.",
        ReasonCode.NEVER_SEEN: "We have not yet seen its archive completely.",
        ReasonCode.BLIND_TOO_LONG: "Of the time since the last post on {last:day} we could not see "
        "{unseen_days:stretch}, so it cannot be known.",
        ReasonCode.CLOCK_STOOD: "{unseen_days:stretch} of the time since the last post were not "
        "seen and do not count as silence.",
        ReasonCode.BLIND_SOURCES: "{sources:sources} of this community cannot be seen well enough: "
        "talk may go on there.",
        ReasonCode.DISCOUNTED: "{posts:posts} of the last year do not count as talk: "
        "{marker:marker}.",
        ReasonCode.ONE_VOICE: "{voices:writers} wrote {voice_percent:percent} of {posts:posts} in "
        "a year, and somebody else answered in {answered_percent:percent} of {threads:threads}.",
        ReasonCode.ONE_TIME_AUTHORS: "{one_time_percent:percent} of {posts:posts} in a year came "
        "from people who wrote only once, and somebody else answered in "
        "{answered_percent:percent} of {threads:threads}.",
        ReasonCode.ROBOTS: "{posts:posts} of the last year by {writers:writers} do not count as "
        "talk: {clockwork:number} came at regular dates, {auto_reply:number} within minutes after "
        "somebody else's, and {notices:number} were of those whom nobody ever answers.",
        ReasonCode.FEED_WINDOW: "Its feed only shows the latest items; {posts:posts} are known.",
        ReasonCode.NO_AUTHORS: "Its archive does not tell us how many people write.",
        ReasonCode.NOT_SEEING: "At our last visit its archive {outcome:outcome}.",
        ReasonCode.SEEN_BY_PERSON: "Somebody looked and saw it active on {date:day}.",
        ReasonCode.WAITING_FOR_PROOF: "It looks quieter now. Before we believe that, its "
        "archive is asked whether we still see everything; until then the last good word stays.",
        ReasonCode.NOT_PROVED: "It looks quieter now, but we may be blind: {check:check}. The last "
        "good word stays, dated.",
        ReasonCode.CHANCE_TALK: "We put the chance that several people post within {days:stretch} "
        "at {percent:percent}.",
        ReasonCode.CHANCE_QUIET: "We put the chance that this silence lasts a year or longer at "
        "{percent:percent}.",
        ReasonCode.POST_AGAIN: "Of communities that were silent for a year, {percent:percent} "
        "post again within the next {days:stretch}.",
        ReasonCode.IF_SILENT: "Without a post it becomes {status:status} in {days:stretch}, on "
        "{date:day}.",
        ReasonCode.IF_POST: "One post makes it {status:status} the same day.",
        ReasonCode.IF_POSTS: "{posts:posts} by several people within {days:stretch} make it "
        "{status:status}.",
        ReasonCode.IF_ENOUGH: "At least {posts:posts} on {active_days:days}.",
        ReasonCode.IF_SEEN: "One complete look at its archive.",
        ReasonCode.IF_ANSWERED: "Answers by other people: they count as talk.",
    }
)
# Said instead where the numbers make the usual sentence odd.
WITHIN_RHYTHM = (
    "The last post was seen on {last:day}. Posts are usually {usual_days:stretch} apart, with "
    "pauses of up to {longest_days:stretch}."
)
INTO_DOUBT = "Without a post a curator is asked to look in {days:stretch}, on {date:day}."
EARLIER_RULES = "A reason of an earlier rule set that is no longer in use."


def write_reason(reason: Reason, locale: str = "en") -> str:
    """The reason as a sentence with the community's own numbers.

    A reason stored by rules that are no longer in use gives a sentence that says so.
    """
    try:
        return capital(fill_in(_choose(reason), reason, locale))
    except (KeyError, ValueError):
        return translate(EARLIER_RULES, locale)


def fill_in(sentence: str, reason: Reason, locale: str) -> str:
    """The sentence in that language, with the numbers of the reason.

    Raises: KeyError, ValueError when the reason lacks what the sentence asks for.
    """
    values = {name: _Told(value, locale) for name, value in reason.values.items()}
    return translate(sentence, locale).format_map(values)


def says_only(reason: Reason, word: str) -> bool:
    """True for a change to what the public reads already: `Quiet` has two machine states."""
    status = reason.values.get("status")
    return reason.code in (ReasonCode.IF_POST, ReasonCode.IF_POSTS) and any(
        status == known and word == told for known, told in STATUS_WORDS.items()
    )


def _choose(reason: Reason) -> str:
    """The sentence that fits the reason's numbers."""
    values = reason.values
    if reason.code == ReasonCode.SILENCE:
        if float(values["silent_days"]) <= float(values["longest_days"]):
            return WITHIN_RHYTHM
    elif reason.code == ReasonCode.IF_SILENT and values["status"] == Status.DORMANT:
        return INTO_DOUBT
    return SENTENCES[reason.code]


class _Told:
    """A value that `str.format` writes in the kind its placeholder names."""

    def __init__(self, value: Value, locale: str) -> None:
        self.value = value
        self.locale = locale

    def __format__(self, kind: str) -> str:
        return KINDS[kind](self.value, self.locale)


def _noun(one: str, many: str) -> Callable[[Value, str], str]:
    return lambda value, locale: counted(float(value), one, many, locale)


def _stretch(value: Value, locale: str) -> str:
    days = float(value)
    return say("less than a day", locale) if days < 1 else describe_days(days, locale)


KINDS: Mapping[str, Callable[[Value, str], str]] = MappingProxyType(
    {
        "text": lambda value, _: str(value),
        "number": lambda value, locale: format_count(float(value), locale),
        "percent": lambda value, locale: format_share(float(value) / 100, locale),
        "stretch": _stretch,
        "day": lambda value, locale: format_day(date.fromisoformat(str(value)[:10]), locale),
        "posts": _noun("post", "posts"),
        "people": _noun("person", "people"),
        "writers": _noun("writer", "writers"),
        "threads": _noun("thread", "threads"),
        "sources": _noun("source", "sources"),
        "days": lambda value, locale: say_count(
            "{number} day", "{number} different days", int(float(value)), locale
        ),
        "status": lambda value, locale: translate(STATUS_WORDS[Status(str(value))], locale),
        "marker": lambda value, locale: translate(MARKER_WORDS[Marker(str(value))], locale),
        "check": lambda value, locale: translate(DOUBT_WORDS[Check(str(value))], locale),
        "outcome": lambda value, locale: translate(OUTCOME_WORDS[Outcome(str(value))], locale),
    }
)
