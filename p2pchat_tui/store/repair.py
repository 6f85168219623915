"""After damage was seen: look at every entry, set aside what is not whole, and build the rest anew from what is."""

from __future__ import annotations

import sqlite3

from ..ssc.entry import Entry
from ..ssc.ids import EntryId, PeerId, RoomId, Stamp
from ..ssc.segments import add_entries
from . import search_schema
from .directory import read_rooms
from .migrations import transaction
from .rows import ENTRY_COLUMNS, FEED_COLUMNS, STAMP_SHIFT, Row, Unsound, entry_of, feed_of, feed_row


def repair(db: sqlite3.Connection) -> int:
    """Set damaged entries aside, and make indexes and segments fit the rest; how many were set aside or are gone.

    One transaction. Raises Unrepairable or sqlite3.Error when it cannot be done; then nothing is changed.
    """
    with transaction(db):
        rooms = {number: room for room, number in read_rooms(db).items()}
        feeds = _authors(db, rooms)
        indexes = _drop_indexes(db)
        for statement in (*search_schema.DROP, *search_schema.MAKE):
            db.execute(statement)  # it may be damaged too, and is filled again from the entries
        bad = _damaged_entries(db, rooms, feeds)
        # Deleting needs no index, and a damaged index would not let a row go.
        db.executemany(f"INSERT INTO damaged ({ENTRY_COLUMNS}) SELECT {ENTRY_COLUMNS} FROM entry WHERE id = ?", bad)
        db.executemany("DELETE FROM entry WHERE id = ?", bad)
        for statement in indexes:
            db.execute(statement)
        before = _count_held(db)
        for number, (room, author) in feeds.items():
            _rebuild_segments(db, number, room, author)
        db.execute("DELETE FROM feed WHERE id NOT IN (SELECT feed FROM entry)")
        # A row can also be gone without a trace but the segment that names it.
        return max(len(bad), before - _count_held(db))


def _count_held(db: sqlite3.Connection) -> int:
    """Entries that the segments name, of those feeds whose row is whole."""
    count = 0
    for row in db.execute(f"SELECT {FEED_COLUMNS} FROM feed").fetchall():
        try:
            segments = feed_of(row)[3]
        except Unsound:
            continue
        count += sum(each.high - each.low + 1 for each in segments)
    return count


def _authors(db: sqlite3.Connection, rooms: dict[int, RoomId]) -> dict[int, tuple[int, PeerId]]:
    """(room, author) of every feed that could be one. Whether the author is right, the entries' hashes tell."""
    feeds: dict[int, tuple[int, PeerId]] = {}
    for number, room, author in db.execute("SELECT id, room, author FROM feed"):
        if room in rooms and isinstance(author, bytes) and len(author) == PeerId.size:
            feeds[number] = (room, PeerId(author))
    return feeds


def _drop_indexes(db: sqlite3.Connection) -> list[str]:
    """Drop the indexes of `entry`; the statements that make them again."""
    found = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'entry' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in found:
        db.execute(f'DROP INDEX "{name.decode()}"')
    return [sql.decode() for _, sql in found]


def _damaged_entries(
    db: sqlite3.Connection, rooms: dict[int, RoomId], feeds: dict[int, tuple[int, PeerId]]
) -> list[tuple[int]]:
    bad: list[tuple[int]] = []
    seen: set[tuple[int, int]] = set()
    for number, *row in db.execute(f"SELECT id, {ENTRY_COLUMNS} FROM entry"):
        if not _is_whole(tuple(row), rooms, feeds) or (row[1], row[2]) in seen:
            bad.append((number,))
        else:
            seen.add((row[1], row[2]))
    return bad


def _is_whole(row: Row, rooms: dict[int, RoomId], feeds: dict[int, tuple[int, PeerId]]) -> bool:
    room, author = feeds.get(row[1], (None, None))
    if room is None or author is None or row[0] != room:
        return False
    try:
        entry_of(row, rooms[room], author)
    except Unsound:
        return False
    return True


def _rebuild_segments(db: sqlite3.Connection, number: int, room: int, author: PeerId) -> None:
    entries = (
        Entry(author, seq, Stamp(stamp + STAMP_SHIFT), EntryId(prev), b"", b"", EntryId(digest))
        for seq, stamp, prev, digest in db.execute(
            "SELECT seq, stamp, prev, hash FROM entry WHERE feed = ? ORDER BY seq", (number,)
        )
    )
    row = feed_row(number, room, author, add_entries((), entries), _floor(db, number))
    db.execute("UPDATE feed SET segments = ?, sum = ?, floor = ? WHERE id = ?", (*row, number))


def _floor(db: sqlite3.Connection, number: int) -> int:
    """How far a feed was pruned; 1 when its row is damaged: then what was let go is fetched, and let go, once more."""
    try:
        return feed_of(db.execute(f"SELECT {FEED_COLUMNS} FROM feed WHERE id = ?", (number,)).fetchone())[4]
    except Unsound:
        return 1
