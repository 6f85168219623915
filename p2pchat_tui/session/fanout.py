"""Hands every event to everyone who listens, and never waits for a listener."""

from __future__ import annotations

from asyncio import Event as Flag
from collections import deque
from collections.abc import AsyncIterator

from .api import Ended, Event, Resync

BACKLOG_MAX = 20_000
"""Events kept for a listener that does not come to read; beyond it they are replaced by one Resync."""


class _Listener:
    def __init__(self) -> None:
        self.waiting: deque[Event] = deque()
        self.flag = Flag()


class Fanout:
    """The events of one session."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._ended: Ended | None = None

    def emit(self, event: Event) -> None:
        """Give `event` to everyone who listens now."""
        if isinstance(event, Ended):
            self._ended = event
        for listener in self._listeners:
            if len(listener.waiting) >= BACKLOG_MAX:
                listener.waiting.clear()
                listener.waiting.append(Resync())
            listener.waiting.append(event)
            listener.flag.set()

    def listen(self) -> AsyncIterator[Event]:
        """Everything emitted from this very call on, until Ended."""
        listener = _Listener()
        self._listeners.add(listener)
        if self._ended:
            listener.waiting.append(self._ended)
            listener.flag.set()
        return self._follow(listener)

    async def _follow(self, listener: _Listener) -> AsyncIterator[Event]:
        try:
            while True:
                await listener.flag.wait()
                listener.flag.clear()
                while listener.waiting:
                    event = listener.waiting.popleft()
                    yield event
                    if isinstance(event, Ended):
                        return
        finally:
            self._listeners.discard(listener)
