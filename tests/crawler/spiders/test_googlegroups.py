"""How a group at Google is looked at: one request, no post, no coverage, whatever it shows."""

from __future__ import annotations

import pytest

from crawler.formats.googlegroups import is_dead_feed, read_address
from crawler.spiders.googlegroups import GooglegroupsSpider
from tests.samples.googlegroups.cases import GROUP, OLD

VISIBLE = (
    "<html><head><title>x</title></head><body><script>AF_initDataCallback({key: 'ds:6', hash: '1',"
    'data:[null,0,[[[0,"Ab","Zinc",null,null,[1772539200,1]]]],null], sideChannel: {}});</script>'
    "</body></html>"
)


@pytest.mark.parametrize("url", [GROUP, *OLD])
def test_a_visible_group_is_there_and_still_cannot_be_seen_inside(web, url):
    visit = web.visit(GooglegroupsSpider, url, {GROUP: web.answer(VISIBLE)}, posts_known=3)
    assert visit.asked == [GROUP]
    assert visit.outcome == "refused"
    assert "mailbox" in visit.verdict.to_do
    assert visit.verdict.evidence["newest_conversation"] == "2026-03-03"
    assert visit.pages == []


def test_an_address_of_a_feed_is_told_to_be_dead(web):
    feed = "https://groups.google.com/forum/feed/child-health/msgs/rss_v2_0.xml?num=15"
    visit = web.visit(GooglegroupsSpider, feed, {GROUP: web.answer(VISIBLE)})
    assert "none since 2021" in visit.verdict.evidence["feed"]
    assert [is_dead_feed(url) for url in OLD] == [False, False, False, False, True, True]
    assert not is_dead_feed("https://lists.example.org/group/x/feed/rss.xml")


def test_a_group_that_is_not_for_visitors_is_a_wall(web):
    table = {GROUP: web.answer("<html></html>", final="https://accounts.google.com/ServiceLogin")}
    visit = web.visit(GooglegroupsSpider, GROUP, table)
    assert visit.outcome == "login_wall"
    assert "sign-in" in visit.verdict.detail


def test_a_group_that_is_gone_is_not_found(web):
    assert web.visit(GooglegroupsSpider, GROUP, {}).outcome == "not_found"


def test_a_group_of_an_organisation_keeps_its_domain():
    url = "https://groups.google.com/a/example.org/forum/#!topic/nurses/Ab"
    assert read_address(url) == "https://groups.google.com/a/example.org/g/nurses"


def test_another_address_at_google_is_no_group(web):
    visit = web.visit(GooglegroupsSpider, "https://groups.google.com/my-groups", {})
    assert visit.outcome == "unparseable"
    assert visit.asked == []
