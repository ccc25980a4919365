"""What tests against real servers share: packages, ports, processes, and what a crawl stored."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from domain.keyed_hash import keyed_hash
from store.engine import reading
from store.posts import community_key
from store.tables import PostRow
from tests.conftest import Workshop
from tests.servers.corpus import Letter, days, threads, writers

PATIENCE = 60.0
# Ends a program when the one that started it is gone.
BOUND = ("setpriv", "--pdeathsig", "TERM")


def need(program: str, *packages: str) -> None:
    """Nothing, once the program or file is there; installs the packages where we may.

    Raises: RuntimeError.
    """
    places = "/usr/bin:/usr/sbin:/usr/lib/news/bin:" + os.environ["PATH"]
    if Path(program).is_file() or shutil.which(program, path=places):
        return
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environ = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    apt = [*become, *environ, "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    said = ""
    for words in (install, [*apt, "update"], install):
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        except OSError as error:
            said = str(error)
            break
        if done.returncode == 0 and words is install:
            return
        said = done.stderr or said
    raise RuntimeError(
        f"{program} is not here and could not be installed; as root: apt-get install"
        f" {' '.join(packages)}. It said: {said[-1000:]}"
    )


def need_root() -> None:
    """Nothing, where a server may be started under the account that its package made for it.

    Raises: RuntimeError.
    """
    if os.geteuid() != 0:
        raise RuntimeError("this server runs under an account of its own: start the test as root")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_until(ready: Callable[[], bool], what: str) -> None:
    """Nothing, once it is ready.

    Raises: TimeoutError.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError):
            if ready():
                return
        time.sleep(0.1)
    raise TimeoutError(what)


def listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        return True


@contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """A folder that other accounts may enter, until the end of the block.

    Not one of pytest's: each run of pytest shuts the folder above them to other accounts.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield folder


@dataclass
class Servers:
    """Programs that run until the test ends, or until the tests are killed."""

    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)

    def start(
        self, *words: str, user: str = "", environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        log = self.stack.enter_context((self.folder / f"{Path(words[0]).name}.log").open("ab"))
        account = pwd.getpwnam(user) if user else None
        process = subprocess.Popen(
            [*BOUND, *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **(environ or {})},
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[account.pw_gid] if account else None,
            cwd=self.folder,
        )
        self.stack.callback(end, process)
        return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What a source's posts come to, and what they should: per day, writer and thread."""

    found: tuple[Counter, Counter, Counter]
    expected: tuple[Counter, Counter, Counter]


def compare(workshop: Workshop, source_id: int, letters: Iterable[Letter]) -> Stored:
    """The stored posts beside the letters, people and threads as keyed hashes."""
    letters = list(letters)
    with reading(workshop.engine) as session:
        key = community_key(session, source_id)
        rows = session.execute(
            select(PostRow.at, PostRow.author_key, PostRow.reply_key, PostRow.key).where(
                PostRow.source_id == source_id
            )
        ).all()
    found = (
        Counter(f"{row.at:%Y-%m-%d}" if row.at else "unknown" for row in rows),
        Counter(row.author_key for row in rows),
        Counter(row.reply_key or row.key for row in rows),
    )
    expected = (
        days(letters),
        Counter({keyed_hash(who, key, b"author"): n for who, n in writers(letters).items()}),
        Counter({keyed_hash(root, key, b"post"): n for root, n in threads(letters).items()}),
    )
    return Stored(found=found, expected=expected)
