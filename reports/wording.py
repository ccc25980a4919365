"""The sentences of the weekly report, shared by its subject, text and HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from domain.outcome import Status
from domain.report import Change, ChangeKind, NotRead, NotTalk, TalkRow, WeeklyReport
from domain.window import Window
from presentation.dates import counted, format_count, format_day, format_share
from presentation.reasons import write_reason
from presentation.words import MARKER_WORDS, outcome_words

NOTHING_CHANGED = "nothing changed"
# Below this share of change a week counts as like the last one.
SAME_SHARE = 0.005
# So many communities that do not talk are named, the rest are counted.
NAMED = 5
NO_WEEK_SEEN = "no archive could be read for the whole week"

CHANGED: Mapping[ChangeKind, str] = MappingProxyType(
    {
        ChangeKind.WENT_QUIET: "went quiet",
        ChangeKind.WOKE_UP: "woke up",
        ChangeKind.BECAME_INACTIVE: "became inactive",
        ChangeKind.DECIDED: "decided by a curator",
        ChangeKind.NEW: "new",
    }
)
DECIDED: Mapping[Status, str] = MappingProxyType(
    {
        Status.ACTIVE: "still active, a curator says",
        Status.SLOWING: "quiet, a curator says",
        Status.DORMANT: "quiet, a curator says",
        Status.INACTIVE: "marked as inactive by a curator",
        Status.CLOSED: "closed, a curator says",
        Status.MOVED: "moved, a curator says",
    }
)


def week_number(report: WeeklyReport) -> str:
    """The week as people say it: `week 47`."""
    return f"week {int(report.week[-2:])}"


def format_days(window: Window, locale: str = "en") -> str:
    """The days of a window, both included, without saying a month or year twice."""
    first, last = window.start.date(), window.end.date() - timedelta(days=1)
    return f"{_shorten(first, last, locale)}{format_day(last, locale)}"


def describe_posts(report: WeeklyReport) -> str:
    """How many posts were seen, and where; never a number when no week was wholly seen."""
    if report.seen == 0:
        return NO_WEEK_SEEN[0].upper() + NO_WEEK_SEEN[1:]
    return (
        f"{counted(report.posts, 'post', 'posts')} in "
        f"{counted(report.seen, 'community', 'communities')} we can see"
    )


def describe_changes(changes: Iterable[Change]) -> str:
    """How many communities changed, by kind: `2 went quiet, 1 woke up`."""
    numbers = Counter(change.kind for change in changes)
    parts = [
        f"{format_count(numbers[kind])} {words}" for kind, words in CHANGED.items() if numbers[kind]
    ]
    return ", ".join(parts) or NOTHING_CHANGED


def summarise_week(report: WeeklyReport) -> str:
    """What changed and how the week compares, in one or two sentences."""
    changes = describe_changes(report.changes)
    return f"{changes[0].upper()}{changes[1:]}. {describe_trend(report)}".strip()


def describe_trend(report: WeeklyReport) -> str:
    """This week against the last one, in the communities wholly seen in both; or nothing."""
    both = [row for row in report.talk if row.this_week is not None and row.last_week is not None]
    before = report.posts_last_week
    if not before:
        return ""
    share = sum(row.this_week or 0 for row in both) / before - 1
    where = "" if len(both) == report.seen else f" in the {len(both)} seen in both weeks"
    if abs(share) < SAME_SHARE:
        return f"As many posts as last week{where}."
    return f"{format_share(abs(share))} {'more' if share > 0 else 'fewer'} than last week{where}."


def write_subject(report: WeeklyReport, title: str, locale: str = "en") -> str:
    """The answer in one line: `CoPs, week 47 (16–22 Nov 2026): 412 posts, 2 went quiet`."""
    days = format_days(report.window, locale)
    posts = counted(report.posts, "post", "posts") if report.seen else NO_WEEK_SEEN
    return f"{title}, {week_number(report)} ({days}): {posts}, {describe_changes(report.changes)}"


def write_notes(
    *, cut: int, silent: int, uncounted: int, dashes: bool, not_talk: Sequence[NotTalk] = ()
) -> tuple[str, ...]:
    """What the table leaves out, and what its dashes mean; nothing where nothing needs a word."""
    notes = []
    if cut:
        notes.append(
            f"{counted(cut, 'more community', 'more communities')} had posts this week or before."
        )
    if silent:
        notes.append(f"{counted(silent, 'community', 'communities')} had no posts, as usual.")
    if dashes:
        notes.append("– means not known: we did not see the whole week. It is not zero.")
    if uncounted:
        notes.append(
            f"{counted(uncounted, 'community', 'communities')} cannot be counted yet: "
            "no whole week was seen."
        )
    if not_talk:
        named = [f"{entry.name} ({MARKER_WORDS[entry.marker]})" for entry in not_talk[:NAMED]]
        more = len(not_talk) - len(named)
        rest = f" and {format_count(more)} more" if more else ""
        notes.append(f"Not counted as talk: {', '.join(named)}{rest}.")
    return tuple(notes)


def count_closed(report: WeeklyReport) -> str:
    """How many communities nobody can read from outside."""
    if report.closed_to_us == 0:
        return ""
    more = "more " if report.not_read else ""
    noun = "community is" if report.closed_to_us == 1 else "communities are"
    return f"{format_count(report.closed_to_us)} {more}{noun} closed to us by nature."


def change_words(change: Change) -> str:
    """What happened to one community, in lower case and without a full stop."""
    if change.kind is ChangeKind.DECIDED and change.status is not None:
        return DECIDED.get(change.status, CHANGED[ChangeKind.DECIDED])
    return CHANGED[change.kind]


def change_reason(change: Change, locale: str = "en") -> str:
    """Why, as a sentence; empty when the report has no reason for it."""
    return "" if change.reason is None else write_reason(change.reason, locale)


def not_read_words(entry: NotRead, locale: str = "en") -> str:
    """Why a source was not read, and since when."""
    words = outcome_words(entry.outcome)
    return words if entry.since is None else f"{words} (since {format_day(entry.since, locale)})"


def silent_as_usual(row: TalkRow) -> bool:
    """True when a wholly seen week without posts is nothing new."""
    return row.this_week == 0 and not row.last_week and not row.usual


def cannot_be_counted(row: TalkRow) -> bool:
    """True when nothing about the weeks is known."""
    return row.this_week is None and row.last_week is None and row.usual is None


def format_number(number: float | None) -> str:
    """A number of posts; a dash where it is unknown, which is not zero."""
    return "–" if number is None else format_count(number)


def _shorten(first: date, last: date, locale: str) -> str:
    if first.year != last.year:
        return f"{format_day(first, locale)} – "
    if first.month != last.month:
        return f"{first.day} {format_day(first, locale).split()[1]} – "
    return f"{first.day}–"
