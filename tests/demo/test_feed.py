"""The made-up feeds: well-formed, the newest items only, dated and threaded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from lxml import etree, html

from demo.content import Rhythm, Spell, build_history
from demo.feed import MEDIA_TYPES, FeedFormat, FeedSite

NOW = datetime(2026, 3, 9, tzinfo=UTC)
RHYTHM = Rhythm(spells=(Spell(days=60, gap_days=1.0),))
POSTS = build_history(RHYTHM, slug="wards", language="en", anchor=NOW, until=NOW, seed=7)
NEWEST = POSTS[:-11:-1]
THREAD = "{http://purl.org/syndication/thread/1.0}"
ATOM = "{http://www.w3.org/2005/Atom}"


def site(form, *, messages=POSTS, limit=10):
    return FeedSite(
        "Wards & more",
        messages,
        path="/feed",
        form=form,
        limit=limit,
        now=NOW,
        base_url="http://127.77.0.4:8000",
    )


def test_atom_shows_the_last_ten_with_dates_authors_and_threads():
    feed = etree.fromstring(site(FeedFormat.ATOM).answer("/feed", {}).body)
    entries = feed.findall(f"{ATOM}entry")
    dates = [datetime.fromisoformat(entry.findtext(f"{ATOM}published", "")) for entry in entries]
    assert dates == [post.at for post in NEWEST]
    assert [entry.findtext(f"{ATOM}author/{ATOM}name") for entry in entries] == [
        post.author.name for post in NEWEST
    ]
    replies = [entry.find(f"{THREAD}in-reply-to") for entry in entries]
    refs = [None if reply is None else reply.get("ref") for reply in replies]
    assert refs == [
        f"tag:example.org,2020:{post.root}" if post.parents else None for post in NEWEST
    ]


def test_rss_shows_the_last_ten_with_guids_and_dates():
    feed = etree.fromstring(site(FeedFormat.RSS).answer("/feed", {}).body)
    items = feed.findall("channel/item")
    assert [parsedate_to_datetime(item.findtext("pubDate", "")) for item in items] == [
        post.at for post in NEWEST
    ]
    assert len({item.findtext("guid") for item in items}) == 10


def test_json_feed_shows_the_last_ten():
    feed = json.loads(site(FeedFormat.JSON).answer("/feed", {}).body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [datetime.fromisoformat(item["date_published"]) for item in feed["items"]] == [
        post.at for post in NEWEST
    ]


@pytest.mark.parametrize("form", list(FeedFormat))
def test_a_feed_changes_with_its_newest_post(form):
    answer = site(form).answer("/feed", {})
    assert answer.last_modified == NEWEST[0].at
    assert answer.content_type.startswith(MEDIA_TYPES[form])
    assert answer == site(form).answer("/feed", {})


@pytest.mark.parametrize("form", list(FeedFormat))
def test_the_front_page_points_to_the_feed_and_items_to_pages(form):
    page = html.fromstring(site(form).answer("/", {}).body)
    (link,) = page.xpath("//link[@rel='alternate']")
    assert (link.get("type"), link.get("href")) == (MEDIA_TYPES[form], "/feed")
    assert site(form).answer(f"/post/{NEWEST[0].number}", {}).status == 200
    assert site(form).answer("/post/0", {}) is None


@pytest.mark.parametrize("form", list(FeedFormat))
def test_a_feed_with_fewer_posts_shows_them_all_and_an_empty_one_none(form):
    three = site(form, messages=POSTS[:3]).answer("/feed", {}).body
    assert three.count(b"tag:example.org") >= 3
    empty = site(form, messages=()).answer("/feed", {})
    assert empty.status == 200
    assert b"tag:example.org" not in empty.body
