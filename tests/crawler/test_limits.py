"""One spider that hangs, crashes or takes all memory: the others are read all the same.

And nobody is blamed for what was done from outside.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from crawler.order import PageStored
from crawler.run import NICER, CrawlDied, CrawlProcess
from demo.answer import Answer
from domain.outcome import Outcome
from domain.records import Platform
from jobs.crawling import Batch, CrawlListener, Visited
from store.engine import writing
from store.sources import claim_due
from tests.jobs.archives import Pipermail, write_talk

# Python runs this file first in every process that has its folder in PYTHONPATH: in the place of
# one platform's spider stands one that does harm.
HARMFUL = """
import importlib.abc, importlib.util, os, signal, sys

class Harm(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "crawler.spiders.mhonarc":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module
        def exec_module(module):
            load(module)
            module.MhonarcSpider.visit = visit
        spec.loader.exec_module = exec_module
        return spec

async def visit(self):
    await self.fetch(self.plan.url)
    if "hang" in self.plan.url:
        while True:
            pass
    if "crash" in self.plan.url:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "killed" in self.plan.url:
        with open(os.environ["ROLLCALL_TEST_DEATHS"], "a+") as deaths:
            deaths.seek(0)
            before = len(deaths.read())
            deaths.write("x")
        if not before:
            os.kill(os.getpid(), signal.SIGKILL)
        from crawler.base import Verdict
        from domain.outcome import Outcome
        yield Verdict(outcome=Outcome.EMPTY)
        return
    bytearray(3 * 1024**3)
    yield None

sys.meta_path.insert(0, Harm())
"""


@pytest.fixture
def visited(archive_server, make_workshop, tmp_path, monkeypatch):
    """What came of one crawl of four harmful sources and three sound ones."""
    (tmp_path / "harm").mkdir()
    (tmp_path / "harm/sitecustomize.py").write_text(HARMFUL, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "harm"))
    monkeypatch.setenv("ROLLCALL_TEST_DEATHS", str(tmp_path / "deaths"))
    workshop = make_workshop(more="[crawl]\nmemory_mib = 1024\nhang_seconds = 3\n")
    for number, name in enumerate(("crash", "hang", "hunger", "killed")):
        url = archive_server.put(f"/{name}/", Answer(body=b"x"), host=f"127.77.9.{number + 1}")
        workshop.watch(name, url, Platform.MHONARC)
    for number in range(3):
        talk = write_talk(f"sound-{number}", workshop.clock(), count=20)
        site = Pipermail(archive_server, f"127.77.9.{number + 11}", talk)
        workshop.watch(f"sound-{number}", site.url)
    return workshop.crawl()


def test_a_harmful_spider_is_left_out_and_the_others_are_read(visited):
    outcomes = {name: done.report.outcome for name, done in visited.items()}
    assert outcomes == {
        "crash": Outcome.UNPARSEABLE,
        "hang": Outcome.UNPARSEABLE,
        "hunger": Outcome.UNPARSEABLE,
        "killed": Outcome.EMPTY,
        "sound-0": Outcome.READ,
        "sound-1": Outcome.READ,
        "sound-2": Outcome.READ,
    }
    assert [visited[f"sound-{n}"].report.posts_total for n in range(3)] == [20] * 3
    assert "ended early, code -11" in visited["crash"].report.detail
    assert "gave no sign of life" in visited["hang"].report.detail
    assert "MemoryError" in visited["hunger"].report.detail
    # It was only there when the subprocess was killed: read again, and nobody is blamed.
    assert visited["killed"].report.detail == ""


class Deaths:
    """A batch that reads one source and hears that its subprocess was killed in that one's turn."""

    def __init__(self, workshop) -> None:
        source = workshop.watch("poison", "https://lists.example.org/pipermail/poison/")
        self.seen: list[Visited] = []
        with writing(workshop.engine) as session:
            claimed = claim_due(
                session, owner="me", now=workshop.clock(), ttl=timedelta(hours=1), only=["poison"]
            )
        self.batch = Batch(
            engine=workshop.engine,
            settings=workshop.settings,
            clock=workshop.clock,
            listener=CrawlListener(visited=self.seen.append),
            owner="me",
        )
        self.batch.open = {one.id: one for one in claimed}
        self.source_id = source.id
        self.goes_on = False

    def die(self, *, by_itself: bool = False, at_work: bool = True) -> list:
        turn = self.source_id if at_work else None
        died = CrawlDied("ended early, code -9", "crawl.log", turn=turn, by_itself=by_itself)
        self.goes_on = self.batch.learn_from(died)
        return [visited.report.outcome for visited in self.seen]


def test_a_crawl_lets_visitors_and_commands_go_first(tmp_path):
    with CrawlProcess(tmp_path) as process:
        its = os.getpriority(os.PRIO_PROCESS, process.child.pid)
        assert its == min(os.getpriority(os.PRIO_PROCESS, 0) + NICER, 19)  # there is no lower


def test_where_that_is_forbidden_it_is_crawled_all_the_same(tmp_path, monkeypatch):
    def refuse(*_given: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    with CrawlProcess(tmp_path) as process:
        assert process.child.poll() is None


def test_whoever_is_always_there_when_it_is_killed_is_blamed_the_third_time(make_workshop):
    deaths = Deaths(make_workshop())
    assert [deaths.die(), deaths.die(), deaths.die()] == [[], [], [Outcome.UNPARSEABLE]]


def test_whoever_gets_further_between_two_kills_is_not_the_cause(make_workshop):
    deaths = Deaths(make_workshop())
    for number in range(6):
        assert deaths.die(at_work=bool(number % 2)) == []
        assert deaths.goes_on
        deaths.batch.take(PageStored(source_id=deaths.source_id, new=3))


def test_whoever_ends_the_subprocess_by_itself_is_blamed_at_once(make_workshop):
    assert Deaths(make_workshop()).die(by_itself=True) == [Outcome.UNPARSEABLE]


def test_where_it_is_killed_in_nobodys_turn_all_are_read_again_but_not_for_ever(make_workshop):
    deaths = Deaths(make_workshop())
    goes_on = []
    for _ in range(3):
        assert deaths.die(at_work=False) == []
        goes_on.append(deaths.goes_on)
    assert goes_on == [True, True, False]


def test_what_cannot_even_start_is_not_tried_again_at_once(make_workshop):
    deaths = Deaths(make_workshop())
    assert deaths.die(by_itself=True, at_work=False) == []
    assert not deaths.goes_on
