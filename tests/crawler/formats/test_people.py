"""Who wrote a post: the same person gets the same identity whatever hides the address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.people import read_author

AMINA = "amina@example.org"

HIDDEN = [
    ("plain", "amina@example.org"),
    ("capitals", "Amina@Example.ORG"),
    ("blanks-around", "  amina@example.org  "),
    ("name-and-address", "Amina Diallo <amina@example.org>"),
    ("quoted-name", '"Diallo, Amina" <amina@example.org>'),
    ("address-only-in-angles", "<amina@example.org>"),
    ("unclosed-angle", "Amina Diallo <amina@example.org"),
    ("old-style", "amina@example.org (Amina Diallo)"),
    ("old-style-nested", "amina@example.org (Amina (MSF) Diallo)"),
    ("old-style-unclosed", "amina@example.org (Amina Diallo"),
    ("old-style-reversed", "Amina Diallo (amina@example.org)"),
    ("of-1999", "Amina Diallo amina@example.org"),
    ("folded", "Amina Diallo\n\t<amina@example.org>"),
    ("mailto", "mailto:amina@example.org"),
    ("two-authors", "Amina Diallo <amina@example.org>, Ben Okoro <ben@example.org>"),
    ("angle-in-name", '"Amina <MSF>" <amina@example.org>'),
    ("encoded-name", "=?utf-8?q?Amina_Diall=C3=B3?= <amina@example.org>"),
    ("all-encoded", "=?iso-8859-1?q?Amina_=3Camina=40example=2Eorg=3E?="),
    ("at", "amina at example.org (Amina Diallo)"),
    ("AT", "amina AT example.org"),
    ("at-in-angles", "Amina Diallo <amina at example.org>"),
    ("bracket-a", "amina(a)example.org"),
    ("bracket-a-blanks", "amina (a) example.org"),
    ("bracket-at", "amina [at] example.org"),
    ("full-width", "amina＠example.org"),
    ("full-width-with-name", "Amina Diallo <amina＠example.org>"),
    ("spanish", "amina en example.org (Amina Diallo)"),
    ("italian", "amina a example.org (Amina Diallo)"),
    ("brazilian", "amina em example.org (Amina Diallo)"),
    ("russian", "amina на example.org (Amina Diallo)"),
    ("arabic", "amina عند example.org (Amina Diallo)"),
    ("portuguese-two-blanks", "amina  example.org (Amina Diallo)"),
    ("nul-byte", "amina@example.org\0"),
    ("dmarc-address-as-name", '"amina@example.org via Malaria" <malaria@lists.example.org>'),
]

NAMES = [
    ("name", "Amina Diallo", "Amina Diallo"),
    ("quoted", '"Amina Diallo"', "Amina Diallo"),
    ("blanks-inside", "Amina   Diallo", "Amina Diallo"),
    ("encoded", "=?utf-8?b?QW1pbmEgRGlhbGzDsw==?=", "Amina Dialló"),
    ("decomposed", "Jose\u0301 Nun\u0303ez", "José Nuñez"),
    ("via", "Amina Diallo via Malaria <malaria@lists.example.org>", "Amina Diallo"),
    ("via-accent", "Amina Diallo vía Malaria <malaria@lists.example.org>", "Amina Diallo"),
    ("via-quoted", "\"'Amina Diallo' via Malaria\" <malaria@example.org>", "Amina Diallo"),
    ("via-encoded", "=?utf-8?q?Jos=C3=A9_via_Malaria?= <malaria@example.org>", "José"),
    ("via-old-style", "malaria at example.org (Amina Diallo via Malaria)", "Amina Diallo"),
    ("cut", "Amina Diallo <am...@example.org>", "Amina Diallo"),
    ("cut-ellipsis", "Amina Diallo <am…@example.org>", "Amina Diallo"),
    ("cut-old-style", "am...@example.org (Amina Diallo)", "Amina Diallo"),
    ("cut-host", "Amina Diallo <amina@...>", "Amina Diallo"),
    ("nobody-but-a-name", "bogus@does.not.exist.com (Amina Diallo)", "Amina Diallo"),
    ("no-host", "amina at  (Amina Diallo)", "Amina Diallo"),
    ("empty-angles", "Amina Diallo <>", "Amina Diallo"),
    ("words-with-at", "Amina at work", "Amina at work"),
    ("words-with-en", "Amina en casa", "Amina en casa"),
]

NOBODY = [
    ("empty", ""),
    ("blanks", "  \t "),
    ("empty-angles", "<>"),
    ("empty-quotes", '""'),
    ("cut-without-name", "am...@example.org"),
    ("cut-in-angles", "<am...@example.org>"),
    ("mailman", "bogus@does.not.exist.com ()"),
    ("mailman-alone", "bogus@does.not.exist.com"),
    ("mailman-at", "bogus at does.not.exist.com ()"),
]


def rows(table: list) -> list:
    return [pytest.param(*row[1:], id=row[0]) for row in table]


@pytest.mark.parametrize("raw", rows(HIDDEN))
def test_one_address_is_one_person_however_it_is_hidden(raw):
    assert read_author(raw) == AMINA


@pytest.mark.parametrize(("raw", "name"), rows(NAMES))
def test_without_an_own_address_the_name_counts(raw, name):
    assert read_author(raw) == name


@pytest.mark.parametrize("raw", rows(NOBODY))
def test_nothing_is_nobody(raw):
    assert read_author(raw) is None


def test_two_people_of_one_name_stay_two():
    assert read_author("John Smith <john@example.org>") != read_author(
        "John Smith <john@example.net>"
    )


@given(raw=st.text(max_size=200))
def test_any_text_gives_somebody_or_nobody(raw):
    author = read_author(raw)
    assert author is None or author.strip()


def test_a_hostile_from_line_is_read_in_no_time():
    assert read_author("(" * 100_000) is not None
    assert read_author("a" * 100_000 + "@") is not None
    assert read_author("=?a?q?" * 20_000) is not None
