"""How BuddyPress is visited: its doors, and what of the activity is talk."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

from crawler.formats.buddypress import read_place
from crawler.spiders.buddypress import BuddypressSpider
from domain.window import Window
from tests.samples.buddypress.cases import GROUP, HOME, archive, write_activity, write_join
from tests.samples.small_talk import small_talk

PLACE = read_place(GROUP)
GROUP_PAGE = (
    '<html><body><div id="buddypress"><div id="item-header" data-bp-item-id="12" '
    'data-bp-item-component="groups"></div></div></body></html>'
)
NO_NUMBER = '<html><body><div id="buddypress"><div id="item-header"></div></div></body></html>'
NO_ROUTE = '{"code": "rest_no_route", "message": "No route.", "data": {"status": 404}}'
FEED = """<?xml version="1.0"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Wells</title>
<item><guid isPermaLink="false">a</guid><title>Bo posted an update</title>
<pubDate>Mon, 02 Mar 2026 09:00:00 +0000</pubDate><content:encoded>Dry.</content:encoded></item>
<item><guid isPermaLink="false">b</guid><title>Dana joined the group</title>
<pubDate>Sun, 01 Mar 2026 09:00:00 +0000</pubDate></item></channel></rss>"""


def rows(web, items: list[dict], *, total: int | None = None, pages: int = 1) -> SimpleNamespace:
    counted = {"x_wp_total": str(len(items) if total is None else total)}
    return web.answer(json.dumps(items), x_wp_totalpages=str(pages), **counted)


def test_a_group_is_read_by_its_number_which_its_page_tells_once(web):
    site = archive(web.now)
    first = web.visit(BuddypressSpider, GROUP, site.pages)
    assert first.asked == [
        GROUP,
        PLACE.rows_url("v2", "12", 1),
        PLACE.rows_url("v2", "12", 2),
    ]
    assert first.seen == (Window(start=site.first_at, end=web.now),)
    assert "activity-10010" not in first.posts, "somebody joined"
    again = web.visit(
        BuddypressSpider,
        GROUP,
        site.pages,
        marks=tuple(first.marks.values()),
        posts_known=site.posts,
        covered_until=web.now,
        newest_post_at=site.last_at,
        now=web.now + timedelta(days=2),
    )
    assert again.asked == [PLACE.rows_url("v2", "12", 1)]
    assert again.outcome == "read"


def test_an_older_version_and_then_the_feed_are_tried(web):
    said = list(reversed(small_talk(web.now, count=5, gap=timedelta(days=1))))
    old = {
        GROUP: web.answer(GROUP_PAGE),
        PLACE.rows_url("v2", "12", 1): web.answer(NO_ROUTE, 404),
        PLACE.rows_url("v1", "12", 1): rows(web, [write_activity(one) for one in said]),
    }
    visit = web.visit(BuddypressSpider, GROUP, old)
    assert (visit.outcome, visit.marks["door"].label) == ("read", "v1 12")
    closed = {GROUP: web.answer(GROUP_PAGE), PLACE.feed_url: web.answer(FEED)}
    visit = web.visit(BuddypressSpider, GROUP, closed)
    assert (visit.outcome, visit.marks["door"].label, list(visit.posts)) == ("read", "feed", ["a"])


def test_a_group_whose_page_hides_its_number_is_read_by_its_feed(web):
    pages = {GROUP: web.answer(NO_NUMBER), PLACE.feed_url: web.answer(FEED)}
    visit = web.visit(BuddypressSpider, GROUP, pages)
    assert visit.asked == [GROUP, PLACE.feed_url]
    assert list(visit.posts) == ["a"]


def test_a_source_stays_with_its_door(web):
    pages = {GROUP: web.answer(GROUP_PAGE), PLACE.feed_url: web.answer(FEED)}
    door = (web.Mark(name="door", label="v2 12"),)
    visit = web.visit(BuddypressSpider, GROUP, pages, marks=door, posts_known=9)
    assert visit.outcome == "not_found"
    assert visit.posts == {}


def test_the_whole_site_needs_no_number(web):
    place = read_place(f"{HOME}activity/")
    said = list(reversed(small_talk(web.now, count=5, gap=timedelta(days=1))))
    pages = {place.rows_url("v2", "", 1): rows(web, [write_activity(one) for one in said])}
    visit = web.visit(BuddypressSpider, f"{HOME}activity/", pages)
    assert (visit.outcome, len(visit.asked), len(visit.posts)) == ("read", 1, 5)


def test_pages_on_which_people_only_joined_are_gone_through(web):
    said = list(reversed(small_talk(web.now, count=6, gap=timedelta(days=5))))
    joins = [write_join(one) for one in said[:3]]
    talk = [write_activity(one) for one in said[3:]]
    pages = {
        GROUP: web.answer(GROUP_PAGE),
        PLACE.rows_url("v2", "12", 1): rows(web, joins, total=6, pages=2),
        PLACE.rows_url("v2", "12", 2): rows(web, talk, total=6, pages=2),
    }
    visit = web.visit(BuddypressSpider, GROUP, pages)
    assert (visit.outcome, len(visit.posts)) == ("read", 3)
    assert visit.seen[0].start == said[-1].at


def test_a_group_in_which_nobody_ever_spoke_is_empty(web):
    said = small_talk(web.now, count=3, gap=timedelta(days=5))
    joins = {PLACE.rows_url("v2", "12", 1): rows(web, [write_join(one) for one in said])}
    pages = {GROUP: web.answer(GROUP_PAGE), **joins}
    assert web.visit(BuddypressSpider, GROUP, pages).outcome == "empty"
    door = (web.Mark(name="door", label="v2 12"),)
    assert web.visit(BuddypressSpider, GROUP, pages, marks=door, posts_known=3).outcome == "partial"
