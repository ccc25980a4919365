from __future__ import annotations

import asyncio

import pytest

from jobs.working import end_tasks


async def overhear(cancellations: int) -> None:
    for _ in range(cancellations):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


@pytest.mark.parametrize("lost", [0, 1, 3])
def test_a_task_that_loses_a_cancellation_is_ended_all_the_same(lost: int) -> None:
    async def stop() -> bool:
        task = asyncio.create_task(overhear(lost + 1))
        await asyncio.sleep(0)
        task.cancel()
        await end_tasks([task], again=0.01)
        return task.done()

    assert asyncio.run(stop())
