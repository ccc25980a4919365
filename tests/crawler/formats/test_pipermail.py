"""Pipermail's names of periods, in every form and with every mistake."""

from datetime import UTC, datetime

import pytest

from crawler.formats.pipermail import read_period
from domain.window import Window


def window(start: str, end: str) -> Window:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end)]
    return Window(start=moments[0], end=moments[1])


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2005-March", "2005-03-01", "2005-04-01"),
        ("2005-december", "2005-12-01", "2006-01-01"),
        ("2005q3", "2005-07-01", "2005-10-01"),
        ("2005", "2005-01-01", "2006-01-01"),
        ("20050307", "2005-03-07", "2005-03-08"),
        ("Week-of-Mon-20050307", "2005-03-07", "2005-03-14"),
        ("2005-marzo", "2005-03-01", "2005-04-01"),
        ("2005-Août", "2005-08-01", "2005-09-01"),
        ("2005-Март", "2005-03-01", "2005-04-01"),
        ("1945-February", "1945-02-01", "1945-03-01"),
    ],
)
def test_a_name_stands_for_its_time(name, start, end):
    assert read_period(name) == window(start, end)


@pytest.mark.parametrize(
    "name",
    ["", "attachments", "2005-Marchember", "2005q5", "20051340", "Week-of-Mon-20050230", "0000"],
)
def test_what_names_no_time_is_no_period(name):
    assert read_period(name) is None
