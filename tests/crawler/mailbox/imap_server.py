"""A small IMAP server on loopback, as much of one as a reader needs that only looks."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

STORED = datetime(2026, 6, 20, 10, tzinfo=UTC)


@dataclass
class Box:
    """One folder: letters by UID, and the number that changes when UIDs are given anew."""

    letters: dict[int, bytes] = field(default_factory=dict)
    validity: int = 1


class ImapServer(socketserver.ThreadingTCPServer):
    """Folders by their names on the wire; `password` is what signs in."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.folders: dict[str, Box] = {"INBOX": Box()}
        self.password = "open sesame"
        self.asked: list[str] = []
        self.hang_up_at = ""
        self.uid_last = False
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: what a client does wrong here is what a test asked for."""

    def put(self, *letters: bytes, folder: str = "INBOX") -> None:
        """Stores letters, with CRLF as they travel."""
        box = self.folders.setdefault(folder, Box())
        for letter in letters:
            uid = max(box.letters, default=0) + 1
            box.letters[uid] = re.sub(rb"\r?\n", b"\r\n", letter)


class _Session(socketserver.StreamRequestHandler):
    server: ImapServer
    box: Box

    def handle(self) -> None:
        self.say("* OK ready")
        for line in self.rfile:
            tag, _, rest = line.decode("ascii").strip().partition(" ")
            self.server.asked.append(rest)
            name = rest.split(" ", maxsplit=1)[0].upper()
            if self.server.hang_up_at and self.server.hang_up_at in rest.upper():
                return
            answer = self.answers()[name](rest)
            self.say(f"{tag} {answer}")
            if name == "LOGOUT":
                return

    def answers(self) -> dict[str, Callable[[str], str]]:
        return {
            "CAPABILITY": self.capability,
            "LOGIN": self.login,
            "EXAMINE": self.examine,
            "LIST": self.list_folders,
            "UID": self.uid,
            "LOGOUT": lambda _: "OK bye",
        }

    def say(self, line: str) -> None:
        self.wfile.write(line.encode("ascii") + b"\r\n")

    def capability(self, _rest: str) -> str:
        self.say("* CAPABILITY IMAP4rev1")
        return "OK done"

    def login(self, rest: str) -> str:
        right = f'"{self.server.password}"' in rest
        return "OK signed in" if right else f"NO {rest} is wrong"

    def examine(self, rest: str) -> str:
        name = rest.partition(" ")[2].strip('"')
        if name not in self.server.folders:
            return "NO no such folder"
        self.box = self.server.folders[name]
        self.say(f"* {len(self.box.letters)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.box.validity}] valid")
        self.say(f"* OK [UIDNEXT {max(self.box.letters, default=0) + 1}] next")
        return "OK [READ-ONLY] open"

    def list_folders(self, _rest: str) -> str:
        for name in self.server.folders:
            flag = r"\Trash" if name == "Trash" else r"\HasNoChildren"
            self.say(f'* LIST ({flag}) "/" "{name}"')
        return "OK done"

    def uid(self, rest: str) -> str:
        _, verb, more = rest.split(" ", maxsplit=2)
        if verb == "SEARCH":
            start = int(more.split()[1].partition(":")[0])
            last = max(self.box.letters, default=0)
            found = [uid for uid in self.box.letters if uid >= start] or [last]
            self.say("* SEARCH " + " ".join(map(str, found)))
            return "OK done"
        uids, _, wanted = more.partition(" ")
        for uid in map(int, uids.split(",")):
            self.fetch(uid, wanted)
        return "OK done"

    def fetch(self, uid: int, wanted: str) -> None:
        whole = self.box.letters[uid]
        heads = "HEADER" in wanted
        head = whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        size = int(wanted.rpartition(".")[2].strip(">)"))
        part = (head if heads else whole)[:size]
        section = "BODY[HEADER]<0>" if heads else "BODY[]<0>"
        facts = f'RFC822.SIZE {len(whole)} INTERNALDATE "{STORED:%d-%b-%Y %H:%M:%S %z}"'
        before = "" if self.server.uid_last else f"UID {uid} "
        after = f" UID {uid})" if self.server.uid_last else ")"
        self.wfile.write(f"* {uid} FETCH ({before}{facts} {section} {{{len(part)}}}\r\n".encode())
        self.wfile.write(part)
        self.say(after)
