"""Full text of the public list, and the nearest known words for one that is misspelt.

SQLite has FTS5 with its trigram tokenizer, PostgreSQL `tsvector` and `pg_trgm`. A database where
that extension may not be created has no nearest words: full text works, misspelt words find
nothing. All texts come folded, without accents.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

# How alike a known word must be to stand for a misspelt one, by the trigrams both have.
ALIKE = 0.4
# Nearly as near as the nearest.
NEARLY = 0.1
MOST_NEAR = 3
SHORTEST = 4
LONGEST = 40
CANDIDATES = 200

POSTGRESQL = "postgresql"
_FORGET = {
    "sqlite": "DELETE FROM listing_words WHERE rowid = :id",
    POSTGRESQL: "DELETE FROM listing_words WHERE community_id = :id",
}
_KEEP = {
    "sqlite": "INSERT INTO listing_words (rowid, words) VALUES (:id, :words)",
    POSTGRESQL: "INSERT INTO listing_words VALUES (:id, to_tsvector('simple', :words))",
}
# As one text: thousands of rows would cost more on their way than in the search.
_FIND = {
    "sqlite": "SELECT group_concat(rowid) FROM listing_words WHERE listing_words MATCH :asked",
    POSTGRESQL: """
        SELECT string_agg(community_id::text, ',') FROM listing_words
        WHERE words @@ to_tsquery('simple', :asked)
    """,
}
# A word that begins so.
_BEGUN = {"sqlite": '"{}"*', POSTGRESQL: "'{}':*"}
_ADD_TERM = "INSERT INTO listing_terms (term) VALUES (:term) ON CONFLICT DO NOTHING"
_UNUSED_TERMS = {
    "sqlite": """
        DELETE FROM listing_terms WHERE term NOT IN (SELECT term FROM listing_vocabulary)
    """,
    POSTGRESQL: """
        DELETE FROM listing_terms
        WHERE term NOT IN (SELECT word FROM ts_stat('SELECT words FROM listing_words'))
    """,
}
_CANDIDATES = {
    "sqlite": """
        SELECT term FROM listing_trigrams WHERE listing_trigrams MATCH :trigrams
        ORDER BY rank LIMIT :most
    """,
    POSTGRESQL: """
        SELECT term FROM listing_terms WHERE term % :asked
        ORDER BY similarity(term, :asked) DESC LIMIT :most
    """,
}
_HAS_TRIGRAMS = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'"


def save_words(s: Session, sought: Mapping[int, str]) -> None:
    """Nothing; each community is found by the words of its text from now on, and by no others."""
    if not sought:
        return
    rows = [{"id": number, "words": words} for number, words in sought.items()]
    s.execute(text(_FORGET[_dialect(s)]), rows)
    s.execute(text(_KEEP[_dialect(s)]), rows)
    terms = {word for words in sought.values() for word in words.split() if _is_term(word)}
    if terms:
        s.execute(text(_ADD_TERM), [{"term": term} for term in sorted(terms)])


def forget_words(s: Session, community_id: int) -> None:
    """Nothing; a community can no longer be found by its words, and those of it alone are gone."""
    s.execute(text(_FORGET[_dialect(s)]), {"id": community_id})
    s.execute(text(_UNUSED_TERMS[_dialect(s)]))


def find_word(s: Session, word: str) -> list[int]:
    """The communities whose text has a word that begins as this folded one."""
    found = s.scalar(text(_FIND[_dialect(s)]), {"asked": _BEGUN[_dialect(s)].format(word)})
    return [int(number) for number in found.split(",")] if found else []


def find_near(s: Session, word: str) -> tuple[str, ...]:
    """The known words that were probably meant by one that nothing has, the nearest first."""
    if not _is_term(word) or not has_trigrams(s):
        return ()
    trigrams = {word[start : start + 3] for start in range(len(word) - 2)}
    asked = {
        "asked": word,
        "trigrams": " OR ".join(f'"{one}"' for one in sorted(trigrams)),
        "most": CANDIDATES,
    }
    known = s.scalars(text(_CANDIDATES[_dialect(s)]), asked).all()
    alike = sorted(((_likeness(word, term), term) for term in known), reverse=True)
    least = max(ALIKE, alike[0][0] - NEARLY) if alike else ALIKE
    return tuple(term for likeness, term in alike[:MOST_NEAR] if likeness >= least)


def has_trigrams(s: Session) -> bool:
    """True where misspelt words find what they mean: everywhere but without `pg_trgm`."""
    return _dialect(s) != POSTGRESQL or bool(s.scalar(text(_HAS_TRIGRAMS)))


def _likeness(word: str, other: str) -> float:
    """The share of trigrams that both have, 0 to 1, as `pg_trgm` counts it."""
    one, two = _trigrams(word), _trigrams(other)
    return len(one & two) / len(one | two)


def _trigrams(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def _is_term(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST and word.isalpha()


def _dialect(s: Session) -> str:
    return s.get_bind().dialect.name
