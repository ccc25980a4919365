"""Manners at the gate, judged by the log of the hosts that were visited."""

from __future__ import annotations

import asyncio
import gzip
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from types import SimpleNamespace

import pytest
from scrapy import Request

from crawler.hosts import HostGate
from crawler.manners import LINE, ROBOTS_BYTES, cut_robots, leave_line
from crawler.order import Probed
from crawler.settings import CrawlSettings
from demo.answer import Answer
from domain.errors import HostBusy
from domain.outcome import Outcome
from domain.records import Platform
from jobs.crawling import CrawlListener, crawl_due, probe
from store.engine import reading, writing
from store.hosts import add_optout, claim_host, release_host, reserve_request, save_robots
from store.posts import count_posts
from store.sources import load_source

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>
<link>http://x.example.org/</link><description>d</description><item>
<guid isPermaLink="false">1</guid><title>t</title><pubDate>01 Oct 2026 10:00:00 GMT</pubDate></item>
</channel></rss>"""
OURS = Answer(body=FEED, content_type="application/rss+xml")
NO_ENTRY = b"User-agent: *\nDisallow: /\n"
MIB = 1024 * 1024
DAY = timedelta(days=1)


def date_in(**span: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(**span), usegmt=True)


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers=(("Location", to),))


def packed(body: bytes) -> Answer:
    return Answer(
        body=gzip.compress(body),
        content_type="application/rss+xml",
        headers=(("Content-Encoding", "gzip"),),
    )


class Street:
    """Houses in a row, each a host with one feed and a source of the same name."""

    def __init__(self, server, workshop, block: int) -> None:
        self.server = server
        self.workshop = workshop
        self.block = block
        self.hosts: dict[str, str] = {}

    def build(self, name: str, *, robots: Answer | None = None, page=OURS, sources=1) -> str:
        host = self.hosts[name] = f"127.77.{self.block}.{len(self.hosts) + 1}"
        if robots is not None:
            self.server.put("/robots.txt", robots, host=host)
        for number in range(sources):
            path = "/feed" if number == 0 else f"/feed{number}"
            url = self.server.put(path, page, host=host)
            self.workshop.watch(name if number == 0 else f"{name} {number}", url, Platform.FEED)
        return host

    def asked(self, name: str) -> list[str]:
        """Paths that the host was asked for, in order."""
        return [entry.path for entry in self.server.log if entry.host == self.hosts[name]]


# ---- robots.txt ---------------------------------------------------------------------------


def test_robots_txt_is_read_as_rfc_9309_says_in_its_corners(archive_server, workshop):
    street = Street(archive_server, workshop, 11)
    elsewhere = archive_server.put("/rules", Answer(body=NO_ENTRY), host="127.77.11.200")
    filler = b"# nothing to see\n" * (ROBOTS_BYTES // 17 + 10)
    cases = {
        "429": (Answer(status=429), Outcome.RATE_LIMITED),
        "503 with seconds": (
            Answer(status=503, headers=(("Retry-After", "7200"),)),
            Outcome.RATE_LIMITED,
        ),
        "503 with a date": (
            Answer(status=503, headers=(("Retry-After", date_in(hours=3)),)),
            Outcome.RATE_LIMITED,
        ),
        "503 without": (Answer(status=503), Outcome.SERVER_ERROR),
        "502": (Answer(status=502), Outcome.SERVER_ERROR),
        "redirects for ever": (redirect("/robots.txt"), Outcome.READ),
        "lives on another host": (redirect(elsewhere, 301), Outcome.REFUSED),
        "long, says no first": (Answer(body=NO_ENTRY + filler * 4), Outcome.REFUSED),
        "long, says no too late": (Answer(body=filler + NO_ENTRY), Outcome.READ),
        "begins with a mark": (Answer(body=b"\xef\xbb\xbf" + NO_ENTRY), Outcome.REFUSED),
        "packed": (packed(NO_ENTRY), Outcome.REFUSED),
        "401": (Answer(status=401, body=NO_ENTRY), Outcome.READ),
    }
    for name, (robots, _) in cases.items():
        street.build(name, robots=robots)
    visited = workshop.crawl()
    found = {name: visited[name].report.outcome for name in cases}
    assert found == {name: outcome for name, (_, outcome) in cases.items()}
    for name, (_, outcome) in cases.items():
        assert ("/feed" in street.asked(name)) is (outcome is Outcome.READ), name
    now = workshop.clock()
    waits = {name: visited[name].report.not_before for name in cases}
    assert abs(waits["503 with seconds"] - now - timedelta(hours=2)) < timedelta(minutes=1)
    assert abs(waits["503 with a date"] - now - timedelta(hours=3)) < timedelta(minutes=1)
    assert visited["503 with a date"].next_due >= waits["503 with a date"]


def test_a_crawl_delay_is_kept_and_a_host_that_does_not_answer_is_asked_for_robots_once(
    archive_server, workshop
):
    street = Street(archive_server, workshop, 12)
    pace = Answer(body=b"User-agent: *\nCrawl-delay: 0.4\n")
    host = street.build("slowly", robots=pace, sources=4)
    street.build("dead", robots=Answer(hang_up=True), sources=4)
    street.build("failing", robots=Answer(status=500), sources=4)
    visited = workshop.crawl()
    assert len(visited) == 12
    assert {name for name, done in visited.items() if done.report.outcome.saw} == {
        name for name in visited if name.startswith("slowly")
    }
    pages = _of_host(archive_server, host)[1:]
    assert len(pages) == 4
    assert all(later.began - sooner.began > 0.38 for sooner, later in pairwise(pages))
    assert street.asked("dead") == ["/robots.txt"] * 2  # a dropped connection is tried once more
    assert street.asked("failing") == ["/robots.txt"]


def test_rules_are_believed_for_a_day_and_read_again_after_it(archive_server, workshop):
    street = Street(archive_server, workshop, 13)
    now = workshop.clock()
    for name, age in (("known", DAY / 2), ("too old", 2 * DAY)):
        host = street.build(name, robots=Answer(status=500))
        origin = f"http://{host}:{archive_server.port}"
        with writing(workshop.engine) as session:
            save_robots(session, origin, status=200, body="", now=now - age)
    visited = workshop.crawl()
    assert visited["known"].report.outcome is Outcome.READ
    assert visited["too old"].report.outcome is Outcome.SERVER_ERROR
    assert street.asked("known") == ["/feed"]


def test_a_robots_txt_is_cut_between_two_lines():
    long = b"Disallow: /private-area\n" * (ROBOTS_BYTES // 20)
    lines = cut_robots(long).splitlines()
    assert set(lines) == {"Disallow: /private-area"}
    assert len(cut_robots(long)) <= ROBOTS_BYTES
    assert cut_robots(b"Disallow: /caf\xe9") == "Disallow: /caf�"


# ---- patience and pace --------------------------------------------------------------------


def test_patience_pace_and_sizes_are_kept_to(archive_server, make_workshop):
    """One crawl: each house has its own trouble, and none holds up another."""
    workshop = make_workshop(more="[crawl]\nmax_answer_mib = 1\nanswer_seconds = 2")
    street = Street(archive_server, workshop, 14)
    zeros = bytes(64 * MIB)
    slow = Answer(body=FEED, content_type=OURS.content_type, delay_seconds=0.3)
    street.build("slow", page=slow, sources=3)
    street.build("never", page=Answer(delay_seconds=6))
    street.build("503 date", page=Answer(status=503, headers=(("Retry-After", date_in(hours=2)),)))
    street.build("500 patience", page=Answer(status=500, headers=(("Retry-After", "3600"),)))
    street.build("bomb", page=packed(zeros))
    street.build("large", page=Answer(body=bytes(2 * MIB)))
    street.build("circle", page=redirect("/feed"))
    street.build("chain", page=redirect("/feed1"))
    for step in range(1, 8):
        archive_server.put(f"/feed{step}", redirect(f"/feed{step + 1}"), host=street.hosts["chain"])
    visited = workshop.crawl()
    expected = {
        "slow": Outcome.READ,
        "never": Outcome.TIMEOUT,
        "503 date": Outcome.RATE_LIMITED,
        "500 patience": Outcome.SERVER_ERROR,
        "bomb": Outcome.TOO_LARGE,
        "large": Outcome.TOO_LARGE,
        "circle": Outcome.SERVER_ERROR,
        "chain": Outcome.SERVER_ERROR,
    }
    assert {name: visited[name].report.outcome for name in expected} == expected
    log = {name: _of_host(archive_server, host) for name, host in street.hosts.items()}
    # The next request leaves only when the answer to the one before it is there.
    assert all(later.began >= sooner.ended for sooner, later in pairwise(log["slow"]))
    assert {entry.in_flight for entry in archive_server.log} == {1}
    assert len(street.asked("chain")) == 1 + 6  # robots.txt, the address, five redirects
    for name in ("503 date", "500 patience"):
        with writing(workshop.engine) as session:
            token = claim_host(
                session, street.hosts[name], "another", workshop.clock(), timedelta(minutes=1)
            )
            turn = reserve_request(
                session, street.hosts[name], token, workshop.clock(), timedelta(0)
            )
        assert turn > workshop.clock() + timedelta(minutes=50), name


def _of_host(server, host: str) -> list:
    return sorted(
        (entry for entry in list(server.log) if entry.host == host), key=lambda entry: entry.began
    )


def test_a_month_that_is_a_bomb_is_left_out_and_the_others_are_read(archive_server, make_workshop):
    workshop = make_workshop(more="[crawl]\nbyte_budget_mib = 8")
    host = "127.77.15.1"
    names = ("2026-August", "2026-September", "2026-October")
    rows = "".join(
        f'<tr><td><A href="{name}/thread.html">[ Thread ]</a></td>'
        f'<td><A href="{name}.txt.gz">[ Gzip\'d Text 1 KB ]</a></td></tr>'
        for name in reversed(names)
    )
    index = f"<html><title>The x Archives</title><table>{rows}</table>".encode()
    url = archive_server.put("/pipermail/x/", Answer(body=index), host=host)
    message = (
        "From ada at example.org  Tue Sep  1 10:00:00 2026\nFrom: ada at example.org (Ada)\n"
        "Date: Tue, 01 Sep 2026 10:00:00 +0000\nMessage-ID: <{n}@example.org>\n\nHello.\n\n"
    )
    for n, name in enumerate(names):
        body = gzip.compress(message.format(n=n).encode())
        if name == names[1]:
            body = gzip.compress(message.format(n=n).encode() + bytes(200 * MIB))
        answer = Answer(body=body, content_type="application/x-gzip")
        archive_server.put(f"/pipermail/x/{name}.txt.gz", answer, host=host)
    workshop.watch("x", url)
    report = workshop.crawl()["x"].report
    assert report.outcome is Outcome.PARTIAL
    assert "2026-September" in report.detail
    assert report.posts_total == 3


def test_those_who_wait_in_line_reserve_nothing(make_workshop):
    """Else the last of many sources would find its turn too far away and be told to come later."""
    workshop = make_workshop()
    settings = CrawlSettings(
        database_url="", user_agent="x", owner="me", allow_private=True, delay_seconds=250.0
    )
    gate = HostGate(SimpleNamespace(), settings, workshop.engine, workshop.clock)
    host = "127.77.16.1"
    now = workshop.clock()
    with writing(workshop.engine) as session:
        save_robots(session, f"http://{host}", status=404, body="", now=now)

    async def ask() -> None:
        first, second, third = (Request(f"http://{host}/{n}", meta={}) for n in range(3))
        await gate.process_request(first)
        assert LINE in first.meta
        waiting = [asyncio.create_task(gate.process_request(one)) for one in (second, third)]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in waiting)
        leave_line(first)
        leave_line(first)  # once is enough
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert not gate.lines[host].locked()

    asyncio.run(ask())
    with writing(workshop.engine) as session:
        token, _ = gate.leases[host]
        turn = reserve_request(session, host, token, now, timedelta(0))
    # The first went at once, the second reserved the moment 250 s on, the third nothing.
    assert timedelta(seconds=480) < turn - now < timedelta(seconds=520)


def test_a_clock_that_is_set_shortens_no_pause_and_lengthens_none(make_workshop):
    workshop = make_workshop()
    settings = CrawlSettings(
        database_url="", user_agent="x", owner="me", allow_private=True, delay_seconds=1.0
    )
    shift = timedelta(0)
    gate = HostGate(SimpleNamespace(), settings, workshop.engine, lambda: workshop.clock() + shift)
    host = "127.77.16.2"
    with writing(workshop.engine) as session:
        save_robots(session, f"http://{host}", status=404, body="", now=workshop.clock())

    async def ask() -> list[float]:
        nonlocal shift
        left: list[float] = []
        for step in (0, 3600, 3600):
            shift += timedelta(seconds=step)
            request = Request(f"http://{host}/", meta={})
            asked = asyncio.create_task(gate.process_request(request))
            await asyncio.sleep(0.3)
            if len(left) == 2:
                shift -= timedelta(seconds=7200)  # while the third waits for its turn
            await asyncio.wait_for(asked, 60)
            left.append(asyncio.get_running_loop().time())
            leave_line(request)
        return left

    first, second, third = asyncio.run(ask())
    assert second - first >= 0.65  # it left a moment before we looked
    assert third - second >= 0.65


# ---- who may not be asked -----------------------------------------------------------------


def test_a_redirect_to_somebody_who_opted_out_is_not_followed(archive_server, workshop):
    street = Street(archive_server, workshop, 17)
    away = archive_server.put("/feed", OURS, host="127.77.17.200")
    street.build("leads away", page=redirect(away))
    street.build("below", page=OURS)
    with writing(workshop.engine) as session:
        add_optout(session, "127.77.17.200", workshop.clock())
        add_optout(session, f"http://{street.hosts['below']}/feed", workshop.clock())
    visited = workshop.crawl()
    assert {done.report.outcome for done in visited.values()} == {Outcome.REFUSED}
    assert "not to be visited" in visited["leads away"].report.detail
    assert _of_host(archive_server, "127.77.17.200") == []
    assert street.asked("below") == []


def test_a_look_by_hand_does_not_take_a_host_from_the_run_that_reads_it(archive_server, workshop):
    found: dict[str, Probed] = {}

    def look_meanwhile(times: int) -> Answer:
        if times == 0:
            found["probe"] = probe(workshop.settings, f"{url}2")
        return OURS

    url = archive_server.put("/feed", look_meanwhile)
    archive_server.put("/feed2", OURS)
    workshop.watch("a", url, Platform.FEED)
    assert workshop.crawl()["a"].report.outcome is Outcome.READ
    assert found["probe"].platform is None
    assert "another run" in found["probe"].detail
    assert {entry.in_flight for entry in archive_server.log} == {1}


# ---- being told to stop -------------------------------------------------------------------


class _Stop(BaseException):
    """As a signal ends the crawl of the service."""


def test_a_crawl_that_is_stopped_waits_for_no_answer_and_leaves_no_lease(archive_server, workshop):
    street = Street(archive_server, workshop, 18)
    asked, enough = threading.Semaphore(0), threading.Event()

    def hang(_times: int) -> Answer:
        asked.release()
        enough.wait(30)
        return OURS

    def read_when_the_others_hang(_times: int) -> Answer:
        for _ in range(2):
            asked.acquire(timeout=30)
        return OURS

    street.build("hangs", page=hang)
    street.build("hangs before", robots=hang)
    street.build("reads", page=read_when_the_others_hang)

    def stop(_source, _new) -> None:
        raise _Stop

    listener = CrawlListener(stored=stop)
    with pytest.raises(_Stop):
        crawl_due(workshop.engine, workshop.settings, workshop.clock, listener, force=True)
    # It is back although no answer came: those are given only now.
    enough.set()
    asked.release(2)
    with reading(workshop.engine) as session:
        source = load_source(session, "reads")
        assert count_posts(session, source.id) == 1
    assert all(_is_free(workshop, host) for host in street.hosts.values())
    assert {done.report.outcome for done in workshop.crawl().values()} == {Outcome.READ}


def _is_free(workshop, host: str) -> bool:
    with writing(workshop.engine) as session:
        token = claim_host(session, host, "another", workshop.clock(), timedelta(minutes=1))
        if token is not None:
            release_host(session, host, "another", token)
    return token is not None


def test_a_lease_of_another_run_is_not_ended(workshop):
    gate = HostGate(
        SimpleNamespace(),
        CrawlSettings(database_url="", user_agent="x", owner="me", allow_private=True),
        workshop.engine,
        workshop.clock,
    )
    with writing(workshop.engine) as session:
        claim_host(session, "127.77.20.1", "other", workshop.clock(), timedelta(minutes=1))
    with pytest.raises(HostBusy):
        asyncio.run(gate.process_request(Request("http://127.77.20.1/")))
