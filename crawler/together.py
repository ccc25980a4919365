"""What many visits ask of the store at about the same moment, asked in one transaction.

A quiet visit asks the store a few small things. A transaction for each would cost several times
the request itself; those of many visits together cost little more than one (decision record 0020).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Generic, TypeVar

from domain.errors import StorageFailed

Q = TypeVar("Q")
A = TypeVar("A")
# No transaction holds up the event loop, and other writers, for longer than these take.
AT_ONCE = 200
# Each other visit makes it likelier that somebody joins soon. Units: seconds.
PATIENCE, LONGEST_PATIENCE = 0.0002, 0.05


class Crowd:
    """How many visits this process makes at the moment."""

    visits = 0

    @classmethod
    @contextmanager
    def join(cls) -> Iterator[None]:
        """One visit more, until the end of the block."""
        cls.visits += 1
        try:
            yield
        finally:
            cls.visits -= 1

    @classmethod
    def patience(cls) -> float:
        """How long a question waits for those of others."""
        return min(cls.visits * PATIENCE, LONGEST_PATIENCE)


class Doors:
    """Lets visits begin: at each host one after the other, at so many hosts at once.

    A visit has begun with its first answer. Most are over then, and one that goes on for hours
    keeps nobody waiting: so a batch of any size holds few open requests and little memory.
    """

    def __init__(self, hosts_at_once: int) -> None:
        self._room = asyncio.Semaphore(hosts_at_once)
        self._hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def enter(self, host: str) -> AsyncIterator[Callable[[], None]]:
        """Inside, one visit to the host; what it gives is called at the first answer."""
        door = self._hosts[host]
        await door.acquire()
        try:
            await self._room.acquire()
        except BaseException:
            door.release()
            raise
        steps = [self._room.release, door.release]

        def go_on() -> None:
            while steps:
                steps.pop()()

        try:
            yield go_on
        finally:
            go_on()


class Together(Generic[Q, A]):
    """Collects questions for a moment, the longer the more visits go on, then asks them all.

    `answer` gives an answer to each question in order, or the error that is its alone. Where it
    fails as a whole, each question is asked by itself, so that one bad one spoils no other.
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Sequence[A | Exception]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []

    async def ask(self, question: Q) -> A:
        """The answer, once the question was asked with all others of this moment.

        Raises: the error that is the answer to this question; StorageFailed.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_later(Crowd.patience(), self._ask_all)
        reply: asyncio.Future[A] = loop.create_future()
        self._waiting.append((question, reply))
        return await reply

    def _ask_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), AT_ONCE):
            self._ask(waiting[start : start + AT_ONCE])

    def _ask(self, some: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        answers: Sequence[A | Exception]
        try:
            answers = self._answer([question for question, _ in some])
        except StorageFailed as failed:
            answers = [failed] * len(some)
        except Exception as error:  # noqa: BLE001 - handed on to the visit whose fault it is
            if len(some) > 1:
                for one in some:
                    self._ask([one])
                return
            answers = [error]
        for (_, reply), answer in zip(some, answers, strict=True):
            if reply.done():
                continue  # the visit was ended meanwhile
            if isinstance(answer, Exception):
                reply.set_exception(answer)
            else:
                reply.set_result(answer)
