from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.outcome import Outcome
from domain.records import CrawlReport, DateBasis, KeyedPage, Platform
from domain.window import Coverage, CoverageKind, Month
from store.crawls import save_report
from store.engine import reading, writing
from store.posts import load_history, save_page

MAY = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return MAY + hours * HOUR


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.fixture
def source(make_source):
    return make_source()


@pytest.fixture
def save(engine, source, now):
    def save(*posts, **rest):
        with writing(engine) as s:
            save_page(s, source.id, KeyedPage(posts=posts, **rest), now=now)

    return save


@pytest.fixture
def load(engine, source):
    def load(until=None):
        with reading(engine) as s:
            return load_history(s, source.id, until=until)

    return load


def visit(engine, source, finished_at, outcome=Outcome.READ):
    with writing(engine) as s:
        report = CrawlReport(
            source_id=source.id,
            started_at=finished_at - HOUR,
            finished_at=finished_at,
            outcome=outcome,
        )
        save_report(s, report)


def test_a_source_without_posts_has_an_empty_history(load, source):
    history = load()
    assert (history.source_id, history.platform) == (source.id, Platform.PIPERMAIL)
    assert (list(history.ts), history.undated, list(history.coverage)) == ([], 0, [])
    assert (history.last_outcome, history.last_visit_at) == (None, None)


def test_posts_come_in_order_of_time_whatever_order_they_were_saved_in(save, load, make_post):
    save(make_post("c", at(3)), make_post("a", at(1)))
    save(make_post("b", at(2)))
    assert list(load().ts) == [seconds(at(hours)) for hours in (1, 2, 3)]


def test_writers_get_small_numbers_and_nobody_is_minus_one(save, load, make_post):
    save(
        make_post(1, at(1), author="ana"),
        make_post(2, at(2)),
        make_post(3, at(3), author="bo"),
        make_post(4, at(4), author="ana"),
    )
    assert list(load().author) == [0, -1, 1, 0]


def test_replies_join_the_thread_of_their_root(save, load, make_post):
    save(
        make_post("root", at(1)),
        make_post("other", at(2)),
        make_post("first reply", at(3), reply="root"),
        make_post("reply to the reply", at(4), reply="first reply"),
    )
    assert list(load().thread) == [0, 1, 0, 0]


def test_a_thread_holds_though_its_root_was_never_seen(save, load, make_post):
    save(make_post("x", at(1), reply="lost"), make_post("y", at(2), reply="lost"))
    assert list(load().thread) == [0, 0]


def test_a_thread_holds_though_a_reply_is_dated_before_what_it_answers(save, load, make_post):
    save(make_post("reply", at(1), reply="root"), make_post("root", at(2)))
    assert list(load().thread) == [0, 0]


def test_replies_in_a_circle_are_one_thread(save, load, make_post):
    save(
        make_post("a", at(1), reply="c"),
        make_post("b", at(2), reply="a"),
        make_post("c", at(3), reply="b"),
        make_post("d", at(4), reply="b"),
        make_post("self", at(5), reply="self"),
    )
    assert list(load().thread) == [0, 0, 0, 0, 1]


def test_a_very_long_thread_is_followed_to_its_end(save, load, make_post):
    chain = 3_000
    save(*(make_post(n, at(n), reply=n + 1 if n < chain else None) for n in range(chain + 1)))
    assert set(load().thread) == {0}


def test_the_columns_are_equally_long(save, load, make_post):
    save(make_post("a", at(1)), make_post("b"), make_post("c", at(2), author="ana"))
    history = load()
    assert len(history.ts) == len(history.author) == len(history.thread) == 2


# ---- posts without a date --------------------------------------------------------------------


def filed_in(make_post, month: Month, name="filed", **facts):
    return make_post(name, basis=DateBasis.PERIOD, filed=month.window, **facts)


def test_a_post_known_only_by_its_period_stands_at_the_last_moment_of_it(save, load, make_post):
    save(make_post("dated", at(1)), filed_in(make_post, Month(2026, 3), author="ana"))
    history = load()
    assert list(history.ts) == [seconds(Month(2026, 4).start) - 1, seconds(at(1))]
    assert (list(history.author), history.undated) == ([0, -1], 0)


def test_a_post_known_only_by_its_period_never_stands_after_the_end_of_the_history(
    save, load, make_post
):
    save(filed_in(make_post, Month(2026, 5)))
    assert list(load(at(100)).ts) == [seconds(at(100)) - 1]


def test_a_post_known_only_by_a_running_period_stands_at_the_last_visit(
    engine, source, save, load, make_post
):
    save(filed_in(make_post, Month(2026, 5)))
    visit(engine, source, at(50))
    assert list(load().ts) == [seconds(at(50)) - 1]


def test_a_post_filed_after_the_last_visit_stands_at_the_start_of_its_period(
    engine, source, save, load, make_post
):
    save(filed_in(make_post, Month(2026, 5)))
    visit(engine, source, at(-100))
    assert list(load().ts) == [seconds(MAY)]


def test_a_post_of_no_known_time_is_only_counted(save, load, make_post):
    save(make_post("a"), make_post("b"), make_post("c", at(1)))
    history = load()
    assert (len(history.ts), history.undated) == (1, 2)


# ---- until -----------------------------------------------------------------------------------


def test_until_cuts_posts_and_coverage(save, load, make_post):
    save(
        make_post("before", at(1)),
        make_post("just then", at(2)),
        make_post("after", at(3)),
        filed_in(make_post, Month(2026, 6), name="filed later"),
        coverage=(
            Coverage(start=at(0), end=at(1)),
            Coverage(start=at(1.5), end=at(4)),
            Coverage(start=at(3), end=at(5), kind=CoverageKind.PARTIAL),
        ),
    )
    history = load(at(2))
    assert list(history.ts) == [seconds(at(1))]
    assert history.undated == 0
    assert history.coverage == (
        Coverage(start=at(0), end=at(1)),
        Coverage(start=at(1.5), end=at(2)),
    )


def test_without_until_nothing_is_cut(save, load, make_post):
    coverage = (Coverage(start=at(0), end=at(9)),)
    save(make_post("a", at(1)), coverage=coverage)
    assert (len(load().ts), load().coverage) == (1, coverage)


# ---- the visits ------------------------------------------------------------------------------


def test_the_newest_visit_is_known(engine, source, load):
    visit(engine, source, at(2), Outcome.TIMEOUT)
    visit(engine, source, at(1), Outcome.READ)
    history = load()
    assert (history.last_outcome, history.last_visit_at) == (Outcome.TIMEOUT, at(2))


@pytest.mark.parametrize("platform", list(Platform))
def test_only_feeds_show_nothing_but_their_latest_items(engine, make_source, platform):
    source = make_source("another", platform)
    with reading(engine) as s:
        windowed = load_history(s, source.id, until=None).windowed
    assert windowed is (platform in (Platform.FEED, Platform.NING))


# ---- size ------------------------------------------------------------------------------------


def test_a_big_archive_is_saved_and_loaded_whole(engine, source, make_post, now):
    posts = [
        make_post(n, MAY - timedelta(hours=3 * n), author=n % 700, reply=n + n % 3 or None)
        for n in range(33_000)
    ]
    for start in range(0, 33_000, 220):
        with writing(engine) as s:
            save_page(s, source.id, KeyedPage(posts=tuple(posts[start : start + 220])), now=now)
    with reading(engine) as s:
        history = load_history(s, source.id, until=None)
    assert len(history.ts) == 33_000
