"""A real INN news server, fed with mail whose truth is known."""

from __future__ import annotations

import os
import pwd
import re
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.outcome import Outcome
from domain.records import Platform
from tests.servers.corpus import Letter, without, write_letters
from tests.servers.kit import (
    Servers,
    compare,
    free_port,
    listens,
    need,
    need_root,
    open_folder,
    wait_until,
)

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

GROUP = "example.wells"
BINARIES = Path("/usr/lib/news/bin")
# News is stricter than mail: what it refuses of the letters.
REFUSED = ("no date", "garbled date", "2038", "no id")
FOLDERS = ("db", "log", "run", "articles", "overview", "incoming/bad", "outgoing", "archive")
FILES = {
    "inn.conf": """
pathhost: news.example.org
domain: example.org
port: {port}
bindaddress: 127.0.0.1
artcutoff: 0
hismethod: hisv6
ovmethod: tradindexed
enableoverview: true
mta: "true %s"
docancels: none
doinnwatch: false
pathnews: /usr/lib/news
pathbin: /usr/lib/news/bin
pathfilter: {folder}/filter
pathetc: {folder}
pathdb: {folder}/db
pathlog: {folder}/log
pathrun: {folder}/run
pathspool: {folder}
patharticles: {folder}/articles
pathoverview: {folder}/overview
pathincoming: {folder}/incoming
pathoutgoing: {folder}/outgoing
patharchive: {folder}/archive
pathtmp: {folder}/run
""",
    "storage.conf": "method tradspool {{\n  newsgroups: *\n  class: 0\n}}\n",
    "expire.ctl": "/remember/:never\n*:A:1:never:never\n",
    "incoming.conf": 'peer ME {{\n  hostname: "127.0.0.1, localhost"\n}}\n',
    "readers.conf": (
        'auth "here" {{\n  hosts: "127.0.0.1, localhost"\n  default: "<here>"\n}}\n'
        'access "here" {{\n  users: "<here>"\n  newsgroups: "*"\n  access: R\n}}\n'
    ),
    "newsfeeds": "ME:*::\n",
    "db/active": (
        "control 0000000000 0000000001 n\ncontrol.cancel 0000000000 0000000001 n\n"
        "junk 0000000000 0000000001 n\n" + GROUP + " 0000000000 0000000001 n\n"
    ),
    "db/newsgroups": GROUP + "\tWells and pumps\n",
    "db/active.times": "",
}


class News:
    """One news server with one group."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.servers = Servers(folder)
        self.environ = {"INNCONF": str(folder / "inn.conf")}
        self.url = f"nntp://localhost:{self.port}/{GROUP}"
        for name in (*FOLDERS, "filter"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in FILES.items():
            (folder / name).write_text(text.format(folder=folder, port=self.port))
        news = pwd.getpwnam("news")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, news.pw_uid, news.pw_gid)
        self.prepare("makehistory")
        self.prepare("makedbz", "-i", "-o", "-s", "1000")

    def prepare(self, program: str, *words: str) -> None:
        news = pwd.getpwnam("news")
        subprocess.run(
            [str(BINARIES / program), *words],
            env={**os.environ, **self.environ},
            user=news.pw_uid,
            group=news.pw_gid,
            extra_groups=[news.pw_gid],
            cwd=self.folder / "db",
            check=True,
            timeout=60,
        )

    def show(self) -> None:
        words = [str(BINARIES / "innd"), "-f", "-N", "-4", "127.0.0.1", "-P", str(self.port)]
        self.servers.start(*words, user="news", environ=self.environ)
        wait_until(lambda: listens(self.port), "innd")

    def take(self, letters: list[Letter]) -> Counter[str]:
        """What the server said to each letter, as a gateway from a list would offer it."""
        said: Counter[str] = Counter()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            stream = line.makefile("rwb")
            stream.readline()
            for letter in letters:
                said[self.offer(stream, letter)] += 1
        return said

    def offer(self, stream, letter: Letter) -> str:
        stream.write(f"IHAVE <{letter.message_id}>\r\n".encode())
        stream.flush()
        answer = stream.readline()
        if not answer.startswith(b"335"):
            return answer[:3].decode()
        lines = letter.raw.rstrip(b"\n").split(b"\n")
        head = [b"Path: gate.example.org!not-for-mail", b"Newsgroups: " + GROUP.encode()]
        stuffed = [b"." + line if line.startswith(b".") else line for line in (*head, *lines)]
        stream.write(b"\r\n".join(stuffed) + b"\r\n.\r\n")
        stream.flush()
        return stream.readline()[:3].decode()


def need_innd() -> None:
    """Nothing, once INN is there: its package wants a domain, which a machine may not have."""
    try:
        need("innd", "inn2")
    except RuntimeError:
        settings = Path("/etc/news/inn.conf")
        text = re.sub(r"(?m)^#?domain:.*$", "domain: example.org", settings.read_text())
        settings.write_text(text)
        subprocess.run(["dpkg", "--configure", "inn2"], check=True, timeout=120)


@pytest.fixture(scope="module")
def news() -> Iterator[News]:
    need_root()
    need_innd()
    with open_folder("news") as folder:
        server = News(folder)
        with server.servers.stack:
            server.show()
            yield server


def test_a_group_gives_each_article_that_the_server_took_on_its_day(news, workshop):
    letters = write_letters()
    old, new = letters[:-20], letters[-20:]
    news.take(old)
    source = workshop.watch("news", news.url, Platform.NNTP)
    first = workshop.crawl()["news"].report
    assert first.outcome is Outcome.READ, first.detail
    quiet = workshop.crawl()["news"].report
    assert (quiet.outcome, quiet.requests, quiet.posts_new) == (Outcome.UNCHANGED, 1, 0), quiet
    news.take(new)
    later = workshop.crawl()["news"].report
    assert (later.outcome, later.robots_requests) == (Outcome.READ, 0)
    # News refuses letters without a proper date or an id, and what it has already.
    kept = without(letters, *REFUSED)
    kept.remove(next(letter for letter in kept if letter.case == "twice"))
    stored = compare(workshop, source.id, kept)
    assert stored.found == stored.expected
    assert later.posts_total == len(kept)


def test_a_group_that_is_not_there_is_not_found(news, workshop):
    workshop.watch("other", news.url.replace("wells", "pumps"), Platform.NNTP)
    report = workshop.crawl()["other"].report
    assert report.outcome is Outcome.NOT_FOUND
