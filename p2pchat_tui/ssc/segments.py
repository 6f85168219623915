"""What is held of one feed, in pieces: its tail may be here before its older part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from .entry import SEQ_MAX, Entry
from .ids import EntryId, Stamp
from .ranges import Ranges, contains


@dataclass(frozen=True, slots=True)
class Segment:
    """Entries low..high of one feed, without a gap."""

    low: int
    high: int
    prev: EntryId
    """The `prev` of the entry at `low`."""
    last: EntryId
    """The id of the entry at `high`."""
    low_stamp: Stamp
    high_stamp: Stamp


def add_entries(segments: Sequence[Segment], entries: Iterable[Entry]) -> tuple[Segment, ...]:
    """`segments` with `entries` of the same feed added; segments that touch are joined.

    Entries that are held already change nothing.
    """
    added = tuple(entries)
    if segments and added and _follows(segments[-1], added):  # as what is said now does: without any search
        head, last = segments[-1], added[-1]
        return (*segments[:-1], Segment(head.low, last.seq, head.prev, last.id, head.low_stamp, last.stamp))
    held: Ranges = tuple((piece.low, piece.high) for piece in segments)
    fresh = sorted((entry for entry in added if not contains(held, entry.seq)), key=lambda each: each.seq)
    pieces = sorted((*segments, *_pieces(fresh)), key=lambda piece: piece.low)
    joined: list[Segment] = []
    for piece in pieces:
        if joined and joined[-1].high + 1 == piece.low and joined[-1].last == piece.prev:
            below = joined[-1]
            joined[-1] = replace(below, high=piece.high, last=piece.last, high_stamp=piece.high_stamp)
        else:
            joined.append(piece)
    return tuple(joined)


def _follows(head: Segment, entries: Sequence[Entry]) -> bool:
    """Whether `entries` continue `head`, each following the one before."""
    seq, last = head.high, head.last
    for entry in entries:
        if entry.seq != seq + 1 or entry.prev != last:
            return False
        seq, last = entry.seq, entry.id
    return True


def _pieces(entries: Sequence[Entry]) -> Iterator[Segment]:
    """Rising `entries` of one feed as segments: one for each stretch without a gap, however long that is."""
    start = 0
    for end, last in enumerate(entries, 1):
        after = entries[end] if end < len(entries) else None
        if after is None or after.seq != last.seq + 1 or after.prev != last.id:
            first = entries[start]
            yield Segment(first.seq, last.seq, first.prev, last.id, first.stamp, last.stamp)
            start = end


def cut_segments(segments: Sequence[Segment], seq: int, last: EntryId) -> tuple[Segment, ...]:
    """`segments` without what lies at or above `seq`. `last`: see `drop_segments`."""
    return drop_segments(segments, seq, SEQ_MAX, last)


def drop_segments(segments: Sequence[Segment], low: int, high: int, last: EntryId) -> tuple[Segment, ...]:
    """`segments` without what lies at low..high, where `high` is the end of one of them, or above all.

    A segment in which `low` lies keeps its lower part, whose last entry is then `last`; the stamp of that one is not
    known here, so that of the segment's first entry stands in for it.
    """
    kept = []
    for piece in segments:
        if piece.high < low or piece.low > high:
            kept.append(piece)
        elif piece.low < low:
            kept.append(replace(piece, high=low - 1, last=last, high_stamp=piece.low_stamp))
    return tuple(kept)


def floor_under_cut(floor: int, seq: int, segments: Sequence[Segment]) -> int:
    """The floor of a feed that ends before `seq` now, with `segments` left of it.

    What was let go on a lost branch is none of the feed's; and the newest entry of a feed is never let go. Of a feed of
    which nothing is left, nothing is remembered either.
    """
    return min(floor, max(seq - 1, 1)) if segments else 1


def floor_under_drop(floor: int, low: int, before: Sequence[Segment], left: Sequence[Segment]) -> int:
    """The floor of a feed of whose segments, `before`, something from `low` on was dropped, so that these are `left`.

    Where whole segments went, what was let go may have been of the same branch.
    """
    is_within = any(piece.low < low <= piece.high for piece in before)
    return floor_under_cut(floor, low, left) if is_within else 1


def prune_segments(segments: Sequence[Segment], lowest: Entry, kept: Iterable[Entry]) -> tuple[Segment, ...]:
    """`segments` without what lies below the held entry `lowest`, but for the entries in `kept`."""
    left = []
    for piece in segments:
        if piece.low <= lowest.seq <= piece.high:
            left.append(replace(piece, low=lowest.seq, prev=lowest.prev, low_stamp=lowest.stamp))
        elif piece.low > lowest.seq:
            left.append(piece)
    return add_entries(left, kept)
