"""A data folder with made-up sources, and `rollcall crawl` in it as a person would run it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.corpora import NOW
from benchmarks.measuring import Cost, run
from domain.records import Platform
from store.engine import migrate, open_database, reading, writing
from store.sources import add_community, add_source
from store.tables import CrawlReportRow, PostRow

SETTINGS = """\
contact = "bench@example.org"
allow_private = true
delay_seconds = 0.0
"""


def make_folder(folder: Path, sources: Iterable[tuple[str, Platform]]) -> Path:
    """The data folder, with a community for each source."""
    folder.mkdir()
    (folder / "rollcall.toml").write_text(SETTINGS, encoding="utf-8")
    engine = open_database(f"sqlite:///{folder}/rollcall.db")
    migrate(engine)
    with writing(engine) as session:
        for number, (url, platform) in enumerate(sources):
            name = f"source-{number}"
            home = add_community(session, slug=name, name=name, now=NOW)
            add_source(
                session, community_id=home.id, name=name, url=url, platform=platform, now=NOW
            )
    engine.dispose()
    return folder


def crawl(folder: Path) -> Cost:
    """What one visit to every source cost, with the start of both processes."""
    return run(
        [sys.executable, "-m", "cli", "--data", folder, "crawl", "--force", "--json"],
    )


def count_stored(folder: Path) -> int:
    """The distinct posts in the folder."""
    engine = open_database(f"sqlite:///{folder}/rollcall.db")
    with reading(engine) as session:
        posts = session.scalar(select(func.count()).select_from(PostRow)) or 0
    engine.dispose()
    return posts


def list_outcomes(folder: Path) -> dict[str, int]:
    """How many visits ended with each outcome, over all crawls."""
    engine = open_database(f"sqlite:///{folder}/rollcall.db")
    with reading(engine) as session:
        grouped = select(CrawlReportRow.outcome, func.count()).group_by(CrawlReportRow.outcome)
        counts = {row[0]: row[1] for row in session.execute(grouped)}
    engine.dispose()
    return counts
