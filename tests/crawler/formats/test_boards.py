"""Addresses and pages of forums, as their software writes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.formats.boards import (
    clean_url,
    find_neighbours,
    number_in,
    open_board_page,
    read_count,
)
from crawler.formats.html_tree import line_of, read_tree
from domain.errors import SourceError

BASE = "https://forum.example.org/talk/viewforum.php?f=2"
SID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        (f"./viewtopic.php?t=7&sid={SID}", "viewtopic.php?t=7"),
        (f"./viewtopic.php?sid={SID}&t=7#p9", "viewtopic.php?t=7"),
        (f"./index.php?sid={SID}", "index.php"),
        (f"app.php/feed?sid={SID}?mode=topics", "app.php/feed?mode=topics"),
        (f"index.php?PHPSESSID={SID}&topic=7.0", "index.php?topic=7.0"),
        (f"showthread.php?s={SID}&t=7", "showthread.php?t=7"),
        ("viewtopic.php?t=7&&start=3", "viewtopic.php?t=7&start=3"),
    ],
)
def test_sessions_are_taken_out_of_addresses(href, expected):
    assert clean_url(href, BASE) == f"https://forum.example.org/talk/{expected}"


def test_a_page_knows_the_pages_beside_it():
    body = b"""<html><head><title>Page</title></head><body>
        <a href="?f=2">1</a> <a href="?f=2&start=25">2</a> <a href="?f=2&start=50">3</a>
        <a href="?f=2&start=900">37</a> <a href="?f=9&start=75">another</a></body></html>"""
    page = open_board_page(
        body, url=f"{BASE}&start=25", status=200, fetched_at=datetime(2026, 3, 4, tzinfo=UTC)
    )

    def place(url: str) -> int | None:
        return int(number_in(url, "start") or 0) if number_in(url, "f") == "2" else None

    found = find_neighbours(page, page.tree.select("a"), place)
    assert found.before == BASE
    assert found.after == f"{BASE}&start=50"
    assert found.last == f"{BASE}&start=900"


def test_what_is_no_web_page_is_explained():
    with pytest.raises(SourceError):
        open_board_page(
            b"%PDF-1.4", url=BASE, status=200, fetched_at=datetime(2026, 3, 4, tzinfo=UTC)
        )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Posts: 1,204", 1204),
        ("12.345 Antworten", 12345),
        ("1 204", 1204),
        ("1.2k", None),
        ("-", None),
    ],
)
def test_counts(text, count):
    assert read_count(text) == count


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>Café</p>".encode(), "Café"),
        ('<meta charset="windows-1251"><p>Дети</p>'.encode("cp1251"), "Дети"),
        ("<p>Caf\xe9</p>".encode("latin-1"), "Café"),
        (b"<p>A\x00B</p>", "AB"),
    ],
)
def test_a_tree_reads_the_bytes_in_the_encoding_they_are_in(body, expected):
    line = line_of(read_tree(b"<html><body>" + body + b"</body></html>").first("p"))
    assert line.replace("\ufffd", "") == expected
