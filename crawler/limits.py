"""Limits of the crawl subprocess as a whole, and a note of whose turn it is, for when it dies.

One spider may loop for ever, ask for all the memory there is, or crash a library written in C. The
process is then ended from outside; the note says which source was being read at that moment, so
that all others are read without it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any

from crawler.order import ChildLimits

# The environment names the descriptor of a file that the parent reads after our end.
NOTE_VARIABLE = "ROLLCALL_TURN_NOTE"
NOTE = struct.Struct("=q")
NOBODY = 0
MIB = 1024 * 1024


def keep_to(limits: ChildLimits) -> None:
    """Nothing; from now on this process gets no more memory than that."""
    try:
        import resource  # noqa: PLC0415 - there is none on every system
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = limits.memory_mib * MIB
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


async def mark_turns(visit: Coroutine[Any, Any, None], source_id: int) -> None:
    """Nothing, once the visit is over; whenever it runs, the note names its source."""
    note = int(os.environ.get(NOTE_VARIABLE, "-1"))
    if note < 0:
        await visit
    else:
        await _step_through(visit, note, source_id)


@coroutine
def _step_through(
    visit: Coroutine[Any, Any, None], note: int, source_id: int
) -> Generator[Any, Any, None]:
    own, nobody = NOTE.pack(source_id), NOTE.pack(NOBODY)
    sent: Any = None
    failed: BaseException | None = None
    while True:
        os.pwrite(note, own, 0)
        try:
            waits_for = visit.send(sent) if failed is None else visit.throw(failed)
        except StopIteration:
            return
        finally:
            os.pwrite(note, nobody, 0)
        sent = failed = None
        try:
            sent = yield waits_for
        except BaseException as error:  # noqa: BLE001 - handed on to the visit
            failed = error


def read_turn(note: int) -> int | None:
    """The source that was being read when the process ended; `None` when it was none."""
    written = os.pread(note, NOTE.size, 0)
    if len(written) < NOTE.size:
        return None
    source_id: int = NOTE.unpack(written)[0]
    return None if source_id == NOBODY else source_id
