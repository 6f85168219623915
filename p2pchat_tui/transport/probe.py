"""Asks one STUN or TURN server whether it is there."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import socket
import threading
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from aioice import stun, turn
from aiortc.rtcicetransport import parse_stun_turn_uri

from ..ports.ice import IceServer

log = logging.getLogger(__name__)

PROBE_S = 2.0
"""Seconds that a server has to answer, its name's resolution included."""
RESEND_S = 0.5
"""Pause between the requests of one probe: UDP loses some."""


class Kind(IntEnum):
    """What a server is good for; of those that relay, the smaller the better."""

    STUN = 0
    TURN_UDP = 1
    TURN_TCP = 2
    TURN_TLS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """A server that is there."""

    server: IceServer
    """With its address in place of its name."""
    kind: Kind
    seconds: float
    """How long it took."""


def kind_of(server: IceServer) -> Kind | None:
    """The kind of `server`; None when its address makes no sense, or the stack cannot use it (STUN over TLS)."""
    try:
        parsed = parse_stun_turn_uri(server.url)
    except ValueError:
        return None
    match parsed["scheme"], parsed.get("transport"):
        case "stun", _:
            return Kind.STUN
        case "turn", "udp":
            return Kind.TURN_UDP
        case "turn", "tcp":
            return Kind.TURN_TCP
        case "turns", "tcp":
            return Kind.TURN_TLS
    return None


async def probe(server: IceServer) -> Answer | None:
    """Ask `server`; None when it makes no sense or does not answer within PROBE_S."""
    kind = kind_of(server)
    if kind is None:
        return None
    parsed = parse_stun_turn_uri(server.url)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PROBE_S):
            address = (await resolve(parsed["host"]))[0]
            if kind is Kind.STUN and ":" in address:
                raise OSError("IPv6 only")  # the stack asks STUN servers by IPv4, the one that has NATs
            asked_at = loop.time()
            if kind in (Kind.TURN_TCP, Kind.TURN_TLS):
                await _connect(address, parsed["port"])
            else:
                await _exchange(address, parsed["port"], allocate=kind is Kind.TURN_UDP)
    except (TimeoutError, OSError):
        log.info("a %s server does not answer and is left out", parsed["scheme"])
        return None
    seconds = loop.time() - asked_at
    if kind is Kind.TURN_TLS or ":" in address:
        return Answer(server, kind, seconds)  # its certificate is checked against the name, or it has IPv6 only
    return Answer(dataclasses.replace(server, url=server.url.replace(parsed["host"], address, 1)), kind, seconds)


async def resolve(host: str) -> list[str]:
    """One address of `host` of each kind that it has, IPv4 first. Raises OSError."""
    # In a daemon thread of its own: one of the loop's threads would hold up the end of the program.
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str], error: OSError | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(found)

    def look_up() -> None:
        found: dict[int, str] = {}
        error = None
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM):
                found.setdefault(family, str(address[0]))
        except (OSError, UnicodeError) as caught:
            error = caught if isinstance(caught, OSError) else OSError("a name that cannot be")
        else:
            error = None if found else OSError("a name without an address")
        with contextlib.suppress(RuntimeError):  # the loop may have been closed meanwhile
            loop.call_soon_threadsafe(settle, [found[each] for each in sorted(found)], error)

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
