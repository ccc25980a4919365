"""How the samples of wordpress are read, and what is taken for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.feeds import show_feed as show_feed_answer
from crawler.formats.wordpress import PER_PAGE, name_item, page_of, read_rows, read_site
from crawler.spiders.wordpress import recognise
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.samples.small_talk import WRITERS, Said, small_talk
from tests.table_web import answer

HOME = "https://blog.example.org/"


def show_rows(sample: Sample) -> dict:
    rows = read_rows(
        sample.body,
        url=sample.url,
        kind=str(sample.meta["read"]),
        page=page_of(sample.url),
        count=(sample.meta["total"], sample.meta["pages"]),
        fetched_at=sample.fetched_at,
    )
    since = rows.since.isoformat() if rows.since else None
    return show_posts(rows.posts, total=rows.total, pages=rows.pages, since=since)


def show_feed(sample: Sample) -> dict:
    shown = show_feed_answer(sample.answer, name_item)
    return show_posts(shown.posts, since=shown.since.isoformat() if shown.since else None)


def show_site(sample: Sample) -> dict:
    found = recognise(sample.answer)
    api = read_site(found.url).api if found else None
    return {
        "facts": {"watch": found.url if found else None, "api": api},
        "read": list(found.why) if found else [],
    }


def write_post(said: Said) -> dict:
    return {
        "id": said.number,
        "date_gmt": f"{said.at:%Y-%m-%dT%H:%M:%S}",
        "link": f"{HOME}?p={said.number}",
        "title": {"rendered": said.subject},
        "author": WRITERS.index(said.writer) + 1,
    }


def write_comment(said: Said) -> dict:
    return {
        "id": said.number,
        "post": said.root,
        "author": WRITERS.index(said.writer),
        "author_name": said.writer,
        "date_gmt": f"{said.at:%Y-%m-%dT%H:%M:%S}",
        "link": f"{HOME}?p={said.root}#comment-{said.number}",
    }


def write_pages(kind: str, rows: Sequence[dict]) -> dict:
    pages = -(-len(rows) // PER_PAGE)
    site = read_site(HOME)
    counted = {"x_wp_total": str(len(rows)), "x_wp_totalpages": str(pages)}
    found = {}
    for page in range(1, pages + 2):
        part = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
        past = kind == "posts" and page > pages
        error = {"code": "rest_post_invalid_page_number", "data": {"status": 400}}
        body, status = (error, 400) if past else (part, 200)
        found[site.rows_url(kind, page)] = answer(json.dumps(body), status, **counted)
    return found


def archive(now: datetime) -> Archive:
    """A site whose posts fill one page of the interface, and their comments two."""
    said = small_talk(now, count=165, gap=timedelta(hours=15))
    newest = list(reversed(said))
    posts = [write_post(one) for one in newest if not one.is_answer]
    comments = [write_comment(one) for one in newest if one.is_answer]
    return Archive(
        url=HOME,
        pages=write_pages("posts", posts) | write_pages("comments", comments),
        posts=len(said),
        first_at=said[0].at,
        last_at=said[-1].at,
    )


CASES = Cases(
    readers={"posts": show_rows, "comments": show_rows, "feed": show_feed, "site": show_site},
    matches=[
        (HOME, "wordpress/normal/home.html"),
        (f"{HOME}2026/03/wells/", "wordpress/normal/home.html"),
        (f"{HOME}wp-json/", "wordpress/normal/api.json"),
        (f"{HOME}?cat=3", "wordpress/empty/plain.html"),
    ],
    no_matches=[
        (HOME, "wordpress/other_platform/other.html"),
        (HOME, "wordpress/must_fail/login.html"),
        (f"{HOME}wp-json/", "wordpress/other_platform/board.json"),
        (f"{HOME}feed/", "feed/normal/feed.xml"),
    ],
    archive=archive,
    canonical={
        f"{HOME}2026/03/wells/": HOME,
        f"{HOME}wp-json/": HOME,
        f"{HOME}?cat=3": f"{HOME}index.php?rest_route=/",
    },
    software_hosts=frozenset({"api.w.org", "wordpress.org", "www.drupal.org"}),
)
