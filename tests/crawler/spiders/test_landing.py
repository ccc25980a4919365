"""How the door of a closed platform is looked at."""

from __future__ import annotations

import pytest

from crawler.formats.html import read_html
from crawler.formats.landing import find_signs, read_landing
from crawler.spiders.landing import LandingSpider

URL = "https://childhealth.slack.com/"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "login_wall"),
        (400, "refused"),
        (401, "refused"),
        (403, "refused"),
        (999, "refused"),
        (404, "not_found"),
        (410, "gone"),
        (429, "rate_limited"),
        (500, "server_error"),
    ],
)
def test_no_status_is_seeing(web, status, outcome):
    page = "<html><head><title>Sign in</title></head><body>42 members</body></html>"
    visit = web.visit(LandingSpider, URL, {URL: web.answer(page, status)}, posts_known=7)
    assert visit.outcome == outcome
    assert visit.pages == []
    assert visit.asked == [URL]


def test_what_is_printed_goes_into_the_evidence(web):
    page = "<html><head><title>Child health</title></head><body>1,204 members</body></html>"
    visit = web.visit(LandingSpider, URL, {URL: web.answer(page)})
    evidence = visit.verdict.evidence
    assert (evidence["service"], evidence["landing_status"]) == ("Slack", "200")
    assert (evidence["title"], evidence["members"]) == ("Child health", "1,204 members")


def test_a_bot_check_is_called_one(web):
    page = "<html><head><title>Just a moment...</title></head><body></body></html>"
    assert web.visit(LandingSpider, URL, {URL: web.answer(page)}).outcome == "challenge"


def test_a_domain_of_a_customer_may_be_sold_and_that_of_a_service_not(web):
    page = "<html><body><h1>network.example.net is for sale</h1></body></html>"
    own = "https://network.example.net/"
    assert web.visit(LandingSpider, own, {own: web.answer(page)}).outcome == "parked"
    assert web.visit(LandingSpider, URL, {URL: web.answer(page)}).outcome == "login_wall"


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("1 204 members, 56 online", "1 204 members"),
        ("12.5K subscribers", "12.5K subscribers"),
        ("Groupe public · 3 400 membres", "3 400 membres"),
        ("for 5 to 9 year olds", ""),
    ],
)
def test_the_number_of_members_is_kept_in_the_pages_own_words(text, members):
    assert read_landing(read_html(f"<html><body>{text}</body></html>".encode())).members == members


def test_hivebrite_on_a_domain_of_its_own_is_known_by_its_cookie():
    soup = read_html(b"<html><body>Join</body></html>")
    cookie = {"set-cookie": "_hivebrite_session=abc; path=/; HttpOnly"}
    found = find_signs(soup, "https://network.example.org/", cookie)
    assert found is not None
    assert found[0] == "Hivebrite"
    assert find_signs(soup, "https://network.example.org/", {"set-cookie": "session=1"}) is None
