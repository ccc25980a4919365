"""The sentences of the weekly report, shared by its subject, text, HTML, page and feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from babel.dates import format_date

from domain.outcome import Status
from domain.report import Change, ChangeKind, NotRead, NotTalk, Recount, TalkRow, WeeklyReport
from domain.window import Window
from presentation.dates import capital, format_count, format_day, format_share
from presentation.i18n import nouns, say, say_count, translate
from presentation.reasons import write_reason
from presentation.words import MARKER_WORDS, OUTCOME_WORDS

# Below this share of change a week counts as like the last one.
SAME_SHARE = 0.005
# A season is a rough guess: only so much difference from it is worth a word.
SAME_SEASON = 0.15
# So many communities that do not talk are named, the rest are counted.
NAMED = 5

NUMBERS: Mapping[ChangeKind, tuple[str, str]] = MappingProxyType(
    {
        ChangeKind.WENT_QUIET: nouns("{number} went quiet", "{number} went quiet"),
        ChangeKind.WOKE_UP: nouns("{number} woke up", "{number} woke up"),
        ChangeKind.BECAME_INACTIVE: nouns("{number} became inactive", "{number} became inactive"),
        ChangeKind.MOVED: nouns("{number} moved", "{number} moved"),
        ChangeKind.CLOSED: nouns("{number} closed", "{number} closed"),
        ChangeKind.CORRECTED: nouns("{number} corrected", "{number} corrected"),
        ChangeKind.DECIDED: nouns("{number} decided by a curator", "{number} decided by curators"),
        ChangeKind.NEW: nouns("{number} new", "{number} new"),
    }
)
CHANGED: Mapping[ChangeKind, str] = MappingProxyType(
    {
        ChangeKind.WENT_QUIET: "went quiet",
        ChangeKind.WOKE_UP: "woke up",
        ChangeKind.BECAME_INACTIVE: "became inactive",
        ChangeKind.MOVED: "moved",
        ChangeKind.CLOSED: "closed",
        ChangeKind.CORRECTED: "corrected: a curator took an earlier decision back",
        ChangeKind.DECIDED: "decided by a curator",
        ChangeKind.NEW: "new in the directory",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldWeek:
    """A week in a list of weeks: its number and days, and what was seen in it."""

    week: str
    period: str
    words: str


def name_period(report: WeeklyReport, locale: str = "en") -> str:
    """The week as people say it: `week 47`; or the month: `October 2026`."""
    if report.month:
        return format_date(report.window.start, "LLLL y", locale=locale)
    return say("week {number}", locale, number=int(report.week[-2:]))


def format_days(window: Window, locale: str = "en") -> str:
    """The days of a window, both included, without saying a month or year twice."""
    first, last = window.start.date(), window.end.date() - timedelta(days=1)
    return f"{_shorten(first, last, locale)}{format_day(last, locale)}"


def tell_week(report: WeeklyReport, locale: str = "en") -> ToldWeek:
    """What a list of reports says of this one."""
    days = "" if report.month else f", {format_days(report.window, locale)}"
    return ToldWeek(
        week=report.week,
        period=f"{name_period(report, locale)}{days}",
        words=f"{describe_posts(report, locale)}. {summarise_week(report, locale)}",
    )


def describe_posts(report: WeeklyReport, locale: str = "en") -> str:
    """How many posts were seen, and where; never a number when no week was wholly seen."""
    if report.seen == 0:
        return capital(_nothing_seen(report, locale))
    return say(
        "{posts} in {communities} we can see",
        locale,
        posts=count_posts(report.posts, locale),
        communities=say_count("{number} community", "{number} communities", report.seen, locale),
    )


def count_posts(posts: int, locale: str = "en") -> str:
    """`1 post`, `1,204 posts`."""
    return say_count("{number} post", "{number} posts", posts, locale)


def describe_changes(changes: Iterable[Change], locale: str = "en") -> str:
    """How many communities changed, by kind: `2 went quiet, 1 woke up`."""
    numbers = Counter(change.kind for change in changes)
    parts = [
        say_count(*forms, numbers[kind], locale) for kind, forms in NUMBERS.items() if numbers[kind]
    ]
    return ", ".join(parts) or say("nothing changed", locale)


def summarise_week(report: WeeklyReport, locale: str = "en") -> str:
    """What changed, how the week compares, and what was not read, in one to four sentences."""
    changes = capital(describe_changes(report.changes, locale))
    parts = (
        f"{changes}." if report.changes or report.seen else "",
        describe_trend(report, locale),
        describe_season(report, locale),
        _note(len(report.not_read), *NOT_READ, locale),
    )
    return " ".join(part for part in parts if part)


def describe_trend(report: WeeklyReport, locale: str = "en") -> str:
    """This week against the last one, in the communities wholly seen in both; or nothing."""
    both = [row for row in report.talk if row.this_week is not None and row.last_week is not None]
    before = report.posts_last_week
    if not before:
        return ""
    share = sum(row.this_week or 0 for row in both) / before - 1
    where = _name_both(report, len(both), locale)
    told = {"share": format_share(abs(share), locale), "where": where}
    if report.month:
        if abs(share) < SAME_SHARE:
            return say("As many posts as the month before{where}.", locale, **told)
        if share > 0:
            return say("{share} more than the month before{where}.", locale, **told)
        return say("{share} fewer than the month before{where}.", locale, **told)
    if abs(share) < SAME_SHARE:
        return say("As many posts as last week{where}.", locale, **told)
    if share > 0:
        return say("{share} more than last week{where}.", locale, **told)
    return say("{share} fewer than last week{where}.", locale, **told)


def describe_season(report: WeeklyReport, locale: str = "en") -> str:
    """This week against the same season a year ago, where both were seen; or nothing."""
    both = [row for row in report.talk if row.this_week is not None and row.season is not None]
    usual = sum(row.season or 0 for row in both)
    if not usual:
        return ""
    share = sum(row.this_week or 0 for row in both) / usual - 1
    told = {
        "share": format_share(abs(share), locale),
        "month": format_date(report.window.start, "LLLL", locale=locale),
    }
    if abs(share) < SAME_SEASON:
        return say("Usual for {month}.", locale, **told)
    if share > 0:
        return say("{share} more than is usual for {month}.", locale, **told)
    return say("{share} fewer than is usual for {month}.", locale, **told)


def write_subject(report: WeeklyReport, title: str, locale: str = "en") -> str:
    """The answer in one line: `CoPs, week 47 (16–22 Nov 2026): 412 posts, 2 went quiet`."""
    days = "" if report.month else f" ({format_days(report.window, locale)})"
    posts = count_posts(report.posts, locale) if report.seen else _nothing_seen(report, locale)
    # Who saw nothing cannot say that nothing changed.
    known = report.seen or report.changes
    changes = f", {describe_changes(report.changes, locale)}" if known else ""
    return f"{title}, {name_period(report, locale)}{days}: {posts}{changes}"


def write_notes(
    report: WeeklyReport, shown: Sequence[TalkRow], locale: str = "en"
) -> tuple[str, ...]:
    """What the table leaves out, and what its dashes mean; nothing where nothing needs a word."""
    silent = sum(silent_as_usual(row) for row in report.talk)
    uncounted = sum(cannot_be_counted(row) for row in report.talk)
    notes = [
        _note_more(report, len(report.talk) - silent - uncounted - len(shown), locale),
        _note(silent, *SILENT, locale),
        _explain_dashes(report, shown, locale),
        _note(uncounted, *UNCOUNTED, locale),
        _note_not_talk(report.not_talk, locale),
    ]
    return tuple(note for note in notes if note)


NOT_READ = nouns("{number} archive could not be read.", "{number} archives could not be read.")
SILENT = nouns(
    "{number} community had no posts, as usual.", "{number} communities had no posts, as usual."
)
UNCOUNTED = nouns(
    "{number} community cannot be counted yet: no whole week was seen.",
    "{number} communities cannot be counted yet: no whole week was seen.",
)


def count_closed(report: WeeklyReport, locale: str = "en") -> str:
    """How many communities nobody can read from outside."""
    if report.closed_to_us == 0:
        return ""
    if report.not_read:
        return say_count(
            "{number} more community is closed to us by nature.",
            "{number} more communities are closed to us by nature.",
            report.closed_to_us,
            locale,
        )
    return say_count(
        "{number} community is closed to us by nature.",
        "{number} communities are closed to us by nature.",
        report.closed_to_us,
        locale,
    )


def change_words(change: Change, locale: str = "en") -> str:
    """What happened to one community, in lower case and without a full stop."""
    words = CHANGED[change.kind]
    if change.kind is ChangeKind.DECIDED and change.status is not None:
        words = DECIDED.get(change.status, words)
    return translate(words, locale)


def change_reason(change: Change, locale: str = "en") -> str:
    """Why, as a sentence; empty when the report has no reason for it."""
    return "" if change.reason is None else write_reason(change.reason, locale)


def recount_words(entry: Recount, locale: str = "en") -> str:
    """What is known better now than when the last report was written."""
    return say(
        "corrected: {counted} in the week before, not {told}",
        locale,
        counted=count_posts(entry.counted, locale),
        told=format_count(entry.told, locale),
    )


def not_read_words(entry: NotRead, locale: str = "en") -> str:
    """Why a source was not read, and since when."""
    words = translate(OUTCOME_WORDS[entry.outcome], locale)
    if entry.since is None:
        return words
    return say("{why} (since {day})", locale, why=words, day=format_day(entry.since, locale))


def silent_as_usual(row: TalkRow) -> bool:
    """True when a wholly seen week without posts is nothing new."""
    return row.this_week == 0 and not row.last_week and not row.usual


def cannot_be_counted(row: TalkRow) -> bool:
    """True when nothing about the weeks is known."""
    return row.this_week is None and row.last_week is None and row.usual is None


def format_number(number: float | None, locale: str = "en") -> str:
    """A number of posts; a dash where it is unknown, which is not zero."""
    return "–" if number is None else format_count(number, locale)


def _nothing_seen(report: WeeklyReport, locale: str) -> str:
    if report.month:
        return say("no archive could be read for the whole month", locale)
    return say("no archive could be read for the whole week", locale)


def _name_both(report: WeeklyReport, both: int, locale: str) -> str:
    """Where the comparison holds, if it does not hold for all."""
    if both == report.seen:
        return ""
    if report.month:
        return say(" in the {number} seen in both months", locale, number=both)
    return say(" in the {number} seen in both weeks", locale, number=both)


def _note(number: int, one: str, many: str, locale: str) -> str:
    return say_count(one, many, number, locale) if number else ""


def _note_more(report: WeeklyReport, cut: int, locale: str) -> str:
    if cut <= 0 or not report.seen:
        return ""
    return say_count(
        "{number} more community had posts this week or before.",
        "{number} more communities had posts this week or before.",
        cut,
        locale,
    )


def _explain_dashes(report: WeeklyReport, shown: Sequence[TalkRow], locale: str) -> str:
    if all(row.this_week is not None for row in shown):
        return ""
    if report.month:
        return say("– means not known: we did not see the whole month. It is not zero.", locale)
    return say("– means not known: we did not see the whole week. It is not zero.", locale)


def _note_not_talk(not_talk: Sequence[NotTalk], locale: str) -> str:
    if not not_talk:
        return ""
    named = [
        f"{entry.name} ({translate(MARKER_WORDS[entry.marker], locale)})"
        for entry in not_talk[:NAMED]
    ]
    names = ", ".join(named)
    more = len(not_talk) - len(named)
    if more:
        names += " " + say("and {number} more", locale, number=more)
    return say("Not counted as talk: {names}.", locale, names=names)


def _shorten(first: date, last: date, locale: str) -> str:
    if first.year != last.year:
        return f"{format_day(first, locale)} – "
    if first.month != last.month:
        return f"{format_date(first, 'd MMM', locale=locale)} – "
    return f"{first.day}–"
