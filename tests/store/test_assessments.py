from __future__ import annotations

from datetime import timedelta

import pytest

from domain.outcome import Assessment, Confidence, Marker, Reason, Status
from store.assessments import (
    last_without,
    latest_assessment,
    latest_assessments,
    list_assessments,
    save_assessment,
)
from store.engine import reading, writing

DAY = timedelta(days=1)


@pytest.fixture
def save(engine, now):
    def save(community, days=0, **facts):
        assessment = Assessment(
            community_id=community.id,
            assessed_at=now + days * DAY,
            observed_until=facts.pop("observed_until", now),
            status=facts.pop("status", Status.ACTIVE),
            **facts,
        )
        with writing(engine) as s:
            save_assessment(s, assessment)
        return assessment

    return save


def test_an_assessment_comes_back_as_it_was_saved(engine, make_community, save, now):
    community = make_community()
    saved = save(
        community,
        status=Status.SLOWING,
        markers=frozenset({Marker.SPAM, Marker.ANNOUNCEMENTS_ONLY}),
        since=now - 40 * DAY,
        confidence=Confidence.MEDIUM,
        p_quiet=0.25,
        p_any_180=0.75,
        p_fun_180=0.5,
        last_post_at=now - 41 * DAY,
        posts_seen=120,
        reasons=(
            Reason(code="silence", values={"days": 41, "usual": 2.5, "last": "2026-10-13"}),
            Reason(code="few_people"),
        ),
        change=(Reason(code="one_post", values={}),),
        rules_version="7",
    )
    with reading(engine) as s:
        assert latest_assessment(s, community.id) == saved


def test_what_is_not_known_comes_back_as_not_known(engine, make_community, save):
    community = make_community()
    saved = save(community, status=Status.UNVERIFIABLE, observed_until=None)
    with reading(engine) as s:
        found = latest_assessment(s, community.id)
    assert found == saved
    assert (found.p_quiet, found.observed_until, found.since) == (None, None, None)


def test_a_community_that_was_never_assessed_has_no_assessment(engine, make_community):
    community = make_community()
    with reading(engine) as s:
        assert latest_assessment(s, community.id) is None
        assert latest_assessments(s) == {}
        assert list_assessments(s, community.id, 5) == []


def test_assessments_are_added_and_never_overwritten(engine, make_community, save):
    community = make_community()
    saved = [save(community, days) for days in (0, 7, 14)]
    with reading(engine) as s:
        assert list_assessments(s, community.id, 5) == saved[::-1]
        assert list_assessments(s, community.id, 2) == saved[:0:-1]


def test_every_community_has_its_own_latest_assessment(engine, make_community, save, now):
    one, two = make_community("one"), make_community("two")
    early = {community.id: save(community, 0) for community in (one, two)}
    late = save(one, 7, status=Status.SLOWING)
    with reading(engine) as s:
        assert latest_assessments(s) == {**early, one.id: late}
        assert latest_assessments(s, before=now + 7 * DAY) == early
        assert latest_assessments(s, before=now) == {}
        assert latest_assessments(s, only=[two.id]) == {two.id: early[two.id]}


def test_the_newest_assessment_without_some_reasons_is_found(engine, make_community, save):
    community, other = make_community("a"), make_community("b")
    told = save(community, 1, reasons=(Reason(code="talk", values={"say": "not_proved"}),))
    save(community, 2, reasons=(Reason(code="talk"), Reason(code="not_proved")))
    save(community, 3, reasons=(Reason(code="waiting"),))
    save(other, 4, reasons=(Reason(code="not_proved"),))
    with reading(engine) as s:
        assert last_without(s, community.id, {"not_proved", "waiting"}) == told
        assert last_without(s, community.id, {"not_proved"}).reasons[0].code == "waiting"
        assert last_without(s, community.id, ()) == latest_assessment(s, community.id)
        assert last_without(s, other.id, {"not_proved"}) is None
