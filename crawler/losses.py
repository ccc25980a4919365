"""What an archive showed before and does not show any more.

A loss is doubted first: an archive that is half rebuilt, or restored from an old copy, may hide
new posts too, so its silence proves nothing. If it stays, it is what the archive is now. Nothing
that is stored is ever taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.records import Mark

LOSS_MARK = "loss"
DOUBTED_FOR = timedelta(days=14)
# Moderators take out a message here and there; that is no loss.
_FEW, _FEW_SHARE = 2, 0.1
TO_DO = "open it in a browser: is it being rebuilt? in two weeks it is taken as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What is missing, in words (empty for nothing), and whether it is doubted still.

    `marks` are to be remembered with the page.
    """

    what: str = ""
    doubted: bool = False
    marks: tuple[Mark, ...] = ()


def weigh_loss(what: str, known: Mark | None, now: datetime) -> Loss:
    """What to make of a loss (empty for none), given the mark of the one that was seen before."""
    noticed = known.label if known else None
    if not what:
        return Loss(marks=(Mark(name=LOSS_MARK),) if noticed else ())
    since = datetime.fromisoformat(noticed) if noticed else now
    mark = Mark(name=LOSS_MARK, label=since.isoformat())
    return Loss(what=what, doubted=now - since < DOUBTED_FOR, marks=(mark,))


def shrank(before: int, now: int) -> bool:
    """True when more is missing than moderators take out."""
    return before - now > max(_FEW, before * _FEW_SHARE)


def newest_is_missing(newest: datetime | None, shown: datetime | None) -> str:
    """The loss of the newest post that is known, where what is shown is all older."""
    if newest is None or (shown is not None and shown >= newest):
        return ""
    return f"the newest post known, of {newest:%Y-%m-%d}, is not there any more"
