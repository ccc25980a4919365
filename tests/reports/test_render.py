"""Every form of the report says the same, and never turns unknown into zero."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from domain.outcome import Outcome, Reason, Status
from domain.report import Change, ChangeKind, NotRead, TalkRow, WeeklyReport
from domain.window import Window
from presentation.digest import Edition
from presentation.weekly_forms import render_csv, render_json
from reports.render import (
    draw_months,
    render_html,
    render_subject,
    render_text,
)

ONLINE = Edition(public_url="https://cops.example.org")
KIB = 1024
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
# What browsers paint behind a page that names no ground of its own.
DARK_GROUND = (18, 18, 18)


def _text_line(report: WeeklyReport, name: str) -> list[str]:
    (line,) = [line for line in render_text(report).splitlines() if line.startswith(name)]
    return line.removeprefix(name).split()


def _words(html: str) -> str:
    return " ".join(BeautifulSoup(html, "lxml").get_text(" ").split())


# ---- subject -------------------------------------------------------------------------------


def test_the_subject_has_the_answer_in_its_exact_form(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    quiet = Change(slug="a", name="A", kind=ChangeKind.WENT_QUIET, status=Status.SLOWING)
    awake = Change(slug="c", name="C", kind=ChangeKind.WOKE_UP, status=Status.ACTIVE)
    report = make_report(
        talk=(make_row(this_week=412),), changes=(quiet, replace(quiet, slug="b"), awake)
    )
    assert render_subject(report) == (
        "CoPs, week 47 (16–22 Nov 2026): 412 posts, 2 went quiet, 1 woke up"
    )


def test_the_subject_of_a_week_without_changes_says_so(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    report = make_report(talk=(make_row(this_week=1),))
    assert render_subject(report, Edition(title="Health CoPs")) == (
        "Health CoPs, week 47 (16–22 Nov 2026): 1 post, nothing changed"
    )


def test_a_week_that_nobody_saw_has_no_number_of_posts(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    report = make_report(talk=(make_row(this_week=None, last_week=None, usual=None),))
    assert render_subject(report).endswith(": no archive could be read for the whole week")
    assert "othing changed" not in render_text(report)
    assert not re.search(r"\b0 posts", render_text(report) + _words(render_html(report)))


@pytest.mark.parametrize(
    ("monday", "days"),
    [
        (datetime(2026, 11, 30, tzinfo=UTC), "30 Nov – 6 Dec 2026"),
        (datetime(2026, 12, 28, tzinfo=UTC), "28 Dec 2026 – 3 Jan 2027"),
        (datetime(2026, 6, 1, tzinfo=UTC), "1–7 Jun 2026"),
    ],
)
def test_the_days_name_a_month_and_year_only_as_often_as_needed(
    make_report: Callable[..., WeeklyReport], monday: datetime, days: str
) -> None:
    report = make_report(window=Window(start=monday, end=monday + timedelta(days=7)))
    assert f"({days})" in render_subject(report)


# ---- text ----------------------------------------------------------------------------------


def test_the_text_starts_with_the_answer_and_then_the_changes(full_report: WeeklyReport) -> None:
    text = render_text(full_report)
    first = " ".join(text.split("\n\n")[0].split())
    assert first == (
        "72 posts in 4 communities we can see. 1 went quiet, 1 woke up, "
        "1 decided by a curator, 1 new. 6% fewer than last week. 1 archive could not be read."
    )
    assert text.index("WHAT CHANGED") < text.index("MOST TALK") < text.index("NOT READ")
    joined = " ".join(text.split())
    assert "Malaria Practice Group: went quiet. No post seen for 9 weeks" in joined
    assert "TB Care: moved, a curator says." in joined
    assert "New in the directory: One Health Forum." in joined


def test_the_table_gives_numbers_before_the_picture(full_report: WeeklyReport) -> None:
    assert _text_line(full_report, "Child Health Exchange") == ["39", "38", "34", "█▇█▆_·▇▇████"]
    assert _text_line(full_report, "Primary Care Forum")[:3] == ["33", "37", "30"]


def test_unknown_numbers_are_dashes_and_zero_is_zero(full_report: WeeklyReport) -> None:
    assert _text_line(full_report, "Nutrition.example Network")[:3] == ["–", "–", "20"]
    assert _text_line(full_report, "Réseau Exemple Santé")[:3] == ["0", "2", "0"]
    assert "It is not zero." in render_text(full_report)


def test_communities_silent_as_usual_or_not_countable_are_counted_instead_of_listed(
    full_report: WeeklyReport,
) -> None:
    text = render_text(full_report)
    assert "Silent Circle" not in text
    assert "1 community had no posts, as usual." in text
    assert "Fresh Feed" not in text
    assert "1 community cannot be counted yet: no whole week was seen." in text


def test_what_could_not_be_read_is_named_with_reason_and_since_when(
    full_report: WeeklyReport,
) -> None:
    text = render_text(full_report)
    assert "- Example Forum: asks for a login (since 14 Nov 2026)" in text
    assert "27 more communities are closed to us by nature." in text


def test_curators_find_their_cards_first_and_readers_do_not_see_them(
    full_report: WeeklyReport,
) -> None:
    text = render_text(full_report, replace(ONLINE, for_curator=True))
    assert text.startswith("7 cards wait for a curator: https://cops.example.org/review\n")
    assert "card" not in render_text(full_report, ONLINE)


def test_text_lines_fit_a_terminal_and_the_whole_fits_its_budget(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    report = _crowded(make_report, make_row)
    text = render_text(report, ONLINE)
    assert max(len(line) for line in text.splitlines()) <= 78
    assert len(text.encode()) <= 10 * KIB


def test_the_trend_compares_only_communities_seen_in_both_weeks(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    grown = make_row(this_week=15, last_week=10)
    fresh = make_row("Fresh", this_week=85, last_week=None)
    assert "50% more than last week in the 1 seen in both weeks." in " ".join(
        render_text(make_report(talk=(grown, fresh))).split()
    )


def test_a_week_without_comparison_claims_none(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    report = make_report(talk=(make_row(last_week=None),))
    assert "last week" not in render_text(report)


def test_months_are_drawn_by_size_with_unseen_and_empty_ones_apart() -> None:
    assert draw_months((None, 0, 1, 50, 100)) == "·_▁▄█"
    assert draw_months((None, None)) == "··"
    assert draw_months((0, 0)) == "__"


def test_a_long_name_is_cut_so_that_the_columns_stay(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    wide = make_row("母子保健" * 12)
    long = make_row("Water and Sanitation Practitioners of the Eastern Coast")
    lines = render_text(make_report(talk=(wide, long))).splitlines()
    rows = [line for line in lines if "…" in line]
    assert [line.split("…")[1].lstrip() for line in rows] == [rows[0].split("…")[1].lstrip()] * 2
    assert rows[1].startswith("Water and Sanitation Practitioners of t…")


# ---- HTML ----------------------------------------------------------------------------------


def test_the_html_fetches_nothing_and_runs_nothing(full_report: WeeklyReport) -> None:
    html = render_html(full_report, replace(ONLINE, for_curator=True, stop_address="s@example.org"))
    soup = BeautifulSoup(html, "lxml")
    assert soup.find_all(["img", "script", "link", "iframe", "svg", "object", "form"]) == []
    assert not re.search(r"url\(|@import|src=|background=|javascript:", html)
    addresses = {str(link["href"]) for link in soup.find_all("a")}
    assert addresses
    assert all(address.startswith("https://cops.example.org/") for address in addresses)


def test_links_go_straight_to_the_page_without_anything_that_could_track(
    full_report: WeeklyReport,
) -> None:
    soup = BeautifulSoup(render_html(full_report, ONLINE), "lxml")
    (link,) = [link for link in soup.find_all("a") if link.get_text() == "Primary Care Forum"]
    assert link["href"] == "https://cops.example.org/c/primary-care-forum"


def test_without_a_public_address_there_is_no_link(full_report: WeeklyReport) -> None:
    html = render_html(full_report, Edition(for_curator=True))
    assert "<a" not in html
    assert "7 cards wait for a curator" in html


def test_the_html_states_its_language_and_both_colour_schemes(full_report: WeeklyReport) -> None:
    soup = BeautifulSoup(render_html(full_report), "lxml")
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    scheme = soup.find("meta", attrs={"name": "color-scheme"})
    assert scheme is not None
    assert scheme["content"] == "light dark"


def test_styles_are_inlined_and_only_the_dark_scheme_stays_in_the_head(
    full_report: WeeklyReport,
) -> None:
    html = render_html(full_report)
    (kept,) = re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL)
    assert kept.strip().startswith("@media (prefers-color-scheme: dark)")
    body = BeautifulSoup(html, "lxml").body
    assert body is not None
    assert "font" in str(body["style"])


def test_the_table_has_three_columns_and_bars_made_of_cells(full_report: WeeklyReport) -> None:
    soup = BeautifulSoup(render_html(full_report), "lxml")
    table = soup.find("table", class_="talk")
    assert table is not None
    rows = table.find_all("tr", recursive=False) or table.tbody.find_all("tr", recursive=False)
    assert [cell.get_text() for cell in rows[0].find_all("th")] == ["Posts", "this week", "usual"]
    bars = table.find_all("td", attrs={"bgcolor": True})
    assert [bar["width"] for bar in bars] == ["100%", "85%"]


def test_a_week_not_wholly_seen_has_a_dash_words_and_no_bar(full_report: WeeklyReport) -> None:
    soup = BeautifulSoup(render_html(full_report), "lxml")
    (name,) = [
        cell
        for cell in soup.find_all("th", scope="row")
        if cell.get_text().startswith("Nutrition.example Network")
    ]
    assert "week not wholly seen" in name.get_text()
    assert name.find("td") is None
    assert name.find_next_sibling("td").get_text() == "–"


def test_names_cannot_become_links_or_markup_in_a_mail_client(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    html = render_html(make_report(talk=(make_row("free.pills.example <b>&"),)))
    assert "free<span>.</span>pills<span>.</span>example &lt;b&gt;&amp;" in html
    assert "free.pills" not in html


def test_text_and_html_tell_the_same_numbers(full_report: WeeklyReport) -> None:
    words = _words(render_html(full_report))
    for told in ("72 posts in 4 communities we can see", "6% fewer than last week", "last 37"):
        assert told in words


def test_forty_rows_with_everything_around_them_fit_the_size_budget(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    report = _crowded(make_report, make_row)
    html = render_html(report, replace(ONLINE, for_curator=True, stop_address="s@example.org"))
    soup = BeautifulSoup(html, "lxml")
    assert len(soup.find_all("th", scope="row")) == 40
    assert len(html.encode()) <= 80 * KIB
    assert "60 more communities had posts this week or before." in _words(html)


def test_an_edition_without_a_limit_shows_every_row(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    html = render_html(_crowded(make_report, make_row), replace(ONLINE, rows=None))
    assert len(BeautifulSoup(html, "lxml").find_all("th", scope="row")) == 100


def test_colours_can_be_read_on_white_on_black_and_on_the_ground_of_dark_mode(
    full_report: WeeklyReport,
) -> None:
    head, body = render_html(full_report, ONLINE).split("</style>")
    texts = set(re.findall(r"[^-]color: ?(#\w{6})", body))
    dark_texts = set(re.findall(r"[^-]color: ?(#\w{6})", head))
    bars = set(re.findall(r'bgcolor="(#\w{6})"', body))
    assert min(len(texts), len(dark_texts), len(bars)) > 0
    for ground in (WHITE, BLACK):
        assert all(_contrast(colour, ground) >= 4.5 for colour in texts)
        assert all(_contrast(colour, ground) >= 3 for colour in bars)
    assert all(_contrast(colour, DARK_GROUND) >= 4.5 for colour in dark_texts)
    assert all(_contrast(colour, DARK_GROUND) >= 3 for colour in bars)


# ---- JSON and CSV --------------------------------------------------------------------------


def test_json_holds_every_number_with_unknown_as_null(full_report: WeeklyReport) -> None:
    read = json.loads(render_json(full_report))
    assert (read["week"], read["posts"], read["seen"]) == ("2026-W47", 72, 4)
    assert read["window"] == {"start": "2026-11-16T00:00:00Z", "end": "2026-11-23T00:00:00Z"}
    assert read["talk"][3]["this_week"] is None
    assert read["talk"][4]["this_week"] == 0
    assert read["changes"][0]["reason"]["values"]["silent_days"] == 63
    assert read["not_read"][0]["outcome"] == "login_wall"
    assert (read["months"][0], read["months"][-1]) == ("2025-11", "2026-10")


def test_csv_holds_every_community_with_unknown_as_an_empty_cell(
    full_report: WeeklyReport,
) -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv(full_report))))
    assert len(rows) == 6
    assert rows[3]["this_week"] == ""
    assert rows[4]["this_week"] == "0"
    assert (rows[0]["2026-03"], rows[0]["2026-04"]) == ("0", "")


def test_a_name_that_looks_like_a_formula_stays_text_in_a_spreadsheet(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> None:
    report = make_report(talk=(make_row("=HYPERLINK(1)"),))
    assert next(csv.DictReader(io.StringIO(render_csv(report))))["name"] == "'=HYPERLINK(1)"


def _crowded(
    make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]
) -> WeeklyReport:
    """More of everything than a mail may hold."""
    name = "Réseau des praticiens de santé communautaire n.{}"
    silence = Reason(
        code="silence",
        values={"silent_days": 63, "last": "2026-09-19", "usual_days": 4, "longest_days": 31},
    )
    changes = [
        Change(
            slug=f"c{i}",
            name=name.format(i),
            kind=ChangeKind.NEW if i % 2 else ChangeKind.WENT_QUIET,
            status=Status.SLOWING,
            reason=silence,
        )
        for i in range(100)
    ]
    not_read = [
        NotRead(slug=f"n{i}", name=name.format(i), outcome=Outcome.CHALLENGE, since=None)
        for i in range(60)
    ]
    talk = [make_row(name.format(i), this_week=100 - i) for i in range(100)]
    return make_report(
        talk=tuple(talk),
        changes=tuple(changes),
        not_read=tuple(not_read),
        closed_to_us=27,
        open_reviews=7,
    )


def _contrast(colour: str, ground: tuple[int, int, int]) -> float:
    """Contrast ratio as in WCAG 2.2, 1.4.3."""
    own = (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
    bright, dark = sorted((_luminance(own), _luminance(ground)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
