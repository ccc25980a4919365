"""Header text with its encoded words (`=?koi8-r?B?…?=`) read; never an error.

Python's own reader raises on broken base64 and on charsets it does not know; archives of twenty
years hold both.

Source: RFC 2047; RFC 2231 section 5 (a language after the charset).
"""

from __future__ import annotations

import binascii
import codecs
import html
import re

_ENCODED = re.compile(r"=\?([^?*\s]+)(?:\*[^?]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_OTHER_NAMES = {"gb2312": "gb18030", "gbk": "gb18030", "x-unknown": "ascii", "default": "ascii"}


# Codecs that are no charset of a text; one of them takes hours over a megabyte.
_NO_CHARSETS = frozenset({"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape"})


def is_charset(name: str) -> bool:
    """True for the name of a charset that a text may be in."""
    try:
        return codecs.lookup(name).name.replace("_", "-") not in _NO_CHARSETS
    except (LookupError, ValueError):
        return False


def decode_bytes(raw: bytes, charset: str = "utf-8") -> str:
    """The text in that charset; what does not fit it, or has an unknown one, is read as Latin-1."""
    charset = _OTHER_NAMES.get(charset.lower(), charset.lower())
    try:
        return raw.decode(charset if is_charset(charset) else "latin-1")
    except (LookupError, ValueError):
        return raw.decode("latin-1")


def unescape(text: str) -> str:
    """The text with its HTML references read; as it stands where one is beyond all numbers."""
    try:
        return html.unescape(text)
    except ValueError:
        return text


def read_encoded_words(text: str) -> str:
    """The text as a person sees it: encoded words decoded, blanks between two of them dropped."""
    if "=?" not in text:
        return text
    parts: list[str] = []
    pending, charset, at = b"", "", 0
    text = _BETWEEN.sub(r"\1", text)
    for found in _ENCODED.finditer(text):
        if pending and (found.start() > at or found[1].lower() != charset):
            parts.append(decode_bytes(pending, charset))
            pending = b""
        parts.append(text[at : found.start()])
        charset, at = found[1].lower(), found.end()
        pending += _read_word(found[2], found[3])
    parts.extend((decode_bytes(pending, charset) if pending else "", text[at:]))
    return "".join(parts)


def _read_word(encoding: str, text: str) -> bytes:
    """The bytes of one encoded word; characters of several words may share them."""
    raw = text.encode("utf-8")
    if encoding in "qQ":
        return _HEX.sub(lambda m: bytes((int(m[1], 16),)), raw.replace(b"_", b" "))
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
