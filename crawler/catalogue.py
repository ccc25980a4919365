"""What each adapter can do and cannot, as its own docstring says: for a page and for a command.

The docstrings are read as text: importing the adapters would bring Scrapy, which takes a second.
`python -m crawler.catalogue` prints `docs/platforms.md`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from domain.records import Platform

HEADINGS = (
    "In short",
    "Recognise",
    "Read",
    "Window",
    "Identity",
    "Dates",
    "Manners",
    "Known lies",
    "Samples",
)
FACTS = ("History", "Idle visit", "Never seen")
# Where those without a spider say it.
_ELSEWHERE: Mapping[Platform, tuple[str, ...]] = {
    Platform.MBOX: ("formats", "mbox.py"),
    Platform.MAILBOX: ("mailbox", "__init__.py"),
}
_FACT = re.compile(rf"(?:^|\s)({'|'.join(FACTS)}): ")
_INTRODUCTION = """\
# Platforms

What Rollcall can read, and what it never sees there. This page is made from the adapters' own
docstrings by `python -m crawler.catalogue > docs/platforms.md`; a test compares. `rollcall
platforms` prints the facts of the table.

Which software a place runs is found out by `rollcall sources test URL`. For a single site that
none of these fits, write a [recipe](recipes.md); to read another software, [add a
platform](adding-a-platform.md).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One way of reading, in words. `sections` are its headings with their texts, in order."""

    platform: Platform
    title: str
    history: str
    idle_visit: str
    never_seen: str
    sections: tuple[tuple[str, str], ...]


def list_adapters() -> list[Adapter]:
    """Every platform with what its docstring says, in the order of `Platform`."""
    return [build_adapter(platform, load_docstring(platform)) for platform in Platform]


def load_docstring(platform: Platform) -> str:
    """The docstring of the file that reads a platform."""
    place = _ELSEWHERE.get(platform, ("spiders", f"{platform}.py"))
    file = files("crawler").joinpath(*place)
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def build_adapter(platform: Platform, docstring: str) -> Adapter:
    """What a docstring says.

    Raises: ValueError where one of the facts below `In short` is missing.
    """
    sections = tuple(_split_sections(docstring))
    facts = _read_facts(dict(sections).get("In short", ""))
    missing = [name for name in FACTS if not facts.get(name)]
    if missing:
        raise ValueError(f"the docstring of {platform} lacks, below “In short”: {missing}")
    return Adapter(
        platform=platform,
        title=" ".join(docstring.partition("\n\n")[0].split()),
        history=facts["History"],
        idle_visit=facts["Idle visit"],
        never_seen=facts["Never seen"],
        sections=sections,
    )


def render_page(adapters: Sequence[Adapter]) -> str:
    """`docs/platforms.md`."""
    rows = [
        "| Platform | History | An idle visit | Never seen |",
        "|---|---|---|---|",
        *(
            f"| [`{a.platform}`](#{a.platform}) | {a.history} | {a.idle_visit} | {a.never_seen} |"
            for a in adapters
        ),
    ]
    parts = [_INTRODUCTION, "\n".join(rows) + "\n"]
    for adapter in adapters:
        parts.append(f"## {adapter.platform}\n\n{adapter.title}\n")
        parts += [
            f"**{heading}.** {text}\n"
            for heading, text in adapter.sections
            if heading not in ("In short", "Samples")
        ]
    return "\n".join(parts)


def _split_sections(docstring: str) -> Iterator[tuple[str, str]]:
    heading = ""
    lines: list[str] = []
    for line in [*docstring.splitlines(), HEADINGS[0]]:
        if line not in HEADINGS:
            lines.append(line)
            continue
        if heading:
            yield heading, " ".join(" ".join(lines).split())
        heading, lines = line, []


def _read_facts(text: str) -> dict[str, str]:
    parts = _FACT.split(text)[1:]
    return {name: fact.strip() for name, fact in zip(parts[::2], parts[1::2], strict=True)}


if __name__ == "__main__":
    sys.stdout.write(render_page(list_adapters()))
