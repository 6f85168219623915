"""Which relays each saved room names: what somebody typed becomes URLs, and a room that runs goes by those of now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..ports.store import SavedRoom, Store
from ..ssc.ids import RoomId
from .catalogue import RoomError

NO_RELAYS = "This is the demo: nothing of it leaves this machine, so its room takes no relay."


class RelayWishes:
    """The relays of one profile's rooms, as they are saved."""

    def __init__(self, store: Store, read: Callable[[str], str] | None) -> None:
        """`read`: see Connections.read_relays."""
        self._store = store
        self._read = read
        self._now: dict[RoomId, str] = {}
        """Of rooms that run, or did."""

    def read(self, typed: str) -> str:
        """URLs with blanks between; empty when nothing was typed. Raises RoomError."""
        if self._read is None:
            raise RoomError(NO_RELAYS)
        try:
            return self._read(typed) if typed.strip() else ""
        except ValueError as error:
            raise RoomError(str(error)) from None

    async def set(self, saved: SavedRoom, urls: str) -> None:
        """Give a saved room these instead of those that it had. Raises StoreError."""
        await self._store.save_room(replace(saved, relay=urls))
        self._now[saved.room] = urls

    def begin(self, saved: SavedRoom) -> None:
        """A room is about to run."""
        self._now[saved.room] = saved.relay

    def of(self, room: RoomId) -> str:
        """The relays of a room that runs."""
        return self._now[room]
