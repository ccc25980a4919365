"""Texts, plurals, dates and numbers in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.outcome import Outcome, Reason
from domain.report import NotRead
from domain.window import Window
from presentation.dates import counted, describe_days, format_count
from presentation.i18n import choose_locale, say, say_count
from presentation.reasons import write_reason
from presentation.weekly_words import format_days, not_read_words

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [("fr", "fr"), ("pt-BR", "pt"), ("es_MX", "es"), ("EN", "en"), ("de", "en"), ("", "en")],
)
def test_the_nearest_language_that_there_is_is_chosen(asked, chosen):
    assert choose_locale(asked) == chosen


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", ("0 posts", "1 post", "1,204 posts")),
        ("fr", ("0 message", "1 message", "1\u202f204 messages")),
        ("es", ("0 mensajes", "1 mensaje", "1.204 mensajes")),
        ("pt", ("0 mensagem", "1 mensagem", "1.204 mensagens")),
    ],
)
def test_each_language_counts_in_its_own_way(locale, told):
    assert tuple(counted(number, "post", "posts", locale) for number in (0, 1, 1204)) == told
    forms = ("{number} post", "{number} posts")
    assert tuple(say_count(*forms, number, locale) for number in (0, 1, 1204)) == told


def test_a_broken_number_takes_the_form_of_many():
    assert counted(1.5, "post", "posts") == "1.5 posts"
    assert format_count(9.5, "fr") == "9,5"


def test_a_text_that_nobody_translated_stays_english():
    assert say("No such text {here}", "fr", here=1) == "No such text 1"


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en", "30 Nov – 6 Dec 2026"),
        ("fr", "30 nov. – 6 déc. 2026"),
        ("es", "30 nov – 6 dic 2026"),
        ("pt", "30 nov. – 6 dez. 2026"),
    ],
)
def test_days_are_written_as_people_there_write_them(locale, told):
    assert format_days(Window(start=MONDAY, end=MONDAY + timedelta(days=7)), locale) == told


def test_stretches_and_reasons_follow_the_language():
    assert describe_days(63, "es") == "9 semanas"
    reason = Reason(
        code="silence",
        values={"silent_days": 63, "last": "2026-09-19", "usual_days": 4, "longest_days": 31},
    )
    assert write_reason(reason, "pt") == (
        "Nenhuma mensagem vista há 9 semanas, desde 19 set. 2026. Entre mensagens costumam passar "
        "4 dias; o silêncio mais longo antes deste foi de 31 dias."
    )


@pytest.mark.parametrize("locale", ["en", "fr", "es", "pt"])
@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_could_not_be_read_has_a_reason_in_every_language(outcome, locale):
    entry = NotRead(slug="x", name="X", outcome=outcome, since=MONDAY)
    words = not_read_words(entry, locale)
    assert words.endswith("2026)")
    assert (locale == "en") == (words == not_read_words(entry))
