"""Who writes without talking: clockwork, auto-replies and notices, found in dates and threads.

What a post says is not kept, so only what its metadata shows can be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scoring.activity import DAY, YEAR, Columns, Floats, Ints
from scoring.markers import Mask, answered_threads
from scoring.rules import Rules

MINUTE = 60.0


class VoiceKind(StrEnum):
    """Why an author's posts are not talk."""

    CLOCKWORK = "clockwork"
    """At regular dates, and nobody else writes in its threads: cron mail, robots, reminders."""
    AUTO_REPLY = "auto_reply"
    """Within minutes after somebody else's post, nearly always."""
    NOTICES = "notices"
    """Many threads in a year, none of which anybody answers where others are answered: jobs,
    calls, announcements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """An author whose posts are not talk, with how many there were in the year."""

    author: int
    kind: VoiceKind
    posts: int


def list_voices(
    columns: Columns, at: float, rules: Rules, *, answers_seen: bool = True
) -> tuple[Voice, ...]:
    """The authors whose posts in the year before a moment are not talk.

    `answers_seen` is false where the source never shows which post answers which: then only
    clockwork can be told.
    """
    year = columns.between(at - YEAR, at)
    people, counts = np.unique(year.author[year.author >= 0], return_counts=True)
    shared = answered_threads(year)
    share = len(shared) / max(len(np.unique(year.thread)), 1)
    found = []
    for author, posts in zip(people.tolist(), counts.tolist(), strict=True):
        if posts < rules.voice_posts:
            continue
        kind = _read_kind(year, author, shared, share, rules) if answers_seen else None
        if kind is None and not answers_seen and _is_regular(year.ts[year.author == author], rules):
            kind = VoiceKind.CLOCKWORK
        if kind is not None:
            found.append(Voice(author=author, kind=kind, posts=posts))
    return tuple(found)


def _read_kind(
    year: Columns, author: int, shared: Ints, share: float, rules: Rules
) -> VoiceKind | None:
    own = year.author == author
    if np.isin(year.thread[own], shared).any():
        return VoiceKind.AUTO_REPLY if _answers_at_once(year, own, rules) else None
    if _is_regular(year.ts[own], rules):
        return VoiceKind.CLOCKWORK
    many = own.sum() >= rules.marker_threads
    return VoiceKind.NOTICES if many and share >= rules.notices_answered_share else None


def _is_regular(ts: Floats, rules: Rules) -> bool:
    """True when nearly all gaps are as long as the usual one, within a tenth of it."""
    gaps = np.diff(ts)
    usual = float(np.median(gaps))
    if usual < DAY / 2:
        return False
    return bool(np.mean(np.abs(gaps - usual) <= usual / 10) >= rules.voice_regular_share)


def _answers_at_once(year: Columns, own: Mask, rules: Rules) -> bool:
    """True when nearly every post follows one by somebody else in its thread within minutes."""
    order = np.lexsort((year.ts, year.thread))
    thread, ts, mine = year.thread[order], year.ts[order], own[order]
    quick = np.zeros(len(order), dtype=np.bool_)
    quick[1:] = (
        (thread[1:] == thread[:-1])
        & ~mine[:-1]
        & (ts[1:] - ts[:-1] <= rules.voice_reply_minutes * MINUTE)
    )
    return bool(quick[mine].mean() >= rules.voice_regular_share)
