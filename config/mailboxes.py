"""The sections `[mailboxes.NAME]`: subscribed addresses that only count."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from config.settings import SERVER, MailboxSettings
from config.values import Raw, WrongValue, read_path, read_text, read_tls
from domain.errors import ConfigError

VARIABLE = "ROLLCALL_MAILBOX_PASSWORD_"
"""How the environment variable of a password begins; the mailbox's name in capitals ends it."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
KINDS = ("imap", "maildir", "mbox")


def _read_kind(raw: Raw) -> str:
    if raw not in KINDS:
        raise WrongValue('must be "imap", "maildir" or "mbox"')
    return str(raw)


def _read_server(raw: Raw) -> str:
    text = read_text(raw)
    found = SERVER.fullmatch(text)
    if text and (found is None or int(found[2] or 1) > 65_535):
        raise WrongValue('must be a server, like "imap.example.org" or "imap.example.org:1993"')
    return text


def _read_folders(raw: Raw) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(name, str) and name for name in raw):
        raise WrongValue('must be a list of folders, like ["INBOX", "Lists"], or ["*"] for all')
    return tuple(str(name) for name in raw)


MAILBOX_READERS: Mapping[str, Callable[[Raw], object]] = {
    "kind": _read_kind,
    "address": _read_server,
    "tls": read_tls,
    "user": read_text,
    "password_file": read_path,
    "path": read_path,
    "folders": _read_folders,
}


def build_mailbox(
    name: str,
    values: Mapping[str, object],
    *,
    folder: Path,
    environ: Mapping[str, str],
    origin: str,
) -> MailboxSettings:
    """The settings of one mailbox, with its password from the file or the environment.

    Raises: ConfigError.
    """
    box = _make(MailboxSettings, values)
    missing = "kind" if not box.kind else "address" if box.kind == "imap" else "path"
    if not (box.kind and (box.address if box.kind == "imap" else box.path)):
        raise ConfigError(
            f"mailboxes.{name} has no {missing}", where=origin, to_do=f"add a line `{missing} = …`"
        )
    path = folder / box.path.expanduser() if box.path else None
    file = folder / box.password_file.expanduser() if box.password_file else None
    given = {**values, "path": path, "password_file": file}
    variable = VARIABLE + name.upper().replace("-", "_")
    if environ.get(variable):
        given["password"] = environ[variable]
    elif file is not None:
        given["password"] = _read_password(name, file, origin)
    return _make(MailboxSettings, given)


def _read_password(name: str, file: Path, origin: str) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"mailboxes.{name}.password_file {file} cannot be read",
            where=origin,
            to_do="write the password into it and let this user read it",
        ) from error


def _make(make: Callable[..., MailboxSettings], values: Mapping[str, object]) -> MailboxSettings:
    return make(**{"kind": "", **values})
