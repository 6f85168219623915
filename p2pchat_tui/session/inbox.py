"""What a session has still to take in: inputs of every source in one queue, beside it the history that was fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from ..ports.signaling import SignalingEvent
from ..ports.transport import Transport, TransportEvent
from ..ssc.effects import Compare
from ..ssc.entry import Entry
from .backlog import Backlog
from .desk import Asked
from .maker import Report
from .relays import RelayState

INBOX_MAX = 512
"""Inputs waiting to be worked through; beyond it their sources wait."""
STEP_MAX = 64
"""Inputs worked through before what they wrote goes to disk together."""


@dataclass(frozen=True, slots=True)
class TransportReady:
    """The network stack is loaded."""

    transport: Transport


@dataclass(frozen=True, slots=True)
class TransportFailed:
    """The network stack cannot be loaded."""

    reason: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What is held beside a run was read."""

    compare: Compare
    mine: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Signaled:
    """An event of one relay."""

    relay: RelayState
    event: SignalingEvent


@dataclass(frozen=True, slots=True)
class Tick:
    """Look at what is due."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The last input."""


Input = Stop | Tick | Asked | TransportReady | TransportFailed | Signaled | Compared | TransportEvent | Report


class Inbox:
    """The inputs of one session, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Input] = asyncio.Queue(INBOX_MAX)
        self.backlog = Backlog()

    def __len__(self) -> int:
        return self._waiting.qsize()

    async def put(self, each: Input) -> None:
        """Add one; returns once there is room for it."""
        await self._waiting.put(each)

    async def load(self, make: Callable[[], Awaitable[Transport]]) -> None:
        """Make the transport, then add what it tells until it ends. Raises nothing of what `make` does."""
        try:
            transport = await make()
        except Exception as error:
            await self.put(TransportFailed(str(error)))
            return
        await self.put(TransportReady(transport))
        async for event in transport.events():
            await self.put(event)

    async def follow(self, relay: RelayState) -> None:
        """Open the relay, then add what it tells until it ends."""
        await relay.signaling.open()
        async for event in relay.signaling.events():
            await self.put(Signaled(relay, event))

    def wake(self) -> None:
        """Have the loop look at what is due; where the inbox is full it does soon enough."""
        if not self._waiting.full():
            self._waiting.put_nowait(Tick())

    async def some(self, wait_s: float | None) -> list[Input]:
        """What has come, a step's worth at most; waited for so many seconds, or not at all while history waits."""
        inputs: list[Input] = []
        if self.backlog:
            await asyncio.sleep(0)
            if self.backlog.is_full:
                return []
        else:
            try:
                async with asyncio.timeout(wait_s):
                    inputs.append(await self._waiting.get())
            except TimeoutError:
                return []
        while len(inputs) < STEP_MAX and not self._waiting.empty():
            inputs.append(self._waiting.get_nowait())
        return inputs

    def drain(self) -> Iterator[Input]:
        """Everything that waits, taken out."""
        while not self._waiting.empty():
            yield self._waiting.get_nowait()
