"""After a whole run over a made-up directory, nothing tells who wrote what: not one name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import scheduler
from cli import run_command
from demo.server import ArchiveServer
from domain.people import Role
from jobs.reporting import queue_weekly_mails
from reports.weeks import report_week
from store.columns import Base
from store.engine import reading, writing
from store.posts import count_posts
from store.users import add_user
from tests.conftest import Workshop
from web.app import build_app

Run = Callable[..., str]
# Shorter sentences may be said by anybody, and by us.
SENTENCE = 30
# What no crawl, score, report or mail writes into, but a person who types or presses something, or
# the service as it runs. A new table is filled by this run or stands here.
FILLED_BY_PEOPLE = {
    "alerts",
    "attestations",
    "contributions",
    "criteria",
    "decisions",
    "devices",
    "folded_decisions",
    "mailbox_lists",
    "manager_asks",
    "merges",
    "optouts",
    "record_edits",
    "review_claims",
    "rule_trials",
    "sign_in_tries",
    "sign_ins",
    "user_choices",
    "vitals",
}
# Ids are as many as messages: so many of them will do.
EACH = 200


@pytest.fixture
def rollcall(workshop: Workshop, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the workshop's folder and gives all that it said."""

    def run(*arguments: str) -> str:
        run_command(["--data", str(workshop.folder), *arguments])
        out, err = capfd.readouterr()
        return out + err

    return run


def list_secrets(server: ArchiveServer, now: datetime) -> set[bytes]:
    """Names, addresses, ids and sentences of every message that the archives hold."""
    found: set[str] = set()
    for made_up in server.communities:
        for message in made_up.history(anchor=server.anchor, until=now, seed=server.seed):
            found |= {message.author.name, message.author.address}
            lines = [line.strip() for line in message.body.splitlines()]
            found |= {line for line in lines if len(line) >= SENTENCE}
            if message.number % EACH == 0:
                found.add(message.message_id)
    return {one.encode() for one in found if one}


def find_told(secrets: set[bytes], content: bytes) -> set[bytes]:
    """Which of them stand in it."""
    folded = content.lower()
    return {one for one in secrets if one.lower() in folded}


def list_empty_tables(session: Session) -> set[str]:
    """The tables without a row."""
    tables = Base.metadata.sorted_tables
    return {one.name for one in tables if not session.scalar(select(func.count()).select_from(one))}


def read_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def test_nothing_that_is_kept_printed_or_sent_names_a_writer(
    make_archive, workshop: Workshop, rollcall: Run, tmp_path
):
    now = datetime.now(UTC)
    server = make_archive(now=now)
    workshop.watch_all(server)
    secrets = list_secrets(server, now)
    assert len(secrets) > 300
    with writing(workshop.engine) as s:
        add_user(s, name="Lead Person", address="lead@example.net", role=Role.LEAD, now=now)
    said = {
        "crawl": rollcall("crawl", "--json"),
        "assess": rollcall("assess", "--json"),
        "status": rollcall("status"),
        "sources": rollcall("sources", "list", "--json"),
        "cards": rollcall("review", "list"),
        "health": rollcall("health", server.communities[0].slug, "--json"),
        "report": rollcall("report", "preview", "--format", "html"),
        "export": rollcall("export", "--to", str(tmp_path / "out")),
        "tables": rollcall("export", "--format", "csv", "--to", str(tmp_path / "tables")),
        "complete": rollcall("export", "--complete", "--to", str(tmp_path / "all")),
        "backup": rollcall("backup", str(tmp_path / "kept.db")),
        "doctor": rollcall("doctor"),
    }
    for made_up in server.communities[:3]:
        said[made_up.slug] = rollcall("sources", "show", made_up.slug, "--json")
    week = report_week(now)
    queue_weekly_mails(workshop.engine, workshop.settings, week, now)
    scheduler.Service(workshop.settings, workshop.engine, workshop.clock).do_desk_work()
    raw = workshop.settings.raw_folder
    answers = b"".join(
        packed.read(name)
        for path in raw.glob("*.zip")
        for packed in [zipfile.ZipFile(path)]
        for name in packed.namelist()
    )
    assert find_told(secrets, answers)  # what the archives say does hold them
    rollcall("purge", "--all")
    with reading(workshop.engine) as s:
        assert count_posts(s, 1) > 0
        assert list_empty_tables(s) == FILLED_BY_PEOPLE
    everything = [(name, text.encode()) for name, text in said.items()]
    everything += read_files(tmp_path)
    names = {name for name, _ in everything}
    assert {"data/rollcall.db", "data/crawl.log", "kept.db"} <= names
    assert not [name for name in names if name.endswith((".zip", ".part"))]
    assert [
        (name, told) for name, content in everything if (told := find_told(secrets, content))
    ] == []


def test_no_page_names_a_writer(make_archive, workshop: Workshop, rollcall: Run):
    now = datetime.now(UTC)
    server = make_archive("newborn-care-forum", "vaccine-logistics", now=now)
    workshop.watch_all(server)
    rollcall("crawl")
    rollcall("assess")
    secrets = list_secrets(server, now)
    app = build_app(workshop.settings)
    with writing(workshop.engine) as s:
        lead = add_user(s, name="Lead Person", address="l@example.net", role=Role.LEAD, now=now)
    client = app.test_client()
    with client.session_transaction() as session:
        session["user"] = lead.id
    slug, seen = server.communities[0].slug, 0
    with app.test_request_context():
        paths = [
            url_for(rule.endpoint, **dict.fromkeys(rule.arguments, slug))
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.arguments <= {"slug", "name", "source"}
        ]
    for path in paths:
        answer = client.get(path)
        seen += answer.status_code == 200
        assert find_told(secrets, answer.data) == set(), path
    assert seen >= 30


# ---- what is asked to be forgotten ----------------------------------------------------------


def ask_to_forget(folder: Path, typed: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "--data", str(folder), "forget", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )


def test_a_writer_is_forgotten_by_what_is_typed_and_not_by_an_argument(
    make_archive, workshop: Workshop, rollcall: Run
):
    now = datetime.now(UTC)
    server = make_archive("newborn-care-forum", now=now)
    workshop.watch_all(server)
    rollcall("crawl")
    (made_up,) = server.communities
    history = made_up.history(anchor=server.anchor, until=now, seed=server.seed)
    somebody = history[-1].author
    done = ask_to_forget(workshop.folder, f"{somebody.address}\ny\n", "--address", "--json")
    if json.loads(done.stdout)["posts"] == 0:  # an archive that shows names only
        done = ask_to_forget(workshop.folder, f"{somebody.name}\ny\n", "--address", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["posts"] > 0, told["kept_answers"] > 0) == (0, True, True)
    assert not list(workshop.settings.raw_folder.glob("*.zip"))
    again = ask_to_forget(workshop.folder, f"{somebody.address}\nn\n", "--address")
    assert again.returncode == 130
    assert somebody.address not in done.stdout


def test_a_community_is_forgotten_after_a_question(workshop: Workshop, rollcall: Run):
    workshop.watch("eye-health", "https://lists.example.org/eye/")
    workshop.watch("malaria", "https://lists.example.org/malaria/")
    assert ask_to_forget(workshop.folder, "n\n", "--community", "eye-health").returncode == 130
    assert "eye-health" in rollcall("sources", "list")
    done = ask_to_forget(workshop.folder, "", "--community", "eye-health", "--yes", "--json")
    assert json.loads(done.stdout)["rows"]["communities"] == 1
    left = rollcall("sources", "list")
    assert "eye-health" not in left
    assert "malaria" in left
    assert ask_to_forget(workshop.folder, "", "--community", "eye-health", "--yes").returncode == 2
    assert ask_to_forget(workshop.folder, "").returncode == 2


def test_keys_change_from_the_command_line_and_the_next_visit_finds_nothing_new(
    make_archive, workshop: Workshop, rollcall: Run
):
    server = make_archive("newborn-care-forum", now=datetime.now(UTC))
    workshop.watch_all(server)
    rollcall("crawl")
    told = rollcall("keys", "change")
    posts = int(re.findall(r"(\d+) posts stand under new keys", told)[0])
    assert posts > 0
    visited = workshop.crawl()["newborn-care-forum"].report
    assert (visited.posts_new, visited.posts_total) == (0, posts)
    assert "sign in again" in rollcall("keys", "change", "--web")
    assert "there is no such community" in rollcall("keys", "change", "--community", "nowhere")
