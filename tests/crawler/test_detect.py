"""What is behind an address: the adapter that is surest, and the archive behind a home page."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import pytest

from crawler.base import ArchiveSpider, Fetched
from crawler.detect import detect_platform, list_leads, read_version
from crawler.order import Probed
from crawler.plan import CrawlPlan
from crawler.probe import probe_address
from domain.outcome import Outcome
from domain.records import Platform
from tests.samples.shown import load_cases
from tests.table_web import NOW, answer, serve

SAMPLES = Path(__file__).parents[1] / "samples"
MATCHES = [
    (platform.value, url, sample)
    for platform in Platform
    if platform.crawled
    for url, sample in load_cases(platform.value).matches
]
HOME = """<html><head><title>Child health network</title>
<meta name="generator" content="Some Builder 3.1"></head><body>
<a href="/about">About us</a> <a href="/report.pdf">Archive of reports</a>
<a href="https://lists.example.org/pipermail/child-health/">Read the archive</a>
<a href="/forum/#top">Forum</a> <a href="mailto:list@example.org">Mailing list</a>
</body></html>"""
PIPERMAIL = (SAMPLES / "pipermail/normal/index.html").read_text()
FEED = (SAMPLES / "feed/normal/feed.xml").read_bytes()
URL = "https://child.example.org/"


def fetched(url: str, body: bytes | str, **headers: str) -> Fetched:
    return Fetched(
        url=url,
        asked=url,
        status=200,
        headers=headers,
        body=body.encode() if isinstance(body, str) else body,
        fetched_at=NOW,
    )


def probe(table: dict, url: str = URL) -> tuple[Probed, list[str]]:
    asked: list[str] = []

    def load_spider(plan: CrawlPlan) -> ArchiveSpider:
        module = importlib.import_module(f"crawler.spiders.{plan.platform}")
        kind = next(
            thing
            for thing in vars(module).values()
            if isinstance(thing, type)
            and issubclass(thing, ArchiveSpider)
            and thing is not ArchiveSpider
        )
        spider: ArchiveSpider = kind(plan=plan, clock=lambda: NOW)
        serve(spider, table, now=NOW, asked=asked)
        return spider

    return asyncio.run(probe_address(url, load_spider, NOW)), asked


@pytest.mark.parametrize(("platform", "url", "sample"), MATCHES)
def test_a_page_goes_to_its_own_adapter_and_to_no_other(platform: str, url: str, sample: str):
    evidence = detect_platform(fetched(url, (SAMPLES / sample).read_bytes()))
    assert evidence is not None
    assert evidence.platform == platform


def test_a_home_page_names_what_may_be_an_archive_the_likeliest_first():
    assert list_leads(fetched(URL, HOME)) == (
        "https://lists.example.org/pipermail/child-health/",
        "https://child.example.org/forum/",
    )


def test_from_a_home_page_the_archive_behind_it_is_found():
    archive = "https://lists.example.org/pipermail/child-health/"
    found, asked = probe({URL: answer(HOME), archive: answer(PIPERMAIL)})
    assert found.platform is Platform.PIPERMAIL
    assert found.watch_url == archive
    assert found.why[0] == f"the page leads to {archive}"
    assert found.version == "Some Builder 3.1"
    assert found.title == "Child health network"
    assert asked[:2] == [URL, archive]


def test_a_feed_that_a_home_page_names_is_taken_where_there_is_nothing_better():
    page = HOME.replace(
        "</head>", '<link rel="alternate" type="application/rss+xml" href="/news.xml"></head>'
    )
    feed = "https://child.example.org/news.xml"
    found, _ = probe({URL: answer(page), feed: answer(FEED)})
    assert (found.platform, found.watch_url, found.outcome) == (
        Platform.FEED,
        feed,
        Outcome.READ,
    )
    assert found.feeds == (feed,)
    assert found.newest[0].at == max(post.at for post in found.newest if post.at)
    assert found.robots == "let us in"


def test_a_page_that_leads_nowhere_is_nothing_that_we_know():
    found, asked = probe({URL: answer("<html><body><h1>Our town</h1></body></html>")})
    assert (found.platform, found.outcome) == (None, Outcome.UNPARSEABLE)
    assert found.to_do
    assert asked == [URL]


def test_a_login_is_said_and_not_taken_for_an_archive():
    found, _ = probe({URL: answer("<h1>401</h1>", 401)})
    assert (found.platform, found.outcome) == (None, Outcome.REFUSED)


@pytest.mark.parametrize(
    ("page", "version"),
    [
        (fetched(URL, HOME), "Some Builder 3.1"),
        (fetched(URL, FEED.replace(b"<channel>", b"<channel><generator>X 2</generator>")), "X 2"),
        (fetched(URL, "<html></html>", **{"x-generator": "Drupal 10"}), "Drupal 10"),
        (fetched(URL, "<html></html>", **{"x-powered-by": "PHP/8"}), ""),
    ],
)
def test_the_software_is_named_as_it_names_itself(page: Fetched, version: str):
    assert read_version(page) == version


def test_a_news_page_with_the_words_of_a_forum_in_its_style_is_no_forum():
    page = (
        "<html><head><style>#bbpress-forums{margin:0} .phpbb{}</style></head>"
        "<body><article>News: bbpress-forums, Discourse, LISTSERV.</article></body></html>"
    )
    assert detect_platform(fetched(URL, page)) is None
