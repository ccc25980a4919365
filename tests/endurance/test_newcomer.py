"""A newcomer's day: a fresh clone, a new environment, an empty home, and a list; on each database.

What the README tells to type is taken from it; only the address of its list and the database are
those of this machine. Then the list's server dies and comes back, and the data moves elsewhere.
"""

from __future__ import annotations

import gzip
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest
from alembic import command
from alembic.config import Config

from store.engine import MIGRATIONS, SCHEMA, open_database
from tests.endurance.together import TOKEN
from tests.postgres import Postgres, free_port

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(600)]
TREE = Path(__file__).parents[2]
LIST = "https://lists.example.org/pipermail/malaria/"
POSTS = 120
PEOPLE = ("Amina Quill", "Ben Okoro", "Carla Reyes", "Dinesh Rao")
MESSAGE = """\
From {box} at example.org  {at:%a %b %d %H:%M:%S %Y}
From: {box} at example.org ({name})
Date: {date}
Subject: [Malaria] Nets in district {topic}
Message-ID: <{number}@example.org>

We have counted the nets once more, and there are {number}.

"""
ROW = """\
<tr><td>{name}:</td><td><A href="{name}/thread.html">[ Thread ]</a></td>
<td><A href="{name}.txt.gz">[ Gzip'd Text ]</a></td></tr>
"""
INDEX = """\
<html><head><title>The Malaria Archives</title></head><body><h1>The Malaria Archives</h1>
<table border=3>{rows}</table></body></html>
"""


def write_archive(folder: Path, now: datetime) -> None:
    """A Pipermail archive of files, as any web server shows it."""
    months: dict[str, str] = {}
    for number in range(POSTS):
        at = now - timedelta(days=3 * (POSTS - number), hours=number % 7)
        name = PEOPLE[number * 3 % len(PEOPLE)]
        text = MESSAGE.format(
            box=name.split()[0].lower(),
            at=at,
            date=format_datetime(at),
            name=name,
            topic=number // 3,
            number=number,
        )
        months[f"{at:%Y-%B}"] = months.get(f"{at:%Y-%B}", "") + text
    folder.mkdir(parents=True)
    for month, text in months.items():
        (folder / f"{month}.txt.gz").write_bytes(gzip.compress(text.encode()))
    rows = "\n".join(ROW.format(name=month) for month in reversed(months))
    (folder / "index.html").write_text(INDEX.format(rows=rows))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone with the environment that its Makefile makes."""
    folder = tmp_path_factory.mktemp("fresh") / "clone"
    subprocess.run(["git", "clone", "-q", TREE, folder], check=True)
    make = ["make", f"PYTHON={sys.base_prefix}/bin/python3", ".venv/.runtime-installed"]
    subprocess.run(make, cwd=folder, check=True)
    return folder


class Newcomer:
    """Types commands in the clone, with an empty home of their own."""

    def __init__(self, clone: Path, home: Path, database: str) -> None:
        self.clone, self.home = clone, home
        self.home.mkdir()
        self.environ = {
            "HOME": str(home),
            "PATH": f"{clone}/.venv/bin:{os.defpath}",
            "ROLLCALL_ALLOW_PRIVATE": "1",
        }
        self.data = home / ".local/share/rollcall"
        self.database = database or f"sqlite:///{self.data}/rollcall.db"
        self.use(database)

    def use(self, database: str) -> None:
        """The address in the environment; none for SQLite, which lies in the data folder."""
        if database:
            self.environ["ROLLCALL_DATABASE_URL"] = database

    def type(self, line: str, code: int = 0) -> str:
        """All that the command says."""
        done = subprocess.run(
            shlex.split(line, comments=True),
            cwd=self.clone,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{line}\n{done.stdout}"
        return done.stdout

    def set_port(self, port: int) -> None:
        """The settings file as after an edit by hand."""
        file = self.data / "rollcall.toml"
        file.write_text(file.read_text().replace("# port = 8080", f"port = {port}"))

    def start_service(self) -> subprocess.Popen[str]:
        """The service, once its pages answer."""
        words = [self.clone / ".venv/bin/rollcall", "run"]
        service = subprocess.Popen(
            words, cwd=self.clone, env=self.environ, stderr=subprocess.PIPE, text=True
        )
        assert service.stderr
        assert any("web pages on" in line for line in service.stderr)
        return service


class ListServer:
    """Python's own web server over the archive, always at the same port."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        write_archive(folder / "pipermail" / "malaria", datetime.now(UTC))
        self.words = [sys.executable, "-u", "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}/pipermail/malaria/"
        self.start()

    def start(self) -> None:
        """Nothing, once it listens."""
        self.server = subprocess.Popen(
            self.words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.server.stdout
        self.server.stdout.readline()

    def stop(self) -> None:
        """Nothing, once it is gone."""
        self.server.kill()
        self.server.communicate()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[ListServer]:
    server = ListServer(tmp_path / "web")
    yield server
    server.stop()


def list_first_commands() -> list[str]:
    """What the README tells to type for a first real use, up to the service."""
    block = (TREE / "README.md").read_text().partition("## First real use")[2]
    lines = re.findall(r"^rollcall .*", block.partition("```\n\n")[0], re.MULTILINE)
    return [line for line in lines if not line.startswith("rollcall run")]


def sign_in(link: str) -> urllib.request.OpenerDirector:
    """A browser in which the curator has opened the link and pressed its button."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    token = TOKEN.search(browser.open(link).read().decode())
    assert token, link
    browser.open(link, urlencode({"csrf_token": token[1]}).encode())
    return browser


def downgrade(database: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = open_database(database)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Two empty databases, here and elsewhere; no address for SQLite."""
    if request.param == "sqlite":
        yield "", ""
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.own_database() as here, postgres.own_database() as elsewhere:
        yield here, elsewhere


def test_a_newcomer_gets_from_the_readme_to_a_service_that_was_moved(
    tmp_path: Path,
    clone: Path,
    databases: tuple[str, str],
    archive: ListServer,
) -> None:
    database, other = databases
    newcomer = Newcomer(clone, tmp_path / "home", database)
    said = [newcomer.type(line.replace(LIST, archive.url)) for line in list_first_commands()]
    assert f"{POSTS} posts" in " ".join(said[3].split())
    assert "1 seen on the last visit" in said[5]

    archive.stop()
    see_the_trouble(newcomer)
    archive.start()
    assert "nothing new" in newcomer.type("rollcall crawl --force")
    kept = tmp_path / "kept.db"
    newcomer.type(f"rollcall backup {kept}")
    downgrade(newcomer.database)
    assert "rollcall upgrade" in newcomer.type("rollcall status", code=3)
    assert f"→ {SCHEMA}" in newcomer.type("rollcall upgrade")
    health = newcomer.type("rollcall health malaria-group --json")
    newcomer.use(other)
    elsewhere = f"rollcall --data {tmp_path / 'elsewhere'}"
    assert "is whole" in newcomer.type(f"{elsewhere} restore {kept} --check")
    newcomer.type(f"{elsewhere} init --contact you@example.org")
    newcomer.type(f"{elsewhere} restore {kept}")
    assert newcomer.type(f"{elsewhere} health malaria-group --json") == health
    newcomer.type(f"{elsewhere} status")
    assert not (newcomer.home / ".gunicorn").exists()


def see_the_trouble(newcomer: Newcomer) -> None:
    """What an operator and a curator see while the list's server is away."""
    for _ in range(2):
        assert "unreachable" in newcomer.type("rollcall crawl --force", code=4)
    status = newcomer.type("rollcall status", code=1)
    assert "1 in trouble" in status
    assert "rollcall sources show malaria-group" in status
    newcomer.type("rollcall doctor")
    assert "active" in newcomer.type("rollcall assess")  # what we cannot see is no silence
    look_at_the_pages(newcomer)


def look_at_the_pages(newcomer: Newcomer) -> None:
    """The service runs; a curator signs in and sees the source that is away."""
    port = free_port()
    newcomer.set_port(port)
    root = f"http://127.0.0.1:{port}"
    service = newcomer.start_service()
    try:
        said = newcomer.type('rollcall users invite "Cora" cora@example.org --role lead')
        browser = sign_in(re.findall(rf"{root}/login/link/\S+", said)[0])
        for path, word in (("/runs", "not reached"), ("/runs/malaria-group", "cannot be reached")):
            page = browser.open(root + path).read().decode()
            assert "malaria-group" in page
            assert word in page, page
        assert "Malaria group" in browser.open(f"{root}/c/malaria-group").read().decode()
    finally:
        service.terminate()
        service.communicate()
    assert service.returncode == 0
