"""What a check found when silence had to prove itself, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.canary import Said
from domain.outcome import Reason
from presentation.i18n import ENGLISH
from presentation.reasons import fill_in

SAID_WORDS: Mapping[str, str] = MappingProxyType(
    {
        Said.NOT_ASKED: "it could not be asked: it {outcome:outcome}",
        Said.NEVER_ANY: "there never was a post that could still be there",
        Said.PERIOD: "{known:number} of the {number:posts} filed under {period:text} are still "
        "there",
        Said.ANSWERED: "an old post still is at {url:text}",
        Said.NONE_SHOWN: "it shows none of the posts that it showed before",
        Said.SHOWN: "of {number:posts} that it shows we hold {known:number}",
        Said.NO_DATES: "no post was shown whose date could be read",
        Said.DATED: "of {number:posts} the dates of {dated:number} can be read",
        Said.MISSING: "not listed any more: {parts:text}",
        Said.UNREAD: "listed, and not read as it is now: {parts:text}",
        Said.COUNTS: "it counts {declared:posts}, we hold {held:number}",
        Said.COUNTS_MORE: "it counts {declared:posts}, we hold {held:number}; its count takes in "
        "what nobody is shown",
        Said.PARTS: "every part that we read is listed as it was (parts: {number:number})",
        Said.STRANGE: "it shows {number:posts} that we have not read",
        Said.NO_COUNT: "it does not say how many posts it has",
        Said.LAYOUT_UNKNOWN: "how its page was built before is not known",
        Said.LAYOUT_SAME: "its page is built as it was when posts still came",
        Said.LAYOUT_OTHER: "its page is built in another way than when posts still came",
        Said.NO_LAST: "there never was a post after which it fell silent",
        Said.NEAR_WROTE: "others on {host:text} had posts in the silent time: {wrote:number} of "
        "{number:number}",
        Said.NEAR_SILENT: "all others on {host:text} ({number:number}) fell silent in the same "
        "days",
        Said.NEAR_NONE: "none of the others on {host:text} ({number:number}) had posts in the "
        "silent time",
        Said.OTHERS_WROTE: "others on {platform:text} ({number:number}) had posts since "
        "{since:day}",
        Said.NOBODY_NEAR: "no other source on {host:text} or {platform:text} had posts to see",
        Said.LOOKED: "the operator looked and found that we see what there is",
        Said.TEXT: "{text:text}",
    }
)


def write_said(said: Reason, locale: str = ENGLISH) -> str:
    """What was found, as a sentence; one of an earlier release as it was stored, in English."""
    words = fill_in(SAID_WORDS[said.code], said, locale)
    # The technical half of an answer that failed is the operator's, and in English.
    detail = said.values.get("detail")
    return f"{words} ({detail})" if detail and locale == ENGLISH else words
