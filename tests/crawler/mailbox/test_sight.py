from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crawler.mailbox.sight import Sighting, Sign, find_coverage, read_sighting
from domain.window import CoverageKind, complete_windows

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def mail(day: float, sign: Sign = Sign.POST) -> Sighting:
    return Sighting(at=START + day * DAY, sign=sign)


def seen(*mails: Sighting, before: Sighting | None = None) -> list[tuple[float, float]]:
    """Days from and to which all was seen, whole seconds left out."""
    coverage, _ = find_coverage(before, mails)
    return [
        (round((w.start - START) / DAY, 3), round((w.end - SECOND - START) / DAY, 3))
        for w in complete_windows(coverage)
    ]


def test_time_is_seen_from_the_first_mail_to_the_last():
    assert seen(mail(0), mail(30), mail(200)) == [(0, 200)]


def test_no_mail_proves_nothing():
    assert find_coverage(None, []) == ((), None)


def test_a_visit_goes_on_from_the_mail_before_it():
    assert seen(mail(40), before=mail(10)) == [(10, 40)]


def test_a_visit_without_mail_adds_no_time():
    assert seen(before=mail(10)) == [(10, 10)]


def test_the_order_in_which_folders_are_read_does_not_matter():
    assert seen(mail(30), mail(0), mail(10)) == [(0, 30)]


def test_monthly_reminders_keep_proving_the_subscription():
    reminders = [mail(30 * n, Sign.SERVICE) for n in range(14)]
    assert seen(mail(0), *reminders) == [(0, 390)]


def test_a_reminder_after_a_long_nothing_proves_only_itself():
    """Between the two the address may have been off the list."""
    assert seen(mail(0), mail(100, Sign.SERVICE)) == [(0, 0), (100, 100)]


def test_a_post_after_more_than_a_year_does_not_prove_the_year():
    assert seen(mail(0), mail(366)) == [(0, 0), (366, 366)]
    assert seen(mail(0), mail(365)) == [(0, 365)]


def test_a_welcome_begins_anew_and_a_goodbye_ends():
    assert seen(mail(0), mail(5, Sign.CAME), mail(9)) == [(0, 0), (5, 9)]
    assert seen(mail(0), mail(5, Sign.LEFT), mail(9)) == [(0, 5), (9, 9)]
    assert seen(mail(9), before=mail(5, Sign.LEFT)) == [(5, 5), (9, 9)]


def test_time_up_to_a_digest_that_stayed_shut_was_seen_in_part():
    coverage, _ = find_coverage(None, [mail(0), mail(5, Sign.DIM), mail(9)])
    assert seen(mail(0), mail(5, Sign.DIM), mail(9)) == [(0, 0), (5, 9)]
    partial = [c for c in coverage if c.kind is CoverageKind.PARTIAL]
    assert [(c.start, c.end) for c in partial] == [(START, START + 5 * DAY + SECOND)]


def test_a_sighting_is_remembered_as_it_was():
    one = mail(3.25, Sign.LEFT)
    assert read_sighting(one.write()) == one
    assert read_sighting(None) is None


@given(
    st.lists(
        st.builds(mail, st.floats(0, 3000), st.sampled_from(list(Sign))), min_size=1, max_size=30
    )
)
def test_nothing_is_seen_after_the_last_mail_or_before_the_first(mails):
    coverage, last = find_coverage(None, mails)
    moments = [one.at for one in mails]
    assert last is not None
    assert last.at == max(moments)
    assert min(c.start for c in coverage) == min(moments)
    assert max(c.end for c in coverage) == max(moments) + SECOND
