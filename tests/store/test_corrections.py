"""A second reading corrects a post and all that is counted of it, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.records import DateBasis, KeyedPage
from domain.window import Window
from store.corrections import Corrected, correct_posts
from store.engine import reading, writing
from store.posts import count_posts, load_daily_counts, recent_subjects, save_page
from store.tables import PostRow

DAY = timedelta(days=1)


@pytest.fixture
def source(make_source):
    return make_source()


def save(engine, source, *posts, now) -> None:
    with writing(engine) as s:
        save_page(s, source.id, KeyedPage(posts=posts), now=now)


def correct(engine, source, *posts) -> Corrected:
    with writing(engine) as s:
        return correct_posts(s, source.id, posts)


def load_post(engine, source, post) -> PostRow:
    with reading(engine) as s:
        return s.get_one(PostRow, (source.id, post.key))


def count_days(engine, source, now) -> dict[int, int]:
    """Posts by how many days ago."""
    year = Window(start=now - 365 * DAY, end=now + DAY)
    with reading(engine) as s:
        counts = load_daily_counts(s, source.community_id, year)
    return {(now.date() - day).days: posts for day, posts in counts.items()}


def test_an_unknown_date_becomes_known_and_its_day_is_counted(engine, source, make_post, now):
    save(engine, source, make_post(1), make_post(2, now - DAY), now=now)
    assert correct(engine, source, make_post(1, now - 2 * DAY)) == Corrected(dates_gained=1)
    post = load_post(engine, source, make_post(1))
    assert (post.at, post.basis) == (now - 2 * DAY, DateBasis.SENT)
    assert count_days(engine, source, now) == {1: 1, 2: 1}


def test_a_wrong_date_moves_and_leaves_no_count_behind(engine, source, make_post, now):
    save(engine, source, make_post(1, now - DAY), make_post(2, now - DAY), now=now)
    moved = (make_post(1, now - 5 * DAY), make_post(2, now - 5 * DAY))
    assert correct(engine, source, *moved) == Corrected(dates_changed=2)
    assert count_days(engine, source, now) == {5: 2}


def test_a_date_that_was_a_guess_becomes_unknown(engine, source, make_post, now):
    save(engine, source, make_post(1, now - DAY), now=now)
    assert correct(engine, source, make_post(1)) == Corrected(dates_lost=1)
    assert load_post(engine, source, make_post(1)).at is None
    assert count_days(engine, source, now) == {}


def test_author_and_thread_are_corrected_too(engine, source, make_post, now):
    save(engine, source, make_post(1, now - DAY, author="via list"), now=now)
    better = make_post(1, now - DAY, author="ada", reply=0, filed=Window(start=now - DAY, end=now))
    assert correct(engine, source, better) == Corrected(others=1)
    post = load_post(engine, source, better)
    assert (post.author_key, post.reply_key) == (better.author_key, better.reply_key)
    assert (post.filed_start, post.filed_end) == (now - DAY, now)
    assert count_days(engine, source, now) == {1: 1}


def test_doing_it_again_changes_nothing(engine, source, make_post, now):
    posts = [make_post(n) for n in range(1_200)]
    save(engine, source, *posts, now=now)
    better = [make_post(n, now - n % 7 * DAY) for n in range(1_200)]
    assert correct(engine, source, *better) == Corrected(dates_gained=1_200)
    assert correct(engine, source, *better) == Corrected()
    assert sum(count_days(engine, source, now).values()) == 1_200


def test_it_neither_adds_nor_removes_a_post(engine, source, make_post, now):
    save(engine, source, make_post(1, now - DAY), now=now)
    assert correct(engine, source, make_post("not stored", now)) == Corrected()
    with reading(engine) as s:
        assert count_posts(s, source.id) == 1


def test_another_source_of_the_community_keeps_its_own_reading(
    engine, make_source, make_community, make_post, now
):
    community = make_community("two-doors")
    here, there = (make_source(name, community=community) for name in ("here", "there"))
    for source in (here, there):
        save(engine, source, make_post(1, now - DAY), now=now)
    correct(engine, here, make_post(1, now - 3 * DAY))
    assert load_post(engine, there, make_post(1)).at == now - DAY
    assert count_days(engine, here, now) == {1: 1, 3: 1}


def test_recent_subjects_follow_the_dates(engine, source, make_post, now):
    posts = [make_post(n, now - n * DAY, subject=f"Note {n}") for n in range(1, 4)]
    save(engine, source, *posts, now=now)
    correct(engine, source, make_post(1, now - 9 * DAY, subject="Note 1"))
    with reading(engine) as s:
        found = [(one.subject, one.at) for one in recent_subjects(s, source.community_id)]
    assert found == [(f"Note {n}", now - days * DAY) for n, days in ((2, 2), (3, 3), (1, 9))]
