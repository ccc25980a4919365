"""How a WordPress site is visited: two lists side by side, and its feeds where they are closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

from crawler.formats.wordpress import read_site
from crawler.spiders.wordpress import WordpressSpider
from domain.window import CoverageKind, Window
from tests.samples.wordpress.cases import HOME, archive

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = read_site(HOME)
CLOSED = '{"code": "rest_not_logged_in", "message": "Members only.", "data": {"status": 401}}'


def feed(web, *days: float, kind: str = "post", status: int = 200) -> SimpleNamespace:
    """A feed of posts, or of comments on post 1, so many days before noon of the first of March."""
    items = ""
    for day in days:
        number = round(1000 - day)
        place = f"#comment-{number}" if kind == "comment" else ""
        guid = f"{HOME}?p={1 if place else number}{place}"
        items += (
            f"<item><title>Note</title><link>{HOME}x/{place}</link>"
            f"<guid isPermaLink='false'>{guid}</guid>"
            f"<pubDate>{format_datetime(NOON - timedelta(days=day))}</pubDate></item>"
        )
    text = (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>x</title>{items}</channel></rss>"
    )
    return web.answer(text, status)


def closed_site(web, posts: list, comments: SimpleNamespace | None) -> dict:
    """The pages of the feed of posts, and the feed of comments, of a site that closed the rest."""
    pages = {SITE.rows_url("posts", 1): web.answer(CLOSED, 401)}
    for number, page in enumerate(posts, start=1):
        pages[SITE.feed_url("posts", number)] = page
    pages[SITE.feed_url("posts", len(posts) + 1)] = feed(web, status=404)
    if comments is not None:
        pages[SITE.feed_url("comments", 1)] = comments
    return pages


def test_posts_and_comments_are_read_page_by_page_back_to_the_first(web):
    site = archive(web.now)
    visit = web.visit(WordpressSpider, HOME, site.pages)
    assert visit.outcome == "read"
    assert len(visit.posts) == site.posts
    assert visit.seen == (Window(start=site.first_at, end=web.now),)
    assert len(visit.asked) == 3, "one page of posts, two of comments"


def test_a_later_visit_asks_for_the_newest_of_both(web):
    site = archive(web.now)
    first = web.visit(WordpressSpider, HOME, site.pages)
    again = web.visit(
        WordpressSpider,
        HOME,
        site.pages,
        marks=tuple(first.marks.values()),
        posts_known=site.posts,
        covered_until=web.now,
        newest_post_at=site.last_at,
        now=web.now + timedelta(days=2),
    )
    assert again.asked == [SITE.rows_url("posts", 1), SITE.rows_url("comments", 1)]
    assert again.outcome == "read"


def test_a_list_that_lost_its_rows_is_not_silence(web):
    site = archive(web.now)
    rows = site.pages[SITE.rows_url("comments", 1)]
    pages = {**site.pages, SITE.rows_url("comments", 1): SimpleNamespace(**vars(rows))}
    pages[SITE.rows_url("comments", 1)].body = b"[]"
    visit = web.visit(WordpressSpider, HOME, pages, posts_known=5, covered_until=site.first_at)
    assert (visit.outcome, visit.pages) == ("layout_changed", [])


def test_a_far_smaller_number_than_was_read_is_a_loss(web):
    site = archive(web.now)
    known = {"posts_known": 900, "covered_until": web.now, "newest_post_at": site.last_at}
    visit = web.visit(WordpressSpider, HOME, site.pages, **known)
    assert (visit.outcome, visit.seen) == ("partial", ())
    assert "declares 165 posts, but 900 were read" in visit.verdict.detail


def test_a_new_site_without_posts_is_empty(web):
    none = {"x_wp_total": "0", "x_wp_totalpages": "0"}
    pages = {SITE.rows_url(kind, 1): web.answer("[]", **none) for kind in ("posts", "comments")}
    assert web.visit(WordpressSpider, HOME, pages).outcome == "empty"
    assert web.visit(WordpressSpider, HOME, pages, posts_known=4).outcome == "partial"


def test_a_closed_interface_leaves_the_feeds_and_their_few_comments_bound_what_is_seen(web):
    posts = [feed(web, 1, 10), feed(web, 20, 60)]
    pages = closed_site(web, posts, feed(web, 2, 30, kind="comment"))
    visit = web.visit(WordpressSpider, HOME, pages)
    assert (visit.outcome, len(visit.posts)) == ("read", 6)
    assert visit.seen == (Window(start=NOON - timedelta(days=30), end=web.now),)
    assert visit.posts["comment-970"].reply_to == "post-1"
    assert visit.marks["door"].label == "feeds"


def test_fewer_comments_than_posts_in_their_feeds_are_all_that_there_are(web):
    posts = [feed(web, 1, 10), feed(web, 20, 60)]
    visit = web.visit(WordpressSpider, HOME, closed_site(web, posts, feed(web, 2, kind="comment")))
    assert visit.seen == (Window(start=NOON - timedelta(days=60), end=web.now),)


def test_posts_without_comments_prove_no_silence(web):
    pages = closed_site(web, [feed(web, 1, 10)], None)
    visit = web.visit(WordpressSpider, HOME, pages)
    assert (visit.outcome, visit.seen) == ("read", ())
    assert {stretch.kind for stretch in visit.coverage} == {CoverageKind.PARTIAL}
    again = web.visit(WordpressSpider, HOME, pages, marks=tuple(visit.marks.values()))
    assert SITE.feed_url("comments", 1) not in again.asked


def test_an_interface_that_worked_before_is_tried_again_at_the_next_visit(web):
    pages = closed_site(web, [feed(web, 1, 10)], feed(web, 2, 30, kind="comment"))
    visit = web.visit(WordpressSpider, HOME, pages, posts_known=2, covered_until=NOON)
    assert visit.outcome == "read"
    assert "door" not in visit.marks


def test_a_guard_is_not_gone_around(web):
    wall = "<html><head><title>Just a moment...</title></head><body></body></html>"
    pages = closed_site(web, [feed(web, 1)], feed(web, kind="comment"))
    pages[SITE.rows_url("posts", 1)] = web.answer(wall, 403)
    visit = web.visit(WordpressSpider, HOME, pages)
    assert (visit.outcome, len(visit.asked)) == ("challenge", 1)


def test_a_site_without_readable_addresses_has_its_interface_in_the_query(web):
    site = read_site(f"{HOME}index.php?rest_route=/")
    assert site.rows_url("posts", 2).startswith(
        f"{HOME}index.php?rest_route=/wp/v2/posts&per_page=100&page=2&"
    )
    assert site.feed_url("comments", 1) == f"{HOME}comments/feed/"
