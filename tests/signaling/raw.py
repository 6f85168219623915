"""Clients of a relay that say whatever a test wants, over a bare WebSocket or a bare socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from p2pchat_tui.signaling.protocol import VERSION, Join, SignalTo, encode
from p2pchat_tui.signaling.relay import Relay

ROOM = "0d" * 16
PATIENCE_S = 10.0


def sid(number: int) -> str:
    """A session id."""
    return f"{number:032x}"


def join(number: int, *, room: str = ROOM, resume: str | None = None) -> bytes:
    """The frame that joins as session `number`."""
    return encode(Join(VERSION, room, sid(number), resume or f"{number:064x}"))


def signal(to: int, data: bytes) -> bytes:
    """The frame that sends `data` to session `to`."""
    return encode(SignalTo(sid(to), data))


@asynccontextmanager
async def dial(relay: Relay, **options: Any) -> AsyncIterator[ClientConnection]:
    """A WebSocket to the relay that has not joined."""
    url = f"ws://127.0.0.1:{relay.port}/ws"
    async with connect(url, proxy=None, compression=None, close_timeout=1, **options) as connection:
        yield connection


@asynccontextmanager
async def joined(relay: Relay, number: int, **options: Any) -> AsyncIterator[ClientConnection]:
    """A WebSocket that is welcome; the welcome is read."""
    async with dial(relay) as connection:
        await connection.send(join(number, **options), text=True)
        welcome = await hear(connection)
        assert welcome["t"] == "welcome", welcome
        yield connection


async def hear(connection: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    async with asyncio.timeout(PATIENCE_S):
        frame = json.loads(await connection.recv())
    assert isinstance(frame, dict)
    return frame


async def ending(connection: ClientConnection) -> tuple[str | None, int | None]:
    """Read to the end: the code of the refusal, if one came, and the close code, None when it was cut."""
    refusal: str | None = None
    async with asyncio.timeout(PATIENCE_S):
        try:
            while True:
                frame = json.loads(await connection.recv())
                if frame["t"] == "refused":
                    assert frame["text"]
                    refusal = frame["code"]
        except ConnectionClosed as closed:
            return refusal, closed.rcvd.code if closed.rcvd is not None else None


async def http(relay: Relay, path: str, *headers: str) -> tuple[int, str]:
    """Status and body of a plain GET."""
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    async with asyncio.timeout(PATIENCE_S):
        answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body
