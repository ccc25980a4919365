"""Names, titles and links that strangers wrote, in every page and every file that shows them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import Engine

from domain.outcome import FlagKind, Outcome, Status
from domain.people import Role
from domain.records import Platform
from presentation.links import CONFIRM_PURPOSE, SignInLink, reader_token, sign_in_token
from store import readers, users
from store.engine import writing
from tests.web.kit import NOW, SECRET, Clock, Directory
from web.auth import local_path

SCRIPT = "<script>alert(1)</script>"
NAME = f'"><img src=x onerror=alert(1)>{SCRIPT}{{{{7*7}}}}'
FORMULAS = ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "\n=1", "＝1")
STARTS = ("=", "+", "-1", "@", "＝")
ADDRESSES = ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", " javascript:x")
LEADS_AWAY = (
    "//evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example",
    "/\t/evil.example", "/\n/evil.example", "///evil.example", "javascript:alert(1)",
    "/%09/..//evil.example\\", "http:evil.example", "evil.example", "\x00//evil.example",
)  # fmt: skip


class Markup(HTMLParser):
    """What a browser would run or follow in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script" and values.get("type") != "application/ld+json":
            self.scripts.append(values.get("src") or "inline")
        self.handlers += [name for name in values if name.startswith("on")]
        self.links += [values[name] or "" for name in ("href", "src", "action") if name in values]


@pytest.fixture
def hostile(made: Directory) -> str:
    """The slug of a community whose every text was written by somebody who means harm."""
    facts = {
        "url": "javascript:alert(1)",
        "description": SCRIPT,
        "topics": (SCRIPT, "malaria"),
        "regions": (NAME,),
        "languages": ("en", SCRIPT),
    }
    source = made.add_active(NAME, **facts)
    made.post(source, NOW - timedelta(hours=3), subject=SCRIPT)
    made.visit(
        source,
        Outcome.UNPARSEABLE,
        detail=SCRIPT,
        to_do=SCRIPT,
        new_url="javascript:alert(1)",
        evidence={"title": SCRIPT, "url": "javascript:alert(1)"},
    )
    made.flag(source, FlagKind.WENT_QUIET)
    other = made.add_silent("Silent")
    made.flag(other, FlagKind.WENT_QUIET)
    made.judge(source, Status.ACTIVE, last_post_at=NOW)
    return source.name


def test_no_page_runs_or_follows_what_a_stranger_wrote(hostile, visitor, sign_in):
    lead = sign_in("Lead Person", Role.LEAD)
    pages = [
        "/", f"/?q={SCRIPT}", f"/?topic={SCRIPT}", f"/c/{hostile}", f"/c/{hostile}/why",
        f"/c/{hostile}/2026", "/how", "/data", "/reports", "/subscribe", f"/login?next={SCRIPT}",
        "/review", "/review/1", "/runs", f"/runs/{hostile}", f"/attest/{hostile}", f"/{SCRIPT}",
    ]  # fmt: skip
    shown = 0
    for path in pages:
        page = lead.get(path, follow_redirects=True).get_data(as_text=True)
        seen = Markup(page)
        assert all(one.startswith("/static/") for one in seen.scripts), (path, seen.scripts)
        assert seen.handlers == [], path
        away = [link for link in seen.links if link.strip().lower().startswith(("java", "data:t"))]
        assert away == [], path
        shown += "&lt;script&gt;" in page
        assert "49" not in re.findall(r"onerror=alert\(1\)&gt;.*?(49|\{\{7)", page), path
    assert shown > 5


def test_linked_data_cannot_end_its_script(hostile, visitor):
    page = visitor.text(f"/c/{hostile}")
    data = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert data
    assert all(json.loads(one) for one in data)


def test_files_keep_what_a_stranger_wrote_as_text(hostile, visitor):
    ET.fromstring(visitor.get("/data/feeds.opml").data)
    svg = ET.fromstring(visitor.get(f"/c/{hostile}/badge.svg").data)
    assert not [one for one in svg.iter() if one.tag.endswith("script")]
    for path in ("/data/communities.json", "/api/v1/communities", f"/c/{hostile}/badge.json"):
        answer = visitor.get(path)
        assert answer.mimetype == "application/json", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_with_control_signs_does_not_spoil_the_files(made, visitor):
    source = made.add("Bell\x07 and \x1b[2J escape \x00", platform=Platform.FEED)
    made.visit(source, Outcome.READ)
    for path in ("/data/feeds.opml", "/changes.atom", f"/c/{source.name}/badge.svg"):
        ET.fromstring(visitor.get(path).data)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_the_open_data_is_a_formula(made, visitor, formula):
    made.add_active(f"{formula} x", description=formula, topics=(formula,))
    packed = zipfile.ZipFile(io.BytesIO(visitor.get("/data/dump.zip").data))
    for name in packed.namelist():
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(packed.read(name).decode())):
                assert not [
                    c for c in row if c.lstrip(" \n\r\t").startswith(("=", "+", "-1", "@", "＝"))
                ]


@pytest.mark.parametrize("path", LEADS_AWAY)
def test_a_sign_in_leads_nobody_to_another_site(path):
    led = local_path(path)
    assert led == "" or re.fullmatch(r"/[^/\\\s].*", led)


@pytest.mark.parametrize("link", ADDRESSES)
def test_a_word_on_record_links_only_to_the_web(made, curator, link):
    slug = made.add_active("Eye Health").name
    fields = {"seen_on": "2026-11-01", "link": link, "by": SCRIPT, "note": SCRIPT}
    curator.send(f"/attest/{slug}", page=f"/attest/{slug}", **fields)
    for path in (f"/attest/{slug}", f"/c/{slug}"):
        assert "javascript:" not in curator.text(path).lower()


# ---- sessions, codes, signed addresses ------------------------------------------------------


def test_what_lay_in_a_session_before_the_sign_in_is_gone_after_it(
    app, engine: Engine, make_user, visitor
):
    """Whoever planted a cookie in another's browser must find nothing of theirs in it after."""
    user = make_user()
    with visitor.client.session_transaction() as session:
        session["planted"] = "by somebody else"
        session["sign_in"] = {"address": user.address, "next": ""}
    with writing(engine) as s:
        users.save_code(s, user.id, "123456", NOW)
    assert visitor.send("/login/code", page="/login/code", code="123456").status_code == 303
    with visitor.client.session_transaction() as session:
        assert "planted" not in session
        assert "device" in session


def test_codes_cannot_be_guessed_however_many_are_asked_for(
    engine: Engine, make_user, clock: Clock
):
    """After so many wrong tries in a day only the link of the mail signs in."""
    user = make_user()
    tries = 0
    for hour in range(23):
        moment = NOW + timedelta(hours=hour)
        with writing(engine) as s:
            users.save_code(s, user.id, "123456", moment)
            for _ in range(users.CODE_TRIES - 1):
                tries += 1
                assert users.use_code(s, user.address, "000000", moment) is None
    assert tries > 2 * users.TRIES_PER_DAY
    with writing(engine) as s:
        assert users.use_code(s, user.address, "123456", moment) is None
        assert users.use_code(s, user.address, "123456", moment, by_link=True) == user
    later = NOW + timedelta(days=3)
    with writing(engine) as s:
        users.save_code(s, user.id, "123456", later)
        assert users.use_code(s, user.address, "123456", later) == user


def test_a_signed_address_is_good_for_one_thing_and_one_person(engine: Engine, app, visitor):
    with writing(engine) as s:
        reader = readers.ask(s, "amina@example.org", readers.Choices(), NOW)
        readers.confirm(s, reader.id, NOW)
    own = reader_token(SECRET, reader)
    confirm = reader_token(SECRET, reader, CONFIRM_PURPOSE)
    sign_in = sign_in_token(SECRET, SignInLink(user_id=1, expires_at=NOW + timedelta(days=1)))
    assert visitor.get(f"/mail/{own}").status_code == 200
    wrong = [
        f"/mail/{confirm}", f"/mail/{sign_in}", f"/stop/{sign_in}", f"/subscribe/{own}",
        f"/login/link/{own}", f"/login/link/{confirm}", f"/mail/{own}x", f"/mail/{own[:-1]}",
        f"/mail/{own.swapcase()}", "/mail/" + "." * 50, "/mail/" + "A" * 3000,
    ]  # fmt: skip
    assert {path: visitor.get(path).status_code for path in wrong} == dict.fromkeys(wrong, 410)
    with writing(engine) as s:
        readers.forget(s, reader.id)
        again = readers.ask(s, "zola@example.org", readers.Choices(), NOW)
    assert visitor.get(f"/mail/{own}").status_code == 410
    assert reader_token(SECRET, again) != own


# ---- caches, frames -------------------------------------------------------------------------


def test_no_cache_keeps_a_page_of_a_person_for_another(hostile, visitor, curator):
    for path in ("/review", "/review/1", "/login", "/login/code", "/subscribe"):
        answer = curator.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
    for path in ("/", f"/c/{hostile}", "/data/communities.csv"):
        assert "Set-Cookie" not in visitor.get(path).headers, path


@pytest.mark.parametrize(
    "header", ["Host", "X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL"]
)
def test_no_header_of_the_question_gets_into_an_answer_that_is_kept(hostile, visitor, header):
    for path in ("/", f"/c/{hostile}", "/data/communities.json", "/changes.atom", "/review"):
        answer = visitor.get(path, headers={header: "evil.example"})
        assert b"evil.example" not in answer.data, path
        assert "evil.example" not in answer.headers.get("Location", ""), path


def test_no_page_stands_in_a_frame_of_others(visitor, curator):
    for browser, path in ((visitor, "/"), (visitor, "/login"), (curator, "/review/1")):
        answer = browser.get(path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_only_the_line_for_other_sites_stands_in_a_frame_and_holds_no_form(hostile, visitor):
    answer = visitor.get(f"/c/{hostile}/embed")
    assert "X-Frame-Options" not in answer.headers
    assert b"<form" not in answer.data
    assert "Set-Cookie" not in answer.headers
