"""A kept visit once more, with today's parser: the platform's spider, answered from what was kept.

The spider knows what it knew then, so it asks for the same pages in the same order. What it asks
beyond them was not kept, and is told so like a page that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from crawler.base import Fetched
from crawler.detect import load_spider_class
from crawler.kept import KeptVisit
from crawler.visits import Deliver, run_visit
from domain.errors import Gone
from domain.outcome import Outcome
from domain.records import CrawlReport

_KNOWN = frozenset(part.name for part in fields(Fetched)) - {"body"}


class NotKept(Gone):
    """The page was not asked for at that visit, did not answer, or found no room."""

    def __init__(self, url: str) -> None:
        super().__init__(
            Outcome.NOT_FOUND,
            "this answer was not kept",
            where=url,
            to_do="visit the source again: `rollcall crawl --only NAME`",
        )


async def replay_visit(kept: KeptVisit, deliver: Deliver) -> CrawlReport:
    """How the visit ends with today's parser; `deliver` takes each page as in a real one."""
    answers = KeptAnswers(kept)
    spider = load_spider_class(kept.plan.platform)(plan=kept.plan, clock=answers.clock)
    spider.ask = answers.ask
    return await run_visit(spider, deliver)


class KeptAnswers:
    """Answers each address as often as it was asked then; from then on as the last time."""

    def __init__(self, kept: KeptVisit) -> None:
        self.kept = kept
        self.now = kept.plan.now
        self.places: dict[str, list[int]] = {}
        for place, answer in enumerate(kept.answers):
            self.places.setdefault(answer["asked"], []).append(place)

    def clock(self) -> datetime:
        """The moment of the answer that was given last."""
        return self.now

    async def ask(self, url: str, _headers: Mapping[str, str]) -> Fetched:
        """The kept answer.

        Raises: NotKept.
        """
        places = self.places.get(url)
        if not places:
            raise NotKept(url)
        place = places.pop(0) if len(places) > 1 else places[0]
        answer = build_answer(self.kept.answers[place], self.kept.load_body(place))
        self.now = answer.fetched_at
        return answer


def build_answer(facts: Mapping[str, Any], body: bytes) -> Fetched:
    """The answer as a value; what an older version kept and nobody knows now is left aside."""
    known = {name: value for name, value in facts.items() if name in _KNOWN}
    return Fetched(
        **{
            **known,
            "body": body,
            "fetched_at": datetime.fromisoformat(facts["fetched_at"]),
            "redirects": tuple(facts["redirects"]),
        }
    )
