"""A directory of invented communities to fill a database with, and browsers to look at it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from domain.canary import Canary, Check, CheckResult, SilenceProof
from domain.outcome import Assessment, Confidence, Flag, FlagKind, Outcome, Reason, Review, Status
from domain.records import CrawlReport, DateBasis, KeyedPage, KeyedPost, Platform, Source
from domain.window import Coverage
from store import assessments, canaries, crawls, posts, reviews, sources
from store.engine import writing
from store.listing_tables import ListingRow

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = b"a secret of thirty-two bytes ..."


@dataclass
class Clock:
    """A clock that a test can move."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Directory:
    """Fills the database with invented communities."""

    engine: Engine
    made: int = 0

    def add(self, name: str, *, platform: Platform = Platform.PIPERMAIL, **facts: Any) -> Source:
        """A community with one source that nobody has visited."""
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        with writing(self.engine) as s:
            community = sources.add_community(s, slug=slug, name=name, now=NOW, **facts)
            return sources.add_source(
                s,
                community_id=community.id,
                name=slug,
                url=f"https://lists.example.org/{slug}/",
                platform=platform,
                now=NOW,
            )

    def keep_english_lines(self) -> None:
        """Takes the words of the other languages out of the lines of the list."""
        with writing(self.engine) as s:
            for row in s.scalars(select(ListingRow)):
                english = {"en": row.line["words"]["en"]}
                row.line = {**row.line, "words": english}

    def post(self, source: Source, *moments: datetime, subject: str | None = None) -> None:
        """One post at each moment."""
        made = []
        for at in moments:
            self.made += 1
            made.append(
                KeyedPost(
                    key=self.made.to_bytes(16, "big"), at=at, basis=DateBasis.SENT, subject=subject
                )
            )
        with writing(self.engine) as s:
            posts.save_page(s, source.id, KeyedPage(posts=tuple(made)), now=NOW)

    def see(self, source: Source, start: datetime, end: datetime = NOW) -> None:
        """Everything between the two was seen completely."""
        page = KeyedPage(coverage=(Coverage(start=start, end=end),))
        with writing(self.engine) as s:
            posts.save_page(s, source.id, page, now=NOW)

    def visit(
        self, source: Source, outcome: Outcome, *, ago: timedelta = timedelta(hours=2), **facts: Any
    ) -> None:
        """The report of a visit that ended `ago`."""
        at = NOW - ago
        report = CrawlReport(
            source_id=source.id, started_at=at, finished_at=at, outcome=outcome, **facts
        )
        with writing(self.engine) as s:
            crawls.save_report(s, report)

    def judge(self, source: Source, status: Status, **facts: Any) -> None:
        """An assessment of the source's community, made an hour ago."""
        values: dict[str, Any] = {
            "observed_until": NOW - timedelta(hours=2),
            "confidence": Confidence.HIGH,
            "posts_seen": 200,
            "rules_version": "7",
            **facts,
        }
        assessment = Assessment(
            community_id=source.community_id,
            assessed_at=NOW - timedelta(hours=1),
            status=status,
            **values,
        )
        with writing(self.engine) as s:
            assessments.save_assessment(s, assessment)

    def prove(self, community_id: int, *found: tuple[Check, CheckResult, Reason]) -> None:
        """A proof of the community's sources, asked for an hour ago, with these results."""
        made = tuple(Canary(check=c, result=result, said=said) for c, result, said in found)
        at = NOW - timedelta(hours=1)
        with writing(self.engine) as s:
            for source in sources.list_sources(s, of=[community_id]):
                proof = SilenceProof(source_id=source.id, checked_at=at, canaries=made)
                canaries.save_proof(s, proof)

    def flag(
        self, source: Source, kind: FlagKind = FlagKind.WENT_QUIET, reasons: Sequence[Reason] = ()
    ) -> Review:
        """A card about the source's community."""
        with writing(self.engine) as s:
            review = reviews.open_review(
                s, source.community_id, Flag(kind=kind, reasons=tuple(reasons)), NOW
            )
        assert review is not None
        return review

    def add_active(
        self, name: str, *, last: datetime = NOW - timedelta(days=1), **facts: Any
    ) -> Source:
        """A community that was seen talking."""
        source = self.add(name, **facts)
        moments = [last - timedelta(days=12 * i) for i in range(60)]
        self.post(source, *moments, subject="Re: A question")
        self.see(source, NOW - timedelta(days=800))
        self.visit(source, Outcome.READ, posts_total=60, posts_new=1)
        self.judge(source, Status.ACTIVE, last_post_at=last)
        return source

    def add_silent(self, name: str, *, days: int = 280, **facts: Any) -> Source:
        """A community in doubt: silent for that long, and all of it seen."""
        source = self.add(name, **facts)
        last = NOW - timedelta(days=days)
        self.post(source, *[last - timedelta(days=5 * i) for i in range(60)])
        self.see(source, NOW - timedelta(days=800))
        self.visit(source, Outcome.UNCHANGED, posts_total=60)
        self.judge(
            source,
            Status.DORMANT,
            last_post_at=last,
            p_quiet=0.8,
            p_any_180=0.31,
            p_fun_180=0.04,
            reasons=(silence(days, last),),
            change=(Reason(code="if_post", values={"status": "active"}),),
        )
        return source


def silence(days: int, last: datetime) -> Reason:
    values: Mapping[str, int | str] = {
        "silent_days": days,
        "last": last.date().isoformat(),
        "usual_days": 2,
        "longest_days": 31,
    }
    return Reason(code="silence", values=values)


@dataclass
class Browser:
    """A visitor that keeps cookies and fills in the hidden fields of forms."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def text(self, path: str) -> str:
        response = self.client.get(path)
        assert response.status_code == 200, (path, response.status_code)
        return response.get_data(as_text=True)

    def send(self, path: str, *, page: str, **fields: str) -> TestResponse:
        """Sends a form that stands on `page`, with its hidden fields."""
        seen = self.client.get(page, follow_redirects=True).get_data(as_text=True)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', seen))
        return self.client.post(path, data={**hidden, **fields})
