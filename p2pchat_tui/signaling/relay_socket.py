"""One client's socket at a relay: guarded on the way in, a bounded queue on the way out."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame
from websockets.protocol import Event

from ..ssc.rate import TokenBucket
from .limits import PIECE_BYTES, Limits, address_key, frame_cost
from .protocol import Refusal


class Gate(Protocol):
    """What a socket asks the relay."""

    @property
    def limits(self) -> Limits:
        """The bounds to keep."""
        ...

    def enter(self, socket: GuardedSocket) -> Refusal | None:
        """A TCP (or TLS) connection is there: whether it is one too many."""
        ...

    def leave(self, socket: GuardedSocket) -> None:
        """It is gone."""
        ...

    def too_fast(self, socket: GuardedSocket) -> None:
        """It sends more than it may; the socket itself reads no more."""
        ...


class GuardedSocket(ServerConnection):
    """A WebSocket that is counted from its first byte, and whose frames, pings included, are rationed."""

    def __init__(self, *args: Any, gate: Gate, **options: Any) -> None:
        super().__init__(*args, **options)
        self._gate = gate
        limits = gate.limits
        self._bucket = TokenBucket(limits.frames_per_s, limits.frames_burst, self.loop.time())
        self._deaf = False
        self.address = "unknown"
        """Key of the other side's address."""
        self.refusal: Refusal | None = None
        """Why its handshake is to be answered with "not now"."""
        self.member: Client | None = None
        """Who speaks through it, after the handshake."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it. (websockets calls this and the three below from the transport.)"""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self.address = address_key(peer[0]) if isinstance(peer, tuple) else "unknown"
        self.refusal = self._gate.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._gate.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse in pieces, so that a flood is noticed before it has cost its time."""
        for start in range(0, len(data), PIECE_BYTES):
            if self._deaf:
                return
            super().data_received(data[start : start + PIECE_BYTES])

    def process_event(self, event: Event) -> None:
        """Ration every frame of whatever kind, and cut off whoever never reads the answers to its pings."""
        if isinstance(event, Frame):
            if self._deaf:
                return
            if self.transport.get_write_buffer_size() > self._gate.limits.queue_bytes:
                self._deaf = True
                self.transport.abort()
                return
            if not self._bucket.take(frame_cost(len(event.data)), self.loop.time()):
                self._deaf = True
                self._gate.too_fast(self)
                return
        super().process_event(event)


class Client:
    """Who speaks through one socket. `send` never waits: what cannot leave in time ends this client alone."""

    def __init__(self, socket: GuardedSocket, limits: Limits, on_slow: Callable[[Client], None]) -> None:
        self.socket = socket
        self.address = socket.address
        self.room = self.session = ""
        self.digest = b""
        self.ended = False
        """It is being closed: nothing it sends counts any more, and nothing is sent to it."""
        self._limits = limits
        self._on_slow = on_slow
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def send(self, data: bytes) -> None:
        """Queue one frame; past the bound the client is given up."""
        if self.ended:
            return
        if self._queued + len(data) > self._limits.queue_bytes:
            self._on_slow(self)
            return
        self._queue.append(data)
        self._queued += len(data)
        self._empty.clear()
        self._wake.set()

    async def flushed(self, within_s: float) -> None:
        """Wait until everything queued has left, at most `within_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._empty.wait()

    async def write(self) -> None:
        """Send what is queued, until the socket closes."""
        try:
            while True:
                while self._queue:
                    data = self._queue.popleft()
                    async with asyncio.timeout(self._limits.write_s):
                        await self.socket.send(data, text=True)
                    self._queued -= len(data)
                self._empty.set()
                self._wake.clear()
                await self._wake.wait()
        except TimeoutError:
            self._on_slow(self)
        except ConnectionClosed:
            return  # the reader of this socket sees it too, and tidies up

    def stop(self) -> None:
        """Forget what is queued and take no more."""
        self.ended = True
        self._queue.clear()
        self._empty.set()

    async def close(self, code: int, reason: str, last: bytes | None = None) -> None:
        """Send `last`, then close; cut the socket when that takes longer than it may."""
        self.stop()
        try:
            async with asyncio.timeout(self._limits.close_s):
                if last is not None:
                    await self.socket.send(last, text=True)
                await self.socket.close(code, reason)
        except (TimeoutError, ConnectionClosed):
            pass  # it is cut below: that is all that closing still has to do
        finally:
            self.socket.transport.abort()
