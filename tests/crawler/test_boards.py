"""Web forums: which pages a visit opens, and what it dares to call seen."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import ModuleType, SimpleNamespace

import pytest

from crawler.base import ArchiveSpider
from crawler.canaries import LookBack
from crawler.plan import CrawlPlan
from crawler.spiders.phpbb import PhpbbSpider
from crawler.spiders.xenforo import XenforoSpider
from domain.records import Mark, Platform, ReadPost
from domain.window import Coverage, Window, complete_windows
from tests.crawler.spiders.looking import look_back
from tests.samples.board_look import build_pages
from tests.samples.board_talk import HTML, Forum, Post, build_talk
from tests.table_web import NOW, Visit, answer, run_visit, serve

DAY, WEEK = timedelta(days=1), timedelta(days=7)
INDEX = "https://forum.example.org/"
GROWTH, MEETINGS, RADIO = (
    f"{INDEX}forums/{slug}/" for slug in ("child-growth.2", "meetings.3", "radio.5")
)
CHARTS, BOXES, PROGRAMMES = (
    f"{INDEX}threads/{slug}/"
    for slug in ("growth-charts.12", "cold-boxes.14", "radio-programmes.31")
)
LOGIN = (
    '<html id="XF" data-app="public" data-template="login"><body><h1>Log in</h1>'
    '<form action="/login/login" method="post"><input name="login">'
    '<input type="password" name="password"></form></body></html>'
)


def load_cases_module(platform: str) -> ModuleType:
    return importlib.import_module(f"tests.samples.{platform}.cases")


@dataclass(kw_only=True)
class Reader:
    """A board, and what a store would remember of the visits to it."""

    spider: type[ArchiveSpider] = XenforoSpider
    url: str = INDEX
    forums: tuple[Forum, ...] = field(default_factory=lambda: build_talk(NOW))
    change: Callable[[dict], None] = lambda pages: None
    posts: dict[str, ReadPost] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    coverage: list[Coverage] = field(default_factory=list)

    def pages(self, now: datetime) -> dict:
        cases = load_cases_module(self.spider.name)
        if hasattr(cases, "LOOK"):
            shown: dict = build_pages(cases.LOOK, self.forums, now)
        else:
            shown = cases.build_pages(self.forums, *([now] if self.spider.name == "kunena" else []))
        table = {
            url: page if isinstance(page, SimpleNamespace) else answer(page, **HTML)
            for url, page in shown.items()
        }
        self.change(table)
        return table

    @property
    def seen(self) -> tuple[Window, ...]:
        return complete_windows(self.coverage)

    def visit(self, now: datetime = NOW, *, stop_after: int | None = None) -> Visit:
        dated = [post.at for post in self.posts.values() if post.at]
        visit = run_visit(
            self.spider,
            self.url,
            self.pages(now),
            marks=tuple(self.marks.values()),
            now=now,
            stop_after=stop_after,
            covered_until=self.seen[-1].end if self.seen else None,
            posts_known=len(self.posts),
            newest_post_at=max(dated, default=None),
        )
        self.posts |= visit.posts
        self.marks |= visit.marks
        self.coverage += visit.coverage
        return visit


def write_in(forums: tuple[Forum, ...], topic_id: int, post_id: int, at: datetime):
    """The forums with one more post."""
    post = Post(id=post_id, at=at, user=31)
    return tuple(
        replace(
            forum,
            topics=tuple(
                replace(topic, posts=(*topic.posts, post)) if topic.id == topic_id else topic
                for topic in forum.topics
            ),
            forums=write_in(forum.forums, topic_id, post_id, at),
        )
        for forum in forums
    )


def test_all_is_read_once_and_a_quiet_board_costs_one_request():
    board = Reader()
    first = board.visit()
    assert first.outcome == "read"
    assert len(board.posts) == 12
    assert len(first.asked) == len(set(first.asked))
    quiet = board.visit(NOW + DAY)
    assert quiet.outcome == "unchanged"
    assert quiet.asked == [INDEX]
    assert board.seen[-1].end == NOW + DAY


@pytest.mark.parametrize(
    ("platform", "topic"),
    [
        ("phpbb", "t=14"),
        ("kunena", "14-cold-boxes"),
        ("smf", "topic=14"),
        ("mybb", "tid=14"),
        ("xenforo", "cold-boxes.14"),
        ("vbulletin", "t=14"),
        ("invision", "14-cold-boxes"),
    ],
)
def test_a_new_post_leaves_the_other_forums_alone(platform, topic):
    spider = next(
        thing
        for thing in vars(importlib.import_module(f"crawler.spiders.{platform}")).values()
        if isinstance(thing, type) and thing.__name__.lower() == f"{platform}spider"
    )
    board = Reader(spider=spider, url=load_cases_module(platform).archive(NOW).url)
    board.visit()
    board.forums = write_in(board.forums, 14, 200, NOW + timedelta(hours=5))
    new = board.visit(NOW + DAY)
    assert len(board.posts) == 13
    # Of the topic its first page and its last; of the one that was the newest before, the same.
    assert len([url for url in new.asked if topic in url]) == 2
    assert len(new.asked) <= (9 if platform == "phpbb" else 8)  # Its feed, before and after.
    assert not any(part in url for url in new.asked for part in ("f=5", "radio", "=31", "board=5"))
    assert board.seen[-1].end == NOW + DAY


def test_a_post_in_a_forum_below_another_is_found_from_the_index():
    board = Reader()
    board.visit()
    board.forums = write_in(board.forums, 31, 200, NOW + timedelta(hours=5))
    new = board.visit(NOW + DAY)
    assert new.asked[:3] == [INDEX, MEETINGS, RADIO]
    assert len(board.posts) == 13


def test_a_killed_visit_is_gone_on_with_and_ends_the_same():
    whole, killed = Reader(), Reader()
    whole.visit()
    for _ in range(12):
        killed.visit(stop_after=3)
    killed.visit()
    assert killed.posts.keys() == whole.posts.keys()
    assert killed.seen == whole.seen


def test_a_pinned_topic_proves_nothing_about_the_time_it_was_written_in():
    board = Reader()
    board.change = lambda pages: pages.pop(f"{GROWTH}page-2")
    visit = board.visit()
    assert visit.outcome == "partial"
    pinned = min(post.at for post in board.posts.values() if post.at)
    assert pinned < NOW - timedelta(days=149)
    assert board.seen[0].start > NOW - timedelta(days=20)


def test_a_forum_for_members_is_a_problem_once_and_then_known_to_be_closed():
    board = Reader()
    board.change = lambda pages: pages.update({MEETINGS: answer(LOGIN, **HTML)})
    first = board.visit()
    assert first.outcome == "partial"
    assert MEETINGS in first.verdict.detail
    second = board.visit(NOW + DAY)
    assert second.outcome in ("read", "unchanged")
    third = board.visit(NOW + 2 * DAY)
    assert third.outcome == "unchanged"
    assert third.asked == [INDEX]
    assert board.seen[-1].end == NOW + 2 * DAY


def test_a_forum_that_was_open_and_asks_for_a_login_stays_a_problem():
    board = Reader()
    board.visit()
    seen = board.seen
    board.forums = write_in(board.forums, 14, 200, NOW + timedelta(hours=5))
    board.change = lambda pages: pages.update({GROWTH: answer(LOGIN, **HTML)})
    for day in (1, 2, 3):
        assert board.visit(NOW + day * DAY).outcome == "partial"
    assert board.seen == seen


def test_a_board_that_lets_nobody_in_anywhere_says_so():
    board = Reader()
    board.change = lambda pages: pages.update(
        {url: answer(LOGIN, **HTML) for url in (GROWTH, MEETINGS, RADIO)}
    )
    visit = board.visit()
    assert visit.outcome == "login_wall"
    assert board.seen == ()


def test_a_topic_that_is_not_there_leaves_a_gap_until_its_last_post():
    board = Reader()
    board.change = lambda pages: pages.pop(BOXES)
    visit = board.visit()
    assert visit.outcome == "partial"
    assert len(board.posts) == 9
    assert all(window.start >= NOW - timedelta(days=10) for window in board.seen)


def test_a_page_that_ends_in_the_middle_is_read_again():
    board = Reader()

    def cut(pages: dict) -> None:
        pages[CHARTS] = answer(pages[CHARTS].body[:-40], **HTML)

    board.change = cut
    assert board.visit().outcome == "partial"
    board.change = lambda pages: None
    board.visit(NOW + DAY)
    truth = Reader()
    truth.visit()
    missed = truth.posts.keys() - board.posts.keys()
    assert not any(
        window.start <= truth.posts[name].at <= window.end
        for name in missed
        for window in board.seen
    )


def test_a_forum_that_the_index_does_not_name_any_more_is_a_loss():
    board = Reader()
    board.visit()
    seen = board.seen
    board.forums = board.forums[:1]
    visit = board.visit(NOW + DAY)
    assert visit.outcome == "partial"
    assert "not listed any more" in visit.verdict.detail
    assert board.seen == seen
    later = board.visit(NOW + timedelta(days=20))
    assert later.verdict.evidence == {}
    assert board.seen[-1].end == NOW + timedelta(days=20)


def test_a_board_without_topics_is_empty_and_one_without_rows_is_not():
    board = Reader(forums=(Forum(id=2, name="Child growth"), Forum(id=3, name="Meetings")))
    empty = board.visit()
    assert empty.outcome == "empty"
    assert board.seen[-1].end == NOW
    board = Reader(forums=())
    assert board.visit().outcome == "unparseable"
    assert board.seen == ()


def test_a_feed_that_leaves_out_a_forum_is_not_believed():
    start = f"{INDEX}index.php"
    board = Reader(spider=PhpbbSpider, url=start)
    whole = board.forums
    cases = load_cases_module("phpbb")

    def leave_out(pages: dict) -> None:
        feed = cases.render_feed((replace(board.forums[0], topics=board.forums[0].topics[:1]),))
        pages[f"{INDEX}app.php/feed"] = answer(feed, content_type="application/atom+xml")

    board.change = leave_out
    board.visit()
    assert board.visit(NOW + DAY).asked == [start]
    board.forums = write_in(whole, 31, 200, NOW + 1.5 * DAY)
    board.visit(NOW + 2 * DAY)
    assert len(board.posts) == 13


def test_the_index_is_looked_at_again_every_week_although_the_feed_shows_nothing_new():
    start = f"{INDEX}index.php"
    board = Reader(spider=PhpbbSpider, url=start)
    board.visit()
    assert board.visit(NOW + DAY).asked == [f"{INDEX}app.php/feed"]
    assert start in board.visit(NOW + WEEK + DAY).asked


def test_a_feed_with_something_new_leads_to_the_pages():
    start = f"{INDEX}index.php"
    board = Reader(spider=PhpbbSpider, url=start)
    board.visit()
    board.forums = write_in(board.forums, 14, 200, NOW + timedelta(hours=5))
    visit = board.visit(NOW + DAY)
    assert visit.asked[:2] == [f"{INDEX}app.php/feed", start]
    assert len(board.posts) == 13


def test_a_look_back_finds_the_forums_as_they_were_and_an_old_post():
    board = Reader()
    board.visit()
    marks = {"marks": tuple(board.marks.values())}
    same, asked = look_back(XenforoSpider, INDEX, board.pages(NOW), **marks)
    assert asked == [INDEX]
    assert (same.missing, same.unread, same.parts) == ((), (), 2)
    board.forums = write_in(board.forums, 14, 200, NOW - timedelta(hours=5))[:1]
    other, _ = look_back(XenforoSpider, INDEX, board.pages(NOW), **marks)
    assert other.missing == (MEETINGS,)
    assert other.unread == (GROWTH,)


def test_a_look_back_opens_the_page_of_the_post_it_looks_for():
    board = Reader()
    board.visit()
    asked: list[str] = []
    plan = CrawlPlan(
        source_id=1, community_id=1, name="test", url=INDEX, platform=Platform.XENFORO, now=NOW
    )
    spider = XenforoSpider(plan=plan, clock=lambda: NOW)
    serve(spider, board.pages(NOW), now=NOW, asked=asked)
    wanted = LookBack(plan=plan, secret_key=b"key", urls=(BOXES,))
    sighting = asyncio.run(spider.look_back(wanted))
    assert asked == [INDEX, BOXES]
    assert sighting.answered == BOXES
    assert len(sighting.posts) == 3
