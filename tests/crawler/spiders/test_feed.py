"""How a feed is visited: its window, its holes, its walls, its older documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from crawler.spiders.feed import FeedSpider
from domain.outcome import Outcome
from domain.window import Window

URL = "https://forum.example.org/feed/"
WITH_ENTITIES = (
    "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY x 'y'>]>"
    "<rss version='2.0'><channel><item><guid>&x;</guid></item></channel></rss>"
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rss(*days: float | None, first: int = 1, link: str = "") -> str:
    """A feed with an item so many days before noon of the first of March; `None` has no date."""
    items = "".join(
        f"<item><guid>post-{first + n}</guid><title>Note</title>"
        + (
            f"<pubDate>{format_datetime(NOON - timedelta(days=d))}</pubDate>"
            if d is not None
            else ""
        )
        + "</item>"
        for n, d in enumerate(days)
    )
    older = f'<atom:link rel="next" href="{link}"/>' if link else ""
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel><title>Board</title>{older}{items}</channel></rss>"
    )


def at(days: float) -> datetime:
    return NOON - timedelta(days=days)


def test_a_feed_covers_from_its_oldest_item_to_the_visit(web):
    visit = web.visit(FeedSpider, URL, {URL: web.answer(rss(0, 1, 5), etag="1")})
    assert visit.outcome == "read"
    assert set(visit.posts) == {"post-1", "post-2", "post-3"}
    assert visit.seen == (Window(start=at(5), end=web.now),)
    assert visit.marks["feed"].etag == "1"


def test_an_unchanged_feed_makes_the_covered_stretch_grow(web):
    first = web.visit(FeedSpider, URL, {URL: web.answer(rss(0, 1), etag="1")})
    later = web.now + timedelta(days=2)
    again = web.visit(
        FeedSpider,
        URL,
        {URL: web.answer(rss(0, 1), etag="1")},
        marks=tuple(first.marks.values()),
        covered_until=web.now,
        posts_known=2,
        now=later,
    )
    assert again.outcome == "unchanged"
    assert again.asked == [URL]
    assert again.seen == (Window(start=web.now, end=later),)


def test_a_window_that_does_not_reach_back_to_what_was_seen_leaves_a_hole(web):
    covered = at(20)
    visit = web.visit(
        FeedSpider, URL, {URL: web.answer(rss(0, 1, 5))}, covered_until=covered, posts_known=8
    )
    assert visit.outcome == "read"
    assert visit.seen == (Window(start=at(5), end=web.now),)
    assert "missed" in visit.verdict.detail
    assert f"{covered:%Y-%m-%d}" in visit.verdict.detail


def test_a_window_that_reaches_back_has_no_hole(web):
    visit = web.visit(
        FeedSpider, URL, {URL: web.answer(rss(0, 1, 5))}, covered_until=at(3), posts_known=8
    )
    assert "missed" not in visit.verdict.detail


def test_a_pinned_item_does_not_stretch_the_window(web):
    visit = web.visit(FeedSpider, URL, {URL: web.answer(rss(2_000, 0, 1, 5))})
    assert len(visit.posts) == 4
    assert visit.seen == (Window(start=at(5), end=web.now),)


def test_a_feed_without_order_proves_only_since_its_newest_item(web):
    visit = web.visit(FeedSpider, URL, {URL: web.answer(rss(9, 7, 5, 3, 1))})
    assert visit.seen == (Window(start=at(1), end=web.now),)


def test_items_without_any_readable_date_are_a_changed_layout(web):
    visit = web.visit(FeedSpider, URL, {URL: web.answer(rss(None, None))})
    assert visit.outcome == "layout_changed"
    assert visit.pages == []


def test_a_feed_without_items_is_empty_only_where_there_never_were_posts(web):
    table = {URL: web.answer(rss(), etag="0")}
    visit = web.visit(FeedSpider, URL, table)
    assert visit.outcome == "empty"
    assert visit.seen == (Window(start=datetime(2026, 3, 4, tzinfo=UTC), end=web.now),)
    doubtful = web.visit(FeedSpider, URL, table, posts_known=3, covered_until=at(1))
    assert doubtful.outcome == "partial"
    assert doubtful.coverage == []
    assert doubtful.marks == {}


@pytest.mark.parametrize("cut", [40, 12])
def test_a_malformed_feed_gives_posts_but_proves_nothing(web, cut):
    visit = web.visit(FeedSpider, URL, {URL: web.answer(rss(0, 1, 5)[:-cut], etag="1")})
    assert visit.outcome == "partial"
    assert {"post-1", "post-2"} <= set(visit.posts)
    assert visit.seen == ()
    assert visit.marks == {}, "or the next visit would take the same bytes for unchanged"


def test_a_feed_cut_by_the_connection_proves_nothing(web):
    visit = web.visit(FeedSpider, URL, {URL: web.answer(rss(0, 1), cut=True)})
    assert visit.outcome == "partial"
    assert visit.seen == ()


@pytest.mark.parametrize(
    ("body", "known", "outcome"),
    [
        ("<html><title>Forum</title><p>Welcome</p></html>", 0, "unparseable"),
        ("<html><title>Forum</title><p>Welcome</p></html>", 5, "layout_changed"),
        ("<html><form><input name='u'><input type='password'></form></html>", 5, "login_wall"),
        ("<html><head><title>Just a moment...</title></head></html>", 5, "challenge"),
        (
            "<html><p>Our forum has moved to <a href='https://new.example.net/'>here</a>.</p>",
            5,
            "moved",
        ),
        ("<html><body><h1>forum.example.org is for sale</h1></body></html>", 5, "parked"),
        ("", 0, "unparseable"),
        ('{"error": "not found"}', 0, "unparseable"),
        ("just words", 0, "unparseable"),
        ("<?xml version='1.0'?><opml><body/></opml>", 0, "unparseable"),
        (
            WITH_ENTITIES,
            0,
            "unparseable",
        ),
    ],
)
def test_what_is_no_feed_is_never_silence(web, body, known, outcome):
    visit = web.visit(FeedSpider, URL, {URL: web.answer(body)}, posts_known=known)
    assert visit.outcome == outcome
    assert visit.pages == []


def test_a_first_visit_follows_older_documents_and_joins_their_windows(web):
    table = {
        URL: web.answer(rss(0, 1, link="?page=2")),
        f"{URL}?page=2": web.answer(rss(3, 4, first=11, link="?page=3")),
        f"{URL}?page=3": web.answer(rss(8, 30, first=21)),
    }
    visit = web.visit(FeedSpider, URL, table)
    assert len(visit.posts) == 6
    assert visit.seen == (Window(start=at(30), end=web.now),)
    assert visit.marks["older"].label == "done"
    assert f"{at(30):%Y-%m-%d}" in visit.verdict.detail


def test_older_documents_are_followed_once(web):
    table = {
        URL: web.answer(rss(0, 1, link="?page=2")),
        f"{URL}?page=2": web.answer(rss(3, 4, first=11)),
    }
    first = web.visit(FeedSpider, URL, table)
    again = web.visit(
        FeedSpider,
        URL,
        table,
        marks=tuple(first.marks.values()),
        covered_until=web.now,
        posts_known=4,
    )
    assert again.asked == [URL]
    assert "older" not in again.marks


def test_a_kill_among_older_documents_is_made_good_by_the_next_visit(web):
    table = {
        URL: web.answer(rss(0, 1, link="?page=2"), etag="1"),
        f"{URL}?page=2": web.answer(rss(3, 4, first=11, link="?page=3")),
        f"{URL}?page=3": web.answer(rss(8, 30, first=21)),
    }
    killed = web.visit(FeedSpider, URL, table, stop_after=2)
    again = web.visit(
        FeedSpider,
        URL,
        table,
        marks=tuple(killed.marks.values()),
        covered_until=web.now,
        posts_known=4,
    )
    assert again.outcome == "unchanged"
    assert again.asked == [URL, f"{URL}?page=3"]
    assert set(again.posts) == {"post-21", "post-22"}
    assert Window(start=at(30), end=at(4)) in again.seen


def test_older_documents_close_a_hole(web):
    table = {
        URL: web.answer(rss(0, 1, link="?page=2")),
        f"{URL}?page=2": web.answer(rss(3, 9, first=11, link="?page=3")),
        f"{URL}?page=3": web.answer(rss(12, first=21)),
    }
    visit = web.visit(
        FeedSpider,
        URL,
        table,
        marks=(web.Mark(name="older", label="done"),),
        covered_until=at(6),
        posts_known=9,
    )
    assert visit.asked == [URL, f"{URL}?page=2"]
    assert visit.seen == (Window(start=at(9), end=web.now),)
    assert "missed" not in visit.verdict.detail


def test_older_documents_that_fail_or_go_round_do_not_spoil_the_visit(web):
    table = {URL: web.answer(rss(0, 1, link="?page=2"))}
    visit = web.visit(FeedSpider, URL, table)
    assert visit.outcome == Outcome.READ
    assert visit.marks["older"].label.endswith("?page=2"), "the next visit tries again"
    table[f"{URL}?page=2"] = web.answer(rss(3, first=11, link="?page=2&again"))
    table[f"{URL}?page=2&again"] = web.answer(rss(3, first=11, link="?page=2"))
    assert web.visit(FeedSpider, URL, table).outcome == Outcome.READ


def test_a_feed_without_its_newest_known_post_may_be_an_old_copy(web):
    old_copy = {URL: web.answer(rss(10, 11, 12), etag="2")}
    plan = {"covered_until": at(1), "posts_known": 8, "newest_post_at": at(1)}
    visit = web.visit(FeedSpider, URL, old_copy, **plan)
    assert visit.outcome == "partial"
    assert f"{at(1):%Y-%m-%d}" in visit.verdict.evidence["lost"]
    assert len(visit.posts) == 3
    assert visit.seen == ()
    assert "feed" not in visit.marks
    later = web.now + timedelta(days=14)
    again = web.visit(
        FeedSpider, URL, old_copy, marks=tuple(visit.marks.values()), now=later, **plan
    )
    assert (again.outcome, again.seen[-1].end) == ("read", later)


def test_a_feed_that_shows_far_fewer_items_than_before_is_doubted(web):
    first = web.visit(FeedSpider, URL, {URL: web.answer(rss(*range(30)))})
    assert first.marks["feed"].label == "30"
    plan = {"marks": tuple(first.marks.values()), "newest_post_at": at(0), "posts_known": 30}
    moderated = web.visit(FeedSpider, URL, {URL: web.answer(rss(*range(28)))}, **plan)
    assert moderated.outcome == "read"
    cut = web.visit(FeedSpider, URL, {URL: web.answer(rss(*range(10)))}, **plan)
    assert cut.outcome == "partial"
    assert "10 items, but showed 30" in cut.verdict.detail
