"""A signaling that is loaded late behaves as the one that it becomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from p2pchat_tui.cli.lazy import LazySignaling
from p2pchat_tui.ports.signaling import SessionSeen, Signaling, SignalingEvent, SignalingState, StateChanged
from p2pchat_tui.ssc.ids import SessionId

OTHER = SessionId(b"o" * 16)


class Recorder:
    """Notes what is asked of it, and tells one event."""

    url = "ws://x/ws"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def open(self) -> None:
        self.asked.append("open")

    def send(self, to: SessionId, data: bytes) -> None:
        self.asked.append(f"send {data.decode()}")

    async def events(self) -> AsyncIterator[SignalingEvent]:
        yield SessionSeen(OTHER)

    async def close(self) -> None:
        self.asked.append("close")


async def test_it_passes_everything_on_once_it_is_there() -> None:
    inner = Recorder()
    loaded = asyncio.Event()

    async def load() -> Signaling:
        await loaded.wait()
        return inner

    lazy = LazySignaling("ws://x/ws", load)
    assert lazy.url == "ws://x/ws"
    await lazy.open()
    lazy.send(OTHER, b"early")
    events = aiter(lazy.events())
    assert await anext(events) == StateChanged(SignalingState.CONNECTING)
    loaded.set()
    assert await anext(events) == SessionSeen(OTHER)
    with pytest.raises(StopAsyncIteration):
        await anext(events)
    lazy.send(OTHER, b"late")
    await lazy.close()
    await lazy.close()
    assert inner.asked == ["open", "send late", "close", "close"]


async def test_closed_before_it_is_there() -> None:
    async def load() -> Signaling:
        await asyncio.get_running_loop().create_future()
        return Recorder()

    lazy = LazySignaling("ws://x/ws", load)
    await lazy.open()
    events = aiter(lazy.events())
    await anext(events)
    rest = asyncio.create_task(anext(events, None))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await lazy.close()
        assert await rest is None


async def test_what_kept_it_from_being_made_is_raised() -> None:
    async def load() -> Signaling:
        raise ImportError("no such module")

    lazy = LazySignaling("ws://x/ws", load)
    await lazy.open()
    events = aiter(lazy.events())
    await anext(events)
    with pytest.raises(ImportError):
        await anext(events)
    await lazy.close()


async def test_closed_before_it_was_opened_it_stays_closed() -> None:
    inner = Recorder()

    async def load() -> Signaling:
        return inner

    lazy = LazySignaling("ws://x/ws", load)
    await lazy.close()
    await lazy.open()
    assert [event async for event in lazy.events()] == [] and inner.asked == []


async def test_never_opened() -> None:
    lazy = LazySignaling("ws://x/ws", lambda: asyncio.get_running_loop().create_future())
    await lazy.close()
    assert [event async for event in lazy.events()] == []
