"""A made-up talk in numbers: who wrote when, and what it answers. For archives built by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

WRITERS = ("Amina Test", "Bo Test", "Chidi Test", "Dana Test", "Élise Test")


@dataclass(frozen=True, kw_only=True)
class Said:
    """One post. `root` is the number of the post that starts its thread: its own for that one."""

    number: int
    at: datetime
    writer: str
    root: int
    subject: str

    @property
    def is_answer(self) -> bool:
        return self.root != self.number

    @property
    def address(self) -> str:
        return f"{self.writer.split()[0].lower().replace('é', 'e')}@example.org"

    @property
    def message_id(self) -> str:
        return f"{self.number}.talk@example.org"

    @property
    def root_id(self) -> str:
        return f"{self.root}.talk@example.org"


def small_talk(now: datetime, *, count: int, gap: timedelta, answers: int = 2) -> tuple[Said, ...]:
    """So many posts, the last one a day ago; each thread has that many answers."""
    last = now.replace(second=0, microsecond=0) - timedelta(days=1)
    said = []
    for place in range(count):
        number = place + 1
        root = place - place % (answers + 1) + 1
        said.append(
            Said(
                number=number,
                at=last - gap * (count - 1 - place),
                writer=WRITERS[place * 7 % len(WRITERS)],
                root=root,
                subject=f"Well number {root}",
            )
        )
    return tuple(said)
