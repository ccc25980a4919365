"""The weekly report as people get it by mail: its subject, text and HTML.

All of them come from the same value as the page, JSON and CSV, so their numbers agree. The HTML is
made for mail: tables, inlined styles, no image, no script, nothing fetched.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, partial

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from domain.report import WeeklyReport
from presentation.digest import Digest, Edition, Line, Row, build_digest
from presentation.i18n import say
from presentation.weekly_words import format_number

LINE_WIDTH = 78
NAME_WIDTH = 40
NUMBER_WIDTH = 6
BARS = "▁▂▃▄▅▆▇█"
NO_POSTS = "_"
NOT_SEEN = "·"
# First strong isolate, and its end: what is written from right to left stays where it stands.
ISOLATE, ISOLATED = "\u2068", "\u2069"
RIGHT_TO_LEFT = frozenset({"R", "AL"})


def render_subject(report: WeeklyReport, edition: Edition | None = None) -> str:
    """The answer in one line: `CoPs, week 47 (16–22 Nov 2026): 412 posts, 2 went quiet`."""
    return build_digest(report, edition or Edition()).subject


def render_text(report: WeeklyReport, edition: Edition | None = None) -> str:
    """The report as plain text, in lines of at most 78 columns; only addresses may be longer."""
    edition = edition or Edition()
    digest = build_digest(report, edition)
    locale = edition.locale
    sections = (
        [_link(digest.cards, edition.review_url)] if digest.cards else [],
        [_fill(f"{digest.headline}. {digest.summary}")],
        list(_write_troubles(digest, edition)),
        list(_write_changes(digest, edition)),
        list(_write_table(digest, edition)),
        list(_write_not_read(digest, edition)),
        [_link(say("This week on the web", locale), edition.report_url(report))]
        if edition.public_url and not report.month
        else [],
        [_link(say("All communities", locale), f"{edition.public_url}/")]
        if edition.public_url
        else [],
        list(_write_ways(edition)),
        [_fill(line) for line in digest.foot],
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def render_html(report: WeeklyReport, edition: Edition | None = None) -> str:
    """The report as one self-contained HTML page with inlined styles."""
    edition = edition or Edition()
    page = _environment().get_template("weekly.html")
    shown = page.render(
        report=report,
        digest=build_digest(report, edition),
        edition=edition,
        say=partial(say, locale=edition.locale),
        number=partial(format_number, locale=edition.locale),
    )
    return _inliner().inline(shown)


def draw_months(months: Sequence[int | None]) -> str:
    """One character a month: bars by size, `_` for no posts, `·` for a month not wholly seen."""
    highest = max((posts or 0 for posts in months), default=0)
    return "".join(_draw_month(posts, highest) for posts in months)


def _draw_month(posts: int | None, highest: int) -> str:
    if posts is None:
        return NOT_SEEN
    return BARS[(posts * len(BARS) - 1) // highest] if posts else NO_POSTS


def _write_troubles(digest: Digest, edition: Edition) -> Iterator[str]:
    if digest.troubles:
        yield say("Broken or late, for operators", edition.locale).upper()
        yield from (_bullet(f"{line.name}: {line.words}") for line in digest.troubles)
        if digest.more_troubles:
            yield _bullet(digest.more_troubles)


def _write_changes(digest: Digest, edition: Edition) -> Iterator[str]:
    if not digest.changes and not digest.new:
        return
    yield say("What changed", edition.locale).upper()
    for line in digest.changes:
        yield _bullet(f"{_isolate(line.name)}: {line.words}. {line.detail}".strip())
    if digest.more_changes:
        yield _bullet(f"{digest.more_changes}.")
    if digest.new:
        new = say("New in the directory", edition.locale)
        yield _bullet(f"{new}: {_join(digest.new, digest.more_new)}.")


def _write_table(digest: Digest, edition: Edition) -> Iterator[str]:
    if digest.rows:
        locale = edition.locale
        words = (say("this", locale), say("last", locale), say("usual", locale))
        heads = "".join(f"{word:>{NUMBER_WIDTH}}" for word in words)
        name = say("Most talk", locale).upper()
        yield f"{_fit(name)}{heads}  " + say("last 12 months", locale)
        yield from (_write_row(row, locale) for row in digest.rows)
        yield _fill(
            say(
                "In the months, {none} is a month without posts and {unseen} one not wholly seen.",
                locale,
                none=NO_POSTS,
                unseen=NOT_SEEN,
            )
        )
    yield from (_fill(note) for note in digest.notes)


def _write_row(row: Row, locale: str) -> str:
    numbers = (row.this_week, row.last_week, row.usual)
    cells = "".join(f"{format_number(number, locale):>{NUMBER_WIDTH}}" for number in numbers)
    return f"{_fit(row.name)}{cells}  {draw_months(row.months)}"


def _write_not_read(digest: Digest, edition: Edition) -> Iterator[str]:
    if digest.not_read:
        head = say("Not read", edition.locale).upper()
        yield f"{head}, " + say("and not counted as quiet", edition.locale)
        yield from (_bullet(f"{_isolate(line.name)}: {line.words}") for line in digest.not_read)
        if digest.more_not_read:
            yield _bullet(digest.more_not_read)
    if digest.closed_to_us:
        yield _fill(digest.closed_to_us)


def _write_ways(edition: Edition) -> Iterator[str]:
    """How to get this less often, in another language, or not at all."""
    if edition.choices_url:
        less = say("Less often, other language, only some topics", edition.locale)
        yield f"{less}: {edition.choices_url}"
    if edition.stop_url:
        yield _link(say("Stop these mails", edition.locale), edition.stop_url)


def _join(lines: Sequence[Line], more: str) -> str:
    names = "; ".join(_isolate(line.name) for line in lines)
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


def _isolate(name: str) -> str:
    """The name, fenced if it is written from right to left: else it would reorder its line."""
    if any(unicodedata.bidirectional(c) in RIGHT_TO_LEFT for c in name):
        return f"{ISOLATE}{name}{ISOLATED}"
    return name


def _fit(name: str) -> str:
    """The name cut or padded to its columns of a terminal."""
    if _columns(name) > NAME_WIDTH:
        while _columns(name) > NAME_WIDTH - 1:
            name = name[:-1]
        name = name.rstrip() + "…"
    return _isolate(name) + " " * (NAME_WIDTH - _columns(name))


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
    env.filters.update(unlinked=_unlinked)
    return env


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)


def _unlinked(text: str) -> Markup:
    """The text with its dots wrapped, so that mail clients do not make links of names."""
    return Markup("<span>.</span>").join(escape(part) for part in text.split("."))
