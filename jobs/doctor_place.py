"""The checks of the machine and the data folder."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo

from config import FILE_NAME, list_settings
from crawler.kept import measure
from jobs.doctor import Check, Finding, Grade, Patient, ok, skip
from jobs.keeping import purge_raw

MIB = 1024 * 1024
LEAST_FREE_MIB = 200
LITTLE_FREE_MIB = 1_024
OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Source: adjtimex(2): the value it returns while the clock is not synchronised.
TIME_ERROR = 5
TIMEX_BYTES = 512
OLDEST_ZONES_YEARS = 3


def check_program(_patient: Patient) -> Iterator[Finding]:
    """Which program this is."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    yield ok("program", f"Python {python}, rollcall {version('rollcall')}")


def check_settings(patient: Patient) -> Iterator[Finding]:
    """Whether somebody set what has no default."""
    settings = patient.settings
    file = settings.data_dir / FILE_NAME
    origins = [shown.origin for shown in list_settings(settings)]
    own = sum(origin.startswith(str(file)) for origin in origins)
    around = sum(origin.startswith("environment") for origin in origins)
    yield ok("settings", f"{own} set in {FILE_NAME}, {around} in the environment")
    if settings.contact:
        yield ok("contact", f"hosts are told {settings.contact}")
        return
    yield Finding(
        check="contact",
        grade=Grade.FAIL,
        said="no contact is set, so nothing is visited",
        where=str(file),
        to_do='set contact = "your mail address"',
    )


def check_folder(patient: Patient) -> Iterator[Finding]:
    """Whether we may write there, and nobody else may look."""
    folder = patient.settings.data_dir
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            check="folder",
            grade=Grade.FAIL,
            said="this user cannot write to the data folder" if folder.exists() else "is missing",
            where=str(folder),
            to_do="let this user write there, or run: rollcall init",
        )
        return
    open_ones = [path for path in _list_private(patient) if path.stat().st_mode & OTHERS]
    for path in open_ones:
        closed = stat.S_IMODE(path.stat().st_mode) & ~OTHERS
        yield Finding(
            check="folder",
            grade=Grade.WARN,
            said="other users of this machine may look into it",
            where=str(path),
            to_do=f"chmod go= {path}",
            repair=partial(path.chmod, closed),
        )
    if not open_ones:
        yield ok("folder", f"{folder}, only its owner may look")


def _list_private(patient: Patient) -> list[Path]:
    """The folders that are closed themselves; what lies in a closed one is closed too."""
    home, backups = patient.settings.data_dir, patient.settings.backup_folder
    apart = backups.exists() and home not in backups.parents
    return [home, backups] if apart else [home]


def check_disk(patient: Patient) -> Iterator[Finding]:
    """How much room there is."""
    folder = patient.settings.data_dir
    if not folder.exists():
        yield skip("disk", "there is no data folder yet")
        return
    free = shutil.disk_usage(folder).free // MIB
    grade = Grade.FAIL if free < LEAST_FREE_MIB else Grade.WARN
    if free >= LITTLE_FREE_MIB:
        yield ok("disk", f"{free} MiB free")
        return
    yield Finding(
        check="disk", grade=grade, said=f"{free} MiB free", where=str(folder), to_do="make room"
    )


def check_raw(patient: Patient) -> Iterator[Finding]:
    """Whether the raw answers keep within their room."""
    settings = patient.settings
    used, cap = measure(settings.raw_folder), settings.raw_cap_mib * MIB
    cap = cap if settings.keep_raw else 0
    if used <= cap:
        yield ok("raw answers", f"{used // MIB} of {cap // MIB} MiB")
        return
    yield Finding(
        check="raw answers",
        grade=Grade.WARN,
        said=f"{used // MIB} MiB, more than raw_cap_mib allows ({cap // MIB})",
        where=str(settings.raw_folder),
        to_do="rollcall purge",
        repair=partial(purge_raw, settings, patient.now),
    )


def check_clock(_patient: Patient) -> Iterator[Finding]:
    """Whether something keeps this machine's clock right."""
    kept = read_clock_state()
    if kept is None:
        yield skip("clock", "the machine does not say whether its clock is kept right")
        return
    if kept:
        yield ok("clock", "kept right by the machine")
        return
    yield Finding(
        check="clock",
        grade=Grade.WARN,
        said="nothing keeps the clock right; dates decide who is inactive",
        to_do="switch on time synchronisation, such as systemd-timesyncd",
    )


def read_clock_state() -> bool | None:
    """Whether something keeps the clock right; `None` where we may not ask the kernel."""
    buffer = ctypes.create_string_buffer(TIMEX_BYTES)  # no wish in it: it is only read
    try:
        state: int = ctypes.CDLL(None).adjtimex(buffer)
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state < TIME_ERROR


def check_zones(patient: Patient) -> Iterator[Finding]:
    """Whether the time zones are known and not of old."""
    zone = patient.settings.schedule.time_zone
    patient.now.astimezone(zone)
    patient.now.astimezone(ZoneInfo("America/New_York"))
    try:
        edition = version("tzdata")
    except PackageNotFoundError:
        yield ok("time zones", f"{zone}, as the machine knows it")
        return
    year = int(edition.partition(".")[0])
    if patient.now.year - year <= OLDEST_ZONES_YEARS:
        yield ok("time zones", f"{zone}, edition {edition}")
        return
    yield Finding(
        check="time zones",
        grade=Grade.WARN,
        said=f"the rules of time zones are of {year}",
        to_do="install a newer tzdata",
    )


PLACE_CHECKS: tuple[Check, ...] = (
    check_program,
    check_settings,
    check_folder,
    check_disk,
    check_raw,
    check_clock,
    check_zones,
)
