"""The vocabulary of topics: their names in four languages, and the words people look for."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from presentation.i18n import ENGLISH, choose_locale

FILE = "topics.toml"
# How near a word must come to one of ours to be proposed instead.
ALIKE = 0.78
SHORTEST_GUESS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic: its name by language, and other words that mean it, folded."""

    id: str
    names: Mapping[str, str]
    also: str

    @property
    def sought(self) -> str:
        """Everything by which it can be found."""
        return fold(" ".join((*self.names.values(), self.also)))


@cache
def topics() -> Mapping[str, Topic]:
    """The vocabulary, by id."""
    content = tomllib.loads((files("presentation") / FILE).read_text(encoding="utf-8"))
    return {
        name: Topic(id=name, names={k: v for k, v in row.items() if k != "also"}, also=row["also"])
        for name, row in content.items()
    }


@cache
def topic_name(topic: str, locale: str = ENGLISH) -> str:
    """The topic's name; one that is not in the vocabulary is shown as it was entered."""
    known = topics().get(topic)
    if known is None:
        return topic.replace("-", " ").capitalize()
    return known.names[choose_locale(locale)]


@cache
def topic_words(topic: str) -> str:
    """By which words communities on a topic can be found, folded."""
    known = topics().get(topic)
    return fold(topic_name(topic)) if known is None else known.sought


def guess_word(word: str) -> str:
    """The word of the vocabulary that was probably meant; empty where none comes near."""
    asked = fold(word)
    if len(asked) < SHORTEST_GUESS or asked in _vocabulary():
        return ""
    return next(iter(get_close_matches(asked, _vocabulary(), n=1, cutoff=ALIKE)), "")


def fold(text: str) -> str:
    """The text without accents and capitals, so that `sante` finds `Santé`."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def split_words(text: str) -> Iterator[str]:
    """The folded words of a text, without what stands between them."""
    word = ""
    for sign in fold(text) + " ":
        if sign.isalnum():
            word += sign
        elif word:
            yield word
            word = ""


@cache
def _vocabulary() -> tuple[str, ...]:
    words = {word for topic in topics().values() for word in split_words(topic.sought)}
    return tuple(sorted(word for word in words if len(word) >= SHORTEST_GUESS))
