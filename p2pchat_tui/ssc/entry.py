"""One line of one author's log: signed, and linked by hash to the line before.

    id        = SHA-256("p2pchat entry 1" ‖ room 16 ‖ author 32 ‖ seq u64 ‖ stamp u64 ‖ prev 32 ‖ body)
    signature = Ed25519(author, id)

Integers are big-endian. `body` is hashed, stored and forwarded as its author wrote it, never encoded again.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from .identity import Identity, is_signed
from .ids import EntryId, Order, PeerId, RoomId, Stamp

DOMAIN = b"p2pchat entry 1"
BODY_MAX = 16 * 1024
"""Bytes of one body: a whole entry fits in a few frames, and a peer's memory is bounded."""
SEQ_MAX = (1 << 53) - 1
"""The largest seq: what a JSON number holds exactly."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry whose `id` has been computed from the rest."""

    author: PeerId
    seq: int
    """Position in the author's feed, from 1, without gaps."""
    stamp: Stamp
    prev: EntryId
    """The id of the author's entry before, or GENESIS."""
    body: bytes
    signature: bytes
    """64 bytes, or empty where a later entry of the feed vouches for this one."""
    id: EntryId

    @property
    def order(self) -> Order:
        """The room's order: total, and the same on every replica."""
        return (self.stamp, self.author, self.seq)


def entry_id(room: RoomId, author: PeerId, seq: int, stamp: Stamp, prev: EntryId, body: bytes) -> EntryId:
    """The hash that names an entry and that its signature is over."""
    head = DOMAIN + room + author + seq.to_bytes(8, "big") + stamp.to_bytes(8, "big") + prev
    return EntryId(sha256(head + body).digest())


def sign_entry(room: RoomId, identity: Identity, seq: int, stamp: Stamp, prev: EntryId, body: bytes) -> Entry:
    """A new entry of `identity`. Raises ValueError when `body` is too long."""
    if len(body) > BODY_MAX:
        raise ValueError(f"a body holds at most {BODY_MAX} bytes, not {len(body)}")
    name = entry_id(room, identity.peer, seq, stamp, prev, body)
    return Entry(identity.peer, seq, stamp, prev, body, identity.sign(name), name)


def is_authentic(entry: Entry) -> bool:
    """Whether the entry carries its author's own signature (an unsigned one is vouched for elsewhere)."""
    return is_signed(entry.author, entry.signature, entry.id)
