"""What is odd about the visits of a source that is read: held against its own past visits.

A visit that did not see has an outcome, and an alert, of its own. These look at those that saw:
each has defaults that work, and none speaks before there is a past to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from types import MappingProxyType

from domain.canary import PROOF_HOLDS, Canary, Check, SilenceProof
from domain.outcome import Outcome
from domain.records import CrawlReport

# So many visits that saw make a past; so many posts make a share.
PAST_VISITS = 5
FEWEST_POSTS = 20
# A visit is long, or asks much, beyond so many times the usual and this on top.
TIMES = 10
LONG_SECONDS = 600.0
MANY_REQUESTS = 50
# Of what its own rhythm lets us expect, so much less or more is odd.
DROP_SHARE = 0.1
FLOOD_TIMES = 20
DATED_SHARE = 0.9
AUTHORS_BEFORE, AUTHORS_NOW = 0.9, 0.5
BAD_STATUS = 400
TWICE = 2
DAY = timedelta(days=1)
# Sources of one host that fell silent within so many days of each other, for so long at least.
SISTERS = 3
SAME_DAYS = timedelta(days=14)
# Of all that these together would have written, by chance none comes once in 20,000 times.
MISSED_POSTS = 10


class Monitor(StrEnum):
    """What is looked at after each crawl, of each source that is seen."""

    FAULTS = "faults"
    CODES = "codes"
    RUN_TIME = "run_time"
    REQUESTS = "requests"
    DROP = "drop"
    FLOOD = "flood"
    DATES = "dates"
    AUTHORS = "authors"
    OLD_POSTS = "old_posts"
    LAYOUT = "layout"
    SISTERS = "sisters"


class Evidence(StrEnum):
    """What a visit tells of itself, by its name in the evidence of the report."""

    DATES = "dates"
    KNOWN = "known"
    LAYOUT = "layout"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostShares:
    """How many posts a source has, the share with a date, and the shares with an author.

    The latter of the posts of the last 90 days, and of those before.
    """

    posts: int = 0
    dated: float = 1.0
    recent: int = 0
    recent_authors: float = 1.0
    earlier: int = 0
    earlier_authors: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """One thing that is not as usual, in a sentence for the operator."""

    monitor: Monitor
    said: str


def list_oddities(visits: Sequence[CrawlReport], shares: PostShares) -> tuple[Oddity, ...]:
    """What is odd about the first of the visits, which are newest first and all saw."""
    if not visits:
        return ()
    found = []
    for monitor, look in MONITORS.items():
        said = look(visits[0], visits[1:], shares)
        if said:
            found.append(Oddity(monitor=monitor, said=said))
    return tuple(found)


def _see_faults(last: CrawlReport, _past: Sequence[CrawlReport], _shares: PostShares) -> str:
    error = last.evidence.get("error", "")
    return f"the visit met a fault ({error}) and was read in part" if error else ""


def _see_codes(last: CrawlReport, _past: Sequence[CrawlReport], _shares: PostShares) -> str:
    status = last.evidence.get("status", "")
    bad = status.isdecimal() and int(status) >= BAD_STATUS
    return f"a page answered {status}" if bad else ""


def _see_run_time(last: CrawlReport, past: Sequence[CrawlReport], _shares: PostShares) -> str:
    if len(past) < PAST_VISITS:
        return ""
    usual = median(one.seconds for one in past)
    if last.seconds <= TIMES * usual + LONG_SECONDS:
        return ""
    return f"the visit took {last.seconds:.0f} s, usually {usual:.0f} s"


def _see_requests(last: CrawlReport, past: Sequence[CrawlReport], _shares: PostShares) -> str:
    if len(past) < PAST_VISITS:
        return ""
    usual = median(one.requests for one in past)
    if last.requests <= TIMES * usual + MANY_REQUESTS:
        return ""
    return f"the visit asked {last.requests} times, usually {usual:.0f}"


def _see_drop(last: CrawlReport, past: Sequence[CrawlReport], _shares: PostShares) -> str:
    expected = _expect_posts(last, past)
    if expected is None or expected < FEWEST_POSTS or last.posts_new >= expected * DROP_SHARE:
        return ""
    return f"{last.posts_new} new posts where its rhythm lets expect {expected:.0f}"


def _see_flood(last: CrawlReport, past: Sequence[CrawlReport], _shares: PostShares) -> str:
    expected = _expect_posts(last, past)
    if expected is None or last.posts_new <= FLOOD_TIMES * max(expected, FEWEST_POSTS):
        return ""
    return f"{last.posts_new} new posts where its rhythm lets expect {expected:.0f}"


def _expect_posts(last: CrawlReport, past: Sequence[CrawlReport]) -> float | None:
    """New posts by the pace of the visits before; the first of all, a whole history, left out."""
    if len(past) <= PAST_VISITS:
        return None
    since = (past[0].finished_at - past[-1].finished_at).total_seconds()
    new = sum(one.posts_new for one in past[:-1])
    elapsed = (last.finished_at - past[0].finished_at).total_seconds()
    return new * elapsed / since if since > 0 else None


def _see_dates(last: CrawlReport, past: Sequence[CrawlReport], shares: PostShares) -> str:
    shown = _told(Evidence.DATES, last, past)
    if shown:
        return f"of the dates of the posts that it shows, {shown}"
    if shares.posts < FEWEST_POSTS or shares.dated >= DATED_SHARE:
        return ""
    return f"only {shares.dated:.0%} of its posts have a date that can be believed"


def _see_authors(_last: CrawlReport, _past: Sequence[CrawlReport], shares: PostShares) -> str:
    few = min(shares.recent, shares.earlier) < FEWEST_POSTS
    if few or shares.earlier_authors < AUTHORS_BEFORE or shares.recent_authors >= AUTHORS_NOW:
        return ""
    now, before = shares.recent_authors, shares.earlier_authors
    return f"{now:.0%} of its new posts name an author, before {before:.0%}"


def _see_old_posts(last: CrawlReport, past: Sequence[CrawlReport], _shares: PostShares) -> str:
    told = last.evidence.get(Evidence.KNOWN, "")
    expected = _expect_posts(last, past)
    if not told or expected is None or last.posts_new < TWICE * expected:
        return ""
    return f"{told} was known, where its rhythm lets expect {expected:.0f} new ones"


def _see_layout(last: CrawlReport, _past: Sequence[CrawlReport], _shares: PostShares) -> str:
    told = last.evidence.get(Evidence.LAYOUT, "")
    return f"its page is {told}" if told else ""


def _told(name: Evidence, last: CrawlReport, past: Sequence[CrawlReport]) -> str:
    """What the newest visit said that was shown anything: an unchanged page is still the same."""
    looks = (one for one in (last, *past) if one.outcome is not Outcome.UNCHANGED)
    look = next(looks, None)
    return look.evidence.get(name, "") if look else ""


MONITORS: Mapping[Monitor, Callable[[CrawlReport, Sequence[CrawlReport], PostShares], str]] = (
    MappingProxyType(
        {
            Monitor.FAULTS: _see_faults,
            Monitor.CODES: _see_codes,
            Monitor.RUN_TIME: _see_run_time,
            Monitor.REQUESTS: _see_requests,
            Monitor.DROP: _see_drop,
            Monitor.FLOOD: _see_flood,
            Monitor.DATES: _see_dates,
            Monitor.AUTHORS: _see_authors,
            Monitor.OLD_POSTS: _see_old_posts,
            Monitor.LAYOUT: _see_layout,
        }
    )
)


# ---- what is odd beside the visits: a silence that was not proved, and sisters ---------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sister:
    """One source of a host: its last post, its rhythm until then, and until when it was seen."""

    source_id: int
    last_post_at: datetime
    per_day: float
    seen_until: datetime


def list_failed(
    proof: SilenceProof | None, visits: Sequence[CrawlReport], now: datetime
) -> tuple[Canary, ...]:
    """What the look back at a silent source found wrong, while that is fresh and it is silent."""
    if proof is None or now - proof.checked_at > PROOF_HOLDS:
        return ()
    if any(one.posts_new and one.finished_at > proof.checked_at for one in visits):
        return ()
    return tuple(proof.failed)


WATCHED_BY: Mapping[Check, Monitor] = MappingProxyType(
    {
        Check.OLD_POST: Monitor.OLD_POSTS,
        Check.TOTAL: Monitor.OLD_POSTS,
        Check.DATES: Monitor.DATES,
        Check.LAYOUT: Monitor.LAYOUT,
        Check.NEIGHBOURS: Monitor.SISTERS,
        Check.LOOKED: Monitor.OLD_POSTS,
    }
)


def see_sisters(host: str, sisters: Sequence[Sister]) -> Oddity | None:
    """What is odd when all sources of a host are seen and fell silent in the same days."""
    if len(sisters) < SISTERS:
        return None
    lasts = [one.last_post_at for one in sisters]
    seen = [(one, one.seen_until - max(lasts)) for one in sisters]
    missed = sum(one.per_day * max(since, timedelta()) / DAY for one, since in seen)
    if max(lasts) - min(lasts) > SAME_DAYS or missed < MISSED_POSTS:
        return None
    said = f"all {len(sisters)} sources on {host} fell silent in the same days"
    return Oddity(monitor=Monitor.SISTERS, said=f"{said}, to {max(lasts):%Y-%m-%d}")
