"""The weekly report in every form it is read in: subject, text, HTML, JSON and CSV.

All of them come from the same value, so their numbers agree. The HTML is made for mail: tables,
inlined styles, no image, no script, nothing fetched; the web may show the same.
"""

from __future__ import annotations

import csv
import io
import json
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from domain.report import WeeklyReport
from reports.digest import Digest, Edition, Line, Row, build_digest
from reports.weeks import report_months
from reports.wording import format_number

LINE_WIDTH = 78
NAME_WIDTH = 40
NUMBER_WIDTH = 6
BARS = "▁▂▃▄▅▆▇█"
NO_POSTS = "_"
NOT_SEEN = "·"
MONTHS_KEY = (
    f"In the months, {NO_POSTS} is a month without posts and {NOT_SEEN} one not wholly seen."
)
# A cell that starts so would be run as a formula by a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def render_subject(report: WeeklyReport, edition: Edition | None = None) -> str:
    """The answer in one line: `CoPs, week 47 (16–22 Nov 2026): 412 posts, 2 went quiet`."""
    return build_digest(report, edition or Edition()).subject


def render_text(report: WeeklyReport, edition: Edition | None = None) -> str:
    """The report as plain text, in lines of at most 78 columns."""
    edition = edition or Edition()
    digest = build_digest(report, edition)
    sections = (
        [_link(digest.cards, edition.review_url)] if digest.cards else [],
        [_fill(f"{digest.headline}. {digest.summary}")],
        list(_write_changes(digest)),
        list(_write_table(digest)),
        list(_write_not_read(digest)),
        [f"All communities: {edition.public_url}/"] if edition.public_url else [],
        [_fill(line) for line in digest.foot],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def render_html(report: WeeklyReport, edition: Edition | None = None) -> str:
    """The report as one self-contained HTML page with inlined styles."""
    edition = edition or Edition()
    digest = build_digest(report, edition)
    page = _environment().get_template("weekly.html").render(digest=digest, edition=edition)
    return _inliner().inline(page)


def render_json(report: WeeklyReport) -> str:
    """The report as JSON: its fields, and which months the rows hold; unknown is null."""
    content = {field.name: getattr(report, field.name) for field in fields(report)}
    content["months"] = [str(month) for month in report_months(report.window)]
    return json.dumps(content, ensure_ascii=False, indent=1, default=_plain) + "\n"


def render_csv(report: WeeklyReport) -> str:
    """One line per community with its week and its 12 months; unknown is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    months = [str(month) for month in report_months(report.window)]
    writer.writerow(["week", "slug", "name", "this_week", "last_week", "usual", *months])
    for row in report.talk:
        numbers = (row.this_week, row.last_week, row.usual, *row.months)
        writer.writerow([report.week, row.slug, _defuse(row.name), *numbers])
    return out.getvalue()


def draw_months(months: Sequence[int | None]) -> str:
    """One character a month: bars by size, `_` for no posts, `·` for a month not wholly seen."""
    highest = max((posts or 0 for posts in months), default=0)
    return "".join(_draw_month(posts, highest) for posts in months)


def _draw_month(posts: int | None, highest: int) -> str:
    if posts is None:
        return NOT_SEEN
    return BARS[(posts * len(BARS) - 1) // highest] if posts else NO_POSTS


def _write_changes(digest: Digest) -> Iterator[str]:
    if not digest.changes and not digest.new:
        return
    yield "WHAT CHANGED"
    for line in digest.changes:
        yield _bullet(f"{line.name}: {line.words}. {line.detail}".strip())
    if digest.more_changes:
        yield _bullet(f"{digest.more_changes}.")
    if digest.new:
        yield _bullet(f"New in the directory: {_join(digest.new, digest.more_new)}.")


def _write_table(digest: Digest) -> Iterator[str]:
    if digest.rows:
        heads = "".join(f"{word:>{NUMBER_WIDTH}}" for word in ("this", "last", "usual"))
        yield f"{_fit('MOST TALK')}{heads}  last 12 months"
        yield from (_write_row(row) for row in digest.rows)
        yield _fill(MONTHS_KEY)
    yield from (_fill(note) for note in digest.notes)


def _write_row(row: Row) -> str:
    numbers = (row.this_week, row.last_week, row.usual)
    cells = "".join(f"{format_number(number):>{NUMBER_WIDTH}}" for number in numbers)
    return f"{_fit(row.name)}{cells}  {draw_months(row.months)}"


def _write_not_read(digest: Digest) -> Iterator[str]:
    if digest.not_read:
        yield "NOT READ, and not counted as quiet"
        yield from (_bullet(f"{line.name}: {line.words}") for line in digest.not_read)
        if digest.more_not_read:
            yield _bullet(digest.more_not_read)
    if digest.closed_to_us:
        yield _fill(digest.closed_to_us)


def _join(lines: Sequence[Line], more: str) -> str:
    names = "; ".join(line.name for line in lines)
    return f"{names} {more}".strip()


def _link(words: str, url: str) -> str:
    return f"{words}: {url}" if url else f"{words}."


def _fill(text: str) -> str:
    return textwrap.fill(text, LINE_WIDTH, break_long_words=False, break_on_hyphens=False)


def _bullet(text: str) -> str:
    return textwrap.fill(
        text,
        LINE_WIDTH,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fit(name: str) -> str:
    """The name cut or padded to its columns of a terminal."""
    if _columns(name) > NAME_WIDTH:
        while _columns(name) > NAME_WIDTH - 1:
            name = name[:-1]
        name = name.rstrip() + "…"
    return name + " " * (NAME_WIDTH - _columns(name))


def _columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


@cache
def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(unlinked=_unlinked, number=format_number)
    return env


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)


def _unlinked(text: str) -> Markup:
    """The text with its dots wrapped, so that mail clients do not make links of names."""
    return Markup("<span>.</span>").join(escape(part) for part in text.split("."))


def _defuse(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _plain(value: object) -> object:
    """What JSON can write for a value it does not know: one level, it asks again for the rest."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
