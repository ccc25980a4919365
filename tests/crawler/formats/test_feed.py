"""Feeds as bytes: dialects, ids, dates, what their order proves, and hostile documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.feed import read_feed
from crawler.formats.feed_items import find_window_start
from domain.errors import Unparseable

URL = "https://forum.example.org/feed/"
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DATE = "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>"


def rss(*items: str, version: str = "2.0") -> bytes:
    rows = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="{version}"><channel><title>B</title>{rows}</channel></rss>'.encode()


def ids(body: bytes) -> list[str]:
    return [post.post_id for post in read_feed(body, URL, NOW).posts]


def at(days: float) -> datetime:
    return NOW - days * DAY


@pytest.mark.parametrize("version", ["0.91", "0.92", "2.0"])
def test_every_rss_is_read(version):
    feed = read_feed(rss(f"<title>a</title><link>/1</link>{DATE}", version=version), URL, NOW)
    assert feed.well_formed
    assert feed.dialect == f"RSS {version}"
    assert feed.posts[0].at == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_an_rss_with_the_old_doctype_is_read_without_fetching_it():
    doctype = (
        b'<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"'
        b' "http://my.example.org/rss-0.91.dtd">'
    )
    assert len(read_feed(doctype + rss(f"<guid>1</guid>{DATE}"), URL, NOW).posts) == 1


def test_an_old_atom_is_read():
    body = (
        b'<feed xmlns="http://purl.org/atom/ns#" version="0.3"><title>x</title><entry><id>e1</id>'
        b'<link rel="alternate" href="/1"/><issued>2026-03-01T10:00:00Z</issued>'
        b"<modified>2026-03-02T10:00:00Z</modified></entry></feed>"
    )
    post = read_feed(body, URL, NOW).posts[0]
    assert post.post_id == "e1"
    assert post.at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_blank_lines_before_the_declaration_do_no_harm():
    body = b"\xef\xbb\xbf\r\n\n<?xml version='1.0'?>" + rss(f"<guid>1</guid>{DATE}")
    assert read_feed(body, URL, NOW).well_formed


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("<guid>g</guid><link>/1</link>", "g"),
        ("<guid isPermaLink='false'> g 1 </guid>", "g 1"),
        (
            "<link>/topic/1?utm_source=rss&amp;page=2#p7</link>",
            "https://forum.example.org/topic/1?page=2",
        ),
        (
            "<link>/t.php?b=1&amp;a=%20x&amp;sid=00ff</link>",
            "https://forum.example.org/t.php?b=1&a=%20x",
        ),
    ],
)
def test_an_item_is_known_by_its_guid_else_by_its_link(item, expected):
    assert ids(rss(item + DATE)) == [expected]


def test_an_item_without_guid_and_link_gets_a_steady_id_of_its_own():
    first = ids(rss(f"<title>a</title>{DATE}", f"<title>b</title>{DATE}"))
    assert len(set(first)) == 2
    assert ids(rss(f"<title>b</title>{DATE}")) == first[1:]
    assert len(set(ids(rss("<description>x</description>", "<description>y</description>")))) == 2


def test_a_guid_that_several_items_share_is_told_apart_by_their_links():
    body = rss(f"<guid>t</guid><link>/1</link>{DATE}", f"<guid>t</guid><link>/2</link>{DATE}")
    assert ids(body) == ["t https://forum.example.org/1", "t https://forum.example.org/2"]


def test_an_item_given_twice_is_one_post():
    item = f"<guid>t</guid><link>/1</link>{DATE}"
    assert ids(rss(item, item)) == ["t", "t"]


def test_a_date_that_names_no_zone_and_one_of_tomorrow_week_are_unknown():
    feed = read_feed(
        rss(
            "<guid>1</guid><pubDate>Mon, 02 Mar 2026 10:00:00</pubDate>",
            "<guid>2</guid><pubDate>Mon, 16 Mar 2026 10:00:00 GMT</pubDate>",
        ),
        URL,
        NOW,
    )
    assert [post.at for post in feed.posts] == [None, None]
    assert feed.window_start is None


def test_the_date_of_the_whole_feed_is_no_items_date():
    body = rss("<guid>1</guid>").replace(
        b"<title>B</title>", b"<lastBuildDate>Mon, 02 Mar 2026 10:00:00 GMT</lastBuildDate>"
    )
    feed = read_feed(body, URL, NOW)
    assert feed.declared_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert feed.posts[0].at is None


@pytest.mark.parametrize(
    ("order", "start"),
    [
        ((0, 1, 2, 5), 5),
        ((900, 0, 1, 2, 5), 5),
        ((0, 900, 1, 2, 5), 5),
        ((5, 4, 3, 2, 1), 1),
        ((3, 3, 3), 3),
        ((7,), 7),
        ((), None),
    ],
    ids=["newest first", "pinned", "edited", "oldest first", "all alike", "one", "none"],
)
def test_the_window_reaches_back_to_the_last_item_in_its_place(order, start):
    keys = [(at(days), at(days)) for days in order]
    assert find_window_start(keys) == (None if start is None else at(start))


def test_a_feed_sorted_by_change_reaches_back_to_the_last_change_only():
    keys = [(at(300), at(0)), (at(1), at(1)), (at(200), at(2)), (at(90), at(3))]
    assert find_window_start(keys) == at(3)


def test_a_feed_sorted_by_date_is_not_shortened_by_a_late_edit():
    keys = [(at(0), at(0)), (at(1), at(1)), (at(2), at(2)), (at(5), at(0.5))]
    assert find_window_start(keys) == at(5)


def test_where_both_orders_fit_the_later_moment_is_taken():
    assert find_window_start([(at(0), at(0)), (at(9), at(2))]) == at(2)


moments = st.floats(min_value=0, max_value=4_000).map(at)


@given(st.lists(st.tuples(moments, moments), min_size=1, max_size=20))
def test_a_window_never_reaches_back_further_than_its_items(keys):
    start = find_window_start(keys)
    assert start is not None
    assert start >= min(keys[-1])
    assert start in {moment for row in keys for moment in row}


def test_what_is_cut_or_malformed_is_read_as_far_as_it_goes():
    body = rss(f"<guid>1</guid>{DATE}", f"<guid>2</guid>{DATE}", f"<title>c</title>{DATE}")
    cut = read_feed(body[:-60], URL, NOW)
    assert not cut.well_formed
    assert [post.post_id for post in cut.posts] == ["1", "2"]
    assert cut.window_start is None
    ampersand = read_feed(body.replace(b"<title>B", b"<title>B & C"), URL, NOW)
    assert not ampersand.well_formed
    assert ampersand.posts[0].at == datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"no feed",
        b"{}",
        b'{"version": "https://jsonfeed.org/version/1"}',
        b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": ',
        b"{" * 100_000,
        b"<html><body>x</body></html>",
        b"<rss version='2.0'/>",
        b"<opml><body/></opml>",
        b"/etc/hostname",
        b"http://127.0.0.1:9/feed",
        b"\x00\x01\x02",
    ],
)
def test_what_is_no_feed_is_refused_and_nothing_is_opened_in_its_place(body):
    with pytest.raises(Unparseable):
        read_feed(body, URL, NOW)


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)


@pytest.mark.parametrize("tail", [b"</rss>", b"<broken"], ids=["well-formed", "malformed"])
def test_a_document_with_entities_of_its_own_is_refused_at_once(tail):
    body = BOMB + b"<rss version='2.0'><channel><title>&j;</title></channel>" + tail
    with pytest.raises(Unparseable, match="entities"):
        read_feed(body, URL, NOW)


def test_an_entity_that_names_a_file_is_not_read():
    body = (
        b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        b"<rss version='2.0'><channel><item><guid>1</guid><title>&f;</title></item></channel></rss>"
    )
    with pytest.raises(Unparseable):
        read_feed(body, URL, NOW)


def test_a_post_may_speak_of_entities():
    item = "<guid>1</guid><description><![CDATA[<!ENTITY x 'y'>]]></description>" + DATE
    assert len(read_feed(rss(item), URL, NOW).posts) == 1
    broken = rss(item, "<title>a & b</title><guid>2</guid>")
    assert len(read_feed(broken, URL, NOW).posts) == 2
