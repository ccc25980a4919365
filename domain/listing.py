"""A community as it stands in the list: what is sought, counted and shown of it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.records import Community, Source
from domain.window import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedWords:
    """The word on a community in one language, as its line in the list says it."""

    word: str
    rest: str
    markers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFacts:
    """What the list is narrowed, ordered and counted by.

    `activity` and `places` are words of the pages, `place` the group it is listed in, first ones
    low. `outside` marks what is kept as an example of what the directory does not list.
    `posts_per_month` is the median of the last year's wholly seen months, `None` with too few.
    """

    community_id: int
    slug: str
    name: str
    activity: str
    place: int
    last_post_at: datetime | None = None
    checked_at: datetime | None = None
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    membership: str = "unknown"
    host: str = ""
    outside: bool = False
    posts_per_month: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One line of the list, ready to be shown.

    Shape: `posts` are the last months' counts from `first_month` on, `None` where nothing was
    seen; `seen_shares` 0 to 1 beside them. `words` holds the word by language. `sought` is the text
    that a search looks through. By the passing of time alone the word changes at `word_until`, and
    something lesser, such as which months are drawn, at `good_until`.
    """

    facts: ListedFacts
    tone: str
    words: Mapping[str, ListedWords]
    name_language: str = ""
    url: str = ""
    first_month: Month | None = None
    posts: tuple[int | None, ...] = ()
    seen_shares: tuple[float, ...] = ()
    sought: str = field(default="", repr=False)
    word_until: datetime | None = None
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRecord:
    """All that is public of a community, for those who take the data."""

    listing: Listing
    community: Community
    sources: tuple[Source, ...] = ()
