"""Letting old entries go, and counting what is left: what runs in the connection's thread, one call at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection

from ..ssc.entry import Entry
from ..ssc.ids import PeerId, RoomId, Stamp
from ..ssc.segments import prune_segments
from .directory import FeedRecord
from .ledger import Ledger
from .rows import STAMP_SHIFT, STANDING_KINDS, Unsound
from .search_schema import tidy

_STAMP = "SELECT stamp FROM entry WHERE feed = ? AND seq = ?"
_DROP = "DELETE FROM entry WHERE feed = ? AND seq < ?"
_NEWEST = "SELECT seq FROM entry WHERE feed = ? AND kind = ? AND kind <> 'say' ORDER BY stamp DESC LIMIT 1"
_PLACE = "SELECT stamp FROM entry WHERE room = ? AND kind = 'say' ORDER BY stamp DESC LIMIT 1 OFFSET ?"
_COUNT = (
    "SELECT count(*) FROM (SELECT 1 FROM entry e"
    " WHERE e.room = ? AND e.kind = 'say' AND e.stamp > ? AND e.feed NOT IN ({}) LIMIT ?)"
)


def prune(ledger: Ledger, room: RoomId, cutoff: Stamp) -> int:
    """See Store.prune."""
    floors = [(feed, _floor(ledger, feed, cutoff)) for feed in ledger.directory.feeds(room) if feed.segments]
    due = [(feed, floor) for feed, floor in floors if floor > feed.floor]
    if not due:
        return 0
    with ledger.writing():
        gone = sum(_prune_feed(ledger, room, feed, floor) for feed, floor in due)
        tidy(ledger.db)
    return gone


def message_stamp(ledger: Ledger, room: RoomId, place: int) -> Stamp | None:
    """See Store.message_stamp."""
    row = ledger.db.execute(_PLACE, (ledger.directory.room(room), max(place, 1) - 1)).fetchone()
    return Stamp(row[0] + STAMP_SHIFT) if row else None


def count_messages(ledger: Ledger, room: RoomId, after: Stamp, but: Collection[PeerId], most: int) -> int:
    """See Store.count_messages."""
    feeds = (ledger.directory.feed_by(room, peer) for peer in but)
    left_out = ",".join(str(feed.number) for feed in feeds if feed)
    values = (ledger.directory.room(room), after - STAMP_SHIFT, most)
    return int(ledger.db.execute(_COUNT.format(left_out), values).fetchone()[0])


def _prune_feed(ledger: Ledger, room: RoomId, feed: FeedRecord, floor: int) -> int:
    standing = {
        row[0]
        for kind in STANDING_KINDS
        for row in ledger.db.execute(_NEWEST, (feed.number, kind)).fetchall()
        if row[0] < floor
    }
    kept = [entry for seq in sorted(standing) for entry in ledger.run(room, feed.author, seq, seq)]
    lowest = _lowest(ledger, room, feed, floor)
    marks = "".join(f" AND seq <> {entry.seq}" for entry in kept)
    gone = ledger.db.execute(_DROP + marks, (feed.number, floor)).rowcount
    ledger.directory.set_segments(feed, prune_segments(feed.segments, lowest, kept), floor)
    return gone


def _floor(ledger: Ledger, feed: FeedRecord, cutoff: Stamp) -> int:
    """The seq of the first entry that stays: stamps rise along a feed, so what goes is its beginning."""
    floor = feed.floor
    for piece in feed.segments:
        if piece.high < floor:
            continue  # stands alone below the floor
        seqs = range(max(piece.low, floor), piece.high + 1)
        gone = bisect_left(seqs, cutoff, key=lambda seq: _stamp(ledger, feed, seq))
        if gone < len(seqs):
            # Above a gap only: what is missing below it is fetched and judged by itself.
            return max(floor, seqs[gone]) if gone else floor
        floor = piece.high + 1
    return feed.segments[-1].high


def _stamp(ledger: Ledger, feed: FeedRecord, seq: int) -> Stamp:
    row = ledger.db.execute(_STAMP, (feed.number, seq)).fetchone()
    if row is None:
        raise Unsound("an entry is missing from its segment")
    return Stamp(row[0] + STAMP_SHIFT)


def _lowest(ledger: Ledger, room: RoomId, feed: FeedRecord, floor: int) -> Entry:
    """The first entry that is held from `floor` on."""
    for piece in feed.segments:
        if piece.high >= floor:
            seq = max(piece.low, floor)
            return ledger.run(room, feed.author, seq, seq)[0]
    raise Unsound("a feed without a last entry")
