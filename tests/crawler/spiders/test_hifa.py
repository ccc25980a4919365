"""How a list of HIFA's message pages is visited."""

from __future__ import annotations

from datetime import timedelta

from crawler.spiders.hifa import HifaSpider
from tests.samples.hifa.cases import LIST, PER_PAGE, SITE, build_archive, make_messages, write_list
from tests.table_web import NOW


def test_a_later_visit_opens_only_the_newest_messages(web):
    archive = build_archive(NOW)
    visit = web.visit(
        HifaSpider,
        LIST,
        dict(archive.pages),
        marks=(web.Mark(name="older", label="done"),),
        covered_until=NOW - timedelta(hours=6),
        posts_known=archive.posts,
        newest_post_at=archive.last_at,
    )
    newest = make_messages(NOW)[-1]
    assert visit.asked == [LIST, f"{SITE}/dgroups-rss/{newest.slug}"]
    assert visit.outcome == "read"
    assert visit.seen[-1].end == NOW


def test_a_list_without_days_is_opened_until_what_is_known(web):
    archive = build_archive(NOW)
    messages = make_messages(NOW)
    pages = dict(archive.pages)
    text = write_list(messages[::-1][:PER_PAGE], page=0, more=False)
    for message in messages:
        text = text.replace(f"<span>{message.day}</span>", "")
    pages[LIST] = web.answer(text)
    visit = web.visit(
        HifaSpider,
        LIST,
        pages,
        marks=(web.Mark(name="older", label="done"),),
        covered_until=NOW - timedelta(hours=6),
        posts_known=archive.posts,
        newest_post_at=archive.last_at,
    )
    assert len(visit.asked) == 3
    assert visit.outcome == "read"


def test_a_message_that_is_gone_still_counts_for_its_day(web):
    archive = build_archive(NOW)
    newest = make_messages(NOW)[-1]
    pages = dict(archive.pages)
    del pages[f"{SITE}/dgroups-rss/{newest.slug}"]
    visit = web.visit(HifaSpider, LIST, pages)
    assert len(visit.posts) == archive.posts
    assert max(post.at for post in visit.posts.values()) == archive.last_at


def test_two_messages_that_share_an_address_are_two(web):
    archive = build_archive(NOW)
    earlier = web.visit(HifaSpider, LIST, dict(archive.pages)).posts
    later = web.visit(
        HifaSpider,
        LIST,
        {
            url: web.answer(page.body.decode().replace("2026", "2025"))
            for url, page in archive.pages.items()
        },
    ).posts
    assert earlier.keys() != later.keys()


def test_a_first_look_opens_few_messages(web):
    archive = build_archive(NOW)
    visit = web.visit(HifaSpider, LIST, dict(archive.pages), newest_only=True)
    assert len(visit.asked) == 6


def test_a_page_of_the_site_without_messages_is_not_silence(web):
    page = "<html><body><h1>Forum</h1><p>Welcome</p></body></html>"
    visit = web.visit(HifaSpider, LIST, {LIST: web.answer(page)}, posts_known=9)
    assert visit.outcome == "layout_changed"
    assert visit.pages == []
