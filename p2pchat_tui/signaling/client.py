"""One room at one relay: connects, joins, reconnects for ever, and says in plain words how it goes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from ssl import SSLContext

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from ..ports.ice import IceServer
from ..ports.signaling import (
    IceServersOffered,
    SessionGone,
    SessionSeen,
    SignalingEvent,
    SignalingState,
    SignalReceived,
    StateChanged,
    Traffic,
)
from ..ssc.ids import SIGNAL_MAX, RoomId, SessionId
from ..ssc.text import clean_line
from . import protocol
from .client_socket import Meter, dial, hang_up, is_alive
from .dialing import first_of
from .events import EventStream
from .protocol import RESUME_MAX_BYTES, RESUME_MIN_BYTES
from .troubles import RefusedByRelay, Unusable, explain
from .urls import normal_relay_url, shown_host

OUTBOX_BYTES = 256 * 1024
"""Signals waiting to leave: offers to a full room with room to spare. More than that is dropped."""
CONNECT_S = 10.0
"""For DNS, TCP, TLS and the WebSocket handshake together: past this the line is as good as dead."""
WELCOME_S = 10.0
"""From `join` to `welcome`: a relay answers at once, so this too is the line."""
RENEW_AT, RENEW_SPREAD = 0.9, 0.2
"""At which part of their lifetime TURN credentials are fetched anew, and by how much earlier at most."""
RENEW_LEAST_S = 60.0
"""They are not fetched more often than this, whatever a relay says."""
STEADY_S = 5.0
"""A connection that lasted this long was a good one: the next wait is the first again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """The wait for the next attempt: doubling from `first_s` to `most_s`, each between half and whole."""

    first_s: float = 0.25
    most_s: float = 30.0

    def delay_s(self, failures: int, jitter: float) -> float:
        """The wait after `failures` (1 or more) attempts in a row; `jitter` is in [0, 1)."""
        whole = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return whole * (0.5 + 0.5 * jitter)


class RelayClient:
    """The `Signaling` port over a WebSocket.

    Signals sent while there is no connection are dropped, not kept: a signal belongs to an attempt with a
    deadline of its own, whoever sends one repeats it, and an old one is worth nothing. `repr` shows no
    secret.
    """

    def __init__(
        self,
        url: str,
        room: RoomId,
        session: SessionId,
        resume: bytes,
        *,
        jitter: Callable[[], float],
        backoff: Backoff | None = None,
        ssl: SSLContext | None = None,
        before: Callable[[], Awaitable[None]] | None = None,
        quiet: bool = False,
    ) -> None:
        """`resume` (16 to 32 secret bytes) lets this session, and nobody else, replace its own stale socket.

        `jitter` gives numbers in [0, 1). `ssl` replaces the system's trust for wss. `before` is awaited ahead
        of each attempt and may raise Unusable; `quiet` keeps a repeated failure with the same sentence from
        being told again. Raises ValueError for a URL or a `resume` that cannot be.
        """
        if not RESUME_MIN_BYTES <= len(resume) <= RESUME_MAX_BYTES:
            raise ValueError(f"resume takes {RESUME_MIN_BYTES} to {RESUME_MAX_BYTES} bytes")
        self._url = normal_relay_url(url)
        self._room, self._session, self._resume = room, session, resume
        self._jitter, self._backoff = jitter, backoff or Backoff()
        self._ssl, self._before, self._quiet = ssl, before, quiet
        self._events = EventStream()
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._outbox_filled = asyncio.Event()
        self._hurry = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._connecting: asyncio.Timeout | None = None
        self._there: set[SessionId] = set()
        self._open = False
        self._opened_at = 0.0
        self._told: StateChanged | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._old: ClientConnection | None = None
        """The connection before this one, until the place at the relay has been taken over from it."""
        self._checking: asyncio.Task[None] | None = None
        self._come_back_s: float | None = None
        """When the relay said that it restarts: the wait that it asked for."""
        self._meter = Meter()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    @property
    def url(self) -> str:
        """The relay's normal URL."""
        return self._url

    @property
    def is_own(self) -> bool:
        """See the port."""
        return False

    @property
    def traffic(self) -> Traffic:
        """See the port."""
        return Traffic(self._meter.frames, self._meter.bytes)

    async def open(self) -> None:
        """Start connecting, in a task of its own. Opening twice, or after `close`, does nothing."""
        if self._task is None and not self._closed:
            self._task = asyncio.create_task(self._run(), name="relay-client")

    def send(self, to: SessionId, data: bytes) -> None:
        """Pass `data` on. Raises ValueError above SIGNAL_MAX; dropped without a connection, and when too many wait."""
        if not 0 < len(data) <= SIGNAL_MAX:
            raise ValueError(f"a signal has 1 to {SIGNAL_MAX} bytes, not {len(data)}")
        frame = protocol.encode(protocol.SignalTo(to.text, data))
        if not self._open or self._outbox_bytes + len(frame) > OUTBOX_BYTES:
            return
        self._outbox.append(frame)
        self._outbox_bytes += len(frame)
        self._outbox_filled.set()

    def retry_now(self) -> None:
        """See the port: a pause ends, an attempt under way begins anew, a connection is asked whether it lives.

        One that was left behind with an old address would take 40 s to tell.
        """
        if self._connecting is not None:
            self._hurry.set()
            with contextlib.suppress(RuntimeError):  # its time is over already, and it is ending
                self._connecting.reschedule(asyncio.get_running_loop().time())
        elif self._socket is None:
            self._hurry.set()
        elif self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check(self._socket), name="check the relay")

    async def _check(self, socket: ClientConnection) -> None:
        if not await is_alive(socket):
            self._hurry.set()
            socket.transport.abort()  # whoever reads from it meets the end and connects again

    def events(self) -> AsyncIterator[SignalingEvent]:
        """See the port."""
        return self._events.read()

    async def close(self) -> None:
        """Leave the room, end the task. May be called twice."""
        self._closed = True
        tasks = [task for task in (self._task, self._checking) if task is not None]
        self._task = self._checking = None
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._leave_old()
        self._events.close()

    # ----------------------------------------------------------------------------------------------- the task

    async def _run(self) -> None:
        """Connect, stay, wait, again."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            trouble = await self._visit_safely()
            if trouble is None:
                continue  # on purpose, and nobody needs to know
            await self._leave_old()
            if self._opened_at and loop.time() - self._opened_at >= STEADY_S:
                failures = 0
            self._opened_at = 0.0
            failures += 1
            delay, self._come_back_s = self._come_back_s, None
            if delay is None:
                delay = self._backoff.delay_s(failures, self._jitter())
            lost = StateChanged(SignalingState.LOST, clean_line(trouble, 300), max(1, round(delay * 1000)))
            await self._tell(lost)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._hurry.wait()
            self._hurry.clear()

    async def _visit_safely(self) -> str | None:
        """One connection; the sentence that says why it is over, None when it is to be made anew at once."""
        host = shown_host(self._url)
        try:
            if await self._visit():
                return None
        except (OSError, WebSocketException, protocol.ProtocolError, Unusable, RefusedByRelay) as error:
            _log.debug("relay: %s", type(error).__name__)
            if isinstance(error, ConnectionClosed):
                self._come_back_s = protocol.wait_asked(error.rcvd)
            return explain(error, host)
        except Exception as error:
            _log.exception("the relay's client failed: this is a mistake in this program")
            return explain(error, host)
        return f"The connection to the relay at {host} ended; it is tried again."

    async def _tell(self, state: StateChanged) -> None:
        told = self._told
        if self._quiet and told is not None and told.state is state.state and told.detail == state.detail:
            return
        self._told = state
        await self._events.put(state)

    async def _visit(self) -> bool:
        """One connection from beginning to end; whether it ended because its TURN credentials grow old.

        False when the relay closed it normally; else raises.
        """
        if self._old is None and (self._told is None or not self._quiet):
            await self._tell(StateChanged(SignalingState.CONNECTING))
        if self._before is not None:
            await self._before()
        if self._old is None:  # else the place at the relay is kept: nobody needs to know
            await self._tell_connecting()
        self._hurry.clear()
        socket = await self._connect()
        writer: asyncio.Task[None] | None = None
        is_old = False
        try:
            renew_s = await self._join(socket)
            await self._leave_old()
            self._socket = socket
            self._hurry.clear()
            writer = asyncio.create_task(self._write(socket))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(renew_s) as renewal:
                    await self._read(socket)
            is_old = renewal.expired()
            return is_old
        finally:
            self._open, self._socket = False, None
            self._outbox.clear()
            self._outbox_bytes = 0
            if writer is not None:
                writer.cancel()
                await asyncio.wait([writer])
            if is_old:
                self._old = socket
            else:
                await hang_up(socket)

    async def _leave_old(self) -> None:
        old, self._old = self._old, None
        if old is not None:
            await hang_up(old)

    async def _connect(self) -> ClientConnection:
        try:
            async with asyncio.timeout(CONNECT_S) as self._connecting:
                return await first_of(partial(dial, self._url, self._meter, self._ssl), hang_up)
        finally:
            self._connecting = None

    async def _tell_connecting(self) -> None:
        if self._told is not None and self._told.state is not SignalingState.CONNECTING:
            await self._tell(StateChanged(SignalingState.CONNECTING))

    async def _join(self, socket: ClientConnection) -> float | None:
        """Join; in how many seconds to join anew for fresh credentials, None for never."""
        join = protocol.Join(protocol.VERSION, self._room.text, self._session.text, self._resume.hex())
        try:
            async with asyncio.timeout(WELCOME_S) as self._connecting:
                await self._send(socket, protocol.encode(join))
                frame = await self._receive(socket)
        finally:
            self._connecting = None
        if not isinstance(frame, protocol.Welcome):
            raise protocol.ProtocolError("no welcome")
        self._opened_at = asyncio.get_running_loop().time()
        self._open = True
        await self._tell(StateChanged(SignalingState.OPEN))
        if frame.ice:
            await self._events.put(IceServersOffered(tuple(_ice_server(ice) for ice in frame.ice)))
        there = {SessionId.from_text(peer) for peer in frame.peers} - {self._session}
        for session in sorted(self._there - there):
            await self._events.put(SessionGone(session))
        for session in sorted(there):
            await self._events.put(SessionSeen(session))
        self._there = there
        if not frame.ttl:
            return None
        return max(RENEW_LEAST_S, frame.ttl * (RENEW_AT - RENEW_SPREAD * self._jitter()))

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            frame = await self._receive(socket)
            if isinstance(frame, protocol.SignalFrom):
                sender = SessionId.from_text(frame.sender)
                await self._events.put(SignalReceived(sender, frame.data))
            elif isinstance(frame, protocol.Seen | protocol.Gone):
                await self._move(frame)
            else:
                raise protocol.ProtocolError("a second welcome")

    async def _move(self, frame: protocol.Seen | protocol.Gone) -> None:
        session = SessionId.from_text(frame.session)
        if session == self._session:
            return
        if isinstance(frame, protocol.Gone):
            self._there.discard(session)
            await self._events.put(SessionGone(session))
            return
        if len(self._there) >= protocol.PEERS_MAX and session not in self._there:
            raise protocol.ProtocolError("more sessions than a room can have")
        self._there.add(session)
        await self._events.put(SessionSeen(session))

    async def _receive(self, socket: ClientConnection) -> protocol.FromRelay:
        data = await socket.recv(decode=False)
        self._meter.frames += 1
        frame = protocol.decode_from_relay(data)
        if isinstance(frame, protocol.Refused):
            raise RefusedByRelay(frame)
        return frame

    async def _write(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # `_read` meets the same end and tells it
            while True:
                while self._outbox:
                    frame = self._outbox.popleft()
                    self._outbox_bytes -= len(frame)
                    await self._send(socket, frame)
                self._outbox_filled.clear()
                await self._outbox_filled.wait()

    async def _send(self, socket: ClientConnection, frame: bytes) -> None:
        await socket.send(frame, text=True)
        self._meter.frames += 1


def _ice_server(ice: protocol.Ice) -> IceServer:
    return IceServer(clean_line(ice.url, protocol.ICE_TEXT_MAX), ice.username, ice.credential)
