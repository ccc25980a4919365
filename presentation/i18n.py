"""Texts in the reader's language: gettext catalogues, named placeholders, plurals.

The English text is its own name in the catalogues of `presentation/locale`; `make texts` brings
them up to date. A language that is not there is told in English.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.numbers import format_decimal

ENGLISH = "en"
LOCALES: Mapping[str, str] = {
    "en": "English",
    "fr": "Français",
    "es": "Español",
    "pt": "Português",
}
"""The languages of the reports and their mails, each by its own name."""

DOMAIN = "rollcall"
CATALOGUES = Path(__file__).parent / "locale"


def say(text: str, locale: str, **values: object) -> str:
    """The text in that language, with its placeholders filled."""
    return translate(text, locale).format(**values)


def say_count(one: str, many: str, number: int, locale: str, **values: object) -> str:
    """The text in the form that fits the number, which is its placeholder `number`."""
    chosen = _catalogue(choose_locale(locale)).ngettext(one, many, number)
    return chosen.format(number=format_decimal(number, locale=locale), **values)


def translate(text: str, locale: str) -> str:
    """The text in that language, its placeholders still open."""
    return _catalogue(choose_locale(locale)).gettext(text)


def choose_noun(one: str, many: str, number: float, locale: str) -> str:
    """The noun in the form that fits the number; a broken number takes the form of many."""
    whole = int(number) if float(number).is_integer() else 2
    return _catalogue(choose_locale(locale)).ngettext(one, many, whole)


def nouns(one: str, many: str) -> tuple[str, str]:
    """Both forms as they are: marks them for the catalogues where they stand in a table."""
    return one, many


def choose_locale(asked: str) -> str:
    """The language of ours that fits a tag such as `fr` or `pt-BR`; else English."""
    own = asked.replace("_", "-").partition("-")[0].lower()
    return own if own in LOCALES else ENGLISH


@cache
def _catalogue(locale: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, CATALOGUES, [locale])
