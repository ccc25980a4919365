"""Answers that are small on their way and huge, or slow, once somebody reads them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import resource
from datetime import UTC, datetime

import pytest

from crawler.base import Fetched
from crawler.detect import detect_platform
from crawler.formats.bombs import MOST_ATTRIBUTES, MOST_ELEMENTS, check_markup
from crawler.formats.feed import read_feed
from crawler.formats.html import explain_page, read_html
from crawler.formats.html_tree import read_tree
from crawler.formats.json_tree import read_json
from crawler.formats.layout import fingerprint
from crawler.formats.mbox import read_mbox
from crawler.formats.packed import open_packed, unpacked_limit
from domain.errors import SourceError, Unparseable
from domain.outcome import Outcome

NOW = datetime(2026, 11, 23, tzinfo=UTC)
URL = "https://lists.example.org/archive/"
MIB = 1 << 20
RSS = b"<rss version='2.0'><channel>"
NESTED = b"<html><body>" + b"<b>" * (MOST_ELEMENTS + 10)
ATTRIBUTES = b"<html><body><a " + b" ".join(b"a%d" % n for n in range(MOST_ATTRIBUTES + 10)) + b">"
HIDDEN = ATTRIBUTES.replace(b" a7 ", b" a7='>' ").replace(b" a9 ", b' a9=">" ')
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))
PAGES = {"nested": NESTED, "attributes": ATTRIBUTES, "attributes behind quotes": HIDDEN}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("read", [read_html, read_tree, check_markup])
def test_a_page_that_only_costs_is_refused_before_it_is_parsed(read, page):
    with pytest.raises(Unparseable) as refused:
        read(page)
    assert refused.value.outcome is Outcome.TOO_LARGE


def test_a_large_page_that_people_read_is_read():
    rows = b"".join(b'<li><a href="%d.html" title="a > b">one</a></li>' % n for n in range(3000))
    long = b'<div data-all="' + b"a b &gt; " * 20_000 + b'">' + rows
    assert len(read_tree(b"<html><body>" + long).select("li")) == 3000


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_whatever_looks_at_an_unknown_page_survives_it(page):
    found = Fetched(url=URL, asked=URL, status=200, headers={}, body=page, fetched_at=NOW)
    assert detect_platform(found) is None
    assert fingerprint(page) is not None
    with pytest.raises(SourceError):
        raise explain_page(page, url=URL, status=200, expected="an archive")


@pytest.mark.parametrize(
    "feed",
    [
        b'<!DOCTYPE rss [<!ENTITY l0 "ha">' + LAUGHS + b"]>" + RSS + b"&l9;</channel></rss>",
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + RSS + b"&x;</channel></rss>",
        b'<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]>' + RSS,
        RSS + b"<item><title>&amp;</title>" * 4000,
        RSS + b"<item>" * 200_000,
    ],
    ids=["laughs", "a file", "a document from elsewhere", "unclosed items", "nested items"],
)
def test_a_feed_that_unfolds_or_never_closes_is_refused(feed):
    with pytest.raises(Unparseable) as refused:
        read_feed(feed, URL, NOW)
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [b"[" * MIB, b'{"a":' * MIB, b"9" * MIB, b'{"version":"https://jsonfeed.org","a":' * 9999],
    ids=["lists", "objects", "a number", "a feed"],
)  # fmt: skip
def test_json_that_is_too_deep_or_too_long_is_refused(text):
    with pytest.raises(SourceError):
        read_json(text, url=URL, status=200, expected="an answer")
    with pytest.raises(SourceError):
        read_feed(b"{" + text, URL, NOW)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_packed_zeros_take_no_more_memory_than_their_limit(pack):
    packed = pack(pack(bytes(256 * MIB)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open_packed(packed, limit_bytes=4 * MIB) as stream:
        inner = stream.read()
    bomb = open_packed(inner, limit_bytes=unpacked_limit(len(inner), 64 * MIB))
    with pytest.raises(Unparseable) as refused:
        bomb.read()
    assert refused.value.outcome is Outcome.TOO_LARGE
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 400 * 1024  # KiB; the zeros themselves were made here


@pytest.mark.parametrize(
    "text",
    [
        b"From a@example.org Thu Jan  1 00:00:00 2026\nSubject: " + b"a" * (8 * MIB),
        b"From a@example.org Thu Jan  1 00:00:00 2026\n" + b"X-A: b\n" * MIB,
        b"From a@example.org Thu Jan  1 00:00:00 2026\nReferences:" + b" <a@b>" * MIB,
        b"From " * MIB,
        b"\nFrom a\n" * MIB,
    ],
    ids=["a subject", "a head", "references", "one line", "lines"],
)
def test_a_mailbox_of_one_endless_head_is_read_in_little_memory(text):
    try:
        posts = list(read_mbox(io.BytesIO(text), where=URL, fetched_at=NOW))
    except SourceError:
        posts = []
    assert len(posts) <= 1
    assert all(len(post.subject or "") < MIB for post in posts)


def test_a_json_answer_keeps_no_number_that_costs_to_write():
    node = read_json(json.dumps({"n": "9" * 5000}).encode(), url=URL, status=200, expected="x")
    with pytest.raises(Unparseable):
        node.number("n")
