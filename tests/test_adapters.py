"""What every adapter owes: headings, samples, names, addresses; and no real people in samples."""

from __future__ import annotations

import gzip
import importlib
import re
import tomllib
import zlib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

import crawler.spiders
from crawler.base import ArchiveSpider, Evidence, Fetched
from domain.records import Platform
from tests.samples.shown import load_cases

SAMPLES = Path(__file__).parent / "samples"
CRAWLED = sorted(platform.value for platform in Platform if platform.crawled)
HEADINGS = (
    "Recognise",
    "Read",
    "Window",
    "Identity",
    "Dates",
    "Manners",
    "Known lies",
    "Samples",
)
KINDS = {"normal", "empty", "other_platform", "must_fail"}
CASES = sorted(path.parent for path in SAMPLES.glob("*/*/meta.toml"))
INPUTS = sorted(
    path
    for path in SAMPLES.glob("*/*/*")
    if path.name not in {"meta.toml", "expected.json"} and (path.parent / "meta.toml").is_file()
)
ADDRESS = re.compile(r"[\w.+-]+(?:@| at | \(a\) )([\w-]+(?:\.[\w-]+)+)")
HOST = re.compile(r"https?://([\w.-]+)")
OURS = re.compile(r"(?:^|\.)example\.(?:org|com|net)$")
# Names of formats, not places that anybody visits.
FORMAT_HOSTS = {"purl.org", "www.w3.org", "jsonfeed.org", "www.sitemaps.org"}
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def load_spider(platform: str) -> ModuleType:
    return importlib.import_module(f"crawler.spiders.{platform}")


def recognise(platform: str, url: str, sample: str) -> Evidence | None:
    page = Fetched(
        url=url,
        asked=url,
        status=200,
        headers={},
        body=(SAMPLES / sample).read_bytes(),
        fetched_at=NOW,
    )
    return load_spider(platform).recognise(page)


def read_sample(path: Path) -> str:
    body = path.read_bytes()
    if body[:2] == b"\x1f\x8b":
        body = zlib.decompressobj(wbits=31).decompress(body)
    return body.decode("utf-8", "replace")


def test_every_crawled_platform_has_its_file_and_its_samples_and_nothing_else_has():
    folder = Path(crawler.spiders.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == set(CRAWLED)
    assert {path.parent.name for path in SAMPLES.glob("*/cases.py")} == set(CRAWLED)


@pytest.mark.parametrize("platform", CRAWLED)
def test_a_platform_file_holds_one_spider_with_the_platforms_name(platform: str):
    spiders = [
        thing
        for thing in vars(load_spider(platform)).values()
        if isinstance(thing, type)
        and issubclass(thing, ArchiveSpider)
        and thing is not ArchiveSpider
    ]
    assert [spider.name for spider in spiders] == [platform]
    assert spiders[0].__bases__ == (ArchiveSpider,)


@pytest.mark.parametrize("platform", CRAWLED)
def test_the_docstring_has_the_fixed_headings_in_order(platform: str):
    lines = (load_spider(platform).__doc__ or "").splitlines()
    found = [line for line in lines if line in HEADINGS]
    assert tuple(found) == HEADINGS


@pytest.mark.parametrize("platform", CRAWLED)
def test_the_docstring_names_the_samples_that_exist(platform: str):
    text = (load_spider(platform).__doc__ or "").split("\nSamples\n")[1]
    named = {name.strip() for name in text.strip().rstrip(".").split(",")}
    existing = {case.name for case in CASES if case.parent.name == platform}
    assert named == existing
    assert existing >= KINDS


@pytest.mark.parametrize("platform", CRAWLED)
def test_a_platform_file_stays_small(platform: str):
    module = load_spider(platform)
    source = Path(module.__file__ or "").read_text()
    code = source.replace(module.__doc__ or "", "")
    assert len(code.splitlines()) <= 300


@pytest.mark.parametrize(
    ("platform", "url", "sample"),
    [(name, *match) for name in CRAWLED for match in load_cases(name).matches],
)
def test_a_page_of_the_platform_is_recognised(platform: str, url: str, sample: str):
    evidence = recognise(platform, url, sample)
    assert evidence is not None
    assert evidence.platform == platform
    assert evidence.why
    assert evidence.url == load_cases(platform).canonical.get(url, url)


@pytest.mark.parametrize(
    ("platform", "url", "sample"),
    [(name, *match) for name in CRAWLED for match in load_cases(name).no_matches],
)
def test_a_page_of_something_else_is_not_recognised(platform: str, url: str, sample: str):
    assert recognise(platform, url, sample) is None


def test_a_page_that_names_a_feed_is_likely_to_belong_to_it():
    evidence = recognise(
        "feed",
        "https://lists.example.org/archives/list/child-health@lists.example.org/",
        "pipermail/other_platform/hyperkitty.html",
    )
    assert evidence is not None
    assert evidence.certainty == "likely"
    assert evidence.url.endswith("/archives/list/child-health@lists.example.org/feed/")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_sample_says_where_it_comes_from(case: Path):
    meta = tomllib.loads((case / "meta.toml").read_text())
    assert {"address", "date", "version", "made", "fetched_at"} <= meta.keys()
    files = {given["file"] for given in meta["inputs"]}
    assert files == {path.name for path in case.iterdir()} - {"meta.toml", "expected.json"}


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_sample_has_no_real_address_in_it(path: Path):
    text = read_sample(path)
    known = FORMAT_HOSTS | load_cases(path.parts[-3]).software_hosts
    hosts = {*ADDRESS.findall(text), *HOST.findall(text)} - known
    assert [host for host in hosts if not OURS.search(host)] == []


def test_packed_samples_are_looked_into():
    packed = next(path for path in INPUTS if path.suffix == ".gz" and "normal" in path.parts)
    assert read_sample(packed) == gzip.decompress(packed.read_bytes()).decode()
    assert "@" in read_sample(packed)
