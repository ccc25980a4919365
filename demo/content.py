"""Histories of made-up talk: seeded, dated relative to a given day, and able to grow.

The moments of a history are fixed distances from its anchor, so every day of the year shows the
same rhythm; only the calendar around it changes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile
from random import Random
from typing import TypeVar

from demo.words import (
    ANNOUNCEMENTS,
    CLOCK_OFFSETS_MINUTES,
    FAMILY_NAMES,
    GIVEN_NAMES,
    SENTENCES,
    SPAM_SENTENCES,
    SPAM_SUBJECTS,
    SUBJECTS,
)

T = TypeVar("T")

# A reply goes to one of so many threads that were written to last.
OPEN_THREADS = 4
# A pause is between these multiples of the spell's mean pause.
JITTER = (0.4, 1.6)


class Voice(StrEnum):
    """Who writes in a history, and whether anybody answers."""

    TALK = "talk"
    ANNOUNCEMENTS = "announcements"
    SPAM = "spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A stretch of steady talk among so many `voices`.

    Units: `days` and the mean pause `gap_days` in days; `reply_share` 0 to 1.
    """

    days: float
    gap_days: float
    voices: int = 12
    reply_share: float = 0.6
    voice: Voice = Voice.TALK


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How a community talked: spells from the oldest on, then silence up to the anchor.

    A history without silence at its end goes on growing in the rhythm of its last spell.
    """

    spells: tuple[Spell, ...]
    silent_days: float = 0.0

    @property
    def days(self) -> float:
        """From the start of the history to its anchor."""
        return sum(spell.days for spell in self.spells) + self.silent_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An invented writer and the zone that the writer's clock shows."""

    name: str
    address: str
    offset_minutes: int

    @property
    def zone(self) -> timezone:
        return timezone(timedelta(minutes=self.offset_minutes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One made-up post. `parents` are the ids it answers, the root of its thread first."""

    number: int
    message_id: str
    at: datetime
    author: Person
    subject: str
    body: str
    parents: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The id of the post that started the thread."""
        return self.parents[0] if self.parents else self.message_id


@dataclass(slots=True)
class _Writer:
    """The pen of one history: draws people, threads and sentences in a fixed order."""

    slug: str
    language: str
    rng: Random
    people: tuple[Person, ...] = ()
    threads: list[list[Message]] = field(default_factory=list)

    def write(self, number: int, at: datetime, spell: Spell) -> Message:
        people = self.people[: spell.voices]
        if spell.voice is Voice.SPAM:
            return self._spam(number, at)
        if spell.voice is Voice.ANNOUNCEMENTS:
            subject = f"{self._pick(ANNOUNCEMENTS)} no. {number + 1}"
            return self._message(number, at, self._pick(people), subject, ())
        if self.threads and self.rng.random() < spell.reply_share:
            return self._answer(number, at, people)
        author, subject = self._pick(people), self._pick(SUBJECTS[self.language])
        message = self._message(number, at, author, subject, ())
        self.threads = [*self.threads[1 - OPEN_THREADS :], [message]]
        return message

    def _answer(self, number: int, at: datetime, people: Sequence[Person]) -> Message:
        thread = self._pick(self.threads)
        last = thread[-1]
        author = self._pick([person for person in people if person != last.author])
        subject = f"Re: {thread[0].subject}"
        message = self._message(number, at, author, subject, (*last.parents, last.message_id))
        thread.append(message)
        return message

    def _spam(self, number: int, at: datetime) -> Message:
        name = f"{self._pick(GIVEN_NAMES)} {self._pick(FAMILY_NAMES)}"
        address = f"{self.rng.getrandbits(48):012x}@example.org"
        stranger = Person(name=name, address=address, offset_minutes=0)
        message = self._message(number, at, stranger, self._pick(SPAM_SUBJECTS), ())
        body = "\n\n".join(self.rng.sample(SPAM_SENTENCES, 3)) + "\n"
        return replace(message, body=body)

    def _message(
        self, number: int, at: datetime, author: Person, subject: str, parents: tuple[str, ...]
    ) -> Message:
        sentences = self.rng.sample(SENTENCES[self.language], 3)
        body = "\n\n".join(sentences) + f"\n\n{author.name}\n"
        return Message(
            number=number,
            message_id=f"{self.slug}.{number:05d}.{self.rng.getrandbits(40):010x}@mail.example.org",
            at=at,
            author=author,
            subject=subject,
            body=body,
            parents=parents,
        )

    def _pick(self, options: Sequence[T]) -> T:
        return options[self.rng.randrange(len(options))]


def build_people(rng: Random, count: int) -> tuple[Person, ...]:
    """So many invented people with different names."""
    pairs = [(given, family) for given in GIVEN_NAMES for family in FAMILY_NAMES]
    return tuple(
        Person(
            name=f"{given} {family}",
            address=f"{_plain(given)}.{_plain(family)}@example.org",
            offset_minutes=CLOCK_OFFSETS_MINUTES[rng.randrange(len(CLOCK_OFFSETS_MINUTES))],
        )
        for given, family in rng.sample(pairs, count)
    )


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.replace("ı", "i"))
    return "".join(char for char in decomposed if char.isascii()).lower()


@lru_cache(maxsize=128)
def build_history(
    rhythm: Rhythm, *, slug: str, language: str, anchor: datetime, until: datetime, seed: int
) -> tuple[Message, ...]:
    """Every post before `until`; a later `until` only adds to an earlier one's answer."""
    if anchor.utcoffset() != timedelta(0) or until.utcoffset() != timedelta(0):
        raise ValueError("anchor and until must be aware UTC")
    rng = Random(f"{seed}/{slug}")  # noqa: S311 - made-up talk must be the same each time
    writer = _Writer(
        slug=slug,
        language=language,
        rng=rng,
        people=build_people(rng, max(spell.voices for spell in rhythm.spells)),
    )
    moments = takewhile(lambda moment: moment[0] < until, _moments(rhythm, anchor, rng))
    return tuple(writer.write(number, *moment) for number, moment in enumerate(moments))


def _moments(rhythm: Rhythm, anchor: datetime, rng: Random) -> Iterator[tuple[datetime, Spell]]:
    end = anchor - timedelta(days=rhythm.days)
    for spell in rhythm.spells:
        start, end = end, end + timedelta(days=spell.days)
        yield from ((at, spell) for at in _moments_of(spell, start, end, rng))
    at = end
    while rhythm.silent_days == 0:
        at += timedelta(days=spell.gap_days * rng.uniform(*JITTER))
        yield at.replace(microsecond=0), spell


def _moments_of(spell: Spell, start: datetime, end: datetime, rng: Random) -> list[datetime]:
    """Moments of one spell, drawn from its end backwards, so that silence begins where it says."""
    moments = []
    at = end - timedelta(days=min(spell.gap_days, 1.0) * rng.random())
    while at > start:
        moments.append(at.replace(microsecond=0))
        at -= timedelta(days=spell.gap_days * rng.uniform(*JITTER))
    return moments[::-1]


def midnight(moment: datetime) -> datetime:
    """The start of the moment's day in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
