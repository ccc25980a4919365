"""The assessment: what is said of a community, and what is never said."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.outcome import Confidence, Marker, Outcome, Status
from domain.records import Platform
from scoring.default_rules import DEFAULT_RULES

DAILY = tuple(float(day) for day in range(400))
QUIET = {Status.DORMANT, Status.INACTIVE}


def every(gap, until, start=0.0):
    return [start + gap * i for i in range(int((until - start) / gap))]


@pytest.mark.parametrize(
    ("days", "until", "expected"),
    [
        pytest.param(every(1, 400), 400, Status.ACTIVE, id="daily talk"),
        pytest.param(every(30, 900), 900, Status.ACTIVE, id="monthly talk"),
        pytest.param(every(1, 400), 640, Status.DORMANT, id="silent for eight months"),
        pytest.param(every(1, 400), 770, Status.INACTIVE, id="silent for a year"),
        pytest.param([*every(1, 400), 769.5], 770, Status.ACTIVE, id="one post after a year"),
        pytest.param([1, 2, 3, 4], 100, Status.UNVERIFIABLE, id="four posts"),
        pytest.param([1, 1.1, 1.2, 2, 2.1, 2.2], 50, Status.UNVERIFIABLE, id="two active days"),
        pytest.param([1, 2, 3, 4], 368, Status.UNVERIFIABLE, id="four posts, 364 silent days"),
        pytest.param([1, 2, 3, 4], 369, Status.INACTIVE, id="four posts, a silent year"),
        pytest.param([], 364, Status.UNVERIFIABLE, id="no post, not yet a year"),
        pytest.param([], 365, Status.INACTIVE, id="no post in a year"),
    ],
)
def test_a_wholly_seen_source_has_the_status_of_its_history(
    make_history, assess_at, days, until, expected
) -> None:
    found = assess_at(until, make_history(days, seen=[(0, until)]))
    assert found.status is expected


def test_an_assessment_names_its_rules_its_clock_and_its_numbers(
    make_history, assess_at, start
) -> None:
    found = assess_at(500, make_history(DAILY, seen=[(0, 403)], undated=3))
    assert found.rules_version == DEFAULT_RULES.version
    assert found.assessed_at == start + timedelta(days=500)
    assert found.observed_until == start + timedelta(days=403)
    assert found.last_post_at == start + timedelta(days=399)
    assert found.posts_seen == 403
    assert (found.status, found.confidence) == (Status.ACTIVE, Confidence.HIGH)
    assert 0 < found.p_quiet < 0.3
    assert 0.8 < found.p_any_180 < 1
    assert 0.8 < found.p_fun_180 < 1


def test_a_status_knows_since_when(make_history, assess_at, start) -> None:
    found = assess_at(770, make_history(DAILY, seen=[(0, 770)]))
    silent = start + timedelta(days=399)
    assert found.status is Status.INACTIVE
    assert timedelta(days=365) <= found.since - silent < timedelta(days=372)
    thin = assess_at(800, make_history([1, 2, 3], seen=[(0, 800)]))
    assert thin.since == start + timedelta(days=3 + 365)


# ---- never dead because we were blind ----------------------------------------------------------


@pytest.mark.parametrize("gap", [1, 3, 7, 14, 30])
@pytest.mark.parametrize("after", [0.5, 3, 7])
def test_an_outage_of_45_days_never_makes_a_community_quiet(
    make_history, assess_at, gap, after
) -> None:
    """The archive is not read for 45 days; when it is read again nothing new has come yet."""
    days = every(gap, 600)
    blind = make_history(days, seen=[(0, 600), (645, 645 + after)])
    found = assess_at(645 + after, blind)
    assert found.status is Status.ACTIVE
    seen = assess_at(600 + after, make_history(days, seen=[(0, 600 + after)]))
    assert found.p_quiet == pytest.approx(seen.p_quiet, abs=1e-9)
    assert found.p_any_180 == pytest.approx(seen.p_any_180, abs=1e-9)


@pytest.mark.parametrize("blind_days", [1, 13])
def test_only_seen_silence_counts_towards_a_year(make_history, assess_at, blind_days) -> None:
    for seen_silence, expected in ((364, Status.DORMANT), (366, Status.INACTIVE)):
        end = 400 + 100 + blind_days + seen_silence - 100
        history = make_history(DAILY, seen=[(0, 499), (499 + blind_days, end - 1)])
        assert assess_at(end, history).status is expected


@pytest.mark.parametrize("blind_days", [14, 45, 200, 364])
def test_silence_is_not_added_up_across_a_long_hole(make_history, assess_at, blind_days) -> None:
    """A hundred days before the hole: a year must be seen after it, for it may hide posts."""
    again = 499 + blind_days
    for seen_since, expected in ((364, Status.DORMANT), (368, Status.INACTIVE)):
        history = make_history(DAILY, seen=[(0, 499), (again, again + seen_since)])
        assert assess_at(again + seen_since, history).status is expected


def test_many_small_holes_do_not_starve_the_clock(make_history, assess_at) -> None:
    """Two of seven days are never seen; the five others of each week are."""
    seen = [(0, 399), *[(399 + 7 * week, 404 + 7 * week) for week in range(90)]]
    found = {day: assess_at(day, make_history(DAILY, seen=seen)).status for day in (500, 399 + 600)}
    assert found == {500: Status.DORMANT, 999: Status.INACTIVE}


@pytest.mark.parametrize("days_later", [1, 400, 4000])
def test_unknown_never_decays_into_inactive(make_history, assess_at, days_later) -> None:
    """The last complete look is long ago: the status is that of then, and says until when."""
    history = make_history(DAILY, seen=[(0, 405)], outcome=Outcome.UNREACHABLE)
    found = assess_at(405 + days_later, history)
    assert found.status is Status.ACTIVE
    assert found.observed_until == assess_at(405, history).observed_until


def test_a_source_never_seen_completely_is_unverifiable(make_history, assess_at) -> None:
    found = assess_at(5000, make_history(DAILY, seen=[], outcome=Outcome.LOGIN_WALL, undated=2))
    assert (found.status, found.observed_until, found.since) == (Status.UNVERIFIABLE, None, None)
    assert found.posts_seen == 402
    assert (found.p_quiet, found.p_any_180, found.p_fun_180) == (None, None, None)


def test_a_community_without_sources_is_unverifiable(assess_at) -> None:
    found = assess_at(100)
    assert (found.status, found.posts_seen) == (Status.UNVERIFIABLE, 0)
    assert [reason.code for reason in found.reasons] == ["never_seen"]


def test_after_a_blind_year_a_fresh_look_does_not_revive_the_old_status(
    make_history, assess_at
) -> None:
    for blind, expected in ((360, Status.ACTIVE), (370, Status.UNVERIFIABLE)):
        history = make_history(DAILY, seen=[(0, 400), (400 + blind, 402 + blind)])
        assert assess_at(402 + blind, history).status is expected


def test_posts_after_the_last_complete_look_are_ignored(make_history, assess_at) -> None:
    plain = make_history(DAILY, seen=[(0, 700)])
    later = make_history([*DAILY, 705.0, 706.0], seen=[(0, 700)])
    first, second = assess_at(710, plain), assess_at(710, later)
    assert (first.status, first.p_quiet) == (second.status, second.p_quiet)
    assert second.posts_seen == 400


HOLES = st.lists(st.tuples(st.integers(300, 700), st.integers(1, 200)), min_size=1, max_size=4)


@given(holes=HOLES, gap=st.sampled_from([0.5, 2, 5, 20]), ends=st.integers(200, 390))
@settings(max_examples=50, deadline=None)
def test_missing_months_never_make_a_community_deader(
    make_history, assess_at, holes, gap, ends
) -> None:
    """A silence of less than a year with holes is never inactive, and never worse than without."""
    days = every(gap, ends)
    whole = assess_at(745, make_history(days, seen=[(0, 745)]))
    seen, at = [], 0
    for begin, length in sorted(holes):
        if begin > at:
            seen.append((at, begin))
        at = max(at, begin + length)
    if at < 745:
        seen.append((at, 745))
    found = assess_at(745, make_history(days, seen=seen))
    ladder = (Status.ACTIVE, Status.SLOWING, Status.DORMANT, Status.INACTIVE)
    if found.status is not Status.UNVERIFIABLE and whole.status is not Status.UNVERIFIABLE:
        assert ladder.index(found.status) <= ladder.index(whole.status)
    if sum(max(0, end - max(begin, days[-1])) for begin, end in seen) < 365:
        assert found.status is not Status.INACTIVE


# ---- several sources ----------------------------------------------------------------------------


def test_the_liveliest_source_is_the_verdict(make_history, assess_at, start) -> None:
    dead = make_history(DAILY, seen=[(0, 900)])
    alive = make_history(every(3, 880), seen=[(0, 880)])
    for order in ((dead, alive), (alive, dead)):
        found = assess_at(900, *order)
        assert found.status is Status.ACTIVE
        assert found.observed_until == start + timedelta(days=880)
        assert found.posts_seen == 400 + 293
        assert found.last_post_at == start + timedelta(days=876)


def test_of_two_sources_with_one_status_the_one_less_likely_quiet_speaks(
    make_history, assess_at
) -> None:
    slow, daily = (make_history(every(gap, 900), seen=[(0, 900)]) for gap in (20, 1))
    alone = assess_at(900, daily)
    assert alone.p_quiet < assess_at(900, slow).p_quiet
    for order in ((slow, daily), (daily, slow)):
        found = assess_at(900, *order)
        assert (found.status, found.p_quiet) == (Status.ACTIVE, alone.p_quiet)


def test_silence_is_only_proved_until_all_sources_were_seen(make_history, assess_at, start) -> None:
    first = make_history(DAILY, seen=[(0, 900)])
    second = make_history(DAILY, seen=[(0, 850)])
    found = assess_at(900, first, second)
    assert found.status is Status.INACTIVE
    assert found.observed_until == start + timedelta(days=850)


@pytest.mark.parametrize(
    "blind",
    [
        pytest.param({"days": DAILY, "seen": []}, id="never seen"),
        pytest.param({"days": [850, 860], "seen": [(840, 900)]}, id="too little seen"),
        pytest.param({"days": DAILY, "seen": [(0, 400), (890, 900)]}, id="blind for a year"),
    ],
)
def test_beside_a_blind_source_nothing_is_called_worse_than_dormant(
    make_history, assess_at, blind
) -> None:
    dead = make_history(DAILY, seen=[(0, 900)])
    hidden = make_history(blind["days"], seen=blind["seen"])
    assert assess_at(900, dead).status is Status.INACTIVE
    found = assess_at(900, dead, hidden)
    assert found.status is Status.DORMANT
    assert found.since < assess_at(900, dead).since
    assert "blind_sources" in {reason.code for reason in found.reasons}
    assert "if_seen" in {reason.code for reason in found.change}


def test_a_blind_source_never_outranks_a_seen_one(make_history, assess_at) -> None:
    alive = make_history(every(3, 900), seen=[(0, 900)])
    found = assess_at(900, make_history([], seen=[]), alive)
    assert found.status is Status.ACTIVE
    assert "blind_sources" not in {reason.code for reason in found.reasons}


# ---- markers ------------------------------------------------------------------------------------


def spam(make_history, count=300, until=620.0):
    days = [until * i / count for i in range(count)]
    return {"days": days, "authors": range(count), "threads": range(count)}


def test_a_spam_list_is_marked_and_not_active(make_history, assess_at) -> None:
    history = make_history(**spam(make_history), seen=[(0, 620)])
    found = assess_at(620, history)
    assert found.markers == {Marker.SPAM}
    assert found.status is Status.DORMANT
    # Of 300 in 620 days those of the last year.
    discounted = next(reason for reason in found.reasons if reason.code == "discounted")
    assert discounted.values["posts"] == 176
    assert (found.last_post_at, found.p_quiet) == (None, None)
    assert [reason.code for reason in found.reasons] == [
        "one_time_authors",
        "discounted",
        "never_talked",
    ]


def test_a_newsletter_is_marked_and_neither_active_nor_inactive(make_history, assess_at) -> None:
    days = every(7, 700)
    letter = make_history(days, authors=[0] * 100, threads=range(100), seen=[(0, 700)])
    found = assess_at(700, letter)
    assert found.markers == {Marker.ANNOUNCEMENTS_ONLY}
    assert found.status is Status.DORMANT
    young = make_history(days[:40], authors=[0] * 40, threads=range(40), seen=[(0, 280)])
    assert assess_at(280, young).status is Status.UNVERIFIABLE
    assert assess_at(280, young).markers == {Marker.ANNOUNCEMENTS_ONLY}


def test_a_newsletter_that_ended_is_inactive(make_history, assess_at) -> None:
    letter = make_history(every(7, 700), authors=[0] * 100, threads=range(100), seen=[(0, 1070)])
    found = assess_at(1070, letter)
    assert (found.status, found.markers) == (Status.INACTIVE, frozenset())


def test_who_is_overrun_by_spam_is_not_active_but_its_talk_keeps_it_from_being_quiet(
    make_history, assess_at
) -> None:
    junk = [(620 * i / 600, 100 + i, 100 + i) for i in range(600)]
    talk = [(10.0 * i + k / 10, i % 3 + k, i) for i in range(61) for k in range(2)]
    days, authors, threads = zip(*sorted(junk + talk), strict=True)
    found = assess_at(620, make_history(days, authors=authors, threads=threads, seen=[(0, 620)]))
    # 61 conversations among 661 threads: less than a tenth
    assert found.markers == {Marker.SPAM}
    assert found.status is Status.SLOWING


def test_a_feed_of_single_items_is_not_called_spam(make_history, assess_at) -> None:
    forum = make_history(
        **spam(make_history), seen=[(0, 620)], platform=Platform.FEED, windowed=True
    )
    found = assess_at(620, forum)
    assert found.markers == frozenset()
    assert found.confidence is Confidence.LOW


def test_a_lively_source_is_not_marked_for_the_newsletter_beside_it(
    make_history, assess_at
) -> None:
    letter = make_history(every(7, 700), authors=[0] * 100, threads=range(100), seen=[(0, 700)])
    alive = make_history(every(2, 700), seen=[(0, 700)])
    dead = make_history(every(2, 300), seen=[(0, 700)])
    assert assess_at(700, letter, alive).markers == frozenset()
    assert assess_at(700, letter, dead).markers == {Marker.ANNOUNCEMENTS_ONLY}


# ---- how sure -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posts", "windowed", "expected"),
    [
        (19, False, Confidence.LOW),
        (20, False, Confidence.MEDIUM),
        (199, False, Confidence.MEDIUM),
        (200, False, Confidence.HIGH),
        (200, True, Confidence.LOW),
    ],
)
def test_confidence_grows_with_posts_and_is_low_for_feed_windows(
    make_history, assess_at, posts, windowed, expected
) -> None:
    history = make_history(every(2, 2 * posts), seen=[(0, 2 * posts)], windowed=windowed)
    assert assess_at(2 * posts, history).confidence is expected


@pytest.mark.parametrize("hole", [0, 30])
@pytest.mark.parametrize(
    ("last_post", "in_season"),
    [
        pytest.param(300, False, id="due in March"),
        pytest.param(460, True, id="due in July"),
        pytest.param(600, True, id="due in December"),
    ],
)
def test_nobody_enters_slowing_in_a_calm_season_of_the_calendar(
    make_history, assess_at, start, last_post, in_season, hole
) -> None:
    """A hole in early times shifts the covered clock; the season is that of the calendar."""
    days = range(last_post % 25, last_post + 1, 25)
    count = len(days)
    told = {"authors": [n % 3 for n in range(count)], "threads": range(count)}
    entered = set()
    for day in range(last_post + 100, last_post + 260, 3):
        seen = [(0, 40), (40 + hole, day)] if hole else [(0, day)]
        found = assess_at(day, make_history(days, **told, seen=seen))
        if found.status is Status.SLOWING:
            entered.add(found.since)
    assert entered
    calm = [
        (7, 15) <= (moment.month, moment.day) <= (9, 5)
        or (moment.month, moment.day) >= (12, 10)
        or (moment.month, moment.day) <= (1, 10)
        for moment in entered
    ]
    assert not any(calm)
    waited = min(entered) - start - timedelta(days=last_post)
    assert (waited > timedelta(days=134)) is in_season


def test_the_time_zone_of_the_machine_is_irrelevant(make_history, assess_at, monkeypatch) -> None:
    found = []
    for zone in ("UTC", "Pacific/Kiritimati", "America/St_Johns"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        found.append(assess_at(640, make_history(DAILY, seen=[(0, 500), (545, 640)])))
    monkeypatch.undo()
    time.tzset()
    assert found[0] == found[1] == found[2]


@given(order=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_posts_is_irrelevant(make_history, assess_at, order) -> None:
    posts = [(1.5 * i, i % 4, i // 5) for i in range(200)]
    mixed = list(posts)
    order.shuffle(mixed)
    plain, shuffled = (
        make_history(
            [day for day, _, _ in some],
            authors=[who for _, who, _ in some],
            threads=[topic for _, _, topic in some],
            seen=[(0, 250), (280, 420)],
        )
        for some in (posts, mixed)
    )
    assert assess_at(420, plain) == assess_at(420, shuffled)
