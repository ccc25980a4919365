"""Pages that a real MHonArc made, in one folder and by months, of mail whose truth is known."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from domain.outcome import Outcome
from domain.records import Platform
from tests.servers.corpus import Letter, without, write_entry, write_letters
from tests.servers.kit import Servers, compare, free_port, listens, need, wait_until

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

# As public sites set it: pages of twenty, the newest first, addresses hidden.
RESOURCES = "<MULTIPG>\n<IDXSIZE>\n20\n</IDXSIZE>\n<SORT>\n<REVERSE>\n<TREVERSE>\n<SPAMMODE>\n"


class Pages:
    """The pages of one list, and the server that shows them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = Servers(folder)
        self.port = free_port()
        self.shown = folder / "shown"
        (self.shown / "all").mkdir(parents=True)
        (folder / "resources").write_text(RESOURCES)

    def show(self) -> None:
        words = ["-m", "http.server", str(self.port), "--bind", "127.0.0.1", "-d", str(self.shown)]
        self.servers.start(sys.executable, *words)
        wait_until(lambda: listens(self.port), "the web server")

    def take(self, letters: list[Letter], *, quoted: bool = True) -> None:
        """Files the letters in one folder, and once more in a folder for each month."""
        self.convert(letters, self.shown / "all", "-add", quoted=quoted)
        for month in sorted({f"{letter.received:%Y-%m}" for letter in letters}):
            some = [letter for letter in letters if f"{letter.received:%Y-%m}" == month]
            words = ["-add", "-rcfile", str(self.folder / "resources")]
            self.convert(some, self.shown / "months" / month, *words, quoted=quoted)

    def convert(self, letters: Iterable[Letter], to: Path, *words: str, quoted: bool) -> None:
        to.mkdir(parents=True, exist_ok=True)
        box = self.folder / "box"
        box.write_bytes(b"".join(write_entry(letter, quoted=quoted) for letter in letters))
        command = ["mhonarc", "-quiet", *words, "-outdir", str(to), str(box)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


@pytest.fixture
def pages(tmp_path) -> Iterator[Pages]:
    need("mhonarc", "mhonarc")
    pages = Pages(tmp_path)
    with pages.servers.stack:
        pages.show()
        yield pages


def test_each_letter_counts_once_on_its_day_for_its_writer_and_thread(pages, workshop):
    letters = write_letters()
    old, new = letters[:-12], letters[-12:]
    pages.take(old)
    watched = {
        "one folder": workshop.watch("all", pages.url("all/maillist.html"), Platform.MHONARC),
        "months": workshop.watch("months", pages.url("months/"), Platform.MHONARC),
    }
    first = workshop.crawl()
    assert {done.report.outcome for done in first.values()} == {Outcome.READ}
    again = workshop.crawl()
    assert again["all"].report.outcome is Outcome.UNCHANGED
    assert [done.report.posts_new for done in again.values()] == [0, 0]
    assert again["all"].report.requests == 1
    # The index of the months, which is a listing of the server's, and the last two.
    assert again["months"].report.requests == 3
    pages.take(new)
    later = workshop.crawl()
    assert later["all"].report.requests == 1 + len(new)
    assert {done.report.outcome for done in later.values()} == {Outcome.READ}
    # MHonArc keeps one of two letters with one Message-ID.
    kept = list(letters)
    kept.remove(next(letter for letter in kept if letter.case == "twice"))
    for source in watched.values():
        stored = compare(workshop, source.id, kept)
        assert stored.found[0] == stored.expected[0]
        assert stored.found[1] == stored.expected[1]
        named = compare(workshop, source.id, without(kept, "no id")).expected[2]
        found = dict(stored.found[2])
        assert {root: found.pop(root, 0) for root in named} == dict(named)
        # It makes an id of its own for a letter without one.
        assert list(found.values()) == [1]


def test_body_lines_that_nobody_quoted_make_no_posts_of_nobody(pages, workshop):
    letters = [letter for letter in write_letters() if letter.case in ("", "From in the body")]
    pages.take(letters, quoted=False)
    source = workshop.watch("all", pages.url("all/maillist.html"), Platform.MHONARC)
    done = workshop.crawl()["all"].report
    assert done.outcome is Outcome.READ
    stored = compare(workshop, source.id, letters)
    assert stored.found[0] == stored.expected[0]
    assert stored.found[1] == stored.expected[1]
