"""One author's feed as this replica holds it: verified segments, and the rule by which a run of entries joins them.

A feed may be held in pieces: its tail before its older part. Every piece is a segment whose inside is linked by
hash. A run is taken in when somebody vouches for it: its author's signature on its last entry (or on an earlier
one, then up to there), or the entry right above it, which is held already and names the run's last entry as its `prev`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from .clock import is_ahead
from .entry import BODY_MAX, SEQ_MAX, Entry, entry_id, is_authentic
from .identity import is_signed
from .ids import GENESIS, STAMP_MAX, EntryId, PeerId, RoomId, Stamp
from .ranges import Ranges, contains, union

CHECKPOINT = 128
"""Entries whose seq is a multiple of this travel with their signature, so that pages of one feed that come from
several peers can each be verified alone."""
STANDING = (b'{"k":"profile"', b'{"k":"topic"')
"""How bodies begin that outlive what is pruned around them: these travel with their signature too, so that one that
stands alone can still be verified. (One that is written in another way just loses its signature on the way.)"""


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


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive entries of one feed as they travel: without ids, which the receiver computes."""

    author: PeerId
    first: int
    prev: EntryId
    items: tuple[tuple[Stamp, bytes], ...]
    """(stamp, body) of first, first + 1, …"""
    signatures: Mapping[int, bytes]
    """By seq: of the last entry where the sender has it, of every checkpoint, and of what is STANDING."""


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


def voucher_of(entries: Sequence[Entry]) -> Entry | None:
    """Of consecutive entries of one feed the first that carries its author's signature and so vouches for the first.

    None when there is none, when its signature is not good, or when the chain to it is broken.
    """
    last: Entry | None = None
    for entry in entries:
        if last is not None and (entry.prev != last.id or entry.seq != last.seq + 1):
            return None
        if entry.signature:
            return entry if is_authentic(entry) else None
        last = entry
    return None


def run_of(entries: Sequence[Entry]) -> Run:
    """Pack consecutive entries of one feed. Raises ValueError when there are none or they do not follow each other."""
    if not entries:
        raise ValueError("a run has at least one entry")
    first = entries[0]
    for before, after in pairwise(entries):
        if after.author != first.author or after.seq != before.seq + 1:
            raise ValueError("the entries of a run follow each other")
    last = entries[-1].seq
    signatures = {
        entry.seq: entry.signature
        for entry in entries
        if entry.signature and (entry.seq == last or entry.seq % CHECKPOINT == 0 or _is_standing(entry))
    }
    items = tuple((entry.stamp, entry.body) for entry in entries)
    return Run(first.author, first.seq, first.prev, items, signatures)


def runs_of(entries: Iterable[Entry]) -> list[Run]:
    """Pack entries of any feeds into as few runs as they make."""
    runs: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda each: (each.author, each.seq)):
        last = runs[-1][-1] if runs else None
        if last and last.author == entry.author and last.seq + 1 == entry.seq:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return [run_of(run) for run in runs]


def joined(runs: Iterable[Run]) -> list[Run]:
    """`runs` of one feed, rising, with those in one that follow each other; nothing is verified."""
    whole: list[Run] = []
    for run in sorted(runs, key=lambda each: each.first):
        below = whole[-1] if whole else None
        if below and below.first + len(below.items) == run.first:
            items, signatures = (*below.items, *run.items), {**below.signatures, **run.signatures}
            whole[-1] = replace(below, items=items, signatures=signatures)
        else:
            whole.append(run)
    return whole


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


def cut_segments(segments: Sequence[Segment], seq: int, prev: EntryId) -> tuple[Segment, ...]:
    """`segments` without what lies at or above `seq`.

    A segment that crosses the cut keeps its lower part, whose last entry is then the one that `prev` names; the stamp
    of that one is not known here, so that of the segment's first entry stands in for it.
    """
    kept = []
    for piece in segments:
        if piece.high < seq:
            kept.append(piece)
        elif piece.low < seq:
            kept.append(replace(piece, high=seq - 1, last=prev, high_stamp=piece.low_stamp))
    return tuple(kept)


def floor_under_cut(floor: int, seq: int, segments: Sequence[Segment]) -> int:
    """The floor of a feed that ends before `seq` now, with `segments` left of it.

    What was let go on a lost branch is none of the feed's; and the newest entry of a feed is never let go. Of a feed of
    which nothing is left, nothing is remembered either.
    """
    return min(floor, max(seq - 1, 1)) if segments else 1


def prune_segments(segments: Sequence[Segment], lowest: Entry, kept: Iterable[Entry]) -> tuple[Segment, ...]:
    """`segments` without what lies below the held entry `lowest`, but for the entries in `kept`."""
    left = []
    for piece in segments:
        if piece.low <= lowest.seq <= piece.high:
            left.append(replace(piece, low=lowest.seq, prev=lowest.prev, low_stamp=lowest.stamp))
        elif piece.low > lowest.seq:
            left.append(piece)
    return add_entries(left, kept)


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
        """End the feed before `seq`, whose `prev` is proven: what is held from there on is no longer part of it."""
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
            if not contains(settled, entry.seq) or (_is_standing(entry) and not contains(held, entry.seq))
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


def chained(run: Run, room: RoomId) -> list[Entry]:
    """The entries of `run`, with the ids that follow from it. Nothing is verified."""
    entries: list[Entry] = []
    prev = run.prev
    for offset, (stamp, body) in enumerate(run.items):
        seq = run.first + offset
        name = entry_id(room, run.author, seq, stamp, prev, body)
        entries.append(Entry(run.author, seq, stamp, prev, body, run.signatures.get(seq, b""), name))
        prev = name
    return entries


def _is_standing(entry: Entry) -> bool:
    return entry.body.startswith(STANDING)


def shape_fault(run: Run) -> str:
    """What is wrong with `run` whatever it says: empty when nothing is."""
    if not run.items:
        return "an empty run"
    last = run.first + len(run.items) - 1
    if run.first < 1 or last > SEQ_MAX:
        return "a seq out of bounds"
    if (run.first == 1) != (run.prev == GENESIS):
        return "a feed begins at 1, and only there"
    if any(not run.first <= seq <= last for seq in run.signatures):
        return "a signature for an entry that is not in the run"
    before = -1
    for stamp, body in run.items:
        if not before < stamp <= STAMP_MAX:
            return "stamps that do not rise"
        if len(body) > BODY_MAX:
            return "a body that is too long"
        before = stamp
    return ""
