"""Made-up histories: deterministic, dated relative to a day, growing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from demo.content import Rhythm, Spell, Voice, build_history, midnight

ANCHOR = datetime(2026, 3, 9, tzinfo=UTC)
STEADY = Rhythm(spells=(Spell(days=200, gap_days=2.0),))


def history(rhythm=STEADY, *, anchor=ANCHOR, until=None, seed=7, slug="somebody", language="en"):
    return build_history(
        rhythm, slug=slug, language=language, anchor=anchor, until=until or anchor, seed=seed
    )


def test_the_same_seed_and_day_give_the_same_posts():
    once = history()
    build_history.cache_clear()
    assert history() == once
    assert history(seed=8) != once
    assert history(slug="somebody-else") != once


def test_another_day_shifts_every_post_and_changes_nothing_else():
    days = timedelta(days=133)
    shifted = history(anchor=ANCHOR + days)
    assert [post.at - days for post in shifted] == [post.at for post in history()]
    assert [post.message_id for post in shifted] == [post.message_id for post in history()]


def test_posts_come_in_order_of_time_with_distinct_ids_before_the_anchor():
    posts = history()
    assert [post.at for post in posts] == sorted(post.at for post in posts)
    assert len({post.message_id for post in posts}) == len(posts)
    assert posts[-1].at < ANCHOR
    assert posts[0].at >= ANCHOR - timedelta(days=200)


def test_growing_only_adds_posts():
    later = history(until=ANCHOR + timedelta(days=30))
    assert later[: len(history())] == history()
    added = later[len(history()) :]
    assert 8 <= len(added) <= 40
    assert all(ANCHOR <= post.at < ANCHOR + timedelta(days=30) for post in added)


def test_silence_lasts_as_long_as_it_says_and_does_not_end():
    rhythm = Rhythm(spells=(Spell(days=200, gap_days=30),), silent_days=90)
    posts = history(rhythm)
    assert timedelta(days=90) < ANCHOR - posts[-1].at < timedelta(days=91)
    assert history(rhythm, until=ANCHOR + timedelta(days=500)) == posts


def test_a_reply_answers_an_earlier_post_of_somebody_else():
    posts = {post.message_id: post for post in history()}
    replies = [post for post in posts.values() if post.parents]
    assert len(replies) > 20
    for reply in replies:
        parent = posts[reply.parents[-1]]
        assert parent.at < reply.at
        assert parent.author != reply.author
        assert reply.root == parent.root
        assert reply.subject.startswith("Re: ")


def test_announcements_have_one_voice_and_no_answers():
    rhythm = Rhythm(spells=(Spell(days=300, gap_days=5, voices=1, voice=Voice.ANNOUNCEMENTS),))
    posts = history(rhythm)
    assert len({post.author for post in posts}) == 1
    assert not any(post.parents for post in posts)


def test_spam_comes_from_strangers():
    rhythm = Rhythm(spells=(Spell(days=100, gap_days=1, voice=Voice.SPAM),))
    posts = history(rhythm)
    assert len({post.author.address for post in posts}) == len(posts)
    assert not any(post.parents for post in posts)


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_everybody_lives_at_example_org(language):
    for post in history(language=language):
        assert post.author.address.endswith("@example.org")
        assert post.author.address.isascii()
        assert post.message_id.endswith("@mail.example.org")


def test_times_without_a_zone_are_refused():
    with pytest.raises(ValueError, match="aware UTC"):
        history(anchor=datetime(2026, 3, 9))  # noqa: DTZ001 - that is the point


def test_midnight_is_that_of_the_day_in_utc():
    late = datetime.fromisoformat("2026-03-10T01:30:00+02:00")
    assert midnight(late) == ANCHOR
