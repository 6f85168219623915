"""One session's share in rooms of two: tells those whom it meets that they are called, and hears who calls."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from ..ports.store import StoreError
from ..ssc.frames import Direct
from ..ssc.ids import PeerId, RoomId
from . import api
from .directs import Ask, Directs

HEAR_MS = 5_000
"""Of one peer a call is heard this often at most: whoever repeats it faster says nothing new."""


class Calling:
    """Calls over the links of one room. Without `directs` it neither calls nor hears."""

    def __init__(
        self,
        room: RoomId,
        directs: Directs | None,
        *,
        is_running: Callable[[RoomId], bool],
        name_of: Callable[[PeerId], str],
        send: Callable[[PeerId, Direct], None],
        emit: Callable[[api.Event], None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """`is_running`: whether a room runs in this profile. `send` reaches linked peers only."""
        self._room = room
        self._directs = directs
        self._is_running = is_running
        self._name_of = name_of
        self._send = send
        self._emit = emit
        self._spawn = spawn
        self._heard: dict[PeerId, int] = {}

    def link_up(self, peer: PeerId) -> None:
        """A link to `peer` stands: tell him what he may not know."""
        if self._directs is not None:
            self._spawn(self._greet(self._directs, peer))

    def link_down(self, peer: PeerId) -> None:
        """The link to `peer` is gone."""
        self._heard.pop(peer, None)

    def call(self, peer: PeerId) -> None:
        """Tell `peer` now, if there is a link to him: the room of two is being opened here."""
        if self._directs is not None:
            self._spawn(self._call(self._directs, peer, lambda _room: True))

    def hear(self, peer: PeerId, frame: Direct, mono: int) -> None:
        """`peer` calls, at `mono` milliseconds."""
        last = self._heard.get(peer)
        if self._directs is None or (last is not None and mono < last + HEAR_MS):
            return
        self._heard[peer] = mono
        self._spawn(self._take(self._directs, peer, frame))

    async def _greet(self, directs: Directs, peer: PeerId) -> None:
        with suppress(StoreError):  # he is called once too often
            await directs.met(peer, self._room)
        await self._call(directs, peer, self._is_running)

    async def _call(self, directs: Directs, peer: PeerId, is_running: Callable[[RoomId], bool]) -> None:
        with suppress(StoreError):  # the next link tells
            call = await directs.call(peer, self._room, is_running)
            if call is not None:
                self._send(peer, call)

    async def _take(self, directs: Directs, peer: PeerId, frame: Direct) -> None:
        with suppress(StoreError):  # he says it again over the next link
            event = await directs.heard(Ask(peer, self._name_of(peer), self._room), frame)
            if event is not None:
                self._emit(event)
