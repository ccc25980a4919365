"""The made-up HyperKitty archive: as the real one shows itself, quirks included."""

from __future__ import annotations

import gzip
import json
import mailbox
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from lxml import etree, html

from demo.content import Rhythm, Spell, build_history
from demo.hyperkitty import HyperkittySite, message_hash

NOW = datetime(2026, 3, 9, 17, 20, tzinfo=UTC)
ANCHOR = NOW.replace(hour=0, minute=0)
RHYTHM = Rhythm(spells=(Spell(days=150, gap_days=1.1),))
BASE = "/archives/list/clinics@lists.example.org/"
API = "/archives/api/list/clinics@lists.example.org/"
URL = "http://127.77.0.3:8000"


def posts(until=ANCHOR):
    return build_history(RHYTHM, slug="clinics", language="en", anchor=ANCHOR, until=until, seed=7)


def site(messages=None, *, now=NOW, private=False):
    return HyperkittySite(
        "clinics",
        posts() if messages is None else messages,
        now=now,
        base_url=URL,
        description="Clinics & wards",
        private=private,
    )


def export(archive, tmp_path, **query):
    answer = archive.answer(f"{BASE}export/all.mbox.gz", query)
    path = tmp_path / "export.mbox"
    path.write_bytes(gzip.decompress(answer.body))
    with closing(mailbox.mbox(path)) as box:
        return list(box)


def read(archive, path, **query):
    return json.loads(archive.answer(path, query).body)


def test_the_whole_export_holds_every_post_once_with_its_head(tmp_path):
    mails = {mail["Message-ID"].strip("<>"): mail for mail in export(site(), tmp_path)}
    assert sorted(mails) == sorted(post.message_id for post in posts())
    for post in posts():
        mail = mails[post.message_id]
        assert parsedate_to_datetime(mail["Date"]) == post.at
        assert post.author.address in mail["From"]
        assert (mail["In-Reply-To"] or "").strip("<>") == (post.parents[-1:] or ("",))[0]
        assert mail["References"] is None
        assert mail.get_content_type() == "multipart/mixed"


def test_an_export_begins_with_its_start_and_ends_before_its_end(tmp_path):
    mails = export(site(), tmp_path, start="2026-01-10", end="2026-02-10")
    window = [post for post in posts() if date(2026, 1, 10) <= post.at.date() < date(2026, 2, 10)]
    assert [mail["Message-ID"] for mail in mails] == [f"<{post.message_id}>" for post in window]
    assert len(window) > 20


def test_an_export_escapes_lines_that_begin_like_an_envelope():
    text = gzip.decompress(site().answer(f"{BASE}export/x.mbox.gz", {}).body)
    assert text.count(b"\n>From what we saw") > 0
    assert text.count(b"\nFrom ") == len(posts()) - 1


def test_an_export_of_an_empty_month_is_an_empty_file(tmp_path):
    assert export(site(), tmp_path, start="2020-01-01", end="2020-02-01") == []


def test_bad_dates_in_an_export_are_refused():
    answer = site().answer(f"{BASE}export/x.mbox.gz", {"start": "soon"})
    assert (answer.status, answer.body) == (400, b"Invalid dates")


def test_exports_and_activity_carry_no_validators():
    for path in ("export/x.mbox.gz", "recent-activity"):
        assert site().answer(BASE + path, {}).etag is None


def test_recent_activity_counts_the_last_days_up_to_its_cached_moment():
    answer = site().answer(f"{BASE}recent-activity", {})
    assert answer.content_type == "application/javascript"
    evolution = json.loads(answer.body)["evolution"]
    assert len(evolution) == 32
    assert evolution[-1]["date"] == "2026-03-09"
    counts = Counter(post.at.date().isoformat() for post in posts())
    for day in evolution[1:]:
        assert day["count"] == counts[day["date"]]


def test_recent_activity_is_up_to_twelve_hours_old():
    later = NOW + timedelta(days=1)
    grown = posts(until=later)
    noon = later.replace(hour=12, minute=0)
    today = read(site(grown, now=later), f"{BASE}recent-activity")["evolution"][-1]
    assert today == {
        "date": "2026-03-10",
        "count": sum(noon.date() == post.at.date() and post.at < noon for post in grown),
    }


def test_the_overview_carries_the_marks_by_which_it_is_known():
    page = html.fromstring(site().answer(BASE, {}).body)
    assert page.xpath("//link[@type='application/rss+xml']/@href") == [f"{BASE}feed/"]
    assert page.xpath("//*[@class='list-name']/text()") == ["clinics"]
    assert any("hyperkitty/libs/fonts" in link for link in page.xpath("//link/@href"))
    months = page.xpath("//ul[@class='months-list']//a/@href")
    assert months[0] == f"{BASE}2026/3/"
    assert months[-1] == f"{BASE}2025/10/"


def test_a_month_page_lists_the_threads_that_were_active_in_it():
    inside = [post for post in posts() if (post.at.year, post.at.month) == (2026, 1)]
    page = html.fromstring(site().answer(f"{BASE}2026/1/", {}).body)
    links = page.xpath("//div[@class='thread']/a/@href")
    assert len(links) == len({post.root for post in inside})
    assert f"{len({post.author for post in inside})} participants" in page.text_content()
    assert all(site().answer(link, {}).status == 200 for link in links)
    assert site().answer(f"{BASE}2026/13/", {}) is None


def test_the_feed_shows_the_newest_thirty_with_full_width_at_signs():
    answer = site().answer(f"{BASE}feed/", {})
    items = etree.fromstring(answer.body).findall(".//item")
    newest = posts()[:-31:-1]
    assert [parsedate_to_datetime(item.findtext("pubDate", "")) for item in items] == [
        post.at for post in newest
    ]
    assert [item.findtext("link", "") for item in items] == [
        f"{URL}{BASE}message/{message_hash(post.message_id)}/" for post in newest
    ]
    assert all("\uff20example.org" in item.findtext("author", "") for item in items)


def test_the_api_pages_through_all_messages_newest_first():
    seen, offset = [], 0
    while True:
        page = read(site(), f"{API}emails/", format="json", limit="25", offset=str(offset))
        assert page["count"] == len(posts())
        seen += [record["message_id"] for record in page["results"]]
        offset += 25
        if page["next"] is None:
            break
        assert page["next"] == f"{URL}{API}emails/?format=json&limit=25&offset={offset}"
    assert seen == [post.message_id for post in reversed(posts())]


def test_the_api_gives_ten_messages_unless_told_otherwise():
    assert len(read(site(), f"{API}emails/")["results"]) == 10


def test_an_api_record_tells_date_thread_parent_and_hidden_address():
    reply = next(post for post in posts() if post.parents)
    record = read(site(), f"{API}email/{message_hash(reply.message_id)}/")
    assert datetime.fromisoformat(record["date"]) == reply.at
    assert record["sender"]["address"] == reply.author.address.replace("@", " (a) ")
    assert record["thread"].endswith(f"/thread/{message_hash(reply.root)}/")
    assert record["parent"].endswith(f"/email/{message_hash(reply.parents[-1])}/")
    thread = read(site(), f"{API}thread/{message_hash(reply.root)}/emails/", limit="100")
    assert reply.message_id in {one["message_id"] for one in thread["results"]}


def test_the_api_counts_threads_and_lists():
    roots = [post for post in posts() if not post.parents]
    assert read(site(), f"{API}threads/")["count"] == len(roots)
    assert read(site(), "/archives/api/lists/")["results"][0]["name"] == "clinics@lists.example.org"
    assert read(site(), API)["emails"] == f"{URL}{API}emails/"


@pytest.mark.parametrize(
    "path", [BASE, f"{BASE}feed/", f"{BASE}export/x.mbox.gz", f"{BASE}recent-activity", API]
)
def test_a_private_list_refuses_everything(path):
    answer = site(private=True).answer(path, {})
    assert answer.status == 403
    assert b"This mailing list is private" in answer.body


def test_a_private_list_is_not_in_the_api_s_table():
    assert read(site(private=True), "/archives/api/lists/")["count"] == 0


def test_an_empty_list_answers_with_nothing_in_it(tmp_path):
    archive = site(())
    assert export(archive, tmp_path) == []
    assert read(archive, f"{API}emails/")["count"] == 0
    assert archive.answer(BASE, {}).status == 200
    assert etree.fromstring(archive.answer(f"{BASE}feed/", {}).body).findall(".//item") == []


@pytest.mark.parametrize(
    ("message_id", "name"),
    [
        # From Mailman's own documentation of X-Message-ID-Hash.
        ("ant", "MS6QLWERIJLGCRF44J7USBFDELMNT2BW"),
        ("first", "4CMWUN6BHVCMHMDAOSJZ2Q72G5M32MWB"),
    ],
)
def test_message_hashes_are_those_of_the_software(message_id, name):
    assert message_hash(message_id) == name
