"""What the processes of one web server share, because the first of them made it before the others.

Without it each would count the figures by itself, at another moment: whoever asks one after the
other would see a counter go back, which monitoring takes for a new start from nothing.
"""

from __future__ import annotations

import fcntl
import os
import struct
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock

# When it was written, in seconds since 1970, and how many bytes follow.
_HEAD = struct.Struct("<dQ")


class SharedText:
    """A text that is written anew when it is old, by one process for all that share it by fork."""

    def __init__(self) -> None:
        # In memory: monitoring must answer when the disk is full. It goes with the last process.
        self._file = os.fdopen(os.memfd_create("rollcall-shared"), "r+b", buffering=0)
        weakref.finalize(self, self._file.close)
        self._turn = Lock()

    def load(self, now: datetime, kept_for: timedelta, write: Callable[[], bytes]) -> bytes:
        """The text that was written in the last `kept_for`, else what `write` gives now."""
        with self._turn, self._alone():
            kept = self._read(now, kept_for)
            if kept is None:
                kept = write()
                self._write(now, kept)
            return kept

    def _read(self, now: datetime, kept_for: timedelta) -> bytes | None:
        self._file.seek(0)
        found = self._file.read()
        if len(found) < _HEAD.size:
            return None
        written_at, length = _HEAD.unpack_from(found)
        text = found[_HEAD.size :]
        fresh = 0 <= now.timestamp() - written_at < kept_for.total_seconds()
        # A process that was killed while it wrote leaves less.
        return text if fresh and len(text) == length else None

    def _write(self, now: datetime, text: bytes) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(_HEAD.pack(now.timestamp(), len(text)) + text)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
