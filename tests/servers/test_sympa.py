"""A real Sympa: one list whose pages are open, one behind its button, with mail of known truth."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from domain.outcome import Outcome
from domain.records import Platform
from tests.servers.corpus import PEOPLE, Letter, without, write_letters
from tests.servers.kit import Servers, compare, free_port, listens, need, need_root, wait_until

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

DOMAIN = "lists.example.org"
PACKAGES = ("sympa", "spawn-fcgi", "nginx-light", "mhonarc", "libfcgi-perl", "sqlite3")
DATABASE = ("dbconfig-sqlite3", "libdbd-sqlite3-perl")
ANSWERS = """
sympa sympa/hostname string lists.example.org
sympa sympa/listmaster string listmaster@lists.example.org
sympa wwsympa/webserver_type select Other
sympa sympa/database-type select sqlite3
sympa sympa/dbconfig-install boolean true
"""
LIST = """<?xml version="1.0" encoding="utf-8"?>
<list><listname>{name}</listname><type>public_web_forum</type><subject>Wells</subject>
<description>Wells</description><status>open</status><language>en-US</language>
<topics>Computing</topics>
<owner multiple="1"><email>owner@example.org</email><gecos>Owner</gecos></owner></list>
"""
NGINX = """
daemon off; pid {dir}/nginx.pid; error_log {dir}/nginx.err; worker_processes 1; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {dir}/t1; fastcgi_temp_path {dir}/t2;
  proxy_temp_path {dir}/t3; uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  server {{
    listen 127.0.0.1:{port};
    location /sympa {{
      fastcgi_pass unix:{dir}/run/web.sock; fastcgi_read_timeout 120;
      fastcgi_split_path_info ^(/sympa)(.*)$;
      fastcgi_param PATH_INFO $fastcgi_path_info; fastcgi_param SCRIPT_NAME /sympa;
      fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REQUEST_URI $request_uri; fastcgi_param SERVER_NAME 127.0.0.1;
      fastcgi_param SERVER_PORT {port}; fastcgi_param HTTP_HOST 127.0.0.1:{port};
      fastcgi_param REMOTE_ADDR $remote_addr; fastcgi_param SERVER_PROTOCOL $server_protocol;
      fastcgi_param GATEWAY_INTERFACE CGI/1.1; fastcgi_param SERVER_SOFTWARE nginx;
    }}
  }}
}}
"""
FOLDERS = ("etc", "list_data", "spool", "arc", "bounce", "css", "pictures", "run")
OLDER = 70


class Sympa:
    """Sympa's web interface and archiver, without mail, with two lists."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.servers = Servers(folder)
        self.account = pwd.getpwnam("sympa")
        self.environ = {
            "SYMPA_CONFIG": str(folder / "etc" / "sympa.conf"),
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TZ": "UTC",
        }
        for name in FOLDERS:
            (folder / name).mkdir()
        # The archiver is not us, and must be able to look in.
        folder.chmod(0o755)

    @property
    def settings(self) -> Mapping[str, str]:
        folder = self.folder
        return {
            "domain": DOMAIN,
            "listmaster": f"listmaster@{DOMAIN}",
            "db_type": "SQLite",
            "db_name": f"{folder}/run/sympa.sqlite",
            "lang": "en-US",
            "wwsympa_url": f"http://127.0.0.1:{self.port}/sympa",
            "etc": f"{folder}/etc",
            "home": f"{folder}/list_data",
            "spool": f"{folder}/spool",
            "arc_path": f"{folder}/arc",
            "bounce_path": f"{folder}/bounce",
            "css_path": f"{folder}/css",
            "pictures_path": f"{folder}/pictures",
            "sendmail_aliases": "none",
            "sendmail": shutil.which("true") or "/bin/true",
            "title": "Lists",
            "process_archive": "on",
            "cookie": "test",
            "log_level": "0",
            "create_list": "public_listmaster",
            "use_fast_cgi": "1",
        }

    def build(self) -> None:
        lines = "".join(f"{name}\t{value}\n" for name, value in self.settings.items())
        (self.folder / "etc" / "sympa.conf").write_text(lines)
        self.own()
        self.run("check")
        self.run("upgrade")
        for name in ("guarded", "open"):
            (self.folder / "list.xml").write_text(LIST.format(name=name))
            self.own()
            self.run("create", f"--input_file={self.folder}/list.xml", DOMAIN)
        with (self.folder / "list_data" / "open" / "config").open("a") as config:
            config.write("\nweb_archive_spam_protection at\n")

    def own(self) -> None:
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def run(self, *words: str) -> None:
        subprocess.run(
            ["sympa", *words],
            env={**os.environ, **self.environ},
            user=self.account.pw_uid,
            group=self.account.pw_gid,
            cwd=self.folder,
            capture_output=True,
            check=False,
            timeout=300,
        )

    def show(self) -> None:
        folder = subprocess.run(
            ["perl", "-I/usr/share/sympa/lib", "-MSympa::Constants", "-e", _PID_FOLDER],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        Path(folder).mkdir(parents=True, exist_ok=True)
        os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        text = NGINX.format(dir=self.folder, port=self.port)
        (self.folder / "nginx.conf").write_text(text)
        socket, program = f"{self.folder}/run/web.sock", find_file("/wwsympa.fcgi")
        words = ["-n", "-s", socket, "-u", "sympa", "-g", "sympa", "-M", "0777", "--", program]
        self.servers.start("spawn-fcgi", *words, environ=self.environ)
        archiver = find_file("/archived.pl")
        self.servers.start(archiver, "--foreground", user="sympa", environ=self.environ)
        words = ["-c", f"{self.folder}/nginx.conf", "-e", f"{self.folder}/nginx.err"]
        self.servers.start("nginx", *words)
        wait_until(lambda: listens(self.port), "nginx")

    def file(self, name: str, letters: list[Letter]) -> None:
        """Lays the letters into a list's archive, by month, and has its pages made."""
        counts: Counter[str] = Counter()
        for letter in letters:
            month = f"{letter.received:%Y-%m}"
            counts[month] += 1
            folder = self.folder / "arc" / f"{name}@{DOMAIN}" / month / "arctxt"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / str(counts[month])).write_bytes(letter.raw)
        self.own()
        self.run("rebuildarc", f"{name}@{DOMAIN}")
        wanted = len({letter.raw for letter in letters})
        made = self.folder / "arc" / f"{name}@{DOMAIN}"
        wait_until(lambda: len(list(made.glob("*/msg*.html"))) >= wanted, f"pages of {name}")

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/sympa/info/{name}"


_PID_FOLDER = "print Sympa::Constants::PIDDIR"


def find_file(end: str) -> str:
    """A file of the package, by the end of its path."""
    listed = subprocess.run(["dpkg", "-L", "sympa"], capture_output=True, check=True, text=True)
    return next(path for path in listed.stdout.splitlines() if path.endswith(end))


def write_older(letters: list[Letter]) -> list[Letter]:
    """The first of the letters again, some years before, in pairs of a letter and its answer."""
    ordinary = without(letters, *{letter.case for letter in letters if letter.case})
    older = []
    for number in range(OLDER):
        like = ordinary[number % len(ordinary)]
        pair = number - number % 2
        at = letters[0].at.replace(hour=12) - timedelta(days=3 * (OLDER - number) + 40)
        message_id = f"{7000 + number}.wells@example.org"
        subject = f"{'Re: ' if number % 2 else ''}Pump {pair}"
        raw = (
            f"Received: from mx by lists; {at:%a, %d %b %Y %H:%M:%S} +0000\n"
            f"From: {PEOPLE['bo']} <{like.writer}>\nTo: wells@lists.example.org\n"
            f"Subject: {subject}\nDate: {at:%a, %d %b %Y %H:%M:%S} +0000\n"
            f"Message-ID: <{message_id}>\n\nThe pump is broken.\n"
        ).replace(PEOPLE["bo"], like.writer.partition("@")[0].title())
        older.append(
            replace(
                like,
                raw=raw.encode(),
                at=at,
                received=at,
                message_id=message_id,
                root_id="",
                subject=subject,
            )
        )
    return older


@pytest.fixture(scope="module")
def sympa() -> Iterator[Sympa]:
    install()
    with TemporaryDirectory(prefix="sympa-") as folder:
        sympa = Sympa(Path(folder))
        with sympa.servers.stack:
            sympa.build()
            sympa.show()
            letters = write_letters()
            sympa.file("guarded", letters)
            sympa.file("open", [*write_older(letters), *letters])
            yield sympa


def install() -> None:
    """Sympa with its database, without a question."""
    need_root()
    if shutil.which("sympa", path="/usr/bin:/usr/sbin") is None:
        # These have no program to look for; what is there already is left as it is.
        need("no program", *DATABASE)
        subprocess.run(["debconf-set-selections"], input=ANSWERS.encode(), check=False)
    need("sympa", *PACKAGES)
    need("spawn-fcgi", *PACKAGES)


def test_behind_the_button_the_feed_gives_each_letter_on_its_day(sympa, workshop):
    source = workshop.watch("guarded", sympa.url("guarded"), Platform.SYMPA)
    done = workshop.crawl()["guarded"].report
    assert done.outcome is Outcome.READ
    assert workshop.crawl()["guarded"].report.requests == 1
    letters = once(write_letters())
    # The feed leaves out a letter without a date; a date that is none leaves the month of filing.
    shown = without(letters, "no date")
    assert done.posts_total == len(shown)
    check(workshop, source.id, shown)


def test_where_the_pages_are_open_the_whole_history_is_read_without_opening_old_letters(
    sympa, workshop
):
    letters = once(write_letters())
    older = write_older(write_letters())
    source = workshop.watch("open", sympa.url("open"), Platform.SYMPA)
    done = workshop.crawl()["open"].report
    assert done.outcome is Outcome.READ
    everything = [*older, *without(letters, "no date")]
    assert done.posts_total == len(everything)
    assert done.requests < len(older)
    check(workshop, source.id, everything)
    again = workshop.crawl()["open"].report
    assert (again.requests, again.posts_new) == (1, 0)


def once(letters: list[Letter]) -> list[Letter]:
    """The letters, of which the one that came twice is kept once."""
    letters.remove(next(letter for letter in letters if letter.case == "twice"))
    return letters


def check(workshop, source_id: int, letters: list[Letter]) -> None:
    """Days and writers are exact; dates that nobody believes are not known."""
    stored = compare(workshop, source_id, letters)
    odd = [one for one in letters if one.case in ("garbled date", "2038", "1970")]
    days = stored.expected[0] - Counter(f"{one.at:%Y-%m-%d}" for one in odd)
    days["unknown"] = len(odd)
    assert stored.found[0] == days
    assert stored.found[1] == stored.expected[1]
