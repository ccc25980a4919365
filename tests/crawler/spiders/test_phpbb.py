"""phpBB: sessions in addresses, and where a visit begins."""

from __future__ import annotations

import re

from crawler.spiders.phpbb import PhpbbSpider
from tests.samples.board_talk import HTML, build_talk
from tests.samples.phpbb.cases import ROOT, build_pages

START = f"{ROOT}index.php"
SID = "0123456789abcdef0123456789abcdef"


def build_board(web, *, with_sessions: bool = False):
    pages = {}
    for url, page in build_pages(build_talk(web.now)).items():
        body = page.body.decode() if hasattr(page, "body") else page
        if with_sessions:
            body = re.sub(r'(href="[^"#]*\?[^"#]*)', rf"\1&amp;sid={SID}", body)
        pages[url] = page if hasattr(page, "body") else web.answer(body, **HTML)
    return pages


def test_no_address_keeps_a_session(web):
    plain = web.visit(PhpbbSpider, START, build_board(web))
    board = web.visit(PhpbbSpider, START, build_board(web, with_sessions=True))
    assert board.asked == plain.asked
    assert board.posts.keys() == plain.posts.keys()
    assert [post.url for post in board.posts.values()] == [
        post.url for post in plain.posts.values()
    ]
    assert not any(SID in (mark.label or "") for mark in board.marks.values())


def test_one_forum_is_read_by_itself(web):
    visit = web.visit(PhpbbSpider, f"{ROOT}viewforum.php?f=5", build_board(web))
    assert len(visit.posts) == 3
    assert not any("f=2" in url for url in visit.asked)


def test_a_first_look_opens_few_pages(web):
    visit = web.visit(PhpbbSpider, START, build_board(web), newest_only=True)
    assert visit.outcome == "read"
    assert visit.posts
    assert len(visit.asked) < 10
    assert not visit.seen or visit.seen[-1].end == web.now
