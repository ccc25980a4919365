"""The commands around mailboxes and attestations, as people and programs use them."""

from __future__ import annotations

import json
import mailbox
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from cli import run_command

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture
def rollcall(capsys, tmp_path, monkeypatch):
    """Runs a command on a folder whose settings name one Maildir: code, output, messages."""
    monkeypatch.setenv("ROLLCALL_DATA", str(tmp_path / "data"))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    assert run("init", "--contact", "ada@example.org")[0] == 0
    with (tmp_path / "data" / "rollcall.toml").open("a") as file:
        file.write('\n[mailboxes.lists]\nkind = "maildir"\npath = "../Maildir"\n')
    return run


@pytest.fixture
def box(tmp_path: Path) -> mailbox.Maildir:
    return mailbox.Maildir(tmp_path / "Maildir", create=True)


def mail(number: int, at: datetime, name: str = "nets") -> bytes:
    return (
        f"Received: from a by b; {format_datetime(at)}\nDate: {format_datetime(at)}\n"
        f"Message-ID: <{number}@example.org>\nFrom: ana@example.org\n"
        f"List-Id: <{name}.example.org>\n\nNets?\n"
    ).encode()


def records(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_from_an_empty_folder_to_a_list_that_is_counted(rollcall, box):
    box.add(mail(1, NOW - DAY))
    box.add(mail(2, NOW - 2 * DAY, "water"))
    assert "rollcall mailbox --look" in rollcall("mailbox")[2]
    code, out, err = rollcall("mailbox", "--look")
    assert code == 0
    assert out.splitlines()[1].split()[:4] == ["lists", "nets.example.org", "–", "1"]
    assert "rollcall sources add list:nets.example.org --mailbox lists" in err
    added = rollcall("sources", "add", "nets@example.org", "--mailbox", "lists")
    assert "Watching list:nets.example.org as nets (mailbox)." in added[2]
    code, out, err = rollcall("crawl")
    assert (code, out.split()[:3]) == (0, ["nets", "1", "posts"])
    (row, other) = records(rollcall("mailbox", "--json")[1])
    assert (row["list"], row["source"], row["mails"]) == ("nets.example.org", "nets", 1)
    assert other["source"] is None


def test_a_crawl_tells_of_new_mail_that_nobody_counts(rollcall, box):
    box.add(mail(1, NOW - DAY))
    box.add(mail(2, NOW - DAY, "water"))
    rollcall("sources", "add", "list:nets.example.org")
    code, _, err = rollcall("crawl")
    assert code == 0
    assert "! mailbox lists: new mail of lists nobody watches: water.example.org (1)" in err


def test_a_mailbox_that_cannot_be_read_is_exit_code_4(rollcall, tmp_path):
    code, _, err = rollcall("mailbox", "--look")
    assert code == 4
    assert "there is no mailbox at this path" in err


def test_a_list_without_new_mail_for_long_asks_for_a_person_who_may_confirm(rollcall, box):
    box.add(mail(1, NOW - 100 * DAY))
    rollcall("sources", "add", "list:nets.example.org")
    code, out, _ = rollcall("crawl")
    assert code == 4
    assert "rollcall mailbox --confirm nets" in out
    assert rollcall("mailbox", "--confirm", "nets")[0] == 0
    assert rollcall("crawl", "--force")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sources", "add", "list:nets"), "names no list"),
        (("sources", "add", "list:nets.example.org", "--mailbox", "x"), "there is no mailbox 'x'"),
        (("mailbox", "--confirm", "nowhere"), "there is no source 'nowhere'"),
        (("attest", "nowhere", "--seen", "2026-01-01"), "there is no community 'nowhere'"),
    ],
)
def test_a_wrong_name_is_one_line_and_exit_code_2(rollcall, arguments, said):
    code, out, err = rollcall(*arguments)
    assert (code, out) == (2, "")
    assert said in err


# ---- attestations -------------------------------------------------------------------------


@pytest.fixture
def circle(rollcall) -> str:
    rollcall("sources", "add", "https://example.org/circle", "--platform", "mbox", "--name", "x")
    return "circle"


def attest(rollcall, *more: str) -> tuple[int, str, str]:
    seen = (NOW - 9 * DAY).date().isoformat()
    link = "https://example.org/circle"
    return rollcall("attest", "circle", "--seen", seen, "--link", link, "--by", "Ana", *more)


def test_a_persons_word_is_recorded_and_taken_back(rollcall, circle):
    code, out, _ = attest(rollcall, "--json")
    assert code == 0
    (made,) = records(out)
    assert made["community"] == circle
    assert made["seen"] == (NOW - 9 * DAY).date().isoformat()
    code, _, err = rollcall("attest", circle, "--undo")
    assert (code, "was taken back" in err) == (0, True)
    assert rollcall("attest", circle, "--undo")[0] == 2


def test_a_word_needs_a_day_a_place_and_a_person(rollcall, circle):
    code, _, err = rollcall("attest", circle, "--link", "https://example.org/", "--by", "Ana")
    assert code == 2
    assert "--seen DATE is missing" in err
    assert rollcall("attest", circle, "--seen", "yesterday")[0] == 2


def test_a_word_leaves_a_hidden_community_unverifiable(rollcall, circle):
    attest(rollcall)
    (found,) = records(rollcall("assess", "--json")[1])
    assert found["status"] == "unverifiable"
