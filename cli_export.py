"""Commands that take everything out as open files, and in again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli_core import App, Group, json_option, pass_app, print_json, say, utc_now
from cli_directory import directory

if TYPE_CHECKING:
    from jobs.exporting import Exported

PART_NOT_DONE = 4
TITLE = "Communities of practice"


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "opml"]),
    default="json",
    help="json or csv: a folder with a file for each table; opml: the sources, as one file.",
)
@click.option("--to", type=click.Path(path_type=Path), metavar="PATH", help="The new folder.")
@click.option("--complete", is_flag=True, help="With keys and addresses: to move, not to share.")
@json_option
@pass_app
def export(app: App, form: str, to: Path | None, *, complete: bool, as_json: bool) -> None:
    """Write everything as open files; without --complete no key, name or address of a person."""
    from jobs.exporting import export_everything, render_opml
    from store.open_files import Form

    engine = app.engine(app.settings())
    now = utc_now()
    if form == "opml":
        text = render_opml(engine, TITLE)
        if to is None:
            click.echo(text, nl=False)
        else:
            _write(to, text)
        return
    folder = to or Path(f"rollcall-export-{now:%Y%m%dT%H%M%SZ}")
    done = export_everything(engine, folder, Form(form), complete=complete, now=now)
    _tell(done, as_json=as_json, verb="written")
    if complete and not as_json:
        say("It holds keys and addresses: keep it as closed as the database.")


# ---- importing ----------------------------------------------------------------------------


@click.group("import", cls=Group)
def import_group() -> None:
    """Read posts, or communities, from files."""


import_group.add_command(directory)


@import_group.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--source", "name", required=True, metavar="NAME", help="Where the posts belong.")
@json_option
@pass_app
def mbox(app: App, path: Path, name: str, *, as_json: bool) -> None:
    """Import an mbox file, or every one in a folder; exit code 4 when a file is cut off."""
    from folder import hold
    from jobs.importing import import_mbox

    settings = app.settings()
    engine = app.engine(settings)
    with hold(settings.data_dir):
        done = import_mbox(engine, path, name, utc_now)
    if as_json:
        print_json(
            {
                "source": done.source.name,
                "files": done.files,
                "posts_read": done.posts_read,
                "posts_new": done.posts_new,
                "posts_total": done.posts_total,
                "cut": list(done.cut),
            }
        )
    else:
        click.echo(
            f"{done.source.name}: {done.posts_total} posts, +{done.posts_new} new,"
            f" from {done.files} file{'' if done.files == 1 else 's'}"
        )
    for file in done.cut:
        say(f"{file}: ends in the middle; what could be read is stored → import it whole")
    click.get_current_context().exit(PART_NOT_DONE if done.cut else 0)


@import_group.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@json_option
@pass_app
def import_export(app: App, folder: Path, *, as_json: bool) -> None:
    """Read a complete export into an empty database: all of it, or nothing."""
    from folder import hold
    from jobs.exporting import import_everything

    settings = app.settings()
    engine = app.engine(settings)
    with hold(settings.data_dir):
        done = import_everything(engine, folder)
    _tell(done, as_json=as_json, verb="read")


def _write(file: Path, text: str) -> None:
    from store.backups import storage_trouble

    with storage_trouble(file):
        file.write_text(text, encoding="utf-8")
    say(f"Made  {file}")


def _tell(done: Exported, *, as_json: bool, verb: str) -> None:
    rows = sum(done.counts.values())
    if as_json:
        print_json({"folder": done.folder, "complete": done.complete, "rows": dict(done.counts)})
        return
    click.echo(f"{done.folder}: {rows} rows of {len(done.counts)} tables {verb}")
