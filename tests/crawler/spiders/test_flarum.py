"""Flarum: pages that overlap, closed forums, and what is no post."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.spiders.flarum import FlarumSpider, find_base
from domain.window import Window
from tests.samples.flarum.cases import FORUM, Forum, write_post, write_talk


def test_nothing_new_costs_one_request(web):
    forum = Forum(write_talk(web.now))
    first = web.visit(FlarumSpider, f"{FORUM}/", forum)
    assert len(first.posts) == 120
    assert len(first.asked) == 3
    quiet = web.visit(
        FlarumSpider,
        f"{FORUM}/",
        forum,
        now=web.now + timedelta(days=5),
        marks=tuple(first.marks.values()),
        covered_until=web.now,
        posts_known=120,
    )
    assert len(quiet.asked) == 1
    assert quiet.seen[-1].end == web.now + timedelta(days=5)


def test_a_post_deleted_between_two_pages_hides_no_other(web):
    class Moderated(Forum):
        def __getitem__(self, url):
            given = super().__getitem__(url)
            self.posts = self.posts[4:]
            return given

    posts = write_talk(web.now)
    visit = web.visit(FlarumSpider, f"{FORUM}/", Moderated(posts))
    assert len(visit.posts) == 120
    assert visit.seen[0].start == web.now - timedelta(days=79, hours=4)


def test_a_forum_that_wants_a_login_is_not_empty(web):
    shut = web.visit(FlarumSpider, f"{FORUM}/", Forum(write_talk(web.now), is_open=False))
    assert shut.outcome == "login_wall"
    assert shut.pages == []
    bare = web.visit(FlarumSpider, f"{FORUM}/", Forum([]))
    assert bare.outcome == "empty"


def test_an_empty_list_is_not_believed_where_the_forum_does_not_say_that_it_is_open(web):
    class Mute(Forum):
        def __getitem__(self, url):
            if url.endswith("/api"):
                raise KeyError(url)
            return super().__getitem__(url)

    assert web.visit(FlarumSpider, f"{FORUM}/", Mute([])).outcome == "not_found"


def test_events_and_hidden_posts_are_no_posts(web):
    posts = [
        write_post(9, web.now - timedelta(hours=1), discussion=2, place=3, kind="discussionTagged"),
        write_post(8, web.now - timedelta(hours=2), discussion=2, place=2, isHidden=True),
        write_post(7, web.now - timedelta(hours=3), discussion=2, place=1),
    ]
    visit = web.visit(FlarumSpider, f"{FORUM}/", Forum(posts))
    assert list(visit.posts) == ["forum.example.org discussion 2"]
    assert visit.seen == (Window(start=web.now - timedelta(hours=3), end=web.now),)


@pytest.mark.parametrize(
    "url", ["/talk", "/talk/", "/talk/d/12-nets/4", "/talk/t/nets", "/talk/all", "/talk/u/amina"]
)
def test_addresses_lead_to_the_forum(url):
    assert find_base(f"https://example.org{url}") == "https://example.org/talk"
