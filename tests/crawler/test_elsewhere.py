"""Where an archive went: domains, redirects, hidden "not found" pages; with real crawls."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from crawler.elsewhere import (
    impossible_address,
    looks_the_same,
    registrable_domain,
)
from demo.answer import Answer
from domain.outcome import Outcome
from domain.proposal import ProposalKind
from domain.records import Platform
from store.engine import reading, writing
from store.moves import change_address, list_moves, undo_address_change
from store.posts import count_posts, load_coverage
from store.proposals import list_open_proposals, list_proposals
from store.sources import load_source

DECISION = 7
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>
<link>http://x.example.org/</link><description>d</description>
<item><guid isPermaLink='false'>1</guid><title>t</title><pubDate>Thu, 01 Oct 2026 10:00:00 GMT
</pubDate></item></channel></rss>"""
SORRY = "<html><head><title>Sorry</title></head><body><h1>Not here</h1><p>{words}</p></body></html>"


def make_feed() -> Answer:
    return Answer(body=FEED.encode(), content_type="application/rss+xml")


def make_page(title: str, body: str, status: int = 200, **headers: str) -> Answer:
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"
    return Answer(status=status, body=html.encode(), headers=tuple(headers.items()))


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://lists.health.example.co.uk/x", "example.co.uk"),
        ("https://www.example.org/", "example.org"),
        ("http://127.77.1.1:8000/x", "127.77.1.1"),
        ("http://localhost/x", "localhost"),
    ],
)
def test_the_registered_part_of_a_host_is_known_without_asking_anybody(url, domain):
    assert registrable_domain(url) == domain


def test_the_impossible_address_is_beside_the_archive_and_has_no_query():
    made = impossible_address("https://a.example.org/pipermail/health/?x=1#y", seed="s")
    assert made.startswith("https://a.example.org/pipermail/no-such-page-")
    assert made.endswith("/")
    assert made == impossible_address("https://a.example.org/pipermail/health/?x=1#y", seed="s")
    assert made != impossible_address("https://a.example.org/pipermail/health/?x=1#y", seed="t")
    assert impossible_address("https://a.example.org", seed="s").count("/") == 3


def test_pages_are_the_same_but_for_the_address_and_the_numbers_that_they_repeat():
    one = SORRY.format(words="We could not find that page today, request 1234 for feed").encode()
    two = SORRY.format(words="We could not find that page today, request 99 for feed").encode()
    other = SORRY.format(words="Our archive has a new design. Read all discussions").encode()
    assert looks_the_same(one, two)
    assert not looks_the_same(one, other)
    assert not looks_the_same(one, one.replace(b"</p>", b"</p><ul><li>a<li>b<li>c</ul>"))


# What a known feed's address turns into; the outcome; the proposal.
LOSSES = {
    "hidden not found": (
        make_page("Sorry", "<h1>Sorry</h1><p>We cannot find this page.</p>"),
        True,
        Outcome.NOT_FOUND,
        None,
    ),
    "redesigned": (
        make_page("Health", "<h1>Health</h1><p>Read our discussions in a new design.</p>"),
        False,
        Outcome.LAYOUT_CHANGED,
        None,
    ),
    "parked by words": (
        make_page("x", "<p>This domain is for sale!</p>"),
        True,
        Outcome.PARKED,
        ProposalKind.PARKED,
    ),
    "parked by title": (make_page("HOST", "<p>Related links</p>"), True, Outcome.PARKED, "parked"),
    "notice": (
        make_page(
            "Moved", "<p>This list has moved to <a href='https://lists.example.net/h/'>here</a></p>"
        ),
        True,
        Outcome.MOVED,
        ProposalKind.MOVED,
    ),
    "closed": (make_page("x", "<p>Cette liste est fermée.</p>"), True, Outcome.GONE, "closed"),
    "gone": (make_page("x", "<p>x</p>", 410), True, Outcome.GONE, ProposalKind.GONE),
    "home page": (make_page("x", "x", 302, Location="/"), False, Outcome.NOT_FOUND, None),
    "another domain": (
        make_page("x", "x", 302, Location="http://127.78.9.9:PORT/boats"),
        False,
        Outcome.PARKED,
        ProposalKind.PARKED,
    ),
    "another domain, named": (
        make_page("x", "x", 302, Location="http://127.78.9.9:PORT/feed-of-health"),
        False,
        Outcome.MOVED,
        ProposalKind.MOVED,
    ),
}


class Everywhere:
    """A site that gives one page for every address."""

    def __init__(self, said: Answer) -> None:
        self.said = said

    def answer(self, path, query):
        return None if path == "/robots.txt" else self.said


def put_loss(server, host: str, answer: Answer, *, everywhere: bool) -> None:
    headers = tuple((n, v.replace("PORT", str(server.port))) for n, v in answer.headers)
    body = answer.body.replace(b"HOST", host.encode())
    said = Answer(status=answer.status, body=body, headers=headers)
    server.put("/feed-of-health", said, host=host)
    if everywhere:
        server._sites[host] = Everywhere(said)


def test_each_loss_of_a_known_source_has_its_outcome_and_proposes_without_changing_anything(
    archive_server, workshop
):
    hosts = {name: f"127.78.1.{n}" for n, name in enumerate(LOSSES, 1)}
    archive_server.put("/boats", make_page("Boats", "<p>Sails</p>"), host="127.78.9.9")
    archive_server.put("/feed-of-health", make_page("Health", "<p>Hi</p>"), host="127.78.9.9")
    sources = {}
    for name, host in hosts.items():
        url = archive_server.put("/feed-of-health", make_feed(), host=host)
        archive_server.put("/", make_page("Home", "<p>Welcome home</p>"), host=host)
        sources[name] = workshop.watch(name, url, Platform.FEED)
    workshop.crawl()
    for name, (answer, everywhere, _, _) in LOSSES.items():
        put_loss(archive_server, hosts[name], answer, everywhere=everywhere)
    asked_before = len(archive_server.requests())
    visited = workshop.crawl()
    found = {name: visited[name].report.outcome for name in LOSSES}
    assert found == {name: outcome for name, (_, _, outcome, _) in LOSSES.items()}
    with reading(workshop.engine) as s:
        proposed = {n: [p.kind for p in list_proposals(s, one.id)] for n, one in sources.items()}
        assert {n: load_source(s, n).url for n in LOSSES} == {n: o.url for n, o in sources.items()}
        assert {count_posts(s, one.id) for one in sources.values()} == {1}
    assert proposed == {n: [kind] if kind else [] for n, (_, _, _, kind) in LOSSES.items()}
    asked = [e.host for e in archive_server.requests()[asked_before:] if "no-such-page" in e.path]
    assert sorted(asked) == sorted(
        hosts[name] for name in ("hidden not found", "redesigned", "parked by title")
    )
    # A sign that went away withdraws its proposal.
    del archive_server._sites[hosts["closed"]]
    archive_server.put("/feed-of-health", make_feed(), host=hosts["closed"])
    assert workshop.crawl("closed")["closed"].report.outcome.saw
    with reading(workshop.engine) as s:
        assert list_open_proposals(s, of=[sources["closed"].id]) == []
        assert len(list_proposals(s, sources["closed"].id)) == 1


def test_a_redirect_that_a_person_took_back_moves_the_source_no_more(archive_server, workshop):
    new = archive_server.put("/feed", make_feed(), host="127.78.2.2")
    gone = make_page("x", "x", 301, Location=new)
    old = archive_server.put("/feed", gone, host="127.78.2.1")
    source = workshop.watch("a", old, Platform.FEED)
    workshop.crawl()
    with writing(workshop.engine) as s:
        assert load_source(s, "a").url == new
        assert undo_address_change(s, source.id, workshop.clock()).url == old
        assert undo_address_change(s, source.id, workshop.clock()) is None
    assert workshop.crawl()["a"].report.outcome.saw
    with reading(workshop.engine) as s:
        assert load_source(s, "a").url == old
        assert len(list_moves(s, source.id)) == 1


def test_a_source_that_a_person_moved_is_read_by_the_adapter_that_recognises_its_new_page(
    make_archive, workshop
):
    server = make_archive("newborn-care-forum", now=datetime.now(UTC))
    new = server.url_of("newborn-care-forum")
    source = workshop.watch("a", server.put("/feed", make_feed()), Platform.FEED)
    workshop.crawl()
    with writing(workshop.engine) as s:
        s.execute(text("PRAGMA defer_foreign_keys = ON"))
        change_address(s, source.id, new, workshop.clock(), decision_id=DECISION)
        s.execute(
            text(
                "INSERT INTO users (id, name, address, role, added_at) VALUES "
                "(1, 'A', 'a@example.org', 'curator', '2026-01-01')"
            )
        )
        s.execute(
            text(
                "INSERT INTO decisions (id, community_id, answer, decided_at, user_id, note) "
                f"VALUES ({DECISION}, {source.community_id}, 'moved', '2026-01-01', 1, '')"
            )
        )
    first = workshop.crawl()["a"]
    assert not first.report.outcome.saw
    assert first.next_due <= workshop.clock()
    with reading(workshop.engine) as s:
        assert (load_source(s, "a").platform, load_source(s, "a").url) == (
            server.find("newborn-care-forum").platform,
            new,
        )
    assert workshop.crawl()["a"].report.outcome is Outcome.READ
    with writing(workshop.engine) as s:
        back = undo_address_change(s, source.id, workshop.clock(), decision_id=DECISION)
    assert (back.platform, back.url) == (Platform.FEED, source.url)


def test_a_frozen_archive_proves_nothing_after_its_last_post(archive_server, workshop):
    index = (
        "<h1>Archives</h1>{notice}<table border=3><tr><td>March 2021:</td>"
        "<td><a href='2021-March/thread.html'>[ Thread ]</a></td>"
        "<td><a href='2021-March.txt'>[ Text 1 KB ]</a></td></tr></table>"
    )
    month = (
        b"From amina at example.org  Thu Mar  4 10:00:00 2021\nFrom: amina at example.org (A)\n"
        b"Date: Thu, 4 Mar 2021 10:00:00 +0000\nSubject: x\nMessage-ID: <1@example.org>\n\nHi\n"
    )
    notice = "<p>Esta lista ha sido archivada.</p>"
    page = make_page("x", index.format(notice=notice))
    url = archive_server.put("/pipermail/h/", page)
    for name in ("2021-March.txt", "2021-March.txt.gz"):
        archive_server.put(f"/pipermail/h/{name}", Answer(body=month, content_type="text/plain"))
    source = workshop.watch("h", url)
    assert workshop.crawl()["h"].report.outcome is Outcome.GONE
    with reading(workshop.engine) as s:
        assert max(seen.end for seen in load_coverage(s, source.id)) == datetime(
            2021, 3, 4, 10, tzinfo=UTC
        )
        assert [one.sentence for one in list_open_proposals(s)] == ["Esta lista ha sido archivada."]
