"""What a search finds: by the words as they were typed, else by the nearest that are known."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from store.searching import find_near, find_word
from web.finding import Query
from web.kept import Bits, Index

# Of each revision of the list; about a kilobyte each for ten thousand communities.
MOST_WORDS_KEPT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """The communities whose texts have the words of a query.

    `understood` is how the words were understood, empty where they were found as typed.
    """

    found: Bits = 0
    understood: str = ""


def seek(s: Session, index: Index, query: Query) -> Sought:
    """What the words of a query find, of all that is known."""
    found, understood = -1, []
    for word in query.words:
        having = _find(s, index, word)
        near = () if having else find_near(s, word)
        for one in near:
            having |= _find(s, index, one)
        understood.append(near[0] if near else word)
        found &= having
    if found in (-1, 0) or tuple(understood) == query.words:
        return Sought(found=max(found, 0))
    return Sought(found=found, understood=" ".join(understood))


def _find(s: Session, index: Index, word: str) -> Bits:
    """Who has the word; common ones are asked for again and again, by page after page."""
    known = index.sought.get(word)
    if known is None:
        known = index.of(find_word(s, word))
        if len(index.sought) < MOST_WORDS_KEPT:
            index.sought[word] = known
    return known
