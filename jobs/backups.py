"""Backups by name and number, restoring one, and going to a newer schema."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Engine

from config import Settings
from domain.errors import ConfigError, RollcallError
from store.backups import BackupCard, open_scratch, read_card, storage_trouble, write_backup
from store.engine import SCHEMA, migrate, open_database, schema_version

PREFIX, SUFFIX = "rollcall-", ".db"
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBackup:
    """A backup in the folder of backups, by what its name says."""

    file: Path
    made_at: datetime
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A backup that was checked, and the rows it brings. `now_there` is what it would replace."""

    card: BackupCard
    counts: Mapping[str, int]
    now_there: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """From which schema to which; the backup that was made before, if anything had to change."""

    before: str
    after: str
    backup: Path | None


def back_up(
    engine: Engine, settings: Settings, now: datetime, file: Path | None = None
) -> tuple[Path, BackupCard]:
    """The file and the card of a new backup; without `file` in the folder of backups.

    Raises: UsageError when there is such a file already, StorageFailed.
    """
    if file is None:
        make_backup_folder(settings.backup_folder)
        file = settings.backup_folder / f"{PREFIX}{now.astimezone(UTC):{STAMP}}{SUFFIX}"
    card = write_backup(engine, file, now=now, program=version("rollcall"))
    return file, card


def make_backup_folder(folder: Path) -> None:
    """Nothing, once the folder exists; only its owner may look into a new one."""
    with storage_trouble(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def list_backups(settings: Settings) -> list[KeptBackup]:
    """The backups in the folder of backups, the newest first."""
    found = []
    for file in settings.backup_folder.glob(f"{PREFIX}*{SUFFIX}"):
        try:
            at = datetime.strptime(file.name[len(PREFIX) : -len(SUFFIX)], STAMP).replace(tzinfo=UTC)
            found.append(KeptBackup(file=file, made_at=at, bytes=file.stat().st_size))
        except (ValueError, FileNotFoundError):
            continue  # somebody's own file, or one that was just removed
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def drop_old_backups(settings: Settings) -> list[Path]:
    """The backups that were removed because there are newer ones enough."""
    old = [one.file for one in list_backups(settings)[settings.backup.keep :]]
    for file in old:
        with storage_trouble(file):
            file.unlink(missing_ok=True)
    return old


def check_backup(settings: Settings, file: Path) -> Restored:
    """What the backup would bring, found by loading it into a scratch database.

    Raises: UsageError when it is damaged or not whole, ConfigError when it is too new.
    """
    from store.transfer import count_rows

    with (
        _scratch_folder(settings) as folder,
        open_scratch(file, folder) as scratch,
        scratch.connect() as connection,
    ):
        counts = count_rows(connection)
    return Restored(card=read_card(file), counts=counts, now_there=count_live(settings))


def restore_backup(settings: Settings, file: Path, now: datetime) -> Restored:
    """What the backup brought. It is checked first, then put in the place of the database.

    The caller holds the data folder.

    Raises: UsageError, ConfigError, StorageFailed; nothing is changed then.
    """
    from store.restoring import put_in_place

    before = count_live(settings)
    if before and not settings.database_url.startswith("sqlite"):
        _keep_present(settings, now)  # of a file, the old one stays beside the new
    with _scratch_folder(settings) as folder, open_scratch(file, folder) as scratch:
        card = read_card(file)
        counts = put_in_place(scratch, settings.database_url, now)
    return Restored(card=card, counts=counts, now_there=before)


def count_live(settings: Settings) -> Mapping[str, int]:
    """The rows of each table in use; nothing where there is no database, or none to be read."""
    from store.transfer import count_rows

    if not _may_exist(settings):
        return {}
    try:
        engine = open_database(settings.database_url)
        try:
            with engine.connect() as connection:
                return count_rows(connection)
        finally:
            engine.dispose()
    except RollcallError:
        return {}


def upgrade(engine: Engine, settings: Settings, now: datetime) -> Upgraded:
    """What was done to bring the database to this program's schema; a backup comes first.

    The caller holds the data folder.

    Raises: ConfigError when the database is empty or newer, StorageFailed.
    """
    before = schema_version(engine)
    if before is None:
        raise ConfigError("the database is empty", to_do="run: rollcall init")
    if before == SCHEMA:
        return Upgraded(before=before, after=before, backup=None)
    file = None
    if before < SCHEMA:
        file, _ = back_up(engine, settings, now)
    migrate(engine)  # refuses a newer one
    return Upgraded(before=before, after=SCHEMA, backup=file)


def _keep_present(settings: Settings, now: datetime) -> None:
    engine = open_database(settings.database_url)
    make_backup_folder(settings.backup_folder)
    file = settings.backup_folder / f"before-restore-{now.astimezone(UTC):{STAMP}}{SUFFIX}"
    try:
        back_up(engine, settings, now, file)
    finally:
        engine.dispose()


def _may_exist(settings: Settings) -> bool:
    """False where nothing was ever made, and opening it would make an empty file."""
    prefix = "sqlite:///"
    url = settings.database_url
    return not url.startswith(prefix) or Path(url.removeprefix(prefix)).is_file()


@contextmanager
def _scratch_folder(settings: Settings) -> Iterator[Path]:
    """A folder beside the database, so that what is loaded there can take its place."""
    home = settings.data_dir
    url = settings.database_url
    if url.startswith("sqlite:///"):
        home = Path(url.removeprefix("sqlite:///")).parent
    # A check may come before there is a folder, and makes none.
    home = next(one for one in (home, *home.absolute().parents) if one.is_dir())
    with storage_trouble(home):
        folder = tempfile.TemporaryDirectory(prefix=f"scratch-{os.getpid()}-", dir=home)
    with folder as name:
        yield Path(name)
