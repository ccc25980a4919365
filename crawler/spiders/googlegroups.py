"""Google Groups: whether a group is there and visible, and nothing else.

In short
    History: none.
    Idle visit: at most one request a week, mostly none: its robots.txt forbids it.
    Never seen: every conversation: subscribe a mailbox that only counts.

Recognise
    An address of a group at `groups.google.com`, also one of the old forms (`/forum/#!forum/NAME`,
    `/group/NAME`, `/d/forum/NAME`) and of the feeds that ended.

Read
    The group's page, once. Nothing in it is counted: it shows a first screen of conversations in
    a form that Google neither documents nor keeps.

Window
    None. A visit never covers any time.

Identity
    None: no post is read.

Dates
    The newest time in the page's data goes into the evidence of the visit, for a person to look at.

Manners
    At most one request a week, and none where robots.txt forbids it, which it mostly does.

Known lies
    Every address of a feed answers 200 with a web page since August 2021. A group that is not for
    visitors leads to Google's sign-in page, or says that its content is not available. To watch a
    group, subscribe a mailbox that only counts.

Samples
    normal, empty, other_platform, must_fail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict, verdict_of
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urlsplit
from crawler.formats.googlegroups import (
    SIGN_IN,
    find_newest,
    has_group_data,
    is_dead_feed,
    read_address,
)
from crawler.formats.html import explain_page
from domain.errors import Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Page, Platform

_TO_DO = "cannot be seen from outside: subscribe a mailbox that only counts"


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the address is that of a group at Google."""
    for url in (page.asked, page.url):
        group = read_address(url)
        if group is None:
            continue
        why = ["it is the address of a group at Google"]
        if is_dead_feed(url):
            why.append("it was a feed, and Google Groups has none since August 2021")
        return Evidence(platform=Platform.GOOGLEGROUPS, url=group, why=tuple(why))
    return None


class GooglegroupsSpider(ArchiveSpider):
    """Looks whether the group is there. Every visit ends without having seen inside."""

    name = Platform.GOOGLEGROUPS
    entry_mark = "group"

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The verdict, with what the group's page showed.

        Raises: Refused, Gone, Unreachable, Unparseable.
        """
        yield verdict_of(await self._look())

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Nothing: the page proves nothing.

        Raises: Refused.
        """
        raise await self._look()

    async def _look(self) -> SourceError:
        group = read_address(self.plan.url)
        if group is None:
            to_do = "give the group's address, https://groups.google.com/g/NAME"
            what = "is not the address of a group at Google"
            return Unparseable(Outcome.UNPARSEABLE, what, where=self.plan.url, to_do=to_do)
        return self.parse_group(await self.fetch(group, accept="text/html"))

    def parse_group(self, answer: Fetched) -> Refused:
        """What the page says of the group: never anything that could be counted.

        Raises: Refused for a bot check.
        """
        evidence = {"group": read_address(answer.asked) or answer.asked}
        if is_dead_feed(self.plan.url):
            evidence["feed"] = "the address is that of a feed; Google Groups has none since 2021"
        outcome, what = Outcome.LOGIN_WALL, "says nothing of the group to visitors"
        if (urlsplit(answer.url).hostname or "") == SIGN_IN:
            what = "leads to Google's sign-in page"
            evidence["seen"] = f"it led to {SIGN_IN}"
        elif has_group_data(answer.body):
            outcome = Outcome.REFUSED
            what = "the group is there and shows itself to people; what it shows is not counted"
            newest = find_newest(answer.body, answer.fetched_at)
            evidence["newest_conversation"] = f"{newest:%Y-%m-%d}" if newest else ""
        else:
            told = explain_page(answer.body, url=answer.url, status=answer.status, expected="it")
            if told.outcome is Outcome.CHALLENGE:
                outcome, what = told.outcome, told.what
        return Refused(
            outcome,
            what,
            where=answer.url,
            to_do=_TO_DO,
            evidence=evidence,
        )
