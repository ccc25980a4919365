"""No text is missing in any language, says another thing than it was asked, or is out of date."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from presentation.i18n import CATALOGUES, LOCALES

TREE = Path(__file__).parent.parent
Text = str | tuple[str, ...]


@cache
def list_texts() -> frozenset[Text]:
    """Every text that the program marks, as `make texts` finds them."""
    marked = re.search(r"^TEXTS := (.*)$", (TREE / "Makefile").read_text(), re.MULTILINE)
    assert marked is not None
    keywords = parse_keywords(marked[1].replace("-k ", "").split())
    with (TREE / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(TREE, methods, options, keywords, directory_filter=_is_ours)
    return frozenset(row[2] for row in found)


def _is_ours(folder: str) -> bool:
    return Path(folder).relative_to(TREE).parts[0] in {"presentation", "reports", "web"}


@cache
def load(locale: str) -> Catalog:
    with _file(locale, "po").open("rb") as file:
        return read_po(file, locale=locale)


def _file(locale: str, kind: str) -> Path:
    return CATALOGUES / locale / "LC_MESSAGES" / f"rollcall.{kind}"


def _forms(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _placeholders(text: str) -> set[tuple[str, str | None]]:
    return {(name, kind) for _, name, kind, _ in string.Formatter().parse(text) if name}


def _list_rows() -> Iterator[tuple[str, Text, Text]]:
    for locale in LOCALES:
        for message in load(locale):
            if message.id:
                yield locale, message.id, message.string


def test_the_program_marks_texts_of_every_kind():
    texts = list_texts()
    assert {"What changed", "asks for a login", "went quiet"} <= texts
    assert ("{number} post", "{number} posts") in texts
    assert ("year", "years") in texts


@pytest.mark.parametrize("locale", LOCALES)
def test_each_text_is_in_the_catalogue_and_no_other_is(locale):
    known = {message.id for message in load(locale) if message.id}
    assert known == list_texts(), "run: make texts"


@pytest.mark.parametrize("locale", LOCALES)
def test_each_text_is_translated_in_each_of_its_forms(locale):
    catalogue = load(locale)
    for message in catalogue:
        if message.id:
            said = _forms(message.string)
            assert all(said), (locale, message.id)
            assert not message.fuzzy, (locale, message.id)
            wanted = catalogue.num_plurals if message.pluralizable else 1
            assert len(said) == wanted, (locale, message.id)


def test_translations_keep_every_placeholder_with_its_kind():
    for locale, text, said in _list_rows():
        wanted = _placeholders(_forms(text)[-1])
        for form in _forms(said):
            assert _placeholders(form) == wanted, (locale, text)


def test_translations_keep_the_spaces_and_lines_round_them():
    for locale, text, said in _list_rows():
        one = _forms(text)[0]
        for form in _forms(said):
            assert form[:1].isspace() == one[:1].isspace(), (locale, text)
            assert form.count("\n") == one.count("\n"), (locale, text)


def test_english_says_what_it_is_asked_and_the_others_something_else():
    same = dict.fromkeys(LOCALES, 0)
    for locale, text, said in _list_rows():
        same[locale] += _forms(said) == _forms(text)
    assert same.pop("en") == len(list_texts())
    assert max(same.values()) < 8  # "source", "minute" and "usual" are words of several languages


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_compiled_is_what_stands_in_the_catalogue(locale):
    compiled = BytesIO()
    write_mo(compiled, load(locale))
    assert compiled.getvalue() == _file(locale, "mo").read_bytes(), "run: make texts"
