"""Joined records are read and counted as one, parted ones apart, and everything can go back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.errors import ClaimLost, UsageError
from domain.outcome import Flag, FlagKind
from domain.people import Role
from domain.records import KeyedPage, Platform
from domain.window import Coverage, Window
from store.claims import require_claim
from store.engine import reading, writing
from store.handover import hand_over
from store.keys import change_key
from store.merging import list_merges, list_shown, merge, shown_as, split, undo
from store.posts import (
    community_coverage,
    community_key,
    load_daily_counts,
    load_history,
    recent_subjects,
    save_page,
)
from store.reviews import list_open_reviews, open_review
from store.sources import add_source, claim_due, list_sources
from store.tables import PostRow, SourceRow
from store.users import add_user

DAY = timedelta(days=1)


@pytest.fixture
def lead(engine, now):
    with writing(engine) as s:
        return add_user(s, name="Lea", address="lea@example.org", role=Role.LEAD, now=now).id


@pytest.fixture
def join(engine, now, lead):
    def run(going, kept):
        with writing(engine) as s:
            return merge(s, going.community_id, kept.community_id, user_id=lead, now=now)

    return run


@pytest.fixture
def part(engine, now, lead):
    def run(source, name):
        with writing(engine) as s:
            home = next(c for c in list_shown(s) if c.id == source.community_id)
            return split(s, home, [source.id], name=name, slug=name, user_id=lead, now=now)

    return run


@pytest.fixture
def take_back(engine, now, lead):
    def run(merge_id):
        with writing(engine) as s:
            undo(s, merge_id, user_id=lead, now=now + DAY)

    return run


@pytest.fixture
def read(engine, now, make_post):
    """Saves a page of posts, one a day from `first` days ago on."""

    def run(source, *names, first=30, author="ada"):
        start = now - first * DAY
        posts = tuple(
            make_post((source.name, name), start + place * DAY, author=author, subject=str(name))
            for place, name in enumerate(names)
        )
        page = KeyedPage(posts=posts, coverage=(Coverage(start=start, end=now),))
        with writing(engine) as s:
            save_page(s, source.id, page, now=now)

    return run


@pytest.fixture
def state(engine, now):
    """All that merges touch, of two sources: who has them, what counts, what is due and seen."""

    def run(*sources):
        window = Window(start=now - 60 * DAY, end=now)
        with reading(engine) as s:
            rows = {one.id: one for one in s.scalars(select(SourceRow))}
            posts = s.execute(select(PostRow.source_id, PostRow.key, PostRow.author_key,
                                     PostRow.community_id).order_by(PostRow.key)).all()  # fmt: skip
            return [
                (
                    rows[one.id].community_id,
                    rows[one.id].own_key,
                    rows[one.id].paused,
                    load_daily_counts(s, one.community_id, window),
                    community_coverage(s, one.community_id),
                    recent_subjects(s, one.community_id),
                    load_history(s, one.id, until=None).ts,
                )
                for one in sources
            ], posts

    return run


def total(engine, now, source):
    with reading(engine) as s:
        home = s.get_one(SourceRow, source.id).community_id
        return sum(load_daily_counts(s, home, Window(start=now - 60 * DAY, end=now)).values())


def test_the_sources_of_a_merged_record_count_for_the_other_one(
    engine, now, make_source, join, read
):
    going, kept = make_source("going"), make_source("kept")
    read(going, "a", "b", "c", first=40)
    read(kept, "d", "e", first=20)
    join(going, kept)
    with reading(engine) as s:
        names = [one.name for one in list_sources(s, of=[kept.community_id])]
        assert list_sources(s, of=[going.community_id]) == []
        subjects = [one.subject for one in recent_subjects(s, kept.community_id)]
        assert [one.slug for one in list_shown(s)] == ["of-kept"]
        assert shown_as(s, "of-going") == "of-kept"
        assert [one.start for one in community_coverage(s, kept.community_id)] == [now - 40 * DAY]
    assert (names, subjects) == (["going", "kept"], ["e", "d", "c"])
    assert total(engine, now, kept) == 5


def test_it_goes_on_being_read_under_the_key_it_was_read_with(engine, now, make_source, join, read):
    going, kept = make_source("going"), make_source("kept")
    read(going, "a")
    with reading(engine) as s:
        before = community_key(s, going.id)
        assert before != community_key(s, kept.id)
    join(going, kept)
    with writing(engine) as s:
        assert community_key(s, going.id) == before
        due = claim_due(s, owner="me", now=now, ttl=DAY)
    assert {one.name for one in due} == {"going", "kept"}
    read(going, "a", "b")
    assert total(engine, now, kept) == 2


def test_a_visit_that_was_on_its_way_is_refused(engine, now, make_source, join):
    going, kept = make_source("going"), make_source("kept")
    with writing(engine) as s:
        [mine] = claim_due(s, owner="me", now=now, ttl=DAY, only=["going"])
    join(going, kept)
    with pytest.raises(ClaimLost), writing(engine) as s:
        require_claim(s, going.id, mine.claim)


def test_the_same_post_at_two_places_counts_once(engine, now, make_source, join, read):
    going, kept = make_source("going"), make_source("kept")
    read(going, "a", "b", "c", first=20)
    read(kept, "a", "b", first=20)
    join(going, kept)
    assert total(engine, now, kept) == 3


def test_posts_of_which_only_the_day_is_known_are_not_taken_for_each_other(
    engine, now, make_source, make_post, join
):
    going, kept = make_source("going"), make_source("kept")
    midnight = now.replace(hour=0) - DAY
    for source in (going, kept):
        with writing(engine) as s:
            page = KeyedPage(posts=(make_post(source.name, midnight),))
            save_page(s, source.id, page, now=now)
    join(going, kept)
    assert total(engine, now, kept) == 2


def test_a_place_that_the_other_record_reads_already_is_paused_instead(
    engine, now, make_source, make_community, join, take_back
):
    kept, other = make_source("kept"), make_community("other")
    with writing(engine) as s:
        double = add_source(
            s,
            community_id=other.id,
            name="double",
            url=kept.url.replace("https://", "http://www.").rstrip("/"),
            platform=Platform.PIPERMAIL,
            now=now,
        )
    number = join(double, kept)

    def stands():
        with reading(engine) as s:
            row = s.get_one(SourceRow, double.id)
            return row.community_id, row.paused

    assert stands() == (other.id, True)
    take_back(number)
    assert stands() == (other.id, False)


def test_to_take_a_merge_back_puts_everything_as_it_was(
    engine, now, make_source, join, read, state, take_back
):
    going, kept = make_source("going"), make_source("kept")
    read(going, "a", "b", "c", first=40)
    read(kept, "a", "d", first=40)
    before = state(going, kept)
    number = join(going, kept)
    assert state(going, kept) != before
    take_back(number)
    assert state(going, kept) == before
    with reading(engine) as s:
        assert shown_as(s, "of-going") is None
        assert len(list_shown(s)) == 2
        [told] = list_merges(s, kept.community_id)
    assert (told.curator, told.undone_at) == ("Lea", now + DAY)
    with pytest.raises(UsageError):
        take_back(number)


def test_what_was_read_meanwhile_goes_back_too(engine, now, make_source, join, read, take_back):
    going, kept = make_source("going"), make_source("kept")
    number = join(going, kept)
    read(going, "a", "b")
    assert total(engine, now, kept) == 2
    take_back(number)
    assert (total(engine, now, kept), total(engine, now, going)) == (0, 2)


def test_keys_that_were_changed_meanwhile_still_join_old_and_new_posts(
    engine, now, make_source, join, read, take_back
):
    going, kept = make_source("going"), make_source("kept")
    read(going, "a")
    number = join(going, kept)
    with writing(engine) as s:
        old = community_key(s, going.id)
        change_key(s, kept.community_id, owner="me", now=now)
        new = community_key(s, going.id)
    assert new.startswith(old)
    assert len(new) > len(old)
    take_back(number)
    with reading(engine) as s:
        assert community_key(s, going.id) == new


def test_cards_of_a_merged_record_wait_until_the_merge_is_taken_back(
    engine, now, make_source, join, take_back
):
    going, kept = make_source("going"), make_source("kept")
    with writing(engine) as s:
        card = open_review(s, going.community_id, Flag(kind=FlagKind.WENT_QUIET), now)
    number = join(going, kept)
    with reading(engine) as s:
        assert list_open_reviews(s) == []
    take_back(number)
    with reading(engine) as s:
        assert list_open_reviews(s) == [card]


def test_merges_on_merges_are_taken_back_last_first(
    engine, now, make_source, join, read, state, take_back
):
    one, two, three = (make_source(name) for name in ("one", "two", "three"))
    read(one, "a")
    read(two, "b", first=29)
    before = state(one, two, three)
    first = join(one, two)
    second = join(two, three)
    assert total(engine, now, three) == 2
    with pytest.raises(UsageError):
        take_back(first)
    take_back(second)
    take_back(first)
    assert state(one, two, three) == before


@pytest.fixture
def pair(engine, now, make_source):
    """One community with two sources."""
    stays = make_source("stays")
    with writing(engine) as s:
        goes = add_source(
            s,
            community_id=stays.community_id,
            name="goes",
            url="https://lists.example.org/goes/",
            platform=Platform.PIPERMAIL,
            now=now,
        )
    return stays, goes


def test_a_split_takes_what_was_read_along(engine, now, pair, read, part):
    stays, goes = pair
    read(stays, "a", "b")
    read(goes, "c")
    fresh = part(goes, "fresh")
    with reading(engine) as s:
        assert [one.name for one in list_sources(s, of=[fresh.id])] == ["goes"]
        assert load_history(s, goes.id, until=None).ts
    assert (total(engine, now, stays), total(engine, now, goes)) == (2, 1)


def test_a_split_that_is_taken_back_leads_to_the_old_record(
    engine, now, pair, read, part, state, take_back
):
    stays, goes = pair
    read(stays, "a", "b")
    read(goes, "b", "c")
    before = state(stays, goes)
    fresh = part(goes, "fresh")
    with reading(engine) as s:
        [told] = list_merges(s, fresh.id)
    take_back(told.id)
    assert state(stays, goes) == before
    with reading(engine) as s:
        assert shown_as(s, "fresh") == "of-stays"
        assert [one.slug for one in list_shown(s)] == ["of-stays"]
    with pytest.raises(UsageError):
        take_back(told.id)


def test_a_source_that_comes_home_has_the_key_of_its_home(engine, now, make_source):
    going, kept = make_source("going"), make_source("kept")
    for home, own in ((kept.community_id, True), (going.community_id, False)):
        with writing(engine) as s:
            hand_over(s, [going.id], home, now)
            assert (s.get_one(SourceRow, going.id).own_key is not None) is own
