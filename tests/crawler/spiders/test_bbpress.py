"""How a forum of bbPress is visited: its feed, and its pages for what is older."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.spiders.bbpress import BbpressSpider
from domain.window import Window
from tests.samples.bbpress.cases import FORUM, HOME, ITEMS, archive, write_page

FEED = f"{FORUM}feed/"
EMPTY_FEED = "<?xml version='1.0'?><rss version='2.0'><channel><title>x</title></channel></rss>"
NOTICE = '<div class="bbp-template-notice"><ul><li>Oh, bother! No topics.</li></ul></div>'
PRIVATE = f'<div id="forum-private">{NOTICE}</div>'


def test_a_forum_is_read_back_to_its_first_post(web):
    site = archive(web.now)
    visit = web.visit(BbpressSpider, FORUM, site.pages)
    assert (visit.outcome, len(visit.posts)) == ("read", site.posts)
    assert visit.seen == (Window(start=site.first_at, end=web.now),)
    assert visit.asked[:2] == [FEED, FORUM]


def test_a_later_visit_costs_one_request(web):
    site = archive(web.now)
    first = web.visit(BbpressSpider, FORUM, site.pages)
    again = web.visit(
        BbpressSpider,
        FORUM,
        site.pages,
        marks=tuple(first.marks.values()),
        posts_known=site.posts,
        covered_until=web.now,
        newest_post_at=site.last_at,
        now=web.now + timedelta(days=2),
    )
    assert again.asked == [FEED]
    assert again.outcome == "read"


def test_more_posts_than_the_feed_holds_are_found_in_their_topics(web):
    site = archive(web.now)
    covered = site.last_at - timedelta(hours=40) * (ITEMS + 3)
    visit = web.visit(
        BbpressSpider,
        FORUM,
        site.pages,
        marks=(web.Mark(name="older", label="done"),),
        posts_known=20,
        covered_until=covered,
        newest_post_at=covered,
    )
    assert visit.seen[-1].start <= covered
    assert visit.marks["hole"].label == "done"


def test_a_post_has_one_id_by_both_doors_and_answers_its_topics_first_post(web):
    site = archive(web.now)
    visit = web.visit(BbpressSpider, FORUM, site.pages)
    by_page = [post for page in visit.pages[1:] for post in page.posts]
    by_feed = visit.pages[0].posts
    assert {post.post_id for post in by_feed} <= {post.post_id for post in by_page}
    moments = {post.post_id: post.at for post in by_page}
    assert all(post.at == moments[post.post_id] for post in by_feed)
    assert {post.reply_to for post in by_page if post.post_id == "post-62"} == {"post-61"}


def test_without_the_sites_zone_the_pages_are_not_read(web):
    pages = dict(archive(web.now).pages)
    del pages[f"{HOME}wp-json/?_fields=timezone_string,gmt_offset"]
    visit = web.visit(BbpressSpider, FORUM, pages)
    assert (visit.outcome, len(visit.posts)) == ("read", ITEMS)
    assert visit.marks["older"].label.endswith(FORUM), "the next visit tries again"


@pytest.mark.parametrize(
    ("inside", "outcome"),
    [(NOTICE, "empty"), (PRIVATE, "login_wall"), ("<p>New design</p>", "unparseable")],
)
def test_an_empty_feed_is_believed_only_with_the_forums_own_notice(web, inside, outcome):
    pages = {FEED: web.answer(EMPTY_FEED), FORUM: web.answer(write_page(inside, None))}
    visit = web.visit(BbpressSpider, FORUM, pages)
    assert visit.outcome == outcome
    assert bool(visit.seen) is (outcome == "empty")


def test_the_list_of_all_forums_goes_on_with_the_list_of_all_topics(web):
    index = f"{HOME}forums/"
    feed = archive(web.now).pages[FEED]
    visit = web.visit(BbpressSpider, index, {f"{index}feed/": feed})
    assert visit.asked == [f"{index}feed/", f"{HOME}topics/"]


def test_a_page_that_ends_in_the_middle_ends_the_history_there(web):
    pages = dict(archive(web.now).pages)
    whole = pages[FORUM].body.decode()
    pages[FORUM] = web.answer(whole[:-20])
    visit = web.visit(BbpressSpider, FORUM, pages)
    assert len(visit.posts) == ITEMS
    assert visit.marks["older"].label.endswith(FORUM)
