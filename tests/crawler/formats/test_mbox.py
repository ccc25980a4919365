"""Mailbox files: where messages begin, in every dialect, in constant memory."""

import gzip
import io
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.mbox import read_mbox
from crawler.formats.packed import Truncated, open_packed
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, ReadPost
from domain.window import Month

FETCHED = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2025, 3, 14, 12, tzinfo=UTC)


def message(
    number: int, *, separator: str = "From amina@example.org  Fri Mar 14 12:00:20 2025", body=""
) -> bytes:
    return (
        f"{separator}\nFrom: amina@example.org\nDate: Fri, 14 Mar 2025 13:00:00 +0100\n"
        f"Subject: note {number}\nMessage-ID: <{number}@example.org>\n\nHello,\n{body}\n"
    ).encode()


def read(data: bytes, **facts) -> list[ReadPost]:
    return list(read_mbox(io.BytesIO(data), where="a.mbox", fetched_at=FETCHED, **facts))


def ids(data: bytes) -> list[str]:
    return [post.post_id for post in read(data)]


SEPARATORS = [
    ("ctime", "From amina@example.org Fri Mar 14 12:00:20 2025"),
    ("two-blanks", "From amina@example.org  Fri Mar 14 12:00:20 2025"),
    ("padded-day", "From amina@example.org  Tue Mar  4 12:00:20 2025"),
    ("pipermail", "From amina at example.org  Fri Mar 14 12:00:20 2025"),
    ("spanish", "From amina en example.org  Fri Mar 14 12:00:20 2025"),
    ("italian", "From amina a example.org  Fri Mar 14 12:00:20 2025"),
    ("brazilian", "From amina em example.org  Fri Mar 14 12:00:20 2025"),
    ("russian", "From amina на example.org  Fri Mar 14 12:00:20 2025"),
    ("arabic", "From amina عند example.org  Fri Mar 14 12:00:20 2025"),
    ("portuguese", "From amina  example.org  Fri Mar 14 12:00:20 2025"),
    ("no-host", "From amina at   Fri Mar 14 12:00:20 2025"),
    ("name", 'From Amina" <amina at example.org>  Fri Mar 14 12:00:20 2025'),
    ("daemon", "From MAILER-DAEMON Fri Mar 14 12:00:20 2025"),
    ("nobody", "From  Fri Mar 14 12:00:20 2025"),
    ("dash", "From - Fri Mar 14 12:00:20 2025"),
    ("encoded", "From =?utf-8?q?Amina?=  Fri Mar 14 12:00:20 2025"),
    ("zone", "From amina@example.org Fri Mar 14 12:00:20 UTC 2025"),
    ("offset", "From amina@example.org Fri Mar 14 13:00:20 +0100 2025"),
    ("offset-last", "From amina@example.org Fri Mar 14 13:00:20 2025 +0100"),
    ("no-seconds", "From amina@example.org Fri Mar 14 12:00 2025"),
    ("remote", "From amina Fri Mar 14 12:00:20 2025 remote from example"),
    ("of-1999", "From amina@example.org Fri, 14 Mar 2025 08:00:20 -0400 (EDT)"),
    ("of-1999-short", "From amina@example.org 14 Mar 2025 12:00:20 +0000"),
    ("of-1999-one-digit", "From amina@example.org Tue, 4 Mar 2025 12:00:20 GMT"),
]


@pytest.mark.parametrize("separator", [pytest.param(s[1], id=s[0]) for s in SEPARATORS])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_every_shape_of_separator_begins_a_message(separator, end):
    data = message(1) + message(2, separator=separator) + message(3)
    data = data.replace(b"\n", end.encode())
    assert ids(data) == ["1@example.org", "2@example.org", "3@example.org"]


@pytest.mark.parametrize("separator", [pytest.param(s[1], id=s[0]) for s in SEPARATORS])
def test_the_separator_dates_a_message_without_date(separator):
    data = f"{separator}\nMessage-ID: <1@example.org>\n\nHello\n".encode()
    (post,) = read(data)
    assert post.basis is DateBasis.ENVELOPE
    assert post.at is not None
    assert post.at.replace(second=0) in {NOON, NOON.replace(day=4)}


BODIES = [
    ("start-of-sentence", "From the start it was clear.\nSo: we went on.\n"),
    ("quoted", ">From amina@example.org Fri Mar 14 12:00:20 2025\nFrom: x\n"),
    ("quoted-twice", ">>From amina@example.org Fri Mar 14 12:00:20 2025\nFrom: x\n"),
    ("no-header-after", "From amina@example.org Fri Mar 14 12:00:20 2025\nwrote this:\n"),
    ("blank-line-after", "From amina@example.org Fri Mar 14 12:00:20 2025\n\nFrom: x\n"),
    ("no-date", "From amina@example.org:\nSubject: cited\n"),
    ("no-year", "From Monday 10:30 to noon\nWhere: room 4\n"),
    ("time-in-text", "From 12:00:00 on, in 2025 we met\nWhere: room 4\n"),
    ("names-no-message", "From a@example.org Mon Mar 10 10:11:12 2025\nSubject: cited\n\nx\n"),
    ("indented", " From amina@example.org Fri Mar 14 12:00:20 2025\nFrom: x\n"),
    ("tab", "From\tamina@example.org Fri Mar 14 12:00:20 2025\nFrom: x\n"),
    ("at-the-end", "From"),
    ("long", "From " + "x" * 3_000_000 + "\n"),
]


@pytest.mark.parametrize("body", [pytest.param(b[1], id=b[0]) for b in BODIES])
def test_a_body_line_is_no_separator(body):
    assert ids(message(1, body=body) + message(2)) == ["1@example.org", "2@example.org"]


def test_a_missing_blank_line_before_a_separator_is_no_matter():
    data = message(1).rstrip(b"\n") + b"\n" + message(2)
    assert b"\n\nFrom amina" not in data
    assert ids(data) == ["1@example.org", "2@example.org"]


def test_a_message_without_body_and_blank_line_ends_at_the_next_separator():
    head = message(1).split(b"\n\n")[0] + b"\n"
    assert ids(head + message(2)) == ["1@example.org", "2@example.org"]


def test_a_head_without_end_is_the_last_message():
    head = message(2).split(b"\n\n")[0] + b"\n"
    assert ids(message(1) + head) == ["1@example.org", "2@example.org"]


def test_a_head_that_ends_within_a_line_is_cut_and_not_given_out():
    data = message(1) + message(2).split(b"\n\n")[0]
    posts = read_mbox(io.BytesIO(data), where="a file", fetched_at=FETCHED)
    assert next(posts).post_id == "1@example.org"
    with pytest.raises(Unparseable, match="middle of a message's head"):
        next(posts)


def test_headers_in_a_body_do_not_count():
    (post,) = read(message(1, body="Message-ID: <9@example.org>\nIn-Reply-To: <8@example.org>\n"))
    assert (post.post_id, post.reply_to) == ("1@example.org", None)


def test_strange_lines_in_a_head_are_passed_over():
    data = message(1).replace(b"Subject", b">From amina Fri Mar 14\nno colon here\nSubject")
    assert ids(data) == ["1@example.org"]


@pytest.mark.parametrize(
    "padding", [b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\0\0\0", b" \n", b"\0" * 3_000_000], ids=len
)
def test_padding_before_the_first_message_is_passed_over(padding):
    assert ids(padding + message(1)) == ["1@example.org"]


def test_nul_bytes_inside_do_no_harm():
    assert ids(message(1, body="a\0b\0\n") + message(2)) == ["1@example.org", "2@example.org"]


def test_the_same_message_comes_out_as_often_as_it_is_stored():
    assert ids(message(1) * 3) == ["1@example.org"] * 3


def test_one_message_with_two_separators_gets_one_made_id():
    rest = b"\nFrom: amina@example.org\nDate: Fri, 14 Mar 2025 13:00:00 +0100\n\nHello\n"
    data = b"".join(
        f"From amina@example.org  Fri Mar 14 {hour}:00:20 2025".encode() + rest
        for hour in ("12", "04")
    )
    first, second = ids(data)
    assert first == second
    assert first.startswith("made-")


def test_the_constant_separator_is_no_date():
    separator = "From mboxrd@z Thu Jan  1 00:00:00 1970"
    (post,) = read(message(1, separator=separator))
    assert (post.at, post.basis) == (NOON, DateBasis.SENT)
    (post,) = read(f"{separator}\nMessage-ID: <1@example.org>\n\n".encode())
    assert (post.at, post.basis) == (None, DateBasis.UNKNOWN)


def test_a_period_before_1990_bounds_nothing():
    data = (
        b"From amina at example.org  Wed Feb  7 20:28:34 1945\nFrom: amina at example.org\n"
        b"Date: Mon, 21 Oct 2002 15:02:34 +50579034\nMessage-ID: <1@example.org>\n\nHello\n"
    )
    (post,) = read(data, filed=Month(1945, 2).window)
    assert (post.at, post.basis, post.filed) == (None, DateBasis.UNKNOWN, None)


def test_a_post_without_any_date_keeps_its_period():
    data = b"From amina  Thu Jan  1 00:00:00 1970\nFrom: amina at example.org\n\nHello\n"
    (post,) = read(data, filed=Month(2025, 3).window)
    assert (post.at, post.basis, post.filed) == (None, DateBasis.PERIOD, Month(2025, 3).window)


def test_a_digest_is_one_post():
    body = (
        "--b\n\nFrom: ben@example.org\nDate: Fri, 14 Mar 2025 10:00:00 +0000\n"
        "Message-ID: <9@example.org>\n\nItem.\n--b--\n"
    )
    assert ids(message(1, body=body)) == ["1@example.org"]


# ---- what is no mailbox -------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\0\0", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_posts(data):
    assert read(data) == []


@pytest.mark.parametrize(
    ("data", "what"),
    [
        pytest.param(b"<html><title>Log in</title></html>", "a web page", id="html"),
        pytest.param(b"\n<!DOCTYPE html>\n<p>x", "a web page", id="doctype"),
        pytest.param(b"Sorry\n<HTML>", "a web page", id="late-html"),
        pytest.param(b"PK\x03\x04" + bytes(100), "a zip archive", id="zip"),
        pytest.param(bytes(range(256)) * 10, "a binary file", id="binary"),
        pytest.param(gzip.compress(message(1)), "a binary file", id="gzip"),
        pytest.param(message(1)[48:], "a text without message separators", id="no-separator"),
        pytest.param(b"Some words.\n" * 100, "a text without message separators", id="long-text"),
        pytest.param(b"Just some words.\n", "a text without message separators", id="text"),
        pytest.param(b"From the start.\n", "a text without message separators", id="sentence"),
        pytest.param(b"From", "a text without message separators", id="from"),
    ],
)
def test_what_is_no_mailbox_is_unparseable(data, what):
    with pytest.raises(Unparseable) as raised:
        read(data)
    assert raised.value.outcome is Outcome.UNPARSEABLE
    assert raised.value.line.startswith(f"a.mbox: {what}, no mailbox → ")


@given(data=st.binary(max_size=300))
def test_bytes_after_a_message_never_break_the_reading(data):
    assert ids(message(1) + data)[0] == "1@example.org"


# ---- streams ------------------------------------------------------------------------------


class Dripping:
    """A stream that hands out a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data, self.step = io.BytesIO(data), step

    def read(self, size: int = -1, /) -> bytes:
        return self.data.read(self.step)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
def test_pieces_of_any_size_read_the_same(step):
    data = b"".join(message(n, body="From the body\n") for n in range(6))
    stream = Dripping(data.replace(b"\n", b"\r\n"), step)
    posts = read_mbox(stream, where="a.mbox", fetched_at=FETCHED)
    assert [post.post_id for post in posts] == [f"{n}@example.org" for n in range(6)]


def test_a_head_over_the_limit_is_read_in_part_and_the_next_message_whole():
    fat = message(1).replace(b"\n\n", b"\nX-Fat: " + b"x" * 3_000_000 + b"\n\n", 1)
    assert ids(fat + message(2)) == ["1@example.org", "2@example.org"]


def test_memory_does_not_grow_with_the_file():
    class Endless:
        """Ten messages of 5 MB, made while they are read."""

        def __init__(self) -> None:
            self.left = 500

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            if self.left < 0:
                return b""
            return message(self.left) if self.left % 50 == 49 else b"x\n" * 50_000

    tracemalloc.start()
    posts = sum(1 for _ in read_mbox(Endless(), where="a.mbox", fetched_at=FETCHED))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert posts == 10
    assert peak < 8_000_000


def test_posts_come_out_before_the_stream_is_read_to_its_end():
    class Watched(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return super().read(size)

    stream = Watched(message(1) + b"x\n" * 5_000_000)
    next(read_mbox(stream, where="a.mbox", fetched_at=FETCHED))
    assert stream.reads < 4


def cut_stream(data: bytes, at: int):
    """A packed stream that unpacks to `data[:at]` and is cut off there."""
    return open_packed(gzip.compress(data[:at])[:-8], limit_bytes=1_000_000, where="a.gz")


def test_a_cut_mailbox_gives_the_posts_before_the_cut_and_then_fails():
    data = message(1) + message(2) + message(3)
    posts = read_mbox(cut_stream(data, len(data)), where="a.gz", fetched_at=FETCHED)
    assert [next(posts).post_id for _ in range(3)] == [f"{n}@example.org" for n in (1, 2, 3)]
    with pytest.raises(Truncated):
        next(posts)


@pytest.mark.parametrize("cut", [10, 60, 120, 150])
def test_a_head_that_is_cut_is_not_given_out(cut):
    whole = message(1)
    posts = read_mbox(cut_stream(whole * 2, len(whole) + cut), where="a.gz", fetched_at=FETCHED)
    assert next(posts).post_id == "1@example.org"
    with pytest.raises(Truncated):
        next(posts)


def test_a_stream_that_is_cut_at_once_fails():
    posts = read_mbox(cut_stream(message(1), 30), where="a.gz", fetched_at=FETCHED)
    with pytest.raises(Truncated):
        next(posts)


def test_too_large_a_mailbox_gives_its_beginning_and_then_fails():
    stream = open_packed(gzip.compress(message(1) * 100), limit_bytes=1000)
    posts = read_mbox(stream, where="a.gz", fetched_at=FETCHED)
    assert next(posts).post_id == "1@example.org"
    with pytest.raises(Unparseable) as raised:
        list(posts)
    assert raised.value.outcome is Outcome.TOO_LARGE
