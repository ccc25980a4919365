from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, func, select

from domain.records import KeyedPage, Mark
from domain.window import Coverage, CoverageKind, Window
from store.engine import reading, writing
from store.posts import (
    RecentSubject,
    SavedPage,
    count_posts,
    load_coverage,
    load_daily_counts,
    load_history,
    newest_post_at,
    recent_subjects,
    save_page,
)
from store.sources import list_marks
from store.tables import PostRow

MAY = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
ALWAYS = Window(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2030, 1, 1, tzinfo=UTC))


def day(number: int, hour: int = 10) -> datetime:
    return datetime(2026, 5, number, hour, tzinfo=UTC)


@pytest.fixture
def source(make_source):
    return make_source()


@pytest.fixture
def save(engine, now):
    def save(source, *posts, **rest):
        with writing(engine) as s:
            return save_page(s, source.id, KeyedPage(posts=posts, **rest), now=now)

    return save


def daily(engine, source, window=ALWAYS):
    with reading(engine) as s:
        return load_daily_counts(s, source.community_id, window)


def total(engine, source):
    with reading(engine) as s:
        return count_posts(s, source.id)


# ---- a post is its key ---------------------------------------------------------------------


def test_posts_are_counted_once_however_often_they_come(engine, source, save, make_post):
    posts = [make_post(number, day(1 + number)) for number in range(5)]
    assert save(source, *posts) == SavedPage(new=5, known=0)
    assert save(source, *posts, make_post("new", day(9))) == SavedPage(new=1, known=5)
    assert total(engine, source) == 6
    assert sum(daily(engine, source).values()) == 6


def test_copies_inside_one_page_are_one_post(engine, source, save, make_post):
    saved = save(source, make_post("a", day(1)), make_post("a", day(2)), make_post("a", day(1)))
    assert saved == SavedPage(new=1, known=0)
    assert daily(engine, source) == {date(2026, 5, 1): 1}


def test_of_two_copies_the_dated_one_is_kept(engine, source, save, make_post):
    save(source, make_post("a"), make_post("a", day(3)))
    assert daily(engine, source) == {date(2026, 5, 3): 1}


def test_an_empty_page_is_no_news_and_no_error(engine, source, save):
    assert save(source) == SavedPage(new=0, known=0)
    assert total(engine, source) == 0
    assert daily(engine, source) == {}


def test_a_page_with_more_posts_than_a_statement_takes_is_saved_whole(
    engine, source, save, make_post
):
    posts = [make_post(n, MAY - timedelta(days=n)) for n in range(1_201)]
    assert save(source, *posts).new == 1_201
    assert save(source, *posts) == SavedPage(new=0, known=1_201)
    assert daily(engine, source) == {(MAY - timedelta(days=n)).date(): 1 for n in range(1_201)}


def test_the_same_post_in_two_sources_counts_once_a_day(
    engine, save, make_post, make_source, make_community
):
    community = make_community()
    archive = make_source("archive", community=community)
    mailbox = make_source("mailbox", community=community)
    save(archive, make_post("a", day(1)), make_post("b", day(1)))
    save(mailbox, make_post("b", day(1)), make_post("c", day(1)))
    assert total(engine, archive) == total(engine, mailbox) == 2
    assert daily(engine, archive) == {date(2026, 5, 1): 3}


def test_the_same_post_in_two_communities_counts_in_both(engine, save, make_post, make_source):
    for source in (make_source("one"), make_source("two")):
        assert save(source, make_post("a", day(1))).new == 1
        assert daily(engine, source) == {date(2026, 5, 1): 1}


def test_days_are_those_of_utc(engine, source, save, make_post):
    late = datetime(2026, 5, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    save(source, make_post("a", late))
    assert daily(engine, source) == {date(2026, 5, 2): 1}


def test_processes_that_save_overlapping_pages_count_every_post_once(
    engine, source, make_post, race, now
):
    posts = [make_post(number, day(1 + number % 20)) for number in range(60)]

    def save_some(own: Engine, number: int) -> int:
        new = 0
        for start in range(0, 60, 10):
            first = (start + 10 * number) % 60
            page = KeyedPage(posts=tuple(posts[first : first + 20]))
            with writing(own) as s:
                new += save_page(s, source.id, page, now=now).new
        return new

    assert sum(race(save_some)) == 60
    assert total(engine, source) == 60
    assert daily(engine, source) == {date(2026, 5, 1 + number): 3 for number in range(20)}


def test_a_page_is_saved_wholly_or_not_at_all(engine, source, make_post, now):
    page = KeyedPage(
        posts=(make_post("a", day(1)),),
        coverage=(Coverage(start=day(1), end=day(2)),),
        marks=(Mark(name="index", etag="x"),),
    )

    def stop_before_the_end() -> None:
        with writing(engine) as s:
            save_page(s, source.id, page, now=now)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        stop_before_the_end()
    assert total(engine, source) == 0
    assert daily(engine, source) == {}
    with reading(engine) as s:
        assert load_coverage(s, source.id) == ()
        assert list_marks(s, source.id) == ()


# ---- dates ---------------------------------------------------------------------------------


def test_a_post_without_a_date_counts_in_totals_only(engine, source, save, make_post):
    save(source, make_post("a"), make_post("b", day(1)))
    assert total(engine, source) == 2
    assert daily(engine, source) == {date(2026, 5, 1): 1}


def test_the_first_reading_of_a_date_stands(engine, source, save, make_post):
    """A period of a wrong clock is read before the copies of its posts in other periods."""
    save(source, make_post("a"), make_post("b", day(4)))
    again = [make_post("a", day(4)), make_post("b"), make_post("b", day(20))]
    for copy in again:
        assert save(source, copy) == SavedPage(new=0, known=1)
    assert daily(engine, source) == {date(2026, 5, 4): 1}
    with reading(engine) as s:
        assert newest_post_at(s, source.id) == day(4)
        assert load_history(s, source.id, until=None).undated == 1


def test_counts_since_a_moment_leave_out_what_has_no_date(engine, source, save, make_post):
    save(source, make_post("a"), make_post("b", day(1)), make_post("c", day(3)))
    with reading(engine) as s:
        assert count_posts(s, source.id, since=day(1)) == 2
        assert count_posts(s, source.id, since=day(2)) == 1


def test_the_newest_post_of_an_empty_source_is_unknown(engine, source):
    with reading(engine) as s:
        assert newest_post_at(s, source.id) is None


def test_daily_counts_hold_every_day_that_the_window_touches(engine, source, save, make_post):
    save(source, *(make_post(number, day(number)) for number in range(1, 6)))
    assert list(daily(engine, source, Window(start=day(2), end=day(4)))) == [
        date(2026, 5, number) for number in (2, 3, 4)
    ]
    assert list(daily(engine, source, Window(start=day(2, 0), end=day(4, 0)))) == [
        date(2026, 5, number) for number in (2, 3)
    ]
    assert daily(engine, source, Window(start=day(2), end=day(2))) == {}


# ---- what comes with the posts ---------------------------------------------------------------


def test_marks_are_kept_by_name_and_the_last_one_counts(engine, source, save):
    save(source, marks=(Mark(name="b", etag="1", label="9 KB"), Mark(name="a", label="1 KB")))
    save(source, marks=(Mark(name="b", etag="2", last_modified="Mon"),))
    with reading(engine) as s:
        assert list_marks(s, source.id) == (
            Mark(name="a", label="1 KB"),
            Mark(name="b", etag="2", last_modified="Mon"),
        )


def test_coverage_beyond_now_is_not_believed(engine, source, save, now):
    ahead = now + timedelta(days=9)
    save(source, coverage=(Coverage(start=day(1), end=ahead), Coverage(start=now, end=ahead)))
    with reading(engine) as s:
        assert load_coverage(s, source.id) == (Coverage(start=day(1), end=now),)


def test_complete_and_partial_coverage_are_kept_apart(engine, source, save):
    partial = Coverage(start=day(2), end=day(9), kind=CoverageKind.PARTIAL)
    complete = Coverage(start=day(1), end=day(3))
    save(source, coverage=(complete, partial))
    with reading(engine) as s:
        assert load_coverage(s, source.id) == (complete, partial)


def test_only_the_three_last_subjects_are_kept(engine, source, save, make_post):
    def post(number: int):
        return make_post(
            number, day(number), subject=f"Subject {number}", url=f"https://example.org/{number}"
        )

    save(source, post(3), post(1))
    save(source, post(5), post(2), post(4), make_post("silent", day(8)))
    save(source, post(1))
    with reading(engine) as s:
        assert recent_subjects(s, source.community_id) == tuple(
            RecentSubject(
                at=day(number), subject=f"Subject {number}", url=f"https://example.org/{number}"
            )
            for number in (5, 4, 3)
        )


def test_subjects_of_posts_without_a_date_are_not_kept(engine, source, save, make_post):
    save(source, make_post("a", subject="Undated"))
    with reading(engine) as s:
        assert recent_subjects(s, source.community_id) == ()


def test_a_community_shows_the_last_subjects_of_all_its_sources(
    engine, save, make_post, make_source, make_community
):
    community = make_community()
    for name, first in (("one", 1), ("two", 2)):
        source = make_source(name, community=community)
        save(source, *(make_post((name, n), day(n), subject=f"{n}") for n in (first, first + 2)))
    with reading(engine) as s:
        assert [r.subject for r in recent_subjects(s, community.id)] == ["4", "3", "2"]


def test_a_large_page_is_stored_as_a_small_one_is(engine, make_source, make_post, now):
    """PostgreSQL copies it; what it knew already stays, and the same moment may bring two pages."""
    source = make_source()

    def page(numbers: range, author: str) -> KeyedPage:
        posts = tuple(make_post(n, now - timedelta(hours=n), author=author) for n in numbers)
        return KeyedPage(posts=posts, coverage=(), marks=())

    with writing(engine) as s:
        save_page(s, source.id, page(range(10), "first"), now=now)
        saved = save_page(s, source.id, page(range(700), "second"), now=now)
        assert (saved.new, saved.known) == (690, 10)
        saved = save_page(s, source.id, page(range(400, 1_000), "third"), now=now)
        assert (saved.new, saved.known) == (300, 300)
    with reading(engine) as s:
        assert count_posts(s, source.id) == 1_000
        authors = s.execute(
            select(PostRow.author_key, func.count()).group_by(PostRow.author_key)
        ).all()
    assert sorted(count for _, count in authors) == [10, 300, 690]
