"""Search in the public list: by beginnings, by the nearest word, the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from config import load
from jobs.doctor import Grade, Patient
from jobs.doctor_store import check_search
from store.engine import migrate, open_database, reading, writing
from store.searching import find_near, find_word, forget_words, has_trigrams, save_words

TEXTS = {
    1: "sante maternelle immunization vaccines vacunas vaccination",
    2: "health workers malaria paludisme",
    3: "health supply chain",
}


@pytest.fixture
def listed(engine, make_community):
    for number in TEXTS:
        make_community(f"community-{number}")
    with writing(engine) as s:
        save_words(s, TEXTS)
    return engine


def test_words_are_found_by_their_beginning(listed):
    with reading(listed) as s:
        assert find_word(s, "suppl") == [3]
        assert sorted(find_word(s, "health")) == [2, 3]
        assert find_word(s, "nothing") == []


@pytest.mark.parametrize(
    ("typed", "meant", "whose"),
    [
        ("imunization", "immunization", 1),
        ("imunisation", "immunization", 1),
        ("vacination", "vaccination", 1),
        ("malarya", "malaria", 2),
        ("paludsme", "paludisme", 2),
        ("materrnelle", "maternelle", 1),
        ("suply", "supply", 3),
    ],
)
def test_a_misspelt_word_finds_what_was_meant(listed, typed, meant, whose):
    with reading(listed) as s:
        assert find_word(s, typed) == []
        assert find_near(s, typed)[0] == meant
        assert find_word(s, meant) == [whose]


@pytest.mark.parametrize("word", ["zzzzzz", "hlt", "12345"])
def test_a_word_that_is_like_none_has_no_nearest(listed, word):
    with reading(listed) as s:
        assert find_near(s, word) == ()


def test_a_line_made_again_is_found_by_its_new_words_only(listed):
    with writing(listed) as s:
        save_words(s, {3: "zebra"})
    with reading(listed) as s:
        assert find_word(s, "zebra") == [3]
        assert find_word(s, "supply") == []


def test_of_a_forgotten_community_no_word_of_its_own_stays(listed):
    with writing(listed) as s:
        forget_words(s, 2)
    with reading(listed) as s:
        assert find_word(s, "malaria") == []
        assert find_near(s, "malarya") == ()
        kept = set(s.scalars(text("SELECT term FROM listing_terms")))
        assert kept.isdisjoint({"malaria", "paludisme"})
        assert "health" in kept
        assert find_near(s, "helth") == ("health",)


@pytest.mark.own_database
def test_without_trigrams_search_goes_on_and_misspelt_words_find_nothing(listed):
    if listed.dialect.name == "postgresql":
        with writing(listed) as s:
            assert has_trigrams(s)
            s.execute(text("DROP EXTENSION pg_trgm CASCADE"))
    with reading(listed) as s:
        assert find_word(s, "malaria") == [2]
        known = () if listed.dialect.name == "postgresql" else ("malaria",)
        assert find_near(s, "malarya") == known


@pytest.mark.own_database
def test_the_doctor_says_where_misspelt_words_find_nothing(listed, tmp_path):
    settings = load(tmp_path, {}, flags={})
    patient = Patient(settings=settings, now=datetime.now(UTC), engine=listed)
    (fine,) = check_search(patient)
    assert fine.grade is Grade.OK
    if listed.dialect.name == "postgresql":
        with writing(listed) as s:
            s.execute(text("DROP EXTENSION pg_trgm CASCADE"))
        (poor,) = check_search(patient)
        assert poor.grade is Grade.WARN
        assert "CREATE EXTENSION pg_trgm" in poor.to_do


def test_where_the_extension_may_not_be_created_the_schema_is_made_without_it(postgres):
    with postgres.own_database() as address:
        owner = open_database(address)
        with owner.begin() as connection:
            connection.execute(text("CREATE ROLE narrow LOGIN"))
            connection.execute(text("GRANT ALL ON SCHEMA public TO narrow"))
        owner.dispose()
        narrow = open_database(make_url(address).set(username="narrow").render_as_string())
        migrate(narrow)
        with reading(narrow) as s:
            assert not has_trigrams(s)
            assert find_near(s, "malarya") == ()
        narrow.dispose()
