"""The weekly report for programs: JSON, CSV, and the Atom feed of what changed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

from domain.plain_text import clean_text, defuse_cell
from domain.report import Change, WeeklyReport
from presentation.digest import Edition
from presentation.weekly_words import change_reason, change_words

# Where a whole directory was added at once, a feed of all of it would be megabytes.
FEED_ENTRIES = 500
# What only curators and operators are to know.
INSIDE = frozenset({"open_reviews", "troubles"})


def render_json(report: WeeklyReport, *, public: bool = False) -> str:
    """The report as JSON: its fields, and which months the rows hold; unknown is null."""
    content = {
        field.name: getattr(report, field.name)
        for field in fields(report)
        if not (public and field.name in INSIDE)
    }
    content["months"] = [str(month) for month in report.months]
    return json.dumps(content, ensure_ascii=False, indent=1, default=_plain) + "\n"


def render_csv(report: WeeklyReport) -> str:
    """One line per community with its week and its 12 months; unknown is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    months = [str(month) for month in report.months]
    heads = ["week", "slug", "name", "this_week", "last_week", "usual", "season"]
    writer.writerow([*heads, *months])
    for row in report.talk:
        numbers = (row.this_week, row.last_week, row.usual, row.season, *row.months)
        writer.writerow([report.label, row.slug, defuse_cell(row.name), *numbers])
    return out.getvalue()


def render_atom(reports: Sequence[WeeklyReport], edition: Edition, home: str) -> str:
    """The newest changes of these reports, newest first, as an Atom feed of the site `home`."""
    newest = max((report.built_at for report in reports), default=None)
    updated = _moment(newest) if newest else "1970-01-01T00:00:00Z"
    changes = ((report, change) for report in reports for change in report.changes)
    entries = "".join(
        _entry(report, change, edition, home) for report, change in islice(changes, FEED_ENTRIES)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(edition.locale)}>\n'
        f"<id>tag:{escape(home)},2026:changes</id>\n"
        f"<title>{_text(edition.title)}</title>\n"
        f"<updated>{updated}</updated>\n"
        f"<author><name>{_text(edition.title)}</name></author>\n"
        f'<link rel="self" href={quoteattr(edition.public_url + "/changes.atom")}/>\n'
        f"<link href={quoteattr(edition.public_url + '/reports')}/>\n"
        f"{entries}</feed>\n"
    )


def _entry(report: WeeklyReport, change: Change, edition: Edition, home: str) -> str:
    words = change_words(change, edition.locale)
    reason = change_reason(change, edition.locale)
    at = _moment(report.built_at)
    return (
        "<entry>\n"
        f"<id>tag:{escape(home)},2026:{report.week}/{escape(change.slug)}/{change.kind}</id>\n"
        f"<title>{_text(f'{change.name}: {words}')}</title>\n"
        f"<updated>{at}</updated>\n"
        f"<link href={quoteattr(edition.community_url(change.slug))}/>\n"
        f'<category term="{change.kind}"/>\n'
        f"<summary>{_text(reason or words)}</summary>\n"
        "</entry>\n"
    )


def _text(text: str) -> str:
    return escape(clean_text(text))


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _plain(value: object) -> object:
    """What JSON can write for a value it does not know: one level, it asks again for the rest."""
    if isinstance(value, datetime):
        return _moment(value)
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
