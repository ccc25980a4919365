"""Communities, sources, posts and crawl reports: what is stored and what crosses layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.outcome import Outcome
from domain.window import Coverage, Window


class Platform(StrEnum):
    """The software behind a source. Each crawled one has a spider file of the same name."""

    FEED = "feed"
    PIPERMAIL = "pipermail"
    HYPERKITTY = "hyperkitty"
    LISTSERV = "listserv"
    SYMPA = "sympa"
    HYPERMAIL = "hypermail"
    MHONARC = "mhonarc"
    PONYMAIL = "ponymail"
    DISCOURSE = "discourse"
    FLARUM = "flarum"
    NODEBB = "nodebb"
    ZULIP = "zulip"
    PUBLICINBOX = "publicinbox"
    NNTP = "nntp"
    GROUPSIO = "groupsio"
    HIFA = "hifa"
    NING = "ning"
    GOOGLEGROUPS = "googlegroups"
    BBPRESS = "bbpress"
    BUDDYPRESS = "buddypress"
    WORDPRESS = "wordpress"
    LANDING = "landing"
    PHPBB = "phpbb"
    KUNENA = "kunena"
    INVISION = "invision"
    XENFORO = "xenforo"
    SMF = "smf"
    MYBB = "mybb"
    DRUPAL = "drupal"
    VBULLETIN = "vbulletin"
    FUDFORUM = "fudforum"
    RECIPE = "recipe"
    MBOX = "mbox"
    MAILBOX = "mailbox"

    @property
    def crawled(self) -> bool:
        """False for platforms that are read from files or a mailbox instead of the web."""
        return self not in (Platform.MBOX, Platform.MAILBOX)

    @property
    def closed(self) -> bool:
        """True where visitors are shown a landing page at most: looked at weekly, never read."""
        return self in (Platform.GOOGLEGROUPS, Platform.LANDING)

    @property
    def visited(self) -> bool:
        """True for what has a timetable: the crawled platforms, and mailboxes."""
        return self is not Platform.MBOX


class DateBasis(StrEnum):
    """Which statement a post's date was taken from, best first."""

    SENT = "sent"
    ENVELOPE = "envelope"
    RECEIVED = "received"
    PERIOD = "period"
    UNKNOWN = "unknown"


class Membership(StrEnum):
    """Who may join a community."""

    OPEN = "open"
    APPROVAL = "approval"
    STAFF_ONLY = "staff-only"
    PAID = "paid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPost:
    """One public message as an adapter read it, before redaction.

    `post_id` is the platform's own distinct id (Message-ID without angle brackets, guid, …) or a
    hash made by the adapter; `reply_to` is the id at the root of its thread as far as the message
    says (first reference, else In-Reply-To), `None` when it starts one. `author` is the raw
    identity (address, else display name, obfuscation undone) and `subject` the raw subject: both
    leave memory in the pipeline. `at` is aware UTC or `None` when no date could be believed; then
    `filed` may bound it by the period it is filed under.
    """

    post_id: str
    at: datetime | None
    basis: DateBasis
    author: str | None = None
    reply_to: str | None = None
    subject: str | None = None
    url: str | None = None
    filed: Window | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPost:
    """A post as shown to an operator who tries an address; never stored."""

    at: datetime | None
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What we remember of one fetched page, to ask for it conditionally or not at all.

    `name` is the adapter's name for the page ("index", "2005-March"); `label` any text by which
    the platform shows that it changed (a size, a count).
    """

    name: str
    etag: str | None = None
    last_modified: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one response taught us; saved in one transaction, together.

    Posts, the coverage they prove and the marks to remember. An adapter yields the mark of an
    index only after everything that the index promised has been read.
    """

    posts: tuple[ReadPost, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedPost:
    """A post as it is kept: every identity is a keyed hash of 16 bytes inside its community.

    `subject` and `url` are kept for at most the three latest posts of a public archive.
    """

    key: bytes
    at: datetime | None
    basis: DateBasis
    author_key: bytes | None = None
    reply_key: bytes | None = None
    filed: Window | None = None
    subject: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedPage:
    """A `Page` after redaction, ready to be stored."""

    posts: tuple[KeyedPost, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLink:
    """A page that shows some of a community's facts, and which."""

    url: str
    supports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A group of people the directory describes.

    `scope` says how near it is to the directory's subject (`core`, `neighbour`, `excluded`),
    `observable` how it can be seen at all (`crawl`, `mailbox`, `no`, `unknown`); `follows` and
    `followed_by` are slugs. Empty and `None` mean that it is not known.
    """

    id: int
    slug: str
    name: str
    url: str = ""
    description: str = ""
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    membership: Membership = Membership.UNKNOWN
    owner_address: str = ""
    added_at: datetime | None = None
    host: str = ""
    founded: int | None = None
    scope: str = ""
    observable: str = "unknown"
    follows: str = ""
    followed_by: str = ""
    evidence: tuple[FactLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One address where a community can be observed, and when it is due.

    `mailbox` names the mailbox of the settings that is subscribed to the list `url` stands for;
    `recipe` the recipe that says how to read it; `claim` is the number of its newest claim.
    """

    id: int
    community_id: int
    name: str
    url: str
    platform: Platform
    due_at: datetime | None = None
    paused: bool = False
    failures: int = 0
    mailbox: str = ""
    recipe: str = ""
    claim: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMove:
    """One change of a source's address; `decided` by a curator, else by a permanent redirect."""

    old_url: str
    new_url: str
    moved_at: datetime
    undone_at: datetime | None = None
    decided: bool = False


KEPT_ON = "kept_on"
"""In the evidence of a report: the machine and folder with the answers, where there are several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlReport:
    """What came of one visit to one source, with its evidence.

    Units: `bytes` received, `seconds` wall time. `posts_total` counts distinct posts stored for the
    source after the visit. `requests` does not count robots.txt; `robots_requests` does.
    """

    source_id: int
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    detail: str = ""
    to_do: str = ""
    posts_total: int = 0
    posts_new: int = 0
    requests: int = 0
    robots_requests: int = 0
    bytes: int = 0
    new_url: str | None = None
    not_before: datetime | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return (self.finished_at - self.started_at).total_seconds()
