"""What a made-up host answers, as values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import Protocol

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. With `last_modified` it also gets an ETag and can be answered 304.

    `lie_about_length` sends a Content-Length of the whole body but only its first half;
    `hang_up` closes the connection without an answer; `delay_seconds` waits first.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = HTML
    last_modified: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()
    lie_about_length: bool = False
    hang_up: bool = False
    delay_seconds: float = 0.0

    @property
    def etag(self) -> str | None:
        """Size and time of change in hexadecimal, as a file server makes it."""
        if self.last_modified is None:
            return None
        return f'"{len(self.body):x}-{int(self.last_modified.timestamp() * 1e6):x}"'

    def with_header(self, name: str, value: str) -> Answer:
        return replace(self, headers=(*self.headers, (name, value)))


class Site(Protocol):
    """Everything one host says; `None` where it has no such page."""

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None: ...


@dataclass(frozen=True, slots=True)
class Pages:
    """A site of fixed pages; each is built when it is asked for."""

    pages: Mapping[str, Callable[[], Answer]]

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None:
        build = self.pages.get(path)
        return build() if build else None


@dataclass(frozen=True, slots=True)
class Below:
    """One answer for every address that begins with `prefix`."""

    prefix: str
    said: Answer

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None:
        return self.said if path.startswith(self.prefix) else None


@dataclass(frozen=True, slots=True)
class FirstOf:
    """Several sites on one host; the first that has the page answers."""

    sites: tuple[Site, ...]

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None:
        for site in self.sites:
            said = site.answer(path, query)
            if said is not None:
                return said
        return None


def html_answer(title: str, body: str, *, head: str = "", status: int = 200) -> Answer:
    """A small page around `body`, which is HTML already."""
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n{head}</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    return Answer(body=page.encode(), status=status)


def json_answer(value: object, *, content_type: str = "application/json") -> Answer:
    """The value as JSON."""
    return Answer(body=json.dumps(value).encode(), content_type=content_type)
