from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from store.engine import reading, writing
from store.outbox import (
    QueuedMail,
    claim_mails,
    count_unsent,
    empty_sent,
    list_keys,
    mark_failed,
    mark_sent,
    queue_mail,
)
from store.tables import OutboxRow

TTL = timedelta(minutes=5)
MESSAGE = b"Subject: CoPs, week 47\r\n\r\n412 posts \xe2\x80\xa6"


def queue(engine, key, now):
    with writing(engine) as s:
        return queue_mail(
            s,
            dedupe_key=key,
            kind="weekly",
            recipient="reader@example.org",
            message=MESSAGE,
            now=now,
        )


def claim(engine, now, limit=10):
    with writing(engine) as s:
        return claim_mails(s, now, limit, TTL)


def test_a_mail_is_claimed_as_it_was_queued(engine, now):
    assert queue(engine, "weekly:1:2026-W47", now)
    (mail,) = claim(engine, now)
    assert mail == QueuedMail(
        id=mail.id,
        kind="weekly",
        label="1",
        recipient="reader@example.org",
        message=MESSAGE,
        tries=1,
    )


def test_words_of_mails_sent_long_ago_go_and_their_keys_stay(engine, now):
    for key in ("weekly:2026-W46:a", "weekly:2026-W47:a", "weekly:2026-W4x:a"):
        queue(engine, key, now)
    sent, failed, _ = claim(engine, now)
    with writing(engine) as s:
        mark_sent(s, sent.id, now)
        mark_failed(s, failed.id, "550", now=now, retry_at=None)
        empty_sent(s, now)
        assert [row.message for row in s.scalars(select(OutboxRow))] == [MESSAGE] * 3
        empty_sent(s, now + TTL)
    with writing(engine) as s:
        rows = s.scalars(select(OutboxRow).order_by(OutboxRow.id))
        assert [row.message for row in rows] == [b"", b"", MESSAGE]
        assert list_keys(s, "weekly:2026-W4x:") == {"weekly:2026-W4x:a"}
        assert len(list_keys(s, "weekly:2026-W4")) == 3


def test_the_second_mail_of_a_key_is_refused_even_after_the_first_was_sent(engine, now):
    assert queue(engine, "weekly:1:2026-W47", now)
    assert not queue(engine, "weekly:1:2026-W47", now)
    (mail,) = claim(engine, now)
    with writing(engine) as s:
        mark_sent(s, mail.id, now)
    assert not queue(engine, "weekly:1:2026-W47", now)
    assert queue(engine, "weekly:1:2026-W48", now)


def test_a_claimed_mail_is_nobody_elses_until_the_claim_ends(engine, now):
    queue(engine, "a", now)
    claim(engine, now)
    assert claim(engine, now + TTL - timedelta(seconds=1)) == []
    (again,) = claim(engine, now + TTL)
    assert again.tries == 2


def test_the_oldest_mails_go_first(engine, now):
    for key in "abc":
        queue(engine, key, now)
    first = claim(engine, now, limit=2)
    assert [mail.id for mail in first] == sorted(mail.id for mail in first)
    assert claim(engine, now, limit=2)[0].id > first[-1].id


def test_a_sent_mail_never_goes_again(engine, now):
    queue(engine, "a", now)
    (mail,) = claim(engine, now)
    with writing(engine) as s:
        mark_sent(s, mail.id, now)
        assert (count_unsent(s).waiting, count_unsent(s).given_up) == (0, 0)
    assert claim(engine, now + 10 * TTL) == []


def test_a_failed_mail_waits_for_its_next_try(engine, now):
    queue(engine, "a", now)
    (mail,) = claim(engine, now)
    with writing(engine) as s:
        mark_failed(s, mail.id, "mailbox full", now=now, retry_at=now + 2 * TTL)
        assert (count_unsent(s).waiting, count_unsent(s).given_up) == (1, 0)
    assert claim(engine, now + TTL) == []
    (again,) = claim(engine, now + 2 * TTL)
    assert (again.id, again.tries) == (mail.id, 2)


def test_a_mail_that_was_given_up_never_goes_again(engine, now):
    queue(engine, "a", now)
    (mail,) = claim(engine, now)
    with writing(engine) as s:
        mark_failed(s, mail.id, "no such reader", now=now, retry_at=None)
        assert (count_unsent(s).waiting, count_unsent(s).given_up) == (0, 1)
    assert claim(engine, now + 10 * TTL) == []
    with reading(engine) as s:
        row = s.scalars(select(OutboxRow)).one()
    assert (row.failed_at, row.last_error) == (now, "no such reader")


def test_a_late_failure_does_not_unsend_a_mail(engine, now):
    queue(engine, "a", now)
    (mail,) = claim(engine, now)
    with writing(engine) as s:
        mark_sent(s, mail.id, now)
        mark_failed(s, mail.id, "timed out", now=now, retry_at=now)
    assert claim(engine, now + 10 * TTL) == []


@pytest.mark.parametrize("limit", [1, 3, 30])
def test_no_mail_is_claimed_by_two_senders(engine, now, race, limit):
    for number in range(30):
        queue(engine, f"weekly:{number}", now)

    def claim_until_empty(own: Engine, _number: int) -> list[int]:
        taken: list[int] = []
        while mails := claim(own, now, limit):
            taken += [mail.id for mail in mails]
        return taken

    taken = [mail_id for found in race(claim_until_empty) for mail_id in found]
    assert len(taken) == len(set(taken)) == 30


def test_one_mail_of_a_key_is_queued_by_four_processes(engine, now, race):
    def queue_all(own: Engine, _number: int) -> int:
        return sum(queue(own, f"weekly:{reader}:2026-W47", now) for reader in range(10))

    assert sum(race(queue_all)) == 10
