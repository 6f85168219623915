"""Forks: the proof that an identity signed two different entries with one number, and what follows from it.

A proof is two runs of one author that begin with the same seq and the same `prev`, differ in their first entry, and
are both signed by the author. Whoever has it cuts that feed there: entries from that seq on do not exist, on every
replica alike, whichever branch it saw first. Of two proofs the one with the smaller seq counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .entry import Entry
from .identity import is_signed
from .ids import EntryId, PeerId, RoomId
from .runs import CHECKPOINT, Run, chained, run_of, shape_fault
from .segments import Segment

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


@dataclass(frozen=True, slots=True)
class Stray:
    """Held entries that give way to another branch, though no proof can be made of them.

    Either their own way down is not held, so that where both part is not known: when whoever held the rest of their
    branch has lost it, or let go of it, that will never be. Or they lie beside a branch that is proven to count, and
    the author's signature above them was cut off.
    """

    author: PeerId
    seq: int
    """One of them; all that is joined to it goes the same way."""
    is_parting: bool = False
    """Whether both branches part there, so that what is joined to it from below stays."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A piece of one branch beside another branch, where both part being out of sight."""

    piece: Segment
    is_shorter: bool
    """Whether it gives way if nobody can show where they part: it never does when it is whole."""
    run: Run | None
    """The beginning of what is held of it there, up to a signature."""


def is_proof(proof: ForkProof, room: RoomId) -> bool:
    """Whether it proves what it claims."""
    one, two = proof.one, proof.two
    if (one.author, one.first, one.prev) != (two.author, two.first, two.prev):
        return False
    if any(shape_fault(run) or len(run.items) > PROOF_ENTRIES for run in (one, two)):
        return False
    first, second = chained(one, room), chained(two, room)
    return first[0].id != second[0].id and _is_signed(first) and _is_signed(second)


def find_fork(theirs: Sequence[Entry], mine: Mapping[int, Entry]) -> ForkProof | None:
    """The proof, when the first difference between a stretch of a feed and what is held of it lies within.

    None when it lies further down, when they do not differ, or when one branch is not signed.
    """
    seq = find_parting(theirs, mine)
    if seq is None:
        return None
    place = seq - theirs[0].seq
    one = _to_signature(_from(mine, seq))
    two = _to_signature(theirs[place : place + PROOF_ENTRIES])
    return ForkProof(*sorted((one, two), key=lambda run: run.items)) if one and two else None


def find_parting(theirs: Sequence[Entry], mine: Mapping[int, Entry]) -> int | None:
    """The seq of the first difference between a stretch of a feed and what is held of it, when both part there.

    None when they part further down, or do not differ.
    """
    entry = next((each for each in theirs if each.seq in mine and mine[each.seq].id != each.id), None)
    return entry.seq if entry is not None and mine[entry.seq].prev == entry.prev else None


def leads_to(theirs: Sequence[Entry], proof: ForkProof) -> bool:
    """Whether a stretch of a feed holds the last entry that counts by `proof`."""
    return any((entry.seq + 1, entry.id) == (proof.seq, proof.prev) for entry in theirs)


def find_apart(theirs: Sequence[Entry], mine: Mapping[int, Entry], pieces: Sequence[Segment]) -> Apart | None:
    """What is held on another branch than `theirs`, where both part somewhere below: a shorter branch if there is one,
    and the topmost.

    `mine`: what is held beside `theirs`, by seq; `pieces`: the segments held.
    """
    names = {theirs[0].seq - 1: theirs[0].prev} | {entry.seq: entry.id for entry in theirs}
    stretch = range(theirs[0].seq - 1, theirs[-1].seq + 2)
    apart = None
    for piece in pieces:
        beside = [mine[seq] for seq in stretch if seq in mine and piece.low <= seq <= piece.high]
        first = next((held for held in beside if names.get(held.seq) != held.id), None)
        if first is None or first.prev == names.get(first.seq - 1):
            continue
        is_shorter = piece.low > 1 and _is_shorter(piece, theirs, mine, pieces)
        if apart is None or is_shorter or not apart.is_shorter:
            apart = Apart(piece, is_shorter, _to_signature(_from(mine, first.seq)))
    return apart


def is_vouched(theirs: Sequence[Entry], mine: Mapping[int, Entry], seq: int) -> bool:
    """Whether the author has signed what `theirs` say of `seq`, or of their first: there or above, be it in an entry
    held that follows them.
    """
    above = mine.get(theirs[-1].seq + 1)
    if above is not None and above.prev == theirs[-1].id:
        return True
    return any(_is_held(entry, mine) or _is_signed([entry]) for entry in reversed(theirs) if entry.seq >= seq)


def is_joined(theirs: Sequence[Entry], mine: Mapping[int, Entry], seq: int) -> bool:
    """Whether `theirs` lead down to the beginning of the feed, or to an entry below `seq` that is held."""
    first = theirs[0]
    below = mine.get(first.seq - 1)
    if first.seq == 1 or (below is not None and below.seq < seq and below.id == first.prev):
        return True
    return any(entry.seq < seq and _is_held(entry, mine) for entry in theirs)


def _is_shorter(piece: Segment, theirs: Sequence[Entry], mine: Mapping[int, Entry], pieces: Sequence[Segment]) -> bool:
    """Whether the branch of `piece` ends before that of `theirs`, by what its author has signed.

    Two branches of one length are told apart by their last ids, so that everybody chooses alike.
    """
    head, last = pieces[-1], theirs[-1]
    above = mine.get(last.seq + 1)
    meets = [entry.seq for entry in theirs if _is_held(entry, mine)]
    if above is not None and above.prev == last.id:
        meets.append(above.seq)
    if meets and meets[-1] >= head.low:
        return piece != head
    signed = next((each for each in reversed(theirs) if _is_signed([each])), None)
    return piece == head and signed is not None and (signed.seq, signed.id) > (piece.high, piece.last)


def _is_held(entry: Entry, mine: Mapping[int, Entry]) -> bool:
    held = mine.get(entry.seq)
    return held is not None and held.id == entry.id


def _from(mine: Mapping[int, Entry], seq: int) -> list[Entry]:
    """What is held from `seq` on without a gap, as much as a proof may have."""
    entries: list[Entry] = []
    while seq in mine and len(entries) < PROOF_ENTRIES:
        entries.append(mine[seq])
        seq += 1
    return entries


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
