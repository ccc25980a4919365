"""What is loaded for many at once is what is loaded for each alone."""

from datetime import UTC, datetime, timedelta

from domain.records import DateBasis, KeyedPage, KeyedPost, Mark, Platform
from domain.window import Coverage, CoverageKind, Window
from store.engine import reading, writing
from store.known import SourceFacts, load_counts, load_facts
from store.posts import count_posts, load_coverage, load_daily_counts, newest_post_at, save_page
from store.sources import add_community, add_source, list_marks

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)


def fill(engine) -> list[tuple[int, int]]:
    """Three sources, each of a community: busy, quiet for long, never read. Gives both ids."""
    ids = []
    with writing(engine) as s:
        for number, days in enumerate(((1, 1, 2, 80, 91, 400), (500, 900), ())):
            home = add_community(s, slug=f"c{number}", name=f"c{number}", now=NOW)
            source = add_source(
                s,
                community_id=home.id,
                name=f"s{number}",
                url=f"https://example.org/{number}",
                platform=Platform.FEED,
                now=NOW,
            )
            posts = [
                KeyedPost(key=bytes([n]) * 16, at=NOW - timedelta(days=day), basis=DateBasis.SENT)
                for n, day in enumerate(days)
            ]
            posts += [KeyedPost(key=b"?" * 16, at=None, basis=DateBasis.UNKNOWN)] if days else []
            seen = [
                Coverage(start=SINCE, end=NOW, kind=CoverageKind.COMPLETE),
                Coverage(start=SINCE - timedelta(days=9), end=SINCE, kind=CoverageKind.PARTIAL),
            ]
            marks = (Mark(name="index", etag='"1"'), Mark(name="2026", label="text 3 KB"))
            page = KeyedPage(posts=tuple(posts), coverage=tuple(seen), marks=marks)
            save_page(s, source.id, page if days else KeyedPage(), now=NOW)
            ids.append((source.id, home.id))
    return ids


def test_the_facts_of_many_sources_are_those_of_each(engine):
    sources = [source for source, _ in fill(engine)]
    with reading(engine) as s:
        facts = load_facts(s, sources, since=SINCE)
        alone = {
            source: SourceFacts(
                marks=list_marks(s, source),
                coverage=load_coverage(s, source),
                posts=count_posts(s, source),
                recent=count_posts(s, source, since=SINCE),
                newest_post_at=newest_post_at(s, source),
            )
            for source in sources
        }
    assert facts == alone
    assert [facts[source].posts for source in sources] == [7, 3, 0]
    assert [facts[source].recent for source in sources] == [4, 0, 0]


def test_a_source_that_was_never_read_has_no_newest_post(engine):
    with reading(engine) as s:
        assert load_facts(s, [99], since=SINCE) == {99: SourceFacts()}


def test_the_counts_of_many_communities_are_those_of_each(engine):
    homes = [home for _, home in fill(engine)]
    window = Window(start=NOW - timedelta(days=400), end=NOW)
    with reading(engine) as s:
        assert load_counts(s, homes, window) == {
            home: load_daily_counts(s, home, window) for home in homes
        }
        assert len(load_counts(s, homes, window)[homes[0]]) == 5
