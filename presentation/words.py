"""The public words: one for each status, outcome, flag and answer, and what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median, quantiles

from domain.canary import Check
from domain.outcome import Answer, Confidence, FlagKind, Marker, Outcome, Status
from domain.proposal import ProposalKind
from domain.published import DirectoryEntry, MonthBar
from domain.window import Month
from presentation.dates import (
    counted,
    format_count,
    format_day,
    format_month,
    format_share,
)
from scoring.codes import ReasonCode

STATUS_WORDS = {
    Status.ACTIVE: "Active",
    Status.SLOWING: "Quiet",
    Status.DORMANT: "Quiet",
    Status.INACTIVE: "Inactive",
    Status.CLOSED: "Closed",
    Status.MOVED: "Moved",
    Status.UNVERIFIABLE: "Cannot see inside",
}
NOT_CHECKED_YET = "Not checked yet"
TOO_LITTLE = "Too little talk to say"
NOT_VERIFIED = "Not verified"

# Beside “unverifiable”: nothing was ever said of the community.
NOTHING_SAID_YET = frozenset(
    {ReasonCode.NEVER_SEEN, ReasonCode.WAITING_FOR_PROOF, ReasonCode.NOT_PROVED}
)

# Fewer wholly seen months do not make a "usual".
ENOUGH_MONTHS = 6
MONTHS_PER_YEAR = 12
TWO_YEARS = 24

MARKER_WORDS = {
    Marker.ANNOUNCEMENTS_ONLY: "announcements only, no conversation seen",
    Marker.SPAM: "overrun by spam",
    Marker.UNREADABLE: "archive unreadable at present",
}

# How a visit ended, to follow “its archive” or stand after a colon.
OUTCOME_WORDS = {
    Outcome.READ: "could be read",
    Outcome.UNCHANGED: "had nothing new",
    Outcome.EMPTY: "says it holds no messages",
    Outcome.PARTIAL: "could be read only in part",
    Outcome.LAYOUT_CHANGED: "looks different now and we cannot read it yet",
    Outcome.LOGIN_WALL: "asks for a login",
    Outcome.REFUSED: "does not let programs in",
    Outcome.CHALLENGE: "asks visitors to prove that they are human",
    Outcome.RATE_LIMITED: "asked us to come back later",
    Outcome.GONE: "is gone, says its host",
    Outcome.NOT_FOUND: "is not at its address",
    Outcome.MOVED: "says that it moved",
    Outcome.PARKED: "has lost its address, which is for sale now",
    Outcome.SERVER_ERROR: "answers with an error of its server",
    Outcome.TIMEOUT: "did not answer in time",
    Outcome.UNREACHABLE: "cannot be reached",
    Outcome.TOO_LARGE: "sent more than we accept",
    Outcome.UNPARSEABLE: "sent something we cannot read",
    Outcome.OUR_NETWORK_DOWN: "was not asked: our own connection was down",
}
# Why a silence is not believed, by the check that failed; to follow “we may be blind:”.
DOUBT_WORDS = {
    Check.OLD_POST: "old posts were not where they were",
    Check.DATES: "its dates could not be read",
    Check.TOTAL: "what it shows and what we hold do not agree",
    Check.NEIGHBOURS: "every other list on its server stopped in the same days",
    Check.LAYOUT: "its pages are built in another way now",
    Check.LOOKED: "nobody has been able to look",
}
CLOSED_DOORS = frozenset({Outcome.LOGIN_WALL, Outcome.REFUSED, Outcome.CHALLENGE})

# What cannot be looked at, by how it could be seen at all.
CLOSED_BY_NATURE = {
    "no": "its talk is for members only",
    "mailbox": "its mail goes to subscribers only",
}

CONFIDENCE_WORDS = {
    Confidence.LOW: "not very sure",
    Confidence.MEDIUM: "fairly sure",
    Confidence.HIGH: "sure",
}

# From this chance on, the words; the first that fits holds.
CHANCE_WORDS = (
    (0.95, "almost certain"),
    (0.80, "very likely"),
    (0.60, "likely"),
    (0.40, "about as likely as not"),
    (0.20, "unlikely"),
    (0.05, "very unlikely"),
    (0.0, "almost impossible"),
)

FLAG_QUESTIONS = {
    FlagKind.WENT_QUIET: "{name}: mark as inactive?",
    FlagKind.MAYBE_MOVED: "{name}: has it moved?",
    FlagKind.MAYBE_CLOSED: "{name}: is it closed?",
    FlagKind.SPAM: "{name}: overrun by spam?",
    FlagKind.ANNOUNCEMENTS_ONLY: "{name}: only announcements?",
    FlagKind.WOKE_UP: "{name}: awake again?",
}
FLAG_CAUSES = {
    FlagKind.WENT_QUIET: "went quiet",
    FlagKind.MAYBE_MOVED: "may have moved",
    FlagKind.MAYBE_CLOSED: "may be closed",
    FlagKind.SPAM: "spam",
    FlagKind.ANNOUNCEMENTS_ONLY: "announcements only",
    FlagKind.WOKE_UP: "woke up",
}
FLAG_TRAPS = {
    FlagKind.WENT_QUIET: "Known trap: course lists sleep between terms.",
    FlagKind.MAYBE_MOVED: "Known trap: a notice may be about the web site only.",
    FlagKind.MAYBE_CLOSED: "Known trap: a host may be away for a week and come back.",
    FlagKind.SPAM: "Known trap: a busy open list can hold spam and real talk side by side.",
    FlagKind.ANNOUNCEMENTS_ONLY: "Known trap: people may answer out of our sight.",
    FlagKind.WOKE_UP: "Known trap: one late spam message in an old list is not life.",
}

PROPOSAL_WORDS = {
    ProposalKind.MOVED: "It says that it moved",
    ProposalKind.CLOSED: "It says that it is closed",
    ProposalKind.PARKED: "Its address may belong to somebody else",
    ProposalKind.GONE: "Its host says that it is gone",
}

ANSWER_WORDS = {
    Answer.INACTIVE: "Inactive",
    Answer.ALIVE: "Still alive",
    Answer.MOVED: "Moved",
    Answer.CLOSED: "Closed for good",
    Answer.NOT_SURE: "Not sure",
    Answer.UNDO: "Undone",
}
ANSWER_DONE = {
    Answer.INACTIVE: "Marked {name} as inactive.",
    Answer.ALIVE: "Kept {name} as active; we ask again in 6 months.",
    Answer.MOVED: "Noted that {name} moved.",
    Answer.CLOSED: "Marked {name} as closed.",
    Answer.NOT_SURE: "Passed {name} on to another curator.",
    Answer.UNDO: "Undone for {name}: the card is open again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWords:
    """The public word with its sentence; `tone` is its class on a page, never its only sign.

    `dated` says from when the word is, where it could not be looked at since.
    """

    word: str
    rest: str
    tone: str
    markers: tuple[str, ...] = ()
    dated: str = ""

    @property
    def line(self) -> str:
        """The whole line, for places without markup."""
        return f"{self.word} – {self.rest}" if self.rest else self.word


TONES = {
    Status.ACTIVE: "active",
    Status.SLOWING: "quiet",
    Status.DORMANT: "quiet",
    Status.INACTIVE: "inactive",
    Status.CLOSED: "ended",
    Status.MOVED: "ended",
    Status.UNVERIFIABLE: "unseen",
}


def status_words(entry: DirectoryEntry, locale: str = "en") -> StatusWords:
    """What the public is told about a community: one word, and the date or number behind it."""
    published = entry.published
    markers = tuple(_tell_marker(marker, entry, locale) for marker in sorted(published.markers))
    if published.status is None:
        word, rest = _tell_unchecked(entry, locale)
        return StatusWords(word=word, rest=rest, tone="unseen")
    if published.not_verified_since is not None:
        day = format_day(published.not_verified_since, locale)
        rest = f"since {day} (then: {STATUS_WORDS[published.status]})"
        return StatusWords(word=NOT_VERIFIED, rest=rest, tone="unseen", markers=markers)
    if published.status is Status.UNVERIFIABLE:
        word, rest = _tell_unverifiable(entry, locale)
        return StatusWords(word=word, rest=rest, tone="unseen", markers=markers)
    return StatusWords(
        word=STATUS_WORDS[published.status],
        rest=_tell_status(entry, published.status, locale),
        tone=TONES[published.status],
        markers=markers,
        dated=_date_word(entry, locale),
    )


def list_words(entry: DirectoryEntry, locale: str = "en") -> StatusWords:
    """As `status_words`, shorter and with the last post's date, for a line in a list."""
    words = status_words(entry, locale)
    published = entry.published
    if words.tone != "active" or published.last_post_at is None:
        return words
    whole = [bar.posts or 0 for bar in entry.months if bar.wholly_seen][-MONTHS_PER_YEAR:]
    last = f"last post {format_day(published.last_post_at, locale)}"
    usual = round(median(whole)) if len(whole) >= ENOUGH_MONTHS else 0
    if usual:
        last = f"about {counted(usual, 'post', 'posts', locale)} a month, {last}"
    return replace(words, rest=last)


def _tell_marker(marker: Marker, entry: DirectoryEntry, locale: str) -> str:
    """What stands beside the word; of an archive that is not seen, since when and why."""
    if marker is not Marker.UNREADABLE or entry.unseen_since is None:
        return MARKER_WORDS[marker]
    last = max(entry.reports.values(), key=lambda report: report.finished_at)
    day = format_day(entry.unseen_since, locale)
    if last.outcome is Outcome.PARTIAL:
        return f"archive read only in part since {day}"
    return f"archive unreadable since {day}: it {OUTCOME_WORDS[last.outcome]}"


def _date_word(entry: DirectoryEntry, locale: str) -> str:
    """From when the last good word is, while nobody can look whether it still holds."""
    published = entry.published
    if Marker.UNREADABLE not in published.markers or published.by_curator:
        return ""
    if published.observed_until is None:
        return ""
    day = format_day(published.observed_until, locale)
    return f"The word is from {day}, when its archive was last seen whole."


def _tell_status(entry: DirectoryEntry, status: Status, locale: str) -> str:
    """What follows the word, for a community that was seen or decided upon."""
    published = entry.published
    since = format_day(published.since, locale) if published.since else ""
    last = format_day(published.last_post_at, locale) if published.last_post_at else ""
    match status:
        case Status.ACTIVE:
            return _tell_active(entry.months, last)
        case Status.SLOWING:
            return _tell_slowing(entry, last, locale)
        case Status.DORMANT:
            return f"no post seen since {last}" if last else "no post seen for long"
        case Status.INACTIVE:
            return _tell_inactive(entry, last)
        case Status.CLOSED:
            return f"a curator recorded its end on {since}" if since else "its end is recorded"
        case _:
            known = entry.decision is not None and entry.decision.new_url
            return "now at" if known else "to an address we do not know"


def _tell_active(months: Sequence[MonthBar], last: str) -> str:
    whole = [bar for bar in months if bar.wholly_seen]
    if len(whole) >= TWO_YEARS and len(whole) == len(months) and all(bar.posts for bar in whole):
        return f"posts in every one of the last {len(months)} months"
    return f"last post {last}" if last else ""


def _tell_slowing(entry: DirectoryEntry, last: str, locale: str) -> str:
    """`fewer posts than usual since Aug 2026 (3 a month, usual 30)`."""
    since = entry.published.since
    if since is None:
        return f"fewer posts than usual, last post {last}"
    start = Month.of(since)
    now = [bar.posts for bar in entry.months if bar.month > start and bar.wholly_seen]
    then = [bar.posts for bar in entry.months if bar.month < start and bar.wholly_seen]
    rates = ""
    if now and len(then) >= ENOUGH_MONTHS:
        few, usual = (round(median(count or 0 for count in some)) for some in (now, then))
        if few < usual:
            rates = f" ({format_count(few, locale)} a month, usual {format_count(usual, locale)})"
    return f"fewer posts than usual since {format_month(since, locale)}{rates}"


def _tell_inactive(entry: DirectoryEntry, last: str) -> str:
    words = f"no new posts seen since {last}" if last else "no posts seen"
    open_still = any(report.outcome.saw for report in entry.reports.values())
    return f"{words}; the archive is still there" if open_still else words


def _tell_unverifiable(entry: DirectoryEntry, locale: str) -> tuple[str, str]:
    """Word and sentence where the rules cannot say: closed doors, nothing yet, too little."""
    outcomes = [report.outcome for report in entry.reports.values()]
    door = next((outcome for outcome in outcomes if outcome in CLOSED_DOORS), None)
    if door is not None and not any(outcome.saw for outcome in outcomes):
        return STATUS_WORDS[Status.UNVERIFIABLE], f"its archive {OUTCOME_WORDS[door]}"
    assessment = entry.assessment
    codes = {reason.code for reason in assessment.reasons} if assessment else set()
    if assessment is None or not codes.isdisjoint(NOTHING_SAID_YET):
        return _tell_unchecked(entry, locale)
    if ReasonCode.BLIND_TOO_LONG in codes:
        return STATUS_WORDS[Status.UNVERIFIABLE], "its archive could not be read for long"
    posts = counted(assessment.posts_seen, "post seen", "posts seen", locale)
    if entry.published.last_post_at is None:
        return TOO_LITTLE, posts
    return TOO_LITTLE, f"{posts}, the last on {format_day(entry.published.last_post_at, locale)}"


def _tell_unchecked(entry: DirectoryEntry, locale: str) -> tuple[str, str]:
    """Of what nobody has looked at: a closed place will stay so, the others have to wait."""
    if not entry.sources and entry.community.observable in CLOSED_BY_NATURE:
        word = STATUS_WORDS[Status.UNVERIFIABLE]
        return word, CLOSED_BY_NATURE[entry.community.observable]
    return NOT_CHECKED_YET, _since_added(entry, locale)


def _since_added(entry: DirectoryEntry, locale: str) -> str:
    added = entry.community.added_at
    return f"added {format_day(added, locale)}" if added else ""


def outcome_words(outcome: Outcome) -> str:
    """What a visit met, to follow “its archive”."""
    return OUTCOME_WORDS[outcome]


def chance_words(chance: float) -> str:
    """A probability as a word that people use."""
    return next(words for least, words in CHANCE_WORDS if chance >= least)


def in_ten(chance: float) -> str:
    """A probability as cases out of ten, never promising none or all."""
    cases = round(chance * 10)
    if cases < 1:
        return "fewer than 1 in 10"
    if cases > 9:
        return "more than 9 in 10"
    return f"about {cases} in 10"


def seen_words(bar: MonthBar) -> str:
    """How much of a month was seen, for the table."""
    if bar.posts is None:
        return "not seen"
    if bar.wholly_seen:
        return "wholly"
    return f"in part ({format_share(bar.seen_share)})"


def month_words(months: Sequence[MonthBar], locale: str = "en") -> tuple[str, ...]:
    """What the bars say, in sentences: busiest month, usual months, months that were not seen."""
    counts = [(bar.posts, bar.month) for bar in months if bar.posts is not None and bar.wholly_seen]
    lines = []
    busiest = max(counts, default=None, key=lambda pair: pair[0])
    if busiest is not None and busiest[0] > 0:
        lines.append(f"Busiest {format_count(busiest[0], locale)} ({format_month(busiest[1])}).")
    while counts and counts[-1][0] == 0:
        counts.pop()  # what was usual before it fell silent
    if len(counts) >= ENOUGH_MONTHS:
        low, _, high = quantiles((count for count, _ in counts), n=4, method="inclusive")
        least, most = format_count(round(low), locale), format_count(round(high), locale)
        lines.append(f"Usual {least}." if least == most else f"Usual {least}–{most}.")
    unseen = [bar.month for bar in months if bar.posts is None]
    if unseen:
        noun = counted(len(unseen), "month was", "months were", locale)
        lines.append(f"{noun} not seen and hatched: {_name_runs(unseen, locale)}.")
    if any(bar.posts is not None and not bar.wholly_seen for bar in months):
        lines.append("Bars on hatching were seen in part: there may have been more.")
    return tuple(lines)


def _name_runs(months: Sequence[Month], locale: str) -> str:
    """Months as runs: `Mar – May 2025, Aug 2025`."""
    runs: list[list[Month]] = []
    for month in months:
        if runs and runs[-1][-1].shifted(1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return ", ".join(
        format_month(run[0], locale)
        if len(run) == 1
        else f"{format_month(run[0], locale)} – {format_month(run[-1], locale)}"
        for run in runs
    )
