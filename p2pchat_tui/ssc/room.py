"""A room's secret and what is derived from it: the room id, the signal key, the beacon key; and the invite text.

invite  = p2pchat://RELAYS/ROOM-NAME#SECRET     RELAYS: host[:port] for wss, ws+host[:port] for ws, up to four of them
                                                with commas between; or nothing
SECRET  = Crockford base32 of 16 bytes and 4 check bytes, in groups of 4 with "-"
keys    = HKDF-SHA256(secret, salt "p2pchat room 1", info LABEL)          (RFC 5869)
phrase  = Argon2id(passphrase, salt = SHA-256("p2pchat phrase 1" ‖ name)[:16], 64 MiB, 3 passes, 4 lanes)  (RFC 9106)
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote, unquote

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .ids import CROCKFORD, RELAYS_MAX, RoomId
from .text import NAME_MAX, clean_name

SECRET_BYTES = 16
CHECK_BYTES = 4
INVITE_MAX = 1024
"""Characters of an invite that are looked at: far more than any real one has."""
SCHEME = "p2pchat"

_TEXT_LENGTH = (SECRET_BYTES + CHECK_BYTES) * 8 // 5
_READ_AS = {"O": "0", "I": "1", "L": "1"}


class InviteError(ValueError):
    """The invite cannot be used; the text says why, for a person, and holds nothing of the secret."""


@dataclass(frozen=True, slots=True)
class Invite:
    """All that somebody needs to join. `repr` hides the secret."""

    name: str
    """The name proposed for the room."""
    secret: bytes = field(repr=False)
    relay: str = ""
    """`ws://` or `wss://` URLs with blanks between, or empty: this machine and LAN only."""


@dataclass(frozen=True, slots=True)
class RoomKeys:
    """What is derived from a room's secret. `repr` hides the keys."""

    room: RoomId
    signal: bytes = field(repr=False)
    """AES-256-GCM key of every signal."""
    beacon: bytes = field(repr=False)
    """Key of the rotating LAN tag."""


def room_keys(secret: bytes) -> RoomKeys:
    """Derive the keys of a room. Raises ValueError unless `secret` is 16 bytes."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a room secret has {SECRET_BYTES} bytes")

    def derive(label: bytes, length: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=length, salt=b"p2pchat room 1", info=label).derive(secret)

    return RoomKeys(RoomId(derive(b"room-id", RoomId.size)), derive(b"signal", 32), derive(b"beacon", 32))


def normal_room_name(name: str) -> str:
    """How two people's spelling of one room name is compared: cleaned, NFKC, case-folded, without outer blanks."""
    return unicodedata.normalize("NFKC", clean_name(name)).casefold()


def secret_of_passphrase(name: str, passphrase: str) -> bytes:
    """The room secret that a name and a passphrase stand for.

    Takes about 0.2 s and 64 MiB on purpose: call it in a thread. Raises ValueError when either is empty.
    """
    room, phrase = normal_room_name(name), " ".join(unicodedata.normalize("NFKC", passphrase).split())
    if not room or not phrase:
        raise ValueError("A room name and a passphrase are needed: those that the others use.")
    salt = sha256(b"p2pchat phrase 1" + room.encode()).digest()[:16]
    kdf = Argon2id(salt=salt, length=SECRET_BYTES, iterations=3, lanes=4, memory_cost=64 * 1024)
    return kdf.derive(phrase.encode())


def passphrase_strength(passphrase: str) -> str:
    """How long a passphrase would hold against somebody who has recorded a relay's traffic; one phrase for a person.

    A rough upper bound from length and variety: it knows no dictionary, so it errs on the kind side.
    """
    phrase = " ".join(passphrase.split())
    kinds = (
        (str.islower, 26),
        (str.isupper, 26),
        (str.isdigit, 10),
        (lambda char: not char.isalnum(), 20),
    )
    pool = sum(size for test, size in kinds if any(test(char) for char in phrase))
    words = len([word for word in phrase.split() if len(word) > 2])
    # A word of a language is worth about 11 bits however many letters it has; repeated characters are worth little.
    letters = len(phrase) * math.log2(pool) if pool else 0.0
    bits = (
        min(letters, 11.0 * words + 4 * (len(set(phrase)) > 8)) if words > 1 else min(letters, 4.0 * len(set(phrase)))
    )
    if bits < 30:
        return "weak: can be guessed in minutes to days; use five random words or an invite"
    if bits < 50:
        return "fair: keeps out the curious; five random words or an invite are better"
    return "strong"


def secret_text(secret: bytes) -> str:
    """The secret with its check bytes as people copy it."""
    number = int.from_bytes(secret + _check(secret), "big")
    digits = "".join(CROCKFORD[number >> 5 * place & 31] for place in reversed(range(_TEXT_LENGTH)))
    return "-".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def read_secret(text: str) -> bytes:
    """The secret in `text`; case, blanks and dashes do not matter, O reads as 0, I and L as 1. Raises InviteError."""
    digits = "".join(_READ_AS.get(char, char) for char in text.upper() if char not in "- \t\r\n")
    if any(digit not in CROCKFORD for digit in digits):
        raise InviteError("This invite is damaged: it holds a character that no invite has. Copy it again, whole.")
    if len(digits) != _TEXT_LENGTH:
        raise InviteError("This invite is damaged: its last part is not complete. Copy it again, whole.")
    number = 0
    for digit in digits:
        number = number << 5 | CROCKFORD.index(digit)
    data = number.to_bytes(SECRET_BYTES + CHECK_BYTES, "big")
    secret, check = data[:SECRET_BYTES], data[SECRET_BYTES:]
    if check != _check(secret):
        raise InviteError("This invite is damaged: a character is wrong somewhere. Copy it again, whole.")
    return secret


def write_invite(invite: Invite) -> str:
    """The invite as one line of text. Raises ValueError for a relay that is not a ws:// or wss:// URL."""
    authority = ",".join(_short_relay(relay) for relay in invite.relay.split()[:RELAYS_MAX])
    return f"{SCHEME}://{authority}/{quote(invite.name, safe='')}#{secret_text(invite.secret)}"


def read_invite(text: str) -> Invite:
    """The invite in `text`, which may have blanks and line breaks around and within. Raises InviteError."""
    line = "".join(text[: INVITE_MAX + 1].split())
    if len(line) > INVITE_MAX:
        raise InviteError("This is too long for an invite. Copy just the line that begins with p2pchat://.")
    if not is_invite(line):
        raise InviteError("This is not an invite: an invite begins with p2pchat://. Copy the whole line.")
    # Not `urlsplit`: it takes no more than one address in brackets.
    address, _, fragment = line[len(SCHEME) + 1 :].partition("#")
    if not address.startswith("//") or address.count("[") != address.count("]"):
        raise InviteError("This invite is damaged: its address cannot be read. Copy it again, whole.")
    if not fragment:
        raise InviteError("This invite is not complete: the part after # is missing. Copy the whole line.")
    authority, _, path = address[2:].partition("/")
    relays = dict.fromkeys(_long_relay(part) for part in authority.split(",") if part)
    secret = read_secret(fragment)
    name = clean_name(unquote(path.partition("?")[0].strip("/")))[:NAME_MAX] or "room"
    return Invite(name, secret, " ".join(list(relays)[:RELAYS_MAX]))


def _short_relay(url: str) -> str:
    """A relay as it stands in an invite."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("ws", "wss") or not rest:
        raise ValueError("a relay is a ws:// or wss:// URL")
    return quote(("ws+" if scheme == "ws" else "") + rest.removesuffix("/ws").rstrip("/"), safe=":[].+-_~")


def _long_relay(part: str) -> str:
    """The URL of a relay in an invite."""
    place = unquote(part)
    if any(char in place for char in "@#?\\ ") or not place.isprintable():
        raise InviteError("This invite is damaged: its relay cannot be read. Copy it again, whole.")
    return f"{'ws' if place.startswith('ws+') else 'wss'}://{place.removeprefix('ws+')}/ws"


def is_invite(text: str) -> bool:
    """Whether `text` means to be an invite, damaged or not: used to keep secrets out of places they must not be."""
    return text.strip().lower().startswith(SCHEME + ":")


def _check(secret: bytes) -> bytes:
    return sha256(b"p2pchat invite 1" + secret).digest()[:CHECK_BYTES]
