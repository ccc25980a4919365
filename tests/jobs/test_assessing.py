"""What is believed of a silence: proofs, their age, and whose look counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

import pytest

from domain.canary import Canary, Check, CheckResult, SilenceProof
from domain.outcome import Assessment, FlagKind, Outcome, Reason, Status
from domain.records import CrawlReport, DateBasis, KeyedPage, KeyedPost, Platform
from domain.window import Coverage
from jobs.assessing import assess_all, list_unproved
from jobs.proving import accept_silence
from store.assessments import latest_assessment, list_assessments, save_assessment
from store.canaries import save_proof
from store.crawls import save_report
from store.engine import reading, writing
from store.posts import save_page
from store.reviews import list_open_reviews
from store.sources import add_source, claim_due, load_source, pause_source, release

DAY = timedelta(days=1)
SILENT_DAYS = 250
POSTS = 60


def key(*parts: object) -> bytes:
    return blake2b(repr(parts).encode(), digest_size=16).digest()


def read_list(workshop, source, *, silent_days: float, now: datetime) -> None:
    """Stores what a visit at `now` reads of a list that stopped so many days ago."""
    last = now - silent_days * DAY
    posts = tuple(
        KeyedPost(
            key=key(source.id, int(last.timestamp()), n),
            at=last - (POSTS - n) * 2 * DAY,
            basis=DateBasis.SENT,
            author_key=key("author", n % 6),
            reply_key=key(source.id, int(last.timestamp()), n - n % 3) if n % 3 else None,
        )
        for n in range(POSTS)
    )
    seen = Coverage(start=last - POSTS * 2 * DAY, end=now)
    with writing(workshop.engine) as session:
        save_page(session, source.id, KeyedPage(posts=posts, coverage=(seen,)), now=now)
    see(workshop, source, now)


def see(workshop, source, now: datetime, outcome: Outcome = Outcome.READ) -> None:
    """Stores a visit with this outcome; the next is due in five days."""
    report = CrawlReport(source_id=source.id, started_at=now, finished_at=now, outcome=outcome)
    with writing(workshop.engine) as session:
        save_report(session, report)
        claim_due(session, owner="test", now=now, ttl=DAY, only=[source.name])
        release(session, source.id, owner="test", due_at=now + 5 * DAY, failures=0)


def prove(workshop, source, now: datetime, *results: CheckResult) -> None:
    """Stores a proof with these results."""
    canaries = tuple(
        Canary(check=check, result=result, said=Reason(code="looked"))
        for check, result in zip(Check, results, strict=False)
    )
    with writing(workshop.engine) as session:
        proof = SilenceProof(source_id=source.id, checked_at=now, canaries=canaries)
        save_proof(session, proof)


def assess_one(workshop, now: datetime):
    (result,) = assess_all(workshop.engine, now)
    return result


def cards(workshop) -> list[FlagKind]:
    with reading(workshop.engine) as session:
        return [review.kind for review in list_open_reviews(session)]


def due_at(workshop) -> datetime | None:
    with reading(workshop.engine) as session:
        return load_source(session, "nets").due_at


@pytest.fixture
def now(workshop):
    return workshop.clock()


@pytest.fixture
def nets(workshop, now):
    """A list that fell silent, was believed to be active, and was just read."""
    source = workshop.watch("nets", "http://lists.example.org/nets/")
    read_list(workshop, source, silent_days=SILENT_DAYS, now=now)
    with writing(workshop.engine) as session:
        save_assessment(
            session,
            Assessment(
                community_id=source.community_id,
                assessed_at=now - 30 * DAY,
                observed_until=now - 30 * DAY,
                status=Status.ACTIVE,
                since=now - 400 * DAY,
                rules_version="earlier",
            ),
        )
    return source


OK, FAILED, UNCLEAR = CheckResult.OK, CheckResult.FAILED, CheckResult.UNCLEAR


def test_without_a_proof_the_word_waits_and_the_source_becomes_due(workshop, nets, now):
    assert due_at(workshop) > now
    result = assess_one(workshop, now)
    assert result.assessment.status is Status.ACTIVE
    assert [reason.code for reason in result.assessment.reasons] == ["waiting_for_proof"]
    assert result.assessment.observed_until == now - 30 * DAY
    assert result.standing.wanted == (nets.id,)
    assert cards(workshop) == []
    assert due_at(workshop) == now


def test_with_a_proof_it_is_believed_and_a_card_opens(workshop, nets, now):
    assess_one(workshop, now)
    prove(workshop, nets, now, OK, OK, UNCLEAR, UNCLEAR, UNCLEAR)
    result = assess_one(workshop, now)
    assert result.assessment.status is Status.DORMANT
    assert cards(workshop) == [FlagKind.WENT_QUIET]


@pytest.mark.parametrize("place", range(5))
def test_one_failed_check_is_enough_to_keep_the_word(workshop, nets, now, place):
    results = [OK] * 5
    results[place] = FAILED
    prove(workshop, nets, now, *results)
    result = assess_one(workshop, now)
    assert result.assessment.status is Status.ACTIVE
    assert result.assessment.reasons[0].values == {"check": list(Check)[place].value}
    assert cards(workshop) == []


def test_a_proof_is_believed_for_a_week(workshop, nets, now):
    prove(workshop, nets, now - 8 * DAY, OK)
    assert assess_one(workshop, now).assessment.status is Status.ACTIVE
    prove(workshop, nets, now - 6 * DAY, OK)
    assert assess_one(workshop, now).assessment.status is Status.DORMANT


def test_a_source_is_asked_again_a_day_after_it_failed_or_a_week_after_it_proved_itself(
    workshop, nets, now
):
    def wanted(later: timedelta) -> bool:
        return bool(list_unproved(workshop.engine, now + later))

    assert wanted(timedelta(0))
    prove(workshop, nets, now, FAILED)
    assert [wanted(hours * DAY / 24) for hours in (0, 23, 25)] == [False, False, True]
    prove(workshop, nets, now + DAY / 24, OK)
    assert [wanted(days * DAY) for days in (0, 2, 6, 8)] == [False, False, False, True]


def test_what_was_believed_once_needs_no_further_proof_until_it_gets_worse(workshop, nets, now):
    prove(workshop, nets, now, OK)
    assess_one(workshop, now)
    read_list(workshop, nets, silent_days=SILENT_DAYS + 30, now=now + 30 * DAY)
    month = assess_one(workshop, now + 30 * DAY)
    assert (month.assessment.status, month.standing.wanted) == (Status.DORMANT, ())
    read_list(workshop, nets, silent_days=SILENT_DAYS + 150, now=now + 150 * DAY)
    later = assess_one(workshop, now + 150 * DAY)
    assert (later.assessment.status, later.standing.wanted) == (Status.DORMANT, (nets.id,))
    prove(workshop, nets, now + 150 * DAY, OK)
    assert assess_one(workshop, now + 150 * DAY).assessment.status is Status.INACTIVE
    assert cards(workshop) == [FlagKind.WENT_QUIET]


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if not outcome.saw])
def test_a_visit_that_did_not_see_takes_the_proof_away(workshop, nets, now, outcome):
    prove(workshop, nets, now, OK)
    see(workshop, nets, now + DAY, outcome)
    result = assess_one(workshop, now + DAY)
    assert result.assessment.status is Status.ACTIVE
    assert result.standing.wanted == ()
    assert FlagKind.WENT_QUIET not in cards(workshop)
    assert due_at(workshop) == now + 6 * DAY


def test_the_last_good_word_is_kept_however_long_no_proof_comes(workshop, nets, now):
    with writing(workshop.engine) as session:
        last = latest_assessment(session, nets.community_id)
        for _ in range(450):
            save_assessment(session, last)
    prove(workshop, nets, now, FAILED)
    for day in range(3):
        found = assess_one(workshop, now + day * DAY).assessment
        assert (found.status, found.observed_until) == (Status.ACTIVE, now - 30 * DAY)
    with reading(workshop.engine) as session:
        assert len(list_assessments(session, nets.community_id, 1_000)) == 454


def test_a_list_that_talks_again_is_active_at_once(workshop, nets, now):
    prove(workshop, nets, now, FAILED)
    assert assess_one(workshop, now).assessment.reasons[0].code == "not_proved"
    read_list(workshop, nets, silent_days=0, now=now)
    result = assess_one(workshop, now)
    assert (result.assessment.status, result.standing.doubts) == (Status.ACTIVE, ())


def test_a_paused_source_is_not_asked_and_one_that_is_not_paused_speaks_for_both(
    workshop, nets, now
):
    with writing(workshop.engine) as session:
        pause_source(session, nets.id, paused=True)
    result = assess_one(workshop, now)
    assert (result.assessment.status, result.standing.wanted) == (Status.ACTIVE, ())
    with writing(workshop.engine) as session:
        second = add_source(
            session,
            community_id=nets.community_id,
            name="second",
            url="http://lists.example.org/second/",
            platform=Platform.HYPERKITTY,
            now=now,
        )
    read_list(workshop, second, silent_days=SILENT_DAYS - 1, now=now)
    assert assess_one(workshop, now).standing.wanted == (second.id,)
    prove(workshop, second, now, OK)
    assert assess_one(workshop, now).assessment.status is Status.DORMANT


def test_an_imported_mailbox_has_nobody_to_ask(workshop, now):
    source = workshop.watch("old", "file:old.mbox", Platform.MBOX)
    read_list(workshop, source, silent_days=400, now=now)
    assert assess_one(workshop, now).assessment.status is Status.INACTIVE
    assert cards(workshop) == [FlagKind.WENT_QUIET]


def test_the_operators_own_look_is_a_proof(workshop, nets, now):
    prove(workshop, nets, now, FAILED)
    assert assess_one(workshop, now).assessment.status is Status.ACTIVE
    accept_silence(workshop.engine, nets, now + DAY)
    assert assess_one(workshop, now + DAY).assessment.status is Status.DORMANT
    assert cards(workshop) == [FlagKind.WENT_QUIET]


def test_a_look_at_the_past_asks_for_no_proof_and_stores_nothing(workshop, nets, now):
    (result,) = assess_all(workshop.engine, now, as_of=now)
    assert result.assessment.status is Status.DORMANT
    with reading(workshop.engine) as session:
        assert len(list_assessments(session, nets.community_id, 10)) == 1
    assert due_at(workshop) > now


@pytest.mark.parametrize("gap_days", [1, 4, 10])
@pytest.mark.parametrize("begins", [120, 250, 399])
def test_an_outage_of_forty_five_days_makes_nothing_worse(workshop, now, gap_days, begins):
    """Talk for 445 days; for 45 of them every visit failed, and what was written then is lost."""
    source = workshop.watch("nets", "http://lists.example.org/feed", Platform.FEED)
    start, outage = now - 445 * DAY, 45
    days = [day for day in range(0, 445, gap_days) if not begins <= day < begins + outage]
    posts = tuple(
        KeyedPost(
            key=key(n),
            at=start + day * DAY,
            basis=DateBasis.SENT,
            author_key=key("author", n % 5),
            reply_key=key(n - n % 3) if n % 3 else None,
        )
        for n, day in enumerate(days)
    )
    seen = (
        Coverage(start=start, end=start + begins * DAY),
        Coverage(start=start + (begins + outage) * DAY, end=now),
    )
    with writing(workshop.engine) as session:
        page = KeyedPage(posts=posts, coverage=tuple(c for c in seen if c.start < c.end))
        save_page(session, source.id, page, now=now)
    see(workshop, source, now)
    # Even a proof that says "you see everything" must not turn the hole into silence.
    prove(workshop, source, now, OK)
    result = assess_one(workshop, now)
    assert result.assessment.status in {Status.ACTIVE, Status.SLOWING}
    assert cards(workshop) == []
