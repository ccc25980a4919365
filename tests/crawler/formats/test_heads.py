"""One message head: its id, its thread, its date, its author, its subject."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.heads import read_head
from domain.records import DateBasis, ReadPost
from domain.window import Month

FETCHED = datetime(2026, 1, 1, tzinfo=UTC)
ENVELOPE = "Fri Mar 14 12:00:20 2025"
MARCH = Month(2025, 3).window


def read(*lines: str | bytes, envelope: str = ENVELOPE, **facts) -> ReadPost:
    raw = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines) + b"\n"
    post = read_head(raw, envelope=envelope, fetched_at=FETCHED, **facts)
    assert post is not None
    return post


def test_an_ordinary_head_is_read():
    post = read(
        "Received: from mx.example.org by lists.example.org; Fri, 14 Mar 2025 12:00:10 +0000",
        "From: Amina Diallo <amina@example.org>",
        "To: malaria@lists.example.org",
        "Date: Fri, 14 Mar 2025 13:00:00 +0100",
        "Subject: Bed nets in the rainy season",
        "Message-ID: <1.net@example.org>",
    )
    assert post == ReadPost(
        post_id="1.net@example.org",
        at=datetime(2025, 3, 14, 12, tzinfo=UTC),
        basis=DateBasis.SENT,
        author="amina@example.org",
        subject="Bed nets in the rainy season",
    )


@pytest.mark.parametrize(
    ("header", "post_id"),
    [
        pytest.param("Message-ID: <a.1@example.org>", "a.1@example.org", id="plain"),
        pytest.param("message-id:<a.1@example.org>", "a.1@example.org", id="lower-case"),
        pytest.param("Message-ID:\n <a.1@example.org>", "a.1@example.org", id="folded"),
        pytest.param("Message-ID :  <a.1@example.org>  ", "a.1@example.org", id="blanks"),
        pytest.param("Message-ID: <a. 1@example.org >", "a.1@example.org", id="blanks-inside"),
        pytest.param("Message-ID: a.1@example.org", "a.1@example.org", id="no-brackets"),
        pytest.param("Message-ID: <a.1@example.org", "a.1@example.org", id="unclosed"),
        pytest.param("Message-ID: <a.1@x> (added by mx)", "a.1@x", id="comment"),
        pytest.param("Message-ID: <a/b+c%20d?e=f&g#h@x>", "a/b+c%20d?e=f&g#h@x", id="odd-signs"),
        pytest.param(f"Message-ID: <{'x' * 260}@x>", f"{'x' * 260}@x", id="long"),
        pytest.param("Message-ID: <a@x>\r", "a@x", id="crlf"),
    ],
)
def test_the_id_is_the_message_id_without_brackets_and_blanks(header, post_id):
    assert read(header).post_id == post_id


DATE = "Date: Fri, 14 Mar 2025 13:00:00 +0100"
FROM = "From: amina@example.org"


@pytest.mark.parametrize("header", ["Message-ID: <>", "Message-ID:", "Subject: no id"])
def test_a_message_without_id_gets_one(header):
    assert read(header, FROM, DATE).post_id.startswith("made-")


def test_a_made_id_does_not_depend_on_the_envelope():
    first = read(DATE, FROM, "Subject: hello", envelope="Fri Mar 14 12:00:20 2025")
    again = read(DATE, FROM, "Subject: hello", envelope="Fri Mar 14 04:00:20 2025")
    folded = read("Date: Fri, 14 Mar 2025\r\n 13:00:00 +0100\r", FROM, "Subject:  hello\r")
    assert first.post_id == again.post_id == folded.post_id


@pytest.mark.parametrize(
    "other",
    [
        ("Date: Fri, 14 Mar 2025 13:00:01 +0100", FROM, "Subject: hello"),
        (DATE, "From: ben@example.org", "Subject: hello"),
        (DATE, FROM, "Subject: hello again"),
        (DATE, FROM),
    ],
    ids=["date", "from", "subject", "no-subject"],
)
def test_made_ids_differ_with_what_was_said(other):
    assert read(DATE, FROM, "Subject: hello").post_id != read(*other).post_id


@pytest.mark.parametrize("date", [(), ("Date:",)], ids=["missing", "empty"])
def test_without_a_date_header_the_envelope_tells_made_ids_apart(date):
    first = read(FROM, *date, envelope="Fri Mar 14 12:00:20 2025")
    other = read(FROM, *date, envelope="Fri Mar 14 12:00:21 2025")
    assert first.post_id != other.post_id


@pytest.mark.parametrize(
    ("headers", "root"),
    [
        pytest.param((), None, id="starts-a-thread"),
        pytest.param(("In-Reply-To: <b@x>",), "b@x", id="reply"),
        pytest.param(("In-Reply-To: <c@x>", "References: <a@x> <b@x>"), "a@x", id="references"),
        pytest.param(("References: <a@x>\n\t<b@x>\n <c@x>",), "a@x", id="folded"),
        pytest.param(("References: <a@x><b@x>",), "a@x", id="no-blanks"),
        pytest.param(("References: <a @x>",), "a@x", id="blank-in-id"),
        pytest.param(("References: a@x b@x",), "a@x", id="no-brackets"),
        pytest.param(("References:", "In-Reply-To: <b@x>"), "b@x", id="empty-references"),
        pytest.param(("In-Reply-To: b@x",), "b@x", id="reply-no-brackets"),
        pytest.param(("In-Reply-To: <b.1@x",), "b.1@x", id="reply-cut"),
        pytest.param(("In-Reply-To: <b@x> from Ben <ben@y> of today",), "b@x", id="id-first"),
        pytest.param(("In-Reply-To: Ben <ben@y>'s message of Fri <b@x>",), "b@x", id="id-last"),
        pytest.param(
            ('In-Reply-To: Your message of "Fri, 14 Mar" from ben@example.org',), None, id="prose"
        ),
        pytest.param(("References: <own@x>",), None, id="itself"),
    ],
)
def test_a_reply_names_the_root_of_its_thread(headers, root):
    assert read("Message-ID: <own@x>", *headers).reply_to == root


def test_of_two_headers_the_first_counts():
    post = read(
        "Message-ID: <a@x>",
        "Date: Fri, 14 Mar 2025 11:00:00 +0000",
        "Date: Mon, 01 Jan 2001 00:00:00 +0000",
        "From: amina@example.org",
        "From: ben@example.org",
    )
    assert post.at == datetime(2025, 3, 14, 11, tzinfo=UTC)
    assert post.author == "amina@example.org"


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        pytest.param("Subject: Bed nets", "Bed nets", id="plain"),
        pytest.param("Subject: Bed\n  nets", "Bed nets", id="folded"),
        pytest.param("Subject: Bed\r\n\tnets\r", "Bed nets", id="folded-crlf"),
        pytest.param("Subject: =?utf-8?q?se=C3=B1al?=", "señal", id="encoded"),
        pytest.param("Subject: =?utf-8?q?se?=\n =?utf-8?q?=C3=B1al?=", "señal", id="two-words"),
        pytest.param("Subject: señal".encode(), "señal", id="raw-utf-8"),
        pytest.param("Subject: señal".encode("latin-1"), "señal", id="raw-latin-1"),
        pytest.param(b"Subject: Bed\0nets", "Bed nets", id="nul"),
        pytest.param("Subject:", None, id="empty"),
        pytest.param("X-Subject: other", None, id="missing"),
    ],
)
def test_the_subject_is_read(header, subject):
    assert read("Message-ID: <a@x>", header).subject == subject


@pytest.mark.parametrize(
    ("headers", "basis"),
    [
        pytest.param((DATE,), DateBasis.SENT, id="sent"),
        pytest.param(("Date: Fri, 14 Mar 2031 13:00:00 +0100",), DateBasis.ENVELOPE, id="future"),
        pytest.param(("Date: tomorrow",), DateBasis.ENVELOPE, id="words"),
        pytest.param((), DateBasis.ENVELOPE, id="missing"),
        pytest.param(
            ("Received: by mx; Fri, 14 Mar 2025 12:00:10 +0000",), DateBasis.RECEIVED, id="received"
        ),
        pytest.param(("Received: by mx without a date",), DateBasis.ENVELOPE, id="no-semicolon"),
    ],
)
def test_the_date_says_where_it_comes_from(headers, basis):
    post = read("Message-ID: <a@x>", *headers)
    assert post.basis is basis
    assert post.at is not None
    assert post.at.date().isoformat() == "2025-03-14"


def test_a_message_without_date_keeps_the_period_it_is_filed_under():
    post = read("Message-ID: <a@x>", envelope="", filed=MARCH)
    assert (post.at, post.basis, post.filed) == (None, DateBasis.PERIOD, MARCH)


def test_a_dated_message_needs_no_period():
    assert read("Message-ID: <a@x>", DATE, filed=MARCH).filed is None


def test_a_period_before_1990_is_not_kept():
    post = read("Message-ID: <a@x>", envelope="", filed=Month(1945, 2).window)
    assert (post.at, post.basis, post.filed) == (None, DateBasis.UNKNOWN, None)


def test_a_head_that_names_no_message_is_none():
    head = b"Subject: not a message\nX-Mailer: none\n"
    assert read_head(head, envelope=ENVELOPE, fetched_at=FETCHED) is None


def test_a_missing_author_is_nobody():
    assert read("Message-ID: <a@x>").author is None


@given(head=st.binary(max_size=200))
def test_no_head_is_an_error(head):
    for name in (b"", b"From: ", b"Date: ", b"Message-ID: <", b"References: ", b"Received: ;"):
        read_head(name + head, envelope=ENVELOPE, fetched_at=FETCHED, filed=MARCH)
