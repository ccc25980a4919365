"""The demo: a made-up directory, crawled over real HTTP on this machine, scored and reported."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli_core import App, json_option, pass_app, print_json, say, utc_now
from cli_crawl import show_progress
from domain.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from config import Settings
    from demo.madeup import MadeUp
    from demo.server import ArchiveServer
    from jobs.reporting import Weekly

FOLDER = Path("rollcall-demo")
MADE_BY = "# Made by `rollcall demo`, which makes this folder anew each time.\n"
PORT = 8080
# Invented hosts on this machine need no more patience than this.
DELAY_SECONDS = 0.01
CURATOR = "demo@example.org"
SIGN_IN_FOR = timedelta(days=1)
NOT_AS_EXPECTED = 1


@click.command()
@click.option("--no-serve", is_flag=True, help="End after the report.")
@json_option
@pass_app
def demo(app: App, *, no_serve: bool, as_json: bool) -> None:
    """Crawl, score and serve a made-up directory on this machine, without network."""
    from demo.server import ArchiveServer

    for name in [name for name in os.environ if name.startswith("ROLLCALL_")]:
        del os.environ[name]  # the settings of a real folder have no say here
    folder = (app.data or FOLDER).absolute()
    now = utc_now()
    with ArchiveServer(now) as server:
        settings, engine = _prepare(folder, server, now)
        found = _run_once(settings, engine, server, now, quiet=as_json)
        wrong = _print_found(server.communities, found, as_json=as_json)
        if no_serve:
            click.get_current_context().exit(NOT_AS_EXPECTED if wrong else 0)
        from scheduler import run_service

        _print_addresses(settings, engine, now)
        run_service(settings, engine)


def _prepare(folder: Path, server: ArchiveServer, now: datetime) -> tuple[Settings, Engine]:
    """A new folder that knows every made-up community, and no visit yet."""
    import config
    from folder import hold
    from store.engine import migrate, open_database, writing
    from store.sources import add_community, add_source

    with hold(folder):
        _empty(folder)
        hosts = {host for one in server.communities for host in (one.host, one.other_host) if host}
        (folder / config.FILE_NAME).write_text(_write_settings(hosts), encoding="utf-8")
        settings = config.load(folder, os.environ)
        engine = open_database(settings.database_url)
        migrate(engine)
        with writing(engine) as session:
            for made_up in server.communities:
                community = add_community(
                    session,
                    slug=made_up.slug,
                    name=made_up.name,
                    now=now,
                    description=made_up.description,
                    languages=made_up.languages,
                    topics=made_up.topics,
                )
                add_source(
                    session,
                    community_id=community.id,
                    name=made_up.slug,
                    url=server.url_of(made_up.slug),
                    platform=made_up.platform,
                    now=now,
                )
    return settings, engine


def _empty(folder: Path) -> None:
    """Removes what an earlier demo left; a folder of anybody else is refused."""
    from config import FILE_NAME
    from folder import LOCK_NAME

    left = [entry for entry in folder.iterdir() if entry.name != LOCK_NAME]
    if not left:
        return
    file = folder / FILE_NAME
    if not file.is_file() or not file.read_text(encoding="utf-8").startswith(MADE_BY):
        raise UsageError(
            "this folder holds something else than a demo",
            where=str(folder),
            to_do="name another: rollcall --data DIR demo",
        )
    for entry in left:
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _write_settings(hosts: set[str]) -> str:
    port = _free_port()
    lines = [
        MADE_BY,
        f'contact = "{CURATOR}"',
        "allow_private = true",
        f"[web]\nport = {port}",
        *(f"[hosts.{json.dumps(host)}]\ndelay_seconds = {DELAY_SECONDS}" for host in sorted(hosts)),
    ]
    return "\n".join(lines) + "\n"


def _free_port() -> int:
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            bound: int = probe.getsockname()[1]
            return bound
    raise UsageError("no port is free on this machine")


def _run_once(
    settings: Settings, engine: Engine, server: ArchiveServer, now: datetime, *, quiet: bool
) -> dict[str, str]:
    """What was found of each community, in the words of its expected state."""
    from cli_rules import rules_in_force
    from demo.madeup import describe_state
    from folder import hold
    from jobs.assessing import assess_all
    from jobs.crawling import crawl_due
    from jobs.proving import prove_silence
    from jobs.reporting import queue_weekly_mails
    from jobs.vitals import measure_vitals
    from reports.weeks import report_week

    if not quiet:
        say(f"Made {settings.data_dir} with {len(server.communities)} made-up communities.")
    with hold(settings.data_dir), show_progress(quiet=quiet) as told:
        visited = crawl_due(engine, settings, utc_now, told)
        outcomes = {done.source.name: done.report.outcome for done in visited if done.report}
        rules = rules_in_force(engine, settings)
        prove_silence(engine, settings, utc_now, rules=rules)
        results = assess_all(engine, utc_now(), rules=rules)
        measure_vitals(engine, utc_now())
    weekly = queue_weekly_mails(engine, settings, report_week(now), now)
    if not quiet:
        cards = sum(len(result.flags) for result in results)
        say(f"Visited {len(visited)}, scored {len(results)}, {cards} cards, 1 report.")
        _print_files(weekly)
    return {
        result.community.slug: describe_state(
            result.assessment.status,
            result.assessment.markers,
            outcomes[result.community.slug],
            [flag.kind for flag in result.flags],
        )
        for result in results
    }


def _print_found(communities: Sequence[MadeUp], found: dict[str, str], *, as_json: bool) -> int:
    """How many communities were not found as the made-up truth has them."""
    wrong = 0
    for made_up in communities:
        ok = found.get(made_up.slug) == made_up.expected.words
        wrong += not ok
        record = {
            "community": made_up.slug,
            "expected": made_up.expected.words,
            "found": found.get(made_up.slug),
            "ok": ok,
        }
        if as_json:
            print_json(record)
        elif not ok:
            say(f"! {made_up.slug}: expected {record['expected']}, found {record['found']}")
    return wrong


def _print_files(weekly: Weekly) -> None:
    say(f"  {weekly.files.html}")
    say(f"  {weekly.files.text}")
    say(f"  {weekly.files.mail}")


def _print_addresses(settings: Settings, engine: Engine, now: datetime) -> None:
    from domain.people import Role
    from presentation.links import SignInLink, sign_in_token
    from store.engine import writing
    from store.users import add_user, secret

    with writing(engine) as session:
        curator = add_user(session, name="demo", address=CURATOR, role=Role.LEAD, now=now)
        link = SignInLink(user_id=curator.id, expires_at=now + SIGN_IN_FOR)
        token = sign_in_token(secret(session, "web"), link)
    base = f"http://{settings.web.host}:{settings.web.port}"
    say(f"Open   {base}/")
    say(f"       {base}/login/link/{token}   signs you in as the curator “demo”")
    say("Ctrl-C stops it. To start for real: rollcall init")
