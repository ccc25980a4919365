"""How a Ning network is visited: two feeds as one, and what they cannot prove."""

from __future__ import annotations

from datetime import timedelta

from crawler.formats.ning import blog_url, forum_url
from crawler.spiders.ning import NingSpider
from domain.window import CoverageKind
from tests.samples.ning.cases import HOME, build_archive, make_forum, write_feed
from tests.table_web import NOW


def test_both_feeds_are_read_as_one(web):
    archive = build_archive(NOW)
    visit = web.visit(NingSpider, HOME, dict(archive.pages))
    assert visit.asked == [forum_url(HOME), blog_url(HOME)]
    assert visit.outcome == "read"
    kinds = {post_id.split(":")[1] for post_id in visit.posts}
    assert kinds == {"Topic", "Comment", "BlogPost"}


def test_what_the_server_may_have_kept_back_is_not_called_seen(web):
    visit = web.visit(NingSpider, HOME, dict(build_archive(NOW).pages))
    assert visit.seen[-1].end == NOW - timedelta(minutes=30)


def test_topics_alone_never_prove_silence(web):
    topics = [content for content in make_forum(NOW) if content.kind == "Topic"]
    pages = dict(build_archive(NOW).pages)
    pages[forum_url(HOME)] = web.answer(write_feed(topics, "Discussions", forum_url(HOME), NOW))
    visit = web.visit(NingSpider, HOME, pages)
    assert visit.outcome == "partial"
    assert "no reply" in visit.verdict.detail
    assert len(visit.posts) > len(topics)
    assert {seen.kind for seen in visit.coverage} == {CoverageKind.PARTIAL}


def test_a_feed_of_blogs_that_is_not_there_leaves_a_doubt(web):
    pages = dict(build_archive(NOW).pages)
    del pages[blog_url(HOME)]
    visit = web.visit(NingSpider, HOME, pages)
    assert visit.outcome == "partial"
    assert "blogs" in visit.verdict.detail
    assert visit.seen == ()
    assert len(visit.posts) == 40


def test_nothing_is_asked_conditionally(web):
    pages = {
        url: web.answer(page.body, etag="1", last_modified="x")
        for url, page in build_archive(NOW).pages.items()
    }
    visit = web.visit(NingSpider, HOME, pages)
    mark = visit.marks["feed"]
    assert (mark.etag, mark.last_modified) == (None, None)
    again = web.visit(NingSpider, HOME, pages, marks=tuple(visit.marks.values()))
    assert again.asked == [forum_url(HOME), blog_url(HOME)]


def test_a_private_network_is_a_wall(web):
    page = (
        "<html><head><title>Sign In</title></head><body><form action='/doSignIn'>"
        "<input name='emailAddress'><input type='password' name='password'></form></body></html>"
    )
    visit = web.visit(NingSpider, HOME, {forum_url(HOME): web.answer(page)})
    assert visit.outcome == "login_wall"
