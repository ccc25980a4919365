from __future__ import annotations

import pytest

from crawler.formats.mailing import MailKind, read_list_key, read_list_mail

KEY = "nets.lists.example.org"
LIST = f"List-Id: Talk about nets <{KEY}>"


def head(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def kind(*lines: str) -> MailKind:
    return read_list_mail(head(*lines)).kind


# ---- which list ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "list:nets.lists.example.org",
        "list:nets@lists.example.org",
        "LIST:Nets.Lists.Example.ORG",
        "nets@lists.example.org",
        "mailto:nets@lists.example.org",
        " <nets.lists.example.org> ",
    ],
)
def test_a_list_has_one_key_by_its_id_and_by_where_to_post(text):
    assert read_list_key(text) == KEY


@pytest.mark.parametrize(
    "text", ["", "nets", "a b@example.org", "a@b@example.org", "https://x.org"]
)
def test_what_names_no_list_has_no_key(text):
    assert read_list_key(text) is None


@pytest.mark.parametrize(
    "line",
    [
        LIST,
        f"List-ID: <{KEY}>",
        f"list-id: {KEY}",
        "List-Post: <mailto:nets@lists.example.org>",
        "X-BeenThere: nets@lists.example.org",
        "X-Mailing-List: <nets@lists.example.org> archive/latest/12",
        "Mailing-List: list nets@lists.example.org; contact nets-owner@lists.example.org",
        "Delivered-To: mailing list nets@lists.example.org",
        "List-Owner: <mailto:nets-request@lists.example.org>",
    ],
)
def test_a_list_is_known_by_what_its_server_writes(line):
    mail = read_list_mail(head("From: ana@example.org", line, "To: other@example.org"))
    assert mail.keys == (KEY,)
    assert mail.named == ()


def test_the_list_id_comes_before_all_else():
    mail = read_list_mail(
        head("X-BeenThere: old@example.org", "List-Post: <mailto:post@example.org>", LIST)
    )
    assert mail.keys[0] == KEY


def test_a_group_of_google_is_known_by_its_number_too():
    mail = read_list_mail(head("X-Google-Group-Id: 1234567"))
    assert mail.keys == (read_list_key("list:google-group-id:1234567"),)


def test_only_where_nothing_else_names_a_list_its_address_does():
    lines = ("From: ana@example.org", "To: Nets <nets@lists.example.org>, b@example.org")
    assert read_list_mail(head(*lines)).named[0] == KEY
    assert read_list_mail(head(*lines, "List-Id: <other.example.org>")).named == ()


# ---- what it is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ("From: ana@example.org", "Subject: Welcome to the new nets"),
        ("From: ana@example.org", "Subject: Re: Nets Digest, Vol 3, Issue 4"),
        ("From: Ana via Nets <nets@lists.example.org>", "Subject: You are now subscribed?"),
        ("From: ana@example.org", "Auto-Submitted: no"),
        ("From: ana@example.org", "Sender: nets-bounces@lists.example.org", "Precedence: list"),
        ("From: help-desk@example.org", "Subject: How many nets?"),
        ("From: forum@example.org", "Auto-Submitted: auto-generated", "X-Discourse-Post-Id: 7"),
        ("From: nets@lists.example.org", "Subject: Nets in Ségou"),
    ],
)
def test_what_people_write_is_a_post(lines):
    assert kind(LIST, *lines) is MailKind.POST


@pytest.mark.parametrize(
    "lines",
    [
        ("From: ana@example.org", "Auto-Submitted: auto-replied"),
        ("From: nets-request@lists.example.org", "Subject: Your commands"),
        ("From: nets-owner@lists.example.org", "Subject: Guidelines"),
        ("From: owner-nets@lists.example.org", "Subject: Guidelines"),
        ("From: nets-bounces@lists.example.org", "Subject: confirm 0123456789abcdef"),
        ("From: nets+owner@lists.example.org", "Subject: Calendar"),
        ("From: x@example.org", "X-List-Administrivia: yes", "Subject: Nets post from a@b.org"),
        ("From: MAILER-DAEMON@example.org", "Subject: Undelivered mail"),
        ("From: x@example.org", "Content-Type: multipart/report; report-type=delivery-status"),
        ("From: x@example.org", "Return-Path: <>"),
        ("From: nets@lists.example.org", "Subject: Your message to Nets awaits moderator approval"),
        ("From: Group Notification <noreply@lists.example.org>", "Subject: Reminder"),
    ],
)
def test_what_the_list_server_writes_is_no_post(lines):
    assert kind(LIST, *lines) is MailKind.SERVICE


def test_a_monthly_reminder_of_the_whole_server_is_told_apart():
    lines = ("From: mailman-owner@lists.example.org", "X-List-Administrivia: yes")
    subject = "Subject: lists.example.org mailing list memberships reminder"
    assert kind("List-Id: <mailman.lists.example.org>", subject, *lines) is MailKind.MEMBERSHIPS


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ('Welcome to the "Nets" mailing list', MailKind.WELCOME),
        ("=?utf-8?q?Bienvenue_sur_la_liste_nets?=", MailKind.WELCOME),
        ("You have been unsubscribed from the Nets mailing list", MailKind.GOODBYE),
        ("Your subscription for Nets mailing list has been disabled", MailKind.GOODBYE),
    ],
)
def test_a_subscription_that_comes_or_goes_is_noticed(subject, expected):
    sender = "From: nets-request@lists.example.org"
    assert kind(LIST, sender, f"Subject: {subject}") is expected
    assert kind(LIST, "From: ana@example.org", f"Subject: {subject}") is MailKind.POST


@pytest.mark.parametrize(
    "lines",
    [
        ("From: nets-request@lists.example.org", "Subject: Nets Digest, Vol 42, Issue 7"),
        ("From: nets-request@lists.example.org", "Subject: Lot Nets, Vol 42, Parution 7"),
        ("From: nets@lists.example.org", "Subject: [nets] Digest Number 12"),
        ("From: nets@lists.example.org", "Subject: Nets@lists.example.org Digest #12"),
        ("From: nets@lists.example.org", "Subject: Digest for nets@x.org - 5 updates in 3 topics"),
        ("From: LISTSERV@lists.example.org", "Subject: NETS Digest - 3 Jan 2024 (#2024-3)"),
        ("From: ana@example.org", "Content-Type: multipart/digest; boundary=x"),
    ],
)
def test_a_digest_is_told_by_its_form_or_by_its_subject(lines):
    assert kind(LIST, *lines) is MailKind.DIGEST


def test_a_person_may_write_about_a_digest():
    assert kind(LIST, "From: ana@example.org", "Subject: Digest of 2024") is MailKind.POST


def test_the_moment_of_the_last_server_on_the_way_is_read():
    mail = read_list_mail(
        head(
            "Received: from a by mx.example.org; Mon, 1 Jun 2026 10:00:05 +0000",
            "Received: from b by a; Mon, 1 Jun 2026 09:00:00 +0000",
            LIST,
        )
    )
    assert mail.received.isoformat() == "2026-06-01T10:00:05+00:00"


def test_the_list_as_its_own_writer_leaves_only_a_name():
    mail = read_list_mail(head(LIST, 'From: "Ana Diallo" <nets@lists.example.org>'))
    assert mail.own_sender
    assert mail.sender_name == '"Ana Diallo"'
    munged = read_list_mail(head(LIST, "From: Ana via Nets <nets@lists.example.org>"))
    assert not munged.own_sender
