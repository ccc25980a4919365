"""Every reader of foreign bytes, as one function each: what it may raise is a `SourceError` only.

The readers of the platforms are those of their samples, and the samples are the seeds. What a
fuzzer found once lies in `found/TARGET/` and is a seed for ever after.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from protego import Protego

from crawler.base import Fetched, read_retry_after
from crawler.detect import detect_platform, list_leads
from crawler.formats.addresses import is_askable
from crawler.formats.dates import read_date
from crawler.formats.digests import open_digest, read_texts
from crawler.formats.encoded_words import read_encoded_words
from crawler.formats.heads import read_head
from crawler.formats.html import explain_page
from crawler.formats.layout import fingerprint
from crawler.formats.mailing import read_list_mail
from crawler.formats.mbox import read_mbox
from crawler.formats.packed import is_cut, open_packed
from crawler.formats.people import read_author
from crawler.formats.recipe_file import read_recipe
from crawler.hosts import cut_robots
from domain.addresses import is_private_host
from domain.errors import ConfigError, SourceError
from domain.records import ReadPost
from tests.fuzz.imap_answers import ANSWERS, read_imap
from tests.fuzz.origin import list_invented
from tests.samples.recipe.cases import POSTS_ONLY
from tests.samples.shown import Sample, load_cases

HERE = Path(__file__).parent
FOUND = HERE / "found"
SAMPLES = HERE.parent / "samples"
URL = "https://lists.example.org/archive/"
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
EARLIEST = datetime(1969, 1, 1, tzinfo=UTC)
LIMIT = 1 << 22
# What these read besides is asked for from a host.
NEED_A_HOST = {("sympa", "feed")}


class Kind(StrEnum):
    """What is read; each is given as many inputs as the others."""

    MAIL = "mail"
    FEED = "feeds"
    PAGE = "pages"
    JSON = "json"
    DATE = "dates"
    ROBOTS = "robots"
    IMAP = "imap"
    RECIPE = "recipes"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A reader, with answers that it reads well to begin from."""

    name: str
    kind: Kind
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]

    def try_on(self, data: bytes) -> None:
        """Nothing, if the reader reads or refuses the bytes as it should.

        Raises: whatever it should not.
        """
        try:
            self.read(data)
        except (SourceError, ConfigError):
            return


@cache
def list_targets() -> Mapping[str, Target]:
    """All of them, by name."""
    targets = [*_of_platforms(), *_of_mail(), *_of_pages(), *_of_texts()]
    return {one.name: replace(one, seeds=(*one.seeds, *load_found(one.name))) for one in targets}


def load_found(name: str) -> tuple[bytes, ...]:
    """What was found earlier with this reader."""
    folder = FOUND / name.replace("/", "-")
    return tuple(path.read_bytes() for path in sorted(folder.glob("*")))


def check_posts(posts: Iterable[ReadPost], answer: bytes) -> None:
    """Nothing, where each post could be stored, and nothing of it was invented."""
    for post in posts:
        assert post.post_id, post
        assert post.at is None or (post.at.tzinfo is not None and post.at >= EARLIEST), post
        post.post_id.encode("utf-8", "surrogatepass")
        invented = list_invented(post.author, post.subject, url=post.url, answer=answer)
        assert not invented, (invented, post)


def _kind_of(name: str, seed: bytes) -> Kind:
    """By how its first sample begins."""
    if name.startswith("nntp/") or seed[:1] not in b"<{[":
        return Kind.MAIL
    if seed[:1] != b"<":
        return Kind.JSON
    marks = (b"<rss", b"<feed", b"<rdf")
    return Kind.FEED if any(mark in seed.lower() for mark in marks) else Kind.PAGE


# ---- platforms ----------------------------------------------------------------------------


def _of_platforms() -> Iterator[Target]:
    for folder in sorted(path.parent for path in SAMPLES.glob("*/cases.py")):
        seeds: dict[str, list[bytes]] = {}
        samples: dict[str, Sample] = {}
        for meta_file in sorted(folder.glob("*/meta.toml")):
            meta = tomllib.loads(meta_file.read_text())
            for given in meta["inputs"]:
                body = (meta_file.parent / given["file"]).read_bytes()
                seeds.setdefault(given["read"], []).append(body)
                sample = Sample(
                    body=body,
                    url=given["url"],
                    status=given.get("status", 200),
                    fetched_at=meta["fetched_at"].astimezone(UTC),
                    meta=given,
                )
                samples.setdefault(given["read"], sample)
        readers = load_cases(folder.name).readers
        for kind, sample in samples.items():
            if (folder.name, kind) in NEED_A_HOST:
                continue
            read = partial(_read_sample, readers[kind], sample)
            name = f"{folder.name}/{kind}"
            of_kind = _kind_of(name, seeds[kind][0].lstrip())
            yield Target(name=name, kind=of_kind, read=read, seeds=tuple(seeds[kind]))


def _read_sample(reader: Callable[[Sample], dict], sample: Sample, data: bytes) -> None:
    shown = reader(replace(sample, body=data))
    for row in shown["read"] if isinstance(shown.get("read"), list) else ():
        if isinstance(row, dict) and {"id", "basis"} <= set(row):
            assert row["id"], row
            at = row["at"] and datetime.fromisoformat(row["at"])
            assert not at or (at.tzinfo is not None and at >= EARLIEST), row
            answer = data + sample.url.encode()
            told = (row["author"], row["subject"])
            invented = list_invented(*told, url=row["url"], answer=answer)
            assert not invented, (invented, row)


# ---- mail ---------------------------------------------------------------------------------


def _of_mail() -> Iterator[Target]:
    yield Target(
        name="mbox", kind=Kind.MAIL, read=_read_mailbox, seeds=_samples("**/*.mbox", "**/*.txt")
    )
    yield Target(name="head", kind=Kind.MAIL, read=_read_head, seeds=HEADS)
    yield Target(name="digest", kind=Kind.MAIL, read=_read_digest, seeds=DIGESTS)
    yield Target(name="imap", kind=Kind.IMAP, read=read_imap, seeds=ANSWERS)


def _read_mailbox(data: bytes) -> None:
    check_posts(read_mbox(io.BytesIO(data), where=URL, fetched_at=NOW), data)


def _read_head(data: bytes) -> None:
    post = read_head(data, fetched_at=NOW)
    check_posts([post] if post else [], data)
    read_list_mail(data)


def _read_digest(data: bytes) -> None:
    subject = "x Digest, Vol 3, Issue 2 (2 updates)"
    opened = open_digest(data, subject=subject, received=NOW, fetched_at=NOW)
    check_posts(opened.posts, data + subject.encode())
    read_texts(data)


# ---- pages --------------------------------------------------------------------------------


def _of_pages() -> Iterator[Target]:
    pages = _samples("*/normal/*.html", "*/must_fail/*.html")
    yield Target(name="page", kind=Kind.PAGE, read=_read_page, seeds=pages)
    packed = _samples("**/*.gz", "**/*.bz2")
    yield Target(name="packed", kind=Kind.MAIL, read=_unpack, seeds=packed)


def _read_page(data: bytes) -> None:
    page = Fetched(url=URL, asked=URL, status=200, headers={}, body=data, fetched_at=NOW)
    explain_page(data, url=URL, status=200, expected="an archive")
    detect_platform(page)
    list_leads(page)
    fingerprint(data)


def _unpack(data: bytes) -> None:
    is_cut(data, limit_bytes=LIMIT)
    with open_packed(data, limit_bytes=LIMIT) as stream:
        size = 0
        while piece := stream.read(1 << 16):
            size += len(piece)
            assert size <= LIMIT


# ---- short texts --------------------------------------------------------------------------


def _of_texts() -> Iterator[Target]:
    yield Target(name="date", kind=Kind.DATE, read=_read_texts, seeds=DATES)
    yield Target(name="robots", kind=Kind.ROBOTS, read=_read_robots, seeds=ROBOTS)
    yield Target(name="recipe-file", kind=Kind.RECIPE, read=_read_recipe, seeds=_recipes())


def _read_texts(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    at = read_date(text)
    assert at is None or at.tzinfo is not None
    read_retry_after(text, NOW)
    read_encoded_words(text)
    read_author(text)
    is_private_host(text)
    is_askable(text)


def _read_robots(data: bytes) -> None:
    rules = Protego.parse(cut_robots(data))
    rules.can_fetch(URL, "rollcall/1.0 (+https://example.org)")
    delay = rules.crawl_delay("rollcall/1.0 (+https://example.org)")
    assert delay is None or isinstance(delay, int | float)


def _read_recipe(data: bytes) -> None:
    read_recipe(data.decode("utf-8", "replace"), name="site", where="site.toml")


def _samples(*patterns: str) -> tuple[bytes, ...]:
    paths = sorted({path for pattern in patterns for path in SAMPLES.glob(pattern)})
    return tuple(path.read_bytes() for path in paths if path.stat().st_size < 1 << 16)


def _recipes() -> tuple[bytes, ...]:
    shipped = sorted((files("config") / "recipes").iterdir(), key=str)
    texts = [one.read_bytes() for one in shipped if one.name.endswith(".toml")]
    return (*texts, POSTS_ONLY.encode())


HEADS = (
    b"""\
Message-ID: <1@example.org>
Date: Mon, 23 Nov 2026 10:00:00 +0100
From: Amina Okello <amina@example.org>
Subject: =?utf-8?q?Caf=C3=A9?= today
References: <0@example.org> <00@example.org>
In-Reply-To: <0@example.org>
List-Id: Child health <child-health.lists.example.org>
Received: from a by b; Mon, 23 Nov 2026 10:00:01 +0100
""",
    b"""\
From: child-health-bounces@lists.example.org
To: us@example.org
Subject: =?iso-8859-1?B?Zm9v?= =?x?B?!?=
Precedence: bulk
Auto-Submitted: auto-replied
""",
)
DIGESTS = (
    b"""\
From: x-request@lists.example.org
Subject: x Digest, Vol 3, Issue 2
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=1"

--=1
Content-Type: text/plain

Topics
--=1
Content-Type: multipart/digest; boundary=2

--2

From: Amina <a@example.org>
Date: Mon, 23 Nov 2026 10:00:00 +0000
Subject: one
Message-ID: <1@example.org>

Hello
--2--
--=1--
""",
    b"""\
From: x-request@lists.example.org
Subject: x Digest

Today's Topics:

   1. one (Amina)

----------------------------------------------------------------------

Message: 1
Date: Mon, 23 Nov 2026 10:00:00 +0000
From: Amina <a@example.org>
Subject: one
Message-ID: <1@example.org>

Hello

------------------------------

End of x Digest, Vol 3, Issue 2
""",
)
DATES = (
    b"Mon, 23 Nov 2026 10:00:00 +0100",
    b"2026-11-23T10:00:00.123Z",
    b"23 novembre 2026 10:00 CET",
    b"Nov 23, 2026, 10:00 PM",
    b"1795430400",
    b"=?utf-8?B?w6k=?= <a at example.org>",
    b"https://u:p@[::ffff:127.0.0.1]:80/x",
)
ROBOTS = (
    b"""\
User-agent: *
Disallow: /private
Allow: /*.html$
Crawl-delay: 10
Request-rate: 1/10s 0800-1200
Visit-time: 0600-0845
Sitemap: https://example.org/s.xml
""",
    b"""\
\xef\xbb\xbfUser-agent: rollcall
User-agent: x
Disallow:
""",
)
