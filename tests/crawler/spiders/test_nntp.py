"""How a newsgroup is visited: its numbers as the cursor, its gaps, its wrong clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from crawler.spiders.nntp import NntpSpider
from domain.window import Window
from tests.table_web import Visit

GROUP = "nntp://news.example.org/example.talk"
FIRST = datetime(2026, 1, 1, 10, tzinfo=UTC)


def at(number: int) -> datetime:
    """When an article of a group with one article a day was written."""
    return FIRST + timedelta(days=number - 1)


def numbers(first: int, last: int, count: int | None = None) -> str:
    count = last - first + 1 if count is None else count
    return f"211 {count} {first} {last} example.talk\r\n"


def overview(*rows: tuple[int, str], first: int = 1, last: int = 1) -> str:
    lines = "".join(
        f"{n}\tNote {n}\tAmina Test <amina@example.org>\t{date}\t<{n}@example.org>\t\t800\t9\r\n"
        for n, date in rows
    )
    return f"{numbers(first, last)}224 Overview follows\r\n{lines}.\r\n"


def daily(first: int, last: int) -> list[tuple[int, str]]:
    return [(n, format_datetime(at(n))) for n in range(first, last + 1)]


def visit(web, table: dict[str, str], **known) -> Visit:
    pages = {f"{GROUP}{path}": web.answer(text) for path, text in table.items()}
    return web.visit(NntpSpider, GROUP, pages, **known)


def test_a_group_covers_from_its_first_article_to_the_visit(web):
    seen = visit(web, {"": numbers(1, 20), "/1-20": overview(*daily(1, 20), last=20)})
    assert seen.outcome == "read"
    assert len(seen.posts) == 20
    assert seen.seen == (Window(start=at(1), end=web.now),)


def test_the_highest_number_proves_silence_with_one_request(web):
    first = visit(web, {"": numbers(1, 20), "/1-20": overview(*daily(1, 20), last=20)})
    marks = tuple(first.marks.values())
    known = {"posts_known": 20, "covered_until": web.now, "now": web.now + timedelta(days=9)}
    again = visit(web, {"": numbers(1, 20)}, marks=marks, **known)
    assert (again.outcome, len(again.asked)) == ("unchanged", 1)
    assert again.seen == (Window(start=at(1), end=known["now"]),)
    all_expired = visit(web, {"": numbers(21, 20, count=0)}, marks=marks, **known)
    assert all_expired.outcome == "unchanged", "its old articles went, but no new one came"


def test_only_what_is_new_is_asked_for(web):
    first = visit(web, {"": numbers(1, 20), "/1-20": overview(*daily(1, 20), last=20)})
    more = {"": numbers(1, 22), "/21-22": overview(*daily(21, 22), last=22)}
    later = visit(
        web, more, marks=tuple(first.marks.values()), posts_known=20, covered_until=at(20)
    )
    assert later.asked == [GROUP, f"{GROUP}/21-22"]
    assert later.seen == (Window(start=at(1), end=web.now),)


def test_articles_that_went_before_we_came_leave_a_hole(web):
    first = visit(web, {"": numbers(1, 20), "/1-20": overview(*daily(1, 20), last=20)})
    more = {"": numbers(31, 33), "/31-33": overview(*daily(31, 33), first=31, last=33)}
    later = visit(
        web, more, marks=tuple(first.marks.values()), posts_known=20, covered_until=at(20)
    )
    assert "articles 21 to 30 were gone" in later.verdict.detail
    assert later.seen == (Window(start=at(31), end=web.now),)


def test_a_group_that_went_back_is_doubted_for_two_weeks_and_then_read_anew(web):
    first = visit(web, {"": numbers(1, 20), "/1-20": overview(*daily(1, 20), last=20)})
    old_copy = {"": numbers(1, 5), "/1-5": overview(*daily(1, 5), last=5)}
    known = {"posts_known": 20, "covered_until": web.now}
    doubted = visit(web, old_copy, marks=tuple(first.marks.values()), **known)
    assert (doubted.outcome, doubted.coverage) == ("partial", [])
    assert "20 was read before" in doubted.verdict.detail
    marks = tuple((first.marks | doubted.marks).values())
    taken = visit(web, old_copy, marks=marks, now=web.now + timedelta(days=15), **known)
    assert (taken.outcome, len(taken.posts)) == ("read", 5)


def test_an_emptied_group_is_not_silence(web):
    assert visit(web, {"": numbers(0, 0, count=0)}).outcome == "empty"
    known = {"posts_known": 20, "covered_until": web.now}
    assert visit(web, {"": numbers(0, 0, count=0)}, **known).outcome == "layout_changed"


def test_a_kill_between_two_stretches_is_made_good(web):
    table = {
        "": numbers(1, 1500),
        "/1-1000": overview(*daily(1, 10), last=1500),
        "/1001-1500": overview(*[(1400 + n, date) for n, date in daily(11, 15)], last=1500),
    }
    killed = visit(web, table, stop_after=1)
    assert (len(killed.posts), killed.seen) == (10, ())
    again = visit(web, table, marks=tuple(killed.marks.values()), posts_known=10)
    assert again.asked == [GROUP, f"{GROUP}/1001-1500"]
    assert again.seen == (Window(start=at(1), end=web.now),)


@pytest.mark.parametrize(
    ("head", "basis", "moment"),
    [
        ("Received: from a by b; Sat, 10 Jan 2026 11:00:00 +0000\r\n", "received", 10),
        ("Subject: Note 10\r\n", "period", None),
    ],
)
def test_a_clock_that_is_far_off_is_settled_by_the_articles_own_head(web, head, basis, moment):
    rows = daily(1, 20)
    rows[9] = (10, "Fri, 03 Feb 1995 04:05:00 +0000")
    told = f"221 10 <10@example.org>\r\nFrom: a@example.org\r\nDate: {rows[9][1]}\r\n{head}.\r\n"
    table = {
        "": numbers(1, 20),
        "/1-20": overview(*rows, last=20),
        "/10": numbers(1, 20) + told,
    }
    seen = visit(web, table)
    post = seen.posts["10@example.org"]
    assert post.basis == basis
    if moment:
        assert post.at == at(moment) + timedelta(hours=1)
    else:
        assert post.at is None
        assert at(10) in post.filed
    assert seen.seen[0].start == at(1)


def test_an_archive_in_no_order_keeps_its_dates(web):
    rows = [(n, format_datetime(at(1 + n * 7 % 20 * 40))) for n in range(1, 21)]
    seen = visit(
        web,
        {"": numbers(1, 20), "/1-20": overview(*rows, last=20)},
        now=at(900),
    )
    assert len(seen.asked) == 2, "nobody's head is asked for"
    assert all(post.at for post in seen.posts.values())
    assert seen.seen[0].start == at(1)


def test_an_undated_article_came_since_the_last_visit(web):
    first = visit(web, {"": numbers(1, 20), "/1-20": overview(*daily(1, 20), last=20)})
    more = {"": numbers(1, 21), "/21-21": overview((21, "some day"), last=21)}
    later = visit(
        web, more, marks=tuple(first.marks.values()), posts_known=20, covered_until=at(20)
    )
    post = later.posts["21@example.org"]
    assert (post.at, post.basis) == (None, "period")
    assert post.filed == Window(start=at(20), end=web.now)


def test_a_group_of_which_no_date_can_be_read_is_a_changed_layout(web):
    rows = [(n, "some day") for n in range(1, 21)]
    seen = visit(web, {"": numbers(1, 20), "/1-20": overview(*rows, last=20)})
    assert (seen.outcome, seen.pages) == ("layout_changed", [])
