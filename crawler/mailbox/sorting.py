"""Sorts the letters of a mailbox to the lists that are watched; what else came is only counted.

The text of a letter is looked at only to open a digest, or to see whose membership a reminder
names, and leaves memory at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crawler.formats.digests import open_digest, read_texts
from crawler.formats.heads import read_head
from crawler.formats.mailing import ListMail, MailKind, read_list_key, read_list_mail
from crawler.formats.people import read_author
from crawler.mailbox.letters import LONGEST_BODY, Folder, Letter
from crawler.mailbox.sight import Sighting, Sign
from domain.records import ReadPost

# More lists than this in one mailbox are no lists.
MOST_LISTS = 2_000
_AHEAD = timedelta(days=1)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SIGNS: Mapping[MailKind, Sign] = {
    MailKind.POST: Sign.POST,
    MailKind.DIGEST: Sign.POST,
    MailKind.SERVICE: Sign.SERVICE,
    MailKind.MEMBERSHIPS: Sign.SERVICE,
    MailKind.WELCOME: Sign.CAME,
    MailKind.GOODBYE: Sign.LEFT,
}


@dataclass(slots=True, kw_only=True)
class Came:
    """What came into the mailbox from one list: mail, not posts."""

    mails: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, at: datetime) -> None:
        """Counts one mail."""
        self.mails += 1
        self.first = min(self.first or at, at)
        self.last = max(self.last or at, at)


@dataclass(slots=True, kw_only=True)
class Pile:
    """What came for one source: posts to be saved, and what every mail told of the subscription."""

    posts: list[ReadPost] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    mails: int = 0
    service: int = 0
    digests: int = 0
    dim: int = 0
    bytes: int = 0


class Sorter:
    """Takes letters one by one; `lists` maps the keys of the watched lists to their sources."""

    def __init__(
        self, lists: Mapping[str, int], *, counted_until: Mapping[str, datetime], now: datetime
    ) -> None:
        self.lists = lists
        self.counted_until = counted_until
        self.now = now
        self.piles = {source_id: Pile() for source_id in lists.values()}
        self.came: dict[str, Came] = {}
        self.no_list = 0

    def take(self, folder: Folder, letter: Letter, read_until: Mapping[int, int]) -> None:
        """Sorts one letter. Sources that have read it already (up to `read_until`) pass it over."""
        mail = read_list_mail(letter.head)
        at = self._received(mail, letter)
        if mail.kind is MailKind.MEMBERSHIPS:
            self._take_reminder(folder, letter, at, read_until)
        key = next((key for key in (*mail.keys, *mail.named) if key in self.lists), None)
        if key is None and not mail.keys:
            self.no_list += 1
            return
        self._count(key or mail.keys[0], at)
        if key is None or read_until.get(self.lists[key], -1) >= letter.place:
            return
        pile = self.piles[self.lists[key]]
        pile.mails += 1
        pile.bytes += len(letter.head)
        sign = self._take_posts(pile, folder, letter, mail, at)
        if at is not None:
            pile.sightings.append(Sighting(at=at, sign=sign))

    def _received(self, mail: ListMail, letter: Letter) -> datetime | None:
        """When it came: what the last server wrote, or when it was stored if that was sooner.

        Copied mailboxes bear the time of the copy, which must not look like mail of that day.
        """
        moments = [at for at in (mail.received, letter.stored_at) if at and at <= self.now + _AHEAD]
        return min(*moments, self.now) if moments else None

    def _count(self, key: str, at: datetime | None) -> None:
        """Counts a mail of a list, known or not, unless an earlier visit has."""
        before = self.counted_until.get(key)
        if at is None or (before is not None and at <= before):
            return
        if key in self.came or len(self.came) < MOST_LISTS:
            self.came.setdefault(key, Came()).add(at)

    def _take_posts(
        self, pile: Pile, folder: Folder, letter: Letter, mail: ListMail, at: datetime | None
    ) -> Sign:
        """What the mail told of the subscription; its posts lie on the pile."""
        if mail.kind is MailKind.DIGEST:
            return self._take_digest(pile, folder, letter, mail, at)
        if mail.kind is not MailKind.POST:
            pile.service += 1
            return _SIGNS[mail.kind]
        stored_at = letter.stored_at.isoformat() if letter.stored_at else ""
        post = read_head(letter.head, envelope=stored_at, fetched_at=self.now)
        if post is not None:
            author = read_author(mail.sender_name) if mail.own_sender else post.author
            pile.posts.append(_bare(replace(post, author=author)))
        return Sign.POST

    def _take_digest(
        self, pile: Pile, folder: Folder, letter: Letter, mail: ListMail, at: datetime | None
    ) -> Sign:
        raw = folder.read_whole(letter)
        pile.digests += 1
        pile.bytes += len(raw)
        opened = open_digest(
            raw,
            subject=mail.subject,
            received=at,
            fetched_at=self.now,
            cut=len(raw) >= LONGEST_BODY,
        )
        pile.posts += [_bare(post) for post in opened.posts]
        pile.dim += not opened.whole
        return Sign.POST if opened.whole else Sign.DIM

    def _take_reminder(
        self, folder: Folder, letter: Letter, at: datetime | None, read_until: Mapping[int, int]
    ) -> None:
        """A server's monthly reminder names every list of its own that the address is on."""
        text = read_texts(folder.read_whole(letter))
        keys = {read_list_key(address) for address in _ADDRESS.findall(text)}
        for key in keys & self.lists.keys():
            assert key is not None
            if at is not None and read_until.get(self.lists[key], -1) < letter.place:
                pile = self.piles[self.lists[key]]
                pile.service += 1
                pile.sightings.append(Sighting(at=at, sign=Sign.SERVICE))


def _bare(post: ReadPost) -> ReadPost:
    """The post as it may be kept: a mailbox is no public archive, so its subject is nobody's."""
    return replace(post, subject=None, url=None)
