"""Sympa: the feed first, pages of months behind it, and a button that nobody presses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.formats.sympa import make_id, read_address
from crawler.spiders.sympa import SympaSpider
from domain.window import Month
from tests.crawler.spiders.looking import look_back
from tests.samples.small_talk import small_talk
from tests.samples.sympa.cases import ADDRESS, BASE, archive, write_feed, write_frame

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
GUARD = Path(__file__).parents[2] / "samples" / "sympa" / "guarded" / "french.html"
FEW, MOST = ADDRESS.feed_url(10), ADDRESS.feed_url(100)
NOBODY = write_feed([]).replace(f"<link>{BASE}/arc/sante-enfants/</link>", f"<link>{BASE}</link>")


def remember(*visits) -> dict:
    """What a store would tell the next visit."""
    posts = {name: post for visit in visits for name, post in visit.posts.items()}
    marks = {name: mark for visit in visits for name, mark in visit.marks.items()}
    dated = [post.at for post in posts.values() if post.at]
    return {
        "marks": tuple(marks.values()),
        "covered_until": max(window.end for visit in visits for window in visit.seen),
        "posts_known": len(posts),
        "newest_post_at": max(dated, default=None),
    }


def guarded(web) -> dict:
    """The archive as most sites have it: the feed is open, pages are behind the button."""
    button = web.answer(GUARD.read_bytes())
    pages = archive(NOW).pages
    return {url: page if "/rss/" in url else button for url, page in pages.items()}


def test_a_visit_without_news_is_one_small_request(web):
    pages = archive(NOW).pages
    first = web.visit(SympaSpider, ADDRESS.info_url, pages)
    again = web.visit(
        SympaSpider, ADDRESS.info_url, pages, now=NOW + timedelta(days=1), **remember(first)
    )
    assert again.asked == [FEW]
    assert again.seen[-1].end == NOW + timedelta(days=1)


def test_behind_the_button_only_the_feed_is_read_and_the_button_is_met_once(web):
    pages = guarded(web)
    first = web.visit(SympaSpider, ADDRESS.info_url, pages)
    assert first.outcome == "read"
    assert len(first.posts) == 100
    assert len(first.asked) == 2
    assert first.seen[0].start > NOW - timedelta(days=70)
    again = web.visit(SympaSpider, ADDRESS.info_url, pages, **remember(first))
    assert again.asked == [FEW]


def test_ten_that_do_not_join_up_are_asked_for_as_a_hundred(web):
    said = small_talk(NOW, count=60, gap=timedelta(hours=6))
    before = said[:20]
    pages = {MOST: web.answer(write_feed(before)), FEW: web.answer(write_feed(before[-10:]))}
    first = web.visit(SympaSpider, ADDRESS.info_url, pages, now=before[-1].at)
    pages = {MOST: web.answer(write_feed(said)), FEW: web.answer(write_feed(said[-10:]))}
    again = web.visit(SympaSpider, ADDRESS.info_url, pages, **remember(first))
    assert again.asked == [FEW, MOST]
    assert len(first.posts | again.posts) == 60
    assert again.outcome == "read"


def test_a_hole_is_closed_from_the_pages_of_the_month(web):
    whole = archive(NOW)
    first = web.visit(SympaSpider, ADDRESS.info_url, whole.pages)
    more = small_talk(NOW + timedelta(days=20), count=130, gap=timedelta(hours=3), answers=3)
    said = [one for one in more if one.at > NOW]
    assert len(said) > 100
    later = NOW + timedelta(days=20)
    pages = whole.pages | {
        MOST: web.answer(write_feed(said[-100:])),
        FEW: web.answer(write_feed(said[-10:])),
    }
    again = web.visit(SympaSpider, ADDRESS.info_url, pages, now=later, **remember(first))
    assert again.asked[:3] == [FEW, MOST, ADDRESS.month_url(Month(2026, 3))]


def test_older_messages_have_the_address_that_one_page_of_that_name_tells(web):
    visit = web.visit(SympaSpider, ADDRESS.info_url, archive(NOW).pages)
    by_number = {name: post for name, post in visit.posts.items() if "/" in name}
    assert len(by_number) == 8
    assert {post.author for post in visit.posts.values()} == {
        "amina@example.org",
        "bo@example.org",
        "chidi@example.org",
        "dana@example.org",
        "elise@example.org",
    }


def test_the_month_in_which_the_feed_ends_is_known_by_the_same_ids(web):
    whole = archive(NOW)
    visit = web.visit(SympaSpider, ADDRESS.info_url, whole.pages)
    assert len(visit.posts) == whole.posts
    assert len({(post.at, post.subject) for post in visit.posts.values()}) == whole.posts


def test_a_list_that_is_not_there_is_not_found(web):
    page = write_frame('<div id="ErrorMsg">List "sante-enfants" does not exist.</div>')
    page = page.replace("/sante-enfants", "/other")
    pages = {MOST: web.answer(NOBODY), ADDRESS.info_url: web.answer(page)}
    assert web.visit(SympaSpider, ADDRESS.info_url, pages).outcome == "not_found"


def test_a_list_that_hides_its_archive_is_a_wall(web):
    pages = {MOST: web.answer(NOBODY), ADDRESS.info_url: web.answer(write_frame("<p>Hello</p>"))}
    visit = web.visit(SympaSpider, ADDRESS.info_url, pages)
    assert visit.outcome == "login_wall"
    assert visit.coverage == []


def test_a_feed_of_the_list_without_messages_is_empty(web):
    visit = web.visit(SympaSpider, ADDRESS.info_url, {MOST: web.answer(write_feed([]))})
    assert visit.outcome == "empty"


def test_a_feed_that_lost_all_messages_proves_nothing(web):
    pages = archive(NOW).pages
    first = web.visit(SympaSpider, ADDRESS.info_url, pages)
    nothing = {FEW: web.answer(write_feed([])), MOST: web.answer(write_feed([]))}
    again = web.visit(SympaSpider, ADDRESS.info_url, nothing, **remember(first))
    assert again.outcome == "partial"
    assert again.seen == ()


def test_what_the_site_counts_and_the_feed_does_not_show_is_unread(web):
    said = small_talk(NOW - timedelta(days=30), count=12, gap=timedelta(days=1))
    counted = (
        '<?xml version="1.0"?><rss version="2.0"><channel><item><title>sante-enfants@example.org '
        f"- Enfants: 4 messages - 0.1 by day </title><link>{BASE}/info/sante-enfants</link></item>"
        "</channel></rss>"
    )
    pages = {
        MOST: web.answer(write_feed(said)),
        ADDRESS.active_url(30): web.answer(counted),
    }
    sighting, asked = look_back(SympaSpider, ADDRESS.info_url, pages, posts_known=12)
    assert asked == [MOST, ADDRESS.active_url(30)]
    assert sighting.unread == ("4 messages that Sympa counts in 30 days",)
    assert len(sighting.posts) == 12


def test_a_site_that_does_not_count_is_no_reason_to_doubt(web):
    said = small_talk(NOW - timedelta(days=30), count=12, gap=timedelta(days=1))
    pages = {MOST: web.answer(write_feed(said))}
    sighting, _ = look_back(SympaSpider, ADDRESS.info_url, pages, posts_known=12)
    assert sighting.unread == ()
    assert len(sighting.posts) == 12


def test_both_forms_of_links_lead_to_one_id():
    made = make_id("<1791470403.00522@mail.example.org>")
    assert made == make_id("1791470403.00522@mail.example.org")
    assert len(made) == 22


@pytest.mark.parametrize(
    "url",
    [
        "https://lists.example.org/sympa/info/sante-enfants",
        "https://lists.example.org/sympa/arc/Sante-Enfants/2026-02/msg00003.html",
        "https://lists.example.org/sympa/rss/latest_arc/sante-enfants?count=20",
    ],
)
def test_every_address_of_a_list_leads_to_it(url):
    assert read_address(url) == ADDRESS


def test_sites_below_other_folders_or_none_are_read_too():
    for base in ("https://lists.example.org/wws", "https://lists.example.org"):
        address = read_address(f"{base}/info/eau")
        assert address is not None
        assert address.base == base
