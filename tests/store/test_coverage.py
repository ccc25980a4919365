from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.records import KeyedPage, Platform
from domain.window import Coverage, CoverageKind, Window, merge_windows, overlap
from store.coverage import community_coverage, join_sources, load_coverage
from store.engine import migrate, open_database, reading, writing
from store.posts import save_page
from store.sources import add_community, add_source, pause_source

START = datetime(2026, 1, 1, tzinfo=UTC)
HORIZON = 40


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def window(start: int, end: int) -> Window:
    return Window(start=hour(start), end=hour(end))


def covered(windows, kind: CoverageKind = CoverageKind.COMPLETE) -> tuple[Coverage, ...]:
    return tuple(Coverage(start=hour(a), end=hour(b), kind=kind) for a, b in windows)


def hours_in(windows) -> set[int]:
    """The whole hours in which the windows lie, as a picture to compare with."""
    return {n for n in range(HORIZON) if overlap(window(n, n + 1), windows)}


stretches = st.tuples(st.integers(0, HORIZON - 1), st.integers(0, HORIZON - 1)).map(
    lambda pair: (min(pair), max(pair))
)
pages = st.lists(st.lists(stretches, max_size=4), max_size=5)
few = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module")
def add_pages(tmp_path_factory, migrated_file):
    """Saves pages of coverage to a source of its own each time; what is stored comes back."""
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('coverage')}/x.db")
    migrate(engine)
    made = iter(range(10_000))

    def add(pages, kinds=(CoverageKind.COMPLETE,)) -> tuple[Coverage, ...]:
        name = f"source-{next(made)}"
        with writing(engine) as s:
            community = add_community(s, slug=name, name=name, now=START)
            source = add_source(
                s,
                community_id=community.id,
                name=name,
                url="https://example.org/",
                platform=Platform.PIPERMAIL,
                now=START,
            )
            for page in pages:
                coverage = tuple(c for kind in kinds for c in covered(page, kind))
                save_page(s, source.id, KeyedPage(coverage=coverage), now=hour(HORIZON))
            return load_coverage(s, source.id)

    yield add
    engine.dispose()


@few
@given(pages=pages)
def test_stored_coverage_is_the_union_of_what_was_saved_in_pieces_that_do_not_touch(
    add_pages, pages
):
    stored = add_pages(pages)
    told = {n for page in pages for start, end in page for n in range(start, end)}
    assert hours_in([c.window for c in stored]) == told
    assert all(c.start < c.end for c in stored)
    assert all(a.end < b.start for a, b in pairwise(stored))


@few
@given(pages=pages)
def test_the_order_of_pages_makes_no_difference(add_pages, pages):
    assert add_pages(pages) == add_pages(list(reversed(pages)))


@few
@given(pages=pages)
def test_saving_everything_again_makes_no_difference(add_pages, pages):
    assert add_pages(pages) == add_pages([*pages, *pages])


@few
@given(pages=pages)
def test_kinds_do_not_mix(add_pages, pages):
    both = add_pages(pages, kinds=tuple(CoverageKind))
    apart = {kind: tuple(c.window for c in both if c.kind is kind) for kind in CoverageKind}
    alone = tuple(c.window for c in add_pages(pages))
    assert apart == {CoverageKind.COMPLETE: alone, CoverageKind.PARTIAL: alone}


# ---- a community's sources together ----------------------------------------------------------


def test_one_source_is_its_own_joint_coverage():
    seen = (window(1, 5), window(8, 20))
    assert join_sources([(seen, True)]) == seen


def test_what_only_one_of_two_watched_sources_saw_is_a_hole():
    assert join_sources([((window(0, 20),), True), ((window(0, 8), window(12, 20)), True)]) == (
        window(0, 8),
        window(12, 20),
    )


def test_the_laggard_ends_the_joint_coverage():
    assert join_sources([((window(0, 20),), True), ((window(0, 15),), True)]) == (window(0, 15),)


def test_a_source_counts_from_the_first_moment_it_was_seen():
    assert join_sources([((window(0, 20),), True), ((window(10, 20),), True)]) == (window(0, 20),)


def test_a_source_that_is_not_watched_any_more_only_adds():
    assert join_sources([((window(0, 10),), False), ((window(10, 20),), True)]) == (window(0, 20),)


def test_a_source_that_was_never_seen_says_nothing():
    assert join_sources([((window(0, 20),), True), ((), True)]) == (window(0, 20),)
    assert join_sources([]) == ()


windows = st.lists(stretches.map(lambda pair: window(*pair)), max_size=4).map(merge_windows)


@given(sources=st.lists(st.tuples(windows, st.booleans()), max_size=4))
def test_no_hour_is_jointly_seen_that_a_watched_source_missed(sources):
    joint = hours_in(join_sources(sources))
    assert joint <= {n for windows, _ in sources for n in hours_in(windows)}
    for windows, watched in sources:
        if watched and windows:
            since_first = {n for n in joint if hour(n) >= windows[0].start}
            assert since_first <= hours_in(windows)


def test_a_community_is_seen_where_all_its_watched_sources_were(
    engine, make_community, make_source
):
    community = make_community()
    one = make_source("one", community=community)
    two = make_source("two", community=community)
    with writing(engine) as s:
        save_page(s, one.id, KeyedPage(coverage=covered([(0, 20)])), now=hour(HORIZON))
        save_page(s, two.id, KeyedPage(coverage=covered([(5, 10)])), now=hour(HORIZON))
        partial = covered([(10, 20)], CoverageKind.PARTIAL)
        save_page(s, two.id, KeyedPage(coverage=partial), now=hour(HORIZON))
    with reading(engine) as s:
        assert community_coverage(s, community.id) == (window(0, 10),)
    with writing(engine) as s:
        pause_source(s, two.id, paused=True)
        assert community_coverage(s, community.id) == (window(0, 20),)


def test_an_imported_file_does_not_end_a_communitys_coverage(engine, make_community, make_source):
    community = make_community()
    archive = make_source("archive", community=community)
    file = make_source("file", Platform.MBOX, community=community)
    with writing(engine) as s:
        save_page(s, file.id, KeyedPage(coverage=covered([(0, 10)])), now=hour(HORIZON))
        save_page(s, archive.id, KeyedPage(coverage=covered([(10, 20)])), now=hour(HORIZON))
        assert community_coverage(s, community.id) == (window(0, 20),)


def test_a_community_that_was_never_seen_has_no_coverage(engine, make_source):
    source = make_source()
    with reading(engine) as s:
        assert community_coverage(s, source.community_id) == ()
