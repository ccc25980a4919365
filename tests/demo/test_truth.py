"""The made-up directory: complete, invented, and as large as it says."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from itertools import chain
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html

from demo.madeup import FLAG_QUESTIONS, UNREADABLE, Show
from demo.sites import build_sites
from demo.truth import COMMUNITIES, build_directory, describe_state
from domain.outcome import FlagKind, Marker, Outcome, Status
from domain.records import Platform

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DIRECTORY = build_directory(NOW)
PORT = 8000
by_slug = pytest.mark.parametrize("made_up", DIRECTORY, ids=lambda made_up: made_up.slug)


def sites_of(made_up, now=NOW):
    messages = made_up.history(anchor=now, until=now)
    return build_sites(made_up, messages, anchor=now, now=now, port=PORT)


def ids_in_pipermail(site, made_up):
    index = site.answer(made_up.path, {}).body.decode("latin-1")
    for name in re.findall(r'href="([^"]+\.txt(?:\.gz)?)"', index):
        answer = site.answer(made_up.path + name, {})
        if answer is not None and answer.status == 200:
            body = gzip.decompress(answer.body) if name.endswith(".gz") else answer.body
            yield from re.findall(rb"^Message-ID: <(.+)>$", body, re.MULTILINE)


def ids_in_threads(site, made_up):
    index = site.answer(made_up.path, {}).body.decode()
    for name in re.findall(r'href="([^"]+/thread\.html)"', index):
        text = site.answer(made_up.path + name, {}).body.decode()
        yield from re.findall(r"<!--\d [\d.-]+?(\d+)- -->", text)


def ids_in_hyperkitty(site, made_up):
    body = gzip.decompress(site.answer(f"{made_up.path}export/x.mbox.gz", {}).body)
    return re.findall(rb"^Message-ID: <(.+)>$", body, re.MULTILINE)


def ids_in_feed(site, made_up):
    body = site.answer(made_up.path, {}).body
    if made_up.path.endswith(".json"):
        return [item["id"] for item in json.loads(body)["items"]]
    return re.findall(rb"<(?:id|guid[^>]*)>tag:(.+?)</(?:id|guid)>", body)


def visible_ids(made_up):
    site = sites_of(made_up)[
        made_up.other_host if made_up.show is Show.REDIRECTED else made_up.host
    ]
    if made_up.show is Show.TEXT_REFUSED:
        return list(ids_in_threads(site, made_up))
    read = {
        Platform.PIPERMAIL: ids_in_pipermail,
        Platform.HYPERKITTY: ids_in_hyperkitty,
        Platform.FEED: ids_in_feed,
    }
    return list(read[made_up.platform](site, made_up))


def test_the_directory_shows_three_platforms_and_every_way_of_showing():
    assert len(DIRECTORY) >= 16
    assert {made_up.platform for made_up in DIRECTORY} == {
        Platform.FEED,
        Platform.PIPERMAIL,
        Platform.HYPERKITTY,
    }
    assert {made_up.show for made_up in DIRECTORY} == set(Show)


def test_names_and_hosts_are_told_apart():
    assert len({made_up.slug for made_up in DIRECTORY}) == len(DIRECTORY)
    assert len({made_up.name for made_up in DIRECTORY}) == len(DIRECTORY)
    hosts = [host for made_up in DIRECTORY for host in sites_of(made_up)]
    assert len(set(hosts)) == len(hosts)
    assert all(host.startswith("127.77.") for host in hosts)


def test_the_directory_is_the_same_all_day_and_another_with_another_seed():
    assert build_directory(NOW.replace(hour=23, minute=59)) == DIRECTORY
    assert build_directory(NOW, seed=8) != DIRECTORY


@pytest.mark.parametrize(
    "made_up",
    [one for one in DIRECTORY if one.show not in UNREADABLE],
    ids=lambda made_up: made_up.slug,
)
def test_an_archive_holds_as_many_distinct_posts_as_it_says(made_up):
    ids = visible_ids(made_up)
    assert len(set(ids)) == made_up.posts > 0
    assert len(ids) == made_up.posts * (2 if made_up.show is Show.REBUILT else 1)


@pytest.mark.parametrize(
    "made_up",
    [one for one in DIRECTORY if one.show in UNREADABLE],
    ids=lambda made_up: made_up.slug,
)
def test_an_archive_that_cannot_be_read_promises_no_posts(made_up):
    assert made_up.posts == 0
    assert made_up.expected.status is Status.UNVERIFIABLE
    assert made_up.expected.outcome not in (Outcome.READ, Outcome.UNCHANGED)


def links_of(url, answer):
    if not answer.content_type.startswith("text/html") or not answer.body:
        return []
    tree = html.fromstring(answer.body)
    found = chain(*(tree.xpath(f"//@{name}") for name in ("href", "src", "action")))
    return [urljoin(url, link) for link in found]


@by_slug
def test_links_lead_nowhere_but_to_the_made_up_hosts(made_up):
    sites = sites_of(made_up)
    todo = [f"http://{host}:{PORT}{path}" for host in sites for path in ("/", made_up.path)]
    seen: set[str] = set()
    while todo and len(seen) < 60:
        url = todo.pop(0)
        if url in seen:
            continue
        seen.add(url)
        parts = urlsplit(url)
        if parts.scheme == "mailto":
            assert parts.path.endswith("lists.example.org")
            continue
        assert parts.hostname in sites
        answer = sites[parts.hostname].answer(parts.path, {})
        todo += links_of(url, answer) if answer else []


@by_slug
def test_every_host_has_a_robots_txt(made_up):
    closed = made_up.show is Show.ROBOTS
    for site in sites_of(made_up).values():
        rules = site.answer("/robots.txt", {}).body.decode().splitlines()
        assert ("Disallow: /" in rules) is closed


def test_growing_lists_keep_their_hole_and_their_frozen_part():
    later = datetime(2027, 2, 3, tzinfo=UTC)
    for slug in ("nutrition-exchange", "community-radio-health"):
        made_up = next(one for one in DIRECTORY if one.slug == slug)
        before = set(visible_ids(made_up))
        messages = made_up.history(anchor=NOW, until=later)
        site = build_sites(made_up, messages, anchor=NOW, now=later, port=PORT)[made_up.host]
        after = set(ids_in_pipermail(site, made_up))
        grown = {one.message_id.encode() for one in messages if one.at >= NOW}
        assert after == before | (set() if made_up.show is Show.FROZEN else grown)
        assert grown


def test_a_moved_list_goes_on_at_its_new_address():
    made_up = next(one for one in DIRECTORY if one.show is Show.FROZEN)
    new = sites_of(made_up)[made_up.other_host]
    path = f"/archives/list/{made_up.slug}@lists.example.org/"
    answer = new.answer(f"{path}export/x.mbox.gz", {})
    assert gzip.decompress(answer.body).count(b"\nMessage-ID:") > made_up.posts


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ((Status.ACTIVE, (), Outcome.READ, ()), "active"),
        ((Status.ACTIVE, (), Outcome.UNCHANGED, ()), "active"),
        ((Status.ACTIVE, (), Outcome.PARTIAL, ()), "active (partial)"),
        (
            (Status.INACTIVE, (), Outcome.READ, (FlagKind.WENT_QUIET,)),
            "inactive, mark as inactive?",
        ),
        ((Status.UNVERIFIABLE, (), Outcome.LOGIN_WALL, ()), "unverifiable (login_wall)"),
        (
            (Status.ACTIVE, (Marker.SPAM,), Outcome.READ, (FlagKind.SPAM, FlagKind.MAYBE_MOVED)),
            "active, spam, mark as moved?, overrun by spam?",
        ),
    ],
)
def test_a_state_is_described_in_one_line(state, words):
    assert describe_state(*state) == words


def test_every_flag_has_a_question():
    # No rule asks to confirm: that is for what no archive shows.
    assert set(FLAG_QUESTIONS) == set(FlagKind) - {FlagKind.CONFIRM}


def test_the_expected_state_is_described_like_the_found_one():
    for made_up in COMMUNITIES:
        state = made_up.expected
        assert state.words == describe_state(
            state.status, state.markers, state.outcome, state.flags
        )
