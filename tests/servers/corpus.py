"""One list's mail for every real server: invented people, awkward letters, and the whole truth.

The letters are the same at every run. `Letter.at` is the moment that is to be believed: the Date
header, or where that is missing or far off, when the list's server received it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime

START = datetime(2025, 1, 6, 9, 30, tzinfo=UTC)
LIST = "wells@lists.example.org"
PEOPLE = {
    "amina": "Amina Test",
    "bo": "Bo Test",
    "chidi": "Chidi Test",
    "dana": "Dana Test",
    "elise": "Élise Test",
    "olena": "Олена Тест",
}
ZONES = ("+0000", "+0300", "-0500", "+0545")
ORDINARY = 54
TRAVEL = timedelta(seconds=20)
FAR_AHEAD, LONG_AGO = "Tue, 19 Jan 2038 03:14:07 +0000", "Thu, 01 Jan 1970 00:00:00 +0000"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One letter as it was delivered, and what is true of it.

    `message_id` is without brackets and empty where the letter has none; `root_id` is that of the
    letter that its thread starts with, as far as its own headers say. `case` names what is awkward.
    """

    raw: bytes
    at: datetime
    received: datetime
    writer: str
    message_id: str
    root_id: str
    subject: str
    case: str = ""


def write_letters() -> list[Letter]:
    """All letters in the order in which they came."""
    letters = [_ordinary(number) for number in range(ORDINARY)]
    for place, letter in enumerate(_awkward(), start=1):
        letters.insert(place * 5, letter)
    return sorted(letters, key=lambda letter: letter.received)


def days(letters: Iterable[Letter]) -> Counter[str]:
    return Counter(f"{letter.at:%Y-%m-%d}" for letter in letters)


def writers(letters: Iterable[Letter]) -> Counter[str]:
    return Counter(letter.writer for letter in letters)


def threads(letters: Iterable[Letter]) -> Counter[str]:
    return Counter(letter.root_id or letter.message_id for letter in letters)


def without(letters: Iterable[Letter], *cases: str) -> list[Letter]:
    """The letters that are none of those cases."""
    return [letter for letter in letters if letter.case not in cases]


def write_entry(letter: Letter, *, quoted: bool = True) -> bytes:
    """The letter in a mailbox file, lines of its body that look like a separator quoted or not."""
    head, _, body = letter.raw.partition(b"\n\n")
    body = body.replace(b"\nFrom ", b"\n>From ") if quoted else body
    line = f"From {letter.writer} {letter.received:%a %b %d %H:%M:%S %Y}\n"
    return line.encode() + head + b"\n\n" + body.rstrip(b"\n") + b"\n\n"


def _ordinary(number: int) -> Letter:
    """Threads of one, two and three letters, two days apart, at times around midnight."""
    who = list(PEOPLE)[number * 5 % len(PEOPLE)]
    at = START + timedelta(days=2 * number, hours=5 * number % 24, minutes=number)
    place = number % 6
    root = {1: number - 1, 4: number - 1, 5: number - 2}.get(place)
    zone = ZONES[number % len(ZONES)]
    return _letter(
        number,
        who=who,
        at=at,
        date=_date_in(at, zone),
        root=f"{root}.wells@example.org" if root is not None else "",
        subject=f"{'Re: ' if root is not None else ''}Well {root if root is not None else number}",
        by_references=place == 5,
    )


def _date_in(at: datetime, zone: str) -> str:
    sign = -1 if zone[0] == "-" else 1
    offset = sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    return f"{at + offset:%a, %d %b %Y %H:%M:%S} {zone}"


def _awkward() -> list[Letter]:
    """One letter for each thing that goes wrong in real mail."""

    def moment(place: int) -> datetime:
        return START + timedelta(days=9 * place, hours=3)

    same = _letter(900, who="bo", at=moment(1), subject="Sent twice", case="twice")
    return [
        same,
        same,
        _letter(901, who="amina", at=moment(2), date="", subject="No date", case="no date"),
        _letter(902, who="bo", at=moment(3), date="last Tuesday", case="garbled date"),
        _letter(903, who="dana", at=moment(4), date=FAR_AHEAD, case="2038"),
        _letter(904, who="chidi", at=moment(5), date=LONG_AGO, case="1970"),
        _letter(905, who="amina", at=moment(6), subject="No id", message_id="", case="no id"),
        _letter(
            906,
            who="olena",
            at=moment(7),
            subject=Header("Колодец", "koi8-r").encode(),
            case="koi8-r",
        ),
        _letter(
            907,
            who="bo",
            at=moment(8),
            body="Hello,\n\nFrom here it is dry.\nFrom bo@example.org Mon Jan  6 09:30:00 2025\n",
            case="From in the body",
        ),
        _letter(
            908,
            who="dana",
            at=moment(9),
            kind='multipart/digest; boundary="=+="',
            body=(
                "--=+=\n\nFrom: Inner Test <inner@example.org>\nSubject: Inside\n"
                "Message-ID: <inner@example.org>\n\nText.\n--=+=--\n"
            ),
            case="digest",
        ),
        _letter(909, who="chidi", at=moment(10), kind="text/html", body="<p>Dry.</p>", case="html"),
        _letter(910, who="elise", at=moment(11), body="x" * 70 + "\n" * 1 + "y\n" * 150_000),
        _letter(
            911,
            who="amina",
            at=moment(12),
            root="lost.wells@example.org",
            subject="Re: Something nobody has",
            case="orphan",
        ),
    ]


def _letter(
    number: int,
    *,
    who: str,
    at: datetime,
    date: str | None = None,
    root: str = "",
    subject: str = "",
    by_references: bool = False,
    message_id: str | None = None,
    kind: str = "text/plain",
    body: str = "Hello,\nthe well is dry.\n",
    case: str = "",
) -> Letter:
    name, received = PEOPLE[who], at + TRAVEL
    own_id = f"{number}.wells@example.org" if message_id is None else message_id
    date = format_datetime(at) if date is None else date
    subject = subject or f"Letter {number}"
    shown = name if name.isascii() else Header(name, "utf-8").encode()
    answers = {"References": f"<{root}>", "In-Reply-To": "" if by_references else f"<{root}>"}
    heads = {
        "Received": f"from mx.example.org by lists.example.org; {format_datetime(received)}",
        "From": f"{shown} <{who}@example.org>",
        "To": LIST,
        "Subject": subject,
        "Date": date,
        "Message-ID": f"<{own_id}>" if own_id else "",
        **(answers if root else {}),
        "List-Id": "Wells <wells.lists.example.org>",
        "MIME-Version": "1.0",
        "Content-Type": kind,
    }
    head = "".join(f"{key}: {text}\n" for key, text in heads.items() if text)
    believed = date.endswith(ZONES) and date not in (FAR_AHEAD, LONG_AGO)
    return Letter(
        raw=f"{head}\n{body}".encode(),
        at=at if believed else received,
        received=received,
        writer=f"{who}@example.org",
        message_id=own_id,
        root_id=root,
        subject=subject,
        case=case,
    )
