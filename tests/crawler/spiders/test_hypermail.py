"""Hypermail: an index by date per period, and a message page only where that tells no day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.formats.hypermail import read_period
from crawler.spiders.hypermail import HypermailSpider
from tests.crawler.spiders.looking import look_back
from tests.samples.hypermail.cases import (
    LIST,
    archive,
    period_of,
    write_frame,
    write_list,
    write_period,
)
from tests.samples.small_talk import small_talk

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
FOLDER = "https://lists.example.org/hypermail/child-health/"
SAID = small_talk(NOW, count=8, gap=timedelta(days=6), answers=3)


def remember(visit) -> dict:
    """What a store would tell the next visit."""
    dated = [post.at for post in visit.posts.values() if post.at]
    return {
        "marks": tuple(visit.marks.values()),
        "covered_until": visit.seen[-1].end if visit.seen else None,
        "posts_known": len(visit.posts),
        "newest_post_at": max(dated, default=None),
    }


def tag(pages: dict, web) -> dict:
    """The pages as a server of files gives them."""
    return {url: web.answer(p.body, etag=f'"{len(p.body)}"') for url, p in pages.items()}


def message_page(*, deleted: bool = False) -> str:
    mark = '<!-- isdeleted="1" -->\n' if deleted else ""
    return write_frame(
        "Well",
        '<!-- isoreceived="20260203101000" -->\n<!-- isosent="20260203100500" -->\n'
        f'<!-- id="1.talk@example.org" -->\n{mark}<!-- body="start" -->\n',
    )


def test_a_visit_without_news_is_one_request_that_the_server_answers_with_304(web):
    pages = tag(archive(NOW).pages, web)
    first = web.visit(HypermailSpider, LIST, pages)
    again = web.visit(HypermailSpider, LIST, pages, now=LATER, **remember(first))
    assert again.asked == [LIST]
    assert again.outcome == "unchanged"
    assert again.seen[-1].end == LATER


def test_news_cost_the_index_and_the_last_two_periods(web):
    pages = dict(archive(NOW).pages)
    first = web.visit(HypermailSpider, LIST, pages)
    again = web.visit(HypermailSpider, LIST, pages, now=LATER, **remember(first))
    assert len(again.asked) == 3
    assert again.outcome == "read"
    assert again.posts.keys() <= first.posts.keys()


def test_an_old_period_whose_number_changed_is_read_again(web):
    pages = dict(archive(NOW).pages)
    first = web.visit(HypermailSpider, LIST, pages)
    oldest = min(mark for mark in first.marks if mark.startswith("2"))
    listed = pages[LIST].body.decode()
    row = listed[listed.index(f"{oldest}/index.html") :]
    count = row.partition('<td align="center">')[2].partition("<")[0]
    changed = listed.replace(row, row.replace(f">{count}<", f">{int(count) + 1}<", 1))
    pages[LIST] = web.answer(changed)
    again = web.visit(HypermailSpider, LIST, pages, **remember(first))
    assert f"{LIST}{oldest}/index.html" in again.asked


def test_authors_are_names_and_threads_go_by_subject(web):
    visit = web.visit(HypermailSpider, LIST, archive(NOW).pages)
    posts = list(visit.posts.values())
    assert {post.author for post in posts} == {
        "Amina Test",
        "Bo Test",
        "Chidi Test",
        "Dana Test",
        "Élise Test",
    }
    assert sum(post.reply_to is None for post in posts) == 10
    roots = {post.post_id for post in posts if post.reply_to is None}
    assert {post.reply_to for post in posts if post.reply_to} <= roots


def test_an_archive_without_periods_is_one_part(web):
    index = f"{FOLDER}date.html"
    pages = {index: web.answer(write_period(SAID))}
    visit = web.visit(HypermailSpider, index, pages)
    assert visit.asked == [index]
    assert len(visit.posts) == 8
    assert [window.end for window in visit.seen] == [NOW]
    assert visit.seen[0].start == SAID[0].at.replace(hour=0, minute=0)


def test_a_page_sorted_by_thread_leads_to_the_one_by_date(web):
    threads = write_frame(
        "by thread",
        '<a href="#first">8 messages</a> [ <a href="date.html">date</a> ]\n<ul>\n'
        '<li><a href="0000.html">Well</a> <a name="0"><em>Amina Test</em></a></li>\n</ul>\n',
    )
    pages = {
        FOLDER: web.answer(threads),
        f"{FOLDER}date.html": web.answer(write_period(SAID)),
    }
    visit = web.visit(HypermailSpider, FOLDER, pages)
    assert visit.outcome == "read"
    assert len(visit.posts) == 8


def test_where_the_index_tells_no_day_the_message_pages_do_and_deleted_ones_do_not_count(web):
    rows = "".join(
        f'<li><a href="{n:04}.html">Well</a> <a name="{n}"><em>Amina Test</em></a></li>\n'
        for n in range(2)
    )
    index = write_frame("by subject", f'<a href="#first">2 messages</a>\n<ul>\n{rows}</ul>\n')
    pages = {
        f"{FOLDER}subject.html": web.answer(index),
        f"{FOLDER}0000.html": web.answer(message_page()),
        f"{FOLDER}0001.html": web.answer(message_page(deleted=True)),
    }
    visit = web.visit(HypermailSpider, f"{FOLDER}subject.html", pages)
    assert [post.at for post in visit.posts.values()] == [datetime(2026, 2, 3, 10, 5, tzinfo=UTC)]


def test_a_period_that_shows_far_less_than_it_counts_proves_nothing(web):
    name = period_of(SAID[-1])
    page = write_period(SAID[-4:])
    short = page.replace(">4 messages<", ">40 messages<")
    pages = {
        LIST: web.answer(write_list([(name, 4)])),
        f"{LIST}{name}/index.html": web.answer(short),
    }
    visit = web.visit(HypermailSpider, LIST, pages)
    assert visit.outcome == "partial"
    assert visit.seen == ()
    assert len(visit.posts) == 4


def test_a_period_that_is_not_listed_any_more_is_doubted(web):
    pages = dict(archive(NOW).pages)
    first = web.visit(HypermailSpider, LIST, pages)
    listed = pages[LIST].body.decode()
    oldest = min(mark for mark in first.marks if mark.startswith("2"))
    start = listed.rindex("<tr>")
    pages[LIST] = web.answer(listed[:start] + listed[listed.index("</tbody>") :])
    again = web.visit(HypermailSpider, LIST, pages, now=LATER, **remember(first))
    assert again.outcome == "partial"
    assert again.verdict is not None
    assert f"not listed any more ({oldest})" in again.verdict.detail
    assert again.seen == ()


def test_a_look_back_compares_the_periods_and_shows_the_last(web):
    pages = archive(NOW).pages
    first = web.visit(HypermailSpider, LIST, pages)
    sighting, asked = look_back(HypermailSpider, LIST, pages, **remember(first))
    assert len(asked) == 2
    assert sighting.posts
    assert {post.post_id for post in sighting.posts} <= first.posts.keys()
    assert sighting.missing == sighting.unread == ()


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2020AprJun", (2020, 4, 1), (2020, 7, 1)),
        ("2019May", (2019, 5, 1), (2019, 6, 1)),
        ("2021OctDec", (2021, 10, 1), (2022, 1, 1)),
        ("2002", (2002, 1, 1), (2003, 1, 1)),
        ("202004", (2020, 4, 1), (2020, 5, 1)),
        ("9506", (1995, 6, 1), (1995, 7, 1)),
        ("0111.3", (2001, 11, 1), (2001, 12, 1)),
    ],
)
def test_the_name_of_a_period_tells_its_time(name, start, end):
    window = read_period(name)
    assert window is not None
    assert (window.start, window.end) == tuple(datetime(*day, tzinfo=UTC) for day in (start, end))


@pytest.mark.parametrize("name", ["2020JunApr", "2020Xyz", "archives", "12345", "2026-January"])
def test_what_is_no_period_has_no_time(name):
    assert read_period(name) is None
