"""A recipe from its TOML file, or what is wrong in it: file, line and what to write instead.

Selectors are CSS, with `::text` and `::attr(name)`, or XPath where they begin with `/`, `./`, `(`
or `@`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lxml import etree
from parsel import css2xpath

from crawler.formats.recipe import (
    PAGE_END,
    DateForm,
    DateRules,
    OlderRules,
    PageRules,
    PostRules,
    Recipe,
    Rows,
    ThreadRules,
)
from domain.errors import ConfigError

_TABLE_LINE = re.compile(r"\s*\[\s*([\w-]+)\s*\]")
_KEY_LINE = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=")
_XPATH_STARTS = ("/", "./", "(", "@")
Choice = TypeVar("Choice", bound=StrEnum)

KEYS: Mapping[str, Mapping[str, type]] = {
    "list": {
        "each": str,
        "shows": str,
        "must_have": str,
        "empty": str,
        "declared": str,
        "ends_with": str,
    },
    "row": dict.fromkeys(("id", "date", "author", "subject", "link", "reply_to"), str),
    "date": {"form": str, "zone": str, "day_first": bool, "pattern": str},
    "older": {"next": str, "address": str, "first": int},
    "thread": {"each": str, "must_have": str, "next": str, "ends_with": str},
    "post": dict.fromkeys(("id", "date", "author", "subject", "link", "reply_to"), str),
    "post_date": {"form": str, "zone": str, "day_first": bool, "pattern": str},
}
"""Every table of a recipe with its keys and their types."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "list": ("each", "shows", "must_have"),
    "row": ("date",),
    "thread": ("each", "must_have"),
    "post": ("date",),
}
_EXAMPLES = {
    "each": 'each = "li.post"',
    "shows": f'shows = "{Rows.POSTS}"',
    "must_have": 'must_have = "main#forum"',
    "date": 'date = "time::attr(datetime)"',
    "id": 'id = "::attr(data-id)"',
    "link": 'link = "h3 a::attr(href)"',
}
_KINDS = {str: 'text, like "li.post"', int: "a whole number", bool: "true or false"}


def read_recipe(text: str, *, name: str, where: str) -> Recipe:
    """The recipe in a TOML text; `where` is the file's name for messages.

    Raises: ConfigError.
    """
    return _Reader(text, where).read(name)


class _Reader:
    """Reads one file; knows on which line each key stands."""

    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.lines = _find_lines(text)
        try:
            self.tables = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(
                f"is not TOML: {error}",
                where=where,
                to_do='write each part as `name = "value"` below a [table]; texts need quotes',
            ) from error

    def read(self, name: str) -> Recipe:
        """The recipe. Raises: ConfigError."""
        self._check_keys()
        rows = self._choice("list", "shows", Rows)
        opens = "thread" in self.tables
        self._check_steps(rows, opens=opens)
        date = self._date("date", DateRules())
        return Recipe(
            name=name,
            rows=rows,
            page=self._page("list"),
            row=self._post("row"),
            date=date,
            older=self._older() if "older" in self.tables else None,
            thread=self._thread(date) if opens else None,
        )

    # ---- what may stand where ------------------------------------------------------------

    def _check_keys(self) -> None:
        for table, keys in self.tables.items():
            if table not in KEYS or not isinstance(keys, dict):
                known = ", ".join(f"[{name}]" for name in KEYS)
                near = f"write [{_nearest(table, KEYS)}]; there are {known}"
                self._fail(table, "", f"there is no `{table}` at the top of a recipe", near)
            for key, value in keys.items():
                self._check_key(table, key, value)
        for table in ("list", "row", *(("thread", "post") if "thread" in self.tables else ())):
            for key in NEEDED[table]:
                if key not in self.tables.get(table, {}):
                    what = f"[{table}] does not say `{key}`"
                    self._fail(table, "", what, f"add {_EXAMPLES[key]} below [{table}]")
            if table in ("row", "post") and not {"id", "link"} & self.tables[table].keys():
                what = f"[{table}] says neither `id` nor `link`, so posts cannot be told apart"
                self._fail(table, "", what, f"add {_EXAMPLES['id']} or {_EXAMPLES['link']}")

    def _check_key(self, table: str, key: str, value: object) -> None:
        if key not in KEYS[table]:
            near = f"write `{_nearest(key, KEYS[table])}`, or leave it out"
            self._fail(table, key, f"[{table}] has no `{key}`", near)
        kind = KEYS[table][key]
        if type(value) is not kind or value == "":
            what = f"`{key}` is {value!r}"
            self._fail(table, key, what, f"write {_KINDS[kind]}")

    def _check_steps(self, rows: Rows, *, opens: bool) -> None:
        if rows is Rows.THREADS_BY_LAST_POST and not opens:
            what = "a list of threads by last post shows no posts itself"
            to_do = "add [thread] and [post], which say how to read the page of a thread"
            self._fail("list", "shows", what, to_do)
        if opens and rows is not Rows.THREADS_BY_LAST_POST:
            what = f"[thread] opens each thread, but the list shows {rows}"
            to_do = f'write shows = "{Rows.THREADS_BY_LAST_POST}" if that is so, or drop [thread]'
            self._fail("list", "shows", what, to_do)
        if not opens and "post" in self.tables:
            what = "[post] says how to read a thread, but nothing opens one"
            self._fail("post", "", what, "add [thread], or drop [post]")
        if opens and "link" not in self.tables["row"]:
            what = "[row] does not say `link`, which leads to the page of the thread"
            self._fail("row", "", what, f"add {_EXAMPLES['link']}")

    # ---- the parts ------------------------------------------------------------------------

    def _page(self, table: str) -> PageRules:
        return PageRules(
            each=self._selector(table, "each"),
            must_have=self._selector(table, "must_have"),
            empty=self._selector(table, "empty"),
            declared=self._selector(table, "declared"),
            ends_with=self._text(table, "ends_with") or PAGE_END,
        )

    def _post(self, table: str) -> PostRules:
        return PostRules(
            date=self._selector(table, "date"),
            id=self._selector(table, "id"),
            link=self._selector(table, "link"),
            author=self._selector(table, "author"),
            subject=self._selector(table, "subject"),
            reply_to=self._selector(table, "reply_to"),
        )

    def _date(self, table: str, usual: DateRules) -> DateRules:
        given = self.tables.get(table)
        if given is None:
            return usual
        self._check_zone(table)
        self._check_pattern(table)
        return DateRules(
            form=self._choice(table, "form", DateForm) if "form" in given else DateForm.TEXT,
            zone=self._text(table, "zone"),
            day_first=given.get("day_first"),
            pattern=self._text(table, "pattern"),
        )

    def _older(self) -> OlderRules:
        given = self.tables["older"]
        if ("next" in given) == ("address" in given):
            what = "[older] needs either `next` or `address`"
            to_do = 'write next = "a[rel=next]", or address = "?page={n}"'
            self._fail("older", "", what, to_do)
        address = self._text("older", "address")
        if address and address.count("{n}") != 1:
            what = f"`address` is {address!r}, without the place of the number"
            self._fail("older", "address", what, 'write it with {n} once, like "?page={n}"')
        return OlderRules(
            next=self._selector("older", "next"), address=address, first=given.get("first", 2)
        )

    def _thread(self, date: DateRules) -> ThreadRules:
        return ThreadRules(
            page=self._page("thread"),
            post=self._post("post"),
            date=self._date("post_date", date),
            next=self._selector("thread", "next"),
        )

    # ---- single values --------------------------------------------------------------------

    def _text(self, table: str, key: str) -> str:
        return str(self.tables.get(table, {}).get(key, ""))

    def _choice(self, table: str, key: str, kinds: type[Choice]) -> Choice:
        text = self._text(table, key)
        try:
            return kinds(text)
        except ValueError:
            choices = " or ".join(f'"{kind}"' for kind in kinds)
            self._fail(table, key, f"`{key}` is {text!r}", f"write {choices}")

    def _selector(self, table: str, key: str) -> str:
        text = self._text(table, key)
        return self._translate(table, key, text) if text else ""

    def _translate(self, table: str, key: str, text: str) -> str:
        try:
            path = text if text.startswith(_XPATH_STARTS) else css2xpath(text)
            etree.XPath(path)
        except (SyntaxError, RuntimeError, etree.XPathError) as error:
            what = f"`{key}` is {text!r}, which is no selector ({error})"
            to_do = f"write CSS like {_EXAMPLES.get(key, _EXAMPLES['link'])}, or an XPath"
            self._fail(table, key, what, to_do)
        return path

    def _check_zone(self, table: str) -> None:
        zone = self._text(table, "zone")
        try:
            ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            what = f"`zone` is {zone!r}, which is no time zone"
            self._fail(table, "zone", what, 'write a place, like "Africa/Nairobi", or "UTC"')

    def _check_pattern(self, table: str) -> None:
        text = self._text(table, "pattern")
        try:
            groups = re.compile(text).groups if text else 1
        except (re.error, OverflowError, RecursionError) as error:
            what = f"`pattern` is {text!r}, which is no regular expression ({error})"
            self._fail(table, "pattern", what, "write it in single quotes, like 'on (.+)$'")
        if groups != 1:
            what = f"`pattern` is {text!r}, with {groups} groups"
            self._fail(table, "pattern", what, "put the date, and only it, in (brackets)")

    def _fail(self, table: str, key: str, what: str, to_do: str) -> NoReturn:
        line = self.lines.get((table, key)) or self.lines.get((table, ""))
        where = f"{self.where}, line {line}" if line else self.where
        raise ConfigError(what, where=where, to_do=to_do)


def _find_lines(text: str) -> dict[tuple[str, str], int]:
    """On which line each table ("" for its key) and each key stands."""
    lines: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        head, key = _TABLE_LINE.match(line), _KEY_LINE.match(line)
        if head:
            table = head[1]
            lines.setdefault((table, ""), number)
        elif key:
            lines.setdefault((table, key[1]), number)
            if not table:
                lines.setdefault((key[1], ""), number)
    return lines


def _nearest(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return near[0] if near else next(iter(names))
