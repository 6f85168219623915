"""STUN and TURN servers: asked once whether they are there, so that a dead one never delays a connection.

The WebRTC stack uses one STUN and one TURN server of those it is given. Here the first of each kind that answers
is picked, so the order of the list is the order of preference: TURN over UDP before TURN over TCP, for example.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import socket
import threading
from collections.abc import Sequence
from typing import Any

from aioice import stun, turn
from aiortc.rtcicetransport import parse_stun_turn_uri

from ..ports import IceServer

log = logging.getLogger(__name__)

PROBE_S = 2.0
"""Seconds that a server has to answer, its name's resolution included."""
RESEND_S = 0.5
"""Pause between the requests of one probe: UDP loses some."""
FRESH_S = 60.0
"""Seconds after which a result is asked for again, in the background, when a link begins."""
SERVERS_MAX = 8
"""Servers looked at: a relay's greeting may name any number."""


class Servers:
    """The wanted servers and which of them answered. Must be made inside a running loop."""

    def __init__(self, servers: Sequence[IceServer]) -> None:
        self._wanted: tuple[IceServer, ...] = ()
        self._probe: asyncio.Task[tuple[IceServer, ...]] | None = None
        self._picked: tuple[IceServer, ...] | None = None
        self._asked_at = 0.0
        self.use(servers)

    def use(self, servers: Sequence[IceServer]) -> None:
        """Want these instead; they are asked at once."""
        wanted = tuple(servers)[:SERVERS_MAX]
        if wanted == self._wanted:
            return
        self._wanted, self._picked = wanted, None
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None
        if wanted:
            self._ask()

    @property
    def wants_turn(self) -> str:
        """Why links that need a TURN server cannot be, for a person."""
        if any(server.url.startswith("turn") for server in self._wanted):
            return "Links go through a TURN server only, and none of those that are named answers."
        return "Links go through a TURN server only, and none is named: add one to ice_servers, or drop relay-only."

    async def alive(self) -> tuple[IceServer, ...]:
        """At most one STUN and one TURN server, both known to answer; waits only for the first results."""
        while self._picked is None and self._probe is not None:
            await asyncio.wait({self._probe})
        stale = asyncio.get_running_loop().time() - self._asked_at > FRESH_S
        if stale and self._probe is not None and self._probe.done():
            self._ask()
        return self._picked or ()

    async def close(self) -> None:
        """Stop asking."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait({self._probe})

    def _ask(self) -> None:
        self._asked_at = asyncio.get_running_loop().time()
        self._probe = asyncio.create_task(_pick(self._wanted))
        self._probe.add_done_callback(self._answered)

    def _answered(self, probe: asyncio.Task[tuple[IceServer, ...]]) -> None:
        if probe.cancelled() or probe is not self._probe:
            return
        if error := probe.exception():
            log.error("probing the STUN and TURN servers failed", exc_info=error)
            self._picked = ()
        else:
            self._picked = probe.result()


async def _pick(servers: Sequence[IceServer]) -> tuple[IceServer, ...]:
    found: dict[str, IceServer] = {}
    for server in await asyncio.gather(*map(probe, servers)):
        if server is not None:
            found.setdefault("turn" if server.url.startswith("turn") else "stun", server)
    return tuple(found.values())


async def probe(server: IceServer) -> IceServer | None:
    """`server` with its address in place of its name, or None when it does not answer within PROBE_S."""
    try:
        parsed = parse_stun_turn_uri(server.url)
    except ValueError:
        log.warning("a STUN or TURN address makes no sense and is left out")
        return None
    try:
        async with asyncio.timeout(PROBE_S):
            address = await resolve(parsed["host"])
            if parsed.get("transport") == "tcp":
                await _connect(address, parsed["port"])
            else:
                await _exchange(address, parsed["port"], allocate=parsed["scheme"] == "turn")
    except (TimeoutError, OSError):
        log.info("a %s server does not answer and is left out", parsed["scheme"])
        return None
    if parsed["scheme"] == "turns":
        return server  # its certificate is checked against the name
    return dataclasses.replace(server, url=server.url.replace(parsed["host"], address, 1))


async def resolve(host: str) -> str:
    """An IPv4 address of `host`. Raises OSError."""
    # In a daemon thread of its own: one of the loop's threads would hold up the end of the program.
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()

    def settle(address: str | None, error: OSError | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(address or "")

    def look_up() -> None:
        address, error = None, None
        try:
            address = socket.gethostbyname(host)
        except (OSError, UnicodeError) as caught:
            error = caught if isinstance(caught, OSError) else OSError("a name that cannot be")
        with contextlib.suppress(RuntimeError):  # the loop may have been closed meanwhile
            loop.call_soon_threadsafe(settle, address, error)

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    return await future


async def _connect(address: str, port: int) -> None:
    _, writer = await asyncio.open_connection(address, port)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class _Asking(asyncio.DatagramProtocol):
    """Waits for any answer to one STUN transaction: an error (401, say) is a sign of life as well."""

    def __init__(self, transaction: bytes) -> None:
        self._transaction = transaction
        self.answered = asyncio.Event()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if len(data) >= stun.HEADER_LENGTH and data[8 : stun.HEADER_LENGTH] == self._transaction:
            self.answered.set()

    def error_received(self, exc: Exception) -> None:
        log.debug("a probe came back: %s", exc)


async def _exchange(address: str, port: int, allocate: bool) -> None:
    """Return once the server answered; asks again every RESEND_S, for as long as the caller lets it."""
    request = stun.Message(
        message_method=stun.Method.ALLOCATE if allocate else stun.Method.BINDING,
        message_class=stun.Class.REQUEST,
    )
    if allocate:
        request.attributes["REQUESTED-TRANSPORT"] = turn.UDP_TRANSPORT
    transport, asking = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Asking(request.transaction_id), remote_addr=(address, port)
    )
    try:
        while not asking.answered.is_set():
            transport.sendto(bytes(request))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RESEND_S):
                    await asking.answered.wait()
    finally:
        transport.close()
