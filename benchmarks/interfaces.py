"""Archives with an interface for programs, counted in requests: `python -m benchmarks.interfaces`.

A Discourse site of 14,299 posts on 2,000 topics, 40 of them long, read for the first time; and a
HyperKitty list of five years visited again when nothing is new. Ours and perceval read the same
made-up servers, one after the other.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from benchmarks.corpora import Letter, write_letters, write_mail
from benchmarks.crawling import count_stored, crawl, make_folder
from benchmarks.measuring import Cost, Row, number, show, spread, take_turns
from benchmarks.peers import peer_name, run_peer
from benchmarks.serving import Content, serve
from domain.records import Platform

POSTS, TOPICS, LONG_TOPICS, LONG = 14_299, 2_000, 40, 60
A_PAGE, A_TOPIC = 50, 20
SHARE = 1 / 10
MONTHS, A_MONTH = 60, 100
SMALL_BYTES = 5_000


def rows() -> list[Row]:
    """A line for each platform."""
    return [read_discourse(), visit_hyperkitty()]


# ---- Discourse ----------------------------------------------------------------------------


def read_discourse() -> Row:
    """The requests of one first crawl; it is the same at each turn."""
    with tempfile.TemporaryDirectory() as place, serve(build_site()) as server:
        url = f"http://127.0.0.1:{server.port}/"
        folder = make_folder(Path(place) / "data", [(url, Platform.DISCOURSE)])
        ours = crawl(folder)
        asked = server.take()["requests"]
        theirs = run_peer("perceval", "perceval_read.py", "discourse", url)
        their = server.take()["requests"]
        stored = count_stored(folder)
    return Row(
        work=f"Discourse first crawl, {POSTS:,} posts on {TOPICS:,} topics",
        ours=f"{asked:,} requests, {number(ours.cpu)} CPU s; {stored:,} posts",
        peer=f"{peer_name('perceval')}: {their:,} requests, {number(theirs.cpu)} CPU s",
        ratio=f"{asked / their:.3f}",
        target=f"≤ {SHARE:.2f} of the requests",
        met=asked <= SHARE * their and stored == POSTS,
    )


def build_site() -> Content:
    """A site as a Content; the newest topic has the highest number."""
    now = datetime.now(UTC)
    sizes = [LONG] * LONG_TOPICS + [6] * (TOPICS - LONG_TOPICS)
    for topic in range(POSTS - sum(sizes)):
        sizes[-1 - topic] += 1
    numbers = count(1)
    posts = [
        _post(next(numbers), topic, place, now)
        for topic, size in enumerate(sizes, 1)
        for place in range(1, size + 1)
    ]
    by_topic: defaultdict[int, list[dict[str, object]]] = defaultdict(list)
    for post in posts:
        by_topic[int(str(post["topic_id"]))].append(post)

    def find(host: str, path: str) -> bytes | None:
        parts, asked = urlsplit(path), parse_qs(urlsplit(path).query)
        match parts.path.removesuffix(".json").split("/")[1:]:
            case ["posts"]:
                before = int(asked.get("before", [str(POSTS + 1)])[0])
                found = posts[max(before - 1 - A_PAGE, 0) : before - 1]
                return _json({"latest_posts": found[::-1]})
            case ["about"]:
                return _json({"about": {"stats": {"posts_count": POSTS}}})
            case ["latest"]:
                page = int(asked.get("page", ["0"])[0])
                topics = range(TOPICS - 30 * page, max(TOPICS - 30 * (page + 1), 0), -1)
                listed = [_topic(by_topic[topic]) for topic in topics]
                return _json({"topic_list": {"topics": listed}})
            case ["t", topic]:
                found = by_topic[int(topic)]
                stream = {"posts": found[:A_TOPIC], "stream": [post["id"] for post in found]}
                return _json(_topic(found) | {"chunk_size": A_TOPIC, "post_stream": stream})
            case ["posts", post]:
                return _json(posts[int(post) - 1])
        return None

    return find


def _post(number_of: int, topic: int, place: int, now: datetime) -> dict[str, object]:
    at = (now - timedelta(hours=POSTS + 1 - number_of)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "id": number_of,
        "username": f"writer{number_of % 90}",
        "created_at": at,
        "updated_at": at,
        "post_number": place,
        "post_type": 1,
        "reply_to_post_number": None,
        "topic_id": topic,
        "topic_slug": f"question-{topic}",
        "topic_title": f"Question {topic}",
        "category_id": 5,
    }


def _topic(posts: list[dict[str, object]]) -> dict[str, object]:
    last = posts[-1]
    return {
        "id": last["topic_id"],
        "title": last["topic_title"],
        "posts_count": len(posts),
        "last_posted_at": last["created_at"],
        "pinned": False,
    }


def _json(tree: object) -> bytes:
    return json.dumps(tree).encode()


# ---- HyperKitty ---------------------------------------------------------------------------


def visit_hyperkitty() -> Row:
    """The second visit of each, after a first that is not counted."""
    letters = list(write_letters(MONTHS * A_MONTH, gap=timedelta(days=30) / A_MONTH))
    asked: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as place, serve(build_list(letters)) as server:
        url = f"http://127.0.0.1:{server.port}/archives/list/health@lists.example.org/"
        folder = make_folder(Path(place) / "data", [(url, Platform.HYPERKITTY)])
        kept = Path(place) / "theirs"
        crawl(folder)
        stored = count_stored(folder)
        since = (datetime.now(UTC) - timedelta(days=1)).replace(tzinfo=None).isoformat()
        begin = min(letter.at for letter in letters).replace(tzinfo=None).isoformat()
        run_peer("perceval", "perceval_read.py", "hyperkitty", url, kept, begin)
        server.take()

        def ours() -> Cost:
            cost = crawl(folder)
            asked["ours"] = server.take()
            return cost

        def theirs() -> Cost:
            cost = run_peer("perceval", "perceval_read.py", "hyperkitty", url, kept, since)
            asked["theirs"] = server.take()
            return cost

        mine, peer = take_turns(ours, theirs)
    own, other = asked["ours"], asked["theirs"]
    return Row(
        work=f"HyperKitty idle visit, {stored:,} posts",
        ours=f"{own['requests']} request, {own['sent']:,} bytes, {spread(mine)} CPU s",
        peer=f"{peer_name('perceval')}: {other['requests']} requests, {other['sent']:,} bytes,"
        f" {spread(peer)} CPU s",
        ratio=f"{own['requests'] / other['requests']:.2f}",
        target="1 small request",
        met=own["requests"] == 1 and own["sent"] <= SMALL_BYTES and stored > 0,
    )


def build_list(letters: list[Letter]) -> Content:
    """A list as a Content: its counts, its first message by the API, and exports of any stretch."""
    days: defaultdict[date, list[Letter]] = defaultdict(list)
    for letter in letters:
        days[letter.at.astimezone(UTC).date()].append(letter)

    def find(host: str, path: str) -> bytes | None:
        parts, asked = urlsplit(path), parse_qs(urlsplit(path).query)
        if parts.path.endswith("/recent-activity"):
            today = datetime.now(UTC).date()
            recent = [today - timedelta(days=ago) for ago in range(31, -1, -1)]
            counts = [{"date": f"{day}", "count": len(days.get(day, []))} for day in recent]
            return _json({"evolution": counts})
        if "/emails/" in parts.path:
            first = int(asked["offset"][0])
            found = letters[::-1][first : first + int(asked["limit"][0])]
            return _json({"count": len(letters), "next": None, "results": [*map(_email, found)]})
        if "/export/" in parts.path:
            start, end = (asked.get(name, [""])[0] for name in ("start", "end"))
            mail = (
                write_mail(letter)
                for day, some in days.items()
                if start <= f"{day}" and (not end or f"{day}" < end)
                for letter in some
            )
            return gzip.compress("".join(mail).encode(), mtime=0)
        return b"<html></html>" if parts.path.endswith("@lists.example.org/") else None

    return find


def _email(letter: Letter) -> dict[str, object]:
    return {
        "message_id": letter.id.strip("<>"),
        "message_id_hash": f"{letter.number:032X}",
        "thread": "",
        "sender": {"address": f"writer{letter.writer} (a) example.org"},
        "sender_name": f"Writer {letter.writer}",
        "subject": letter.lines[0],
        "date": letter.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


if __name__ == "__main__":
    show(rows())
