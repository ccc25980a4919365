"""What a web page says about itself, and what an ordinary page does not say."""

from __future__ import annotations

import pytest

from crawler.formats.html import (
    as_layout_change,
    explain_page,
    find_challenge,
    find_login_form,
    is_html,
    read_html,
)
from crawler.formats.notices import find_moved_notice
from crawler.formats.parked import find_parked
from domain.errors import Gone, Refused, Unparseable
from domain.outcome import Outcome

URL = "https://lists.example.org/pipermail/health/"


def page(body: str) -> bytes:
    head = "<!DOCTYPE html><html><head><title>A page</title></head>"
    return f"{head}<body>{body}</body></html>".encode()


def find_move(body: str, url: str = URL):
    return find_moved_notice(read_html(page(body)), url)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html>",
        b"\xef\xbb\xbf  <html>",
        b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC 'x'><html>",
        b"<!-- served by a cache -->\n<HTML>",
        b"<p>404 not found</p>",
        "<html>".encode("utf-16"),
    ],
)
def test_a_web_page_is_known_by_its_beginning(body):
    assert is_html(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<rss version='2.0'>",
        b"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>",
        b"<?xml version='1.0'?><!-- a comment --><rdf:RDF>",
        b"From a@example.org Mon Jan  5 06:00:02 2026\n\n<html>",
        b"\x1f\x8b\x08",
        b'{"html": "<html>"}',
    ],
)
def test_other_documents_are_no_web_page(body):
    assert not is_html(body)


@pytest.mark.parametrize(
    ("body", "hint", "word"),
    [
        ("<meta charset='utf-8'><p>santé</p>".encode(), None, "santé"),
        ("<meta charset='us-ascii'><p>santé</p>".encode(), None, "santé"),
        ("<meta charset='us-ascii'><p>santé</p>".encode("latin-1"), None, "santé"),
        ("<meta charset='no-such-charset'><p>santé</p>".encode(), None, "santé"),
        ("<p>здоровье</p>".encode("koi8-r"), "koi8-r", "здоровье"),
        ("<meta charset='utf-8'><p>здоровье</p>".encode("koi8-r"), "koi8-r", "здоровье"),
    ],
)
def test_text_survives_a_wrong_or_missing_charset(body, hint, word):
    assert word in read_html(body, hint).get_text()


def test_a_login_form_asks_for_one_password():
    form = "<form><input name='username'><input type='password' name='password'></form>"
    assert find_login_form(read_html(page(form))) == "a form with the inputs username, password"


@pytest.mark.parametrize(
    "body",
    [
        "<form><input name='q' type='search'></form>",
        "<form><input type='password' name='a'><input type='password' name='b'></form>",
        "<p>Please log in: username, password</p>",
        "<a href='/accounts/login/'>Sign in</a>",
    ],
    ids=["a search", "a registration", "words", "a link"],
)
def test_other_forms_and_words_are_no_login_form(body):
    assert find_login_form(read_html(page(body))) is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html><head><title>Just a moment...</title>",
        b"<html><script>window._cf_chl_opt={}</script>",
        b"<html><script src='/.within.website/x/cmd/anubis/static/js/main.mjs'></script>",
        b"<html><script src='/_Incapsula_Resource?SWJIYLWA=1'></script>",
        b"<form><input type='submit' value='I am not a spammer'></form>",
        b"<form><input type='submit' value=\"I'm not a spammer\"></form>",
    ],
)
def test_a_proof_of_being_human_is_found(body):
    assert find_challenge(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><p>Cloudflare challenges and captchas: a discussion</p>",
        b"<html><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>",
        b"<html><p>I am not a spammer, he said</p>",
    ],
)
def test_pages_that_only_speak_of_it_ask_for_no_proof(body):
    assert find_challenge(body) is None


@pytest.mark.parametrize(
    ("body", "target"),
    [
        (
            "<p>This list has moved to <a href='https://lists.example.net/l/'>a new home</a>.</p>",
            "https://lists.example.net/l/",
        ),
        (
            "<p>The current archive is at https://lists.example.net/l/.</p>",
            "https://lists.example.net/l/",
        ),
        (
            "<h2>It has been migrated</h2><p><a href='/archives/list/h@example.org/'>x</a></p>",
            "https://lists.example.org/archives/list/h@example.org/",
        ),
        (
            "<p>La liste a déménagé : <a href='https://listes.example.net/'>ici</a></p>",
            "https://listes.example.net/",
        ),
        (
            "<p>La lista se ha trasladado a <a href='https://listas.example.net/'>aquí</a></p>",
            "https://listas.example.net/",
        ),
        (
            "<p>O grupo mudou para <a href='https://grupos.example.net/'>aqui</a></p>",
            "https://grupos.example.net/",
        ),
        (
            "<p>Unsere neue Adresse: <a href='https://listen.example.net/'>hier</a></p>",
            "https://listen.example.net/",
        ),
    ],
)
def test_a_notice_of_a_move_is_found_with_its_link(body, target):
    notice = find_move(body)
    assert notice is not None
    assert notice.new_url == target
    assert notice.sentence


def test_a_page_that_sends_its_reader_on_moved():
    body = b"<html><meta http-equiv='refresh' content='0; url=https://lists.example.net/l/'></html>"
    notice = find_moved_notice(read_html(body), URL)
    assert notice is not None
    assert notice.new_url == "https://lists.example.net/l/"


@pytest.mark.parametrize(
    "body",
    [
        "<p>The list has moved.</p>",
        "<p>It has moved us.</p><p><a href='https://example.net/'>x</a> <a href='/y'>y</a></p>",
        "<p>It was moved: <a href='2026-March/thread.html'>[ Thread ]</a></p>",
        "<p>It was moved: <a href='https://lists.example.org/pipermail/health/'>here</a></p>",
        "<p>It was moved: <a href='mailto:owner@example.org'>ask</a></p>",
        "<p>See <a href='https://lists.example.net/l/'>another list</a>.</p>",
        "<p>" + "long words " * 90 + "has moved to <a href='https://lists.example.net/'>x</a></p>",
    ],
    ids=["no link", "two links", "below the page", "the page", "an address", "no words", "long"],
)
def test_what_is_no_notice_of_a_move_is_not_taken_for_one(body):
    assert find_move(body) is None


def test_a_domain_for_sale_is_found_and_a_talk_about_one_is_not():
    sale = page("<h1>example.org is for sale</h1>")
    assert find_parked(read_html(sale), sale)
    talk = page("<p>" + "Our minutes. " * 200 + "this domain is for sale</p>")
    assert find_parked(read_html(talk), talk) is None


@pytest.mark.parametrize(
    ("body", "error", "outcome"),
    [
        ("<form><input type='password' name='p'></form>", Refused, "login_wall"),
        ("<script>window._cf_chl_opt={}</script>", Refused, "challenge"),
        ("<h1>Buy this domain</h1>", Gone, "parked"),
        ("<p>We have moved to <a href='https://example.net/'>here</a></p>", Gone, "moved"),
        ("<p>Welcome</p>", Unparseable, "unparseable"),
    ],
)
def test_a_page_in_place_of_an_archive_is_explained(body, error, outcome):
    found = explain_page(page(body), url=URL, status=200, expected="a feed")
    assert type(found) is error
    assert found.outcome == outcome
    assert found.where == URL
    assert found.what


def test_where_posts_were_read_before_another_page_is_a_changed_layout():
    error = explain_page(page("<p>Welcome</p>"), url=URL, status=200, expected="a feed")
    assert isinstance(error, Unparseable)
    assert as_layout_change(error, posts_known=0) is error
    assert as_layout_change(error, posts_known=5).outcome == "layout_changed"
    too_large = Unparseable(Outcome.TOO_LARGE, "too large")
    assert as_layout_change(too_large, posts_known=5) is too_large
