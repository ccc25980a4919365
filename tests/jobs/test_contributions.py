"""What strangers send in is looked at once, by the fetcher that visits use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

import config
from config.settings import Settings
from crawler.order import Probed
from demo.answer import Answer
from demo.server import ArchiveServer
from domain.contribution import Contribution, Kind, State
from domain.outcome import Outcome
from domain.records import FoundPost, Platform
from jobs.contributions import FOUND, NOT_YET, Look, look_at_sent
from presentation.links import SIGNING_SECRET, page_proof
from store import contributions, sources, users
from store.engine import migrate, open_database, reading, writing
from tests.conftest import Workshop
from tests.web.kit import NOW

PIPERMAIL_LIST = "newborn-care-forum"
URL = "https://lists.example.org/eyes"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_database(f"sqlite:///{tmp_path}/sent.db")
    migrate(made)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return config.load(None, {"ROLLCALL_DATA": str(tmp_path)})


def send(engine: Engine, kind: Kind, *, url: str = "", community: str = "") -> Contribution:
    with writing(engine) as s:
        number = None
        if community:
            made = sources.add_community(s, slug="eyes", name="Eyes", now=NOW, url=community)
            number = made.id
        return contributions.add_contribution(
            s,
            kind,
            content={"url": url} if url else {},
            now=NOW,
            community_id=number,
            state=State.WAITING,
        )


def load(engine: Engine, one: Contribution) -> Contribution:
    with reading(engine) as s:
        found = contributions.load_contribution(s, one.reference)
    assert found is not None
    return found


def answering(asked: list[tuple[str, str]], words: Callable[[str], bool]) -> Look:
    def look(_settings: Settings, url: str, word: str) -> Probed:
        asked.append((url, word))
        return Probed(
            url=url,
            platform=Platform.PIPERMAIL,
            outcome=Outcome.READ,
            detail="",
            watch_url=f"{url}/archive/",
            title="Eye Health",
            newest=(FoundPost(at=NOW - timedelta(days=3), subject="not kept"),),
            has_word=words(word),
        )

    return look


def test_a_suggested_address_becomes_a_draft_once(engine: Engine, settings: Settings) -> None:
    one = send(engine, Kind.SUGGEST, url=URL)
    asked: list[tuple[str, str]] = []
    look = answering(asked, lambda _: False)
    for days in (0, 1):
        look_at_sent(settings, engine, NOW + timedelta(days=days), probing=look)
    assert asked == [(URL, "")]
    content = load(engine, one).content
    assert content["draft_platform"] == "pipermail"
    assert content["draft_watch_url"] == f"{URL}/archive/"
    assert content["draft_newest"] == "2026-11-20"
    assert "not kept" not in str(content)


def test_a_claim_is_looked_up_on_its_page_once_a_day_until_its_word_stands_there(
    engine: Engine, settings: Settings
) -> None:
    one = send(engine, Kind.CLAIM, community="https://eyes.example.org/")
    with writing(engine) as s:
        word = page_proof(users.secret(s, SIGNING_SECRET), one.reference)
    asked: list[tuple[str, str]] = []
    absent, there = answering(asked, lambda _: False), answering(asked, lambda told: told == word)

    def run(look: Look, **later: int) -> str:
        look_at_sent(settings, engine, NOW + timedelta(**later), probing=look)
        return load(engine, one).content["draft_proof"]

    assert run(absent) == NOT_YET
    assert run(there, hours=1) == NOT_YET
    assert run(there, days=1) == FOUND
    assert run(there, days=2) == FOUND
    assert asked == [("https://eyes.example.org/", word)] * 2


def test_a_claim_nobody_proves_is_left_alone_after_two_weeks(
    engine: Engine, settings: Settings
) -> None:
    send(engine, Kind.CLAIM, community="https://eyes.example.org/")
    asked: list[tuple[str, str]] = []
    look = answering(asked, lambda _: False)
    look_at_sent(settings, engine, NOW + timedelta(days=15), probing=look)
    assert asked == []


def test_the_real_fetcher_makes_a_draft_of_an_archive_and_finds_the_proof_on_a_page(
    workshop: Workshop, make_archive: Callable[..., ArchiveServer]
) -> None:
    archive = make_archive(PIPERMAIL_LIST)
    suggested = send(workshop.engine, Kind.SUGGEST, url=archive.url_of(PIPERMAIL_LIST))
    page = archive.put("/", Answer(body=b"<p>Eye health, week by week.</p>"))
    claim = send(workshop.engine, Kind.CLAIM, community=page)
    look_at_sent(workshop.settings, workshop.engine, NOW)
    draft = load(workshop.engine, suggested).content
    assert (draft["draft_platform"], draft["draft_outcome"]) == ("pipermail", "read")
    assert draft["draft_newest"] <= NOW.date().isoformat()
    assert load(workshop.engine, claim).content["draft_proof"] == NOT_YET
    with writing(workshop.engine) as s:
        secret = users.secret(s, SIGNING_SECRET)
    word = page_proof(secret, claim.reference)
    archive.put("/", Answer(body=f"<p>{word}</p>".encode()))
    look_at_sent(workshop.settings, workshop.engine, NOW + timedelta(days=1))
    assert load(workshop.engine, claim).content["draft_proof"] == FOUND


def test_the_real_fetcher_asks_no_private_address_for_a_stranger(
    make_workshop: Callable[..., Workshop], make_archive: Callable[..., ArchiveServer]
) -> None:
    archive = make_archive(PIPERMAIL_LIST)
    public_only = make_workshop("public", allow_private=False)
    inner = archive.put("/", Answer(body=b"<p>Inner page.</p>"))
    suggested = send(public_only.engine, Kind.SUGGEST, url=inner)
    claim = send(public_only.engine, Kind.CLAIM, community=inner)
    look_at_sent(public_only.settings, public_only.engine, NOW)
    draft = load(public_only.engine, suggested).content
    assert draft["draft_outcome"] == "refused"
    assert "draft_platform" not in draft
    assert "private" in draft["draft_detail"]
    assert load(public_only.engine, claim).content["draft_proof"] == NOT_YET
    assert archive.requests() == []
