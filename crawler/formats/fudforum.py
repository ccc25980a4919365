"""What a FUDforum board says of its messages: addresses of its feed, and what an entry means.

Source: FUDforum's own feed.php and feed templates (3.0.x), and rdf.php before them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from crawler.formats.boards import clean_url, number_in
from domain.records import ReadPost

PAGE = 20
"""How many messages the feed gives at most, unless its owner allows more."""
OVERLAP = 2
"""A message that is removed meanwhile moves all older ones one place up."""
_NO_DATA = b"<error><message>No data matching data.</message></error>"
_SCRIPT = re.compile(r"/(?:index|feed|rdf)\.php.*$")


def find_root(url: str) -> str:
    """The folder of the board's scripts."""
    plain = _SCRIPT.sub("/", clean_url(url).partition("?")[0])
    return plain if plain.endswith("/") else plain.rpartition("/")[0] + "/"


def find_forum(url: str) -> str | None:
    """The number of the forum that the address means."""
    return number_in(url, "frm_id", "frm")


def feed_url(root: str, forum: str | None, *, script: str = "feed.php", offset: int = 0) -> str:
    """The address of the messages from that place on, newest first.

    A start date (`ds`) that lets everything through: without any condition the board looks only at
    topics of the last five days.
    """
    kind = "&format=atom" if script == "feed.php" else ""
    place = f"&o={offset}" if offset else ""
    wanted = f"&frm={forum}" if forum else ""
    return f"{root}{script}?mode=m&l=1&basic=1{kind}&ds=0&n={PAGE}{wanted}{place}"


def older_url(url: str, shown: int) -> str:
    """The address of what comes after the messages that this address showed."""
    offset = int(number_in(url, "o") or 0) + max(shown - OVERLAP, 1)
    return re.sub(r"&o=\d+", "", url) + f"&o={offset}"


def says_no_data(body: bytes) -> bool:
    """True for the board's own sign that no message fits."""
    return _NO_DATA in body


def revise_post(post: ReadPost) -> ReadPost | None:
    """The message of an entry, by its number; all of a topic answer that topic.

    Which message began it, the feed does not tell.
    """
    url = post.url or ""
    number, topic = number_in(url, "goto"), number_in(url, "th")
    if number is None:
        return None
    answers = f"topic {topic}" if topic else None
    return replace(post, post_id=number, reply_to=answers, url=f"{clean_url(url)}#msg_{number}")
