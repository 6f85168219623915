"""One author's feed as this replica holds it: verified segments, and the rule by which a run of entries joins them.

A feed may be held in pieces: its tail before its older part. Every piece is a segment whose inside is linked by
hash. A run is taken in when somebody vouches for it: its author's signature on its last entry (or on an earlier
one, then up to there), or the entry right above it, which is held already and names the run's last entry as its `prev`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .clock import is_ahead
from .entry import Entry
from .identity import is_signed
from .ids import EntryId, PeerId, RoomId
from .ranges import Ranges, contains, union
from .runs import Run, chained, is_standing, shape_fault
from .segments import Segment, add_entries, cut_segments, floor_under_cut


class Verdict(StrEnum):
    """What became of a run."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    WAITING = "waiting"
    """Its stamps lie too far in the future: asked for again later."""
    UNVOUCHED = "unvouched"
    """Nobody vouches for it yet: neither a signature nor a held entry above it."""
    FORK = "fork"
    """Its author signed two different entries with one seq."""
    REJECTED = "rejected"
    """Not what its author signed, or out of bounds: whoever sends such a thing is faulty or hostile."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a run, the entries of it that are new, and why when it was not accepted."""

    verdict: Verdict
    entries: tuple[Entry, ...] = ()
    reason: str = ""


class Feed:
    """What is held of one author, and the judge of what more of it comes."""

    def __init__(self, room: RoomId, author: PeerId, segments: Sequence[Segment] = (), floor: int = 1) -> None:
        self._room = room
        self.author = author
        self.segments: tuple[Segment, ...] = tuple(segments)
        self.floor = floor
        """Entries below this seq were let go on purpose, but for those that are held still: of others only those that
        say how things stand are taken in."""
        self._end: tuple[int, EntryId] | None = None

    @property
    def ranges(self) -> Ranges:
        """The seqs held."""
        return tuple((piece.low, piece.high) for piece in self.segments)

    @property
    def settled(self) -> Ranges:
        """The seqs that need not be asked for: held, or let go."""
        return union(self.ranges, ((1, self.floor - 1),)) if self.floor > 1 else self.ranges

    @property
    def head(self) -> Segment | None:
        """The topmost segment."""
        return self.segments[-1] if self.segments else None

    def take(self, entries: Iterable[Entry]) -> None:
        """Add entries that were judged, or made here."""
        self.segments = add_entries(self.segments, entries)

    def cut(self, seq: int, prev: EntryId) -> None:
        """End the feed before `seq`, whose `prev` is proven: what is held from there on is no longer part of it.

        Whether what is held leads up to `prev` the disk knows: it may be of a third branch (see `ForkWatch.look`).
        """
        self._end = (seq, prev)
        self.segments = cut_segments(self.segments, seq, prev)
        self.floor = floor_under_cut(self.floor, seq, self.segments)

    def branch(self, seq: int) -> tuple[Segment, ...]:
        """The segment that holds `seq`, after those of which nobody can tell any more that they were of another branch:
        what stays of what was let go below it. Nothing when `seq` is not held.
        """
        held = next((piece for piece in self.segments if piece.low <= seq <= piece.high), None)
        if held is None:
            return ()
        left = [piece for piece in self.segments if piece.high < held.low]
        return (*left, held) if all(piece.high < self.floor for piece in left) else (held,)

    def judge(self, run: Run, now_ms: int) -> Judgement:
        """Decide on `run`; changes nothing. `now_ms`: Unix milliseconds of this replica's wall clock."""
        fault = shape_fault(run)
        if fault:
            return Judgement(Verdict.REJECTED, reason=fault)
        entries = chained(run, self._room)
        vouched, fault = self._vouched(entries)
        if fault:
            return Judgement(Verdict.REJECTED, reason=fault)
        if not vouched:
            return Judgement(Verdict.UNVOUCHED, reason="no signature and no held entry vouches for it")
        if self._end:
            vouched = [entry for entry in vouched if entry.seq < self._end[0]]
        conflict = self._conflict(vouched) if vouched else ""
        if conflict:
            return Judgement(Verdict.FORK, reason=conflict)
        held, settled = self.ranges, self.settled
        fresh = [
            entry
            for entry in vouched
            if not contains(settled, entry.seq) or (is_standing(entry) and not contains(held, entry.seq))
        ]
        if not fresh:
            return Judgement(Verdict.DUPLICATE)
        if is_ahead(fresh[-1].stamp, now_ms):
            return Judgement(Verdict.WAITING, reason="its author's clock is ahead")
        return Judgement(Verdict.ACCEPTED, tuple(fresh))

    def _vouched(self, entries: list[Entry]) -> tuple[list[Entry], str]:
        """The part of `entries` that is vouched for, from its start; and what is wrong with a signature."""
        reach = 0
        for index, entry in enumerate(entries, 1):
            if entry.signature:
                if not is_signed(self.author, entry.signature, entry.id):
                    return [], "a signature does not fit"
                reach = index
        last = entries[-1]
        if any(piece.low == last.seq + 1 and piece.prev == last.id for piece in self.segments):
            reach = len(entries)
        for index, entry in enumerate(entries, 1):
            if (entry.seq + 1, entry.id) == self._end:
                reach = max(reach, index)
        return entries[:reach], ""

    def _conflict(self, entries: list[Entry]) -> str:
        """Why verified `entries` and what is held cannot both be one feed; empty when they can."""
        first, last = entries[0], entries[-1]
        by_seq = {entry.seq: entry for entry in entries}
        for piece in self.segments:
            if piece.high + 1 == first.seq and piece.last != first.prev:
                return f"two entries numbered {piece.high}"
            if piece.low == last.seq + 1 and piece.prev != last.id:
                return f"two entries numbered {last.seq}"
            if piece.high in by_seq and by_seq[piece.high].id != piece.last:
                return f"two entries numbered {piece.high}"
            if piece.low in by_seq and by_seq[piece.low].prev != piece.prev:
                return f"two entries numbered {piece.low - 1}"
        return ""
