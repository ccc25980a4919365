"""Answers and failures become values and errors with the right outcome."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Request, Response

from crawler.base import build_fetched, error_for_download, error_for_status, read_retry_after
from domain.outcome import Outcome

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
URL = "http://lists.example.org/pipermail/child-health/"


def make_answer(status: int = 200, headers: dict | None = None, **meta):
    flags = meta.pop("flags", [])
    request = Request(URL, meta=meta)
    response = Response(URL, status, headers or {}, b"body", flags, request)
    return build_fetched(response, asked=URL, fetched_at=NOW)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (404, Outcome.NOT_FOUND),
        (410, Outcome.GONE),
        (418, Outcome.UNPARSEABLE),
        (429, Outcome.RATE_LIMITED),
        (451, Outcome.REFUSED),
        (500, Outcome.SERVER_ERROR),
        (502, Outcome.SERVER_ERROR),
        (503, Outcome.SERVER_ERROR),
    ],
)
def test_each_status_has_its_outcome(status, outcome):
    error = error_for_status(make_answer(status))
    assert error.outcome is outcome
    assert str(status) in error.line
    assert URL in error.line


@pytest.mark.parametrize("status", [403, 503])
def test_a_bot_check_is_told_from_a_refusal(status):
    page = b"<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/x'>"
    answer = replace(make_answer(status), body=page)
    assert error_for_status(answer).outcome is Outcome.CHALLENGE


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_patience_is_rate_limiting(status):
    error = error_for_status(make_answer(status, {"Retry-After": "120"}))
    assert error.outcome is Outcome.RATE_LIMITED
    assert error.not_before == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("90", timedelta(seconds=90)),
        ("Wed, 04 Mar 2026 13:00:00 GMT", timedelta(hours=1)),
        ("Wed, 04 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("999999999999", timedelta(days=7)),
        ("-5", timedelta(0)),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(value, wait):
    assert read_retry_after(value, NOW) == NOW + wait


@pytest.mark.parametrize("value", [None, "", "soon", "Wed, 99 Mar 2026"])
def test_a_retry_after_that_says_nothing_is_none(value):
    assert read_retry_after(value, NOW) is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DownloadTimeoutError("x"), Outcome.TIMEOUT),
        (DownloadCancelledError("x"), Outcome.TOO_LARGE),
        (CannotResolveHostError("x"), Outcome.UNREACHABLE),
        (DownloadConnectionRefusedError("x"), Outcome.UNREACHABLE),
        (DownloadFailedError("x"), Outcome.UNREACHABLE),
        (UnsupportedURLSchemeError("x"), Outcome.UNPARSEABLE),
        (OSError("x"), Outcome.UNREACHABLE),
    ],
)
def test_each_failed_download_has_its_outcome(error, outcome):
    assert error_for_download(error, URL).outcome is outcome


def test_an_unknown_exception_is_a_bug_and_rises():
    with pytest.raises(KeyError):
        error_for_download(KeyError("x"), URL)


def test_an_answer_keeps_its_validators_for_the_next_visit():
    answer = make_answer(200, {"ETag": '"v1"', "Last-Modified": "Wed, 04 Mar 2026 11:00:00 GMT"})
    mark = answer.mark("index", label="14 KB")
    assert (mark.etag, mark.last_modified, mark.label) == (
        '"v1"',
        "Wed, 04 Mar 2026 11:00:00 GMT",
        "14 KB",
    )


def test_a_move_for_good_is_told_from_one_for_now():
    old = ["http://old.example.org/"]
    for_good = make_answer(redirect_urls=old, redirect_reasons=[301])
    for_now = make_answer(redirect_urls=old, redirect_reasons=[301, 302])
    assert for_good.moved_for_good
    assert not for_now.moved_for_good
    assert for_good.redirects == ("http://old.example.org/",)


def test_a_body_cut_off_in_the_middle_says_so():
    assert make_answer(flags=["dataloss"]).cut
    assert not make_answer().cut
