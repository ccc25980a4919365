"""The fault server does what it says: a matrix against a lame server would prove nothing."""

from __future__ import annotations

import gzip
import http.client
import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from demo.answer import Answer, Pages
from tests.faults.certificates import Certificate, make_authority
from tests.faults.faults import (
    TROUBLES,
    bomb,
    cut_gzip,
    flap,
    in_the_future,
    late_by,
    lead_to,
    status,
    with_entities,
)
from tests.faults.server import FaultServer, Reply, Sending

HOST = "127.79.254.1"
CHANGED = datetime(2026, 3, 4, tzinfo=UTC)
FEED = b'<?xml version="1.0"?><feed><title>t</title><published>2026-01-02</published></feed>'
SITE = Pages(
    {
        "/a": lambda: Answer(body=b"page a", last_modified=CHANGED),
        "/b": lambda: Answer(body=b"page b"),
        "/feed": lambda: Answer(body=FEED, content_type="application/atom+xml"),
    }
)


@pytest.fixture
def server():
    with FaultServer() as server:
        server.wrap(HOST, SITE)
        yield server


def ask(server: FaultServer, path: str, **headers: str) -> http.client.HTTPResponse:
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=5)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer


def break_and_ask(server: FaultServer, fault, path: str = "/a") -> http.client.HTTPResponse:
    server.break_(HOST, fault)
    return ask(server, path)


def send(how: Sending):
    return lambda asked, own: Reply(headers=own.headers, body=own.body * 100, sending=how)


def test_an_archive_is_shown_as_it_is_until_something_is_broken(server):
    answer = ask(server, "/a")
    assert (answer.status, answer.body) == (200, b"page a")
    assert ask(server, "/a", **{"If-None-Match": answer.headers["ETag"]}).status == 304
    assert ask(server, "/nowhere").status == 404
    assert ask(server, "/robots.txt").status == 200


def test_a_fault_is_laid_over_one_address_or_what_a_rule_picks(server):
    server.break_(HOST, status(410), path="/a")
    assert [ask(server, path).status for path in ("/a", "/b")] == [410, 200]
    server.break_(HOST, status(403), rule=lambda asked: asked.path == "/b")
    assert [ask(server, path).status for path in ("/a", "/b")] == [410, 403]
    server.mend(HOST)
    assert [ask(server, path).status for path in ("/a", "/b")] == [200, 200]


def test_every_request_is_logged_with_its_time(server):
    began = datetime.now(UTC)
    ask(server, "/a")
    ask(server, "/robots.txt")
    ask(server, "/b", **{"If-Modified-Since": "Wed, 04 Mar 2026 00:00:00 GMT"})
    assert [entry.path for entry in server.requests(HOST)] == ["/a", "/b"]
    first, second = server.requests(HOST)
    assert began <= first.at <= second.at <= began + timedelta(seconds=5)
    assert first.began <= first.ended <= second.began
    assert (first.conditional, second.conditional, first.in_flight) == (False, True, 1)


def test_a_host_that_never_answers_is_logged_without_a_status(server):
    server.break_(HOST, send(Sending.NEVER))
    with socket.create_connection((HOST, server.port), 0.2) as talk:
        talk.sendall(b"GET /a HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            talk.recv(1)
    assert server.requests(HOST) == []  # it is still at it


def test_a_drip_begins_like_any_answer(server):
    """How slow it is, the matrix feels: there no visit outlives its cap."""
    server.break_(HOST, send(Sending.DRIP))
    with socket.create_connection((HOST, server.port), 5) as talk:
        talk.sendall(b"GET /a HTTP/1.1\r\n\r\n")
        seen = b""
        while seen.partition(b"\r\n\r\n")[2][:3] != b"pag":
            seen += talk.recv(1_000)
    assert seen.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("how", [Sending.RESET, Sending.RESET_AT_ONCE])
def test_a_reset_breaks_the_connection(server, how):
    with pytest.raises(ConnectionResetError):
        break_and_ask(server, send(how))


def test_a_cut_promises_more_than_it_sends(server):
    with pytest.raises(http.client.IncompleteRead) as cut:
        break_and_ask(server, send(Sending.CUT))
    assert (len(cut.value.partial), cut.value.expected) == (300, 300)


def test_a_cut_gzip_stream_agrees_with_its_length(server):
    answer = break_and_ask(server, cut_gzip)
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    with pytest.raises(EOFError):
        gzip.decompress(answer.body)


def test_a_bomb_is_small_until_it_is_opened(server):
    answer = break_and_ask(server, bomb)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 100_000
    assert len(gzip.decompress(answer.body)) == 32 << 20


def test_flapping_fails_every_second_time_in_turns(server):
    server.break_(HOST, flap)
    assert [ask(server, "/a").status for _ in range(6)] == [200, 500, 200, 502, 200, 503]


def test_redirects_lead_where_they_are_told(server):
    answer = break_and_ask(server, lead_to(lambda asked: f"{asked.base}/login", 301))
    assert answer.status == 301
    assert answer.headers["Location"] == f"http://{HOST}:{server.port}/login"


def test_a_wrong_clock_shows_in_what_the_server_says_of_the_time(server):
    answer = break_and_ask(server, late_by(400))
    assert answer.headers["Date"] == answer.headers["Last-Modified"]
    assert str(datetime.now(UTC).year) not in answer.headers["Date"]


def test_dates_move_to_a_year_that_has_not_come(server):
    body = break_and_ask(server, in_the_future, "/feed").body
    assert f"<published>{datetime.now(UTC).year + 3}-01-02".encode() in body


def test_entities_are_declared_and_used(server):
    body = break_and_ask(server, with_entities(b'<!ENTITY x SYSTEM "BAIT">'), "/feed").body
    assert b"<title>&x;</title>" in body
    assert f"http://{HOST}:{server.port}/bait".encode() in body


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Certificate.GOOD, None),
        (Certificate.EXPIRED, "expired"),
        (Certificate.SELF_SIGNED, "self-signed"),
        (Certificate.WRONG_HOST, "mismatch"),
    ],
)
def test_a_certificate_is_wrong_in_the_way_it_says(server, tmp_path, kind, why):
    authority = make_authority(tmp_path)
    host = "127.79.254.2"
    base = server.wrap(host, SITE, tls=authority.context(kind, host))
    assert base.startswith("https://")
    trust = ssl.create_default_context(cafile=str(authority.file))
    with closing(
        http.client.HTTPSConnection(host, server.port, timeout=5, context=trust)
    ) as connection:
        if why is None:
            connection.request("GET", "/a")
            assert connection.getresponse().read() == b"page a"
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match=why):
                connection.request("GET", "/a")


def test_only_loopback_hosts_are_served(server):
    with pytest.raises(ValueError, match="not a loopback address"):
        server.wrap("0.0.0.0", SITE)


def test_the_faults_have_names_of_their_own():
    names = [trouble.name for trouble in TROUBLES]
    assert len(set(names)) == len(names) > 50
