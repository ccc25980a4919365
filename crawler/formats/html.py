"""What a web page is that comes where an archive was expected: a login form, a bot check, a move.

A page that comes back where an archive was expected is explained here, so that every platform
gives it the same outcome. Signs are elements, attributes and whole phrases, never single words:
ordinary pages quote all of those.

Source: documentation of the platforms named beside each sign; DESIGN.md 5.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from lxml import etree

from crawler.formats.bombs import check_markup
from crawler.formats.encoded_words import is_charset
from crawler.formats.notices import (
    ClosedNotice,
    MovedNotice,
    find_closed_notice,
    find_moved_notice,
)
from crawler.formats.parked import find_parked
from domain.errors import Gone, Refused, SourceError, Unparseable
from domain.outcome import Outcome

_HTML_START = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--.*?-->\s*+)*+"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|div|p|h[1-6]|table|center|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_SCAN = 4_096
_XML_HEAD = re.compile(r"^\s*<\?xml[^>]*\?>")
_CHALLENGE_SCAN = 65_536
# What a challenge page carries and an ordinary page behind the same shield does not.
_CHALLENGES = (
    (re.compile(rb"window\._cf_chl_opt|cf-chl-widget|id=[\"']challenge-form"), "Cloudflare"),
    (
        re.compile(rb"<title>\s*(?:Just a moment\.\.\.|Attention Required! \| Cloudflare)"),
        "Cloudflare",
    ),
    (re.compile(rb"/\.within\.website/x/(?:cmd|xess)/anubis|id=[\"']anubis_challenge"), "Anubis"),
    (re.compile(rb"src=[\"'][^\"']*_Incapsula_Resource\?"), "Imperva"),
    (re.compile(rb"src=[\"']https://(?:geo|ct)\.captcha-delivery\.com/"), "DataDome"),
    (re.compile(rb"<title>\s*DDoS-Guard"), "DDoS-Guard"),
    (re.compile(rb"id=[\"']px-captcha[\"']"), "PerimeterX"),
    (
        re.compile(rb"value=[\"']I(?:'|&#39;|&#x27;)?\s?a?m not a spammer[\"']"),
        "Sympa's spam guard",
    ),
)


def is_html(body: bytes) -> bool:
    """True when the bytes begin as a web page does."""
    return _HTML_START.match(_without_bom(body[:_HTML_SCAN])) is not None


def read_html(body: bytes, charset_hint: str | None = None) -> BeautifulSoup:
    """The page as a tree. `charset_hint`, what the server said, wins over what the page says.

    A page that is not in the charset it claims is read as UTF-8, else as Windows-1252. The head
    that makes a page XML too is left out, because it is read as HTML.

    Raises: Unparseable where reading it would take too much.
    """
    check_markup(body)
    text = decode_html(body, charset_hint)
    return BeautifulSoup(_XML_HEAD.sub("", text, count=1), "lxml")


def read_elements(body: bytes) -> etree._Element | None:
    """The same tree as bare elements, much sooner; `None` where there is none.

    Raises: Unparseable where reading it would take too much.
    """
    check_markup(body)
    text = _XML_HEAD.sub("", decode_html(body), count=1)
    try:
        return etree.fromstring(text, etree.HTMLParser())
    except etree.XMLSyntaxError:
        return None


def decode_html(body: bytes, charset_hint: str | None = None) -> str:
    """The page as text, in the charset in which `read_html` reads it."""
    declared = EncodingDetector.find_declared_encoding(body, is_html=True)
    for name in filter(None, (charset_hint, declared, "utf-8")):
        try:
            if is_charset(name):
                return body.decode(name)
        except (LookupError, ValueError):
            continue
    return body.decode("windows-1252", "replace")


def find_login_form(soup: BeautifulSoup) -> str | None:
    """What was seen of a form that asks one visitor for a password, if there is one."""
    for form in soup.find_all("form"):
        secrets = [tag for tag in form.find_all("input") if _attribute(tag, "type") == "password"]
        if len(secrets) == 1:
            names = [_attribute(tag, "name") for tag in form.find_all("input")]
            return "a form with the inputs " + ", ".join(name for name in names if name)
    return None


def find_challenge(body: bytes, status: int = 200) -> str | None:
    """Whose proof of being human the page asks for, if it does."""
    head = body[:_CHALLENGE_SCAN]
    for pattern, name in _CHALLENGES:
        if pattern.search(head):
            return f"{name} asks for a proof of being human (status {status})"
    return None


def explain_page(body: bytes, *, url: str, status: int, expected: str) -> SourceError:
    """The error that says what this page is, where `expected` (words) should have been."""
    title = ""
    challenge = find_challenge(body, status)
    if challenge:
        to_do = "open it in a browser; ask its host to let us in"
        seen = {"seen": challenge}
        return Refused(Outcome.CHALLENGE, challenge, where=url, to_do=to_do, evidence=seen)
    if is_html(body):
        soup = read_html(body)
        title = find_title(soup)
        known = _explain_known(soup, body, url, expected)
        if known:
            return known
    evidence = {"status": str(status), "url": url, "title": title}
    what = f"answered a web page titled “{title}”" if title else "answered something else"
    to_do = "check the address; if it is right, the adapter needs a developer"
    return Unparseable(
        Outcome.UNPARSEABLE,
        f"{what} instead of {expected}",
        where=url,
        to_do=to_do,
        evidence=evidence,
    )


def explain_notice(notice: MovedNotice | ClosedNotice, url: str) -> Gone:
    """The error that a notice on the page at `url` means."""
    moved = isinstance(notice, MovedNotice)
    what = f"that it moved to {notice.new_url}" if moved else f"of its list: “{notice.sentence}”"
    return Gone(
        Outcome.MOVED if moved else Outcome.GONE,
        f"says {what}",
        where=url,
        to_do=f"look at the {'new address' if moved else 'page'} and confirm it",
        evidence={"sentence": notice.sentence},
        new_url=notice.new_url,
    )


def as_layout_change(error: Unparseable, *, posts_known: int) -> Unparseable:
    """The error; where posts were read before, an answer of another kind is a changed layout."""
    if not posts_known or error.outcome is not Outcome.UNPARSEABLE:
        return error
    return Unparseable(
        Outcome.LAYOUT_CHANGED,
        error.what,
        where=error.where,
        to_do=error.to_do,
        evidence=error.evidence,
    )


def find_title(soup: BeautifulSoup) -> str:
    """The page's title in one line of at most 120 characters; empty when it has none."""
    title = soup.title.get_text(" ") if soup.title else ""
    return " ".join(title.split())[:120]


def _explain_known(soup: BeautifulSoup, body: bytes, url: str, expected: str) -> SourceError | None:
    form = find_login_form(soup)
    if form:
        what = f"asks for a login instead of showing {expected}"
        to_do = "it cannot be crawled; subscribe a mailbox or mark it as members only"
        return Refused(Outcome.LOGIN_WALL, what, where=url, to_do=to_do, evidence={"seen": form})
    parked = find_parked(soup, body)
    if parked:
        what = "the domain seems to belong to somebody who sells it"
        return Gone(Outcome.PARKED, what, where=url, evidence={"seen": parked})
    notice = find_moved_notice(soup, url) or find_closed_notice(soup, url)
    return explain_notice(notice, url) if notice else None


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    if isinstance(value, list):
        return " ".join(value)
    return value or ""


def _without_bom(body: bytes) -> bytes:
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body[2:].replace(b"\0", b"")
    return body.removeprefix(b"\xef\xbb\xbf")
