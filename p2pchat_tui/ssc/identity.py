"""An identity: an Ed25519 key pair (RFC 8032). Keys in, signatures and verdicts out."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .ids import PeerId

SEED_BYTES = 32
SIGNATURE_BYTES = 64


class Identity:
    """One profile's key. Never shown, never printed: its repr names the public half only."""

    __slots__ = ("_key", "_seed", "peer")

    def __init__(self, seed: bytes) -> None:
        """`seed`: 32 secret bytes. Raises ValueError for another length."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        self.peer = PeerId(self._key.public_key().public_bytes_raw())
        """The public half, by which others know this identity."""

    @property
    def seed(self) -> bytes:
        """The secret itself, for the one who stores it."""
        return self._seed

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature; the same message gives the same one."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"Identity({self.peer.tag})"


@lru_cache(maxsize=256)
def _public_key(peer: PeerId) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(peer)


def is_signed(peer: PeerId, signature: bytes, message: bytes) -> bool:
    """Whether `peer` signed `message`."""
    try:
        _public_key(peer).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
