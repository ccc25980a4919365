"""The operator sees which sources broke, why and since when, and asks for another visit."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import update

from domain.alerts import AlertKind
from domain.outcome import Outcome
from domain.people import Role
from domain.records import Platform, Source
from domain.window import CoverageKind, Window
from presentation.marks import RunMark
from store import alerts, coverage, sources
from store.engine import reading, writing
from store.tables import SourceRow
from tests.web.kit import NOW, Browser, Directory
from web.app import STATIC
from web.runs import list_stretches

SignIn = Callable[..., Browser]
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.fixture
def operator(sign_in: SignIn) -> Browser:
    return sign_in("Ola Berg", Role.OPERATOR)


def change(made: Directory, source: Source, **facts: object) -> None:
    with writing(made.engine) as s:
        s.execute(update(SourceRow).where(SourceRow.id == source.id).values(**facts))


def break_source(made: Directory, name: str = "Nutrition Questions") -> Source:
    """A source that was read for weeks and has not been seen since eight days ago."""
    source = made.add(name)
    for weeks in range(7, 1, -1):
        made.visit(source, Outcome.READ, ago=weeks * WEEK, posts_new=2)
    for days in (8, 1):
        made.visit(
            source,
            Outcome.LAYOUT_CHANGED,
            ago=days * DAY,
            detail="0 of 47 dates could be read",
            to_do="compare the page with the adapter",
            evidence={"status": "200", "final_url": "https://lists.example.org/<new>/"},
        )
    change(made, source, added_at=NOW - 400 * DAY, failures=2, due_at=NOW + timedelta(hours=6))
    return source


def rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/runs/([^"]+)">', page)


@pytest.mark.parametrize("path", ["/runs", "/runs/anything"])
def test_only_operators_and_leads_see_it(
    visitor: Browser, curator: Browser, sign_in: SignIn, path: str
) -> None:
    assert visitor.get(path).status_code == 303
    assert curator.get(path).status_code == 403
    expected = 200 if path == "/runs" else 404
    for number, role in enumerate((Role.OPERATOR, Role.LEAD)):
        assert sign_in(f"Person {number}", role).get(path).status_code == expected


def test_without_a_source_it_says_what_to_type(operator: Browser) -> None:
    page = operator.text("/runs")
    assert "0 sources: 0 fine." in page
    assert "rollcall sources add URL" in page


def test_a_row_has_eight_cells_each_with_words(made: Directory, operator: Browser) -> None:
    break_source(made)
    page = operator.text("/runs")
    cells = re.findall(
        r'<td class="m (\w+)[^"]*"><span aria-hidden="true">(.)</span><span class="sr">([^<]+)<',
        page,
    )
    assert [(mark, sign) for mark, sign, _ in cells] == [
        *[("new_talk", "●")] * 5,
        *[("cannot_read", "▲")] * 2,
        ("not_due", "·"),
    ]
    assert "new talk, 2 new posts, 1 visit" in page
    assert "cannot read, looks different now and we cannot read it yet" in page
    assert "not seen since 15 Nov 2026 (2 visits)" in page
    assert '<td class="n">12</td>' in page
    assert "6 h" in page


def test_every_sign_has_its_word_in_the_legend(made: Directory, operator: Browser) -> None:
    break_source(made)
    legend = operator.text("/runs").partition('id="legend"')[2]
    for mark in RunMark:
        assert f"{mark.sign}</b> {mark.word}</dt><dd>{mark.meaning}</dd>" in legend


def test_worst_first_and_imported_ones_are_not_runs(made: Directory, operator: Browser) -> None:
    fine = made.add("A Fine List")
    made.visit(fine, Outcome.READ)
    change(made, fine, due_at=NOW + DAY)
    made.add("Imported", platform=Platform.MBOX)
    break_source(made, "Z Broken List")
    page = operator.text("/runs")
    assert rows(page) == ["z-broken-list", "a-fine-list"]
    assert "2 sources: 1 fine, 1 cannot read." in page
    assert page.count(">What changed<") == 1
    assert page.count(">Last visit<") == 1


def test_late_sources_and_duties_and_our_own_outage_are_said(
    made: Directory, operator: Browser
) -> None:
    late = made.add("Sleeping List")
    made.visit(late, Outcome.READ)
    change(made, late, due_at=NOW - timedelta(hours=5))
    with writing(made.engine) as s:
        for kind, name in (
            (AlertKind.NETWORK, "our own network"),
            (AlertKind.LATE, "weekly_report"),
        ):
            alerts.open_alert(s, kind=kind, name=name, since=NOW, failures=2, now=NOW)
    page = operator.text("/runs")
    assert "1 late." in page
    assert "late by 5 hours" in page
    assert "Our own network has been down since 23 Nov 2026, 12:00 UTC" in page
    assert "Late: weekly report, due 23 Nov 2026, 12:00 UTC" in page


def test_the_page_of_a_source_tells_what_is_wrong_and_since_when(
    made: Directory, operator: Browser
) -> None:
    source = break_source(made)
    with writing(made.engine) as s:
        alerts.open_alert(
            s,
            kind=AlertKind.SOURCE,
            name=source.name,
            source_id=source.id,
            since=NOW - 8 * DAY,
            failures=2,
            now=NOW - DAY,
        )
    page = operator.text(f"/runs/{source.name}")
    assert "Broken for 8 days." in page
    assert "To do: compare the page with the adapter" in page
    assert "<dd>0 of 47 dates could be read</dd>" in page
    assert "<dt>Final url</dt><dd>https://lists.example.org/&lt;new&gt;/</dd>" in page
    assert "Since 15 Nov 2026, 12:00 UTC: open, 2 visits in a row; nobody was told" in page
    assert f"<code>rollcall sources show {source.name}</code>" in page
    assert page.count("looks different now and we cannot read it yet") == 3


def test_an_outage_of_ours_stands_in_the_visits_and_concludes_nothing(
    made: Directory, operator: Browser
) -> None:
    source = break_source(made)
    made.visit(source, Outcome.OUR_NETWORK_DOWN, ago=timedelta(hours=1))
    page = operator.text(f"/runs/{source.name}")
    assert '<strong class="word">cannot read</strong>' in page
    assert "was not asked: our own connection was down" in page


def test_what_was_seen_is_a_bar_with_a_list_beside_it(made: Directory, operator: Browser) -> None:
    source = made.add("Half Seen")
    made.see(source, NOW - 100 * DAY, NOW - 50 * DAY)
    partial = Window(start=NOW - 20 * DAY, end=NOW - 10 * DAY)
    with writing(made.engine) as s:
        coverage.add_coverages(s, {(source.id, CoverageKind.PARTIAL): [partial]})
        seen = coverage.load_coverage(s, source.id)
    window = Window(start=NOW - 200 * DAY, end=NOW)
    assert [stretch.seen for stretch in list_stretches(window, seen)] == [
        "not seen", "in part", "not seen", "whole", "not seen",
    ]  # fmt: skip
    page = operator.text(f"/runs/{source.name}")
    assert 'class="hatch"' in page
    assert "<td>15 Aug 2026 – 4 Oct 2026</td><td>whole</td>" in page
    assert "<td>3 Nov 2026 – 13 Nov 2026</td><td>in part</td>" in page


def test_a_source_that_was_never_visited_has_a_page(made: Directory, operator: Browser) -> None:
    source = made.add("Brand New")
    page = operator.text(f"/runs/{source.name}")
    assert "It was not visited yet." in page
    assert "None: it never failed often enough in a row." in page


def test_test_again_only_marks_the_source_as_due(made: Directory, operator: Browser) -> None:
    source = break_source(made)
    answer = operator.send("/runs/test", page="/runs", source=source.name)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/runs/{source.name}"
    with reading(made.engine) as s:
        found = sources.load_source(s, source.name)
        assert found is not None
        assert found.due_at == NOW
    assert f"{source.name} is due now." in operator.text(f"/runs/{source.name}")


def test_test_again_from_the_page_of_a_source(made: Directory, operator: Browser) -> None:
    source = break_source(made)
    path = f"/runs/{source.name}"
    assert operator.send("/runs/test", page=path, source=source.name).status_code == 303


def test_a_paused_source_stays_paused_and_says_so(made: Directory, operator: Browser) -> None:
    source = break_source(made)
    change(made, source, paused=True)
    operator.send("/runs/test", page="/runs", source=source.name)
    page = operator.text(f"/runs/{source.name}")
    assert "is paused and stays so" in page
    with reading(made.engine) as s:
        assert sources.load_source(s, source.name).due_at > NOW  # type: ignore[union-attr]


def test_a_visit_is_never_asked_for_by_a_link_a_stranger_or_a_curator(
    made: Directory, operator: Browser, curator: Browser, visitor: Browser
) -> None:
    source = break_source(made)
    assert operator.get("/runs/test").status_code == 404  # a source of that name, if there were one
    assert operator.client.post("/runs/test", data={"source": source.name}).status_code == 400
    for other in (curator, visitor):
        other.send("/runs/test", page="/login", source=source.name)
    assert operator.send("/runs/test", page="/runs", source="nobody").status_code == 404
    with reading(made.engine) as s:
        assert sources.load_source(s, source.name).due_at > NOW  # type: ignore[union-attr]


def test_names_with_odd_signs_have_a_page(made: Directory, operator: Browser) -> None:
    source = made.add("Odd")
    change(made, source, name="a/b & <c>")
    page = operator.text("/runs")
    assert "<c>" not in page
    [path] = rows(page)
    assert "a/b &amp; &lt;c&gt;" in operator.text(f"/runs/{unescape(path)}")


def test_fifty_sources_a_page_stay_small(made: Directory, operator: Browser) -> None:
    for number in range(60):
        made.visit(made.add(f"List number {number}"), Outcome.READ, posts_new=number)
    first, second = operator.text("/runs"), operator.text("/runs?page=2")
    assert (len(rows(first)), len(rows(second))) == (50, 10)
    assert "Page 1 of 2" in first
    assert len(gzip.compress(first.encode())) <= 10 * 1024
    assert len(rows(operator.text("/runs?page=99"))) == 10


def test_leads_find_it_in_the_menu_and_curators_do_not(
    operator: Browser, sign_in: SignIn, curator: Browser
) -> None:
    assert 'href="/runs"' in operator.text("/runs")
    assert 'href="/runs"' in sign_in("Lea Moss", Role.LEAD).text("/review")
    assert 'href="/runs"' not in curator.text("/review/next")


def test_the_table_scrolls_inside_itself_and_marks_are_not_told_by_colour_alone() -> None:
    css = (STATIC / "style.css").read_text()
    assert re.search(r"\.scroll \{\s+overflow-x: auto", css)
    assert len({mark.sign for mark in RunMark}) == 7
