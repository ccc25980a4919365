"""Closed platforms: a landing page for visitors, and everything that is said behind a login.

In short
    History: none.
    Idle visit: one request a week for the landing page.
    Never seen: every conversation: it is said behind a login.

Recognise
    The addresses of groups at services that own their hosts: LinkedIn, Facebook, WhatsApp, Slack,
    Telegram, Discord, Microsoft Teams, Viva Engage, Mighty Networks, Circle, Mobilize, Hivebrite.
    On customers' own domains: Higher Logic by its addresses with a community's key, Hivebrite by
    its session cookie, Mighty Networks by its files.

Read
    The landing page, for its status, its title, and the number of members where it prints one:
    evidence for a person to look at.

Window
    None. A visit never covers any time, so the community shows as *Cannot see inside*.

Identity
    None: no post is read, also where a few are shown.

Dates
    None.

Manners
    One request a week.

Known lies
    A number of members says nothing of talk. LinkedIn answers programs with status 999. A page
    that redirects to a login is as good as one that is there. A customer's domain may be sold.

Samples
    normal, empty, other_platform, must_fail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict, verdict_of
from crawler.canaries import LookBack, Sighting
from crawler.formats.html import explain_page, is_html, read_html
from crawler.formats.landing import Landing, find_service, find_signs, read_landing
from domain.errors import Gone, Refused, SourceError
from domain.outcome import Outcome
from domain.records import Page, Platform

# What these services answer programs with, where people get a landing page.
_SHUT = frozenset({400, 401, 403, 451, 999})
_TO_DO = "nothing is to be done: what a person saw there can be noted with its date"


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is the door of a closed platform."""
    for url in (page.asked, page.url):
        service = find_service(url)
        if service:
            why = f"the address is one of {service}, which shows nothing inside to visitors"
            return Evidence(platform=Platform.LANDING, url=url.partition("#")[0], why=(why,))
    if not is_html(page.body):
        return None
    found = find_signs(read_html(page.body), page.url, page.headers)
    if found is None:
        return None
    why = f"{found[1]}, which shows nothing inside to visitors"
    return Evidence(platform=Platform.LANDING, url=page.url, why=(why,), certainty="likely")


class LandingSpider(ArchiveSpider):
    """Looks whether the door is there. Every visit ends without having seen inside."""

    name = Platform.LANDING
    entry_mark = "landing"

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The verdict, with what the landing page showed.

        Raises: Refused, Gone, Unreachable, Unparseable.
        """
        yield verdict_of(await self._look())

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Nothing: a landing page proves nothing.

        Raises: Refused.
        """
        raise await self._look()

    async def _look(self) -> SourceError:
        return self.parse_landing(await self.fetch(self.plan.url, allow=_SHUT))

    def parse_landing(self, answer: Fetched) -> SourceError:
        """What the door looks like: shut, or not there any more."""
        service = find_service(self.plan.url) or find_service(answer.url)
        landing = Landing(title="")
        if is_html(answer.body):
            soup = read_html(answer.body)
            landing = read_landing(soup)
            found = find_signs(soup, answer.url, answer.headers)
            service = service or (found[0] if found else None)
        told = explain_page(answer.body, url=answer.url, status=answer.status, expected="a page")
        if isinstance(told, Gone) and service is None:
            return told
        who = service or "a closed platform"
        shut = answer.status in _SHUT
        outcome = Outcome.REFUSED if shut else Outcome.LOGIN_WALL
        if told.outcome is Outcome.CHALLENGE:
            outcome = told.outcome
        what = f"{who} does not show its landing page to programs (status {answer.status})"
        if not shut:
            what = f"{who} shows its landing page and nothing inside"
        title = f"“{landing.title}”" if landing.title else ""
        printed = ", ".join(filter(None, (title, landing.members)))
        return Refused(
            outcome,
            f"{what}: {printed}" if printed and not shut else what,
            where=answer.url,
            to_do=_TO_DO,
            evidence={
                "service": who,
                "landing_status": str(answer.status),
                "title": landing.title,
                "members": landing.members,
            },
        )
