from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from domain.errors import UsageError
from store.engine import reading, writing
from store.hosts import (
    Robots,
    add_optout,
    claim_host,
    is_opted_out,
    load_robots,
    push_back,
    release_host,
    renew_host,
    reserve_request,
    save_robots,
)

HOST = "lists.example.org"
TTL = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


def claim(engine, owner, now):
    with writing(engine) as s:
        return claim_host(s, HOST, owner, now, TTL)


def renew(engine, owner, token, now):
    with writing(engine) as s:
        return renew_host(s, HOST, owner, token, now=now, ttl=TTL)


def reserve(engine, token, now, delay=SECOND):
    with writing(engine) as s:
        return reserve_request(s, HOST, token, now, delay)


# ---- leases --------------------------------------------------------------------------------


def test_a_live_lease_keeps_others_out(engine, now):
    assert claim(engine, "a", now) is not None
    assert claim(engine, "b", now) is None
    assert claim(engine, "b", now + TTL - SECOND) is None


def test_tokens_only_grow(engine, now):
    tokens = [claim(engine, owner, now + n * TTL) for n, owner in enumerate("abab")]
    with writing(engine) as s:
        release_host(s, HOST, "b", tokens[-1])
    tokens.append(claim(engine, "c", now + 3 * TTL))
    tokens.append(claim(engine, "c", now + 3 * TTL))
    assert tokens == sorted(set(tokens))


def test_a_claim_of_ones_own_ends_the_lease_before_it(engine, now):
    old = claim(engine, "a", now)
    new = claim(engine, "a", now)
    assert not renew(engine, "a", old, now)
    assert reserve(engine, old, now) is None
    assert renew(engine, "a", new, now)


def test_a_renewed_lease_lives_on(engine, now):
    token = claim(engine, "a", now)
    assert renew(engine, "a", token, now + TTL - SECOND)
    assert claim(engine, "b", now + TTL) is None
    assert claim(engine, "b", now + 2 * TTL - SECOND) is not None


def test_a_lost_lease_cannot_be_renewed(engine, now):
    token = claim(engine, "a", now)
    claim(engine, "b", now + TTL)
    assert not renew(engine, "a", token, now + TTL)


def test_a_token_alone_does_not_renew_anothers_lease(engine, now):
    token = claim(engine, "a", now)
    assert not renew(engine, "b", token, now)


def test_a_released_host_is_free(engine, now):
    token = claim(engine, "a", now)
    with writing(engine) as s:
        release_host(s, HOST, "a", token)
    assert not renew(engine, "a", token, now)
    assert claim(engine, "b", now) is not None


def test_a_late_release_does_not_end_anothers_lease(engine, now):
    token = claim(engine, "a", now)
    claim(engine, "b", now + TTL)
    with writing(engine) as s:
        release_host(s, HOST, "a", token)
    assert claim(engine, "c", now + TTL) is None


def test_of_many_processes_one_gets_the_host(engine, now, race):
    def compete(own: Engine, number: int) -> list[int | None]:
        return [claim(own, f"process-{number}", now + turn * TTL) for turn in range(5)]

    tokens = race(compete)
    for turn in range(5):
        assert sum(found[turn] is not None for found in tokens) <= 1
    won = [token for found in tokens for token in found if token is not None]
    assert len(set(won)) == len(won) >= 1


# ---- waits ---------------------------------------------------------------------------------


def test_requests_are_a_delay_apart(engine, now):
    token = claim(engine, "a", now)
    assert [reserve(engine, token, now) for _ in range(3)] == [
        now,
        now + SECOND,
        now + 2 * SECOND,
    ]


def test_after_a_pause_a_request_may_go_at_once(engine, now):
    token = claim(engine, "a", now)
    reserve(engine, token, now)
    later = now + 30 * SECOND
    assert reserve(engine, token, later) == later


def test_the_wait_goes_on_in_the_next_lease(engine, now):
    token = claim(engine, "a", now)
    reserve(engine, token, now, 20 * SECOND)
    with writing(engine) as s:
        release_host(s, HOST, "a", token)
    assert reserve(engine, claim(engine, "b", now), now) == now + 20 * SECOND


def test_no_request_goes_without_a_living_lease(engine, now):
    assert reserve(engine, 1, now) is None
    token = claim(engine, "a", now)
    assert reserve(engine, token + 1, now) is None
    assert reserve(engine, token, now + TTL) is None


def test_a_host_that_asks_for_time_gets_it(engine, now):
    token = claim(engine, "a", now)
    with writing(engine) as s:
        push_back(s, HOST, now + 50 * SECOND)
        push_back(s, HOST, now + 5 * SECOND)
    assert reserve(engine, token, now) == now + 50 * SECOND


def test_a_host_may_ask_for_time_before_it_was_ever_claimed(engine, now):
    with writing(engine) as s:
        push_back(s, HOST, now + 5 * SECOND)
    assert reserve(engine, claim(engine, "a", now), now) == now + 5 * SECOND


def test_processes_that_share_a_token_still_keep_the_delay(engine, now, race):
    token = claim(engine, "a", now)

    def reserve_five(own: Engine, _number: int) -> list[object]:
        return [reserve(own, token, now) for _ in range(5)]

    moments = sorted(moment for found in race(reserve_five) for moment in found)
    assert moments == [now + n * SECOND for n in range(20)]


# ---- robots.txt ----------------------------------------------------------------------------


def test_robots_are_remembered_for_a_day(engine, now):
    origin = "https://lists.example.org"
    with writing(engine) as s:
        save_robots(s, origin, status=200, body="User-agent: *", now=now)
    almost = now + timedelta(hours=24) - SECOND
    with reading(engine) as s:
        expected = Robots(status=200, body="User-agent: *", fetched_at=now)
        assert load_robots(s, origin, almost) == expected
        assert load_robots(s, origin, now + timedelta(hours=24)) is None
        assert load_robots(s, "http://lists.example.org", now) is None


def test_the_last_robots_answer_counts(engine, now):
    with writing(engine) as s:
        save_robots(s, "https://example.org", status=200, body="a", now=now)
        save_robots(s, "https://example.org", status=None, body="", now=now + SECOND)
        found = load_robots(s, "https://example.org", now + SECOND)
    assert found == Robots(status=None, body="", fetched_at=now + SECOND)


# ---- opt-outs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "url", "covered"),
    [
        ("example.org", "https://example.org/list/", True),
        ("Example.ORG", "http://example.org:8080/list/", True),
        ("example.org", "https://lists.example.org/", True),
        ("https://example.org/", "https://example.org/anything", True),
        ("example.org", "https://notexample.org/", False),
        ("lists.example.org", "https://example.org/", False),
        ("https://example.org/list/a", "http://example.org/list/a/2005-May.txt.gz", True),
        ("https://example.org/list/a/", "https://example.org/list/a", True),
        ("https://example.org/list/a", "https://example.org/list/a?page=2", True),
        ("https://example.org/list/a", "https://example.org/list/ab", False),
        ("https://example.org/list/a", "https://example.org/list/", False),
        ("https://example.org/list/caf%C3%A9", "https://example.org/list/café/1", True),
        ("https://example.org/show?list=3", "https://example.org/show?list=3", True),
        ("https://example.org/show?list=3", "https://example.org/show?list=4", False),
        ("127.1.2.3", "http://127.1.2.3:8000/a", True),
    ],
)
def test_an_opt_out_covers_a_host_or_everything_below_an_address(engine, now, target, url, covered):
    with writing(engine) as s:
        add_optout(s, target, now, "asked by mail")
        assert is_opted_out(s, url) is covered


def test_opting_out_twice_is_opting_out(engine, now):
    with writing(engine) as s:
        add_optout(s, "example.org", now)
        add_optout(s, "example.org", now + SECOND)
        assert is_opted_out(s, "https://example.org/")


def test_nothing_is_opted_out_at_first(engine):
    with reading(engine) as s:
        assert not is_opted_out(s, "https://example.org/")


@pytest.mark.parametrize("target", ["", "   ", "https:///path", "/path"])
def test_an_opt_out_of_nothing_is_refused(engine, now, target):
    with pytest.raises(UsageError), writing(engine) as s:
        add_optout(s, target, now)
