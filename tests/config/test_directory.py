"""Directory files: what is taken over, and what is refused with line and reason."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from config.directory import load_directory, load_starter, read_directory, schema_text
from domain.errors import UsageError
from domain.records import FactLink, Membership, Platform

WHOLE = """
version = 1

[[communities]]
id = "child-health"
name = "Child health talk"
description = "A list on the health of children."
homepage = "https://child.example.org/"
host = "Example Health Trust"
founded = 1999
languages = ["en", "pt-BR"]
regions = ["Africa"]
topics = ["maternal-newborn-child"]
membership = "open"
scope = "core"
observable = "crawl"
followed_by = "child-forum"
owner_address = "owner@example.org"
evidence = [{ url = "https://child.example.org/about", supports = ["host", "founded"] }]

[[communities.sources]]
url = "https://lists.example.org/pipermail/child-health/"
platform = "pipermail"

[[communities.sources]]
url = "https://child.example.org/questions/"
platform = "recipe"
recipe = "questions"
tried = false

[[communities]]
id = "child-forum"
name = "Child forum"
"""

FIRST, SECOND = (
    WHOLE[: WHOLE.index(record)].count("\n") + 1
    for record in ('[[communities]]\nid = "child-health"', '[[communities]]\nid = "child-forum"')
)


def refused(text: str) -> str:
    with pytest.raises(UsageError) as error:
        read_directory(text, where="my.toml")
    assert error.value.where == "my.toml"
    assert error.value.to_do
    return error.value.what


def test_a_record_is_read_with_everything_that_it_says():
    first, second = read_directory(WHOLE, where="my.toml")
    assert (first.slug, first.name, first.line) == ("child-health", "Child health talk", FIRST)
    assert first.membership is Membership.OPEN
    assert (first.founded, first.languages) == (1999, ("en", "pt-BR"))
    assert first.evidence == (
        FactLink(url="https://child.example.org/about", supports=("host", "founded")),
    )
    assert [source.platform for source in first.sources] == [Platform.PIPERMAIL, Platform.RECIPE]
    assert [source.tried for source in first.sources] == [True, False]
    assert first.sources[1].recipe == "questions"
    assert (second.membership, second.founded, second.sources) == (Membership.UNKNOWN, None, ())


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('name = "Child forum"\n', "", SECOND, "'name' is a required property"),
        ('membership = "open"', 'membership = "anybody"', FIRST, "membership: 'anybody'"),
        ('scope = "core"', 'scop = "core"', FIRST, "'scop' was unexpected"),
        ("founded = 1999", 'founded = "1999"', FIRST, "founded: '1999' is not of type"),
        ('homepage = "https:', 'homepage = "ftp:', FIRST, "homepage: 'ftp:"),
        ('id = "child-forum"', 'id = "child-health"', SECOND, "'child-health' stands twice"),
        ('followed_by = "child-forum"', 'followed_by = "x"', FIRST, "which is not in this file"),
        ('platform = "recipe"', 'platform = "fax"', FIRST, "there is no platform 'fax'"),
        (
            'url = "https://child.example.org/questions/"',
            'url = "https://lists.example.org/pipermail/child-health/"',
            FIRST,
            "is watched twice",
        ),
    ],
)
def test_a_bad_record_is_refused_with_its_line_and_the_reason(
    old: str, new: str, line: int, reason: str
):
    assert old in WHOLE
    what = refused(WHOLE.replace(old, new))
    assert f"line {line}: " in what
    assert reason in what


def test_all_that_is_wrong_is_said_at_once():
    what = refused(WHOLE.replace("1999", "99999").replace('name = "Child forum"', "name = 3"))
    assert len(what.splitlines()) == 3


def test_what_is_no_toml_is_refused_with_the_line():
    assert "line 3" in refused("version = 1\n\n[[communities\n")


def test_a_file_of_another_version_is_refused():
    assert "version: 1 was expected" in refused(WHOLE.replace("version = 1", "version = 2"))


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        load_directory(tmp_path / "none.toml")


def test_the_published_schema_is_one():
    Draft202012Validator.check_schema(json.loads(schema_text()))


def test_the_starter_directory_keeps_to_the_form_and_says_what_is_known():
    listed = load_starter()
    assert len(listed) == 174
    assert all(one.description and one.evidence for one in listed)
    assert len({one.description for one in listed}) == len(listed)


def test_every_community_of_the_starter_that_can_be_crawled_has_a_source_with_an_adapter():
    crawlable = [one for one in load_starter() if one.observable == "crawl"]
    assert len(crawlable) == 55
    without = [one.slug for one in crawlable if not any(s.platform.crawled for s in one.sources)]
    assert without == []


def test_the_starter_names_no_person_and_no_mail_address():
    text = (files("config") / "directory.toml").read_text(encoding="utf-8")
    assert "owner_address" not in text
    names = [one["name"] for one in tomllib.loads(text)["communities"]]
    assert not any("@" in name for name in names)
