"""A page's own frame: what its owners say, without the posts that it shows.

A notice counts only there. Everything that is a post, quotes one, lists posts or leads into the
archive itself is left out, rather once too often: a missed notice is found a visit later, an
invented one troubles a curator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString

from crawler.formats.addresses import urljoin, urlsplit

ADDRESS = "\ue000"
"""Stands for a web address in the text of a block, so that its dots end no sentence."""

_POST_TAGS = re.compile(
    r"article|aside|blockquote|code|footer|head|nav|option|pre|q|script|select|style|template"
    r"|textarea"
)
_BLOCK_TAGS = re.compile(
    r"address|body|br|caption|center|dd|details|div|dl|dt|fieldset|figure|form|h[1-6]|header|hr"
    r"|html|legend|li|main|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_LOUD_TAGS = re.compile(r"b|em|h[1-4]|mark|strong|th")
_ENTRY_TAGS = ("li", "tr", "dt", "dd")
_POST_WORD = re.compile(
    r"(?:^|[-_])(?:posts?|messages?|msgs?|entry|entries|comments?|repl(?:y|ies)|topics?|threads?"
    r"|quotes?|quoted|excerpts?|snippets?|subjects?|articles?|e?mails?|digest|signature|sig"
    r"|mensa(?:je|gem)|contribution)(?:$|[-_])",
    re.IGNORECASE,
)
_SIGN_WORD = re.compile(
    r"alert|announce|archived|badge|banner|closed|flag|flash|label|moved|notice|read-?only|status"
    r"|warning",
    re.IGNORECASE,
)
_POST_TYPE = re.compile(r"Posting|Article|Comment|Message$", re.IGNORECASE)
# What archivers write around a message: the whole page is then one.
_MESSAGE_COMMENT = re.compile(
    r"^\s*(?:beginarticle|X-(?:Body-of-Message|MsgBody|Subject-Header-Begin)|body=\"start\")",
    re.IGNORECASE,
)
_SUBJECT_LINE = re.compile(r"^(?:subject|sujet|objet|asunto|assunto)\s*:", re.IGNORECASE)
_SENDER_LINE = re.compile(r"^(?:from|date|sender|de|fecha|data|exp[ée]diteur)\s*:", re.IGNORECASE)
_SALUTATION = re.compile(
    r"^(?:dear|hi|hello|greetings|good\s+(?:morning|day|afternoon))\b"
    r"|^(?:bonjour|bonsoir|salut|ch(?:er|ère)s?)\b"
    r"|^(?:hola|buen[oa]s\s+(?:d[íi]as|tardes)|estimad[oa]s?|querid[oa]s?)\b"
    r"|^(?:ol[áa]|bom\s+dia|boa\s+tarde|prezad[oa]s?|car[oa]s?\s+(?:colegas|amig|tod))\b"
    r"|\b(?:wrote|writes|a\s+écrit|escribi[óo]|escreveu)\s*:",
    re.IGNORECASE,
)
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]")
_LOOKS_LIKE_ADDRESS = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:[/:?#]\S*)?", re.IGNORECASE
)
# No page that people read is nested deeper; a hostile one could end the program.
_DEEPEST = 200
_LONGEST_ENTRY = 400
_FEWEST_ENTRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link in a block: where its words stand, and where it leads.

    `target` is `None` when it leads to no other web page: to this archive, a mail address, a list's
    own membership page. `inside` is true when it leads into this archive.
    """

    start: int
    end: int
    target: str | None
    inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, heading or cell: its text in one line and the links in it.

    `loud` says that it is set as a heading, in bold or as a sign, `sign` that it is a sign: a
    banner, a warning, a badge.
    """

    text: str
    links: tuple[Link, ...] = ()
    loud: bool = False
    sign: bool = False


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A block that is being read."""

    text: str = ""
    links: list[Link] = field(default_factory=list)
    loudness: int = 2

    def add(self, words: str, loudness: int) -> None:
        """Appends text; blanks become one."""
        if not words.strip():
            self.text += " " if words and self.text and not self.text.endswith(" ") else ""
            return
        self.loudness = min(self.loudness, loudness)
        clean = re.sub(r"\s+", " ", words.replace("’", "'").replace(ADDRESS, ""))
        self.text += clean.lstrip() if not self.text or self.text.endswith(" ") else clean


def read_frame(soup: BeautifulSoup, url: str) -> tuple[Block, ...]:
    """The blocks of the page at `url` that no post wrote; none for a page that shows one post."""
    if soup.find(string=lambda s: isinstance(s, Comment) and bool(_MESSAGE_COMMENT.match(s))):
        return ()
    blocks: list[Block] = []
    for block in _Reader(url).read(soup):
        if _SALUTATION.search(block.text):
            break
        blocks.append(block)
    starts = [block.text for block in blocks]
    if any(map(_SUBJECT_LINE.match, starts)) and any(map(_SENDER_LINE.match, starts)):
        return ()
    return tuple(block for block in blocks if block.text[:1] not in (">", "|"))


def other_address(href: str, url: str) -> str | None:
    """The address `href` leads to, unless it is this page, something below it, or no page."""
    target = _resolve(href, url)
    if target is None or leads_inside(target, url):
        return None
    return None if "/listinfo" in urlsplit(target).path else target


def leads_inside(target: str, url: str) -> bool:
    """True when `target` is the page at `url`, or below the same folder on its host."""
    there, here = urlsplit(target), urlsplit(url)
    if there.hostname != here.hostname:
        return False
    folder = here.path.rsplit("/", 1)[0] + "/"
    same = there.path.rstrip("/") == here.path.rstrip("/") and there.query == here.query
    return same or (there.path.startswith(folder) and folder != "/")


class _Reader:
    """Walks the tree and cuts it into blocks. Loudness: 0 for text, 1 for bold, 2 for a sign."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.draft = _Draft()
        self.depth = 0
        self.done: list[Block] = []

    def read(self, soup: BeautifulSoup) -> list[Block]:
        """All blocks of the page."""
        self._walk(soup, 0)
        self._end_block()
        return self.done

    def _walk(self, parent: Tag, loudness: int) -> None:
        self.depth += 1
        for child in parent.children if self.depth < _DEEPEST else ():
            if isinstance(child, Tag):
                self._take_tag(child, loudness)
            elif type(child) is NavigableString:
                self._take_text(str(child), loudness)
        self.depth -= 1

    def _take_tag(self, tag: Tag, loudness: int) -> None:
        if _POST_TAGS.fullmatch(tag.name) or _is_post(tag) or self._is_entry(tag):
            self._end_block()
            return
        loudness = max(loudness, _read_loudness(tag))
        if tag.name == "a" and tag.get("href"):
            self._take_link(tag, loudness)
        elif _BLOCK_TAGS.fullmatch(tag.name):
            self._end_block()
            self._walk(tag, loudness)
            self._end_block()
        else:
            self._walk(tag, loudness)

    def _take_link(self, tag: Tag, loudness: int) -> None:
        words = " ".join(tag.get_text(" ").split())
        start = len(self.draft.text)
        self._append(ADDRESS if _LOOKS_LIKE_ADDRESS.fullmatch(words) else words, loudness)
        self._note_link(str(tag["href"]), start)

    def _take_text(self, text: str, loudness: int) -> None:
        at = 0
        for match in _BARE_ADDRESS.finditer(text):
            self._append(text[at : match.start()], loudness)
            start = len(self.draft.text)
            self._append(ADDRESS, loudness)
            self._note_link(match.group(0), start)
            at = match.end()
        self._append(text[at:], loudness)

    def _append(self, words: str, loudness: int) -> None:
        if words == ADDRESS:
            self.draft.text += ADDRESS
        else:
            self.draft.add(words, loudness)

    def _note_link(self, href: str, start: int) -> None:
        target = _resolve(href, self.url)
        self.draft.links.append(
            Link(
                start=start,
                end=len(self.draft.text),
                target=other_address(href, self.url),
                inside=target is not None and leads_inside(target, self.url),
            )
        )

    def _end_block(self) -> None:
        draft, self.draft = self.draft, _Draft()
        text = draft.text.rstrip()
        if text:
            block = Block(
                text=text,
                links=tuple(draft.links),
                loud=draft.loudness > 0,
                sign=draft.loudness > 1,
            )
            self.done.append(block)

    def _is_entry(self, tag: Tag) -> bool:
        """True for an entry in a list of posts or pages, and for such a list."""
        if tag.name in _ENTRY_TAGS and tag.find(["table", "h1"]) is None:
            hrefs = [str(link["href"]) for link in tag.find_all("a", href=True)]
            targets = [target for href in hrefs if (target := _resolve(href, self.url))]
            inside = any(leads_inside(target, self.url) for target in targets)
            return inside and len(tag.get_text()) <= _LONGEST_ENTRY
        return any(_count_linked(tag, name) >= _FEWEST_ENTRIES for name in _ENTRY_TAGS)


def _count_linked(tag: Tag, name: str) -> int:
    children = tag.find_all(name, recursive=False)
    return sum(
        child.find("a", href=True) is not None and len(child.get_text()) <= _LONGEST_ENTRY
        for child in children
    )


def _is_post(tag: Tag) -> bool:
    """True for an element that its own names call a post or a part of one."""
    if tag.name in ("html", "body"):
        return False
    if str(tag.get("role", "")) in ("article", "comment", "feed"):
        return True
    if _POST_TYPE.search(str(tag.get("itemtype", ""))):
        return True
    names = _names(tag)
    return any(map(_POST_WORD.search, names.split())) and not _SIGN_WORD.search(names)


def _read_loudness(tag: Tag) -> int:
    if _SIGN_WORD.search(_names(tag)) and tag.name not in ("html", "body"):
        return 2
    return 1 if _LOUD_TAGS.fullmatch(tag.name) else 0


def _names(tag: Tag) -> str:
    """The classes and the id of an element, with its role when that says a warning."""
    classes = tag.get("class")
    words = list(classes) if isinstance(classes, list) else [classes or ""]
    return " ".join([*words, str(tag.get("id", "")), str(tag.get("role", ""))])


def _resolve(href: str, url: str) -> str | None:
    try:
        target = urljoin(url, href.strip())
        parts = urlsplit(target)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return target if usable else None


def iter_sentences(block: Block) -> Iterator[tuple[int, int]]:
    """Where each sentence of a block begins and ends."""
    start = 0
    for match in re.finditer(r"[.!?;]+(?=\s|$)|$", block.text):
        if match.end() > start:
            yield start, match.end()
        start = match.end()
