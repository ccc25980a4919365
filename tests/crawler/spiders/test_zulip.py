"""Zulip: open channels only, one of them by its address, and walls that are not silence."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from crawler.spiders.zulip import ZulipSpider, messages_url
from domain.window import Window
from tests.samples.zulip.cases import CHAT, REFUSAL, Chat, write_message, write_page, write_talk

URL = f"{CHAT}/"


def test_nothing_new_costs_one_request(web):
    chat = Chat(write_talk(web.now))
    first = web.visit(ZulipSpider, URL, chat)
    assert (len(first.posts), len(first.asked)) == (360, 2)
    quiet = web.visit(
        ZulipSpider,
        URL,
        chat,
        now=web.now + timedelta(days=5),
        marks=tuple(first.marks.values()),
        covered_until=web.now,
        posts_known=360,
    )
    assert quiet.asked == [messages_url(URL)]
    assert quiet.seen[-1].end == web.now + timedelta(days=5)


def test_one_channel_is_read_alone(web):
    messages = write_talk(web.now)
    visit = web.visit(ZulipSpider, f"{CHAT}/#narrow/stream/8-water/topic/x", Chat(messages))
    mine = [message for message in messages if message["stream_id"] == 8]
    assert len(visit.posts) == len(mine) < len(messages)


def test_messages_of_the_servers_own_bots_are_seen_and_not_counted(web):
    bot = write_message(999, web.now - timedelta(hours=1), user=2, sender_realm_str="zulipinternal")
    visit = web.visit(ZulipSpider, URL, Chat([bot]))
    assert visit.outcome == "read"
    assert visit.posts == {}
    assert visit.seen == (Window(start=web.now - timedelta(hours=1), end=web.now),)


def test_a_resolved_topic_is_the_same_thread(web):
    messages = [
        write_message(n, web.now - timedelta(hours=9 - n), topic=topic)
        for n, topic in enumerate(["Nets", "✔ nets", "Water"])
    ]
    visit = web.visit(ZulipSpider, URL, Chat(messages))
    assert len({post.reply_to for post in visit.posts.values()}) == 2


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ((json.dumps(REFUSAL), 401), "login_wall"),
        (
            ('{"result": "error", "msg": "No such channel", "code": "BAD_NARROW"}', 400),
            "unparseable",
        ),
        (("<h1>Unauthorized</h1>", 401), "refused"),
        ((write_page([], oldest=False), 200), "unparseable"),
    ],
)
def test_what_shows_no_messages_is_never_silence(web, given, outcome):
    visit = web.visit(ZulipSpider, URL, {messages_url(URL): web.answer(*given)})
    assert visit.outcome == outcome
    assert visit.pages == []


def test_open_channels_without_messages_are_empty(web):
    assert web.visit(ZulipSpider, URL, Chat([])).outcome == "empty"
    lost = web.visit(ZulipSpider, URL, Chat([]), posts_known=4, covered_until=web.now)
    assert lost.outcome == "partial"
