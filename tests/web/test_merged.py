"""After a merge every public address of the old record leads to the other, in every language."""

from __future__ import annotations

import pytest

from domain.people import Role
from store import merging, users
from store.engine import writing
from tests.web.kit import NOW

PAGES = [
    "",
    "/why",
    "/2026",
    "/badge",
    "/compared",
    "/badge.svg",
    "/badge.json",
    "/badge-shields.json",
    "/embed",
    "/correct",
    "/claim",
]


@pytest.fixture
def merge(engine, made):
    gone = made.add_active("Old List")
    kept = made.add_active("New List")
    with writing(engine) as s:
        user = users.add_user(s, name="Joan", address="joan@example.org", role=Role.LEAD, now=NOW)
        number = merging.merge(s, gone.community_id, kept.community_id, user_id=user.id, now=NOW)

    def undo():
        with writing(engine) as s:
            merging.undo(s, number, user_id=user.id, now=NOW)

    return undo


@pytest.mark.parametrize("locale", ["", "/fr", "/es", "/pt"])
@pytest.mark.parametrize("page", PAGES)
def test_each_page_of_the_old_record_leads_to_the_same_page_of_the_other(
    merge, visitor, page, locale
):
    moved = visitor.get(f"{locale}/c/old-list{page}")
    assert (moved.status_code, moved.location) == (301, f"{locale}/c/new-list{page}")
    assert visitor.get(moved.location).status_code == 200


@pytest.mark.parametrize("page", ["", "/activity", "/history"])
def test_programs_are_led_on_too_and_scripts_of_other_sites_may_follow(merge, visitor, page):
    moved = visitor.get(f"/api/v1/communities/old-list{page}")
    assert moved.location == f"/api/v1/communities/new-list{page}"
    assert (moved.status_code, moved.headers["Access-Control-Allow-Origin"]) == (301, "*")
    assert visitor.get(moved.location).json["id"] == "new-list"


def test_what_was_asked_for_goes_along(merge, visitor):
    assert visitor.get("/c/old-list?lang=fr").location.endswith("/c/new-list?lang=fr")


def test_a_form_that_was_open_at_the_merge_is_not_lost(merge, visitor):
    sent = visitor.client.post("/c/old-list/correct", data={"wrong": "Its name."})
    assert (sent.status_code, sent.location) == (308, "/c/new-list/correct")


def test_lists_and_downloads_name_the_other_record_only(merge, visitor):
    for path in ("/?activity=all", "/?q=old"):
        assert "/c/old-list" not in visitor.text(path)
    assert "/c/new-list" in visitor.text("/?activity=all")
    (shown,) = visitor.get("/api/v1/communities").json["communities"]
    assert shown["id"] == "new-list"


def test_a_merge_that_is_taken_back_gives_the_old_pages_back(merge, visitor):
    merge()
    for page in PAGES:
        assert visitor.get(f"/c/old-list{page}").status_code == 200
    assert visitor.get("/api/v1/communities/old-list").json["id"] == "old-list"
