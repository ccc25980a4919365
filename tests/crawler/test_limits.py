"""One spider that hangs, crashes or takes all memory: the others are read all the same."""

from __future__ import annotations

import pytest

from demo.answer import Answer
from domain.outcome import Outcome
from domain.records import Platform
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
    bytearray(3 * 1024**3)
    yield None

sys.meta_path.insert(0, Harm())
"""


@pytest.fixture
def visited(archive_server, make_workshop, tmp_path, monkeypatch):
    """What came of one crawl of three harmful sources and three sound ones."""
    (tmp_path / "harm").mkdir()
    (tmp_path / "harm/sitecustomize.py").write_text(HARMFUL, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "harm"))
    workshop = make_workshop(more="[crawl]\nmemory_mib = 1024\nhang_seconds = 3\n")
    for number, name in enumerate(("crash", "hang", "hunger")):
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
        "sound-0": Outcome.READ,
        "sound-1": Outcome.READ,
        "sound-2": Outcome.READ,
    }
    assert [visited[f"sound-{n}"].report.posts_total for n in range(3)] == [20] * 3
    assert "ended early, code -11" in visited["crash"].report.detail
    assert "gave no sign of life" in visited["hang"].report.detail
    assert "MemoryError" in visited["hunger"].report.detail
