"""Kunena: local times, and the feed that gives them their zone."""

from __future__ import annotations

from crawler.spiders.kunena import KunenaSpider
from tests.samples.board_talk import build_talk
from tests.samples.kunena.cases import ROOT, build_pages, feed_url


def test_the_feed_is_asked_once_for_the_zone(web):
    pages = {
        url: page if hasattr(page, "body") else web.answer(page, content_type="text/html")
        for url, page in build_pages(build_talk(web.now), web.now).items()
    }
    visit = web.visit(KunenaSpider, ROOT, pages)
    assert visit.asked.count(feed_url(ROOT)) == 1
    truth = {str(p.id): p.at for forum in build_talk(web.now) for p in forum.all_posts}
    dated = {name: post.at for name, post in visit.posts.items() if post.at}
    assert dated
    assert all(at == truth[name.rpartition(" ")[2]] for name, at in dated.items())


def test_a_board_without_a_feed_is_read_all_the_same(web):
    pages = {
        url: page if hasattr(page, "body") else web.answer(page, content_type="text/html")
        for url, page in build_pages(build_talk(web.now), web.now).items()
    }
    del pages[feed_url(ROOT)]
    visit = web.visit(KunenaSpider, ROOT, pages)
    assert len(visit.posts) == 12
    assert visit.outcome == "read"
