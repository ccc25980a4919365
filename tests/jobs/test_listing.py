"""Taking a directory file over: once, without touching what is there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.directory import load_starter, read_directory
from domain.errors import UsageError
from domain.records import Platform
from jobs.listing import take_over
from store.engine import migrate, open_database, reading, writing
from store.sources import add_community, list_communities, list_sources, load_community

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LISTED = """
version = 1
[[communities]]
id = "child-health"
name = "Child health talk"
host = "Example Health Trust"
evidence = [{ url = "https://child.example.org/about", supports = ["host"] }]
[[communities.sources]]
url = "https://lists.example.org/pipermail/child-health/"
platform = "pipermail"
[[communities.sources]]
url = "https://child.example.org/feed"
platform = "feed"
[[communities]]
id = "quiet"
name = "Quiet people"
observable = "no"
"""


@pytest.fixture
def engine(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/x.db")
    migrate(engine)
    yield engine
    engine.dispose()


def test_communities_and_sources_are_there_with_their_facts(engine):
    done = take_over(engine, read_directory(LISTED, where="x"), NOW)
    assert (done.communities, done.sources, done.known) == (2, 2, 0)
    with reading(engine) as session:
        home = load_community(session, "child-health")
        assert home is not None
        assert (home.host, home.evidence[0].supports) == ("Example Health Trust", ("host",))
        watched = list_sources(session)
    assert [(source.name, source.platform) for source in watched] == [
        ("child-health", Platform.PIPERMAIL),
        ("child-health-2", Platform.FEED),
    ]
    assert all(source.due_at == NOW for source in watched)


def test_a_second_time_changes_nothing(engine):
    listed = read_directory(LISTED, where="x")
    take_over(engine, listed, NOW)
    done = take_over(engine, listed, NOW)
    assert (done.communities, done.sources, done.known) == (0, 0, 2)


def test_what_was_there_before_stays_as_it_was(engine):
    with writing(engine) as session:
        add_community(session, slug="quiet", name="Loud people", now=NOW, description="Ours")
    take_over(engine, read_directory(LISTED, where="x"), NOW)
    with reading(engine) as session:
        home = load_community(session, "quiet")
    assert home is not None
    assert (home.name, home.description) == ("Loud people", "Ours")


def test_the_starter_fits_into_a_store(engine):
    done = take_over(engine, load_starter(), NOW)
    assert done.communities == 174
    assert done.sources >= 55
    with reading(engine) as session:
        assert len(list_communities(session)) == 174


def test_a_source_name_that_is_taken_gets_a_number(engine):
    text = LISTED.replace('id = "quiet"', 'id = "child-health-2"') + (
        '[[communities.sources]]\nurl = "https://quiet.example.org/feed"\nplatform = "feed"\n'
    )
    take_over(engine, read_directory(text, where="x"), NOW)
    with reading(engine) as session:
        names = [source.name for source in list_sources(session)]
    assert names == ["child-health", "child-health-2", "child-health-2-2"]


def test_a_wrong_file_takes_nothing_over(engine):
    with pytest.raises(UsageError):
        take_over(engine, read_directory(LISTED + "[[communities]]\n", where="x"), NOW)
    with reading(engine) as session:
        assert list_communities(session) == []
