"""Made-up feeds of known truth: three dialects, bodies of real size, dates as programs write."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape

from benchmarks.corpora import NOW, SEED, write_lines

ITEMS = 27
LINES = 42
DIALECTS = ("rss", "atom", "rdf", "rss")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFeed:
    """A feed with the dates of its items in order; `None` for a text that could be two instants."""

    body: bytes
    dates: tuple[datetime | None, ...]


def build_feed(number: int) -> MadeFeed:
    """One feed, always the same for its number."""
    chance = random.Random(SEED + number)  # noqa: S311 - made-up data
    dialect = DIALECTS[number % len(DIALECTS)]
    texts, dates = [], []
    for item in range(ITEMS):
        at = NOW - timedelta(minutes=chance.randrange(60, 3000) + item * 3000)
        written, meant = _write_date(at.replace(second=0), dialect, chance)
        texts.append(_write_item(dialect, number, item, written, chance))
        dates.append(meant)
    body = _WRAPS[dialect].format(number=number, items="".join(texts)).encode()
    return MadeFeed(body=body, dates=tuple(dates))


def _write_date(at: datetime, dialect: str, chance: random.Random) -> tuple[str, datetime | None]:
    hours = chance.choice((-5, 0, 0, 0, 1, 3))
    local = at.astimezone(timezone(timedelta(hours=hours)))
    if dialect != "rss":
        return (local.isoformat() if hours else f"{at:%Y-%m-%dT%H:%M:%SZ}"), at
    kind = chance.random()
    if kind < 0.90:
        return format_datetime(local), at
    if kind < 0.95:
        return f"{at:%a, %d %b %Y %H:%M:%S} GMT", at
    if kind < 0.97:
        # The zone names of RFC 5322, in summer and in winter time.
        return f"{at - timedelta(hours=5):%a, %d %b %Y %H:%M:%S} EST", at
    if kind < 0.98:
        return f"{at + timedelta(hours=1):%a, %d %b %Y %H:%M:%S} CET", at
    if kind < 0.99:
        return f"{at + timedelta(hours=2):%a, %d %b %Y %H:%M:%S} CEST", at
    return f"{at:%a, %d %b %Y %H:%M:%S}", None


def _write_item(dialect: str, number: int, item: int, written: str, chance: random.Random) -> str:
    place = f"https://blog{number}.example.org/{item}/"
    text = escape("<p>" + "</p>\n<p>".join(write_lines(chance, LINES)) + "</p>")
    title = text.split("\n")[0][9:60].replace("&", "").replace(";", "")
    who = f"Writer {chance.randrange(9)}"
    if dialect == "atom":
        return (
            f"<entry><id>{place}</id><title>{title}</title><link rel='alternate' href='{place}'/>"
            f"<published>{written}</published><updated>{written}</updated>"
            f"<author><name>{who}</name></author><category term='health'/>"
            f"<content type='html'>{text}</content></entry>"
        )
    about = f' rdf:about="{place}"' if dialect == "rdf" else ""
    date = f"<dc:date>{written}</dc:date>" if dialect == "rdf" else f"<pubDate>{written}</pubDate>"
    guid = "" if dialect == "rdf" else f"<guid isPermaLink='true'>{place}</guid>"
    return (
        f"<item{about}><title>{title}</title><link>{place}</link>{date}{guid}"
        f"<dc:creator>{who}</dc:creator><category>health</category>"
        f"<description>{text[:300].rpartition('&')[0]}</description>"
        f"<content:encoded>{text}</content:encoded></item>"
    )


_NAMES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)
_WRAPS = {
    "rss": f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {_NAMES}><channel>'
    "<title>Blog {number}</title><link>https://blog{number}.example.org/</link>"
    "<description>Notes</description>{items}</channel></rss>",
    "atom": '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
    "<title>Blog {number}</title><id>tag:example.org,2026:{number}</id>"
    "<updated>2026-11-20T00:00:00Z</updated>{items}</feed>",
    "rdf": '<?xml version="1.0" encoding="UTF-8"?>'
    f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {_NAMES} '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<channel rdf:about="https://blog{number}.example.org/"><title>Blog {number}</title></channel>'
    "{items}</rdf:RDF>",
}


def is_right(meant: datetime | None, read: datetime | None) -> bool:
    """True where the instant is the one meant, and for none where none can be known."""
    return meant == read if read is None else read.astimezone(UTC) == meant
