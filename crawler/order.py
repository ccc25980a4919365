"""What the parent asks of a crawl subprocess, and the events that come back. Free of Scrapy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.canaries import LookBack, LookedBack
from crawler.formats.recipe import Recipe
from crawler.plan import CrawlPlan
from crawler.settings import CrawlSettings
from domain.outcome import Outcome
from domain.records import CrawlReport, FoundPost, Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """What the crawl subprocess may take as a whole, whatever its spiders do.

    Units: `memory_mib` of data; `hang_seconds` without a sign of life.
    """

    memory_mib: int = 1_024
    hang_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOrder:
    """The visits of one batch; or, with `probe_url`, one look at an address nobody watches yet.

    That look reads as `probe_recipe` says, where there is one. `look_backs` store nothing: they
    ask sources to prove their silence. `more` says that `MorePlans` follow, until one is empty.
    """

    settings: CrawlSettings
    plans: tuple[CrawlPlan, ...] = ()
    look_backs: tuple[LookBack, ...] = ()
    probe_url: str = ""
    probe_recipe: Recipe | None = None
    probe_word: str = ""
    more: bool = False
    limits: ChildLimits = field(default_factory=ChildLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class MorePlans:
    """Further visits for a batch that is under way; none at all ends it."""

    plans: tuple[CrawlPlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStored:
    """A page was saved, with this many posts not seen before."""

    source_id: int
    new: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded:
    """A visit came to its end, whatever the outcome."""

    report: CrawlReport


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDeferred:
    """Another run holds the host: there was no visit, the source stays due."""

    source_id: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The batch goes on; said every few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lull:
    """All that happened so far was told: a good moment to save it together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreBroken:
    """The store takes nothing more; the batch stopped. `line` says what to do."""

    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What an address turned out to be. `platform` is `None` when nothing was recognised.

    `version` is what the software says of itself, `feeds` what the page names, `robots` what its
    robots.txt says to us, `declared` how many posts it says there are; each empty where unknown.
    `has_word` is true where the page holds the word that was looked for.
    """

    url: str
    platform: Platform | None
    outcome: Outcome
    detail: str
    to_do: str = ""
    why: tuple[str, ...] = ()
    certainty: str = ""
    watch_url: str = ""
    title: str = ""
    version: str = ""
    feeds: tuple[str, ...] = ()
    robots: str = ""
    declared: str = ""
    posts_read: int = 0
    newest: tuple[FoundPost, ...] = ()
    has_word: bool = False
    evidence: Mapping[str, str] = field(default_factory=dict)


Event = Alive | Lull | PageStored | VisitEnded | VisitDeferred | LookedBack | StoreBroken | Probed
