"""Pony Mail: months, those in which nobody wrote, and lists that show nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.spiders.ponymail import PonymailSpider, read_address
from domain.records import DateBasis
from domain.window import Month
from tests.samples.ponymail.cases import HOST, LIST, Lists, write_email, write_month, write_talk


def month_url(month: str) -> str:
    year, number = map(int, month.split("-"))
    return read_address(LIST).month_url(Month(year, number))


def after(first, **plan):
    dated = [post.at for post in first.posts.values() if post.at]
    return {
        "marks": tuple(first.marks.values()),
        "covered_until": first.seen[-1].end,
        "posts_known": len(first.posts),
        "newest_post_at": max(dated),
        **plan,
    }


def test_months_in_which_nobody_wrote_are_not_asked_for(web):
    visit = web.visit(PonymailSpider, LIST, Lists(write_talk(web.now)))
    assert len(visit.posts) == 40
    assert [url.rpartition("=")[2] for url in visit.asked] == [
        *("2026-03", "2026-02", "2026-01", "2025-12", "2025-10", "2025-09", "2025-08"),
    ]
    assert visit.verdict.evidence["declared"] == "40"


def test_a_quiet_list_costs_one_request_even_in_a_new_month(web):
    lists = Lists(write_talk(web.now))
    first = web.visit(PonymailSpider, LIST, lists)
    later = web.now + timedelta(days=60)
    quiet = web.visit(PonymailSpider, LIST, lists, now=later, **after(first))
    assert quiet.asked[0] == month_url("2026-05")
    assert quiet.seen[-1].end == later
    assert len(quiet.seen) == 1
    last = web.visit(
        PonymailSpider,
        LIST,
        lists,
        now=later + timedelta(days=1),
        **after(first, covered_until=later),
    )
    assert last.asked == [month_url("2026-05")]


def test_what_came_late_in_the_last_month_is_read_in_the_new_one(web):
    emails = write_talk(web.now)
    first = web.visit(PonymailSpider, LIST, Lists(emails))
    late = write_email(900, datetime(2026, 3, 31, 22, tzinfo=UTC))
    visit = web.visit(
        PonymailSpider,
        LIST,
        Lists([*emails, late]),
        now=datetime(2026, 4, 1, 6, tzinfo=UTC),
        **after(first),
    )
    assert "900@example.org" in visit.posts
    assert visit.asked == [month_url("2026-04"), month_url("2026-03")]


def test_a_first_version_tells_no_counts_and_is_read_month_by_month(web):
    visit = web.visit(PonymailSpider, LIST, Lists(write_talk(web.now), counts=False))
    assert len(visit.posts) == 40
    assert len(visit.asked) == 8
    assert visit.seen[0].start == datetime(2025, 8, 1, tzinfo=UTC)


def test_a_list_that_shows_nothing_is_never_called_empty(web):
    table = {month_url("2026-03"): web.answer(write_month([], []))}
    assert web.visit(PonymailSpider, LIST, table).outcome == "unparseable"
    assert web.visit(PonymailSpider, LIST, table, posts_known=4).outcome == "layout_changed"


def test_a_month_with_far_fewer_messages_than_counted_proves_nothing(web):
    emails = [write_email(n, web.now - timedelta(hours=n)) for n in range(1, 40)]
    table = {month_url("2026-03"): web.answer(write_month(emails[:10], emails))}
    visit = web.visit(PonymailSpider, LIST, table)
    assert visit.outcome == "partial"
    assert visit.seen == ()


def test_a_wrong_clock_is_bounded_by_its_month_and_bounds_nothing(web):
    emails = write_talk(web.now)
    odd = write_email(77, datetime(1971, 1, 1, tzinfo=UTC))
    visit = web.visit(PonymailSpider, LIST, Lists([*emails, odd]))
    assert visit.posts["77@example.org"].basis is DateBasis.UNKNOWN
    assert visit.seen[0].start == datetime(2025, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        LIST,
        f"{HOST}/list.html?child-health@lists.example.org:2026-2",
        f"{HOST}/list?child-health@lists.example.org",
        f"{HOST}/api/stats.lua?list=child-health&domain=lists.example.org&d=2026-3",
        f"{HOST}/list/child-health@lists.example.org",
    ],
)
def test_every_address_of_a_list_leads_to_the_list(url):
    assert read_address(url).url == LIST


def test_an_address_without_a_list_says_so(web):
    visit = web.visit(PonymailSpider, f"{HOST}/", {})
    assert visit.outcome == "unparseable"
    assert visit.asked == []
