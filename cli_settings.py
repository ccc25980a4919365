"""Commands about the installation: making it, its settings, how it is doing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from cli_core import (
    App,
    Group,
    json_option,
    pass_app,
    plain_option,
    print_json,
    print_rows,
    say,
    utc_now,
)
from cli_directory import say_taken_over
from domain.errors import ConfigError, StorageFailed, UsageError

# ---- init ---------------------------------------------------------------------------------


@click.command()
@click.option("--contact", help="Your mail address or a page about your crawl; hosts are told.")
@click.option("--starter", is_flag=True, help="Begin with the directory that comes along.")
@pass_app
def init(app: App, contact: str | None, *, starter: bool) -> None:
    """Make rollcall.toml and the database; nothing that exists is overwritten."""
    from config import FILE_NAME
    from config.directory import load_starter
    from folder import prepare_folder
    from store.engine import migrate, open_database

    settings = app.settings({"contact": contact})
    file = settings.data_dir / FILE_NAME
    prepare_folder(settings.data_dir)
    if file.exists():
        say(f"Kept   {file}")
    else:
        _write_starter(file, settings.contact or _ask_contact(app))
        say(f"Made   {file}")
    engine = open_database(settings.database_url)
    click.get_current_context().call_on_close(engine.dispose)
    migrate(engine)
    say(f"Ready  {engine.url.render_as_string(hide_password=True)}")
    if starter:
        say_taken_over(engine, load_starter())
    if not app.settings().contact:
        say(f"No contact is set: `crawl` will refuse → set contact in {file}")
    say("Next:  rollcall sources test URL      rollcall sources add URL      rollcall run")


def _ask_contact(app: App) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            "init needs a contact: the hosts we visit must be able to reach you",
            to_do="rollcall init --contact you@example.org",
        )
    say("The hosts we visit must be able to reach you.")
    contact: str = click.prompt("Your mail address, or a page about your crawl", err=True)
    return app.settings({"contact": contact}).contact


def _write_starter(file: Path, contact: str) -> None:
    from config import render_starter

    # Written aside first: a disk that fills up must not leave half a file that is kept later.
    aside = file.with_suffix(".new")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(render_starter(contact))
        aside.rename(file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise StorageFailed(
            f"cannot be written: {error.strerror}",
            where=str(file),
            to_do="make room, let this user write there, or name another folder with --data",
        ) from error


# ---- config -------------------------------------------------------------------------------


@click.group("config", cls=Group)
def config_group() -> None:
    """The settings in force."""


@config_group.command("show")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@json_option
@plain_option
@pass_app
def show_settings(app: App, *, origin: bool, as_json: bool, plain: bool) -> None:
    """Print every setting in force; secrets are masked."""
    from config import list_settings

    rows = []
    for shown in list_settings(app.settings()):
        if as_json:
            print_json({"setting": shown.name, "value": shown.value, "origin": shown.origin})
        value = ", ".join(shown.value) if isinstance(shown.value, list) else _word(shown.value)
        rows.append((shown.name, value, shown.origin) if origin else (shown.name, value))
    if not as_json:
        print_rows(("setting", "value", "origin")[: 3 if origin else 2], rows, plain=plain)


@config_group.command("rules")
@pass_app
def show_rules(app: App) -> None:
    """Print the scoring rules in force, with their version."""
    from cli_rules import configured_rules, rules_in_force

    settings = app.settings()
    try:
        rules = rules_in_force(app.engine(settings), settings)
    except ConfigError:
        # Without a database no others can be in force.
        rules = configured_rules(settings)
    click.echo(f"# version {rules.version}")
    for name, value in rules.entries().items():
        click.echo(f'"{name}" = {value:g}' if "." in name else f"{name} = {value:g}")


@config_group.command("path")
@pass_app
def show_path(app: App) -> None:
    """Print the data folder."""
    click.echo(app.settings().data_dir)


def _word(value: str | float) -> str | float:
    return str(value).lower() if isinstance(value, bool) else value


# ---- status -------------------------------------------------------------------------------


@click.command()
@json_option
@pass_app
def status(app: App, *, as_json: bool) -> None:
    """Say what is fine, late or broken, and what to do; exit code 1 when a person is needed."""
    from cli_status import read_standing, standing_record, suggest_commands, write_lines

    settings = app.settings()
    now = utc_now()
    standing = read_standing(app.engine(settings), settings, now)
    if as_json:
        print_json(standing_record(standing))
    else:
        for line in write_lines(standing, now):
            click.echo(line)
        if commands := suggest_commands(standing, settings):
            click.echo("Next:  " + "      ".join(commands))
    click.get_current_context().exit(1 if standing.needs_person else 0)
