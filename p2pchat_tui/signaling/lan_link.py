"""One TCP connection between two members on a LAN: proof first, then sealed frames, all of it bounded."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum

from ..ports.signaling import Traffic
from ..ssc.ids import SIGNAL_MAX, SessionId
from ..ssc.rate import TokenBucket
from .lan_proof import (
    PROOF_BYTES,
    LanError,
    Sealers,
    check_accept,
    check_dial,
    is_label,
    make_accept,
    make_dial,
    make_sealers,
)
from .limits import frame_cost

HANDSHAKE_S = 5.0
"""From the connection to the other side's name: on a LAN it takes milliseconds."""
PING_S = 15.0
"""A connection that carried nothing for so long is asked whether it lives …"""
SILENCE_S = 40.0
"""… and given up after this long without a word: a cable that was pulled says nothing."""
PROBE_S = 2.0
"""For the old connection of a session to answer when a new one claims to be that session."""
OUTBOX_BYTES = 256 * 1024
"""Waiting to leave: as in the relay's client. What comes on top is dropped."""
WRITE_S = 20.0
"""One frame taking longer than this to leave means that nobody reads it."""
FRAMES_PER_S, FRAMES_BURST = 20.0, 128.0
"""What one member may send: an introduction takes two signals, and offers are repeated every few seconds."""

_SEAL_BYTES = 16
_LENGTH_BYTES = 2
_FRAME_MAX = 1 + SIGNAL_MAX + _SEAL_BYTES


class Kind(IntEnum):
    """The first byte of a frame. Unknown ones are skipped, so that a later version can add some."""

    HELLO = 0
    """Session and label of the side that speaks; again whenever the label has changed."""
    SIGNAL = 1
    PING = 2
    PONG = 3


@dataclass(frozen=True, slots=True)
class Hello:
    """Who is at the other end."""

    session: SessionId
    label: str
    """What it announces on this network."""


async def dial(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, beacon: bytes, label: str, chance: bytes, me: Hello
) -> LanLink:
    """Exchange proofs with the owner of `label`; `chance` is NONCE_BYTES of it. Raises LanError, OSError."""
    async with _handshake():
        own = make_dial(beacon, label, chance)
        writer.write(own)
        accept = await reader.readexactly(PROOF_BYTES)
        check_accept(beacon, label, own, accept)
        link = LanLink(reader, writer, make_sealers(beacon, own, accept, dialed=True), dialed=True)
        link.say_hello(me)
        await link.flush()
        await link.hear_hello()
        return link


async def accept(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, beacon: bytes, chance: bytes, me: Hello
) -> LanLink:
    """Let somebody in who proves to be a member; nobody else hears a byte. Raises LanError, OSError."""
    async with _handshake():
        other = await reader.readexactly(PROOF_BYTES)
        check_dial(beacon, me.label, other)
        own = make_accept(beacon, me.label, other, chance)
        writer.write(own)
        link = LanLink(reader, writer, make_sealers(beacon, other, own, dialed=False), dialed=False)
        await link.hear_hello()
        link.say_hello(me)
        await link.flush()
        return link


@contextlib.asynccontextmanager
async def _handshake() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            yield
    except TimeoutError:
        raise LanError("it took too long") from None
    except asyncio.IncompleteReadError:
        raise LanError("it hung up") from None


class LanLink:
    """A connection to a member whose proof was seen."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sealers: Sealers, *, dialed: bool
    ) -> None:
        self._reader, self._writer, self._sealers = reader, writer, sealers
        self.dialed = dialed
        """Whether this side made the connection."""
        self.remote: Hello | None = None
        self.told = ""
        """The label under which the other side knows us."""
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._filled = asyncio.Event()
        self._heard = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._bucket = TokenBucket(FRAMES_PER_S, FRAMES_BURST, self._loop.time())
        self.traffic = Traffic()
        """What went through since the proofs, both ways."""

    @property
    def session(self) -> SessionId:
        """Whose session it leads to. Raises LanError before the hello."""
        if self.remote is None:
            raise LanError("it has not said its name")
        return self.remote.session

    def say_hello(self, me: Hello) -> None:
        """Tell who we are, and under which label."""
        self.told = me.label
        self._put(Kind.HELLO, me.session + me.label.encode())

    def send(self, data: bytes) -> bool:
        """Queue a signal; False when too much is waiting already."""
        return self._put(Kind.SIGNAL, data)

    def _put(self, kind: Kind, data: bytes) -> bool:
        if self._outbox_bytes + len(data) > OUTBOX_BYTES:
            return False
        text = bytes([kind]) + data
        self._outbox.append(text)
        self._outbox_bytes += len(text)
        self._filled.set()
        return True

    async def is_alive(self) -> bool:
        """Whether the other end says anything within PROBE_S when it is asked to."""
        self._heard.clear()
        self._put(Kind.PING, b"")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PROBE_S):
                await self._heard.wait()
        return self._heard.is_set() and not self._writer.is_closing()

    async def hear_hello(self) -> None:
        """Read the first frame, which must be a hello. Raises LanError, OSError."""
        kind, data = await self._read()
        if kind != Kind.HELLO:
            raise LanError("it did not say its name")
        self.remote = _read_hello(data)

    async def run(self, received: Callable[[bytes], Awaitable[None]], renamed: Callable[[], None]) -> None:
        """Carry frames until either side ends it; every signal goes to `received`. Returns when it is over."""
        writing = asyncio.create_task(self._write(), name="lan-link write")
        reading = asyncio.create_task(self._read_all(received, renamed), name="lan-link read")
        try:
            await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, reading):
                task.cancel()
            await asyncio.wait({writing, reading})
            self.cut()
        for task in (writing, reading):
            if not task.cancelled() and (error := task.exception()):
                raise error

    def cut(self) -> None:
        """End the connection at once."""
        self._writer.transport.abort()

    # --------------------------------------------------------------------------------------------------- both ways

    async def _write(self) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            while True:
                await self.flush()
                self._filled.clear()
                try:
                    async with asyncio.timeout(PING_S):
                        await self._filled.wait()
                except TimeoutError:
                    self._put(Kind.PING, b"")

    async def flush(self) -> None:
        """Write what is queued. Raises OSError, TimeoutError."""
        while self._outbox:
            text = self._outbox.popleft()
            self._outbox_bytes -= len(text)
            data = self._sealers.out.seal(text)
            self._count(text[0], len(data))
            self._writer.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
            async with asyncio.timeout(WRITE_S):
                await self._writer.drain()

    async def _read_all(self, received: Callable[[bytes], Awaitable[None]], renamed: Callable[[], None]) -> None:
        with contextlib.suppress(LanError, OSError, TimeoutError, asyncio.IncompleteReadError):
            while True:
                async with asyncio.timeout(SILENCE_S):
                    kind, data = await self._read()
                self._heard.set()
                if kind == Kind.SIGNAL and data:
                    await received(data)
                elif kind == Kind.PING:
                    self._put(Kind.PONG, b"")
                elif kind == Kind.HELLO:
                    self._rename(_read_hello(data), renamed)

    def _rename(self, hello: Hello, renamed: Callable[[], None]) -> None:
        if hello.session != self.session:
            raise LanError("it became somebody else")
        self.remote = hello
        renamed()

    async def _read(self) -> tuple[int, bytes]:
        length = int.from_bytes(await self._reader.readexactly(_LENGTH_BYTES), "big")
        if not _SEAL_BYTES < length <= _FRAME_MAX:
            raise LanError("a frame has a length that cannot be")
        text = self._sealers.into.open(await self._reader.readexactly(length))
        if not self._bucket.take(frame_cost(length), self._loop.time()):
            raise LanError("it sends too much")
        self._count(text[0], length)
        return text[0], text[1:]

    def _count(self, kind: int, size: int) -> None:
        frames, before = self.traffic.frames, self.traffic.bytes
        self.traffic = Traffic(frames + (kind == Kind.SIGNAL), before + _LENGTH_BYTES + size)


def _read_hello(data: bytes) -> Hello:
    try:
        label = data[SessionId.size :].decode("ascii")
    except UnicodeDecodeError:
        raise LanError("its name makes no sense") from None
    if not is_label(label):
        raise LanError("its name makes no sense")
    return Hello(SessionId(data[: SessionId.size]), label)
