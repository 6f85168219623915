"""Signals: descriptions of links, sealed for the room and signed by their sender.

A relay, or whoever else carries a signal, sees random bytes. AES-256-GCM (NIST SP 800-38D) under the room's signal key
keeps out everybody without the secret; its associated data names the room, the sender's and the receiver's
sessions, so that a signal opens in one place only. The Ed25519 signature within says which member speaks and covers
the whole description, DTLS fingerprint included, so that no member can put itself between two others.

    sealed    = nonce 12 ‖ AES-GCM(signal key, nonce, deflate(JSON), "p2pchat signal 1" ‖ room ‖ from ‖ to)
    signature = Ed25519(peer, SHA-256("p2pchat signal 1" ‖ room ‖ from ‖ to ‖ kind ‖ link ‖ description))
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .identity import Identity, is_signed
from .ids import LinkId, PeerId, RoomId, SessionId
from .room import RoomKeys

DOMAIN = b"p2pchat signal 1"
NONCE_BYTES = 12
SIGNAL_TEXT_MAX = 64 * 1024
"""Bytes of an unpacked signal: an SDP with dozens of candidates, and no deflate bomb."""


class SignalError(ValueError):
    """The signal does not open, or does not say what its sender signed."""


class SignalKind(StrEnum):
    """The two halves of an introduction, and the wish for one by the side that does not offer."""

    OFFER = "offer"
    ANSWER = "answer"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Signal:
    """One half of an introduction, or the wish for one, from one session to another."""

    kind: SignalKind
    link: LinkId
    peer: PeerId
    """Who sends it, proven."""
    description: str
    """SDP text; empty in a wish."""


class _Wire(msgspec.Struct):
    kind: str
    link: str
    peer: str
    sig: str
    sdp: str


def seal(
    signal: Signal, identity: Identity, keys: RoomKeys, sender: SessionId, receiver: SessionId, nonce: bytes
) -> bytes:
    """Sign and seal. `nonce`: 12 fresh random bytes; two signals with one nonce would break the seal of both."""
    context = keys.room + sender + receiver
    signature = identity.sign(_signed(signal, keys.room, sender, receiver))
    wire = _Wire(signal.kind.value, signal.link.text, signal.peer.text, signature.hex(), signal.description)
    text = zlib.compress(msgspec.json.encode(wire), 9)
    return nonce + AESGCM(keys.signal).encrypt(nonce, text, DOMAIN + context)


def unseal(data: bytes, keys: RoomKeys, sender: SessionId, receiver: SessionId) -> Signal:
    """Open a signal that came from `sender` to `receiver` and check who wrote it. Raises SignalError."""
    context = keys.room + sender + receiver
    try:
        packed = AESGCM(keys.signal).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], DOMAIN + context)
    except (InvalidTag, ValueError) as error:
        raise SignalError("the signal does not open with this room's key") from error
    try:
        inflate = zlib.decompressobj()
        text = inflate.decompress(packed, SIGNAL_TEXT_MAX)
    except zlib.error as error:
        raise SignalError("the signal opens but makes no sense") from error
    if inflate.unconsumed_tail:
        raise SignalError("the signal is too long")
    try:
        wire = msgspec.json.decode(text, type=_Wire)
        signal = Signal(SignalKind(wire.kind), LinkId.from_text(wire.link), PeerId.from_text(wire.peer), wire.sdp)
        signature = bytes.fromhex(wire.sig)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise SignalError("the signal opens but makes no sense") from error
    if not is_signed(signal.peer, signature, _signed(signal, keys.room, sender, receiver)):
        raise SignalError("the signal was not signed by the one it names")
    return signal


def _signed(signal: Signal, room: RoomId, sender: SessionId, receiver: SessionId) -> bytes:
    head = DOMAIN + room + sender + receiver + signal.kind.value.encode() + signal.link
    return sha256(head + signal.description.encode()).digest()
