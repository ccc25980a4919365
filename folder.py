"""The data folder: who holds it, and how a child dies with the parent that started it."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from domain.errors import FolderBusy, StorageFailed

LOCK_NAME = "rollcall.lock"
# Source: prctl(2), Linux only.
PR_SET_PDEATHSIG = 1


def prepare_folder(folder: Path) -> None:
    """Nothing, once the folder exists; only its owner may look into a new one.

    Raises: StorageFailed.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFailed(
            f"cannot make the data folder: {error.strerror}",
            where=str(folder),
            to_do="free or allow the place, or name another with --data",
        ) from error


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """The folder is ours inside the block; the kernel lets go of it however we end.

    Raises: FolderBusy when another run has it, StorageFailed when it cannot be written.
    """
    prepare_folder(folder)
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageFailed(
            f"cannot write to the data folder: {error.strerror}",
            where=str(folder),
            to_do="let this user write there, or name another folder with --data",
        ) from error
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        raise FolderBusy(
            f"another run holds this folder ({f'process {holder}' if holder else 'just started'})",
            where=str(folder),
            to_do="wait for it, or stop it first",
        ) from error
    # On a full disk the name of the holder is missing, and the lock holds all the same.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)


def die_with_parent(parent: int) -> None:
    """Nothing; from now on SIGTERM comes when the thread that started us ends.

    `parent` is the process that started us: if it is gone already, we end at once. Where the
    kernel knows no such signal this does nothing, and only a clean stop ends the child.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
