"""Who wrote a post, from what a From line or a feed's author field says.

Archives hide addresses from harvesters in many ways; the same person must get the same key from a
mailbox file and from a web archive, so hiding is undone before anything is hashed.

Source: Mailman's translations of ` at `; HyperKitty's U+FF20 and `(a)`; the DMARC rewriting of
Mailman, Groups.io and Google Groups (`Jo via List <list@…>`).
"""

from __future__ import annotations

import re
import unicodedata

from crawler.formats.encoded_words import read_encoded_words

_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]+"
_DOMAIN = r"(?:[\w-]+\.)+[\w-]*\w"
_HIDDEN_AT = r"(?:\s*[(\[]\s?(?:a|at)\s?[)\]]\s*|\s+(?:at|en|em|a|на|عند)\s+|[ ]{2})"
_HIDDEN = re.compile(rf"({_LOCAL}){_HIDDEN_AT}({_DOMAIN})", re.IGNORECASE)
_PLAIN = re.compile(rf"({_LOCAL})\s?[@＠]\s?({_DOMAIN}|\w[\w-]*)")
_CUT = re.compile(r"(?:\.\.\.|…)\s?[@＠]|[@＠]\s?(?:\.\.\.|…)")
_ANGLED = re.compile(r"<([^<>]*)>?")
_LAST_BRACKET = re.compile(r"\(((?:[^()]|\([^()]*\))*)\)?\s*$")
_VIA = re.compile(r"\s+v[ií]a\s+\S", re.IGNORECASE)
_QUOTES = "\"'“”‘’` \t"
_NOBODY = frozenset({"bogus@does.not.exist.com", "unknown@example.com"})
"""What Mailman and HyperKitty write when a message had no sender."""
_LONGEST = 1000
# What most lines are: the slow way would find the same address, seven times slower.
_ORDINARY = re.compile(
    r"[^<>()@=\\\n\0]{0,200}<([\w.!#$%&'*+/=?^`{|}~-]+)@((?:[\w-]+\.)+[\w-]*\w)>"
    r"|([\w.!#$%&'*+/=?^`{|}~-]+) at ((?:[\w-]+\.)+[\w-]*\w) \([^()<>@=\\\n\0]{0,200}\)",
    re.ASCII,
)


def read_author(raw: str) -> str | None:
    """The writer's address in lower case, else the name as written; `None` when nobody is named.

    A cut address (`jo...@example.org`) and one put there by the list itself (`Jo via List
    <list@…>`) name nobody: then the name counts.
    """
    return _read_ordinary(raw) or _read_any(raw)


def _read_ordinary(raw: str) -> str | None:
    """The address of `Name <local@domain>` and `local at domain (Name)`, if it is surely his."""
    found = _ORDINARY.fullmatch(raw)
    if found is None or ".." in raw or len(raw) > _LONGEST or not raw.isascii():
        return None
    if _VIA.search(raw):
        return None
    local, domain, hidden_local, hidden_domain = found.groups()
    address = f"{local or hidden_local}@{domain or hidden_domain}".lower()
    return None if address in _NOBODY else address


def _read_any(raw: str) -> str | None:
    text = raw[:_LONGEST].replace("\0", "").strip()
    if "\n" in text:
        text = re.sub(r"\s*\n\s*", " ", text)
    name, address = _split(text)
    if address is None and "=?" in text:
        name, address = _split(read_encoded_words(text))
    name = _clean(name)
    via = _VIA.search(name)
    if via is not None:
        name = name[: via.start()].strip(_QUOTES)
        address = _read_address(name)
    return address or ("" if _is_address(name) else name) or None


def _split(text: str) -> tuple[str, str | None]:
    """The name and, if there is one, the address in one From line; the name may be empty."""
    for angled in _ANGLED.finditer(text):
        address = _read_address(angled[1])
        if address is not None:
            return text[: angled.start()], address
    bracket = _LAST_BRACKET.search(text)
    if bracket is not None and bracket.start() > 0:
        before = text[: bracket.start()].strip()
        inside = bracket[1]
        for part, name in ((before, inside), (inside, before)):
            address = _read_address(part) or _find_address(part)
            if address is not None:
                return name, address
        return inside or before, None
    name = _ANGLED.sub(" ", text)
    return name, _read_address(text) or _find_address(text)


def _read_address(text: str) -> str | None:
    """The address if the text is one and nothing else, hidden or not."""
    text = text.strip().removeprefix("mailto:")
    if _CUT.search(text):
        return None
    found = _PLAIN.fullmatch(text) or _HIDDEN.fullmatch(text)
    return _address(found) if found is not None else None


def _find_address(text: str) -> str | None:
    """The first plain address inside a longer text (`Name a@b.example`, several authors)."""
    found = None if _CUT.search(text) else _PLAIN.search(text)
    return _address(found) if found is not None else None


def _address(found: re.Match[str]) -> str | None:
    address = f"{found[1]}@{found[2]}".lower()
    return None if address in _NOBODY else address


def _is_address(name: str) -> bool:
    """True when the text is an address, be it cut or made up, and so nobody's name."""
    cut = _CUT.search(name) is not None and " " not in name
    return cut or bool(_PLAIN.fullmatch(name) or _HIDDEN.fullmatch(name))


def _clean(name: str) -> str:
    text = " ".join(read_encoded_words(name).replace("\\", "").split()).strip(_QUOTES)
    return text if text.isascii() else unicodedata.normalize("NFC", text)
