"""What every command shares: the context, output for people and for programs, and errors.

Nothing heavy is imported here: `rollcall --help` must answer at once.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from domain.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from config import Settings
    from domain.records import Source

F = TypeVar("F", bound=Callable[..., object])
Cell = str | int | float | None

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
plain_option = click.option("--plain", is_flag=True, help="Columns separated by tabs, no heading.")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What was said before the command: the folder, and whether to show tracebacks."""

    data: Path | None
    debug: bool

    def settings(self, flags: Mapping[str, object] | None = None) -> Settings:
        """The settings in force; `flags` are those given to the command."""
        import config

        given = {name: value for name, value in (flags or {}).items() if value is not None}
        return config.load(self.data, os.environ, flags=given)

    def engine(self, settings: Settings, *, any_schema: bool = False) -> Engine:
        """The database of the folder, ready to use; with `any_schema` also an older or newer one.

        Raises: ConfigError when there is none yet, or of another version.
        """
        from store.engine import check_schema, open_database

        database = settings.data_dir / "rollcall.db"
        if settings.origins["database_url"] == "default" and not database.is_file():
            raise ConfigError(
                "there is no Rollcall in this folder yet",
                where=str(settings.data_dir),
                to_do="make one with `rollcall init`, or name the folder with --data",
            )
        engine = open_database(settings.database_url, keep_open=True)
        click.get_current_context().call_on_close(engine.dispose)
        if not any_schema:
            check_schema(engine)
        return engine


pass_app = click.make_pass_decorator(App)


def utc_now() -> datetime:
    """The clock, read at the edge."""
    return datetime.now(UTC)


def say(text: str = "") -> None:
    """Nothing; a message for the person goes to standard error."""
    click.echo(text, err=True)


def print_json(record: Mapping[str, object]) -> None:
    """Nothing; one result as one line of JSON on standard output."""
    click.echo(json.dumps(record, ensure_ascii=False, default=_plain))


def print_rows(heading: Sequence[str], rows: Iterable[Sequence[Cell]], *, plain: bool) -> None:
    """Nothing; results in columns on standard output; `plain` separates them by tabs."""
    texts = [["–" if cell is None else str(cell) for cell in row] for row in rows]
    if plain:
        for row in texts:
            click.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    if not texts:
        return
    table = [list(heading), *texts]
    widths = [max(len(row[column]) for row in table) for column in range(len(heading))]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def minute(moment: datetime | None) -> str | None:
    """The moment as people read it in a column, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment else None


def find_source(session: Session, name: str) -> Source:
    """The source of that name.

    Raises: UsageError, with the nearest name there is.
    """
    from store.sources import list_sources, load_source

    source = load_source(session, name)
    if source is not None:
        return source
    near = difflib.get_close_matches(name, [known.name for known in list_sources(session)], n=1)
    to_do = f"did you mean {near[0]!r}?" if near else "`rollcall sources list` shows them"
    raise UsageError(f"there is no source {name!r}", to_do=to_do)


def on_terminal() -> bool:
    """True when somebody watches: progress may move on standard error."""
    return sys.stderr.isatty() and os.environ.get("TERM") not in (None, "", "dumb")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, frozenset | tuple | set):
        return sorted(value) if isinstance(value, frozenset | set) else list(value)
    return str(value)


class Group(click.Group):
    """A group whose commands stand in the order of a day's work, and that knows near misses."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # as they were added, not by the alphabet

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f"did you mean `{ctx.command_path} {near[0]}`?" if near else self._advice(ctx)
            raise click.UsageError(f"there is no command {name!r} → {hint}", ctx)
        return super().resolve_command(ctx, args)

    def _advice(self, ctx: click.Context) -> str:
        return f"`{ctx.command_path} --help` lists them"
