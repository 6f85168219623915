"""Forks: the proof that an identity signed two different entries with one number, and what follows from it.

A proof is two runs of one author that begin with the same seq and the same `prev`, differ in their first entry, and
are both signed by the author. Whoever has it cuts that feed there: entries from that seq on do not exist, on every
replica alike, whichever branch it saw first. Of two proofs the one with the smaller seq counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .entry import Entry
from .feed import CHECKPOINT, Run, chained, run_of, shape_fault
from .identity import is_signed
from .ids import EntryId, PeerId, RoomId

PROOF_ENTRIES = CHECKPOINT
"""Entries in one branch of a proof: at least every CHECKPOINT-th is kept with its signature."""


@dataclass(frozen=True, slots=True)
class ForkProof:
    """Two branches of one feed."""

    one: Run
    two: Run

    @property
    def author(self) -> PeerId:
        """Whose identity was copied."""
        return self.one.author

    @property
    def seq(self) -> int:
        """The first seq that was used twice: the feed ends before it."""
        return self.one.first

    @property
    def prev(self) -> EntryId:
        """The id of the last entry that counts."""
        return self.one.prev


def is_proof(proof: ForkProof, room: RoomId) -> bool:
    """Whether it proves what it claims."""
    one, two = proof.one, proof.two
    if (one.author, one.first, one.prev) != (two.author, two.first, two.prev):
        return False
    if any(shape_fault(run) or len(run.items) > PROOF_ENTRIES for run in (one, two)):
        return False
    first, second = chained(one, room), chained(two, room)
    return first[0].id != second[0].id and _is_signed(first) and _is_signed(second)


def find_fork(theirs: Sequence[Entry], mine: Mapping[int, Entry]) -> ForkProof | int | None:
    """Compare a verified stretch of a feed with what is held of it.

    The proof, when the first difference is within; the seq from which on both differ, when it lies further down; None
    when they do not differ at all.
    """
    for place, entry in enumerate(theirs):
        held = mine.get(entry.seq)
        if held is None or held.id == entry.id:
            continue
        if held.prev != entry.prev:
            return entry.seq
        one = _to_signature([mine[seq] for seq in range(entry.seq, entry.seq + PROOF_ENTRIES) if seq in mine])
        two = _to_signature(theirs[place : place + PROOF_ENTRIES])
        return ForkProof(*sorted((one, two), key=lambda run: run.items)) if one and two else None
    first = theirs[0]
    below = mine.get(first.seq - 1)
    return first.seq if below is not None and below.id != first.prev else None


def _to_signature(entries: Sequence[Entry]) -> Run | None:
    """`entries` up to the first that carries its signature; None when none does."""
    taken: list[Entry] = []
    for entry in entries:
        if taken and entry.seq != taken[-1].seq + 1:
            return None
        taken.append(entry)
        if entry.signature:
            return run_of(taken)
    return None


def _is_signed(entries: Sequence[Entry]) -> bool:
    last = entries[-1]
    return is_signed(last.author, last.signature, last.id)
