"""Batches ⇄ bytes: each run of entries in columns, so that what is alike stands together.

    batch = request | count of runs | runs
    run   = author 32 | first | prev 32 | count | milliseconds (the first absolute, then steps) × count
            | counters × count | body lengths × count | bodies | count of signatures
            | (seq − first, signature 64) × signatures

Integers are LEB128 varints. What inflating has bounded is bounded here, too: no count is believed before its items are.
"""

from __future__ import annotations

from collections.abc import Sequence

from .entry import BODY_MAX
from .frames import Batch
from .identity import SIGNATURE_BYTES
from .ids import EntryId, PeerId, Stamp, stamp_ms, stamp_of
from .runs import Run

RUNS_MAX = 512
"""Runs in one batch."""
ITEMS_MAX = 4096
"""Entries in one batch."""


class WireError(ValueError):
    """Not a frame: the one thing that decoding raises, whatever comes in."""


def pack(batch: Batch) -> bytes:
    """The bytes of `batch`."""
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


def unpack(data: bytes) -> Batch:
    """The batch in `data`; what it claims is not checked. Raises WireError."""
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
