"""Every fault on every adapter, before the first success and after a good history.

One crawl makes the good histories. Then `UNSEEN` goes by in which nobody looks and the talk goes
on, and one crawl meets all faults. If any of them were taken for silence, its community would be
dormant.
"""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from crawler.evidence import LONGEST
from demo.answer import Answer, FirstOf, Pages, Site, html_answer
from demo.content import Message, midnight
from demo.walls import private_pipermail
from domain.outcome import FlagKind, Outcome, Status
from domain.records import CrawlReport, Platform, Source
from domain.window import Window, complete_windows
from jobs.assessing import assess_all, load_histories
from jobs.crawling import Visited
from scoring.default_rules import DEFAULT_RULES
from scoring.states import LADDER
from scoring.status import assess
from store.engine import reading, writing
from store.posts import load_coverage
from store.reviews import list_open_reviews
from store.sources import list_communities
from store.tables import CoverageRow, PostRow, RobotsRow
from tests.conftest import Workshop
from tests.faults.archives import (
    ADAPTERS,
    FEED_ITEMS,
    PATHS,
    UNSEEN,
    build_site,
    newest,
    write_talk,
)
from tests.faults.certificates import Authority, Certificate
from tests.faults.expected import PROPOSALS, find_expected
from tests.faults.faults import CONTROLS, ELSEWHERE, HANGING, SILENT, TROUBLES, WHOLE_HOST, Trouble
from tests.faults.server import FaultServer, Rule

LATER = timedelta(days=200)
# The caps of the visits that meet the faults.
ANSWER_SECONDS = 8
VISIT_SECONDS = 60
# So many crawls meet the faults: hundreds of visits at once would wait for one another.
CRAWLS = 3
SETTINGS = """
keep_raw = false
[crawl]
max_answer_mib = 1
"""
NEXT_SOURCE = "/next.atom"
NEXT = "next to "
OTHER_PAGES = Pages(
    {
        "/": lambda: html_answer("Welcome", "<h1>Welcome</h1><p>All about our town.</p>"),
        "/login": lambda: private_pipermail("clinic-talk"),
        "/other": lambda: html_answer("Boats", "<h1>Boats</h1><p>Boats, sails and oars.</p>"),
        "/parked": lambda: html_answer("example.net", "<p>This domain is for sale!</p>"),
        "/bait": lambda: Answer(body=b"eaten"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One fault on one adapter, with a history or without, on a host of its own."""

    trouble: Trouble
    platform: Platform
    known: bool
    host: str

    @property
    def name(self) -> str:
        return f"{'after' if self.known else 'before'} {self.platform}: {self.trouble.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the store holds of one source. `moments` counts the dates of its posts."""

    posts: int
    moments: Counter[datetime]
    placed: tuple[Window, ...]
    complete: tuple[Window, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a cell: what was stored, said and asked of people before and after its visit."""

    cell: Cell
    report: CrawlReport
    next_due: datetime
    before: Facts
    after: Facts
    was: Status
    became: Status
    cards: tuple[FlagKind, ...]
    truth: tuple[Message, ...]
    next_source: CrawlReport | None = None


def list_cells() -> list[Cell]:
    """All cells that there are."""
    return [
        Cell(
            trouble=trouble,
            platform=platform,
            known=known,
            host=f"127.79.{number}.{2 * place + known + 1}",
        )
        for number, trouble in enumerate((*TROUBLES, *CONTROLS), 1)
        for place, platform in enumerate(ADAPTERS)
        for known in (False, True)
        if why_not(trouble, platform, known=known) is None
    ]


def why_not(trouble: Trouble, platform: Platform, *, known: bool) -> str | None:
    """Why the fault cannot happen there, if so."""
    if trouble.vanish in ("old", "new", "lately") and not known:
        return "what was never known cannot be missed"
    return trouble.does_not_apply.get(platform)


class Matrix:
    """Runs all cells on a server and a workshop of their own."""

    def __init__(
        self, server: FaultServer, workshop: Workshop, authority: Authority, now: datetime
    ) -> None:
        self.server = server
        self.workshop = workshop
        self.authority = authority
        self.now = now
        self.then = midnight(now) - UNSEEN
        self.living = write_talk(midnight(now))
        self.known = tuple(message for message in self.living if message.at < self.then)
        self.cells = list_cells()
        self.sources: dict[str, Source] = {}

    def run(self) -> list[Result]:
        """What came of every cell."""
        # While one connection stays open, SQLite need not tidy up at the end of each other one.
        with self.workshop.engine.connect():
            return self._run()

    def _run(self) -> list[Result]:
        self._make_histories()
        self._travel()
        was = self._assess()
        before = {cell.name: self._facts(cell) for cell in self.cells}
        self._break_all()
        crawl = replace(
            self.workshop.settings.crawl,
            answer_seconds=ANSWER_SECONDS,
            visit_seconds=VISIT_SECONDS,
        )
        self.workshop.settings = replace(self.workshop.settings, crawl=crawl)
        visited: dict[str, Visited] = {}
        parts = {cell.name: _part(place, cell) for place, cell in enumerate(self.cells)}
        for part in range(CRAWLS):
            names = [name for name in self.sources if parts[name.removeprefix(NEXT)] == part]
            visited |= self.workshop.crawl(*names)
        became = self._assess()
        cards = self._cards()
        results = []
        for cell in self.cells:
            done, after = visited[cell.name], visited.get(NEXT + cell.name)
            assert done.report is not None, done.why_not
            results.append(
                Result(
                    cell=cell,
                    report=done.report,
                    next_due=done.next_due,
                    before=before[cell.name],
                    after=self._facts(cell),
                    was=was[cell.name],
                    became=became[cell.name],
                    cards=tuple(cards.get(self.sources[cell.name].community_id, ())),
                    truth=self._truth(cell),
                    next_source=after.report if after else None,
                )
            )
        return results

    # ---- the steps -----------------------------------------------------------------------

    def _make_histories(self) -> None:
        sites = {platform: build_site(platform, self.known, now=self.then) for platform in ADAPTERS}
        for cell in self.cells:
            if cell.known:
                base = self._wrap(cell, sites[cell.platform], Certificate.GOOD)
                self._watch(cell.name, base + PATHS[cell.platform], cell.platform)
        visited = self.workshop.crawl()
        wrong = [done for done in visited.values() if not (done.report and done.report.outcome.saw)]
        assert not wrong, f"{len(wrong)} without a good history: {wrong[0]}"
        for cell in self.cells:
            if not cell.known:
                base = f"{'https' if cell.trouble.certificate else 'http'}://{cell.host}"
                url = f"{base}:{self.server.port}{PATHS[cell.platform]}"
                self._watch(cell.name, url, cell.platform)
            elif cell.platform is Platform.FEED:
                base = "https" if cell.trouble.certificate else "http"
                url = f"{base}://{cell.host}:{self.server.port}{NEXT_SOURCE}"
                self._watch(NEXT + cell.name, url, Platform.FEED)

    def _watch(self, name: str, url: str, platform: Platform) -> None:
        self.sources[name] = self.workshop.watch(name, url, platform)

    def _travel(self) -> None:
        """Lets the time go by since the histories were read: what was seen ends back then."""
        with writing(self.workshop.engine) as session:
            session.execute(delete(RobotsRow))
            session.execute(delete(CoverageRow).where(CoverageRow.start >= self.then))
            session.execute(
                update(CoverageRow).where(CoverageRow.end > self.then).values(end=self.then)
            )

    def _break_all(self) -> None:
        for cell in self.cells:
            trouble = cell.trouble
            messages = self._still_there(cell)
            items = 10 if trouble.vanish == "all but ten" else FEED_ITEMS
            site = build_site(cell.platform, messages, now=self.now, feed_items=items)
            self._wrap(cell, site, trouble.certificate)
            if trouble.fault is not None:
                self.server.break_(cell.host, trouble.fault, rule=_sparing(trouble.rule))
        self.server.wrap(ELSEWHERE, OTHER_PAGES)

    def _still_there(self, cell: Cell) -> tuple[Message, ...]:
        return {
            "": self.living,
            "all": (),
            "all but ten": self.living if cell.known else self.living[-10:],
            "old": newest(self.living, 40, self.now),
            "new": self.known[:-20],
            "lately": self.known,
        }[cell.trouble.vanish]

    def _truth(self, cell: Cell) -> tuple[Message, ...]:
        """What was really written, as far as a visit could know."""
        if cell.known and cell.trouble is not SILENT:
            return self.living
        return self._still_there(cell)

    def _wrap(self, cell: Cell, site: Site, certificate: Certificate | None) -> str:
        tls: ssl.SSLContext | None = None
        if cell.trouble.certificate is not None and certificate is not None:
            tls = self.authority.context(certificate, cell.host)
        next_source = build_site(Platform.FEED, self.known[-5:], now=self.then)
        feed = next_source.answer(PATHS[Platform.FEED], {})
        assert feed is not None
        beside = Pages({NEXT_SOURCE: lambda: feed})
        return self.server.wrap(cell.host, FirstOf((OTHER_PAGES, beside, site)), tls=tls)

    # ---- what is stored ------------------------------------------------------------------

    def _facts(self, cell: Cell) -> Facts:
        source = self.sources[cell.name]
        with reading(self.workshop.engine) as session:
            rows = session.execute(
                select(PostRow.at, PostRow.filed_start, PostRow.filed_end).where(
                    PostRow.source_id == source.id
                )
            ).all()
            complete = complete_windows(load_coverage(session, source.id))
        return Facts(
            posts=len(rows),
            moments=Counter(row.at for row in rows if row.at is not None),
            placed=tuple(
                Window(start=row.filed_start, end=row.filed_end)
                for row in rows
                if row.at is None and row.filed_start is not None
            ),
            complete=complete,
        )

    def _assess(self) -> Mapping[str, Status]:
        """What the rules alone say of what was read, much later.

        What holds a worse word back until silence is proved is left out: each must hold alone.
        """
        with reading(self.workshop.engine) as session:
            histories = {
                cell.name: load_histories(session, self.sources[cell.name].community_id, until=None)
                for cell in self.cells
            }
        return {
            name: assess(1, history, DEFAULT_RULES, self.now + LATER).status
            for name, history in histories.items()
        }

    def _cards(self) -> dict[int, list[FlagKind]]:
        """The cards that the faults open, by community."""
        with reading(self.workshop.engine) as session:
            slugs = {community.id: community.slug for community in list_communities(session)}
        chosen = [slugs[self.sources[cell.name].community_id] for cell in self.cells]
        assess_all(self.workshop.engine, self.now + LATER, only=chosen)
        cards: dict[int, list[FlagKind]] = {}
        with reading(self.workshop.engine) as session:
            for review in list_open_reviews(session):
                cards.setdefault(review.community_id, []).append(review.kind)
        return cards


def _part(place: int, cell: Cell) -> int:
    """Which of the crawls reads the cell: only one has to wait for what hangs."""
    return 0 if cell.trouble.name in HANGING else place % CRAWLS


def _sparing(rule: Rule) -> Rule:
    """The rule, with the other source on the host left alone."""
    return lambda asked: asked.path != NEXT_SOURCE and rule(asked)


def list_faults(result: Result) -> list[str]:
    """Everything that is not as it must be in a cell, in words."""
    cell, report = result.cell, result.report
    before, after = result.before, result.after
    right = find_expected(cell.trouble.name, cell.platform, known=cell.known)
    saw = report.outcome.saw or report.outcome in (Outcome.PARTIAL, Outcome.MOVED)
    kept = all(_inside(window, after.complete) for window in before.complete)
    allowed = PROPOSALS.get(report.outcome, frozenset())
    if cell.trouble is SILENT:
        allowed = frozenset({FlagKind.WENT_QUIET})
    checks = {
        f"{report.outcome} instead of {' or '.join(sorted(right))}": report.outcome in right,
        "posts were lost": before.moments <= after.moments and before.posts <= after.posts,
        "time that was seen was lost": kept,
        "it saw nothing, and more counts as seen": saw or before.complete == after.complete,
        "it saw nothing, and there are more posts": saw or before.posts == after.posts,
        f"{result.was} became {result.became}": _is_right_status(result),
        f"cards: {result.cards}": set(result.cards) <= allowed,
        f"the visit took {report.seconds:.1f} s": report.seconds < VISIT_SECONDS + 2,
        "the host's wait was not kept": result.next_due >= _named_wait(result),
        f"the next source: {result.next_source}": _is_right_next(result),
        "a report without evidence": bool(report.evidence),
        "evidence that is too long": all(len(v) <= LONGEST for v in report.evidence.values()),
        "a fault in our own program": "fault in Rollcall" not in report.detail,
    }
    lie = find_lie(result)
    return [what for what, fine in checks.items() if not fine] + ([lie] if lie else [])


def _inside(window: Window, seen: Iterable[Window]) -> bool:
    return any(other.start <= window.start and window.end <= other.end for other in seen)


def _is_right_status(result: Result) -> bool:
    """Whether the status is no worse than before; only real silence makes it so."""
    if result.cell.trouble is SILENT:
        return result.became is Status.DORMANT
    if result.was is Status.UNVERIFIABLE:
        return result.became not in (Status.DORMANT, Status.INACTIVE)
    return result.became in LADDER[: LADDER.index(result.was) + 1]


def _named_wait(result: Result) -> datetime:
    """Until when the host asked to be left alone."""
    hours = {"seconds": 2, "a date": 3, "503 with Retry-After": 2}
    name = result.cell.trouble.name
    wait = next((h for end, h in hours.items() if "Retry-After" in name and name.endswith(end)), 0)
    return result.report.started_at + timedelta(hours=wait)


def _is_right_next(result: Result) -> bool:
    """Whether another source on the host was read, unless the whole host is in trouble."""
    if result.next_source is None:
        return True
    name, outcome = result.cell.trouble.name, result.next_source.outcome
    if name.startswith(WHOLE_HOST):
        return outcome in find_expected(name, Platform.FEED, known=True)
    return outcome is Outcome.READ or ("Retry-After" in name and outcome is Outcome.RATE_LIMITED)


def find_lie(result: Result) -> str:
    """What is in time that counts as seen and was not stored; empty when there is no such thing."""
    placed = list(result.after.placed)
    for message in result.truth:
        if not any(message.at in window for window in result.after.complete):
            continue
        if result.after.moments[message.at]:
            continue
        home = next((window for window in placed if message.at in window), None)
        if home is None:
            return f"{message.at:%Y-%m-%d} counts as seen, but its post was not stored"
        placed.remove(home)
    return ""
