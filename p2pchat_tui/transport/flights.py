"""Says each part of a DTLS handshake again soon, where upstream waits 1 s, then 2, 4, 8: bad lines link sooner.

A repeated datagram is the same one, byte for byte. Whoever has got the first drops it, as any replayed record.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Awaitable, Callable
from typing import Any

AGAIN_S = 0.3
"""Seconds after which a part is repeated that has led to nothing; few ways there and back are longer."""
AGAIN = 2
"""How often it is; then OpenSSL's own clock has run out, which says it anew."""

_repeating: set[asyncio.Task[None]] = set()
Send = Callable[[bytes], Awaitable[None]]


def repeated(original: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """Wrap `RTCDtlsTransport._do_handshake`: what is sent within is sent again, until the next part is."""

    @functools.wraps(original)
    async def _do_handshake(self: Any) -> None:
        ice = self.transport
        send: Send = ice._send
        newest = b""

        async def send_often(data: bytes) -> None:
            nonlocal newest
            newest = data
            await send(data)
            before = _received(self)
            loop = asyncio.get_running_loop()
            for number in range(1, AGAIN + 1):
                loop.call_later(number * AGAIN_S, repeat, data, before)

        def repeat(data: bytes, before: int) -> None:
            # The last part has no next one: after it anything that comes tells that it has arrived.
            is_over = self.encrypted and _received(self) != before
            if data is newest and not is_over and self.state in ("connecting", "connected"):
                task = asyncio.ensure_future(_try(send, data))
                _repeating.add(task)
                task.add_done_callback(_repeating.discard)

        ice._send = send_often
        try:
            await original(self)
        finally:
            ice._send = send

    return _do_handshake


async def _try(send: Send, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # the path has gone meanwhile
        await send(data)


def _received(dtls: Any) -> int:
    """Datagrams that have come for `dtls` so far."""
    [report] = dtls._get_stats().values()
    return int(report.packetsReceived)
