"""The vocabulary of topics is whole, and people find it with the words they have."""

from __future__ import annotations

import pytest

from config.directory import load_starter
from presentation.i18n import LOCALES
from presentation.topics import (
    fold,
    split_words,
    topic_name,
    topic_words,
    topics,
)


def test_each_topic_has_a_name_in_each_language() -> None:
    assert len(topics()) == 29
    assert all(set(topic.names) == set(LOCALES) for topic in topics().values())
    assert all(name.strip() for topic in topics().values() for name in topic.names.values())


def test_no_two_topics_have_the_same_name_in_any_language() -> None:
    for locale in LOCALES:
        names = [topic.names[locale] for topic in topics().values()]
        assert len(set(names)) == len(names), locale


def test_the_starter_directory_uses_no_other_topics() -> None:
    used = {topic for community in load_starter() for topic in community.topics}
    assert used <= set(topics())


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        ("vacunas", "immunization"),
        ("vaccins", "immunization"),
        ("vacinas", "immunization"),
        ("vaccination", "immunization"),
        ("saneamiento", "wash"),
        ("sida", "hiv-tb-malaria"),
        ("sages", "nursing-midwifery"),
        ("allaitement", "nutrition"),
    ],
)
def test_a_topic_is_known_by_the_words_of_four_languages(word: str, topic: str) -> None:
    assert word in split_words(topic_words(topic))


def test_a_topic_outside_the_vocabulary_is_shown_as_it_was_entered() -> None:
    assert topic_name("made-up") == "Made up"
    assert topic_words("made-up") == "made up"


def test_folding_takes_accents_and_capitals_away() -> None:
    assert fold("Santé PÚBLICA") == "sante publica"
    assert list(split_words("One-Health, “Été” 2030!")) == ["one", "health", "ete", "2030"]
