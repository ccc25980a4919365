"""Commands that keep the database safe: backup, restore, upgrade."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli_core import (
    App,
    json_option,
    minute,
    pass_app,
    print_json,
    print_rows,
    say,
    utc_now,
)

if TYPE_CHECKING:
    from jobs.backups import Restored

KIB = 1024
NEEDED_FOR_RESTORE = "people's addresses, mails that wait, and the keys of hashes and sessions"
file_argument = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=file_argument, required=False)
@json_option
@pass_app
def backup(app: App, file: Path | None, *, as_json: bool) -> None:
    """Write one moment of the database to a file; others go on working meanwhile."""
    from jobs.backups import back_up, drop_old_backups

    settings = app.settings()
    engine = app.engine(settings, any_schema=True)
    made, card = back_up(engine, settings, utc_now(), file)
    dropped = [] if file else drop_old_backups(settings)
    size = made.stat().st_size
    if as_json:
        print_json(
            {
                "file": made,
                "made_at": card.made_at,
                "schema": card.schema,
                "bytes": size,
                "rows": sum(card.counts.values()),
                "dropped": [str(old) for old in dropped],
            }
        )
        return
    click.echo(f"{made}: {sum(card.counts.values())} rows, {size // KIB} KiB")
    say(f"It holds {NEEDED_FOR_RESTORE}: keep it as closed as the database.")
    say("Left out: raw answers, passwords, rollcall.toml.")
    if dropped:
        say(f"{len(dropped)} older ones were removed.")
    say(f"Next:  rollcall restore {made} --check")


@click.command()
@click.argument("file", type=file_argument)
@click.option("--check", is_flag=True, help="Load it into a scratch database only, and compare.")
@json_option
@pass_app
def restore(app: App, file: Path, *, check: bool, as_json: bool) -> None:
    """Put a backup in the place of the database; what was there is kept beside it."""
    from folder import hold
    from jobs.backups import check_backup, restore_backup

    settings = app.settings()
    if check:
        done = check_backup(settings, file)
    else:
        with hold(settings.data_dir):
            done = restore_backup(settings, file, utc_now())
    if as_json:
        print_json(restored_record(done, checked_only=check))
        return
    _print_restored(done)
    age = f"made {minute(done.card.made_at)} by version {done.card.program}"
    if check:
        say(f"The backup is whole: {age}. Nothing was changed.")
        return
    say(f"Restored: {age}. Restart the web pages if they run alone.")
    say("Next:  rollcall doctor")


def restored_record(done: Restored, *, checked_only: bool) -> dict[str, object]:
    """The fields of a restore, for programs."""
    return {
        "made_at": done.card.made_at,
        "schema": done.card.schema,
        "program": done.card.program,
        "restored": not checked_only,
        "rows": dict(done.counts),
        "rows_before": dict(done.now_there),
    }


def _print_restored(done: Restored) -> None:
    rows = [
        (name, done.card.counts.get(name), count, _find(done.now_there, name))
        for name, count in done.counts.items()
    ]
    shown = [row for row in rows if any(row[1:])]
    print_rows(("table", "in the backup", "loaded", "in use before"), shown, plain=False)


def _find(counts: Mapping[str, int], name: str) -> int | None:
    return counts.get(name)


@click.command()
@json_option
@pass_app
def upgrade(app: App, *, as_json: bool) -> None:
    """Bring the database to this program's schema: backup, migrate, doctor."""
    from cli_doctor import examine
    from folder import hold
    from jobs.backups import upgrade as bring_up

    settings = app.settings()
    engine = app.engine(settings, any_schema=True)
    with hold(settings.data_dir):
        done = bring_up(engine, settings, utc_now())
    if as_json:
        print_json({"before": done.before, "after": done.after, "backup": done.backup})
    elif done.backup is None:
        say(f"Schema {done.after} is the newest; nothing had to change.")
    else:
        say(f"Backup  {done.backup}")
        say(f"Schema  {done.before} → {done.after}")
        say(f"Back:   install the former version, then: rollcall restore {done.backup}")
    click.get_current_context().exit(examine(app, as_json=as_json, fix=False))
