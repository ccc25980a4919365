"""What a visit tells of itself: dates that cannot be, posts nobody knew, a page built otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.base import Fetched
from crawler.noticing import Shown, compare_layout
from crawler.plan import CrawlPlan
from domain.records import DateBasis, Mark, Page, Platform, ReadPost

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
URL = "http://lists.example.org/pipermail/child-health/"
PLAN = CrawlPlan(
    source_id=1,
    community_id=1,
    name="child-health",
    url=URL,
    platform=Platform.PIPERMAIL,
    now=NOW,
    posts_known=50,
)
OLD, NEW = (b"<!doctype html><body><table class='%s'></table>" % name for name in (b"a", b"b"))


def show(dates: list[datetime | None]) -> Shown:
    shown = Shown()
    posts = tuple(
        ReadPost(post_id=str(n), at=at, basis=DateBasis.SENT if at else DateBasis.UNKNOWN)
        for n, at in enumerate(dates)
    )
    shown.add(Page(posts=posts), PLAN)
    return shown


@pytest.mark.parametrize("bad", [None, datetime(1970, 1, 1, tzinfo=UTC), NOW.replace(year=2027)])
def test_dates_that_cannot_be_are_told_when_they_are_many(bad):
    told = show([bad] * 3 + [NOW] * 7).tell(PLAN, new=0)
    assert told == {"dates": "3 of 10 have none that can be believed"}
    assert show([bad] * 2 + [NOW] * 8).tell(PLAN, new=0) == {}
    assert show([bad] * 3).tell(PLAN, new=0) == {}


def test_posts_of_which_none_was_known_are_told():
    shown = show([NOW] * 12)
    assert shown.tell(PLAN, new=12) == {"known": "none of the 12 posts that it showed"}
    assert shown.tell(PLAN, new=11) == {}
    assert shown.tell(replace(PLAN, posts_known=0), new=12) == {}


class Visits:
    """Visits to one source, of which each remembers what the one before was told to."""

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}

    def visit(self, body: bytes = b"", *, new: int = 0) -> str:
        entry = Fetched(
            url=URL,
            asked=URL,
            status=200 if body else 304,
            headers={},
            body=body,
            fetched_at=NOW,
            not_modified=not body,
        )
        plan = replace(PLAN, marks=tuple(self.marks.values()))
        marks, said = compare_layout(plan, entry, read=bool(body), new=new)
        self.marks |= {mark.name: mark for mark in marks}
        return said


def test_another_design_is_told_until_posts_come_or_the_old_one_is_back():
    own = Visits()
    assert [own.visit(OLD, new=3), own.visit(OLD), own.visit()] == ["", "", ""]
    assert len(own.marks) == 1
    changed = own.visit(NEW)
    assert "otherwise" in changed
    assert [own.visit(), own.visit(NEW)] == [changed] * 2
    assert [own.visit(OLD), own.visit()] == ["", ""]
    assert [own.visit(NEW), own.visit(NEW, new=1), own.visit(), own.visit(NEW)] == [
        changed,
        "",
        "",
        "",
    ]
    assert own.visit(OLD) == changed


def test_a_design_that_a_person_found_right_is_learnt_anew():
    own = Visits()
    own.visit(OLD, new=3)
    assert own.visit(NEW)
    own.marks.clear()
    assert [own.visit(), own.visit(NEW), own.visit()] == ["", "", ""]
