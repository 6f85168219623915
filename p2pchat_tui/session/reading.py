"""How far I have read in one room, and how many messages lie beyond: kept on disk, so no restart forgets it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ..ports.store import Store, StoreError
from ..ssc.body import Say, decode_body
from ..ssc.entry import Entry
from ..ssc.ids import STAMP_MAX, PeerId, RoomId, Stamp, stamp_of

KEY = "read"
"""The room's setting that holds the position."""
UNREAD_MAX = 9_999
"""More are not counted: nobody needs to know by how much."""


async def count(store: Store, room: RoomId, me: PeerId, position: str) -> int:
    """Messages of others beyond `position`, as the setting holds it; 0 when it holds none. Raises StoreError."""
    if not _is_position(position):
        return 0
    return await store.count_messages(room, Stamp(int(position)), me, UNREAD_MAX)


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= STAMP_MAX


class Reading:
    """My place in the room. Messages up to the position are read; whoever joins has read what was there before."""

    def __init__(self, store: Store, room: RoomId, me: PeerId) -> None:
        self._store = store
        self._room = room
        self._me = me
        self._is_moved = False
        self._is_doubted = False
        self.position = Stamp(0)
        """The stamp up to which everything is read."""
        self.unread = 0
        """Messages of others beyond it."""

    async def load(self, now_ms: int) -> None:
        """Take the position from the disk; the first time it is now, Unix milliseconds. Raises StoreError."""
        text = await self._store.setting(self._room, KEY)
        if _is_position(text):
            self.position = Stamp(int(text))
            await self._count()
        else:
            self.move(stamp_of(now_ms))  # written down by `settle`: a full disk must not keep anybody out

    def learn(self, entries: Iterable[Entry]) -> bool:
        """These came to be on disk; whether more is unread now."""
        before = self.unread
        for entry in entries:
            if entry.author != self._me and entry.stamp > self.position and isinstance(decode_body(entry.body), Say):
                self.unread = min(self.unread + 1, UNREAD_MAX)
        return self.unread != before

    def move(self, position: Stamp) -> bool:
        """Everything up to `position` is read; whether that is news."""
        if position <= self.position:
            return False
        self.position, self._is_moved = position, True
        return True

    def doubt(self) -> None:
        """Entries were erased, and some of them may have counted as unread."""
        self._is_doubted = True

    async def settle(self) -> bool:
        """After `move` or `doubt`: count what lies beyond, write the position down; whether the count is new.

        A disk that does not take it is tried again with the next call: only a count depends on it.
        """
        if not self._is_moved and not self._is_doubted:
            return False
        before = self.unread
        with suppress(StoreError):
            await self._count()
            self._is_doubted = False
            if self._is_moved:
                await self._store.set_setting(self._room, KEY, str(self.position))
                self._is_moved = False
        return self.unread != before

    async def _count(self) -> None:
        self.unread = await self._store.count_messages(self._room, self.position, self._me, UNREAD_MAX)
