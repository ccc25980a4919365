"""Notices: a page's own words that its list moved or was closed, with the link that they name.

Precision goes first: a notice must stand in the page's frame (`crawler.formats.frame`), say it as a
fact, have the list for its subject, and for a move lead to a web page outside this archive.

Source: notices collected from archives of Mailman, LISTSERV, Sympa and hosted groups; the host
change is LISTSERV's own mail template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from bs4 import BeautifulSoup

from crawler.formats.addresses import urlsplit
from crawler.formats.frame import ADDRESS, Block, Link, iter_sentences, other_address, read_frame
from crawler.formats.notice_words import LABEL, LANGUAGES, NAME, SERVICES, Words

LONGEST_BLOCK = 800
LONGEST_SENTENCE = 320
LONGEST_TAIL = 16
_NEXT_BLOCK = 300
_LONGEST_REFRESH = 15

# A person writes, asks, supposes or repeats what somebody said: that is a post, not a notice.
_NO_FACT = re.compile(
    r"\b(?:I|I'm|I've|my|je|j'ai|mon|ma|mes|yo|mi|mis|eu|meu|minha|meus|minhas)\b"
    r"|\?|¿|\b(?:i\s+)?heard\b|\brumou?r|\b(?:someone|somebody)\b|\bil\s+paraît\b|\bon\s+dit\b"
    r"|\bdicen\s+que\b|\bdizem\s+que\b|\bshould\s+be\s+moved\b"
    r"|\b(?:not|never|ne|pas|nunca|n[ãa]o|jam[áa]is)\s+(?:been\s+|yet\s+|se\s+)?"
    r"(?:moved|migrated|d[ée]m[ée]nag|migr|traslad|mud)",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:if|whether|when|once|unless|until|suppose|why)\b"
    r"|\b(?:si|lorsque|quand|dès\s+que|avant\s+que|pourquoi)\b"
    r"|\b(?:cuando|en\s+cuanto|antes\s+de\s+que|por\s+qué)\b"
    r"|\b(?:se|caso)\s+(?:a|o|as|os|esta|este|est[ãa]o)\b|\b(?:quando|assim\s+que|antes\s+de)\b",
    re.IGNORECASE,
)
# "moved on to discuss", "moved forward", "moved house": no place follows.
_MOVED_ON = re.compile(
    r"\s+(?:on\s+(?:to|from|and|with|since)\b|forward|ahead|house\b|office|away|into|out\b|up\b|down"
    r"|past|beyond|closer|towards?)",
    re.IGNORECASE,
)
_HOST_CHANGE = re.compile(
    r"Your host server for the (?P<list>\S+) list(?: \([^)]{0,120}\))? has just been changed from "
    r"(?P<old>\S+) to (?P<new>\S+)",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:[A-Z0-9-]+\.)+[A-Z]{2,}", re.IGNORECASE)
# Where people meet or look at maps; nobody moves a list there.
_NO_HOME = re.compile(
    r"(?:^|\.)(?:openstreetmap\.org|maps\.\w|goo\.gl|zoom\.us|doodle\.com|eventbrite\.)"
    r"|^(?:maps|calendar|meet|teams|docs|drive)\.",
    re.IGNORECASE,
)
# "We have moved to SITE as our mirror": something of theirs did.
_IN_PART = re.compile(r"\s+(?:as|for|comme|pour|como|para|als)\b", re.IGNORECASE)
_TEMPORARY = re.compile(
    r"temporar|temporair|provis(?:oire|ional)|temporal|maintenance|mantenimiento|manuten[çc]|until"
    r"|jusqu'|hasta\s|\baté\b|vacances|holiday|vacaciones|férias|weekend|week-end",
    re.IGNORECASE,
)
_MEMBERSHIP = re.compile(
    r"members?\b.{0,20}\bonly|only\b.{0,30}\b(?:members|subscribers)|non-?\s?members|membership"
    r"|invitation|approv|réservée?|adhésion|seuls?\s+les\s+(?:membres|abonnés)|inscriptions?\b"
    r"|s[óo]lo\s+(?:los\s+|para\s+)*(?:miembros|suscriptores)|membres[íi]a|invitaci[óo]n"
    r"|inscripciones|(?:apenas|somente|s[óo])\s+(?:os\s+|para\s+)*(?:membros|assinantes)|convite"
    r"|ades[ãa]o|inscri[çc][õo]es",
    re.IGNORECASE,
)
# "closed to outsiders", "archived monthly": no end of the list itself.
_NOT_THE_END = re.compile(
    r"\s*(?!(?:to|for)\s+(?:all\s+|any\s+)?(?:new\s+)?(?:posts?|postings?|messages|mail|good)\b"
    r"|by\s+(?:its|the|their)\s+(?:owners?|moderators?|administrators?|managers?|hosts?)"
    r"|on\s+\d|in\s+(?:19|20)\d\d|in\s+(?-i:[A-Z])|at\s+the\s+end\s+of"
    r"|aux\s+(?:nouveaux\s+)?(?:messages|envois)|a\s+nuevos\s+mensajes|a\s+novas\s+mensagens)"
    r"(?:to|for|at|in|on|by|with|during|after|here|daily|weekly|monthly|automatically|publicly"
    r"|and\s+searchable|aux?|à|pour|sur|par|pendant|dans|chez|al?|para|por|durante|[àa]os?"
    r"|e[nm](?!\s+(?:modo|s[óo]lo|lecture|\d))|na|no|pel[oa])\b",
    re.IGNORECASE,
)
_POINTS_ON = re.compile(
    r"\b(?:new|current|now|here|at|see|visit|join|use|subscribe|go\s+to|find|found"
    r"|nouvel\w*|nouveau|désormais|ici|voir|consulte[rz]|rejoignez|retrouvez|utilisez|rendez-vous"
    r"|nuev[ao]s?|ahora|aqu[íi]|vea|visiten?|consulten?|únase"
    r"|nov[ao]s?|agora|aqui|veja|visitem?|consultem?|acesse|aceda|neue|hier)\b|:\s",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_](?:[\w.@&-]*\w)?")
_DAY = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi"
    r"|dimanche|lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo|segunda|ter[çc]a|quarta"
    r"|quinta|sexta",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,2}(?:st|nd|rd|th|er|º)?|(?:19|20)\d\d")
_MAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_REFRESH = re.compile(r"^\s*(\d+)\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)


class MovedNotice(NamedTuple):
    """A page's own words that what it holds has gone on elsewhere."""

    new_url: str
    sentence: str


class ClosedNotice(NamedTuple):
    """A page's own words that its list has ended; `new_url` where they name what follows."""

    sentence: str
    new_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A phrase in a sentence that says that something moved. `sure` if that is surely a list."""

    start: int
    end: int
    sure: bool
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a claim stands: its block, its sentence's bounds, and the blocks of the page."""

    blocks: Sequence[Block]
    number: int
    start: int
    end: int

    @property
    def block(self) -> Block:
        return self.blocks[self.number]


def find_moved_notice(soup: BeautifulSoup, url: str) -> MovedNotice | None:
    """The notice that the archive at `url` moved, with the link in or right after its sentence."""
    for place in _iter_places(read_frame(soup, url)):
        sentence = place.block.text[place.start : place.end]
        for claim in _iter_claims(sentence, place.start, url):
            target = _find_target(claim, place)
            if target:
                return MovedNotice(target, _quote(place))
        target = _find_host_change(sentence, url)
        if target:
            return MovedNotice(target, _quote(place))
    return _find_refresh(soup, url)


def find_closed_notice(soup: BeautifulSoup, url: str) -> ClosedNotice | None:
    """The notice that the list at `url` takes no more posts, as a sentence or a sign of its own."""
    for place in _iter_places(read_frame(soup, url)):
        sentence = place.block.text[place.start : place.end]
        if _says_closed(sentence, place.block) or _is_closing_sign(place.block):
            links = [link.target for link in place.block.links if link.target]
            return ClosedNotice(_quote(place), links[0] if len(links) == 1 else None)
    return None


def _iter_places(blocks: Sequence[Block]) -> Iterator[_Place]:
    for number, block in enumerate(blocks):
        if len(block.text) > LONGEST_BLOCK:
            continue
        for start, end in iter_sentences(block):
            if end - start <= LONGEST_SENTENCE and not _NO_FACT.search(block.text, start, end):
                yield _Place(blocks=blocks, number=number, start=start, end=end)


# ---- moves --------------------------------------------------------------------------------


@cache
def _compile(words: Words) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Whole claims with their subject, the bare verb, and what points to the new place."""
    whole = (
        rf"(?:\b(?P<list>{words.lists}){NAME}\s+|(?:\b(?:{words.places}){NAME}\s*|^\W*|,\s+))"
        rf"(?:{words.moved})\b"
    )
    named = rf"(?P<name>[\w.@-]+)\s+(?:{words.moved})\b"
    return tuple(re.compile(text, re.IGNORECASE) for text in (whole, named, words.points))  # type: ignore[return-value]


@cache
def _filler(words: Words) -> re.Pattern[str]:
    alternatives = [*words.filler.split(), *map(re.escape, SERVICES.split()), "[ldsn]", "qu"]
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _iter_claims(sentence: str, at: int, url: str) -> Iterator[_Claim]:
    for words in LANGUAGES:
        whole, named, points = _compile(words)
        found = [(match, match["list"] is not None) for match in whole.finditer(sentence)]
        own_names = _own_names(url)
        found += [(m, True) for m in named.finditer(sentence) if m["name"].lower() in own_names]
        found += [(match, True) for match in points.finditer(sentence)]
        for match, sure in found:
            if _MOVED_ON.match(sentence, match.end()) or _is_quoted(sentence, match.start()):
                continue
            if not _SUPPOSED.search(sentence, 0, match.start()):
                start, end = at + match.start(), at + match.end()
                yield _Claim(start=start, end=end, sure=sure, words=words)


def _own_names(url: str) -> set[str]:
    parts = [part.lower() for part in urlsplit(url).path.split("/") if part]
    name = parts[-1] if parts else ""
    return {name, name.partition("@")[0], name.removesuffix("-l")} - {""}


def _is_quoted(sentence: str, at: int) -> bool:
    before = sentence[:at]
    return (
        before.count('"') % 2 == 1
        or before.count("“") > before.count("”")
        or before.count("«") > before.count("»")
    )


def _find_target(claim: _Claim, place: _Place) -> str | None:
    """Where the claim says the list is now: by a link in its sentence, else right after it."""
    block = place.block
    around = [link for link in block.links if link.start < claim.end and link.end > claim.start]
    if around:
        return around[0].target if _is_alone(around[0], block) else None
    after = [link for link in block.links if claim.end <= link.start < place.end]
    found = _pick_link(claim, after, block)
    if found:
        return found
    if after or not _is_tail(block.text[claim.end : place.end], claim):
        return None
    return _follow(claim, place) or _link_before(claim, place)


def _is_alone(link: Link, block: Block) -> bool:
    rest = block.text[: link.start] + block.text[link.end :]
    return not _WORD.search(rest)


def _pick_link(claim: _Claim, links: Sequence[Link], block: Block) -> str | None:
    """The first link after the claim that only words of places lead up to."""
    for number, link in enumerate(links):
        tail = block.text[claim.end : link.start]
        if not _is_tail(tail, claim):
            return None
        is_old = re.search(r"\b(?:from|de|depuis|desde|von)\s*$", tail, re.IGNORECASE)
        if link.target is None or (is_old and number + 1 < len(links)):
            continue
        if _may_be_home(link, claim, block):
            return link.target
        return None
    return None


def _may_be_home(link: Link, claim: _Claim, block: Block) -> bool:
    if _NO_HOME.search(urlsplit(link.target or "").hostname or ""):
        return False
    if claim.sure:
        return True
    shown, behind = block.text[link.start : link.end], block.text[link.end :]
    return _is_tail(shown, claim) and not _IN_PART.match(behind)


def _is_tail(text: str, claim: _Claim) -> bool:
    """True when nothing but words of places follows; after a sure subject names and dates too."""
    words = _WORD.findall(text.replace(ADDRESS, " ").replace("'", " "))
    if len(words) > LONGEST_TAIL or any(map(_DAY.fullmatch, words)):
        return False
    known = _filler(claim.words)
    return all(
        known.fullmatch(word)
        or (claim.sure and (word[0].isupper() or _NUMBER.fullmatch(word) is not None))
        for word in words
    )


def _follow(claim: _Claim, place: _Place) -> str | None:
    """The link that the next two sentences point to, or the only one of the next short block."""
    block = place.block
    following = [(s, e) for s, e in iter_sentences(block) if s >= place.end][:2]
    for start, end in following:
        links = [link for link in block.links if start <= link.start < end and link.target]
        if links:
            pointing = _POINTS_ON.search(block.text, start, end)
            fact = not _NO_FACT.search(block.text, start, end)
            plain = _is_tail(block.text[start : links[0].start], claim)
            home = claim.sure or (plain and _may_be_home(links[0], claim, block))
            return links[0].target if pointing and fact and home else None
    if following and not claim.sure:
        return None
    following_block = place.blocks[place.number + 1 : place.number + 2]
    for other in following_block:
        if len(other.text) <= _NEXT_BLOCK and len(other.links) == 1:
            link = other.links[0]
            known = claim.sure or block.loud or _may_be_home(link, claim, other)
            return link.target if known else None
    return None


def _link_before(claim: _Claim, place: _Place) -> str | None:
    """The only link before the claim in its sentence, where the sentence ends with the claim."""
    links = [link for link in place.block.links if place.start <= link.start < claim.start]
    return links[0].target if claim.sure and len(links) == 1 else None


def _find_host_change(sentence: str, url: str) -> str | None:
    """LISTSERV's notice: the same address on the new host, as far as it is a host's name."""
    match = _HOST_CHANGE.search(sentence)
    if match is None:
        return None
    old, new = (match[key].rpartition("@")[2].rstrip(".,").lower() for key in ("old", "new"))
    parts = urlsplit(url)
    if not _HOST.fullmatch(new) or new in (old, parts.hostname):
        return None
    return parts._replace(netloc=new).geturl() if parts.hostname == old else f"https://{new}/"


def _find_refresh(soup: BeautifulSoup, url: str) -> MovedNotice | None:
    for meta in soup.find_all("meta"):
        if str(meta.get("http-equiv", "")).lower() != "refresh":
            continue
        match = _REFRESH.match(str(meta.get("content", "")))
        if match is None or int(match[1]) > _LONGEST_REFRESH:
            continue
        target = other_address(match[2].strip(), url)
        if target:
            return MovedNotice(target, f"the page sends its reader on to {target}")
    return None


# ---- ends ---------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _closings() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What says in a sentence that a list ended, what says it as a sign, and bare labels."""
    closed = "|".join(f"(?:{words.closed})" for words in LANGUAGES)
    flags = "|".join(f"(?:{words.flags})" for words in LANGUAGES)
    return (
        re.compile(rf"\b(?:{closed})(?![\w-])", re.IGNORECASE),
        re.compile(rf"\W*(?:{flags})\W*", re.IGNORECASE),
        re.compile(rf"\W*(?:{LABEL})\W*", re.IGNORECASE),
    )


def _says_closed(sentence: str, block: Block) -> bool:
    match = _closings()[0].search(sentence)
    if match is None or _is_quoted(sentence, match.start()):
        return False
    if _SUPPOSED.search(sentence, 0, match.start()) or _NOT_THE_END.match(sentence, match.end()):
        return False
    return not (_TEMPORARY.search(block.text) or _MEMBERSHIP.search(block.text))


def _is_closing_sign(block: Block) -> bool:
    _, flags, labels = _closings()
    if block.links:
        return False
    loud = block.loud and flags.fullmatch(block.text) is not None
    return loud or (block.sign and labels.fullmatch(block.text) is not None)


def _quote(place: _Place) -> str:
    """The sentence with its neighbours in the block, addresses of people left out."""
    text = place.block.text if len(place.block.text) <= LONGEST_SENTENCE else ""
    text = text or place.block.text[place.start : place.end]
    shown = _MAIL_ADDRESS.sub("…", text).strip()
    for link in place.block.links:
        if ADDRESS in shown:
            shown = shown.replace(ADDRESS, urlsplit(link.target or "").hostname or "…", 1)
    return shown.replace(ADDRESS, "…")
