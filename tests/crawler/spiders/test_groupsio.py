"""How a group at Groups.io is visited: its walls, its pager, its old addresses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.spiders.groupsio import GroupsioSpider
from tests.samples.groupsio.cases import GROUP, MESSAGES, build_archive, make_talk, write_page
from tests.table_web import NOW

LOGIN = (
    "<html><head><link rel='stylesheet' href='/css/groupsio.css?v=6'><title>Log In</title></head>"
    "<body><form method='POST' action='/login'><input name='email'>"
    "<input name='password' type='password'></form></body></html>"
)


def newest_page(total: int = 3, **changes: tuple[str, str]) -> str:
    text = write_page(make_talk(NOW)[::-1][:3], first=1, total=total)
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


def test_an_idle_visit_is_one_request(web):
    archive = build_archive(NOW)
    visit = web.visit(
        GroupsioSpider,
        GROUP,
        dict(archive.pages),
        marks=(web.Mark(name="older", label="done"),),
        covered_until=NOW - timedelta(hours=1),
        posts_known=archive.posts,
        newest_post_at=archive.last_at,
    )
    assert visit.asked == [MESSAGES]
    assert visit.outcome == "read"
    assert visit.seen[-1].end == NOW


def test_a_login_form_at_a_group_never_read_is_a_wall(web):
    visit = web.visit(GroupsioSpider, GROUP, {MESSAGES: web.answer(LOGIN)})
    assert visit.outcome == "login_wall"
    assert "members only" in visit.error.what
    assert visit.pages == []


def test_an_archive_that_was_public_and_is_private_now_is_said_to_be_so(web):
    table = {MESSAGES: web.answer(LOGIN, final="https://lists.example.org/login?r=%2Fg%2Fx")}
    visit = web.visit(
        GroupsioSpider, GROUP, table, posts_known=47, covered_until=NOW - timedelta(days=3)
    )
    assert visit.outcome == "login_wall"
    assert "was public" in visit.error.what
    assert "never opens one again" in visit.error.what
    assert visit.coverage == []


def test_being_rate_limited_with_status_200_ends_the_visit(web):
    text = (
        "<html><head><link rel='stylesheet' href='/css/groupsio.css?v=6'></head>"
        "<body>You have been rate limited.</body></html>"
    )
    visit = web.visit(GroupsioSpider, GROUP, {MESSAGES: web.answer(text)}, posts_known=5)
    assert visit.outcome == "rate_limited"


@pytest.mark.parametrize(
    "url", ["http://dgroups.org/partner/group", "https://www.dgroups.org/partner/group/login"]
)
def test_an_address_of_the_old_dgroups_is_gone_and_costs_no_request(web, url):
    visit = web.visit(GroupsioSpider, url, {})
    assert visit.outcome == "gone"
    assert "moved or was closed" in visit.error.what
    assert "dgroups.io" in visit.error.to_do
    assert visit.asked == []


def test_what_a_writer_puts_into_a_message_is_not_taken_for_a_message(web):
    visit = web.visit(GroupsioSpider, GROUP, {MESSAGES: web.answer(newest_page())})
    assert set(visit.posts) == {"858", "859", "860"}
    assert visit.outcome == "read"


def test_a_page_far_shorter_than_it_says_proves_nothing(web):
    text = newest_page(total=47).replace("1 - 3 of 47", "1 - 20 of 47")
    visit = web.visit(GroupsioSpider, GROUP, {MESSAGES: web.answer(text)})
    assert visit.outcome == "partial"
    assert len(visit.posts) == 3
    assert visit.seen == ()


def test_a_greyed_arrow_leads_nowhere_and_a_missing_one_is_made_good(web):
    last = web.visit(GroupsioSpider, GROUP, {MESSAGES: web.answer(newest_page())})
    assert last.asked == [MESSAGES]
    text = newest_page(total=6).replace("fa-chevron-right", "an-arrow")
    rest = write_page(make_talk(NOW)[::-1][3:6], first=4, total=6, page=2)
    table = {MESSAGES: web.answer(text), f"{MESSAGES}&page=2": web.answer(rest)}
    assert len(web.visit(GroupsioSpider, GROUP, table).posts) == 6


def test_an_address_without_a_group_is_refused_before_any_request(web):
    visit = web.visit(GroupsioSpider, "https://lists.example.org/helpcenter", {})
    assert visit.outcome == "unparseable"
    assert "/g/NAME" in visit.error.what
