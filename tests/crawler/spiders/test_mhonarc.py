"""MHonArc: each message page is opened once, and a new numbering is noticed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.formats.mhonarc import undo_rotation
from crawler.formats.numbers import read_numbers, write_numbers
from crawler.spiders.mhonarc import MhonarcSpider
from tests.crawler.spiders.looking import look_back
from tests.samples.mhonarc.cases import FOLDER, HOST, INDEX, write_folder
from tests.samples.mhonarc.pages import write_index, write_message
from tests.samples.small_talk import small_talk

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def remember(*visits) -> dict:
    """What a store would tell the next visit."""
    posts = {name: post for visit in visits for name, post in visit.posts.items()}
    marks = {name: mark for visit in visits for name, mark in visit.marks.items()}
    seen = [window.end for visit in visits for window in visit.seen]
    dated = [post.at for post in posts.values() if post.at]
    return {
        "marks": tuple(marks.values()),
        "covered_until": max(seen, default=None),
        "posts_known": len(posts),
        "newest_post_at": max(dated, default=None),
    }


def talk(count: int):
    return small_talk(NOW, count=count, gap=timedelta(days=1), answers=2)


def test_a_visit_without_news_is_one_request_that_the_server_answers_with_304(web):
    pages = write_folder(talk(5), FOLDER)
    first = web.visit(MhonarcSpider, INDEX, pages)
    again = web.visit(MhonarcSpider, INDEX, pages, now=LATER, **remember(first))
    assert again.asked == [INDEX]
    assert again.outcome == "unchanged"
    assert again.seen[-1].end == LATER


def test_only_pages_of_new_messages_are_opened(web):
    said = talk(8)
    first = web.visit(MhonarcSpider, INDEX, write_folder(said[:6], FOLDER))
    again = web.visit(MhonarcSpider, INDEX, write_folder(said, FOLDER), **remember(first))
    assert again.asked == [INDEX, f"{FOLDER}msg00006.html", f"{FOLDER}msg00007.html"]
    assert again.outcome == "read"
    assert len(again.posts | first.posts) == 8


def test_authors_and_threads_come_from_the_comments(web):
    said = talk(6)
    visit = web.visit(MhonarcSpider, INDEX, write_folder(said, FOLDER))
    posts = visit.posts
    assert {one.message_id: one.address for one in said} == {
        name: post.author for name, post in posts.items()
    }
    assert [posts[one.message_id].reply_to for one in said if one.is_answer] == [
        one.root_id for one in said if one.is_answer
    ]


def test_a_page_that_cannot_be_read_is_asked_for_again_and_nothing_else(web):
    said = talk(6)
    pages = write_folder(said, FOLDER)
    missing = f"{FOLDER}msg00002.html"
    first = web.visit(MhonarcSpider, INDEX, {k: v for k, v in pages.items() if k != missing})
    assert first.outcome == "partial"
    assert first.seen == ()
    assert len(first.posts) == 5
    again = web.visit(MhonarcSpider, INDEX, pages, **remember(first))
    assert again.asked == [INDEX, missing]
    assert again.outcome == "read"
    assert again.seen[0].start <= said[0].at


def test_an_archive_that_was_numbered_anew_is_read_anew_under_the_same_ids(web):
    said = talk(8)
    first = web.visit(MhonarcSpider, INDEX, write_folder(said[1:7], FOLDER))
    again = web.visit(MhonarcSpider, INDEX, write_folder(said, FOLDER), **remember(first))
    assert again.outcome == "read"
    assert again.posts.keys() == {one.message_id for one in said}


def test_with_the_newest_first_older_pages_of_the_index_are_left_alone(web):
    said = talk(30)
    pages = write_folder(said, FOLDER)
    first = web.visit(MhonarcSpider, INDEX, pages)
    newest = [*reversed(said)][:12]
    page = write_index(newest, first=29, step=-1, links=[("Next Page", "mail2.html")])
    pages[INDEX] = web.answer(page)
    again = web.visit(MhonarcSpider, INDEX, pages, **remember(first))
    assert again.asked == [INDEX]
    assert again.outcome == "read"


def test_months_are_parts_and_old_ones_are_not_asked_for_again(web):
    said = small_talk(NOW, count=24, gap=timedelta(days=4))
    months = sorted({f"{one.at:%Y-%m}" for one in said})
    links = "".join(f'<li><a href="{month}/">{month}/</a></li>\n' for month in months)
    pages = {f"{HOST}/lists/": web.answer(f"<html><body><ul>{links}</ul></body></html>")}
    for month in months:
        some = [one for one in said if f"{one.at:%Y-%m}" == month]
        pages |= write_folder(some, f"{HOST}/lists/{month}/")
    first = web.visit(MhonarcSpider, f"{HOST}/lists/", pages)
    assert first.outcome == "read"
    assert len(first.posts) == 24
    assert first.seen[0].start == datetime(2025, 11, 1, tzinfo=UTC).replace(
        year=int(months[0][:4]), month=int(months[0][5:])
    )
    again = web.visit(MhonarcSpider, f"{HOST}/lists/", pages, now=LATER, **remember(first))
    assert len(again.asked) == 3
    assert again.posts == {}
    assert again.seen[-1].end == LATER


def test_an_index_with_days_needs_no_message_page(web):
    said = talk(9)
    pages = write_folder(said, FOLDER, days=True)
    visit = web.visit(MhonarcSpider, INDEX, pages)
    assert visit.asked == [INDEX]
    assert [post.at for post in visit.posts.values()] == [
        one.at.replace(hour=0, minute=0) for one in said
    ]
    assert "all/00000" in visit.posts


def test_a_split_body_line_is_no_message(web):
    said = talk(3)
    pages = write_folder(said, FOLDER)
    name = f"{FOLDER}msg00001.html"
    page = write_message(said[1]).replace(
        said[1].message_id, "0f1e@NO&#45;ID&#45;FOUND.mhonarc.org"
    )
    head, _, rest = page.partition("<!--X-From-R13:")
    page = f"{head}<!--X-From-R13: Gaxabja -->{rest.partition('-->')[2]}"
    pages[name] = web.answer(page.replace(f"{said[1].at:%a, %d %b %Y %H:%M:%S} +0000", "never"))
    visit = web.visit(MhonarcSpider, INDEX, pages)
    assert visit.outcome == "read"
    assert visit.posts.keys() == {said[0].message_id, said[2].message_id}


def test_an_index_without_messages_is_empty(web):
    visit = web.visit(MhonarcSpider, INDEX, {INDEX: web.answer(write_index([]))})
    assert visit.outcome == "empty"


def test_an_index_that_lost_its_messages_is_not(web):
    first = web.visit(MhonarcSpider, INDEX, write_folder(talk(4), FOLDER))
    pages = {INDEX: web.answer(write_index([]))}
    again = web.visit(MhonarcSpider, INDEX, pages, **remember(first))
    assert again.outcome == "partial"
    assert again.seen == ()


@pytest.mark.parametrize("text", ["amina@example.org", "Élise [Test] <É@X.example>", "Zoë"])
def test_rotation_undoes_itself(text):
    assert undo_rotation(undo_rotation(text)) == text


def test_capitals_are_rotated_with_the_at_sign_among_them():
    assert undo_rotation("puvqvNrknzcyr.bet") == "chidi@example.org"


@pytest.mark.parametrize("numbers", [set(), {0}, {0, 1, 2, 5}, {7, 9, 10, 11, 99_999}])
def test_numbers_are_remembered_as_ranges(numbers):
    assert read_numbers(write_numbers(numbers)) == numbers


def test_what_is_no_ranges_holds_no_numbers():
    assert read_numbers("gone") == set()


def test_a_look_back_shows_the_last_messages(web):
    said = talk(9)
    pages = write_folder(said, FOLDER)
    first = web.visit(MhonarcSpider, INDEX, pages)
    sighting, asked = look_back(MhonarcSpider, INDEX, pages, **remember(first))
    assert len(asked) == 6
    assert [post.post_id for post in sighting.posts] == [one.message_id for one in said[-5:]]
    assert sighting.missing == sighting.unread == ()
    assert sighting.parts == 1
