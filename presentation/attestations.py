"""A person's dated word, as the public reads it: by whom stays with the curators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.attestation import Attestation
from presentation.dates import describe_age, format_day


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedWords:
    """The line on a community's page; `old` is true once the word does not count any more."""

    line: str
    link: str
    old: bool


def attested_words(word: Attestation, now: datetime, *, locale: str = "en") -> AttestedWords:
    """What is told of the last word on a community, and how old it is."""
    day = format_day(word.seen_on, locale)
    line = f"Last seen active on {day} by a person who looked."
    old = not word.is_fresh(now)
    if old:
        line += f" That was {describe_age(word.seen_at, now)}: too long ago to count on."
    return AttestedWords(line=line, link=word.link, old=old)
