"""Which number stands for which room and feed, and what is held of every feed: small, so kept in memory.

It is read once, checked, and then changed together with the database; after a failed change it is read again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ..ssc.ids import PeerId, RoomId
from ..ssc.ranges import Ranges
from ..ssc.segments import Segment
from .rows import FEED_COLUMNS, Unsound, feed_of, feed_row, room_sum


class Unrepairable(Exception):
    """The table of rooms does not fit its checksums: nobody can tell which room the entries belong to."""


@dataclass(slots=True)
class FeedRecord:
    """One row of `feed`."""

    number: int
    room: int
    author: PeerId
    segments: tuple[Segment, ...]
    floor: int = 1
    """The seq below which entries were let go."""

    @property
    def ranges(self) -> Ranges:
        """The seqs held."""
        return tuple((each.low, each.high) for each in self.segments)


class Directory:
    """All rooms and feeds of the database. Those who change it hold a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Raises Unsound when a feed is damaged, Unrepairable when a room is."""
        self._db = db
        self._rooms = read_rooms(db)
        self._feeds: dict[int, FeedRecord] = {}
        self._by_author: dict[int, dict[PeerId, FeedRecord]] = {number: {} for number in self._rooms.values()}
        for row in db.execute(f"SELECT {FEED_COLUMNS} FROM feed").fetchall():
            number, room, author, segments, floor = feed_of(row)
            if room not in self._by_author or author in self._by_author[room]:
                raise Unsound("a feed is in no room, or twice in one")
            self._add(FeedRecord(number, room, author, segments, floor))
        self._look_for_orphans()

    def room(self, room: RoomId) -> int | None:
        """The number of `room`, or None when nothing is kept of it."""
        return self._rooms.get(room)

    def feed(self, number: int) -> FeedRecord:
        """The feed with that number. Raises Unsound when there is none."""
        try:
            return self._feeds[number]
        except (KeyError, TypeError) as error:
            raise Unsound("an entry is in no feed") from error

    def feeds(self, room: RoomId) -> list[FeedRecord]:
        """Every feed of `room`, by author."""
        number = self._rooms.get(room)
        if number is None:
            return []
        return sorted(self._by_author[number].values(), key=lambda each: each.author)

    def feed_by(self, room: RoomId, author: PeerId) -> FeedRecord | None:
        """The feed of `author` in `room`, or None."""
        number = self._rooms.get(room)
        return None if number is None else self._by_author[number].get(author)

    def make_room(self, room: RoomId) -> int:
        """The number of `room`, a new one if need be."""
        number = self._rooms.get(room)
        if number is None:
            number = max(self._rooms.values(), default=0) + 1
            self._db.execute("INSERT INTO room VALUES (?, ?, ?)", (number, room, room_sum(number, room)))
            self._rooms[room] = number
            self._by_author[number] = {}
        return number

    def make_feed(self, room: RoomId, author: PeerId) -> FeedRecord:
        """The feed of `author` in `room`, a new one if need be."""
        number = self.make_room(room)
        found = self._by_author[number].get(author)
        if found is None:
            found = FeedRecord(max(self._feeds, default=0) + 1, number, author, ())
            row = (found.number, number, author, *feed_row(found.number, number, author, (), found.floor))
            self._db.execute(f"INSERT INTO feed ({FEED_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)
            self._add(found)
        return found

    def set_segments(self, feed: FeedRecord, segments: Sequence[Segment], floor: int | None = None) -> None:
        """Write down what is now held of `feed`, and from where on when that has changed."""
        feed.segments, feed.floor = tuple(segments), floor or feed.floor
        row = (*feed_row(feed.number, feed.room, feed.author, feed.segments, feed.floor), feed.number)
        self._db.execute("UPDATE feed SET segments = ?, sum = ?, floor = ? WHERE id = ?", row)

    def _add(self, feed: FeedRecord) -> None:
        self._feeds[feed.number] = feed
        self._by_author[feed.room][feed.author] = feed

    def _look_for_orphans(self) -> None:
        """A feed that fell out of its table must not look like one that never was: its author would begin anew."""
        last = -1
        while True:
            last = self._db.execute("SELECT min(feed) FROM entry WHERE feed > ?", (last,)).fetchone()[0]
            if last is None:
                return
            if not self.feed(last).segments:
                raise Unsound("a feed without segments has entries")


def read_rooms(db: sqlite3.Connection) -> dict[RoomId, int]:
    """The number of every room. Raises Unrepairable."""
    rooms: dict[RoomId, int] = {}
    for number, room, total in db.execute("SELECT id, room, sum FROM room").fetchall():
        try:
            is_whole = room_sum(number, room) == total
            rooms[RoomId(room)] = number
        except (TypeError, ValueError, OverflowError) as error:
            raise Unrepairable("a room has columns of another type") from error
        if not is_whole:
            raise Unrepairable("a room does not fit its checksum")
    return rooms
