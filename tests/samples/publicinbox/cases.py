"""How the samples of publicinbox are read, and what is taken for it."""

from __future__ import annotations

import asyncio
import gzip
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha1

from crawler.plan import CrawlPlan
from crawler.spiders.publicinbox import PublicinboxSpider, recognise
from domain.records import Platform
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.samples.small_talk import Said, small_talk
from tests.table_web import answer

INBOX = "https://inbox.example.org/wells/"
PAGE = 10


def spider_of(sample: Sample) -> PublicinboxSpider:
    plan = CrawlPlan(
        source_id=1,
        community_id=1,
        name="sample",
        url=INBOX,
        platform=Platform.PUBLICINBOX,
        now=sample.fetched_at,
    )
    return PublicinboxSpider(plan=plan)


def show_feed(sample: Sample) -> dict:
    shown = asyncio.run(spider_of(sample).parse_feed(INBOX, sample.answer))
    since = shown.since.isoformat() if shown.since else None
    return show_posts(shown.posts, whole=shown.whole, since=since, older=shown.older)


def show_mailbox(sample: Sample) -> dict:
    posts, damage = spider_of(sample)._read_mailbox(INBOX, sample.answer)
    return show_posts(posts, damaged=bool(damage))


def show_none(sample: Sample) -> dict:
    page = spider_of(sample).parse_none(sample.answer)
    seen = [[stretch.start.isoformat(), stretch.end.isoformat()] for stretch in page.coverage]
    return {"facts": {"posts": len(page.posts)}, "read": seen}


def show_inbox(sample: Sample) -> dict:
    found = recognise(sample.answer)
    return {
        "facts": {"inbox": found.url if found else None},
        "read": list(found.why) if found else [],
    }


def write_entry(said: Said) -> str:
    def name(message_id: str) -> str:
        digest = sha1(message_id.encode()).hexdigest()
        return (
            f"urn:uuid:{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
        )

    reply = (
        f'<thr:in-reply-to\nref="{name(said.root_id)}"\nhref="{INBOX}{said.root_id}/"/>'
        if said.is_answer
        else ""
    )
    return (
        f"<entry><author><name>{said.writer}</name><email>{said.address}</email></author>"
        f"<title>{said.subject}</title><updated>{said.at:%Y-%m-%dT%H:%M:%SZ}</updated>"
        f'<link\nhref="{INBOX}{said.message_id}/"/><id>{name(said.message_id)}</id>{reply}'
        '<content\ntype="xhtml"><div\nxmlns="http://www.w3.org/1999/xhtml"><pre>Hello.</pre></div>'
        "</content></entry>"
    )


def write_feed(said: list[Said]) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed\nxmlns="http://www.w3.org/2005/Atom"\n'
        'xmlns:thr="http://purl.org/syndication/thread/1.0"><title>Wells</title>'
        f'<link\nrel="self"\nhref="{INBOX}new.atom"/><id>mailto:wells@example.org</id>'
        f"<updated>{said[0].at:%Y-%m-%dT%H:%M:%SZ}</updated>"
        f"{''.join(map(write_entry, said))}</feed>"
    )


def write_mail(said: Said) -> str:
    reply = f"In-Reply-To: <{said.root_id}>\n" if said.is_answer else ""
    return (
        "From mboxrd@z Thu Jan  1 00:00:00 1970\n"
        f"Received: from mx.example.org by lists.example.org; {format_datetime(said.at)}\n"
        f"From: {said.writer} <{said.address}>\nSubject: {said.subject}\n{reply}"
        f"Date: {format_datetime(said.at)}\nMessage-ID: <{said.message_id}>\n\nHello.\n\n"
    )


def archive(now: datetime) -> Archive:
    """Thirty messages: the mailbox of everything, and all pages of the feed."""
    said = small_talk(now, count=30, gap=timedelta(days=3))
    newest = list(reversed(said))
    pages = {f"{INBOX}new.atom": answer(write_feed(newest[:PAGE]))}
    for first in newest:
        older = [one for one in newest if one.at <= first.at]
        pages[f"{INBOX}new.atom?t={first.at:%Y%m%d%H%M%S}"] = answer(write_feed(older[:PAGE]))
    mailbox = "".join(write_mail(one) for one in said)
    pages[f"{INBOX}all.mbox.gz"] = answer(gzip.compress(mailbox.encode(), mtime=0))
    return Archive(
        url=INBOX, pages=pages, posts=len(said), first_at=said[0].at, last_at=said[-1].at
    )


CASES = Cases(
    readers={"feed": show_feed, "mailbox": show_mailbox, "none": show_none, "inbox": show_inbox},
    matches=[
        (INBOX, "publicinbox/normal/index.html"),
        (f"{INBOX}new.atom", "publicinbox/normal/new.atom"),
        (f"{INBOX}1@example.org/", "publicinbox/paging/message.html"),
    ],
    no_matches=[
        ("https://board.example.org/new.atom", "publicinbox/other_platform/feed.atom"),
        (INBOX, "publicinbox/other_platform/words.html"),
        ("https://lists.example.org/dev/new.atom", "feed/atom/new.atom"),
        (INBOX, "publicinbox/must_fail/login.html"),
    ],
    archive=archive,
    canonical={f"{INBOX}new.atom": INBOX, f"{INBOX}1@example.org/": INBOX},
)
