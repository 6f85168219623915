"""Saved rooms, settings and known peers in the database: what runs in the connection's thread, one call at a time."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..ports.store import KnownPeer, SavedRoom, StoreError
from ..ssc.ids import RoomId
from ..ssc.text import clean_line
from . import persons
from .directory import read_rooms
from .ledger import Ledger
from .rows import Unsound, peer_of, peer_row, saved_of, saved_row, setting_of, setting_row
from .search_schema import tidy

logger = logging.getLogger(__name__)

_SAVED = "SELECT room, name, secret, relay, opened, sum FROM saved"


def rooms(ledger: Ledger) -> list[SavedRoom]:
    """See Store.rooms. Raises StoreError, once, for a saved room that the disk has damaged."""
    known = {number: room for room, number in read_rooms(ledger.db).items()}
    found: list[SavedRoom] = []
    for row in ledger.db.execute(_SAVED).fetchall():
        try:
            found.append(saved_of(row, known[row[0]]))
        except (KeyError, Unsound) as error:
            _drop_saved(ledger, row[0])
            name = clean_line(row[1].decode("utf-8", "replace")) if isinstance(row[1], bytes) else "?"
            raise StoreError(
                f"The saved room “{name}” was damaged on the disk: join it again by its invite;"
                " its messages are still here."
            ) from error
    return sorted(found, key=lambda saved: (-saved.opened_ms, saved.name))


def save_room(ledger: Ledger, saved: SavedRoom) -> None:
    """See Store.save_room."""
    if any(other.name == saved.name and other.room != saved.room for other in rooms(ledger)):
        raise ValueError(f"another room is called “{saved.name}” already: choose another name")
    with ledger.writing() as directory:
        number = directory.make_room(saved.room)
        ledger.db.execute("REPLACE INTO saved VALUES (?, ?, ?, ?, ?, ?)", saved_row(number, saved))


def forget_room(ledger: Ledger, room: RoomId) -> None:
    """See Store.forget_room. Rewrites the file, since pages that were split may hold copies of what is erased."""
    with ledger.writing() as directory:
        number = directory.room(room)
        ledger.db.execute("DELETE FROM room WHERE id = ?", (number,))
        # Nobody can tell for certain which room a damaged entry was in.
        ledger.db.execute("DELETE FROM damaged")
        persons.drop_unmet(ledger.db)
        tidy(ledger.db)
    ledger.reread()
    # Also for a room that is gone: the call before may have failed from here on.
    # First zeros over what was deleted, while its pages are still in the file; then a file without those pages.
    _checkpoint(ledger)
    ledger.db.execute("VACUUM")
    _checkpoint(ledger)


def peers(ledger: Ledger, room: RoomId) -> list[KnownPeer]:
    """See Store.peers. What is damaged is only left out: it comes anew with the peer's next word."""
    found: list[KnownPeer] = []
    query = "SELECT room, peer, seen, name, vector, sum FROM peer WHERE room = ? ORDER BY peer"
    for row in ledger.db.execute(query, (ledger.directory.room(room),)).fetchall():
        try:
            found.append(peer_of(row))
        except Unsound as error:
            logger.warning("left out what was remembered of a peer: %s", str(error))
    return found


def save_peers(ledger: Ledger, room: RoomId, known: Sequence[KnownPeer]) -> None:
    """See Store.save_peers."""
    if not known:
        return
    with ledger.writing() as directory:
        number = directory.make_room(room)
        ledger.db.executemany("REPLACE INTO peer VALUES (?, ?, ?, ?, ?, ?)", [peer_row(number, each) for each in known])


def setting(ledger: Ledger, room: RoomId, key: str) -> str:
    """See Store.setting. One that the disk has damaged counts as not set."""
    query = "SELECT room, key, value, sum FROM setting WHERE room = ? AND key = ?"
    row = ledger.db.execute(query, (ledger.directory.room(room), key)).fetchone()
    try:
        return setting_of(row) if row else ""
    except Unsound as error:
        logger.warning("left out a setting: %s", str(error))
        return ""


def set_setting(ledger: Ledger, room: RoomId, key: str, value: str) -> None:
    """See Store.set_setting."""
    with ledger.writing() as directory:
        number = directory.make_room(room)
        if value:
            ledger.db.execute("REPLACE INTO setting VALUES (?, ?, ?, ?)", setting_row(number, key, value))
        else:
            ledger.db.execute("DELETE FROM setting WHERE room = ? AND key = ?", (number, key))


def _drop_saved(ledger: Ledger, number: object) -> None:
    with ledger.writing():
        ledger.db.execute("DELETE FROM saved WHERE room = ?", (number,))


def _checkpoint(ledger: Ledger) -> None:
    """Write the log into the file and empty it."""
    is_busy = ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if is_busy:
        raise StoreError(
            "The room is forgotten, but another program reads the database, so its traces are still on the disk:"
            " close that program, then forget the room again."
        )
