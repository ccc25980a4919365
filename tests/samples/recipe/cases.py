"""How the samples of recipe are read, and a whole made-up site of questions and answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from crawler.formats.recipe import Recipe
from crawler.formats.recipe_file import read_recipe
from crawler.formats.recipe_pages import Row, read_list, read_thread
from domain.records import DateBasis, ReadPost
from tests.samples.shown import Archive, Cases, Sample, show_post, show_posts
from tests.table_web import answer

EXAMPLE = "questions-example"
NAIROBI = ZoneInfo("Africa/Nairobi")
SITE = "https://questions.example.org"
PEOPLE = ("Amina Test", "Joseph Test", "Marie Test", "Ravi Test")
PER_PAGE, PER_THREAD = 4, 5
POSTS_ONLY = """
[list]
each = "//table[@id='board']/tr[td]"
shows = "posts"
must_have = "table#board"
declared = "caption"
[row]
link = "td.note a"
author = "td.who"
date = "td.when::attr(data-time)"
subject = "td.note"
[date]
form = "unix"
[older]
address = "?page={n}"
"""


def load_example() -> Recipe:
    text = (files("config") / "recipes" / f"{EXAMPLE}.toml").read_text(encoding="utf-8")
    return read_recipe(text, name=EXAMPLE, where=f"{EXAMPLE}.toml")


def find_recipe(name: str) -> Recipe:
    if name == EXAMPLE:
        return load_example()
    return read_recipe(POSTS_ONLY, name=name, where=f"{name}.toml")


# ---- saved answers --------------------------------------------------------------------------


def show_list(sample: Sample) -> dict:
    recipe = find_recipe(sample.meta["recipe"])
    listing = read_list(sample.body, sample.url, recipe, sample.fetched_at)
    shown = show_posts(
        [row.post for row in listing.rows],
        since=listing.since.isoformat() if listing.since else None,
        older=listing.older,
        says_empty=listing.says_empty,
        declared=listing.declared,
        broken=listing.broken,
        whole=listing.whole,
    )
    shown["links"] = [row.link for row in listing.rows]
    return shown


def show_thread(sample: Sample) -> dict:
    recipe = find_recipe(sample.meta["recipe"])
    post = ReadPost(post_id=sample.meta["thread"], at=None, basis=DateBasis.UNKNOWN)
    page = read_thread(
        sample.body,
        sample.url,
        recipe,
        Row(post=post, link=sample.url, until=None),
        first_id=None,
        fetched_at=sample.fetched_at,
    )
    return {
        "facts": {"posts": len(page.posts), "next": page.next, "whole": page.whole},
        "read": [show_post(post) for post in page.posts],
    }


# ---- a whole site ---------------------------------------------------------------------------


def local(moment: datetime) -> str:
    return f"{moment.astimezone(NAIROBI):%d/%m/%Y %H:%M}"


def build_page(kind: str, title: str, inside: str, older: str) -> SimpleNamespace:
    pages = f"<nav class='pages'><a rel='next' href='{older}'>Older</a></nav>" if older else ""
    return answer(
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body class='{kind}'>"
        f"<h1>{title}</h1>{inside}{pages}</body></html>\n",
        content_type="text/html; charset=utf-8",
    )


def build_list(threads: Sequence[tuple[int, list[datetime]]], older: str) -> SimpleNamespace:
    rows = "".join(
        f"<li class='question' data-question='{number}'><h3><a href='/question/{number}'>"
        f"Question {number}</a></h3><p class='activity'>"
        f"{'Last answer' if len(moments) > 1 else 'Asked'} on {local(moments[-1])} by "
        f"{PEOPLE[number % 4]}</p></li>"
        for number, moments in threads
    )
    return build_page("questions-page", "Questions", f"<ol class='questions'>{rows}</ol>", older)


def build_thread(number: int, first: int, moments: list[datetime], older: str) -> SimpleNamespace:
    posts = "".join(
        f"<article class='post' id='post-{place}'><p class='author'>{PEOPLE[place % 4]}</p>"
        f"<time datetime='{moment:%Y-%m-%dT%H:%M:%SZ}'>{local(moment)}</time><p>Text.</p></article>"
        for place, moment in enumerate(moments, start=first)
    )
    return build_page("question-page", f"Question {number}", posts, older)


def archive(now: datetime) -> Archive:
    """Eleven questions on three pages; each has a few answers, one of them two pages of them."""
    start = now.replace(hour=7, minute=0, second=0, microsecond=0) - timedelta(days=95)
    threads = {
        number: [
            start + timedelta(days=8 * number, hours=7 * place, minutes=number)
            for place in range(7 if number == 9 else number % 4 + (number > 0))
        ]
        or [start + timedelta(days=8 * number)]
        for number in range(11)
    }
    newest_first = sorted(threads.items(), key=lambda thread: thread[1][-1], reverse=True)
    pages: dict[str, SimpleNamespace] = {}
    for at in range(0, len(newest_first), PER_PAGE):
        number = at // PER_PAGE + 1
        older = f"/questions?page={number + 1}" if at + PER_PAGE < len(newest_first) else ""
        address = f"{SITE}/questions" + (f"?page={number}" if number > 1 else "")
        pages[address] = build_list(newest_first[at : at + PER_PAGE], older)
    for name, moments in threads.items():
        for at in range(0, len(moments), PER_THREAD):
            page = at // PER_THREAD + 1
            more = at + PER_THREAD < len(moments)
            older = f"/question/{name}?page={page + 1}" if more else ""
            address = f"{SITE}/question/{name}" + (f"?page={page}" if page > 1 else "")
            part = moments[at : at + PER_THREAD]
            pages[address] = build_thread(name, at + 1, part, older)
    moments = sorted(moment for thread in threads.values() for moment in thread)
    return Archive(
        url=f"{SITE}/questions",
        pages=pages,
        posts=len(moments),
        first_at=moments[0],
        last_at=moments[-1],
        plan={"recipe": load_example()},
    )


CASES = Cases(
    readers={"list": show_list, "thread": show_thread},
    archive=archive,
    matches=[],
    no_matches=[
        (f"{SITE}/questions", "recipe/normal/list.html"),
        ("https://forum.example.org/feed/", "feed/normal/feed.xml"),
    ],
)
