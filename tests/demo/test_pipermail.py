"""The made-up Pipermail archive: as the real one shows itself, quirks included."""

from __future__ import annotations

import gzip
import mailbox
import re
from contextlib import closing
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime

import pytest
from lxml import html

from demo.content import Rhythm, Spell, build_history
from demo.pipermail import Manner, PipermailSite
from domain.window import Month

NOW = datetime(2026, 3, 9, 10, tzinfo=UTC)
RHYTHM = Rhythm(spells=(Spell(days=150, gap_days=1.5),))
BASE = "/pipermail/clinics/"


def posts(language="en"):
    return build_history(RHYTHM, slug="clinics", language=language, anchor=NOW, until=NOW, seed=7)


def site(messages=None, *, language="en", now=NOW, **manner):
    messages = posts(language) if messages is None else messages
    return PipermailSite("clinics", messages, now=now, language=language, manner=Manner(**manner))


def index_of(archive):
    return html.fromstring(archive.answer(BASE, {}).body)


def files_of(archive):
    links = index_of(archive).xpath("//a/@href")
    return [link for link in links if ".txt" in link]


def read_month(archive, name, tmp_path):
    body = archive.answer(BASE + name, {}).body
    path = tmp_path / name
    path.write_bytes(gzip.decompress(body) if name.endswith(".gz") else body)
    with closing(mailbox.mbox(path)) as box:
        mails = list(box)
    # Python's reader takes a body line that begins with "From " for an envelope.
    split = [mail for mail in mails if mail["Message-ID"] is None]
    assert all(mail.get_from().startswith("what we saw") for mail in split)
    return [mail for mail in mails if mail["Message-ID"]]


def read_all(archive, tmp_path):
    return [mail for name in files_of(archive) for mail in read_month(archive, name, tmp_path)]


def test_the_month_files_hold_every_post_once_with_its_head(tmp_path):
    mails = {mail["Message-ID"].strip("<>"): mail for mail in read_all(site(), tmp_path)}
    assert sorted(mails) == sorted(post.message_id for post in posts())
    for post in posts():
        mail = mails[post.message_id]
        assert parsedate_to_datetime(mail["Date"]) == post.at
        assert parsedate_to_datetime(mail["Date"]).utcoffset() == post.author.zone.utcoffset(None)
        assert mail["From"].startswith(post.author.address.replace("@", " at "))
        assert post.author.name in str(make_header(decode_header(mail["From"])))
        references = re.findall(r"<(.+?)>", mail["References"] or "")
        assert references == list(post.parents)
        assert (mail["In-Reply-To"] or "").strip("<>") == (post.parents[-1:] or ("",))[0]


def test_an_envelope_line_has_two_blanks_and_the_time_in_utc(tmp_path):
    for mail in read_all(site(), tmp_path):
        sent = parsedate_to_datetime(mail["Date"]).astimezone(UTC)
        day = f"{sent:%a %b} {sent.day:2d} {sent:%H:%M:%S %Y}"
        assert mail.get_from().endswith(f" at example.org  {day}")


def test_bodies_keep_lines_that_begin_like_an_envelope():
    texts = [site().answer(BASE + name, {}).body for name in files_of(site())]
    plain = [gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text for text in texts]
    assert any(re.search(rb"^From what we saw", text, re.MULTILINE) for text in plain)


def test_the_current_month_is_plain_text_and_the_others_are_packed():
    assert files_of(site())[0] == "2026-March.txt"
    assert set(files_of(site())[1:]) == {
        "2026-February.txt.gz",
        "2026-January.txt.gz",
        "2025-December.txt.gz",
        "2025-November.txt.gz",
        "2025-October.txt.gz",
    }
    assert site().answer(BASE + "2026-March.txt.gz", {}) is None
    later = site(posts(), now=datetime(2026, 4, 1, tzinfo=UTC))
    assert later.answer(BASE + "2026-March.txt", {}) is None
    assert later.answer(BASE + "2026-March.txt.gz", {}) is not None


def test_packed_files_are_the_same_bytes_each_time():
    name = BASE + "2026-January.txt.gz"
    first, second = site().answer(name, {}), site().answer(name, {})
    assert first == second
    assert first.last_modified == max(
        post.at for post in posts() if Month.of(post.at) == Month(2026, 1)
    )


def test_a_packed_file_can_be_sent_as_encoded_text():
    answer = site(encoded=True).answer(BASE + "2026-January.txt.gz", {})
    assert answer.content_type == "text/plain"
    assert ("Content-Encoding", "x-gzip") in answer.headers
    assert gzip.decompress(answer.body).startswith(b"From ")


def test_the_index_names_each_period_with_four_views_and_a_size():
    page = index_of(site())
    assert page.findtext(".//title") == "The Clinics Archives"
    rows = page.xpath("//table/tr")[1:]
    assert len(rows) == 6
    for row in rows:
        *views, file = row.xpath(".//a")
        assert [view.get("href").split("/")[1] for view in views] == [
            "thread.html", "subject.html", "author.html", "date.html",
        ]  # fmt: skip
        assert re.fullmatch(r"\[ (Gzip'd )?Text (\d+ KB|\d+ bytes) \]", file.text)


@pytest.mark.parametrize("view", ["thread", "subject", "author", "date"])
def test_each_view_of_a_month_lists_and_declares_every_message(view):
    january = [post for post in posts() if Month.of(post.at) == Month(2026, 1)]
    text = site().answer(f"{BASE}2026-January/{view}.html", {}).body.decode("ascii")
    listed = re.findall(r'<LI><A HREF="(\d{6})\.html">', text)
    assert sorted(listed) == [f"{post.number:06d}" for post in january]
    assert f"<b>Messages:</b> {len(january)}<p>" in text


def test_thread_comments_carry_depth_and_the_times_of_all_ancestors():
    text = site().answer(f"{BASE}2026-January/thread.html", {}).body.decode()
    by_number = {post.number: post for post in posts()}
    by_id = {post.message_id: post for post in posts()}
    comments = re.findall(r"<!--(\d) ([\d.-]+)- -->\n<LI><A HREF=\"(\d+)", text)
    assert len(comments) == len(re.findall("<LI>", text))
    assert any(depth == "3" for depth, _, _ in comments)
    for depth, key, number in comments:
        post, steps = by_number[int(number)], key.split("-")
        assert steps[-1] == f"{int(post.at.timestamp()):011d}.{post.number}"
        ancestors = [
            by_id[one] for one in post.parents if Month.of(by_id[one].at) == Month(2026, 1)
        ]
        assert [int(step.split(".")[0]) for step in steps[:-1]] == [
            int(one.at.timestamp()) for one in ancestors
        ]
        assert int(depth) == min(len(ancestors), 3)


def test_a_message_page_tells_its_id_and_keeps_the_article_marks():
    post = posts()[-1]
    page = site().answer(f"{BASE}2026-March/{post.number:06d}.html", {}).body.decode()
    assert "<!--beginarticle-->" in page
    assert "<!--endarticle-->" in page
    assert post.message_id.replace("@", "%40") in page


def test_a_rebuilt_archive_holds_each_message_twice(tmp_path):
    ids = [mail["Message-ID"] for mail in read_all(site(rebuilt=True), tmp_path)]
    assert len(ids) == 2 * len(posts())
    assert len(set(ids)) == len(posts())
    listing = site(rebuilt=True).answer(f"{BASE}2026-January/date.html", {}).body.decode()
    numbers = re.findall(r'HREF="(\d{6})\.html"', listing)
    assert len(numbers) == len(set(numbers))


def test_a_lost_month_is_in_the_index_and_nowhere_else():
    archive = site(missing=Month(2026, 2))
    assert "2026-February.txt.gz" in files_of(archive)
    for name in ("2026-February.txt.gz", "2026-February.txt", "2026-February/thread.html"):
        assert archive.answer(BASE + name, {}) is None
    assert archive.answer(f"{BASE}2026-January.txt.gz", {}) is not None


def test_month_files_can_be_refused_while_pages_are_open():
    archive = site(text_refused=True)
    assert archive.answer(f"{BASE}2026-January.txt.gz", {}).status == 403
    assert archive.answer(f"{BASE}2026-January/thread.html", {}).status == 200


def test_an_empty_archive_says_so_in_the_software_s_own_words():
    answer = site(())
    page = answer.answer(BASE, {}).body.decode()
    assert "No messages have been posted to this list yet" in page
    assert "<table" not in page


@pytest.mark.parametrize(
    ("language", "title", "label", "at"),
    [
        ("fr", "Les Archives de Clinics", "février 2026:", " at "),
        ("es", "Archivos de Clinics", "febrero 2026:", " en "),
    ],
)
def test_a_translated_archive_keeps_english_file_names(language, title, label, at, tmp_path):
    archive = site(language=language)
    answer = archive.answer(BASE, {})
    assert answer.content_type.endswith("iso-8859-1")
    text = answer.body.decode("iso-8859-1")
    assert f"<title>{title}</title>" in text
    assert label in text
    assert "2026-February.txt.gz" in files_of(archive)
    mail = read_month(archive, "2026-February.txt.gz", tmp_path)[0]
    assert f"{at}example.org" in mail["From"]


def test_a_frozen_archive_names_its_new_address():
    target = "http://127.77.1.9:8000/archives/list/clinics@lists.example.org/"
    page = index_of(site(moved_to=target))
    (notice,) = page.xpath("//strong")
    assert "moved" in notice.text_content()
    assert notice.xpath("a/@href") == [target]


def test_other_paths_are_not_there():
    assert site().answer("/pipermail/other/", {}) is None
    assert site().answer(BASE + "1999-May.txt.gz", {}) is None
    assert site().answer(BASE + "2026-January/999999.html", {}) is None
