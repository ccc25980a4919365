"""Addresses that strangers name, and what answers there: nothing inside is asked for them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from scrapy.resolver import dnscache
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.base import LONGEST_RETRY_AFTER, read_retry_after
from crawler.hosts import GuardedResolver
from demo.answer import Answer
from domain.outcome import Outcome
from domain.records import Platform
from store.engine import writing
from store.hosts import add_optout

FEED = Answer(
    body=b"<rss version='2.0'><channel><title>t</title><item><guid>1</guid><title>t</title>"
    b"<pubDate>Mon, 05 Oct 2026 10:00:00 GMT</pubDate></item></channel></rss>",
    content_type="application/rss+xml",
)
# Each leads to this machine where it is not stopped: by its spelling, by what a resolver makes of
# it, or because two readers of an address disagree where its host begins.
SPELLINGS = (
    "127.0.0.1:{port}",
    "localhost:{port}",
    "LOCALHOST.:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "0177.0.0.1:{port}",
    "0x7f000001:{port}",
    "127.000.000.001:{port}",
    "0.0.0.0:{port}",
    "0:{port}",
    "[::1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "[::ffff:7f00:1]:{port}",
    "[64:ff9b::7f00:1]:{port}",
    "[2002:7f00:1::]:{port}",
    "[::127.0.0.1]:{port}",
    "%31%32%37.0.0.1:{port}",
    "①②⑦.0.0.1:{port}",
    "127。0。0。1:{port}",
    "lists.example.org@127.0.0.1:{port}",
    "lists.example.org:80@127.0.0.1:{port}",
    "127.0.0.1:{port}\\@lists.example.invalid",
    "127.0.0.1:{port}#@lists.example.invalid",
)


def test_no_spelling_of_an_address_leads_inside(archive_server, make_workshop):
    workshop = make_workshop(allow_private=False)
    archive_server.put("/feed", FEED, host="127.0.0.1")
    for number, spelling in enumerate(SPELLINGS):
        host = spelling.format(port=archive_server.port)
        workshop.watch(f"web {number}", f"http://{host}/feed", Platform.FEED)
        workshop.watch(f"news {number}", f"nntp://{host}/comp.test", Platform.NNTP)
    visited = workshop.crawl()
    seen = {name: one.report for name, one in visited.items() if one.report.outcome.saw}
    assert len(visited) == 2 * len(SPELLINGS)
    assert (archive_server.log, seen) == ([], {})
    assert not [one for one in visited.values() if "fault in Rollcall" in one.report.detail]


def test_a_proxy_of_the_environment_is_not_asked_to_fetch_for_us(
    archive_server, make_workshop, monkeypatch
):
    """It would resolve names by itself, behind the guard."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{archive_server.port}")
    workshop = make_workshop()
    workshop.watch("a", "http://lists.example.invalid/feed", Platform.FEED)
    workshop.watch("b", archive_server.put("/feed", FEED, host="127.77.50.1"), Platform.FEED)
    outcomes = {name: one.report.outcome for name, one in workshop.crawl().items()}
    assert outcomes == {"a": Outcome.UNREACHABLE, "b": Outcome.READ}
    assert {entry.host for entry in archive_server.log} == {"127.77.50.1"}


def test_each_step_of_a_redirect_passes_the_gate_again(archive_server, workshop, tmp_path):
    """What the gate forbids stands behind each door: a file, an address without the web, a host."""
    secret = tmp_path / "feed"
    secret.write_bytes(FEED.body)
    shut = "127.77.51.99"
    archive_server.put("/feed", FEED, host=shut)
    with writing(workshop.engine) as session:
        add_optout(session, shut, workshop.clock())
    doors = {
        "file": f"file://{secret}",
        "data": "data:application/rss+xml,<rss version='2.0'><channel/></rss>",
        "ftp": f"ftp://{shut}:{archive_server.port}/feed",
        "s3": "s3://bucket/feed",
        "shut": f"http://{shut}:{archive_server.port}/feed",
        "news": f"nntp://{shut}:{archive_server.port}/comp.test",
        "twice": f"http://127.77.51.98:{archive_server.port}/again",
        "no host": "http:///feed",
        "half a bracket": f"http://[::1:{archive_server.port}/feed",
        "no port": "http://lists.example.invalid:99999999/feed",
        "a letter as port": "http://lists.example.invalid:x/feed",
        "a packed host": f"http://%31%32%37.0.0.1:{archive_server.port}/feed",
        "a long host": f"http://{'a' * 300}.example.invalid/feed",
        "an empty label": "http://lists..example.invalid/feed",
    }
    archive_server.put(
        "/again",
        Answer(status=302, headers=(("Location", doors["shut"]),)),
        host="127.77.51.98",
    )
    for number, (name, target) in enumerate(doors.items(), 1):
        moved = Answer(status=301, headers=(("Location", target),))
        url = archive_server.put("/feed", moved, host=f"127.77.51.{number}")
        workshop.watch(name, url, Platform.FEED)
    visited = workshop.crawl()
    saw = {name: one.report.outcome.saw for name, one in visited.items()}
    assert saw == dict.fromkeys(doors, False)
    assert not [one for one in visited.values() if "fault in Rollcall" in one.report.detail]
    assert shut not in {entry.host for entry in archive_server.log}
    assert "127.77.51.98" in {entry.host for entry in archive_server.log}


# ---- names that lead inside ---------------------------------------------------------------


async def look_up(resolver: GuardedResolver, name: str) -> str:
    found: Deferred[str] = resolver.getHostByName(name)
    return await found.asFuture(asyncio.get_running_loop())


@pytest.fixture
def cached():
    """Puts answers where the resolver looks first, and takes them away again."""
    before = dict(dnscache)
    yield dnscache
    dnscache.clear()
    for name, address in before.items():
        dnscache[name] = address


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "0.0.0.0"])
def test_a_name_that_leads_inside_is_refused_also_from_the_cache(cached, address):
    """A name server may answer a public address first, and another one an instant later."""
    name = "rebind.example.org"
    resolver = GuardedResolver(None, 100, 5, allow_private=False)
    resolver.cache_size = 100
    cached.limit = 100
    cached[name] = "93.184.215.14"
    assert asyncio.run(look_up(resolver, name)) == "93.184.215.14"
    cached[name] = address
    with pytest.raises(DNSLookupError):
        asyncio.run(look_up(resolver, name))


@pytest.mark.parametrize(
    "asked",
    ["-" + "9" * 400, "9" * 5000, "-1", "nan", "1e9", "Mon, 05 Oct 2026 10:00:00 +99999999999999"],
)
def test_a_host_cannot_ask_for_patience_that_breaks_the_visit(asked):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    until = read_retry_after(asked, now)
    assert until is None or now <= until <= now + LONGEST_RETRY_AFTER
