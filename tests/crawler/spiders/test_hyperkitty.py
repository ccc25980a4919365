"""How a HyperKitty list is visited: the history once, then only what changed."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from crawler.spiders.hyperkitty import HyperkittySpider
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.window import Window

ROOT = "https://lists.example.org/archives"
URL = f"{ROOT}/list/health@example.org/"
ACTIVITY = f"{URL}recent-activity"
EXPORT = f"{URL}export/health.mbox.gz"
API = f"{ROOT}/api/list/health@example.org/emails/?format=json"
DONE = ("history", "done")


def activity(**counts: int) -> str:
    """Counts of the 32 days up to the visit; days as `d0301=2`."""
    today = datetime(2026, 3, 4, tzinfo=UTC)
    days = [today - timedelta(days=n) for n in range(31, -1, -1)]
    rows = [{"date": f"{d:%Y-%m-%d}", "count": counts.get(f"d{d:%m%d}", 0)} for d in days]
    return json.dumps({"evolution": rows})


def email(number: int, date: str, parent: int | None = None) -> dict:
    def key(n: int) -> str:
        return base64.b32encode(hashlib.sha1(f"{n}@example.org".encode()).digest()).decode()

    return {
        "message_id": f"{number}@example.org",
        "message_id_hash": key(number),
        "thread": f"{ROOT}/api/list/health@example.org/thread/{key(parent or number)}/",
        "sender": {"address": "amina (a) example.org"},
        "sender_name": "Amina Test",
        "subject": f"Note {number}",
        "date": date,
    }


def emails(*rows: dict, count: int | None = None) -> str:
    return json.dumps({"count": count or len(rows), "next": None, "results": list(rows)})


def day(year: int, month: int, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.fixture
def archive(web):
    """A list that began in May 2024, with one message filed under 2001."""
    oldest = [email(n, f"2024-05-{n:02d}T10:00:00Z") for n in (2, 1)]
    return {
        ACTIVITY: web.answer(activity(d0302=1)),
        f"{API}&limit=1&offset=0": web.answer(emails(oldest[0], count=2)),
        f"{API}&limit=20&offset=0": web.answer(emails(*oldest)),
        f"{EXPORT}?end=2024-05-01": web.answer(
            web.pack(web.message(9, "Sun, 09 Sep 2001 01:46:40 +0000", "Mon May 12 14:02:00 2025"))
        ),
        f"{EXPORT}?start=2024-05-01&end=2025-05-01": web.answer(
            web.pack(
                web.message(1, "Wed, 01 May 2024 10:00:00 +0000", "Wed May  1 10:00:05 2024")
                + web.message(2, "Thu, 02 May 2024 10:00:00 +0000", "Thu May  2 10:00:05 2024")
            )
        ),
        f"{EXPORT}?start=2025-05-01": web.answer(
            web.pack(
                web.message(3, "Mon, 02 Mar 2026 10:00:00 +0000", "Mon Mar  2 10:00:05 2026")
                + web.message(4, "Tue, 19 Jan 2038 03:14:08 +0000", "Fri May  2 13:48:00 2025")
            )
        ),
    }


def read_first(web, table, **plan):
    return web.visit(HyperkittySpider, URL, table, **plan)


def known(web, recent: str = "2026-03-02=1", **plan):
    marks = (web.Mark(name="history", label="done"), web.Mark(name="recent", label=recent))
    return {"marks": marks, "covered_until": day(2026, 3, 3), "posts_known": 5, **plan}


def test_the_history_is_read_in_stretches_with_all_before_and_all_after(web, archive):
    visit = read_first(web, archive)
    assert visit.outcome == "read"
    assert set(visit.posts) == {f"{n}@example.org" for n in (1, 2, 3, 4, 9)}
    assert visit.seen == (Window(start=day(2024, 5), end=web.now),)
    assert visit.marks["history"].label == "done"
    assert visit.marks["recent"].label == "2026-03-02=1"


def test_messages_with_wrong_clocks_stand_where_they_were_archived(web, archive):
    posts = read_first(web, archive).posts
    assert posts["9@example.org"].at == datetime(2025, 5, 12, 14, 2, tzinfo=UTC)
    assert posts["4@example.org"].at == datetime(2025, 5, 2, 13, 48, tzinfo=UTC)


def test_a_kill_in_the_history_goes_on_with_the_next_stretch(web, archive):
    killed = read_first(web, archive, stop_after=2)
    assert killed.marks["history"].label == "2025-05"
    again = read_first(
        web,
        archive,
        marks=tuple(killed.marks.values()),
        posts_known=3,
        covered_until=day(2025, 5),
    )
    assert again.asked == [ACTIVITY, f"{EXPORT}?start=2025-05-01"]
    assert again.outcome == "read"
    assert set(again.posts) == {"3@example.org", "4@example.org"}
    assert again.marks["history"].label == "done"


def test_an_idle_visit_is_one_request_and_sees_up_to_twelve_hours_ago(web, archive):
    visit = read_first(web, {ACTIVITY: archive[ACTIVITY]}, **known(web))
    assert visit.outcome == "unchanged"
    assert visit.asked == [ACTIVITY]
    assert visit.seen == (Window(start=day(2026, 3, 3), end=web.now - timedelta(hours=12)),)


@pytest.mark.parametrize(
    ("counts", "start"),
    [
        ({"d0302": 1, "d0304": 1}, "2026-02-25"),
        ({"d0302": 2}, "2026-02-23"),
        ({"d0302": 1, "d0210": 1}, "2026-02-03"),
        ({}, "2026-02-23"),
    ],
    ids=["a new day", "one more", "a late one", "one fewer"],
)
def test_a_changed_day_is_read_with_the_week_before_it(web, counts, start):
    text = web.message(7, "Wed, 04 Mar 2026 10:00:00 +0000", "Wed Mar  4 10:00:05 2026")
    table = {
        ACTIVITY: web.answer(activity(**counts)),
        f"{EXPORT}?start={start}": web.answer(web.pack(text)),
    }
    visit = read_first(web, table, **known(web))
    assert visit.outcome == "read"
    assert visit.asked == [ACTIVITY, f"{EXPORT}?start={start}"]
    assert visit.seen == (Window(start=datetime.fromisoformat(f"{start}T00:00Z"), end=web.now),)
    assert set(visit.posts) == {"7@example.org"}


def test_the_first_visit_of_a_week_sees_up_to_now_for_the_weekly_report(web):
    """The counts lag twelve hours, in which the week that the report is about has ended."""
    table = {
        ACTIVITY: web.answer(activity(d0302=1)),
        f"{EXPORT}?start=2026-03-03": web.answer(web.pack("")),
    }
    monday = web.now - timedelta(hours=6)
    visit = read_first(web, table, **known(web, wanted_until=monday))
    assert visit.outcome == "read"
    assert visit.seen == (Window(start=day(2026, 3, 3), end=web.now),)
    long_ago = read_first(web, table, **known(web, wanted_until=day(2026, 3, 2)))
    assert long_ago.outcome == "unchanged"


def test_a_first_look_by_hand_reads_the_newest_only(web):
    table = {
        ACTIVITY: web.answer(activity(d0302=1)),
        f"{EXPORT}?start=2026-01-25": web.answer(web.pack("")),
    }
    assert read_first(web, table, newest_only=True).asked == list(table)


def test_after_a_long_outage_the_gap_is_read_though_no_count_shows_it(web):
    table = {
        ACTIVITY: web.answer(activity(d0302=1)),
        f"{EXPORT}?start=2025-12-25": web.answer(web.pack("")),
    }
    visit = read_first(web, table, **known(web, covered_until=day(2026, 1, 1)))
    assert visit.outcome == "read"
    assert visit.seen == (Window(start=day(2025, 12, 25), end=web.now),)


def test_a_cut_export_proves_nothing_and_is_asked_for_again(web):
    text = "".join(
        web.message(n, f"Wed, 04 Mar 2026 10:00:{n % 60:02d} +0000", "Wed Mar  4 10:01:00 2026")
        for n in range(100, 400)
    )
    table = {
        ACTIVITY: web.answer(activity(d0302=1, d0304=300)),
        f"{EXPORT}?start=2026-02-25": web.answer(web.pack(text)[:-900]),
    }
    visit = read_first(web, table, **known(web))
    assert visit.outcome == "partial"
    assert "100@example.org" in visit.posts
    assert visit.seen == ()
    assert "recent" not in visit.marks


def test_a_stretch_that_is_too_large_is_read_in_shorter_ones(web, archive):
    text = archive.pop(f"{EXPORT}?start=2024-05-01&end=2025-05-01")
    archive[f"{EXPORT}?start=2024-05-01&end=2025-05-01"] = Unparseable(
        Outcome.TOO_LARGE, "larger than we read"
    )
    archive[f"{EXPORT}?start=2024-05-01&end=2024-08-01"] = text
    archive[f"{EXPORT}?start=2024-08-01&end=2025-02-01"] = web.answer(web.pack(""))
    archive[f"{EXPORT}?start=2025-02-01&end=2026-02-01"] = web.answer(web.pack(""))
    archive[f"{EXPORT}?start=2026-02-01"] = archive[f"{EXPORT}?start=2025-05-01"]
    visit = read_first(web, archive)
    assert visit.outcome == "read"
    assert len(visit.posts) == 5
    assert visit.seen == (Window(start=day(2024, 5), end=web.now),)


def test_where_exports_are_off_the_api_gives_everything(web):
    rows = [email(n, f"2026-02-{n % 28 + 1:02d}T10:00:00Z", parent=1) for n in range(150, 0, -1)]
    table = {
        ACTIVITY: web.answer(activity()),
        f"{API}&limit=1&offset=0": web.answer(emails(rows[0], count=150)),
        f"{API}&limit=20&offset=130": web.answer(emails(*rows[130:], count=150)),
        f"{EXPORT}?end=2026-02-01": web.answer("Archive download disabled.", 400),
        f"{API}&limit=100&offset=0": web.answer(emails(*rows[:100], count=150)),
        f"{API}&limit=100&offset=95": web.answer(emails(*rows[95:], count=150)),
    }
    visit = read_first(web, table)
    assert visit.outcome == "read"
    assert len(visit.posts) == 150
    assert visit.posts["150@example.org"].reply_to == "1@example.org"
    assert visit.seen[-1].end == web.now
    assert visit.marks["history"].label == "done"


def test_exports_that_are_switched_off_in_the_middle_are_replaced_by_the_api(web, archive):
    killed = read_first(web, archive, stop_after=2)
    archive[f"{EXPORT}?start=2025-05-01"] = web.answer("Archive download disabled.", 400)
    rows = [email(3, "2026-03-02T10:00:00Z"), email(1, "2024-05-01T10:00:00Z")]
    archive[f"{API}&limit=100&offset=0"] = web.answer(emails(*rows))
    again = read_first(web, archive, marks=tuple(killed.marks.values()), posts_known=3)
    assert again.outcome == "read"
    assert set(again.posts) == {"1@example.org", "3@example.org"}
    assert again.marks["history"].label == "done"


def test_where_exports_are_off_new_messages_come_from_the_api(web):
    rows = [email(n, f"2026-03-04T{n % 10:02d}:00:00Z") for n in range(120, 100, -1)]
    old = [email(n, "2026-01-01T10:00:00Z") for n in range(100, 0, -1)]
    table = {
        ACTIVITY: web.answer(activity(d0302=1, d0304=20)),
        f"{EXPORT}?start=2026-02-25": web.answer("Archive download disabled.", 400),
        f"{API}&limit=100&offset=0": web.answer(emails(*rows, *old[:80], count=120)),
        f"{API}&limit=100&offset=95": web.answer(emails(*old[75:], count=120)),
    }
    visit = read_first(web, table, **known(web))
    assert visit.outcome == "read"
    assert "120@example.org" in visit.posts
    assert visit.seen == (Window(start=day(2026, 2, 25), end=web.now),)


def test_an_empty_list_is_empty_only_where_there_never_were_posts(web):
    table = {
        ACTIVITY: web.answer(activity()),
        f"{API}&limit=1&offset=0": web.answer('{"count": 0, "results": []}'),
    }
    visit = read_first(web, table)
    assert visit.outcome == "empty"
    assert visit.seen[-1].end == web.now - timedelta(hours=12)
    doubtful = read_first(web, table, posts_known=3)
    assert doubtful.outcome == "layout_changed"
    assert doubtful.pages == []


PRIVATE = (
    '<!DOCTYPE HTML><html><link href="/static/hyperkitty/x.css"><body>This mailing list is '
    "private. You must be subscribed to view the archives.</body></html>"
)


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        (PRIVATE, 403, "login_wall"),
        ("<html><title>Forbidden</title></html>", 403, "refused"),
        ("<html><head><title>Just a moment...</title></head></html>", 403, "challenge"),
        ("<html><title>Not Found</title></html>", 404, "not_found"),
        ("<html><form><input type='password' name='p'></form></html>", 200, "login_wall"),
        ("<html><title>Our new site</title></html>", 200, "layout_changed"),
        ('{"evolution": "none"}', 200, "layout_changed"),
        ("[]", 200, "layout_changed"),
    ],
)
def test_what_shows_no_counts_is_never_silence(web, body, status, outcome):
    visit = read_first(web, {ACTIVITY: web.answer(body, status)}, **known(web))
    assert visit.outcome == outcome
    assert visit.pages == []


def test_an_address_of_something_else_is_refused_before_any_request(web):
    visit = web.visit(HyperkittySpider, "https://lists.example.org/pipermail/health/", {})
    assert visit.outcome == "unparseable"
    assert visit.asked == []


def test_without_the_api_the_history_is_walked_from_before_any_such_archive(web):
    table = {
        ACTIVITY: web.answer(activity()),
        f"{EXPORT}?end=1998-01-01": web.answer(web.pack("")),
        f"{EXPORT}?start=1998-01-01&end=1999-01-01": web.answer(web.pack("")),
    }
    for year in range(1999, 2025, 2):
        url = f"{EXPORT}?start={year}-01-01&end={year + 2}-01-01"
        table[url] = web.answer(web.pack(""))
    text = web.message(3, "Mon, 02 Mar 2026 10:00:00 +0000", "Mon Mar  2 10:00:05 2026")
    table[f"{EXPORT}?start=2025-01-01"] = web.answer(web.pack(text))
    visit = read_first(web, table)
    assert visit.outcome == "read"
    assert set(visit.posts) == {"3@example.org"}
    assert len(visit.asked) == 18


@pytest.mark.parametrize(
    ("number", "outcome"), [(3, "read"), (7, "partial")], ids=["still there", "vanished"]
)
def test_an_export_reaches_back_to_the_newest_known_post_and_must_show_it(web, number, outcome):
    """The list was silent since January; an archive without its last post may hide new ones too."""
    posts = {
        3: web.message(3, "Mon, 05 Jan 2026 10:00:00 +0000", "Mon Jan  5 10:00:05 2026"),
        7: web.message(7, "Wed, 04 Mar 2026 10:00:00 +0000", "Wed Mar  4 10:00:05 2026"),
    }
    table = {
        ACTIVITY: web.answer(activity(d0304=1)),
        f"{EXPORT}?start=2025-12-29": web.answer(web.pack(posts[number])),
    }
    newest = datetime(2026, 1, 5, 10, tzinfo=UTC)
    visit = read_first(web, table, **known(web, recent="", newest_post_at=newest))
    assert visit.outcome == outcome
    assert bool(visit.seen) is (outcome == "read")
    assert ("recent" in visit.marks) is (outcome == "read")
    assert ("loss" in visit.marks) is (outcome == "partial")


def test_an_api_that_counts_far_fewer_messages_than_were_read_proves_nothing(web):
    rows = [email(n, "2026-03-04T10:00:00Z") for n in range(20, 0, -1)]
    old = [email(30, "2026-01-01T10:00:00Z")]
    table = {
        ACTIVITY: web.answer(activity(d0302=1, d0304=20)),
        f"{EXPORT}?start=2026-02-25": web.answer("Archive download disabled.", 400),
        f"{API}&limit=100&offset=0": web.answer(emails(*rows, *old, count=21)),
        f"{API}&limit=100&offset=95": web.answer(emails(*old, count=21)),
    }
    visit = read_first(web, table, **known(web, posts_known=500))
    assert "21 messages, but 500" in str(visit.error)
    assert (len(visit.posts), visit.seen) == (21, ())
    assert "recent" not in visit.marks
