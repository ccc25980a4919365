"""How the samples of nntp are read, and what is taken for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

from crawler.formats.nntp import Article, read_numbers, read_overview, settle_date
from domain.records import DateBasis, ReadPost
from domain.window import Window
from tests.samples.shown import Archive, Cases, Sample, show_post, show_posts
from tests.samples.small_talk import small_talk
from tests.table_web import answer

GROUP = "nntp://news.example.org/example.talk"


def show_numbers(sample: Sample) -> dict:
    numbers = read_numbers(sample.body, sample.url)
    facts = {"first": numbers.first, "last": numbers.last, "empty": numbers.empty}
    return {"facts": facts, "read": numbers.count}


def show_overview(sample: Sample) -> dict:
    articles = read_overview(sample.body, sample.url, sample.fetched_at)
    return show_posts(
        [article.post for article in articles],
        numbers=[article.number for article in articles],
        doubtful=[article.number for article in articles if article.doubtful],
    )


def show_head(sample: Sample) -> dict:
    """What the head says of an article whose own date is far from those around it."""
    near = Window(
        start=sample.fetched_at - timedelta(days=60), end=sample.fetched_at - timedelta(days=50)
    )
    post = ReadPost(post_id="7@example.org", at=None, basis=DateBasis.UNKNOWN)
    told = settle_date(
        Article(number=7, post=post, near=near, doubtful=True), sample.body, sample.fetched_at
    )
    return {
        "facts": {"at": told.at and told.at.isoformat(), "basis": told.basis.value},
        "read": show_post(told),
    }


def archive(now: datetime) -> Archive:
    """A group of which most numbers are gone, in three stretches."""
    said = small_talk(now, count=30, gap=timedelta(days=3))
    numbers = {one.number: one.number * 70 - 60 for one in said}
    last = numbers[said[-1].number]
    group = f"211 {len(said)} 1 {last} example.talk\r\n"
    pages = {GROUP: answer(group)}
    for start in range(1, last + 1, 1000):
        end = min(start + 999, last)
        lines = [
            f"{numbers[one.number]}\t{one.subject}\t{one.writer} <{one.address}>\t"
            f"{format_datetime(one.at)}\t<{one.message_id}>\t"
            f"{f'<{one.root_id}>' if one.is_answer else ''}\t800\t9\r\n"
            for one in said
            if start <= numbers[one.number] <= end
        ]
        body = f"{group}224 Overview information follows\r\n{''.join(lines)}.\r\n"
        pages[f"{GROUP}/{start}-{end}"] = answer(body)
    return Archive(
        url=GROUP, pages=pages, posts=len(said), first_at=said[0].at, last_at=said[-1].at
    )


CASES = Cases(
    readers={"numbers": show_numbers, "overview": show_overview, "head": show_head},
    matches=[
        (GROUP, "nntp/normal/group.txt"),
        (f"{GROUP}/1-6", "nntp/normal/overview.txt"),
    ],
    no_matches=[
        ("https://news.example.org/example.talk", "nntp/normal/group.txt"),
        (GROUP, "nntp/other_platform/http.txt"),
        (GROUP, "nntp/must_fail/other_group.txt"),
        (GROUP, "pipermail/normal/index.html"),
    ],
    archive=archive,
    canonical={f"{GROUP}/1-6": GROUP},
)
