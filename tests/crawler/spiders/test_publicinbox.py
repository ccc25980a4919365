"""How a public-inbox is visited: the mailbox once, the feed and its older pages after it."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest

from crawler.spiders.publicinbox import PublicinboxSpider
from domain.errors import Refused, Unparseable
from domain.outcome import Outcome
from domain.window import Window
from tests.samples.publicinbox.cases import INBOX, PAGE, archive, write_feed, write_mail
from tests.samples.small_talk import small_talk

FEED, MAILBOX = f"{INBOX}new.atom", f"{INBOX}all.mbox.gz"


def test_the_first_visit_takes_the_mailbox_and_later_ones_the_feed(web):
    site = archive(web.now)
    first = web.visit(PublicinboxSpider, INBOX, site.pages)
    assert first.asked == [FEED, MAILBOX]
    assert first.seen == (Window(start=site.first_at, end=web.now),)
    again = web.visit(
        PublicinboxSpider,
        INBOX,
        site.pages,
        marks=tuple(first.marks.values()),
        posts_known=site.posts,
        covered_until=web.now,
        newest_post_at=site.last_at,
        now=web.now + timedelta(days=3),
    )
    assert again.asked == [FEED]
    assert again.seen[-1].end == web.now + timedelta(days=3)


@pytest.mark.parametrize(
    "instead",
    [
        Unparseable(Outcome.TOO_LARGE, "too large"),
        "missing",
        "<html><title>Sign in</title><form><input type='password'></form></html>",
    ],
)
def test_without_the_mailbox_the_pages_of_the_feed_are_read(web, instead):
    site = archive(web.now)
    pages = dict(site.pages)
    del pages[MAILBOX]
    if instead != "missing":
        pages[MAILBOX] = web.answer(instead) if isinstance(instead, str) else instead
    visit = web.visit(PublicinboxSpider, INBOX, pages)
    assert visit.outcome == "read"
    assert len(visit.posts) == site.posts
    assert visit.seen == (Window(start=site.first_at, end=web.now),)
    assert visit.marks["history"].label == "feed", "or each visit would ask for it again"


def test_a_host_that_asks_for_patience_is_asked_nothing_more(web):
    pages: dict = dict(archive(web.now).pages)
    pages[MAILBOX] = Refused(Outcome.RATE_LIMITED, "busy")
    visit = web.visit(PublicinboxSpider, INBOX, pages)
    assert visit.outcome == "rate_limited"
    assert visit.asked == [FEED, MAILBOX]


def test_more_than_a_feed_full_since_the_last_visit_is_found_on_its_older_pages(web):
    site = archive(web.now)
    said = small_talk(web.now, count=30, gap=timedelta(days=3))
    covered = said[-PAGE - 5].at
    visit = web.visit(
        PublicinboxSpider,
        INBOX,
        site.pages,
        marks=(web.Mark(name="history", label="mailbox"), web.Mark(name="older", label="done")),
        posts_known=30 - PAGE - 5,
        covered_until=covered,
        newest_post_at=covered,
    )
    assert len(visit.asked) == 2
    assert len(visit.posts) >= PAGE + 5
    assert visit.seen[0].start <= covered
    assert "missed" not in visit.verdict.detail


def test_a_mailbox_without_the_newest_messages_is_an_old_copy(web):
    said = small_talk(web.now, count=30, gap=timedelta(days=3))
    pages = dict(archive(web.now).pages)
    old = "".join(write_mail(one) for one in said[:-3])
    pages[MAILBOX] = web.answer(gzip.compress(old.encode()))
    visit = web.visit(PublicinboxSpider, INBOX, pages)
    assert (visit.outcome, visit.seen) == ("partial", ())
    assert "lacks 3 of the 10 newest" in visit.verdict.detail
    assert "history" not in visit.marks


def test_an_inbox_without_messages_is_empty_only_by_its_own_words(web):
    said = web.answer("No feed found for thread\n", 404)
    empty = web.visit(PublicinboxSpider, INBOX, {FEED: said})
    assert (empty.outcome, len(empty.seen)) == ("empty", 1)
    other = web.visit(PublicinboxSpider, INBOX, {FEED: web.answer("Not Found", 404)})
    assert (other.outcome, other.seen) == ("not_found", ())
    emptied = web.visit(PublicinboxSpider, INBOX, {FEED: said}, posts_known=9)
    assert emptied.outcome == "not_found"


def test_messages_of_one_moment_do_not_turn_the_walk_in_a_circle(web):
    said = small_talk(web.now, count=3, gap=timedelta(0))
    page = web.answer(write_feed(list(said)))
    pages = {FEED: page, f"{FEED}?t={said[0].at:%Y%m%d%H%M%S}": page}
    visit = web.visit(PublicinboxSpider, INBOX, pages)
    assert (visit.outcome, len(visit.posts)) == ("read", 3)
    assert visit.marks["older"].label == "done"
