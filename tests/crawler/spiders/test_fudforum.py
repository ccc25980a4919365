"""FUDforum: the feed with its start date, its older script, and its empty answer."""

from __future__ import annotations

from datetime import timedelta

from crawler.spiders.fudforum import FudforumSpider
from domain.records import Mark
from tests.samples.board_talk import build_talk
from tests.samples.fudforum.cases import NO_DATA, ROOT, build_pages

START = f"{ROOT}feed.php?mode=m&l=1&basic=1&format=atom&ds=0&n=20"


def keep(web, **memory):
    return {"covered_until": web.now, "posts_known": 12, **memory}


def test_all_of_the_history_is_asked_for_by_a_start_date_that_lets_everything_through(web):
    visit = web.visit(FudforumSpider, f"{ROOT}index.php", build_pages(build_talk(web.now)))
    assert len(visit.posts) == 12
    assert visit.asked[0] == START
    assert all("ds=0" in url for url in visit.asked)


def test_a_board_without_feed_php_is_read_by_its_older_script(web):
    pages = build_pages(build_talk(web.now))
    older = {
        url.replace("feed.php", "rdf.php").replace("&format=atom", ""): page
        for url, page in pages.items()
    }
    first = web.visit(FudforumSpider, f"{ROOT}index.php", older)
    assert len(first.posts) == 12
    assert [url for url in first.asked if "feed.php" in url] == [START]
    later = web.visit(
        FudforumSpider,
        f"{ROOT}index.php",
        older,
        marks=tuple(first.marks.values()),
        now=web.now + timedelta(days=1),
        **keep(web),
    )
    assert len(later.asked) == 1
    assert "rdf.php" in later.asked[0]
    assert later.seen[-1].end == web.now + timedelta(days=1)


def test_no_data_is_an_empty_board_only_where_nothing_was_read_before(web):
    pages = {START: web.answer(NO_DATA, content_type="application/xml")}
    assert web.visit(FudforumSpider, f"{ROOT}index.php", pages).outcome == "empty"
    lost = web.visit(FudforumSpider, f"{ROOT}index.php", pages, **keep(web))
    assert lost.outcome != "empty"
    assert lost.seen == ()


def test_a_board_with_its_feed_off_is_no_empty_board(web):
    page = web.answer(
        "<html><head><title>Forum</title></head><body>Feeds are disabled.</body></html>",
        content_type="text/html",
    )
    visit = web.visit(FudforumSpider, f"{ROOT}index.php", {START: page})
    assert visit.outcome not in ("empty", "read", "unchanged")
    assert visit.seen == ()


def test_the_older_script_is_remembered(web):
    marks = (Mark(name="script", label="rdf.php"),)
    visit = web.visit(FudforumSpider, f"{ROOT}index.php", {}, marks=marks)
    assert all("rdf.php" in url for url in visit.asked)
