"""Groups.io, its Enterprise domains, and Dgroups, which runs on it.

In short
    History: everything, where the archive is public.
    Idle visit: one request.
    Never seen: groups with a private archive; for those subscribe a mailbox.

Recognise
    A `/g/NAME` address on a page that loads Groups.io's own stylesheet, has its way of writing the
    times of messages, its login form, or a foot that names it and leads to its help. The host says
    nothing: organisations run groups under their own names. A subgroup is a group like any other,
    at `PARENT.groups.io/g/SUB`. Addresses at `dgroups.org` are those of an older service.

Read
    `/g/NAME/messages?expanded=1`, the newest twenty messages in full, and the pages after it by
    the page's own link.

Window
    The full history, where the archive is public. Everything from the date of the last message of
    a page on has been shown. The page says how many messages there are.

Identity
    The number of the message in its group; it never changes. The writer is known by the number
    that the group gave to each poster, else by the name shown. Answers belong to their topic;
    moderators merge and split topics.

Dates
    Unix time in nanoseconds, from the script that writes the date into the page.

Manners
    One request a visit when nothing is new. The site limits busy visitors: that ends the visit.
    The interface for programs needs a member's key and is not used.

Known lies
    A login form, or the word that a visitor was rate limited, comes with status 200. A public
    archive can be made private, never the other way round: a login form where messages were read
    is final. Old `dgroups.org` addresses never had a public archive and are not counted.

Samples
    normal, empty, other_platform, must_fail, last_page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from bs4 import BeautifulSoup

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urlsplit
from crawler.formats.feed_items import find_window_start
from crawler.formats.groupsio import (
    Messages,
    find_signs,
    is_old_dgroups,
    messages_url,
    read_group,
    read_messages,
    read_page_number,
)
from crawler.formats.html import explain_page, find_login_form, is_html, read_html
from crawler.losses import shrank
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Gone, Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Page, Platform

EXPECTED = "the group's messages"
_OLD = "an address of the old Dgroups, which never showed messages to visitors"
_USE_MAILBOX = "subscribe a mailbox that only counts"


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a group, or an address of the old Dgroups."""
    if is_old_dgroups(page.url) or is_old_dgroups(page.asked):
        return Evidence(platform=Platform.GROUPSIO, url=page.asked, why=(_OLD,))
    group = read_group(page.url) or read_group(page.asked)
    if group is None or not is_html(page.body):
        return None
    signs = find_signs(read_html(page.body))
    return Evidence(platform=Platform.GROUPSIO, url=group, why=signs) if signs else None


class GroupsioSpider(ArchiveSpider):
    """Reads a group's messages page by page, the newest first."""

    name = Platform.GROUPSIO
    entry_mark = NEWEST_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest messages, then older ones, then the verdict."""
        async for part in self._walk().visit(messages_url(self._find_group())):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest messages, and how many there are."""
        return await self._walk().look_back(messages_url(self._find_group()), wanted)

    async def parse_messages(self, answer: Fetched) -> Shown:
        """What a page of messages shows.

        Raises: Refused, Gone, Unparseable where something else came.
        """
        if not is_html(answer.body):
            raise explain_page(answer.body, url=answer.url, status=answer.status, expected=EXPECTED)
        soup = read_html(answer.body)
        ends = b"</html" in answer.body.lower()
        found = read_messages(soup, answer.url, answer.fetched_at, ends=ends)
        if not found.posts and found.total != 0:
            raise self._explain(answer, soup)
        return self._show(found, answer)

    def _walk(self) -> NewestFirst:
        return NewestFirst(spider=self, read=self.parse_messages, accept="text/html")

    def _find_group(self) -> str:
        url = self.plan.url
        if is_old_dgroups(url):
            to_do = "look for the group at dgroups.io, or ask its managers, and give the address"
            raise Gone(Outcome.GONE, f"is {_OLD}: it moved or was closed", where=url, to_do=to_do)
        group = read_group(url)
        if group is None:
            to_do = "give the address of the group's page"
            what = "the address has no /g/NAME in it"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=url, to_do=to_do)
        return group

    def _show(self, found: Messages, answer: Fetched) -> Shown:
        numbers = [int(post.post_id) for post in found.posts]
        if numbers and numbers[0] < numbers[-1]:
            raise Unparseable(
                Outcome.UNPARSEABLE, "does not show the newest messages first", where=answer.url
            )
        promised = found.last - found.first + 1 if found.total else len(found.posts)
        dates = [(post.at, post.at) for post in found.posts if post.at]
        more = found.total is not None and found.last < found.total
        older = found.next_url
        if older is None and more:
            group = read_group(answer.url) or answer.url
            older = messages_url(group, read_page_number(answer.url) + 1)
        return Shown(
            posts=found.posts,
            kind="Groups.io",
            since=find_window_start(dates),
            older=older if more or found.total is None else None,
            whole=found.ends and not shrank(promised, len(numbers)) and len(dates) == len(numbers),
            says_empty=found.total == 0,
            declared=found.total,
        )

    def _explain(self, answer: Fetched, soup: BeautifulSoup) -> SourceError:
        """What a page without messages is."""
        form = find_login_form(soup)
        if form or urlsplit(answer.url).path.startswith("/login"):
            seen = {"seen": form or f"it led to {answer.url}"}
            return Refused(
                Outcome.LOGIN_WALL,
                self._say_wall(),
                where=answer.asked,
                to_do=_USE_MAILBOX,
                evidence=seen,
            )
        if "rate limited" in soup.get_text(" ").lower() and find_signs(soup):
            what = "says that we are rate limited"
            return Refused(Outcome.RATE_LIMITED, what, where=answer.url)
        return explain_page(answer.body, url=answer.url, status=answer.status, expected=EXPECTED)

    def _say_wall(self) -> str:
        if self.plan.posts_known:
            return (
                f"its archive was public, {self.plan.posts_known} messages were read, and is for "
                "members only now; Groups.io never opens one again"
            )
        return f"asks for a login instead of showing {EXPECTED}: the archive is for members only"
