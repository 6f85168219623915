"""One queue of transport events with one reader, which counts the bytes that each link has waiting in it."""

from __future__ import annotations

import asyncio
from collections import Counter

from ..ports.transport import FrameReceived, TransportEvent
from ..ssc.ids import LinkId
from .limits import INBOUND_EACH


def weight(data: str | bytes) -> int:
    """Bytes that a received message counts for while it waits."""
    return INBOUND_EACH + (len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass")))


class Inbox:
    """An async iterator over events, in order. It ends after `close`, once everything before was read."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[TransportEvent | None] = asyncio.Queue()
        self._waiting: Counter[LinkId] = Counter()
        self._closed = False

    def put(self, event: TransportEvent) -> None:
        """Append `event`; ignored after `close`."""
        if self._closed:
            return
        if isinstance(event, FrameReceived):
            self._waiting[event.link] += weight(event.data)
        self._queue.put_nowait(event)

    def waiting(self, link: LinkId) -> int:
        """Bytes of `link` that nobody has read yet."""
        return self._waiting[link]

    def close(self) -> None:
        """Let the reader end after what is in here. May be called twice."""
        if not self._closed:
            self._closed = True
            self._queue.put_nowait(None)

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> TransportEvent:
        event = await self._queue.get()
        if event is None:
            self._queue.put_nowait(None)  # for whoever asks again
            raise StopAsyncIteration
        if isinstance(event, FrameReceived):
            self._waiting[event.link] -= weight(event.data)
            if self._waiting[event.link] <= 0:
                del self._waiting[event.link]
        return event
