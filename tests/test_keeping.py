"""Reading kept answers again after a repair, without a request; opting out; throwing away."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

import config
import jobs.crawling
from cli import run_command
from crawler.formats import feed_items
from crawler.formats.dates import read_date
from crawler.kept import Shelf, measure, open_visits
from crawler.settings import build_crawl_settings, folder_owner
from demo.answer import Answer
from domain.errors import UsageError
from domain.outcome import Outcome
from domain.records import Platform
from jobs.keeping import purge_raw, reparse
from store.corrections import Corrected
from store.engine import reading
from store.posts import load_coverage
from store.sources import list_marks
from store.tables import CrawlReportRow, DailyCountRow, PostRow, RecentSubjectRow

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>
<link>http://x.example.org/</link><description>d</description>{items}</channel></rss>"""
ITEM = "<item><guid isPermaLink='false'>{n}</guid><title>t{n}</title><pubDate>{at}</pubDate></item>"
GOOD = "{day:02d} Oct 2026 10:00:00 GMT"
# No parser of today knows this month; the "repaired" one of these tests does.
ODD = "{day:02d} Vendémiaire 2026 10:00:00 GMT"


def feed(*dates: str, first: int = 1) -> Answer:
    items = "".join(ITEM.format(n=n, at=at) for n, at in enumerate(dates, first))
    return Answer(body=FEED.format(items=items).encode(), content_type="application/rss+xml")


def half_odd() -> Answer:
    """Four items, newest first, of which two have a date that cannot be read yet."""
    return feed(GOOD.format(day=9), ODD.format(day=8), GOOD.format(day=7), ODD.format(day=6))


@pytest.fixture
def repair(monkeypatch):
    """Teaches the parser the odd month."""

    def teach() -> None:
        def read(text, **options):
            return read_date(text.replace("Vendémiaire", "Oct"), **options)

        monkeypatch.setattr(feed_items, "read_date", read)

    return teach


def everything(workshop) -> dict[str, list]:
    """All rows that a second reading could touch."""
    tables = (PostRow, DailyCountRow, RecentSubjectRow, CrawlReportRow)
    with reading(workshop.engine) as s:
        rows = {
            table.__tablename__: sorted(
                repr(tuple(row)) for row in s.execute(select(*table.__table__.columns))
            )
            for table in tables
        }
        rows["seen"] = [load_coverage(s, n) for n in (1, 2)]
        rows["marks"] = [list_marks(s, n) for n in (1, 2)]
    return rows


def days(workshop) -> list[int]:
    """The days of October 2026 under which posts are counted."""
    with reading(workshop.engine) as s:
        return sorted(day.day for day in s.scalars(select(DailyCountRow.day)))


def test_a_repaired_parser_dates_old_posts_and_changes_nothing_else(
    archive_server, workshop, repair
):
    odd = workshop.watch("odd", archive_server.put("/odd", half_odd()), Platform.FEED)
    plain = [GOOD.format(day=day) for day in (4, 3)]
    workshop.watch("plain", archive_server.put("/plain", feed(*plain)), Platform.FEED)
    visited = workshop.crawl()
    assert {done.report.outcome for done in visited.values()} == {Outcome.READ}
    assert days(workshop) == [3, 4, 7, 9]
    asked = len(archive_server.log)

    before = everything(workshop)
    done = reparse(workshop.engine, workshop.settings, odd)
    assert (done.posts_read, done.posts_new, done.corrected) == (4, 0, Corrected())
    assert everything(workshop) == before  # the same parser reads the same

    repair()
    done = reparse(workshop.engine, workshop.settings, odd)
    assert done.saw
    assert (done.posts_new, done.posts_total) == (0, 4)
    assert done.corrected == Corrected(dates_gained=2)
    assert days(workshop) == [3, 4, 6, 7, 8, 9]
    after = everything(workshop)
    assert after["marks"] == before["marks"]
    assert after["crawl_reports"] == before["crawl_reports"]
    assert len(set(after["posts"]) - set(before["posts"])) == 2

    again = reparse(workshop.engine, workshop.settings, odd)
    assert again.corrected == Corrected()
    assert everything(workshop) == after
    assert len(archive_server.log) == asked


def test_an_edited_item_is_not_corrected_by_a_second_reading(archive_server, workshop, repair):
    """Its date differs from the stored one, but today's parser reads it as the visit did."""
    url = archive_server.put("/feed", feed(GOOD.format(day=9), GOOD.format(day=8)))
    source = workshop.watch("edited", url, Platform.FEED)
    workshop.crawl()
    archive_server.put("/feed", feed(GOOD.format(day=12), GOOD.format(day=8)))
    assert workshop.crawl()["edited"].report.outcome is Outcome.READ
    before = everything(workshop)
    repair()
    done = reparse(workshop.engine, workshop.settings, source)
    assert done.corrected == Corrected()
    assert everything(workshop) == before
    assert days(workshop) == [8, 9]


def test_a_failed_visit_can_be_read_later_and_the_good_one_stays(archive_server, workshop, repair):
    url = archive_server.put("/feed", feed(GOOD.format(day=5), GOOD.format(day=4)))
    source = workshop.watch("redesigned", url, Platform.FEED)
    workshop.crawl()
    odd = [ODD.format(day=9), ODD.format(day=8)]
    archive_server.put("/feed", feed(*odd, first=11))
    assert workshop.crawl()["redesigned"].report.outcome is Outcome.LAYOUT_CHANGED
    with open_visits(workshop.settings.raw_folder, source.id) as visits:
        assert [visit.shelf for visit in visits] == [Shelf.READ, Shelf.FAILED]
    done = reparse(workshop.engine, workshop.settings, source)
    assert [visit.report.outcome for visit in done.visits] == [Outcome.READ, Outcome.LAYOUT_CHANGED]
    assert not done.saw
    repair()
    done = reparse(workshop.engine, workshop.settings, source)
    assert [visit.report.outcome for visit in done.visits] == [Outcome.READ, Outcome.READ]
    assert (done.posts_new, done.posts_total) == (2, 4)
    assert days(workshop) == [4, 5, 8, 9]
    archive_server.put("/feed", half_odd())
    workshop.crawl()
    with open_visits(workshop.settings.raw_folder, source.id) as visits:
        assert [visit.shelf for visit in visits] == [Shelf.READ]


def test_whole_archives_are_read_again_just_as_they_were(make_archive, workshop):
    server = make_archive(now=datetime.now(UTC))
    workshop.watch_all(server)
    visited = workshop.crawl()
    before = everything(workshop)
    asked = len(server.log)
    ended = {}
    for name, visit in visited.items():
        # What leads to another host is at its new address since.
        with suppress(UsageError):
            done = reparse(workshop.engine, workshop.settings, visit.source)
            ended[name] = (done.visits[0].report.outcome, done.posts_read, done.posts_new)
            assert done.corrected == Corrected(), name
            assert ended[name] == (visit.report.outcome, visit.report.posts_total, 0), name
    assert len(ended) > len(visited) / 2
    assert everything(workshop) == before
    assert len(server.log) == asked


def test_answers_that_another_machine_keeps_are_looked_for_there(
    archive_server, workshop, monkeypatch
):
    """With several workers; each tells in its reports where it keeps what it heard."""
    url = archive_server.put("/feed.xml", half_odd())
    source = workshop.watch("nets", url, Platform.FEED)

    def crawl_from(place: str) -> str:
        def build(settings):
            own = build_crawl_settings(settings)
            return replace(own, raw=own.raw and replace(own.raw, place=place))

        monkeypatch.setattr(jobs.crawling, "build_crawl_settings", build)
        return workshop.crawl()["nets"].report.evidence["kept_on"]

    here = folder_owner(workshop.settings)
    assert crawl_from(here) == here
    assert reparse(workshop.engine, workshop.settings, source).posts_read == 4
    assert crawl_from("worker-2:/srv/rollcall") == "worker-2:/srv/rollcall"
    purge_raw(workshop.settings, workshop.clock(), everything=True)
    with pytest.raises(UsageError, match="on another machine") as refused:
        reparse(workshop.engine, workshop.settings, source)
    assert "worker-2:/srv/rollcall" in refused.value.line


def test_without_keep_raw_nothing_is_kept_and_what_was_goes(archive_server, make_workshop):
    workshop = make_workshop()
    source = workshop.watch("a", archive_server.put("/feed", half_odd()), Platform.FEED)
    workshop.crawl()
    folder = workshop.settings.raw_folder
    assert measure(folder) > 0
    settings = (workshop.folder / "rollcall.toml").read_text() + "\nkeep_raw = false\n"
    (workshop.folder / "rollcall.toml").write_text(settings)
    workshop.settings = config.load(workshop.folder, {})
    assert purge_raw(workshop.settings, workshop.clock()).files == 1
    workshop.crawl()
    assert measure(folder) == 0
    with pytest.raises(UsageError, match="no answers of this source are kept"):
        reparse(workshop.engine, workshop.settings, source)


def test_kept_answers_go_after_their_days(archive_server, make_workshop):
    workshop = make_workshop(more="raw_days = 3")
    workshop.watch("a", archive_server.put("/feed", half_odd()), Platform.FEED)
    workshop.crawl()
    now = workshop.clock()
    assert purge_raw(workshop.settings, now + timedelta(days=2)).files == 0
    assert purge_raw(workshop.settings, now + timedelta(days=4)).files == 1


# ---- commands -----------------------------------------------------------------------------


@pytest.fixture
def rollcall(workshop, capsys):
    """Runs a command on the workshop's folder: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(["--data", str(workshop.folder), *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_commands_say_what_changed(archive_server, workshop, rollcall, repair):
    workshop.watch("odd", archive_server.put("/odd", half_odd()), Platform.FEED)
    code, _, err = rollcall("reparse", "odd")
    assert code == 2
    assert "rollcall crawl --only odd" in err
    workshop.crawl()
    repair()
    code, out, _ = rollcall("reparse", "odd", "--json")
    record = json.loads(out)
    assert code == 0
    assert (record["posts_read"], record["dates_gained"], record["posts_new"]) == (4, 2, 0)
    assert record["visits"][0]["outcome_then"] == "read"
    code, out, _ = rollcall("reparse", "odd")
    assert "dates: 0 gained, 0 changed" in out
    assert rollcall("reparse", "ood")[0] == 2
    assert "0 visits" in rollcall("purge")[2]
    assert "1 visits" in rollcall("purge", "--all")[2]


def test_an_opt_out_names_its_sources_and_shows_wherever_they_are_listed(
    archive_server, workshop, rollcall
):
    url = archive_server.put("/feed", half_odd())
    workshop.watch("inside", url, Platform.FEED)
    workshop.watch("outside", "http://lists.example.org/feed", Platform.FEED)
    host = url.partition("//")[2].partition("/")[0]
    code, _, err = rollcall("optout", "add", url, "--note", "asked by mail")
    assert code == 0
    assert "inside" in err
    assert "outside" not in err
    assert workshop.crawl("inside")["inside"].report.outcome is Outcome.REFUSED
    assert archive_server.log == []
    rows = [json.loads(line) for line in rollcall("sources", "list", "--json")[1].splitlines()]
    assert {row["source"]: row["opted_out"] for row in rows} == {"inside": True, "outside": False}
    assert "opted out" in rollcall("sources", "list")[1]
    assert "opted out" in rollcall("sources", "show", "inside")[1]
    assert "opted out" not in rollcall("sources", "show", "outside")[1]
    (row,) = [json.loads(line) for line in rollcall("optout", "list", "--json")[1].splitlines()]
    assert (row["target"], row["note"]) == (f"{host.partition(':')[0]}/feed", "asked by mail")
    assert "asked by mail" in rollcall("optout", "list")[1]


@pytest.mark.parametrize("target", ["", "http://", "http://[bad/"])
def test_what_is_neither_a_host_nor_an_address_cannot_opt_out(rollcall, target):
    code, _, err = rollcall("optout", "add", target)
    assert code == 2
    assert "neither a host nor an address" in err
