"""The pages on which HIFA shows the messages of its mail forums: lists, and one page a message.

Made by Drupal. Only the texts of such pages were at hand, not their markup: what is read here is
read by words and addresses, whatever elements stand around them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bs4 import BeautifulSoup, Tag

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date, read_date
from crawler.formats.feed_items import make_id
from crawler.formats.html import explain_page
from crawler.formats.people import read_author
from domain.errors import SourceError
from domain.records import ReadPost

EXPECTED = "a forum's messages"
_MESSAGE = re.compile(r"/dgroups-rss/[^/]+/?")
_LIST = re.compile(r"/rss-feeds/\d+/?")
_DATE = re.compile(r"\d{1,2} [^\W\d_]+,? \d{4}")
_COUNTER = re.compile(r"\s*\(\d+\)")
_LATER = re.compile(r"\((?!1\))\d+\)")
_ANSWER = re.compile(r"\[Re:\s*https?://[^\]\s]+\s*\]", re.IGNORECASE)
_PROFILE = re.compile(
    r"^C?HIFA[\w-]* profile\s*:\s*(?P<name>[^,.;:]{2,80}?)\s+(?:is|was|works|has|leads|and)\b",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT = re.compile(r"^(?:next|suivant|siguiente|pr[óo]xim[oa]|›|»|next\s*[›»])", re.IGNORECASE)
_PAGE = re.compile(r"[?&]page=(\d+)")
_LONGEST_ROW = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message as a list names it; `at` is the day in its row, where there is one."""

    url: str
    title: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list, in its order. `says_empty` is Drupal's own sign of an empty view."""

    entries: tuple[Entry, ...]
    older_url: str | None = None
    says_empty: bool = False


def is_message_url(url: str) -> bool:
    """True for the address of a message."""
    return _MESSAGE.fullmatch(urlsplit(url).path) is not None


def is_list_url(url: str) -> bool:
    """True for the address of a forum's list."""
    return _LIST.fullmatch(urlsplit(url).path) is not None


def find_list(soup: BeautifulSoup, url: str) -> str | None:
    """The address of the forum's list that a page belongs to or leads to."""
    if is_list_url(url):
        return url.partition("?")[0].partition("#")[0]
    found = (urljoin(url, str(link["href"])) for link in soup.find_all("a", href=True))
    return next((target.partition("?")[0] for target in found if is_list_url(target)), None)


def find_drupal(soup: BeautifulSoup) -> str | None:
    """The sign that Drupal made the page, if there is one."""
    generator = soup.find("meta", attrs={"name": re.compile("^generator$", re.IGNORECASE)})
    if isinstance(generator, Tag) and str(generator.get("content", "")).startswith("Drupal"):
        return "Drupal made the page"
    if soup.find("script", attrs={"data-drupal-selector": True}) or soup.find(
        "script", string=re.compile(r"jQuery\.extend\(Drupal\.settings")
    ):
        return "the page loads Drupal's settings"
    return None


def read_listing(soup: BeautifulSoup, url: str) -> Listing:
    """The messages that a page of a list names, each once."""
    entries: dict[str, Entry] = {}
    for link in soup.find_all("a", href=True):
        target = urljoin(url, str(link["href"]))
        title = link.get_text(" ", strip=True)
        if not is_message_url(target) or not title:
            continue
        name = plain_url(target)
        if name not in entries:
            entries[name] = Entry(url=target, title=title, at=_read_row_date(link, url))
    return Listing(
        entries=tuple(entries.values()),
        older_url=_find_older(soup, url),
        says_empty=soup.find(class_="view-empty") is not None,
    )


def read_message(soup: BeautifulSoup, entry: Entry, url: str, fetched_at: datetime) -> ReadPost:
    """The message on a page of its own.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    heading = soup.find("h1")
    title = " ".join(heading.get_text(" ").split()) if isinstance(heading, Tag) else ""
    if not isinstance(heading, Tag) or not title.startswith(entry.title.rstrip("….")):
        raise _explain(soup, url)
    lines = [" ".join(str(text).split()) for text in heading.find_all_next(string=True)]
    dates = [line for line in lines if _DATE.fullmatch(line)]
    at = _read_day(dates[0]) if dates else None
    if at is None and not entry.title:
        raise _explain(soup, url)
    return build_post(
        Entry(url=entry.url, title=title, at=at or entry.at),
        fetched_at,
        author=_find_author(lines),
        answers=any(_ANSWER.match(line) for line in lines),
    )


def build_post(
    entry: Entry, fetched_at: datetime, *, author: str | None = None, answers: bool = False
) -> ReadPost:
    """A message, known by its address, day and title together: addresses are used again."""
    at, basis = choose_date(sent=entry.at, fetched_at=fetched_at)
    day = f"{entry.at:%Y-%m-%d}" if entry.at else ""
    thread = _COUNTER.split(entry.title)[0].strip().lower()
    later = answers or _LATER.search(entry.title) is not None
    return ReadPost(
        post_id=make_id(f"{plain_url(entry.url)}\n{day}\n{entry.title}"),
        at=at,
        basis=basis,
        author=author,
        reply_to=make_id(f"thread\n{thread}") if later else None,
        subject=entry.title,
        url=entry.url,
    )


def plain_url(url: str) -> str:
    """The address without what varies: scheme, `www.`, query, a slash at its end."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}"


def _read_day(text: str) -> datetime | None:
    return read_date(text.replace(",", ""), zone=UTC)


def _read_row_date(link: Tag, url: str) -> datetime | None:
    """The only day in the widest element around a link that names no other message."""
    row = ""
    for parent in link.parents:
        named = {
            plain_url(urljoin(url, str(other["href"])))
            for other in parent.find_all("a", href=True)
            if is_message_url(urljoin(url, str(other["href"])))
        }
        text = parent.get_text(" ", strip=True)
        if len(named) > 1 or len(text) > _LONGEST_ROW:
            break
        row = text
    days = {day for day in map(_read_day, _DATE.findall(row)) if day}
    return days.pop() if len(days) == 1 else None


def _find_older(soup: BeautifulSoup, url: str) -> str | None:
    """Where the pager's link to the next page leads; Drupal counts pages from nought."""
    here = _PAGE.search(url)
    wanted = (int(here[1]) if here else 0) + 1
    for link in soup.find_all("a", href=True):
        target = urljoin(url, str(link["href"]))
        page = _PAGE.search(target)
        if page is None or int(page[1]) != wanted:
            continue
        same = urlsplit(target).path.rstrip("/") == urlsplit(url).path.rstrip("/")
        words = f"{link.get_text(' ', strip=True)} {link.get('title', '')}".strip()
        rel = link.get_attribute_list("rel")
        if same and ("next" in rel or _NEXT.match(words) or words.isdigit()):
            return target
    return None


def _find_author(lines: list[str]) -> str | None:
    """Whose profile the message ends with: the first one, because older messages are quoted."""
    found = _PROFILE.search("\n".join(lines))
    return read_author(found["name"]) if found else None


def _explain(soup: BeautifulSoup, url: str) -> SourceError:
    body = str(soup).encode()
    return explain_page(body, url=url, status=200, expected="a message with its day")
