"""What a web page says about itself: a login form, a bot check, a domain for sale, a move.

A page that comes back where an archive was expected is explained here, so that every platform
gives it the same outcome. Signs are elements, attributes and whole phrases, never single words:
ordinary pages quote all of those.

Source: documentation of the platforms named beside each sign; DESIGN.md 5.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector

from domain.errors import Gone, Refused, SourceError, Unparseable
from domain.outcome import Outcome

_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|div|p|h[1-6]|table|center|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_SCAN = 4_096
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
_MOVED = re.compile(
    r"\b(?:has|have|is|was|were|list|archives?)\s+(?:been\s+|now\s+|just\s+)*"
    r"(?:moved|migrated|relocated)\b"
    r"|\b(?:current|new)\s+archives?\s+(?:is|are|can be found)\s+(?:at|here)\b"
    r"|\bnew\s+(?:address|home|location|site)\s+(?:of|is|for|:)"
    r"|\bnow\s+lives?\s+at\b|\bmoved\s+(?:permanently\s+)?to\b"
    r"|\ba\s+(?:été\s+)?d[ée]m[ée]nag[ée]\b|\bnouvelle\s+adresse\b"
    r"|\bse\s+ha\s+(?:trasladado|mudado|movido)\b|\bnueva\s+direcci[óo]n\b"
    r"|\b(?:mudou|foi\s+movid[oa]|foi\s+transferid[oa])\b|\bnovo\s+endere[çc]o\b"
    r"|\b(?:ist\s+umgezogen|neue\s+adresse)\b|\bsi\s+è\s+(?:trasferit|spostat)[oa]\b"
    r"|\bпере(?:ехал|нес[её]н)",
    re.IGNORECASE,
)
_PARKED = re.compile(
    r"\b(?:this\s+domain|the\s+domain|\S+\.\w{2,})\s+(?:name\s+)?(?:is|may\s+be)\s+for\s+sale"
    r"|\bbuy\s+this\s+domain\b|\bdomain\s+(?:is\s+)?parked\b",
    re.IGNORECASE,
)
_PARKING_SCRIPTS = re.compile(
    rb"src=[\"'][^\"']*(?:parkingcrew\.net|sedoparking\.com|bodis\.com|parklogic\.com)/",
    re.IGNORECASE,
)
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
_REFRESH = re.compile(r"^\s*(\d+)\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)
_BLOCKS = (
    "p",
    "li",
    "td",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "center",
    "blockquote",
    "b",
    "strong",
    "font",
)
_NOTICE_LENGTH = 600
_PARKED_LENGTH = 1_500


class MovedNotice(NamedTuple):
    """A page's own words that what it holds has gone on elsewhere."""

    new_url: str
    sentence: str


def is_html(body: bytes) -> bool:
    """True when the bytes begin as a web page does."""
    return _HTML_START.match(_without_bom(body[:_HTML_SCAN])) is not None


def read_html(body: bytes, charset_hint: str | None = None) -> BeautifulSoup:
    """The page as a tree. `charset_hint`, what the server said, wins over what the page says.

    A page that is not in the charset it claims is read as UTF-8, else as Windows-1252.
    """
    declared = EncodingDetector.find_declared_encoding(body, is_html=True)
    for name in filter(None, (charset_hint, declared, "utf-8")):
        try:
            return BeautifulSoup(body.decode(name), "lxml")
        except (LookupError, UnicodeDecodeError):
            continue
    return BeautifulSoup(body.decode("windows-1252", "replace"), "lxml")


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


def find_moved_notice(soup: BeautifulSoup, url: str) -> MovedNotice | None:
    """The notice that the archive moved, with the link in or right after its sentence."""
    for block in soup.find_all(_BLOCKS):
        text = " ".join(block.get_text(" ").split())
        if len(text) > _NOTICE_LENGTH or not _MOVED.search(text):
            continue
        target = _link_in(block, text, url) or _link_after(block, url)
        if target:
            return MovedNotice(target, text)
    return _find_refresh(soup, url)


def find_parked(soup: BeautifulSoup, body: bytes) -> str | None:
    """The words or script by which a page shows that its domain is only for sale."""
    if _PARKING_SCRIPTS.search(body[:_CHALLENGE_SCAN]):
        return "a script of a domain parking company"
    text = " ".join(soup.get_text(" ").split())
    match = _PARKED.search(text) if len(text) <= _PARKED_LENGTH else None
    return match.group(0) if match else None


def explain_page(body: bytes, *, url: str, status: int, expected: str) -> SourceError:
    """The error that says what this page is, where `expected` (words) should have been."""
    title = ""
    challenge = find_challenge(body, status)
    if challenge:
        to_do = "open it in a browser; ask its host to let us in"
        return Refused(Outcome.CHALLENGE, challenge, where=url, to_do=to_do)
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
    notice = find_moved_notice(soup, url)
    if notice:
        return Gone(
            Outcome.MOVED,
            f"says that it moved to {notice.new_url}",
            where=url,
            to_do="look at the new address and confirm it",
            evidence={"sentence": notice.sentence},
            new_url=notice.new_url,
        )
    return None


def _find_refresh(soup: BeautifulSoup, url: str) -> MovedNotice | None:
    for meta in soup.find_all("meta"):
        if _attribute(meta, "http-equiv").lower() != "refresh":
            continue
        match = _REFRESH.match(_attribute(meta, "content"))
        target = _other_address(match.group(2).strip(), url) if match else None
        if target:
            return MovedNotice(target, f"the page sends its reader on to {target}")
    return None


def _link_in(block: Tag, text: str, url: str) -> str | None:
    for link in block.find_all("a", href=True):
        target = _other_address(_attribute(link, "href"), url)
        if target:
            return target
    match = _BARE_ADDRESS.search(text)
    return _other_address(match.group(0).rstrip(".,;:"), url) if match else None


def _link_after(block: Tag, url: str) -> str | None:
    following = block.find_next_sibling()
    if following is None or len(following.get_text(" ")) > _NOTICE_LENGTH:
        return None
    links = [following] if following.name == "a" else following.find_all("a", href=True)
    if len(links) != 1:
        return None
    return _other_address(_attribute(links[0], "href"), url)


def _other_address(href: str, url: str) -> str | None:
    """The address `href` leads to, unless it is this page, something below it, or no page."""
    try:
        target = urljoin(url, href)
        there, here = urlsplit(target), urlsplit(url)
    except ValueError:
        return None
    if there.scheme not in ("http", "https") or not there.hostname:
        return None
    folder = here.path.rsplit("/", 1)[0] + "/"
    inside = there.hostname == here.hostname and there.path.startswith(folder) and folder != "/"
    same = (there.hostname, there.path.rstrip("/")) == (here.hostname, here.path.rstrip("/"))
    if inside or same or "/listinfo" in there.path:
        return None
    return target


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    if isinstance(value, list):
        return " ".join(value)
    return value or ""


def _without_bom(body: bytes) -> bytes:
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body[2:].replace(b"\0", b"")
    return body.removeprefix(b"\xef\xbb\xbf")
