"""The bounded stream between an adapter and its one reader."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from ..ports.signaling import SignalingEvent

HELD_MAX = 256
"""Events that wait for the reader before the writer has to: with the largest signals 4 MiB."""


class EventStream:
    """Events in order, to one reader; a reader that lags slows the writer down instead of filling memory."""

    def __init__(self) -> None:
        self._held: deque[SignalingEvent] = deque()
        self._changed = asyncio.Event()
        self._space = asyncio.Event()
        self._closed = False

    async def put(self, event: SignalingEvent) -> None:
        """Append, waiting while HELD_MAX are held. After `close` nothing is taken any more."""
        while len(self._held) >= HELD_MAX and not self._closed:
            self._space.clear()
            await self._space.wait()
        self.post(event)

    def post(self, event: SignalingEvent) -> None:
        """Append at once, whatever is held."""
        if not self._closed:
            self._held.append(event)
            self._changed.set()

    def close(self) -> None:
        """Let the reader have what is held, then end."""
        self._closed = True
        self._changed.set()
        self._space.set()

    async def read(self) -> AsyncIterator[SignalingEvent]:
        """What comes, until closed."""
        while True:
            while self._held:
                event = self._held.popleft()
                self._space.set()
                yield event
            if self._closed:
                return
            self._changed.clear()
            await self._changed.wait()
