"""What a visit saw is kept in short texts, whoever made them."""

from dataclasses import replace
from datetime import UTC, datetime

from click.testing import CliRunner

from cli import root
from crawler.base import Fetched
from crawler.evidence import LONGEST, gather_evidence
from demo.answer import Answer
from domain.records import Platform

URL = "http://lists.example.org/pipermail/child-health/"
ENTRY = Fetched(
    url=URL,
    asked=URL,
    status=200,
    headers={"content-type": "text/html", "etag": '"v1"', "date": "Wed, 04 Mar 2026 12:00:00 GMT"},
    body=b"12345",
    fetched_at=datetime(2026, 3, 4, 12, tzinfo=UTC),
)


def test_the_first_answer_is_described():
    assert gather_evidence(ENTRY, {}) == {
        "status": "200",
        "url": URL,
        "bytes": "5",
        "content_type": "text/html",
        "etag": '"v1"',
        "date": "Wed, 04 Mar 2026 12:00:00 GMT",
    }


def test_without_an_answer_there_is_what_was_found():
    assert gather_evidence(None, {"error": "DownloadTimeoutError"}) == {
        "error": "DownloadTimeoutError"
    }


def test_a_later_answer_is_told_from_the_first():
    found = gather_evidence(ENTRY, {"status": "503", "url": URL, "seen": "a form"})
    assert (found["status"], found["later_status"], found["seen"]) == ("200", "503", "a form")
    assert "later_url" not in found


def test_long_texts_and_long_chains_are_cut():
    hops = tuple(f"http://h{n}.example.org/" for n in range(20))
    found = gather_evidence(replace(ENTRY, redirects=hops), {"sentence": "word " * 1_000})
    assert all(len(text) <= LONGEST for text in found.values())
    assert found["redirects"].startswith("http://h0.example.org/ → ")
    assert found["redirects"].endswith(f"… → {URL}")


def test_an_answer_that_was_cut_says_so():
    assert gather_evidence(replace(ENTRY, cut=True), {})["cut"]


def test_the_last_visits_evidence_is_shown_on_the_command_line(archive_server, workshop):
    url = archive_server.put("/feed", Answer(status=418, body=b"<h1>Teapot</h1>"))
    workshop.watch("kettle", url, Platform.FEED)
    workshop.crawl()
    shown = CliRunner().invoke(root, ["--data", str(workshop.folder), "sources", "show", "kettle"])
    lines = shown.output.partition("What the last visit saw")[2].splitlines()
    assert "  status           418" in lines
    assert f"  url              {url}" in lines
