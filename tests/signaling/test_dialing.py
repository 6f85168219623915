"""Dialing beside a dial that takes long, with dials that end when the test says so."""

from __future__ import annotations

import asyncio

import pytest

from p2pchat_tui.signaling import dialing
from p2pchat_tui.signaling.dialing import DIALS_MAX, first_of


class Line:
    """Dials that wait for an answer: a number, or an error."""

    def __init__(self) -> None:
        self.dials: list[asyncio.Future[int]] = []
        self.dialed = asyncio.Event()
        self.hung_up: list[int] = []

    async def dial(self) -> int:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.dials.append(answer)
        self.dialed.set()
        return await answer

    async def until(self, count: int) -> None:
        """Until so many dials are under way."""
        async with asyncio.timeout(10):
            while len(self.dials) < count:
                self.dialed.clear()
                await self.dialed.wait()

    async def hang_up(self, number: int) -> None:
        self.hung_up.append(number)


async def test_a_dial_that_is_answered_at_once_is_the_only_one() -> None:
    line = Line()
    task = asyncio.create_task(first_of(line.dial, line.hang_up))
    await line.until(1)
    line.dials[0].set_result(1)
    assert await task == 1
    assert len(line.dials) == 1


async def test_the_first_that_is_answered_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "AGAIN_S", 0.001)
    line = Line()
    task = asyncio.create_task(first_of(line.dial, line.hang_up))
    await line.until(DIALS_MAX)
    line.dials[1].set_result(2)
    assert await task == 2
    assert len(line.dials) == DIALS_MAX
    assert line.dials[0].cancelled() and line.dials[2].cancelled()


async def test_what_comes_besides_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "AGAIN_S", 0.001)
    line = Line()
    task = asyncio.create_task(first_of(line.dial, line.hang_up))
    await line.until(2)
    line.dials[0].set_result(1)
    line.dials[1].set_result(2)
    assert {await task, *line.hung_up} == {1, 2}
    assert len(line.hung_up) == 1


async def test_an_error_counts_once_nobody_else_may_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    task = asyncio.create_task(first_of(line.dial, line.hang_up))
    await line.until(1)
    line.dials[0].set_exception(ConnectionRefusedError())
    with pytest.raises(ConnectionRefusedError):
        await task
    monkeypatch.setattr(dialing, "AGAIN_S", 0.001)
    line = Line()
    task = asyncio.create_task(first_of(line.dial, line.hang_up))
    await line.until(2)
    line.dials[1].set_exception(ConnectionRefusedError())
    await line.until(DIALS_MAX)
    line.dials[0].set_result(1)
    assert await task == 1
    assert line.dials[2].cancelled()


async def test_whoever_waits_may_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "AGAIN_S", 0.001)
    line = Line()
    task = asyncio.create_task(first_of(line.dial, line.hang_up))
    await line.until(DIALS_MAX)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() and all(each.cancelled() for each in line.dials)
