"""Made-up documents of known truth, the same in every run: mailboxes, an archive, feeds."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SEED = 20261123
PEOPLE = 300
WORDS = (
    *("bed", "nets", "rains", "district", "vaccine", "trial", "register", "midwife"),
    *("cold", "chain", "fridge", "training", "question", "thank", "you", "all"),
    *("we", "have", "seen", "the", "same", "in", "two", "clinics"),
    *("since", "March", "who", "else", "could", "share", "a", "form"),
    *("stock", "report", "water", "point", "malaria", "season", "nurse", "supply"),
    *("visit", "data", "week", "team", "village", "plan"),
)
ZONES = (0, 0, 60, 120, 180, 330, -180, -300)
LINE = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message as it is written into files of several kinds."""

    number: int
    at: datetime
    writer: int
    answers: int | None
    lines: tuple[str, ...]
    nameless: bool

    @property
    def id(self) -> str:
        return f"<{self.number}.{self.writer * 7919}@mail.example.org>"


def write_letters(count: int, *, gap: timedelta = timedelta(hours=1)) -> Iterator[Letter]:
    """Letters, oldest first; one in 500 has an empty id, as programs that lost it write."""
    chance = random.Random(SEED)  # noqa: S311 - made-up data
    for number in range(count):
        zone = timedelta(minutes=chance.choice(ZONES))
        at = NOW - gap * (count - number)
        yield Letter(
            number=number,
            at=at.astimezone(timezone(zone)),
            writer=min(int(chance.paretovariate(0.9)), PEOPLE),
            answers=max(0, number - chance.randrange(1, 40))
            if number and chance.random() < 0.7
            else None,
            lines=tuple(write_lines(chance, chance.randrange(3, 60))),
            nameless=number % 500 == 250,
        )


def write_lines(chance: random.Random, count: int) -> Iterator[str]:
    """Lines of a body, some of them quoted."""
    for _ in range(count):
        quoted = "> " if chance.random() < 0.4 else ""
        yield quoted + " ".join(chance.choices(WORDS, k=chance.randrange(3, 13)))


def write_mailbox(path: Path, count: int) -> None:
    """Nothing; a list's own mailbox file: all headers, every 20th message stored twice."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for letter in write_letters(count):
            for _ in range(2 if letter.number % 20 == 7 else 1):
                file.write(write_mail(letter))


def stored_twice(count: int) -> int:
    """How many of so many letters `write_mailbox` stores twice."""
    return len(range(7, count, 20))


def write_archive(folder: Path, months: int, a_month: int) -> int:
    """How many letters a made-up Pipermail archive holds: an index and a packed text a month.

    Each message is stored twice in its month, as in archives that were rebuilt.
    """
    folder.mkdir(parents=True)
    count = months * a_month
    texts: dict[str, list[str]] = {}
    for letter in write_letters(count, gap=timedelta(days=30) / a_month):
        name = letter.at.astimezone(UTC).strftime("%Y-%B")
        texts.setdefault(name, []).append(_archived(letter))
    rows = []
    for name, letters in reversed(texts.items()):
        packed = gzip.compress("".join(letters * 2).encode(), mtime=0)
        (folder / f"{name}.txt.gz").write_bytes(packed)
        rows.append(
            f'<tr><td>{name}:</td><td><a href="{name}/thread.html">[ Thread ]</a></td>'
            f'<td><a href="{name}.txt.gz">[ Gzip\'d Text {len(packed) // 1024} KB ]</a></td></tr>'
        )
    table = f"<table>{''.join(rows)}</table>"
    page = f"<html><head><title>Archives</title></head><body>{table}</body></html>"
    (folder / "index.html").write_text(page, encoding="utf-8")
    return count


def _pick_thread(number: int, chance: random.Random) -> int | None:
    if not number or chance.random() > 0.7:
        return None
    return max(0, number - chance.randrange(1, 40))


def write_mail(letter: Letter) -> str:
    """The letter as a list's mailbox file holds it."""
    stamp = letter.at.astimezone(UTC)
    date, name = format_datetime(letter.at), f"Writer {letter.writer}"
    answers = "" if letter.answers is None else _thread(letter.answers)
    received = "".join(
        f"Received: from mx{hop}.example.org (mx{hop}.example.org [192.0.2.{hop}])\n"
        f"\tby lists.example.org with ESMTPS id {letter.number:x}{hop};\n"
        f"\t{format_datetime(stamp + timedelta(seconds=5 - hop))}\n"
        for hop in (1, 2)
    )
    return (
        f"From writer{letter.writer}@example.org  {stamp:%a %b %d %H:%M:%S %Y}\n"
        f"Return-Path: <writer{letter.writer}@example.org>\nX-Original-To: malaria@example.org\n"
        f"{received}From: {name} <writer{letter.writer}@example.org>\n"
        f"To: malaria@lists.example.org\nDate: {date}\n"
        f"Message-ID: {'<>' if letter.nameless else letter.id}\n{answers}"
        f"Subject: [Malaria] {'Re: ' if answers else ''}{' '.join(letter.lines[0].split()[:5])}\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "List-Id: Malaria group <malaria.lists.example.org>\n"
        "List-Unsubscribe: <https://lists.example.org/options/malaria>,\n"
        "\t<mailto:malaria-request@lists.example.org?subject=unsubscribe>\n"
        "X-Mailman-Version: 2.1.39\n\n" + "\n".join(letter.lines) + "\n\n"
    )


def _archived(letter: Letter) -> str:
    stamp = letter.at.astimezone(UTC)
    answers = "" if letter.answers is None else _thread(letter.answers)
    return (
        f"From writer{letter.writer} at example.org  {stamp:%a %b %d %H:%M:%S %Y}\n"
        f"From: writer{letter.writer} at example.org (Writer {letter.writer})\n"
        f"Date: {format_datetime(letter.at)}\n"
        f"Subject: [Malaria] {' '.join(letter.lines[0].split()[:5])}\n{answers}"
        f"Message-ID: {letter.id}\n\n" + "\n".join(letter.lines) + "\n\n"
    )


def _thread(answers: int) -> str:
    asked = f"<{answers}.{answers % PEOPLE}@mail.example.org>"
    return f"In-Reply-To: {asked}\nReferences: {asked}\n"
