"""Zulip: chat with channels and topics; some channels are open to the whole web.

In short
    History: everything in channels that are open to the web; on some hosted servers the last ten
    thousand.
    Idle visit: one request.
    Never seen: channels and messages that are not open to the web.

Recognise
    An element `page-params` whose `data-params` are Zulip's own, or the answer of
    `/api/v1/server_settings`. An address with `#narrow/channel/NUMBER-…` (or `stream`) stands for
    that channel, any other for all channels that are open to the web.

Read
    `/json/messages` with the narrow `streams:web-public`, without which a visitor is shown nothing:
    the newest hundred messages, then a thousand before the oldest one seen, until `found_oldest`.

Window
    The full history of the channels that are open to the web today. On hosted servers without a
    plan only the newest ten thousand messages are shown (`history_limited`).

Identity
    The number of a message, with the host; writers by the number of their account there. All
    messages of a topic belong to one thread; which one began it is not told.

Dates
    `timestamp`, Unix time in seconds. An edit has a date of its own.

Manners
    One request when nothing is new, one per thousand messages for the history.

Known lies
    Without open channels the server answers 401: that is a login wall, not an empty chat. Messages
    of the server's own bots are not counted. A channel that is closed takes its history with it.

Samples
    normal, empty, other_platform, must_fail, channel.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict, error_for_status
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urlsplit
from crawler.formats.dates import choose_date, read_unix
from crawler.formats.html import is_html, read_html
from crawler.formats.json_tree import Node, read_json
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, Page, Platform, ReadPost

_NEWEST, _OLDER = 100, 1_000
_CHANNEL = re.compile(r"narrow/(?:channel|stream)/(\d+)")
_OWN_PARAMS = frozenset({"page_type", "realm_uri", "realm_url", "zulip_version"})
_RESOLVED = "✔ "
_NOT_ALLOWED = frozenset({400, 401})


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a Zulip server."""
    why = ""
    if is_html(page.body):
        params = read_html(page.body).find(id="page-params")
        known = _OWN_PARAMS & _read_keys(str(params.get("data-params"))) if params else None
        why = f"its page-params have {', '.join(sorted(known))}" if known else ""
    elif {"zulip_version", "realm_name"} <= _read_keys(page.body.decode("utf-8", "replace")):
        why = "its settings name a zulip_version"
    if not why:
        return None
    url = f"{find_base(page.url)}/"
    # What is answered has lost its fragment.
    channel = find_channel(page.asked) or find_channel(page.url)
    return Evidence(
        platform=Platform.ZULIP,
        url=f"{url}#narrow/channel/{channel}" if channel else url,
        why=(why,),
    )


def find_base(url: str) -> str:
    """The server's address, without a slash at its end."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def find_channel(url: str) -> int | None:
    """The number of the channel that an address stands for, if it stands for one."""
    found = _CHANNEL.search(urlsplit(url).fragment)
    return int(found[1]) if found else None


def messages_url(url: str, before: int | None = None) -> str:
    """Where the messages of a server or channel are, the newest or those before one."""
    narrow: list[dict[str, object]] = [_term("streams", "web-public")]
    channel = find_channel(url)
    if channel is not None:
        narrow.append(_term("stream", channel))
    query = {
        "anchor": "newest" if before is None else str(before),
        "include_anchor": "true" if before is None else "false",
        "num_before": str(_NEWEST if before is None else _OLDER),
        "num_after": "0",
        "narrow": json.dumps(narrow, separators=(",", ":")),
    }
    return f"{find_base(url)}/json/messages?{urlencode(query, quote_via=quote)}"


def read_messages(tree: Node, base: str, answer: Fetched) -> tuple[ReadPost, ...]:
    """The messages that people wrote, the oldest first.

    Raises: Unparseable.
    """
    host = urlsplit(base).hostname or ""
    return tuple(
        _read_message(row, base, host, answer)
        for row in tree["messages"]
        if row.text("sender_realm_str") != "zulipinternal"
    )


class ZulipSpider(ArchiveSpider):
    """Reads the messages of open channels by their number, the highest first."""

    name = Platform.ZULIP
    entry_mark = NEWEST_MARK

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest messages, then older ones, then the verdict."""
        return self._walk().visit(messages_url(self.plan.url))

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest messages."""
        return await self._walk().look_back(messages_url(self.plan.url), wanted)

    async def parse_messages(self, answer: Fetched) -> Shown:
        """What a list of messages shows.

        Raises: Refused, Unparseable where something else came.
        """
        tree = read_tree(answer)
        numbers = [row.number("id") for row in tree["messages"]]
        posts = read_messages(tree, find_base(self.plan.url), answer)
        moments = [read_unix(row.text("timestamp")) for row in tree["messages"]]
        dates = [moment for moment in moments if moment]
        complete = tree.flag("found_oldest")
        if not numbers and not complete:
            what = "shows no messages, and does not say that there are none"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=answer.url)
        return Shown(
            posts=posts,
            kind="Zulip",
            since=min(dates, default=None),
            older=None if complete else messages_url(self.plan.url, min(numbers)),
            says_empty=not numbers,
            last_at=max(dates, default=None),
        )

    def _walk(self) -> NewestFirst:
        return NewestFirst(
            spider=self, read=self.parse_messages, accept="application/json", allow=_NOT_ALLOWED
        )


def read_tree(answer: Fetched) -> Node:
    """The JSON of a successful answer.

    Raises: Refused, Unparseable where it is an error or something else.
    """
    try:
        tree = read_json(
            answer.body, url=answer.url, status=answer.status, expected="messages of a Zulip server"
        )
    except SourceError:
        if answer.status in _NOT_ALLOWED:
            raise error_for_status(answer) from None
        raise
    if tree.text("result") == "success":
        return tree
    code = tree.text("code")
    seen = {"code": code, "msg": tree.text("msg")[:120]}
    if answer.status == 401 or code == "UNAUTHORIZED":
        what = "has no channel that is open to visitors who have not logged in"
        to_do = "it cannot be crawled; mark it as members only"
        raise Refused(Outcome.LOGIN_WALL, what, where=answer.url, to_do=to_do, evidence=seen)
    what = f"answers with an error ({code or answer.status})"
    to_do = "check the number of the channel in the address of the source"
    raise Unparseable(Outcome.UNPARSEABLE, what, where=answer.url, to_do=to_do, evidence=seen)


def _read_message(row: Node, base: str, host: str, answer: Fetched) -> ReadPost:
    channel, topic = row.text("stream_id"), row.text("subject")
    at, basis = choose_date(sent=read_unix(row.text("timestamp")), fetched_at=answer.fetched_at)
    number, user = row.number("id"), row.text("sender_id")
    return ReadPost(
        post_id=f"{host} message {number}",
        at=at,
        basis=basis if at else DateBasis.UNKNOWN,
        author=f"{host} user {user}" if user else None,
        reply_to=f"{host} channel {channel} topic {topic.removeprefix(_RESOLVED).casefold()}",
        subject=topic or None,
        url=f"{base}/#narrow/channel/{channel}/near/{number}",
    )


def _term(operator: str, operand: str | int) -> dict[str, object]:
    return {"operator": operator, "operand": operand, "negated": False}


def _read_keys(text: str) -> frozenset[str]:
    try:
        value = json.loads(text)
    except ValueError:
        return frozenset()
    return frozenset(value) if isinstance(value, dict) else frozenset()
