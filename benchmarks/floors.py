"""What the work costs in the least plain code: `python -m benchmarks.floors FILE …`.

Messages are found by their separators, of each head only the id and the date lines are looked at
and nothing is understood, and each id is hashed and stored with its line by `sqlite3` alone, a
thousand a transaction. Nobody could use the result; nothing that could be used costs less.
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

PAGE = 1_000
# From the separator to the empty line that ends the head.
HEAD = re.compile(rb"^From [^\n]*\n((?:[^\n]+\n)+)", re.MULTILINE)
WANTED = re.compile(rb"^(?:message-id|date|from|in-reply-to):.*$", re.MULTILINE | re.IGNORECASE)


def store_plainly(files: list[Path]) -> dict[str, float]:
    """How many heads were stored, and the processor seconds."""
    began = time.process_time()
    stored = 0
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE TABLE posts (key BLOB PRIMARY KEY, date TEXT) WITHOUT ROWID")
        for some in _read_pages(files):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR IGNORE INTO posts VALUES (?, ?)", some)
            connection.execute("COMMIT")
            stored += len(some)
        connection.close()
    return {"stored": stored, "cpu": time.process_time() - began}


def _read_pages(files: list[Path]) -> Iterator[list[tuple[bytes, str]]]:
    page: list[tuple[bytes, str]] = []
    for file in files:
        text = file.read_bytes()
        if file.suffix == ".gz":
            text = gzip.decompress(text)
        for head in HEAD.finditer(text):
            lines = WANTED.findall(head[1])
            page.append((blake2b(b"".join(lines), digest_size=16).digest(), repr(lines[:1])))
            if len(page) == PAGE:
                yield page
                page = []
    yield page


if __name__ == "__main__":
    print(json.dumps(store_plainly([Path(word) for word in sys.argv[1:]])))
