"""What many visits ask at once is asked once, and each gets its own answer."""

from __future__ import annotations

import asyncio

import pytest

from crawler.together import AT_ONCE, Crowd, Doors, Together
from domain.errors import HostBusy, StorageFailed


class Doubling:
    """Doubles numbers; refuses 13 and breaks on 0, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.together: Together[int, int] = Together(self._double)

    def _double(self, numbers):
        self.asked.append(list(numbers))
        if 0 in numbers:
            raise ZeroDivisionError
        return [HostBusy("13") if number == 13 else 2 * number for number in numbers]

    def ask(self, *numbers: int) -> list[object]:
        async def all_of_them() -> list[object]:
            questions = (self.together.ask(number) for number in numbers)
            return await asyncio.gather(*questions, return_exceptions=True)

        return asyncio.run(all_of_them())


def test_questions_of_one_moment_are_asked_together_and_answered_in_order():
    doubling = Doubling()
    assert doubling.ask(1, 2, 3) == [2, 4, 6]
    assert doubling.asked == [[1, 2, 3]]


def test_one_refusal_leaves_the_others_their_answers():
    first, refused, last = Doubling().ask(1, 13, 3)
    assert (first, last) == (2, 6)
    assert isinstance(refused, HostBusy)


def test_one_broken_question_spoils_no_other():
    doubling = Doubling()
    first, broken, last = doubling.ask(1, 0, 3)
    assert (first, last) == (2, 6)
    assert isinstance(broken, ZeroDivisionError)
    assert doubling.asked == [[1, 0, 3], [1], [0], [3]]


def test_a_store_that_fails_is_asked_once_and_everybody_hears_of_it():
    asked = []

    def fail(questions):
        asked.append(questions)
        raise StorageFailed("the disk is full")

    together: Together[int, int] = Together(fail)

    async def both():
        return await asyncio.gather(together.ask(1), together.ask(2), return_exceptions=True)

    assert [type(error) for error in asyncio.run(both())] == [StorageFailed, StorageFailed]
    assert len(asked) == 1


def test_too_many_questions_are_asked_in_portions():
    doubling = Doubling()
    numbers = range(1, AT_ONCE + 2)
    assert len(doubling.ask(*(n for n in numbers if n != 13))) == AT_ONCE
    doubling.ask(*(number + 13 for number in numbers))
    assert [len(some) for some in doubling.asked] == [AT_ONCE, AT_ONCE, 1]


def test_a_visit_that_was_ended_gets_no_answer_and_harms_nobody():
    doubling = Doubling()

    async def one_is_ended() -> int:
        ended = asyncio.create_task(doubling.together.ask(1))
        other = asyncio.create_task(doubling.together.ask(2))
        await asyncio.sleep(0)
        ended.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ended
        return await other

    assert asyncio.run(one_is_ended()) == 4


def test_patience_grows_with_the_crowd_up_to_a_limit():
    assert Crowd.patience() == 0
    with Crowd.join():
        alone = Crowd.patience()
        with Crowd.join():
            assert Crowd.patience() == 2 * alone
        assert 0 < alone < 0.001
    assert Crowd.patience() == 0


def test_visits_begin_one_by_one_at_a_host_and_at_few_hosts_at_once():
    begun: list[str] = []

    async def visit(doors: Doors, host: str, answered: asyncio.Event, over: asyncio.Event) -> None:
        async with doors.enter(host) as go_on:
            begun.append(host)
            await answered.wait()
            go_on()
            await over.wait()

    async def watch() -> list[int]:
        doors, answered, over = Doors(2), asyncio.Event(), asyncio.Event()
        hosts = ("a", "a", "b", "c")
        visits = [asyncio.create_task(visit(doors, host, answered, over)) for host in hosts]
        counts = []
        for event in (None, answered, over):
            if event:
                event.set()
            await asyncio.sleep(0.01)
            counts.append(len(begun))
        await asyncio.gather(*visits)
        return counts

    # The second visit to "a" waits for the first one's answer, "c" for room; nobody for an end.
    assert asyncio.run(watch()) == [2, 4, 4]


def test_a_visit_that_fails_before_its_first_answer_leaves_room():
    async def fail_and_come_again() -> str:
        doors = Doors(1)
        with pytest.raises(HostBusy):
            async with doors.enter("a"):
                raise HostBusy("a")
        async with doors.enter("a"):
            return "in"

    assert asyncio.run(fail_and_come_again()) == "in"
