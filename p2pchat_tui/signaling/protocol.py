"""The relay's wire format: one JSON object per WebSocket message, shared by relay and client. Pure.

    client → relay   join {v, room, session, resume}   signal {to, data}
    relay → client   welcome {v, peers, ice, ttl}   seen {session}   gone {session}   signal {from, data}
                     refused {code, text}

`t` names the kind. Ids are lower-case hex, `data` is base64. Unknown fields are ignored, so that a later
version can add some; whatever else is not exactly this raises ProtocolError, and nothing else is ever raised.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Protocol, cast

import msgspec

from ..ssc.ids import SIGNAL_MAX

VERSION = 1
"""Raised when an old client or relay could no longer understand a new one."""
FRAME_MAX = 32 * 1024
"""Bytes of one frame: a signal of SIGNAL_MAX is 22 KiB in base64, the largest welcome 22 KiB."""
PEERS_MAX = 256
"""Sessions in one welcome; a relay's limit for a room may be lower, never higher. 256 of them are 9 KiB."""
ICE_MAX = 8
"""STUN and TURN servers in one welcome: a link tries two or three of them at most."""
ICE_TEXT_MAX = 512
"""Characters of a server's URL, user name or credential: time-limited credentials are under 100."""
REFUSED_TEXT_MAX = 200
"""Characters of a refusal's sentence: one line on a screen."""
TTL_MAX_S = 7 * 86_400
"""Seconds that credentials are good for, at most."""
RESUME_MIN_BYTES, RESUME_MAX_BYTES = 16, 32
"""Bytes of the secret that a session is held with: 128 bits cannot be guessed, 256 are plenty."""

CLOSE_REPLACED = 4001
"""WebSocket close code: the same session has connected anew and this socket is its old one."""
CLOSE_REFUSED = 4000
"""WebSocket close code after `refused`, which has said why."""
CLOSE_RESTART = 1012
"""WebSocket close code of a relay that is being restarted; the reason is the wait in milliseconds that it asks for."""
COME_BACK_MAX_S = 60.0
"""The longest such wait that a client keeps to."""


class Close(Protocol):
    """How the other side closed its WebSocket."""

    code: int
    reason: str


class Refusal(StrEnum):
    """Why a relay refuses: stable words for programs, also the label in its metrics."""

    TOO_OLD = "too-old"
    TOO_NEW = "too-new"
    BAD_FRAME = "bad-frame"
    LATE = "late"
    ROOM_FULL = "room-full"
    RELAY_FULL = "relay-full"
    ADDRESS_FULL = "address-full"
    SESSION_TAKEN = "session-taken"
    TOO_FAST = "too-fast"
    TOO_SLOW = "too-slow"
    TOO_LONG = "too-long"


SENTENCES = {
    Refusal.TOO_OLD: "Your p2pchat is too old for this relay: update it.",
    Refusal.TOO_NEW: "This relay is too old for your p2pchat: its owner has to update it.",
    Refusal.BAD_FRAME: "That was not a frame of this protocol.",
    Refusal.LATE: "No join came in time.",
    Refusal.ROOM_FULL: "This room has as many people as the relay allows.",
    Refusal.RELAY_FULL: "This relay is full.",
    Refusal.ADDRESS_FULL: "Too many connections or rooms from your address.",
    Refusal.SESSION_TAKEN: "Another program holds this session.",
    Refusal.TOO_FAST: "Too many frames in too short a time.",
    Refusal.TOO_SLOW: "You did not read what was sent to you.",
    Refusal.TOO_LONG: "That frame was too long.",
}
"""What a relay says with each refusal; a client has better ones of its own for most."""


class ProtocolError(ValueError):
    """Not a frame of this protocol. The text never quotes what came in."""

    def __init__(self, text: str, code: Refusal = Refusal.BAD_FRAME) -> None:
        super().__init__(text)
        self.code = code
        """What a relay answers it with."""


# `\Z`, since `$` would let a final newline through.
Hex16 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
"""16 bytes in lower-case hex: a room or a session."""
ResumeHex = Annotated[str, msgspec.Meta(pattern=r"^(?:[0-9a-f]{2}){16,32}\Z")]
"""16 to 32 bytes in lower-case hex."""
SignalData = Annotated[bytes, msgspec.Meta(min_length=1, max_length=SIGNAL_MAX)]
"""One sealed signal."""
IceText = Annotated[str, msgspec.Meta(max_length=ICE_TEXT_MAX)]


class Join(msgspec.Struct, frozen=True, tag_field="t", tag="join"):
    """The first frame of a client. `repr` hides `resume`."""

    v: int
    room: Hex16
    session: Hex16
    resume: ResumeHex

    def __repr__(self) -> str:
        return f"Join(v={self.v})"


class SignalTo(msgspec.Struct, frozen=True, tag_field="t", tag="signal"):
    """Pass `data` on to the session `to` of the same room; if it is not there, nothing happens."""

    to: Hex16
    data: SignalData


class Ice(msgspec.Struct, frozen=True):
    """A STUN or TURN server. `repr` hides the credential."""

    url: Annotated[str, msgspec.Meta(min_length=5, max_length=ICE_TEXT_MAX)]
    username: IceText = ""
    credential: IceText = ""

    def __repr__(self) -> str:
        return f"Ice(url={self.url!r})"


class Welcome(msgspec.Struct, frozen=True, tag_field="t", tag="welcome"):
    """The answer to `join`: who else is in the room."""

    v: int
    peers: Annotated[list[Hex16], msgspec.Meta(max_length=PEERS_MAX)]
    ice: Annotated[list[Ice], msgspec.Meta(max_length=ICE_MAX)] = []
    ttl: Annotated[int, msgspec.Meta(ge=0, le=TTL_MAX_S)] = 0
    """Seconds for which the credentials in `ice` are good; 0: for ever."""


class Seen(msgspec.Struct, frozen=True, tag_field="t", tag="seen"):
    """A session joined the room."""

    session: Hex16


class Gone(msgspec.Struct, frozen=True, tag_field="t", tag="gone"):
    """A session left the room."""

    session: Hex16


class SignalFrom(msgspec.Struct, frozen=True, tag_field="t", tag="signal", rename={"sender": "from"}):
    """`data` from the session `sender`, as the relay vouches: what it proves is up to the seal inside."""

    sender: Hex16
    data: SignalData


class Refused(msgspec.Struct, frozen=True, tag_field="t", tag="refused"):
    """The relay ends the connection. `code` is a Refusal, or one of a later version."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    text: Annotated[str, msgspec.Meta(max_length=REFUSED_TEXT_MAX)]


FromClient = Join | SignalTo
FromRelay = Welcome | Seen | Gone | SignalFrom | Refused

_encode = msgspec.json.Encoder().encode
_from_client = cast(Callable[[bytes | str], FromClient], msgspec.json.Decoder(FromClient).decode)
_from_relay = cast(Callable[[bytes | str], FromRelay], msgspec.json.Decoder(FromRelay).decode)


class _AnyVersion(msgspec.Struct):
    t: str
    v: int


_any_version = msgspec.json.Decoder(_AnyVersion).decode
# What msgspec raises on bytes from anywhere: its own errors, UnicodeDecodeError, a guard against nesting.
_DECODING = (msgspec.MsgspecError, ValueError, RecursionError)


def wait_asked(close: Close | None) -> float | None:
    """Seconds after which a relay that restarts wants its client back; None when it did not say."""
    if close is None or close.code != CLOSE_RESTART or not (close.reason.isascii() and close.reason.isdigit()):
        return None
    return min(int(close.reason[:9]) / 1000, COME_BACK_MAX_S)


def encode(frame: FromClient | FromRelay) -> bytes:
    """The UTF-8 JSON text of `frame`."""
    return _encode(frame)


def decode_from_client(data: bytes | str) -> FromClient:
    """What a relay received. Raises ProtocolError, whose code tells another version from garbage."""
    _check_length(data)
    try:
        frame = _from_client(data)
    except _DECODING:
        _check_version(data, "join")
        raise ProtocolError("not a frame that a client sends") from None
    if isinstance(frame, Join):
        _compare(frame.v)
    return frame


def decode_from_relay(data: bytes | str) -> FromRelay:
    """What a client received. Raises ProtocolError, whose code tells another version from garbage."""
    _check_length(data)
    try:
        frame = _from_relay(data)
    except _DECODING:
        _check_version(data, "welcome")
        raise ProtocolError("not a frame that a relay sends") from None
    if isinstance(frame, Welcome):
        _compare(frame.v)
    return frame


def _check_length(data: bytes | str) -> None:
    if len(data) > FRAME_MAX:
        raise ProtocolError("a frame that is too long", Refusal.TOO_LONG)


def _check_version(data: bytes | str, kind: str) -> None:
    """A later version's greeting may have other fields: its `v` still says so."""
    try:
        frame = _any_version(data)
    except _DECODING:
        return
    if frame.t == kind:
        _compare(frame.v)


def _compare(version: int) -> None:
    """Raises ProtocolError, seen from the side that decodes: the other one is too old or too new."""
    if version < VERSION:
        raise ProtocolError("an older version of the protocol", Refusal.TOO_OLD)
    if version > VERSION:
        raise ProtocolError("a newer version of the protocol", Refusal.TOO_NEW)
