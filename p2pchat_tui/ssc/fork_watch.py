"""Watches for forks: which feeds are cut at one, who was shown the proof, and where one is still looked for.

Two replicas with two branches of one feed notice it by their vectors, or by a run that does not fit. Then the branch
of the other is fetched downwards, a page at a time, until the entry is found at which both part. Where the other has
let go of that part of its branch, the shorter branch gives way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from . import ranges
from .effects import Compare, Effect, Send
from .entry import SEQ_MAX, Entry
from .feed import Feed
from .forks import (
    Apart,
    ForkProof,
    Stray,
    find_apart,
    find_fork,
    find_parting,
    is_joined,
    is_proof,
    is_vouched,
    leads_to,
)
from .frames import Batch, Vector, Want, short_head
from .ids import EntryId, PeerId, RoomId
from .ranges import Ranges
from .runs import CHECKPOINT, Run, chained, joined
from .segments import Segment
from .sync import Puller

CHASES_MAX = 8
"""Requests for branches that one peer may have to answer at a time: what it sends is held until all of it is there."""


@dataclass(slots=True)
class Chase:
    """A request for a page of a branch."""

    peer: PeerId
    request: int
    seq: int
    """The entry that is looked for."""
    name: EntryId | None
    """Its id, where the entry above it has named that."""
    apart: Apart | None
    """What is held on another branch, as far as it was seen."""
    is_proven: bool
    """Whether it is of the branch that counts by a proof of another fork, further up."""
    runs: list[Run] = field(default_factory=list)
    """What has come."""

    @property
    def low(self) -> int:
        """Where the page begins."""
        return (self.seq - 1) // CHECKPOINT * CHECKPOINT + 1

    @property
    def high(self) -> int:
        """Where the page ends: with a signature."""
        return self.low + CHECKPOINT - 1


class ForkWatch:
    """What one replica knows of forks. Requests are numbered by `puller`; what is to be done goes to `effects`."""

    def __init__(self, room: RoomId, puller: Puller, effects: deque[Effect]) -> None:
        self._room = room
        self._puller = puller
        self._effects = effects
        self.proofs: dict[PeerId, ForkProof] = {}
        """By author: each cuts its feed."""
        self.chases: dict[PeerId, Chase] = {}
        """By author: what was asked for to find a fork in."""
        self._told: dict[PeerId, dict[PeerId, int]] = {}
        """By linked peer: which proofs it was sent over this link, and where they cut."""

    def know(self, proof: ForkProof) -> None:
        """A proof that is on disk already: checked again, and left out when it proves nothing."""
        if is_proof(proof, self._room):
            self.proofs[proof.author] = proof

    def is_cut(self, entry: Entry) -> bool:
        """Whether `entry` is no part of its feed any more."""
        proof = self.proofs.get(entry.author)
        return proof is not None and entry.seq >= proof.seq

    def kept(self, author: PeerId, held: Ranges) -> Ranges:
        """`held` without what is cut off."""
        proof = self.proofs.get(author)
        return ranges.below(held, proof.seq) if proof else held

    def cuts(self) -> dict[bytes, int]:
        """Where feeds end for good, as a whole vector says it."""
        return {author: proof.seq for author, proof in self.proofs.items()}

    def is_new(self, proof: ForkProof) -> bool:
        """Whether it cuts a feed further down than what is known."""
        known = self.proofs.get(proof.author)
        return known is None or proof.seq < known.seq

    # Finding ---------------------------------------------------------------------------------------------------

    def look(self, peer: PeerId, frame: Vector, feeds: Mapping[PeerId, Feed]) -> None:
        """Two feeds of one length with two heads are two branches, also where both end at a fork: of three branches."""
        for key, state in frame.feeds.items():
            author = PeerId(key)
            head = feeds[author].head if author in feeds else None
            if head is None or ranges.top(ranges.normal(state.ranges)) != head.high:
                continue
            if state.head != short_head(head.last):
                self._chase(peer, author, head.high, None, None)

    def is_chased(self, author: PeerId, peer: PeerId, request: int) -> bool:
        """Whether this answers a request for a branch."""
        chase = self.chases.get(author)
        return chase is not None and (chase.peer, chase.request) == (peer, request)

    def collect(self, run: Run) -> None:
        """A part of the page that was asked for has come; what was not asked for is left out."""
        chase = self.chases[run.author]
        count = len(run.items) + sum(len(each.items) for each in chase.runs)
        if chase.low <= run.first and run.first + len(run.items) - 1 <= chase.high and count <= CHECKPOINT:
            chase.runs.append(run)

    def answered(self, peer: PeerId, request: int, feeds: Mapping[PeerId, Feed]) -> Stray | None:
        """`peer` has nothing more for `request`: what came of it is compared, or what gives way if it has nothing."""
        author = next((author for author in self.chases if self.is_chased(author, peer, request)), None)
        if author is None:
            return None
        chase = self.chases[author]
        run = next((run for run in joined(chase.runs) if run.first <= chase.seq < run.first + len(run.items)), None)
        chase.runs.clear()
        if run is None:
            del self.chases[author]
            pieces = feeds[author].segments if author in feeds else ()
            return self._end(peer, author, chase.apart, pieces) if chase.apart else None
        self._effects.append(Compare(peer, run, request))
        return None

    def compared(self, compare: Compare, mine: Sequence[Entry], pieces: Sequence[Segment]) -> ForkProof | Stray | None:
        """What is held beside the run of `compare` has been read: what follows, or None and a look further down.

        `pieces`: the segments held of that feed.
        """
        peer, author = compare.peer, compare.run.author
        theirs = chained(compare.run, self._room)
        held = {entry.seq: entry for entry in mine}
        chase = self.chases.pop(author) if self.is_chased(author, peer, compare.request) else None
        if chase and chase.name not in (None, theirs[chase.seq - compare.run.first].id):
            return None  # another branch than a moment ago
        cut = self.proofs.get(author)
        if cut and cut.seq <= compare.run.first:
            return None
        if proof := find_fork(theirs, held):
            return proof if is_proof(proof, self._room) else None
        is_proven = (chase is not None and chase.is_proven) or (cut is not None and leads_to(theirs, cut))
        if is_proven and (parting := find_parting(theirs, held)):
            return Stray(author, parting, is_parting=True)
        if is_linked := chase is not None and chase.name is not None:
            theirs = theirs[: chase.seq - theirs[0].seq + 1]  # nothing vouches for what lies above
        apart, before = find_apart(theirs, held, pieces), chase.apart if chase else None
        if before and (apart is None or (before.is_shorter and not apart.is_shorter)):
            apart = before
        if apart is None:
            return None
        if cut and (apart.piece.high + 1, apart.piece.last) == (cut.seq, cut.prev):
            return None  # what is proven to count does not give way
        low = apart.piece.low
        if is_proven and low > 1:
            apart = replace(apart, is_shorter=True)
        if not (is_linked or is_proven or is_vouched(theirs, held, min(low, theirs[-1].seq))):
            return None
        if low > 1 and is_joined(theirs, held, low):
            return _stray(author, apart, pieces)
        if (chase and theirs[0].seq > chase.low) or (apart.is_shorter and low > theirs[0].seq):
            return self._end(peer, author, apart, pieces)
        if theirs[0].seq > 1:
            self._chase(peer, author, theirs[0].seq - 1, theirs[0].prev, apart, is_proven)
        return None

    def _end(self, peer: PeerId, author: PeerId, apart: Apart, pieces: Sequence[Segment]) -> Stray | None:
        """Where the branch of `peer` parts from `apart` nobody can show: the shorter one gives way."""
        if apart.is_shorter:
            return _stray(author, apart, pieces)
        if apart.piece.low == 1 and apart.run:
            # It holds less of its branch, which is longer, than is held of mine: it can find that out, if it looks.
            self._effects.append(Send(peer, Batch(0, (apart.run,))))
        return None

    def unlinked(self, peer: PeerId) -> None:
        """The link to `peer` is gone: it will not answer, and is told anew over the next one."""
        self._told.pop(peer, None)
        self.chases = {author: each for author, each in self.chases.items() if each.peer != peer}

    def _chase(
        self,
        peer: PeerId,
        author: PeerId,
        seq: int,
        name: EntryId | None,
        apart: Apart | None,
        is_proven: bool = False,
    ) -> None:
        """Ask `peer` for the part of its branch that holds `seq`, up to a signature."""
        if author in self.chases or peer not in self._puller.sources:
            return
        if sum(each.peer == peer for each in self.chases.values()) >= CHASES_MAX:
            return  # after its next vector
        chase = self.chases[author] = Chase(peer, self._puller.number(), seq, name, apart, is_proven)
        self._effects.append(Send(peer, Want(chase.request, author, chase.low, chase.high)))

    # Telling ---------------------------------------------------------------------------------------------------

    def tell(self, peer: PeerId, frame: Vector) -> None:
        """Send `peer` the proofs that it does not know by its vector, once over each link, which loses nothing."""
        told = self._told.setdefault(peer, {})
        for author, proof in self.proofs.items():
            knows = min(frame.cuts.get(author, SEQ_MAX), told.get(author, SEQ_MAX))
            if knows > proof.seq:
                told[author] = proof.seq
                self._effects.append(Send(peer, proof))


def _stray(author: PeerId, apart: Apart, pieces: Sequence[Segment]) -> Stray | None:
    """That `apart` gives way, if it is held still; it may have grown."""
    low, prev = apart.piece.low, apart.piece.prev
    return Stray(author, low) if any((piece.low, piece.prev) == (low, prev) for piece in pieces) else None
