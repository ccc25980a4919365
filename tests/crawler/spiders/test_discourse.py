"""Discourse: both ways of paging, categories, imports, walls, and what a visit costs."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from crawler.canaries import Held, LookBack, LookedBack, judge_total
from crawler.formats.discourse import read_address
from crawler.plan import CrawlPlan
from crawler.spiders.discourse import DiscourseSpider
from domain.canary import Check, CheckResult
from domain.outcome import Outcome
from domain.records import Platform
from domain.window import Window
from tests.samples.discourse.cases import SITE, Site, write_post, write_posts, write_talk
from tests.table_web import NOW, answer, serve

CATEGORY = f"{SITE}/c/midwives/5"


def ids(rows):
    return {
        f"forum.example.org-topic-{row['topic_id']}"
        if row["post_number"] == 1
        else f"forum.example.org-post-{row['id']}"
        for row in rows
    }


def again(web, first, site, **plan):
    """A visit after `first`, which remembers what that one saw."""
    dated = [post.at for post in first.posts.values() if post.at]
    known = {
        "marks": tuple(first.marks.values()),
        "covered_until": first.seen[-1].end,
        "posts_known": len(first.posts),
        "newest_post_at": max(dated, default=None),
    }
    return web.visit(DiscourseSpider, plan.pop("url", f"{SITE}/"), site, **(known | plan))


def test_a_first_reading_costs_a_request_for_fifty_posts(web):
    rows = [
        write_post(
            3 + 2 * n,
            web.now - timedelta(hours=2 * (14_299 - n)),
            topic=n // 7 + 1,
            place=n % 7 + 1,
        )
        for n in range(14_299)
    ]
    visit = web.visit(DiscourseSpider, f"{SITE}/", Site(rows), request_budget=10_000)
    assert visit.outcome == "read"
    assert len(visit.posts) == 14_299
    assert len(visit.asked) == 288 < 3_676 / 10, "286 of posts, one past the end, one of totals"
    assert visit.verdict.evidence["declared"] == "14339"


def test_nothing_new_costs_one_request(web):
    site = Site(write_talk(web.now))
    first = web.visit(DiscourseSpider, f"{SITE}/", site)
    quiet = again(web, first, site, now=web.now + timedelta(days=3))
    assert quiet.asked == [f"{SITE}/posts.json"]
    assert quiet.seen[-1].end == web.now + timedelta(days=3)


@pytest.mark.parametrize("gap", [1, 3, 40, 49, 50, 51, 400])
def test_old_and_new_paging_give_the_same_posts(web, gap):
    """Between public posts lie others: private messages, of which old versions show none."""
    rows = [
        write_post(5 + gap * n, web.now - timedelta(days=40 - n), topic=n // 3 + 1, place=n % 3 + 1)
        for n in range(40)
    ]
    for windowed in (False, True):
        visit = web.visit(DiscourseSpider, f"{SITE}/", Site(rows, windowed=windowed))
        assert visit.posts.keys() == ids(rows), windowed
        assert visit.seen == (Window(start=web.now - timedelta(days=40), end=web.now),), windowed
        assert visit.marks["older"].label == "done"


def test_where_an_old_version_shows_nothing_first_the_newest_topic_leads_on(web):
    class Mailing(Site):
        highest = 900  # the newest numbers are all private messages

    rows = write_talk(web.now, topics=20)
    visit = web.visit(DiscourseSpider, f"{SITE}/", Mailing(rows, windowed=True))
    assert visit.posts.keys() == ids(rows)
    assert visit.asked[:3] == [f"{SITE}/posts.json", f"{SITE}/latest.json", f"{SITE}/t/20.json"]


def test_topics_without_any_post_are_not_an_empty_site(web):
    site = Site(write_talk(web.now, topics=2))
    site.more[f"{SITE}/posts.json"] = web.answer(write_posts([]))
    site.more[f"{SITE}/posts.json?before=18"] = web.answer(write_posts([]))
    assert web.visit(DiscourseSpider, f"{SITE}/", site).outcome == "unparseable"


def test_an_imported_mail_archive_does_not_hide_what_was_written_before_it(web):
    """Imported posts have high numbers and old dates."""
    live = write_talk(web.now, topics=30)
    site = Site([row for row in live if row["id"] < 60])
    before = web.now - timedelta(days=34)
    first = web.visit(DiscourseSpider, f"{SITE}/", site, now=before)
    imported = [
        write_post(
            1_000 + n,
            datetime(1996, 1, 1, tzinfo=UTC) + timedelta(days=n),
            topic=500 + n,
            category=9,
            stored_at=web.now - timedelta(hours=1),
        )
        for n in range(300)
    ]
    second = again(web, first, Site([*live, *imported]))
    assert first.posts.keys() | second.posts.keys() == ids([*live, *imported])
    assert len(second.asked) == 7, "six pages of the import, one down to what was known before"


def test_an_imported_archive_counts_as_seen_only_when_it_is_read(web):
    imported = [
        write_post(
            10 + n,
            datetime(2001, 1, 1, tzinfo=UTC) + timedelta(days=7 * n),
            topic=n + 1,
            stored_at=web.now - timedelta(days=2),
        )
        for n in range(120)
    ]
    site = Site(imported)
    killed = web.visit(DiscourseSpider, f"{SITE}/", site, stop_after=2)
    assert killed.seen == (Window(start=web.now - timedelta(days=2), end=web.now),)
    visit = again(web, killed, site)
    assert killed.posts.keys() | visit.posts.keys() == ids(imported)
    assert visit.seen[0].start == datetime(2001, 1, 1, tzinfo=UTC)


def test_an_edit_changes_neither_date_nor_what_was_seen(web):
    rows = write_talk(web.now, topics=10)
    rows[0] |= {"updated_at": "2026-03-04T11:00:00.000Z"}
    visit = web.visit(DiscourseSpider, f"{SITE}/", Site(rows))
    assert min(post.at for post in visit.posts.values()) == web.now - timedelta(days=19, hours=5)
    assert visit.seen[0].start == web.now - timedelta(days=19, hours=5)


def test_a_category_counts_its_own_posts_and_those_below_it(web):
    rows = write_talk(web.now)
    for row in rows:
        row["category_id"] = (5, 9, 6, 9)[row["topic_id"] % 4]
    site = Site(rows)
    visit = web.visit(DiscourseSpider, CATEGORY, site)
    wanted = [row for row in rows if row["category_id"] in (5, 6)]
    assert visit.posts.keys() == ids(wanted)
    assert visit.marks["categories"].label == "5 6"
    assert visit.asked[:3] == [
        f"{CATEGORY}/l/latest.json",
        f"{SITE}/site.json",
        f"{SITE}/posts.json",
    ]
    quiet = again(web, visit, site, url=CATEGORY, now=web.now + timedelta(days=2))
    assert quiet.asked == [f"{CATEGORY}/l/latest.json"]
    assert quiet.outcome == "unchanged"
    assert quiet.seen[-1].end == web.now + timedelta(days=2)
    assert quiet.posts == {}


def test_what_is_new_in_a_category_is_read_although_others_wrote_more(web):
    rows = write_talk(web.now)
    for row in rows:
        row["category_id"] = 5
    first = web.visit(DiscourseSpider, CATEGORY, Site(rows))
    now = web.now + timedelta(days=4)
    new = [
        write_post(1_000 + n, now - timedelta(minutes=200 - n), topic=90 + n, category=9)
        for n in range(130)
    ]
    new[3] |= {"category_id": 6, "user_id": 3}
    second = again(web, first, Site([*rows, *new]), url=CATEGORY, now=now)
    assert second.outcome == "read"
    assert second.posts.keys() - first.posts.keys() == ids([new[3]])
    assert second.seen == (Window(start=second.seen[0].start, end=now),)
    assert second.seen[0].start <= web.now
    assert f"{SITE}/site.json" not in second.asked


def test_a_post_that_the_cache_held_back_is_not_lost(web):
    rows = [row | {"category_id": 5} for row in write_talk(web.now)]
    first = web.visit(DiscourseSpider, CATEGORY, Site(rows))
    late = write_post(999, web.now - timedelta(seconds=30), topic=61)
    second = again(web, first, Site([*rows, late]), url=CATEGORY, now=web.now + timedelta(days=1))
    assert ids([late]) <= second.posts.keys()


def test_a_category_that_is_closed_or_gone_is_not_silent(web):
    rows = [row | {"category_id": 5} for row in write_talk(web.now)]
    site = Site(rows)
    first = web.visit(DiscourseSpider, CATEGORY, site)
    wall = {"errors": ["no"], "error_type": "invalid_access"}
    site.more[f"{CATEGORY}/l/latest.json"] = web.answer(json.dumps(wall), 403)
    assert again(web, first, site, url=CATEGORY).outcome == "refused"
    site.more[f"{CATEGORY}/l/latest.json"] = web.answer("", 404)
    assert again(web, first, site, url=CATEGORY).outcome == "not_found"


def test_a_category_that_the_site_does_not_list_is_not_found(web):
    site = Site(write_talk(web.now))
    site.categories = site.categories[2:]
    assert web.visit(DiscourseSpider, CATEGORY, site).outcome == "not_found"


def test_rows_that_tell_no_category_are_not_a_silent_category(web):
    rows = write_talk(web.now)
    site = Site(rows)
    plain = [{key: row[key] for key in row if key != "category_id"} for row in rows]
    site.more[f"{SITE}/posts.json"] = web.answer(write_posts(plain))
    visit = web.visit(DiscourseSpider, CATEGORY, site)
    assert visit.outcome == "unparseable"
    assert visit.coverage == []


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (('{"errors": ["no"], "error_type": "not_logged_in"}', 403), "login_wall"),
        (("<h1>Forbidden</h1>", 403), "refused"),
        (("Slow down, you're making too many requests.", 429), "rate_limited"),
        (('{"errors": ["no"], "error_type": "rate_limit"}', 200), "rate_limited"),
        (("<html><title>Just a moment...</title></html>", 403), "challenge"),
        (('{"latest_posts": [{"id": "x"}]}', 200), "unparseable"),
    ],
)
def test_what_is_no_list_of_posts_is_never_silence(web, given, outcome):
    visit = web.visit(DiscourseSpider, f"{SITE}/", {f"{SITE}/posts.json": web.answer(*given)})
    assert visit.outcome == outcome
    assert visit.pages == []


def test_a_site_that_leads_to_its_login_is_a_wall(web):
    page = "<html><title>Exchange</title><body class='login-page'></body></html>"
    table = {f"{SITE}/posts.json": web.answer(page, final=f"{SITE}/login")}
    visit = web.visit(DiscourseSpider, f"{SITE}/", table, posts_known=4, covered_until=web.now)
    assert visit.outcome == "login_wall"


def test_a_site_is_empty_only_where_it_lists_no_topics_either(web):
    visit = web.visit(DiscourseSpider, f"{SITE}/", Site([]))
    assert visit.outcome == "empty"
    lost = web.visit(DiscourseSpider, f"{SITE}/", Site([]), posts_known=9, covered_until=web.now)
    assert lost.outcome == "partial"
    assert lost.coverage == []


@pytest.mark.parametrize(
    ("url", "watched", "asked"),
    [
        ("https://x.example.org", "https://x.example.org/", "posts.json"),
        ("https://x.example.org/posts.rss", "https://x.example.org/", "posts.json"),
        (
            "https://x.example.org/f/t/nets/12/4?u=amina#x",
            "https://x.example.org/f/",
            "f/posts.json",
        ),
        (
            "https://x.example.org/c/a/b/35.rss",
            "https://x.example.org/c/a/b/35",
            "c/a/b/35/l/latest.json",
        ),
        ("https://x.example.org/c/b", "https://x.example.org/c/b", "c/b/l/latest.json"),
        (
            "https://x.example.org/c/a/b/35/l/top?page=2",
            "https://x.example.org/c/a/b/35",
            "c/a/b/35/l/latest.json",
        ),
    ],
)
def test_addresses_lead_to_the_site_or_to_a_category(url, watched, asked):
    address = read_address(url)
    assert address.url == watched
    assert address.entry_url == f"https://x.example.org/{asked}"


def test_a_total_that_counts_private_messages_only_bounds_what_we_hold():
    def judge(declared: int, held: int) -> CheckResult:
        seen = LookedBack(source_id=1, outcome=Outcome.READ, declared=declared, at_most=True)
        canary = judge_total(seen, Held(platform=Platform.DISCOURSE, posts=held, known=9))
        assert canary.check is Check.TOTAL
        return canary.result

    assert judge(1_000, 400) is CheckResult.OK
    assert judge(300, 400) is CheckResult.FAILED


def look_back(url, table, **plan):
    """What a look back sees, and what it asks for."""
    spider = DiscourseSpider(
        plan=CrawlPlan(
            source_id=1,
            community_id=1,
            name="test",
            url=url,
            platform=Platform.DISCOURSE,
            now=NOW,
            **plan,
        ),
        clock=lambda: NOW,
    )
    asked: list[str] = []
    serve(spider, table, now=NOW, asked=asked)
    wanted = LookBack(plan=spider.plan, secret_key=b"x", urls=(f"{SITE}/t/question-1/1/1",))
    return asyncio.run(spider.look_back(wanted)), asked


def test_a_look_back_asks_for_the_newest_posts_and_the_total():
    rows = write_talk(NOW)
    sighting, asked = look_back(f"{SITE}/", Site(rows), posts_known=len(rows), covered_until=NOW)
    assert {post.post_id for post in sighting.posts} == ids(rows[-50:])
    assert (sighting.declared, sighting.at_most) == (len(rows) + 40, True)
    assert asked == [f"{SITE}/posts.json", f"{SITE}/about.json"]


def test_a_look_back_at_a_quiet_category_still_looks_for_an_old_post():
    rows = [row | {"category_id": 5 if row["topic_id"] == 1 else 9} for row in write_talk(NOW)]
    site = Site(rows)
    page = f"{SITE}/t/question-1/1/1"
    site.more[page] = answer("<html><title>Question 1</title><p>Hello</p></html>")
    sighting, asked = look_back(CATEGORY, site, posts_known=2, covered_until=NOW)
    assert sighting.posts == ()
    assert sighting.answered == page
    assert len(asked) == 4


def test_of_a_site_that_holds_several_lists_the_topics_of_one_are_read(web):
    rows = [
        {
            **write_post(n, web.now - timedelta(hours=200 - n), topic=n // 4, place=n % 4 + 1),
            "topic_slug": ("e-med-une-question", "e-medicine", "e-drug-prices", "e-med")[
                n // 4 % 4
            ],
        }
        for n in range(4, 164)
    ]
    wanted = [row for row in rows if row["topic_slug"] in ("e-med-une-question", "e-med")]
    url = f"{SITE}/#topics=e-med"
    first = web.visit(DiscourseSpider, url, Site(rows))
    assert first.posts.keys() == ids(wanted)
    assert len(wanted) == 80
    assert "declared" not in first.verdict.evidence
    later = again(web, first, Site(rows), url=url, now=web.now + timedelta(days=3))
    assert later.outcome in ("read", "unchanged")
    assert later.seen[-1].end == web.now + timedelta(days=3)
    assert later.posts.keys() <= first.posts.keys()
