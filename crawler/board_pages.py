"""How the pages of a board are read: what a platform file gives to the walk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crawler.base import ArchiveSpider, Fetched
from crawler.formats.boards import BoardPage, Listing, TopicPage, open_board_page

Prepare = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How the pages of a board are read."""

    spider: ArchiveSpider
    read_list: Callable[[BoardPage], Listing]
    read_topic: Callable[[BoardPage], TopicPage]

    def list_in(self, answer: Fetched) -> Listing:
        """The forums and topics of an answer."""
        return self.read_list(_open(answer))

    def topic_in(self, answer: Fetched) -> TopicPage:
        """The posts of an answer."""
        return self.read_topic(_open(answer))


def _open(answer: Fetched) -> BoardPage:
    return open_board_page(
        answer.body, url=answer.url, status=answer.status, fetched_at=answer.fetched_at
    )
