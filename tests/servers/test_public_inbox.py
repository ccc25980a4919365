"""A real public-inbox, over HTTP and over NNTP, with mail whose truth is known."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.outcome import Outcome
from domain.records import Platform
from tests.servers.corpus import LIST, Letter, days, threads, without, write_letters
from tests.servers.kit import Servers, compare, free_port, listens, need, wait_until

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

PACKAGES = ("public-inbox", "libplack-perl", "libsearch-xapian-perl", "libdbd-sqlite3-perl")
GROUP = "org.example.wells"
# Fewer than the feed shows: these letters come today, but are dated long ago, so that there is no
# hole that the dates would tell.
NEW = 20
IMPORT = """
use strict; use PublicInbox::Config; use PublicInbox::InboxWritable; use PublicInbox::Eml;
my $inbox = PublicInbox::InboxWritable->new(PublicInbox::Config->new->lookup_name('wells'));
my $importer = $inbox->importer(1);
for my $file (@ARGV) {
    open(my $in, '<', $file) or die;
    my $raw = do { local $/; <$in> };
    $importer->add(PublicInbox::Eml->new($raw));
}
$importer->done;
"""


class Inbox:
    """One inbox and the daemon that shows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = Servers(folder)
        self.web, self.news = free_port(), free_port()
        self.environ = {
            "HOME": str(folder),
            "PI_CONFIG": str(folder / "config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_EMAIL": "test@example.org",
            "GIT_COMMITTER_EMAIL": "test@example.org",
        }
        self.url = f"http://127.0.0.1:{self.web}/wells/"
        words = ["-V2", "--ng", GROUP, "wells", str(folder / "wells"), self.url, LIST]
        self.run("public-inbox-init", *words)
        (folder / "wells" / "description").write_text("Wells and pumps\n")

    def run(self, *words: str) -> None:
        subprocess.run(
            words, env={**os.environ, **self.environ}, check=True, cwd=self.folder, timeout=120
        )

    def take(self, letters: list[Letter]) -> None:
        files = []
        for letter in letters:
            files.append(self.folder / f"{len(list(self.folder.glob('*.eml'))):04}.eml")
            files[-1].write_bytes(letter.raw)
        self.run("perl", "-e", IMPORT, *map(str, files))

    def show(self) -> None:
        ways = [f"http://127.0.0.1:{self.web}", f"nntp://127.0.0.1:{self.news}"]
        words = [word for way in ways for word in ("-l", way)]
        self.servers.start("public-inbox-netd", "-W0", *words, environ=self.environ)
        wait_until(lambda: listens(self.web) and listens(self.news), "public-inbox-netd")


@pytest.fixture(scope="module")
def inbox(tmp_path_factory) -> Iterator[Inbox]:
    need("public-inbox-netd", *PACKAGES, "git")
    inbox = Inbox(tmp_path_factory.mktemp("public-inbox"))
    with inbox.servers.stack:
        letters = write_letters()
        inbox.take(letters[:-NEW])
        inbox.show()
        yield inbox


def test_both_doors_give_each_letter_once_on_its_day_and_then_only_what_is_new(inbox, workshop):
    letters = write_letters()
    old, new = letters[:-NEW], letters[-NEW:]
    watched = {
        "web": workshop.watch("web", inbox.url, Platform.PUBLICINBOX),
        "news": workshop.watch("news", f"nntp://localhost:{inbox.news}/{GROUP}", Platform.NNTP),
    }
    first = workshop.crawl()
    assert {name: done.report.outcome for name, done in first.items()} == {
        "web": Outcome.READ,
        "news": Outcome.READ,
    }
    assert first["web"].report.requests == 2
    again = workshop.crawl()
    assert again["web"].report.requests == again["news"].report.requests == 1
    assert again["news"].report.outcome is Outcome.UNCHANGED
    assert [done.report.posts_new for done in again.values()] == [0, 0]
    inbox.take(new)
    later = workshop.crawl()
    assert {done.report.outcome for done in later.values()} == {Outcome.READ}
    # A letter that came twice is kept once; one without an id gets one from public-inbox.
    kept = [*old, *new]
    kept.remove(next(letter for letter in kept if letter.case == "twice"))
    check_days(workshop, watched["web"].id, kept)
    check_days(workshop, watched["news"].id, kept)
    assert later["news"].report.posts_total == later["web"].report.posts_total == len(kept)


def check_days(workshop, source_id: int, kept: list[Letter]) -> None:
    stored = compare(workshop, source_id, kept)
    assert stored.found[0] == stored.expected[0]
    assert stored.found[1] == stored.expected[1]
    named = without(kept, "no id")
    found = stored.found[2]
    assert {n for root, n in found.items() if root in stored.expected[2]} == set(
        threads(named).values()
    )
    assert sum(found.values()) == sum(days(kept).values())
