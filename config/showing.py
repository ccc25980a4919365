"""What is in force, as text, without secrets; and the file a new folder starts with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from importlib.resources import files
from urllib.parse import urlsplit, urlunsplit

from config.mailboxes import MAILBOX_READERS
from config.settings import Settings
from config.values import READERS

MASK = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting as it may be printed."""

    name: str
    value: str | int | float | bool | list[str]
    origin: str


def list_settings(settings: Settings) -> Iterator[Shown]:
    """Every setting in force with its origin; passwords are masked."""
    for name in ("data_dir", *READERS):
        raw: object = reduce(getattr, name.split("."), settings)
        if name == "database_url":
            raw = _mask_password(str(raw))
        if name == "alerts.ping_url":
            raw = _mask_path(str(raw))
        yield Shown(name=name, value=_plain(raw), origin=settings.origins[name])
    if settings.mail.password:
        yield Shown(name="mail.password", value=MASK, origin="environment or password_file")
    for host, own in sorted(settings.hosts.items()):
        name = f"hosts.{host}.delay_seconds"
        yield Shown(name=name, value=own.delay_seconds, origin=settings.origins[name])
    yield from _list_mailboxes(settings)
    for entry, value in sorted(settings.scoring.items()):
        yield Shown(
            name=f"scoring.{entry}", value=value, origin=settings.origins[f"scoring.{entry}"]
        )


def _list_mailboxes(settings: Settings) -> Iterator[Shown]:
    for box, own in sorted(settings.mailboxes.items()):
        for key in MAILBOX_READERS:
            name = f"mailboxes.{box}.{key}"
            origin = settings.origins.get(name, "default")
            yield Shown(name=name, value=_plain(getattr(own, key)), origin=origin)
        if own.password:
            name = f"mailboxes.{box}.password"
            yield Shown(name=name, value=MASK, origin="environment or password_file")


def render_starter(contact: str) -> str:
    """The text of a new rollcall.toml: the contact, and every other setting commented out."""
    text = files("config").joinpath("defaults.toml").read_text(encoding="utf-8")
    # The head speaks of the defaults themselves; a person's own file has another.
    _, _, body = text.partition("\n\n")
    body = re.sub(r"^([a-z_]+ = )", r"# \1", body, flags=re.MULTILINE)
    body = body.replace('# contact = ""', f"contact = {json.dumps(contact)}", 1)
    head = (
        "# Settings of this Rollcall. What is commented out shows the default: remove the `# `\n"
        "# in front of a line to change it. `rollcall config show` prints what is in force.\n\n"
    )
    return head + body


def _mask_password(url: str) -> str:
    parts = urlsplit(url)
    if not parts.password:
        return url
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{MASK}@{host}"))


def _mask_path(url: str) -> str:
    """The address without its path: whoever knows that of a dead-man's switch can feed it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{MASK}", query="", fragment="")) if url else url


def _plain(raw: object) -> str | int | float | bool | list[str]:
    if raw is None:
        return ""
    if isinstance(raw, Enum):
        return str(raw.value)
    if isinstance(raw, bool | int | float):
        return raw
    return [str(item) for item in raw] if isinstance(raw, tuple) else str(raw)
