"""The relay: introduces the sessions of a room to each other, forwards their sealed signals, keeps nothing.

A room is known by 16 bytes that say nothing, a session by 16 random ones; who they are never comes here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, Self, cast

from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_websocket
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from ..ports.ice import IceServer
from . import protocol
from .counts import Counts
from .limits import Limits
from .protocol import SENTENCES, Join, ProtocolError, Refusal, SignalTo
from .relay_socket import Client, GuardedSocket
from .rooms import Rooms
from .urls import PATH

HEALTH = f"ok p2pchat-relay {protocol.VERSION}"
"""The answer to GET /healthz; by it a program knows a relay from anything else on the port."""
COME_BACK_S = 0.5
"""Seconds after which the first clients may come back to a relay that is restarted: about as long as that takes."""
COME_BACK_PER_S = 200.0
"""How many of them a second are to come back …"""
COME_BACK_MOST_S = 20.0
"""… unless that takes longer than this, in seconds."""
FILES_KEPT = 64
"""Open files that a relay leaves to the rest of its process."""

IceSource = Sequence[IceServer] | Callable[[], Sequence[IceServer]]
"""STUN and TURN servers to name in the greeting; a function can make credentials anew for each greeting."""

_log = logging.getLogger(__name__)
_library_log = logging.getLogger(__name__ + ".websockets")
# Strangers can make the library log as much as they like, tracebacks included: it is heard at debug alone.
_library_log.addFilter(lambda record: _library_log.isEnabledFor(logging.DEBUG))


class Relay:
    """A relay on `host:port`, to be used with `async with`, or `start` and `stop`.

    `browsers=False` turns away what a web page opened (an Origin header tells): for a relay on this machine.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        limits: Limits | None = None,
        ice: IceSource = (),
        ttl_s: int = 0,
        ssl: SSLContext | None = None,
        browsers: bool = True,
    ) -> None:
        """`ttl_s`: seconds for which what `ice` names is good, so that clients come for more; 0: for ever."""
        self.limits = limits or Limits()
        self._host, self._asked_port, self._ssl, self._browsers = host, port, ssl, browsers
        self._ice, self._ttl_s = ice, ttl_s
        self._rooms: Rooms[Client] = Rooms(self.limits)
        self._sockets: set[GuardedSocket] = set()
        self._sockets_of: Counter[str] = Counter()
        self._sockets_max = self.limits.sockets
        self._server: Server | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._stopping = False
        self.counts = Counts()
        """For GET /metrics."""

    # ------------------------------------------------------------------------------------------------ life

    @property
    def port(self) -> int:
        """The port it listens on, also when it was asked for port 0. Raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("the relay is not started")
        sockets = list(self._server.sockets)
        return int(sockets[0].getsockname()[1]) if sockets else self._asked_port

    @property
    def url(self) -> str:
        """What a client on the same machine or network may use."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'wss' if self._ssl else 'ws'}://{host}:{self.port}{PATH}"

    async def start(self) -> None:
        """Listen. Raises OSError when the port cannot be had."""
        self._sockets_max = min(self.limits.sockets, _open_files() - FILES_KEPT)
        self._stopping = False
        server = await serve_websocket(
            self._serve,
            self._host,
            self._asked_port,
            create_connection=cast(type[ServerConnection], self._connection),  # a factory does as well
            process_request=self._answer,
            origins=None if self._browsers else [None],
            compression=None,  # signals are sealed, so nothing shrinks, and a deflate bomb finds no door
            server_header=None,
            open_timeout=self.limits.handshake_s,
            close_timeout=self.limits.close_s,
            ping_interval=self.limits.ping_every_s,
            ping_timeout=self.limits.ping_timeout_s,
            max_size=self.limits.frame_bytes,
            max_queue=8,
            logger=_library_log,
            ssl=self._ssl,
        )
        self._server = server
        self._asked_port = self.port
        _log.info("relay listens on port %d", self._asked_port)

    async def stop(self) -> None:
        """Take no more clients, close those that are there (1001), end. May be called twice."""
        server, self._stopping = self._server, True
        if server is None:
            return
        self._server = None
        server.close()
        for socket in self._sockets - server.connections:
            socket.transport.abort()  # still shaking hands
        try:
            async with asyncio.timeout(self.limits.close_s):
                await server.wait_closed()
        except TimeoutError:
            for socket in list(self._sockets):
                socket.transport.abort()
            await server.wait_closed()
        if self._closing:
            await asyncio.wait(self._closing)
        _log.info("relay stopped")

    async def drain(self, jitter: Callable[[], float]) -> None:
        """End for a restart: take nobody new, let out what is under way, and tell each client when to come back.

        They are spread over time, so that the next relay is not run over; `jitter` gives numbers in [0, 1).
        """
        server, self._stopping = self._server, True
        if server is None:
            return
        server.close(close_connections=False)
        for socket in self._sockets:
            if socket.member is None:
                socket.transport.abort()  # it has not said what it wants, and need not be told
        members = [socket.member for socket in self._sockets if socket.member is not None]
        spread_s = min(COME_BACK_MOST_S, len(members) / COME_BACK_PER_S)
        waits_ms = [round(1000 * (COME_BACK_S + spread_s * jitter())) for _ in members]
        await asyncio.gather(
            *(_send_off(each, wait, self.limits) for each, wait in zip(members, waits_ms, strict=True))
        )
        await self.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # ------------------------------------------------------------------------------------------- at the gate

    def _connection(self, *args: Any, **options: Any) -> GuardedSocket:
        return GuardedSocket(*args, gate=self, **options)

    def enter(self, socket: GuardedSocket) -> Refusal | None:
        """Count a new socket (see `Gate`)."""
        self._sockets.add(socket)
        self._sockets_of[socket.address] += 1
        if len(self._sockets) > 2 * self._sockets_max:
            self.counts.refused[Refusal.RELAY_FULL] += 1
            socket.transport.abort()  # too many even to be told so
        elif len(self._sockets) > self._sockets_max:
            return Refusal.RELAY_FULL
        elif self._sockets_of[socket.address] > self.limits.sockets_of(socket.address):
            return Refusal.ADDRESS_FULL
        return None

    def leave(self, socket: GuardedSocket) -> None:
        """Count it no more (see `Gate`)."""
        self._sockets.discard(socket)
        self._sockets_of[socket.address] -= 1
        if not self._sockets_of[socket.address]:
            del self._sockets_of[socket.address]

    def too_fast(self, socket: GuardedSocket) -> None:
        """Send it away (see `Gate`)."""
        if socket.member is None:
            self.counts.refused[Refusal.TOO_FAST] += 1
            socket.transport.abort()
        else:
            self._part(socket.member, Refusal.TOO_FAST)

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        if path == "/healthz":
            return connection.respond(HTTPStatus.OK, HEALTH + "\n")
        if path == "/metrics":
            return connection.respond(
                HTTPStatus.OK, self.counts.text(rooms=len(self._rooms), sockets=len(self._sockets))
            )
        if path != PATH:
            return connection.respond(HTTPStatus.NOT_FOUND, "Nothing here.\n")
        refusal = Refusal.RELAY_FULL if self._stopping else cast(GuardedSocket, connection).refusal
        if refusal is not None:
            self.counts.refused[refusal] += 1
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, SENTENCES[refusal] + "\n")
        return None

    # ---------------------------------------------------------------------------------------------- inside

    async def _serve(self, connection: ServerConnection) -> None:
        """One client, from its handshake to its end."""
        socket = cast(GuardedSocket, connection)
        client = socket.member = Client(socket, self.limits, lambda slow: self._part(slow, Refusal.TOO_SLOW))
        writer = asyncio.create_task(client.write())
        try:
            await self._follow(client)
        except ConnectionClosed as closed:
            if closed.sent is not None and closed.sent.code == CloseCode.MESSAGE_TOO_BIG and not client.ended:
                self.counts.refused[Refusal.TOO_LONG] += 1
        except Exception:
            _log.exception("a relay's client task failed: this is a mistake in the relay")
        finally:
            client.stop()
            self._leave(client)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer

    async def _follow(self, client: Client) -> None:
        try:
            async with asyncio.timeout(self.limits.join_s):
                first = await self._receive(client)
        except TimeoutError:
            await self._refuse(client, Refusal.LATE)
            return
        except ProtocolError as error:
            await self._refuse(client, error.code)
            return
        if not isinstance(first, Join):
            await self._refuse(client, Refusal.BAD_FRAME)
        elif (refusal := self._join(client, first)) is not None:
            await self._refuse(client, refusal)
        else:
            await self._forward_all(client)

    async def _forward_all(self, client: Client) -> None:
        while not client.ended:
            try:
                frame = await self._receive(client)
            except ProtocolError as error:
                await self._refuse(client, error.code)
                return
            if not isinstance(frame, SignalTo):
                await self._refuse(client, Refusal.BAD_FRAME)
                return
            self._forward(client, frame)

    async def _receive(self, client: Client) -> protocol.FromClient:
        """The next frame; raises ProtocolError, or ConnectionClosed at the end."""
        return self.read_frame(await client.socket.recv(decode=False))

    def read_frame(self, data: bytes) -> protocol.FromClient:
        """Everything that clients send passes here: where a test can look. Raises ProtocolError."""
        return protocol.decode_from_client(data)

    def _join(self, client: Client, join: Join) -> Refusal | None:
        joined = self._rooms.join(client, join)
        if isinstance(joined, Refusal):
            return joined
        others, stale = joined
        client.send(protocol.encode(self._welcome([other.session for other in others])))
        if stale is not None:
            self._spawn(stale.close(protocol.CLOSE_REPLACED, "replaced"))
            return None
        seen = protocol.encode(protocol.Seen(client.session))
        for other in others:
            other.send(seen)
        _log.debug("session %s joins room %s", client.session, client.room)
        return None

    def _welcome(self, peers: list[str]) -> protocol.Welcome:
        servers = self._ice() if callable(self._ice) else self._ice
        ice = [protocol.Ice(server.url, server.username, server.credential) for server in servers]
        return protocol.Welcome(protocol.VERSION, peers, ice[: protocol.ICE_MAX], self._ttl_s)

    def _forward(self, client: Client, frame: SignalTo) -> None:
        target = self._rooms.find(client, frame.to)
        if target is None or target is client:
            return  # it has left, which `gone` has told or is about to tell
        self.counts.forwarded += 1
        self.counts.forwarded_bytes += len(frame.data)
        target.send(protocol.encode(protocol.SignalFrom(client.session, frame.data)))

    def _leave(self, client: Client) -> None:
        others = self._rooms.leave(client)
        if self._stopping or not others:
            return  # when the relay ends, everybody loses everybody: that is no news about anybody
        gone = protocol.encode(protocol.Gone(client.session))
        for other in others:
            other.send(gone)

    async def _refuse(self, client: Client, refusal: Refusal) -> None:
        """Say why, and close."""
        self.counts.refused[refusal] += 1
        last = protocol.encode(protocol.Refused(refusal, SENTENCES[refusal]))
        code = CloseCode.TRY_AGAIN_LATER if refusal is Refusal.TOO_SLOW else protocol.CLOSE_REFUSED
        await client.close(code, refusal, None if refusal is Refusal.TOO_SLOW else last)

    def _part(self, client: Client, refusal: Refusal) -> None:
        """Refuse a client from outside its own task, without waiting; the others hear of it at once."""
        if client.ended:
            return
        client.stop()
        self._leave(client)
        self._spawn(self._refuse(client, refusal))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def serve(
    host: str,
    port: int,
    *,
    ssl: SSLContext | None = None,
    limits: Limits | None = None,
    ice: IceSource = (),
    ttl_s: int = 0,
    on_ready: Callable[[str], None] = lambda url: None,
    jitter: Callable[[], float] = lambda: 0.5,
) -> None:
    """Run a relay until cancelled, which drains it; `on_ready` gets its URL once it listens.

    Cancelled a second time it ends at once. Raises OSError when it cannot listen.
    """
    async with Relay(host, port, limits=limits, ice=ice, ttl_s=ttl_s, ssl=ssl) as relay:
        on_ready(relay.url)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await relay.drain(jitter)


async def _send_off(client: Client, wait_ms: int, limits: Limits) -> None:
    await client.flushed(limits.close_s)
    await client.close(protocol.CLOSE_RESTART, str(wait_ms))


def _open_files() -> int:
    """How many files this process may have open."""
    try:
        import resource
    except ImportError:  # not POSIX: there the selector's own bound is 512 sockets
        return 512 + FILES_KEPT
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else max(soft, 2 * FILES_KEPT)
