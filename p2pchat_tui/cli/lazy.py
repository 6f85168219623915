"""A Signaling that imports its network code in a thread first, so that the screen never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from ..ports.signaling import Signaling, SignalingEvent, SignalingState, StateChanged, Traffic
from ..ssc.ids import SessionId


class LazySignaling:
    """The `Signaling` that `load` makes, usable before it is made."""

    def __init__(self, url: str, load: Callable[[], Awaitable[Signaling]], *, is_own: bool = False) -> None:
        self._url = url
        self._is_own = is_own
        self._load = load
        self._inner: Signaling | None = None
        self._opening: asyncio.Task[Signaling] | None = None
        self._closed = False

    @property
    def url(self) -> str:
        """Where the relay is, for people."""
        return self._url

    @property
    def is_own(self) -> bool:
        """See Signaling."""
        return self._is_own

    @property
    def traffic(self) -> Traffic:
        """See Signaling."""
        return self._inner.traffic if self._inner else Traffic()

    async def open(self) -> None:
        """Start loading; returns at once. One that is closed already stays so."""
        if self._opening is None and not self._closed:
            self._opening = asyncio.create_task(self._make(), name=f"load signaling {self._url}")

    async def _make(self) -> Signaling:
        self._inner = await self._load()
        await self._inner.open()
        return self._inner

    def send(self, to: SessionId, data: bytes) -> None:
        """See Signaling; swallowed until it is made."""
        if self._inner:
            self._inner.send(to, data)

    def retry_now(self) -> None:
        """See Signaling; what is being made begins at once anyway."""
        if self._inner:
            self._inner.retry_now()

    async def events(self) -> AsyncIterator[SignalingEvent]:
        """See Signaling. Raises what kept it from being made."""
        if self._opening is None:
            return
        yield StateChanged(SignalingState.CONNECTING)
        try:
            inner = await asyncio.shield(self._opening)
        except asyncio.CancelledError:
            if self._opening.cancelled():
                return  # closed before it was made
            raise
        async for event in inner.events():
            yield event

    async def close(self) -> None:
        """See Signaling."""
        self._closed = True
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
            await asyncio.wait([self._opening])
        if self._inner is not None:
            await self._inner.close()
