"""Notices of moves and ends in four languages; ordinary pages and posts that speak of moving."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from crawler.formats.html import read_html
from crawler.formats.notices import find_closed_notice, find_moved_notice

URL = "https://lists.example.org/pipermail/child-health/"
ELSEWHERE = "https://lists.example.net/archives/list/child-health@lists.example.net/"
FILES = sorted((Path(__file__).parent / "notices").glob("*.toml"))
CASES = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES}
FEWEST = {"moved": 12, "closed": 12, "ordinary": 20}
# A page around the words: the index of an archive, and a page that came in its place.
INDEX = """<!DOCTYPE html><html><head><title>The Child-health Archives</title></head><body>
<h1>The Child-health Archives</h1>
<p>You can get <a href="https://lists.example.org/mailman/listinfo/child-health">more information
about this list</a>.</p>{words}
<table border=3><tr><td>Archive</td><td>View by:</td></tr>
<tr><td>March 2021:</td><td><a href="2021-March/thread.html">[ Thread ]</a></td></tr>
<tr><td>May 2020:</td><td><a href="2020-May/thread.html">[ Thread ]</a></td></tr>
</table></body></html>"""
BARE = "<html><head><title>Example</title></head><body>{words}</body></html>"


def read(words: str, page: str = INDEX):
    filled = words.replace("HREF", ELSEWHERE).replace("SAME", URL)
    return read_html(page.format(words=filled).encode(), "utf-8")


def cases(kind: str):
    return [
        pytest.param(words, id=f"{language}-{number}")
        for language, kinds in CASES.items()
        for number, words in enumerate(kinds[kind], 1)
    ]


def test_each_language_has_enough_cases():
    assert set(CASES) == {"en", "fr", "es", "pt"}
    for language, kinds in CASES.items():
        counts = {kind: len(set(words)) for kind, words in kinds.items()}
        assert all(counts[kind] >= fewest for kind, fewest in FEWEST.items()), language


@pytest.mark.parametrize("page", [INDEX, BARE], ids=["index", "bare"])
@pytest.mark.parametrize("words", cases("moved"))
def test_a_notice_of_a_move_is_recognised_with_its_link(words, page):
    notice = find_moved_notice(read(words, page), URL)
    assert notice is not None
    assert notice.new_url == ELSEWHERE
    assert notice.sentence


@pytest.mark.parametrize("page", [INDEX, BARE], ids=["index", "bare"])
@pytest.mark.parametrize("words", cases("closed"))
def test_a_notice_of_an_end_is_recognised_and_is_no_move(words, page):
    soup = read(words, page)
    notice = find_closed_notice(soup, URL)
    assert notice is not None
    assert notice.new_url == (ELSEWHERE if "HREF" in words else None)
    assert find_moved_notice(soup, URL) is None


@pytest.mark.parametrize("page", [INDEX, BARE], ids=["index", "bare"])
@pytest.mark.parametrize("words", cases("ordinary"))
def test_an_ordinary_page_that_speaks_of_moving_is_no_notice(words, page):
    soup = read(words, page)
    assert find_moved_notice(soup, URL) is None
    assert find_closed_notice(soup, URL) is None


@pytest.mark.parametrize(("seconds", "found"), [(0, True), (15, True), (16, False)])
def test_a_page_that_sends_its_reader_on_at_once_has_moved(seconds, found):
    page = f'<html><head><meta http-equiv="refresh" content="{seconds}; url=HREF"></head>{{words}}'
    notice = find_moved_notice(read("<p>One moment</p>", page.replace("HREF", ELSEWHERE)), URL)
    assert (notice is not None and notice.new_url == ELSEWHERE) is found


def test_the_place_that_was_left_is_not_the_new_one():
    words = '<p>This list has moved from <a href="https://old.example.org/child-health/">its old'
    words += ' home</a> to <a href="HREF">its new home</a>.</p>'
    notice = find_moved_notice(read(words), URL)
    assert notice is not None
    assert notice.new_url == ELSEWHERE
