"""How far I have read in one room, and how many messages lie beyond: kept on disk, so no restart forgets it.

What lies beyond is counted, and those messages that speak to me once more. The history from before one joined, and
whatever is fetched of what was read already, lies below the position and never counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress

from ..ports.store import Store, StoreError
from ..ssc.body import Say, decode_body
from ..ssc.entry import Entry
from ..ssc.ids import STAMP_MAX, Order, PeerId, RoomId, Stamp, stamp_of

KEY = "read"
"""The room's setting that holds the position."""
MENTIONS_KEY = "mentions"
"""The room's setting that holds how many messages beyond it speak to me: for lists of rooms that do not run."""
MENTIONS_MAX = 500
"""Unread messages that are looked through for these at the start: beyond them more are counted as they come."""
UNREAD_MAX = 9_999
"""More are not counted: nobody needs to know by how much."""


async def count(store: Store, room: RoomId, but: Collection[PeerId], position: str) -> int:
    """Messages beyond `position`, as the setting holds it, of others than `but`; 0 without one. Raises StoreError."""
    if not _is_position(position):
        return 0
    return await store.count_messages(room, Stamp(int(position)), but, UNREAD_MAX)


def read_mentions(text: str, unread: int) -> int:
    """The count as the setting holds it, of `unread` messages; 0 when it holds none."""
    return min(int(text), unread) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= STAMP_MAX


class Reading:
    """My place in the room. Messages up to the position are read; whoever joins has read what was there before."""

    def __init__(
        self,
        store: Store,
        room: RoomId,
        me: PeerId,
        mentions: Callable[[Stamp, int], Awaitable[int]],
        ignored: Callable[[], frozenset[PeerId]],
    ) -> None:
        """`mentions` counts, of so many messages above a stamp, those that speak to me. `ignored`: whose messages do
        not count.
        """
        self._store = store
        self._room = room
        self._me = me
        self._look_for_mentions = mentions
        self._ignored = ignored
        self._is_moved = False
        self._is_doubted = False
        self._mentions_kept = 0
        self.position = Stamp(0)
        """The stamp up to which everything is read."""
        self.unread = 0
        """Messages of others beyond it."""
        self.mentions = 0
        """Those of them that speak to me."""

    async def load(self, now_ms: int) -> None:
        """Take the position from the disk; the first time it is now, Unix milliseconds. Raises StoreError."""
        text = await self._store.setting(self._room, KEY)
        if _is_position(text):
            self.position = Stamp(int(text))
            await self._count()
            self._mentions_kept = -1  # whatever is there may be of another name of mine
        else:
            self.move(stamp_of(now_ms))  # written down by `settle`: a full disk must not keep anybody out

    def learn(self, entries: Iterable[Entry]) -> bool:
        """These came to be on disk; whether more is unread now."""
        before, left_out = self.unread, {self._me, *self._ignored()}
        for entry in entries:
            if (
                entry.author not in left_out
                and entry.stamp > self.position
                and isinstance(decode_body(entry.body), Say)
            ):
                self.unread = min(self.unread + 1, UNREAD_MAX)
        return self.unread != before

    def mention(self, order: Order) -> None:
        """A message at `order`, which was just learned, speaks to me."""
        if order[0] > self.position:
            self.mentions = min(self.mentions + 1, UNREAD_MAX)

    def move(self, position: Stamp) -> bool:
        """Everything up to `position` is read; whether that is news."""
        if position <= self.position:
            return False
        self.position, self._is_moved = position, True
        return True

    def doubt(self) -> None:
        """Entries were erased, or are not shown any longer, or again: some of them may count as unread."""
        self._is_doubted = True

    async def settle(self) -> bool:
        """After `move` or `doubt`: count what lies beyond, write the position down; whether the count is new.

        A disk that does not take it is tried again with the next call: only a count depends on it.
        """
        before = self.unread, self.mentions
        with suppress(StoreError):
            if self._is_moved or self._is_doubted:
                await self._count()
                self._is_doubted = False
            if self._is_moved:
                await self._store.set_setting(self._room, KEY, str(self.position))
                self._is_moved = False
            if self.mentions != self._mentions_kept:
                await self._store.set_setting(self._room, MENTIONS_KEY, str(self.mentions or ""))
                self._mentions_kept = self.mentions
        return (self.unread, self.mentions) != before

    async def _count(self) -> None:
        left_out = {self._me, *self._ignored()}
        self.unread = await self._store.count_messages(self._room, self.position, left_out, UNREAD_MAX)
        self.mentions = await self._look_for_mentions(self.position, MENTIONS_MAX) if self.unread else 0
