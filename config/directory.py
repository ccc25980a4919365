"""Directory files: communities and where they can be watched, as people keep them in TOML.

The form is published as a JSON Schema, `directory.schema.json`. A record that does not keep to it
is refused with its file, its line and the reason; of a file with one wrong record nothing is taken.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from domain.errors import UsageError
from domain.records import FactLink, Membership, Platform

SCHEMA_FILE = "directory.schema.json"
STARTER_FILE = "directory.toml"
_RECORD = re.compile(r"^[ \t]*\[\[ *communities *\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """An address at which a community is to be watched. `tried` is false for a derived one."""

    url: str
    platform: Platform
    recipe: str = ""
    tried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCommunity:
    """A community as a directory file describes it. `line` is where its record begins."""

    slug: str
    name: str
    line: int
    homepage: str = ""
    description: str = ""
    host: str = ""
    founded: int | None = None
    languages: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    membership: Membership = Membership.UNKNOWN
    scope: str = ""
    observable: str = "unknown"
    follows: str = ""
    followed_by: str = ""
    owner_address: str = ""
    evidence: tuple[FactLink, ...] = ()
    sources: tuple[ListedSource, ...] = ()


def load_starter() -> tuple[ListedCommunity, ...]:
    """The directory that comes with the program."""
    text = (files("config") / STARTER_FILE).read_text(encoding="utf-8")
    return read_directory(text, where=STARTER_FILE)


def load_directory(path: Path) -> tuple[ListedCommunity, ...]:
    """The communities of a directory file.

    Raises: UsageError.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(
            f"the directory file cannot be read: {reason}", where=str(path), to_do="check the path"
        ) from error
    return read_directory(text, where=str(path))


def read_directory(text: str, *, where: str) -> tuple[ListedCommunity, ...]:
    """The communities of a directory in TOML.

    Raises: UsageError that names the file, the line and everything that is wrong.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"no TOML: {error}", where=where, to_do="correct that line") from error
    lines = [text.count("\n", 0, found.start()) + 1 for found in _RECORD.finditer(text)]
    wrong = [*_check_form(content, lines), *_check_sense(content, lines)]
    if wrong:
        raise UsageError(
            "\n".join(["the directory is not taken over:", *wrong]),
            where=where,
            to_do="correct these records; `rollcall schema` prints the form",
        )
    return tuple(
        _build(record, line) for record, line in zip(content["communities"], lines, strict=True)
    )


def schema_text() -> str:
    """The JSON Schema of directory files, as it is published."""
    return (files("config") / SCHEMA_FILE).read_text(encoding="utf-8")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text()))


def _check_form(content: Mapping[str, Any], lines: list[int]) -> Iterator[str]:
    for error in sorted(_validator().iter_errors(content), key=lambda error: list(error.path)):
        yield _say_wrong(error, lines)


def _say_wrong(error: ValidationError, lines: list[int]) -> str:
    path = list(error.absolute_path)
    if len(path) > 1 and path[0] == "communities" and isinstance(path[1], int):
        place = path[1]
        at = f"line {lines[place]}: " if place < len(lines) else ""
        inside = ".".join(str(part) for part in path[2:])
        return f"  {at}{inside + ': ' if inside else ''}{error.message}"
    return f"  {'.'.join(str(part) for part in path) or 'the file'}: {error.message}"


def _check_sense(content: Mapping[str, Any], lines: list[int]) -> Iterator[str]:
    """What no schema can say: names that stand twice, or name nothing."""
    records = [one for one in _list_of(content.get("communities")) if isinstance(one, dict)]
    slugs = Counter(str(one.get("id")) for one in records)
    addresses = Counter(
        str(source.get("url")) for one in records for source in _list_of(one.get("sources"))
    )
    platforms = {platform.value for platform in Platform}
    for record, line in zip(records, lines, strict=False):
        if slugs[str(record.get("id"))] > 1:
            yield f"  line {line}: the id {record.get('id')!r} stands twice"
        for key in ("follows", "followed_by"):
            if record.get(key) and record[key] not in slugs:
                yield f"  line {line}: {key} names {record[key]!r}, which is not in this file"
        for source in _list_of(record.get("sources")):
            if source.get("platform") not in platforms:
                yield f"  line {line}: there is no platform {source.get('platform')!r}"
            if addresses[str(source.get("url"))] > 1:
                yield f"  line {line}: the address {source.get('url')} is watched twice"


def _list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _build(record: Mapping[str, Any], line: int) -> ListedCommunity:
    return ListedCommunity(
        slug=record["id"],
        name=record["name"],
        line=line,
        homepage=record.get("homepage", ""),
        description=record.get("description", ""),
        host=record.get("host", ""),
        founded=record.get("founded"),
        languages=tuple(record.get("languages", ())),
        regions=tuple(record.get("regions", ())),
        topics=tuple(record.get("topics", ())),
        membership=Membership(record.get("membership", "unknown")),
        scope=record.get("scope", ""),
        observable=record.get("observable", "unknown"),
        follows=record.get("follows", ""),
        followed_by=record.get("followed_by", ""),
        owner_address=record.get("owner_address", ""),
        evidence=tuple(_build_links(record.get("evidence", ()))),
        sources=tuple(
            ListedSource(
                url=source["url"],
                platform=Platform(source["platform"]),
                recipe=source.get("recipe", ""),
                tried=source.get("tried", True),
            )
            for source in record.get("sources", ())
        ),
    )


def _build_links(records: Iterable[Mapping[str, Any]]) -> Iterator[FactLink]:
    for record in records:
        yield FactLink(url=record["url"], supports=tuple(record["supports"]))
