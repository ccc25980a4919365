"""LISTSERV: one request while nothing is new, two doors that are never mixed, no login kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.formats.listserv import read_address, read_key, read_period
from crawler.spiders.listserv import ListservSpider
from domain.records import Mark
from tests.samples.listserv.cases import (
    ADDRESS,
    HOME,
    LIST,
    PROGRAM,
    archive,
    write_feed,
    write_home,
    write_old_period,
    write_page,
    write_period,
)
from tests.samples.small_talk import small_talk

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PROBE = ADDRESS.feed_url(10)


def remember(visit) -> dict:
    """What a store would tell the next visit."""
    dated = [post.at for post in visit.posts.values() if post.at]
    return {
        "marks": tuple(visit.marks.values()),
        "covered_until": visit.seen[-1].end if visit.seen else None,
        "posts_known": len(visit.posts),
        "newest_post_at": max(dated, default=None),
    }


def test_a_visit_without_news_is_one_small_request(web):
    pages = archive(NOW).pages
    first = web.visit(ListservSpider, HOME, pages)
    again = web.visit(ListservSpider, HOME, pages, now=NOW + timedelta(days=2), **remember(first))
    assert again.asked == [PROBE]
    assert again.outcome == "unchanged"
    assert again.seen[-1].end == NOW + timedelta(days=2)


def test_news_cost_the_home_page_and_the_last_two_periods(web):
    pages = dict(archive(NOW).pages)
    first = web.visit(ListservSpider, HOME, pages)
    said = small_talk(NOW + timedelta(days=2), count=1, gap=timedelta(days=1))
    pages[PROBE] = web.answer(write_feed(said))
    again = web.visit(ListservSpider, HOME, pages, now=NOW + timedelta(days=2), **remember(first))
    assert again.asked[:2] == [PROBE, HOME]
    assert len(again.asked) == 4
    assert again.outcome == "read"


def test_a_list_without_periods_is_read_by_its_feed_from_then_on(web):
    said = small_talk(NOW, count=6, gap=timedelta(days=2))
    everything = web.answer(write_feed(said))
    pages = {
        PROBE: everything,
        ADDRESS.feed_url(100): everything,
        HOME: web.answer(write_home([])),
    }
    first = web.visit(ListservSpider, HOME, pages)
    assert first.outcome == "read"
    assert len(first.posts) == 6
    assert sum(post.reply_to is not None for post in first.posts.values()) == 4
    again = web.visit(ListservSpider, HOME, pages, now=NOW + timedelta(days=1), **remember(first))
    assert again.asked == [ADDRESS.feed_url(100)]
    assert again.posts.keys() == first.posts.keys()


def test_a_list_without_periods_and_without_messages_is_empty(web):
    nothing = web.answer(write_feed([]))
    pages = {
        PROBE: nothing,
        ADDRESS.feed_url(100): nothing,
        HOME: web.answer(write_home([])),
    }
    visit = web.visit(ListservSpider, HOME, pages)
    assert visit.outcome == "empty"


def test_periods_that_vanish_are_no_reason_to_read_the_feed_instead(web):
    pages = dict(archive(NOW).pages)
    first = web.visit(ListservSpider, HOME, pages)
    pages[HOME] = web.answer(write_home([]))
    pages[PROBE] = web.answer(write_feed(small_talk(NOW, count=2, gap=timedelta(days=1))))
    pages[ADDRESS.feed_url(100)] = pages[PROBE]
    again = web.visit(ListservSpider, HOME, pages, **remember(first))
    assert again.outcome == "unparseable"
    assert again.posts == {}
    assert again.seen == ()


def test_a_site_without_feeds_is_read_by_its_pages(web):
    pages = {url: page for url, page in archive(NOW).pages.items() if url != PROBE}
    first = web.visit(ListservSpider, HOME, pages)
    assert first.outcome == "read"
    assert len(first.posts) == archive(NOW).posts
    again = web.visit(ListservSpider, HOME, pages, **remember(first))
    assert again.outcome == "read"
    assert len(again.asked) == 4


@pytest.mark.parametrize("where", [PROBE, HOME])
def test_a_login_page_with_status_200_is_a_wall(web, where):
    wall = write_page("Login Required", "<h2>Login Required</h2><p>Please log in.</p>")
    pages = dict(archive(NOW).pages)
    pages[where] = web.answer(wall)
    if where == PROBE:
        pages[HOME] = web.answer(wall)
    visit = web.visit(ListservSpider, HOME, pages)
    assert visit.outcome == "login_wall"
    assert visit.coverage == []


def test_the_notice_of_a_new_host_ends_the_archive(web):
    notice = (
        f"<p>Your host server for the {LIST} list (Child health) has just been changed from "
        f"{LIST}@lists.example.org to {LIST}@lists.example.net by Amina Test.</p>"
    )
    pages = dict(archive(NOW).pages)
    home = pages[HOME].body.decode().replace(f"<h2>{LIST}</h2>", notice)
    pages[HOME] = web.answer(home)
    visit = web.visit(ListservSpider, HOME, pages)
    assert visit.outcome == "moved"
    assert visit.verdict is not None
    assert visit.verdict.new_url == "https://lists.example.net/cgi-bin/wa?A0=CHILD-HEALTH"
    assert visit.seen[-1].end <= max(post.at for post in visit.posts.values() if post.at)


def test_a_period_of_a_new_kind_is_told_and_other_sort_links_are_not(web):
    home = write_home(["ind2603", "ind26Q1", "subject"])
    said = small_talk(NOW, count=2, gap=timedelta(days=1))
    pages = {
        HOME: web.answer(home),
        ADDRESS.period_url("ind2603"): web.answer(write_period(said, "ind2603")),
    }
    visit = web.visit(ListservSpider, HOME, pages)
    assert visit.outcome == "partial"
    assert visit.verdict is not None
    assert visit.verdict.detail == "1 parts not read (ind26Q1: not a part we know)"
    assert visit.seen == ()


def test_older_pages_give_threads_by_subject_and_positions_as_ids(web):
    said = small_talk(NOW, count=6, gap=timedelta(hours=6), answers=2)
    pages = {
        HOME: web.answer(write_home(["ind2603"])),
        ADDRESS.period_url("ind2603"): web.answer(write_old_period(said, "ind2603")),
    }
    visit = web.visit(ListservSpider, HOME, pages)
    assert [post.reply_to for post in visit.posts.values()] == [
        None,
        "2603/1000",
        "2603/1000",
        None,
        "2603/4000",
        "2603/4000",
    ]


def test_a_period_with_far_fewer_messages_than_before_is_doubted(web):
    pages = dict(archive(NOW).pages)
    first = web.visit(ListservSpider, HOME, pages)
    name = next(m.name for m in first.marks.values() if (m.label or "").startswith("read 6 "))
    said = small_talk(NOW, count=16, gap=timedelta(days=5), answers=3)
    left = next(one for one in said if f"ind{one.at:%y%m}" == name)
    pages[ADDRESS.period_url(name)] = web.answer(write_period([left], name))
    marks = tuple(m for m in first.marks.values() if m.name not in ("newest", "index"))
    stale = tuple(
        Mark(name=m.name, label=(m.label or "").replace("read", "open")) if m.name == name else m
        for m in marks
    )
    again = web.visit(ListservSpider, HOME, pages, **{**remember(first), "marks": stale})
    assert again.outcome == "partial"
    assert again.verdict is not None
    assert f"{name} has 1 posts, but had 6 before" in again.verdict.detail
    assert again.seen == ()


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("ind2104A", (2021, 4, 1), (2021, 4, 8)),
        ("ind2104B", (2021, 4, 8), (2021, 4, 15)),
        ("ind2104E", (2021, 4, 29), (2021, 5, 1)),
        ("ind9508d", (1995, 8, 22), (1995, 8, 29)),
        ("ind2102D", (2021, 2, 22), (2021, 3, 1)),
        ("ind0012", (2000, 12, 1), (2001, 1, 1)),
        ("ind98", (1998, 1, 1), (1999, 1, 1)),
        ("199001-199512", (1990, 1, 1), (1996, 1, 1)),
    ],
)
def test_the_name_of_a_period_tells_its_time(name, start, end):
    window = read_period(name)
    assert window is not None
    assert (window.start, window.end) == tuple(datetime(*day, tzinfo=UTC) for day in (start, end))


@pytest.mark.parametrize("name", ["ind2102E", "ind2113", "2104", "index", "199512-199001", ""])
def test_what_is_no_period_has_no_time(name):
    assert read_period(name) is None


@pytest.mark.parametrize(
    "url",
    [
        f"{PROGRAM}?A0=child-health",
        f"{PROGRAM}?A2={LIST};d2c3487b.2106A&S=",
        f"{PROGRAM}?A2=ind1010&L=child-health&T=0&P=2769&X=0F1E2D&Y=amina%40example.org",
        f"{PROGRAM}?SUBED1={LIST}&A=1",
    ],
)
def test_every_address_of_a_list_leads_to_its_home_and_drops_logins(url):
    address = read_address(url)
    assert address is not None
    assert address.home_url == HOME


@pytest.mark.parametrize(
    "url",
    [
        f"{PROGRAM}?INDEX",
        "https://lists.example.org/water?A0=CHILD-HEALTH",
        f"{PROGRAM}?A0=",
        f"{PROGRAM}?A0=<b>",
    ],
)
def test_other_addresses_lead_to_no_list(url):
    assert read_address(url) is None


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (f"{PROGRAM}?A2={LIST};d2c3487b.2106A&S=", "d2c3487b.2106A"),
        (f"{PROGRAM}?A2={LIST}%3Bd2c3487b.2106A", "d2c3487b.2106A"),
        (f"{PROGRAM}?A2={LIST};107667f6.1712c&S=", "107667f6.1712c"),
        (f"{PROGRAM}?A2=ind1010&L={LIST.lower()}&P=2769", "1010/2769"),
        (f"{PROGRAM}?A2=2302&D=0&H=A&L={LIST}&P=R1300120", "2302/R1300120"),
        (f"{PROGRAM}?A2=WATER-L;d2c3487b.2106A", None),
        (f"{PROGRAM}?A1=ind1010&L={LIST}&O=D", None),
    ],
)
def test_a_message_is_known_by_its_key(url, key):
    assert read_key(url, ADDRESS) == key


def test_sites_with_a_program_of_their_own_name_are_read_too():
    for program in ("/scripts/wa.exe", "/scripts/wa-SITE.exe", "/cgi-bin/webadmin"):
        address = read_address(f"https://lists.example.org{program}?A0={LIST}")
        assert address is not None
        assert address.program == f"https://lists.example.org{program}"
