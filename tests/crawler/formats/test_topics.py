"""Threads by subject: what is a reply, to which conversation, and when a new one begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.formats.topics import Topics, read_topic, reply_root
from domain.records import DateBasis, ReadPost

START = datetime(2026, 1, 1, tzinfo=UTC)


def post(number: int, subject: str, day: int, reply_to: str | None = None) -> ReadPost:
    return ReadPost(
        post_id=str(number),
        at=START + timedelta(days=day),
        basis=DateBasis.SENT,
        subject=subject,
        reply_to=reply_to,
    )


def roots(*posts: ReadPost) -> list[str | None]:
    return [joined.reply_to for joined in Topics().join(posts)]


@pytest.mark.parametrize(
    ("subject", "topic"),
    [
        ("Re: Salt", "salt"),
        ("RE: [child-health] Re: Salt", "salt"),
        ("AW: Salz", "salz"),
        ("Rép. : Sel", "sel"),
        ("RE : Sel", "sel"),
        ("Re[2]: Salt", "salt"),
        ("Re (3): Salt", "salt"),
        ("Отв: Соль", "соль"),
    ],
)
def test_reply_prefixes_and_labels_are_no_part_of_the_topic(subject, topic):
    assert read_topic(subject) == (topic, True)


def test_a_label_makes_no_reply():
    assert read_topic("[child-health] Salt") == ("salt", False)


@pytest.mark.parametrize("subject", ["Salt", "Results: salt", "Fwd: Salt", "Refill: salt", ""])
def test_other_subjects_are_no_replies(subject):
    assert read_topic(subject)[1] is False


def test_a_reply_belongs_to_the_first_message_of_its_subject():
    assert roots(post(1, "Salt", 0), post(2, "Re: Salt", 1), post(3, "AW: Re: Salt", 2)) == [
        None,
        "1",
        "1",
    ]


def test_posts_are_joined_in_order_of_time():
    assert roots(post(2, "Re: Salt", 1), post(1, "Salt", 0)) == [None, "1"]


def test_replies_whose_beginning_was_not_seen_belong_together():
    first, second = roots(post(1, "Re: Salt", 0), post(2, "Re: Salt", 1))
    assert first == second == reply_root("Re: Salt")
    assert reply_root("Salt") is None


def test_the_same_subject_a_year_later_is_another_conversation():
    found = roots(post(1, "Salt", 0), post(2, "Re: Salt", 1), post(3, "Re: Salt", 400))
    assert found[:2] == [None, "1"]
    assert found[2] == reply_root("Re: Salt")


def test_a_message_that_repeats_a_subject_without_a_prefix_begins_anew():
    assert roots(post(1, "News", 0), post(2, "News", 7), post(3, "Re: News", 8)) == [
        None,
        None,
        "2",
    ]


def test_what_names_its_root_keeps_it():
    assert roots(post(1, "Salt", 0), post(2, "Re: Salt", 1, reply_to="9")) == [None, "9"]
