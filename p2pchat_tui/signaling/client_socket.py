"""The WebSocket of a relay's client: dialled with what a relay needs to know and no more, metered, and let go."""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
from dataclasses import dataclass
from functools import partial
from ssl import SSLContext
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from . import protocol

CLOSE_S = 1.0
"""For leaving: the relay notices the lost socket all the same, so nobody is kept waiting for a handshake."""
ALIVE_S = 2.0
"""For the answer to a ping when the network changed: a relay answers at once."""
_library_log = logging.getLogger(__name__ + ".websockets")
# What goes wrong is told by StateChanged; the library's own log would only repeat it, with tracebacks.
_library_log.addFilter(lambda record: _library_log.isEnabledFor(logging.DEBUG))


@dataclass(slots=True)
class Meter:
    """What went through since the start, both ways."""

    frames: int = 0
    bytes: int = 0
    """Of everything, with handshakes and keep-alive."""


class _MeteredSocket(ClientConnection):
    """A WebSocket whose bytes are counted, pings included: what the library does by itself shows nowhere else."""

    def __init__(self, *args: Any, meter: Meter, **options: Any) -> None:
        super().__init__(*args, **options)
        self._meter = meter

    def data_received(self, data: bytes) -> None:
        """Count what comes. (websockets calls this and the next.)"""
        self._meter.bytes += len(data)
        super().data_received(data)

    def send_data(self) -> None:
        """Count what goes."""
        self._meter.bytes += sum(map(len, self.protocol.writes))
        super().send_data()


class _Connect(connect):
    """A relay that answers with a redirect is none: nobody is sent elsewhere than they asked to go."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def dial(url: str, meter: Meter, ssl: SSLContext | None) -> ClientConnection:
    """Connect to the relay at `url`; `ssl` replaces the system's trust for wss. Raises what websockets raises."""
    return await _Connect(
        url,
        create_connection=cast(type[ClientConnection], partial(_MeteredSocket, meter=meter)),
        proxy=None,
        compression=None,
        user_agent_header=None,  # which program and version is nobody's business
        open_timeout=None,
        close_timeout=CLOSE_S,
        max_size=protocol.FRAME_MAX,
        max_queue=16,
        logger=_library_log,
        ssl=(ssl or True) if url.startswith("wss:") else None,
    )


async def is_alive(socket: ClientConnection) -> bool:
    """Whether the connection's own address still is one of this machine, and an answer comes within ALIVE_S."""
    if not _is_own(socket.local_address[0]):
        return False
    try:
        async with asyncio.timeout(ALIVE_S):
            await (await socket.ping())
    except (TimeoutError, ConnectionClosed):
        return False
    return True


def _is_own(address: str) -> bool:
    """Whether `address` is still one of this machine."""
    with sockets.socket(sockets.AF_INET6 if ":" in address else sockets.AF_INET, sockets.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


async def hang_up(socket: ClientConnection) -> None:
    """Close politely but soon; what is left is cut."""
    try:
        async with asyncio.timeout(CLOSE_S):
            await socket.close()
    except TimeoutError:
        pass  # cut below
    finally:
        socket.transport.abort()
