"""A PostgreSQL of the tests' own: from the system's binaries, on loopback, gone with the tests.

The binaries are installed when they are missing, which needs root or sudo. The server itself
never runs as root, because it refuses to.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, inspect, text

from store.engine import migrate, open_database

PACKAGE = "postgresql"
SUPERUSER = "postgres"
SHARED = "rollcall"
KEPT = "alembic_version"
# Nothing of a test's database needs to outlive a loss of power.
SWIFT = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")


class Postgres:
    """A running server, with one database for all tests that leave the schema as it is."""

    def __init__(self, server: _Server) -> None:
        self.server = server
        port = server.port
        self.address = f"postgresql://{SUPERUSER}@127.0.0.1:{port}"
        self.made = 0
        self._admin = create_engine(
            f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{port}/postgres",
            isolation_level="AUTOCOMMIT",
        )
        self._run(f"CREATE DATABASE {SHARED}")
        self._shared = open_database(f"{self.address}/{SHARED}")
        migrate(self._shared)
        found = inspect(self._shared)
        # Much faster than TRUNCATE, which makes new files for every table and index.
        self._empty = text(
            ";".join(
                [
                    "SET LOCAL session_replication_role = replica",
                    *(f"DELETE FROM {name}" for name in found.get_table_names() if name != KEPT),
                    *(f"SELECT setval('{name}', 1, false)" for name in found.get_sequence_names()),
                ]
            )
        )

    def empty_database(self) -> str:
        """The address of the shared database, with nothing in its tables."""
        with self._shared.begin() as connection:
            connection.execute(self._empty)
        return f"{self.address}/{SHARED}"

    @contextmanager
    def own_database(self) -> Iterator[str]:
        """The address of a database without any table, for one test alone."""
        self.made += 1
        name = f"rollcall_{self.made}"
        self._run(f"CREATE DATABASE {name}")
        try:
            yield f"{self.address}/{name}"
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """The server is away; every connection to it breaks."""
        self.server.stop()

    def start(self) -> None:
        """It is back, with what it held."""
        self.server.start()
        self._shared.dispose()
        self._admin.dispose()

    def close(self) -> None:
        self._shared.dispose()
        self._admin.dispose()

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """A server in a folder of its own, until the end of the block."""
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="rollcall-postgres-"))
    user = None
    if os.geteuid() == 0:
        user = SUPERUSER
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    try:
        make = ("-D", "data", "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        subprocess.run(
            [binaries / "initdb", *make, "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            user=user,
        )
        server = _Server(binaries, folder, user)
        try:
            postgres = Postgres(server)
            try:
                yield postgres
            finally:
                postgres.close()
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Server:
    """The server's process, which ends with the tests, however they end; it can be started anew."""

    def __init__(self, binaries: Path, folder: Path, user: str | None) -> None:
        self.binaries = binaries
        self.folder = folder
        self.user = user
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Nothing, once it answers."""
        listen = ("-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.folder))
        begin = ("setpriv", "--pdeathsig", "INT", self.binaries / "postgres", "-D", "data")
        options = [f"-c{setting}" for setting in SWIFT]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*begin, *listen, *options], stderr=log, cwd=self.folder, user=self.user
            )
        wait_until_ready(self.binaries, self.port, self.process)

    def stop(self) -> None:
        """Nothing, once it is gone with all its connections."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


def find_binaries() -> Path:
    """Where `initdb` and `postgres` are, installed first when they are nowhere."""
    if not list_binaries():
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        for words in (("update",), ("install", "-y", PACKAGE)):
            subprocess.run([*sudo, "apt-get", "-qq", *words], check=True, stdout=subprocess.DEVNULL)
    found = list_binaries()
    assert found, f"PostgreSQL is not installed, and could not be: apt-get install {PACKAGE}"
    return found[-1]


def list_binaries() -> list[Path]:
    """The folders of the installed versions, the newest last."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    return sorted(found, key=lambda folder: [int(x) for x in folder.parts if x.isdigit()])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(binaries: Path, port: int, server: subprocess.Popen[bytes]) -> None:
    """Asks until the server answers; it never sleeps, because `pg_isready` waits itself."""
    asked = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
    for _ in range(3_000):
        assert server.poll() is None, "PostgreSQL ended as it started"
        if subprocess.run(asked, check=False).returncode == 0:
            return
    raise AssertionError("PostgreSQL does not answer")
