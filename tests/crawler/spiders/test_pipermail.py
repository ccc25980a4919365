"""How a Pipermail archive is walked: what is asked for, what is proved, what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.spiders.pipermail import PipermailSpider
from domain.errors import Unreachable
from domain.outcome import Outcome
from domain.window import CoverageKind, Window

URL = "https://lists.example.org/pipermail/health/"
PERIODS = ("2025-November", "2025-December", "2026-January", "2026-March")
TEXTS = {
    "2025-November": (1, "Mon, 03 Nov 2025 10:00:00 +0000", "Mon Nov  3 10:00:05 2025"),
    "2025-December": (2, "Mon, 01 Dec 2025 10:00:00 +0000", "Mon Dec  1 10:00:05 2025"),
    "2026-January": (3, "Mon, 05 Jan 2026 10:00:00 +0000", "Mon Jan  5 10:00:05 2026"),
    "2026-March": (4, "Mon, 02 Mar 2026 10:00:00 +0000", "Mon Mar  2 10:00:05 2026"),
}


def day(year: int, month: int, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


def index_page(periods=PERIODS, *, sizes=None, notice: str = "") -> str:
    shown = {name: (sizes or {}).get(name, "1 KB") for name in reversed(periods)}
    rows = "".join(
        f'<tr><td>{name}:</td><td><A href="{name}/thread.html">[ Thread ]</a></td>'
        f'<td><A href="{name}.txt.gz">[ Gzip\'d Text {size} ]</a></td></tr>'
        for name, size in shown.items()
    )
    return (
        '<!DOCTYPE HTML><HTML><HEAD><title>The Health Archives</title><META NAME="robots" '
        'CONTENT="noindex,follow"></HEAD><BODY><h1>The Health Archives</h1><p>You can get '
        '<a href="https://lists.example.org/mailman/listinfo/health">more information</a>.</p>'
        f"{notice}<table border=3>{rows}</table></BODY></HTML>"
    )


def thread_page(period: str, *numbers: int, key: int = 1767607200) -> str:
    entries = "".join(
        f'<!--0 0{key + number}.{number}- -->\n<LI><A HREF="{number:06d}.html">Note\n</A>'
        f'<A NAME="{number}">&nbsp;</A>\n<I>Amina Test\n</I>\n'
        for number in numbers
    )
    return f"<HTML><HEAD><title>{period}</title></HEAD><BODY><ul>{entries}</ul></BODY></HTML>"


@pytest.fixture
def archive(web):
    """A whole archive of four months, none in February, with validators."""
    table = {URL: web.answer(index_page(), etag="index-1")}
    for name, (number, date, separator) in TEXTS.items():
        text = web.message(number, date, separator)
        table[f"{URL}{name}.txt.gz"] = web.answer(web.pack(text), etag=f"{name}-1")
    return table


def read_first(web, archive, **plan):
    return web.visit(PipermailSpider, URL, archive, **plan)


def read_again(web, archive, first, **plan):
    known = {
        "marks": tuple(first.marks.values()),
        "posts_known": len(first.posts),
        "covered_until": first.seen[-1].end if first.seen else None,
        "newest_post_at": max((p.at for p in first.posts.values() if p.at), default=None),
    }
    return web.visit(PipermailSpider, URL, archive, **{**known, **plan})


def test_a_first_visit_reads_every_period_oldest_first_and_proves_everything(web, archive):
    visit = read_first(web, archive)
    assert visit.outcome == "read"
    assert list(visit.posts) == [f"{n}@example.org" for n in (1, 2, 3, 4)]
    assert visit.seen == (Window(start=day(2025, 11), end=web.now),)
    assert set(visit.marks) == {"index", *PERIODS}
    assert [page.marks[0].name for page in visit.pages] == [*PERIODS, "index"]


def test_a_first_look_by_hand_reads_the_newest_period_only(web, archive):
    visit = read_first(web, archive, newest_only=True)
    assert list(visit.posts) == ["4@example.org"]


def test_a_period_is_saved_together_with_its_mark_and_its_own_coverage(web, archive):
    page = read_first(web, archive).pages[1]
    assert [post.post_id for post in page.posts] == ["2@example.org"]
    assert [(seen.start, seen.end) for seen in page.coverage] == [(day(2025, 12), day(2026, 1))]
    assert [mark.name for mark in page.marks] == ["2025-December"]


def test_the_newest_period_is_covered_up_to_the_visit_only(web, archive):
    page = read_first(web, archive).pages[3]
    assert [(seen.start, seen.end) for seen in page.coverage] == [(day(2026, 3), web.now)]


def test_an_unchanged_index_is_one_request_and_moves_the_coverage_on(web, archive):
    first = read_first(web, archive)
    later = web.now + timedelta(days=3)
    again = read_again(web, archive, first, now=later)
    assert again.asked == [URL]
    assert again.outcome == "unchanged"
    assert again.seen == (Window(start=web.now, end=later),)
    assert again.posts == {}


def test_a_changed_index_reads_the_last_two_periods_and_those_of_another_size(web, archive):
    first = read_first(web, archive)
    archive[URL] = web.answer(index_page(sizes={"2025-November": "2 KB"}), etag="index-2")
    again = read_again(web, archive, first)
    asked = {address.removeprefix(URL) for address in again.asked}
    assert "2025-November.txt.gz" in asked
    assert "2026-January.txt.gz" in asked
    assert "2026-March.txt.gz" in asked
    assert "2025-December.txt.gz" not in asked
    assert again.outcome == "read"
    assert again.posts == {}, "all three answered that they did not change"
    assert again.seen == (Window(start=day(2025, 11), end=web.now),)


def test_a_period_keeps_its_validators_when_it_answers_not_modified(web, archive):
    first = read_first(web, archive)
    archive[URL] = web.answer(index_page(sizes={"2025-November": "2 KB"}), etag="index-2")
    again = read_again(web, archive, first)
    assert again.marks["2025-November"].etag == "2025-November-1"
    assert again.marks["2025-November"].label == "text [ Gzip'd Text 2 KB ]"


def test_the_newest_period_is_read_from_the_fresh_text_where_there_is_one(web, archive):
    number, date, separator = TEXTS["2026-March"]
    text = web.message(number, date, separator) + web.message(
        5, "Wed, 04 Mar 2026 11:00:00 +0000", "Wed Mar  4 11:00:01 2026"
    )
    archive[f"{URL}2026-March.txt"] = web.answer(text)
    visit = read_first(web, archive)
    assert "5@example.org" in visit.posts
    assert f"{URL}2026-March.txt.gz" not in visit.asked


def test_a_text_that_is_missing_is_looked_for_under_its_other_name(web, archive):
    number, date, separator = TEXTS["2025-December"]
    del archive[f"{URL}2025-December.txt.gz"]
    archive[f"{URL}2025-December.txt"] = web.answer(web.message(number, date, separator))
    visit = read_first(web, archive)
    assert visit.outcome == "read"
    assert "2@example.org" in visit.posts


@pytest.mark.parametrize("status", [403, 404, 410])
def test_where_no_text_is_to_be_had_the_thread_index_is_read(web, archive, status):
    archive[f"{URL}2026-January.txt.gz"] = web.answer("no", status)
    archive[f"{URL}2026-January/thread.html"] = web.answer(thread_page("2026-January", 7, 8))
    visit = read_first(web, archive)
    assert visit.outcome == "read"
    assert {"pipermail:2026-January/000007", "pipermail:2026-January/000008"} <= set(visit.posts)
    assert visit.marks["2026-January"].label == "thread [ Gzip'd Text 1 KB ]"


def test_a_refused_text_is_not_asked_for_under_another_name(web, archive):
    archive[f"{URL}2026-January.txt.gz"] = web.answer("no", 403)
    archive[f"{URL}2026-January/thread.html"] = web.answer(thread_page("2026-January", 7))
    assert f"{URL}2026-January.txt" not in read_first(web, archive).asked


def test_a_web_page_in_place_of_a_text_is_not_taken_for_an_empty_one(web, archive):
    archive[f"{URL}2026-January.txt.gz"] = web.answer("<html><title>Oops</title></html>")
    visit = read_first(web, archive)
    assert visit.outcome == "partial"
    assert "2026-January" in visit.verdict.detail


def test_a_period_once_read_as_text_is_never_counted_again_from_its_threads(web, archive):
    first = read_first(web, archive)
    archive[URL] = web.answer(index_page(sizes={"2026-January": "2 KB"}), etag="index-2")
    archive[f"{URL}2026-January.txt.gz"] = web.answer("no", 403)
    archive[f"{URL}2026-January/thread.html"] = web.answer(thread_page("2026-January", 7))
    again = read_again(web, archive, first)
    assert again.posts == {}
    assert again.outcome == "partial"
    assert "2026-January" in again.verdict.detail


def test_a_period_once_read_from_its_threads_stays_with_them(web, archive):
    text = archive.pop(f"{URL}2026-January.txt.gz")
    archive[f"{URL}2026-January/thread.html"] = web.answer(thread_page("2026-January", 7))
    first = read_first(web, archive)
    archive[f"{URL}2026-January.txt.gz"] = text
    archive[f"{URL}2026-January/thread.html"] = web.answer(thread_page("2026-January", 7, 8))
    archive[URL] = web.answer(index_page(sizes={"2026-January": "2 KB"}), etag="index-2")
    again = read_again(web, archive, first)
    assert set(again.posts) == {"pipermail:2026-January/000007", "pipermail:2026-January/000008"}


def test_a_period_that_fails_is_not_covered_and_the_others_are_kept(web, archive):
    archive[f"{URL}2025-December.txt.gz"] = Unreachable(Outcome.TIMEOUT, "no answer")
    visit = read_first(web, archive)
    assert visit.outcome == "partial"
    assert "2025-December" in visit.verdict.detail
    assert set(visit.posts) == {"1@example.org", "3@example.org", "4@example.org"}
    assert visit.seen == (
        Window(start=day(2025, 11), end=day(2025, 12)),
        Window(start=day(2026, 1), end=web.now),
    )
    assert "index" not in visit.marks, "or the period would not be asked for again"
    assert "2025-December" not in visit.marks


def test_a_host_that_fails_three_times_in_a_row_is_left_alone(web, archive):
    for name in PERIODS[:3]:
        archive[f"{URL}{name}.txt.gz"] = Unreachable(Outcome.SERVER_ERROR, "answered 500")
    visit = read_first(web, archive)
    assert visit.error is not None
    assert visit.outcome == "server_error"
    assert not any("2026-March" in address for address in visit.asked)


def test_a_cut_gzip_gives_its_readable_posts_and_partial_coverage(web, archive):
    text = "".join(
        web.message(
            100 + n, f"Tue, 02 Dec 2025 10:00:{n % 60:02d} +0000", "Tue Dec  2 10:01:00 2025"
        )
        for n in range(400)
    )
    archive[f"{URL}2025-December.txt.gz"] = web.answer(web.pack(text)[:-800])
    visit = read_first(web, archive)
    assert visit.outcome == "partial"
    assert 0 < sum(post_id.startswith(("1", "2", "3", "4")) for post_id in visit.posts) < 404
    assert "100@example.org" in visit.posts
    kinds = [seen.kind for seen in visit.coverage if seen.start == day(2025, 12)]
    assert kinds == [CoverageKind.PARTIAL]
    assert all(day(2025, 12, 15) not in window for window in visit.seen)
    assert "2025-December" not in visit.marks


def test_an_answer_cut_by_the_connection_is_no_proof_either(web, archive):
    number, date, separator = TEXTS["2025-December"]
    text = web.message(number, date, separator)
    archive[f"{URL}2025-December.txt.gz"] = web.answer(text, cut=True)
    visit = read_first(web, archive)
    assert visit.outcome == "partial"
    assert "2@example.org" in visit.posts
    assert all(day(2025, 12, 15) not in window for window in visit.seen)


def test_a_kill_between_two_periods_loses_nothing(web, archive):
    killed = read_first(web, archive, stop_after=2)
    assert set(killed.marks) == {"2025-November", "2025-December"}
    again = read_again(web, archive, killed)
    assert set(again.posts) == {"3@example.org", "4@example.org"}
    assert f"{URL}2025-November.txt.gz" not in again.asked
    assert again.seen == (Window(start=day(2025, 11), end=web.now),)


def test_a_period_of_a_wrong_clock_keeps_its_posts_and_bounds_nothing(web, archive):
    archive[URL] = web.answer(index_page(("1945-February", *PERIODS)))
    archive[f"{URL}1945-February.txt.gz"] = web.answer(
        web.pack(web.message(9, "Thu, 01 Feb 1945 10:00:00 +0000", "Thu Feb  1 10:00:00 1945"))
    )
    visit = read_first(web, archive)
    assert visit.outcome == "read"
    assert visit.posts["9@example.org"].at is None
    assert visit.seen == (Window(start=day(2025, 11), end=web.now),)


def test_a_split_body_line_filed_under_this_month_makes_no_post(web, archive):
    archive[f"{URL}2026-March.txt.gz"] = web.answer(
        web.pack(
            "From bogus@does.not.exist.com  Wed Mar  4 09:00:00 2026\n"
            "From: bogus@does.not.exist.com ()\nDate: Wed Mar  4 09:00:00 2026\n"
            "Subject: No subject\n\nthat nothing is decided yet.\n"
        )
    )
    visit = read_first(web, archive)
    assert visit.outcome == "read"
    assert len(visit.posts) == 3


def test_an_empty_archive_is_empty_only_where_there_never_were_posts(web):
    page = (
        '<html><head><title>The Health Archives</title><meta name="robots" content="noindex">'
        "</head><body><h1>The Health Archives</h1><p>No messages have been posted to this list "
        'yet, so the archives are currently empty. <a href="/mailman/listinfo/health">more</a>'
        "</p></body></html>"
    )
    table = {URL: web.answer(page, etag="empty-1")}
    visit = read_first(web, table)
    assert visit.outcome == "empty"
    assert visit.seen == (Window(start=day(2026, 3, 4), end=web.now),)
    doubtful = read_first(web, table, posts_known=12, covered_until=day(2026, 3))
    assert doubtful.outcome == "partial"
    assert doubtful.coverage == []
    assert doubtful.marks == {}


def test_a_zero_byte_text_is_a_failure_not_a_quiet_month(web, archive):
    archive[f"{URL}2025-December.txt.gz"] = web.answer(b"")
    visit = read_first(web, archive)
    assert visit.outcome == "partial"
    assert all(day(2025, 12, 15) not in window for window in visit.seen)


@pytest.mark.parametrize(
    ("page", "known", "outcome"),
    [
        ("<html><title>Welcome</title><body>A new site</body></html>", 0, "unparseable"),
        ("<html><title>Welcome</title><body>A new site</body></html>", 9, "layout_changed"),
        (
            "<html><form><input name='username'><input type='password' name='password'></form>",
            9,
            "login_wall",
        ),
        ("<html><h2>Error</h2>No such list <em>health</em></html>", 9, "gone"),
        (index_page(("Frühling-2026",)), 9, "layout_changed"),
        (
            "<html><p>The list has moved to <a href='https://example.net/l/'>here</a></p></html>",
            9,
            "moved",
        ),
    ],
)
def test_a_page_that_is_no_index_is_never_an_empty_archive(web, page, known, outcome):
    visit = read_first(web, {URL: web.answer(page)}, posts_known=known)
    assert visit.outcome == outcome
    assert visit.pages == []


def test_an_unknown_period_name_leaves_everything_unproved_but_its_neighbours(web, archive):
    archive[URL] = web.answer(index_page((*PERIODS, "Spring-2026")))
    visit = read_first(web, archive)
    assert visit.outcome == "partial"
    assert "Spring-2026" in visit.verdict.detail
    assert "index" not in visit.marks
    assert visit.seen[-1] == Window(start=day(2026, 3), end=web.now)
    assert all(day(2026, 2, 14) not in window for window in visit.seen)


def test_a_frozen_archive_with_a_notice_moved_and_proves_nothing_afterwards(web, archive):
    notice = (
        "<p>This list has moved. The current archive is at "
        "<a href='https://lists.example.net/list/health@lists.example.net/'>lists</a>.</p>"
    )
    archive[URL] = web.answer(index_page(PERIODS[:3], notice=notice), etag="frozen")
    visit = read_first(web, archive)
    assert visit.outcome == "moved"
    assert visit.verdict.new_url == "https://lists.example.net/list/health@lists.example.net/"
    assert len(visit.posts) == 3
    newest = max(post.at for post in visit.posts.values())
    assert visit.seen == (Window(start=day(2025, 11), end=newest),)
    assert "index" not in visit.marks, "or the next visit would take the silence for real"


@pytest.mark.parametrize(
    "name", ["Week-of-Mon-20260302", "20260302", "2026q1", "2026", "2026-March", "2026-mars"]
)
def test_every_kind_of_period_is_read(web, name):
    text = web.message(1, "Mon, 02 Mar 2026 10:00:00 +0000", "Mon Mar  2 10:00:05 2026")
    table = {
        URL: web.answer(index_page((name,))),
        f"{URL}{name}.txt.gz": web.answer(web.pack(text)),
    }
    visit = read_first(web, table)
    assert visit.outcome == "read"
    assert visit.posts["1@example.org"].at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert visit.seen[-1].end == web.now


def test_periods_that_are_not_listed_any_more_are_doubted_and_then_taken_as_they_are(web, archive):
    first = read_first(web, archive)
    archive[URL] = web.answer(index_page(PERIODS[2:]), etag="index-2")
    again = read_again(web, archive, first)
    assert again.outcome == "partial"
    assert "2025-November" in again.verdict.detail
    assert again.verdict.evidence["lost"]
    assert again.seen == ()
    assert "index" not in again.marks
    marks = {**first.marks, **again.marks}
    late = web.now + timedelta(days=14)
    later = read_again(web, archive, first, marks=tuple(marks.values()), now=late)
    assert later.outcome == "read"
    assert later.seen == (Window(start=day(2026, 1), end=late),)
    assert later.marks["2025-November"].label == "gone"
    accepted = {**marks, **later.marks}
    archive[URL] = web.answer(index_page(PERIODS[2:], sizes={"2026-March": "2 KB"}), etag="index-3")
    last = read_again(web, archive, first, marks=tuple(accepted.values()), now=late)
    assert (last.outcome, last.marks["loss"].label) == ("read", None)


def test_an_index_that_ends_in_the_middle_proves_only_its_periods(web, archive):
    page = index_page()
    archive[URL] = web.answer(page[: page.index("2025-December:")], etag="cut")
    visit = read_first(web, archive)
    assert visit.outcome == "partial"
    assert set(visit.posts) == {"3@example.org", "4@example.org"}
    assert visit.seen == (
        Window(start=day(2026, 1), end=day(2026, 2)),
        Window(start=day(2026, 3), end=web.now),
    )
    assert "index" not in visit.marks
