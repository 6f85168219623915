"""Frames ⇄ DataChannel messages. Each message begins with one byte:

    1  a batch: the rest, inflated, is as in `packing`
    2  a control frame: MessagePack of [KIND, fields…]        7  the same, deflated
    5  a proof of a fork: the rest, inflated, is a batch of its two runs
    6  a batch of bulk: like 1, but deflated with what the link's bulk was before as its dictionary
    3  a fragment, more follow        4  the last fragment
       then one byte: the stream, 0 or 1; the rests of one stream, joined, are one message of another kind

No message is over 16 KiB, so that nothing waits long behind another. Deflate (RFC 1950) uses a preset dictionary. The
pages of a history are alike, so those of one link have the end of the pages before as their dictionary, too: that saves
a sixth of the bytes. Each message is a stream of its own still, and bounded; one that was deflated with another
dictionary does not inflate, since both sides' checksums of it differ.
"""

from __future__ import annotations

import zlib

import msgspec

from .forks import ForkProof
from .frames import Batch, Control, Frame, Later
from .packing import WireError as WireError
from .packing import pack, unpack

MESSAGE_MAX = 16 * 1024
"""Bytes of one DataChannel message."""
PLAIN_MAX = 256
"""Bytes of a control frame that travel as they are: ids and signatures, which are most of one, do not get shorter."""
JOINED_MAX = 256 * 1024
"""Bytes of a message put together from fragments."""
INFLATED_MAX = 512 * 1024
"""Bytes of a message inflated; past it inflating stops."""
WINDOW = 32 * 1024
"""Bytes of bulk that are the dictionary of the next: more cannot be used (RFC 1951, 2)."""

_BATCH, _CONTROL, _MORE, _LAST, _PROOF, _BULK, _DEFLATED = 1, 2, 3, 4, 5, 6, 7
_URGENT_STREAM, _BULK_STREAM = 0, 1
_DICTIONARY = (
    b'{"k":"profile","name":"{"k":"topic","text":"{"k":"retract","target":"{"k":"react","target":"","emoji":"",'
    b'"on":true}{"k":"edit","target":"","text":"","reply":"{"k":"say","text":"'
)

Message = bytes
Sendable = Control | Batch | ForkProof


def _plain(value: object) -> bytes:
    """Ids are bytes with a name."""
    if isinstance(value, bytes):
        return bytes(value)
    raise TypeError(f"{type(value).__name__} is no part of a frame")


_encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
_decode = msgspec.msgpack.Decoder(Control).decode


class _Kind(msgspec.Struct, array_like=True):
    t: str


_decode_kind = msgspec.msgpack.Decoder(_Kind).decode


class _Window:
    """The end of one link's bulk in one direction, as both sides have it."""

    def __init__(self) -> None:
        self.text = _DICTIONARY

    def add(self, plain: bytes) -> None:
        self.text = (self.text + plain)[-WINDOW:]


def encode(frame: Sendable) -> list[Message]:
    """The messages that carry `frame`, to be sent in this order on one ordered channel (or just one message)."""
    return _cut(_encoded(frame), _URGENT_STREAM)


class BulkEncoder:
    """Frames into the messages of one link's bulk, which may be mixed on a channel with those that `encode` gives.

    All of them are to be sent, in the order in which they were made.
    """

    def __init__(self) -> None:
        self._window = _Window()

    def encode(self, frame: Sendable) -> list[Message]:
        """The messages that carry `frame`."""
        if not isinstance(frame, Batch):
            return _cut(_encoded(frame), _BULK_STREAM)
        plain = pack(frame)
        data = _deflate(plain, self._window.text)
        self._window.add(plain)
        return _cut(bytes([_BULK]) + data, _BULK_STREAM)


class Decoder:
    """Messages of one channel of one link back into frames."""

    def __init__(self) -> None:
        self._parts: tuple[list[bytes], list[bytes]] = ([], [])
        self._window = _Window()

    def decode(self, message: str | bytes) -> Frame | None:
        """The frame, or None while fragments are missing. Raises WireError."""
        if len(message) > MESSAGE_MAX:
            raise WireError("a message that is too long")
        if isinstance(message, str):
            raise WireError("a message of text")
        if not message:
            raise WireError("an empty message")
        kind, rest = message[0], message[1:]
        if kind not in (_MORE, _LAST):
            return self._whole(kind, rest)
        if not rest or rest[0] > 1:
            raise WireError("a fragment of no known stream")
        parts = self._parts[rest[0]]
        parts.append(rest[1:])
        if len(parts) * MESSAGE_MAX > JOINED_MAX + MESSAGE_MAX:
            raise WireError("fragments that join to too much")
        if kind == _MORE:
            return None
        joined = b"".join(parts)
        parts.clear()
        if not joined:
            raise WireError("fragments of nothing")
        return self._whole(joined[0], joined[1:])

    def _whole(self, kind: int, rest: bytes) -> Frame:
        if kind == _BATCH:
            return unpack(_inflate(rest))
        if kind == _BULK:
            plain = _inflate(rest, self._window.text)
            self._window.add(plain)
            return unpack(plain)
        if kind == _CONTROL:
            return _control(rest)
        if kind == _DEFLATED:
            return _control(_inflate(rest))
        if kind == _PROOF:
            return decode_proof(rest)
        raise WireError("a message of no known kind")


def encode_proof(proof: ForkProof) -> bytes:
    """A proof as it is sent, and kept on disk."""
    return _deflate(pack(Batch(0, (proof.one, proof.two))))


def decode_proof(data: bytes) -> ForkProof:
    """The proof in `data`; what it claims is not checked. Raises WireError."""
    batch = unpack(_inflate(data))
    if len(batch.runs) != 2:
        raise WireError("a proof that has not two sides")
    return ForkProof(*batch.runs)


def _encoded(frame: Sendable) -> bytes:
    if isinstance(frame, Batch):
        return bytes([_BATCH]) + _deflate(pack(frame))
    if isinstance(frame, ForkProof):
        return bytes([_PROOF]) + encode_proof(frame)
    plain = _encode(frame)
    if len(plain) > PLAIN_MAX:
        squeezed = _deflate(plain)
        if len(squeezed) < len(plain):
            return bytes([_DEFLATED]) + squeezed
    return bytes([_CONTROL]) + plain


def _cut(message: bytes, stream: int) -> list[Message]:
    if len(message) <= MESSAGE_MAX:
        return [message]
    step = MESSAGE_MAX - 2
    parts = [message[start : start + step] for start in range(0, len(message), step)]
    return [bytes([_LAST if part is parts[-1] else _MORE, stream]) + part for part in parts]


def _control(data: bytes) -> Frame:
    try:
        frame: Control = _decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        try:
            kind = _decode_kind(data).t
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise WireError("neither a frame nor MessagePack") from error
        if kind in _KINDS:
            raise WireError(f"a malformed {kind} frame") from error
        return Later(kind[:32])
    return frame


_KINDS = frozenset(
    {"hello", "vector", "recent", "want", "done", "presence", "signal", "ping", "pong", "notice", "direct"}
)


def _deflate(data: bytes, dictionary: bytes = _DICTIONARY) -> bytes:
    squeeze = zlib.compressobj(6, zdict=dictionary)
    return squeeze.compress(data) + squeeze.flush()


def _inflate(data: bytes, dictionary: bytes = _DICTIONARY) -> bytes:
    inflate = zlib.decompressobj(zdict=dictionary)
    try:
        out = inflate.decompress(data, INFLATED_MAX)
    except zlib.error as error:
        raise WireError("a message that does not inflate") from error
    if inflate.unconsumed_tail or not inflate.eof:
        raise WireError("a message that inflates to too much, or is cut short")
    return out
