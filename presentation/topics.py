"""The vocabulary of topics: their names in four languages, and the words people look for."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from presentation.i18n import ENGLISH, choose_locale

FILE = "topics.toml"


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
