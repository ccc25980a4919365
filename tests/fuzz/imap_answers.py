"""What an IMAP server answers, from bytes: the program's own reader over a made-up connection."""

from __future__ import annotations

import imaplib
import io
from unittest.mock import patch

from crawler.mailbox import imap
from crawler.mailbox.letters import Mailbox, MailboxKind

BOX = Mailbox(
    name="box",
    kind=MailboxKind.IMAP,
    host="mail.example.org",
    user="u",
    password="p",
    folders=("*",),
)
MOST = 20
HELLO = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"
# `TAG` stands for what the client chose to mark its commands with.
SIGNED_IN = b"* CAPABILITY IMAP4rev1\r\nTAG0 OK\r\nTAG1 OK signed in\r\n"
FOLDERS = (
    b'* LIST (\\HasNoChildren) "/" "INBOX"\r\n* LIST () "/" "Entw&APw-rfe"\r\n'
    b'* LIST (\\Noselect) NIL x\r\n* LIST () "." {5}\r\nodd"x\r\nTAG2 OK\r\n'
)
SELECTED = (
    b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 12] x\r\nTAG3 OK [READ-ONLY] done\r\n"
)
FOUND = b"* SEARCH 10 11\r\nTAG4 OK\r\n"
HEAD = b"Message-ID: <1@example.org>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
HEADS = (
    b'* 1 FETCH (UID 10 RFC822.SIZE 300 INTERNALDATE "23-Nov-2026 10:00:00 +0000" '
    b"BODY[HEADER]<0> {%d}\r\n%s)\r\n* 2 FETCH (BODY[HEADER]<0> {%d}\r\n%s UID 11)\r\nTAG5 OK\r\n"
    % (len(HEAD), HEAD, len(HEAD), HEAD)
)
ANSWERS = (
    HELLO + SIGNED_IN + FOLDERS + SELECTED + FOUND + HEADS,
    HELLO + SIGNED_IN.replace(b"TAG1 OK", b"TAG1 NO"),
    b"* BYE too many\r\n",
    b"HTTP/1.1 400 Bad Request\r\n",
)


class Connection(imaplib.IMAP4):
    """The library's client, whose server says what it was told to say."""

    def __init__(self, said: bytes) -> None:
        self._said = io.BytesIO(said)
        super().__init__("mail.example.org")

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host, self.port = host, port

    def read(self, size: int) -> bytes:
        return self._said.read(size)

    def readline(self) -> bytes:
        return self._said.readline(1_000_000).replace(b"TAG", self.tagpre)

    def send(self, data: object) -> None:
        """Nothing: nobody listens."""

    def shutdown(self) -> None:
        """Nothing."""


def read_imap(data: bytes) -> None:
    """Nothing; every letter of every folder was read as a visit does.

    Raises: SourceError.
    """
    with patch.object(imap, "_connect", lambda box: Connection(data)), imap.open_imap(BOX) as box:
        for _, folder in zip(range(MOST), box.list_folders(), strict=False):
            for _, letter in zip(range(MOST), folder.list_letters(0), strict=False):
                assert letter.place >= 0
                folder.read_whole(letter)
