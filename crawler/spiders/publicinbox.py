"""public-inbox: mailing lists kept in git, over HTTP.

In short
    History: everything.
    Idle visit: one request for a feed of some 30 kB.
    Never seen: messages that the inbox never took in.

Recognise
    A page with the link to its inbox's `_/text/mirror/`, or the feed `new.atom` that names itself.
    Any page of an inbox leads to the inbox.

Read
    `new.atom`, the newest 25 messages. Once, in the beginning: `all.mbox.gz`, everything in one
    request. Where that is too large for us, or not given, the older pages of the feed (`?t=`).
    Search is only answered to a POST, so it is not used.

Window
    The full history. The mailbox must hold what the feed shows, or it is an old copy and proves
    nothing. Afterwards the feed is seen from its oldest message on; where more than 25 came since
    the last visit, its older pages close the hole.

Identity
    The Message-ID, in the feed as the last part of a message's address. Where a different message
    came under a used id, public-inbox gives it one of its own.

Dates
    In the mailbox the Date header, against wrong clocks the date of the last Received line; the
    separators are all of 1970 and say nothing. In the feed the date of the Received line: the
    same day but for mail that was long on its way.

Manners
    One request a visit; the server sends no validators, so each costs one feed (some 30 kB).

Known lies
    The web pages sort by the Date header: a message of 2038 stays on top for ever. The feed does
    not. `all.mbox.gz` is in no order. An inbox without messages answers its feed with 404.

Samples
    normal, empty, other_platform, must_fail, paging.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict, error_for_status
from crawler.canaries import LookBack, Sighting
from crawler.exports import weigh_answer
from crawler.feeds import FEED_TYPES, show_feed
from crawler.formats.html import as_layout_change, explain_page, is_html
from crawler.formats.hyperkitty import first_believable
from crawler.formats.mbox import read_mbox
from crawler.formats.packed import open_packed, unpacked_limit
from crawler.formats.publicinbox import (
    inbox_of_address,
    inbox_of_feed,
    inbox_of_page,
    message_url,
    name_post,
    older_address,
    read_roots,
)
from crawler.losses import TO_DO
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform, ReadPost
from domain.window import Coverage, CoverageKind

_HISTORY_MARK = "history"
_BY_MAILBOX, _BY_FEED = "mailbox", "feed"
_EMPTY = b"No feed found"
_TOGETHER = 2_000
# Where the host itself asks us to stop, nothing else is asked of it either.
_STOP = frozenset({Outcome.RATE_LIMITED, Outcome.CHALLENGE})


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of an inbox, or its feed."""
    if is_html(page.body):
        inbox = inbox_of_page(page.body, page.url)
        why = "the page links to the instructions for mirroring its inbox"
    else:
        inbox = inbox_of_feed(page.body, page.url)
        why = "the feed names itself new.atom and has answers by Message-ID"
    return Evidence(platform=Platform.PUBLICINBOX, url=inbox, why=(why,)) if inbox else None


class PublicinboxSpider(ArchiveSpider):
    """Reads the whole mailbox once, then the newest messages."""

    name = Platform.PUBLICINBOX
    entry_mark = NEWEST_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The whole mailbox at the first visit; else the feed."""
        inbox = inbox_of_address(self.plan.url)
        if not self.plan.newest_only and self.plan.mark(_HISTORY_MARK) is None:
            answer = await self.fetch(f"{inbox}new.atom", accept=FEED_TYPES, allow=frozenset({404}))
            if answer.status == 404:
                yield self.parse_none(answer)
                yield Verdict(outcome=Outcome.EMPTY, detail="the inbox has no message")
                return
            newest = await self.parse_whole_feed(answer)
            mailbox = await self._fetch_mailbox(inbox)
            if mailbox is not None:
                for part in self.parse_mailbox(inbox, mailbox, newest):
                    yield part
                return
            yield Page(marks=(Mark(name=_HISTORY_MARK, label=_BY_FEED),))
        async for part in self._walk(inbox).visit(f"{inbox}new.atom"):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest messages; where there are none any more, whether an old one is."""
        inbox = inbox_of_address(self.plan.url)
        return await self._walk(inbox).look_back(f"{inbox}new.atom", wanted)

    async def parse_feed(self, inbox: str, answer: Fetched) -> Shown:
        """What one page of the feed shows.

        Raises: Refused, Gone, Unparseable where something else came.
        """
        shown = show_feed(answer, partial(name_post, roots=read_roots(answer.body)))
        moments = [post.at for post in shown.posts if post.at]
        older = older_address(inbox, answer.asked, moments)
        # An inbox without messages answers 404, never a feed without entries.
        return replace(shown, older=older, says_empty=False)

    async def parse_whole_feed(self, answer: Fetched) -> Shown:
        """The newest messages, wholly read.

        Raises: SourceError where that is not possible.
        """
        try:
            shown = await self.parse_feed(self.plan.url, answer)
        except Unparseable as error:
            raise as_layout_change(error, posts_known=self.plan.posts_known) from error
        if shown.posts and shown.whole and not answer.cut:
            return shown
        what = "the feed of the newest messages ends in the middle or shows none"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=answer.url, to_do="ask again later")

    def parse_none(self, answer: Fetched) -> Page:
        """What is proved of an inbox without messages.

        Raises: Gone where it is not one.
        """
        if self.plan.posts_known or not answer.body.startswith(_EMPTY):
            raise error_for_status(answer)
        now = answer.fetched_at
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        start = min(self.plan.covered_until or day, now)
        return Page(coverage=(Coverage(start=start, end=now),))

    def parse_mailbox(self, inbox: str, answer: Fetched, newest: Shown) -> list[Page | Verdict]:
        """Everything, in parts; what it proves comes with the last."""
        posts, damage = self._read_mailbox(inbox, answer)
        loss = weigh_answer(posts, self.plan, answer.fetched_at)
        held = {post.post_id for post in posts}
        lacking = sum(post.post_id not in held for post in newest.posts)
        if lacking and not damage:
            damage = f"lacks {lacking} of the {len(newest.posts)} newest messages"
        damage = damage or (loss.what if loss.doubted else "")
        kind = CoverageKind.PARTIAL if damage else CoverageKind.COMPLETE
        start = first_believable(posts) or answer.fetched_at
        seen = Coverage(start=min(start, answer.fetched_at), end=answer.fetched_at, kind=kind)
        done = (Mark(name=_HISTORY_MARK, label=_BY_MAILBOX), Mark(name="older", label="done"))
        parts: list[Page | Verdict] = [
            Page(posts=tuple(posts[at : at + _TOGETHER])) for at in range(0, len(posts), _TOGETHER)
        ]
        parts.append(Page(coverage=(seen,), marks=loss.marks if damage else (*done, *loss.marks)))
        if damage:
            what = f"the mailbox of everything: {damage}"
            parts.append(Verdict(outcome=Outcome.PARTIAL, detail=what, to_do=TO_DO))
        else:
            what = f"{len(held)} messages, everything since {start:%Y-%m-%d}"
            parts.append(Verdict(outcome=Outcome.READ, detail=what))
        return parts

    def _read_mailbox(self, inbox: str, answer: Fetched) -> tuple[list[ReadPost], str]:
        posts: list[ReadPost] = []
        try:
            limit = unpacked_limit(len(answer.body), self.plan.byte_budget)
            stream = open_packed(answer.body, limit_bytes=limit, where=answer.url)
            found = read_mbox(stream, where=answer.url, fetched_at=answer.fetched_at)
            # What was read before an error stays.
            posts.extend(replace(post, url=message_url(inbox, post.post_id)) for post in found)
        except Unparseable as error:
            return posts, error.what
        return posts, "it was cut off" if answer.cut else ""

    async def _fetch_mailbox(self, inbox: str) -> Fetched | None:
        """The mailbox of everything; `None` where the host does not give it, or it is too large.

        Raises: Refused where the host asks us to stop.
        """
        try:
            answer = await self.fetch(f"{inbox}all.mbox.gz", keep_cut=True)
            if is_html(answer.body):
                raise explain_page(
                    answer.body, url=answer.url, status=answer.status, expected="a mailbox"
                )
        except SourceError as error:
            if error.outcome in _STOP:
                raise
            self.logger.info("no mailbox of everything: %s", error.outcome)
            return None
        return answer

    def _walk(self, inbox: str) -> NewestFirst:
        return NewestFirst(
            spider=self, read=partial(self.parse_feed, inbox), accept=FEED_TYPES, keep_cut=True
        )
