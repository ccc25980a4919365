"""A JSON answer, read by name: what is missing or of another kind is an error that says where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.formats.html import explain_page
from domain.errors import Unparseable
from domain.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a JSON answer, and the path that leads to it.

    Raises: Unparseable from every reading of another kind than what is there.
    """

    value: object
    url: str
    path: str = "the answer"

    def __getitem__(self, key: str) -> Node:
        """The value under `key`, which must be there."""
        found = self.get(key)
        if found is None:
            raise self.strange(f"no “{key}”")
        return found

    def get(self, key: str) -> Node | None:
        """The value under `key`; `None` where there is none, or null."""
        if not isinstance(self.value, dict):
            raise self.strange("no object")
        value = self.value.get(key)
        return None if value is None else Node(value, self.url, f"{self.path}.{key}")

    def __iter__(self) -> Iterator[Node]:
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.strange("no list")
        for place, value in enumerate(self.value):
            yield Node(value, self.url, f"{self.path}[{place}]")

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, list)

    def text(self, key: str) -> str:
        """The text (or the number, as text) under `key`; empty where there is none, or null."""
        found = self.get(key)
        if found is None:
            return ""
        if isinstance(found.value, bool) or not isinstance(found.value, str | int | float):
            raise found.strange("no text")
        return str(found.value)

    def number(self, key: str) -> int:
        """The whole number under `key`, which must be there; digits in a text count."""
        found = self[key]
        if isinstance(found.value, bool) or not isinstance(found.value, str | int | float):
            raise found.strange("no number")
        try:
            return int(found.value)
        except (ValueError, OverflowError):
            raise found.strange("no number") from None

    def flag(self, key: str) -> bool:
        """Whether `key` is set; false where there is none."""
        found = self.get(key)
        return bool(found and found.value)

    def strange(self, what: str) -> Unparseable:
        """The error that this value means where `what` was wanted."""
        return Unparseable(
            Outcome.UNPARSEABLE,
            f"{self.path} is {what}" if not what.startswith("no “") else f"{self.path} has {what}",
            where=self.url,
            to_do="look at the answer; if it is right, the adapter needs a developer",
        )


def read_json(body: bytes, *, url: str, status: int, expected: str) -> Node:
    """The JSON of an answer. `expected` says in words what should have come.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    try:
        return Node(json.loads(body), url)
    except (ValueError, RecursionError):
        raise explain_page(body, url=url, status=status, expected=expected) from None
