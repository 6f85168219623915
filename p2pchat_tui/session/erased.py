"""The note that is left of an erased room: that this identity wrote in it, and where its feed ended."""

from __future__ import annotations

from contextlib import suppress

from ..ports.store import EntriesDamaged, Store, StoredFeed
from ..ssc.ending import UNKNOWN, Ending, ending_of, later, note_place, open_ending, seal_ending
from ..ssc.identity import Identity
from ..ssc.ids import RoomId
from .timeline import READ_TRIES

ERASED = "erased"
"""The setting that is the note; NO_MORE where the own feed's end is not known, and from older versions always."""
NO_MORE = "yes"
BESIDE = "erased once"
"""The setting that says NO_MORE beside it: what the disk damages counts as not set, and as long as one of the two is
left, nobody takes the room for a new one.
"""


async def note_erased(store: Store, identity: Identity, room: RoomId) -> None:
    """Remember where the feed of `identity` ends in the room that is about to be erased. Raises StoreError.

    To be on disk before anything is erased, and when nothing can be written any more. Should the erasing fail, the
    note does no harm: it is behind whatever is written afterwards. One of an earlier time may know more than the room.
    """
    feeds = await _feeds(store, room)
    head = next((feed.segments[-1] for feed in feeds if feed.author == identity.peer and feed.segments), None)
    ending = later(ending_of(head), await read_erased(store, identity, room) or UNKNOWN)
    place = note_place(identity, room)
    await store.set_setting(place, ERASED, seal_ending(ending, identity, room) if ending.seq else NO_MORE)
    await store.set_setting(place, BESIDE, NO_MORE)


async def read_erased(store: Store, identity: Identity, room: RoomId) -> Ending | None:
    """Where the feed of `identity` ended when `room` was erased here, UNKNOWN where the note does not say it; None
    when it never was erased. Raises StoreError.
    """
    place = note_place(identity, room)
    note = await store.setting(place, ERASED)
    return open_ending(note, identity, room) if note or await store.setting(place, BESIDE) else None


async def _feeds(store: Store, room: RoomId) -> list[StoredFeed]:
    """What is held of the room: a damaged entry is no reason to keep the others. Raises StoreError."""
    for _ in range(READ_TRIES - 1):
        with suppress(EntriesDamaged):  # set aside now
            return await store.feeds(room)
    return await store.feeds(room)
