"""Entries in the database: what runs in the connection's thread, one call at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, pairwise
from typing import Any

from ..ports.store import StoredFeed
from ..ssc.entry import Entry
from ..ssc.ids import GENESIS, EntryId, Order, PeerId, RoomId
from ..ssc.ranges import Ranges, contains, intersection, numbers, size
from ..ssc.segments import add_entries, cut_segments, drop_segments, floor_under_cut, floor_under_drop
from .directory import Directory, FeedRecord
from .migrations import transaction
from .rows import ENTRY_COLUMNS, STAMP_SHIFT, Row, Unsound, entry_of, entry_row, signature_sum
from .search_schema import tidy

TARGETS_AT_ONCE = 500
"""Parameters of one statement: under the 999 of old SQLite builds."""
ROWS_AT_ONCE = 64
"""Rows of one INSERT, which has 704 parameters then: a tenth less CPU than row by row."""

_COLUMNS = ", ".join(f"e.{name}" for name in ENTRY_COLUMNS.split(", "))
_VALUES = f"({', '.join('?' * len(ENTRY_COLUMNS.split(', ')))})"
_INSERT = f"INSERT INTO entry ({ENTRY_COLUMNS}) VALUES "
_SIGNED_LATER = "UPDATE entry SET signature = ?, sum = ? WHERE feed = ? AND seq = ?"
_ONE = f"SELECT {_COLUMNS} FROM entry e WHERE e.feed = ? AND e.seq = ?"
_RUN = f"SELECT {_COLUMNS} FROM entry e WHERE e.feed = ? AND e.seq BETWEEN ? AND ? ORDER BY e.seq"
_ID = "SELECT hash FROM entry WHERE feed = ? AND seq = ?"
_FORK = "SELECT seq FROM fork WHERE room = ? AND author = ?"
_BY_ID = f"SELECT {_COLUMNS} FROM entry e WHERE e.hash = ? AND e.room = ?"
# The index gives the order by stamp; authors are looked up only to order equal stamps by their keys.
_BY_ORDER = f"SELECT {_COLUMNS} FROM entry e CROSS JOIN feed f ON f.id = e.feed WHERE e.room = ?"
_BEFORE = " AND e.stamp <= ? AND NOT (e.stamp = ? AND (f.author, e.seq) >= (?, ?))"
_AFTER = " AND e.stamp >= ? AND NOT (e.stamp = ? AND (f.author, e.seq) <= (?, ?))"
_SAYS = " AND e.kind = 'say'"
_OLDEST_FIRST = " ORDER BY e.stamp, f.author, e.seq LIMIT ?"
_NEWEST_FIRST = " ORDER BY e.stamp DESC, f.author DESC, e.seq DESC LIMIT ?"
_LATEST = f"SELECT {_COLUMNS} FROM entry e WHERE e.feed = ? AND e.kind = ?"


class Ledger:
    """The entries of all rooms. Every method may raise Unsound, Unrepairable and sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._directory: Directory | None = None

    @property
    def directory(self) -> Directory:
        """Rooms and feeds, read when first asked for."""
        if self._directory is None:
            self._directory = Directory(self.db)
        return self._directory

    def reread(self) -> None:
        """Forget what is in memory of the database."""
        self._directory = None

    @contextmanager
    def writing(self) -> Iterator[Directory]:
        """A transaction, and the directory to change in it."""
        directory = self.directory
        try:
            with transaction(self.db):
                yield directory
        except BaseException:
            self.reread()
            raise

    # ------------------------------------------------------------------------------------------------- writing

    def append(self, room: RoomId, entries: Sequence[Entry], durable: bool) -> None:
        """See Store.append."""
        if not entries:
            return
        if not durable:
            self._append(room, entries, durable=False)
            return
        # Only outside a transaction can it be changed. It syncs the whole log, so earlier commits are safe too.
        self.db.execute("PRAGMA synchronous = FULL")
        try:
            self._append(room, entries, durable=True)
        finally:
            self.db.execute("PRAGMA synchronous = NORMAL")

    def _append(self, room: RoomId, entries: Sequence[Entry], *, durable: bool) -> None:
        by_author: dict[PeerId, list[Entry]] = {}
        for entry in entries:
            by_author.setdefault(entry.author, []).append(entry)
        with self.writing() as directory:
            for author, own in by_author.items():
                feed = directory.make_feed(room, author)
                fresh, again = _sort_out(feed, own)
                self._insert([entry_row(feed.room, feed.number, entry) for entry in fresh])
                for entry in again:
                    self._keep_signature(feed, entry)
                if durable and not fresh:
                    # The entry may be in the log unsynced. A commit syncs only if it writes, and SQLite does not
                    # write a row that stays as it is: so change this one, and back again just below.
                    self.db.execute("UPDATE feed SET sum = ~sum WHERE id = ?", (feed.number,))
                directory.set_segments(feed, add_entries(feed.segments, fresh))

    def _insert(self, rows: list[Row]) -> None:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            self.db.execute(_INSERT + ", ".join([_VALUES] * len(part)), [*chain.from_iterable(part)])

    def _keep_signature(self, feed: FeedRecord, entry: Entry) -> None:
        """`entry` is held and comes with a signature: keep that if the one held has none."""
        row: Row | None = self.db.execute(_ONE, (feed.number, entry.seq)).fetchone()
        if row is None:
            raise Unsound("an entry is missing from its segment")
        if not row[6] and row[7] == entry.id:
            total = signature_sum(row, entry.signature)
            self.db.execute(_SIGNED_LATER, (entry.signature, total, feed.number, entry.seq))

    def cut(self, room: RoomId, author: PeerId, seq: int, proof: bytes) -> None:
        """See Store.cut."""
        self.db.execute("PRAGMA synchronous = FULL")
        try:
            with self.writing() as directory:
                feed = directory.make_feed(room, author)
                known = self.db.execute(_FORK, (feed.room, author)).fetchone()
                if known is not None and known[0] <= seq:
                    return
                self.db.execute("REPLACE INTO fork VALUES (?, ?, ?, ?)", (feed.room, author, seq, proof))
                self.db.execute("DELETE FROM entry WHERE feed = ? AND seq >= ?", (feed.number, seq))
                tidy(self.db)
                left = cut_segments(feed.segments, seq, self._id(feed, seq - 1))
                directory.set_segments(feed, left, floor_under_cut(feed.floor, seq, left))
        finally:
            self.db.execute("PRAGMA synchronous = NORMAL")

    def drop(self, room: RoomId, author: PeerId, low: int, high: int) -> None:
        """See Store.drop."""
        feed = self.directory.feed_by(room, author)
        if feed is None:
            return
        with self.writing() as directory:
            self.db.execute("DELETE FROM entry WHERE feed = ? AND seq BETWEEN ? AND ?", (feed.number, low, high))
            tidy(self.db)
            left = drop_segments(feed.segments, low, high, self._id(feed, low - 1))
            directory.set_segments(feed, left, floor_under_drop(feed.floor, low, feed.segments, left))

    def _id(self, feed: FeedRecord, seq: int) -> EntryId:
        """The id of an entry, where it is held."""
        found = self.db.execute(_ID, (feed.number, seq)).fetchone()
        return EntryId(found[0]) if found else GENESIS

    def proofs(self, room: RoomId) -> list[bytes]:
        """See Store.proofs."""
        number = self.directory.room(room)
        found = self.db.execute("SELECT proof FROM fork WHERE room = ? ORDER BY author", (number,)).fetchall()
        return [proof for (proof,) in found]

    # ------------------------------------------------------------------------------------------------- reading

    def feeds(self, room: RoomId) -> list[StoredFeed]:
        """See Store.feeds."""
        return [
            StoredFeed(each.author, each.segments, each.floor) for each in self.directory.feeds(room) if each.segments
        ]

    def run(self, room: RoomId, author: PeerId, low: int, high: int) -> list[Entry]:
        """See Store.run."""
        feed = self.directory.feed_by(room, author)
        if feed is None or low > high:
            return []
        held = intersection(feed.ranges, ((low, high),))
        if not held:
            return []
        found = self._entries(room, _RUN, (feed.number, held[0][0], held[-1][1]))
        # Not only their number: a damaged index can name one row twice.
        if any(each.seq != seq for each, seq in zip(found, numbers(held), strict=False)) or len(found) != size(held):
            raise Unsound("entries are missing from their segments")
        return found

    def newest(self, room: RoomId, limit: int) -> list[Entry]:
        """See Store.newest."""
        return self._newest_first(room, "", None, limit)

    def messages(self, room: RoomId, limit: int, before: Order | None) -> list[Entry]:
        """See Store.messages."""
        return self._newest_first(room, _SAYS, before, limit)[::-1]

    def messages_after(self, room: RoomId, limit: int, after: Order) -> list[Entry]:
        """See Store.messages_after."""
        stamp, author, seq = after
        shifted = stamp - STAMP_SHIFT
        values = (self.directory.room(room), shifted, shifted, author, seq, max(limit, 0))
        found = self._entries(room, _BY_ORDER + _SAYS + _AFTER + _OLDEST_FIRST, values)
        for older, newer in pairwise(found):
            if not older.order < newer.order:
                raise Unsound("an index is out of order")
        if found and not found[0].order > after:
            raise Unsound("an index is out of order")
        return found

    def entry(self, room: RoomId, name: EntryId) -> Entry | None:
        """See Store.entry."""
        found = self._entries(room, _BY_ID, (name, self.directory.room(room)))
        return found[0] if found else None

    def entries(self, room: RoomId, names: Sequence[EntryId]) -> list[Entry]:
        """See Store.entries."""
        return self._named(room, "e.hash", names)

    def about(self, room: RoomId, targets: Sequence[EntryId]) -> list[Entry]:
        """See Store.about."""
        return self._named(room, "e.target", targets)

    def latest(self, room: RoomId, kind: str) -> list[Entry]:
        """See Store.latest."""
        query = _LATEST + ("" if kind == "say" else " AND e.kind <> 'say'") + " ORDER BY e.stamp DESC LIMIT 1"
        found: list[Entry] = []
        for feed in self.directory.feeds(room):
            found += self._entries(room, query, (feed.number, kind))
        return sorted(found, key=lambda entry: entry.order)

    def _named(self, room: RoomId, column: str, names: Sequence[EntryId]) -> list[Entry]:
        """The entries of `room` that have one of `names` in `column`, in the room's order."""
        wanted = list(dict.fromkeys(names))
        number = self.directory.room(room)
        found: list[Entry] = []
        for start in range(0, len(wanted), TARGETS_AT_ONCE):
            part = wanted[start : start + TARGETS_AT_ONCE]
            marks = ", ".join("?" * len(part))
            # The plus keeps the planner from walking the whole room instead.
            query = f"SELECT {_COLUMNS} FROM entry e WHERE {column} IN ({marks}) AND +e.room = ?"
            found += self._entries(room, query, (*part, number))
        return sorted(found, key=lambda entry: entry.order)

    def _newest_first(self, room: RoomId, condition: str, before: Order | None, limit: int) -> list[Entry]:
        query = _BY_ORDER + condition
        values: list[Any] = [self.directory.room(room)]
        if before is not None:
            stamp, author, seq = before
            query += _BEFORE
            values += [stamp - STAMP_SHIFT, stamp - STAMP_SHIFT, author, seq]
        found = self._entries(room, query + _NEWEST_FIRST, (*values, max(limit, 0)))
        for newer, older in pairwise(found):
            if not newer.order > older.order:
                raise Unsound("an index is out of order")
        if found and before is not None and not found[0].order < before:
            raise Unsound("an index is out of order")
        return found

    def _entries(self, room: RoomId, query: str, values: Sequence[Any]) -> list[Entry]:
        directory = self.directory
        number = directory.room(room)
        found: list[Entry] = []
        # All rows at once: a statement that is not finished, held by a traceback, would be in a repair's way.
        for row in self.db.execute(query, values).fetchall():
            feed = directory.feed(row[1])
            if not number == row[0] == feed.room:
                raise Unsound("an entry is in another room than its feed")
            found.append(entry_of(row, room, feed.author))
        return found


def _is_new(held: Ranges, entries: Sequence[Entry]) -> bool:
    """Whether `entries` are a stretch of a feed that follows all of it, or lies in a gap: as nearly always."""
    low, high = entries[0].seq, entries[-1].seq
    if high - low + 1 != len(entries) or any(after.seq != before.seq + 1 for before, after in pairwise(entries)):
        return False
    return not intersection(held, ((low, high),))


def _sort_out(feed: FeedRecord, entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Those that are new, one for each seq; and those with a signature whose seq is held already."""
    held = feed.ranges
    if _is_new(held, entries):
        return list(entries), []
    fresh: dict[int, Entry] = {}
    again: list[Entry] = []
    for entry in entries:
        if contains(held, entry.seq):
            if entry.signature:
                again.append(entry)
        elif entry.seq not in fresh or (not fresh[entry.seq].signature and fresh[entry.seq].id == entry.id):
            fresh[entry.seq] = entry
    return list(fresh.values()), again
