"""HyperKitty's addresses, remembered counts and believable beginnings."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from crawler.formats.hyperkitty import (
    changed_since,
    first_believable,
    read_address,
    read_counts,
    write_counts,
)
from domain.records import DateBasis, ReadPost

LIST = "https://lists.example.org/archives/list/health@example.org/"


@pytest.mark.parametrize(
    "url",
    [
        LIST,
        LIST.rstrip("/"),
        f"{LIST}2026/3/",
        f"{LIST}thread/ABCDEF/?sort=date",
        f"{LIST}export/x.mbox.gz?start=2026-01-01",
        LIST.replace("@", "%40"),
        "https://lists.example.org/archives/api/list/health@example.org/emails/?format=json",
    ],
)
def test_every_address_of_a_list_leads_to_the_list(url):
    address = read_address(url)
    assert address is not None
    assert address.list_url == LIST
    assert address.emails_url.startswith("https://lists.example.org/archives/api/list/health@")


@pytest.mark.parametrize(
    "url",
    [
        "https://lists.example.org/archives/",
        "https://lists.example.org/archives/list/health.example.org/",
        "https://lists.example.org/mailman/listinfo/health",
        "mailto:health@example.org",
        "https://lists.example.org/?next=/list/health@example.org/",
    ],
)
def test_other_addresses_lead_to_no_list(url):
    assert read_address(url) is None


def test_an_export_is_asked_for_by_days():
    address = read_address(LIST)
    assert address is not None
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    export = f"{LIST}export/health.mbox.gz"
    assert address.export_url(start, end) == f"{export}?start=2026-01-01&end=2026-02-01"
    assert address.export_url(None, end) == f"{export}?end=2026-02-01"
    assert address.export_url(start, None) == f"{export}?start=2026-01-01"


def test_counts_are_remembered_without_the_days_of_none():
    counts = {date(2026, 3, 2): 4, date(2026, 3, 1): 0, date(2026, 2, 3): 2}
    assert write_counts(counts) == "2026-02-03=2 2026-03-02=4"
    assert read_counts(write_counts(counts)) == {date(2026, 3, 2): 4, date(2026, 2, 3): 2}
    assert read_counts("") == {}


def test_a_day_that_rolled_out_of_the_counts_is_no_change():
    shown = {date(2026, 3, day): 0 for day in range(1, 5)}
    remembered = {date(2026, 2, 3): 2}
    assert changed_since(shown, remembered, datetime(2026, 3, 3, tzinfo=UTC)) is None


def post(text: str) -> ReadPost:
    at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return ReadPost(post_id=text, at=at, basis=DateBasis.SENT)


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (("2019-02-01", "2019-01-25", "2019-03-01"), "2019-01-25"),
        (("2001-09-09", "2019-01-25", "2019-03-01"), "2019-01-25"),
        (("1970-01-01", "2019-01-25"), "2019-01-25"),
        (("2019-01-25",), "2019-01-25"),
        (("2003-01-01", "2005-06-01", "2007-12-01"), "2003-01-01"),
    ],
)
def test_a_list_begins_with_its_first_date_that_another_follows(dates, first):
    begin = first_believable([post(text) for text in dates])
    assert begin == datetime.fromisoformat(first).replace(tzinfo=UTC)


def test_a_list_without_dates_begins_nowhere():
    assert first_believable([]) is None
