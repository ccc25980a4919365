"""Proofs are kept with their date; what a source is asked for comes from its own past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from domain.canary import Canary, Check, CheckResult, SilenceProof
from domain.outcome import Reason
from domain.records import KeyedPage, Mark, Platform
from domain.window import Coverage, CoverageKind, Month
from presentation.proof_words import write_said
from store.canaries import (
    choose_period,
    count_known,
    forget_layout,
    last_sights,
    latest_proofs,
    list_post_urls,
    save_proof,
)
from store.engine import reading, writing
from store.posts import save_page
from store.sources import list_marks
from store.tables import CanaryRow

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def proof(source_id: int, at: datetime, *results: CheckResult) -> SilenceProof:
    canaries = tuple(
        Canary(check=check, result=result, said=Reason(code="looked", values={"check": str(check)}))
        for check, result in zip(Check, results, strict=False)
    )
    return SilenceProof(source_id=source_id, checked_at=at, canaries=canaries)


def test_the_newest_proof_of_each_source_is_given_and_older_ones_stay(engine, make_source):
    first, second, third = (make_source(name) for name in ("a", "b", "c"))
    old = proof(first.id, NOW - DAY, CheckResult.FAILED, CheckResult.OK)
    new = proof(first.id, NOW, CheckResult.OK, CheckResult.UNCLEAR)
    other = proof(second.id, NOW - DAY, CheckResult.OK)
    with writing(engine) as s:
        for one in (new, old, other):
            save_proof(s, one)
    with reading(engine) as s:
        found = latest_proofs(s, [first.id, second.id, third.id])
        assert found == {first.id: new, second.id: other}
        assert latest_proofs(s, [second.id]) == {second.id: other}


def test_another_old_period_is_chosen_each_time_and_the_newest_never(
    engine, make_source, make_post
):
    source = make_source()
    months = [Month(2025, n) for n in (1, 2, 3, 4)]
    posts = tuple(
        make_post((month, n), month.start + n * DAY, filed=month.window)
        for month, count in zip(months, (3, 1, 4, 9), strict=True)
        for n in range(count)
    )
    with writing(engine) as s:
        save_page(s, source.id, KeyedPage(posts=posts), now=NOW)
    with reading(engine) as s:
        chosen = [choose_period(s, source.id, turn) for turn in range(3)]
    january, march = (months[0].window, 3), (months[2].window, 4)
    assert chosen == [january, march, january]


def test_where_posts_are_filed_nowhere_a_month_is_chosen(engine, make_source, make_post):
    source, empty = make_source(), make_source("empty")
    posts = tuple(make_post(n, datetime(2025, 3, 1 + n, tzinfo=UTC)) for n in range(5))
    with writing(engine) as s:
        save_page(s, source.id, KeyedPage(posts=posts), now=NOW)
    with reading(engine) as s:
        assert choose_period(s, source.id, 7) == (Month(2025, 3).window, 5)
        assert choose_period(s, empty.id, 7) is None


def test_known_posts_are_counted_by_source_once_each(engine, make_source, make_post, make_key):
    source, other = make_source(), make_source("other")
    with writing(engine) as s:
        page = KeyedPage(posts=tuple(make_post(n, NOW - n * DAY) for n in range(5)))
        save_page(s, source.id, page, now=NOW)
    asked = [make_key(n) for n in (0, 0, 1, 99)] + [make_key(("x", n)) for n in range(1_200)]
    with reading(engine) as s:
        assert count_known(s, source.id, asked) == 2
        assert count_known(s, other.id, asked) == 0


def test_the_last_sights_are_of_whole_looks_only(engine, make_source, make_post):
    seen, silent, partly = make_source("a"), make_source("b"), make_source("c")
    whole = Coverage(start=NOW - 9 * DAY, end=NOW - DAY)
    part = Coverage(start=NOW - 9 * DAY, end=NOW, kind=CoverageKind.PARTIAL)
    with writing(engine) as s:
        posts = (make_post(1, NOW - 3 * DAY), make_post(2, NOW - 2 * DAY), make_post(3))
        save_page(s, seen.id, KeyedPage(posts=posts, coverage=(whole, part)), now=NOW)
        save_page(s, silent.id, KeyedPage(coverage=(whole,)), now=NOW)
        save_page(s, partly.id, KeyedPage(posts=posts, coverage=(part,)), now=NOW)
    with reading(engine) as s:
        sights = last_sights(s)
    assert set(sights) == {seen.id, silent.id}
    assert (sights[seen.id].last_post_at, sights[seen.id].seen_until) == (NOW - 2 * DAY, whole.end)
    assert sights[silent.id].last_post_at is None


def test_addresses_of_the_last_posts_are_given_newest_first(engine, make_source, make_post):
    source = make_source(platform=Platform.FEED)
    posts = tuple(
        make_post(n, NOW - n * DAY, subject="s", url=f"http://a.example.org/{n}" if n else None)
        for n in range(3)
    )
    with writing(engine) as s:
        save_page(s, source.id, KeyedPage(posts=posts), now=NOW)
    with reading(engine) as s:
        assert list_post_urls(s, source.id) == ("http://a.example.org/1", "http://a.example.org/2")


def test_a_layout_that_a_person_accepted_is_forgotten_and_nothing_else(engine, make_source):
    source, other = make_source(), make_source("other")
    marks = (Mark(name="index", etag="1"), Mark(name="layout", label="aa"))
    with writing(engine) as s:
        for one in (source, other):
            save_page(s, one.id, KeyedPage(marks=marks), now=NOW)
        forget_layout(s, source.id)
    with reading(engine) as s:
        assert [mark.name for mark in list_marks(s, source.id)] == ["index"]
        assert list_marks(s, other.id) == marks


def test_a_sentence_of_an_earlier_release_is_shown_as_it_was_stored(engine, make_source, now):
    source = make_source()
    old = {"source_id": source.id, "checked_at": now, "check": "total", "result": "ok"}
    with writing(engine) as s:
        s.execute(insert(CanaryRow).values(**old, said="it counts 12 posts, we hold 12"))
    with reading(engine) as s:
        [canary] = latest_proofs(s, [source.id])[source.id].canaries
    for locale in ("en", "pt"):
        assert write_said(canary.said, locale) == "it counts 12 posts, we hold 12"
