"""Whether posts are a conversation at all: spam, one voice, or talk; and which of them are talk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.outcome import Marker
from scoring.activity import DAY, YEAR, Columns, Ints
from scoring.rules import Rules

Mask = NDArray[np.bool_]
STEADY_DAYS = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """What the posts of the last year look like, and the marker that follows, if any.

    Units: shares 0 to 1. Of `threads` threads `answered_share` have two or more people,
    `regular_share` such with somebody who wrote more than once that year, `followed_share` two or
    more posts; of the posts with a known author `one_time_share` came from people who wrote once,
    `voice_share` from the one or two who wrote most.
    """

    marker: Marker | None
    posts: int
    threads: int
    known_share: float
    answered_share: float
    regular_share: float
    followed_share: float
    one_time_share: float
    voices: int
    voice_share: float


def read_marking(
    columns: Columns, at: float, rules: Rules, *, answers_seen: bool = True
) -> Marking:
    """What the year before a moment says about who speaks to whom.

    `answers_seen` is false where the source never shows which post answers which: then the lack of
    answers says nothing about spam.
    """
    recent = columns.between(at - YEAR, np.inf)
    named = recent.author[recent.author >= 0]
    counts = np.sort(np.unique(named, return_counts=True)[1])[::-1]
    threads, posts_of = np.unique(recent.thread, return_counts=True)
    several, known, total = max(len(threads), 1), max(len(named), 1), max(len(recent), 1)
    marking = Marking(
        marker=None,
        posts=len(recent),
        threads=len(threads),
        known_share=len(named) / total,
        answered_share=len(answered_threads(recent)) / several,
        regular_share=len(answered_threads(recent, by_regulars=True)) / several,
        followed_share=float((posts_of > 1).sum()) / several,
        one_time_share=float((counts == 1).sum()) / known,
        voices=min(len(counts), rules.voice_authors),
        voice_share=float(counts[: rules.voice_authors].sum()) / known,
    )
    return _judged(marking, rules, answers_seen)


def read_steady_marker(
    columns: Columns, at: float, rules: Rules, *, answers_seen: bool = True
) -> Marker | None:
    """The marker of now, unless a look 42 or 84 days ago had as much to see and denies it.

    One look alone would change its word with every post that enters or leaves the year.
    """
    found: Marker | None = None
    for moment in (at, at - STEADY_DAYS * DAY, at - 2 * STEADY_DAYS * DAY):
        year = columns.between(moment - YEAR, moment)
        if found is None and not _is_suspect(year, rules):
            return None
        marking = read_marking(year, moment, rules, answers_seen=answers_seen)
        if found is not None and marking.threads < rules.marker_threads:
            break
        if marking.marker is None or found not in {None, marking.marker}:
            return None
        found = marking.marker
    return found


def _is_suspect(year: Columns, rules: Rules) -> bool:
    """False where those who wrote once are too few for spam, and the others too many for one voice.

    Cheap: most communities are far from any marker.
    """
    named = np.sort(year.author[year.author >= 0])
    if len(named) < rules.marker_known_share * max(len(year), rules.marker_threads):
        return False
    starts = np.flatnonzero(np.concatenate(([True], named[1:] != named[:-1])))
    counts = np.sort(np.append(starts[1:], len(named)) - starts)
    one_time = np.count_nonzero(counts == 1) / len(named)
    voice = counts[-rules.voice_authors :].sum() / len(named)
    return bool(one_time >= rules.spam_one_time_share or voice >= rules.voice_share)


def _judged(marking: Marking, rules: Rules, answers_seen: bool) -> Marking:
    """The same with its marker.

    Mostly one-time authors whom no regular answers: spam. One or two authors: announcements or a
    robot, unless their threads go on with several posts each: then the server probably rewrites
    senders, and nothing is said.
    """
    if marking.threads < rules.marker_threads or marking.known_share < rules.marker_known_share:
        return marking
    spam = (
        answers_seen
        and marking.regular_share < rules.spam_answered_share
        and marking.one_time_share >= rules.spam_one_time_share
    )
    one_voice = (
        marking.answered_share < rules.marker_answered_share
        and marking.voice_share >= rules.voice_share
        and marking.followed_share < rules.rewritten_followed_share
    )
    marker = Marker.SPAM if spam else Marker.ANNOUNCEMENTS_ONLY if one_voice else None
    return replace(marking, marker=marker)


def is_talk(columns: Columns, marking: Marking) -> Mask:
    """Which posts count: all without a marker, else only those where somebody was answered.

    Under spam only the posts of regulars among themselves: whom thousands of forged senders leave
    are those who took part in several shared threads, in a thread with another of their kind.
    """
    if marking.marker is None:
        return np.ones(len(columns), dtype=np.bool_)
    in_shared = np.isin(columns.thread, answered_threads(columns))
    if marking.marker is not Marker.SPAM:
        return in_shared
    shared = columns.kept(in_shared & (columns.author >= 0))
    pairs = np.unique(np.stack((shared.author, shared.thread)), axis=1)
    people, threads = np.unique(pairs[0], return_counts=True)
    regulars = people[threads > 1]
    met, count = np.unique(pairs[1][np.isin(pairs[0], regulars)], return_counts=True)
    return np.isin(columns.thread, met[count > 1]) & np.isin(columns.author, regulars)


def answered_threads(columns: Columns, *, by_regulars: bool = False) -> Ints:
    """The threads with two or more known people; `by_regulars`: one of whom wrote twice or more."""
    named = columns.author >= 0
    author, thread = columns.author[named], columns.thread[named]
    order = np.lexsort((author, thread))
    author, thread = author[order], thread[order]
    same = thread[1:] == thread[:-1]
    shared: Ints = np.unique(thread[1:][same & (author[1:] != author[:-1])])
    if by_regulars:
        people, posts = np.unique(author, return_counts=True)
        shared = np.intersect1d(shared, thread[np.isin(author, people[posts > 1])])
    return shared
