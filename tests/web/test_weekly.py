"""The report on the web: the same value as the mail, in a page, its data, its feed; and a year."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from bs4 import BeautifulSoup

from domain.alerts import AlertKind
from domain.outcome import Outcome, Status
from domain.report import Change, ChangeKind, NotRead, TalkRow, Trouble, WeeklyReport
from domain.window import Window
from store.engine import writing
from store.reports import save_report_content
from tests.web.kit import NOW

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def _row(name: str, this_week: int | None = 39) -> TalkRow:
    months = (150, 140, 160, 120, 0, None, 130, 140, 150, 170, 160, 155)
    slug = name.lower().replace(" ", "-")
    return TalkRow(
        slug=slug, name=name, this_week=this_week, last_week=38, usual=34.5, months=months
    )


@pytest.fixture
def keep(engine):
    """Stores a report of week 47; its parts can be replaced."""

    def run(**fields: object) -> WeeklyReport:
        talk = fields.get("talk", (_row("Child Health"), _row("Primary Care", None)))
        facts: dict[str, object] = {
            "week": "2026-W47",
            "window": Window(start=MONDAY, end=MONDAY + timedelta(days=7)),
            "built_at": NOW,
            "posts": sum(row.this_week or 0 for row in talk),
            "posts_last_week": 38,
            "seen": 1,
            "changes": (
                Change(
                    slug="eye", name="Eye Health", kind=ChangeKind.WOKE_UP, status=Status.ACTIVE
                ),
                Change(slug="sx", name="شبكة", kind=ChangeKind.MOVED, status=None),
            ),
            "talk": talk,
            "not_read": (
                NotRead(slug="f", name="Forum", outcome=Outcome.LOGIN_WALL, since=MONDAY),
            ),
            "closed_to_us": 3,
            "open_reviews": 7,
            "troubles": (
                Trouble(kind=AlertKind.SOURCE, name="forum-list", since=MONDAY, failures=3),
            ),
        }
        report = WeeklyReport(**{**facts, **fields})
        with writing(engine) as s:
            save_report_content(s, report)
        return report

    return run


def test_a_week_has_a_lasting_page_with_the_same_numbers_as_its_data(visitor, keep):
    keep()
    page = BeautifulSoup(visitor.text("/reports/2026-W47"), "lxml")
    assert page.h1.get_text() == "39 posts in 1 community we can see"
    assert "Eye Health: woke up" in page.get_text()
    assert "Forum: asks for a login (since 16 Nov 2026)" in page.get_text()
    data = json.loads(visitor.text("/reports/2026-W47.json"))
    (first, second) = csv.DictReader(io.StringIO(visitor.text("/reports/2026-W47.csv")))
    assert (data["talk"][0]["this_week"], first["this_week"]) == (39, "39")
    assert (data["talk"][1]["this_week"], second["this_week"]) == (None, "")


def test_each_community_has_bars_with_hatching_and_a_table_behind(visitor, keep):
    keep()
    page = BeautifulSoup(visitor.text("/reports/2026-W47"), "lxml")
    section = page.select_one(".multiples section")
    assert section.find("path", class_="hatch") is not None
    assert section.svg["aria-hidden"] == "true"
    cells = [cell.get_text() for cell in section.select("details td")]
    assert (len(cells), cells[0], cells[6], cells[7]) == (12, "155", "not wholly seen", "0")


def test_cards_and_broken_sources_are_nobodys_business_in_public(visitor, keep):
    keep()
    for path in ("/reports/2026-W47", "/reports/2026-W47.json", "/reports/2026-W47.csv"):
        text = visitor.text(path)
        assert "forum-list" not in text
        assert "open_reviews" not in text
        assert "7 cards" not in text


def test_a_week_of_a_crowd_draws_the_liveliest_and_lists_the_rest(visitor, keep):
    keep(talk=tuple(_row(f"Community {n}", 400 - n) for n in range(300)))
    page = BeautifulSoup(visitor.text("/reports/2026-W47"), "lxml")
    assert len(page.select(".multiples section")) == 60
    assert len(page.select(".rest tbody tr")) == 240
    assert len(str(page)) < 400_000


def test_reports_are_listed_newest_first_and_older_ones_can_be_reached(visitor, keep):
    for number in range(20, 40):
        keep(week=f"2026-W{number}")
    page = BeautifulSoup(visitor.text("/reports"), "lxml")
    listed = [link["href"] for link in page.select(".entries h2 a")]
    assert (len(listed), listed[0]) == (12, "/reports/2026-W39")
    older = page.find("a", string="Earlier weeks")["href"]
    listed += [a["href"] for a in BeautifulSoup(visitor.text(older), "lxml").select("h2 a")]
    assert listed == [f"/reports/2026-W{number}" for number in range(39, 19, -1)]


def test_the_list_reads_each_report_once_until_it_is_built_anew(visitor, keep, monkeypatch):
    keep()
    first = visitor.text("/reports")
    assert "39 posts" in first
    french = visitor.text("/fr/reports")
    with monkeypatch.context() as patched:
        patched.delattr("store.reports.load_weekly")
        assert visitor.text("/reports") == first
        assert visitor.text("/fr/reports") == french != first
    keep(posts=41, built_at=NOW + timedelta(minutes=1))
    assert "41 posts" in visitor.text("/reports")


def test_before_the_first_report_the_list_says_so(visitor):
    assert "No report has been written yet" in visitor.text("/reports")
    assert feedparser.parse(io.BytesIO(visitor.get("/changes.atom").data)).entries == []


@pytest.mark.parametrize("week", ["2026-W46", "2026-W99", "x", "2026-W47.pdf"])
def test_a_week_without_a_report_is_not_found(visitor, keep, week):
    keep()
    assert visitor.get(f"/reports/{week}").status_code == 404


def test_the_feed_has_an_entry_with_a_name_of_its_own_for_each_change(visitor, keep):
    keep(week="2026-W46")
    keep()
    response = visitor.get("/changes.atom")
    assert response.mimetype == "application/atom+xml"
    feed = feedparser.parse(io.BytesIO(response.data))
    assert not feed.bozo
    titles = ["Eye Health: woke up", "شبكة: moved"]
    assert [entry.title for entry in feed.entries] == titles * 2
    assert len({entry.id for entry in feed.entries}) == 4
    assert feed.entries[0].link == "http://localhost/c/eye"


def test_a_directory_that_was_added_at_once_does_not_swell_the_feed(visitor, keep):
    names = [f"Community {n}" for n in range(700)]
    new = [Change(slug=n, name=n, kind=ChangeKind.NEW, status=None) for n in names]
    keep(changes=tuple(new))
    feed = feedparser.parse(io.BytesIO(visitor.get("/changes.atom").data))
    assert [entry.title for entry in feed.entries] == [
        f"{n}: new in the directory" for n in names[:500]
    ]


def test_a_name_with_what_xml_cannot_hold_breaks_no_feed(visitor, keep):
    bad = Change(slug="b", name="Bad\x0b <&>", kind=ChangeKind.NEW, status=None)
    keep(changes=(bad,))
    feed = feedparser.parse(io.BytesIO(visitor.get("/changes.atom").data))
    assert not feed.bozo
    assert feed.entries[0].title_detail.value == "Bad  <&>: new in the directory".replace("  ", " ")


def test_pages_are_asked_for_again_only_when_they_changed(visitor, keep):
    keep()
    first = visitor.get("/reports/2026-W47")
    again = visitor.get("/reports/2026-W47", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


# ---- the year of a community ---------------------------------------------------------------


def test_a_year_shows_days_seen_and_unseen_with_a_table_behind(visitor, made):
    source = made.add("Malaria")
    day = datetime(2026, 3, 10, 9, tzinfo=UTC)
    made.post(source, day, day, day + timedelta(days=1))
    made.see(source, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    page = BeautifulSoup(visitor.text("/c/malaria/2026"), "lxml")
    assert {path["class"][0] for path in page.select("svg path")} == {"hatch", "none", "bar"}
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.select("tr")]
    assert rows[2] == ["Feb 2026", "not seen", "–", "0 / 28"]
    assert rows[3] == ["Mar 2026", "3", "2", "31 / 31"]
    assert rows[-1] == ["Nov 2026", "not seen", "–", "0 / 22"]  # the running day is not over


@pytest.mark.parametrize("path", ["/c/malaria/2027", "/c/malaria/1969", "/c/nobody/2026"])
def test_a_year_that_is_not_there_is_not_found(visitor, made, path):
    made.add("Malaria")
    assert visitor.get(path).status_code == 404
