"""What members of a room show each other on a LAN: labels that rotate, and the proof that comes before any word.

    label  = hex(nonce 12 ‖ HMAC-SHA256(beacon, "p2pchat lan label 1" ‖ slot u64 ‖ nonce)[:16])
    dial   = nonce 32 ‖ HMAC-SHA256(beacon, "p2pchat lan dial 1" ‖ label ‖ nonce)
    accept = nonce 32 ‖ HMAC-SHA256(beacon, "p2pchat lan accept 1" ‖ label ‖ dial ‖ nonce)
    keys   = HKDF-SHA256(beacon, salt = dial ‖ accept, info "p2pchat lan keys 1"), 64 bytes: dialing side's, other's
    frame  = length u16 ‖ AES-256-GCM(key of the side that sends, its count of frames u96, text)

The label is all that is announced. Its nonce is new for every slot and every announcement, so without the beacon key it
is a random number: nobody can tell which room it stands for, nor that two labels belong to one room.
It is the challenge of the first proof as well: whoever cannot answer it is told nothing, not even that
somebody is here. Pure.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SLOT_MS = 600_000
"""How long a label lives: a bystander sees nothing last for longer."""
NEIGHBOURS = (0, -1, 1)
"""Slots that count, from the present one: clocks may be wrong by ten minutes, as in the log."""
LABEL_NONCE_BYTES, TAG_BYTES = 12, 16
NONCE_BYTES = 32
PROOF_BYTES = NONCE_BYTES + 32
"""Bytes of `dial` and of `accept`."""

_LABEL = re.compile(f"[0-9a-f]{{{2 * (LABEL_NONCE_BYTES + TAG_BYTES)}}}")


class LanError(Exception):
    """The other side is no member, or does not keep to the protocol. The text quotes nothing of it."""


def slot_of(wall_ms: int) -> int:
    """The slot of a time in Unix milliseconds."""
    return wall_ms // SLOT_MS


def make_label(beacon: bytes, slot: int, nonce: bytes) -> str:
    """The label to announce in `slot`; `nonce` is LABEL_NONCE_BYTES of fresh chance."""
    return (nonce + _tag(beacon, slot, nonce)).hex()


def is_label(text: str) -> bool:
    """Whether `text` has the form of a label, whoever made it."""
    return _LABEL.fullmatch(text) is not None


def is_ours(beacon: bytes, slot: int, label: str) -> bool:
    """Whether `label` was made with this key, for `slot` or a neighbour of it."""
    if not is_label(label):
        return False
    data = bytes.fromhex(label)
    nonce, tag = data[:LABEL_NONCE_BYTES], data[LABEL_NONCE_BYTES:]
    return any(hmac.compare_digest(tag, _tag(beacon, slot + away, nonce)) for away in NEIGHBOURS)


def make_dial(beacon: bytes, label: str, nonce: bytes) -> bytes:
    """What the side that dials the owner of `label` says first; `nonce` is NONCE_BYTES of fresh chance."""
    return nonce + _mac(beacon, b"p2pchat lan dial 1", label.encode() + nonce)


def check_dial(beacon: bytes, label: str, dial: bytes) -> None:
    """Raises LanError unless `dial` comes from a member who wanted the owner of `label`."""
    if not hmac.compare_digest(dial, make_dial(beacon, label, dial[:NONCE_BYTES])):
        raise LanError("it does not know the room")


def make_accept(beacon: bytes, label: str, dial: bytes, nonce: bytes) -> bytes:
    """The answer of the owner of `label` to `dial`."""
    return nonce + _mac(beacon, b"p2pchat lan accept 1", label.encode() + dial + nonce)


def check_accept(beacon: bytes, label: str, dial: bytes, accept: bytes) -> None:
    """Raises LanError unless `accept` is a member's answer to `dial`."""
    if not hmac.compare_digest(accept, make_accept(beacon, label, dial, accept[:NONCE_BYTES])):
        raise LanError("it does not know the room")


class Sealer:
    """One direction of a connection: seals or opens frames in order. One lost, repeated or changed does not open."""

    __slots__ = ("_cipher", "_count")

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._count = 0

    def seal(self, text: bytes) -> bytes:
        """The next frame, without its length."""
        return self._cipher.encrypt(self._next(), text, None)

    def open(self, data: bytes) -> bytes:
        """The text of the next frame. Raises LanError."""
        try:
            return self._cipher.decrypt(self._next(), data, None)
        except (InvalidTag, ValueError):
            raise LanError("a frame does not open") from None

    def _next(self) -> bytes:
        self._count += 1
        return self._count.to_bytes(12, "big")


@dataclass(frozen=True, slots=True)
class Sealers:
    """Both directions, from one side."""

    out: Sealer
    into: Sealer


def make_sealers(beacon: bytes, dial: bytes, accept: bytes, *, dialed: bool) -> Sealers:
    """The sealers of the side that `dialed`, or of the other. Only a member can make them: that ends the proof."""
    kdf = HKDF(algorithm=SHA256(), length=64, salt=dial + accept, info=b"p2pchat lan keys 1")
    keys = kdf.derive(beacon)
    dialing, other = Sealer(keys[:32]), Sealer(keys[32:])
    return Sealers(dialing, other) if dialed else Sealers(other, dialing)


def _tag(beacon: bytes, slot: int, nonce: bytes) -> bytes:
    # A slot before 1970 belongs to a clock that is wrong anyway.
    return _mac(beacon, b"p2pchat lan label 1", max(slot, 0).to_bytes(8, "big") + nonce)[:TAG_BYTES]


def _mac(key: bytes, domain: bytes, data: bytes) -> bytes:
    return hmac.digest(key, domain + data, "sha256")
