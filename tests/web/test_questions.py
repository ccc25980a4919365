"""What the list says to founders: gaps, doubles, and what thriving communities share."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine

from domain.outcome import Status
from domain.records import Platform, Source
from domain.vitals import Vitals
from jobs.vitals import measure_vitals
from store.engine import reading, writing
from store.vitals import list_vitals, save_vitals
from tests.web.kit import NOW, Browser, Directory


def row_of(page: str, label: str) -> list[str]:
    """The numbers of the line that is called so."""
    found = re.search(rf">{label}(?:</a>)?</th>(.*?)</tr>", page)
    assert found is not None, label
    return re.findall(r"<td[^>]*>(.*?)</td>", found[1])


def told_of(page: str, label: str) -> str:
    """What stands below that label, without markup."""
    found = re.search(rf"<dt>{label}</dt><dd>(.*?)</dd>", page)
    assert found is not None, label
    return re.sub(r"<[^>]*>", " ", found[1].replace("</b>", "")).replace("  ", " ").strip()


def test_a_gap_is_a_line_without_an_active_community_and_the_unseen_are_apart(
    made: Directory, visitor: Browser
) -> None:
    made.add_active("Water Talk", topics=["wash"], languages=["en"], regions=["Africa"])
    made.add_silent("Water Past", topics=["wash"], languages=["fr"], regions=["Africa"])
    made.add("Water Closed", topics=["wash"], languages=["fr"], regions=["Europe"])
    page = visitor.text("/gaps")
    assert row_of(page, "Water, sanitation and hygiene") == ["3", "1", "1", "0", "1"]
    assert row_of(page, "Nutrition") == ["0", "0", "0", "0", "0"]
    french = visitor.text("/gaps?language=fr")
    assert row_of(french, "Water, sanitation and hygiene") == ["2", "0", "1", "0", "1"]
    both = visitor.text("/gaps?language=fr&region=Africa&by=topic")
    assert row_of(both, "Water, sanitation and hygiene") == ["1", "0", "1", "0", "0"]
    regions = visitor.text("/gaps?by=region&topic=wash")
    assert row_of(regions, "Europe") == ["1", "0", "0", "0", "1"]
    assert 'href="/?activity=all&amp;region=Europe&amp;topic=wash"' in regions or (
        'href="/?activity=all&amp;topic=wash&amp;region=Europe"' in regions
    )


def test_lines_without_an_active_community_come_first(made: Directory, visitor: Browser) -> None:
    made.add_active("Water Talk", topics=["wash"])
    page = visitor.text("/gaps")
    rows = re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)', page)
    assert rows[-1] == "Water, sanitation and hygiene"


def test_a_double_shares_what_it_is_and_is_never_told_by_its_people(
    made: Directory, visitor: Browser
) -> None:
    same = {"topics": ["wash"], "regions": ["Africa"], "languages": ["en"]}
    made.add("Water Health Exchange", **same)
    made.add("Water Health Forum", **same)
    made.add("Teeth", **same)
    made.add("Water Health Exchange Brasil", **{**same, "languages": ["pt"]})
    page = visitor.text("/doubles")
    pairs = re.findall(r"<li><a [^>]+>([^<]+)</a> – <a [^>]+>([^<]+)</a>", page)
    assert [set(pair) for pair in pairs] == [{"Water Health Exchange", "Water Health Forum"}]
    assert "same topics, same region, same languages, similar names" in page


def test_one_host_of_the_same_topic_is_a_double_too(made: Directory, visitor: Browser) -> None:
    same = {"topics": ["wash"], "regions": ["Africa"], "languages": ["en"], "host": "An Agency"}
    made.add("Springs", **same)
    made.add("Wells", **same)
    assert "same host" in visitor.text("/doubles")


def test_what_thriving_ones_share_is_told_only_of_enough_of_them(
    made: Directory, visitor: Browser, engine: Engine
) -> None:
    sources = [made.add_active(f"List {number}", topics=["wash"]) for number in range(5)]
    sources += [made.add_silent(f"Old {number}", topics=["wash"]) for number in range(5)]
    base = Vitals(community_id=0, measured_at=NOW, contributors=20, newcomers=5)
    with writing(engine) as s:
        save_vitals(
            s,
            [
                replace(
                    base,
                    community_id=source.community_id,
                    posts=90.0 if place < 5 else 3.0,
                    answered_share=0.8 if place < 5 else None,
                    first_answer_hours=2.0 if place < 5 else 40.0,
                )
                for place, source in enumerate(sources)
            ],
        )
    page = visitor.text("/thriving?topic=wash")
    assert "5 active and 5 other communities" in page
    assert row_of(page, "Posts a month") == ["30 (30 – 30)", "1 (1 – 1)"]
    assert row_of(page, "Newcomers among them") == ["25% (25% – 25%)"] * 2
    assert row_of(page, "Threads that somebody else answered") == [
        "80% (80% – 80%)",
        "too few to say",
    ]
    assert row_of(page, "Until the first answer")[0].startswith("2 hours")
    assert "say nothing of a kind" in visitor.text("/thriving?topic=nutrition")


def measure(engine: Engine, sources: list[Source], posts: list[float]) -> None:
    with writing(engine) as s:
        save_vitals(
            s,
            [
                Vitals(
                    community_id=source.community_id,
                    measured_at=NOW,
                    posts=count,
                    contributors=10,
                    newcomers=2,
                    first_answer_hours=count,
                )
                for source, count in zip(sources, posts, strict=True)
            ],
        )


def test_a_community_stands_among_the_active_ones_of_its_kind(
    made: Directory, visitor: Browser, engine: Engine
) -> None:
    kind = {"topics": ["wash"], "platform": Platform.PIPERMAIL}
    sources = [made.add_active(f"List {number}", **kind) for number in range(6)]
    sources.append(made.add_silent("Silent", **kind))
    sources.append(made.add_active("Forum", topics=["wash"], platform=Platform.DISCOURSE))
    measure(engine, sources, [3.0, 30.0, 60.0, 90.0, 120.0, 150.0, 900.0, 900.0])
    page = visitor.text("/c/list-0/compared")
    assert "Beside 5 active communities that we can measure" in page
    assert "Water, sanitation and hygiene, mailing list" in page
    assert told_of(page, "Posts a month") == "1 – in the lowest quarter its kind: 30 (20 – 40)"
    assert told_of(page, "Newcomers among them").startswith("20% – in the middle half")
    unknown = "not known its kind: too few to say"
    assert told_of(page, "Threads that somebody else answered") == unknown
    assert told_of(page, "Until the first answer").startswith("3 hours – ")
    silent = visitor.text("/c/silent/compared")
    assert "in the highest quarter" in told_of(silent, "Posts a month")
    assert told_of(silent, "Until the first answer").startswith("38 days – ")
    wider = visitor.text("/c/forum/compared")
    assert "Beside 6 active communities" in wider
    assert "(Water, sanitation and hygiene)" in wider
    for locale in ("fr", "es", "pt"):
        told = visitor.text(f"/{locale}/c/list-0/compared")
        assert "in the lowest quarter" not in told
        assert "Posts a month" not in told


def test_too_few_of_a_kind_or_too_little_seen_is_said_and_nothing_is_compared(
    made: Directory, visitor: Browser, engine: Engine
) -> None:
    sources = [made.add_active(f"List {number}", topics=["wash"]) for number in range(5)]
    assert "There are no numbers of it" in visitor.text("/c/list-0/compared")
    measure(engine, sources, [3.0, 30.0, 60.0, 90.0, 120.0])
    page = visitor.text("/c/list-0/compared")
    assert "Fewer than 5 active communities could be measured besides" in page
    assert "<dt>" not in page


def test_vitals_are_measured_from_what_was_wholly_seen(made: Directory, engine: Engine) -> None:
    seen = made.add_active("Seen")
    unseen = made.add("Unseen")
    made.post(unseen, NOW - timedelta(days=3))
    made.judge(unseen, Status.UNVERIFIABLE)
    assert measure_vitals(engine, NOW) == 1
    assert measure_vitals(engine, NOW) == 1
    with reading(engine) as s:
        (vitals,) = list_vitals(s).values()
    assert vitals.community_id == seen.community_id
    assert vitals.posts == 8
    assert vitals.contributors is None, "nobody was named"
