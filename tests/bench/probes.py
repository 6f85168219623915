"""What is measured inside a process: bytes, entries, and the longest pauses of the event loop."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from p2pchat_tui.ports.transport import Channel, FrameReceived, LinkOpened, TransportEvent
from p2pchat_tui.ssc.entry import Entry
from p2pchat_tui.ssc.ids import LinkId, RoomId
from p2pchat_tui.store.sqlite import SqliteStore
from p2pchat_tui.transport.mesh import Mesh


def now() -> float:
    """Seconds of a clock that all processes of this machine share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def resident_mb() -> float:
    """This process's resident memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def size(data: str | bytes) -> int:
    """Bytes of one message."""
    return len(data) if isinstance(data, bytes) else len(data.encode())


class CountedMesh:
    """A Mesh that counts the messages given to it and by it; `on_open` is told when a link's channels are open."""

    def __init__(self, mesh: Mesh, on_open: Callable[[], None]) -> None:
        self._mesh = mesh
        self._on_open = on_open
        self._links: list[LinkId] = []
        self.sent = 0
        self.received = 0
        self.keep_frames = False
        self.frames: list[bytes] = []
        """With `keep_frames`: every binary message that came, link by link as they came."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mesh, name)

    def send(self, link: LinkId, channel: Channel, data: str | bytes) -> None:
        """See Transport."""
        self.sent += size(data)
        self._mesh.send(link, channel, data)

    async def events(self) -> AsyncIterator[TransportEvent]:
        """See Transport."""
        async for event in self._mesh.events():
            if isinstance(event, FrameReceived):
                self.received += size(event.data)
                if self.keep_frames and isinstance(event.data, bytes):
                    self.frames.append(bytes(event.link) + event.data)
            elif isinstance(event, LinkOpened):
                self._links.append(event.link)
                self._on_open()
            yield event

    def wire(self) -> int:
        """Bytes both ways of the links that live, with the overhead of DTLS and SCTP."""
        total = 0
        for link in self._links:
            try:
                stats = self._mesh.stats(link)
            except Exception:
                continue
            total += stats.sent + stats.received
        return total


class CountedStore:
    """A store that tells `on_append` how many entries it was given in all."""

    def __init__(self, store: SqliteStore, on_append: Callable[[int], None]) -> None:
        self._store = store
        self._on_append = on_append
        self.appended = 0
        self.commits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, room: RoomId, entries: Sequence[Entry], *, durable: bool) -> None:
        """See Store."""
        await self._store.append(room, entries, durable=durable)
        self.appended += len(entries)
        self.commits += 1
        self._on_append(self.appended)


class LoopWatch:
    """Times every callback of the event loop: what runs for long keeps keys and frames waiting."""

    def __init__(self) -> None:
        self.longest: list[tuple[float, float, str]] = []
        """(wall ms, CPU ms of the loop's thread, what), longest first; the CPU time is what our code takes."""
        original = asyncio.events.Handle._run

        def timed(handle: asyncio.events.Handle) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            original(handle)
            taken = time.perf_counter() - wall
            if taken > 0.005:
                self._note(taken, time.thread_time() - cpu, handle)

        asyncio.events.Handle._run = timed  # type: ignore[method-assign]

    def _note(self, wall: float, cpu: float, handle: asyncio.events.Handle) -> None:
        self.longest.append((wall * 1000, cpu * 1000, repr(handle)))
        self.longest.sort(reverse=True)
        del self.longest[40:]

    def restart(self) -> None:
        """Forget what was."""
        self.longest.clear()

    def report(self) -> dict[str, Any]:
        """The longest pause by wall time, and the one with the most CPU time."""
        wall = max(self.longest, default=(0.0, 0.0, ""))[0]
        _, cpu, what = max(self.longest, key=lambda each: each[1], default=(0.0, 0.0, ""))
        return {"block_ms": wall, "block_cpu_ms": cpu, "block_what": what}
