"""Hands every event to everyone who listens, and never waits for a listener."""

from __future__ import annotations

from asyncio import Event as Flag
from collections import deque
from collections.abc import AsyncIterator

from ..ssc.ids import Order
from .api import NO_HISTORY, Ended, Event, Resync, Since, all_history

BACKLOG_MAX = 20_000
"""Events kept for a listener that does not come to read; beyond it they are replaced by one Resync."""


class _Listener:
    def __init__(self, since: Since) -> None:
        self.since = since
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

    @property
    def since(self) -> Order:
        """The lowest place from which on somebody who listens wants old messages one by one."""
        return min((listener.since() for listener in self._listeners), default=NO_HISTORY)

    def listen(self, since: Since = all_history) -> AsyncIterator[Event]:
        """Everything emitted from this very call on, until Ended. `since`: see Session.events."""
        listener = _Listener(since)
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
