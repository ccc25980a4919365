"""A person's dated word, as the public reads it: by whom stays with the curators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.attestation import Attestation
from presentation.dates import describe_days, format_day
from presentation.i18n import say


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedWords:
    """The line on a community's page; `old` is true once the word does not count any more."""

    line: str
    link: str
    old: bool


def attested_words(word: Attestation, now: datetime, *, locale: str = "en") -> AttestedWords:
    """What is told of the last word on a community, and how old it is."""
    day = format_day(word.seen_on, locale)
    line = say("Last seen active on {day} by a person who looked.", locale, day=day)
    if word.by_manager:
        line = say("Its manager confirmed on {day} that it is active.", locale, day=day)
    old = not word.is_fresh(now)
    if old:
        age = describe_days((now - word.seen_at).days, locale)
        line += say(" That was {age} ago: too long ago to count on.", locale, age=age)
    return AttestedWords(line=line, link=word.link, old=old)
