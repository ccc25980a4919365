"""A recipe: how to read one site, as an operator writes it down in a file instead of code.

The values only, with every selector as an XPath; `crawler.formats.recipe_file` reads the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PAGE_END = "</html>"
"""What a page that came whole ends with, unless its recipe says otherwise."""


class Rows(StrEnum):
    """What one row of the list is, and by what the rows are in order, the newest first."""

    POSTS = "posts"
    THREADS_BY_LAST_POST = "threads by last post"
    THREADS_BY_START = "threads by start"


class DateForm(StrEnum):
    """How dates are written: as text for people or programs, or as Unix time."""

    TEXT = "text"
    UNIX = "unix"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRules:
    """How to know a page of the site, and the rows or posts in it."""

    each: str
    must_have: str
    ends_with: str = PAGE_END
    empty: str = ""
    declared: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRules:
    """Where the parts of one row or post are; empty for what is not there."""

    date: str
    id: str = ""
    link: str = ""
    author: str = ""
    subject: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRules:
    """How dates are written. `pattern` finds the date in a longer text; its group is the date."""

    form: DateForm = DateForm.TEXT
    zone: str = ""
    day_first: bool | None = None
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderRules:
    """Where the rows before these are: behind a link, or at an address with a number in it.

    `first` is the number that stands in the address of the second page.
    """

    next: str = ""
    address: str = ""
    first: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRules:
    """How to read the page of one thread, which its row links to."""

    page: PageRules
    post: PostRules
    date: DateRules
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to read one site."""

    name: str
    rows: Rows
    page: PageRules
    row: PostRules
    date: DateRules
    older: OlderRules | None = None
    thread: ThreadRules | None = None

    @property
    def shows_all(self) -> bool:
        """False where replies stay out of sight: then silence cannot be proved."""
        return self.rows is not Rows.THREADS_BY_START


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRecipe:
    """A recipe that cannot be used; `problem` says where and what to write instead."""

    name: str
    problem: str
    to_do: str = ""
