"""Watches for forks: which feeds are cut at one, who was shown the proof, and where one is still looked for.

Two replicas with two branches of one feed notice it by their vectors, or by a run that does not fit. Then the branch
of the other is fetched downwards, a page at a time, until the entry is found at which both part.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from . import ranges
from .effects import Compare, Effect, Send
from .entry import SEQ_MAX, Entry
from .feed import CHECKPOINT, Feed, chained
from .forks import ForkProof, Stray, find_fork, is_proof
from .frames import Vector, Want, short_head
from .ids import PeerId, RoomId
from .ranges import Ranges
from .sync import Puller


class Chase(NamedTuple):
    """A request for a branch."""

    peer: PeerId
    request: int
    seq: int
    """The entry that is looked for."""


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
        """Two feeds of one length with two heads are two branches."""
        for key, state in frame.feeds.items():
            author = PeerId(key)
            head = feeds[author].head if author in feeds else None
            if head is None or author in self.proofs or ranges.top(ranges.normal(state.ranges)) != head.high:
                continue
            if state.head != short_head(head.last):
                self._chase(peer, author, head.high)

    def is_chased(self, author: PeerId, peer: PeerId, request: int) -> bool:
        """Whether this answers a request for a branch."""
        chase = self.chases.get(author)
        return chase is not None and (chase.peer, chase.request) == (peer, request)

    def compared(self, compare: Compare, mine: Sequence[Entry]) -> ForkProof | Stray | None:
        """What is held beside the run of `compare` has been read: what follows, or None and a look further down."""
        author = compare.run.author
        chase = self.chases.pop(author, None)
        if author in self.proofs and self.proofs[author].seq <= compare.run.first:
            return None
        found = find_fork(chained(compare.run, self._room), {entry.seq: entry for entry in mine})
        if isinstance(found, ForkProof):
            return found if is_proof(found, self._room) else None
        if isinstance(found, Stray):
            return found
        if found is not None and found > 1 and (chase is None or found <= chase.seq):  # else it has no more to show
            self._chase(compare.peer, author, found - 1)
        return None

    def answered(self, peer: PeerId, request: int) -> None:
        """`peer` has nothing more for `request`: the next vector may ask somebody else."""
        self.chases = {author: each for author, each in self.chases.items() if each[:2] != (peer, request)}

    def unlinked(self, peer: PeerId) -> None:
        """The link to `peer` is gone: it will not answer, and is told anew over the next one."""
        self._told.pop(peer, None)
        self.chases = {author: each for author, each in self.chases.items() if each.peer != peer}

    def _chase(self, peer: PeerId, author: PeerId, seq: int) -> None:
        """Ask `peer` for the part of its branch that holds `seq`, up to a signature."""
        if author in self.chases or peer not in self._puller.sources:
            return
        low = (seq - 1) // CHECKPOINT * CHECKPOINT + 1
        number = self._puller.number()
        self.chases[author] = Chase(peer, number, seq)
        self._effects.append(Send(peer, Want(number, author, low, low + CHECKPOINT - 1)))

    # Telling ---------------------------------------------------------------------------------------------------

    def tell(self, peer: PeerId, frame: Vector) -> None:
        """Send `peer` the proofs that it does not know by its vector, once over each link, which loses nothing."""
        told = self._told.setdefault(peer, {})
        for author, proof in self.proofs.items():
            knows = min(frame.cuts.get(author, SEQ_MAX), told.get(author, SEQ_MAX))
            if knows > proof.seq:
                told[author] = proof.seq
                self._effects.append(Send(peer, proof))
