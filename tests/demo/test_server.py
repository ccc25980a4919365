"""The loopback archive server: what clients and tests rely on."""

from __future__ import annotations

import http.client
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest

from demo.answer import Answer
from demo.server import SPARE_HOST, ArchiveServer

CHANGED = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


def ask(server, path, *, host=SPARE_HOST, method="GET", headers=None):
    connection = http.client.HTTPConnection(host, server.port, timeout=5)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_a_page_that_was_put_up_is_served_with_its_length_and_validators(archive_server):
    archive_server.put("/a.txt", Answer(body=b"hello", last_modified=CHANGED))
    response, body = ask(archive_server, "/a.txt")
    assert (response.status, body) == (200, b"hello")
    assert response.headers["Content-Length"] == "5"
    assert response.headers["Last-Modified"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert response.headers["ETag"].startswith('"5-')


def test_a_page_that_is_known_by_its_tag_is_answered_304_without_a_body(archive_server):
    archive_server.put("/a.txt", Answer(body=b"hello", last_modified=CHANGED))
    tag = ask(archive_server, "/a.txt")[0].headers["ETag"]
    response, body = ask(archive_server, "/a.txt", headers={"If-None-Match": f'"old", W/{tag}'})
    assert (response.status, body) == (304, b"")
    assert response.headers["ETag"] == tag


@pytest.mark.parametrize(
    ("since", "status"),
    [("Sun, 01 Mar 2026 12:00:00 GMT", 304), ("Sun, 01 Mar 2026 11:59:59 GMT", 200)],
)
def test_a_page_that_is_known_by_its_date_is_answered_304(archive_server, since, status):
    archive_server.put("/a.txt", Answer(body=b"hello", last_modified=CHANGED))
    response, _ = ask(archive_server, "/a.txt", headers={"If-Modified-Since": since})
    assert response.status == status


def test_an_unreadable_date_makes_a_request_unconditional(archive_server):
    archive_server.put("/a.txt", Answer(body=b"hello", last_modified=CHANGED))
    response, _ = ask(archive_server, "/a.txt", headers={"If-Modified-Since": "yesterday"})
    assert response.status == 200


def test_the_same_size_at_another_time_is_another_tag(archive_server):
    older = Answer(body=b"hello", last_modified=CHANGED)
    newer = Answer(body=b"olleh", last_modified=CHANGED + timedelta(seconds=1))
    assert older.etag != newer.etag


def test_a_page_without_a_date_of_change_is_never_304(archive_server):
    archive_server.put("/a.txt", Answer(body=b"hello"))
    response, _ = ask(archive_server, "/a.txt", headers={"If-None-Match": "*"})
    assert response.status == 200
    assert response.headers["ETag"] is None


def test_a_head_request_gets_the_headers_only(archive_server):
    archive_server.put("/a.txt", Answer(body=b"hello", last_modified=CHANGED))
    response, body = ask(archive_server, "/a.txt", method="HEAD")
    assert (response.headers["Content-Length"], body) == ("5", b"")


def test_the_log_says_who_asked_what_and_how(archive_server):
    archive_server.put("/a.txt", Answer(body=b"hello", last_modified=CHANGED))
    ask(archive_server, "/a.txt?x=1", headers={"User-Agent": "tester", "If-None-Match": '"x"'})
    ask(archive_server, "/robots.txt")
    entry, robots = archive_server.log
    assert (entry.host, entry.method, entry.path) == (SPARE_HOST, "GET", "/a.txt?x=1")
    assert (entry.status, entry.conditional, entry.user_agent) == (404, True, "tester")
    assert entry.began <= entry.ended <= robots.began
    assert robots.status == 200
    assert archive_server.requests() == [entry]
    assert archive_server.requests("127.9.9.9") == []


def test_requests_one_after_the_other_never_seem_to_overlap(archive_server):
    archive_server.put("/a.txt", Answer(body=b"hello"))
    for _ in range(50):
        ask(archive_server, "/a.txt")
    assert {entry.in_flight for entry in archive_server.log} == {1}


def test_requests_at_the_same_time_are_counted_per_host(archive_server):
    started, both = threading.Event(), threading.Barrier(2)

    def together(_times):
        started.set()
        both.wait(timeout=5)
        return Answer(body=b"x")

    archive_server.put("/slow", together)
    archive_server.put("/else", Answer(body=b"x"), host="127.77.2.2")
    clients = [threading.Thread(target=ask, args=(archive_server, "/slow")) for _ in range(2)]
    clients[0].start()
    assert started.wait(timeout=5)
    ask(archive_server, "/else", host="127.77.2.2")
    clients[1].start()
    for client in clients:
        client.join()
    assert sorted(entry.in_flight for entry in archive_server.requests(SPARE_HOST)) == [1, 2]
    assert [entry.in_flight for entry in archive_server.requests("127.77.2.2")] == [1]


def test_a_behaviour_can_depend_on_how_often_it_was_asked(archive_server):
    archive_server.put("/a", lambda times: Answer(status=503) if times < 2 else Answer(body=b"ok"))
    assert [ask(archive_server, "/a")[0].status for _ in range(3)] == [503, 503, 200]


def test_a_host_can_hang_up(archive_server):
    archive_server.put("/a", Answer(hang_up=True))
    with pytest.raises(http.client.RemoteDisconnected):
        ask(archive_server, "/a")
    assert archive_server.log[0].status == 0


def test_a_host_can_break_off_in_the_middle(archive_server):
    archive_server.put("/a", Answer(body=b"0123456789", lie_about_length=True))
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(archive_server, "/a")
    assert cut.value.partial == b"01234"


def test_an_answer_can_take_its_time(archive_server):
    archive_server.put("/a", Answer(delay_seconds=0.05))
    ask(archive_server, "/a")
    assert archive_server.log[0].ended - archive_server.log[0].began >= 0.05


def test_a_community_page_can_be_replaced_and_given_back(make_archive):
    server = make_archive("newborn-care-forum")
    made_up = server.find("newborn-care-forum")
    server.put(made_up.path, Answer(status=500), host=made_up.host)
    assert ask(server, made_up.path, host=made_up.host)[0].status == 500
    server.forget(made_up.path, host=made_up.host)
    assert ask(server, made_up.path, host=made_up.host)[0].status == 200


def test_only_loopback_hosts_are_served(archive_server):
    with pytest.raises(ValueError, match="not an address of this machine"):
        archive_server.put("/", Answer(), host="0.0.0.0")


def test_every_community_has_a_host_and_an_address_of_its_own(make_archive):
    server = make_archive()
    urls = {server.url_of(made_up.slug) for made_up in server.communities}
    hosts = {made_up.host for made_up in server.communities}
    assert len(urls) == len(hosts) == len(server.communities)
    assert all(url.startswith("http://127.77.0.") for url in urls)


def test_growing_communities_write_on_and_silent_ones_do_not(make_archive):
    server = make_archive("newborn-care-forum", "rural-pharmacy")
    growing, silent = (server.find(slug) for slug in ("newborn-care-forum", "rural-pharmacy"))
    before = [ask(server, one.path, host=one.host) for one in (growing, silent)]
    server.advance(NOW + timedelta(days=3))
    after = [ask(server, one.path, host=one.host) for one in (growing, silent)]
    assert before[0][0].headers["ETag"] != after[0][0].headers["ETag"]
    assert before[1][0].headers["ETag"] == after[1][0].headers["ETag"]
    with pytest.raises(ValueError, match="go back"):
        server.advance(NOW)


def test_two_servers_run_side_by_side():
    with ArchiveServer(NOW, only=()) as one, ArchiveServer(NOW, only=()) as other:
        assert one.port != other.port
        one.put("/a", Answer(body=b"one"))
        assert ask(other, "/a")[0].status == 404


def test_a_stopped_server_lets_nobody_in_not_even_by_an_open_connection():
    with ArchiveServer(NOW, only=()) as server:
        kept = socket.create_connection((SPARE_HOST, server.port), timeout=5)
        kept.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while not said.endswith(b"Disallow: /mailman/admin/\n"):
            said += kept.recv(4_096)
    with pytest.raises(ConnectionRefusedError):
        ask(server, "/")
    with kept:
        assert kept.recv(4_096) == b""
