"""What an export of a list gave, what it proves, and what should have been in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.losses import LOSS_MARK, Loss, newest_is_missing, shrank, weigh_loss
from crawler.plan import CrawlPlan
from domain.records import Mark, Page, ReadPost
from domain.window import Coverage, CoverageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What one export gave; `damage` says why only a part could be read."""

    posts: tuple[ReadPost, ...]
    fetched_at: datetime
    damage: str = ""


def page_of(export: Export, start: datetime, end: datetime | None, marks: tuple[Mark, ...]) -> Page:
    """The page of an export that was asked for from `start` to `end` (or to the visit)."""
    until = min(end or export.fetched_at, export.fetched_at)
    kind = CoverageKind.PARTIAL if export.damage else CoverageKind.COMPLETE
    seen = Coverage(start=start, end=max(start, until), kind=kind)
    return Page(posts=export.posts, coverage=(seen,), marks=marks)


def weigh_answer(
    posts: Sequence[ReadPost], plan: CrawlPlan, now: datetime, *, declared: int | None = None
) -> Loss:
    """What a list should still show and does not.

    `posts` are all from before its newest known post on; `declared` is how many it counts.
    """
    newest, known = plan.newest_post_at, plan.posts_known
    oldest = min((post.at for post in posts if post.at), default=None)
    # They reach back behind the newest known post, so one as old must be among them.
    shown = newest if oldest and newest and oldest <= newest else None
    what = newest_is_missing(newest, shown)
    if declared is not None and shrank(known, declared):
        what = f"it counts {declared} messages, but {known} were read before"
    return weigh_loss(what, plan.mark(LOSS_MARK), now)
