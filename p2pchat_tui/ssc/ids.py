"""Small value types: who, which room, which entry, when."""

from __future__ import annotations

from typing import ClassVar, NewType, Self

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32 alphabet: no I, L, O or U, so that it can be read aloud."""


class FixedBytes(bytes):
    """Bytes of one fixed length, written as lower-case hex."""

    size: ClassVar[int] = 0

    def __new__(cls, value: bytes) -> Self:
        """Raises ValueError when `value` has the wrong length."""
        if len(value) != cls.size:
            raise ValueError(f"{cls.__name__} takes {cls.size} bytes, not {len(value)}")
        return super().__new__(cls, value)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the hex form. Raises ValueError when it is not exactly that."""
        try:
            value = bytes.fromhex(text)
        except ValueError:
            value = b""
        # `fromhex` takes capitals and blanks as well.
        if len(value) != cls.size or value.hex() != text:
            raise ValueError(f"{cls.__name__} takes {2 * cls.size} lower-case hex digits")
        return cls(value)

    @property
    def text(self) -> str:
        """The hex form, as used on the wire and in `pipe --json`."""
        return self.hex()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.hex()[:8]}…)"


class PeerId(FixedBytes):
    """An identity's Ed25519 public key."""

    size = 32

    @property
    def tag(self) -> str:
        """Four Crockford digits (20 bits) that tell two people of one nickname apart; no proof of anything."""
        bits = int.from_bytes(self[:3], "big") >> 4
        return "".join(CROCKFORD[bits >> shift & 31] for shift in (15, 10, 5, 0)).lower()


class RoomId(FixedBytes):
    """What a relay learns of a room: 16 bytes derived from its secret."""

    size = 16


class EntryId(FixedBytes):
    """SHA-256 over everything that an entry says."""

    size = 32


class SessionId(FixedBytes):
    """One run of one peer in one room: 16 random bytes, also that run's nonce in every signal."""

    size = 16


class LinkId(FixedBytes):
    """One attempt to link two sessions: 8 random bytes, made by the side that offers."""

    size = 8


GENESIS = EntryId(bytes(32))
"""The `prev` of an author's first entry."""

Stamp = NewType("Stamp", int)
"""A hybrid logical clock reading: 48 bits of Unix milliseconds, then a 16-bit counter."""

STAMP_MAX = (1 << 64) - 1

Order = tuple[int, bytes, int]
"""`(stamp, author, seq)`: an entry's place in its room."""

RELAYS_MAX = 4
"""Relays that one room names: each costs a socket, and one that works is enough."""
SIGNAL_MAX = 16 * 1024
"""Bytes of one sealed signal: an SDP with a dozen candidates is about 3 KiB."""


def stamp_of(ms: int, counter: int = 0) -> Stamp:
    """The stamp at `ms` milliseconds since 1970."""
    return Stamp(ms << 16 | counter)


def stamp_ms(stamp: Stamp) -> int:
    """The Unix milliseconds within `stamp`."""
    return stamp >> 16
