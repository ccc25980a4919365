"""The public words: one for each status, outcome, flag and answer, and what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from domain.canary import Check
from domain.outcome import Confidence, Marker, Outcome, Status
from domain.proposal import ProposalKind
from domain.published import DirectoryEntry, MonthBar
from domain.window import Month
from presentation.dates import (
    counted,
    format_count,
    format_day,
    format_month,
)
from presentation.i18n import say, translate
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
CHANCE_WORDS = {
    0.95: "almost certain",
    0.80: "very likely",
    0.60: "likely",
    0.40: "about as likely as not",
    0.20: "unlikely",
    0.05: "very unlikely",
    0.0: "almost impossible",
}

PROPOSAL_WORDS = {
    ProposalKind.MOVED: "It says that it moved",
    ProposalKind.CLOSED: "It says that it is closed",
    ProposalKind.PARKED: "Its address may belong to somebody else",
    ProposalKind.GONE: "Its host says that it is gone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWords:
    """The public word with its sentence; `tone` is its class on a page, never its only sign.

    `activity` is the group in which it is listed and counted, one of `ACTIVITIES`.
    `dated` says from when the word is, where it could not be looked at since.
    """

    word: str
    rest: str
    tone: str
    activity: str
    markers: tuple[str, ...] = ()
    dated: str = ""

    @property
    def line(self) -> str:
        """The whole line, for places without markup."""
        return f"{self.word} – {self.rest}" if self.rest else self.word


# What a visitor can ask for, as the words of the pages; the machine's states are finer. What was
# never looked at, what cannot be, and what says too little are three things, and none is silence.
ACTIVITIES = {
    "active": "Active",
    "quiet": "Quiet",
    "unverified": NOT_VERIFIED,
    "little": TOO_LITTLE,
    "unseen": "Cannot see inside",
    "unchecked": NOT_CHECKED_YET,
    "moved": "Moved",
    "inactive": "Inactive",
    "closed": "Closed",
}
ACTIVITY_OF = {
    Status.ACTIVE: "active",
    Status.SLOWING: "quiet",
    Status.DORMANT: "quiet",
    Status.INACTIVE: "inactive",
    Status.CLOSED: "closed",
    Status.MOVED: "moved",
}
TONES = {
    Status.ACTIVE: "active",
    Status.SLOWING: "quiet",
    Status.DORMANT: "quiet",
    Status.INACTIVE: "inactive",
    Status.CLOSED: "ended",
    Status.MOVED: "ended",
}


def status_words(entry: DirectoryEntry, locale: str = "en") -> StatusWords:
    """What the public is told about a community: one word, and the date or number behind it."""
    published = entry.published
    markers = tuple(_tell_marker(marker, entry, locale) for marker in sorted(published.markers))
    if published.status is None:
        return _say_unknown(*_tell_unchecked(entry, locale), locale)
    if published.not_verified_since is not None:
        day = format_day(published.not_verified_since, locale)
        then = translate(STATUS_WORDS[published.status], locale)
        rest = say("since {day} (then: {word})", locale, day=day, word=then)
        return _say_unknown("unverified", rest, locale, markers)
    if published.status is Status.UNVERIFIABLE:
        return _say_unknown(*_tell_unverifiable(entry, locale), locale, markers)
    return StatusWords(
        word=translate(STATUS_WORDS[published.status], locale),
        rest=_tell_status(entry, published.status, locale),
        tone=TONES[published.status],
        activity=ACTIVITY_OF[published.status],
        markers=markers,
        dated=_date_word(entry, locale),
    )


def _say_unknown(
    activity: str, rest: str, locale: str, markers: tuple[str, ...] = ()
) -> StatusWords:
    """The word where it cannot be said whether somebody talks, and why not."""
    word = translate(ACTIVITIES[activity], locale)
    return StatusWords(word=word, rest=rest, tone="unseen", activity=activity, markers=markers)


def list_words(entry: DirectoryEntry, locale: str = "en") -> StatusWords:
    """As `status_words`, shorter and with the last post's date, for a line in a list."""
    words = status_words(entry, locale)
    published = entry.published
    if words.tone != "active" or published.last_post_at is None:
        return words
    whole = [bar.posts or 0 for bar in entry.months if bar.wholly_seen][-MONTHS_PER_YEAR:]
    day = format_day(published.last_post_at, locale)
    usual = round(median(whole)) if len(whole) >= ENOUGH_MONTHS else 0
    if not usual:
        return replace(words, rest=say("last post {day}", locale, day=day))
    pace = counted(usual, "post", "posts", locale)
    rest = say("about {posts} a month, last post {day}", locale, posts=pace, day=day)
    return replace(words, rest=rest)


def _tell_marker(marker: Marker, entry: DirectoryEntry, locale: str) -> str:
    """What stands beside the word; of an archive that is not seen, since when and why."""
    if marker is not Marker.UNREADABLE or entry.unseen_since is None:
        return translate(MARKER_WORDS[marker], locale)
    last = max(entry.reports.values(), key=lambda report: report.finished_at)
    day = format_day(entry.unseen_since, locale)
    if last.outcome is Outcome.PARTIAL:
        return say("archive read only in part since {day}", locale, day=day)
    why = translate(OUTCOME_WORDS[last.outcome], locale)
    return say("archive unreadable since {day}: it {outcome}", locale, day=day, outcome=why)


def _date_word(entry: DirectoryEntry, locale: str) -> str:
    """From when the last good word is, while nobody can look whether it still holds."""
    published = entry.published
    if Marker.UNREADABLE not in published.markers or published.by_curator:
        return ""
    if published.observed_until is None:
        return ""
    day = format_day(published.observed_until, locale)
    return say("The word is from {day}, when its archive was last seen whole.", locale, day=day)


def _tell_status(entry: DirectoryEntry, status: Status, locale: str) -> str:
    """What follows the word, for a community that was seen or decided upon."""
    published = entry.published
    since = format_day(published.since, locale) if published.since else ""
    last = format_day(published.last_post_at, locale) if published.last_post_at else ""
    match status:
        case Status.ACTIVE:
            return _tell_active(entry.months, last, locale)
        case Status.SLOWING:
            return _tell_slowing(entry, last, locale)
        case Status.DORMANT if last:
            return say("no post seen since {day}", locale, day=last)
        case Status.DORMANT:
            return say("no post seen for long", locale)
        case Status.INACTIVE:
            return _tell_inactive(entry, last, locale)
        case Status.CLOSED if since:
            return say("a curator recorded its end on {day}", locale, day=since)
        case Status.CLOSED:
            return say("its end is recorded", locale)
        case _:
            return _tell_moved(entry, locale)


def _tell_moved(entry: DirectoryEntry, locale: str) -> str:
    if entry.decision is not None and entry.decision.new_url:
        return say("now at", locale)
    return say("to an address we do not know", locale)


def _tell_active(months: Sequence[MonthBar], last: str, locale: str) -> str:
    whole = [bar for bar in months if bar.wholly_seen]
    if len(whole) >= TWO_YEARS and len(whole) == len(months) and all(bar.posts for bar in whole):
        return say("posts in every one of the last {number} months", locale, number=len(months))
    return say("last post {day}", locale, day=last) if last else ""


def _tell_slowing(entry: DirectoryEntry, last: str, locale: str) -> str:
    """`fewer posts than usual since Aug 2026 (3 a month, usual 30)`."""
    since = entry.published.since
    if since is None:
        return say("fewer posts than usual, last post {day}", locale, day=last)
    start = Month.of(since)
    now = [bar.posts for bar in entry.months if bar.month > start and bar.wholly_seen]
    then = [bar.posts for bar in entry.months if bar.month < start and bar.wholly_seen]
    rates = ""
    if now and len(then) >= ENOUGH_MONTHS:
        few, usual = (round(median(count or 0 for count in some)) for some in (now, then))
        if few < usual:
            rates = say(
                " ({few} a month, usual {usual})",
                locale,
                few=format_count(few, locale),
                usual=format_count(usual, locale),
            )
    month = format_month(since, locale)
    return say("fewer posts than usual since {month}{rates}", locale, month=month, rates=rates)


def _tell_inactive(entry: DirectoryEntry, last: str, locale: str) -> str:
    words = say("no posts seen", locale)
    if last:
        words = say("no new posts seen since {day}", locale, day=last)
    open_still = any(report.outcome.saw for report in entry.reports.values())
    return say("{words}; the archive is still there", locale, words=words) if open_still else words


def _tell_unverifiable(entry: DirectoryEntry, locale: str) -> tuple[str, str]:
    """Group and sentence where the rules cannot say: closed doors, nothing yet, too little."""
    outcomes = [report.outcome for report in entry.reports.values()]
    door = next((outcome for outcome in outcomes if outcome in CLOSED_DOORS), None)
    if door is not None and not any(outcome.saw for outcome in outcomes):
        why = translate(OUTCOME_WORDS[door], locale)
        return "unseen", say("its archive {outcome}", locale, outcome=why)
    assessment = entry.assessment
    codes = {reason.code for reason in assessment.reasons} if assessment else set()
    if assessment is None or not codes.isdisjoint(NOTHING_SAID_YET):
        return _tell_unchecked(entry, locale)
    if ReasonCode.BLIND_TOO_LONG in codes:
        return "unseen", say("its archive could not be read for long", locale)
    posts = counted(assessment.posts_seen, "post seen", "posts seen", locale)
    if entry.published.last_post_at is None:
        return "little", posts
    day = format_day(entry.published.last_post_at, locale)
    rest = say("{posts}, the last on {day}", locale, posts=posts, day=day)
    return "little", rest


def _tell_unchecked(entry: DirectoryEntry, locale: str) -> tuple[str, str]:
    """Of what nobody has looked at: a closed place will stay so, the others have to wait."""
    if not entry.sources and entry.community.observable in CLOSED_BY_NATURE:
        return "unseen", translate(CLOSED_BY_NATURE[entry.community.observable], locale)
    return "unchecked", _tell_tries(entry, locale)


def _tell_tries(entry: DirectoryEntry, locale: str) -> str:
    """What the last visit met, of a place that no visit has seen; else since when it is listed."""
    tried = [report for report in entry.reports.values() if not report.outcome.saw]
    if not tried:
        return _since_added(entry, locale)
    last = max(tried, key=lambda report: report.finished_at)
    return say(
        "tried on {day}: its archive {outcome}",
        locale,
        day=format_day(last.finished_at, locale),
        outcome=translate(OUTCOME_WORDS[last.outcome], locale),
    )


def _since_added(entry: DirectoryEntry, locale: str) -> str:
    added = entry.community.added_at
    return say("added {day}", locale, day=format_day(added, locale)) if added else ""


def outcome_words(outcome: Outcome, locale: str = "en") -> str:
    """What a visit met, to follow “its archive”."""
    return translate(OUTCOME_WORDS[outcome], locale)


def chance_words(chance: float, locale: str = "en") -> str:
    """A probability as a word that people use."""
    return translate(
        next(words for least, words in CHANCE_WORDS.items() if chance >= least), locale
    )


def in_ten(chance: float, locale: str = "en") -> str:
    """A probability as cases out of ten, never promising none or all."""
    cases = round(chance * 10)
    if cases < 1:
        return say("fewer than 1 in 10", locale)
    if cases > 9:
        return say("more than 9 in 10", locale)
    return say("about {cases} in 10", locale, cases=cases)
