"""No reader invents a post: who wrote it, its subject and its link stand in the answer."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote

from crawler.formats.encoded_words import read_encoded_words
from crawler.formats.mhonarc import undo_rotation

# Not beside other signs: those come of a coding that was spoilt in the middle.
WORD = re.compile(r"(?<![^\x00-\x7f])[a-z0-9]{5,}(?![^\x00-\x7f])", re.ASCII)
NO_LETTER = re.compile(r"[^a-z0-9]")
ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|[bfnrt])")
TAG = re.compile(r"<[^<>]*>?")
QUOTING_TAG = re.compile(r"""<[a-zA-Z/](?:[^<>"']|"[^"]*"|'[^']*')*>?""")
# What readers add: `user 5` where only a number names somebody.
OWN = {"user"}
HOST = re.compile(r"https?://([\w.-]+)(?:[/?#]|$)")
GZIP, MOST_BYTES = 31, 1 << 16
LINE_END = re.compile(r"=\r?\n")


def list_invented(*texts: str | None, url: str | None, answer: bytes) -> list[str]:
    """The words of these that stand nowhere in the answer, however they are written there.

    Of an address only its host: readers build paths.
    """
    texts = (*texts, host[1] if url and (host := HOST.match(url)) else None)
    told = " ".join(text for text in texts if text).lower()
    missing = set(WORD.findall(told)) - OWN
    for letters in _unfold(answer):
        missing = {word for word in missing if word not in letters}
        if not missing:
            break
    return sorted(word for word in missing if not _is_spliced(word, answer))


def _is_spliced(word: str, answer: bytes) -> bool:
    """True where spoilt markup stands in the middle of the word: forgiving parsers leave it out."""
    text = html.unescape(_unpack(answer).decode("utf-8", "ignore")).lower()
    return any(
        word[cut:] in behind
        for cut in range(1, len(word))
        for mark in ("<", "]]>")
        for behind in text.split(f"{word[:cut]}{mark}")[1:]
    )


def _unfold(answer: bytes) -> Iterator[str]:
    """The letters of the answer, with less and less of its coding and its markup."""
    text = _unpack(answer).decode("utf-8", "ignore")
    yield _letters(text)
    text = ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else "", text)
    text = unquote(html.unescape(html.unescape(text)), errors="ignore")
    yield _letters(text)
    yield _letters(TAG.sub("", text.replace("<![CDATA[", "")))
    yield _letters(QUOTING_TAG.sub("", text))
    yield _letters(read_encoded_words(LINE_END.sub("", text)))
    yield _letters(undo_rotation(text))


def _unpack(answer: bytes) -> bytes:
    """The answer, followed by what it is packed of, to where that is spoilt."""
    if not answer.startswith(b"\x1f\x8b"):
        return answer
    unpacker = zlib.decompressobj(wbits=GZIP)
    unpacked = answer
    with suppress(zlib.error):
        for number in answer:
            unpacked += unpacker.decompress(bytes((number,)), MOST_BYTES)
            if len(unpacked) > MOST_BYTES:
                break
    return unpacked


def _letters(text: str) -> str:
    return NO_LETTER.sub("", text.lower())
