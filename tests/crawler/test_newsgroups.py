"""News servers behind the gate: what they answer, and what they are asked."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from crawler.newsgroups import read_question
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import Platform
from store.engine import writing
from store.hosts import add_optout

GROUP = "example.talk"
HELLO = "200 news.example.org ready\r\n"
NUMBERS = f"211 3 1 3 {GROUP}\r\n"
ROWS = "".join(
    f"{n}\tNote {n}\tAmina Test <amina@example.org>\tThu, 0{n} Jan 2026 10:00:00 +0000\t"
    f"<{n}@example.org>\t\t800\t9\r\n"
    for n in (1, 2, 3)
)
OVERVIEW = f"224 Overview follows\r\n{ROWS}.\r\n"
READING = {"MODE": "200 reader\r\n", "GROUP": NUMBERS, "OVER": OVERVIEW}
MIB = 1024 * 1024


@dataclass
class NewsServer:
    """Says what a table has for each command; a greeting of `None` never comes."""

    address: str
    greeting: str | None = HELLO
    answers: dict[str, str | None] = field(default_factory=lambda: dict(READING))
    heard: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"nntp://{self.address}:{self.port}/{GROUP}"

    def talk(self, stream, wait) -> None:
        """One conversation; an answer of `None` hangs up."""
        if self.greeting is None:
            wait()
            return
        stream.write(self.greeting.encode())
        stream.flush()
        while line := stream.readline().decode().strip():
            self.heard.append(line)
            answer = self.answers.get(line.split()[0], "500 What?\r\n")
            if line == "QUIT" or answer is None:
                return
            stream.write(answer.encode())
            stream.flush()
            if answer == OVERVIEW[:-20]:
                return


@pytest.fixture
def news() -> Iterator:
    """Starts news servers, each on a host of its own."""
    over = threading.Event()
    with ExitStack() as stack:
        count = iter(range(1, 100))

        def start(**how) -> NewsServer:
            server = NewsServer(address=f"127.79.1.{next(count)}", **how)

            class Conversation(socketserver.StreamRequestHandler):
                def handle(self) -> None:
                    stream = self.request.makefile("rwb")
                    try:
                        server.talk(stream, over.wait)
                    except OSError:
                        return  # the other side has had enough

            tcp = socketserver.ThreadingTCPServer((server.address, 0), Conversation)
            tcp.daemon_threads = True
            server.port = tcp.server_address[1]
            thread = threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            stack.callback(thread.join)
            stack.callback(tcp.server_close)
            stack.callback(tcp.shutdown)
            stack.callback(over.set)
            return server

        yield start


def test_each_way_of_answering_has_its_outcome_and_only_readers_commands_are_sent(
    news, make_workshop
):
    old = {**READING, "XOVER": OVERVIEW}
    del old["OVER"]
    flood = f"224 Overview follows\r\n{'x' * (2 * MIB)}\r\n.\r\n"
    cases = {
        "reads": (news(), Outcome.READ),
        "knows only XOVER": (news(answers=old), Outcome.READ),
        "knows no MODE READER": (
            news(answers={**READING, "MODE": "500 What?\r\n"}),
            Outcome.READ,
        ),
        "is empty": (
            news(answers={**READING, "GROUP": f"211 0 0 0 {GROUP}\r\n"}),
            Outcome.EMPTY,
        ),
        "wants a login": (
            news(answers={**READING, "GROUP": "480 Authentication required\r\n"}),
            Outcome.REFUSED,
        ),
        "wants encryption": (
            news(answers={**READING, "OVER": "483 Encryption required\r\n"}),
            Outcome.REFUSED,
        ),
        "has no such group": (
            news(answers={**READING, "GROUP": "411 No such group\r\n"}),
            Outcome.NOT_FOUND,
        ),
        "is not available": (news(greeting="400 Out of space\r\n"), Outcome.SERVER_ERROR),
        "is not for us": (news(greeting="502 Go away\r\n"), Outcome.REFUSED),
        "is a web server": (news(greeting="HTTP/1.1 400 Bad Request\r\n\r\n"), Outcome.UNPARSEABLE),
        "talks without end": (news(greeting="200 " + "x" * 9_000), Outcome.UNPARSEABLE),
        "hangs up": (news(answers={**READING, "GROUP": None}), Outcome.UNREACHABLE),
        "stops in the middle": (
            news(answers={**READING, "OVER": OVERVIEW[:-20]}),
            Outcome.UNREACHABLE,
        ),
        "says nothing": (news(greeting=None), Outcome.TIMEOUT),
        "says too much": (news(answers={**READING, "OVER": flood}), Outcome.TOO_LARGE),
    }
    workshop = make_workshop(more="[crawl]\nanswer_seconds = 2\nmax_answer_mib = 1\n")
    for name, (server, _) in cases.items():
        workshop.watch(name, server.url, Platform.NNTP)
    visited = workshop.crawl()
    found = {name: visited[name].report.outcome for name in cases}
    assert found == {name: outcome for name, (_, outcome) in cases.items()}
    assert [visited[name].report.posts_total for name in ("reads", "knows only XOVER")] == [3, 3]
    assert {done.report.robots_requests for done in visited.values()} == {0}
    said = {line.split()[0] for server, _ in cases.values() for line in server.heard}
    assert said == {"MODE", "GROUP", "OVER", "XOVER", "QUIT"}


def test_a_news_server_is_guarded_like_any_host(news, make_workshop):
    asked_not_to = news()
    workshop = make_workshop("open")
    with writing(workshop.engine) as session:
        add_optout(session, asked_not_to.address, workshop.clock())
    workshop.watch("opted out", asked_not_to.url, Platform.NNTP)
    assert workshop.crawl()["opted out"].report.outcome is Outcome.REFUSED
    private = news()
    closed = make_workshop("closed", allow_private=False)
    closed.watch("by number", private.url, Platform.NNTP)
    closed.watch("nobody", f"nntp://nobody.invalid:{private.port}/{GROUP}", Platform.NNTP)
    visited = closed.crawl()
    assert visited["by number"].report.outcome is Outcome.REFUSED
    assert visited["nobody"].report.outcome is Outcome.UNREACHABLE
    assert asked_not_to.heard == private.heard == []


@pytest.mark.parametrize(
    ("path", "commands"),
    [
        ("example.talk", ()),
        ("example.talk/1-1000", ("OVER 1-1000", "XOVER 1-1000")),
        ("example.talk/7-", ("OVER 7-", "XOVER 7-")),
        ("example.talk/7", ("HEAD 7",)),
        ("gmane.comp.c%2B%2B/", ()),
    ],
)
def test_an_address_becomes_commands(path, commands):
    assert read_question(f"nntp://news.example.org/{path}").commands == commands


@pytest.mark.parametrize(
    "path",
    [
        "",
        "example.talk/1-2/3",
        "example.talk/all",
        "two%20words",
        "a%0D%0APOST",
        "x" * 600,
        "example.talk/-5",
    ],
)
def test_an_address_that_could_be_another_command_is_not_asked(path):
    with pytest.raises(Unparseable):
        read_question(f"nntp://news.example.org/{path}")
