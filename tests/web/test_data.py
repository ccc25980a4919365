"""The data to take away is whole, valid, free of people, and honest about what was not seen."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import timedelta
from xml.etree import ElementTree as ET

import listparser
import pytest

from domain.outcome import Status
from domain.records import FactLink, Membership, Platform
from presentation.badges import COLOURS, GREY
from tests.web.kit import NOW, Browser, Clock, Directory

FILES = (
    "/data/communities.csv",
    "/data/sources.csv",
    "/data/months.csv",
    "/data/evidence.csv",
    "/data/communities.json",
    "/data/datapackage.json",
    "/data/feeds.opml",
    "/data/dump.zip",
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_says_what_the_page_says(made: Directory, visitor: Browser) -> None:
    made.add_active("Child Health", languages=["en", "fr"], founded=2006, host="Institute")
    (row,) = rows(visitor.text("/data/communities.csv"))
    assert (row["id"], row["status"], row["languages"]) == ("child-health", "active", "en fr")
    assert (row["last_post_on"], row["last_checked_on"]) == ("2026-11-22", "2026-11-23")
    assert (row["founded"], row["host"], row["listed"]) == ("2006", "Institute", "true")


def test_a_month_that_nobody_saw_is_empty_and_not_zero(made: Directory, visitor: Browser) -> None:
    source = made.add("Young")
    made.post(source, NOW - timedelta(days=3))
    made.see(source, NOW - timedelta(days=53))
    months = {row["month"]: row["posts"] for row in rows(visitor.text("/data/months.csv"))}
    assert months["2026-11"] == "1"
    assert months["2026-01"] == ""


def test_the_tables_have_the_columns_that_their_description_names(
    made: Directory, visitor: Browser
) -> None:
    made.add("One", evidence=[FactLink(url="https://a.example.org", supports=("host",))])
    package = json.loads(visitor.text("/data/datapackage.json"))
    assert package["licenses"][0]["name"] == "CC0-1.0"
    for resource in package["resources"]:
        table = visitor.text(f"/data/{resource['path']}")
        columns = [field["name"] for field in resource["schema"]["fields"]]
        assert next(csv.reader(io.StringIO(table))) == columns


def test_the_dump_holds_every_table_and_its_description(made: Directory, visitor: Browser) -> None:
    made.add("One")
    with zipfile.ZipFile(io.BytesIO(visitor.get("/data/dump.zip").get_data())) as file:
        package = json.loads(file.read("datapackage.json"))
        paths = {resource["path"] for resource in package["resources"]}
        assert set(file.namelist()) == paths | {"datapackage.json"}
        assert len(rows(file.read("sources.csv").decode())) == 1


def test_feeds_can_be_read_by_a_feed_reader(made: Directory, visitor: Browser) -> None:
    made.add("Feed & Co", platform=Platform.FEED)
    made.add("Réseau", platform=Platform.FEED)
    made.add("List")
    read = listparser.parse(visitor.get("/data/feeds.opml").get_data())
    assert (read.bozo, read.meta.title) == (False, "Communities of practice")
    assert [(feed.title, feed.url) for feed in read.feeds] == [
        ("Feed & Co", "https://lists.example.org/feed-co/"),
        ("Réseau", "https://lists.example.org/r-seau/"),
    ]


@pytest.mark.parametrize("path", FILES)
def test_no_file_names_an_owner_and_each_can_be_asked_for_again(
    path: str, made: Directory, visitor: Browser
) -> None:
    made.add_active("One", owner_address="owner@example.org")
    answer = visitor.get(path)
    assert b"owner@" not in answer.get_data()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["ETag"]


def test_no_cell_is_a_formula_for_a_spreadsheet(made: Directory, visitor: Browser) -> None:
    made.add("=HYPERLINK(1)")
    (row,) = rows(visitor.text("/data/communities.csv"))
    assert row["name"] == "'=HYPERLINK(1)"


def test_an_unknown_table_is_no_page(visitor: Browser) -> None:
    assert visitor.get("/data/users.csv").status_code == 404


def linked(page: str) -> dict[str, object]:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    found = json.loads(block)
    assert isinstance(found, dict)
    return found


def test_search_engines_read_what_it_is_and_how_to_join(made: Directory, visitor: Browser) -> None:
    made.add(
        "Eye </script> Health",
        url="https://eye.example.org/join",
        membership=Membership.OPEN,
        topics=["ncd"],
    )
    found = linked(visitor.text("/c/eye-script-health"))
    assert (found["@type"], found["name"]) == ("Organization", "Eye </script> Health")
    assert found["potentialAction"] == {
        "@type": "JoinAction",
        "target": "https://eye.example.org/join",
    }
    assert linked(visitor.text("/data"))["@type"] == "DataCatalog"


def test_nobody_is_told_to_join_what_cannot_be_joined(made: Directory, visitor: Browser) -> None:
    made.add("Staff", url="https://staff.example.org", membership=Membership.STAFF_ONLY)
    assert "potentialAction" not in linked(visitor.text("/c/staff"))


def test_a_badge_says_the_word_with_its_date_in_three_forms(
    made: Directory, visitor: Browser
) -> None:
    made.add_active("One")
    told = "active, last post 22 Nov 2026"
    picture = ET.fromstring(visitor.text("/c/one/badge.svg"))
    assert picture.attrib["aria-label"] == f"community: {told}"
    plain = json.loads(visitor.text("/c/one/badge.json"))
    assert (plain["message"], plain["stale"]) == (told, False)
    shields = json.loads(visitor.text("/c/one/badge-shields.json"))
    assert shields == {
        "schemaVersion": 1,
        "label": "community",
        "message": told,
        "color": COLOURS["active"].lstrip("#"),
    }


def test_a_badge_goes_grey_by_itself_when_our_look_is_old(
    made: Directory, visitor: Browser, clock: Clock
) -> None:
    made.add_active("One")
    clock.now = NOW + timedelta(days=61)
    badge = json.loads(visitor.text("/c/one/badge.json"))
    assert badge["message"] == "not checked since 23 Nov 2026"
    assert (badge["colour"], badge["stale"]) == (GREY, True)


def test_a_badge_speaks_the_language_of_its_address(
    made: Directory, visitor: Browser, clock: Clock
) -> None:
    made.add_active("One")
    french = json.loads(visitor.text("/fr/c/one/badge.json"))
    assert (french["label"], french["message"]) == (
        "communauté",
        "active, dernier message le 22 nov. 2026",
    )
    assert "comunidad: activa, " in visitor.text("/es/c/one/badge.svg")
    assert "/fr/c/one/badge.svg" in visitor.text("/fr/c/one/badge")
    clock.now += timedelta(days=61)
    old = json.loads(visitor.text("/pt/c/one/badge.json"))
    assert (old["message"], old["stale"]) == ("não verificada desde 23 nov. 2026", True)


def test_a_badge_of_what_cannot_be_seen_claims_nothing(made: Directory, visitor: Browser) -> None:
    made.add("One")
    assert json.loads(visitor.text("/c/one/badge.json"))["message"] == "not checked yet"
    assert visitor.get("/c/nobody/badge.svg").status_code == 404


def test_a_badge_of_an_inactive_community_says_so(made: Directory, visitor: Browser) -> None:
    source = made.add_silent("Old", days=500)
    made.judge(source, Status.INACTIVE, last_post_at=NOW - timedelta(days=500))
    assert json.loads(visitor.text("/c/old/badge.json"))["message"].startswith("inactive, last")
