"""What stands on review cards: the question of each flag, its trap and how to look, the answers."""

from __future__ import annotations

from domain.asking import ManagerAnswer
from domain.outcome import Answer, FlagKind

FLAG_QUESTIONS = {
    FlagKind.WENT_QUIET: "{name}: mark as inactive?",
    FlagKind.MAYBE_MOVED: "{name}: has it moved?",
    FlagKind.MAYBE_CLOSED: "{name}: is it closed?",
    FlagKind.SPAM: "{name}: overrun by spam?",
    FlagKind.ANNOUNCEMENTS_ONLY: "{name}: only announcements?",
    FlagKind.WOKE_UP: "{name}: awake again?",
    FlagKind.CONFIRM: "{name}: is it still active?",
}
FLAG_CAUSES = {
    FlagKind.WENT_QUIET: "went quiet",
    FlagKind.MAYBE_MOVED: "may have moved",
    FlagKind.MAYBE_CLOSED: "may be closed",
    FlagKind.SPAM: "spam",
    FlagKind.ANNOUNCEMENTS_ONLY: "announcements only",
    FlagKind.WOKE_UP: "woke up",
    FlagKind.CONFIRM: "nobody looked for long",
}
FLAG_WHY = {
    FlagKind.WENT_QUIET: "It has been silent for longer than its own rhythm explains, and the "
    "reading proved that we would have seen posts.",
    FlagKind.MAYBE_MOVED: "Its archive or its page says that it is somewhere else now.",
    FlagKind.MAYBE_CLOSED: "Its host says that there is no such place any more, or the address is "
    "for sale.",
    FlagKind.SPAM: "Most posts come from people who write once and whom nobody answers.",
    FlagKind.ANNOUNCEMENTS_ONLY: "One or two people write nearly everything, and nobody answers.",
    FlagKind.WOKE_UP: "It was called inactive, and somebody posts again.",
    FlagKind.CONFIRM: "No program can look inside. The last word of a person is older than half a "
    "year, and its manager did not answer.",
}
FLAG_HOW = {
    FlagKind.WENT_QUIET: "Open the archive and compare the newest post with the one named here. If "
    "it agrees, ask the manager first; mark it as inactive when no answer comes.",
    FlagKind.MAYBE_MOVED: "Open the new address. If it is the same group, press “It moved”. If "
    "only the web site moved, press “Still alive”.",
    FlagKind.MAYBE_CLOSED: "Search for the group’s name together with its host. Look for a word of "
    "farewell or a new address before you press “Closed for good”.",
    FlagKind.SPAM: "Read the last three posts. If members still answer each other, press “Still "
    "alive”; if not, ask the manager or mark it as inactive.",
    FlagKind.ANNOUNCEMENTS_ONLY: "Open some threads and look for answers of members. A newsletter "
    "is not a community; a group that answers by private mail may be one.",
    FlagKind.WOKE_UP: "Read the newest post. If a member wrote it about the group’s subject, press "
    "“Still alive”.",
    FlagKind.CONFIRM: "Look once, as a visitor or a member: its page, its events, its number of "
    "members. Press “Still alive” with the day on which you saw a sign of life.",
}
FLAG_TRAPS = {
    FlagKind.WENT_QUIET: "Known trap: course lists sleep between terms.",
    FlagKind.MAYBE_MOVED: "Known trap: a notice may be about the web site only.",
    FlagKind.MAYBE_CLOSED: "Known trap: a host may be away for a week and come back.",
    FlagKind.SPAM: "Known trap: a busy open list can hold spam and real talk side by side.",
    FlagKind.ANNOUNCEMENTS_ONLY: "Known trap: people may answer out of our sight.",
    FlagKind.WOKE_UP: "Known trap: one late spam message in an old list is not life.",
    FlagKind.CONFIRM: "Known trap: a page that looks fresh may belong to the host, not the group.",
}

ANSWER_BUTTONS = {
    Answer.ASK: "Ask the manager",
    Answer.INACTIVE: "Mark as inactive",
    Answer.ALIVE: "Still alive",
    Answer.MOVED: "It moved",
    Answer.CLOSED: "Closed for good",
    Answer.NOT_SURE: "Not sure",
}
ANSWER_WORDS = {
    Answer.ASK: "Manager asked",
    Answer.INACTIVE: "Inactive",
    Answer.ALIVE: "Still alive",
    Answer.MOVED: "Moved",
    Answer.CLOSED: "Closed for good",
    Answer.NOT_SURE: "Not sure",
    Answer.LATER: "Put off",
    Answer.UNDO: "Undone",
}
ANSWER_DONE = {
    Answer.ASK: "Asked the manager of {name}.",
    Answer.INACTIVE: "Marked {name} as inactive.",
    Answer.ALIVE: "Kept {name} as active; we ask again in 6 months.",
    Answer.MOVED: "Noted that {name} moved.",
    Answer.CLOSED: "Marked {name} as closed.",
    Answer.NOT_SURE: "Passed {name} on to another curator.",
    Answer.LATER: "Put {name} off.",
    Answer.UNDO: "Undone for {name}: the card is open again.",
}
FOLD_BUTTONS = {
    Answer.CLOSED: "Mark all {number} as closed",
    Answer.INACTIVE: "Mark all {number} as inactive",
    Answer.NOT_SURE: "Not sure about all {number}",
}
FOLD_MOVED_BUTTONS = {
    Answer.MOVED: "All {number} moved: read their new addresses",
    Answer.NOT_SURE: "Not sure about all {number}",
}
FOLD_QUESTIONS = {
    "gone": "{host} is gone: {number} communities",
    "moved": "{host} moved to {target}: {number} communities",
    "parked": "{host} is for sale: {number} communities",
}

# Why a curator knows that a community lives; the words teach the rules.
ALIVE_WORDS = {
    "season": "It rests between courses or seasons",
    "private": "It talks in private now",
    "low": "It is quiet by nature",
    "seen": "I saw it myself that day",
}
WANTS_DATE = frozenset({"seen"})

PROOF_MARKS = {
    "ok": "OK",
    "unclear": "Unclear",
    "no": "No",
}

MANAGER_SAID = {
    ManagerAnswer.ACTIVE: "still active",
    ManagerAnswer.MOVED: "moved",
    ManagerAnswer.ENDED: "ended",
}
