"""How the samples of mhonarc are read, and what is taken for it; an archive in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace

from crawler.formats.mhonarc import read_date_index, read_folders, read_message
from tests.samples.mhonarc.pages import write_index, write_message
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.samples.small_talk import Said, small_talk
from tests.table_web import answer

HOST = "https://www.example.org"
FOLDER = f"{HOST}/lists/child-health/"
INDEX = f"{FOLDER}maillist.html"
PER_PAGE = 12


def write_folder(
    said: Sequence[Said], folder: str, *, days: bool = False, newest_first: bool = False
) -> dict[str, SimpleNamespace]:
    """All pages of one folder: a date index in pages of twelve, and a page per message."""
    names = ["maillist.html", *(f"mail{n}.html" for n in range(2, 2 + (len(said) - 1) // PER_PAGE))]
    pages: dict[str, SimpleNamespace] = {}
    for place, name in enumerate(names):
        links = [("Prev Page", names[place - 1])] if place else []
        links += [("Next Page", names[place + 1])] if place + 1 < len(names) else []
        some = said[place * PER_PAGE : (place + 1) * PER_PAGE]
        text = write_index(some, first=place * PER_PAGE, links=links, days=days)
        pages[folder + name] = answer(text, etag=f'"{len(text)}"')
    for number, one in enumerate(said):
        pages[f"{folder}msg{number:05}.html"] = answer(write_message(one, others=said))
    return pages


def archive(now: datetime) -> Archive:
    """Eleven weeks in one folder."""
    said = small_talk(now, count=16, gap=timedelta(days=5), answers=3)
    return Archive(
        url=INDEX,
        pages=write_folder(said, FOLDER),
        posts=16,
        first_at=said[0].at,
        last_at=said[-1].at,
    )


def show_index(sample: Sample) -> dict:
    index = read_date_index(sample.body, url=sample.url)
    rows = [
        [row.number, row.subject, row.author, row.day.isoformat() if row.day else None]
        for row in index.rows
    ]
    facts = {
        "rows": len(rows),
        "dated": sum(row.day is not None for row in index.rows),
        "others": [url.rpartition("/")[2] for url in index.others],
        "whole": index.whole,
    }
    return {"facts": facts, "read": rows}


def show_folders(sample: Sample) -> dict:
    listing = read_folders(sample.body, url=sample.url, fetched_at=sample.fetched_at)
    facts = {
        "parts": [part.name for part in listing.parts],
        "empty": listing.empty,
        "whole": listing.whole,
    }
    return {"facts": facts, "read": [part.url for part in listing.parts]}


def show_message(sample: Sample) -> dict:
    post = read_message(sample.body, url=sample.url, fetched_at=sample.fetched_at)
    return show_posts([post])


CASES = Cases(
    readers={"index": show_index, "folders": show_folders, "message": show_message},
    matches=[
        (INDEX, "mhonarc/normal/maillist.html"),
        (f"{FOLDER}msg00001.html#x", "mhonarc/normal/msg00001.html"),
        (f"{HOST}/lists/", "mhonarc/months/index.html"),
        (f"{FOLDER}2026-02/maillist.html", "mhonarc/days/maillist.html"),
    ],
    no_matches=[
        (f"{HOST}/sympa/arc/sante-enfants/2026-02/mail1.html", "sympa/months/mail1.html"),
        (f"{HOST}/pipermail/child-health/", "pipermail/normal/index.html"),
        (f"{HOST}/lists/maillist.html", "feed/must_fail/login.html"),
    ],
    canonical={
        f"{FOLDER}msg00001.html#x": INDEX,
        f"{FOLDER}2026-02/maillist.html": FOLDER,
    },
    archive=archive,
    software_hosts=frozenset({"www.mhonarc.org", "www.hypermail-project.org"}),
)
