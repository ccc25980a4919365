"""What the tests of spiders share."""

from __future__ import annotations

import gzip
from types import SimpleNamespace

import pytest

from domain.records import Mark
from tests.table_web import NOW, answer, run_visit


def message(
    number: int, date: str, separator: str, *, reply_to: int | None = None, who: str = "amina"
) -> str:
    """One message of an mbox; `separator` is the date in its separator line."""
    reply = f"In-Reply-To: <{reply_to}@example.org>\n" if reply_to else ""
    return (
        f"From {who}@example.org {separator}\nFrom: {who}@example.org ({who.title()} Test)\n"
        f"Date: {date}\nSubject: Note {number}\n{reply}Message-ID: <{number}@example.org>\n\n"
        f"Hello {number}.\n\n"
    )


def pack(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


@pytest.fixture
def web() -> SimpleNamespace:
    """The tools of these tests, by name."""
    return SimpleNamespace(
        answer=answer, visit=run_visit, message=message, pack=pack, now=NOW, Mark=Mark
    )
