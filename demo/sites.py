"""From a made-up community to what its hosts say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from demo import walls
from demo.answer import Answer, Below, FirstOf, Pages, Site
from demo.content import Message
from demo.feed import FeedSite
from demo.hyperkitty import HyperkittySite
from demo.madeup import MadeUp, Show
from demo.pipermail import Manner, PipermailSite
from demo.truth import frozen_part, missing_month
from domain.records import Platform

WALLS: Mapping[Show, Callable[[MadeUp], Answer]] = {
    Show.BOT_CHECK: lambda made_up: walls.bot_check(),
    Show.REDESIGNED: lambda made_up: walls.redesigned(made_up.name),
    Show.GONE: lambda made_up: walls.gone(),
    Show.NOT_FOUND: lambda made_up: walls.no_such_list(made_up.slug),
    Show.SERVER_ERROR: lambda made_up: walls.server_error(),
    Show.RATE_LIMITED: lambda made_up: walls.too_many_requests(),
}


def build_sites(
    made_up: MadeUp,
    messages: tuple[Message, ...],
    *,
    anchor: datetime,
    now: datetime,
    port: int,
) -> dict[str, Site]:
    """What each of the community's hosts says, by host; robots.txt included.

    What is frozen or lost is so since `anchor`, whatever was written between it and `now`.
    """
    builder = _Builder(made_up=made_up, messages=messages, anchor=anchor, now=now, port=port)
    sites = {made_up.host: builder.first_host()}
    if made_up.show is Show.REDIRECTED:
        sites[made_up.other_host] = builder.pipermail(messages)
    if made_up.show is Show.FROZEN:
        sites[made_up.other_host] = builder.hyperkitty()
    robots = walls.robots(closed=made_up.show is Show.ROBOTS)
    front = Pages({"/robots.txt": lambda: robots})
    return {host: FirstOf((front, site)) for host, site in sites.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    """Makes the sites of one community."""

    made_up: MadeUp
    messages: tuple[Message, ...]
    anchor: datetime
    now: datetime
    port: int

    def first_host(self) -> Site:
        made_up, show = self.made_up, self.made_up.show
        elsewhere = f"http://{made_up.other_host}:{self.port}"
        if show in WALLS:
            return Below("/", WALLS[show](made_up))
        if show is Show.REDIRECTED:
            return _Redirecting(elsewhere)
        if show is Show.FROZEN:
            target = f"{elsewhere}/archives/list/{made_up.slug}@lists.example.org/"
            return self.pipermail(frozen_part(self.messages, self.anchor), moved_to=target)
        if made_up.platform is Platform.HYPERKITTY:
            return self.hyperkitty()
        if made_up.platform is Platform.FEED:
            return self.feed()
        if show is Show.PRIVATE:
            return Below(made_up.path, walls.private_pipermail(made_up.slug))
        return self.pipermail(self.messages)

    def pipermail(self, messages: tuple[Message, ...], *, moved_to: str = "") -> PipermailSite:
        show = self.made_up.show
        missing = missing_month(messages, self.anchor) if show is Show.MONTH_MISSING else None
        return PipermailSite(
            self.made_up.slug,
            messages,
            now=self.now,
            language=self.made_up.languages[0],
            manner=Manner(
                rebuilt=show is Show.REBUILT,
                text_refused=show is Show.TEXT_REFUSED,
                encoded=show is Show.ENCODED,
                missing=missing,
                moved_to=moved_to,
            ),
        )

    def hyperkitty(self) -> HyperkittySite:
        made_up = self.made_up
        return HyperkittySite(
            made_up.slug,
            self.messages,
            now=self.now,
            base_url=f"http://{made_up.other_host or made_up.host}:{self.port}",
            description=made_up.description,
            private=made_up.show is Show.PRIVATE,
        )

    def feed(self) -> FeedSite:
        return FeedSite(
            self.made_up.name,
            self.messages,
            path=self.made_up.path,
            form=self.made_up.feed_format,
            limit=self.made_up.feed_items,
            now=self.now,
            base_url=f"http://{self.made_up.host}:{self.port}",
        )


class _Redirecting:
    """A host of which every page has moved to another host for good."""

    def __init__(self, elsewhere: str) -> None:
        self.elsewhere = elsewhere

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None:
        return walls.moved_for_good(self.elsewhere + path)
