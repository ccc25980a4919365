"""A mailbox on an IMAP server, read without a trace: nothing is marked, moved or thrown away.

Heads come in portions; a body is asked for only where a digest has to be opened. IDLE is not
needed: mail that came an hour ago still counts.

Source: RFC 3501 sections 2.3.1.1 (UIDVALIDITY), 5.1.3 (folder names), 6.4.5 (FETCH, PEEK).
"""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from crawler.mailbox.letters import LONGEST_BODY, LONGEST_HEAD, Folder, Letter, Mailbox
from domain.errors import Gone, Refused, Unparseable, Unreachable
from domain.outcome import Outcome

PORTS = {"tls": 993, "starttls": 143, "none": 143}
_PORTION = 100
# A search answers in one line, and the library reads no line beyond a million characters.
_SEARCHED = 50_000
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_STORED = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_LISTED = re.compile(rb'\(([^)]*)\) (?:"(?:\\.|[^"])*"|NIL) (.+)')
_NOT_READ = frozenset({rb"\noselect", rb"\nonexistent", rb"\trash", rb"\drafts", rb"\sent"})
_OTHERS = re.compile(r"[^\x20-\x7e]+")
_SHIFTED = re.compile(r"&([^-]*)-")


@contextmanager
def open_imap(box: Mailbox) -> Iterator[ImapMailbox]:
    """The mailbox, signed in.

    Raises: Unreachable (no answer, or the server fails), Refused (the sign-in), Gone (no such
    folder), Unparseable (it is no IMAP server). No message holds the password.
    """
    where = f"{box.host}:{box.port or PORTS[box.tls]}"
    client: imaplib.IMAP4 | None = None
    try:
        client = _connect(box)
        _sign_in(client, box, where)
        yield ImapMailbox(client, box, where)
    except TimeoutError as error:
        raise _no_answer(Outcome.TIMEOUT, "no answer in time", where) from error
    except ssl.SSLError as error:
        what = f"no safe connection ({error.reason or 'TLS failed'})"
        raise _no_answer(Outcome.UNREACHABLE, what, where) from error
    except OSError as error:
        what = f"no connection ({error.strerror or 'closed'})"
        raise _no_answer(Outcome.UNREACHABLE, what, where) from error
    except imaplib.IMAP4.abort as error:
        raise _no_answer(Outcome.SERVER_ERROR, "the server broke off", where) from error
    except imaplib.IMAP4.error as error:
        raise Unparseable(
            Outcome.UNPARSEABLE,
            "the server does not speak IMAP as expected",
            where=where,
            to_do="check the address of the mailbox in rollcall.toml",
        ) from error
    finally:
        if client is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                client.logout()
            with suppress(OSError):
                client.shutdown()


def _no_answer(outcome: Outcome, what: str, where: str) -> Unreachable:
    to_do = "it is tried again; if it lasts, check the address and that the server runs"
    return Unreachable(outcome, what, where=where, to_do=to_do)


def _connect(box: Mailbox) -> imaplib.IMAP4:
    port = box.port or PORTS[box.tls]
    context = ssl.create_default_context()
    if box.tls == "tls":
        return imaplib.IMAP4_SSL(box.host, port, ssl_context=context, timeout=box.answer_seconds)
    client = imaplib.IMAP4(box.host, port, timeout=box.answer_seconds)
    if box.tls == "starttls":
        client.starttls(context)
    return client


def _sign_in(client: imaplib.IMAP4, box: Mailbox, where: str) -> None:
    try:
        client.login(box.user, box.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        raise Refused(
            Outcome.REFUSED,
            f"the server refuses to sign in {box.user!r}",
            where=where,
            to_do=f"check user and password of [mailboxes.{box.name}]",
        ) from None  # what the server said may hold the password


class ImapMailbox:
    """A signed-in connection."""

    def __init__(self, client: imaplib.IMAP4, box: Mailbox, where: str) -> None:
        self.client = client
        self.box = box
        self.where = where

    def list_folders(self) -> Iterator[Folder]:
        """The folders of the settings, opened one after the other; `*` stands for all that count.

        Raises: Gone.
        """
        for name in self._list_names():
            kind, said = self.client.select(_quote(name), readonly=True)
            if kind != "OK":
                raise Gone(
                    Outcome.NOT_FOUND,
                    f"there is no folder {name!r} in the mailbox",
                    where=self.where,
                    to_do=f"correct the folders of [mailboxes.{self.box.name}]",
                )
            yield ImapFolder(self.client, name, total=int(said[0] or b"0"))

    def _list_names(self) -> list[str]:
        if "*" not in self.box.folders:
            return list(self.box.folders) or ["INBOX"]
        _, rows = self.client.list()
        names = []
        for row in rows:
            found = _LISTED.match(_join(row))
            if found is None or _NOT_READ & set(found[1].lower().split()):
                continue
            name = found[2].strip().strip(b'"').replace(rb"\"", b'"').replace(b"\\\\", b"\\")
            names.append(decode_folder(name.decode("ascii", "replace")))
        return names


class ImapFolder:
    """The folder that is selected."""

    def __init__(self, client: imaplib.IMAP4, name: str, *, total: int) -> None:
        self.client = client
        self.name = name
        self.total = total
        self.validity = self._said("UIDVALIDITY")
        self.slack = 0
        self.next_uid = int(self._said("UIDNEXT") or 0)

    def _said(self, name: str) -> str:
        _, found = self.client.response(name)
        return found[0].decode("ascii") if found and found[0] else ""

    def list_letters(self, after: int) -> Iterator[Letter]:
        """The letters with a higher UID, ascending."""
        if not self.total or 0 < self.next_uid <= after + 1:
            return
        for uids in self._search(max(after, 0)):
            for at in range(0, len(uids), _PORTION):
                yield from self._fetch_heads(uids[at : at + _PORTION])

    def holds(self, place: int) -> bool:
        """True: under one UIDVALIDITY a number is never given again."""
        return place >= 0

    def read_whole(self, letter: Letter) -> bytes:
        """The letter with its body."""
        wanted = f"(BODY.PEEK[]<0.{LONGEST_BODY}>)"
        kind, rows = self.client.uid("FETCH", str(letter.place), wanted)
        found = [row[1] for row in rows or () if isinstance(row, tuple)]
        if kind != "OK" or not found:
            return letter.head
        return bytes(found[0])

    def _search(self, after: int) -> Iterator[list[int]]:
        """The UIDs beyond `after`, in stretches that fit into an answer."""
        if self.total <= _SEARCHED:
            stretches: list[str] = [f"{after + 1}:*"]
        else:
            ends = range(after + 1, max(self.next_uid, after + 2), _SEARCHED)
            stretches = [f"{start}:{start + _SEARCHED - 1}" for start in ends]
        for stretch in stretches:
            kind, rows = self.client.uid("SEARCH", f"UID {stretch}")
            if kind != "OK":
                raise imaplib.IMAP4.error("search refused")
            found = {int(uid) for row in rows or () if row for uid in row.split()}
            # `n:*` names the last letter even where its number is lower than n.
            yield sorted(uid for uid in found if uid > after)

    def _fetch_heads(self, uids: Sequence[int]) -> Iterator[Letter]:
        wanted = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER]<0.{LONGEST_HEAD}>)"
        kind, rows = self.client.uid("FETCH", ",".join(map(str, uids)), wanted)
        if kind != "OK":
            raise imaplib.IMAP4.error("fetch refused")
        letters = [letter for letter in _read_rows(rows) if letter.place in set(uids)]
        return iter(sorted(letters, key=lambda letter: letter.place))


def _read_rows(rows: Sequence[object]) -> Iterator[Letter]:
    """The letters of one answer; what belongs to a head may stand before it or after it."""
    for number, row in enumerate(rows):
        if not isinstance(row, tuple):
            continue
        after = rows[number + 1] if number + 1 < len(rows) else b""
        facts = bytes(row[0]) + b" " + (after if isinstance(after, bytes) else b"")
        uid, size, stored = _UID.search(facts), _SIZE.search(facts), _STORED.search(facts)
        if uid is None:
            continue
        yield Letter(
            place=int(uid[1]),
            head=bytes(row[1]),
            stored_at=_read_stored(stored[1]) if stored is not None else None,
            size=int(size[1]) if size is not None else len(row[1]),
        )


def _read_stored(text: bytes) -> datetime | None:
    try:
        return datetime.strptime(text.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return None


def _join(row: object) -> bytes:
    """One row of a LIST answer: a name with odd letters comes as a literal of its own."""
    if isinstance(row, tuple):
        return re.sub(rb"\{\d+\}$", b"", bytes(row[0])) + bytes(row[1])
    return row if isinstance(row, bytes) else b""


def _quote(name: str) -> str:
    text = encode_folder(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def encode_folder(name: str) -> str:
    """The folder's name as IMAP writes it, in modified UTF-7."""

    def shift(found: re.Match[str]) -> str:
        packed = base64.b64encode(found[0].encode("utf-16-be")).rstrip(b"=")
        return f"&{packed.decode('ascii').replace('/', ',')}-"

    return _OTHERS.sub(shift, name.replace("&", "&-"))


def decode_folder(name: str) -> str:
    """The name of a folder as people read it."""

    def unshift(found: re.Match[str]) -> str:
        if not found[1]:
            return "&"
        packed = found[1].replace(",", "/")
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4))
        return raw.decode("utf-16-be", "replace")

    return _SHIFTED.sub(unshift, name)
