"""HyperKitty's answers: its addresses, daily counts, exports and the pages of its API.

Source: HyperKitty 1.3.9 and 1.3.12, `hyperkitty/views/mlist.py`, `models/email.py`, `urls.py`,
`api/email.py`; tried against a real 1.3.12.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from crawler.formats.dates import EARLIEST, choose_date, read_date
from crawler.formats.html import explain_page, is_html
from crawler.formats.mbox import read_mbox
from crawler.formats.packed import ByteStream, open_packed
from crawler.formats.people import read_author
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, ReadPost
from domain.window import Window

_ADDRESS = re.compile(
    r"^(?P<root>https?://[^/?#]+(?:/[^?#]*?)?)/(?:api/)?list/(?P<name>[^/@?#]+(?:@|%40)[^/@?#]+)"
    r"(?:/|$|\?|#)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(rb"(?m)^From \S+ [A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$")
_NO_ENVELOPE = b"From export Thu Jan  1 00:00:00 1970"
_BAD_IN_ID = re.compile(r"[\s<>()]")
_BACK = timedelta(days=7)
_LATE = timedelta(days=9)
_LONG_PAUSE = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a list's archive and its API are."""

    root: str
    name: str

    @property
    def list_url(self) -> str:
        return f"{self.root}/list/{self.name}/"

    @property
    def emails_url(self) -> str:
        return f"{self.root}/api/list/{self.name}/emails/?format=json"

    def export_url(self, start: datetime | None, end: datetime | None) -> str:
        """Where all messages dated from `start` up to `end` are to be had."""
        bounds = [f"{key}={at:%Y-%m-%d}" for key, at in (("start", start), ("end", end)) if at]
        query = f"?{'&'.join(bounds)}" if bounds else ""
        return f"{self.list_url}export/{self.name.partition('@')[0]}.mbox.gz{query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emails:
    """One page of the API: posts in its order, newest archived first.

    `count` is of the whole list. `whole` is true for old versions, which give all at once.
    """

    count: int
    posts: tuple[ReadPost, ...]
    fetched_at: datetime
    whole: bool


def read_address(url: str) -> Address | None:
    """The list that an address of any of its pages belongs to."""
    match = _ADDRESS.match(url)
    if not match:
        return None
    return Address(root=match["root"], name=match["name"].replace("%40", "@"))


def find_address(url: str) -> Address:
    """The list that the address belongs to.

    Raises: Unparseable.
    """
    address = read_address(url)
    if address is None:
        what = "the address has no /list/NAME@DOMAIN/ in it"
        to_do = "give the address of the list's page"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=url, to_do=to_do)
    return address


def reach_back(since: datetime, newest: datetime | None) -> datetime:
    """From when on to read, so that the newest post known comes again and proves the answer."""
    return min(since, newest - _BACK) if newest else since


def read_activity(body: bytes, url: str) -> Mapping[date, int]:
    """Messages per day over the last month, days without any included.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    if is_html(body):
        raise explain_page(body, url=url, status=200, expected="HyperKitty's daily counts")
    try:
        rows = json.loads(body)["evolution"]
        return {date.fromisoformat(row["date"]): int(row["count"]) for row in rows}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unparseable(
            Outcome.UNPARSEABLE,
            "answered something else instead of HyperKitty's daily counts",
            where=url,
            to_do="check the address; if it is right, the adapter needs a developer",
        ) from error


def write_counts(activity: Mapping[date, int]) -> str:
    """The days with messages and their counts, as a text to remember."""
    return " ".join(
        f"{day.isoformat()}={count}" for day, count in sorted(activity.items()) if count
    )


def read_counts(text: str) -> Mapping[date, int]:
    """The counts that `write_counts` wrote."""
    pairs = (pair.partition("=") for pair in text.split())
    return {date.fromisoformat(day): int(count) for day, _, count in pairs}


def changed_since(
    activity: Mapping[date, int], remembered: Mapping[date, int], covered_until: datetime | None
) -> datetime | None:
    """From when on to read again, `None` for nothing: a week before the first changed day.

    What was covered before the first day shown leaves a gap that the counts say nothing about.
    """
    changed = [day for day, count in activity.items() if count != remembered.get(day, 0)]
    shown = min(activity, default=None)
    if shown is not None and (covered_until is None or covered_until.date() < shown):
        changed.append(covered_until.date() if covered_until else shown)
    if not changed:
        return None
    return datetime.combine(min(changed), time(), tzinfo=UTC) - _BACK


def read_export(
    body: bytes, *, url: str, window: Window | None, fetched_at: datetime, limit: int
) -> tuple[list[ReadPost], str]:
    """The posts of an export, and what is wrong with it if it could only be read in part.

    An export without messages is a packed file all the same: an empty answer is none.

    `window` is the stretch that was asked for. The separators tell when a message was archived.
    For a list that was imported without its dates that is the time of the import: when most
    messages seem to be from long after the stretch, the separators are left aside.
    """
    posts, damage = _read_mailbox(body, url, fetched_at, limit)
    if window and is_imported(posts, window):
        plain = _SEPARATOR.sub(_NO_ENVELOPE, _read_all(open_packed(body, limit_bytes=limit)))
        posts, _ = _read_mailbox(plain, url, fetched_at, limit)
    return posts, damage


def is_imported(posts: Sequence[ReadPost], window: Window) -> bool:
    """True when most posts of the stretch seem to have been archived long after it."""
    late = [post for post in posts if post.at and post.at >= window.end + _LATE]
    return len(late) * 2 > len(posts) and all(post.basis is DateBasis.ENVELOPE for post in late)


def read_emails(
    body: bytes, *, url: str, fetched_at: datetime, ids: dict[str, str] | None = None
) -> Emails:
    """The posts of one page of the API. `ids` (hash to id) learns this page's messages.

    Raises: Unparseable.
    """
    known = {} if ids is None else ids
    try:
        answer = json.loads(body)
        rows = answer if isinstance(answer, list) else answer["results"]
        count = len(rows) if isinstance(answer, list) else int(answer["count"])
        known.update({row["message_id_hash"]: _clean_id(row["message_id"]) for row in rows})
        posts = tuple(_read_row(row, known, fetched_at) for row in rows)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unparseable(
            Outcome.UNPARSEABLE,
            "answered something else instead of HyperKitty's messages",
            where=url,
            to_do="a developer looks at the API's answer",
        ) from error
    whole = isinstance(answer, list)
    return Emails(count=count, posts=posts, fetched_at=fetched_at, whole=whole)


def first_believable(posts: Sequence[ReadPost]) -> datetime | None:
    """The earliest date of the posts archived first, wrong clocks left out.

    A date that is followed by none within three years is one.
    """
    moments = sorted(post.at for post in posts if post.at and post.at >= EARLIEST)
    for moment, following in pairwise(moments):
        if following - moment <= _LONG_PAUSE:
            return moment
    return moments[-1] if moments else None


def _read_mailbox(
    body: bytes, url: str, fetched_at: datetime, limit: int
) -> tuple[list[ReadPost], str]:
    if not body:
        raise Unparseable(Outcome.UNPARSEABLE, "answered nothing instead of an export", where=url)
    posts: list[ReadPost] = []
    try:
        stream = open_packed(body, limit_bytes=limit)
        posts.extend(read_mbox(stream, where=url, fetched_at=fetched_at))
    except Unparseable as error:
        if not posts:
            raise
        return posts, error.what
    return posts, ""


def _read_all(stream: ByteStream) -> bytes:
    """All that can be read; what is wrong with the rest was reported before."""
    pieces = []
    try:
        while piece := stream.read(1 << 20):
            pieces.append(piece)
    except Unparseable:
        pass
    return b"".join(pieces)


def _read_row(row: Mapping[str, object], ids: Mapping[str, str], fetched_at: datetime) -> ReadPost:
    sent = read_date(str(row["date"])) if row.get("date") else None
    at, basis = choose_date(sent=sent, fetched_at=fetched_at)
    sender = row.get("sender")
    address = sender.get("address") if isinstance(sender, dict) else None
    own = str(row["message_id_hash"])
    root = str(row.get("thread") or "").partition("/thread/")[2].partition("/")[0]
    return ReadPost(
        post_id=ids[own],
        at=at,
        basis=basis,
        author=read_author(str(address or row.get("sender_name") or "")),
        reply_to=ids.get(root, f"hyperkitty:{root}") if root and root != own else None,
        subject=str(row.get("subject") or "") or None,
        url=None,
    )


def _clean_id(message_id: object) -> str:
    """The id as the export writes it, so that both ways give a message the same one."""
    return _BAD_IN_ID.sub("", str(message_id))
