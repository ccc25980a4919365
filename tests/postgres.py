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

    def __init__(self, port: int) -> None:
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
        with _serve(binaries, folder, user) as port:
            postgres = Postgres(port)
            try:
                yield postgres
            finally:
                postgres.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serve(binaries: Path, folder: Path, user: str | None) -> Iterator[int]:
    """The port of a server that ends with the tests, however they end."""
    port = free_port()
    listen = ("-h", "127.0.0.1", "-p", str(port), "-k", str(folder))
    command = ("setpriv", "--pdeathsig", "INT", binaries / "postgres", "-D", "data")
    options = [f"-c{setting}" for setting in SWIFT]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, *listen, *options], stderr=log, cwd=folder, user=user)
    try:
        wait_until_ready(binaries, port, server)
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


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
