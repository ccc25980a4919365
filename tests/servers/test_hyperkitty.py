"""A real HyperKitty in an environment of its own, filled by its own importer with known mail."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from string import Template
from urllib.request import urlopen

import pytest

from crawler.base import Fetched
from crawler.spiders.hyperkitty import recognise
from domain.outcome import Outcome
from domain.records import Platform
from tests.conftest import Workshop
from tests.servers.corpus import (
    LIST,
    Letter,
    days,
    without,
    write_entry,
    write_letters,
)
from tests.servers.kit import Servers, compare, free_port, listens, open_folder, wait_until

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

VERSIONS = Path(__file__).with_name("hyperkitty.txt")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rollcall-tests"
TALK, MEMBERS, EMPTY = (f"{name}@lists.example.org" for name in ("talk", "members", "empty"))
# Without a cache: it would hide for twelve hours what an importer of another process put in.
SETTINGS = """
from os import environ
SECRET_KEY = MAILMAN_ARCHIVER_KEY = MAILMAN_REST_API_PASS = MAILMAN_REST_API_USER = "test"
MAILMAN_REST_API_URL, MAILMAN_ARCHIVER_FROM = "http://127.0.0.1:9", ()
ALLOWED_HOSTS, ROOT_URLCONF, SITE_ID = ["127.0.0.1"], "urls", 1
TIME_ZONE, USE_TZ, STATIC_URL, STATIC_ROOT = "UTC", True, "/static/", "$folder/static"
LOGIN_URL, COMPRESS_ENABLED, FILTER_VHOST = "account_login", False, False
HYPERKITTY_MBOX_EXPORT = environ.get("EXPORTS") != "off"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "$folder/db"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
Q_CLUSTER = {"sync": True, "timeout": 60, "retry": 90, "orm": "default"}
INSTALLED_APPS = [
    "hyperkitty", "django_mailman3", "rest_framework", "django_gravatar", "compressor", "haystack",
    "django_extensions", "django_q", "allauth", "allauth.account", "allauth.socialaccount",
    *(f"django.contrib.{name}" for name in (
        "admin", "auth", "contenttypes", "sessions", "sites", "messages", "staticfiles", "humanize",
    )),
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        *(f"django.template.context_processors.{name}" for name in ("static", "tz", "request")),
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
        "django_mailman3.context_processors.common",
        "hyperkitty.context_processors.common",
    ]},
}]
"""
URLS = """
from django.urls import include, path
urlpatterns = [
    path("archives/", include("hyperkitty.urls")),
    path("profile/", include("django_mailman3.urls")),
    path("accounts/", include("allauth.urls")),
]
"""
LISTS = f"""
from hyperkitty.models import ArchivePolicy, MailingList
MailingList.objects.create(name="{EMPTY}")
MailingList.objects.filter(name="{MEMBERS}").update(archive_policy=ArchivePolicy.private.value)
"""


def install() -> Path:
    """The Python that has HyperKitty: made once per set of versions, outside the tree.

    Raises: RuntimeError.
    """
    sign = hashlib.sha256(VERSIONS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = CACHE / f"hyperkitty-{sign}"
    python, whole = folder / "bin" / "python", folder / "whole"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if whole.exists():
            return python
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        for words in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [*pip, "--requirement", str(VERSIONS)],
        ):
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                what = f"HyperKitty could not be installed in {folder}: {done.stderr[-1000:]}"
                raise RuntimeError(what)
        whole.touch()
    return python


class HyperKitty:
    """Two lists with mail, one for members only, one that is empty."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.python = folder, str(install())
        self.servers = Servers(folder)
        self.environ = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(folder)}
        (folder / "settings.py").write_text(Template(SETTINGS).substitute(folder=folder))
        (folder / "urls.py").write_text(URLS)
        self.run("migrate", "-v0")

    def run(self, *words: str) -> None:
        done = subprocess.run(
            [self.python, "-m", "django", *words],
            env={**os.environ, **self.environ},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def take(self, letters: list[Letter], to: str = LIST) -> None:
        box = self.folder / "box"
        box.write_bytes(b"".join(write_entry(letter) for letter in letters))
        # Without `--since` it skips what is older than the newest letter, were it one of 2038.
        words = ["--no-sync-mailman", "--since", "1960-01-01", "--list-address", to, str(box)]
        self.run("hyperkitty_import", "-v0", *words)

    def show(self, *, exports: bool = True) -> str:
        """Where the archives are, with or without files to take away."""
        port = free_port()
        words = ["-m", "django", "runserver", "--noreload", "--insecure", f"127.0.0.1:{port}"]
        environ = {**self.environ, "EXPORTS": "on" if exports else "off"}
        self.servers.start(self.python, *words, environ=environ)
        wait_until(lambda: listens(port), "HyperKitty")
        return f"http://127.0.0.1:{port}/archives/list/"


def keep(letters: list[Letter]) -> list[Letter]:
    """What HyperKitty keeps: one of two letters with one Message-ID."""
    kept = list(letters)
    kept.remove(next(letter for letter in kept if letter.case == "twice"))
    return kept


def check(
    workshop: Workshop, source_id: int, letters: list[Letter], undated: tuple[str, ...] = ()
) -> None:
    """Days, writers and threads are exact; only a letter without an id has one that is made up.

    The day of the letters that are `undated` is not known.
    """
    stored = compare(workshop, source_id, letters)
    dated = without(letters, *undated)
    unknown = {"unknown": len(letters) - len(dated)} if undated else {}
    assert stored.found[0] == days(dated) + Counter(unknown)
    assert stored.found[1] == stored.expected[1]
    named = without(letters, "no id")
    threads = compare(workshop, source_id, named).expected[2]
    own = stored.found[2] - threads
    assert stored.found[2] - own == threads
    assert list(own.values()) == [1] * (len(letters) - len(named))


@pytest.fixture(scope="module")
def archive() -> Iterator[HyperKitty]:
    with open_folder("hyperkitty") as folder:
        archive = HyperKitty(folder)
        with archive.servers.stack:
            letters = write_letters()
            archive.take(letters)
            archive.take(letters, TALK)
            archive.take(letters[:9], MEMBERS)
            archive.run("shell", "-c", LISTS)
            yield archive


def test_exports_give_each_letter_once_and_then_one_request_tells_that_nothing_is_new(
    archive, workshop
):
    base = archive.show()
    pages = {"open": LIST, "members": MEMBERS, "empty": EMPTY}
    sources = {
        name: workshop.watch(name, f"{base}{page}/", Platform.HYPERKITTY)
        for name, page in pages.items()
    }
    first = workshop.crawl()
    assert {name: done.report.outcome for name, done in first.items()} == {
        "open": Outcome.READ,
        "members": Outcome.LOGIN_WALL,
        "empty": Outcome.EMPTY,
    }
    assert first["members"].report.requests == 1
    kept = keep(write_letters())
    assert first["open"].report.posts_total == len(kept)
    check(workshop, sources["open"].id, kept)
    again = workshop.crawl("open", "members")
    assert {name: done.report.outcome for name, done in again.items()} == {
        "open": Outcome.UNCHANGED,
        "members": Outcome.LOGIN_WALL,
    }
    # On a Monday morning the counts, which may be twelve hours old, do not reach the end of the
    # week: then an empty list is looked at more closely once.
    once_more = workshop.crawl("empty")["empty"].report
    assert (once_more.requests, once_more.posts_total) in {(1, 0), (2, 0)}
    again |= workshop.crawl("empty")
    assert again["empty"].report.outcome is Outcome.UNCHANGED
    assert {name: done.report.requests for name, done in again.items()} == dict.fromkeys(pages, 1)
    assert sum(done.report.posts_new for done in again.values()) == 0
    new = [write_today(workshop, number) for number in range(3)]
    archive.take(new)
    later = workshop.crawl("open")["open"].report
    assert (later.outcome, later.requests, later.posts_new) == (Outcome.READ, 2, len(new))
    check(workshop, sources["open"].id, [*kept, *new])


def write_today(workshop: Workshop, number: int) -> Letter:
    """A letter of these days, the last of which came just now."""
    like = write_letters()[number]
    at = workshop.clock().replace(microsecond=0) - timedelta(days=2 - number, minutes=5)
    message_id = f"today{number}.wells@example.org"
    raw = (
        f"From: {like.writer}\nSubject: Today {number}\nMessage-ID: <{message_id}>\n"
        f"Date: {at:%a, %d %b %Y %H:%M:%S} +0000\n\nRain.\n"
    )
    names = {"message_id": message_id, "root_id": "", "subject": f"Today {number}"}
    return replace(like, raw=raw.encode(), at=at, received=at, **names)


def test_where_exports_are_off_the_api_gives_the_same_but_for_what_only_an_export_tells(
    archive, workshop
):
    source = workshop.watch("api", f"{archive.show(exports=False)}{TALK}/", Platform.HYPERKITTY)
    done = workshop.crawl()["api"].report
    kept = keep(write_letters())
    assert (done.outcome, done.posts_total) == (Outcome.READ, len(kept))
    # The API shows the Date header only, and what a letter answers only where it is there.
    lost = ("2038", "1970")
    told = [replace(one, root_id="") if one.case == "orphan" else one for one in kept]
    check(workshop, source.id, told, undated=lost)
    assert workshop.crawl()["api"].report.requests == 1


def test_every_page_of_a_list_leads_to_the_list(archive, workshop):
    base = archive.show()
    for page in ("", "latest", "2025/1/"):
        url = f"{base}{TALK}/{page}"
        with urlopen(url, timeout=60) as answer:
            body = answer.read()
        seen = Fetched(
            url=url, asked=url, status=200, headers={}, body=body, fetched_at=workshop.clock()
        )
        evidence = recognise(seen)
        assert evidence is not None, page
        assert evidence.url == f"{base}{TALK}/"
