"""Kept answers: whole or not at all, the last visit's, under the cap, thrown away in time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.base import Fetched
from crawler.keeper import Keeper, choose_shelf
from crawler.kept import (
    Shelf,
    digest_reading,
    measure,
    name_reading,
    note_readings,
    open_visits,
    purge,
)
from crawler.plan import CrawlPlan
from crawler.replay import build_answer
from domain.outcome import Outcome
from domain.records import CrawlReport, DateBasis, Mark, Page, Platform, ReadPost

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MIB = 1024 * 1024
URL = "http://lists.example.org/pipermail/child-health/"


def make_plan(source_id: int = 7, **facts) -> CrawlPlan:
    return CrawlPlan(
        source_id=source_id,
        community_id=1,
        name="child-health",
        url=URL,
        platform=Platform.PIPERMAIL,
        now=NOW,
        **facts,
    )


def make_answer(body: bytes = b"<html>index</html>", url: str = URL, **facts) -> Fetched:
    facts = {"asked": url, "status": 200, "headers": {"etag": '"1"'}, **facts}
    return Fetched(url=url, body=body, fetched_at=NOW, **facts)


def make_report(outcome: Outcome, at: datetime = NOW, source_id: int = 7) -> CrawlReport:
    return CrawlReport(
        source_id=source_id, started_at=at, finished_at=at, outcome=outcome, detail="why"
    )


def keep(keeper, *bodies: bytes, outcome=Outcome.READ, at=NOW, source_id=7, posts=()) -> None:
    """One visit that ends like that."""
    writer = keeper.open_visit(make_plan(source_id))
    for number, body in enumerate(bodies):
        writer.hear(make_answer(body, f"{URL}{number}"))
    writer.note(Page(posts=tuple(posts)))
    writer.finish(make_report(outcome, at, source_id))


def list_kept(folder, source_id=7) -> list[tuple[Shelf, list[bytes]]]:
    with open_visits(folder, source_id) as visits:
        return [
            (visit.shelf, [visit.load_body(n) for n in range(len(visit.answers))])
            for visit in visits
        ]


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that cannot be packed."""
    return random.Random(seed).randbytes(size)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "raw"


@pytest.fixture
def keeper(folder):
    return Keeper(folder, MIB)


# ---- what is kept -------------------------------------------------------------------------


def test_an_answer_comes_back_as_it_was(keeper, folder):
    plan = make_plan(marks=(Mark(name="index", etag='"0"', label="x"),), covered_until=NOW - DAY)
    answers = [
        make_answer(b"moved", redirects=("http://old.example.org/",), moved_for_good=True),
        make_answer(b"", status=304, not_modified=True),
        make_answer(b"half", status=403, cut=True, headers={"content-type": "text/html; x=é"}),
    ]
    writer = keeper.open_visit(plan)
    for answer in answers:
        writer.hear(answer)
    writer.finish(make_report(Outcome.READ))
    with open_visits(folder, plan.source_id) as (visit,):
        bodies = [visit.load_body(number) for number in range(3)]
        facts = zip(visit.answers, bodies, strict=True)
        assert [build_answer(fact, body) for fact, body in facts] == answers
        assert visit.plan == plan
        assert (visit.outcome, visit.detail, visit.finished_at) == (Outcome.READ, "why", NOW)


def test_what_a_newer_version_kept_is_left_aside(keeper, folder):
    keep(keeper, b"x")
    with open_visits(folder, 7) as (visit,):
        facts = {**visit.answers[0], "of_tomorrow": 1}
        assert build_answer(facts, b"x").status == 200


def test_only_the_owner_may_look_into_the_folder(keeper, folder):
    keep(keeper, b"x")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_text_is_packed_and_packed_files_are_not_packed_again(keeper, folder):
    packed = b"\x1f\x8b" + noise(50_000)
    keep(keeper, b"abc " * 50_000, packed)
    assert 50_000 < measure(folder) < 60_000


@pytest.mark.parametrize(
    ("outcome", "posts", "shelf"),
    [
        (Outcome.READ, 1, Shelf.READ),
        (Outcome.EMPTY, 0, Shelf.READ),
        (Outcome.UNCHANGED, 0, None),
        (Outcome.UNCHANGED, 3, None),
        (Outcome.PARTIAL, 3, Shelf.READ),
        (Outcome.PARTIAL, 0, Shelf.FAILED),
        (Outcome.LAYOUT_CHANGED, 0, Shelf.FAILED),
        (Outcome.TIMEOUT, 0, Shelf.FAILED),
    ],
)
def test_each_end_of_a_visit_has_its_shelf(outcome, posts, shelf):
    assert choose_shelf(outcome, posts=posts) is shelf


def test_a_visit_that_read_something_replaces_the_one_before(keeper, folder):
    keep(keeper, b"old", b"old too")
    keep(keeper, b"new", at=NOW + DAY)
    assert list_kept(folder) == [(Shelf.READ, [b"new"])]


def test_a_visit_without_news_leaves_what_was_kept(keeper, folder):
    keep(keeper, b"old")
    keep(keeper, b"", outcome=Outcome.UNCHANGED, at=NOW + DAY)
    assert list_kept(folder) == [(Shelf.READ, [b"old"])]


def test_a_failed_visit_lies_beside_the_last_good_one_until_the_next_that_sees(keeper, folder):
    keep(keeper, b"good")
    keep(keeper, b"redesigned", outcome=Outcome.LAYOUT_CHANGED, at=NOW + DAY)
    assert list_kept(folder) == [(Shelf.READ, [b"good"]), (Shelf.FAILED, [b"redesigned"])]
    keep(keeper, outcome=Outcome.TIMEOUT, at=NOW + 2 * DAY)  # nobody answered: nothing to look at
    assert [shelf for shelf, _ in list_kept(folder)] == [Shelf.READ, Shelf.FAILED]
    keep(keeper, b"", outcome=Outcome.UNCHANGED, at=NOW + 3 * DAY)
    assert list_kept(folder) == [(Shelf.READ, [b"good"])]


def test_a_visit_that_did_not_end_keeps_nothing(keeper, folder):
    keep(keeper, b"good")
    killed = keeper.open_visit(make_plan())
    killed.hear(make_answer(b"half"))
    deferred = keeper.open_visit(make_plan(8))
    deferred.hear(make_answer(b"half"))
    deferred.drop()
    assert list_kept(folder) == [(Shelf.READ, [b"good"])]
    assert {path.suffix for path in folder.iterdir()} == {".zip", ".part"}
    Keeper(folder, MIB)
    assert {path.suffix for path in folder.iterdir()} == {".zip"}
    killed.drop()


def test_a_damaged_file_is_left_out(keeper, folder):
    keep(keeper, b"good")
    keep(keeper, b"bad", outcome=Outcome.GONE)
    (folder / "7-failed.zip").write_bytes(b"PK\x03\x04 not a zip file")
    assert list_kept(folder) == [(Shelf.READ, [b"good"])]


def test_a_folder_that_cannot_be_written_never_harms_a_visit(keeper, folder, caplog):
    writer = keeper.open_visit(make_plan())
    keeper.folder.rmdir()
    writer.hear(make_answer())
    writer.hear(make_answer())
    writer.finish(make_report(Outcome.READ))
    assert not folder.exists()
    assert caplog.text.count("answers are not kept") == 1


# ---- the cap ------------------------------------------------------------------------------


def test_a_huge_archive_takes_no_more_than_its_share(keeper, folder):
    keep(keeper, b"another community's", source_id=1)
    keep(keeper, *(noise(40_000, seed) for seed in range(40)))
    assert measure(folder) < MIB // 4 + 2_000
    with open_visits(folder, 7) as (visit,):
        assert 4 <= len(visit.answers) < 8
        assert visit.left_out == 40 - len(visit.answers)
    assert list_kept(folder, 1) == [(Shelf.READ, [b"another community's"])]


def test_an_answer_larger_than_the_share_is_left_out_and_smaller_ones_are_kept(keeper, folder):
    keep(keeper, noise(MIB // 2), b"small", b"a" * MIB)
    with open_visits(folder, 7) as (visit,):
        assert [visit.load_body(n)[:5] for n in range(2)] == [b"small", b"aaaaa"]
        assert visit.left_out == 1


def test_the_oldest_visits_make_room(keeper, folder):
    for source_id in range(1, 41):
        at = NOW + source_id * DAY
        keep(keeper, noise(100_000, source_id), at=at, source_id=source_id)
        assert measure(folder) <= MIB
    kept = [number for number in range(1, 41) if list_kept(folder, number)]
    assert len(kept) > 5
    assert kept == list(range(kept[0], 41))


def test_the_cap_holds_while_many_visits_are_open_at_once(keeper, folder):
    chance = random.Random(5)
    writers = {n: keeper.open_visit(make_plan(n)) for n in range(1, 9)}
    ended = 0
    for step in range(600):
        number = chance.choice(list(writers))
        if chance.random() < 0.08:
            how = chance.choice([Outcome.READ, Outcome.READ, Outcome.GONE, Outcome.UNCHANGED])
            at = NOW + step * timedelta(minutes=1)
            writers[number].finish(make_report(how, at, number))
            writers[number] = keeper.open_visit(make_plan(number))
            ended += 1
        else:
            writers[number].hear(make_answer(noise(chance.randrange(14_000), step)))
        assert measure(folder) <= MIB
    for writer in writers.values():
        writer.drop()
    assert ended > 30
    assert 0 < measure(folder) <= MIB
    assert (keeper.whole, keeper.open) == (measure(folder), 0)


# ---- throwing away ------------------------------------------------------------------------


def test_what_is_past_its_time_is_thrown_away(keeper, folder):
    keep(keeper, b"old", source_id=1)
    keep(keeper, b"young", at=NOW + 20 * DAY, source_id=2)
    gone = purge(folder, keep_for=21 * DAY, cap_bytes=MIB, now=NOW + 21 * DAY)
    assert gone.files == 0
    gone = purge(folder, keep_for=21 * DAY, cap_bytes=MIB, now=NOW + 22 * DAY)
    assert gone.files == 1
    assert gone.bytes > 0
    assert list_kept(folder, 1) == []
    assert list_kept(folder, 2) == [(Shelf.READ, [b"young"])]


def test_a_lower_cap_takes_the_oldest_first(keeper, folder):
    for number in (3, 1, 2):
        keep(keeper, noise(90_000, number), at=NOW + number * DAY, source_id=number)
    purge(folder, keep_for=21 * DAY, cap_bytes=200_000, now=NOW + 4 * DAY)
    assert [bool(list_kept(folder, number)) for number in (1, 2, 3)] == [False, True, True]
    purge(folder, keep_for=21 * DAY, cap_bytes=0, now=NOW + 4 * DAY)
    assert measure(folder) == 0


def test_what_a_killed_crawl_left_goes_after_a_day(keeper, folder):
    writer = keeper.open_visit(make_plan())
    writer.hear(make_answer())
    written = datetime.now(UTC)
    assert purge(folder, keep_for=21 * DAY, cap_bytes=MIB, now=written + DAY / 2).files == 0
    assert purge(folder, keep_for=21 * DAY, cap_bytes=MIB, now=written + 2 * DAY).files == 1
    writer.drop()


def test_a_folder_that_is_not_there_has_nothing_to_throw_away(folder):
    assert purge(folder, keep_for=DAY, cap_bytes=0, now=NOW).files == 0
    with open_visits(folder, 7) as visits:
        assert visits == []


# ---- how posts were read ------------------------------------------------------------------


def test_the_first_reading_of_a_post_stands_and_a_date_is_better_than_none():
    undated = ReadPost(post_id="1", at=None, basis=DateBasis.UNKNOWN)
    dated = replace(undated, at=NOW, basis=DateBasis.SENT)
    later = replace(dated, at=NOW + DAY)
    nobody = replace(dated, post_id="")
    readings: dict[bytes, bytes] = {}
    note_readings(readings, [undated, dated, later, nobody])
    note_readings(readings, [later])
    assert readings == {name_reading(dated): digest_reading(dated)}


@pytest.mark.parametrize(
    "change",
    [{"at": NOW + DAY}, {"author": "ada"}, {"reply_to": "0"}, {"basis": DateBasis.RECEIVED}],
)
def test_a_reading_is_told_from_another(change):
    post = ReadPost(post_id="1", at=NOW, basis=DateBasis.SENT)
    assert digest_reading(replace(post, **change)) != digest_reading(post)


def test_a_subject_is_no_part_of_a_reading():
    post = ReadPost(post_id="1", at=NOW, basis=DateBasis.SENT, subject="Nets")
    assert digest_reading(replace(post, subject="Re: Nets")) == digest_reading(post)
