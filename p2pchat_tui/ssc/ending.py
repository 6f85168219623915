"""Where one's own feed ended in a room that was erased: kept sealed, so that the feed goes on from there one day.

Whoever joins such a room again must number no entry as before: a fork, for everybody and for ever. The note says three
things of the last entry and nothing else. The id, and even the stamp, would tell everybody in the room that it was this
room; so only the identity itself can open the note, as only it can tell where it lies.

    place = SHA-256(Ed25519(identity, "p2pchat erased 1" ‖ room)), 16 bytes
    key   = SHA-256(Ed25519(identity, "p2pchat erased key 1" ‖ room))
    note  = nonce ‖ AES-256-GCM(key, nonce, ending)      ending = seq u64 ‖ stamp u64 ‖ id 32
    nonce = HMAC-SHA256(key, ending), 12 bytes
"""

from __future__ import annotations

import hmac
import struct
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .identity import Identity
from .ids import GENESIS, EntryId, RoomId, Stamp
from .seal import NONCE_BYTES
from .segments import Segment

_FIELDS = struct.Struct(">QQ32s")


class Ending(NamedTuple):
    """The last entry of one's own feed."""

    seq: int
    id: EntryId
    stamp: Stamp


UNKNOWN = Ending(0, GENESIS, Stamp(0))
"""Where a feed ends of which nothing is known: what a first entry follows."""


def ending_of(head: Segment | None) -> Ending:
    """The end of a feed whose topmost segment is `head`."""
    return Ending(head.high, head.last, head.high_stamp) if head else UNKNOWN


def later(one: Ending, two: Ending) -> Ending:
    """Which of two is the end; `one` where both have the same number."""
    return two if two.seq > one.seq else one


def note_place(identity: Identity, room: RoomId) -> RoomId:
    """Where the note about `room` lies: from it only `identity` can tell which room that is."""
    return RoomId(sha256(identity.sign(b"p2pchat erased 1" + room)).digest()[: RoomId.size])


def seal_ending(ending: Ending, identity: Identity, room: RoomId) -> str:
    """The note. The nonce follows from what is sealed, so no two notes about one room share one."""
    key = _key(identity, room)
    packed = _FIELDS.pack(ending.seq, ending.stamp, ending.id)
    nonce = hmac.digest(key, packed, "sha256")[:NONCE_BYTES]
    return (nonce + AESGCM(key).encrypt(nonce, packed, None)).hex()


def open_ending(text: str, identity: Identity, room: RoomId) -> Ending:
    """What the note says; UNKNOWN when it is damaged, or is no such note."""
    try:
        sealed = bytes.fromhex(text)
        packed = AESGCM(_key(identity, room)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        seq, stamp, name = _FIELDS.unpack(packed)
    except (ValueError, InvalidTag, struct.error):
        return UNKNOWN
    return Ending(seq, EntryId(name), Stamp(stamp))


def _key(identity: Identity, room: RoomId) -> bytes:
    return sha256(identity.sign(b"p2pchat erased key 1" + room)).digest()
