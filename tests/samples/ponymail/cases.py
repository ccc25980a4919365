"""How the samples of ponymail are read, and what is taken for it; an archive that can be asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from crawler.formats.json_tree import read_json
from crawler.spiders.ponymail import read_address, read_emails, read_months
from domain.window import Month
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.table_web import answer

HOST = "https://lists.example.org"
LIST = f"{HOST}/list.html?child-health@lists.example.org"
NAMES = ("Amina Test", "Ben Example", "Carla Sample", "Dmitri Proof")


def write_email(
    number: int, at: datetime, *, who: int = 0, reply_to: int | None = None, **more: object
) -> dict:
    """A message as stats.lua gives it."""
    name = NAMES[who]
    return {
        "attachments": 0,
        "body": "",
        "epoch": int(at.timestamp()),
        "from": f"{name} <{name[:2].lower()}...@example.org>",
        "gravatar": "0123456789abcdef0123456789abcdef",
        "id": f"x{number:04d}yz",
        "in-reply-to": f"<{reply_to}@example.org>" if reply_to else "",
        "list": "<child-health.lists.example.org>",
        "list_raw": "<child-health.lists.example.org>",
        "message-id": f"<{number}@example.org>",
        "mid": f"x{number:04d}yz",
        "private": False,
        "subject": f"Re: Question {reply_to}" if reply_to else f"Question {number}",
        **more,
    }


def month_of(email: dict) -> str:
    return datetime.fromtimestamp(email["epoch"], UTC).strftime("%Y-%m")


def write_month(emails: Sequence[dict], everything: Sequence[dict], *, counts: bool = True) -> str:
    """What stats.lua answers for these messages of a list."""
    moments = [datetime.fromtimestamp(email["epoch"], UTC) for email in everything]
    first = min(moments, default=datetime(1970, 1, 1, tzinfo=UTC))
    last = max(moments, default=datetime(1970, 1, 1, tzinfo=UTC))
    stats = {
        "firstYear": first.year,
        "lastYear": last.year,
        "firstMonth": first.month,
        "lastMonth": last.month,
        "active_months": dict(sorted(Counter(map(month_of, everything)).items())),
        "hits": len(emails),
        "numparts": len({email["from"] for email in emails}),
        "no_threads": 1,
        "emails": sorted(emails, key=lambda email: email["epoch"]),
        "cloud": None,
        "participants": [],
        "thread_struct": [],
        "search_list": "<child-health.lists.example.org>",
        "domain": "lists.example.org",
        "list": "child-health@lists.example.org",
        "searchParams": {"list": "child-health", "domain": "lists.example.org"},
    }
    if not counts:
        del stats["active_months"]
    return json.dumps(stats, indent=1)


class Lists(Mapping[str, SimpleNamespace]):
    """A Pony Mail archive as a table of addresses; `counts` is false for its first version."""

    def __init__(self, emails: Sequence[dict], *, counts: bool = True):
        self.emails, self.counts = list(emails), counts

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, url: str) -> SimpleNamespace:
        parts = urlsplit(url)
        if parts.path != "/api/stats.lua":
            raise KeyError(url)
        wanted = parse_qs(parts.query)["d"][0]
        emails = [email for email in self.emails if month_of(email) == wanted]
        return answer(write_month(emails, self.emails, counts=self.counts))


def write_talk(now: datetime, weeks: int = 30) -> list[dict]:
    """Two messages a week, with a summer in which nobody wrote, the last yesterday."""
    emails = []
    for week in range(weeks):
        at = now - timedelta(days=1 + 7 * (weeks - 1 - week), hours=2)
        if 10 <= week < 20:
            continue
        emails.append(write_email(2 * week + 1, at - timedelta(hours=20), who=week % 4))
        emails.append(write_email(2 * week + 2, at, who=(week + 1) % 3, reply_to=2 * week + 1))
    return emails


def build_archive(now: datetime) -> Archive:
    emails = write_talk(now)
    return Archive(
        url=LIST,
        pages=Lists(emails),
        posts=len(emails),
        first_at=now - timedelta(days=204, hours=22),
        last_at=now - timedelta(days=1, hours=2),
    )


def show(sample: Sample) -> dict:
    tree = read_json(sample.body, url=sample.url, status=sample.status, expected="a month")
    months = read_months(tree, sample.fetched_at)
    address = read_address(sample.url)
    assert address is not None
    posts = read_emails(tree, Month(2026, 3), address, sample.answer)
    return show_posts(posts, months=[str(month) for month in sorted(months)])


PAGE = "ponymail/normal/list.html"
STATS = f"{HOST}/api/stats.lua?list=child-health&domain=lists.example.org&d=2026-03"
CASES = Cases(
    readers={"month": show},
    matches=[
        (LIST, PAGE),
        (f"{HOST}/mail/list.html?child-health@lists.example.org:2026-2:nets", PAGE),
        (STATS, "ponymail/normal/month.json"),
    ],
    no_matches=[
        (f"{HOST}/", PAGE),
        (LIST, "ponymail/other_platform/news.html"),
        (LIST, "pipermail/normal/index.html"),
    ],
    archive=build_archive,
    canonical={
        f"{HOST}/mail/list.html?child-health@lists.example.org:2026-2:nets": (
            f"{HOST}/mail/list.html?child-health@lists.example.org"
        ),
        STATS: LIST,
    },
)
