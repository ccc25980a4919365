"""Real crawls: one subprocess, real HTTP on loopback, a real database; the archive's log judges."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from demo.answer import Answer
from domain.outcome import Outcome
from domain.records import Platform
from domain.window import Window, complete_windows
from store.engine import reading, writing
from store.hosts import add_optout
from store.posts import count_posts, load_coverage, load_daily_counts
from store.sources import list_sources, load_source

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>
<link>http://x.example.org/</link><description>d</description>{items}</channel></rss>"""
ITEM = (
    "<item><guid isPermaLink='false'>{n}</guid><title>t</title><author>{author}</author>"
    "<pubDate>{at}</pubDate></item>"
)


def make_feed(count: int, first_day: int = 1, author: str = "") -> Answer:
    days = range(first_day + count - 1, first_day - 1, -1)
    items = "".join(
        ITEM.format(n=day, author=author, at=f"{day:02d} Oct 2026 10:00:00 GMT") for day in days
    )
    return Answer(body=FEED.format(items=items).encode(), content_type="application/rss+xml")


def test_every_made_up_community_is_read_as_the_truth_says(make_archive, workshop):
    server = make_archive(now=datetime.now(UTC))
    workshop.watch_all(server)
    visited = workshop.crawl()
    found = {n: (v.report.outcome, v.report.posts_total) for n, v in visited.items() if v.report}
    assert found == {m.slug: (m.expected.outcome, m.posts) for m in server.communities}
    assert max(entry.in_flight for entry in server.log) == 1
    assert all("operator@example.org" in entry.user_agent for entry in server.log)


def test_a_second_visit_with_nothing_new_is_one_conditional_request(make_archive, workshop):
    server = make_archive("newborn-care-forum")
    workshop.watch_all(server)
    first = workshop.crawl()["newborn-care-forum"].report
    asked_before = len(server.log)
    second = workshop.crawl()["newborn-care-forum"].report
    asked = server.log[asked_before:]
    assert first.posts_new == first.posts_total > 0
    assert [(entry.status, entry.conditional) for entry in asked] == [(304, True)]
    assert (second.outcome, second.posts_new, second.requests) == (Outcome.UNCHANGED, 0, 1)
    assert second.robots_requests == 0


def test_new_posts_are_found_by_the_next_visit(make_archive, workshop):
    start = datetime.now(UTC) - timedelta(days=20)
    server = make_archive("newborn-care-forum", now=start)
    workshop.watch_all(server)
    before = workshop.crawl()["newborn-care-forum"].report
    server.advance(datetime.now(UTC))
    after = workshop.crawl()["newborn-care-forum"].report
    assert after.posts_new > 0
    assert after.posts_total == before.posts_total + after.posts_new
    assert after.requests < before.requests


def test_a_list_that_moved_for_good_gets_its_new_address(make_archive, workshop):
    server = make_archive("vaccine-logistics")
    workshop.watch_all(server)
    workshop.crawl()
    with reading(workshop.engine) as session:
        assert server.find("vaccine-logistics").other_host in list_sources(session)[0].url


def test_a_loopback_address_is_refused_unless_allowed(archive_server, make_workshop):
    workshop = make_workshop(allow_private=False)
    workshop.watch("inside", archive_server.put("/feed", make_feed(3)), Platform.FEED)
    report = workshop.crawl()["inside"].report
    assert report.outcome is Outcome.REFUSED
    assert "allow_private" in report.to_do
    assert archive_server.log == []


def test_a_name_that_leads_to_a_private_address_is_refused_too(archive_server, make_workshop):
    workshop = make_workshop(allow_private=False)
    # Every resolver knows this machine by its own name, which is not spelt like a private one.
    name = "ip6-localhost" if os.uname().nodename in ("", "localhost") else os.uname().nodename
    workshop.watch("inside", f"http://{name}:{archive_server.port}/feed", Platform.FEED)
    report = workshop.crawl()["inside"].report
    assert report.outcome in (Outcome.REFUSED, Outcome.UNREACHABLE)
    assert archive_server.log == []


def test_robots_txt_is_obeyed_as_rfc_9309_says(archive_server, workshop):
    cases = {
        "disallowed": (Answer(body=b"User-agent: *\nDisallow: /feed"), Outcome.REFUSED),
        "by our name": (Answer(body=b"User-agent: rollcall\nDisallow: /"), Outcome.REFUSED),
        "500: keep away": (Answer(status=500), Outcome.SERVER_ERROR),
        "404: all allowed": (Answer(status=404), Outcome.READ),
        "403: all allowed": (Answer(status=403), Outcome.READ),
        "html: no rules": (Answer(body=b"<html>Welcome!</html>"), Outcome.READ),
    }
    for n, (name, (robots, _)) in enumerate(cases.items(), 1):
        host = f"127.77.3.{n}"
        archive_server.put("/robots.txt", robots, host=host)
        url = archive_server.put("/feed", make_feed(3), host=host)
        workshop.watch(name, url, Platform.FEED)
        workshop.watch(f"{name} again", f"{url}?again", Platform.FEED)
        archive_server.put("/feed?again", make_feed(3), host=host)
    visited = workshop.crawl()
    assert {name: visited[name].report.outcome for name in cases} == {
        name: outcome for name, (_, outcome) in cases.items()
    }
    asked = {entry.host for entry in archive_server.requests()}
    assert asked == {"127.77.3.4", "127.77.3.5", "127.77.3.6"}
    asked_for_robots = [entry.host for entry in archive_server.log if entry.path == "/robots.txt"]
    assert sorted(asked_for_robots) == sorted(f"127.77.3.{n}" for n in range(1, 7))


def test_an_opt_out_is_checked_before_every_request(archive_server, workshop):
    url = archive_server.put("/feed", make_feed(3))
    workshop.watch("a", url, Platform.FEED)
    with writing(workshop.engine) as session:
        add_optout(session, url.partition("//")[2].partition(":")[0], workshop.clock())
    assert workshop.crawl()["a"].report.outcome is Outcome.REFUSED
    assert archive_server.log == []


def test_many_sources_of_one_host_are_read_one_at_a_time_and_not_too_fast(
    archive_server, make_workshop
):
    workshop = make_workshop(delay_seconds=0.4)
    for n in range(4):
        url = archive_server.put(f"/feed{n}", make_feed(3))
        workshop.watch(f"source-{n}", url, Platform.FEED)
    workshop.crawl()
    log = sorted(archive_server.log, key=lambda entry: entry.began)
    assert len(log) == 5
    assert max(entry.in_flight for entry in log) == 1
    # Four pauses of 0.4 s; a busy machine may hear the first request late, but not by one of them.
    assert log[-1].began - log[0].began > 1.2


def test_two_processes_never_read_one_host_at_once(archive_server, make_workshop):
    """The second folder shares the database and crawls while the first holds the host."""
    first = make_workshop("first")
    shared = f'database_url = "{first.settings.database_url}"'
    second = make_workshop("second", more=shared)
    heard = {}

    def crawl_from_the_other_folder(times: int) -> Answer:
        if times == 0:
            heard.update(second.crawl("b"))
        return make_feed(3)

    first.watch("a", archive_server.put("/feed-a", crawl_from_the_other_folder), Platform.FEED)
    first.watch("b", archive_server.put("/feed-b", make_feed(3)), Platform.FEED)
    done = first.crawl("a")
    assert done["a"].report.outcome is Outcome.READ
    assert heard["b"].report is None
    assert "another run" in heard["b"].why_not
    assert max(entry.in_flight for entry in archive_server.log) == 1
    assert second.crawl("b")["b"].report.outcome is Outcome.READ


def test_a_host_that_asks_for_patience_is_left_alone_by_every_source(archive_server, workshop):
    busy = Answer(status=429, headers=(("Retry-After", "3600"),))
    workshop.watch("a", archive_server.put("/feed-a", busy), Platform.FEED)
    report = workshop.crawl()["a"].report
    assert report.outcome is Outcome.RATE_LIMITED
    asked = len(archive_server.log)
    workshop.watch("b", archive_server.put("/feed-b", make_feed(3)), Platform.FEED)
    visited = workshop.crawl("b")["b"]
    assert visited.report.outcome is Outcome.RATE_LIMITED
    assert visited.next_due > workshop.clock() + timedelta(minutes=55)
    assert len(archive_server.log) == asked


def test_a_failing_archive_loses_nothing_and_is_never_silence(archive_server, workshop):
    cases = {
        "hangs up": (Answer(hang_up=True), Outcome.UNREACHABLE),
        "500": (Answer(status=500), Outcome.SERVER_ERROR),
        "410": (Answer(status=410), Outcome.GONE),
        "empty 200": (Answer(body=b""), Outcome.LAYOUT_CHANGED),
        "another page": (Answer(body=b"<html><p>Hello"), Outcome.LAYOUT_CHANGED),
        "shorter than it says": (replace(make_feed(5), lie_about_length=True), Outcome.PARTIAL),
    }
    hosts = {name: f"127.77.4.{n}" for n, name in enumerate(cases, 1)}
    sources = [
        workshop.watch(
            name, archive_server.put("/feed", make_feed(5), host=hosts[name]), Platform.FEED
        )
        for name in cases
    ]
    workshop.crawl()
    with reading(workshop.engine) as session:
        covered = {one.name: complete_windows(load_coverage(session, one.id)) for one in sources}
    for name, (said, _) in cases.items():
        archive_server.put("/feed", said, host=hosts[name])
    visited = workshop.crawl()
    found = {n: (done.report.outcome, done.report.posts_total) for n, done in visited.items()}
    assert found == {name: (outcome, 5) for name, (_, outcome) in cases.items()}
    with reading(workshop.engine) as session:
        after = {one.name: complete_windows(load_coverage(session, one.id)) for one in sources}
    assert after == covered


def test_a_spider_runs_alone_with_the_same_manners_and_shows_nobody(archive_server, workshop):
    url = archive_server.put("/feed", make_feed(3, author="amina@example.org"))
    command = [sys.executable, "-m", "scrapy", "crawl", "feed", "-a", f"url={url}", "-O", "-:json"]
    environ = {
        **os.environ,
        "ROLLCALL_DATA": str(workshop.folder),
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
    }
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    *posts, verdict = json.loads(run.stdout)
    assert [post["subject"] for post in posts] == ["t", "t", "t"]
    assert verdict["outcome"] == "read"
    assert "amina" not in run.stdout
    assert [entry.path for entry in archive_server.log] == ["/robots.txt", "/feed"]


def test_when_most_hosts_do_not_answer_it_is_our_own_network(workshop):
    # Nobody listens on these: the kernel refuses at once.
    for n in range(1, 5):
        workshop.watch(f"s{n}", f"http://127.99.0.{n}:9/feed", Platform.FEED)
    visited = workshop.crawl()
    assert {done.report.outcome for done in visited.values()} == {Outcome.OUR_NETWORK_DOWN}
    with reading(workshop.engine) as session:
        assert {source.failures for source in list_sources(session)} == {0}


def test_one_dead_host_among_living_ones_is_its_own_fault(archive_server, workshop):
    workshop.watch("living", archive_server.put("/feed", make_feed(3)), Platform.FEED)
    workshop.watch("dead", "http://127.99.0.1:9/feed", Platform.FEED)
    visited = workshop.crawl()
    assert visited["dead"].report.outcome is Outcome.UNREACHABLE
    assert visited["living"].report.outcome is Outcome.READ


def test_a_kill_in_the_middle_of_a_first_crawl_changes_no_count(make_archive, make_workshop):
    server = make_archive("newborn-care-forum")
    made_up = server.find("newborn-care-forum")
    whole, killed = make_workshop("whole"), make_workshop("killed")
    for workshop in (whole, killed):
        workshop.watch_all(server)
    expected = whole.crawl()["newborn-care-forum"].report.posts_total
    middle = [entry.path for entry in server.requests() if entry.path.endswith((".txt", ".gz"))][8]
    code = (
        "import sys, config\n"
        "from datetime import UTC, datetime\n"
        "from jobs.crawling import CrawlListener, crawl_due\n"
        "from store.engine import open_database\n"
        f"settings = config.load(__import__('pathlib').Path({str(killed.folder)!r}), {{}})\n"
        "engine = open_database(settings.database_url)\n"
        "crawl_due(engine, settings, lambda: datetime.now(UTC), CrawlListener(), force=True)\n"
    )
    crawl = subprocess.Popen([sys.executable, "-c", code])

    def kill_the_crawl(times: int) -> None:
        if crawl.poll() is None:
            os.kill(crawl.pid, signal.SIGKILL)

    server.put(middle, kill_the_crawl, host=made_up.host)
    assert crawl.wait(timeout=60) == -signal.SIGKILL
    with reading(killed.engine) as session:
        source = load_source(session, "newborn-care-forum")
        assert 0 < count_posts(session, source.id) < expected
    report = killed.crawl()["newborn-care-forum"].report
    assert (report.outcome, report.posts_total) == (Outcome.READ, expected)
    year = Window(start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2027, 1, 1, tzinfo=UTC))
    counts = []
    for workshop in (whole, killed):
        with reading(workshop.engine) as session:
            counts.append(load_daily_counts(session, source.community_id, year))
    assert counts[0] == counts[1]
