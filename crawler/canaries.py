"""Canaries: what a source is asked before its silence is believed, and what its answers mean.

A look back is two or three small requests through the same engine and gate as any visit, and
stores nothing: its posts are only compared with those that are held. Free of Scrapy and of the
store, because the parent process judges what its child has seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crawler.plan import CrawlPlan
from crawler.redact import keep_sane_date
from domain.canary import Canary, Check, CheckResult, Said
from domain.keyed_hash import keyed_hash
from domain.outcome import Outcome, Reason
from domain.records import DateBasis, Platform, ReadPost
from domain.window import Month, Window

LAYOUT_MARK = "layout"
# How the entry page was built at the last visit, where that is not as it was when posts came.
LAYOUT_NOW_MARK = "layout_now"
OLD_POSTS = 10
"""How many old posts are looked at where a platform gives them one by one."""

REQUESTS = 8
DATED_SHARE = 0.8
KNOWN_SHARE = 0.5
STILL_THERE_SHARE = 0.8
# Moderators delete a few posts; an archive that lost more than this is another matter.
KEPT_SHARE = 0.95
SAME_DAYS = timedelta(days=14)
TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """One look at what a source should still show.

    `window` is a stretch of its past of which posts are held, `urls` where its last posts were to
    be seen. The plan's marks name what was read; they do not make a request conditional.
    """

    plan: CrawlPlan
    secret_key: bytes = field(repr=False)
    window: Window | None = None
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a platform shows when it is asked again for what it showed before.

    `declared` is how many posts it says there are; `at_most` says that it counts more than anybody
    is shown. `missing` and `unread` name parts that were read and are not listed any more, or are
    listed otherwise than they were read. `answered` is an address where an old post still is.
    """

    posts: tuple[ReadPost, ...] = ()
    declared: int | None = None
    at_most: bool = False
    missing: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    parts: int = 0
    answered: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedBack:
    """What a look back saw, without any person in it: keyed posts, counts and names of parts."""

    source_id: int
    outcome: Outcome
    detail: str = ""
    keys: tuple[bytes, ...] = ()
    dated: int = 0
    declared: int | None = None
    at_most: bool = False
    missing: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    parts: int = 0
    answered: str = ""
    layout: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What we hold of a source, to compare a look back with.

    `known` counts those of its keys that are held; `window` and `in_window` are the stretch that
    was asked for and the posts held of it; `layout` is the fingerprint of visits that saw posts.
    """

    platform: Platform
    posts: int
    known: int
    window: Window | None = None
    in_window: int = 0
    layout: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another source with its last post, and until when it was seen."""

    same_host: bool
    last_post_at: datetime | None
    seen_until: datetime | None


def take_people_out(sighting: Sighting, order: LookBack, *, layout: str) -> LookedBack:
    """The sighting as it leaves the crawl subprocess."""
    posts = [keep_sane_date(post, order.plan.now) for post in sighting.posts if post.post_id]
    keys = {keyed_hash(post.post_id, order.secret_key, b"post"): post for post in posts}
    dated = sum(p.at is not None and p.basis is not DateBasis.PERIOD for p in keys.values())
    return LookedBack(
        source_id=order.plan.source_id,
        outcome=Outcome.READ,
        keys=tuple(keys),
        dated=dated,
        declared=sighting.declared,
        at_most=sighting.at_most,
        missing=sighting.missing,
        unread=sighting.unread,
        parts=sighting.parts,
        answered=sighting.answered,
        layout=layout,
    )


# ---- what the answers mean ------------------------------------------------------------------


def judge(seen: LookedBack, held: Held) -> tuple[Canary, ...]:
    """The checks of one source. One that could not be asked has failed: it proves nothing."""
    if not seen.outcome.saw:
        said = _tell(Said.NOT_ASKED, outcome=seen.outcome.value, detail=seen.detail)
        return (_failed(Check.OLD_POST, said),)
    return (
        judge_old_post(seen, held),
        judge_dates(seen),
        judge_total(seen, held),
        judge_layout(seen, held),
    )


def judge_old_post(seen: LookedBack, held: Held) -> Canary:
    """Whether posts that we hold are still where they were."""
    shown = len(seen.keys)
    if not held.posts:
        return _unclear(Check.OLD_POST, _tell(Said.NEVER_ANY))
    if held.window is not None and held.platform is Platform.PIPERMAIL:
        period = _name(held.window)
        said = _tell(Said.PERIOD, known=held.known, number=held.in_window, period=period)
        still = held.known >= STILL_THERE_SHARE * held.in_window
        return _ok(Check.OLD_POST, said) if still and held.known else _failed(Check.OLD_POST, said)
    if not shown:
        if seen.answered:
            return _ok(Check.OLD_POST, _tell(Said.ANSWERED, url=seen.answered))
        return _failed(Check.OLD_POST, _tell(Said.NONE_SHOWN))
    said = _tell(Said.SHOWN, known=held.known, number=shown)
    still = held.known >= KNOWN_SHARE * shown
    return _ok(Check.OLD_POST, said) if still else _failed(Check.OLD_POST, said)


def judge_dates(seen: LookedBack) -> Canary:
    """Whether the dates of what it shows can be read."""
    shown = len(seen.keys)
    if not shown:
        return _unclear(Check.DATES, _tell(Said.NO_DATES))
    said = _tell(Said.DATED, dated=seen.dated, number=shown)
    fine = seen.dated >= DATED_SHARE * shown
    return _ok(Check.DATES, said) if fine else _failed(Check.DATES, said)


def judge_total(seen: LookedBack, held: Held) -> Canary:
    """Whether it has what we hold, and nothing that we do not."""
    if seen.missing:
        return _failed(Check.TOTAL, _tell(Said.MISSING, parts=_list(seen.missing)))
    if seen.unread:
        return _failed(Check.TOTAL, _tell(Said.UNREAD, parts=_list(seen.unread)))
    if seen.declared is not None:
        said = _tell(Said.COUNTS, declared=seen.declared, held=held.posts)
        if seen.at_most and seen.declared >= held.posts:
            return _ok(Check.TOTAL, replace(said, code=Said.COUNTS_MORE.value))
        if seen.declared >= held.posts * KEPT_SHARE and held.posts >= seen.declared * KEPT_SHARE:
            same = seen.declared == held.posts
            return _ok(Check.TOTAL, said) if same else _nearly(seen.declared, held.posts, said)
        return _failed(Check.TOTAL, said)
    if seen.parts:
        return _ok(Check.TOTAL, _tell(Said.PARTS, number=seen.parts))
    strange = len(seen.keys) - held.known
    if strange:
        return _failed(Check.TOTAL, _tell(Said.STRANGE, number=strange))
    return _unclear(Check.TOTAL, _tell(Said.NO_COUNT))


def _nearly(declared: int, held: int, said: Reason) -> Canary:
    return _ok(Check.TOTAL, said) if declared > held else _unclear(Check.TOTAL, said)


def judge_layout(seen: LookedBack, held: Held) -> Canary:
    """Whether its entry page is built as it was when posts were still coming."""
    if not held.layout or not seen.layout:
        return _unclear(Check.LAYOUT, _tell(Said.LAYOUT_UNKNOWN))
    if seen.layout == held.layout:
        return _ok(Check.LAYOUT, _tell(Said.LAYOUT_SAME))
    return _failed(Check.LAYOUT, _tell(Said.LAYOUT_OTHER))


def judge_neighbours(
    host: str, platform: Platform, last_post_at: datetime | None, others: Iterable[Neighbour]
) -> Canary:
    """Whether others were seen to write in the silent stretch, which begins at `last_post_at`.

    Others of the same server speak first; then those of the same platform, whoever runs them.
    """
    if last_post_at is None:
        return _unclear(Check.NEIGHBOURS, _tell(Said.NO_LAST))
    seen = [o for o in others if o.seen_until is not None and o.seen_until > last_post_at]
    near = [other for other in seen if other.same_host]
    if near:
        return _judge_near(host, last_post_at, near)
    wrote = _count_writing(seen, last_post_at)
    if wrote:
        day = last_post_at.date().isoformat()
        said = _tell(Said.OTHERS_WROTE, number=wrote, platform=platform.value, since=day)
        return _ok(Check.NEIGHBOURS, said)
    said = _tell(Said.NOBODY_NEAR, host=host, platform=platform.value)
    return _unclear(Check.NEIGHBOURS, said)


def _judge_near(host: str, last_post_at: datetime, near: Sequence[Neighbour]) -> Canary:
    wrote = _count_writing(near, last_post_at + SAME_DAYS)
    if wrote:
        said = _tell(Said.NEAR_WROTE, wrote=wrote, number=len(near), host=host)
        return _ok(Check.NEIGHBOURS, said)
    lasts = [other.last_post_at for other in near if other.last_post_at is not None]
    if lasts and all(abs(last - last_post_at) <= SAME_DAYS for last in lasts):
        said = _tell(Said.NEAR_SILENT, number=len(lasts), host=host)
        return _failed(Check.NEIGHBOURS, said)
    said = _tell(Said.NEAR_NONE, number=len(near), host=host)
    return _unclear(Check.NEIGHBOURS, said)


def _count_writing(others: Iterable[Neighbour], since: datetime) -> int:
    return sum(o.last_post_at is not None and o.last_post_at > since for o in others)


def _name(window: Window) -> str:
    month = Month.of(window.start)
    return str(month) if month.window == window else f"{window.start:%Y-%m-%d}"


def _list(names: Sequence[str]) -> str:
    more = f" … +{len(names) - TOLD}" if len(names) > TOLD else ""
    return ", ".join(names[:TOLD]) + more


def _tell(code: Said, **values: int | str) -> Reason:
    return Reason(code=code.value, values=values)


def _ok(check: Check, said: Reason) -> Canary:
    return Canary(check=check, result=CheckResult.OK, said=said)


def _failed(check: Check, said: Reason) -> Canary:
    return Canary(check=check, result=CheckResult.FAILED, said=said)


def _unclear(check: Check, said: Reason) -> Canary:
    return Canary(check=check, result=CheckResult.UNCLEAR, said=said)
