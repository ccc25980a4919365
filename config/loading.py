"""TOML, then environment, then flags: the later wins, and each value keeps its origin."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import NoReturn, TypeVar

from config.mailboxes import MAILBOX_READERS, build_mailbox
from config.mailboxes import NAME as MAILBOX_NAME
from config.mailboxes import VARIABLE as MAILBOX_VARIABLE
from config.settings import (
    AlertSettings,
    BackupSettings,
    CrawlLimits,
    HostSettings,
    LogSettings,
    MailboxSettings,
    MailSettings,
    ReportSettings,
    ScheduleSettings,
    Settings,
    WebSettings,
    WorkerSettings,
)
from config.values import (
    HOST_NAME,
    HOST_READERS,
    READERS,
    SECTIONS,
    Raw,
    WrongValue,
    read_rule,
)
from domain.errors import ConfigError

FILE_NAME = "rollcall.toml"
DATABASE_NAME = "rollcall.db"
DEFAULT = "default"
FLAG = "command line"
DATA_VARIABLE = "ROLLCALL_DATA"
PASSWORD_VARIABLE = "ROLLCALL_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
VARIABLES: Mapping[str, str] = {
    "ROLLCALL_DATABASE_URL": "database_url",
    "ROLLCALL_ALLOW_PRIVATE": "allow_private",
    "ROLLCALL_SMTP_PASSWORD_FILE": "mail.password_file",
    "ROLLCALL_PING_URL": "alerts.ping_url",
}
ALL_VARIABLES = (DATA_VARIABLE, PASSWORD_VARIABLE, *VARIABLES)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A value as somebody gave it, with the place where it stands."""

    raw: Raw
    origin: str


def load(
    data_dir: Path | None,
    environ: Mapping[str, str],
    *,
    flags: Mapping[str, Raw] | None = None,
) -> Settings:
    """The settings in force for a data folder (given, `ROLLCALL_DATA`, or the user's own).

    `flags` maps dotted names ("web.port") to values given on the command line.

    Raises: ConfigError, for an unknown name or a value of the wrong kind, with file and line.
    """
    folder, folder_origin = _find_folder(data_dir, environ)
    file = folder / FILE_NAME
    table = _read_toml(file)
    given = _flatten(_packaged_table("defaults.toml"), DEFAULT, lines={})
    given |= _flatten_rules("scoring", _packaged_table("scoring.toml"), _nowhere)
    given |= _flatten(table, str(file), lines=_find_lines(file))
    given |= _read_environment(environ)
    given |= {name: Given(raw=raw, origin=FLAG) for name, raw in (flags or {}).items()}
    hosts = {name: given.pop(name) for name in list(given) if name.startswith("hosts.")}
    boxes = {name: given.pop(name) for name in list(given) if name.startswith("mailboxes.")}
    rules = {name: given.pop(name) for name in list(given) if name.startswith("scoring.")}
    values = {name: _check(READERS[name], name, given[name]) for name in READERS}
    origins = {name: value.origin for name, value in (given | hosts | boxes | rules).items()}
    origins["data_dir"] = folder_origin
    values["hosts"] = _build_hosts(hosts)
    boxes_built = _build_mailboxes(folder, boxes, environ)
    _check_bounces(str(values["report.bounce_mailbox"]), boxes_built, origins)
    values["mailboxes"] = boxes_built
    values["scoring"] = {
        name.removeprefix("scoring."): _check(read_rule, name, rule) for name, rule in rules.items()
    }
    return _build_settings(folder, values, origins=origins, environ=environ)


def _find_folder(data_dir: Path | None, environ: Mapping[str, str]) -> tuple[Path, str]:
    if data_dir is not None:
        return data_dir.expanduser().absolute(), FLAG
    if environ.get(DATA_VARIABLE):
        return Path(environ[DATA_VARIABLE]).expanduser().absolute(), f"environment {DATA_VARIABLE}"
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed when a folder is named

    return user_data_path("rollcall"), DEFAULT


# ---- reading ------------------------------------------------------------------------------


def _packaged_table(name: str) -> dict[str, Raw]:
    return tomllib.loads(files("config").joinpath(name).read_text(encoding="utf-8"))


def _nowhere(name: str) -> str:
    return f"config/scoring.toml ({name})"


def _read_toml(file: Path) -> dict[str, Raw]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not TOML: {error}", where=str(file), to_do="correct it") from error
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}",
            where=str(file),
            to_do="let this user read it, or name another folder with --data",
        ) from error


def _find_lines(file: Path) -> dict[str, int]:
    """The line number of each dotted name, as far as the file is written plainly."""
    lines: dict[str, int] = {}
    section = ""
    if not file.is_file():
        return lines
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            section = header[1].replace('"', "").replace("'", "")
            lines.setdefault(section, number)
        elif key := re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line):
            lines.setdefault(f"{section}.{key[1]}".removeprefix("."), number)
    return lines


def _flatten(table: Mapping[str, Raw], file: str, *, lines: Mapping[str, int]) -> dict[str, Given]:
    """Dotted names with their values; every name is a known one."""
    given: dict[str, Given] = {}

    def place(name: str) -> str:
        return f"{file}:{lines[name]}" if name in lines else file

    for key, raw in table.items():
        if key == "hosts":
            given |= _flatten_hosts(raw, place)
        elif key == "mailboxes":
            given |= _flatten_mailboxes(raw, place)
        elif key == "scoring":
            given |= _flatten_rules(key, raw, place)
        elif key in SECTIONS:
            given |= _flatten_section(key, raw, place)
        else:
            _require_known(key, [n for n in READERS if "." not in n] + sorted(SECTIONS), place(key))
            given[key] = Given(raw=raw, origin=place(key))
    return given


def _flatten_section(section: str, raw: Raw, place: Callable[[str], str]) -> dict[str, Given]:
    if not isinstance(raw, dict):
        raise ConfigError(
            f"{section} is a section", where=place(section), to_do=f"write it as [{section}]"
        )
    given = {}
    for key, value in raw.items():
        name = f"{section}.{key}"
        if name == "mail.password":
            _refuse_password(name, place(name), PASSWORD_VARIABLE)
        _require_known(name, READERS, place(name))
        given[name] = Given(raw=value, origin=place(name))
    return given


def _refuse_password(name: str, where: str, variable: str) -> NoReturn:
    raise ConfigError(
        "a password does not belong in this file",
        where=where,
        to_do=f"use {name}_file, or {variable} in the environment",
    )


def _flatten_hosts(raw: Raw, place: Callable[[str], str]) -> dict[str, Given]:
    given: dict[str, Given] = {}
    for host, table in raw.items() if isinstance(raw, dict) else [("", raw)]:
        # Without quotes around the name its dots make tables in tables.
        if (
            not HOST_NAME.fullmatch(host)
            or not isinstance(table, dict)
            or any(isinstance(value, dict) for value in table.values())
        ):
            raise ConfigError(
                "a host's section is its name in quotes, in small letters, without a port",
                where=place(f"hosts.{host}"),
                to_do='write it like [hosts."lists.example.org"]',
            )
        for key, value in table.items():
            name = f"hosts.{host}.{key}"
            _require_known(key, HOST_READERS, place(name))
            given[name] = Given(raw=value, origin=place(name))
    return given


def _flatten_mailboxes(raw: Raw, place: Callable[[str], str]) -> dict[str, Given]:
    given: dict[str, Given] = {}
    for box, table in raw.items() if isinstance(raw, dict) else [("", raw)]:
        if not MAILBOX_NAME.fullmatch(box) or not isinstance(table, dict):
            raise ConfigError(
                "a mailbox's section has a name of small letters, digits and dashes",
                where=place(f"mailboxes.{box}"),
                to_do="write it like [mailboxes.lists]",
            )
        for key, value in table.items():
            name = f"mailboxes.{box}.{key}"
            if key == "password":
                _refuse_password(name, place(name), f"{MAILBOX_VARIABLE}{box.upper()}")
            _require_known(key, MAILBOX_READERS, place(name))
            given[name] = Given(raw=value, origin=place(name))
    return given


def _flatten_rules(name: str, raw: Raw, place: Callable[[str], str]) -> dict[str, Given]:
    """Entries of the scoring rules; their names are checked where the rules are known."""
    if not isinstance(raw, dict):
        return {name: Given(raw=raw, origin=place(name))}
    given: dict[str, Given] = {}
    for key, value in raw.items():
        given |= _flatten_rules(f"{name}.{key}", value, place)
    return given


def _read_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    for variable in environ:
        ours = variable.startswith("ROLLCALL_") and not variable.startswith(MAILBOX_VARIABLE)
        if ours and variable not in ALL_VARIABLES:
            _fail_unknown(variable, ALL_VARIABLES, "environment")
    return {
        name: Given(raw=environ[variable], origin=f"environment {variable}")
        for variable, name in VARIABLES.items()
        if environ.get(variable)
    }


def _require_known(name: str, known: Collection[str], where: str) -> None:
    if name not in known:
        _fail_unknown(name, known, where)


def _fail_unknown(name: str, known: Collection[str], where: str) -> NoReturn:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    to_do = f"did you mean {near[0]!r}?" if near else "`rollcall config show` lists the settings"
    raise ConfigError(f"there is no setting {name!r}", where=where, to_do=to_do)


def _check(read: Callable[[Raw], T], name: str, given: Given) -> T:
    try:
        return read(given.raw)
    except WrongValue as error:
        raise ConfigError(f"{name} {error}", where=given.origin, to_do="correct it") from error


# ---- building -----------------------------------------------------------------------------


def _build_hosts(given: Mapping[str, Given]) -> dict[str, HostSettings]:
    values: dict[str, dict[str, object]] = {}
    for name, value in given.items():
        host, _, key = name.removeprefix("hosts.").rpartition(".")
        values.setdefault(host, {})[key] = _check(HOST_READERS[key], name, value)
    return {host: _build(HostSettings, own) for host, own in values.items()}


def _build_mailboxes(
    folder: Path, given: Mapping[str, Given], environ: Mapping[str, str]
) -> dict[str, MailboxSettings]:
    values: dict[str, dict[str, object]] = {}
    origins: dict[str, str] = {}
    for name, value in given.items():
        box, _, key = name.removeprefix("mailboxes.").rpartition(".")
        values.setdefault(box, {})[key] = _check(MAILBOX_READERS[key], name, value)
        origins.setdefault(box, value.origin)
    return {
        box: build_mailbox(box, own, folder=folder, environ=environ, origin=origins[box])
        for box, own in values.items()
    }


def _build_settings(
    folder: Path,
    values: Mapping[str, object],
    *,
    origins: Mapping[str, str],
    environ: Mapping[str, str],
) -> Settings:
    def section(name: str) -> dict[str, object]:
        return {k.partition(".")[2]: v for k, v in values.items() if k.startswith(f"{name}.")}

    schedule = _build(ScheduleSettings, section("schedule"))
    if schedule.shortest_revisit_hours > schedule.longest_revisit_hours:
        raise ConfigError(
            "schedule.shortest_revisit_hours is more than schedule.longest_revisit_hours",
            where=origins["schedule.shortest_revisit_hours"],
            to_do="correct one of them",
        )
    top = {name: value for name, value in values.items() if "." not in name}
    top["database_url"] = values["database_url"] or f"sqlite:///{folder / DATABASE_NAME}"
    return _build(
        Settings,
        {
            **top,
            "data_dir": folder,
            "crawl": _build(CrawlLimits, section("crawl")),
            "schedule": schedule,
            "workers": _build(WorkerSettings, section("workers")),
            "report": _build(ReportSettings, section("report")),
            "alerts": _build(AlertSettings, section("alerts")),
            "backup": _build(BackupSettings, section("backup")),
            "log": _build(LogSettings, section("log")),
            "mail": _build_mail(folder, section("mail"), origins["mail.password_file"], environ),
            "web": _build(WebSettings, section("web")),
            "origins": origins,
        },
    )


def _check_bounces(name: str, boxes: Collection[str], origins: Mapping[str, str]) -> None:
    """Nothing, if the mailbox for what comes back is one of the mailboxes."""
    if name and name not in boxes:
        raise ConfigError(
            f"there is no mailbox {name!r} for report.bounce_mailbox",
            where=origins["report.bounce_mailbox"],
            to_do=f"add a section [mailboxes.{name}]",
        )


def _build_mail(
    folder: Path, values: Mapping[str, object], origin: str, environ: Mapping[str, str]
) -> MailSettings:
    mail = _build(MailSettings, values)
    if environ.get(PASSWORD_VARIABLE):
        return _build(MailSettings, {**values, "password": environ[PASSWORD_VARIABLE]})
    if mail.password_file is None:
        return mail
    file = folder / mail.password_file
    try:
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"mail.password_file {file} cannot be read",
            where=origin,
            to_do="write the password into it and let this user read it",
        ) from error
    return _build(MailSettings, {**values, "password_file": file, "password": password})


def _build(make: Callable[..., T], values: Mapping[str, object]) -> T:
    # The readers checked each value; tests/config compares their types with the annotations.
    return make(**values)
