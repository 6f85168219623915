"""The secret of a room of two: what two keys have in common, so that both know it and nobody else can.

u      = (1 + y) / (1 - y) mod 2^255 - 19            an Ed25519 key y as an X25519 key (RFC 7748, 4.1)
shared = X25519(own secret, u of the other)          the own one from SHA-512 of the seed (RFC 8032)
secret = HKDF-SHA256(shared, salt "p2pchat direct 1", info smaller key ‖ larger key)                       16 bytes

It is the same whoever begins, and in every run: two who begin at once meet, and neither waits for the other's consent
to write. So no secret ever travels, not even over a sealed link.
"""

from __future__ import annotations

from hashlib import sha512

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .identity import Identity
from .ids import PeerId
from .room import SECRET_BYTES

_PRIME = 2**255 - 19
_SIGN = 1 << 255


class NoDirectRoom(ValueError):
    """There is no room of two with this key: it is one's own, or none that anybody could hold."""


def direct_secret(mine: Identity, other: PeerId) -> bytes:
    """The secret of the room of `mine` and `other`. Raises NoDirectRoom."""
    if other == mine.peer:
        raise NoDirectRoom("this is one's own key")
    try:
        theirs = X25519PublicKey.from_public_bytes(_montgomery(other))
        shared = X25519PrivateKey.from_private_bytes(sha512(mine.seed).digest()[:32]).exchange(theirs)
    except ValueError as error:  # a point of small order: everybody could know what it gives
        raise NoDirectRoom("nobody can hold this key") from error
    both = b"".join(sorted((mine.peer, other)))
    return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=b"p2pchat direct 1", info=both).derive(shared)


def _montgomery(peer: PeerId) -> bytes:
    y = int.from_bytes(peer, "little") % _SIGN
    return ((1 + y) * pow(1 - y, -1, _PRIME) % _PRIME).to_bytes(32, "little")
