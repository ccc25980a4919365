"""Codes of the reasons that scoring gives, with the values each one carries.

The words are in `presentation.reasons`; a code without a sentence there fails a test.
"""

from __future__ import annotations

from enum import StrEnum


class ReasonCode(StrEnum):
    """Why a status, or what would change it.

    Units: `..._days` are days of the covered clock (time that was not seen does not count),
    `..._percent` whole per cents, dates ISO dates in UTC.
    """

    # ---- why, from the community's own history -------------------------------------------------
    TALK = "talk"
    """`posts` in the last `days`; `usual` posts in as many days, from the year before them."""
    LESS_TALK = "less_talk"
    """As `talk`, when `posts` is less than half of `usual`."""
    PEOPLE = "people"
    """`people` wrote and `answered_percent` of `threads` threads had two or more, in `days`."""
    SILENCE = "silence"
    """`silent_days` since the last post on `last`; usually `usual_days` apart, longest before
    `longest_days` (both among the latest 30 pauses)."""
    SILENT_YEAR = "silent_year"
    """`silent_days` since the last post on `last`, all of them seen; longest before
    `longest_days`."""
    STOPPED_SUDDENLY = "stopped_suddenly"
    """A busy community (`active_days` in a year) is silent for `silent_days`, more than three times
    its `longest_days`: it has usually moved, or its source broke."""
    NEVER_TALKED = "never_talked"
    """Not one post that counts in `silent_days`, seen since `seen_since`."""

    # ---- why, from what we could and could not see ---------------------------------------------
    THIN = "thin"
    """Only `posts` posts on `active_days` days: too little to say anything."""
    NEVER_SEEN = "never_seen"
    """Nothing was ever seen completely (`posts` seen in part)."""
    BLIND_TOO_LONG = "blind_too_long"
    """`unseen_days` since the last post on `last` were not seen: it cannot be known."""
    CLOCK_STOOD = "clock_stood"
    """`unseen_days` of the time since the last post were not seen and do not count."""
    BLIND_SOURCES = "blind_sources"
    """At `sources` of the community too little can be seen: talk may go on there."""
    DISCOUNTED = "discounted"
    """`posts` of the last year do not count as talk; `marker` says why."""
    ROBOTS = "robots"
    """`posts` of the last year by `writers` do not count as talk: they came at regular dates
    (`clockwork`), at once after somebody else's (`auto_reply`), or were never answered where others
    are (`notices`); the three say how many posts each."""
    ONE_VOICE = "one_voice"
    """`voices` authors wrote `voice_percent` of `posts` in a year; `answered_percent` of `threads`
    threads had an answer by somebody else."""
    ONE_TIME_AUTHORS = "one_time_authors"
    """`one_time_percent` of `posts` in a year came from authors who wrote once;
    `answered_percent` of `threads` threads had an answer by somebody else."""
    FEED_WINDOW = "feed_window"
    """Only the latest `posts` items of a feed are known."""
    NO_AUTHORS = "no_authors"
    """The source does not say who writes."""
    NOT_SEEING = "not_seeing"
    """The last visit did not see: `outcome`."""
    WAITING_FOR_PROOF = "waiting_for_proof"
    """It looks worse, and the reading has not been asked to prove itself yet."""
    SEEN_BY_PERSON = "seen_by_person"
    """A person saw it alive on `date`, later than any post that we saw."""
    NOT_PROVED = "not_proved"
    """It looks worse, and the reading could not prove itself: `check` failed."""

    # ---- why, from all communities -------------------------------------------------------------
    CHANCE_TALK = "chance_talk"
    """`percent` chance that several people post within `days`."""
    CHANCE_QUIET = "chance_quiet"
    """`percent` chance that this silence becomes a year or longer."""
    POST_AGAIN = "post_again"
    """Of communities silent for a year `percent` post again within `days`."""

    # ---- what would change it ------------------------------------------------------------------
    IF_SILENT = "if_silent"
    """Without a post it becomes `status` in `days`, on `date`."""
    IF_POST = "if_post"
    """One post makes it `status`."""
    IF_POSTS = "if_posts"
    """`posts` posts by several people within `days` make it `status`."""
    IF_ENOUGH = "if_enough"
    """At least `posts` posts on `active_days` different days."""
    IF_SEEN = "if_seen"
    """One complete look at the source."""
    IF_ANSWERED = "if_answered"
    """Answers by other people, which count as talk."""
