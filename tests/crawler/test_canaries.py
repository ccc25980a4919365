"""What a source's answers mean for its silence, and that nobody is in them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.canaries import (
    Held,
    LookBack,
    LookedBack,
    Neighbour,
    Sighting,
    judge,
    judge_neighbours,
    take_people_out,
)
from crawler.plan import CrawlPlan
from domain.canary import Canary, Check, CheckResult, SilenceProof
from domain.keyed_hash import keyed_hash
from domain.outcome import Outcome, Reason
from domain.records import DateBasis, Platform, ReadPost
from domain.window import Month
from presentation.i18n import LOCALES
from presentation.proof_words import write_said

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = b"k" * 32
MARCH = Month(2025, 3).window
OK, FAILED, UNCLEAR = CheckResult.OK, CheckResult.FAILED, CheckResult.UNCLEAR
SEEN = LookedBack(
    source_id=1,
    outcome=Outcome.READ,
    keys=tuple(bytes([n]) * 16 for n in range(10)),
    dated=10,
    parts=24,
    layout="aa",
)
HELD = Held(
    platform=Platform.PIPERMAIL, posts=300, known=10, window=MARCH, in_window=10, layout="aa"
)
FEED = Held(platform=Platform.FEED, posts=300, known=10, layout="aa")
KITTY = replace(FEED, platform=Platform.HYPERKITTY)


def results(seen: LookedBack, held: Held) -> dict[Check, CheckResult]:
    return {canary.check: canary.result for canary in judge(seen, held)}


def test_an_archive_that_shows_what_we_hold_passes_every_check():
    assert set(results(SEEN, HELD).values()) == {OK}


@pytest.mark.parametrize(
    ("check", "result", "seen", "held"),
    [
        pytest.param(Check.OLD_POST, FAILED, {}, replace(HELD, known=0), id="other posts"),
        pytest.param(Check.OLD_POST, FAILED, {}, replace(HELD, known=7), id="three of ten lost"),
        pytest.param(Check.OLD_POST, OK, {}, replace(HELD, known=8), id="two of ten lost"),
        pytest.param(Check.OLD_POST, FAILED, {"keys": ()}, replace(FEED, known=0), id="no item"),
        pytest.param(
            Check.OLD_POST,
            OK,
            {"keys": (), "answered": "http://a.example.org/1"},
            replace(FEED, known=0),
            id="no item, but an old post at its address",
        ),
        pytest.param(Check.OLD_POST, FAILED, {}, replace(FEED, known=4), id="strange items"),
        pytest.param(
            Check.OLD_POST, UNCLEAR, {"keys": ()}, replace(FEED, posts=0, known=0), id="never any"
        ),
        pytest.param(Check.DATES, FAILED, {"dated": 7}, HELD, id="seven of ten dates"),
        pytest.param(Check.DATES, OK, {"dated": 8}, HELD, id="eight of ten dates"),
        pytest.param(Check.DATES, UNCLEAR, {"keys": (), "dated": 0}, HELD, id="nothing to date"),
        pytest.param(Check.TOTAL, FAILED, {"missing": ("2025-May",)}, HELD, id="a month is gone"),
        pytest.param(Check.TOTAL, FAILED, {"unread": ("2026-May",)}, HELD, id="a month unread"),
        pytest.param(Check.TOTAL, OK, {"parts": 0, "declared": 300}, KITTY, id="same count"),
        pytest.param(Check.TOTAL, UNCLEAR, {"parts": 0, "declared": 297}, KITTY, id="few deleted"),
        pytest.param(Check.TOTAL, FAILED, {"parts": 0, "declared": 250}, KITTY, id="many gone"),
        pytest.param(Check.TOTAL, OK, {"parts": 0, "declared": 302}, KITTY, id="two more"),
        pytest.param(Check.TOTAL, FAILED, {"parts": 0, "declared": 350}, KITTY, id="fifty unread"),
        pytest.param(Check.TOTAL, UNCLEAR, {"parts": 0}, FEED, id="a feed does not count"),
        pytest.param(Check.TOTAL, FAILED, {"parts": 0}, replace(FEED, known=9), id="item unread"),
        pytest.param(Check.LAYOUT, FAILED, {"layout": "bb"}, HELD, id="built otherwise"),
        pytest.param(Check.LAYOUT, UNCLEAR, {}, replace(HELD, layout=""), id="no old layout"),
    ],
)
def test_each_check_says_what_it_found(check, result, seen, held):
    (canary,) = (one for one in judge(replace(SEEN, **seen), held) if one.check is check)
    assert canary.result is result
    for locale in LOCALES:
        assert re.fullmatch(r"[^{}]+", write_said(canary.said, locale))


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if not outcome.saw])
def test_a_source_that_cannot_be_asked_has_not_proved_itself(outcome):
    answer = LookedBack(source_id=1, outcome=outcome, detail="the host answered 500")
    canaries = judge(answer, HELD)
    assert [canary.result for canary in canaries] == [FAILED]
    assert canaries[0].said.values["detail"] == "the host answered 500"


# ---- neighbours ---------------------------------------------------------------------------

LAST = NOW - timedelta(days=200)


def neighbour(days_ago: float | None, *, near: bool, seen_days_ago: float = 0.0) -> Neighbour:
    return Neighbour(
        same_host=near,
        last_post_at=None if days_ago is None else NOW - timedelta(days=days_ago),
        seen_until=NOW - timedelta(days=seen_days_ago),
    )


@pytest.mark.parametrize(
    ("result", "others"),
    [
        pytest.param(UNCLEAR, [], id="nobody else"),
        pytest.param(OK, [neighbour(3, near=True)], id="one wrote on the same server"),
        pytest.param(OK, [neighbour(3, near=False)], id="one wrote on the same platform"),
        pytest.param(UNCLEAR, [neighbour(400, near=False)], id="the platform is silent elsewhere"),
        pytest.param(
            FAILED, [neighbour(201, near=True), neighbour(195, near=True)], id="all stopped at once"
        ),
        pytest.param(
            FAILED,
            [neighbour(201, near=True), neighbour(3, near=False)],
            id="the server stopped, the platform did not",
        ),
        pytest.param(
            OK, [neighbour(201, near=True), neighbour(90, near=True)], id="one of two went on"
        ),
        pytest.param(
            UNCLEAR, [neighbour(900, near=True), neighbour(None, near=True)], id="dead for longer"
        ),
        pytest.param(
            UNCLEAR, [neighbour(201, near=True, seen_days_ago=201)], id="not looked at since"
        ),
    ],
)
def test_neighbours_show_whether_the_server_went_on(result, others):
    canary = judge_neighbours("lists.example.org", Platform.PIPERMAIL, LAST, others)
    assert canary.result is result


def test_without_a_last_post_neighbours_say_nothing():
    others = [neighbour(3, near=True)]
    canary = judge_neighbours("lists.example.org", Platform.PIPERMAIL, None, others)
    assert canary.result is UNCLEAR


# ---- what leaves the crawl ----------------------------------------------------------------


def test_no_name_address_or_subject_leaves_the_crawl_subprocess():
    plan = CrawlPlan(
        source_id=1,
        community_id=1,
        name="nets",
        url="http://lists.example.org/nets/",
        platform=Platform.PIPERMAIL,
        now=NOW,
    )
    posts = tuple(
        ReadPost(
            post_id=post_id,
            at=at,
            basis=basis,
            author="ada@example.org",
            subject="Ada's subject",
        )
        for post_id, at, basis in (
            ("1@example.org", LAST, DateBasis.SENT),
            ("1@example.org", LAST, DateBasis.SENT),
            ("2@example.org", None, DateBasis.PERIOD),
            ("3@example.org", NOW + timedelta(days=9), DateBasis.SENT),
            ("", LAST, DateBasis.SENT),
        )
    )
    order = LookBack(plan=plan, secret_key=KEY, window=MARCH)
    answer = take_people_out(Sighting(posts=posts), order, layout="aa")
    ids = ("1@example.org", "2@example.org", "3@example.org")
    assert answer.keys == tuple(keyed_hash(one, KEY, b"post") for one in ids)
    assert answer.dated == 1
    assert "ada" not in repr(answer).lower()
    assert repr(KEY) not in repr(order)


# ---- the proof as a whole -----------------------------------------------------------------


def proof(*found: CheckResult) -> SilenceProof:
    canaries = tuple(
        Canary(check=check, result=result, said=Reason(code="looked"))
        for check, result in zip(Check, found, strict=False)
    )
    return SilenceProof(source_id=1, checked_at=NOW, canaries=canaries)


def test_a_proof_holds_when_nothing_speaks_against_it_and_something_for_it():
    assert proof(OK, UNCLEAR, UNCLEAR).holds
    assert not proof(OK, OK, FAILED).holds
    assert not proof(UNCLEAR, UNCLEAR).holds
    assert not proof().holds
