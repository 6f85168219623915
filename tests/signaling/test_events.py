"""The stream between an adapter and its reader: bounded, in order, ending."""

from __future__ import annotations

import asyncio

from p2pchat_tui.ports.signaling import SessionSeen
from p2pchat_tui.signaling.events import HELD_MAX, EventStream
from tests.contracts.signaling import session_id

EVENTS = [SessionSeen(session_id(number % 256)) for number in range(HELD_MAX + 50)]


async def test_the_writer_waits_for_a_slow_reader() -> None:
    stream = EventStream()
    written = 0

    async def write() -> None:
        nonlocal written
        for event in EVENTS:
            await stream.put(event)
            written += 1
        stream.close()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(write())
        for _ in range(5):
            await asyncio.sleep(0)
        assert written == HELD_MAX
        assert [event async for event in stream.read()] == EVENTS
    assert written == len(EVENTS)


async def test_closing_frees_writer_and_reader() -> None:
    stream = EventStream()
    for event in EVENTS[:HELD_MAX]:
        await stream.put(event)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(stream.put(EVENTS[-1]))
        await asyncio.sleep(0)
        stream.close()
        assert [event async for event in stream.read()] == EVENTS[:HELD_MAX]
    await stream.put(EVENTS[0])
    assert [event async for event in stream.read()] == []
