"""The hello: what makes an open channel a link to a known somebody.

    signature = Ed25519(peer, SHA-256("p2pchat hello 1" ‖ room ‖ own session ‖ other session ‖ own fp ‖ NUL ‖ other fp))

Both DTLS fingerprints are in it, so it fits this one link only; both sessions, so it cannot come back reflected.
"""

from __future__ import annotations

from hashlib import sha256

from ..ssc.frames import WIRE_VERSION, Frame, Hello
from ..ssc.identity import Identity, is_signed
from ..ssc.ids import PeerId, RoomId, SessionId

DOMAIN = b"p2pchat hello 1"


class HelloRefused(Exception):
    """The other side is not who its signal said, or speaks another version; the text is one phrase."""


def _digest(room: RoomId, own: SessionId, other: SessionId, fingerprints: tuple[str, str]) -> bytes:
    prints = "\0".join(fingerprints).upper().encode()
    return sha256(DOMAIN + room + own + other + prints).digest()


def make_hello(
    identity: Identity, room: RoomId, own: SessionId, other: SessionId, fingerprints: tuple[str, str], started: int
) -> Hello:
    """My hello on a link whose fingerprints are (own, other's)."""
    signature = identity.sign(_digest(room, own, other, fingerprints))
    return Hello(WIRE_VERSION, started, signature)


def check_hello(
    frame: Frame, expected: PeerId, room: RoomId, own: SessionId, other: SessionId, fingerprints: tuple[str, str]
) -> Hello:
    """The other side's hello, if `frame` is that of `expected` on this very link. Raises HelloRefused."""
    if not isinstance(frame, Hello):
        raise HelloRefused("said something before its hello")
    if frame.version != WIRE_VERSION:
        newer = "newer" if frame.version > WIRE_VERSION else "older"
        raise HelloRefused(f"runs a {newer} version of this program that speaks another protocol")
    digest = _digest(room, other, own, (fingerprints[1], fingerprints[0]))
    if not is_signed(expected, frame.signature, digest):
        raise HelloRefused("could not prove on this link to be who it said in its signal")
    return frame
