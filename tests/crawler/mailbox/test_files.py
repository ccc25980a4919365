from __future__ import annotations

import mailbox
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.mailbox.files import open_files
from crawler.mailbox.letters import Mailbox, MailboxKind
from domain.errors import Gone, SourceError

HEAD = b"Subject: Nets\nMessage-ID: <%d@example.org>\n"
LETTER = HEAD + b"\nText of %d.\nFrom here on.\n"


def box_at(path: Path, kind: MailboxKind = MailboxKind.MAILDIR, **changes) -> Mailbox:
    return Mailbox(name="lists", kind=kind, path=path, **changes)


def read(box: Mailbox, after: int = -1) -> list[tuple[str, bytes, int]]:
    with open_files(box) as opened:
        return [
            (folder.name, letter.head, letter.place)
            for folder in opened.list_folders()
            for letter in folder.list_letters(after)
        ]


def ids(found: list[tuple[str, bytes, int]]) -> list[int]:
    return [int(head.partition(b"<")[2].partition(b"@")[0]) for _, head, _ in found]


@pytest.fixture
def maildir(tmp_path) -> mailbox.Maildir:
    made = mailbox.Maildir(tmp_path / "Maildir", create=True)
    for n in (1, 2, 3):
        made.add(LETTER % (n, n))
    return made


def write_mbox(path: Path, *numbers: int) -> Path:
    text = b"".join(
        b"From ana@example.org Mon Jun  1 10:00:0%d 2026\n" % (n % 10)
        + (LETTER % (n, n)).replace(b"\nFrom ", b"\n>From ")
        + b"\n"
        for n in numbers
    )
    path.write_bytes(text)
    return path


# ---- Maildir ------------------------------------------------------------------------------


def test_the_letters_of_a_maildir_are_read_new_and_seen_ones(maildir, tmp_path):
    one = next(iter(maildir.iterkeys()))
    message = maildir.get_message(one)
    message.set_subdir("cur")
    message.add_flag("S")
    maildir[one] = message
    assert sorted(ids(read(box_at(tmp_path / "Maildir")))) == [1, 2, 3]


def test_a_letter_of_a_maildir_was_stored_when_its_name_says(tmp_path):
    made = mailbox.Maildir(tmp_path / "Maildir", create=True)
    made.add(LETTER % (1, 1))
    (file,) = (tmp_path / "Maildir" / "new").iterdir()
    file.rename(file.with_name("1500000000.M1P1.host"))
    with open_files(box_at(tmp_path / "Maildir")) as opened:
        (folder,) = opened.list_folders()
        (letter,) = folder.list_letters(-1)
        assert letter.stored_at == datetime.fromtimestamp(1_500_000_000, UTC)
        assert folder.read_whole(letter).endswith(b"From here on.\n")
        assert letter.size == len(LETTER % (1, 1))


def test_letters_that_did_not_change_since_are_passed_over(maildir, tmp_path):
    found = read(box_at(tmp_path / "Maildir"))
    last = max(place for _, _, place in found)
    assert read(box_at(tmp_path / "Maildir"), after=last) == []


def test_folders_of_a_maildir_are_read_by_name_or_all(maildir, tmp_path):
    maildir.add_folder("Lists.Nets").add(LETTER % (7, 7))
    path = tmp_path / "Maildir"
    assert ids(read(box_at(path, folders=("Lists/Nets",)))) == [7]
    assert sorted(ids(read(box_at(path, folders=("*",))))) == [1, 2, 3, 7]


def test_a_path_with_nothing_is_gone(tmp_path):
    for folders in ((), ("Nowhere",), ("*",)):
        with pytest.raises(SourceError) as caught:
            read(box_at(tmp_path / "nowhere", folders=folders))
        assert isinstance(caught.value, Gone)


def test_another_maildir_at_the_same_path_is_another_one(maildir, tmp_path):
    def validity() -> str:
        with open_files(box_at(tmp_path / "Maildir")) as opened:
            (folder,) = opened.list_folders()
            return folder.validity

    before = validity()
    (tmp_path / "Maildir").rename(tmp_path / "old")
    mailbox.Maildir(tmp_path / "Maildir", create=True)
    assert validity() != before


# ---- mbox ---------------------------------------------------------------------------------


def test_the_letters_of_an_mbox_file_stand_one_after_the_other(tmp_path):
    path = write_mbox(tmp_path / "lists", 1, 2)
    with open_files(box_at(path, MailboxKind.MBOX)) as opened:
        (folder,) = opened.list_folders()
        letters = []
        for letter in folder.list_letters(-1):
            letters.append(letter)
            assert folder.read_whole(letter).endswith(b"\nFrom here on.\n\n")
    assert [letter.head for letter in letters] == [HEAD % 1, HEAD % 2]
    assert letters[0].stored_at == datetime(2026, 6, 1, 10, 0, 1, tzinfo=UTC)
    assert letters[1].place == letters[0].size


def test_a_file_that_grew_is_read_from_its_last_letter_on(tmp_path):
    path = write_mbox(tmp_path / "lists", *range(1, 40))
    last = read(box_at(path, MailboxKind.MBOX))[-1]
    write_mbox(path, *range(1, 43))
    assert ids(read(box_at(path, MailboxKind.MBOX), after=last[2])) == [39, 40, 41, 42]


def test_a_file_that_was_written_anew_does_not_hold_the_old_place(tmp_path):
    path = write_mbox(tmp_path / "lists", *range(1, 40))
    place = read(box_at(path, MailboxKind.MBOX))[-1][2]
    with open_files(box_at(path, MailboxKind.MBOX)) as opened:
        (folder,) = opened.list_folders()
        assert folder.holds(place)
        write_mbox(path, *range(5, 20))
        assert not folder.holds(place)


def test_a_large_letter_costs_no_memory_and_its_neighbours_stay(tmp_path):
    path = write_mbox(tmp_path / "lists", 1)
    with path.open("ab") as file:
        file.write(b"x" * 8_000_000 + b"\n\n")
    text = path.read_bytes()
    write_mbox(path, 2)
    path.write_bytes(text + path.read_bytes())
    assert ids(read(box_at(path, MailboxKind.MBOX))) == [1, 2]
