"""What a transcript says of one author, entry by entry: verified, vouched for by nobody, or tampered with.

An entry is verified when its id follows from what it says, and its author's signature is on it, or on an entry
above to which an unbroken chain of `prev` leads, or when the proof of a fork names it as the last that counts. So
entries wait until somebody vouches for them; where the chain breaks first, nobody does. Memory does not grow with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .body import Profile, Say, decode_body
from .entry import Entry
from .forks import ForkProof
from .identity import is_signed
from .ids import GENESIS, EntryId, PeerId

GAPS_KEPT = 64
"""Gaps of one author that are listed; further ones are only counted."""


class Fault(StrEnum):
    """What is wrong with a line."""

    ID = "id"
    """The entry does not hash to the id beside it: somebody has changed it."""
    SIGNATURE = "signature"
    """The signature is not its author's, or is for something else."""
    PREV = "prev"
    """It does not follow the entry that stands before it."""
    STAMP = "stamp"
    """It is stamped no later than the entry before."""
    FORK = "fork"
    """Its author signed another entry with that number, too."""
    REPEATED = "repeated"
    """The same line stands there twice."""
    ORDER = "order"
    """It stands below later entries of its author."""
    DAMAGED = "damaged"
    """It cannot be read, or is not where it belongs."""


CHANCE = frozenset({Fault.REPEATED, Fault.ORDER, Fault.DAMAGED})
"""Faults that speak of a broken file, not of anybody's will."""


@dataclass(slots=True)
class _Some:
    """Some entries, counted."""

    entries: int = 0
    messages: int = 0
    name: str = ""
    """The newest profile name in them; empty when there is none."""

    def add(self, other: _Some) -> None:
        self.entries += other.entries
        self.messages += other.messages
        self.name = other.name or self.name


@dataclass(slots=True)
class Account:
    """One author's feed in a transcript."""

    author: PeerId
    unvouched: int = 0
    """Entries that nobody vouches for; complete once `close` was called."""
    tampered: int = 0
    missing: int = 0
    """Seqs below the highest one that are not there."""
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """The first GAPS_KEPT of them, as ranges."""
    forked_at: int | None = None
    """The seq of a proven fork."""
    _verified: _Some = field(default_factory=_Some)
    _waiting: _Some = field(default_factory=_Some)
    _seq: int = 0
    _stamp: int = -1
    _id: EntryId | None = GENESIS
    """The id of the entry at `_seq`; None when that one was changed."""

    @property
    def verified(self) -> int:
        """Entries verified."""
        return self._verified.entries

    @property
    def messages(self) -> int:
        """Messages among them."""
        return self._verified.messages

    @property
    def name(self) -> str:
        """The newest name in them, cleaned; empty when there is none."""
        return self._verified.name

    def take(self, entry: Entry, claimed: EntryId) -> Fault | None:
        """Account for one more entry, whose line claims the id `claimed`; what is wrong with it."""
        if entry.seq <= self._seq:
            return self._take_again(entry, claimed)
        if entry.seq > self._seq + 1:
            self._note_gap(self._seq + 1, entry.seq - 1)
        fault = self._fault_within(entry, claimed)
        is_sound = fault is None
        misplaced = self._fault_of_place(entry)
        if fault is Fault.ID:
            self._abandon()
        elif self._id is not None and entry.prev != self._id:
            fault, is_sound = self._contradict(entry, fault)
        fault, is_sound = fault or misplaced, is_sound and misplaced is None
        self._seq, self._stamp = entry.seq, max(self._stamp, entry.stamp)
        self._id = None if fault is Fault.ID else entry.id
        if is_sound:
            self._count(entry)
        else:
            self.tampered += 1
        return fault

    def fork(self, proof: ForkProof) -> Fault | None:
        """The author's feed ends before a proven fork; what is wrong with the entries before it."""
        self.forked_at = min(proof.seq, self.forked_at or proof.seq)
        if self._seq >= proof.seq:
            return Fault.FORK
        if self._seq + 1 < proof.seq or self._id is None:
            return None
        if self._id == proof.prev:
            self._vouch()
            return None
        return self._drop_top()

    def close(self) -> None:
        """Nothing more comes: what waits still, nobody vouches for."""
        self._abandon()

    def _fault_of_place(self, entry: Entry) -> Fault | None:
        """What is wrong with where `entry` stands, apart from which one it follows."""
        if (entry.seq == 1) != (entry.prev == GENESIS):
            return Fault.PREV
        if self.forked_at is not None and entry.seq >= self.forked_at:
            return Fault.FORK
        return None if entry.stamp > self._stamp else Fault.STAMP

    def _fault_within(self, entry: Entry, claimed: EntryId) -> Fault | None:
        """What is wrong with `entry` wherever it stands."""
        if claimed != entry.id:
            return Fault.ID
        is_wrong = entry.signature and not is_signed(self.author, entry.signature, entry.id)
        return Fault.SIGNATURE if is_wrong else None

    def _contradict(self, entry: Entry, fault: Fault | None) -> tuple[Fault, bool]:
        """`entry` names another one below it than the one that is here: the fault, and whether `entry` itself is sound.

        What waited below is not borne out. What was verified below is genuine, so then `entry` is the wrong one; or,
        if it is signed, its author has gone two ways.
        """
        if fault is not None:
            self._abandon()
            return fault, False
        if self._waiting.entries:
            self._drop_top()
            return Fault.PREV, True
        return (Fault.FORK if entry.signature and entry.seq > 1 else Fault.PREV), False

    def _take_again(self, entry: Entry, claimed: EntryId) -> Fault:
        """An entry whose place has been passed already."""
        if entry.seq < self._seq:
            return Fault.ORDER
        if entry.id == claimed == self._id:
            return Fault.REPEATED
        self.tampered += 1
        return self._fault_within(entry, claimed) or (Fault.FORK if entry.signature else Fault.PREV)

    def _count(self, entry: Entry) -> None:
        body = decode_body(entry.body)
        self._waiting.add(_Some(1, isinstance(body, Say), body.name if isinstance(body, Profile) else ""))
        if entry.signature:
            self._vouch()

    def _vouch(self) -> None:
        """What waits is verified."""
        self._verified.add(self._waiting)
        self._waiting = _Some()

    def _abandon(self) -> None:
        """Nobody will vouch for what waits."""
        self.unvouched += self._waiting.entries
        self._waiting = _Some()

    def _drop_top(self) -> Fault:
        """The last entry that waits is not the author's, so nobody vouches for the others."""
        if self._waiting.entries:
            self.tampered += 1
            self.unvouched += self._waiting.entries - 1
            self._waiting = _Some()
        return Fault.PREV

    def _note_gap(self, low: int, high: int) -> None:
        self._abandon()
        self._id = None
        self.missing += high - low + 1
        if len(self.gaps) < GAPS_KEPT:
            self.gaps.append((low, high))
