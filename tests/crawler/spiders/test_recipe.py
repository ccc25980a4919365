"""A site read by its recipe: which threads are opened, what it proves, what goes wrong."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crawler.canaries import LookBack
from crawler.formats.recipe import BrokenRecipe
from crawler.formats.recipe_file import read_recipe
from crawler.plan import CrawlPlan
from crawler.spiders.recipe import RecipeSpider
from domain.records import Platform
from tests.samples.recipe.cases import POSTS_ONLY, SITE, archive, build_list, build_thread
from tests.table_web import NOW, answer, run_visit, serve

LIST = f"{SITE}/questions"
BOARD = "https://notes.example.org/board"
WEEK = timedelta(days=7)


def visit(pages, *, now=NOW, **plan):
    return run_visit(RecipeSpider, LIST, pages, now=now, **{**archive(NOW).plan, **plan})


def again(first, pages, *, now):
    known = first.posts
    return visit(
        pages,
        now=now,
        marks=tuple(first.marks.values()),
        covered_until=first.seen[-1].end,
        posts_known=len(known),
        newest_post_at=max(post.at for post in known.values()),
    )


def board(*rows, heading="3 notes"):
    body = "".join(
        f"<tr><td class='note'><a href='/notes/{number}'>Note {number}</a></td>"
        f"<td class='who'>Amina Test</td>"
        f"<td class='when' data-time='{int(at.timestamp())}'></td></tr>"
        for number, at in rows
    )
    table = f"<table id='board'><caption>{heading}</caption>{body}</table>"
    return answer(f"<html><body>{table}</body></html>")


def visit_board(pages, text=POSTS_ONLY, **plan):
    recipe = read_recipe(text, name="board", where="board.toml")
    return run_visit(RecipeSpider, BOARD, pages, recipe=recipe, **plan)


def test_a_visit_that_finds_nothing_new_asks_for_the_list_alone():
    pages = archive(NOW).pages
    first = visit(pages)
    idle = again(first, pages, now=NOW + WEEK)
    assert idle.asked == [LIST]
    assert idle.outcome == "unchanged"
    assert idle.seen[-1].end == NOW + WEEK


def test_only_threads_with_a_post_since_the_last_visit_are_opened():
    pages = dict(archive(NOW).pages)
    first = visit(pages)
    # Somebody answers an old question: its thread comes first, and has two pages now.
    later = NOW + timedelta(days=3)
    old = sorted(p.at for p in first.posts.values() if p.post_id.startswith("0 "))
    newest = NOW - timedelta(days=13)
    pages[LIST] = build_list([(0, [*old, later]), (10, [newest, newest])], "/questions?page=2")
    pages[f"{SITE}/question/0"] = build_thread(0, 1, [*old, later], "")
    second = again(first, pages, now=NOW + WEEK)
    assert second.asked == [LIST, f"{SITE}/question/0"]
    assert set(second.posts) - set(first.posts) == {"0 post-2"}
    assert second.posts["0 post-2"].reply_to == "0 post-1"


def test_all_pages_of_a_long_thread_are_read():
    first = visit(archive(NOW).pages)
    assert f"{SITE}/question/9?page=2" in first.asked
    long = [post for post in first.posts if post.startswith("9 ")]
    assert len(long) == 7
    assert {first.posts[name].reply_to for name in long} == {None, "9 post-1"}


def test_a_thread_that_cannot_be_opened_leaves_its_time_unseen():
    pages = dict(archive(NOW).pages)
    del pages[f"{SITE}/question/8"]
    broken = visit(pages)
    assert broken.outcome == "not_found"
    assert broken.seen == ()


def test_a_thread_on_another_host_is_not_asked_for():
    pages = dict(archive(NOW).pages)
    shown = pages[LIST].body.replace(b"/question/10'", b"https://evil.example.net/question/10'")
    pages[LIST] = answer(shown)
    found = visit(pages)
    assert found.outcome == "partial"
    assert not any("evil" in url for url in found.asked)


def test_a_first_look_opens_a_few_threads_and_claims_no_more():
    look = visit(archive(NOW).pages, newest_only=True)
    assert len(look.asked) == 4
    opened = {post.split()[0] for post in look.posts}
    assert len(opened) == 3
    rest = [p.at for p in visit(archive(NOW).pages).posts.values() if p.post_id not in look.posts]
    assert all(not window.start <= at < window.end for at in rest for window in look.seen)


def test_a_look_back_finds_posts_that_are_held():
    spider = RecipeSpider(
        plan=CrawlPlan(
            source_id=1,
            community_id=1,
            name="test",
            url=LIST,
            platform=Platform.RECIPE,
            now=NOW,
            covered_until=NOW,
            posts_known=31,
            **archive(NOW).plan,
        )
    )
    asked: list[str] = []
    serve(spider, archive(NOW).pages, now=NOW, asked=asked)

    async def look():
        return await spider.look_back(LookBack(plan=spider.plan, secret_key=b"x"))

    sighting = asyncio.run(look())
    assert len(asked) == 4
    assert {post.post_id for post in sighting.posts} < set(visit(archive(NOW).pages).posts)


def test_pages_by_number_are_walked_until_one_has_no_rows():
    hours = [NOW - timedelta(hours=number) for number in range(1, 7)]
    pages = {
        BOARD: board((6, hours[0]), (5, hours[1]), heading="6 notes"),
        f"{BOARD}?page=2": board((4, hours[2]), (3, hours[3])),
        f"{BOARD}?page=3": board((2, hours[4]), (1, hours[5])),
        f"{BOARD}?page=4": board(),
    }
    found = visit_board(pages)
    assert len(found.asked) == 4
    assert len(found.posts) == 6
    assert found.marks["older"].label == "done"


def test_a_site_that_repeats_its_last_page_is_not_walked_for_ever():
    hours = [NOW - timedelta(hours=number) for number in range(1, 5)]
    last = board((2, hours[2]), (1, hours[3]))
    pages = {BOARD: board((4, hours[0]), (3, hours[1]))}
    pages |= {f"{BOARD}?page={number}": last for number in range(2, 50)}
    found = visit_board(pages)
    assert found.asked == [BOARD, f"{BOARD}?page=2", f"{BOARD}?page=3"]
    assert len(found.posts) == 4
    assert found.marks["older"].label == "done"


def test_rows_that_show_days_prove_nothing_of_their_last_day():
    text = POSTS_ONLY.replace('td.when::attr(data-time)"', 'td.when"').replace(
        'form = "unix"', 'zone = "UTC"'
    )
    page = board((2, NOW), (1, NOW)).body.decode()
    page = page.replace("'></td>", "'>2 March 2026</td>", 1).replace(
        "'></td>", "'>27 Feb 2026</td>"
    )
    found = visit_board({BOARD: answer(page)}, text)
    assert found.seen[0].start.isoformat() == "2026-02-28T00:00:00+00:00"


def test_threads_by_their_start_never_prove_silence():
    text = POSTS_ONLY.replace('shows = "posts"', 'shows = "threads by start"')
    found = visit_board({BOARD: board((1, NOW - WEEK))}, text)
    assert found.outcome == "read"
    assert found.coverage
    assert found.seen == ()


def test_fewer_declared_posts_than_are_held_is_a_loss():
    pages = {BOARD: board((3, NOW - WEEK), heading="3 notes")}
    found = visit_board(pages, posts_known=40, covered_until=NOW - WEEK, newest_post_at=NOW - WEEK)
    assert found.outcome == "partial"
    assert "declares 3 posts, but 40 were read" in found.verdict.detail


def test_an_empty_board_is_empty_only_by_its_own_sign():
    assert visit_board({BOARD: board()}).outcome == "unparseable"
    signed = POSTS_ONLY.replace("declared =", "empty = \"//caption[.='none']\"\ndeclared =")
    assert visit_board({BOARD: board(heading="none")}, signed).outcome == "empty"


@pytest.mark.parametrize("given", [None, "broken"])
def test_a_source_without_a_usable_recipe_says_so_and_asks_nothing(given):
    broken = BrokenRecipe(name="x", problem="x.toml, line 3: `each` is 5", to_do="write text")
    found = visit(archive(NOW).pages, recipe=broken if given else None)
    assert found.outcome == "unparseable"
    assert found.asked == []
    assert found.error.to_do
    if given:
        assert found.error.what == broken.problem


def test_rows_without_an_id_are_a_changed_layout_when_they_are_many():
    page = board((3, NOW), (2, NOW), (1, NOW)).body.decode()
    few = visit_board({BOARD: answer(page.replace("href='/notes/3'", ""))})
    assert few.outcome == "partial"
    assert len(few.posts) == 2
    many = visit_board({BOARD: answer(page.replace("href=", "data-href="))})
    assert many.outcome == "layout_changed"
