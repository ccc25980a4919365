"""Commands about directory files: many communities at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli_core import App, pass_app, say, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from config.directory import ListedCommunity


@click.command()
def schema() -> None:
    """Print the JSON Schema of directory files."""
    from config.directory import schema_text

    click.echo(schema_text(), nl=False)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only check the file.")
@pass_app
def directory(app: App, path: Path, *, dry_run: bool) -> None:
    """Take over the communities and sources of a directory file (TOML)."""
    from config.directory import load_directory

    listed = load_directory(path)
    if dry_run:
        say(f"{path}: {len(listed)} communities, nothing wrong with any.")
        return
    say_taken_over(app.engine(app.settings()), listed)


def say_taken_over(engine: Engine, listed: Sequence[ListedCommunity]) -> None:
    """Takes the communities over and says what came of it."""
    from jobs.listing import take_over

    done = take_over(engine, listed, utc_now())
    kept = f"; {done.known} known already, kept as they are" if done.known else ""
    say(f"Added  {done.communities} communities and {done.sources} sources{kept}")
