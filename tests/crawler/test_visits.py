"""How a visit ends: every error becomes one outcome, and what was stored before stays stored."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler import visits
from crawler.base import ArchiveSpider, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.elsewhere import list_name
from crawler.formats.layout import fingerprint
from crawler.plan import CrawlPlan
from crawler.visits import run_look_back, run_visit
from domain.errors import HostBusy, Refused, StorageFailed, Unreachable
from domain.outcome import Outcome
from domain.records import DateBasis, Mark, Page, Platform, ReadPost

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
URL = "http://lists.example.org/pipermail/child-health/"
PAGE = Page(posts=(ReadPost(post_id="1", at=NOW, basis=DateBasis.SENT),))


class Scripted(ArchiveSpider):
    """A spider that yields what it is told, and raises it where it is an error."""

    name = "pipermail"
    script: tuple = ()

    async def visit(self):
        for item in self.script:
            if isinstance(item, Exception):
                raise item
            yield item

    async def look_back(self, wanted):
        return Sighting()


def run_script(
    *script, entry: Fetched | None = None, seconds: int = 60, marks: tuple[Mark, ...] = ()
):
    plan = CrawlPlan(
        source_id=1,
        community_id=1,
        name="child-health",
        url=URL,
        platform=Platform.PIPERMAIL,
        now=NOW,
        seconds_budget=seconds,
        marks=marks,
    )
    spider = Scripted(plan=plan, clock=lambda: NOW)
    spider.script = script
    spider.entry = entry
    stored = []

    async def deliver(page: Page) -> int:
        stored.append(page)
        return len(page.posts)

    return asyncio.run(run_visit(spider, deliver)), stored


def make_entry(url: str, *, for_good: bool = True) -> Fetched:
    return Fetched(
        url=url,
        asked=URL,
        status=200,
        headers={},
        body=b"",
        fetched_at=NOW,
        redirects=(URL,),
        moved_for_good=for_good,
    )


def test_a_verdict_is_the_outcome():
    report, stored = run_script(PAGE, Verdict(outcome=Outcome.READ))
    assert (report.outcome, report.posts_new, len(stored)) == (Outcome.READ, 1, 1)


def test_an_error_before_anything_was_read_is_its_outcome():
    report, _ = run_script(Refused(Outcome.LOGIN_WALL, "asks for a login"))
    assert report.outcome is Outcome.LOGIN_WALL


def test_an_error_in_the_middle_keeps_what_was_stored_and_says_partial():
    report, stored = run_script(PAGE, Unreachable(Outcome.TIMEOUT, "no answer"))
    assert (report.outcome, len(stored)) == (Outcome.PARTIAL, 1)
    assert "no answer" in report.detail


def test_the_moment_that_the_host_named_survives():
    until = NOW + timedelta(hours=2)
    report, _ = run_script(Refused(Outcome.RATE_LIMITED, "busy", not_before=until))
    assert report.not_before == until


def test_a_bug_of_ours_is_never_silence():
    report, _ = run_script(KeyError("date"))
    assert report.outcome is Outcome.UNPARSEABLE
    assert "fault in Rollcall" in report.detail


def test_what_an_error_quotes_of_an_answer_is_neither_told_nor_logged(caplog):
    report, _ = run_script(ValueError("invalid literal: 'Amina Okello <amina@example.org>'"))
    assert "ValueError" in report.detail
    assert "Amina" not in f"{report} {caplog.text}"
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("step", ["explain_loss", "_notice"])
def test_a_bug_in_what_follows_the_reading_ends_no_other_visit(monkeypatch, step):
    async def fail(*_, **__):
        raise ValueError("odd page")

    monkeypatch.setattr(visits, step, fail)
    report, _ = run_script(Unreachable(Outcome.TIMEOUT, "no answer"))
    assert report.outcome is Outcome.UNPARSEABLE
    assert "fault in Rollcall" in report.detail


def test_a_visit_without_a_verdict_is_a_bug():
    report, _ = run_script()
    assert report.outcome is Outcome.UNPARSEABLE


@pytest.mark.parametrize("error", [HostBusy("lists.example.org"), StorageFailed("disk full")])
def test_a_busy_host_and_a_broken_store_are_not_the_archives_fault(error):
    with pytest.raises(type(error)):
        run_script(error)


def test_the_same_list_at_a_new_address_is_remembered():
    new = "http://archive.example.net/pipermail/child-health/"
    report, _ = run_script(Verdict(outcome=Outcome.READ), entry=make_entry(new))
    assert report.new_url == new


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(make_entry("http://archive.example.net/pipermail/other/"), id="another list"),
        pytest.param(
            make_entry("http://archive.example.net/pipermail/child-health/", for_good=False),
            id="only for now",
        ),
    ],
)
def test_other_redirects_change_no_address(entry):
    report, _ = run_script(Verdict(outcome=Outcome.READ), entry=entry)
    assert report.new_url is None


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://forum.example.net/child-health", Outcome.MOVED),
        ("http://parking.example.net/", Outcome.PARKED),
        ("http://lists.example.org/elsewhere", Outcome.UNPARSEABLE),
    ],
)
def test_an_unreadable_page_at_the_end_of_a_redirect_is_a_move_or_parked(url, outcome):
    report, _ = run_script(Verdict(outcome=Outcome.UNPARSEABLE), entry=make_entry(url))
    assert report.outcome is outcome


def test_a_login_at_the_end_of_a_redirect_stays_a_login():
    entry = make_entry("http://sso.example.net/")
    report, _ = run_script(Refused(Outcome.LOGIN_WALL, "asks for a login"), entry=entry)
    assert report.outcome is Outcome.LOGIN_WALL


def test_lists_are_named_by_the_end_of_their_path():
    assert list_name("http://x.example.org/pipermail/Child-Health/") == "child-health"
    assert list_name("http://x.example.org") == "x.example.org"


# ---- how the page is built ----------------------------------------------------------------

OLD, NEW = b"<html><table><tr><td>1", b"<html><main><p>1"


def layouts(stored: list[Page]) -> list[str | None]:
    return [mark.label for page in stored for mark in page.marks if mark.name == "layout"]


@pytest.mark.parametrize(
    ("known", "pages", "outcome", "kept"),
    [
        pytest.param(None, [PAGE], Outcome.READ, [fingerprint(NEW)], id="first visit"),
        pytest.param(OLD, [PAGE], Outcome.READ, [fingerprint(NEW)], id="new design, new posts"),
        pytest.param(OLD, [], Outcome.READ, [], id="new design, no new posts"),
        pytest.param(NEW, [PAGE], Outcome.READ, [], id="as it was"),
        pytest.param(None, [], Outcome.EMPTY, [], id="empty"),
        pytest.param(OLD, [PAGE], Outcome.PARTIAL, [], id="seen in part"),
    ],
)
def test_a_design_is_remembered_only_from_visits_that_saw_posts_come(known, pages, outcome, kept):
    entry = replace(make_entry(URL), body=NEW)
    marks = () if known is None else (Mark(name="layout", label=fingerprint(known)),)
    _, stored = run_script(*pages, Verdict(outcome=outcome), entry=entry, marks=marks)
    assert layouts(stored) == kept


# ---- looking back -------------------------------------------------------------------------


class Asked(Scripted):
    """A spider whose look back ends as it is told."""

    end: Exception | None = None

    async def look_back(self, wanted):
        if self.end:
            raise self.end
        return Sighting(posts=PAGE.posts)


def look(end: Exception | None):
    plan = CrawlPlan(
        source_id=1, community_id=1, name="nets", url=URL, platform=Platform.PIPERMAIL, now=NOW
    )
    spider = Asked(plan=plan, clock=lambda: NOW)
    spider.end, spider.entry = end, replace(make_entry(URL), body=NEW)
    return asyncio.run(run_look_back(spider, LookBack(plan=plan, secret_key=b"k" * 32)))


def test_a_look_back_that_saw_gives_keys_and_the_design():
    answer = look(None)
    assert (answer.outcome, len(answer.keys), answer.layout) == (
        Outcome.READ,
        1,
        fingerprint(NEW),
    )


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (Refused(Outcome.LOGIN_WALL, "asks for a login"), Outcome.LOGIN_WALL),
        (Unreachable(Outcome.TIMEOUT, "no answer"), Outcome.TIMEOUT),
        (KeyError("date"), Outcome.UNPARSEABLE),
    ],
)
def test_a_look_back_that_failed_says_how_and_shows_nothing(end, outcome):
    answer = look(end)
    assert (answer.outcome, answer.keys) == (outcome, ())
    assert answer.detail


def test_a_busy_host_is_no_answer_to_a_look_back():
    with pytest.raises(HostBusy):
        look(HostBusy("lists.example.org"))
