"""Frames ⇄ DataChannel messages.

A control frame is JSON text, `{"t": KIND, …}`. A binary message begins with one byte:

    1  a batch: the rest, inflated, is   request, runs, then each run in columns (below); integers are LEB128 varints
    2  a control frame that is not short: the rest, inflated, is its JSON text
    5  a proof of a fork: the rest, inflated, is a batch of its two runs
    3  a fragment, more follow        4  the last fragment
       then one byte: the stream, 0 or 1; the rests of one stream, joined, are one binary message of kind 1 or 2

    run = author 32 | first | prev 32 | count | milliseconds (the first absolute, then steps) × count | counters × count
          | body lengths × count | bodies | signatures | (seq − first, signature 64) × signatures

No message is over 16 KiB, so that nothing waits long behind another. Deflate (RFC 1950) uses a preset dictionary.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from .entry import BODY_MAX
from .feed import Run
from .forks import ForkProof
from .frames import Batch, Control, Frame, Later
from .identity import SIGNATURE_BYTES
from .ids import EntryId, PeerId, Stamp, stamp_ms, stamp_of

MESSAGE_MAX = 16 * 1024
"""Bytes of one DataChannel message."""
PLAIN_MAX = 256
"""Bytes of JSON text that travel as they are. Keys and heads are hex digits in it: deflated it is half as long."""
JOINED_MAX = 256 * 1024
"""Bytes of a message put together from fragments."""
INFLATED_MAX = 512 * 1024
"""Bytes of a binary message inflated; past it inflating stops."""
RUNS_MAX = 512
"""Runs in one batch."""
ITEMS_MAX = 4096
"""Entries in one batch."""

_BATCH, _CONTROL, _MORE, _LAST, _PROOF = 1, 2, 3, 4, 5
_DICTIONARY = (
    b'{"k":"profile","name":"{"k":"topic","text":"{"k":"retract","target":"{"k":"react","target":"","emoji":"",'
    b'"on":true}{"k":"edit","target":"","text":"","reply":"{"k":"say","text":"'
)

Message = str | bytes
Sendable = Control | Batch | ForkProof


class WireError(ValueError):
    """Not a frame: the one thing that decoding raises, whatever comes in."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Control).decode


class _Kind(msgspec.Struct):
    t: str


def encode(frame: Sendable, stream: int = 0) -> list[Message]:
    """The messages that carry `frame`, to be sent in this order on one ordered channel (or just one message).

    Messages of two frames may be mixed on a channel when their `stream` (0 or 1) differs.
    """
    if isinstance(frame, Batch):
        return _cut(bytes([_BATCH]) + _deflate(_pack(frame)), stream)
    if isinstance(frame, ForkProof):
        return _cut(bytes([_PROOF]) + encode_proof(frame), stream)
    text = _encode(frame)
    if len(text) <= PLAIN_MAX:
        return [text.decode()]
    return _cut(bytes([_CONTROL]) + _deflate(text), stream)


class Decoder:
    """Messages of one channel of one link back into frames."""

    def __init__(self) -> None:
        self._parts: tuple[list[bytes], list[bytes]] = ([], [])

    def decode(self, message: Message) -> Frame | None:
        """The frame, or None while fragments are missing. Raises WireError."""
        if len(message) > MESSAGE_MAX:
            raise WireError("a message that is too long")
        if isinstance(message, str):
            return _control(message.encode("utf-8", "surrogatepass"))
        if not message:
            raise WireError("an empty message")
        kind, rest = message[0], message[1:]
        if kind not in (_MORE, _LAST):
            return _binary(kind, rest)
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
        return _binary(joined[0], joined[1:])


def encode_proof(proof: ForkProof) -> bytes:
    """A proof as it is sent, and kept on disk."""
    return _deflate(_pack(Batch(0, (proof.one, proof.two))))


def decode_proof(data: bytes) -> ForkProof:
    """The proof in `data`; what it claims is not checked. Raises WireError."""
    batch = _unpack(_inflate(data))
    if len(batch.runs) != 2:
        raise WireError("a proof that has not two sides")
    return ForkProof(*batch.runs)


def _cut(message: bytes, stream: int) -> list[Message]:
    if len(message) <= MESSAGE_MAX:
        return [message]
    step = MESSAGE_MAX - 2
    parts = [message[start : start + step] for start in range(0, len(message), step)]
    return [bytes([_LAST if part is parts[-1] else _MORE, stream]) + part for part in parts]


def _binary(kind: int, rest: bytes) -> Frame:
    if kind == _BATCH:
        return _unpack(_inflate(rest))
    if kind == _CONTROL:
        return _control(_inflate(rest))
    if kind == _PROOF:
        return decode_proof(rest)
    raise WireError("a binary message of no known kind")


def _control(text: bytes) -> Frame:
    try:
        frame: Control = _decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        try:
            kind = msgspec.json.decode(text, type=_Kind).t
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise WireError("neither a frame nor JSON") from error
        if kind in _KINDS:
            raise WireError(f"a malformed {kind} frame") from error
        return Later(kind[:32])
    return frame


_KINDS = frozenset(
    {"hello", "vector", "recent", "want", "done", "presence", "signal", "ping", "pong", "notice", "direct"}
)


def _deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(6, zdict=_DICTIONARY)
    return squeeze.compress(data) + squeeze.flush()


def _inflate(data: bytes) -> bytes:
    inflate = zlib.decompressobj(zdict=_DICTIONARY)
    try:
        out = inflate.decompress(data, INFLATED_MAX)
    except zlib.error as error:
        raise WireError("a message that does not inflate") from error
    if inflate.unconsumed_tail or not inflate.eof:
        raise WireError("a message that inflates to too much, or is cut short")
    return out


# ----------------------------------------------------------------------------------------------------- batches


def _pack(batch: Batch) -> bytes:
    out = bytearray()
    _put(out, batch.request)
    _put(out, len(batch.runs))
    for run in batch.runs:
        out += run.author
        _put(out, run.first)
        out += run.prev
        _put(out, len(run.items))
        before = 0
        for stamp, _ in run.items:
            _put(out, stamp_ms(stamp) - before)
            before = stamp_ms(stamp)
        for stamp, _ in run.items:
            _put(out, stamp & 0xFFFF)
        for _, body in run.items:
            _put(out, len(body))
        out += b"".join(body for _, body in run.items)
        _put(out, len(run.signatures))
        for seq, signature in run.signatures.items():
            _put(out, seq - run.first)
            out += signature
    return bytes(out)


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, most: int) -> int:
        value = shift = 0
        data, at = self._data, self._at
        while True:
            if at >= len(data) or shift > 63:
                raise WireError("a number that is cut short or too long")
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        if value > most:
            raise WireError("a number out of bounds")
        self._at = at
        return value

    def numbers(self, count: int, most: int) -> list[int]:
        return [self.number(most) for _ in range(count)]

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._data):
            raise WireError("a batch that is cut short")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    @property
    def is_empty(self) -> bool:
        return self._at == len(self._data)


def _unpack(data: bytes) -> Batch:
    reader = _Reader(data)
    request = reader.number((1 << 53) - 1)
    runs: list[Run] = []
    room = ITEMS_MAX
    for _ in range(reader.number(RUNS_MAX)):
        run = _read_run(reader, room)
        room -= len(run.items)
        runs.append(run)
    if not reader.is_empty:
        raise WireError("a batch with something behind it")
    return Batch(request, tuple(runs))


def _read_run(reader: _Reader, most: int) -> Run:
    author = PeerId(reader.take(PeerId.size))
    first = reader.number((1 << 53) - 1)
    prev = EntryId(reader.take(EntryId.size))
    count = reader.number(most)
    steps = reader.numbers(count, (1 << 48) - 1)
    counters = reader.numbers(count, 0xFFFF)
    lengths = reader.numbers(count, BODY_MAX)
    stamps = _stamps(steps, counters)
    items = tuple((stamp, reader.take(length)) for stamp, length in zip(stamps, lengths, strict=True))
    signatures: dict[int, bytes] = {}
    for _ in range(reader.number(count)):
        seq = first + reader.number(count)
        signatures[seq] = reader.take(SIGNATURE_BYTES)
    return Run(author, first, prev, items, signatures)


def _stamps(steps: Sequence[int], counters: Sequence[int]) -> list[Stamp]:
    ms = 0
    stamps: list[Stamp] = []
    for step, counter in zip(steps, counters, strict=True):
        ms += step
        if ms >= 1 << 48:
            raise WireError("a time out of bounds")
        stamps.append(stamp_of(ms, counter))
    return stamps
