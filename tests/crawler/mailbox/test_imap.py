from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawler.mailbox.imap import decode_folder, encode_folder, open_imap
from crawler.mailbox.letters import LONGEST_HEAD, Mailbox, MailboxKind
from domain.errors import Gone, Refused, SourceError, Unparseable, Unreachable
from domain.outcome import Outcome
from tests.crawler.mailbox.imap_server import STORED, ImapServer

LETTER = b"Subject: Nets\nMessage-ID: <%d@example.org>\n\nText of %d.\n"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        server.put(*(LETTER % (n, n) for n in range(1, 4)))
        yield server


def box_at(server: ImapServer, **changes) -> Mailbox:
    facts = {
        "name": "lists",
        "kind": MailboxKind.IMAP,
        "host": "127.0.0.1",
        "port": server.port,
        "tls": "none",
        "user": "count",
        "password": server.password,
        "answer_seconds": 5.0,
    }
    return Mailbox(**(facts | changes))


def places(box: Mailbox, after: int = -1) -> dict[str, list[int]]:
    with open_imap(box) as opened:
        return {
            folder.name: [letter.place for letter in folder.list_letters(after)]
            for folder in opened.list_folders()
        }


def refused(box: Mailbox) -> SourceError:
    with pytest.raises(SourceError) as caught:
        places(box)
    return caught.value


def test_heads_come_with_their_numbers_and_the_time_of_storing(server):
    with open_imap(box_at(server)) as opened:
        (folder,) = opened.list_folders()
        letters = list(folder.list_letters(-1))
        assert [letter.place for letter in letters] == [1, 2, 3]
        assert letters[0].head == b"Subject: Nets\r\nMessage-ID: <1@example.org>\r\n\r\n"
        assert letters[0].stored_at == STORED
        assert letters[0].size == len(server.folders["INBOX"].letters[1])
        assert folder.read_whole(letters[1]).endswith(b"Text of 2.\r\n")


def test_a_server_may_say_the_number_last(server):
    server.uid_last = True
    assert places(box_at(server)) == {"INBOX": [1, 2, 3]}


def test_only_newer_letters_are_asked_for(server):
    assert places(box_at(server), after=2) == {"INBOX": [3]}
    assert places(box_at(server), after=3) == {"INBOX": []}
    assert not any("FETCH 1" in asked for asked in server.asked)


def test_nothing_is_marked_or_changed(server):
    with open_imap(box_at(server)) as opened:
        for folder in opened.list_folders():
            for letter in folder.list_letters(-1):
                folder.read_whole(letter)
    verbs = {asked.split()[0] for asked in server.asked}
    assert verbs <= {"CAPABILITY", "LOGIN", "EXAMINE", "UID", "LOGOUT"}
    assert all("PEEK" in asked for asked in server.asked if "FETCH" in asked)


def test_a_body_is_never_fetched_for_its_head(server):
    places(box_at(server))
    assert not any("BODY.PEEK[]" in asked for asked in server.asked)
    assert any(f"HEADER]<0.{LONGEST_HEAD}>" in asked for asked in server.asked)


def test_folders_are_read_by_name_or_all_that_count(server):
    server.put(LETTER % (9, 9), folder=encode_folder("Архив"))
    server.put(LETTER % (8, 8), folder="Trash")
    assert places(box_at(server, folders=("Архив",))) == {"Архив": [1]}
    assert set(places(box_at(server, folders=("*",)))) == {"INBOX", "Архив"}


def test_an_empty_folder_has_no_letters(server):
    server.folders["Empty"] = type(server.folders["INBOX"])()
    assert places(box_at(server, folders=("Empty",))) == {"Empty": []}


def test_a_wrong_password_is_refused_and_told_to_nobody(server):
    error = refused(box_at(server, password="swordfish"))
    assert isinstance(error, Refused)
    assert error.outcome is Outcome.REFUSED
    assert "swordfish" not in error.line + repr(error.__cause__)
    assert "swordfish" not in repr(box_at(server, password="swordfish"))


def test_a_folder_that_is_not_there_is_gone(server):
    error = refused(box_at(server, folders=("Nowhere",)))
    assert isinstance(error, Gone)
    assert "Nowhere" in error.line


def test_nobody_at_that_port_is_unreachable(server):
    port = server.port
    server.shutdown()
    server.server_close()
    error = refused(box_at(server, port=port))
    assert isinstance(error, Unreachable)
    assert error.outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize("when", ["LOGIN", "EXAMINE", "SEARCH", "FETCH"])
def test_a_server_that_breaks_off_is_unreachable(server, when):
    server.hang_up_at = when
    assert isinstance(refused(box_at(server)), Unreachable)


def test_a_server_that_speaks_something_else_is_not_understood(archive_server):
    host, port = archive_server.put("/", "x").split("/")[2].split(":")
    box = Mailbox(
        name="lists",
        kind=MailboxKind.IMAP,
        host=host,
        port=int(port),
        tls="none",
        answer_seconds=0.2,
    )
    assert isinstance(refused(box), Unparseable | Unreachable)


def test_a_plain_server_is_not_spoken_to_over_tls(server):
    error = refused(box_at(server, tls="tls"))
    assert isinstance(error, Unreachable)


@pytest.mark.parametrize(
    ("name", "wire"),
    [("INBOX", "INBOX"), ("Архив", "&BBAEQARFBDgEMg-"), ("A & B", "A &- B"), ("Zoé", "Zo&AOk-")],
)
def test_folder_names_are_written_as_the_protocol_wants(name, wire):
    assert encode_folder(name) == wire
    assert decode_folder(wire) == name
