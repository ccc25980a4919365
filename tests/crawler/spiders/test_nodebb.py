"""NodeBB: pages from which closed posts are left out, and dates that an edit does not change."""

from __future__ import annotations

from datetime import timedelta

from crawler.spiders.nodebb import NodebbSpider
from domain.window import Window
from tests.samples.nodebb.cases import FORUM, Forum, write_categories, write_post, write_talk

PAGE = f"{FORUM}/api/recent/posts?page="


def test_nothing_new_costs_one_request(web):
    forum = Forum(write_talk(web.now))
    first = web.visit(NodebbSpider, f"{FORUM}/", forum)
    assert first.verdict.evidence["declared"] == "70"
    assert first.asked == [
        f"{PAGE}1",
        f"{FORUM}/api/categories",
        *(f"{PAGE}{n}" for n in (2, 3, 4, 5)),
    ]
    quiet = web.visit(
        NodebbSpider,
        f"{FORUM}/",
        forum,
        now=web.now + timedelta(days=5),
        marks=tuple(first.marks.values()),
        covered_until=web.now,
        posts_known=70,
    )
    assert quiet.asked == [f"{PAGE}1"]
    assert quiet.seen[-1].end == web.now + timedelta(days=5)


def test_closed_posts_leave_pages_short_or_empty_and_do_not_end_the_history(web):
    posts = write_talk(web.now)
    by_date = sorted(posts, key=lambda post: -post["timestamp"])
    closed = frozenset(post["pid"] for post in by_date[:45])
    visit = web.visit(NodebbSpider, f"{FORUM}/", Forum(posts, closed=closed))
    assert len(visit.posts) == 25
    assert visit.seen[0].start == web.now - timedelta(days=69, hours=5)
    assert visit.marks["older"].label == "done"


def test_an_empty_page_is_asked_for_twice_before_it_is_believed(web):
    class Hiccup(Forum):
        left_out = 1

        def __getitem__(self, url):
            if url == f"{PAGE}2" and self.left_out:
                self.left_out = 0
                return web.answer("[]")
            return super().__getitem__(url)

    visit = web.visit(NodebbSpider, f"{FORUM}/", Hiccup(write_talk(web.now)))
    assert len(visit.posts) == 70


def test_posts_that_are_counted_and_not_shown_are_not_silence(web):
    table = {f"{PAGE}{n}": web.answer("[]") for n in range(1, 20)}
    table[f"{FORUM}/api/categories"] = web.answer(write_categories(12))
    visit = web.visit(NodebbSpider, f"{FORUM}/", table)
    assert visit.outcome == "unparseable"
    assert "12 posts" in visit.error.what


def test_a_forum_without_an_open_category_wants_a_login(web):
    table = {
        f"{PAGE}1": web.answer("[]"),
        f"{FORUM}/api/categories": web.answer(write_categories(None)),
    }
    assert web.visit(NodebbSpider, f"{FORUM}/", table).outcome == "login_wall"
    table[f"{FORUM}/api/categories"] = web.answer(write_categories(0))
    assert web.visit(NodebbSpider, f"{FORUM}/", table).outcome == "empty"


def test_an_edit_does_not_change_a_date(web):
    at = web.now - timedelta(days=30)
    edited = int(web.now.timestamp() * 1000)
    posts = [write_post(4, at, topic=1, first=4, edited=edited)]
    visit = web.visit(NodebbSpider, f"{FORUM}/", Forum(posts))
    assert visit.posts["forum.example.org post 4"].at == at
    assert visit.seen == (Window(start=at, end=web.now),)
